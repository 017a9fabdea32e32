/* SPDX-License-Identifier: Apache-2.0
 *
 * test_attacks_slots.c -- a connection ID names a slot of the session table before its session is
 * born, so that the table can be attacked: filled by handshakes that never end, with a cookie or
 * without; or emptied of those who live there. And who was there before gets in again. */
#include <check.h>
#include <string.h>

#include "handshake.h"
#include "crowd.h"
#include "peer12.h"

Suite *test_attacks_slots(void);

enum { CLIENTS = CROWD - 1 };                /* and one that comes later */

/* It is heard, as who it is, by its connection ID. */
static void is_heard(struct crowd *w, unsigned i)
{
    unsigned before = w->server->n_kind[LOCKET_DATA];
    ck_assert_int_eq(net_say(w->client[i], w->client[i]->live, "me", 2), LOCKET_OK);
    ck_assert_uint_eq(w->net->log[w->net->n_log - 1]->bytes[0], 25);
    net_run(w->net, 50);
    ck_assert_uint_eq(w->server->n_kind[LOCKET_DATA], before + 1);
    ck_assert_uint_eq(net_last(w->server, LOCKET_DATA)->handle, 20 + i);
}

static size_t n_free(const struct net_node *v)
{
    size_t n = 0;
    for (locket_link i = v->ep.free; i != LINK_NONE; i = v->sessions[i].newer) {
        ck_assert_uint_eq(v->sessions[i].state, SESSION_FREE);
        ck_assert_uint_lt(n++, v->n);
    }
    return n;
}

/* A client that has lost its session, at the address that it had: the table is full, and it
 * has connection IDs again, of any length. */
START_TEST(a_rebooted_client_gets_into_a_full_table_and_keeps_its_connection_ids)
{
    static const size_t lengths[] = { 1, 2, 3, 8 };
    struct crowd w = crowd(600 + (uint64_t)_i, CLIENTS, 2, lengths[_i % 4], _i >= 4);
    for (unsigned i = 0; i < CLIENTS; i++)
        ck_assert(connects(&w, i, 900));
    for (unsigned round = 0; round < 4; round++) {
        unsigned i = round % CLIENTS;
        net_down(w.client[i]);
        net_up(w.client[i], 2, 1);
        ck_assert(connects(&w, i, 900));
        ck_assert_int_eq(w.server->last_reason, LOCKET_ERR_REPLACED);
        for (unsigned k = 0; k < CLIENTS; k++)
            is_heard(&w, k);
    }
    ck_assert_uint_eq(n_free(w.server), 0);
    net_free(w.net);
}
END_TEST

/* The same from elsewhere: its old session is somebody's, until it is the longest silent. */
START_TEST(a_rebooted_client_elsewhere_gets_in_if_the_table_evicts)
{
    struct crowd w = crowd(610 + (uint64_t)_i, CLIENTS, 2, _i >= 2 ? 2 : 8, _i % 2);
    for (unsigned i = 0; i < CLIENTS; i++)
        ck_assert(connects(&w, i, 900));
    for (unsigned i = 1; i < CLIENTS; i++)
        is_heard(&w, i);
    net_down(w.client[0]);
    net_rebind(w.client[0], 99, 99);
    net_up(w.client[0], 2, 1);
    ck_assert(connects(&w, 0, 3000) == _i % 2);
    if (_i % 2) {
        ck_assert_int_eq(w.server->last_reason, LOCKET_ERR_EVICTED);
        is_heard(&w, 0);
    } else {
        ck_assert_uint_gt(locket_drops(&w.server->ep, LOCKET_DROP_SESSIONS_FULL), 0);
        ck_assert_uint_eq(w.server->n_kind[LOCKET_CLOSED], 0);
    }
    for (unsigned i = 1; i < CLIENTS; i++)
        is_heard(&w, i);
    net_free(w.net);
}
END_TEST

/* Two newcomers at once to a full table that evicts: each takes another's place. */
START_TEST(two_newcomers_at_once_take_two_places)
{
    struct crowd w = crowd(620, 2, 3, 8, true);
    ck_assert(connects(&w, 0, 900) && connects(&w, 1, 900));
    for (unsigned i = 2; i < 4; i++)
        ck_assert_ptr_nonnull(net_connect(w.client[i], &w.server->address));
    net_run(w.net, 3000);
    ck_assert_uint_eq(w.server->n_kind[LOCKET_CLOSED], 2);
    is_heard(&w, 2);
    is_heard(&w, 3);
    net_free(w.net);
}
END_TEST

/* Who was promised a slot takes that one, whoever is the longest silent by then. */
START_TEST(a_newcomer_throws_out_one_session_and_no_other)
{
    struct crowd w = crowd(621, 3, 3, 8, true);
    for (unsigned i = 0; i < 3; i++)
        ck_assert(connects(&w, i, 900));
    ck_assert_ptr_nonnull(net_connect(w.client[3], &w.server->address));
    net_run(w.net, 2 * NET_LATENCY + 1);
    ck_assert_int_eq(net_say(w.client[0], w.client[0]->live, "me", 2), LOCKET_OK);
    net_run(w.net, 3000);
    ck_assert_uint_eq(w.server->n_kind[LOCKET_CLOSED], 1);
    ck_assert_int_eq(w.server->last_reason, LOCKET_ERR_EVICTED);
    is_heard(&w, 1);
    is_heard(&w, 2);
    is_heard(&w, 3);
    net_free(w.net);
}
END_TEST

/* A newcomer at an address where another's session still is, for all that the server knows. */
START_TEST(a_newcomer_at_anothers_old_address_does_not_replace_it)
{
    struct crowd w = crowd(622, CLIENTS, 2, 8, _i);
    ck_assert(connects(&w, 0, 900));
    net_rebind(w.client[1], 10, 4000);
    net_rebind(w.client[0], 90, 9000);
    ck_assert(connects(&w, 1, 900));
    ck_assert_uint_eq(w.server->n_kind[LOCKET_CLOSED], 0);
    is_heard(&w, 1);
    is_heard(&w, 0);
    net_free(w.net);
}
END_TEST

static void silence(void *user, const struct net_datagram *d, struct net_verdict *v)
{
    const struct crowd *w = user;
    bool one = net_same(&d->to, &w->client[1]->address), other = net_same(&d->to, &w->client[2]->address);
    if ((one || other) && d->bytes[0] == 22 && d->bytes[13] != 3)
        v->fate = NET_DROP;
}

/* Slots that are promised to handshakes that come to nothing are free again afterwards. */
START_TEST(slots_of_handshakes_that_never_finish_are_given_back)
{
    struct crowd w = crowd(630 + (uint64_t)_i, 3, 3, 8, _i);
    ck_assert(connects(&w, 0, 900));
    w.net->judge = silence;
    w.net->user = &w;
    for (unsigned round = 0; round < 5; round++) {
        ck_assert_ptr_nonnull(net_connect(w.client[2], &w.server->address));
        net_run(w.net, 3000);
        ck_assert_uint_eq(n_free(w.server), 1);
        net_down(w.client[2]);               /* and begins anew with another random */
        net_up(w.client[2], 2, 1);
    }
    net_run(w.net, 70000);
    ck_assert_uint_eq(n_free(w.server), 2);
    for (size_t i = 0; i < w.server->m; i++)
        ck_assert_uint_eq(w.server->handshakes[i].state, WORKSPACE_FREE);
    w.net->judge = NULL;
    is_heard(&w, 0);
    ck_assert(connects(&w, 1, 900));
    net_free(w.net);
}
END_TEST

/* It has the last slot itself, in the handshake that it does not remember. */
START_TEST(a_client_that_reboots_during_its_handshake_has_its_slot_again)
{
    struct crowd w = crowd(635, 2, 3, 8, false);
    ck_assert(connects(&w, 0, 900));
    w.net->judge = silence;
    w.net->user = &w;
    ck_assert_ptr_nonnull(net_connect(w.client[2], &w.server->address));
    net_run(w.net, 100);
    ck_assert_uint_eq(n_free(w.server), 0);
    w.net->judge = NULL;
    net_down(w.client[2]);
    net_up(w.client[2], 2, 1);
    ck_assert(connects(&w, 2, 40000));      /* the ServerHello of before led it astray */
    is_heard(&w, 0);
    is_heard(&w, 2);
    net_free(w.net);
}
END_TEST

/* The same, when it has waited for the longest of all, and another's slot is the first of the table:
 * that one's is not given back in its place. */
START_TEST(a_client_that_reboots_takes_its_own_slot_and_no_other)
{
    struct crowd w = crowd(636, 2, 3, 8, false);
    ck_assert(connects(&w, 0, 900));
    w.net->judge = silence;
    w.net->user = &w;
    ck_assert_ptr_nonnull(net_connect(w.client[2], &w.server->address));
    net_run(w.net, 100);
    net_close(w.client[0], w.client[0]->live);
    net_run(w.net, 100);
    ck_assert_ptr_nonnull(net_connect(w.client[1], &w.server->address));
    net_run(w.net, 3000);
    ck_assert_uint_eq(n_free(w.server), 0);
    net_down(w.client[2]);
    net_up(w.client[2], 2, 1);
    ck_assert_ptr_nonnull(net_connect(w.client[2], &w.server->address));
    net_run(w.net, 100);
    ck_assert_uint_eq(n_free(w.server), 0);
    ck_assert_uint_eq(w.server->n_kind[LOCKET_FAILED], 0);
    w.net->judge = NULL;
    net_run(w.net, 20000);
    ck_assert_uint_eq(w.server->n_kind[LOCKET_CLOSED], 1);
    is_heard(&w, 1);
    is_heard(&w, 2);
    net_free(w.net);
}
END_TEST

/* As many good cookies as there are free slots, of one host; a newcomer from another does not
 * wait until they are given up. */
START_TEST(handshakes_that_stand_still_keep_no_newcomer_out_of_the_table)
{
    struct crowd w = crowd(640, 3, 8, 8, false);
    ck_assert(connects(&w, 0, 900));
    for (unsigned i = 0; i < 4; i++) {
        struct peer12 t;
        p12_client(&t, w.net, 200, &w.server->address);
        t.me = net_address(200, 1000 + i);
        p12_extend(&t, 54, "\0", 1);
        (void)p12_greet(&t);
    }
    ck_assert_uint_eq(n_free(w.server), 0);
    ck_assert(connects(&w, 1, 5000));
    is_heard(&w, 0);
    is_heard(&w, 1);
    net_free(w.net);
}
END_TEST

/* --- without a cookie --- */

static void hold_all(void *user, const struct net_datagram *d, struct net_verdict *v)
{
    (void)user;
    (void)d;
    v->fate = NET_DROP;
}

/* The ClientHello of a client that comes back, and never arrives: it names a good session. */
static struct net_datagram *stolen_hello(struct crowd *w)
{
    struct net_node *c = w->client[0];
    c->comes_back = true;
    ck_assert(connects(w, 0, 900));
    ck_assert_int_eq(c->remembered, LOCKET_OK);
    is_heard(w, 0);
    net_close(c, c->live);
    net_run(w->net, 50);
    w->net->judge = hold_all;
    ck_assert_ptr_nonnull(net_connect(c, &w->server->address));
    w->net->judge = NULL;
    net_down(c);
    return w->net->log[w->net->n_log - 1];
}

static struct crowd returning_crowd(uint64_t seed, size_t n, size_t m, bool evict, bool tickets)
{
    struct crowd w = crowd(seed, n, m, 8, evict);
    net_down(w.server);
    w.server->config.resume_cookie = LOCKET_COOKIE_NEVER;
    w.server->config.tickets = tickets;
    w.server->config.cache = w.server->cache;
    w.server->config.n_cache = NET_CACHE;
    net_up(w.server, n, m);
    net_down(w.client[0]);
    w.client[0]->config.tickets = tickets;
    net_up(w.client[0], 2, 1);
    return w;
}

START_TEST(a_handshake_that_has_proven_nothing_evicts_nobody)
{
    struct crowd w = returning_crowd(650 + (uint64_t)_i, 2, 4, true, _i);
    const struct net_datagram *d = stolen_hello(&w);
    ck_assert(connects(&w, 1, 900) && connects(&w, 2, 900));
    for (unsigned i = 0; i < 50; i++) {
        locket_peer from = net_address(500 + i, 1);
        net_post(w.net, &from, &w.server->address, d->bytes, d->len);
        net_run(w.net, 30);
    }
    net_run(w.net, 70000);
    ck_assert_uint_eq(w.server->n_kind[LOCKET_CLOSED], 1);        /* the one at the beginning */
    is_heard(&w, 1);
    is_heard(&w, 2);
    net_free(w.net);
}
END_TEST

START_TEST(a_handshake_that_has_proven_nothing_keeps_no_newcomer_out_of_the_table)
{
    struct crowd w = returning_crowd(660 + (uint64_t)_i, 2, 4, false, _i);
    const struct net_datagram *d = stolen_hello(&w);
    for (unsigned i = 0; i < 4; i++) {
        locket_peer from = net_address(500 + i, 1);
        net_post(w.net, &from, &w.server->address, d->bytes, d->len);
    }
    net_run(w.net, 30);
    ck_assert_uint_eq(n_free(w.server), 0);
    ck_assert(connects(&w, 1, 900));
    ck_assert(connects(&w, 2, 900));
    is_heard(&w, 1);
    is_heard(&w, 2);
    net_free(w.net);
}
END_TEST

/* Nor does it take the slot of one that has a cookie, however slow that is. */
START_TEST(a_handshake_that_has_proven_nothing_takes_no_slot_from_one_with_a_cookie)
{
    struct crowd w = returning_crowd(665 + (uint64_t)_i, 1, 4, false, _i);
    const struct net_datagram *d = stolen_hello(&w);
    w.net->judge = silence;
    w.net->user = &w;
    ck_assert_ptr_nonnull(net_connect(w.client[2], &w.server->address));
    net_run(w.net, 100);
    ck_assert_uint_eq(n_free(w.server), 0);
    for (unsigned i = 0; i < 20; i++) {
        locket_peer from = net_address(500 + i, 1);
        net_post(w.net, &from, &w.server->address, d->bytes, d->len);
        net_run(w.net, 500);
    }
    ck_assert_uint_eq(w.server->n_kind[LOCKET_FAILED], 0);
    w.net->judge = NULL;
    net_run(w.net, 30000);
    ck_assert_ptr_nonnull(w.client[2]->live);
    is_heard(&w, 2);
    net_free(w.net);
}
END_TEST

/* A session closed while a handshake has its slot: the next newcomer does not get it as well. */
START_TEST(a_promised_slot_is_not_given_to_a_second_newcomer)
{
    struct crowd w = crowd(670 + (uint64_t)_i, 1, 3, 8, true);
    ck_assert(connects(&w, 0, 900));
    ck_assert_ptr_nonnull(net_connect(w.client[1], &w.server->address));
    net_run(w.net, 3 * NET_LATENCY);
    ck_assert_uint_eq(w.server->handshakes[0].slot, 0);
    net_close(w.client[0], w.client[0]->live);   /* it goes by itself */
    if (_i)
        ck_assert_ptr_nonnull(net_connect(w.client[2], &w.server->address));
    net_run(w.net, 3000);
    ck_assert_uint_eq(n_free(w.server), 0);
    ck_assert_uint_eq(w.server->n_kind[LOCKET_CONNECTED] - w.server->n_kind[LOCKET_CLOSED], 1);
    is_heard(&w, _i && w.client[2]->live && net_last(w.server, LOCKET_CONNECTED)->handle == 22 ? 2 : 1);
    net_free(w.net);
}
END_TEST

Suite *test_attacks_slots(void)
{
    Suite *s = suite_create("attacks_slots");
    TCase *t = tcase_create("a full table");
    tcase_add_loop_test(t, a_rebooted_client_gets_into_a_full_table_and_keeps_its_connection_ids, 0, 8);
    tcase_add_loop_test(t, a_rebooted_client_elsewhere_gets_in_if_the_table_evicts, 0, 4);
    tcase_add_test(t, two_newcomers_at_once_take_two_places);
    tcase_add_test(t, a_newcomer_throws_out_one_session_and_no_other);
    tcase_add_loop_test(t, a_newcomer_at_anothers_old_address_does_not_replace_it, 0, 2);
    tcase_add_loop_test(t, a_promised_slot_is_not_given_to_a_second_newcomer, 0, 2);
    suite_add_tcase(s, t);
    t = tcase_create("handshakes that never finish");
    tcase_add_loop_test(t, slots_of_handshakes_that_never_finish_are_given_back, 0, 2);
    tcase_add_test(t, a_client_that_reboots_during_its_handshake_has_its_slot_again);
    tcase_add_test(t, a_client_that_reboots_takes_its_own_slot_and_no_other);
    tcase_add_test(t, handshakes_that_stand_still_keep_no_newcomer_out_of_the_table);
    tcase_add_loop_test(t, a_handshake_that_has_proven_nothing_evicts_nobody, 0, 2);
    tcase_add_loop_test(t, a_handshake_that_has_proven_nothing_keeps_no_newcomer_out_of_the_table, 0, 2);
    tcase_add_loop_test(t, a_handshake_that_has_proven_nothing_takes_no_slot_from_one_with_a_cookie, 0, 2);
    suite_add_tcase(s, t);
    return s;
}
