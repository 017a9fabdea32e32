/* SPDX-License-Identifier: Apache-2.0
 *
 * test_sleep_kept.c -- what a session has, and what goes on around it, when it is saved: limits,
 * holes in its window, forgeries counted, a key that wears out, a last flight to repeat, a ticket
 * held, handshakes and path checks that run, other sessions, the slot that its connection ID names. */
#include <check.h>
#include <string.h>

#include "handshake.h"
#include "sleeper.h"

Suite *test_sleep_kept(void);

/* Saved and loaded at once; the pointer may be another. */
static void nap(struct net_node *n, locket_session **s)
{
    struct bed bed;
    ck_assert_int_eq(sleeper_save(n, *s, 1, &bed), LOCKET_OK);
    ck_assert_int_eq(sleeper_load(n, 1, &bed, s), LOCKET_OK);
}

/* Two sessions that are the same, but for where they stand. */
static void same_session(const locket_session *a, const locket_session *b)
{
    ck_assert_uint_eq(a->suite, b->suite);
    ck_assert_uint_eq(a->finished_seq, b->finished_seq);
    ck_assert_uint_eq(a->path, b->path);
    ck_assert_uint_eq(a->epoch0_next, b->epoch0_next);
    ck_assert_uint_eq(a->handle, b->handle);
    ck_assert_uint_eq(a->bad_tags, b->bad_tags);
    ck_assert_mem_eq(a->verify_data, b->verify_data, 12);
    ck_assert_uint_eq(a->terms.send_limit, b->terms.send_limit);
    ck_assert_uint_eq(a->terms.take_limit, b->terms.take_limit);
    ck_assert_uint_eq(a->terms.fragment, b->terms.fragment);
    ck_assert_uint_eq(a->terms.resumed, b->terms.resumed);
    ck_assert_uint_eq(a->terms.cid, b->terms.cid);
    ck_assert_uint_eq(a->terms.checks, b->terms.checks);
    ck_assert_uint_eq(a->terms.peer_cid_len, b->terms.peer_cid_len);
    ck_assert_mem_eq(&a->cids, &b->cids, sizeof a->cids);
    ck_assert(a->send == b->send && a->recv == b->recv && a->window == b->window);
    ck_assert_mem_eq(a->key, b->key, sizeof a->key);
    ck_assert_mem_eq(a->salt, b->salt, sizeof a->salt);
    ck_assert(net_same(&a->peer, &b->peer));
}

/* Every second datagram of the server comes much later. */
static void some_late(void *user, const struct net_datagram *d, struct net_verdict *v)
{
    if (d->index % 2 == 0) {
        v->fate = NET_DELAY;
        v->delay = 1000;
    }
    (void)user;
}

START_TEST(everything_that_a_session_has_survives)
{
    static const uint16_t suites[][1] = { { 0xC0A8 }, { 0xC0A4 }, { 0x00A8 } };
    struct pair p = net_pair(200 + (uint64_t)_i);
    bool client = _i % 2, back = _i >= 6, cids = _i % 4 < 2;
    struct net_node *n = client ? p.client : p.server;
    if (back)
        net_pair_returns(&p, _i >= 9);
    if (cids)
        net_pair_roams(&p, 8, (size_t)_i % 9, LOCKET_PATH_ENHANCED);
    for (unsigned i = 0; i < 2; i++) {
        struct net_node *one = i ? p.client : p.server;
        one->config.suites = suites[_i % 3];
        one->config.n_suites = 1;
        one->config.record_size_limit = i ? 300 : 400;
    }
    net_pair_up(&p);
    for (unsigned i = 0; i <= back; i++) {
        net_connect(p.client, &p.server->address);
        ck_assert(net_meet(p.net, p.client, p.server, 900));
        net_run(p.net, NET_LATENCY);
        if (back && !i) {
            net_close(p.client, p.client->live);
            net_run(p.net, 50);
        }
    }
    talk(&p);
    ck_assert_int_eq(locket_too_big(&n->ep, client ? &p.server->address : &p.client->address, 300, net_now(p.net)),
                     LOCKET_OK);
    /* Holes in the window of either side; a forgery. */
    p.net->judge = some_late;
    unsigned before = n->n_kind[LOCKET_DATA];
    for (unsigned i = 0; i < 8; i++) {
        ck_assert_int_eq(net_say(p.client, p.client->live, "hole", 4), LOCKET_OK);
        ck_assert_int_eq(net_say(p.server, p.server->live, "hole", 4), LOCKET_OK);
        if (i % 3 == 0)           /* so that both lose some */
            net_say(p.client, p.client->live, "odd", 3);
    }
    net_run(p.net, 100);
    p.net->judge = NULL;
    const struct net_datagram *last = NULL;
    for (size_t i = 0; i < p.net->n_log; i++)
        if (net_same(&p.net->log[i]->to, &n->address))
            last = p.net->log[i];
    uint8_t forged[100];
    memcpy(forged, last->bytes, last->len);
    forged[last->len - 1] ^= 1;
    forged[10] ^= 0x40;
    net_inject(p.net, &last->from, &last->to, forged, last->len, 0);
    net_run(p.net, 1);
    locket_session *s = n->live, was = *s;
    ck_assert_uint_eq(was.bad_tags, 1);
    ck_assert_uint_ne(was.window & (was.window + 1), 0);          /* there are holes */
    ck_assert(was.path && was.terms.send_limit && was.terms.take_limit && was.terms.resumed == back);
    size_t limit = locket_data_limit(&n->ep, s);
    nap(n, &s);
    same_session(&was, s);
    ck_assert_uint_eq(locket_data_limit(&n->ep, s), limit);
    /* What was still on its way arrives, once each; what has arrived does not again. */
    uint32_t replays = locket_drops(&n->ep, LOCKET_DROP_REPLAY);
    net_inject(p.net, &last->from, &last->to, last->bytes, last->len, 0);
    net_run(p.net, 2000);
    unsigned sent = client ? 8 : 8 + 3;
    ck_assert_uint_eq(n->n_kind[LOCKET_DATA], before + sent);
    ck_assert_uint_eq(locket_drops(&n->ep, LOCKET_DROP_REPLAY), replays + 1);
    talk(&p);
    net_free(p.net);
}
END_TEST

START_TEST(a_key_that_wears_out_is_told_of_and_goes_on_wearing)
{
    struct pair p = net_roaming(220, LOCKET_PATH_BASIC);
    struct net_node *c = p.client;
    locket_session *s = c->live;
    uint32_t most = session_aead(s)->max_records;
    uint8_t out[100];
    size_t len;
    s->send += most - most / 8;
    nap(c, &s);
    ck_assert_int_eq(net_say(c, s, "old", 3), LOCKET_OK);
    net_pull(c);
    ck_assert_uint_eq(c->n_kind[LOCKET_WEARING], 1);
    ck_assert_int_eq(net_last(c, LOCKET_WEARING)->reason, LOCKET_ERR_KEY_WORN);
    s->send = (UINT64_C(1) << 48) + most - 1;
    nap(c, &s);
    ck_assert_int_eq(locket_send(&c->ep, s, out, 0, out, sizeof out, &len), LOCKET_ERR_KEY_WORN);
    net_free(p.net);
}
END_TEST

/* Its forgeries are counted on: the next one is the last. */
START_TEST(forgeries_are_counted_over_a_sleep)
{
    struct pair p = net_roaming(221, LOCKET_PATH_BASIC);
    struct net_node *c = p.client;
    locket_session *s = c->live;
    s->bad_tags = session_aead(s)->max_forgeries - 1;
    nap(c, &s);
    hears(p.server, p.server->live, c, "still here");
    const struct net_datagram *d = p.net->log[p.net->n_log - 1];
    uint8_t forged[100];
    memcpy(forged, d->bytes, d->len);
    forged[10]++;
    net_inject(p.net, &d->from, &d->to, forged, d->len, 0);
    net_run(p.net, 10);
    ck_assert_int_eq(c->last_reason, LOCKET_ERR_FORGERIES);
    net_free(p.net);
}
END_TEST

static void lose_finished(void *user, const struct net_datagram *d, struct net_verdict *v)
{
    const struct net_node *server = user;
    if (net_same(&d->from, &server->address) && server->n_kind[LOCKET_CONNECTED] == 0 && d->bytes[0] != 22)
        v->fate = NET_DROP;
    if (net_same(&d->from, &server->address) && d->bytes[0] == 22 && d->bytes[13] == 4)
        v->fate = NET_DROP;
}

/* The last flight is lost, and the server goes to sleep. */
static struct pair without_last_flight(uint64_t seed, bool ticket)
{
    struct pair p = net_pair(seed);
    net_pair_roams(&p, 8, 8, LOCKET_PATH_BASIC);
    if (ticket)
        net_pair_returns(&p, true);
    net_pair_up(&p);
    p.net->judge = lose_finished;
    p.net->user = p.server;
    net_connect(p.client, &p.server->address);
    net_run(p.net, 100);
    ck_assert(p.server->live && !p.client->live);
    p.net->judge = NULL;
    return p;
}

START_TEST(a_last_flight_that_was_lost_is_repeated_after_a_sleep)
{
    struct pair p = without_last_flight(222, false);
    nap(p.server, &p.server->live);
    net_run(p.net, 2000);
    ck_assert_ptr_nonnull(p.client->live);
    talk(&p);
    net_free(p.net);
}
END_TEST

/* With the ticket that was in it gone, it would not be the last flight: nothing is said. */
START_TEST(a_last_flight_whose_ticket_is_gone_is_not_repeated)
{
    struct pair p = without_last_flight(223, true);
    ck_assert(p.server->live->terms.held);
    size_t before = net_count(p.net, &p.server->address, -1, -1, -1);
    nap(p.server, &p.server->live);
    ck_assert(!p.server->live->terms.held);
    net_run(p.net, 2000);
    ck_assert_uint_eq(net_count(p.net, &p.server->address, -1, -1, -1), before);
    net_free(p.net);
}
END_TEST

START_TEST(a_session_whose_ticket_is_held_can_be_saved)
{
    struct pair p = net_pair(224);
    net_pair_roams(&p, 8, 8, LOCKET_PATH_BASIC);
    net_pair_returns(&p, true);
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    net_run(p.net, NET_LATENCY);
    ck_assert(p.server->live->terms.held);
    nap(p.server, &p.server->live);
    for (size_t i = 0; i < p.server->m; i++)
        ck_assert_uint_eq(p.server->handshakes[i].state, WORKSPACE_FREE);
    talk(&p);
    net_free(p.net);
}
END_TEST

/* --- what goes on around it --- */

static struct bed bed_of_hook;
static locket_error hook_error;

static void save_at_connected(struct net_node *n, const locket_event *e)
{
    if (e->kind == LOCKET_CONNECTED)
        hook_error = sleeper_save(n, e->session, 1, &bed_of_hook);
}

START_TEST(a_session_can_be_saved_during_connected)
{
    struct pair p = net_pair(230 + (uint64_t)_i);
    struct net_node *n = _i % 2 ? p.client : p.server;
    net_pair_roams(&p, 8, 8, LOCKET_PATH_BASIC);
    if (_i >= 2)
        net_pair_returns(&p, _i >= 4);
    net_pair_up(&p);
    n->hook = save_at_connected;
    hook_error = LOCKET_PENDING;
    net_connect(p.client, &p.server->address);
    net_run(p.net, 500);
    ck_assert_int_eq(hook_error, LOCKET_OK);
    for (size_t i = 0; i < n->m; i++)
        ck_assert_uint_eq(n->handshakes[i].state, WORKSPACE_FREE);
    ck_assert_int_eq(sleeper_load(n, 1, &bed_of_hook, &n->live), LOCKET_OK);
    talk(&p);
    net_free(p.net);
}
END_TEST

/* The client makes a new session beside; the old one is saved meanwhile. */
START_TEST(a_client_can_save_one_session_while_it_makes_another)
{
    struct pair p = net_pair(240);
    struct bed bed;
    locket_session *old, *s;
    bool cids = _i;
    if (cids)
        net_pair_roams(&p, 8, 8, LOCKET_PATH_BASIC);
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    old = p.client->live;
    ck_assert_ptr_nonnull(net_connect(p.client, &p.server->address));
    ck_assert_int_eq(sleeper_save(p.client, old, 1, &bed), LOCKET_OK);
    ck_assert_int_eq(sleeper_load(p.client, 1, &bed, &s), LOCKET_ERR_HANDSHAKES_FULL);
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    net_run(p.net, 50);
    talk(&p);
    /* Two sessions with one peer: only with connection IDs are they two. */
    locket_session *now = p.client->live;
    ck_assert_int_eq(sleeper_load(p.client, 1, &bed, &s), cids ? LOCKET_OK : LOCKET_ERR_STATE);
    p.client->live = now;
    talk(&p);
    net_free(p.net);
}
END_TEST

/* The handshake beside is the server's, whose table is full: it has promised the client the slot
 * of the very session that is saved. The slot is free meanwhile, and another client might take it. */
START_TEST(a_slot_that_was_promised_is_nobody_elses_when_its_session_has_gone)
{
    struct pair p = net_pair(241);
    struct net_node *other = net_node(p.net, LOCKET_CLIENT, 3, 40003);
    struct bed bed;
    net_pair_roams(&p, 8, 8, LOCKET_PATH_BASIC);
    net_up(p.client, 2, 1);
    net_up(p.server, 1, 2);
    other->config.cid = true;
    net_up(other, 1, 1);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    net_run(p.net, 50);
    locket_session *old = p.server->live;
    ck_assert_ptr_nonnull(net_connect(p.client, &p.server->address));
    net_run(p.net, 3 * NET_LATENCY);             /* up to ServerHello */
    if (_i == 0) {
        ck_assert_int_eq(sleeper_save(p.server, old, 1, &bed), LOCKET_OK);
    } else {
        net_close(p.server, old);
        net_pull(p.server);
    }
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    net_run(p.net, 50);
    p.client->live = net_last(p.client, LOCKET_CONNECTED)->session;
    p.server->live = net_last(p.server, LOCKET_CONNECTED)->session;
    talk(&p);
    ck_assert_uint_eq(p.server->ep.free, LINK_NONE);
    net_connect(other, &p.server->address);
    net_run(p.net, 3000);
    ck_assert_ptr_null(other->live);
    ck_assert_uint_gt(locket_drops(&p.server->ep, LOCKET_DROP_SESSIONS_FULL), 0);
    talk(&p);
    net_free(p.net);
}
END_TEST

START_TEST(a_path_check_ends_when_its_session_is_saved_and_begins_anew)
{
    struct pair p = net_roaming(242, LOCKET_PATH_ENHANCED);
    struct net_node *v = p.server;
    net_rebind(p.client, 9, 9999);
    ck_assert_int_eq(net_say(p.client, p.client->live, "here", 4), LOCKET_OK);
    net_run(p.net, 3 * NET_LATENCY);
    ck_assert(v->live->terms.checking);
    nap(v, &v->live);
    ck_assert(!v->live->terms.checking);
    ck_assert_uint_eq(v->paths[0].state, 0);
    net_run(p.net, 3000);
    ck_assert_uint_eq(v->n_kind[LOCKET_ADDRESS], 1);
    ck_assert_int_eq(net_say(p.client, p.client->live, "here", 4), LOCKET_OK);
    net_run(p.net, 3000);
    ck_assert_int_eq(net_last(v, LOCKET_ADDRESS)->reason, LOCKET_OK);
    talk(&p);
    net_free(p.net);
}
END_TEST

/* --- slots and ids --- */

enum { CLIENTS = 3 };

START_TEST(a_server_keeps_the_slot_of_a_saved_session_or_says_that_it_is_taken)
{
    struct pair p = net_pair(250);
    struct net_node *c[CLIENTS + 1] = { p.client };
    locket_session *s[CLIENTS], *again;
    struct bed bed;
    net_pair_roams(&p, 8, 8, LOCKET_PATH_BASIC);
    for (unsigned i = 1; i <= CLIENTS; i++) {
        c[i] = net_node(p.net, LOCKET_CLIENT, 10 + i, 4000);
        c[i]->config.cid = true;
    }
    net_up(p.server, CLIENTS, 2);
    for (unsigned i = 0; i <= CLIENTS; i++)
        net_up(c[i], 1, 1);
    for (unsigned i = 0; i < CLIENTS; i++) {
        net_connect(c[i], &p.server->address);
        ck_assert(net_meet(p.net, c[i], p.server, 900));
        s[i] = p.server->live;
        net_run(p.net, 50);
    }
    /* Another goes as well, and its slot is the first of the free ones. */
    ck_assert_int_eq(sleeper_save(p.server, s[1], 1, &bed), LOCKET_OK);
    net_close(c[2], c[2]->live);
    net_run(p.net, 50);
    ck_assert_int_eq(sleeper_load(p.server, 1, &bed, &again), LOCKET_OK);
    ck_assert_ptr_eq(again, s[1]);
    hears(c[1], c[1]->live, p.server, "me");
    hears(p.server, again, c[1], "you");
    /* Both free slots are taken by others. */
    ck_assert_int_eq(sleeper_save(p.server, s[1], 1, &bed), LOCKET_OK);
    for (unsigned i = 2; i <= CLIENTS; i++) {
        net_connect(c[i], &p.server->address);
        ck_assert(net_meet(p.net, c[i], p.server, 900));
        net_run(p.net, 50);
    }
    struct snapshot *before = snapshot_take(p.server);
    uint64_t counter = p.server->counters[1];
    locket_tick(&p.server->ep, p.server->ep.now);
    ck_assert_int_eq(locket_session_load(&p.server->ep, 1, sleeper_key, bed.bytes, bed.len, p.server->ep.now, &again),
                     LOCKET_ERR_SESSIONS_FULL);
    ck_assert(snapshot_same(before, p.server));
    ck_assert_uint_eq(p.server->counters[1], counter);
    snapshot_free(before);
    net_close(c[CLIENTS], c[CLIENTS]->live);
    net_close(c[2], c[2]->live);
    net_run(p.net, 50);
    ck_assert_int_eq(sleeper_load(p.server, 1, &bed, &again), LOCKET_OK);
    hears(c[1], c[1]->live, p.server, "me");
    net_free(p.net);
}
END_TEST

/* The slot is nobody's session yet, but one that a handshake has named. */
START_TEST(a_session_is_not_loaded_into_the_slot_of_a_handshake)
{
    struct pair p = net_pair(252);
    struct net_node *other = net_node(p.net, LOCKET_CLIENT, 3, 40003);
    struct bed bed;
    locket_session *s;
    net_pair_roams(&p, 8, 8, LOCKET_PATH_BASIC);
    other->config.cid = true;
    net_up(p.client, 1, 1);
    net_up(p.server, 2, 2);
    net_up(other, 1, 1);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    ck_assert_int_eq(sleeper_save(p.server, p.server->live, 1, &bed), LOCKET_OK);
    net_connect(other, &p.server->address);
    net_run(p.net, 3 * NET_LATENCY);             /* up to ServerHello */
    ck_assert_uint_eq(p.server->sessions[0].state, SESSION_CONNECTING);
    ck_assert_int_eq(sleeper_load(p.server, 1, &bed, &s), LOCKET_ERR_SESSIONS_FULL);
    ck_assert(net_meet(p.net, other, p.server, 900));
    ck_assert_int_eq(sleeper_load(p.server, 1, &bed, &s), LOCKET_ERR_SESSIONS_FULL);
    net_close(other, other->live);
    net_run(p.net, 50);
    ck_assert_int_eq(sleeper_load(p.server, 1, &bed, &s), LOCKET_OK);
    hears(p.client, p.client->live, p.server, "me");
    net_free(p.net);
}
END_TEST

START_TEST(two_sessions_sleep_under_two_ids)
{
    struct net *net = net_new(251, 0);
    struct net_node *c = net_node(net, LOCKET_CLIENT, 1, 40001), *v[2];
    locket_session *s[2], *none;
    struct bed bed[2];
    c->config.cid = true;
    c->config.cid_len = 8;
    net_up(c, 2, 1);
    for (unsigned i = 0; i < 2; i++) {
        v[i] = net_node(net, LOCKET_SERVER, 2 + i, 5684);
        v[i]->config.cid = true;
        v[i]->config.cid_len = 8;
        net_up(v[i], 1, 1);
        s[i] = net_connect(c, &v[i]->address);
        ck_assert(net_meet(net, c, v[i], 900));
    }
    for (unsigned i = 0; i < 2; i++)
        ck_assert_int_eq(sleeper_save(c, s[i], 1 + i, &bed[i]), LOCKET_OK);
    sleeper_cut(c);
    ck_assert_int_eq(sleeper_load(c, 2, &bed[0], &none), LOCKET_ERR_BLOB);
    ck_assert_int_eq(sleeper_load(c, 1, &bed[1], &none), LOCKET_ERR_BLOB);
    for (unsigned i = 2; i-- > 0;) {
        ck_assert_int_eq(sleeper_load(c, 1 + i, &bed[i], &s[i]), LOCKET_OK);
        ck_assert_int_eq(sleeper_load(c, 1 + i, &bed[i], &none), LOCKET_ERR_USED);
    }
    for (unsigned i = 0; i < 2; i++) {
        hears(c, s[i], v[i], "up");
        hears(v[i], v[i]->live, c, "down");
    }
    ck_assert_uint_gt(sealed_only_once(net, 8), 0);
    net_free(net);
}
END_TEST

Suite *test_sleep_kept(void)
{
    Suite *s = suite_create("sleep_kept");
    TCase *t = tcase_create("what it has");
    tcase_add_loop_test(t, everything_that_a_session_has_survives, 0, 12);
    tcase_add_test(t, a_key_that_wears_out_is_told_of_and_goes_on_wearing);
    tcase_add_test(t, forgeries_are_counted_over_a_sleep);
    tcase_add_test(t, a_last_flight_that_was_lost_is_repeated_after_a_sleep);
    tcase_add_test(t, a_last_flight_whose_ticket_is_gone_is_not_repeated);
    tcase_add_test(t, a_session_whose_ticket_is_held_can_be_saved);
    suite_add_tcase(s, t);
    t = tcase_create("around it");
    tcase_add_loop_test(t, a_session_can_be_saved_during_connected, 0, 6);
    tcase_add_loop_test(t, a_client_can_save_one_session_while_it_makes_another, 0, 2);
    tcase_add_loop_test(t, a_slot_that_was_promised_is_nobody_elses_when_its_session_has_gone, 0, 2);
    tcase_add_test(t, a_path_check_ends_when_its_session_is_saved_and_begins_anew);
    suite_add_tcase(s, t);
    t = tcase_create("slots and ids");
    tcase_add_test(t, a_server_keeps_the_slot_of_a_saved_session_or_says_that_it_is_taken);
    tcase_add_test(t, a_session_is_not_loaded_into_the_slot_of_a_handshake);
    tcase_add_test(t, two_sessions_sleep_under_two_ids);
    suite_add_tcase(s, t);
    return s;
}
