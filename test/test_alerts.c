/* SPDX-License-Identifier: Apache-2.0
 *
 * test_alerts.c -- how sessions end (RFC 5246 section 7.2, RFC 6347 section 4.2.7): closed by
 * either side, by fatal alerts, silently; and what does not end them. */
#include <check.h>
#include <string.h>

#include "peer12.h"

Suite *test_alerts(void);

static struct hand up(locket_role role, uint64_t seed)
{
    struct hand h;
    hand_new(&h, role, seed);
    hand_up(&h);
    ck_assert(p12_finish(&h.p));
    p12_skip(&h.p);
    return h;
}

static locket_role role_of(int i) { return i & 1 ? LOCKET_CLIENT : LOCKET_SERVER; }

START_TEST(close_is_told_answered_and_over_on_both_sides)
{
    struct pair p = net_connected(1);
    struct net_node *a = _i ? p.server : p.client, *b = _i ? p.client : p.server;
    locket_session *s = a->live, *t = b->live;
    net_close(a, s);
    ck_assert_uint_eq(a->n_kind[LOCKET_CLOSED], 1);
    ck_assert_int_eq(a->last_reason, 0);
    ck_assert_int_eq(a->events[a->n_events - 2].kind, LOCKET_SEND);
    ck_assert_int_eq(net_say(a, s, "x", 1), LOCKET_ERR_STATE);
    net_run(p.net, 100);
    ck_assert_uint_eq(b->n_kind[LOCKET_CLOSED], 1);
    ck_assert_int_eq(b->last_reason, LOCKET_PEER_ALERT);
    ck_assert_int_eq(net_say(b, t, "x", 1), LOCKET_ERR_STATE);
    ck_assert_int_eq(locket_close(&b->ep, t), LOCKET_ERR_STATE);
    ck_assert_uint_eq(net_count(p.net, &b->address, 21, 1, -1), 1);  /* the answer: RFC 5246 section 7.2.1 */
    net_run(p.net, 600000);
    ck_assert_uint_eq(net_count(p.net, &a->address, 21, 1, -1), 1);  /* never repeated */
    ck_assert_uint_eq(a->n_kind[LOCKET_CLOSED] + b->n_kind[LOCKET_CLOSED], 2);
    net_free(p.net);
}
END_TEST

START_TEST(the_close_notify_is_the_two_bytes_of_the_rfc)
{
    struct hand h = up(role_of(_i), 2);
    net_close(h.node, h.node->live);
    ck_assert_int_eq(p12_alert_taken(&h.p), 0x100);
    ck_assert_uint_eq(h.p.record.epoch, 1);
    net_free(h.net);
    h = up(role_of(_i), 3);
    p12_alert(&h.p, 1, 0);
    ck_assert_int_eq(h.node->last_reason, LOCKET_PEER_ALERT);
    ck_assert_int_eq(p12_alert_taken(&h.p), 0x100);
    p12_sealed(&h.p, 23, "late", 4);         /* RFC 5246 section 7.2.1: ignored */
    ck_assert_uint_eq(h.node->n_kind[LOCKET_DATA], 0);
    net_free(h.net);
}
END_TEST

START_TEST(a_knob_leaves_silently)
{
    struct pair p = net_pair(4);
    p.client->config.leave_silently = p.server->config.leave_silently = true;
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    net_run(p.net, 20);
    size_t before = p.net->n_log;
    net_close(p.client, p.client->live);
    net_close(p.server, p.server->live);
    ck_assert_uint_eq(p.net->n_log, before);
    ck_assert_uint_eq(p.client->n_kind[LOCKET_CLOSED] + p.server->n_kind[LOCKET_CLOSED], 2);
    net_free(p.net);
}
END_TEST

START_TEST(every_fatal_alert_ends_the_session_and_is_not_answered)
{
    for (unsigned a = 1; a < 256; a++) {
        struct hand h = up(role_of(_i), 5);
        p12_alert(&h.p, 2, a);
        ck_assert_msg(h.node->n_kind[LOCKET_CLOSED] == 1, "alert %u", a);
        ck_assert_int_eq(h.node->last_reason, LOCKET_PEER_ALERT + (int)a);
        ck_assert(!p12_next(&h.p));
        ck_assert_ptr_null(h.node->live);
        net_free(h.net);
    }
}
END_TEST

START_TEST(every_warning_but_close_notify_is_ignored)
{
    struct hand h = up(role_of(_i), 6);
    for (unsigned a = 1; a < 256; a++)
        p12_alert(&h.p, 1, a);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CLOSED], 0);
    ck_assert(!p12_next(&h.p));
    p12_sealed(&h.p, 23, "x", 1);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_DATA], 1);
    net_free(h.net);
}
END_TEST

START_TEST(malformed_alerts_are_dropped)
{
    static const struct { const char *body; size_t len; } rows[] = {
        { "", 0 }, { "\2", 1 }, { "\2\50\0", 3 }, { "\1\0\1\0", 4 }
    };
    struct hand h = up(role_of(_i), 7);
    for (size_t i = 0; i < 4; i++)
        p12_sealed(&h.p, 21, rows[i].body, rows[i].len);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CLOSED], 0);
    ck_assert_uint_eq(locket_drops(&h.node->ep, LOCKET_DROP_ALERT), 4);
    net_free(h.net);
}
END_TEST

START_TEST(renegotiation_is_refused_politely_every_time)
{
    struct hand h = up(role_of(_i), 8);
    uint8_t body[256];
    size_t n = h.p.server ? 0 : p12_hello_body(&h.p, body);
    for (unsigned i = 0; i < 5; i++) {
        p12_skip(&h.p);
        p12_fragment(&h.p, h.p.server ? M_HELLO_REQUEST : M_CLIENT_HELLO, n, i, 0, n, body);
        ck_assert_int_eq(p12_alert_taken(&h.p), 0x100 | 100);
        ck_assert(!p12_next(&h.p));
    }
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CLOSED], 0);
    p12_sealed(&h.p, 23, "x", 1);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_DATA], 1);
    net_free(h.net);
}
END_TEST

/* --- during the handshake ---------------------------------------------------------------------- */

START_TEST(a_plaintext_alert_is_only_a_clients_reason_should_it_time_out)
{
    struct hand h;
    hand_new(&h, LOCKET_CLIENT, 9);
    h.node->config.deadline = 3000;
    hand_up(&h);
    ck_assert(p12_until(&h.p, M_SERVER_HELLO));
    p12_alert(&h.p, 2, _i == 0 ? 40 : 115);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CLOSED], 0);
    net_run(h.net, 4000);
    ck_assert_int_eq(h.node->last_reason, LOCKET_PEER_ALERT + (_i == 0 ? 40 : 115));
    const struct net_event *e = net_last(h.node, LOCKET_CLOSED);
    ck_assert_uint_eq(e->at, 3000);
    net_free(h.net);

    hand_new(&h, LOCKET_CLIENT, 10);         /* and a handshake that succeeds forgets it */
    hand_up(&h);
    ck_assert(p12_until(&h.p, M_SERVER_HELLO));
    p12_alert(&h.p, 2, 40);
    p12_alert(&h.p, 1, 0);
    p12_send(&h.p, M_SERVER_HELLO);
    p12_send(&h.p, M_HELLO_DONE);
    ck_assert(p12_take(&h.p, M_CLIENT_KEY) && p12_take(&h.p, M_CCS) && p12_take(&h.p, M_FINISHED));
    p12_send(&h.p, M_CCS);
    p12_send(&h.p, M_FINISHED);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    ck_assert_int_eq(net_last(h.node, LOCKET_CONNECTED)->reason, 0);
    net_free(h.net);
}
END_TEST

START_TEST(a_plaintext_alert_does_nothing_to_a_server)
{
    struct hand h;
    hand_new(&h, LOCKET_SERVER, 11);
    hand_up(&h);
    ck_assert(p12_until(&h.p, M_CCS));
    p12_alert(&h.p, 2, 40);
    p12_alert(&h.p, 1, 0);
    p12_send(&h.p, M_CCS);
    p12_send(&h.p, M_FINISHED);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    ck_assert_uint_eq(locket_drops(&h.node->ep, LOCKET_DROP_ALERT), 2);
    net_free(h.net);
}
END_TEST

START_TEST(an_authentic_fatal_alert_ends_a_handshake_at_once)
{
    struct hand h;
    hand_new(&h, role_of(_i), 12);
    hand_up(&h);
    ck_assert(p12_until(&h.p, h.p.server ? M_CCS : M_FINISHED));
    if (h.p.server)
        p12_send(&h.p, M_CCS);
    p12_alert(&h.p, 2, 80);
    ck_assert_uint_eq(h.node->n_kind[h.p.server ? LOCKET_CLOSED : LOCKET_FAILED], 1);
    ck_assert_int_eq(h.node->last_reason, LOCKET_PEER_ALERT + 80);
    net_free(h.net);
}
END_TEST

START_TEST(the_last_alert_of_a_failed_handshake_is_sent_once_and_a_repeated_offence_gets_another)
{
    struct hand h;
    hand_new(&h, LOCKET_SERVER, 13);
    hand_up(&h);
    h.p.no_extensions = true;
    for (unsigned i = 0; i < 3; i++) {
        p12_reboot(&h.p);
        p12_send(&h.p, M_CLIENT_HELLO);
        ck_assert(p12_take(&h.p, M_HELLO_VERIFY));
        p12_send(&h.p, M_CLIENT_HELLO);
        ck_assert_int_eq(p12_alert_taken(&h.p), 0x228);
        size_t before = h.net->n_log;
        net_run(h.net, 100000);
        ck_assert_uint_eq(h.net->n_log, before);
    }
    ck_assert_uint_eq(h.node->n_kind[LOCKET_FAILED], 3);
    net_free(h.net);
}
END_TEST

START_TEST(every_outcome_has_a_name)
{
    for (int e = 0; e < LOCKET_ERR_END; e++) {
        const char *name = locket_error_name(e);
        ck_assert_msg(name && name[0], "error %d", e);
    }
    for (int d = 0; d < LOCKET_N_DROPS; d++) {
        const char *name = locket_drop_name((locket_drop)d);
        ck_assert_msg(name && name[0], "drop %d", d);
        for (int k = 0; k < d; k++)
            ck_assert_str_ne(name, locket_drop_name((locket_drop)k));
    }
    ck_assert_ptr_nonnull(locket_error_name(-1));
    ck_assert_ptr_nonnull(locket_error_name(LOCKET_ERR_END));
    ck_assert_ptr_nonnull(locket_drop_name(LOCKET_N_DROPS));
    ck_assert_str_eq(locket_suite_name(0xC0A8), "TLS_PSK_WITH_AES_128_CCM_8");
    ck_assert_str_eq(locket_suite_name(0xC0A4), "TLS_PSK_WITH_AES_128_CCM");
    ck_assert_str_eq(locket_suite_name(0x00A8), "TLS_PSK_WITH_AES_128_GCM_SHA256");
}
END_TEST

Suite *test_alerts(void)
{
    Suite *s = suite_create("alerts");
    TCase *t = tcase_create("alerts");
    tcase_add_loop_test(t, close_is_told_answered_and_over_on_both_sides, 0, 2);
    tcase_add_loop_test(t, the_close_notify_is_the_two_bytes_of_the_rfc, 0, 2);
    tcase_add_test(t, a_knob_leaves_silently);
    tcase_add_loop_test(t, every_fatal_alert_ends_the_session_and_is_not_answered, 0, 2);
    tcase_add_loop_test(t, every_warning_but_close_notify_is_ignored, 0, 2);
    tcase_add_loop_test(t, malformed_alerts_are_dropped, 0, 2);
    tcase_add_loop_test(t, renegotiation_is_refused_politely_every_time, 0, 2);
    tcase_add_loop_test(t, a_plaintext_alert_is_only_a_clients_reason_should_it_time_out, 0, 2);
    tcase_add_test(t, a_plaintext_alert_does_nothing_to_a_server);
    tcase_add_loop_test(t, an_authentic_fatal_alert_ends_a_handshake_at_once, 0, 2);
    tcase_add_test(t, the_last_alert_of_a_failed_handshake_is_sent_once_and_a_repeated_offence_gets_another);
    tcase_add_test(t, every_outcome_has_a_name);
    suite_add_tcase(s, t);
    return s;
}
