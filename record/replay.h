/* SPDX-License-Identifier: Apache-2.0
 *
 * replay.h -- the sliding window against replays (RFC 6347 section 4.1.2.6), 64 wide,
 * one per epoch. Look with replay_seen() before the tag is checked; move with
 * replay_mark() only after: what nobody vouched for never moves the window. */
#ifndef LOCKET_REPLAY_H
#define LOCKET_REPLAY_H

#include "locket_storage.h"

enum { REPLAY_WINDOW = 64 };

/* `number` as in struct record, of the epoch that the session receives in. */
static inline bool replay_seen(const locket_session *s, uint64_t number)
{
    uint64_t back = s->recv - number;
    if (number > s->recv)
        return false;
    return back >= REPLAY_WINDOW || (s->window >> back & 1);
}

/* One step at a time: a 32-bit processor has no shift of 64 bits by a variable. */
static inline void replay_mark(locket_session *s, uint64_t number)
{
    uint64_t bit = 1;
    for (; s->recv < number && s->window; s->recv++)
        s->window <<= 1;
    if (s->recv < number)
        s->recv = number;
    for (; number < s->recv; number++)
        bit <<= 1;
    s->window |= bit;
}

#endif
