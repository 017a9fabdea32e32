/* SPDX-License-Identifier: Apache-2.0
 *
 * comeback.h -- our server that resumes sessions, and a client played by hand that has had one:
 * what test_rfc_resume.c and test_rfc_ticket.c have in common. */
#ifndef TEST_COMEBACK_H
#define TEST_COMEBACK_H

#include <check.h>
#include <string.h>

#include "peer12.h"

enum { X_FRAGMENT = 1, X_EMS = 23, X_LIMIT = 28, X_TICKET = 35, X_SECURE = 0xFF01 };
enum { TICKET_SIZE = 83, MINUTE = 60000 };

/* By ID, or by ticket as well. */
static inline void server(struct hand *h, uint64_t seed, bool tickets)
{
    hand_new(h, LOCKET_SERVER, seed);
    h->node->config.cache = h->node->cache;
    h->node->config.n_cache = NET_CACHE;
    h->node->config.tickets = tickets;
    h->m = 4;
    if (tickets)
        p12_extend(&h->p, X_TICKET, "", 0);
}

/* What the client has of its session; the next hello offers it. */
static inline void offer(struct peer12 *p)
{
    p12_reboot(p);
    p->extensions_len = 4;
    p->session_id_len = 0;
    if (p->promised) {
        p12_extend(p, X_TICKET, p->ticket, p->ticket_len);
    } else {
        memcpy(p->session_id, p->given_id, p->given_id_len);
        p->session_id_len = p->given_id_len;
    }
}

static inline void first(struct hand *h, uint64_t seed, bool tickets)
{
    server(h, seed, tickets);
    hand_up(h);
    ck_assert(p12_greet(&h->p) && p12_full(&h->p));
    ck_assert_int_eq(h->p.promised, tickets);
    ck_assert_ptr_nonnull(h->node->live);
    ck_assert(!locket_resumed(h->node->live));
    offer(&h->p);
}

static inline bool has(const struct peer12 *p, unsigned type)
{
    size_t len;
    return p12_extension(p, type, &len) != NULL;
}

/* The hello gets what it would get if it offered nothing: a request for a cookie, then a full
 * handshake, to its end. */
static inline void full_and_cookie(struct hand *h)
{
    struct peer12 *p = &h->p;
    p12_send(p, M_CLIENT_HELLO);
    ck_assert(p12_take(p, M_HELLO_VERIFY));
    p12_send(p, M_CLIENT_HELLO);
    ck_assert(p12_take(p, M_SERVER_HELLO));
    ck_assert(!p->session_id_len || p->given_id_len != p->session_id_len ||
              memcmp(p->given_id, p->session_id, p->given_id_len) != 0);
    ck_assert(p12_full(p));
    ck_assert(h->node->live && !locket_resumed(h->node->live));
}

/* Data goes both ways under the keys as they are now. */
static inline void talk(struct hand *h)
{
    struct peer12 *p = &h->p;
    ck_assert_ptr_nonnull(h->node->live);
    p12_skip(p);
    p12_sealed(p, 23, "ping", 4);
    ck_assert(net_last(h->node, LOCKET_DATA) && net_last(h->node, LOCKET_DATA)->len == 4);
    ck_assert_int_eq(net_say(h->node, h->node->live, "pong!", 5), LOCKET_OK);
    ck_assert(p12_next(p) && p->body_len == 5 && memcmp(p->body, "pong!", 5) == 0);
}

static inline void after(struct hand *h, uint64_t ms, bool resumed)
{
    for (uint64_t n = 0; n < ms; n += MINUTE) {          /* an application ticks now and then */
        net_run(h->net, ms - n < MINUTE ? ms - n : MINUTE);
        locket_tick(&h->node->ep, net_now(h->net));
        net_pull(h->node);
    }
    offer(&h->p);
    if (!resumed) {
        full_and_cookie(h);
        return;
    }
    ck_assert(p12_greet(&h->p) && p12_abbreviated(&h->p));
    ck_assert(locket_resumed(h->node->live));
}

#endif
