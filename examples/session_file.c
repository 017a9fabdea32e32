/* SPDX-License-Identifier: Apache-2.0
 *
 * session_file.c -- the file, as durable.h has it:
 *
 *     "locket session 1\n" sum(4) server length(1) bytes identity length(1) bytes session
 *
 * Who can write to the file can be this client anyway. One that sleeps is "locket sleeper 1\n". */
#define _GNU_SOURCE
#include "session_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "durable.h"

static const char *const titles[] = { "locket session 1\n", "locket sleeper 1\n" };
enum { OWNER_MAX = 1 + LOCKET_CFG_PEER_SIZE + 1 + LOCKET_CFG_IDENTITY_SIZE,
       LARGEST = (int)LOCKET_RECORD_MAX > (int)LOCKET_BLOB_MAX ? (int)LOCKET_RECORD_MAX : (int)LOCKET_BLOB_MAX,
       FILE_MAX = OWNER_MAX + LARGEST };

static size_t owner_write(const struct session_owner *owner, uint8_t out[OWNER_MAX])
{
    size_t n = 0;
    out[n++] = owner->server.len;
    memcpy(out + n, owner->server.bytes, owner->server.len);
    n += owner->server.len;
    out[n++] = (uint8_t)owner->identity_len;
    memcpy(out + n, owner->identity, owner->identity_len);
    return n + owner->identity_len;
}

/* Where the session begins, behind its owner; 0: not ours. */
static size_t session_at(const uint8_t *file, size_t len)
{
    size_t at = 0;
    for (int part = 0; part < 2; part++) {
        if (at >= len || len - at <= file[at])
            return 0;
        at += 1u + file[at];
    }
    return at < len ? at : 0;
}

enum session_file session_file_load(enum session_kind kind, const char *path, const struct session_owner *owner,
                                    uint8_t *session, size_t cap, size_t *len, char why[SESSION_FILE_WHY])
{
    uint8_t file[FILE_MAX], ours[OWNER_MAX];
    enum session_file result = SESSION_FILE_FOUND;
    size_t n, at = 0, ours_len = owner_write(owner, ours);
    switch (durable_read(path, titles[kind], file, sizeof file, &n)) {
    case DURABLE_NONE:
        return SESSION_FILE_NONE;
    case DURABLE_FAILED:
        (void)snprintf(why, SESSION_FILE_WHY, "%s", strerror(errno));
        return SESSION_FILE_BAD;
    case DURABLE_GOOD:
        at = session_at(file, n);
        break;
    case DURABLE_BAD:
        if (durable_read(path, titles[!kind], file, sizeof file, &n) == DURABLE_GOOD) {
            explicit_bzero(file, sizeof file);
            (void)snprintf(why, SESSION_FILE_WHY, "that is a file for %s",
                           kind == SESSION_ASLEEP ? "--session-file" : "--load");
            return SESSION_FILE_BAD;
        }
        break;
    }
    if (at == 0 || n - at > cap) {
        (void)snprintf(why, SESSION_FILE_WHY, "no session file, or a damaged one:"
                       " remove it, or name another");
        result = SESSION_FILE_BAD;
    } else if (at != ours_len || memcmp(file, ours, ours_len) != 0) {
        result = SESSION_FILE_OTHER;
    } else {
        *len = n - at;
        memcpy(session, file + at, *len);
    }
    explicit_bzero(file, sizeof file);
    return result;
}

bool session_file_save(enum session_kind kind, const char *path, const struct session_owner *owner,
                       const uint8_t *session, size_t len, char why[SESSION_FILE_WHY])
{
    uint8_t file[FILE_MAX];
    size_t n = owner_write(owner, file);
    memcpy(file + n, session, len);
    bool well = durable_write(path, titles[kind], file, n + len);
    explicit_bzero(file, sizeof file);
    if (!well)
        (void)snprintf(why, SESSION_FILE_WHY, "%s", strerror(errno));
    return well;
}

bool session_file_forget(const char *path, char why[SESSION_FILE_WHY])
{
    if (unlink(path) == 0 || errno == ENOENT)
        return true;
    (void)snprintf(why, SESSION_FILE_WHY, "%s", strerror(errno));
    return false;
}

bool session_file_ends(locket_error reason)
{
    return reason > 0 && reason < LOCKET_PENDING && reason != LOCKET_PEER_ALERT;
}
