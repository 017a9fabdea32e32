/* SPDX-License-Identifier: Apache-2.0
 *
 * sleeper.h -- a session that sleeps in a file while its process, or all power, is gone
 * (locket_session_save()): FILE has the session, encrypted, and FILE.counter what keeps it from
 * being loaded twice. The counter must never go back: put neither of the two back from a backup. */
#ifndef EXAMPLES_SLEEPER_H
#define EXAMPLES_SLEEPER_H

#include "session_file.h"

enum { SLEEPER_KEY = 16, SLEEPER_PATH = 4000, SLEEPER_WHY = 300 };

struct sleeper {
    const char *path;             /* FILE */
    char        counter[SLEEPER_PATH + sizeof ".counter"];
    bool        there;            /* the counter has a file */
    uint8_t     salt[16];         /* of that file: another one, another key */
    uint64_t    value;
    uint8_t     key[SLEEPER_KEY]; /* of the sessions in FILE */
    char        why[SLEEPER_WHY]; /* what went wrong, and what to do */
};

/* Everything but memory: `secret` is the device's own. False: `why`. */
bool sleeper_open(struct sleeper *s, const char *path, const uint8_t secret[SLEEPER_KEY]);
void sleeper_close(struct sleeper *s);

/* For config.counter: that of this file, whatever the id. */
bool sleeper_count(struct sleeper *s, bool advance, uint64_t *value);

/* The session goes into the file, or comes back from it. False: `why`. */
bool sleeper_save(struct sleeper *s, locket_endpoint *ep, locket_session *session,
                  const struct session_owner *owner, size_t *len);
bool sleeper_load(struct sleeper *s, locket_endpoint *ep, const struct session_owner *owner, locket_time now,
                  locket_session **session);

#endif
