/* SPDX-License-Identifier: Apache-2.0
 *
 * test_peers.c -- the known faults (see test_attacks.c) around peers and tables:
 * reboots, strangers, first contact, handshakes that fail, timers in the wrong
 * moment. One test per fault, named for it. */
#include <check.h>
#include <string.h>

#include "peer12.h"

Suite *test_peers(void);

static void session(struct hand *h, locket_role role)
{
    hand_new(h, role, 1);
    hand_up(h);
    ck_assert(p12_finish(&h->p));
    p12_skip(&h->p);
}

static void alive(struct hand *h)
{
    unsigned before = h->node->n_kind[LOCKET_DATA];
    p12_sealed(&h->p, 23, "alive?", 6);
    ck_assert_uint_eq(h->node->n_kind[LOCKET_DATA], before + 1);
    ck_assert_ptr_nonnull(h->node->live);
    ck_assert_uint_eq(h->node->n_kind[LOCKET_CLOSED], 0);
}

START_TEST(pion_253_rebooted_peer_reconnects)
{
    struct pair p = net_connected(1);
    for (int i = 0; i < 20; i++) {
        net_down(p.client);
        net_up(p.client, 1, 1);
        net_connect(p.client, &p.server->address);
        ck_assert(net_meet(p.net, p.client, p.server, 900));
        net_run(p.net, (uint64_t)i * 1000);
    }
    ck_assert_int_eq(p.server->last_reason, LOCKET_ERR_REPLACED);
    net_free(p.net);
}
END_TEST

START_TEST(tinydtls_268_a_forged_hello_does_not_destroy_the_old_association)
{
    struct hand h;
    session(&h, LOCKET_SERVER);
    struct peer12 forger = h.p;   /* off the path: sends from the address, never reads */
    for (unsigned i = 0; i < 100; i++) {
        p12_reboot(&forger);
        p12_send(&forger, M_CLIENT_HELLO);
        forger.cookie_len = 16;
        p12_send(&forger, M_CLIENT_HELLO);
    }
    alive(&h);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_FAILED], 0);
    net_free(h.net);
}
END_TEST

START_TEST(libcoap_333_mbedtls_1845_a_second_client_does_not_disturb_the_first)
{
    struct hand h;
    struct peer12 other;
    hand_new(&h, LOCKET_SERVER, 1);
    net_up(h.node, 2, 2);
    p12_client(&other, h.net, 11, &h.node->address);
    static const unsigned script[] = { M_CLIENT_HELLO, M_CLIENT_HELLO, M_CLIENT_KEY, M_CCS, M_FINISHED };
    for (size_t i = 0; i < 5; i++)
        for (int k = 0; k < 2; k++) {
            struct peer12 *p = k ? &other : &h.p;
            p12_send(p, script[i]);
            if (i == 0)
                ck_assert(p12_take(p, M_HELLO_VERIFY));
            if (i == 1)
                ck_assert(p12_take(p, M_SERVER_HELLO) && p12_take(p, M_HELLO_DONE));
        }
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 2);
    p12_sealed(&other, 23, "b", 1);
    ck_assert(net_same(&net_last(h.node, LOCKET_DATA)->peer, &other.me));
    p12_sealed(&h.p, 23, "a", 1);
    ck_assert(net_same(&net_last(h.node, LOCKET_DATA)->peer, &h.p.me));
    net_free(h.net);
}
END_TEST

START_TEST(cve_2022_39368_failed_handshakes_leak_no_slot)
{
    struct hand h;
    hand_new(&h, LOCKET_SERVER, 1);
    net_up(h.node, 1, 1);
    for (unsigned i = 0; i < 300; i++) {
        uint8_t verify[12] = { 0 };
        p12_reboot(&h.p);
        h.p.me = net_address(100 + i, 1);
        ck_assert(p12_until(&h.p, i % 3 == 0 ? M_CLIENT_KEY : M_FINISHED));
        p12_message(&h.p, M_FINISHED, verify, 12);
    }
    ck_assert_uint_eq(h.node->n_kind[LOCKET_FAILED], 300);
    p12_reboot(&h.p);
    ck_assert(p12_finish(&h.p));
    net_free(h.net);
}
END_TEST

START_TEST(pion_89_a_wrong_key_does_not_stall_the_server)
{
    struct hand h;
    struct peer12 wrong;
    hand_new(&h, LOCKET_SERVER, 1);
    net_up(h.node, 1, 2);
    p12_client(&wrong, h.net, 11, &h.node->address);
    wrong.key[0] ^= 1;
    ck_assert(p12_until(&wrong, M_FINISHED));
    p12_send(&wrong, M_FINISHED);
    ck_assert(p12_finish(&h.p));
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    net_free(h.net);
}
END_TEST

START_TEST(cve_2015_6925_cookies_cost_no_state_and_amplify_nothing)
{
    struct hand h;
    hand_new(&h, LOCKET_SERVER, 1);
    hand_up(&h);
    for (unsigned i = 0; i < 300; i++) {     /* the shortest hello that is answered at all */
        h.p.me = net_address(100 + i, 1);
        h.p.suites_len = 2;
        h.p.no_extensions = true;
        h.p.seq = 0;
        p12_hold(&h.p);
        p12_send(&h.p, M_CLIENT_HELLO);
        size_t asked = h.p.held_len, before = h.net->n_log;
        p12_go(&h.p);
        ck_assert_uint_eq(h.net->n_log, before + 1);
        ck_assert_uint_le(h.net->log[before]->len, asked);
    }
    locket_time when;
    ck_assert(!locket_deadline(&h.node->ep, &when));
    net_free(h.net);
}
END_TEST

START_TEST(tinydtls_74_a_bad_version_is_no_good_cookie)
{
    static const unsigned versions[] = { 0x0000, 0x0301, 0xFEFF, 0xFFFF, 0xFEFC };
    struct hand h;
    hand_new(&h, LOCKET_SERVER, 1);
    hand_up(&h);
    for (size_t i = 0; i < 5; i++) {
        h.p.version = versions[i];
        h.p.cookie_len = 16;
        memset(h.p.cookie, 0, 16);
        p12_send(&h.p, M_CLIENT_HELLO);
    }
    ck_assert_uint_eq(net_count(h.net, &h.node->address, 22, 0, M_SERVER_HELLO), 0);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_FAILED], 0);
    net_free(h.net);
}
END_TEST

START_TEST(pion_878_no_key_is_looked_up_before_the_cookie)
{
    struct hand h;
    hand_new(&h, LOCKET_SERVER, 1);
    hand_up(&h);
    for (int i = 0; i < 50; i++) {
        p12_reboot(&h.p);
        p12_send(&h.p, M_CLIENT_HELLO);
        uint8_t body[64];
        size_t n = p12_client_key_body(&h.p, body);
        p12_message(&h.p, M_CLIENT_KEY, body, n);
    }
    ck_assert_uint_eq(h.node->n_lookups, 0);
    net_free(h.net);
}
END_TEST

START_TEST(cve_2023_49786_a_strangers_hello_does_not_win_the_race)
{
    struct hand h;
    struct peer12 stranger;
    hand_new(&h, LOCKET_CLIENT, 1);
    hand_up(&h);
    p12_server(&stranger, h.net, 66);        /* another address */
    stranger.other = h.node->address;
    p12_send(&stranger, M_HELLO_VERIFY);
    p12_send(&stranger, M_SERVER_HELLO);
    p12_send(&stranger, M_HELLO_DONE);
    p12_alert(&stranger, 2, 40);
    ck_assert_uint_ge(locket_drops(&h.node->ep, LOCKET_DROP_STRANGER), 3);
    ck_assert(p12_finish(&h.p));
    net_free(h.net);
}
END_TEST

START_TEST(ot_2176_queued_duplicates_are_not_each_answered)
{
    struct hand h;
    hand_new(&h, LOCKET_SERVER, 1);
    hand_up(&h);
    ck_assert(p12_until(&h.p, M_CLIENT_KEY));
    size_t before = h.net->n_log;
    uint8_t body[256];
    size_t n = p12_hello_body(&h.p, body);
    for (int i = 0; i < 30; i++)
        p12_fragment(&h.p, M_CLIENT_HELLO, n, 1, 0, n, body);
    ck_assert_uint_le(h.net->n_log, before + 2);
    net_free(h.net);
}
END_TEST

/* A flight of several datagrams is interrupted: the rest is asked for later, after
 * timers have fired and datagrams have come. What goes out is still the message. */
START_TEST(cve_2026_84782_a_timer_in_the_middle_of_a_flight)
{
    struct hand h;
    locket_event e;
    uint8_t out[256], whole[512];
    hand_new(&h, LOCKET_CLIENT, 1);
    h.node->config.mtu = 256;
    h.p.cookie_len = 255;
    hand_up(&h);
    ck_assert(p12_take(&h.p, M_CLIENT_HELLO));
    uint8_t verify[13 + 12 + 3 + 255] = { 22, 0xFE, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 1, 14, 3, 0, 1, 2, 0, 0,
                                          0, 0, 0, 0, 1, 2, 0xFE, 0xFF, 255 };
    locket_input(&h.node->ep, &h.p.me, verify, sizeof verify, net_now(h.net));
    ck_assert(locket_next(&h.node->ep, out, sizeof out, &e) && e.kind == LOCKET_SEND);
    for (unsigned late = 0; late < 3; late++) {
        locket_tick(&h.node->ep, net_now(h.net) + 1500 * (late + 1));
        memset(whole, 0xEE, sizeof whole);
        size_t end = 0, length = 0;
        while (locket_next(&h.node->ep, out, sizeof out, &e)) {
            if (e.kind != LOCKET_SEND)
                continue;
            struct net_datagram d = { 0, 0, 0, h.p.me, h.p.me, out, e.len, NULL };
            struct net_record r;
            for (size_t at = 0; net_record(&d, &at, &r);) {
                size_t from = (size_t)r.body[7] << 8 | r.body[8], n = (size_t)r.body[10] << 8 | r.body[11];
                ck_assert(r.len == 12 + n && from + n <= sizeof whole);
                length = (size_t)r.body[2] << 8 | r.body[3];
                memcpy(whole + from, r.body + 12, n);
                end = from + n > end ? from + n : end;
                if (late == 0 && from == 0)
                    break;
            }
        }
        if (late > 0 && end) {
            ck_assert_uint_eq(end, length);
            ck_assert_uint_eq(whole[35], 255);
            for (size_t i = 36; i < 36 + 255; i++)
                ck_assert_uint_eq(whole[i], 0);
            ck_assert_mem_eq(whole + 2, h.p.client_random, 32);
        }
    }
    net_free(h.net);
}
END_TEST

START_TEST(tinydtls_133_a_freed_peer_is_in_no_queue)
{
    struct pair p = net_pair(1);
    net_pair_up(&p);
    locket_session *s;
    locket_event e;
    uint8_t out[1300];
    /* closed before its first datagram is asked for */
    ck_assert_int_eq(locket_connect(&p.client->ep, &p.server->address, net_now(p.net), &s), LOCKET_OK);
    ck_assert_int_eq(locket_close(&p.client->ep, s), LOCKET_OK);
    while (locket_next(&p.client->ep, out, sizeof out, &e))
        ck_assert(e.kind != LOCKET_CONNECTED);
    ck_assert_int_eq(locket_too_big(&p.client->ep, &p.server->address, 256, net_now(p.net)), LOCKET_ERR_STATE);
    locket_time when;
    ck_assert(!locket_deadline(&p.client->ep, &when));
    /* closed in the middle of a datagram that holds more for it */
    struct hand h;
    session(&h, LOCKET_SERVER);
    p12_hold(&h.p);
    p12_sealed(&h.p, 23, "one", 3);
    p12_sealed(&h.p, 23, "two", 3);
    p12_sealed(&h.p, 21, "\1\0", 2);
    p12_sealed(&h.p, 23, "three", 5);
    locket_input(&h.node->ep, &h.p.me, h.p.held, h.p.held_len, net_now(h.net));
    ck_assert(locket_next(&h.node->ep, out, sizeof out, &e) && e.kind == LOCKET_DATA);
    ck_assert_int_eq(locket_close(&h.node->ep, e.session), LOCKET_OK);
    unsigned closed = 0;
    while (locket_next(&h.node->ep, out, sizeof out, &e)) {
        ck_assert(e.kind != LOCKET_DATA);
        closed += e.kind == LOCKET_CLOSED;
    }
    ck_assert_uint_eq(closed, 1);
    net_free(h.net);
    net_free(p.net);
}
END_TEST

Suite *test_peers(void)
{
    Suite *s = suite_create("peers");
    TCase *t = tcase_create("peers");
    tcase_add_test(t, pion_253_rebooted_peer_reconnects);
    tcase_add_test(t, tinydtls_268_a_forged_hello_does_not_destroy_the_old_association);
    tcase_add_test(t, libcoap_333_mbedtls_1845_a_second_client_does_not_disturb_the_first);
    tcase_add_test(t, cve_2022_39368_failed_handshakes_leak_no_slot);
    tcase_add_test(t, pion_89_a_wrong_key_does_not_stall_the_server);
    tcase_add_test(t, cve_2015_6925_cookies_cost_no_state_and_amplify_nothing);
    tcase_add_test(t, tinydtls_74_a_bad_version_is_no_good_cookie);
    tcase_add_test(t, pion_878_no_key_is_looked_up_before_the_cookie);
    tcase_add_test(t, cve_2023_49786_a_strangers_hello_does_not_win_the_race);
    tcase_add_test(t, ot_2176_queued_duplicates_are_not_each_answered);
    tcase_add_test(t, cve_2026_84782_a_timer_in_the_middle_of_a_flight);
    tcase_add_test(t, tinydtls_133_a_freed_peer_is_in_no_queue);
    suite_add_tcase(s, t);
    return s;
}
