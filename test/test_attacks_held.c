/* SPDX-License-Identifier: Apache-2.0
 *
 * test_attacks_held.c -- what one keeps from another: slots of the session table that are held for
 * handshakes of nobody, records that are looked for in the wrong place, answers that are given in
 * the name of who came later. */
#include <check.h>
#include <string.h>

#include "handshake.h"
#include "crowd.h"
#include "peer12.h"
#include "protect.h"
#include "roaming.h"
#include "sleeper.h"

Suite *test_attacks_held(void);

/* A handshake from that port with a good cookie, connection IDs and no key. */
static void holds(struct crowd *w, unsigned port)
{
    struct peer12 t;
    p12_client(&t, w->net, 200, &w->server->address);
    t.me = net_address(200, port);
    p12_extend(&t, 54, "\0", 1);
    (void)p12_greet(&t);
}

/* One host that begins a handshake again and again, from another port each time: it never has more
 * than two workspaces of eight, and all the slots that are free. */
START_TEST(a_host_without_a_key_that_goes_on_asking_keeps_nobody_out_of_the_table)
{
    struct crowd w = crowd(900 + (uint64_t)_i, 3, 8, 8, false);
    ck_assert(connects(&w, 0, 900));
    w.client[1]->config.cid = !_i;
    for (unsigned i = 0; i < 4; i++)
        holds(&w, 1000 + i);
    ck_assert_ptr_nonnull(net_connect(w.client[1], &w.server->address));
    for (unsigned i = 0; i < 300 && !w.client[1]->live; i++) {
        holds(&w, 1100 + i);
        net_run(w.net, 100);
    }
    ck_assert_msg(w.client[1]->live != NULL, "kept out for %u ms, %u dropped", (unsigned)w.net->elapsed,
                  (unsigned)locket_drops(&w.server->ep, LOCKET_DROP_SESSIONS_FULL));
    net_free(w.net);
}
END_TEST

/* Who has shown its key is not sent away for one who has not. */
START_TEST(a_slot_that_is_only_promised_goes_to_who_is_finished_first)
{
    struct crowd w = crowd(910, 1, 4, 8, false);
    w.client[0]->config.cid = false;
    ck_assert_ptr_nonnull(net_connect(w.client[0], &w.server->address));
    net_run(w.net, 3 * NET_LATENCY + 1);     /* it has a cookie, and no slot */
    holds(&w, 1000);
    net_run(w.net, 900);
    ck_assert_ptr_nonnull(w.client[0]->live);
    net_free(w.net);
}
END_TEST

static void hold_hello(void *user, const struct net_datagram *d, struct net_verdict *v)
{
    (void)user;
    (void)d;
    v->fate = NET_DROP;
}

/* Short connection IDs are the slot's number, which a newcomer has in common with the session that
 * makes way for it; somebody says hello with that session's address in between, and is nobody. */
START_TEST(a_hello_in_anothers_name_does_not_hide_the_handshake_that_has_its_slot)
{
    struct crowd w = crowd(920 + (uint64_t)_i, 2, 6, 2, true);
    struct net_datagram *hello;
    uint8_t copy[NET_DATAGRAM];
    net_down(w.server);
    w.server->config.tickets = true;
    net_up(w.server, 2, 6);
    net_down(w.client[3]);
    w.client[3]->config.tickets = true;
    net_up(w.client[3], 2, 1);
    w.client[3]->comes_back = true;
    ck_assert(connects(&w, 3, 900));
    net_close(w.client[3], w.client[3]->live);
    net_run(w.net, 50);
    w.net->judge = hold_hello;
    ck_assert_ptr_nonnull(net_connect(w.client[3], &w.server->address));
    w.net->judge = NULL;
    hello = w.net->log[w.net->n_log - 1];
    net_down(w.client[3]);
    memcpy(copy, hello->bytes, hello->len);
    copy[hello->len - 50] ^= 1;              /* in its ticket */
    ck_assert(connects(&w, 0, 900) && connects(&w, 1, 900));
    ck_assert_ptr_nonnull(net_connect(w.client[2], &w.server->address));
    net_run(w.net, 4 * NET_LATENCY - 5);
    if (_i)
        net_inject(w.net, &w.client[0]->address, &w.server->address, copy, hello->len, 1);
    net_run(w.net, 900);
    ck_assert_ptr_nonnull(w.client[2]->live);
    ck_assert_int_eq(net_say(w.client[2], w.client[2]->live, "me", 2), LOCKET_OK);
    net_run(w.net, 50);
    ck_assert_uint_eq(net_last(w.server, LOCKET_DATA)->handle, 22);
    net_free(w.net);
}
END_TEST

/* --- in the name of who came later --- */

static struct { struct bed saved, other; locket_session *s; } swap;

static void swaps(struct net_node *node, const locket_event *e)
{
    if (e->kind != LOCKET_DATA || !swap.other.len)
        return;
    ck_assert_int_eq(sleeper_save(node, e->session, 1, &swap.saved), LOCKET_OK);
    ck_assert_int_eq(sleeper_load(node, 2, &swap.other, &swap.s), LOCKET_OK);
    ck_assert_ptr_eq(swap.s, e->session);
}

/* A challenge, or a HelloRequest, and data in one datagram; with the data the session is put away, and
 * another one woken in its slot. */
START_TEST(what_a_session_that_is_put_away_was_asked_is_not_answered_by_another)
{
    struct pair p = net_pair(930 + (uint64_t)_i);
    struct flash flash;
    struct net_node *other = net_node(p.net, LOCKET_SERVER, 3, 5684);
    uint8_t out[500];
    size_t len, more;
    memset(&swap, 0, sizeof swap);
    flash_of(p.client, &flash);
    net_pair_roams(&p, 0, 8, LOCKET_PATH_BASIC);
    net_pair_up(&p);
    other->config.cid = true;
    other->config.cid_len = 8;
    net_up(other, 1, 1);
    net_connect(p.client, &other->address);
    ck_assert(net_meet(p.net, p.client, other, 900));
    net_run(p.net, 50);
    ck_assert_int_eq(sleeper_save(p.client, p.client->live, 2, &swap.other), LOCKET_OK);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    net_run(p.net, 50);
    p.client->hook = swaps;
    memset(out + record_headroom(p.server->live), 0, 12);
    len = record_seal(p.server->live, _i ? TYPE_HANDSHAKE : TYPE_RETURN_ROUTABILITY, out, _i ? 12 : 9);
    ck_assert_int_eq(locket_send(&p.server->ep, p.server->live, (const uint8_t *)"x", 1, out + len,
                                 sizeof out - len, &more), LOCKET_OK);
    size_t sent = p.net->n_log;
    net_post(p.net, &p.server->address, &p.client->address, out, len + more);
    net_run(p.net, 50);
    ck_assert_ptr_nonnull(swap.s);
    ck_assert_uint_eq(p.net->n_log, sent + 1);
    net_free(p.net);
}
END_TEST

/* Whoever asks, and does not pad what it asks, from an address that may be another's. */
START_TEST(the_answer_to_a_challenge_is_three_times_as_long_at_most)
{
    struct hand h;
    uint8_t cookie[8] = { 1 };
    checks(&h, _i % 2, 10, LOCKET_PATH_BASIC, 1, _i / 2 ? 8 : 1);
    h.node->config.n_paths = 0;
    connect(&h);
    h.p.me = place(1);
    size_t n = h.net->n_log;
    p12_hold(&h.p);
    p12_check(&h.p, P12_CHALLENGE, cookie);
    h.p.hold = false;
    from(&h, &h.p.me, h.p.held, h.p.held_len);
    ck_assert_uint_eq(h.net->n_log, n + 1);
    ck_assert_msg(h.net->log[n]->len <= 3 * h.p.held_len, "%u bytes for %u", (unsigned)h.net->log[n]->len,
                  (unsigned)h.p.held_len);
    net_free(h.net);
}
END_TEST

Suite *test_attacks_held(void)
{
    Suite *s = suite_create("attacks_held");
    TCase *t = tcase_create("slots");
    tcase_add_loop_test(t, a_host_without_a_key_that_goes_on_asking_keeps_nobody_out_of_the_table, 0, 2);
    tcase_add_test(t, a_slot_that_is_only_promised_goes_to_who_is_finished_first);
    tcase_add_loop_test(t, a_hello_in_anothers_name_does_not_hide_the_handshake_that_has_its_slot, 0, 2);
    suite_add_tcase(s, t);
    t = tcase_create("names");
    tcase_add_loop_test(t, what_a_session_that_is_put_away_was_asked_is_not_answered_by_another, 0, 2);
    tcase_add_loop_test(t, the_answer_to_a_challenge_is_three_times_as_long_at_most, 0, 4);
    suite_add_tcase(s, t);
    return s;
}
