/* SPDX-License-Identifier: Apache-2.0
 *
 * test_cid_table.c -- a small server with connection IDs and clients that come, go, move, vanish
 * and come back in any order, while it puts some away for a time: after each step its table is
 * whole, and no session is another's. Each run has a seed, and so can be run again. */
#include <check.h>
#include <string.h>

#include "net.h"
#include "table.h"

Suite *test_cid_table(void);

enum { CLIENTS = 5, STEPS = 400 };

/* Every slot is free and in the list, once; or reserved; or in the ring, once, and in its bucket. */
static void is_whole(const locket_endpoint *ep)
{
    unsigned n_free = 0, n_ring = 0, free_slots = 0, live = 0;
    for (locket_link i = ep->free; i != LINK_NONE; i = ep->sessions[i].newer) {
        ck_assert_uint_eq(ep->sessions[i].state, SESSION_FREE);
        ck_assert_uint_lt(n_free++, ep->n_sessions);
    }
    for (locket_link i = ep->oldest; i != LINK_NONE && n_ring <= ep->n_sessions;) {
        const locket_session *s = &ep->sessions[i];
        ck_assert(s->state == SESSION_LIVE || s->state == SESSION_CLOSING);
        ck_assert_uint_eq(ep->sessions[s->newer].older, i);
        n_ring++;
        i = s->newer == ep->oldest ? LINK_NONE : s->newer;
    }
    for (unsigned i = 0; i < ep->n_sessions; i++) {
        free_slots += ep->sessions[i].state == SESSION_FREE;
        live += ep->sessions[i].state >= SESSION_LIVE;
        if (ep->sessions[i].state == SESSION_LIVE)
            ck_assert_ptr_nonnull(session_find(ep, &ep->sessions[i].peer));
    }
    ck_assert_uint_eq(n_free, free_slots);
    ck_assert_uint_eq(n_ring, live);
}

/* What a client says begins with its own letter, and arrives under its own handle. */
static void heard(struct net_node *server, const locket_event *e)
{
    is_whole(&server->ep);
    if (e->kind == LOCKET_DATA)
        ck_assert_uint_eq(e->handle, 7001u + (unsigned)(e->data[0] - 'a'));
}

static void sometimes_lost(void *user, const struct net_datagram *d, struct net_verdict *v)
{
    struct net *net = user;
    (void)d;
    unsigned luck = net_below(net, 20);
    v->fate = luck == 0 ? NET_DROP : luck == 1 ? NET_DELAY : luck == 2 ? NET_DUPLICATE : NET_DELIVER;
    v->delay = net_below(net, 1500);
}

static void act(struct net *net, struct net_node *c, const struct net_node *server, char letter)
{
    switch (net_below(net, 8)) {
    case 0:
    case 1:
        net_connect(c, &server->address);
        break;
    case 2:
        if (c->live)
            net_close(c, c->live);
        break;
    case 3:                                          /* places that others have been to as well */
        net_rebind(c, 20 + net_below(net, 3), 6000 + net_below(net, 3));
        break;
    case 4:
        net_down(c);
        net_up(c, 2, 1);
        break;
    default:
        if (c->live)
            (void)net_say(c, c->live, &letter, 1);
    }
}

/* The server saves a session, or loads the one saved last. */
static struct { uint8_t blob[LOCKET_BLOB_MAX]; size_t len; } saved[NET_COUNTERS];

static void sleep_or_wake(struct net *net, struct net_node *server)
{
    static const uint8_t key[16] = { 1, 2, 3 };
    uint32_t id = net_below(net, NET_COUNTERS);
    locket_session *s = &server->sessions[net_below(net, server->ep.n_sessions)];
    uint64_t counter = server->counters[id];
    if (saved[id].len) {
        locket_error error = locket_session_load(&server->ep, id, key, saved[id].blob, saved[id].len,
                                                 net_now(net), &s);
        ck_assert(error == LOCKET_OK || error == LOCKET_ERR_SESSIONS_FULL || error == LOCKET_ERR_STATE ||
                  error == LOCKET_ERR_HANDSHAKES_FULL);
        ck_assert_uint_eq(server->counters[id], counter + !error);
        if (!error)
            saved[id].len = 0;
    } else if (s->state == SESSION_LIVE) {
        ck_assert_int_eq(locket_session_save(&server->ep, s, id, key, saved[id].blob, sizeof saved[id].blob,
                                             &saved[id].len), LOCKET_OK);
    }
}

START_TEST(comings_and_goings_in_any_order_leave_the_table_whole)
{
    static const char *const names[] = { "meter-a", "meter-b", "meter-c", "meter-d", "meter-e" };
    struct net *net = net_new(1000u + (unsigned)_i, 77);
    struct net_node *server = net_node(net, LOCKET_SERVER, 2, 5684), *clients[CLIENTS];
    server->config.cid = true;
    server->config.cid_len = 4;
    server->config.paths = server->paths;
    server->config.n_paths = _i % 3 ? NET_PATHS : 0;
    server->config.path_check = _i % 3 == 1 ? LOCKET_PATH_BASIC : LOCKET_PATH_ENHANCED;
    server->config.evict = _i & 1;
    server->config.idle_timeout = _i & 2 ? 4000 : 0;
    server->config.deadline = 5000;
    server->config.cache = _i & 4 ? server->cache : NULL;
    server->config.n_cache = _i & 4 ? NET_CACHE : 0;
    server->config.tickets = _i & 8;
    server->hook = heard;
    memset(saved, 0, sizeof saved);
    for (unsigned i = 0; i < CLIENTS; i++) {
        net_set_key(server, i, names[i], 7, "0123456789abcdef", 16, 7001 + i);
        clients[i] = net_node(net, LOCKET_CLIENT, 10 + i, 5000);
        net_set_key(clients[i], 0, names[i], 7, "0123456789abcdef", 16, 9001);
        clients[i]->config.cid = i < 4;              /* and one that does not know them */
        clients[i]->config.cid_len = i < 4 ? (uint8_t)(2 * i) : 0;
        clients[i]->comes_back = _i & 12;
        clients[i]->config.tickets = _i & 8;
        clients[i]->config.deadline = 6000;
        net_up(clients[i], 2, 1);
    }
    net_up(server, 1u + (unsigned)_i % 4, 2);
    net->judge = sometimes_lost;
    net->user = net;
    for (unsigned i = 0; i < STEPS; i++) {
        unsigned k = net_below(net, CLIENTS);
        act(net, clients[k], server, (char)('a' + k));
        net_run(net, net_below(net, 4) ? net_below(net, 60) : net_below(net, 3000));
        is_whole(&server->ep);
        if (_i & 16 && net_below(net, 6) == 0)
            sleep_or_wake(net, server);
        is_whole(&server->ep);
    }
    ck_assert_uint_gt(server->n_kind[LOCKET_CONNECTED], 0);
    net_free(net);
}
END_TEST

Suite *test_cid_table(void)
{
    Suite *s = suite_create("cid_table");
    TCase *t = tcase_create("comings and goings");
    tcase_add_loop_test(t, comings_and_goings_in_any_order_leave_the_table_whole, 0, 48);
    suite_add_tcase(s, t);
    return s;
}
