/* SPDX-License-Identifier: Apache-2.0
 *
 * test_endpoint.c -- many peers and few tables: who gets a session, who a workspace,
 * who has to go, and that none of it depends on how many there are. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "entropy.h"
#include "peer12.h"

Suite *test_endpoint(void);

/* Which events other than SEND came, from `from` on, as a string of initials. */
static const char *story(const struct net_node *n, size_t from)
{
    static char out[128];
    size_t k = 0;
    for (size_t i = from; i < n->n_events && k < sizeof out - 1; i++)
        if (n->events[i].kind != LOCKET_SEND)
            out[k++] = "?SCDXFW"[n->events[i].kind];     /* connected C, data D, closed X, failed F */
    out[k] = 0;
    return out;
}

static struct net_node *client_at(struct net *net, unsigned host)
{
    struct net_node *c = net_node(net, LOCKET_CLIENT, host, 4000);
    net_up(c, 2, 2);
    return c;
}

/* --- starting up ---------------------------------------------------------------------- */

START_TEST(init_names_what_is_wrong)
{
    struct net *net = net_new(1, 0);
    struct net_node *n = net_node(net, LOCKET_SERVER, 1, 1);
    static locket_endpoint ep;
    static locket_session s[2];
    static locket_handshake hs[2];
    const locket_config good = n->config;
    locket_config c = good;
    uint8_t bytes[200] = { 0 };
    uint16_t unknown[] = { 0xC0A8, 0x1301 };
    ck_assert_int_eq(locket_init_stamped(&ep, &c, s, 2, hs, 2, LOCKET_STAMP ^ 1), LOCKET_ERR_BUILD);
    ck_assert_int_eq(locket_init_stamped(&ep, &c, s, 2, hs, 2, LOCKET_STAMP ^ UINT64_C(1) << 52), LOCKET_ERR_BUILD);
    ck_assert_int_eq(locket_init(NULL, &c, s, 2, hs, 2), LOCKET_ERR_ARGUMENT);
    ck_assert_int_eq(locket_init(&ep, NULL, s, 2, hs, 2), LOCKET_ERR_ARGUMENT);
    ck_assert_int_eq(locket_init(&ep, &c, NULL, 2, hs, 2), LOCKET_ERR_ARGUMENT);
    ck_assert_int_eq(locket_init(&ep, &c, s, 0, hs, 2), LOCKET_ERR_ARGUMENT);
    ck_assert_int_eq(locket_init(&ep, &c, s, 2, NULL, 2), LOCKET_ERR_ARGUMENT);
    ck_assert_int_eq(locket_init(&ep, &c, s, 2, hs, 0), LOCKET_ERR_ARGUMENT);
    ck_assert_int_eq(locket_init(&ep, &c, s, 2, hs, 256), LOCKET_ERR_ARGUMENT);
    c.psk = NULL;
    ck_assert_int_ne(locket_init(&ep, &c, s, 2, hs, 2), LOCKET_OK);
    c = good;
    c.mtu = 255;
    ck_assert_int_ne(locket_init(&ep, &c, s, 2, hs, 2), LOCKET_OK);
    c = good;
    c.suites = unknown;
    c.n_suites = 2;
    ck_assert_int_eq(locket_init(&ep, &c, s, 2, hs, 2), LOCKET_ERR_CONFIG);
    c = good;
    c.hint = bytes;
    c.hint_len = LOCKET_CFG_IDENTITY_SIZE + 1;
    ck_assert_int_ne(locket_init(&ep, &c, s, 2, hs, 2), LOCKET_OK);
    c = good;
    c.local = bytes;
    c.local_len = 33;
    ck_assert_int_ne(locket_init(&ep, &c, s, 2, hs, 2), LOCKET_OK);
    c = good;
    entropy_fail(true);
    ck_assert_int_eq(locket_init(&ep, &c, s, 2, hs, 2), LOCKET_ERR_ENTROPY);
    entropy_fail(false);
    size_t used = entropy_used();
    ck_assert_int_eq(locket_init(&ep, &c, s, 2, hs, 2), LOCKET_OK);
    ck_assert_uint_eq(entropy_used(), used + 48);
    locket_shutdown(&ep);
    net_free(net);
}
END_TEST

START_TEST(connect_names_what_is_full)
{
    struct net *net = net_new(2, 0);
    struct net_node *c = net_node(net, LOCKET_CLIENT, 1, 1);
    locket_peer a = net_address(2, 2), b = net_address(3, 2), d = net_address(4, 2), bad = a;
    net_up(c, 2, 1);
    locket_session *s = NULL;
    ck_assert_int_eq(locket_connect(&c->ep, &a, 0, &s), LOCKET_OK);
    ck_assert_int_eq(locket_connect(&c->ep, &b, 0, &s), LOCKET_ERR_HANDSHAKES_FULL);
    bad.len = 0;
    ck_assert_int_eq(locket_connect(&c->ep, &bad, 0, &s), LOCKET_ERR_ARGUMENT);
    bad.len = LOCKET_CFG_PEER_SIZE + 1;
    ck_assert_int_eq(locket_connect(&c->ep, &bad, 0, &s), LOCKET_ERR_ARGUMENT);
    ck_assert_int_eq(locket_connect(&c->ep, NULL, 0, &s), LOCKET_ERR_ARGUMENT);
    net_down(c);
    net_up(c, 1, 2);
    ck_assert_int_eq(locket_connect(&c->ep, &a, 0, &s), LOCKET_OK);
    ck_assert_int_eq(locket_connect(&c->ep, &d, 0, &s), LOCKET_ERR_SESSIONS_FULL);
    net_pull(c);
    ck_assert_uint_eq(net->n_log, 1);
    ck_assert_int_eq(locket_close(&c->ep, s), LOCKET_OK);
    net_pull(c);
    ck_assert_uint_eq(c->n_kind[LOCKET_CLOSED], 1);
    ck_assert_int_eq(c->last_reason, 0);
    ck_assert_int_eq(locket_connect(&c->ep, &d, 0, &s), LOCKET_OK);
    net_free(net);
}
END_TEST

static bool all_zero(const void *p, size_t n)
{
    const uint8_t *b = p;
    while (n--)
        if (*b++)
            return false;
    return true;
}

START_TEST(shutdown_leaves_no_byte_behind)
{
    struct pair p = net_connected(3);
    p.server->up = p.client->up = false;
    for (int i = 0; i < 2; i++) {
        struct net_node *n = i ? p.server : p.client;
        locket_shutdown(&n->ep);
        ck_assert(all_zero(&n->ep, sizeof n->ep));
        ck_assert(all_zero(n->sessions, n->n * sizeof *n->sessions));
        ck_assert(all_zero(n->handshakes, n->m * sizeof *n->handshakes));
        free(n->sessions);
        free(n->handshakes);
    }
    net_free(p.net);
}
END_TEST

/* --- reboots ---------------------------------------------------------------------------- */

START_TEST(a_rebooted_client_replaces_its_old_session_even_in_a_full_table)
{
    struct net *net = net_new(4, 0xFFFFFF00);
    struct net_node *s = net_node(net, LOCKET_SERVER, 2, 2), *c = client_at(net, 3);
    net_up(s, 1, 1);
    for (int i = 0; i < 5; i++) {
        net_connect(c, &s->address);
        ck_assert(net_meet(net, c, s, 3000));
        net_run(net, 20);
        net_down(c);              /* power cut, same port afterwards */
        net_up(c, 2, 2);
    }
    ck_assert_str_eq(story(s, 0), "CXCXCXCXC");
    ck_assert_int_eq(s->last_reason, LOCKET_ERR_REPLACED);
    net_free(net);
}
END_TEST

START_TEST(a_live_session_works_while_a_handshake_runs_beside_it_and_ends_when_that_is_done)
{
    struct pair p = net_connected(5);
    struct peer12 twin;           /* the same device after a reboot, played by hand */
    p12_client(&twin, p.net, 1, &p.server->address);
    twin.me = p.client->address;
    static const unsigned stops[] = { M_CLIENT_KEY, M_CCS, M_FINISHED };
    for (unsigned i = 0; i < 3; i++) {
        net_run(p.net, 2100);     /* beyond the patience for the one before */
        p12_reboot(&twin);
        ck_assert(p12_until(&twin, stops[i]));
        ck_assert_int_eq(net_say(p.client, p.client->live, "still here", 10), LOCKET_OK);
        net_run(p.net, 20);
        ck_assert_uint_eq(p.server->n_kind[LOCKET_DATA], i + 1);
        ck_assert_int_eq(net_say(p.server, p.server->live, "so am I", 7), LOCKET_OK);
        net_run(p.net, 20);
        ck_assert_uint_eq(p.client->n_kind[LOCKET_DATA], i + 1);
    }
    ck_assert_uint_eq(locket_drops(&p.server->ep, LOCKET_DROP_BAD_TAG), 0);
    size_t from = p.server->n_events;
    p12_send(&twin, M_FINISHED);
    ck_assert_str_eq(story(p.server, from), "XC");
    ck_assert_int_eq(p.server->last_reason, LOCKET_ERR_REPLACED);
    p12_sealed(&twin, 23, "new", 3);
    ck_assert_uint_eq(p.server->n_kind[LOCKET_DATA], 4);
    net_say(p.client, p.client->live, "old keys", 8);
    net_run(p.net, 20);
    ck_assert_uint_eq(p.server->n_kind[LOCKET_DATA], 4);
    ck_assert_uint_eq(locket_drops(&p.server->ep, LOCKET_DROP_BAD_TAG), 1);
    net_free(p.net);
}
END_TEST

START_TEST(a_handshake_beside_a_session_that_never_ends_leaves_it_alone)
{
    struct pair p = net_connected(6);
    struct peer12 twin;
    p12_client(&twin, p.net, 1, &p.server->address);
    twin.me = p.client->address;
    ck_assert(p12_until(&twin, M_FINISHED));
    net_run(p.net, 100000);
    ck_assert_uint_eq(p.server->n_kind[LOCKET_FAILED], 1);
    ck_assert_uint_eq(p.server->n_kind[LOCKET_CLOSED], 0);
    net_say(p.client, p.client->live, "x", 1);
    net_run(p.net, 20);
    ck_assert_uint_eq(p.server->n_kind[LOCKET_DATA], 1);
    net_free(p.net);
}
END_TEST

START_TEST(a_client_may_connect_anew_beside_its_own_session)
{
    struct pair p = net_connected(7);
    size_t c0 = p.client->n_events, s0 = p.server->n_events;
    locket_session *old = p.client->live;
    ck_assert_ptr_nonnull(net_connect(p.client, &p.server->address));
    ck_assert_int_eq(net_say(p.client, old, "meanwhile", 9), LOCKET_OK);
    ck_assert(net_meet(p.net, p.client, p.server, 3000));
    net_run(p.net, 20);
    ck_assert_str_eq(story(p.server, s0), "DXC");
    ck_assert_str_eq(story(p.client, c0), "XC");
    ck_assert_int_eq(p.client->last_reason, LOCKET_ERR_REPLACED);
    ck_assert_int_eq(net_say(p.client, p.client->live, "now", 3), LOCKET_OK);
    net_run(p.net, 20);
    ck_assert_uint_eq(p.server->n_kind[LOCKET_DATA], 2);
    net_free(p.net);
}
END_TEST

/* --- full tables --------------------------------------------------------------------------- */

START_TEST(a_full_session_table_refuses_the_newcomer_or_evicts_the_longest_silent)
{
    struct net *net = net_new(8, 0);
    struct net_node *s = net_node(net, LOCKET_SERVER, 2, 2), *c[4];
    s->config.evict = _i == 1;
    net_up(s, 3, 2);
    for (unsigned i = 0; i < 4; i++)
        c[i] = client_at(net, 10 + i);
    for (unsigned i = 0; i < 3; i++) {
        net_connect(c[i], &s->address);
        net_run(net, 1000);
    }
    net_say(c[0], c[0]->live, "x", 1);
    net_run(net, 1000);
    size_t from = s->n_events;
    c[3]->config.deadline = 5000;
    net_connect(c[3], &s->address);
    net_run(net, 70000);
    ck_assert_uint_eq(s->n_kind[LOCKET_CONNECTED], _i == 1 ? 4 : 3);
    if (_i == 1) {
        ck_assert_str_eq(story(s, from), "XC");
        ck_assert_int_eq(s->last_reason, LOCKET_ERR_EVICTED);
        ck_assert(net_same(&net_last(s, LOCKET_CLOSED)->peer, &c[1]->address));
    } else {
        ck_assert_uint_eq(s->n_kind[LOCKET_CLOSED], 0);
        ck_assert_uint_eq(c[3]->n_kind[LOCKET_CLOSED], 1);
        ck_assert_uint_ge(locket_drops(&s->ep, LOCKET_DROP_SESSIONS_FULL), 1);
    }
    net_free(net);
}
END_TEST

START_TEST(an_unproven_newcomer_evicts_nobody)
{
    struct net *net = net_new(9, 0);
    struct net_node *s = net_node(net, LOCKET_SERVER, 2, 2), *c = client_at(net, 10);
    struct peer12 p;
    s->config.evict = true;
    net_up(s, 1, 2);
    net_connect(c, &s->address);
    net_run(net, 1000);
    p12_client(&p, net, 66, &s->address);
    p.key[0] ^= 1;
    ck_assert(p12_until(&p, M_FINISHED));
    p12_send(&p, M_FINISHED);
    net_run(net, 100000);
    ck_assert_uint_eq(s->n_kind[LOCKET_CLOSED], 0);
    ck_assert_int_eq(net_say(c, c->live, "x", 1), LOCKET_OK);
    net_run(net, 20);
    ck_assert_uint_eq(s->n_kind[LOCKET_DATA], 1);
    net_free(net);
}
END_TEST

START_TEST(a_full_handshake_table_drops_the_newcomer_until_the_holder_was_silent_too_long)
{
    struct net *net = net_new(10, 0xFFFFF000);
    struct net_node *s = net_node(net, LOCKET_SERVER, 2, 2);
    struct peer12 a, b;
    net_up(s, 2, 1);
    p12_client(&a, net, 10, &s->address);
    p12_client(&b, net, 11, &s->address);
    ck_assert(p12_until(&a, M_CLIENT_KEY));
    net_run(net, 500);
    ck_assert(!p12_until(&b, M_CLIENT_KEY));
    ck_assert_uint_eq(locket_drops(&s->ep, LOCKET_DROP_HANDSHAKES_FULL), 1);
    ck_assert_uint_eq(s->n_kind[LOCKET_FAILED], 0);
    net_run(net, 2000);
    p12_reboot(&b);
    ck_assert(p12_finish(&b));
    ck_assert_uint_eq(s->n_kind[LOCKET_CONNECTED], 1);
    ck_assert_uint_eq(s->n_kind[LOCKET_FAILED], 1);
    ck_assert(net_same(&net_last(s, LOCKET_FAILED)->peer, &a.me));
    net_free(net);
}
END_TEST

START_TEST(a_handshake_that_never_finishes_loses_its_workspace_at_the_deadline)
{
    static const unsigned stops[] = { M_CLIENT_KEY, M_CCS, M_FINISHED };
    struct hand h;
    hand_new(&h, LOCKET_SERVER, 11);
    hand_up(&h);
    ck_assert(p12_until(&h.p, stops[_i]));
    for (unsigned i = 0; i < 70; i++) {      /* however often the first flight is repeated */
        uint8_t body[256];
        size_t n = p12_hello_body(&h.p, body);
        h.p.sealed = false;
        p12_fragment(&h.p, M_CLIENT_HELLO, n, 1, 0, n, body);
        net_run(h.net, 1000);
        if (h.node->n_kind[LOCKET_FAILED])
            break;
    }
    ck_assert_uint_eq(h.node->n_kind[LOCKET_FAILED], 1);
    ck_assert_int_eq(h.node->last_reason, LOCKET_ERR_TIMEOUT);
    ck_assert_uint_le(h.net->elapsed, 61000);
    net_free(h.net);
}
END_TEST

/* 10,000 ports of one host, each with a good cookie, ask for a workspace as fast
 * as they can: another host's client gets in within 10 s, and live sessions go on. */
START_TEST(one_host_with_ten_thousand_ports_keeps_nobody_out_for_longer_than_ten_seconds)
{
    struct net *net = net_new(12, 0);
    struct net_node *s = net_node(net, LOCKET_SERVER, 2, 2), *c = client_at(net, 10), *d = client_at(net, 11);
    struct peer12 p;
    net_up(s, 4, 4);
    net_connect(d, &s->address);
    ck_assert(net_meet(net, d, s, 1000));
    p12_client(&p, net, 66, &s->address);
    uint64_t asked = 0;
    for (unsigned port = 0; port < 10000; port++) {
        p.me = net_address(66, port);
        p12_reboot(&p);
        (void)p12_until(&p, M_CLIENT_KEY);
        net_run(net, 2);
        if (port == 500) {
            asked = net->elapsed;
            ck_assert_ptr_nonnull(net_connect(c, &s->address));
        }
        if (asked && !c->live)
            ck_assert_msg(net->elapsed < asked + 10000, "kept out");
    }
    ck_assert_ptr_nonnull(c->live);
    net_say(d, d->live, "x", 1);
    net_run(net, 20);
    ck_assert_uint_eq(s->n_kind[LOCKET_DATA], 1);
    ck_assert_uint_eq(s->n_kind[LOCKET_CLOSED], 0);
    net_free(net);
}
END_TEST

/* --- names ------------------------------------------------------------------------------------ */

START_TEST(peers_are_told_apart_by_every_byte_and_by_their_length)
{
    struct net *net = net_new(13, 0);
    struct net_node *s = net_node(net, LOCKET_SERVER, 2, 2), *c[4];
    net_up(s, 8, 4);
    for (unsigned i = 0; i < 4; i++) {
        c[i] = client_at(net, 20);
        c[i]->address.len = (uint8_t)(i == 3 ? LOCKET_CFG_PEER_SIZE : i + 1);
    }
    for (unsigned i = 0; i < 4; i++) {
        net_connect(c[i], &s->address);
        ck_assert(net_meet(net, c[i], s, 2000));
        net_run(net, 20);
    }
    ck_assert_uint_eq(s->n_kind[LOCKET_CLOSED], 0);
    for (unsigned i = 0; i < 4; i++) {
        ck_assert_int_eq(net_say(c[i], c[i]->live, "x", 1), LOCKET_OK);
        net_run(net, 20);
        ck_assert(net_same(&net_last(s, LOCKET_DATA)->peer, &c[i]->address));
    }
    net_free(net);
}
END_TEST

/* --- ten thousand ----------------------------------------------------------------------------- */

/* Client and server back to back: a datagram for the server of peer i comes from
 * peer i, so that one client endpoint can play all of them. */
struct crowd {
    struct net *net;
    struct net_node *c, *s;
    size_t n;
    locket_session **client, **server;       /* by number of the peer */
};

static unsigned number_of(const locket_peer *p)
{
    return (unsigned)p->bytes[1] << 16 | (unsigned)p->bytes[2] << 8 | p->bytes[3];
}

static void shuttle(struct crowd *w, struct net_node *from, struct net_node *to, unsigned depth)
{
    locket_event e;
    uint8_t box[4][512];
    size_t len[4], n = 0;
    locket_peer peer[4];
    while (locket_next(&from->ep, box[n], sizeof box[n], &e)) {
        if (e.kind == LOCKET_SEND) {
            ck_assert_uint_lt(n, 3);
            peer[n] = e.peer;
            len[n++] = e.len;
        } else if (e.kind == LOCKET_CONNECTED) {
            (from == w->c ? w->client : w->server)[number_of(&e.peer)] = e.session;
        } else {
            from->n_kind[e.kind]++;
        }
    }
    ck_assert_uint_lt(depth, 8);
    for (size_t i = 0; i < n; i++) {
        locket_input(&to->ep, &peer[i], box[i], len[i], net_now(w->net));
        shuttle(w, to, from, depth + 1);
    }
}

static void gather(struct crowd *w, size_t n)
{
    memset(w, 0, sizeof *w);
    w->n = n;
    w->net = net_new(14, 5);
    w->c = net_node(w->net, LOCKET_CLIENT, 1, 1);
    w->s = net_node(w->net, LOCKET_SERVER, 2, 2);
    w->s->config.idle_timeout = 3600000;
    w->client = calloc(n, sizeof *w->client);
    w->server = calloc(n, sizeof *w->server);
    ck_assert(w->client && w->server);
    net_up(w->c, n, 1);
    net_up(w->s, n, 1);
    for (size_t i = 0; i < n; i++) {
        locket_peer p = net_address((unsigned)i, 5684);
        locket_session *s;
        ck_assert_int_eq(locket_connect(&w->c->ep, &p, net_now(w->net), &s), LOCKET_OK);
        shuttle(w, w->c, w->s, 0);
        ck_assert(w->client[i] == s && w->server[i]);
    }
}

static void disperse(struct crowd *w)
{
    free(w->client);
    free(w->server);
    net_free(w->net);
}

/* CPU time of `count` datagrams to sessions all over the table. */
static double chatter(struct crowd *w, size_t count)
{
    uint8_t out[64], box[512];
    clock_t begin = clock();
    for (size_t i = 0; i < count; i++) {
        size_t who = i * 7919 % w->n, len = 0;
        locket_peer peer = net_address((unsigned)who, 5684);
        locket_event e;
        ck_assert_int_eq(locket_send(&w->c->ep, w->client[who], (const uint8_t *)"x", 1, out, 64, &len), LOCKET_OK);
        locket_input(&w->s->ep, &peer, out, len, net_now(w->net));
        ck_assert(locket_next(&w->s->ep, box, sizeof box, &e) && e.kind == LOCKET_DATA && e.session == w->server[who]);
        ck_assert(!locket_next(&w->s->ep, box, sizeof box, &e));
        locket_tick(&w->s->ep, net_now(w->net));
        ck_assert(!locket_next(&w->s->ep, box, sizeof box, &e));
    }
    return (double)(clock() - begin);
}

START_TEST(ten_thousand_sessions_live_in_one_endpoint_and_each_is_found_at_once)
{
    struct crowd small, large;
    double few = 0, many = 0;
    gather(&small, 10);
    gather(&large, 10000);
    for (int i = 0; i < 5; i++) { /* the best of five: the machine may be busy */
        double a = chatter(&small, 5000), b = chatter(&large, 5000);
        few = i == 0 || a < few ? a : few;
        many = i == 0 || b < many ? b : many;
    }
    ck_assert_msg(many < 6 * few, "10,000 sessions cost %.0f, 10 cost %.0f", many, few);
    for (size_t i = 0; i < large.n; i += 2) {            /* every other one goes, the rest stays */
        ck_assert_int_eq(locket_close(&large.c->ep, large.client[i]), LOCKET_OK);
        shuttle(&large, large.c, large.s, 0);
    }
    ck_assert_uint_eq(large.s->n_kind[LOCKET_CLOSED], 5000);
    ck_assert_uint_eq(large.c->n_kind[LOCKET_CLOSED], 5000);
    for (size_t i = 1; i < large.n; i += 2) {
        uint8_t out[64];
        size_t len;
        locket_peer peer = net_address((unsigned)i, 5684);
        ck_assert_int_eq(locket_send(&large.c->ep, large.client[i], (const uint8_t *)"x", 1, out, 64, &len), LOCKET_OK);
        locket_input(&large.s->ep, &peer, out, len, net_now(large.net));
        shuttle(&large, large.s, large.c, 0);
    }
    ck_assert_uint_eq(large.s->n_kind[LOCKET_DATA], 5000);
    disperse(&small);
    disperse(&large);
}
END_TEST

Suite *test_endpoint(void)
{
    Suite *s = suite_create("endpoint");
    TCase *t = tcase_create("endpoint");
    tcase_add_test(t, init_names_what_is_wrong);
    tcase_add_test(t, connect_names_what_is_full);
    tcase_add_test(t, shutdown_leaves_no_byte_behind);
    tcase_add_test(t, a_rebooted_client_replaces_its_old_session_even_in_a_full_table);
    tcase_add_test(t, a_live_session_works_while_a_handshake_runs_beside_it_and_ends_when_that_is_done);
    tcase_add_test(t, a_handshake_beside_a_session_that_never_ends_leaves_it_alone);
    tcase_add_test(t, a_client_may_connect_anew_beside_its_own_session);
    tcase_add_loop_test(t, a_full_session_table_refuses_the_newcomer_or_evicts_the_longest_silent, 0, 2);
    tcase_add_test(t, an_unproven_newcomer_evicts_nobody);
    tcase_add_test(t, a_full_handshake_table_drops_the_newcomer_until_the_holder_was_silent_too_long);
    tcase_add_loop_test(t, a_handshake_that_never_finishes_loses_its_workspace_at_the_deadline, 0, 3);
    tcase_add_test(t, one_host_with_ten_thousand_ports_keeps_nobody_out_for_longer_than_ten_seconds);
    tcase_add_test(t, peers_are_told_apart_by_every_byte_and_by_their_length);
    tcase_add_test(t, ten_thousand_sessions_live_in_one_endpoint_and_each_is_found_at_once);
    suite_add_tcase(s, t);
    return s;
}
