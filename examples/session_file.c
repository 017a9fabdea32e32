/* SPDX-License-Identifier: Apache-2.0
 *
 * session_file.c -- the file:
 *
 *     "locket session 1\n" sum(4) server length(1) bytes identity length(1) bytes record
 *
 * The sum tells a file that the disk has damaged from a good one. It keeps no attacker out, and
 * need not: who can write to the file can be this client anyway. */
#define _GNU_SOURCE
#include "session_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char title[] = "locket session 1\n";
enum { TITLE = sizeof title - 1, SUM = 4, FRONT = TITLE + SUM,
       OWNER_MAX = 1 + LOCKET_CFG_PEER_SIZE + 1 + LOCKET_CFG_IDENTITY_SIZE,
       FILE_MAX = FRONT + OWNER_MAX + LOCKET_RECORD_MAX };

/* CRC-32 (ITU-T V.42), bit by bit: it is short, and so is the file. */
static uint32_t sum_of(const uint8_t *data, size_t len)
{
    uint32_t sum = UINT32_C(0xFFFFFFFF);
    while (len-- > 0) {
        sum ^= *data++;
        for (int bit = 0; bit < 8; bit++)
            sum = sum >> 1 ^ (sum & 1 ? UINT32_C(0xEDB88320) : 0);
    }
    return ~sum;
}

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

/* All of the file that is behind its sum; where the record begins, or 0: not ours. */
static size_t record_at(const uint8_t *file, size_t len)
{
    size_t at = FRONT;
    if (len <= FRONT || memcmp(file, title, TITLE) != 0)
        return 0;
    const uint8_t *s = file + TITLE;
    uint32_t sum = (uint32_t)s[0] << 24 | (uint32_t)s[1] << 16 | (uint32_t)s[2] << 8 | s[3];
    if (sum != sum_of(file + FRONT, len - FRONT))
        return 0;
    for (int part = 0; part < 2; part++) {
        if (at >= len || len - at <= file[at])
            return 0;
        at += 1u + file[at];
    }
    return at < len && len - at <= LOCKET_RECORD_MAX ? at : 0;
}

/* Only a plain file: a pipe could keep us waiting for ever. */
static ssize_t read_all(const char *path, uint8_t *out, size_t cap)
{
    struct stat about;
    size_t len = 0;
    ssize_t n = 1;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return -1;
    if (fstat(fd, &about) == 0 && !S_ISREG(about.st_mode)) {
        n = -1;
        errno = S_ISDIR(about.st_mode) ? EISDIR : EINVAL;
    }
    while (n > 0 && len < cap) {
        n = read(fd, out + len, cap - len);
        len += n > 0 ? (size_t)n : 0;
    }
    int reason = errno;
    (void)close(fd);
    errno = reason;
    return n < 0 ? -1 : (ssize_t)len;
}

enum session_file session_file_load(const char *path, const struct session_owner *owner,
                                    uint8_t record[LOCKET_RECORD_MAX], size_t *len,
                                    char why[SESSION_FILE_WHY])
{
    uint8_t file[FILE_MAX + 1], ours[OWNER_MAX];
    enum session_file result = SESSION_FILE_FOUND;
    ssize_t n = read_all(path, file, sizeof file);
    size_t at, ours_len = owner_write(owner, ours);
    if (n == 0 || (n < 0 && errno == ENOENT))
        return SESSION_FILE_NONE;
    if (n < 0) {
        (void)snprintf(why, SESSION_FILE_WHY, "%s", strerror(errno));
        return SESSION_FILE_BAD;
    }
    at = record_at(file, (size_t)n);
    if (at == 0) {
        (void)snprintf(why, SESSION_FILE_WHY, "no session file, or a damaged one:"
                       " remove it, or name another");
        result = SESSION_FILE_BAD;
    } else if (at - FRONT != ours_len || memcmp(file + FRONT, ours, ours_len) != 0) {
        result = SESSION_FILE_OTHER;
    } else {
        *len = (size_t)n - at;
        memcpy(record, file + at, *len);
    }
    explicit_bzero(file, sizeof file);
    return result;
}

static bool write_all(int fd, const uint8_t *data, size_t len)
{
    while (len != 0) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno != EINTR)
            return false;
        data += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return fsync(fd) == 0;
}

bool session_file_save(const char *path, const struct session_owner *owner,
                       const uint8_t *record, size_t len, char why[SESSION_FILE_WHY])
{
    uint8_t file[FILE_MAX];
    char beside[4096];
    size_t n = FRONT + owner_write(owner, file + FRONT);
    memcpy(file + n, record, len);
    n += len;
    uint32_t sum = sum_of(file + FRONT, n - FRONT);
    memcpy(file, title, TITLE);
    for (unsigned i = 0; i < SUM; i++)
        file[TITLE + i] = (uint8_t)(sum >> (24 - 8 * i));

    bool well = snprintf(beside, sizeof beside, "%s.XXXXXX", path) < (int)sizeof beside;
    if (!well)
        errno = ENAMETOOLONG;
    int fd = well ? mkostemp(beside, O_CLOEXEC) : -1;   /* mode 0600 */
    well = fd >= 0 && write_all(fd, file, n);
    explicit_bzero(file, sizeof file);
    int reason = errno;
    if (fd >= 0 && close(fd) != 0 && well) {
        well = false;
        reason = errno;
    }
    if (well && rename(beside, path) != 0) {
        well = false;
        reason = errno;
    }
    if (!well && fd >= 0)
        (void)unlink(beside);
    if (!well)
        (void)snprintf(why, SESSION_FILE_WHY, "%s", strerror(reason));
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
