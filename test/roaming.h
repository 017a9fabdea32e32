/* SPDX-License-Identifier: Apache-2.0
 *
 * roaming.h -- our endpoint with connection IDs, and a hand-played peer with some: what
 * test_rfc_cid.c, test_rfc_cid_in.c, test_rfc_path.c and test_rfc_path_ask.c have in common. */
#ifndef TEST_ROAMING_H
#define TEST_ROAMING_H

#include <check.h>
#include <string.h>

#include "peer12_cid.h"

/* Ours, configured: IDs of `ours` bytes. The peer asks for `theirs`. */
static inline void roam(struct hand *h, int role, uint64_t seed, size_t ours, size_t theirs)
{
    hand_new(h, role ? LOCKET_SERVER : LOCKET_CLIENT, seed);
    h->node->config.cid = true;
    h->node->config.cid_len = (uint8_t)ours;
    h->node->config.path_check = LOCKET_PATH_APPLICATION;
    p12_roams(&h->p, theirs, false);
}

static inline void connect(struct hand *h)
{
    hand_up(h);
    ck_assert(p12_finish(&h->p));
    ck_assert_ptr_nonnull(h->node->live);
    p12_skip(&h->p);
}

/* A word from the peer is heard, and ours is answered in the form of its direction. */
static inline void talks(struct hand *h)
{
    unsigned before = h->node->n_kind[LOCKET_DATA];
    p12_sealed(&h->p, 23, "up", 2);
    ck_assert_uint_eq(h->node->n_kind[LOCKET_DATA], before + 1);
    p12_skip(&h->p);
    ck_assert_int_eq(net_say(h->node, h->node->live, "down", 4), LOCKET_OK);
    ck_assert(p12_next(&h->p) && h->p.record.type == 23);
    ck_assert(h->p.body_len == 4 && memcmp(h->p.body, "down", 4) == 0);
    ck_assert_int_eq(h->p.wrapped, h->p.cid_len > 0);
}

/* Nothing came of it: no answer, no event, and the session goes on. */
static inline void is_silent(struct hand *h, size_t events)
{
    ck_assert(!p12_next(&h->p));
    ck_assert_uint_eq(h->node->n_events, events);
    talks(h);
}

static inline uint32_t dropped(const struct hand *h, locket_drop reason)
{
    return locket_drops(&h->node->ep, reason);
}

static inline size_t hold(struct peer12 *p, uint8_t *out)
{
    p12_hold(p);
    p12_sealed(p, 23, "held", 4);
    p->hold = false;
    memcpy(out, p->held, p->held_len);
    return p->held_len;
}

static inline bool is_at(const struct hand *h, const locket_peer *where)
{
    locket_peer now;
    locket_peer_of(h->node->live, &now);
    return net_same(&now, where);
}

static inline void from(struct hand *h, const locket_peer *where, const uint8_t *bytes, size_t len)
{
    net_inject(h->net, where, &h->node->address, bytes, len, 0);
    net_run(h->net, 0);
}

/* --- return routability checks --- */

enum { T = 1000 };                            /* RFC 9853 section 5.5: a second */

/* Both know how. */
static inline void checks(struct hand *h, int role, uint64_t seed, locket_path_check kind, size_t ours,
                          size_t theirs)
{
    roam(h, role, seed, ours, theirs);
    h->node->config.path_check = kind;
    h->node->config.paths = h->node->paths;
    h->node->config.n_paths = NET_PATHS;
    p12_extend(&h->p, X_CHECKS, "", 0);
}

static inline locket_peer place(unsigned n) { return net_address(70 + n, 7000 + n); }

/* The peer goes to place n, and is heard from there. */
static inline void moves(struct hand *h, unsigned n)
{
    h->p.me = place(n);
    p12_sealed(&h->p, 23, "here", 4);
}

/* Datagrams and bytes that ours has sent there. */
static inline size_t n_sent(const struct hand *h, const locket_peer *to, size_t *bytes)
{
    size_t n = 0;
    *bytes = 0;
    for (size_t i = 0; i < h->net->n_log; i++)
        if (net_same(&h->net->log[i]->from, &h->node->address) && net_same(&h->net->log[i]->to, to)) {
            *bytes += h->net->log[i]->len;
            n++;
        }
    return n;
}

/* What the peer at `where` is asked next. */
static inline bool is_asked(struct hand *h, const locket_peer *where, uint8_t asked[8])
{
    h->p.me = *where;
    return p12_check_taken(&h->p, P12_CHALLENGE, asked);
}

static inline void answers(struct hand *h, const locket_peer *where, unsigned type, const uint8_t what[8])
{
    h->p.me = *where;
    p12_check(&h->p, type, what);
}

/* The last ADDRESS says so, of that place. */
static inline bool is_told(const struct hand *h, locket_error reason, unsigned n)
{
    const struct net_event *e = net_last(h->node, LOCKET_ADDRESS);
    const locket_peer where = place(n);
    return e && e->reason == reason && net_same(&e->peer, &where);
}

#endif
