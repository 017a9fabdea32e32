/* SPDX-License-Identifier: Apache-2.0
 *
 * test_cookie.c -- first contact (RFC 6347 section 4.2.1): stateless until the client
 * has shown that it receives what is sent to it. */
#include <check.h>
#include <string.h>

#include "entropy.h"
#include "peer12.h"
#include "sha256.h"

Suite *test_cookie(void);

/* Send the hello as it stands; what comes back: M_HELLO_VERIFY, M_SERVER_HELLO, or 0. */
static unsigned reply(struct peer12 *p)
{
    p12_skip(p);
    p->body_len = p->message_at = 0;
    p12_send(p, M_CLIENT_HELLO);
    if (!p12_next(p) || p->record.type != 22)
        return 0;
    unsigned type = p->body[0];
    if (type == M_HELLO_VERIFY)
        ck_assert_uint_eq(p->body_len, 31);
    return type;
}

static void server(struct hand *h, uint64_t seed)
{
    hand_new(h, LOCKET_SERVER, seed);
    hand_up(h);
    p12_send(&h->p, M_CLIENT_HELLO);
    ck_assert(p12_take(&h->p, M_HELLO_VERIFY));
}

START_TEST(the_answer_is_44_bytes_and_never_larger_than_the_question)
{
    struct hand h;
    server(&h, 1);
    ck_assert_uint_eq(h.net->n_log, 1);
    ck_assert_uint_eq(h.net->log[0]->len, 44);
    static const uint8_t want[] = { 22, 0xFE, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0, 31, 3, 0, 0, 19, 0, 0, 0, 0, 0, 0, 0, 19,
                                    0xFE, 0xFF, 16 };
    ck_assert_mem_eq(h.net->log[0]->bytes, want, sizeof want);
    net_free(h.net);
}
END_TEST

START_TEST(nothing_is_kept_of_a_client_without_a_cookie)
{
    struct hand h;
    hand_new(&h, LOCKET_SERVER, 2);
    hand_up(&h);
    for (unsigned i = 0; i < 1000; i++) {    /* one workspace, and it stays free */
        h.p.me = net_address(100 + i, 1);
        p12_reboot(&h.p);
        ck_assert_uint_eq(reply(&h.p), M_HELLO_VERIFY);
    }
    locket_time when;
    ck_assert(!locket_deadline(&h.node->ep, &when));
    ck_assert_uint_eq(h.node->n_lookups, 0);
    p12_reboot(&h.p);
    ck_assert(p12_finish(&h.p));
    net_free(h.net);
}
END_TEST

static void other_version(struct peer12 *p)     { p->version = 0xFEFC; }
static void other_random(struct peer12 *p)      { p->client_random[31] ^= 1; }
static void other_random_head(struct peer12 *p) { p->client_random[0] ^= 0x80; }
static void other_suites(struct peer12 *p)      { p->suites[1] ^= 1; }
static void more_suites(struct peer12 *p)       { p->suites_len = 6; p->suites[4] = 0; p->suites[5] = 0xA8; }
static void other_compression(struct peer12 *p) { p->compression_len = 2; p->compression[1] = 1; }
static void other_host(struct peer12 *p)        { p->me.bytes[3] ^= 1; }
static void other_port(struct peer12 *p)        { p->me.bytes[5] ^= 1; }
static void longer_peer(struct peer12 *p)       { p->me.len = 7; }
static void bad_cookie(struct peer12 *p)        { p->cookie[15] ^= 1; }
static void bad_cookie_head(struct peer12 *p)   { p->cookie[0] ^= 1; }
static void short_cookie(struct peer12 *p)      { p->cookie_len = 15; }
static void long_cookie(struct peer12 *p)       { p->cookie_len = 17; }
static void huge_cookie(struct peer12 *p)       { p->cookie_len = 255; }
static void moved_bytes(struct peer12 *p)       /* a byte of the suites becomes one of the session id */
{
    p->session_id_len = 2;
    memcpy(p->session_id, p->suites, 2);
    memmove(p->suites, p->suites + 2, 2);
    p->suites_len = 2;
}
static void (*const others[])(struct peer12 *) = { other_version, other_random, other_random_head, other_suites,
                                                   more_suites,   other_compression, other_host,   other_port,
                                                   longer_peer,   bad_cookie,   bad_cookie_head,   short_cookie,
                                                   long_cookie,   huge_cookie,  moved_bytes };

START_TEST(a_cookie_is_bound_to_what_it_was_given_for)
{
    struct hand h;
    server(&h, 3);
    struct peer12 before = h.p;
    others[_i](&h.p);
    ck_assert_uint_eq(reply(&h.p), M_HELLO_VERIFY);      /* another cookie, no alert, no state */
    bool covered = _i < 9 || _i == 14;      /* the others spoil the cookie alone */
    ck_assert((memcmp(h.p.body + 15, before.cookie, 16) != 0) == covered);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_FAILED], 0);
    before.at = h.net->n_log;
    ck_assert_uint_eq(reply(&before), M_SERVER_HELLO);   /* the first is as good as before */
    net_free(h.net);
}
END_TEST

/* Mbed TLS makes a new one when it has a ticket (RFC 5077 section 3.4: any it likes). */
START_TEST(the_session_id_may_change_when_the_cookie_comes)
{
    struct hand h;
    server(&h, 3);
    h.p.session_id_len = 32;
    ck_assert_uint_eq(reply(&h.p), M_SERVER_HELLO);
    net_free(h.net);
}
END_TEST

START_TEST(extensions_may_differ_and_a_new_cookie_finishes_the_exchange)
{
    struct hand h;
    server(&h, 4);
    other_random(&h.p);
    p12_send(&h.p, M_CLIENT_HELLO);
    ck_assert(p12_take(&h.p, M_HELLO_VERIFY));
    p12_send(&h.p, M_CLIENT_HELLO);
    ck_assert(p12_take(&h.p, M_SERVER_HELLO) && p12_take(&h.p, M_HELLO_DONE));
    p12_send(&h.p, M_CLIENT_KEY);
    p12_send(&h.p, M_CCS);
    p12_send(&h.p, M_FINISHED);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    net_free(h.net);
}
END_TEST

/* The same server with the same secrets behind another address (config.local): the cookie
 * of one is not good at the other, though all else is the same. */
START_TEST(a_cookie_is_bound_to_our_own_address)
{
    struct hand h;
    uint8_t local[6] = { 10, 0, 0, 2, 22, 52 };
    hand_new(&h, LOCKET_SERVER, 5);
    h.node->config.local = local;
    h.node->config.local_len = 6;
    entropy_seed(5);
    hand_up(&h);
    p12_send(&h.p, M_CLIENT_HELLO);
    ck_assert(p12_take(&h.p, M_HELLO_VERIFY));
    for (int again = 0; again < 2; again++) {
        net_down(h.node);
        local[0] = again ? 10 : 11;
        entropy_seed(5);
        hand_up(&h);
        struct peer12 asking = h.p;
        asking.at = h.net->n_log;
        ck_assert_uint_eq(reply(&asking), again ? M_SERVER_HELLO : M_HELLO_VERIFY);
    }
    net_free(h.net);
}
END_TEST

START_TEST(servers_do_not_know_each_others_cookies)
{
    struct hand h;
    server(&h, 6);
    net_down(h.node);
    net_up(h.node, 1, 1);         /* the same server after a reboot */
    ck_assert_uint_eq(reply(&h.p), M_HELLO_VERIFY);
    net_free(h.net);
}
END_TEST

/* The hello arrives at `when`; what comes back. */
static unsigned reply_at(struct hand *h, struct peer12 *p, uint64_t when)
{
    ck_assert_uint_le(h->net->elapsed + h->net->latency, when);
    net_run(h->net, when - h->net->latency - h->net->elapsed);
    return reply(p);
}

/* The secrets turn when a hello finds them a minute old; the present and the previous one
 * are good. So a cookie lives for a minute at least, wherever in that minute it was
 * given, and for two at most. Milliseconds since a turn: ours is given, another
 * client asks (0: none does), and then a third; ours is shown. */
static const struct { uint32_t given, other, third, shown; bool good; } lives[] = {
    { 0, 0, 0, 30000, true },           { 0, 0, 0, 59999, true },           /* nobody else asks */
    { 0, 0, 0, 60000, true },           { 0, 0, 0, 119999, true },
    { 0, 0, 0, 120000, false },         { 0, 0, 0, 180000, false },
    { 0, 0, 0, 1000000000, false },     { 31000, 0, 0, 91000, true },
    { 31000, 0, 0, 119999, true },      { 31000, 0, 0, 120000, false },
    { 59999, 0, 0, 119999, true },      { 59999, 0, 0, 120000, false },
    { 60000, 0, 0, 120000, true },      { 60000, 0, 0, 179999, true },      /* it turns them itself */
    { 60000, 0, 0, 180000, false },
    { 0, 60000, 0, 119999, true },      { 0, 60000, 0, 120000, false },     /* one turn by another */
    { 59000, 60000, 0, 119999, true },  { 59000, 60000, 0, 120000, false },
    { 0, 59000, 60000, 119999, true },  { 0, 60000, 119000, 119999, true },
    { 0, 60000, 120000, 121000, false }, { 59900, 60000, 120000, 120100, false },
    { 61000, 119000, 120000, 150000, true },
    { 0, 119999, 0, 120001, false },    { 0, 119999, 0, 179998, false },    /* a late turn lengthens nothing */
    { 60000, 119999, 0, 179999, true }, { 61000, 119999, 0, 180001, false }
};

START_TEST(a_cookie_lives_for_one_to_two_minutes)
{
    struct hand h;
    hand_new(&h, LOCKET_SERVER, 7);
    hand_up(&h);
    struct peer12 other = h.p;
    other.me = net_address(200, 1);
    /* Long after the last turn, a hello makes both secrets anew: the clock begins here. */
    uint64_t turn = 300000;
    if (lives[_i].given)
        ck_assert_uint_eq(reply_at(&h, &other, turn), M_HELLO_VERIFY);
    net_run(h.net, turn + lives[_i].given - h.net->latency - h.net->elapsed);
    p12_skip(&h.p);
    p12_send(&h.p, M_CLIENT_HELLO);
    ck_assert(p12_take(&h.p, M_HELLO_VERIFY));
    if (lives[_i].other)
        ck_assert_uint_eq(reply_at(&h, &other, turn + lives[_i].other), M_HELLO_VERIFY);
    if (lives[_i].third)
        ck_assert_uint_eq(reply_at(&h, &other, turn + lives[_i].third), M_HELLO_VERIFY);
    ck_assert_uint_eq(reply_at(&h, &h.p, turn + lives[_i].shown), lives[_i].good ? M_SERVER_HELLO : M_HELLO_VERIFY);
    net_free(h.net);
}
END_TEST

START_TEST(record_number_and_message_seq_are_mirrored)
{
    static const uint64_t numbers[] = { 0, 1, 7, 255, 256, 65280 };
    static const unsigned seqs[] = { 0, 1, 5, 50, 99, 100 };
    struct hand h;
    hand_new(&h, LOCKET_SERVER, 8);
    hand_up(&h);
    h.p.number = numbers[_i];
    h.p.seq = seqs[_i];
    p12_send(&h.p, M_CLIENT_HELLO);
    ck_assert(p12_take(&h.p, M_HELLO_VERIFY));
    ck_assert_uint_eq(h.p.record.number, numbers[_i]);
    ck_assert_uint_eq(h.p.message_seq, seqs[_i]);
    h.p.seq = seqs[_i];           /* a client that counts as it likes */
    h.p.number = numbers[_i];
    p12_send(&h.p, M_CLIENT_HELLO);
    ck_assert(p12_take(&h.p, M_SERVER_HELLO));
    ck_assert_uint_eq(h.p.record.number, numbers[_i]);
    ck_assert_uint_eq(h.p.message_seq, seqs[_i]);
    ck_assert(p12_take(&h.p, M_HELLO_DONE));
    p12_send(&h.p, M_CLIENT_KEY);
    p12_send(&h.p, M_CCS);
    p12_send(&h.p, M_FINISHED);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    ck_assert(p12_take(&h.p, M_CCS) && p12_take(&h.p, M_FINISHED));
    net_free(h.net);
}
END_TEST

START_TEST(numbers_too_high_to_be_mirrored_are_dropped)
{
    static const uint64_t numbers[] = { 65536 - 256 + 1, 65536, UINT64_C(0xFFFFFFFFFFFF), 0, 0 };
    static const unsigned seqs[] = { 0, 0, 0, 201, 65535 };
    struct hand h;
    hand_new(&h, LOCKET_SERVER, 9);
    hand_up(&h);
    h.p.number = numbers[_i];
    h.p.seq = seqs[_i];
    ck_assert_uint_eq(reply(&h.p), 0);
    ck_assert_uint_eq(locket_drops(&h.node->ep, LOCKET_DROP_NUMBER), 1);
    net_free(h.net);
}
END_TEST

START_TEST(a_first_fragment_through_compression_methods_is_enough)
{
    struct hand h;
    uint8_t body[256];
    hand_new(&h, LOCKET_SERVER, 10);
    hand_up(&h);
    h.p.extensions_len = 24;      /* EMS and an unknown one of 16 bytes */
    memcpy(h.p.extensions, "\0\27\0\0\372\372\0\20", 8);
    size_t n = p12_hello_body(&h.p, body), covered = 2 + 32 + 1 + 1 + 2 + 4 + 2;
    p12_fragment(&h.p, M_CLIENT_HELLO, n, 0, 0, covered - 1, body);
    ck_assert_uint_eq(h.net->n_log, 0);
    p12_fragment(&h.p, M_CLIENT_HELLO, n, 0, covered, n - covered, body + covered);
    ck_assert_uint_eq(h.net->n_log, 0);
    p12_fragment(&h.p, M_CLIENT_HELLO, n, 0, 0, covered, body);
    ck_assert(p12_take(&h.p, M_HELLO_VERIFY));
    /* the second in three pieces; before the first of them counts nothing is kept */
    n = p12_hello_body(&h.p, body);
    covered += 16;
    p12_fragment(&h.p, M_CLIENT_HELLO, n, 1, covered, 5, body + covered);
    locket_time when;
    ck_assert(!locket_deadline(&h.node->ep, &when));
    p12_fragment(&h.p, M_CLIENT_HELLO, n, 1, 0, covered, body);
    ck_assert(!p12_next(&h.p));
    p12_fragment(&h.p, M_CLIENT_HELLO, n, 1, covered + 4, n - covered - 4, body + covered + 4);
    ck_assert(!p12_next(&h.p));
    p12_fragment(&h.p, M_CLIENT_HELLO, n, 1, covered - 3, 8, body + covered - 3);
    uint8_t header[12] = { 1, 0, 0, (uint8_t)n, 0, 1, 0, 0, 0, 0, 0, (uint8_t)n };
    h.p.seq = 2;
    sha256_start(&h.p.transcript);
    sha256_add(&h.p.transcript, header, 12);
    sha256_add(&h.p.transcript, body, n);
    ck_assert(p12_take(&h.p, M_SERVER_HELLO) && p12_take(&h.p, M_HELLO_DONE));
    p12_send(&h.p, M_CLIENT_KEY);
    p12_send(&h.p, M_CCS);
    p12_send(&h.p, M_FINISHED);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    net_free(h.net);
}
END_TEST

/* --- the client's side ----------------------------------------------------------------------- */

START_TEST(cookies_of_0_to_255_bytes_are_returned)
{
    static const size_t lengths[] = { 0, 1, 8, 20, 32, 64, 254, 255 };
    struct hand h;
    hand_new(&h, LOCKET_CLIENT, 11);
    h.p.cookie_len = lengths[_i];
    hand_up(&h);
    ck_assert(p12_take(&h.p, M_CLIENT_HELLO));
    uint8_t first[256], want[255];
    size_t n = h.p.message_len;
    memcpy(first, h.p.message, n);
    ck_assert_uint_eq(first[35], 0);
    p12_send(&h.p, M_HELLO_VERIFY);
    memcpy(want, h.p.cookie, lengths[_i]);
    ck_assert(p12_take(&h.p, M_CLIENT_HELLO));
    ck_assert_uint_eq(h.p.message_seq, 1);
    ck_assert_uint_eq(h.p.message_len, n + lengths[_i]);
    ck_assert_mem_eq(h.p.message, first, 35);
    ck_assert_uint_eq(h.p.message[35], lengths[_i]);
    ck_assert_mem_eq(h.p.message + 36, want, lengths[_i]);
    ck_assert_mem_eq(h.p.message + 36 + lengths[_i], first + 36, n - 36);
    p12_send(&h.p, M_SERVER_HELLO);
    p12_send(&h.p, M_HELLO_DONE);
    ck_assert(p12_take(&h.p, M_CLIENT_KEY) && p12_take(&h.p, M_CCS) && p12_take(&h.p, M_FINISHED));
    p12_send(&h.p, M_CCS);
    p12_send(&h.p, M_FINISHED);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    net_free(h.net);
}
END_TEST

START_TEST(at_most_eight_requests_are_answered_in_one_attempt)
{
    struct hand h;
    hand_new(&h, LOCKET_CLIENT, 12);
    hand_up(&h);
    ck_assert(p12_take(&h.p, M_CLIENT_HELLO));
    for (unsigned i = 0; i < 8; i++) {
        p12_send(&h.p, M_HELLO_VERIFY);
        ck_assert_msg(p12_take(&h.p, M_CLIENT_HELLO), "request %u is not answered", i + 1);
    }
    p12_send(&h.p, M_HELLO_VERIFY);
    while (p12_next(&h.p))
        ck_assert_uint_eq(h.p.record.type, 21);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CLOSED], 0);
    net_free(h.net);
}
END_TEST

START_TEST(a_malformed_request_is_dropped)
{
    static const struct { const char *body; size_t len;
    } rows[] = {
        { "", 0 },        { "\376\377", 2 }, { "\376\377\1", 3 }, { "\376\377\1ab", 5 }, { "\376\377\5abcd", 7 },
        { "\3\3\2ab", 5 }
    };
    struct hand h;
    hand_new(&h, LOCKET_CLIENT, 13);
    hand_up(&h);
    ck_assert(p12_take(&h.p, M_CLIENT_HELLO));
    p12_fragment(&h.p, M_HELLO_VERIFY, rows[_i].len, 0, 0, rows[_i].len, rows[_i].body);
    ck_assert(!p12_next(&h.p));
    p12_send(&h.p, M_HELLO_VERIFY);          /* the true one is taken still */
    ck_assert(p12_take(&h.p, M_CLIENT_HELLO));
    net_free(h.net);
}
END_TEST

Suite *test_cookie(void)
{
    Suite *s = suite_create("cookie");
    TCase *t = tcase_create("server");
    tcase_add_test(t, the_answer_is_44_bytes_and_never_larger_than_the_question);
    tcase_add_test(t, nothing_is_kept_of_a_client_without_a_cookie);
    tcase_add_loop_test(t, a_cookie_is_bound_to_what_it_was_given_for, 0, (int)(sizeof others / sizeof others[0]));
    tcase_add_test(t, the_session_id_may_change_when_the_cookie_comes);
    tcase_add_test(t, extensions_may_differ_and_a_new_cookie_finishes_the_exchange);
    tcase_add_test(t, a_cookie_is_bound_to_our_own_address);
    tcase_add_test(t, servers_do_not_know_each_others_cookies);
    tcase_add_loop_test(t, a_cookie_lives_for_one_to_two_minutes, 0, (int)(sizeof lives / sizeof lives[0]));
    tcase_add_loop_test(t, record_number_and_message_seq_are_mirrored, 0, 6);
    tcase_add_loop_test(t, numbers_too_high_to_be_mirrored_are_dropped, 0, 5);
    tcase_add_test(t, a_first_fragment_through_compression_methods_is_enough);
    suite_add_tcase(s, t);
    t = tcase_create("client");
    tcase_add_loop_test(t, cookies_of_0_to_255_bytes_are_returned, 0, 8);
    tcase_add_test(t, at_most_eight_requests_are_answered_in_one_attempt);
    tcase_add_loop_test(t, a_malformed_request_is_dropped, 0, 6);
    suite_add_tcase(s, t);
    return s;
}
