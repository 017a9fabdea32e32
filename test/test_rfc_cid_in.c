/* SPDX-License-Identifier: Apache-2.0
 *
 * test_rfc_cid_in.c -- what RFC 9146 asks of records that come in: which are whose, which are
 * nobody's, and when one that comes from elsewhere says something about where its sender is. Our
 * endpoint in either role, and a peer played by hand. */
#include "roaming.h"

Suite *test_rfc_cid_in(void);

/* --- what comes in ---------------------------------------------------------------------- */

START_TEST(zeros_behind_the_real_type_are_padding)
{
    struct hand h;
    roam(&h, _i, 20, 8, 8);
    h.p.padding = 5;                                 /* of Finished as well */
    connect(&h);
    for (h.p.padding = 0; h.p.padding < 40; h.p.padding += 3)
        talks(&h);
    net_free(h.net);
}
END_TEST

/* RFC 9146 section 6 before RFC 8446 section 5.4: silence, and no end. */
START_TEST(an_authentic_record_without_a_real_type_is_dropped)
{
    static const uint8_t zeros[300];
    static const size_t lens[] = { 0, 1, 2, 16, 300 };
    struct hand h;
    roam(&h, _i, 21, 8, 8);
    connect(&h);
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        size_t events = h.node->n_events;
        uint32_t before = dropped(&h, LOCKET_DROP_UNEXPECTED);
        p12_wrapped(&h.p, h.p.to, h.p.to_len, zeros, lens[i]);
        ck_assert_uint_eq(dropped(&h, LOCKET_DROP_UNEXPECTED), before + 1);
        is_silent(&h, events);
    }
    net_free(h.net);
}
END_TEST

START_TEST(an_authentic_record_of_no_content_is_harmless)
{
    static const uint8_t types[] = { 20, 21, 22, 23, 24, 25, 26, 27, 255 };
    struct hand h;
    roam(&h, _i, 22, 8, 8);
    connect(&h);
    for (size_t i = 0; i < sizeof types; i++) {
        size_t events = h.node->n_events;
        p12_wrap(&h.p, types[i], "", 0);
        is_silent(&h, events);
    }
    net_free(h.net);
}
END_TEST

/* A record of epoch 1 that is not of type 25 is nobody's, whatever its keys; one of epoch 0 never
 * has an ID, and is what it is. */
START_TEST(a_sealed_record_without_its_id_is_dropped)
{
    struct hand h;
    roam(&h, _i, 23, 8, 8);
    connect(&h);
    static const uint8_t types[] = { 21, 22, 23, 27 };
    for (size_t i = 0; i < sizeof types; i++) {
        size_t events = h.node->n_events, len = h.p.to_len;
        h.p.to_len = 0;
        p12_sealed(&h.p, types[i], "\1\0", 2);
        h.p.to_len = len;
        is_silent(&h, events);
    }
    net_free(h.net);
}
END_TEST

START_TEST(a_finished_without_its_id_does_not_end_a_handshake)
{
    struct hand h;
    roam(&h, _i, 24, 8, 8);
    hand_up(&h);
    ck_assert(p12_until(&h.p, M_FINISHED));
    size_t len = h.p.to_len;
    struct peer12 before = h.p;
    h.p.to_len = 0;
    p12_send(&h.p, M_FINISHED);
    ck_assert_ptr_null(h.node->live);
    before.net = h.p.net;
    before.to_len = len;
    before.keys.send = h.p.keys.send;
    h.p = before;
    p12_send(&h.p, M_FINISHED);
    ck_assert_ptr_nonnull(h.node->live);
    net_free(h.net);
}
END_TEST

START_TEST(plain_and_wrapped_records_of_a_handshake_share_a_datagram)
{
    struct hand h;
    roam(&h, _i, 25, 8, 8);
    hand_up(&h);
    ck_assert(p12_until(&h.p, _i ? M_CLIENT_KEY : M_CCS));
    p12_hold(&h.p);
    if (_i)
        p12_send(&h.p, M_CLIENT_KEY);
    p12_send(&h.p, M_CCS);
    p12_send(&h.p, M_FINISHED);
    p12_go(&h.p);
    ck_assert_ptr_nonnull(h.node->live);
    net_free(h.net);
}
END_TEST

/* In epoch 0 there is no ID: during the handshake and after it. */
START_TEST(a_plaintext_record_of_type_25_is_dropped)
{
    struct hand h;
    uint8_t body[64] = { 0 };
    roam(&h, _i, 26, 8, 8);
    hand_up(&h);
    ck_assert(p12_until(&h.p, M_CCS));
    unsigned events = (unsigned)h.node->n_events;
    uint32_t types = dropped(&h, LOCKET_DROP_TYPE);
    memcpy(body, h.p.to, h.p.to_len);
    body[h.p.to_len + 1] = 4;                        /* the length behind the ID */
    uint8_t record[11 + 64] = { T_WRAPPED, 0xFE, 0xFD };
    memcpy(record + 11, body, h.p.to_len + 2 + 4);
    p12_ship(&h.p, record, 11 + h.p.to_len + 2 + 4);
    ck_assert_uint_eq(dropped(&h, LOCKET_DROP_TYPE), types + 1);
    ck_assert_uint_eq(h.node->n_events, events);
    ck_assert(!p12_next(&h.p));
    p12_send(&h.p, M_CCS);
    p12_send(&h.p, M_FINISHED);
    if (_i)
        ck_assert(p12_take(&h.p, M_CCS) && p12_take(&h.p, M_FINISHED));
    ck_assert_ptr_nonnull(h.node->live);
    p12_ship(&h.p, record, 11 + h.p.to_len + 2 + 4);
    ck_assert_uint_eq(dropped(&h, LOCKET_DROP_TYPE), types + 2);
    talks(&h);
    net_free(h.net);
}
END_TEST

/* Of an ID of ours that there is not; while none is agreed; while ours is empty. */
START_TEST(a_wrapped_record_of_no_id_of_ours_is_dropped)
{
    struct hand h;
    uint8_t id[8] = { 0 };
    const int role = _i % 2, what = _i / 2;
    roam(&h, role, 27, what == 2 ? 0 : 8, 8);
    if (what == 1) {
        h.node->config.cid = false;
        h.node->config.cid_len = 0;
        if (!role) {
            h.p.extensions_len = 9;
            h.p.roams = false;
        }
        h.p.cid_len = 0;
    }
    connect(&h);
    ck_assert_uint_eq(h.p.to_len, what ? 0 : 8);
    for (size_t len = what ? 0 : 8; len <= 8; len++) {
        size_t events = h.node->n_events;
        memcpy(id, h.p.to, 8);
        id[7] ^= 1;
        uint32_t strangers = dropped(&h, LOCKET_DROP_STRANGER);
        p12_wrapped(&h.p, id, len, "up\27", 3);
        ck_assert(what || dropped(&h, LOCKET_DROP_STRANGER) == strangers + 1);
        is_silent(&h, events);
        id[7] ^= 1;
        id[1] ^= 1;                                  /* another slot, or none */
        p12_wrapped(&h.p, id, len, "up\27", 3);
        is_silent(&h, events + 1);
    }
    net_free(h.net);
}
END_TEST

START_TEST(a_bad_record_with_a_good_id_is_dropped_in_silence)
{
    struct hand h;
    uint8_t good[128], bad[128];
    roam(&h, _i, 28, 8, 8);
    connect(&h);
    size_t n = p12_wrapped_bytes(&h.p, h.p.keys.send + 100, h.p.to, 8, "up\27", 3, good);
    size_t events = h.node->n_events;
    for (size_t bit = 0; bit < 8 * n; bit++) {
        memcpy(bad, good, n);
        bad[bit / 8] ^= (uint8_t)(1u << bit % 8);
        p12_ship(&h.p, bad, n);
    }
    for (size_t len = 0; len < n; len++)
        p12_ship(&h.p, good, len);
    is_silent(&h, events);
    ck_assert_ptr_nonnull(h.node->live);
    events = h.node->n_events;
    p12_ship(&h.p, good, n);                         /* and it was good */
    ck_assert_uint_eq(h.node->n_events, events + 1);
    net_free(h.net);
}
END_TEST

/* Two clients at one address: their records are told apart by the IDs alone. */
START_TEST(sessions_at_one_address_are_told_apart_by_their_ids)
{
    struct hand h;
    struct peer12 other;
    roam(&h, 1, 29, (size_t)_i, 4);
    h.m = 2;
    net_set_key(h.node, 1, "meter-test-0002", 15, h.p.key, 16, 7002);
    connect(&h);
    locket_session *first = h.node->live;
    p12_client(&other, h.net, 10, &h.node->address);
    other.identity[14] = '2';
    p12_roams(&other, 4, false);
    ck_assert(p12_finish(&other));
    other.me = h.p.me;
    for (unsigned i = 0; i < 4; i++) {
        p12_sealed(i & 1 ? &other : &h.p, 23, "up", 2);
        ck_assert_uint_eq(h.node->n_kind[LOCKET_DATA], i + 1);
        ck_assert_int_eq(net_last(h.node, LOCKET_DATA)->session == first, !(i & 1));
    }
    ck_assert(h.p.to_len == (size_t)_i && other.to_len == (size_t)_i);
    ck_assert_mem_ne(h.p.to, other.to, (size_t)_i);
    net_free(h.net);
}
END_TEST

/* Without IDs it hears one decrypt_error: D12-RL-18. */
START_TEST(a_client_with_a_wrong_key_and_connection_ids_is_told_nothing)
{
    struct pair p = net_pair(51);
    net_pair_roams(&p, 0, (size_t)_i, LOCKET_PATH_ENHANCED);
    p.server->keys[0].key[7] ^= 1;
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    net_run(p.net, 130000);
    ck_assert_int_eq(net_count(p.net, &p.server->address, 21, -1, -1) > 0, _i == 0);
    ck_assert_int_eq(p.client->last_reason, _i ? LOCKET_ERR_TIMEOUT : LOCKET_PEER_ALERT + 51);
    ck_assert_int_eq(p.server->last_reason, 51);
    net_free(p.net);
}
END_TEST

/* The ID of a handshake names the slot of the session that it will replace; which is gone when it
 * comes to that: closed by the client (0), or silent for too long (1). Then the slot is promised to
 * who comes next as well, and goes to the first that is finished (2, 3: that one), and to no other. */
START_TEST(a_promised_slot_that_was_given_back_is_not_given_twice)
{
    struct hand h;
    struct peer12 again, other;
    roam(&h, 1, 50, 8, 4);
    h.m = 3;
    h.node->config.idle_timeout = _i % 2 ? 500 : 0;
    net_up(h.node, 1, h.m);
    ck_assert(p12_finish(&h.p));
    p12_client(&again, h.net, 9, &h.node->address);
    p12_roams(&again, 4, false);
    ck_assert(p12_until(&again, M_CCS));
    ck_assert_uint_eq(again.to_len, 8);
    if (_i % 2)
        net_run(h.net, 600);
    else
        p12_alert(&h.p, 1, 0);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CLOSED], 1);
    p12_client(&other, h.net, 10, &h.node->address);
    p12_roams(&other, 4, false);
    ck_assert(p12_until(&other, M_CCS));
    ck_assert_uint_eq(other.to_len, 8);
    struct peer12 *first = _i / 2 ? &other : &again, *second = _i / 2 ? &again : &other;
    p12_send(first, M_CCS);
    p12_send(first, M_FINISHED);
    p12_send(second, M_CCS);
    p12_send(second, M_FINISHED);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 2);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CLOSED], 1);
    ck_assert_int_eq(h.node->last_reason, LOCKET_ERR_SESSIONS_FULL);
    locket_peer who;
    locket_peer_of(h.node->live, &who);
    ck_assert(net_same(&who, &first->me));
    unsigned before = h.node->n_kind[LOCKET_DATA];
    p12_sealed(first, 23, "up", 2);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_DATA], before + 1);
    net_free(h.net);
}
END_TEST

/* --- from elsewhere ---------------------------------------------------------------------- */

/* Authentic, and newer than all before, by a number of its own: the window would let the late one
 * pass as well. It is delivered all the same; but nobody is told of an address. */
START_TEST(only_the_newest_record_of_all_tells_of_a_new_address)
{
    struct hand h;
    uint8_t late[256], replayed[256];
    const locket_peer elsewhere = net_address(77, 7777);
    roam(&h, _i, 40, 8, 8);
    connect(&h);
    const locket_peer home = h.p.me;
    size_t late_len = hold(&h.p, late), len = hold(&h.p, replayed);
    from(&h, &home, replayed, len);
    unsigned data = h.node->n_kind[LOCKET_DATA];
    from(&h, &elsewhere, replayed, len);             /* a copy */
    ck_assert_uint_eq(h.node->n_kind[LOCKET_DATA], data);
    from(&h, &elsewhere, late, late_len);            /* delayed */
    ck_assert_uint_eq(h.node->n_kind[LOCKET_DATA], data + 1);
    ck_assert_int_eq(net_last(h.node, LOCKET_DATA)->reason, LOCKET_PENDING);
    ck_assert(net_same(&net_last(h.node, LOCKET_DATA)->peer, &home));
    len = hold(&h.p, replayed);
    replayed[len - 1] ^= 1;
    from(&h, &elsewhere, replayed, len);             /* forged */
    ck_assert_uint_eq(h.node->n_kind[LOCKET_ADDRESS], 0);
    ck_assert(is_at(&h, &home));
    talks(&h);
    net_free(h.net);
}
END_TEST

/* No check is agreed: the application hears of it, and what we send goes where it went, until
 * it says otherwise. */
START_TEST(a_new_address_is_followed_only_when_the_application_says_so)
{
    struct hand h;
    roam(&h, _i, 41, 8, 8);
    connect(&h);
    const locket_peer home = h.p.me, elsewhere = net_address(77, 7777);
    h.p.me = elsewhere;
    p12_sealed(&h.p, 23, "up", 2);
    const struct net_event *e = net_last(h.node, LOCKET_ADDRESS);
    ck_assert(e && e->reason == LOCKET_PENDING && net_same(&e->peer, &elsewhere));
    ck_assert_uint_eq(h.node->n_kind[LOCKET_DATA], 1);
    ck_assert_int_eq(net_last(h.node, LOCKET_DATA)->reason, LOCKET_PENDING);
    ck_assert_int_eq(net_say(h.node, h.node->live, "down", 4), LOCKET_OK);
    ck_assert(!p12_next(&h.p) && is_at(&h, &home));
    ck_assert_int_eq(locket_move(&h.node->ep, h.node->live, &elsewhere), LOCKET_OK);
    talks(&h);
    net_free(h.net);
}
END_TEST

Suite *test_rfc_cid_in(void)
{
    Suite *s = suite_create("rfc_cid_in");
    TCase *t = tcase_create("records");
    tcase_add_loop_test(t, zeros_behind_the_real_type_are_padding, 0, 2);
    tcase_add_loop_test(t, an_authentic_record_without_a_real_type_is_dropped, 0, 2);
    tcase_add_loop_test(t, an_authentic_record_of_no_content_is_harmless, 0, 2);
    tcase_add_loop_test(t, a_sealed_record_without_its_id_is_dropped, 0, 2);
    tcase_add_loop_test(t, a_finished_without_its_id_does_not_end_a_handshake, 0, 2);
    tcase_add_loop_test(t, plain_and_wrapped_records_of_a_handshake_share_a_datagram, 0, 2);
    tcase_add_loop_test(t, a_plaintext_record_of_type_25_is_dropped, 0, 2);
    tcase_add_loop_test(t, a_wrapped_record_of_no_id_of_ours_is_dropped, 0, 6);
    tcase_add_loop_test(t, a_bad_record_with_a_good_id_is_dropped_in_silence, 0, 2);
    tcase_add_loop_test(t, sessions_at_one_address_are_told_apart_by_their_ids, 1, 9);
    tcase_add_loop_test(t, a_client_with_a_wrong_key_and_connection_ids_is_told_nothing, 0, 2);
    tcase_add_loop_test(t, a_promised_slot_that_was_given_back_is_not_given_twice, 0, 4);
    suite_add_tcase(s, t);
    t = tcase_create("addresses");
    tcase_add_loop_test(t, only_the_newest_record_of_all_tells_of_a_new_address, 0, 2);
    tcase_add_loop_test(t, a_new_address_is_followed_only_when_the_application_says_so, 0, 2);
    suite_add_tcase(s, t);
    return s;
}
