/* SPDX-License-Identifier: Apache-2.0
 *
 * ladder.h -- print datagrams as the rungs of a ladder between two peers, with
 * the name and the bytes of every message in them, as far as it travels in the
 * clear (RFC 6347 section 4.2). */
#ifndef EXAMPLES_LADDER_H
#define EXAMPLES_LADDER_H

#include <stdio.h>

#include "locket.h"

enum { LADDER_SEEN = 64 };

struct ladder {
    FILE       *out;
    bool        colour;
    const char *left, *right;     /* the peers' names, at most 10 letters each */
    locket_time start;            /* time 0 */
    bool        one_pair;         /* only two peers: their repetitions can be told */
    bool        begun;            /* the names have been printed */
    uint32_t    seen[LADDER_SEEN];    /* messages of this pair: direction, message_seq, offset */
    size_t      n_seen;
};

/* Terminal and no NO_COLOR in the environment (no-color.org). */
bool ladder_colour(FILE *out);

/* Does the datagram repeat one that the ladder has shown? */
bool ladder_again(const struct ladder *l, bool to_right, const uint8_t *data, size_t len);

/* One rung. `note` (such as "lost") may be NULL. Call it before the datagram is
 * given to locket_input(), which decrypts it in place. */
void ladder_rung(struct ladder *l, bool to_right, const uint8_t *data, size_t len,
                 locket_time now, const char *note);

/* Bytes from outside, fit for a terminal: what is no ASCII becomes \xNN. */
void ladder_print(FILE *out, const uint8_t *text, size_t len);

#endif
