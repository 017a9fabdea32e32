/* SPDX-License-Identifier: Apache-2.0
 *
 * test_rfc_path.c -- what RFC 9853 asks of both sides: how return routability checks are agreed on,
 * how the peer's are answered, and how ours go on and end. Our endpoint in either role, and a
 * peer played by hand, which is where the test says. */
#include "roaming.h"

Suite *test_rfc_path(void);

enum { DECODE_ERROR = 50, T = 1000 };        /* RFC 9853 section 5.5: a second */
static const uint8_t cookie[8] = { 0x10, 0x32, 0x54, 0x76, 0x98, 0xBA, 0xDC, 0xFE };

/* Both know how. */
static void checks(struct hand *h, int role, uint64_t seed, locket_path_check kind, size_t ours, size_t theirs)
{
    roam(h, role, seed, ours, theirs);
    h->node->config.path_check = kind;
    h->node->config.paths = h->node->paths;
    h->node->config.n_paths = NET_PATHS;
    p12_extend(&h->p, X_CHECKS, "", 0);
}

static locket_peer place(unsigned n) { return net_address(70 + n, 7000 + n); }

/* The peer goes to place n, and is heard from there. */
static void moves(struct hand *h, unsigned n)
{
    h->p.me = place(n);
    p12_sealed(&h->p, 23, "here", 4);
}

/* Datagrams and bytes that ours has sent there. */
static size_t n_sent(const struct hand *h, const locket_peer *to, size_t *bytes)
{
    size_t n = 0;
    *bytes = 0;
    for (size_t i = 0; i < h->net->n_log; i++)
        if (net_same(&h->net->log[i]->from, &h->node->address) && net_same(&h->net->log[i]->to, to)) {
            *bytes += h->net->log[i]->len;
            n++;
        }
    return n;
}

/* What the peer at `where` is asked next. */
static bool is_asked(struct hand *h, const locket_peer *where, uint8_t asked[8])
{
    h->p.me = *where;
    return p12_check_taken(&h->p, P12_CHALLENGE, asked);
}

static void answers(struct hand *h, const locket_peer *from_where, unsigned type, const uint8_t what[8])
{
    h->p.me = *from_where;
    p12_check(&h->p, type, what);
}

/* The last ADDRESS says so, of that place. */
static bool is_told(const struct hand *h, locket_error reason, unsigned n)
{
    const struct net_event *e = net_last(h->node, LOCKET_ADDRESS);
    const locket_peer where = place(n);
    return e && e->reason == reason && net_same(&e->peer, &where);
}

/* --- what is agreed ------------------------------------------------------------------- */

START_TEST(a_client_says_rrc_with_connection_ids_unless_its_application_has_means_of_its_own)
{
    static const struct { bool cid; locket_path_check check; bool said; } rows[] = {
        { false, LOCKET_PATH_ENHANCED, false }, { true, LOCKET_PATH_ENHANCED, true }, { true, LOCKET_PATH_BASIC, true },
        { true, LOCKET_PATH_APPLICATION, false }
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
    static const struct { bool cid, rrc; size_t len; bool ours; locket_path_check check; bool said; } rows[] = {
        { true, true, 4, true, LOCKET_PATH_ENHANCED, true }, { true, true, 0, true, LOCKET_PATH_BASIC, true },
        { false, true, 0, true, LOCKET_PATH_ENHANCED, false }, { true, false, 4, true, LOCKET_PATH_ENHANCED, false },
        { true, true, 4, false, LOCKET_PATH_ENHANCED, false }, { true, true, 255, true, LOCKET_PATH_BASIC, false },
        { true, true, 4, true, LOCKET_PATH_APPLICATION, false }
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

/* A kind that there is not yet, and any length that is not that of a message. */
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
    net_free(h.net);
}
END_TEST

/* --- we ask: BASIC -------------------------------------------------------------------------- */

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

/* --- we ask: ENHANCED ------------------------------------------------------------------------ */

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
    answers(&h, &there, P12_RESPONSE, asked);        /* it was asked elsewhere */
    ck_assert(is_told(&h, LOCKET_PENDING, 1));
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

Suite *test_rfc_path(void)
{
    Suite *s = suite_create("rfc_path");
    TCase *t = tcase_create("what is agreed");
    tcase_add_loop_test(t, a_client_says_rrc_with_connection_ids_unless_its_application_has_means_of_its_own, 0, 4);
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
    t = tcase_create("we ask");
    tcase_add_loop_test(t, an_answer_from_the_new_address_moves_the_session_there, 0, 2);
    tcase_add_loop_test(t, without_the_answer_the_address_stays, 0, 16);
    tcase_add_loop_test(t, a_lost_challenge_is_followed_by_another, 0, 8);
    tcase_add_loop_test(t, no_more_than_three_times_what_came_goes_to_an_unproven_address, 0, 2);
    tcase_add_loop_test(t, a_step_takes_a_second_or_what_the_configuration_says, 0, 4);
    tcase_add_loop_test(t, a_peer_that_moves_again_is_checked_when_the_first_check_is_over, 0, 2);
    tcase_add_loop_test(t, every_challenge_has_a_cookie_of_its_own, 0, 2);
    tcase_add_loop_test(t, answers_that_nobody_asked_for_are_dropped_in_silence, 0, 4);
    tcase_add_loop_test(t, who_answers_at_the_old_address_stays_there, 0, 2);
    tcase_add_loop_test(t, who_has_left_the_old_address_is_asked_at_the_new_one, 0, 8);
    tcase_add_loop_test(t, a_challenge_that_was_not_sent_has_no_answer, 0, 4);
    suite_add_tcase(s, t);
    return s;
}
