/* SPDX-License-Identifier: Apache-2.0
 *
 * test_psk.c -- identities, keys and hints (RFC 4279, RFC 7925 section 4.2): what is
 * taken, what is refused, that a slow look-up costs nothing on the wire, and
 * that nobody learns from a server which identities it knows. */
#include <check.h>
#include <string.h>

#include "peer12.h"

Suite *test_psk(void);

static struct pair pair_with(const void *identity, size_t identity_len, size_t key_len, uint64_t seed)
{
    struct pair p = net_pair(seed);
    uint8_t key[80];
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)(i * 7);
    net_set_key(p.client, 0, identity, identity_len, key, key_len, 1);
    net_set_key(p.server, 0, identity, identity_len, key, key_len, 2);
    return p;
}

START_TEST(identities_of_every_length_and_byte_arrive_as_they_are)
{
    for (size_t len = 1; len <= LOCKET_CFG_IDENTITY_SIZE; len++) {
        uint8_t identity[128];
        for (size_t i = 0; i < len; i++)     /* NUL, 0xFF and broken UTF-8 among them */
            identity[i] = (uint8_t)(i * 37 + len * 11 - 11);
        struct pair p = pair_with(identity, len, 16, len);
        net_pair_up(&p);
        net_connect(p.client, &p.server->address);
        ck_assert_msg(net_meet(p.net, p.client, p.server, 900), "identity of %zu bytes", len);
        ck_assert_uint_eq(p.server->asked_len, len);
        ck_assert_mem_eq(p.server->asked, identity, len);
        net_free(p.net);
    }
}
END_TEST

START_TEST(identities_are_compared_to_the_last_byte)
{
    struct pair p = pair_with("a\0b", 3, 16, 1);
    net_set_key(p.server, 0, "a\0c", 3, p.server->keys[0].key, 16, 2);
    net_set_key(p.server, 1, "a", 1, p.server->keys[0].key, 16, 3);
    net_set_key(p.server, 2, "a\0b", 3, p.server->keys[0].key, 16, 4);
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    ck_assert_uint_eq(locket_handle(p.server->live), 4);
    net_free(p.net);
}
END_TEST

START_TEST(keys_of_16_to_64_bytes_work)
{
    for (size_t len = 16; len <= 64; len++) {
        struct pair p = pair_with("id", 2, len, len);
        net_pair_up(&p);
        net_connect(p.client, &p.server->address);
        ck_assert_msg(net_meet(p.net, p.client, p.server, 900), "key of %zu bytes", len);
        net_free(p.net);
    }
}
END_TEST

/* On the client: a reason of its own, nothing more is sent. On the server: as if
 * the identity were unknown. */
START_TEST(keys_of_15_and_65_bytes_are_refused)
{
    static const size_t lengths[] = { 0, 15, 65, 80 };
    struct pair p = pair_with("id", 2, lengths[_i], 1);
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    net_run(p.net, 70000);
    ck_assert_uint_eq(p.client->n_kind[LOCKET_CONNECTED] + p.server->n_kind[LOCKET_CONNECTED], 0);
    ck_assert_uint_eq(p.client->n_kind[LOCKET_CLOSED], 1);
    ck_assert_int_eq(p.client->last_reason, LOCKET_ERR_NO_KEY);
    ck_assert_uint_eq(net_count(p.net, &p.client->address, 22, 0, M_CLIENT_KEY), 0);
    net_free(p.net);

    struct hand h;
    hand_new(&h, LOCKET_SERVER, 2);
    net_set_key(h.node, 0, "meter-test-0001", 15,
                "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", lengths[_i], 1);
    hand_up(&h);
    h.p.key_len = 16;
    ck_assert(p12_until(&h.p, M_FINISHED));
    p12_send(&h.p, M_FINISHED);
    ck_assert_int_eq(p12_alert_taken(&h.p), 0x233);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 0);
    net_free(h.net);
}
END_TEST

START_TEST(a_client_without_a_key_says_so)
{
    struct pair p = net_pair(3);
    p.client->n_keys = 0;
    p.client->lookup_ms = _i ? 100 : 0;
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    net_run(p.net, 5000);
    ck_assert_uint_eq(p.client->n_kind[LOCKET_CLOSED], 1);
    ck_assert_int_eq(p.client->last_reason, LOCKET_ERR_NO_KEY);
    net_free(p.net);
}
END_TEST

static locket_error long_identity(void *user, locket_psk *psk)
{
    static const uint8_t bytes[LOCKET_CFG_IDENTITY_SIZE + 1] = { 1 };
    const size_t *len = user;
    psk->identity = bytes;
    psk->identity_len = *len;
    psk->key = bytes;
    psk->key_len = 16;
    return LOCKET_OK;
}

START_TEST(a_client_refuses_an_identity_beyond_the_limit)
{
    size_t len = LOCKET_CFG_IDENTITY_SIZE + 1;
    struct pair p = net_pair(4);
    p.client->config.psk = long_identity;
    p.client->config.user = &len;
    p.client->config.keylog = NULL;
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    net_run(p.net, 5000);
    ck_assert_uint_eq(p.client->n_kind[LOCKET_CLOSED], 1);
    ck_assert_uint_eq(p.client->n_kind[LOCKET_CONNECTED], 0);
    ck_assert_uint_eq(net_count(p.net, &p.client->address, 22, 0, M_CLIENT_KEY), 0);
    net_free(p.net);
}
END_TEST

START_TEST(a_server_refuses_an_identity_beyond_the_limit_cleanly)
{
    struct hand h;
    hand_new(&h, LOCKET_SERVER, 5);
    hand_up(&h);
    h.p.identity_len = LOCKET_CFG_IDENTITY_SIZE + 1 + (size_t)_i * 100;
    ck_assert(p12_until(&h.p, M_FINISHED));
    p12_send(&h.p, M_FINISHED);
    net_run(h.net, 70000);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 0);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_FAILED], 1);
    ck_assert_uint_eq(h.node->n_lookups, 0);
    p12_reboot(&h.p);
    h.p.identity_len = 15;
    ck_assert(p12_finish(&h.p));
    net_free(h.net);
}
END_TEST

/* --- hints ------------------------------------------------------------------------------ */

START_TEST(a_hint_of_any_length_reaches_the_look_up)
{
    static const size_t lengths[] = { 0, 1, 2, 17, 100, 127, 128 };
    uint8_t hint[128];
    for (size_t i = 0; i < sizeof hint; i++)
        hint[i] = (uint8_t)(255 - i);
    struct pair p = net_pair(6);
    p.server->config.hint = hint;
    p.server->config.hint_len = lengths[_i];
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    ck_assert_uint_eq(p.client->hint_len, lengths[_i]);
    ck_assert_mem_eq(p.client->hint, hint, lengths[_i]);
    ck_assert_uint_eq(p.server->hint_len, 0);
    net_free(p.net);
}
END_TEST

/* It fits the arena once beside a cookie of 20 bytes, not twice. */
START_TEST(a_long_hint_in_two_fragments_reaches_the_look_up)
{
    struct hand h;
    uint8_t body[2 + 128] = { 0, 128 };
    bool forged_first = _i == 1;
    for (size_t i = 2; i < sizeof body; i++)
        body[i] = (uint8_t)(i * 5);
    hand_new(&h, LOCKET_CLIENT, 8);
    h.p.cookie_len = 20;
    hand_up(&h);
    ck_assert(p12_until(&h.p, M_SERVER_HELLO));
    p12_send(&h.p, M_SERVER_HELLO);
    if (forged_first)
        p12_fragment(&h.p, M_SERVER_KEY, 40, h.p.seq, 0, 20, body);
    p12_fragment(&h.p, M_SERVER_KEY, sizeof body, h.p.seq, 0, 70, body);
    p12_fragment(&h.p, M_SERVER_KEY, sizeof body, h.p.seq, 70, sizeof body - 70, body + 70);
    h.p.seq++;
    p12_send(&h.p, M_HELLO_DONE);
    ck_assert(p12_next(&h.p));
    ck_assert_uint_eq(h.node->hint_len, 128);
    ck_assert_mem_eq(h.node->hint, body + 2, 128);
    net_free(h.net);
}
END_TEST

START_TEST(an_empty_or_malformed_hint_of_another_server)
{
    static const struct { const char *body; size_t len; bool good; } rows[] = {
        { "\0\0", 2, true }, { "", 0, false }, { "\0", 1, false }, { "\0\2a", 3, false }, { "\0\1ab", 4, false }
    };
    struct hand h;
    hand_new(&h, LOCKET_CLIENT, 7);
    h.node->config.deadline = 3000;
    hand_up(&h);
    ck_assert(p12_until(&h.p, M_SERVER_HELLO));
    p12_send(&h.p, M_SERVER_HELLO);
    p12_message(&h.p, M_SERVER_KEY, rows[_i].body, rows[_i].len);
    p12_send(&h.p, M_HELLO_DONE);
    if (rows[_i].good) {
        ck_assert(p12_take(&h.p, M_CLIENT_KEY));
    } else {
        ck_assert(!p12_take(&h.p, M_CLIENT_KEY));
        net_run(h.net, 4000);
        ck_assert_int_eq(h.node->last_reason, 50);
    }
    net_free(h.net);
}
END_TEST

/* --- slow look-ups ------------------------------------------------------------------------ */

START_TEST(a_look_up_of_300_ms_costs_no_retransmission)
{
    struct pair p = net_pair(8);
    bool client = _i & 1, server = _i & 2;
    p.client->lookup_ms = client ? 300 : 0;
    p.server->lookup_ms = server ? 300 : 0;
    p.client->config.one_message_per_record = _i & 4;
    if (_i & 8)
        p.client->cap = 256;
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    ck_assert_uint_eq(p.net->n_log, 6);
    ck_assert_uint_eq(p.net->elapsed, 60u + (client ? 300u : 0u) + (server ? 300u : 0u));
    ck_assert_int_eq(p.client->answered | p.server->answered, LOCKET_OK);
    ck_assert_uint_eq(locket_handle(p.server->live), 7001);
    net_free(p.net);
}
END_TEST

/* The flight's ChangeCipherSpec and Finished come in datagrams of their own, before,
 * in or after the time of the look-up, in any order. */
START_TEST(the_rest_of_the_flight_waits_for_the_look_up)
{
    static const unsigned orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
                                           { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
    struct hand h;
    hand_new(&h, LOCKET_SERVER, 9);
    h.node->lookup_ms = 300;
    hand_up(&h);
    ck_assert(p12_until(&h.p, M_CLIENT_KEY));
    uint8_t part[3][256];
    size_t len[3];
    static const unsigned m[] = { M_CLIENT_KEY, M_CCS, M_FINISHED };
    for (size_t i = 0; i < 3; i++) {
        p12_hold(&h.p);
        p12_send(&h.p, m[i]);
        memcpy(part[i], h.p.held, len[i] = h.p.held_len);
        h.p.hold = false;
    }
    for (size_t i = 0; i < 3; i++)
        net_inject(h.net, &h.p.me, &h.p.other, part[orders[_i % 6][i]], len[orders[_i % 6][i]],
                   (uint32_t)(i * (_i < 6 ? 10u : 140u)));
    net_run(h.net, 990);
    bool in_order = orders[_i % 6][2] == 2 && orders[_i % 6][0] != 1;
    if (in_order)
        ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    if (h.node->n_kind[LOCKET_CONNECTED] == 0) {         /* otherwise a repetition helps at the latest */
        for (size_t i = 1; i < 3; i++)
            net_inject(h.net, &h.p.me, &h.p.other, part[i], len[i], 10);
        net_run(h.net, 50);
    }
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    ck_assert_uint_eq(h.node->n_lookups, 1);
    net_free(h.net);
}
END_TEST

START_TEST(a_repeated_flight_during_the_look_up_asks_no_second_time)
{
    struct pair p = net_pair(10);
    p.server->lookup_ms = 5500;
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 8000));
    ck_assert_uint_eq(p.server->n_lookups, 1);
    ck_assert_int_eq(p.server->answered, LOCKET_OK);
    net_free(p.net);
}
END_TEST

START_TEST(a_look_up_that_outlasts_its_handshake_is_told_so)
{
    struct pair p = net_pair(11);
    p.server->lookup_ms = 20000;
    p.client->lookup_ms = _i ? 20000 : 0;
    p.server->config.deadline = p.client->config.deadline = 10000;
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    net_run(p.net, 30000);
    ck_assert_uint_eq(p.client->n_kind[LOCKET_CLOSED], 1);
    ck_assert_int_eq((_i ? p.client : p.server)->answered, LOCKET_ERR_QUERY);
    ck_assert_uint_eq(p.server->n_kind[LOCKET_FAILED], 1);
    ck_assert_int_eq(p.server->last_reason, LOCKET_ERR_TIMEOUT);
    locket_psk psk;
    memset(&psk, 0, sizeof psk);
    ck_assert_int_eq(locket_answer(&p.server->ep, 0, NULL, net_now(p.net)), LOCKET_ERR_QUERY);
    ck_assert_int_eq(locket_answer(&p.server->ep, 0xFFFFFFFF, &psk, net_now(p.net)), LOCKET_ERR_QUERY);
    ck_assert_int_eq(locket_answer(&p.server->ep, 0x00FF0001, &psk, net_now(p.net)), LOCKET_ERR_QUERY);
    net_free(p.net);
}
END_TEST

/* Two look-ups at once are answered by their names, also in the other order. */
START_TEST(look_ups_of_several_peers_do_not_mix)
{
    struct net *net = net_new(12, 0);
    struct net_node *s = net_node(net, LOCKET_SERVER, 2, 2), *c[3];
    net_up(s, 3, 3);
    for (unsigned i = 0; i < 3; i++) {
        uint8_t key[16] = { 0 }, identity = (uint8_t)('a' + i);
        key[0] = (uint8_t)i;
        c[i] = net_node(net, LOCKET_CLIENT, 10 + i, 1);
        net_set_key(c[i], 0, &identity, 1, key, 16, i);
        net_set_key(s, i, &identity, 1, key, 16, 300 + i);
        net_up(c[i], 1, 1);
    }
    for (unsigned i = 0; i < 3; i++) {
        s->lookup_ms = 400 - 150 * i;
        net_connect(c[i], &s->address);
        net_run(net, 45);
    }
    net_run(net, 900);
    ck_assert_uint_eq(s->n_kind[LOCKET_CONNECTED], 3);
    for (size_t i = 0; i < s->n_events; i++)
        if (s->events[i].kind == LOCKET_CONNECTED)
            ck_assert_uint_eq(s->events[i].handle, 300u + s->events[i].peer.bytes[3] - 10u);
    net_free(net);
}
END_TEST

/* --- wrong keys and unknown identities ------------------------------------------------------ */

/* All that the server says in such a run: times, and bytes but for the random. */
static size_t transcript_of(bool unknown, uint32_t lookup_ms, uint8_t *out, size_t cap, int *alert)
{
    struct pair p = net_pair(13);
    size_t n = 0;
    if (unknown)
        net_set_key(p.server, 0, "somebody-else-1", 15, p.server->keys[0].key, 16, 1);
    else
        p.server->keys[0].key[7] ^= 1;
    p.server->lookup_ms = lookup_ms;
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    net_run(p.net, 130000);
    for (size_t i = 0; i < p.net->n_log; i++) {
        const struct net_datagram *d = p.net->log[i];
        if (!net_same(&d->from, &p.server->address))
            continue;
        ck_assert_uint_le(n + 8 + d->len, cap);
        for (size_t k = 0; k < 8; k++)
            out[n++] = (uint8_t)(d->at >> (8 * k));
        memcpy(out + n, d->bytes, d->len);
        n += d->len;
    }
    ck_assert_uint_eq(p.server->n_kind[LOCKET_FAILED], 1);
    ck_assert_uint_eq(p.client->n_kind[LOCKET_CLOSED], 1);
    ck_assert_int_eq(p.client->last_reason, LOCKET_PEER_ALERT + 51);
    ck_assert_int_eq(p.server->last_reason, 51);
    *alert = (int)net_count(p.net, &p.server->address, 21, 0, -1);
    net_free(p.net);
    return n;
}

START_TEST(a_wrong_key_and_an_unknown_identity_look_alike_on_the_wire)
{
    static uint8_t a[65536], b[65536];
    int alerts[2];
    size_t n = transcript_of(false, _i ? 300 : 0, a, sizeof a, &alerts[0]);
    size_t m = transcript_of(true, _i ? 300 : 0, b, sizeof b, &alerts[1]);
    ck_assert_uint_eq(n, m);
    ck_assert_mem_eq(a, b, n);
    ck_assert_int_ge(alerts[0], 1);
    ck_assert_int_eq(alerts[1], alerts[0]);
}
END_TEST

/* A device with a wrong key tries again, but later each time: RFC 6347 section 4.2.4.1. */
START_TEST(a_wrong_key_does_not_make_a_client_talk_without_end)
{
    struct pair p = net_pair(16);
    p.client->keys[0].key[0] ^= 1;
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    net_run(p.net, 130000);
    ck_assert_int_eq(p.client->last_reason, LOCKET_PEER_ALERT + 51);
    ck_assert_uint_le(p.client->n_kind[LOCKET_SEND], 40);
    net_free(p.net);
}
END_TEST

/* Whatever a stranger who knows no key sends as its Finished. */
START_TEST(an_unknown_identity_never_connects_whatever_key_the_client_thinks_of)
{
    struct hand h;
    hand_new(&h, LOCKET_SERVER, 14);
    hand_up(&h);
    memcpy(h.p.identity, "nobody-has-this", 15);
    memset(h.p.key, _i == 0 ? 0 : _i == 1 ? 0xFF : 0x5A, 64);
    h.p.key_len = _i == 3 ? 64 : 16;
    ck_assert(p12_until(&h.p, M_FINISHED));
    p12_send(&h.p, M_FINISHED);
    ck_assert_int_eq(p12_alert_taken(&h.p), 0x233);
    ck_assert_uint_eq(h.p.record.epoch, 0);
    p12_send(&h.p, M_FINISHED);
    ck_assert_int_eq(p12_alert_taken(&h.p), -1);         /* once is enough */
    net_run(h.net, 70000);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 0);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_FAILED], 1);
    net_free(h.net);
}
END_TEST

START_TEST(a_forged_first_record_does_not_end_the_real_clients_handshake)
{
    struct hand h;
    hand_new(&h, LOCKET_SERVER, 15);
    hand_up(&h);
    ck_assert(p12_until(&h.p, M_FINISHED));
    uint8_t forged[40] = { 0 };
    p12_record(&h.p, 22, 0xFEFD, 1, 0, forged, sizeof forged);
    p12_send(&h.p, M_FINISHED);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    net_free(h.net);
}
END_TEST

Suite *test_psk(void)
{
    Suite *s = suite_create("psk");
    TCase *t = tcase_create("psk");
    tcase_add_test(t, identities_of_every_length_and_byte_arrive_as_they_are);
    tcase_add_test(t, identities_are_compared_to_the_last_byte);
    tcase_add_test(t, keys_of_16_to_64_bytes_work);
    tcase_add_loop_test(t, keys_of_15_and_65_bytes_are_refused, 0, 4);
    tcase_add_loop_test(t, a_client_without_a_key_says_so, 0, 2);
    tcase_add_test(t, a_client_refuses_an_identity_beyond_the_limit);
    tcase_add_loop_test(t, a_server_refuses_an_identity_beyond_the_limit_cleanly, 0, 2);
    tcase_add_loop_test(t, a_hint_of_any_length_reaches_the_look_up, 0, 7);
    tcase_add_loop_test(t, a_long_hint_in_two_fragments_reaches_the_look_up, 0, 2);
    tcase_add_loop_test(t, an_empty_or_malformed_hint_of_another_server, 0, 5);
    tcase_add_loop_test(t, a_look_up_of_300_ms_costs_no_retransmission, 0, 16);
    tcase_add_loop_test(t, the_rest_of_the_flight_waits_for_the_look_up, 0, 12);
    tcase_add_test(t, a_repeated_flight_during_the_look_up_asks_no_second_time);
    tcase_add_loop_test(t, a_look_up_that_outlasts_its_handshake_is_told_so, 0, 2);
    tcase_add_test(t, look_ups_of_several_peers_do_not_mix);
    tcase_add_loop_test(t, a_wrong_key_and_an_unknown_identity_look_alike_on_the_wire, 0, 2);
    tcase_add_test(t, a_wrong_key_does_not_make_a_client_talk_without_end);
    tcase_add_loop_test(t, an_unknown_identity_never_connects_whatever_key_the_client_thinks_of, 0, 4);
    tcase_add_test(t, a_forged_first_record_does_not_end_the_real_clients_handshake);
    suite_add_tcase(s, t);
    return s;
}
