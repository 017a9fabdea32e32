/* SPDX-License-Identifier: Apache-2.0
 *
 * test_rfc_resume.c -- what the standards ask of a server that resumes sessions: RFC 5246
 * section 7.3, RFC 7627 section 5.3 (extended master secret). Our server, and a client played
 * by hand that says what no client of ours would. Tickets are in test_rfc_ticket.c, clients
 * in test_rfc_return.c, sizes in test_rfc_limits.c. */
#include "comeback.h"

Suite *test_rfc_resume(void);

/* --- the abbreviated handshake ---------------------------------------------------------- */

START_TEST(an_abbreviated_handshake_has_fresh_randoms_new_keys_and_the_old_handle)
{
    struct hand h;
    first(&h, 1, _i);
    uint8_t old_random[32], old_key[16];
    unsigned lookups = h.node->n_lookups;
    memcpy(old_random, h.p.server_random, 32);
    memcpy(old_key, h.node->live->key[0], 16);
    p12_send(&h.p, M_CLIENT_HELLO);
    ck_assert(p12_take(&h.p, M_SERVER_HELLO));            /* and no cookie was asked for */
    ck_assert_mem_ne(h.p.server_random, old_random, 32);
    ck_assert_uint_eq(h.p.message[0] << 8 | h.p.message[1], 0xFEFD);
    ck_assert_uint_eq(h.p.given_id_len, h.p.session_id_len);
    ck_assert(memcmp(h.p.given_id, h.p.session_id, h.p.given_id_len) == 0);
    ck_assert_uint_eq(h.p.suite, 0xC0A8);
    ck_assert_uint_eq(h.p.message[37 + h.p.given_id_len], 0);
    ck_assert(has(&h.p, X_EMS) && has(&h.p, X_SECURE) && !has(&h.p, X_TICKET));
    ck_assert(p12_abbreviated(&h.p));
    ck_assert(locket_resumed(h.node->live));
    ck_assert_mem_ne(h.node->live->key[0], old_key, 16);
    ck_assert_uint_eq(locket_handle(h.node->live), h.node->keys[0].handle);
    ck_assert_uint_eq(h.node->n_lookups, lookups);
    talk(&h);
    net_free(h.net);
}
END_TEST

/* --- what is not resumed -------------------------------------------------------------- */

START_TEST(an_id_that_nobody_gave_is_a_full_handshake)
{
    struct hand h;
    first(&h, 10, false);
    h.p.session_id_len = (size_t)_i;
    for (size_t i = 0; i < (size_t)_i; i++)
        h.p.session_id[i] = (uint8_t)net_random(h.net);
    full_and_cookie(&h);
    net_free(h.net);
}
END_TEST

START_TEST(an_id_that_was_altered_is_a_full_handshake)
{
    struct hand h;
    first(&h, 11, false);
    h.p.session_id[_i / 8] ^= (uint8_t)(1u << (_i % 8));
    full_and_cookie(&h);
    net_free(h.net);
}
END_TEST

/* An ID is longer by what was behind it in memory, or has no end. */
START_TEST(an_id_of_another_length_is_a_full_handshake)
{
    struct hand h;
    first(&h, 12, false);
    h.p.session_id_len = (size_t)_i < h.p.session_id_len ? (size_t)_i : (size_t)_i + 1;
    full_and_cookie(&h);
    net_free(h.net);
}
END_TEST

START_TEST(a_session_is_resumed_under_its_own_suite_or_not_at_all)
{
    struct hand h;
    first(&h, 15, _i);
    memcpy(h.p.suites, "\0\250\0\377", 4);             /* it was C0 A8 */
    p12_send(&h.p, M_CLIENT_HELLO);
    ck_assert(p12_take(&h.p, M_HELLO_VERIFY));
    p12_send(&h.p, M_CLIENT_HELLO);
    ck_assert(p12_take(&h.p, M_SERVER_HELLO));
    ck_assert_uint_eq(h.p.suite, 0x00A8);
    ck_assert(p12_full(&h.p));
    ck_assert(!locket_resumed(h.node->live));
    net_free(h.net);
}
END_TEST

/* The server would rather have another one of the list. */
START_TEST(a_resumed_session_keeps_its_suite_whatever_else_is_offered)
{
    struct hand h;
    server(&h, 16, _i);
    memcpy(h.p.suites, "\0\250\0\377", 4);
    hand_up(&h);
    ck_assert(p12_greet(&h.p) && p12_full(&h.p));
    ck_assert_uint_eq(h.p.suite, 0x00A8);
    offer(&h.p);
    memcpy(h.p.suites, "\300\250\300\244\0\250\0\377", h.p.suites_len = 8);
    ck_assert(p12_greet(&h.p) && p12_abbreviated(&h.p));
    ck_assert_uint_eq(h.p.suite, 0x00A8);
    ck_assert(locket_resumed(h.node->live));
    talk(&h);
    net_free(h.net);
}
END_TEST

static int alert_of(struct hand *h)
{
    h->p.at = 0;
    h->p.record_at = h->p.message_at = h->p.body_len = 0;
    int last = -1;
    for (int a = p12_alert_taken(&h->p); a >= 0; a = p12_alert_taken(&h->p))
        last = a & 255;
    return last;
}

START_TEST(a_hello_without_null_compression_resumes_nothing)
{
    struct hand h;
    first(&h, 17, _i);
    h.p.compression[0] = 1;
    ck_assert(!p12_greet(&h.p));
    ck_assert_int_eq(alert_of(&h), 47);
    ck_assert(!locket_resumed(h.node->live));
    net_free(h.net);
}
END_TEST

/* RFC 7627 section 5.3, whatever config.legacy says. */
START_TEST(a_session_with_extended_master_secret_is_not_resumed_without_it)
{
    struct hand h;
    server(&h, 18, _i & 1);
    h.node->config.legacy = _i & 2;
    hand_up(&h);
    ck_assert(p12_greet(&h.p) && p12_full(&h.p));
    offer(&h.p);
    memmove(h.p.extensions, h.p.extensions + 4, h.p.extensions_len -= 4);
    ck_assert(!p12_greet(&h.p));
    ck_assert_int_eq(alert_of(&h), 40);
    ck_assert(!locket_resumed(h.node->live));
    net_free(h.net);
}
END_TEST

START_TEST(a_session_without_extended_master_secret_gets_no_way_back)
{
    struct hand h;
    server(&h, 19, _i);
    h.node->config.legacy = true;
    memmove(h.p.extensions, h.p.extensions + 4, h.p.extensions_len -= 4);
    h.p.ems = false;
    hand_up(&h);
    ck_assert(p12_greet(&h.p) && p12_full(&h.p));
    ck_assert(!h.p.promised && h.p.given_id_len == 0 && !has(&h.p, X_TICKET));
    for (size_t i = 0; i < NET_CACHE; i++)
        ck_assert(!h.node->cache[i].taken);
    talk(&h);
    net_free(h.net);
}
END_TEST

/* The client goes silent after its first hello, its ClientKeyExchange, or its ChangeCipherSpec. */
START_TEST(nothing_can_be_resumed_before_the_finished_of_both)
{
    struct hand h;
    server(&h, 20, false);
    hand_up(&h);
    ck_assert(p12_greet(&h.p) && p12_take(&h.p, M_HELLO_DONE) && h.p.given_id_len);
    if (_i > 0)
        p12_send(&h.p, M_CLIENT_KEY);
    if (_i > 1)
        p12_send(&h.p, M_CCS);
    offer(&h.p);
    net_run(h.net, 3000);                    /* beyond the patience with the first attempt */
    p12_skip(&h.p);
    full_and_cookie(&h);
    net_free(h.net);
}
END_TEST

START_TEST(a_session_that_a_fatal_alert_ended_is_not_resumed)
{
    struct hand h;
    first(&h, 21, false);
    struct peer12 again = h.p;
    p12_reboot(&h.p);
    ck_assert(p12_greet(&h.p) && p12_abbreviated(&h.p) && locket_resumed(h.node->live));
    p12_alert(&h.p, 2, 20);
    ck_assert_ptr_null(h.node->live);
    ck_assert_int_eq(h.node->last_reason, LOCKET_PEER_ALERT + 20);
    again.net = h.net;
    h.p = again;
    p12_skip(&h.p);
    full_and_cookie(&h);
    net_free(h.net);
}
END_TEST

/* Nobody vouches for the first two; the third is an orderly end. */
START_TEST(a_session_can_be_resumed_after_alerts_in_the_clear_and_after_an_orderly_end)
{
    struct hand h;
    server(&h, 22, _i & 4);
    hand_up(&h);
    ck_assert(p12_greet(&h.p) && p12_full(&h.p));
    if ((_i & 3) < 2)
        p12_record(&h.p, 21, 0xFEFD, 0, 99, (_i & 3) ? "\1\0" : "\2\24", 2);
    if ((_i & 3) == 2)
        p12_alert(&h.p, 1, 0);
    if ((_i & 3) == 3)
        net_close(h.node, h.node->live);     /* and the client does not answer */
    ck_assert_int_eq(h.node->live != NULL, (_i & 3) < 2);
    offer(&h.p);
    ck_assert(p12_greet(&h.p) && p12_abbreviated(&h.p));
    ck_assert(locket_resumed(h.node->live));
    net_free(h.net);
}
END_TEST

/* --- its age, and the cookie --------------------------------------------------------------- */

/* A cached session lives for config.lifetime after its last use, and for config.full_after
 * after its full handshake. */
START_TEST(a_cached_session_ends_after_its_lifetime_and_a_day_after_its_full_handshake)
{
    struct hand h;
    server(&h, 42, false);
    h.node->config.lifetime = _i ? 0 : 10 * MINUTE;      /* 4 h */
    hand_up(&h);
    ck_assert(p12_greet(&h.p) && p12_full(&h.p));
    if (_i) {
        for (unsigned i = 0; i < 7; i++)
            after(&h, 200 * MINUTE, true);   /* 23:20 */
        after(&h, 45 * MINUTE, false);
    } else {
        after(&h, 8 * MINUTE, true);
        after(&h, 8 * MINUTE, true);
        after(&h, 12 * MINUTE, false);
    }
    net_free(h.net);
}
END_TEST

START_TEST(a_cookie_is_asked_of_whoever_resumes_if_the_configuration_says_so)
{
    static const locket_cookie_policy policies[] = { LOCKET_COOKIE_ALWAYS, LOCKET_COOKIE_WHEN_BUSY,
                                                     LOCKET_COOKIE_NEVER };
    struct hand h;
    server(&h, 50, _i & 1);
    h.node->config.resume_cookie = policies[_i / 2];
    hand_up(&h);
    ck_assert(p12_greet(&h.p) && p12_full(&h.p));
    offer(&h.p);
    p12_send(&h.p, M_CLIENT_HELLO);
    ck_assert_int_eq(p12_take(&h.p, M_HELLO_VERIFY), _i / 2 == 0);
    if (_i / 2 == 0)
        p12_send(&h.p, M_CLIENT_HELLO);
    ck_assert(p12_take(&h.p, M_SERVER_HELLO) && p12_abbreviated(&h.p));
    ck_assert(locket_resumed(h.node->live));
    net_free(h.net);
}
END_TEST

/* Where no cookie was asked for, the answer is sent once, however long nobody says anything. */
START_TEST(an_answer_without_a_cookie_is_not_repeated)
{
    struct hand h;
    first(&h, 51, _i);
    p12_send(&h.p, M_CLIENT_HELLO);
    ck_assert(p12_take(&h.p, M_SERVER_HELLO));
    size_t log = h.net->n_log;
    net_run(h.net, 55000);
    ck_assert_uint_eq(h.net->n_log, log);
    net_free(h.net);
}
END_TEST

Suite *test_rfc_resume(void)
{
    Suite *s = suite_create("rfc_resume");
    TCase *t = tcase_create("resuming");
    tcase_set_timeout(t, 30);
    tcase_add_loop_test(t, an_abbreviated_handshake_has_fresh_randoms_new_keys_and_the_old_handle, 0, 2);
    tcase_add_loop_test(t, an_id_that_nobody_gave_is_a_full_handshake, 1, 33);
    tcase_add_loop_test(t, an_id_that_was_altered_is_a_full_handshake, 0, 64);
    tcase_add_loop_test(t, an_id_of_another_length_is_a_full_handshake, 1, 32);
    tcase_add_loop_test(t, a_session_is_resumed_under_its_own_suite_or_not_at_all, 0, 2);
    tcase_add_loop_test(t, a_resumed_session_keeps_its_suite_whatever_else_is_offered, 0, 2);
    tcase_add_loop_test(t, a_hello_without_null_compression_resumes_nothing, 0, 2);
    tcase_add_loop_test(t, a_session_with_extended_master_secret_is_not_resumed_without_it, 0, 4);
    tcase_add_loop_test(t, a_session_without_extended_master_secret_gets_no_way_back, 0, 2);
    tcase_add_loop_test(t, nothing_can_be_resumed_before_the_finished_of_both, 0, 3);
    tcase_add_test(t, a_session_that_a_fatal_alert_ended_is_not_resumed);
    tcase_add_loop_test(t, a_session_can_be_resumed_after_alerts_in_the_clear_and_after_an_orderly_end, 0, 8);
    tcase_add_loop_test(t, a_cached_session_ends_after_its_lifetime_and_a_day_after_its_full_handshake, 0, 2);
    tcase_add_loop_test(t, a_cookie_is_asked_of_whoever_resumes_if_the_configuration_says_so, 0, 6);
    tcase_add_loop_test(t, an_answer_without_a_cookie_is_not_repeated, 0, 2);
    suite_add_tcase(s, t);
    return s;
}
