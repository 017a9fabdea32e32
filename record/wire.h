/* SPDX-License-Identifier: Apache-2.0
 *
 * wire.h -- the only code that moves a pointer over bytes from or to the network.
 *
 * A span is read by eating it from the front. It never passes its end: on too short an input
 * it turns bad, which is to point nowhere, and every later read gives zero or nothing. So
 * parse straight through, ask rd_done() once, and act on nothing before it says yes.
 *
 * A writer never passes its end either: of all that is written it keeps the bytes from `skip`
 * on for which there is room. So one function that writes a message can count it, give any
 * piece of it, or hash it, and no message of ours is ever stored. */
#ifndef LOCKET_WIRE_H
#define LOCKET_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "sha256.h"

struct span { const uint8_t *at; size_t len; };
struct writer {
    uint8_t *at;
    size_t room;                  /* behind `at` */
    size_t skip;                  /* bytes still to be left out before `at` */
    struct locket_sha256 *hash;   /* or NULL: to be hashed instead */
};

static inline struct span span_of(const void *at, size_t len)
{
    struct span s = { (const uint8_t *)at, len };
    return s;
}

static inline bool rd_bad(const struct span *r) { return !r->at; }
/* Everything read, and nothing missing? */
static inline bool rd_done(const struct span *r) { return r->at && !r->len; }
/* More to read? */
static inline bool rd_more(const struct span *r) { return r->len > 0; }

/* What is read of a bad one is bad as well. */
static inline struct span rd_bytes(struct span *r, size_t n)
{
    struct span s = { r->at, n };
    if (!r->at || n > r->len) {
        *r = s = span_of(NULL, 0);
        return s;
    }
    r->at += n;
    r->len -= n;
    return s;
}

/* n bytes, most significant first, n <= 4. */
static inline uint32_t rd_uint(struct span *r, size_t n)
{
    struct span s = rd_bytes(r, n);
    uint32_t v = 0;
    for (size_t i = 0; i < s.len; i++)
        v = v << 8 | s.at[i];
    return v;
}

static inline uint8_t  rd_u8(struct span *r)  { return (uint8_t)rd_uint(r, 1); }
static inline uint16_t rd_u16(struct span *r) { return (uint16_t)rd_uint(r, 2); }
static inline uint32_t rd_u24(struct span *r) { return rd_uint(r, 3); }
static inline uint64_t rd_u64(struct span *r)
{
    uint64_t high = rd_uint(r, 4);
    return high << 32 | rd_uint(r, 4);
}

/* A vector behind its length of n bytes (RFC 5246 section 4.3); its bounds are the
 * reader's to check. */
static inline struct span rd_vec(struct span *r, size_t n)
{
    return rd_bytes(r, rd_uint(r, n));
}

/* Keep the bytes [skip, skip + room) of what is written. */
static inline struct writer wr_window(void *at, size_t room, size_t skip)
{
    struct writer w = { (uint8_t *)at, room, skip, NULL };
    return w;
}

static inline struct writer wr_over(void *at, size_t room) { return wr_window(at, room, 0); }

/* Keep nothing, and ask how much it was. */
static inline struct writer wr_count(void) { return wr_window(NULL, 0, SIZE_MAX); }
static inline size_t wr_counted(const struct writer *w) { return SIZE_MAX - w->skip; }

static inline struct writer wr_hash(struct locket_sha256 *hash)
{
    struct writer w = { NULL, 0, 0, hash };
    return w;
}

static inline void wr_bytes(struct writer *w, struct span s)
{
    size_t left_out = s.len < w->skip ? s.len : w->skip, n = s.len - left_out;
    w->skip -= left_out;
    if (w->hash)
        sha256_add(w->hash, s.at, n);
    if (n > w->room)
        n = w->room;
    if (n > 0) {
        memcpy(w->at, s.at + left_out, n);
        w->at += n;
        w->room -= n;
    }
}

/* n bytes, most significant first, n <= 4. */
static inline void wr_uint(struct writer *w, uint32_t v, size_t n)
{
    /* All four at once: a loop over n would stall the copy that reads them back. */
    const uint8_t b[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };
    wr_bytes(w, span_of(b + 4 - n, n));
}

static inline void wr_u8(struct writer *w, unsigned v)  { wr_uint(w, v, 1); }
static inline void wr_u16(struct writer *w, unsigned v) { wr_uint(w, v, 2); }
static inline void wr_u64(struct writer *w, uint64_t v)
{
    wr_uint(w, (uint32_t)(v >> 32), 4);
    wr_uint(w, (uint32_t)v, 4);
}

/* A vector with its length of n bytes in front (RFC 5246 section 4.3), which it has to fit. */
static inline void wr_vec(struct writer *w, size_t n, struct span s)
{
    wr_uint(w, (uint32_t)s.len, n);
    wr_bytes(w, s);
}

#endif
