/* SPDX-License-Identifier: Apache-2.0
 *
 * sleeper.c -- the counter of a FILE, as durable.h has it:
 *
 *     "locket counter 1\n" sum(4) salt(16) value(8)
 *
 * The key of the session is made from the device's secret and the salt, which is drawn when the
 * counter begins. So no two files have a key in common, nor has one whose counter was lost and
 * begins anew: a nonce, which is made from the value, is never used twice under one key.
 *
 * Two processes may have read the same value. Who advances it reads it once more, while nobody
 * else can: the second finds it changed, and has no session. */
#define _GNU_SOURCE
#include "sleeper.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "durable.h"

static const char title[] = "locket counter 1\n";
enum { SALT = 16, VALUE = 8, COUNTER = SALT + VALUE };
enum { ID = 1 };                  /* one session a file */

static bool fails(struct sleeper *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool fails(struct sleeper *s, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    (void)vsnprintf(s->why, sizeof s->why, format, values);
    va_end(values);
    return false;
}

/* False: there is a file, and it cannot be read, or used. */
static bool counter_read(const char *path, uint8_t salt[SALT], uint64_t *value, bool *there)
{
    uint8_t file[COUNTER];
    size_t len = 0;
    enum durable found = durable_read(path, title, file, sizeof file, &len);
    *value = 0;
    *there = found == DURABLE_GOOD;
    if (found == DURABLE_BAD)
        errno = 0;
    if (!*there || len != COUNTER)
        return found == DURABLE_NONE;
    memcpy(salt, file, SALT);
    for (unsigned i = 0; i < VALUE; i++)
        *value = *value << 8 | file[SALT + i];
    return true;
}

static bool counter_write(const char *path, const uint8_t salt[SALT], uint64_t value)
{
    uint8_t file[COUNTER];
    memcpy(file, salt, SALT);
    for (unsigned i = 0; i < VALUE; i++)
        file[SALT + i] = (uint8_t)(value >> (56 - 8 * i));
    return durable_write(path, title, file, sizeof file);
}

bool sleeper_open(struct sleeper *s, const char *path, const uint8_t secret[SLEEPER_KEY])
{
    memset(s, 0, sizeof *s);
    s->path = path;
    if (strlen(path) > SLEEPER_PATH)
        return fails(s, "that name is too long");
    (void)snprintf(s->counter, sizeof s->counter, "%s.counter", path);
    errno = 0;
    if (!counter_read(s->counter, s->salt, &s->value, &s->there))
        return fails(s, errno != 0 ? "%s: %s" : "%s is damaged: remove both files; a handshake is due", s->counter,
                     strerror(errno));
    if (!s->there && !locket_port_entropy(s->salt, sizeof s->salt))
        return fails(s, "no random bytes");
    if (locket_device_key(secret, SLEEPER_KEY, s->salt, sizeof s->salt, s->key, sizeof s->key) != LOCKET_OK)
        return fails(s, "no key");
    return true;
}

void sleeper_close(struct sleeper *s)
{
    explicit_bzero(s->key, sizeof s->key);
}

bool sleeper_count(struct sleeper *s, bool advance, uint64_t *value)
{
    uint8_t salt[SALT];
    uint64_t now;
    bool there, well;
    int lock = advance ? durable_lock(s->counter) : -1;
    errno = 0;
    well = (!advance || lock >= 0) && counter_read(s->counter, salt, &now, &there) && there == s->there &&
           (!there || memcmp(salt, s->salt, SALT) == 0);
    if (well && advance) {
        well = now == s->value && counter_write(s->counter, s->salt, now + 1);
        s->there = s->there || well;
        now++;
    }
    if (well)
        *value = s->value = now;
    else
        (void)fails(s, "%s: %s", s->counter, errno != 0 ? strerror(errno) : "changed by somebody else");
    if (lock >= 0)
        (void)close(lock);
    return well;
}

bool sleeper_save(struct sleeper *s, locket_endpoint *ep, locket_session *session,
                  const struct session_owner *owner, size_t *len)
{
    uint8_t blob[LOCKET_BLOB_MAX];
    char why[SESSION_FILE_WHY];
    locket_error failed = locket_session_save(ep, session, ID, s->key, blob, sizeof blob, len);
    if (failed == LOCKET_ERR_COUNTER)
        return false;             /* sleeper_count() has said why */
    if (failed != LOCKET_OK)
        return fails(s, "%s", locket_error_name(failed));
    if (!session_file_save(SESSION_ASLEEP, s->path, owner, blob, *len, why))
        return fails(s, "%s: the session is lost; a handshake is due", why);
    return true;
}

bool sleeper_load(struct sleeper *s, locket_endpoint *ep, const struct session_owner *owner, locket_time now,
                  locket_session **session)
{
    uint8_t blob[LOCKET_BLOB_MAX];
    char why[SESSION_FILE_WHY];
    size_t len;
    switch (session_file_load(SESSION_ASLEEP, s->path, owner, blob, sizeof blob, &len, why)) {
    case SESSION_FILE_FOUND:
        break;
    case SESSION_FILE_NONE:
        return fails(s, "no session there: connect with --save first");
    case SESSION_FILE_OTHER:
        return fails(s, "the session of another server or identity: give the ADDRESS:PORT and --psk-identity"
                     " that it was saved with");
    case SESSION_FILE_BAD:
        return fails(s, "%s", why);
    }
    if (!s->there)
        return fails(s, "%s is missing, so it may have been loaded before: connect without --load", s->counter);
    locket_error failed = locket_session_load(ep, ID, s->key, blob, len, now, session);
    switch (failed) {
    case LOCKET_OK:
        return true;
    case LOCKET_ERR_COUNTER:
        return false;
    case LOCKET_ERR_USED:
        return fails(s, "%s: connect without --load", locket_error_name(failed));
    case LOCKET_ERR_BLOB:
        return fails(s, "not saved with this --save-key and --cid, or damaged (%s): give those that it was saved"
                     " with, or connect without --load", locket_error_name(failed));
    default:
        return fails(s, "%s", locket_error_name(failed));
    }
}
