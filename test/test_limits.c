/* SPDX-License-Identifier: Apache-2.0
 *
 * test_limits.c -- memory of a fixed size: an endpoint as one object, how full a workspace has
 * ever been, and what is said when a limit is met: which knob it is. */
#include <check.h>
#include <string.h>

#include "handshake.h"
#include "peer12.h"

Suite *test_limits(void);

START_TEST(one_object_holds_an_endpoint)
{
    static LOCKET_STORAGE(3, 1) storage;
    size_t parts = sizeof(locket_endpoint) + 3 * sizeof(locket_session) + sizeof(locket_handshake);
    struct net *net = net_new(1, 0);
    const locket_config config = net_node(net, LOCKET_CLIENT, 1, 1)->config;
    locket_peer a = net_address(2, 1), b = net_address(3, 1);
    locket_session *s;
    ck_assert_uint_ge(sizeof storage, parts);
    ck_assert_uint_le(sizeof storage, parts + sizeof(uint64_t));
    ck_assert_int_eq(locket_init_storage(&storage, &config), LOCKET_OK);
    ck_assert_uint_eq(storage.endpoint.n_sessions, 3);
    ck_assert_uint_eq(storage.endpoint.n_handshakes, 1);
    ck_assert_int_eq(locket_connect(&storage.endpoint, &a, 1, &s), LOCKET_OK);
    ck_assert_ptr_eq(s, &storage.sessions[0]);
    ck_assert_int_eq(locket_connect(&storage.endpoint, &b, 1, &s), LOCKET_ERR_HANDSHAKES_FULL);
    locket_shutdown(&storage.endpoint);
    net_free(net);
}
END_TEST

/* --- how full --------------------------------------------------------------------------- */

START_TEST(the_high_water_of_a_client_is_its_longest_flight)
{
    /* What a repeated flight is made from: the cookie, then verify_data and the identity. */
    struct pair p = net_pair(2);
    uint8_t identity[LOCKET_CFG_IDENTITY_SIZE], key[16] = { 7 };
    size_t len = _i ? sizeof identity : 1, most = _i ? VERIFY_DATA_SIZE + len : 16;
    memset(identity, 'i', sizeof identity);
    net_set_key(p.client, 0, identity, len, key, sizeof key, 1);
    net_set_key(p.server, 0, identity, len, key, sizeof key, 1);
    net_pair_up(&p);
    ck_assert_uint_eq(locket_high_water(&p.client->ep), 0);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 5000));
    /* Also when the workspace is long gone. */
    ck_assert_uint_eq(locket_high_water(&p.client->ep), most);
    /* A server keeps nothing of its flights, and nothing has come out of order. */
    ck_assert_uint_eq(locket_high_water(&p.server->ep), 0);
    net_run(p.net, 1000);
    ck_assert_uint_eq(locket_high_water(&p.client->ep), most);
    net_free(p.net);
}
END_TEST

START_TEST(the_high_water_of_a_client_counts_the_cookie)
{
    struct hand h;
    hand_new(&h, LOCKET_CLIENT, 3);
    h.p.cookie_len = 255;
    hand_up(&h);
    ck_assert(p12_until(&h.p, M_SERVER_HELLO));
    ck_assert_uint_eq(locket_high_water(&h.node->ep), 255);      /* while it runs */
    net_run(h.net, 70000);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CLOSED], 1);
    ck_assert_uint_eq(locket_high_water(&h.node->ep), 255);
    net_free(h.net);
}
END_TEST

START_TEST(the_high_water_counts_what_waits_to_be_whole)
{
    struct hand h;
    uint8_t half[40] = { 0 };
    hand_new(&h, LOCKET_SERVER, 4);
    hand_up(&h);
    ck_assert(p12_until(&h.p, M_CLIENT_KEY));
    size_t before = locket_high_water(&h.node->ep);
    p12_fragment(&h.p, HS_CLIENT_KEY, 80, h.p.seq, 0, sizeof half, half);
    /* Its header, a bit and a byte for each of its bytes. */
    ck_assert_uint_eq(locket_high_water(&h.node->ep), before + 4 + 10 + 80);
    net_free(h.net);
}
END_TEST

START_TEST(a_peer_of_an_impossible_length_is_nobody)
{
    struct pair p = net_pair(8);
    locket_peer x;
    memset(&x, 0xFF, sizeof x);
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 5000));
    ck_assert_int_eq(locket_too_big(&p.server->ep, &x, 0, p.server->ep.now), LOCKET_ERR_STATE);
    net_free(p.net);
}
END_TEST

/* --- which knob ------------------------------------------------------------------------- */

static locket_error long_identity(void *user, locket_psk *psk)
{
    static const uint8_t bytes[LOCKET_CFG_IDENTITY_SIZE + 1] = { 1 };
    (void)user;
    psk->identity = bytes;
    psk->identity_len = sizeof bytes;
    psk->key = bytes;
    psk->key_len = 16;
    return LOCKET_OK;
}

START_TEST(an_identity_of_ours_beyond_its_knob_is_an_error_that_names_it)
{
    struct pair p = net_pair(5);
    p.client->config.psk = long_identity;
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    net_run(p.net, 5000);
    ck_assert_uint_eq(p.client->n_kind[LOCKET_CLOSED], 1);
    ck_assert_int_eq(p.client->last_reason, LOCKET_ERR_IDENTITY);
    ck_assert_ptr_nonnull(strstr(locket_error_name(LOCKET_ERR_IDENTITY), "LOCKET_CFG_IDENTITY_SIZE"));
    net_free(p.net);
}
END_TEST

START_TEST(an_identity_of_the_peer_beyond_its_knob_is_counted)
{
    struct hand h;
    hand_new(&h, LOCKET_SERVER, 6);
    hand_up(&h);
    h.p.identity_len = LOCKET_CFG_IDENTITY_SIZE + (size_t)_i;
    ck_assert(p12_until(&h.p, M_FINISHED));
    ck_assert_uint_eq(locket_drops(&h.node->ep, LOCKET_DROP_IDENTITY), (unsigned)_i);
    ck_assert_uint_eq(h.node->n_lookups, _i ? 0 : 1);
    ck_assert_ptr_nonnull(strstr(locket_drop_name(LOCKET_DROP_IDENTITY), "LOCKET_CFG_IDENTITY_SIZE"));
    net_free(h.net);
}
END_TEST

START_TEST(a_hint_without_room_is_counted_and_left_out)
{
    struct hand h;
    hand_new(&h, LOCKET_CLIENT, 7);
    h.p.cookie_len = 200;
    h.p.hint_len = (LOCKET_CFG_ARENA - 200 - 4) * 8 / 9 - 2 + (size_t)_i;      /* just what fits behind the cookie */
    memset(h.p.hint, 'h', sizeof h.p.hint);
    hand_up(&h);
    ck_assert(p12_until(&h.p, M_SERVER_HELLO));
    p12_send(&h.p, M_SERVER_HELLO);
    p12_send(&h.p, M_SERVER_KEY);
    p12_send(&h.p, M_HELLO_DONE);
    ck_assert_uint_eq(locket_drops(&h.node->ep, LOCKET_DROP_TOO_LONG), (unsigned)_i);
    ck_assert_uint_eq(h.node->n_lookups, 1);
    ck_assert_uint_eq(h.node->hint_len, _i ? 0 : h.p.hint_len);
    ck_assert_uint_eq(locket_high_water(&h.node->ep), _i ? 200 : LOCKET_CFG_ARENA);
    ck_assert_ptr_nonnull(strstr(locket_drop_name(LOCKET_DROP_TOO_LONG), "LOCKET_CFG_ARENA"));
    net_free(h.net);
}
END_TEST

/* Two messages wait, each with its header of 4 bytes and a bit per byte. */
START_TEST(the_arena_takes_what_fits_to_the_byte)
{
    static const struct { size_t second; unsigned dropped; } rows[] = { { 119, 0 }, { 120, 1 } };
    static const uint8_t zeros[1];
    struct hand h;
    hand_new(&h, LOCKET_SERVER, 1);
    hand_up(&h);
    p12_until(&h.p, M_CLIENT_KEY);
    p12_fragment(&h.p, M_CLIENT_KEY, 101, 2, 0, 1, zeros);                       /* 118 bytes */
    p12_fragment(&h.p, M_FINISHED, rows[_i].second, 3, 0, 1, zeros);             /* 138, 139 */
    ck_assert_uint_eq(LOCKET_CFG_ARENA, 256);
    ck_assert_uint_eq(locket_drops(&h.node->ep, LOCKET_DROP_TOO_LONG), rows[_i].dropped);
    net_free(h.net);
}
END_TEST

Suite *test_limits(void)
{
    Suite *s = suite_create("limits");
    TCase *t = tcase_create("limits");
    tcase_add_test(t, one_object_holds_an_endpoint);
    tcase_add_loop_test(t, the_high_water_of_a_client_is_its_longest_flight, 0, 2);
    tcase_add_test(t, the_high_water_of_a_client_counts_the_cookie);
    tcase_add_test(t, the_high_water_counts_what_waits_to_be_whole);
    tcase_add_test(t, a_peer_of_an_impossible_length_is_nobody);
    tcase_add_test(t, an_identity_of_ours_beyond_its_knob_is_an_error_that_names_it);
    tcase_add_loop_test(t, an_identity_of_the_peer_beyond_its_knob_is_counted, 0, 2);
    tcase_add_loop_test(t, a_hint_without_room_is_counted_and_left_out, 0, 2);
    tcase_add_loop_test(t, the_arena_takes_what_fits_to_the_byte, 0, 2);
    suite_add_tcase(s, t);
    return s;
}
