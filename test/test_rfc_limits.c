/* SPDX-License-Identifier: Apache-2.0
 *
 * test_rfc_limits.c -- what the standards ask of max_fragment_length (RFC 6066 section 4) and
 * record_size_limit (RFC 8449): what may be said and what may not, in either hello, what then
 * leaves and what is taken. One side is ours, the other is played by hand. */
#include <check.h>
#include <string.h>

#include "peer12.h"

Suite *test_rfc_limits(void);

enum { X_FRAGMENT = 1, X_LIMIT = 28, X_TICKET = 35, BIGGEST = 16384 };

static void server(struct hand *h, uint64_t seed)
{
    hand_new(h, LOCKET_SERVER, seed);
    h->node->config.cache = h->node->cache;
    h->node->config.n_cache = NET_CACHE;
    h->node->config.mtu = 60000;
    h->m = 4;
}

static void client(struct hand *h, uint64_t seed, unsigned fragment, unsigned limit)
{
    hand_new(h, LOCKET_CLIENT, seed);
    h->node->comes_back = true;
    h->node->config.mtu = 60000;
    h->node->config.max_fragment_length = (uint16_t)fragment;
    h->node->config.record_size_limit = (uint16_t)limit;
    hand_up(h);
}

static void say_limit(struct peer12 *p, unsigned limit)
{
    const uint8_t data[2] = { (uint8_t)(limit >> 8), (uint8_t)limit };
    p12_extend(p, X_LIMIT, data, 2);
}

static void say_fragment(struct peer12 *p, unsigned code)
{
    const uint8_t data = (uint8_t)code;
    p12_extend(p, X_FRAGMENT, &data, 1);
}

/* The number in an extension of the hello that came; -1: it is not there. */
static int said(const struct peer12 *p, unsigned type)
{
    size_t len;
    const uint8_t *at = p12_extension(p, type, &len);
    if (!at)
        return -1;
    ck_assert_uint_eq(len, type == X_LIMIT ? 2 : 1);
    return type == X_LIMIT ? at[0] << 8 | at[1] : at[0];
}

static int last_alert(struct hand *h)
{
    int last = -1;
    h->p.at = 0;
    h->p.record_at = h->p.message_at = h->p.body_len = 0;
    for (int a = p12_alert_taken(&h->p); a >= 0; a = p12_alert_taken(&h->p))
        last = a & 255;
    return last;
}

/* The longest data that our side sends now. */
static size_t longest(struct hand *h)
{
    static const uint8_t zeros[BIGGEST + 1];
    size_t limit = locket_data_limit(&h->node->ep, h->node->live);
    if (limit > 1500)
        return limit;                        /* longer than the network's datagrams */
    p12_skip(&h->p);
    ck_assert_int_eq(net_say(h->node, h->node->live, zeros, limit + 1), LOCKET_ERR_TOO_LONG);
    ck_assert_int_eq(net_say(h->node, h->node->live, zeros, limit), LOCKET_OK);
    ck_assert(p12_next(&h->p) && h->p.body_len == limit);
    return limit;
}

/* The longest data that our side takes, of that length and one more. */
static bool takes(struct hand *h, size_t len)
{
    static const uint8_t zeros[P12_BODY];
    size_t n = h->node->n_kind[LOCKET_DATA];
    p12_sealed(&h->p, 23, zeros, len);
    ck_assert_ptr_nonnull(h->node->live);
    return h->node->n_kind[LOCKET_DATA] == n + 1;
}

/* --- what a client may say ----------------------------------------------------------------- */

START_TEST(a_server_judges_the_limits_of_a_client_hello)
{
    static const struct { unsigned type; const char *data; size_t len; int alert; } rows[] = {
        { X_FRAGMENT, "\1", 1, 0 }, { X_FRAGMENT, "\2", 1, 0 }, { X_FRAGMENT, "\3", 1, 0 }, { X_FRAGMENT, "\4", 1, 0 },
        { X_FRAGMENT, "\0", 1, 47 }, { X_FRAGMENT, "\5", 1, 47 }, { X_FRAGMENT, "\377", 1, 47 },
        { X_FRAGMENT, "", 0, 50 }, { X_FRAGMENT, "\1\1", 2, 50 },
        { X_LIMIT, "\0\0", 2, 47 }, { X_LIMIT, "\0\1", 2, 47 }, { X_LIMIT, "\0\77", 2, 47 },
        { X_LIMIT, "\0\100", 2, 0 }, { X_LIMIT, "\100\0", 2, 0 }, { X_LIMIT, "\100\1", 2, 0 },
        { X_LIMIT, "\377\377", 2, 0 },
        { X_LIMIT, "", 0, 50 }, { X_LIMIT, "\100", 1, 50 }, { X_LIMIT, "\0\100\0", 3, 50 }
    };
    struct hand h;
    server(&h, 1);
    hand_up(&h);
    p12_extend(&h.p, rows[_i].type, rows[_i].data, rows[_i].len);
    ck_assert_int_eq(p12_greet(&h.p), rows[_i].alert == 0);
    if (rows[_i].alert) {
        ck_assert_int_eq(last_alert(&h), rows[_i].alert);
    } else if (rows[_i].type == X_FRAGMENT) {
        ck_assert_int_eq(said(&h.p, X_FRAGMENT), rows[_i].data[0]);
        ck_assert(p12_full(&h.p));
        ck_assert_uint_eq(longest(&h), 256u << rows[_i].data[0]);
    } else {
        size_t limit = (size_t)(uint8_t)rows[_i].data[0] << 8 | (uint8_t)rows[_i].data[1];
        ck_assert_int_eq(said(&h.p, X_LIMIT), BIGGEST);
        ck_assert(p12_full(&h.p));
        ck_assert_uint_eq(longest(&h), limit < BIGGEST ? limit : BIGGEST);
    }
    net_free(h.net);
}
END_TEST
enum { CLIENT_ROWS = 19 };

/* Of both, a server that knows the newer one answers it alone, and ignores the other, sense or
 * not. */
START_TEST(record_size_limit_is_answered_and_max_fragment_length_beside_it_ignored)
{
    struct hand h;
    server(&h, 2);
    hand_up(&h);
    if (_i & 1)
        say_limit(&h.p, 1000);
    say_fragment(&h.p, _i & 2 ? 77 : 1);
    if (!(_i & 1))
        say_limit(&h.p, 1000);
    ck_assert(p12_greet(&h.p));
    ck_assert_int_eq(said(&h.p, X_FRAGMENT), -1);
    ck_assert_int_eq(said(&h.p, X_LIMIT), BIGGEST);
    ck_assert(p12_full(&h.p));
    ck_assert_uint_eq(longest(&h), 1000);
    net_free(h.net);
}
END_TEST

START_TEST(a_server_answers_no_limit_that_was_not_asked_for)
{
    struct hand h;
    server(&h, 3);
    h.node->config.record_size_limit = 200;
    hand_up(&h);
    ck_assert(p12_greet(&h.p));
    ck_assert(said(&h.p, X_FRAGMENT) == -1 && said(&h.p, X_LIMIT) == -1);
    ck_assert(p12_full(&h.p));
    ck_assert_uint_eq(longest(&h), BIGGEST);
    ck_assert(takes(&h, 1900));              /* nobody has said anything */
    net_free(h.net);
}
END_TEST

/* --- what a server may say ----------------------------------------------------------------- */

START_TEST(a_client_judges_the_limits_of_a_server_hello)
{
    static const struct { unsigned fragment, limit; const char *block; size_t len; int alert; size_t sends; } rows[] = {
        { 512, 0, "\0\1\0\1\1", 5, 0, 512 },         { 4096, 0, "\0\1\0\1\4", 5, 0, 4096 },
        { 512, 0, "", 0, 0, BIGGEST },               { 512, 0, "\0\1\0\1\2", 5, 47, 0 },
        { 512, 0, "\0\1\0\1\0", 5, 47, 0 },          { 512, 0, "\0\1\0\0", 4, 50, 0 },
        { 512, 0, "\0\1\0\2\1\1", 6, 50, 0 },        { 512, 0, "\0\34\0\2\0\100", 6, 110, 0 },
        { 0, 300, "\0\34\0\2\0\100", 6, 0, 64 },     { 0, 300, "\0\34\0\2\100\0", 6, 0, BIGGEST },
        { 0, 300, "\0\34\0\2\100\1", 6, 0, BIGGEST }, { 0, 300, "\0\34\0\2\377\377", 6, 0, BIGGEST },
        { 0, 300, "\0\34\0\2\0\77", 6, 47, 0 },      { 0, 300, "\0\34\0\2\0\1", 6, 47, 0 },
        { 0, 300, "\0\34\0\2\0\0", 6, 47, 0 },       { 0, 300, "\0\34\0\1\100", 5, 50, 0 },
        { 0, 300, "\0\34\0\3\100\0\0", 7, 50, 0 },   { 0, 300, "\0\1\0\1\1", 5, 110, 0 },
        { 0, 0, "\0\34\0\2\100\0", 6, 110, 0 },      { 0, 0, "\0\1\0\1\1", 5, 110, 0 },
        { 512, 300, "\0\1\0\1\1", 5, 0, 512 },       { 512, 300, "\0\34\0\2\0\100", 6, 0, 64 },
        { 512, 300, "\0\1\0\1\1\0\34\0\2\0\100", 11, 47, 0 }, { 512, 300, "\0\34\0\2\0\100\0\1\0\1\1", 11, 47, 0 }
    };
    struct hand h;
    client(&h, 10, rows[_i].fragment, rows[_i].limit);
    ck_assert(p12_take(&h.p, M_CLIENT_HELLO));
    memcpy(h.p.extensions + h.p.extensions_len, rows[_i].block, rows[_i].len);
    h.p.extensions_len += rows[_i].len;
    p12_send(&h.p, M_SERVER_HELLO);
    if (rows[_i].alert) {
        ck_assert_int_eq(last_alert(&h), rows[_i].alert);
        ck_assert_ptr_null(h.node->live);
    } else {
        ck_assert(p12_full(&h.p));
        ck_assert_uint_eq(longest(&h), rows[_i].sends);
    }
    net_free(h.net);
}
END_TEST
enum { SERVER_ROWS = 24 };

/* What is said, and what cannot be: locket_init() refuses it. */
START_TEST(a_client_says_its_limits_as_they_are_configured)
{
    static const struct { unsigned fragment, limit; int code, said; } rows[] = {
        { 0, 0, -1, -1 }, { 512, 0, 1, -1 }, { 1024, 0, 2, -1 }, { 2048, 0, 3, -1 }, { 4096, 0, 4, -1 },
        { 0, 64, -1, 64 }, { 0, BIGGEST, -1, BIGGEST }, { 512, 512, 1, 512 }
    };
    struct hand h;
    client(&h, 11, rows[_i].fragment, rows[_i].limit);
    ck_assert(p12_take(&h.p, M_CLIENT_HELLO));
    ck_assert_int_eq(said(&h.p, X_FRAGMENT), rows[_i].code);
    ck_assert_int_eq(said(&h.p, X_LIMIT), rows[_i].said);
    net_free(h.net);
}
END_TEST

START_TEST(limits_that_cannot_be_are_not_configured)
{
    static const struct { locket_role role; unsigned fragment, limit; locket_error error; } rows[] = {
        { LOCKET_CLIENT, 0, 1, LOCKET_ERR_CONFIG }, { LOCKET_CLIENT, 0, 63, LOCKET_ERR_CONFIG },
        { LOCKET_CLIENT, 0, 64, LOCKET_OK }, { LOCKET_SERVER, 0, 64, LOCKET_OK },
        { LOCKET_CLIENT, 0, BIGGEST, LOCKET_OK }, { LOCKET_CLIENT, 0, BIGGEST + 1, LOCKET_ERR_CONFIG },
        { LOCKET_SERVER, 0, 63, LOCKET_ERR_CONFIG }, { LOCKET_SERVER, 0, BIGGEST + 1, LOCKET_ERR_CONFIG },
        { LOCKET_CLIENT, 256, 0, LOCKET_ERR_CONFIG }, { LOCKET_CLIENT, 513, 0, LOCKET_ERR_CONFIG },
        { LOCKET_CLIENT, 8192, 0, LOCKET_ERR_CONFIG }, { LOCKET_SERVER, 512, 0, LOCKET_ERR_CONFIG }
    };
    struct net *net = net_new(12, 0);
    struct net_node *node = net_node(net, rows[_i].role, 1, 1);
    locket_session session;
    locket_handshake handshake;
    node->config.max_fragment_length = (uint16_t)rows[_i].fragment;
    node->config.record_size_limit = (uint16_t)rows[_i].limit;
    ck_assert_int_eq(locket_init(&node->ep, &node->config, &session, 1, &handshake, 1), rows[_i].error);
    net_free(net);
}
END_TEST

/* --- what leaves, and what is taken -------------------------------------------------------- */

/* Each side's own word binds the other. Our server takes 200, the client 64. */
START_TEST(each_direction_has_its_own_limit_and_longer_records_are_dropped_in_silence)
{
    struct hand h;
    server(&h, 20);
    h.node->config.record_size_limit = 200;
    hand_up(&h);
    say_limit(&h.p, 64);
    ck_assert(p12_greet(&h.p));
    ck_assert_uint_gt(h.p.record.len, 64);               /* in the clear there is no limit */
    ck_assert_int_eq(said(&h.p, X_LIMIT), 200);
    ck_assert(p12_full(&h.p));
    ck_assert_uint_eq(longest(&h), 64);
    ck_assert(takes(&h, 200));
    p12_skip(&h.p);
    ck_assert(!takes(&h, 201));
    ck_assert_uint_eq(locket_drops(&h.node->ep, LOCKET_DROP_TOO_LONG), 1);
    uint8_t forged[300] = { 0 };
    p12_record(&h.p, 23, 0xFEFD, 1, 50, forged, sizeof forged);
    ck_assert(!p12_next(&h.p));              /* and nothing is said to either */
    ck_assert(takes(&h, 200));
    net_free(h.net);
}
END_TEST

/* All that a session says is within the limit: data, alerts, its repeated last flight. */
START_TEST(every_sealed_record_of_a_session_keeps_to_64_bytes)
{
    struct hand h;
    server(&h, 21);
    h.node->config.tickets = _i;
    hand_up(&h);
    say_limit(&h.p, 64);
    if (_i)
        p12_extend(&h.p, X_TICKET, "", 0);
    ck_assert(p12_greet(&h.p) && p12_full(&h.p));
    uint8_t verify_data[12] = { 0 };
    p12_fragment(&h.p, M_FINISHED, 12, h.p.seq - 1, 0, 12, verify_data);     /* once more, please */
    p12_fragment(&h.p, M_CLIENT_HELLO, 12, h.p.seq, 0, 12, verify_data);     /* no_renegotiation */
    ck_assert_uint_eq(longest(&h), 64);
    net_close(h.node, h.node->live);
    unsigned sealed = 0;
    for (size_t i = 0; i < h.net->n_log; i++) {
        struct net_record r;
        size_t at = 0;
        while (net_same(&h.net->log[i]->from, &h.node->address) && net_record(h.net->log[i], &at, &r))
            if (r.epoch == 1) {
                ck_assert_uint_le(r.len, 64 + 16);       /* nonce and tag of CCM_8 */
                sealed++;
            }
    }
    ck_assert_uint_ge(sealed, 4);
    net_free(h.net);
}
END_TEST

/* 512 bytes a record, in the clear as well, both flights of either side; the identity and the
 * hint are as long as they can be. */
START_TEST(no_record_of_a_handshake_is_longer_than_the_agreed_fragment_length)
{
    static const uint8_t long_name[LOCKET_CFG_IDENTITY_SIZE] = { 'n' };
    struct pair p = net_pair(22);
    net_pair_returns(&p, _i);
    p.client->config.max_fragment_length = 512;
    p.server->config.hint = long_name;
    p.server->config.hint_len = sizeof long_name;
    net_set_key(p.client, 0, long_name, sizeof long_name, "0123456789abcdef", 16, 5);
    net_set_key(p.server, 0, long_name, sizeof long_name, "0123456789abcdef", 16, 5);
    net_pair_up(&p);
    for (int i = 0; i < 2; i++) {
        net_connect(p.client, &p.server->address);
        ck_assert(net_meet(p.net, p.client, p.server, 900));
        ck_assert_int_eq(locket_resumed(p.client->live), i);
        ck_assert_uint_eq(locket_data_limit(&p.client->ep, p.client->live), 512);
        ck_assert_uint_eq(locket_data_limit(&p.server->ep, p.server->live), 512);
        net_run(p.net, 100);
    }
    for (size_t i = 0; i < p.net->n_log; i++) {
        struct net_record r;
        size_t at = 0;
        while (net_record(p.net->log[i], &at, &r))
            ck_assert_uint_le(r.len, 512 + (r.epoch ? 16 : 0));
    }
    net_free(p.net);
}
END_TEST

/* --- resumption ------------------------------------------------------------------------------ */

/* A server: max_fragment_length belongs to the session, is not read again, and not answered;
 * record_size_limit is said afresh, or not at all. */
START_TEST(a_resumed_session_keeps_its_fragment_length_and_gets_a_new_record_size_limit)
{
    static const struct { unsigned fragment, limit, again; int limit_again; size_t sends; } rows[] = {
        { 1, 0, 1, -1, 512 }, { 1, 0, 0, -1, 512 }, { 1, 0, 77, -1, 512 }, { 2, 0, 0, 100, 100 },
        { 0, 100, 0, -1, BIGGEST }, { 0, 100, 0, 300, 300 }, { 0, 0, 0, 300, 300 }, { 0, 0, 1, -1, BIGGEST }
    };
    bool tickets = _i % 2;
    const int i = _i / 2;
    struct hand h;
    server(&h, 30);
    h.node->config.tickets = tickets;
    hand_up(&h);
    if (rows[i].fragment)
        say_fragment(&h.p, rows[i].fragment);
    if (rows[i].limit)
        say_limit(&h.p, rows[i].limit);
    if (tickets)
        p12_extend(&h.p, X_TICKET, "", 0);
    ck_assert(p12_greet(&h.p) && p12_full(&h.p));
    p12_reboot(&h.p);
    h.p.extensions_len = 4;
    if (tickets)
        p12_extend(&h.p, X_TICKET, h.p.ticket, h.p.ticket_len);
    else
        memcpy(h.p.session_id, h.p.given_id, h.p.session_id_len = h.p.given_id_len);
    if (rows[i].again == 1)
        say_fragment(&h.p, 1);
    if (rows[i].limit_again > 0)
        say_limit(&h.p, (unsigned)rows[i].limit_again);
    if (rows[i].again == 77)                 /* of another section of RFC 6066: a server's name */
        p12_extend(&h.p, 0, "\0\7\0\0\4host", 9);
    ck_assert(p12_greet(&h.p));
    ck_assert_int_eq(said(&h.p, X_FRAGMENT), -1);
    ck_assert_int_eq(said(&h.p, X_LIMIT), rows[i].limit_again < 0 ? -1 : BIGGEST);
    size_t len;
    ck_assert_ptr_null(p12_extension(&h.p, 0, &len));
    ck_assert(p12_abbreviated(&h.p));
    ck_assert(locket_resumed(h.node->live));
    ck_assert_uint_eq(longest(&h), rows[i].sends);
    net_free(h.net);
}
END_TEST

/* A client, whose server answers neither the second time. */
START_TEST(a_client_that_resumes_keeps_its_fragment_length_and_not_the_record_size_limit)
{
    struct hand h;
    client(&h, 31, _i ? 512 : 0, _i ? 0 : 300);
    ck_assert(p12_take(&h.p, M_CLIENT_HELLO));
    h.p.session_id_len = 5;
    if (_i)
        say_fragment(&h.p, 1);
    else
        say_limit(&h.p, 100);
    p12_send(&h.p, M_SERVER_HELLO);
    ck_assert(p12_full(&h.p));
    ck_assert_uint_eq(longest(&h), _i ? 512 : 100);
    p12_reboot(&h.p);
    h.p.extensions_len = 9;
    ck_assert_ptr_nonnull(net_connect(h.node, &h.p.me));
    ck_assert(p12_take(&h.p, M_CLIENT_HELLO));
    ck_assert_uint_eq(h.p.given_id_len, 5);
    p12_send(&h.p, M_SERVER_HELLO);
    ck_assert(p12_abbreviated(&h.p));
    ck_assert(locket_resumed(h.node->live));
    ck_assert_uint_eq(longest(&h), _i ? 512 : BIGGEST);
    net_free(h.net);
}
END_TEST

Suite *test_rfc_limits(void)
{
    Suite *s = suite_create("rfc_limits");
    TCase *t = tcase_create("limits");
    tcase_add_loop_test(t, a_server_judges_the_limits_of_a_client_hello, 0, CLIENT_ROWS);
    tcase_add_loop_test(t, record_size_limit_is_answered_and_max_fragment_length_beside_it_ignored, 0, 4);
    tcase_add_test(t, a_server_answers_no_limit_that_was_not_asked_for);
    tcase_add_loop_test(t, a_client_judges_the_limits_of_a_server_hello, 0, SERVER_ROWS);
    tcase_add_loop_test(t, a_client_says_its_limits_as_they_are_configured, 0, 8);
    tcase_add_loop_test(t, limits_that_cannot_be_are_not_configured, 0, 12);
    tcase_add_test(t, each_direction_has_its_own_limit_and_longer_records_are_dropped_in_silence);
    tcase_add_loop_test(t, every_sealed_record_of_a_session_keeps_to_64_bytes, 0, 2);
    tcase_add_loop_test(t, no_record_of_a_handshake_is_longer_than_the_agreed_fragment_length, 0, 2);
    tcase_add_loop_test(t, a_resumed_session_keeps_its_fragment_length_and_gets_a_new_record_size_limit, 0, 16);
    tcase_add_loop_test(t, a_client_that_resumes_keeps_its_fragment_length_and_not_the_record_size_limit, 0, 2);
    suite_add_tcase(s, t);
    return s;
}
