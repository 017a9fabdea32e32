/* SPDX-License-Identifier: Apache-2.0
 *
 * test_rfc_cid.c -- what RFC 9146 asks of hellos and of what leaves: how connection IDs are agreed
 * on, and which records have them. Our endpoint in either role, and a peer played by hand. */
#include "roaming.h"

Suite *test_rfc_cid(void);

enum { UNSUPPORTED_EXTENSION = 110, DECODE_ERROR = 50 };

/* --- what is agreed ------------------------------------------------------------------- */

START_TEST(a_client_hello_asks_for_one_connection_id)
{
    static const size_t lens[] = { 0, 1, 2, 8 };
    struct hand h;
    size_t len;
    roam(&h, 0, 1, lens[_i], 4);
    hand_up(&h);
    ck_assert(p12_take(&h.p, M_CLIENT_HELLO));
    const uint8_t *x = p12_extension(&h.p, X_CID, &len);
    ck_assert(x && len == 1 + lens[_i] && x[0] == lens[_i]);
    net_free(h.net);
}
END_TEST

START_TEST(no_connection_id_is_offered_or_agreed_unless_it_is_configured)
{
    struct hand h;
    size_t len;
    hand_new(&h, _i ? LOCKET_SERVER : LOCKET_CLIENT, 2);
    if (_i)
        p12_roams(&h.p, 4, true);
    hand_up(&h);
    if (_i)
        ck_assert(p12_greet(&h.p));
    else
        ck_assert(p12_take(&h.p, M_CLIENT_HELLO));
    ck_assert_ptr_null(p12_extension(&h.p, X_CID, &len));
    ck_assert_ptr_null(p12_extension(&h.p, X_CHECKS, &len));
    ck_assert(!_i || p12_full(&h.p));
    net_free(h.net);
}
END_TEST

/* RFC 6347 section 4.2.1: the second ClientHello is the first, and a cookie. */
START_TEST(the_connection_id_is_the_same_behind_a_cookie)
{
    struct hand h;
    uint8_t id[8];
    size_t len;
    roam(&h, 0, 3, 8, 4);
    hand_up(&h);
    ck_assert(p12_take(&h.p, M_CLIENT_HELLO));
    memcpy(id, p12_extension(&h.p, X_CID, &len) + 1, 8);
    p12_send(&h.p, M_HELLO_VERIFY);
    ck_assert(p12_take(&h.p, M_CLIENT_HELLO));
    ck_assert_mem_eq(p12_extension(&h.p, X_CID, &len) + 1, id, 8);
    net_free(h.net);
}
END_TEST

/* With the ID that it wants itself; to a client that wants none as well. */
START_TEST(a_server_answers_a_connection_id_and_says_none_unasked)
{
    static const struct { size_t ours, theirs; bool asked; } rows[] = {
        { 8, 4, true }, { 0, 4, true }, { 8, 0, true }, { 0, 0, true }, { 8, 0, false }
    };
    struct hand h;
    size_t len;
    roam(&h, 1, 4, rows[_i].ours, rows[_i].theirs);
    if (!rows[_i].asked) {
        h.p.extensions_len = 4;
        p12_extend(&h.p, X_OLD_CID, "\2ab", 3);      /* the number of the drafts says nothing */
        p12_extend(&h.p, X_CHECKS, "", 0);
    }
    hand_up(&h);
    ck_assert(p12_greet(&h.p));
    const uint8_t *x = p12_extension(&h.p, X_CID, &len);
    ck_assert_int_eq(x != NULL, rows[_i].asked);
    ck_assert(!x || (len == 1 + rows[_i].ours && x[0] == rows[_i].ours));
    ck_assert_ptr_null(p12_extension(&h.p, X_OLD_CID, &len));
    ck_assert(p12_full(&h.p));
    talks(&h);
    net_free(h.net);
}
END_TEST

START_TEST(a_client_refuses_the_old_number_and_what_it_did_not_ask_for)
{
    struct hand h;
    roam(&h, 0, 5, 8, 4);
    h.p.extensions_len = 9;
    h.p.roams = false;
    p12_extend(&h.p, _i ? X_CID : X_OLD_CID, "\1a", 2);
    h.node->config.cid = !_i;
    h.node->config.cid_len = _i ? 0 : 8;
    hand_up(&h);
    ck_assert(p12_take(&h.p, M_CLIENT_HELLO));
    p12_send(&h.p, M_SERVER_HELLO);
    ck_assert_int_eq(p12_alert_taken(&h.p), 2 << 8 | UNSUPPORTED_EXTENSION);
    net_free(h.net);
}
END_TEST

/* One length and as many bytes. */
START_TEST(a_malformed_connection_id_is_answered_with_decode_error)
{
    static const struct { const char *body; size_t len; } rows[] = {
        { "", 0 }, { "\1", 1 }, { "\3ab", 3 }, { "\1ab", 3 }, { "\0a", 2 }, { "\377", 1 }
    };
    struct hand h;
    roam(&h, _i % 2, 6, 8, 4);
    h.p.extensions_len = _i % 2 ? 4 : 9;
    h.p.roams = false;
    p12_extend(&h.p, X_CID, rows[_i / 2].body, rows[_i / 2].len);
    hand_up(&h);
    if (_i % 2) {
        p12_send(&h.p, M_CLIENT_HELLO);
        ck_assert(p12_take(&h.p, M_HELLO_VERIFY));
        p12_send(&h.p, M_CLIENT_HELLO);
    } else {
        ck_assert(p12_take(&h.p, M_CLIENT_HELLO));
        p12_send(&h.p, M_SERVER_HELLO);
    }
    ck_assert_int_eq(p12_alert_taken(&h.p), 2 << 8 | DECODE_ERROR);
    ck_assert_ptr_null(h.node->live);
    net_free(h.net);
}
END_TEST

START_TEST(ids_of_every_length_that_there_is_room_for_are_sent)
{
    for (size_t len = 0; len <= LOCKET_CFG_PEER_CID_SIZE; len++) {
        struct hand h;
        roam(&h, _i, 7, 3, len);
        connect(&h);
        talks(&h);
        net_free(h.net);
    }
}
END_TEST

/* A server does without; a client has no way to say so, and goes. */
START_TEST(a_longer_id_than_there_is_room_for_is_not_agreed_to)
{
    static const size_t lens[] = { LOCKET_CFG_PEER_CID_SIZE + 1, 100, 255 };
    struct hand h;
    size_t len;
    roam(&h, _i % 2, 8, 8, lens[_i / 2]);
    h.node->config.deadline = 3000;
    hand_up(&h);
    if (_i % 2) {
        ck_assert(p12_greet(&h.p));
        ck_assert_ptr_null(p12_extension(&h.p, X_CID, &len));
        ck_assert(p12_full(&h.p));
        h.p.cid_len = 0;
        talks(&h);
    } else {
        ck_assert(p12_take(&h.p, M_CLIENT_HELLO));
        p12_send(&h.p, M_SERVER_HELLO);
        ck_assert(!p12_full(&h.p));
        net_run(h.net, 4000);
        ck_assert_int_eq(h.node->last_reason, LOCKET_ERR_CID);
    }
    net_free(h.net);
}
END_TEST

/* RFC 9146 section 3: connection IDs belong to one handshake. */
START_TEST(a_resumed_session_agrees_on_its_connection_ids_anew)
{
    static const struct { bool up, down; uint8_t client, server; } rows[] = {
        { true, true, 8, 8 }, { true, true, 3, 2 }, { true, true, 0, 4 }, { false, true, 0, 8 },
        { true, false, 8, 0 }
    };
    struct pair p = net_pair(9);
    bool tickets = _i & 1;
    net_pair_returns(&p, tickets);
    net_pair_roams(&p, 8, 8, LOCKET_PATH_APPLICATION);
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    net_close(p.client, p.client->live);
    net_run(p.net, 100);
    p.client->config.cid = rows[_i / 2].up;
    p.server->config.cid = rows[_i / 2].down;
    p.client->config.cid_len = rows[_i / 2].client;
    p.server->config.cid_len = rows[_i / 2].server;
    bool both = rows[_i / 2].up && rows[_i / 2].down;
    net_connect(p.client, &p.server->address);
    net_run(p.net, 900);
    ck_assert(p.client->live && locket_resumed(p.client->live) && p.server->live);
    ck_assert_uint_eq(locket_headroom(p.client->live), 21u + (both ? rows[_i / 2].server : 0));
    ck_assert_uint_eq(locket_headroom(p.server->live), 21u + (both ? rows[_i / 2].client : 0));
    ck_assert_int_eq(net_say(p.client, p.client->live, "up", 2), LOCKET_OK);
    net_run(p.net, 100);
    ck_assert_uint_eq(p.server->n_kind[LOCKET_DATA], 1);
    net_free(p.net);
}
END_TEST

/* --- what leaves ------------------------------------------------------------------------ */

/* Plaintext records have no ID, sealed ones all have that of their direction, if it is not empty;
 * the first is Finished, right behind ChangeCipherSpec. */
START_TEST(every_sealed_record_and_no_other_has_the_id_of_its_direction)
{
    static const size_t lens[] = { 0, 1, 8 };
    const size_t ours = lens[_i / 2 % 3], theirs = lens[_i / 6];
    struct hand h;
    roam(&h, _i % 2, 10, ours, theirs);
    connect(&h);
    talks(&h);
    net_close(h.node, h.node->live);
    net_run(h.net, 100);
    unsigned before = 0, sealed = 0;
    for (size_t i = 0; i < h.net->n_log; i++) {
        struct net_record r;
        for (size_t at = 0; p12_wrapped_record(h.net->log[i], theirs, &at, &r); before = r.type) {
            if (r.epoch == 0) {
                ck_assert_int_le(r.type, 22);
                continue;
            }
            ck_assert_int_eq(r.type == T_WRAPPED, theirs > 0);
            ck_assert(theirs == 0 || memcmp(r.body - 2 - theirs, h.p.cid, theirs) == 0);
            ck_assert(sealed++ > 0 || before == 20);
        }
    }
    ck_assert_uint_eq(sealed, 3);                    /* Finished, data, close_notify */
    ck_assert_int_eq(p12_alert_taken(&h.p), 1 << 8);
    net_free(h.net);
}
END_TEST

/* RFC 8449 section 4 counts what is encrypted. Of what comes in we count the content: others put
 * more behind theirs than they count. */
START_TEST(with_an_id_type_and_padding_count_against_a_size_limit)
{
    uint8_t inner[80] = { 0 };
    struct hand h;
    roam(&h, _i, 12, 8, 8);
    h.node->config.record_size_limit = 64;
    p12_extend(&h.p, 28, "\0\100", 2);
    connect(&h);
    ck_assert_uint_eq(locket_data_limit(&h.node->ep, h.node->live), 64 - LOCKET_CFG_CID_PADDING);
    for (size_t len = 63; len <= 65; len++) {
        unsigned before = h.node->n_kind[LOCKET_DATA];
        inner[len] = 23;
        p12_wrapped(&h.p, h.p.to, 8, inner, len + 1 + 5);
        ck_assert_uint_eq(h.node->n_kind[LOCKET_DATA], before + (len <= 64));
        inner[len] = 0;
    }
    talks(&h);
    net_free(h.net);
}
END_TEST

Suite *test_rfc_cid(void)
{
    Suite *s = suite_create("rfc_cid");
    TCase *t = tcase_create("what is agreed");
    tcase_add_loop_test(t, a_client_hello_asks_for_one_connection_id, 0, 4);
    tcase_add_loop_test(t, no_connection_id_is_offered_or_agreed_unless_it_is_configured, 0, 2);
    tcase_add_test(t, the_connection_id_is_the_same_behind_a_cookie);
    tcase_add_loop_test(t, a_server_answers_a_connection_id_and_says_none_unasked, 0, 5);
    tcase_add_loop_test(t, a_client_refuses_the_old_number_and_what_it_did_not_ask_for, 0, 2);
    tcase_add_loop_test(t, a_malformed_connection_id_is_answered_with_decode_error, 0, 12);
    tcase_add_loop_test(t, ids_of_every_length_that_there_is_room_for_are_sent, 0, 2);
    tcase_add_loop_test(t, a_longer_id_than_there_is_room_for_is_not_agreed_to, 0, 6);
    tcase_add_loop_test(t, a_resumed_session_agrees_on_its_connection_ids_anew, 0, 10);
    suite_add_tcase(s, t);
    t = tcase_create("what leaves");
    tcase_add_loop_test(t, every_sealed_record_and_no_other_has_the_id_of_its_direction, 0, 18);
    tcase_add_loop_test(t, with_an_id_type_and_padding_count_against_a_size_limit, 0, 2);
    suite_add_tcase(s, t);
    return s;
}
