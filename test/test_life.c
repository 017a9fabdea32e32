/* SPDX-License-Identifier: Apache-2.0
 *
 * test_life.c -- a session between CONNECTED and CLOSED: what the application may do
 * in the middle of its events, keys that wear out, and what stays in memory. */
#include <check.h>
#include <string.h>

#include "peer12.h"
#include "session.h"

Suite *test_life(void);

/* --- calls between the events ---------------------------------------------------------- */

static void echo(struct net_node *n, const locket_event *e)
{
    uint8_t out[1300];
    size_t len;
    if (e->kind == LOCKET_CONNECTED)
        ck_assert_int_eq(net_say(n, e->session, "welcome", 7), LOCKET_OK);
    if (e->kind == LOCKET_DATA) {
        ck_assert_int_eq(locket_send(&n->ep, e->session, e->data, e->len, out, sizeof out, &len), LOCKET_OK);
        net_inject(n->net, &n->address, &e->peer, out, len, NET_LATENCY);
    }
}

START_TEST(data_can_be_sent_in_the_middle_of_events)
{
    struct pair p = net_pair(1);
    p.server->hook = echo;
    p.client->one_buffer = p.server->one_buffer = _i;
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    net_run(p.net, 20);
    ck_assert_uint_eq(p.client->n_kind[LOCKET_DATA], 1);         /* the welcome */
    uint8_t box[512];
    size_t at = 0, len;
    for (uint8_t i = 0; i < 5; i++) {        /* five records in one datagram */
        uint8_t data[2] = { 'a', i };
        ck_assert_int_eq(locket_send(&p.client->ep, p.client->live, data, 2, box + at, sizeof box - at, &len),
                         LOCKET_OK);
        at += len;
    }
    net_inject(p.net, &p.client->address, &p.server->address, box, at, 1);
    net_run(p.net, 50);
    ck_assert_uint_eq(p.client->n_kind[LOCKET_DATA], 6);
    for (size_t i = 0, k = 0; i < p.client->n_events; i++)
        if (p.client->events[i].kind == LOCKET_DATA && p.client->events[i].len == 2)
            ck_assert_uint_eq(p.client->events[i].data[1], k++);
    net_free(p.net);
}
END_TEST

static void hang_up(struct net_node *n, const locket_event *e)
{
    if (e->kind == LOCKET_CONNECTED)
        ck_assert_int_eq(locket_close(&n->ep, e->session), LOCKET_OK);
}

START_TEST(a_session_can_be_closed_in_its_first_event)
{
    struct pair p = net_pair(2);
    struct net_node *one = _i ? p.client : p.server;
    one->hook = hang_up;
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    net_run(p.net, 10000);
    ck_assert_uint_eq(p.client->n_kind[LOCKET_CONNECTED], 1);
    ck_assert_uint_eq(p.server->n_kind[LOCKET_CONNECTED], 1);
    ck_assert_uint_eq(p.client->n_kind[LOCKET_CLOSED], 1);
    ck_assert_uint_eq(p.server->n_kind[LOCKET_CLOSED], 1);
    ck_assert_int_eq(one->last_reason, 0);
    net_free(p.net);
}
END_TEST

/* --- keys that wear out ------------------------------------------------------------------- */

START_TEST(a_worn_key_is_announced_and_then_refuses)
{
    struct pair p = net_connected(3);
    locket_session *s = p.client->live;
    uint64_t most = session_aead(s)->max_records, epoch = UINT64_C(1) << 48;
    s->send = epoch | (most - most / 8 - 2);
    for (int i = 0; i < 6; i++) {
        ck_assert_int_eq(net_say(p.client, s, "x", 1), LOCKET_OK);
        net_pull(p.client);
    }
    ck_assert_uint_eq(p.client->n_kind[LOCKET_WEARING], 1);
    ck_assert_int_eq(net_last(p.client, LOCKET_WEARING)->reason, LOCKET_ERR_KEY_WORN);
    ck_assert_ptr_eq(net_last(p.client, LOCKET_WEARING)->session, s);
    s->send = epoch | (most - 3);
    locket_error e = LOCKET_OK;
    unsigned sent = 0;
    while ((e = net_say(p.client, s, "x", 1)) == LOCKET_OK && sent < 10)
        sent++;
    ck_assert_int_eq(e, LOCKET_ERR_KEY_WORN);
    ck_assert_uint_le(sent, 3);
    net_connect(p.client, &p.server->address);           /* anew, beside it */
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    ck_assert_int_eq(net_say(p.client, p.client->live, "x", 1), LOCKET_OK);
    net_free(p.net);
}
END_TEST

/* The news of a session that is gone is nobody's, least of all its successor's. */
START_TEST(a_worn_key_is_not_announced_for_the_session_that_takes_its_slot)
{
    struct pair p = net_connected(9);
    struct peer12 twin;                      /* the same device after a reboot, played by hand */
    uint8_t out[64];
    size_t len;
    p12_client(&twin, p.net, 1, &p.server->address);
    twin.me = p.client->address;
    ck_assert(p12_until(&twin, M_FINISHED));
    locket_session *s = p.server->live;
    s->send += session_aead(s)->max_records - 8;
    ck_assert_int_eq(locket_send(&p.server->ep, s, (const uint8_t *)"x", 1, out, sizeof out, &len), LOCKET_OK);
    p12_send(&twin, M_FINISHED);             /* before anybody has asked for events */
    net_run(p.net, 50);
    ck_assert_uint_eq(p.server->n_kind[LOCKET_CONNECTED], 2);
    ck_assert_ptr_eq(p.server->live, s);
    ck_assert_uint_eq(p.server->n_kind[LOCKET_WEARING], 0);
    net_free(p.net);
}
END_TEST

START_TEST(a_worn_key_can_still_be_closed)
{
    struct pair p = net_connected(4);
    locket_session *s = p.client->live;
    s->send = UINT64_C(1) << 48 | session_aead(s)->max_records;
    ck_assert_int_eq(net_say(p.client, s, "x", 1), LOCKET_ERR_KEY_WORN);
    net_close(p.client, s);
    ck_assert_uint_eq(p.client->n_kind[LOCKET_CLOSED], 1);
    ck_assert_int_eq(p.client->last_reason, 0);
    net_free(p.net);
}
END_TEST

START_TEST(too_many_forgeries_are_announced_and_then_end_the_session)
{
    struct hand h;
    uint8_t body[30] = { 0 };
    hand_new(&h, LOCKET_SERVER, 5);
    hand_up(&h);
    ck_assert(p12_finish(&h.p));
    locket_session *s = h.node->live;
    uint32_t most = session_aead(s)->max_forgeries;
    s->bad_tags = most - most / 8 - 2;
    for (unsigned i = 0; i < 6; i++)
        p12_record(&h.p, 23, 0xFEFD, 1, 1000 + i, body, sizeof body);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_WEARING], 1);
    ck_assert_int_eq(net_last(h.node, LOCKET_WEARING)->reason, LOCKET_ERR_FORGERIES);
    s->bad_tags = most - 2;
    for (unsigned i = 0; i < 6; i++)
        p12_record(&h.p, 23, 0xFEFD, 1, 2000 + i, body, sizeof body);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CLOSED], 1);
    ck_assert_int_eq(h.node->last_reason, LOCKET_ERR_FORGERIES);
    net_free(h.net);
}
END_TEST

/* --- what is left in memory ----------------------------------------------------------------- */

static bool all_zero(const void *p, size_t n)
{
    const uint8_t *b = p;
    while (n--)
        if (*b++)
            return false;
    return true;
}

START_TEST(a_workspace_is_empty_after_success_and_after_failure)
{
    struct pair p = net_connected(6);
    net_run(p.net, 10);
    locket_tick(&p.client->ep, net_now(p.net));
    locket_tick(&p.server->ep, net_now(p.net));
    net_pull(p.client);
    net_pull(p.server);
    ck_assert(all_zero(p.client->handshakes, sizeof(locket_handshake)));
    ck_assert(all_zero(p.server->handshakes, 2 * sizeof(locket_handshake)));
    net_free(p.net);
    p = net_pair(7);
    p.client->keys[0].key[3] ^= 1;
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    net_run(p.net, 130000);
    ck_assert_uint_eq(p.client->n_kind[LOCKET_CLOSED], 1);
    ck_assert(all_zero(p.client->handshakes, sizeof(locket_handshake)));
    ck_assert(all_zero(p.server->handshakes, 2 * sizeof(locket_handshake)));
    net_free(p.net);
}
END_TEST

/* The keys, and whatever else comes from them, are nowhere in the slot. */
START_TEST(a_closed_session_keeps_no_key)
{
    struct pair p = net_connected(8);
    locket_session *s = p.server->live, copy = *s;
    net_close(p.client, p.client->live);
    net_run(p.net, 20);
    ck_assert_uint_eq(p.server->n_kind[LOCKET_CLOSED], 1);
    ck_assert(all_zero(s->key, sizeof s->key));
    ck_assert(all_zero(s->salt, sizeof s->salt));
    ck_assert(all_zero(s->verify_data, sizeof s->verify_data));
    ck_assert(!all_zero(copy.key, sizeof copy.key));
    ck_assert_uint_eq(locket_suite(s), 0);
    net_free(p.net);
}
END_TEST

/* Two finish for one free slot: the second is told, and nothing is lost. */
START_TEST(the_last_slot_goes_to_the_first_that_finishes)
{
    struct hand h;
    struct peer12 other;
    hand_new(&h, LOCKET_SERVER, 9);
    net_up(h.node, 1, 2);
    p12_client(&other, h.net, 11, &h.node->address);
    ck_assert(p12_until(&h.p, M_FINISHED));
    ck_assert(p12_until(&other, M_FINISHED));
    p12_send(&h.p, M_FINISHED);
    p12_send(&other, M_FINISHED);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_FAILED], 1);
    ck_assert_int_eq(h.node->last_reason, LOCKET_ERR_SESSIONS_FULL);
    ck_assert_uint_eq(locket_drops(&h.node->ep, LOCKET_DROP_SESSIONS_FULL), 1);
    ck_assert(!p12_take(&other, M_CCS));
    p12_sealed(&h.p, 23, "x", 1);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_DATA], 1);
    net_free(h.net);
}
END_TEST

START_TEST(a_datagram_of_many_hellos_gets_one_answer)
{
    struct hand h;
    hand_new(&h, LOCKET_SERVER, 10);
    hand_up(&h);
    p12_hold(&h.p);
    for (int i = 0; i < 15; i++)
        p12_send(&h.p, M_CLIENT_HELLO);
    p12_go(&h.p);
    ck_assert_uint_le(h.net->n_log, 1);
    net_free(h.net);
}
END_TEST

Suite *test_life(void)
{
    Suite *s = suite_create("life");
    TCase *t = tcase_create("life");
    tcase_add_loop_test(t, data_can_be_sent_in_the_middle_of_events, 0, 2);
    tcase_add_loop_test(t, a_session_can_be_closed_in_its_first_event, 0, 2);
    tcase_add_test(t, a_worn_key_is_announced_and_then_refuses);
    tcase_add_test(t, a_worn_key_is_not_announced_for_the_session_that_takes_its_slot);
    tcase_add_test(t, a_worn_key_can_still_be_closed);
    tcase_add_test(t, too_many_forgeries_are_announced_and_then_end_the_session);
    tcase_add_test(t, a_workspace_is_empty_after_success_and_after_failure);
    tcase_add_test(t, a_closed_session_keeps_no_key);
    tcase_add_test(t, the_last_slot_goes_to_the_first_that_finishes);
    tcase_add_test(t, a_datagram_of_many_hellos_gets_one_answer);
    suite_add_tcase(s, t);
    return s;
}
