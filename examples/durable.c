/* SPDX-License-Identifier: Apache-2.0
 *
 * durable.c -- written beside its place, flushed, and put there by rename(); then the folder is
 * flushed, which is what makes the new name last. */
#define _GNU_SOURCE
#include "durable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

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

static void front(const char *title, const uint8_t *data, size_t len, uint8_t out[DURABLE_FRONT])
{
    uint32_t sum = sum_of(data, len);
    memcpy(out, title, DURABLE_TITLE);
    for (unsigned i = 0; i < DURABLE_FRONT - DURABLE_TITLE; i++)
        out[DURABLE_TITLE + i] = (uint8_t)(sum >> (24 - 8 * i));
}

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

enum durable durable_read(const char *path, const char *title, uint8_t *out, size_t cap, size_t *len)
{
    uint8_t file[DURABLE_FRONT + DURABLE_MAX + 1], wanted[DURABLE_FRONT];
    enum durable result = DURABLE_BAD;
    ssize_t n = read_all(path, file, sizeof file);
    if (n < 0)
        return errno == ENOENT ? DURABLE_NONE : DURABLE_FAILED;
    if (n == 0)
        return DURABLE_NONE;
    if (n >= DURABLE_FRONT && (size_t)n - DURABLE_FRONT <= cap) {
        *len = (size_t)n - DURABLE_FRONT;
        front(title, file + DURABLE_FRONT, *len, wanted);
        if (memcmp(file, wanted, sizeof wanted) == 0) {
            memcpy(out, file + DURABLE_FRONT, *len);
            result = DURABLE_GOOD;
        }
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
    return true;
}

/* The folder of a file, open. */
static int folder_of(const char *path)
{
    char folder[DURABLE_MAX];
    const char *slash = strrchr(path, '/');
    size_t len = slash != NULL ? (size_t)(slash - path) + 1 : 0;
    if (len + 2 > sizeof folder) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(folder, path, len);
    memcpy(folder + len, ".", 2);
    return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Close, and keep the first reason for which something failed. */
static bool close_well(int fd, bool well)
{
    int reason = errno;
    if (close(fd) != 0 && well)
        return false;
    errno = reason;
    return well;
}

bool durable_write(const char *path, const char *title, const uint8_t *data, size_t len)
{
    uint8_t begin[DURABLE_FRONT];
    char beside[DURABLE_MAX];
    front(title, data, len, begin);
    if (snprintf(beside, sizeof beside, "%s.XXXXXX", path) >= (int)sizeof beside) {
        errno = ENAMETOOLONG;
        return false;
    }
    int folder = folder_of(path), fd = folder < 0 ? -1 : mkostemp(beside, O_CLOEXEC);   /* mode 0600 */
    bool well = fd >= 0 && write_all(fd, begin, sizeof begin) && write_all(fd, data, len) && fsync(fd) == 0;
    if (fd >= 0)
        well = close_well(fd, well);
    well = well && rename(beside, path) == 0;
    int reason = errno;
    if (!well && fd >= 0)
        (void)unlink(beside);
    errno = reason;
    /* EINVAL: a folder of a kind that cannot be flushed. */
    well = well && (fsync(folder) == 0 || errno == EINVAL);
    if (folder >= 0)
        well = close_well(folder, well);
    return well;
}

int durable_lock(const char *path)
{
    int folder = folder_of(path);
    while (folder >= 0 && flock(folder, LOCK_EX) != 0)
        if (errno != EINTR) {
            (void)close_well(folder, false);
            return -1;
        }
    return folder;
}
