/* SPDX-License-Identifier: Apache-2.0
 *
 * wire.h -- the only code that moves a pointer over bytes from or to the network.
 *
 * A span is read by eating it from the front. It never passes its end: on too short an input
 * it turns bad, which is to point nowhere, and every later read gives zero or nothing. So
 * parse straight through, ask rd_done() once, and act on nothing before it says yes. A writer
 * is the mirror: it turns `bad` instead of passing its end. A writer with a window keeps only
 * the bytes from `skip` on and counts all of them: so a message is rebuilt in pieces without
 * ever being stored whole. */
#ifndef LOCKET_WIRE_H
#define LOCKET_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span { const uint8_t *at; size_t len; };
struct writer {
    uint8_t *at, *end;
    size_t skip;                  /* bytes still to be left out before `at` */
    bool windowed;                /* past the end is not bad: the rest is left out */
    bool bad;
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

static inline struct writer wr_over(void *at, size_t cap)
{
    struct writer w = { (uint8_t *)at, (uint8_t *)at + cap, 0, false, false };
    return w;
}

/* Keep only the bytes [skip, skip + cap) of what is written. */
static inline struct writer wr_window(void *at, size_t cap, size_t skip)
{
    struct writer w = { (uint8_t *)at, (uint8_t *)at + cap, skip, true, false };
    return w;
}

static inline size_t wr_left(const struct writer *w) { return w->bad ? 0 : (size_t)(w->end - w->at); }

static inline void wr_bytes(struct writer *w, struct span s)
{
    size_t room = (size_t)(w->end - w->at), left_out = s.len < w->skip ? s.len : w->skip;
    w->skip -= left_out;
    s.at += left_out;
    s.len -= left_out;
    if (s.len > room && w->windowed)
        s.len = room;
    if (w->bad || s.len > room) {
        w->bad = true;
        return;
    }
    if (s.len)
        memcpy(w->at, s.at, s.len);
    w->at += s.len;
}

/* n bytes to be filled by somebody else; NULL, and bad, when they do not fit. Not
 * for a writer with a window. */
static inline uint8_t *wr_space(struct writer *w, size_t n)
{
    if (w->bad || n > (size_t)(w->end - w->at)) {
        w->bad = true;
        return NULL;
    }
    w->at += n;
    return w->at - n;
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

/* A vector with its length of n bytes in front (RFC 5246 section 4.3). */
static inline void wr_vec(struct writer *w, size_t n, struct span s)
{
    if (n < sizeof s.len && s.len >> (8 * n))
        w->bad = true;
    wr_uint(w, (uint32_t)s.len, n);
    wr_bytes(w, s);
}

#endif
