/* SPDX-License-Identifier: Apache-2.0
 *
 * wire.h -- the only code that moves a pointer over bytes from or to the network.
 *
 * A reader never passes its end: on too short an input it turns `bad`, and every
 * later read gives zero or nothing. So parse straight through, ask rd_done() once,
 * and act on nothing before it says yes. A writer is the mirror: it turns `bad`
 * instead of passing its end. A writer with a window keeps only the bytes from
 * `skip` on and counts all of them: so a message is rebuilt in pieces without ever
 * being stored whole. */
#ifndef LOCKET_WIRE_H
#define LOCKET_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span   { const uint8_t *at; size_t len; };
struct reader { const uint8_t *at, *end; bool bad; };
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

static inline struct reader rd_over(struct span s)
{
    struct reader r = { s.at, s.at + s.len, false };
    return r;
}

/* Everything read, and nothing missing? */
static inline bool rd_done(const struct reader *r) { return !r->bad && r->at == r->end; }
/* More to read? */
static inline bool rd_more(const struct reader *r) { return !r->bad && r->at < r->end; }
static inline size_t rd_left(const struct reader *r) { return r->bad ? 0 : (size_t)(r->end - r->at); }

static inline struct span rd_bytes(struct reader *r, size_t n)
{
    struct span s = { r->at, 0 };
    if (r->bad || n > (size_t)(r->end - r->at)) {
        r->bad = true;
        return s;
    }
    s.len = n;
    r->at += n;
    return s;
}

/* n bytes, most significant first, n <= 8. */
static inline uint64_t rd_uint(struct reader *r, size_t n)
{
    struct span s = rd_bytes(r, n);
    uint64_t v = 0;
    for (size_t i = 0; i < s.len; i++)
        v = v << 8 | s.at[i];
    return v;
}

static inline uint8_t  rd_u8(struct reader *r)  { return (uint8_t)rd_uint(r, 1); }
static inline uint16_t rd_u16(struct reader *r) { return (uint16_t)rd_uint(r, 2); }
static inline uint32_t rd_u24(struct reader *r) { return (uint32_t)rd_uint(r, 3); }

/* opaque x<lo..hi> behind a length of n bytes (RFC 5246 section 4.3) */
static inline struct span rd_vec(struct reader *r, size_t n, size_t lo, size_t hi)
{
    size_t len = (size_t)rd_uint(r, n);
    if (len < lo || len > hi)
        r->bad = true;
    return rd_bytes(r, len);
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

static inline void wr_uint(struct writer *w, uint64_t v, size_t n)
{
    /* All eight at once: a loop over n would stall the copy that reads them back. */
    const uint8_t b[8] = { (uint8_t)(v >> 56), (uint8_t)(v >> 48), (uint8_t)(v >> 40), (uint8_t)(v >> 32),
                           (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8),  (uint8_t)v };
    wr_bytes(w, span_of(b + 8 - n, n));
}

static inline void wr_u8(struct writer *w, unsigned v)  { wr_uint(w, v, 1); }
static inline void wr_u16(struct writer *w, unsigned v) { wr_uint(w, v, 2); }

/* A vector with its length of n bytes in front (RFC 5246 section 4.3). */
static inline void wr_vec(struct writer *w, size_t n, struct span s)
{
    if (n < sizeof s.len && s.len >> (8 * n))
        w->bad = true;
    wr_uint(w, s.len, n);
    wr_bytes(w, s);
}

#endif
