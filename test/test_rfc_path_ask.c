/* SPDX-License-Identifier: Apache-2.0
 *
 * test_rfc_path_ask.c -- what RFC 9853 asks of who asks: to which address, how often, for how
 * long, what counts as an answer, and what leaves meanwhile. Our endpoint in either role, and a
 * peer played by hand, which is where the test says. */
#include "entropy.h"
#include "roaming.h"

Suite *test_rfc_path_ask(void);

static const uint8_t cookie[8] = { 0x10, 0x32, 0x54, 0x76, 0x98, 0xBA, 0xDC, 0xFE };

/* --- BASIC -------------------------------------------------------------------------- */

/* Meanwhile what we send goes where it went; then to the new address. */
START_TEST(an_answer_from_the_new_address_moves_the_session_there)
{
    struct hand h;
    uint8_t asked[8];
    size_t bytes;
    checks(&h, _i, 20, LOCKET_PATH_BASIC, 8, 8);
    connect(&h);
    const locket_peer home = h.p.me, there = place(1);
    size_t before = n_sent(&h, &home, &bytes);
    moves(&h, 1);
    ck_assert(is_told(&h, LOCKET_PENDING, 1));
    ck_assert(is_asked(&h, &there, asked));
    ck_assert_int_eq(net_say(h.node, h.node->live, "meanwhile", 9), LOCKET_OK);
    ck_assert_uint_eq(n_sent(&h, &home, &bytes), before + 1);
    ck_assert_uint_eq(n_sent(&h, &there, &bytes), 1);
    ck_assert(is_at(&h, &home));
    answers(&h, &there, P12_RESPONSE, asked);
    ck_assert(is_told(&h, LOCKET_OK, 1) && is_at(&h, &there));
    talks(&h);
    ck_assert_uint_eq(n_sent(&h, &home, &bytes), before + 1);
    net_run(h.net, 3 * T);
    ck_assert(!p12_next(&h.p));
    net_free(h.net);
}
END_TEST

/* No answer, a wrong cookie, a right one from the old address, a path_drop: they are nothing. */
START_TEST(without_the_answer_the_address_stays)
{
    struct hand h;
    uint8_t asked[8];
    checks(&h, _i % 2, 21, LOCKET_PATH_BASIC, 8, 8);
    connect(&h);
    const locket_peer home = h.p.me, there = place(1), third = place(2);
    moves(&h, 1);
    ck_assert(is_asked(&h, &there, asked));
    size_t events = h.node->n_events;
    uint8_t wrong[8];
    memcpy(wrong, asked, 8);
    wrong[_i / 2] ^= 1;
    answers(&h, &there, P12_RESPONSE, wrong);
    answers(&h, &home, P12_RESPONSE, asked);
    answers(&h, &third, P12_RESPONSE, asked);
    answers(&h, &there, P12_DROP, asked);
    ck_assert_uint_eq(h.node->n_events, events);
    net_run(h.net, T - 1);
    ck_assert(is_told(&h, LOCKET_PENDING, 1));
    net_run(h.net, 1);
    ck_assert(is_told(&h, LOCKET_ERR_TIMEOUT, 1) && is_at(&h, &home));
    answers(&h, &there, P12_RESPONSE, asked);        /* too late; and a new record begins anew */
    ck_assert(is_told(&h, LOCKET_PENDING, 1) && is_at(&h, &home));
    h.p.me = home;
    p12_skip(&h.p);
    talks(&h);
    net_free(h.net);
}
END_TEST

/* Two, each in its datagram, half of T apart, with cookies of their own; an answer to either
 * will do. */
START_TEST(a_lost_challenge_is_followed_by_another)
{
    static const locket_path_check kinds[] = { LOCKET_PATH_BASIC, LOCKET_PATH_ENHANCED };
    struct hand h;
    uint8_t first[8], second[8];
    checks(&h, _i % 2, 22, kinds[_i / 2 % 2], 8, 8);
    connect(&h);
    const locket_peer there = place(1), asked = _i / 2 % 2 ? h.p.me : there;
    moves(&h, 1);
    p12_check(&h.p, P12_CHALLENGE, cookie);          /* credit for the second */
    h.p.me = asked;
    h.p.at = 0;
    h.p.record_at = 0;
    bool found = false;
    while (!found && p12_next(&h.p))
        found = h.p.record.type == T_CHECK && h.p.body[0] == P12_CHALLENGE;
    ck_assert(found);
    memcpy(first, h.p.body + 1, 8);
    net_run(h.net, T / 2 - 1);
    while (p12_next(&h.p))
        ck_assert(h.p.record.type != T_CHECK || h.p.body[0] != P12_CHALLENGE);
    net_run(h.net, 1);
    ck_assert(p12_check_taken(&h.p, P12_CHALLENGE, second));
    ck_assert_mem_ne(first, second, 8);
    answers(&h, &asked, P12_RESPONSE, _i / 4 ? first : second);
    ck_assert(is_told(&h, _i / 2 % 2 ? LOCKET_ERR_ELSEWHERE : LOCKET_OK, 1));
    net_free(h.net);
}
END_TEST

/* What leaves for an address that is not proven: three bytes for each that came from it in a good
 * record. The smallest of ours pays for one challenge, and garbage for none. */
START_TEST(no_more_than_three_times_what_came_goes_to_an_unproven_address)
{
    struct hand h;
    size_t bytes, n;
    uint8_t garbage[1000] = { T_WRAPPED, 0xFE, 0xFD, 0, 1 };
    checks(&h, _i, 23, LOCKET_PATH_BASIC, 1, 8);
    connect(&h);
    const locket_peer there = place(1);
    h.p.me = there;
    p12_hold(&h.p);
    p12_sealed(&h.p, 23, "", 0);
    n = h.p.held_len;
    p12_go(&h.p);
    garbage[11] = h.p.to[0];
    garbage[12] = 3;
    for (unsigned i = 0; i < 20; i++) {
        from(&h, &there, garbage, sizeof garbage);
        ck_assert_int_eq(net_say(h.node, h.node->live, "a longer answer than the question", 33), LOCKET_OK);
        net_run(h.net, T / 10);
    }
    ck_assert_uint_eq(n_sent(&h, &there, &bytes), 1);
    ck_assert_uint_le(bytes, 3 * n);
    ck_assert(is_told(&h, LOCKET_ERR_TIMEOUT, 1));
    net_free(h.net);
}
END_TEST

START_TEST(a_step_takes_a_second_or_what_the_configuration_says)
{
    struct hand h;
    const uint32_t t = _i / 2 ? 8000 : T;
    checks(&h, _i % 2, 24, LOCKET_PATH_BASIC, 8, 8);
    h.node->config.path_timeout = _i / 2 ? t : 0;
    connect(&h);
    moves(&h, 1);
    net_run(h.net, t - 1);
    ck_assert(is_told(&h, LOCKET_PENDING, 1));
    net_run(h.net, 1);
    ck_assert(is_told(&h, LOCKET_ERR_TIMEOUT, 1));
    net_free(h.net);
}
END_TEST

/* Whose session ends is not asked where it is: neither when its close_notify is what came from
 * elsewhere, nor when we close while a check runs. */
START_TEST(a_session_that_closes_is_checked_no_more)
{
    struct hand h;
    size_t bytes;
    checks(&h, _i % 2, 28, _i / 4 ? LOCKET_PATH_BASIC : LOCKET_PATH_ENHANCED, 8, 8);
    connect(&h);
    const locket_peer home = h.p.me, there = place(1);
    h.p.me = there;
    if (_i / 2 & 1) {
        p12_sealed(&h.p, 23, "here", 4);
        net_close(h.node, h.node->live);
    } else {
        p12_alert(&h.p, 1, 0);
        ck_assert_uint_eq(h.node->n_kind[LOCKET_ADDRESS], 0);
    }
    unsigned told = h.node->n_kind[LOCKET_ADDRESS];
    size_t before = n_sent(&h, &home, &bytes) + n_sent(&h, &there, &bytes);
    net_run(h.net, 3 * T);
    ck_assert_uint_eq(n_sent(&h, &home, &bytes) + n_sent(&h, &there, &bytes), before);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_ADDRESS], told);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CLOSED], 1);
    h.p.at = h.p.record_at = 0;
    while (p12_next(&h.p))
        ck_assert(_i / 2 & 1 || h.p.record.type != T_CHECK);
    h.p.me = home;
    h.p.at = h.p.record_at = 0;
    while (p12_next(&h.p))
        ck_assert(_i / 2 & 1 || h.p.record.type != T_CHECK);
    net_free(h.net);
}
END_TEST

/* RFC 9853 section 5: the answer comes from a third place, and is nothing; the check ends, and the
 * next record begins another. */
START_TEST(a_peer_that_moves_again_is_checked_when_the_first_check_is_over)
{
    struct hand h;
    uint8_t asked[8];
    checks(&h, _i, 25, LOCKET_PATH_BASIC, 8, 8);
    connect(&h);
    const locket_peer home = h.p.me, there = place(1), third = place(2);
    moves(&h, 1);
    ck_assert(is_asked(&h, &there, asked));
    moves(&h, 2);
    answers(&h, &third, P12_RESPONSE, asked);
    net_run(h.net, T);
    ck_assert(is_told(&h, LOCKET_ERR_TIMEOUT, 1) && is_at(&h, &home));
    p12_skip(&h.p);
    moves(&h, 2);
    ck_assert(is_told(&h, LOCKET_PENDING, 2));
    ck_assert(is_asked(&h, &third, asked));
    answers(&h, &third, P12_RESPONSE, asked);
    ck_assert(is_told(&h, LOCKET_OK, 2) && is_at(&h, &third));
    net_free(h.net);
}
END_TEST

/* None is ever said twice: a cookie of an earlier check is nothing in a later one. */
START_TEST(every_challenge_has_a_cookie_of_its_own)
{
    enum { CHECKS = 40 };
    struct hand h;
    uint8_t seen[2 * CHECKS][8];
    size_t n = 0;
    checks(&h, _i, 26, LOCKET_PATH_BASIC, 8, 8);
    connect(&h);
    const locket_peer home = h.p.me, there = place(1);
    for (unsigned i = 0; i < CHECKS; i++) {
        moves(&h, 1);
        ck_assert(is_asked(&h, &there, seen[n++]));
        for (size_t k = 0; k + 1 < n; k++)
            answers(&h, &there, P12_RESPONSE, seen[k]);
        ck_assert(is_told(&h, LOCKET_PENDING, 1));
        net_run(h.net, T / 2);
        ck_assert(is_asked(&h, &there, seen[n++]));
        net_run(h.net, T / 2);
        ck_assert(is_told(&h, LOCKET_ERR_TIMEOUT, 1) && is_at(&h, &home));
        p12_skip(&h.p);
    }
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            ck_assert_mem_ne(seen[i], seen[k], 8);
    net_free(h.net);
}
END_TEST

START_TEST(answers_that_nobody_asked_for_are_dropped_in_silence)
{
    struct hand h;
    uint8_t zeros[8] = { 0 };
    checks(&h, _i % 2, 27, _i / 2 ? LOCKET_PATH_BASIC : LOCKET_PATH_ENHANCED, 8, 8);
    connect(&h);
    const locket_peer home = h.p.me;
    size_t events = h.node->n_events;
    uint32_t before = dropped(&h, LOCKET_DROP_UNEXPECTED);
    p12_check(&h.p, P12_RESPONSE, cookie);
    p12_check(&h.p, P12_DROP, cookie);
    p12_check(&h.p, P12_RESPONSE, zeros);
    p12_check(&h.p, P12_DROP, zeros);
    is_silent(&h, events);
    ck_assert_uint_eq(dropped(&h, LOCKET_DROP_UNEXPECTED), before + 4);
    ck_assert(is_at(&h, &home));
    net_free(h.net);
}
END_TEST

/* --- ENHANCED ------------------------------------------------------------------------ */

/* The old address first, and nothing to the new one. */
START_TEST(who_answers_at_the_old_address_stays_there)
{
    struct hand h;
    uint8_t asked[8];
    size_t bytes;
    checks(&h, _i, 30, LOCKET_PATH_ENHANCED, 8, 8);
    connect(&h);
    const locket_peer home = h.p.me, there = place(1);
    moves(&h, 1);
    ck_assert(is_asked(&h, &home, asked));
    answers(&h, &home, P12_RESPONSE, asked);
    ck_assert(is_told(&h, LOCKET_ERR_ELSEWHERE, 1) && is_at(&h, &home));
    net_run(h.net, 3 * T);
    ck_assert_uint_eq(n_sent(&h, &there, &bytes), 0);
    p12_skip(&h.p);
    talks(&h);
    net_free(h.net);
}
END_TEST

/* It says that it has gone, or says nothing: then the new address is asked, as in a basic check. */
START_TEST(who_has_left_the_old_address_is_asked_at_the_new_one)
{
    struct hand h;
    uint8_t asked[8], there_asked[8];
    size_t bytes;
    const bool drop = _i / 2 & 1, answer = _i / 4 & 1;
    checks(&h, _i % 2, 31, LOCKET_PATH_ENHANCED, 8, 8);
    connect(&h);
    const locket_peer home = h.p.me, there = place(1);
    moves(&h, 1);
    ck_assert(is_asked(&h, &home, asked));
    if (drop) {
        answers(&h, &home, P12_DROP, asked);
    } else {
        net_run(h.net, T - 1);
        ck_assert_uint_eq(n_sent(&h, &there, &bytes), 0);
        net_run(h.net, 1);
    }
    ck_assert_uint_eq(n_sent(&h, &there, &bytes), 1);
    h.p.at = 0;
    h.p.record_at = 0;
    ck_assert(is_asked(&h, &there, there_asked));
    ck_assert_mem_ne(asked, there_asked, 8);
    ck_assert(is_at(&h, &home) && is_told(&h, LOCKET_PENDING, 1));
    answers(&h, &there, P12_RESPONSE, asked);        /* that of the step before */
    ck_assert(is_told(&h, LOCKET_PENDING, 1));
    if (answer) {
        answers(&h, &there, P12_RESPONSE, there_asked);
        ck_assert(is_told(&h, LOCKET_OK, 1) && is_at(&h, &there));
    } else {
        net_run(h.net, T);
        ck_assert(is_told(&h, LOCKET_ERR_TIMEOUT, 1) && is_at(&h, &home));
    }
    net_free(h.net);
}
END_TEST

/* A challenge for which there was no credit was not sent, and so cannot be answered: neither with
 * the cookie that stood in its place before, nor with zeros. */
START_TEST(a_challenge_that_was_not_sent_has_no_answer)
{
    struct hand h;
    uint8_t asked[8] = { 0 }, back[8];
    checks(&h, _i % 2, 32, _i / 2 ? LOCKET_PATH_BASIC : LOCKET_PATH_ENHANCED, 1, 8);
    connect(&h);
    const locket_peer home = h.p.me, there = place(1);
    h.p.me = there;
    p12_sealed(&h.p, 23, "", 0);                     /* credit for one */
    if (!(_i / 2)) {
        ck_assert(is_asked(&h, &home, back));
        net_run(h.net, T / 2);
        ck_assert(is_asked(&h, &home, asked));
        net_run(h.net, T / 2);
    }
    net_run(h.net, T / 2);                           /* its turn */
    h.p.me = there;
    p12_check(&h.p, P12_RESPONSE, asked);
    ck_assert(is_at(&h, &home) && !is_told(&h, LOCKET_OK, 1));
    net_free(h.net);
}
END_TEST

/* A generator that cannot be reseeded: nothing is asked with anything else. */
START_TEST(without_entropy_there_is_no_challenge_and_no_proof)
{
    struct hand h;
    uint8_t zeros[8] = { 0 };
    size_t bytes;
    checks(&h, _i % 2, 33, _i / 2 ? LOCKET_PATH_BASIC : LOCKET_PATH_ENHANCED, 8, 8);
    connect(&h);
    const locket_peer home = h.p.me, there = place(1);
    h.node->ep.rng.requests = UINT32_MAX;
    entropy_fail(true);
    size_t before = n_sent(&h, &home, &bytes);
    moves(&h, 1);
    ck_assert_uint_eq(n_sent(&h, &home, &bytes) + n_sent(&h, &there, &bytes), before);
    ck_assert(is_told(&h, LOCKET_ERR_TIMEOUT, 1) && dropped(&h, LOCKET_DROP_ENTROPY) == 1);
    answers(&h, _i / 2 ? &there : &home, P12_RESPONSE, zeros);
    ck_assert(is_at(&h, &home));
    entropy_fail(false);
    net_free(h.net);
}
END_TEST

Suite *test_rfc_path_ask(void)
{
    Suite *s = suite_create("rfc_path_ask");
    TCase *t = tcase_create("basic checks");
    tcase_add_loop_test(t, an_answer_from_the_new_address_moves_the_session_there, 0, 2);
    tcase_add_loop_test(t, without_the_answer_the_address_stays, 0, 16);
    tcase_add_loop_test(t, a_lost_challenge_is_followed_by_another, 0, 8);
    tcase_add_loop_test(t, no_more_than_three_times_what_came_goes_to_an_unproven_address, 0, 2);
    tcase_add_loop_test(t, a_step_takes_a_second_or_what_the_configuration_says, 0, 4);
    tcase_add_loop_test(t, a_peer_that_moves_again_is_checked_when_the_first_check_is_over, 0, 2);
    tcase_add_loop_test(t, every_challenge_has_a_cookie_of_its_own, 0, 2);
    tcase_add_loop_test(t, a_session_that_closes_is_checked_no_more, 0, 8);
    tcase_add_loop_test(t, answers_that_nobody_asked_for_are_dropped_in_silence, 0, 4);
    suite_add_tcase(s, t);
    t = tcase_create("enhanced checks");
    tcase_add_loop_test(t, who_answers_at_the_old_address_stays_there, 0, 2);
    tcase_add_loop_test(t, who_has_left_the_old_address_is_asked_at_the_new_one, 0, 8);
    tcase_add_loop_test(t, a_challenge_that_was_not_sent_has_no_answer, 0, 4);
    tcase_add_loop_test(t, without_entropy_there_is_no_challenge_and_no_proof, 0, 4);
    suite_add_tcase(s, t);
    return s;
}
