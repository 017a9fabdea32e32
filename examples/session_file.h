/* SPDX-License-Identifier: Apache-2.0
 *
 * session_file.h -- a client's session in a file, over a restart: one that it can come back to
 * (locket_remember()), or one that sleeps (locket_session_save()). The file belongs to one server
 * and one identity: to anybody else its session is of no use. The former is a SECRET, as its
 * owner's alone as a private key would be; the latter is encrypted. */
#ifndef EXAMPLES_SESSION_FILE_H
#define EXAMPLES_SESSION_FILE_H

#include "locket.h"

enum { SESSION_FILE_WHY = 160 };

enum session_kind { SESSION_TO_COME_BACK, SESSION_ASLEEP };

enum session_file {
    SESSION_FILE_FOUND,
    SESSION_FILE_NONE,            /* no such file, or an empty one */
    SESSION_FILE_OTHER,           /* a session of another server or identity */
    SESSION_FILE_BAD              /* not to be used, nor written over: `why` says what to do */
};

/* Whose session it is. */
struct session_owner {
    locket_peer    server;
    const uint8_t *identity;
    size_t         identity_len;
};

enum session_file session_file_load(enum session_kind kind, const char *path, const struct session_owner *owner,
                                    uint8_t *session, size_t cap, size_t *len, char why[SESSION_FILE_WHY]);

/* In place of what is there, at once: after a power cut the old file is there or the new one.
 * Mode 0600. False: `why`, and the old file is as it was. */
bool session_file_save(enum session_kind kind, const char *path, const struct session_owner *owner,
                       const uint8_t *session, size_t len, char why[SESSION_FILE_WHY]);

/* False: `why`. A file that is not there is fine. */
bool session_file_forget(const char *path, char why[SESSION_FILE_WHY]);

/* Must the session be forgotten that ended for this reason? After a fatal alert, whoever sent
 * it (RFC 5246 section 7.2.2). */
bool session_file_ends(locket_error reason);

#endif
