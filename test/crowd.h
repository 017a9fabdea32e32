/* SPDX-License-Identifier: Apache-2.0
 *
 * crowd.h -- a server with a small table, connection IDs and several clients, each with a key of its
 * own: what test_attacks_slots.c and test_attacks_held.c have in common. */
#ifndef TEST_CROWD_H
#define TEST_CROWD_H

#include "net.h"

enum { CROWD = 4 };
struct crowd { struct net *net; struct net_node *server, *client[CROWD]; };

static inline void client_key(struct crowd *w, unsigned i)
{
    uint8_t identity[] = { 'm', (uint8_t)i }, key[16] = { (uint8_t)(i + 1) };
    net_set_key(w->client[i], 0, identity, 2, key, 16, 10 + i);
    net_set_key(w->server, i, identity, 2, key, 16, 20 + i);
}

/* A server of n slots, whose connection IDs have so many bytes; clients that are not connected. */
static inline struct crowd crowd(uint64_t seed, size_t n, size_t m, size_t cid_len, bool evict)
{
    struct crowd w = { net_new(seed, 0), NULL, { NULL } };
    w.server = net_node(w.net, LOCKET_SERVER, 2, 5684);
    w.server->config.cid = true;
    w.server->config.cid_len = (uint8_t)cid_len;
    w.server->config.evict = evict;
    for (unsigned i = 0; i < CROWD; i++) {
        w.client[i] = net_node(w.net, LOCKET_CLIENT, 10 + i, 4000);
        w.client[i]->config.cid = true;
        w.client[i]->config.cid_len = 8;
        client_key(&w, i);
        net_up(w.client[i], 2, 1);
    }
    net_up(w.server, n, m);
    return w;
}

static inline bool connects(struct crowd *w, unsigned i, uint64_t ms)
{
    bool met = net_connect(w->client[i], &w->server->address) && net_meet(w->net, w->client[i], w->server, ms);
    net_run(w->net, 50);
    return met;
}

#endif
