/* SPDX-License-Identifier: Apache-2.0
 *
 * durable.h -- small files that a power cut leaves whole, the old one or the new one. Each begins
 * with a title, which says what it is, and a sum:
 *
 *     title(17) sum(4) data
 *
 * The sum tells a file that the disk has damaged from a good one. It keeps no attacker out. */
#ifndef EXAMPLES_DURABLE_H
#define EXAMPLES_DURABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DURABLE_TITLE = 17, DURABLE_FRONT = DURABLE_TITLE + 4, DURABLE_MAX = 4096 };

enum durable {
    DURABLE_GOOD,
    DURABLE_NONE,                 /* no such file, or an empty one */
    DURABLE_BAD,                  /* damaged, or of another title, or too long */
    DURABLE_FAILED                /* see errno */
};

/* What is behind the sum; only of a plain file, for a pipe could keep us waiting for ever. */
enum durable durable_read(const char *path, const char *title, uint8_t *out, size_t cap, size_t *len);

/* In place of what is there, with mode 0600. True: it will be there after a power cut. False: see
 * errno; the old one is as it was. */
bool durable_write(const char *path, const char *title, const uint8_t *data, size_t len);

/* Nobody else who asks for it changes files in the folder of `path` until the descriptor that
 * comes back is closed; -1: see errno. */
int durable_lock(const char *path);

#endif
