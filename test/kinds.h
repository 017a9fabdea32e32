/* SPDX-License-Identifier: Apache-2.0
 *
 * kinds.h -- the kinds of handshakes that test_sweeps.c sends through misfortunes: full ones
 * in every suite, with and without a hint, with a second cookie, with a slow look-up, with a
 * wrong key; and those that come back, by session ID or ticket, with a cookie or without, to a
 * server that still knows them, has forgotten them, or forgets them in the middle; and both with
 * connection IDs. */
#ifndef TEST_KINDS_H
#define TEST_KINDS_H

#include "net.h"

enum {
    FORGETS = 1,                  /* its cookie secrets, after the first HelloVerifyRequest */
    OWN_RECORDS = 2, SLOW = 4, UNEVEN = 8, WRONG_KEY = 16, UNKNOWN = 32,
    CACHE = 64,                   /* the server keeps sessions, the client remembers them */
    TICKETS = 128,                /* ... in tickets */
    AGAIN = 256,                  /* there has been a session before, and the client comes back */
    ASKED = 512,                  /* ... for which the server always wants a cookie */
    LOST_BEFORE = 1024,           /* the server has forgotten that session; or forgets it ... */
    LOST_AT_COOKIE = 2048,        /* ... after its HelloVerifyRequest */
    LOST_AT_HELLO = 4096,         /* ... after its ServerHello */
    FRAGMENTS = 8192,             /* max_fragment_length */
    LIMITS = 16384,               /* record_size_limit, both ways */
    CIDS = 32768,                 /* connection IDs, eight bytes both ways, and path checks */
    CIDS_UNEVEN = 65536,          /* ... of three bytes for the client, and one for the server */
    CIDS_UP = 131072,             /* ... only the server wants them */
    CIDS_DOWN = 262144,           /* ... only the client wants them */
    NO_CHECKS = 524288,           /* ... and no path checks */
    FULL = LOST_BEFORE | LOST_AT_COOKIE         /* so that no session is resumed */
};

struct kind {
    const char *name;
    uint16_t suite;
    size_t hint, identity;
    unsigned is;
};
enum { N_KINDS = 36, N_USUAL = 3, N_FIRST = 13 };   /* the first ones do not come back,
                                     and have no connection IDs */
extern const struct kind kinds[N_KINDS];

/* Client and server of that kind, not up; the client with the right key, or as it says. */
struct pair kind_pair(const struct kind *k, uint16_t mtu, uint64_t seed);
void kind_key(struct net_node *n, const struct kind *k, bool right);
/* Up; and with a session behind them, where there has to be one. */
void kind_up(struct pair *p, const struct kind *k);
/* The server forgets that session. */
void kind_forget(struct net_node *server, const struct kind *k);

#endif
