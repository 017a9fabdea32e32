/* SPDX-License-Identifier: Apache-2.0
 *
 * test_handshake.c -- two peers become a session: what travels, byte by byte, and
 * what either side says to a key exchange or a Finished that is not as the RFCs
 * have it (hellos: test_hello.c). The other side is the library or peer12.c. */
#include <check.h>
#include <string.h>

#include "peer12.h"
#include "sha256.h"

Suite *test_handshake(void);

static const uint16_t all_suites[] = { 0xC0A8, 0xC0A4, 0x00A8 };

static struct pair pair_of(uint16_t suite, uint64_t seed)
{
    struct pair p = net_pair(seed);
    static uint16_t one[1];
    one[0] = suite;
    p.client->config.suites = one;
    p.client->config.n_suites = 1;
    return p;
}

/* --- the library with itself ------------------------------------------------------ */

START_TEST(every_suite_connects_and_carries_data_both_ways)
{
    struct pair p = pair_of(all_suites[_i], 1);
    net_pair_up(&p);
    locket_session *c = net_connect(p.client, &p.server->address);
    ck_assert_ptr_nonnull(c);
    ck_assert_uint_eq(locket_suite(c), 0);
    ck_assert_uint_eq(locket_data_limit(&p.client->ep, c), 0);
    ck_assert_int_eq(net_say(p.client, c, "early", 5), LOCKET_ERR_STATE);
    ck_assert(net_meet(p.net, p.client, p.server, 2000));
    locket_session *s = p.server->live;
    ck_assert_ptr_eq(p.client->live, c);
    ck_assert_uint_eq(locket_suite(c), all_suites[_i]);
    ck_assert_uint_eq(locket_suite(s), all_suites[_i]);
    ck_assert_uint_eq(locket_handle(c), 9001);
    ck_assert_uint_eq(locket_handle(s), 7001);
    ck_assert_uint_eq(net_last(p.server, LOCKET_CONNECTED)->handle, 7001);
    ck_assert_int_eq(net_last(p.server, LOCKET_CONNECTED)->reason, 0);
    locket_peer who;
    locket_peer_of(s, &who);
    ck_assert(net_same(&who, &p.client->address));
    ck_assert(net_same(&net_last(p.server, LOCKET_CONNECTED)->peer, &p.client->address));
    size_t over = all_suites[_i] == 0xC0A8 ? 29 : 37;
    ck_assert_uint_eq(locket_overhead(c), over);
    ck_assert_uint_eq(locket_data_limit(&p.client->ep, c), 1232 - over);
    ck_assert_int_eq(net_say(p.client, c, "up", 2), LOCKET_OK);
    ck_assert_uint_eq(p.net->log[p.net->n_log - 1]->len, 2 + over);
    ck_assert_int_eq(net_say(p.server, s, "down!", 5), LOCKET_OK);
    net_run(p.net, 100);
    const struct net_event *e = net_last(p.server, LOCKET_DATA), *d = net_last(p.client, LOCKET_DATA);
    ck_assert(e && e->len == 2 && memcmp(e->data, "up", 2) == 0 && e->handle == 7001 && e->session == s);
    ck_assert(d && d->len == 5 && memcmp(d->data, "down!", 5) == 0 && d->handle == 9001);
    ck_assert_uint_eq(p.server->n_kind[LOCKET_FAILED] + p.client->n_kind[LOCKET_CLOSED], 0);
    net_free(p.net);
}
END_TEST

START_TEST(data_fills_the_datagram_to_its_limit_and_not_a_byte_more)
{
    struct pair p = net_connected(2);
    uint8_t data[2000] = { 0 };
    size_t limit = locket_data_limit(&p.client->ep, p.client->live);
    ck_assert_int_eq(net_say(p.client, p.client->live, data, limit), LOCKET_OK);
    ck_assert_uint_eq(p.net->log[p.net->n_log - 1]->len, 1232);
    ck_assert_int_eq(net_say(p.client, p.client->live, data, limit + 1), LOCKET_ERR_TOO_LONG);
    ck_assert_int_eq(net_say(p.client, p.client->live, data, 0), LOCKET_OK);
    net_run(p.net, 100);
    ck_assert_uint_eq(p.server->n_kind[LOCKET_DATA], 1);    /* an empty record says nothing */
    ck_assert_uint_eq(net_last(p.server, LOCKET_DATA)->len, limit);
    uint8_t out[64];
    size_t len = 77;
    ck_assert_int_eq(locket_send(&p.client->ep, p.client->live, data, 40, out, 64, &len), LOCKET_ERR_SPACE);
    memcpy(out + 21, "in its place", 12);      /* nothing copied: RFC 6347's headroom */
    ck_assert_int_eq(locket_send(&p.client->ep, p.client->live, out + 21, 12, out, 64, &len), LOCKET_OK);
    net_inject(p.net, &p.client->address, &p.server->address, out, len, 1);
    net_run(p.net, 10);
    ck_assert_uint_eq(net_last(p.server, LOCKET_DATA)->len, 12);
    ck_assert_int_eq(memcmp(net_last(p.server, LOCKET_DATA)->data, "in its place", 12), 0);
    net_free(p.net);
}
END_TEST

/* Lengths of the datagrams of a handshake without loss, in order. */
START_TEST(one_suite_travels_in_the_bytes_the_rfcs_demand)
{
    static const struct { uint16_t suite; size_t finished; } rows[] = {
        { 0xC0A8, 53 }, { 0xC0A4, 61 }, { 0x00A8, 61 }
    };
    struct pair p = pair_of(rows[_i].suite, 3);
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 2000));
    size_t f = rows[_i].finished, want[] = { 75, 44, 91, 86, 27 + 15 + 14 + f, 14 + f };
    ck_assert_uint_eq(p.net->n_log, 6);
    for (size_t i = 0; i < 6; i++)
        ck_assert_uint_eq(p.net->log[i]->len, want[i]);
    net_free(p.net);
}
END_TEST

START_TEST(the_hellos_say_what_they_must_and_nothing_else)
{
    struct pair p = pair_of(0xC0A8, 4);
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 2000));
    const uint8_t *a = p.net->log[0]->bytes, *b = p.net->log[2]->bytes, *s = p.net->log[3]->bytes;
    static const uint8_t head[] = { 22, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 62,
                                    1, 0, 0, 50, 0, 0, 0, 0, 0, 0, 0, 50, 0xFE, 0xFD };
    ck_assert(a[1] == 0xFE && (a[2] == 0xFD || a[2] == 0xFF));
    ck_assert_mem_eq(a + 3, head + 3, sizeof head - 3);
    static const uint8_t tail[] = { 0, 0, 0, 4, 0xC0, 0xA8, 0, 0xFF, 1, 0, 0, 4, 0, 23, 0, 0 };
    ck_assert_mem_eq(a + 59, tail, sizeof tail);
    /* the second differs in cookie, lengths and numbers alone: RFC 6347 section 4.2.1 */
    ck_assert_uint_eq(b[10], 1);
    ck_assert_uint_eq(b[18], 1);
    ck_assert_mem_eq(a + 25, b + 25, 35);
    ck_assert_uint_eq(b[60], 16);
    ck_assert_mem_eq(b + 61, p.net->log[1]->bytes + 28, 16);
    ck_assert_mem_eq(b + 77, a + 61, 14);
    /* ServerHello and ServerHelloDone in one record */
    static const uint8_t sh[] = { 22, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 1, 0, 73,
                                  2, 0, 0, 49, 0, 1, 0, 0, 0, 0, 0, 49, 0xFE, 0xFD };
    ck_assert_mem_eq(s, sh, sizeof sh);
    ck_assert(s[59] == 0 && s[60] == 0xC0 && s[61] == 0xA8 && s[62] == 0 && s[63] == 0 && s[64] == 9);
    static const uint8_t done[] = { 14, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0 };
    ck_assert_mem_eq(s + 74, done, 12);
    ck_assert_mem_ne(s + 27, a + 27, 32);
    net_free(p.net);
}
END_TEST

START_TEST(a_knob_puts_one_message_into_each_record)
{
    struct pair p = pair_of(0xC0A8, 5);
    p.server->config.one_message_per_record = p.client->config.one_message_per_record = true;
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 2000));
    for (size_t i = 0; i < p.net->n_log; i++) {
        struct net_record r;
        for (size_t at = 0; net_record(p.net->log[i], &at, &r);)
            if (r.type == 22 && r.epoch == 0)
                ck_assert_uint_eq(r.len, 12u + ((size_t)r.body[1] << 16 | (size_t)r.body[2] << 8 | r.body[3]));
    }
    ck_assert_uint_eq(p.net->log[3]->len, 74 + 25);
    net_free(p.net);
}
END_TEST

START_TEST(randoms_are_fresh_and_kept_over_the_cookie)
{
    uint8_t seen[8][32];
    struct pair p = net_pair(6);
    net_pair_up(&p);
    for (size_t i = 0; i < 4; i++) {
        size_t at = p.net->n_log;
        net_connect(p.client, &p.server->address);
        ck_assert(net_meet(p.net, p.client, p.server, 2000));
        net_run(p.net, 100);
        memcpy(seen[2 * i], p.net->log[at]->bytes + 27, 32);
        memcpy(seen[2 * i + 1], p.net->log[at + 3]->bytes + 27, 32);
    }
    for (size_t i = 0; i < 8; i++)
        for (size_t k = 0; k < i; k++)
            ck_assert_mem_ne(seen[i], seen[k], 28);
    net_free(p.net);
}
END_TEST

START_TEST(one_buffer_serves_for_both_directions)
{
    struct pair p = net_pair(7);
    p.client->one_buffer = p.server->one_buffer = true;
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 2000));
    net_say(p.client, p.client->live, "x", 1);
    net_run(p.net, 50);
    ck_assert_uint_eq(p.server->n_kind[LOCKET_DATA], 1);
    net_free(p.net);
}
END_TEST

START_TEST(the_last_flight_is_sent_before_connected_is_told)
{
    struct pair p = net_connected(8);
    ck_assert(p.server->n_events >= 2);
    ck_assert_int_eq(p.server->events[p.server->n_events - 1].kind, LOCKET_CONNECTED);
    ck_assert_int_eq(p.server->events[p.server->n_events - 2].kind, LOCKET_SEND);
    net_free(p.net);
}
END_TEST

START_TEST(the_suite_is_the_first_of_the_servers_order_that_the_client_has)
{
    static const uint16_t server[] = { 0x00A8, 0xC0A4 }, client[] = { 0xC0A4, 0xC0A8 };
    struct pair p = net_pair(9);
    p.server->config.suites = server;
    p.server->config.n_suites = 2;
    p.client->config.suites = client;
    p.client->config.n_suites = 2;
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 2000));
    ck_assert_uint_eq(locket_suite(p.client->live), 0xC0A4);
    net_free(p.net);
}
END_TEST

START_TEST(no_common_suite_ends_with_handshake_failure_on_both_sides)
{
    static const uint16_t server[] = { 0x00A8 };
    struct pair p = pair_of(0xC0A8, 10);
    p.server->config.suites = server;
    p.server->config.n_suites = 1;
    p.client->config.deadline = 5000;
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    net_run(p.net, 6000);
    ck_assert_int_eq(net_last(p.server, LOCKET_FAILED)->reason, 40);
    ck_assert_ptr_null(net_last(p.server, LOCKET_FAILED)->session);
    ck_assert_int_eq(net_last(p.client, LOCKET_CLOSED)->reason, LOCKET_PEER_ALERT + 40);
    ck_assert_uint_eq(p.client->n_kind[LOCKET_CLOSED], 1);
    net_free(p.net);
}
END_TEST

/* --- a hand-played client against our server ------------------------------------------ */

START_TEST(a_hand_played_client_connects)
{
    struct hand h;
    hand_new(&h, LOCKET_SERVER, 20);
    h.p.suites[0] = (uint8_t)(all_suites[_i] >> 8);
    h.p.suites[1] = (uint8_t)all_suites[_i];
    hand_up(&h);
    ck_assert(p12_finish(&h.p));
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    p12_sealed(&h.p, 23, "hello", 5);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_DATA], 1);
    net_free(h.net);
}
END_TEST

START_TEST(a_hand_played_server_connects)
{
    struct hand h;
    hand_new(&h, LOCKET_CLIENT, 21);
    h.p.suite = all_suites[_i];
    hand_up(&h);
    ck_assert(p12_finish(&h.p));
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    p12_sealed(&h.p, 23, "hello", 5);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_DATA], 1);
    net_free(h.net);
}
END_TEST

/* ClientKeyExchange bodies that are too short, too long or lie about their length */
START_TEST(a_malformed_client_key_exchange_is_a_decode_error)
{
    static const struct { uint8_t body[8]; size_t len; } rows[] = {
        { { 0 }, 0 }, { { 0 }, 1 }, { { 0, 5, 'a', 'b' }, 4 }, { { 0, 1, 'a', 'b' }, 4 }, { { 0xFF, 0xFF, 1 }, 3 }
    };
    struct hand h;
    hand_new(&h, LOCKET_SERVER, 25);
    hand_up(&h);
    ck_assert(p12_until(&h.p, M_CLIENT_KEY));
    p12_message(&h.p, M_CLIENT_KEY, rows[_i].body, rows[_i].len);
    ck_assert_int_eq(p12_alert_taken(&h.p), 0x232);
    ck_assert_int_eq(net_last(h.node, LOCKET_FAILED)->reason, 50);
    net_free(h.net);
}
END_TEST

START_TEST(an_authentic_finished_that_lies_is_a_decrypt_error)
{
    struct hand h;
    hand_new(&h, LOCKET_SERVER, 26);
    hand_up(&h);
    uint8_t verify[13] = { 0 };
    ck_assert(p12_until(&h.p, M_FINISHED));
    p12_verify_data(&h.p, false, verify);
    size_t len = _i == 0 ? 12 : _i == 1 ? 11 : 13;
    if (_i == 0)
        verify[11] ^= 1;
    p12_message(&h.p, M_FINISHED, verify, len);
    int a = p12_alert_taken(&h.p);
    ck_assert_int_eq(a, _i == 0 ? 0x233 : 0x232);
    ck_assert_int_eq(net_last(h.node, LOCKET_FAILED)->reason, a & 255);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 0);
    net_free(h.net);
}
END_TEST

START_TEST(three_messages_in_one_record_are_taken)
{
    struct hand h;                /* a server of messages cut otherwise: SH + SKE + SHD in one */
    hand_new(&h, LOCKET_CLIENT, 27);
    hand_up(&h);
    ck_assert(p12_until(&h.p, M_SERVER_HELLO));
    uint8_t all[256], hello[128];
    size_t n = p12_hello_body(&h.p, hello), at = 0;
    const struct { unsigned type; const uint8_t *body; size_t len; } m[] = {
        { M_SERVER_HELLO, hello, n }, { M_SERVER_KEY, (const uint8_t *)"\0\3abc", 5 }, { M_HELLO_DONE, hello, 0 }
    };
    for (size_t i = 0; i < 3; i++) {
        uint8_t header[12] = { (uint8_t)m[i].type, 0, 0, (uint8_t)m[i].len, 0, (uint8_t)h.p.seq++,
                               0, 0, 0, 0, 0, (uint8_t)m[i].len };
        memcpy(all + at, header, 12);
        memcpy(all + at + 12, m[i].body, m[i].len);
        at += 12 + m[i].len;
    }
    sha256_add(&h.p.transcript, all, at);
    p12_plain(&h.p, 22, all, at);
    ck_assert(p12_take(&h.p, M_CLIENT_KEY) && p12_take(&h.p, M_CCS) && p12_take(&h.p, M_FINISHED));
    ck_assert_uint_eq(h.node->hint_len, 3);
    p12_send(&h.p, M_CCS);
    p12_send(&h.p, M_FINISHED);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    net_free(h.net);
}
END_TEST

/* --- a hand-played server against our client ---------------------------------------------- */

START_TEST(a_server_without_a_cookie_round_is_taken)
{
    struct hand h;
    hand_new(&h, LOCKET_CLIENT, 31);
    hand_up(&h);
    ck_assert(p12_take(&h.p, M_CLIENT_HELLO));
    p12_send(&h.p, M_SERVER_HELLO);
    p12_send(&h.p, M_HELLO_DONE);
    ck_assert(p12_take(&h.p, M_CLIENT_KEY) && p12_take(&h.p, M_CCS) && p12_take(&h.p, M_FINISHED));
    p12_send(&h.p, M_CCS);
    p12_send(&h.p, M_FINISHED);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    net_free(h.net);
}
END_TEST

START_TEST(a_servers_false_finished_closes_the_client)
{
    struct hand h;
    hand_new(&h, LOCKET_CLIENT, 32);
    h.node->config.deadline = 3000;
    hand_up(&h);
    uint8_t verify[12];
    ck_assert(p12_until(&h.p, M_CCS));
    p12_send(&h.p, M_CCS);
    p12_verify_data(&h.p, true, verify);
    verify[0] ^= 0x80;
    p12_message(&h.p, M_FINISHED, verify, 12);
    net_run(h.net, 4000);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 0);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CLOSED], 1);
    ck_assert_int_eq(h.node->last_reason, 51);
    net_free(h.net);
}
END_TEST

Suite *test_handshake(void)
{
    Suite *s = suite_create("handshake");
    TCase *t = tcase_create("with itself");
    tcase_add_loop_test(t, every_suite_connects_and_carries_data_both_ways, 0, 3);
    tcase_add_test(t, data_fills_the_datagram_to_its_limit_and_not_a_byte_more);
    tcase_add_loop_test(t, one_suite_travels_in_the_bytes_the_rfcs_demand, 0, 3);
    tcase_add_test(t, the_hellos_say_what_they_must_and_nothing_else);
    tcase_add_test(t, a_knob_puts_one_message_into_each_record);
    tcase_add_test(t, randoms_are_fresh_and_kept_over_the_cookie);
    tcase_add_test(t, one_buffer_serves_for_both_directions);
    tcase_add_test(t, the_last_flight_is_sent_before_connected_is_told);
    tcase_add_test(t, the_suite_is_the_first_of_the_servers_order_that_the_client_has);
    tcase_add_test(t, no_common_suite_ends_with_handshake_failure_on_both_sides);
    suite_add_tcase(s, t);
    t = tcase_create("our server");
    tcase_add_loop_test(t, a_hand_played_client_connects, 0, 3);
    tcase_add_loop_test(t, a_malformed_client_key_exchange_is_a_decode_error, 0, 5);
    tcase_add_loop_test(t, an_authentic_finished_that_lies_is_a_decrypt_error, 0, 3);
    suite_add_tcase(s, t);
    t = tcase_create("our client");
    tcase_add_loop_test(t, a_hand_played_server_connects, 0, 3);
    tcase_add_test(t, three_messages_in_one_record_are_taken);
    tcase_add_test(t, a_server_without_a_cookie_round_is_taken);
    tcase_add_test(t, a_servers_false_finished_closes_the_client);
    suite_add_tcase(s, t);
    return s;
}
