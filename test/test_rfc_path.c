/* SPDX-License-Identifier: Apache-2.0
 *
 * test_rfc_path.c -- what RFC 9853 asks of both sides: how return routability checks are agreed
 * on, and how the peer's are answered. Our endpoint in either role, and a peer played by hand. */
#include "roaming.h"

Suite *test_rfc_path(void);

enum { DECODE_ERROR = 50 };
static const uint8_t cookie[8] = { 0x10, 0x32, 0x54, 0x76, 0x98, 0xBA, 0xDC, 0xFE };

/* --- what is agreed ------------------------------------------------------------------- */

START_TEST(a_client_says_rrc_with_connection_ids_unless_its_application_checks)
{
    static const struct { bool cid; locket_path_check check; bool said; } rows[] = {
        { false, LOCKET_PATH_ENHANCED, false }, { true, LOCKET_PATH_ENHANCED, true },
        { true, LOCKET_PATH_BASIC, true }, { true, LOCKET_PATH_APPLICATION, false }
    };
    struct hand h;
    size_t len;
    hand_new(&h, LOCKET_CLIENT, 1);
    h.node->config.cid = rows[_i].cid;
    h.node->config.path_check = rows[_i].check;
    hand_up(&h);
    ck_assert(p12_take(&h.p, M_CLIENT_HELLO));
    ck_assert_int_eq(p12_extension(&h.p, X_CID, &len) != NULL, rows[_i].cid);
    ck_assert_int_eq(p12_extension(&h.p, X_CHECKS, &len) != NULL, rows[_i].said);
    ck_assert(!rows[_i].said || len == 0);
    net_free(h.net);
}
END_TEST

START_TEST(a_server_says_rrc_only_where_it_is_asked_for_and_connection_ids_are_agreed)
{
    static const struct {
        bool cid, rrc;
        size_t len;
        bool ours;
        locket_path_check check;
        bool said;
    } rows[] = {
        { true,  true,  4,   true,  LOCKET_PATH_ENHANCED,    true  },
        { true,  true,  0,   true,  LOCKET_PATH_BASIC,       true  },
        { false, true,  0,   true,  LOCKET_PATH_ENHANCED,    false },
        { true,  false, 4,   true,  LOCKET_PATH_ENHANCED,    false },
        { true,  true,  4,   false, LOCKET_PATH_ENHANCED,    false },
        { true,  true,  255, true,  LOCKET_PATH_BASIC,       false },
        { true,  true,  4,   true,  LOCKET_PATH_APPLICATION, false }
    };
    struct hand h;
    size_t len;
    roam(&h, 1, 2, rows[_i].ours ? 8 : 0, rows[_i].len);
    h.node->config.cid = rows[_i].ours;
    h.node->config.path_check = rows[_i].check;
    if (!rows[_i].cid)
        h.p.extensions_len = 4;
    if (rows[_i].rrc)
        p12_extend(&h.p, X_CHECKS, "", 0);
    hand_up(&h);
    ck_assert(p12_greet(&h.p));
    ck_assert_int_eq(p12_extension(&h.p, X_CHECKS, &len) != NULL, rows[_i].said);
    ck_assert(!rows[_i].said || len == 0);
    ck_assert(p12_full(&h.p));
    net_free(h.net);
}
END_TEST

START_TEST(an_rrc_that_is_not_empty_is_answered_with_decode_error)
{
    struct hand h;
    checks(&h, _i, 3, LOCKET_PATH_BASIC, 8, 8);
    h.p.extensions_len -= 4;
    p12_extend(&h.p, X_CHECKS, "\0", 1);
    hand_up(&h);
    if (_i) {
        p12_send(&h.p, M_CLIENT_HELLO);
        ck_assert(p12_take(&h.p, M_HELLO_VERIFY));
        p12_send(&h.p, M_CLIENT_HELLO);
    } else {
        ck_assert(p12_take(&h.p, M_CLIENT_HELLO));
        p12_send(&h.p, M_SERVER_HELLO);
    }
    ck_assert_int_eq(p12_alert_taken(&h.p), 2 << 8 | DECODE_ERROR);
    net_free(h.net);
}
END_TEST

/* One of the two has not said rrc: nothing is answered, nothing asked. */
START_TEST(without_rrc_there_are_no_checks)
{
    struct hand h;
    checks(&h, _i % 2, 4, LOCKET_PATH_BASIC, 8, 8);
    if (_i / 2 || !(_i % 2))
        h.p.extensions_len -= 4;
    else
        h.node->config.path_check = LOCKET_PATH_APPLICATION;
    connect(&h);
    uint32_t before = dropped(&h, LOCKET_DROP_UNEXPECTED);
    size_t events = h.node->n_events;
    for (unsigned type = 0; type < 3; type++)
        p12_check(&h.p, type, cookie);
    ck_assert_uint_eq(dropped(&h, LOCKET_DROP_UNEXPECTED), before + 3);
    is_silent(&h, events);
    moves(&h, 1);
    net_run(h.net, 3 * T);
    ck_assert(!p12_next(&h.p));
    ck_assert_uint_eq(h.node->n_kind[LOCKET_ADDRESS], 1);
    net_free(h.net);
}
END_TEST

/* --- the peer asks ------------------------------------------------------------------------ */

/* From where it was or elsewhere; with or without checks of our own; and once for each that it
 * asks, but not for a copy. */
START_TEST(a_challenge_is_answered_once_at_once_and_where_it_came_from)
{
    const bool elsewhere = _i / 2 & 1, left = _i / 4 & 1;
    struct hand h;
    uint8_t record[256];
    checks(&h, _i % 2, 10, LOCKET_PATH_BASIC, 8, 8);
    h.node->config.n_paths = 0;
    connect(&h);
    const locket_peer home = h.p.me;
    if (elsewhere)
        h.p.me = place(1);
    locket_left(&h.node->ep, left);
    for (unsigned i = 0; i < 3; i++) {
        uint8_t message[9] = { P12_CHALLENGE };
        memcpy(message + 1, cookie, 8);
        message[8] ^= (uint8_t)i;
        p12_hold(&h.p);
        p12_sealed(&h.p, T_CHECK, message, 9);
        h.p.hold = false;
        memcpy(record, h.p.held, h.p.held_len);
        uint64_t asked_at = h.net->elapsed;
        from(&h, &h.p.me, record, h.p.held_len);
        ck_assert(p12_next(&h.p) && h.p.wrapped);
        ck_assert_uint_eq(h.p.record.type, T_CHECK);
        message[0] = left ? P12_DROP : P12_RESPONSE;
        ck_assert_uint_eq(h.p.body_len, 9);
        ck_assert_mem_eq(h.p.body, message, 9);
        ck_assert_uint_eq(h.net->log[h.net->n_log - 1]->at, asked_at);
        from(&h, &h.p.me, record, h.p.held_len);
        net_run(h.net, 2 * T);
        ck_assert(!p12_next(&h.p));
    }
    ck_assert(is_at(&h, &home));
    net_free(h.net);
}
END_TEST

START_TEST(two_challenges_in_one_datagram_are_both_answered)
{
    struct hand h;
    uint8_t one[8], two[8];
    checks(&h, _i, 11, LOCKET_PATH_BASIC, 8, 8);
    connect(&h);
    p12_hold(&h.p);
    p12_check(&h.p, P12_CHALLENGE, cookie);
    p12_check(&h.p, P12_CHALLENGE, "12345678");
    p12_go(&h.p);
    ck_assert(p12_check_taken(&h.p, P12_RESPONSE, one) && p12_check_taken(&h.p, P12_RESPONSE, two));
    bool swapped = memcmp(one, cookie, 8) != 0;
    ck_assert_mem_eq(swapped ? two : one, cookie, 8);
    ck_assert_mem_eq(swapped ? one : two, "12345678", 8);
    ck_assert(!p12_next(&h.p));
    net_free(h.net);
}
END_TEST

/* The real type behind the content where the direction has an ID, the type of the record where
 * it has none. */
START_TEST(messages_of_a_check_are_sealed_in_the_form_of_their_direction)
{
    const size_t ours = _i / 2 & 1 ? 8 : 0, theirs = _i / 4 ? 8 : 0;
    struct hand h;
    uint8_t back[8];
    checks(&h, _i % 2, 12, LOCKET_PATH_BASIC, ours, theirs);
    connect(&h);
    size_t first = h.net->n_log;
    p12_check(&h.p, P12_CHALLENGE, cookie);
    ck_assert(p12_check_taken(&h.p, P12_RESPONSE, back));
    ck_assert_mem_eq(back, cookie, 8);
    ck_assert_int_eq(h.p.wrapped, theirs > 0);
    ck_assert_uint_eq(h.net->log[first]->bytes[0], theirs ? T_WRAPPED : T_CHECK);
    ck_assert_uint_eq(h.net->log[first]->bytes[4], 1);           /* epoch */
    if (ours) {                              /* else a new address is nobody's */
        moves(&h, 1);
        ck_assert(p12_check_taken(&h.p, P12_CHALLENGE, back));
        ck_assert_int_eq(h.p.wrapped, theirs > 0);
    }
    net_free(h.net);
}
END_TEST

START_TEST(a_challenge_in_the_clear_or_forged_is_dropped)
{
    struct hand h;
    uint8_t message[9 + 16] = { P12_CHALLENGE, 1, 2, 3 };
    const size_t ours = _i / 2 ? 8 : 0;
    checks(&h, _i % 2, 13, LOCKET_PATH_BASIC, ours, 8);
    hand_up(&h);
    ck_assert(p12_until(&h.p, M_CCS));
    uint32_t before = dropped(&h, LOCKET_DROP_TYPE);
    p12_plain(&h.p, T_CHECK, message, 9);
    ck_assert_uint_eq(dropped(&h, LOCKET_DROP_TYPE), before + 1);
    p12_send(&h.p, M_CCS);
    p12_send(&h.p, M_FINISHED);
    if (_i % 2)
        ck_assert(p12_take(&h.p, M_CCS) && p12_take(&h.p, M_FINISHED));
    ck_assert_ptr_nonnull(h.node->live);
    size_t events = h.node->n_events;
    p12_skip(&h.p);
    p12_plain(&h.p, T_CHECK, message, 9);
    p12_record(&h.p, T_CHECK, 0xFEFD, 1, 99, message, sizeof message);
    is_silent(&h, events);
    net_free(h.net);
}
END_TEST

/* A kind that there is not yet, also with a cookie that we wait for; and any length that is not
 * that of a message. */
START_TEST(unknown_and_malformed_messages_are_ignored)
{
    struct hand h;
    uint8_t message[32] = { 0 };
    checks(&h, _i, 14, LOCKET_PATH_BASIC, 8, 8);
    connect(&h);
    size_t events = h.node->n_events;
    for (unsigned type = 3; type < 256; type++) {
        message[0] = (uint8_t)type;
        p12_sealed(&h.p, T_CHECK, message, type % sizeof message);
        p12_sealed(&h.p, T_CHECK, message, 9);
    }
    for (message[0] = 0; message[0] < 3; message[0]++)
        for (size_t len = 1; len < sizeof message; len++)
            if (len != 9)
                p12_sealed(&h.p, T_CHECK, message, len);
    is_silent(&h, events);
    moves(&h, 1);
    ck_assert(p12_check_taken(&h.p, P12_CHALLENGE, message + 1));
    events = h.node->n_events;
    for (unsigned type = 3; type < 256; type++) {
        message[0] = (uint8_t)type;
        p12_sealed(&h.p, T_CHECK, message, 9);
    }
    ck_assert_uint_eq(h.node->n_events, events);
    net_free(h.net);
}
END_TEST

Suite *test_rfc_path(void)
{
    Suite *s = suite_create("rfc_path");
    TCase *t = tcase_create("what is agreed");
    tcase_add_loop_test(t, a_client_says_rrc_with_connection_ids_unless_its_application_checks, 0, 4);
    tcase_add_loop_test(t, a_server_says_rrc_only_where_it_is_asked_for_and_connection_ids_are_agreed, 0, 7);
    tcase_add_loop_test(t, an_rrc_that_is_not_empty_is_answered_with_decode_error, 0, 2);
    tcase_add_loop_test(t, without_rrc_there_are_no_checks, 0, 4);
    suite_add_tcase(s, t);
    t = tcase_create("the peer asks");
    tcase_add_loop_test(t, a_challenge_is_answered_once_at_once_and_where_it_came_from, 0, 8);
    tcase_add_loop_test(t, two_challenges_in_one_datagram_are_both_answered, 0, 2);
    tcase_add_loop_test(t, messages_of_a_check_are_sealed_in_the_form_of_their_direction, 0, 8);
    tcase_add_loop_test(t, a_challenge_in_the_clear_or_forged_is_dropped, 0, 4);
    tcase_add_loop_test(t, unknown_and_malformed_messages_are_ignored, 0, 2);
    suite_add_tcase(s, t);
    return s;
}
