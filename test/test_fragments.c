/* SPDX-License-Identifier: Apache-2.0
 *
 * test_fragments.c -- handshake fragments and messages that lie (RFC 6347 section 4.2.3):
 * the richest seam of faults in this field; one test per known one, named for it.
 * After every lie the true messages come, and the handshake has to succeed:
 * a fragment that contradicts itself or others costs a repetition at most. */
#include <check.h>
#include <string.h>

#include "peer12.h"
#include "sha256.h"

Suite *test_fragments(void);

/* A server that waits for ClientKeyExchange (message_seq 2, 17 bytes), or a client
 * that waits for ServerHello (message_seq 1, 49 bytes). */
struct target { struct hand h; unsigned type, seq; uint8_t body[256]; size_t len; };

static void target(struct target *t, int i)
{
    hand_new(&t->h, i & 1 ? LOCKET_CLIENT : LOCKET_SERVER, 1);
    hand_up(&t->h);
    t->type = i & 1 ? M_SERVER_HELLO : M_CLIENT_KEY;
    ck_assert(p12_until(&t->h.p, t->type));
    t->seq = t->h.p.seq;
    t->len = i & 1 ? p12_hello_body(&t->h.p, t->body) : p12_client_key_body(&t->h.p, t->body);
}

static void lie(struct target *t, unsigned type, size_t length, size_t offset, size_t n, const uint8_t *bytes)
{
    p12_fragment(&t->h.p, type, length, t->seq, offset, n, bytes);
}

static void try_rest(struct target *t)
{
    struct peer12 *p = &t->h.p;
    if (p->server) {
        if (!p12_take(p, M_CLIENT_KEY) || !p12_take(p, M_CCS) || !p12_take(p, M_FINISHED))
            return;
    } else {
        p12_send(p, M_CCS);
    }
    if (p->server)
        p12_send(p, M_CCS);
    p12_send(p, M_FINISHED);
}

static void truth(struct target *t)
{
    struct peer12 *p = &t->h.p;
    p12_send(p, t->type);
    if (p->server)
        p12_send(p, M_HELLO_DONE);
    try_rest(t);
    ck_assert_uint_eq(t->h.node->n_kind[LOCKET_CONNECTED], 1);
    ck_assert_uint_eq(t->h.node->n_kind[LOCKET_FAILED] + t->h.node->n_kind[LOCKET_CLOSED], 0);
    p12_sealed(p, 23, "x", 1);
    ck_assert_uint_eq(t->h.node->n_kind[LOCKET_DATA], 1);
    net_free(t->h.net);
}

START_TEST(cve_2014_0195_a_fragment_longer_than_its_message)
{
    struct target t;
    uint8_t many[600];
    memset(many, 0x41, sizeof many);
    target(&t, _i);
    lie(&t, t.type, t.len, 0, 4, t.body);
    lie(&t, t.type, t.len, 4, 500, many);
    lie(&t, t.type, t.len, 0, t.len + 1, many);
    lie(&t, t.type, t.len, t.len, 1, many);
    ck_assert_uint_ge(locket_drops(&t.h.node->ep, LOCKET_DROP_FRAGMENT), 3);
    truth(&t);
}
END_TEST

START_TEST(cve_2026_33846_fragment_length_changes)
{
    static const size_t other[] = { 2, 5, 16, 18, 48, 50, 100, 280, 1000, 65535, 0xFFFFFF };
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
        struct target t;
        uint8_t zero[300] = { 0 };
        target(&t, _i);
        size_t n = other[i] < 280 ? other[i] : 280;
        lie(&t, t.type, t.len, 0, 8, t.body);
        lie(&t, t.type, other[i], n / 2, n - n / 2, zero);
        lie(&t, t.type, t.len, 8, 2, t.body + 8);
        truth(&t);
    }
}
END_TEST

START_TEST(cve_2026_33845_zero_length_at_any_offset)
{
    struct target t;
    target(&t, _i);
    for (size_t offset = 0; offset < t.len + 3; offset++)
        lie(&t, t.type, t.len, offset, 0, t.body);
    lie(&t, t.type, t.len, 0xFFFFFF, 0, t.body);
    lie(&t, t.type, 0, 0xFFFFFF, 0, t.body);
    truth(&t);
}
END_TEST

START_TEST(cve_2026_42009_a_message_seq_with_another_type)
{
    struct target t;
    target(&t, _i);
    lie(&t, 4, t.len, 0, 8, t.body);
    lie(&t, t.type, t.len, 8, 4, t.body + 8);
    lie(&t, 11, t.len, 12, 2, t.body);
    truth(&t);
}
END_TEST

START_TEST(cve_2026_59646_cve_2026_63566_cve_2014_3506_a_length_of_24_bits)
{
    struct target t;
    uint8_t some[200] = { 0 };
    target(&t, _i);
    lie(&t, t.type, 0xFFFFFF, 0, 200, some);
    lie(&t, t.type, 0xFFFFFF, 0xFFFF00, 200, some);
    lie(&t, t.type, 0x800000, 0, 1, some);
    lie(&t, t.type, 65536 + t.len, 0, t.len, t.body);    /* the length cut to 16 bits would fit */
    ck_assert_uint_ge(locket_drops(&t.h.node->ep, LOCKET_DROP_TOO_LONG), 3);
    truth(&t);
}
END_TEST

START_TEST(wolfssl_5246_matrixssl_30_riot_12905_headers_at_their_limits)
{
    static const size_t values[] = { 0,   1,      12,      17,       49,       255,      256,     288,
                                     289, 0xFFFF, 0x10000, 0x7FFFFF, 0x800000, 0xFFFFFE, 0xFFFFFF };
    enum { N = sizeof values / sizeof values[0] };
    struct target t;
    target(&t, _i);
    for (size_t a = 0; a < N; a++)
        for (size_t b = 0; b < N; b++)
            for (size_t c = 0; c < N; c++) {
                uint8_t m[12 + 40] = { 0 };
                const size_t v[3] = { values[a], values[b], values[c] };
                if (v[1] == 0 && v[0] == v[2] && v[0] <= 40)
                    continue;     /* that is no lie, but a message */
                m[0] = (uint8_t)t.type;
                m[5] = (uint8_t)t.seq;
                for (size_t k = 0; k < 3; k++) {
                    size_t at = k == 0 ? 1 : k == 1 ? 6 : 9;
                    m[at] = (uint8_t)(v[k] >> 16);
                    m[at + 1] = (uint8_t)(v[k] >> 8);
                    m[at + 2] = (uint8_t)v[k];
                }
                p12_plain(&t.h.p, 22, m, sizeof m);
                p12_plain(&t.h.p, 22, m, 12);
            }
    t.h.p.number = 60000;
    truth(&t);
}
END_TEST

START_TEST(cve_2014_3507_ghsa_cm8f_empty_fragments_end_and_cost_nothing)
{
    struct target t;
    uint8_t record[12 * 100];
    target(&t, _i);
    for (size_t i = 0; i < 100; i++) {
        uint8_t header[12] = { (uint8_t)t.type, 0, 0, (uint8_t)t.len, 0, (uint8_t)t.seq, 0, 0, (uint8_t)(i % t.len) };
        memcpy(record + 12 * i, header, 12);
    }
    p12_plain(&t.h.p, 22, record, sizeof record);
    p12_plain(&t.h.p, 22, record, 0);
    for (size_t n = 1; n < 12; n++)          /* a header cut short */
        p12_plain(&t.h.p, 22, record, n);
    truth(&t);
}
END_TEST

START_TEST(cve_2014_0221_a_hundred_hello_requests_in_one_record)
{
    struct target t;
    uint8_t record[12 * 100] = { 0 };
    target(&t, 1);
    p12_plain(&t.h.p, 22, record, sizeof record);
    for (size_t i = 0; i < 100; i++)
        record[12 * i + 5] = (uint8_t)i;
    p12_plain(&t.h.p, 22, record, sizeof record);
    truth(&t);
}
END_TEST

START_TEST(cve_2022_29189_cve_2016_2179_a_flood_of_future_messages)
{
    struct target t;
    uint8_t junk[250] = { 0 };
    target(&t, _i);
    for (unsigned seq = 3; seq < 300; seq++)
        for (size_t n = 1; n < 250; n += 83) {
            p12_fragment(&t.h.p, 20, n + 1, seq, 0, n, junk);
            if (seq > t.seq + 8)  /* a whole one that is next would be taken for the peer's */
                p12_fragment(&t.h.p, 14, n, seq, 0, n, junk);
        }
    p12_fragment(&t.h.p, 20, 3, 65535, 0, 3, junk);
    truth(&t);
}
END_TEST

START_TEST(cve_2009_1378_cve_2009_1379_duplicates_and_messages_out_of_sequence)
{
    struct target t;
    target(&t, _i);
    for (int k = 0; k < 50; k++)
        for (size_t at = 0; at + 2 < t.len; at += 2)
            lie(&t, t.type, t.len, at, 2, t.body + at);  /* all but the last bytes, again and again */
    for (unsigned seq = 0; seq < t.seq; seq++)
        p12_fragment(&t.h.p, t.type, t.len, seq, 0, t.len, t.body);
    truth(&t);
}
END_TEST

START_TEST(openssl_25356_a_bad_fragment_does_not_spoil_the_next_record)
{
    struct target t;
    uint8_t bad[30] = { 0 };
    target(&t, _i);
    bad[0] = (uint8_t)t.type;
    bad[3] = 9;
    bad[5] = (uint8_t)t.seq;
    bad[11] = 200;                /* more than the record has */
    p12_hold(&t.h.p);
    p12_plain(&t.h.p, 22, bad, sizeof bad);
    p12_send(&t.h.p, t.type);
    if (t.h.p.server)
        p12_send(&t.h.p, M_HELLO_DONE);
    p12_go(&t.h.p);
    try_rest(&t);
    ck_assert_uint_eq(t.h.node->n_kind[LOCKET_CONNECTED], 1);
    net_free(t.h.net);
}
END_TEST

/* Bytes that change over fragments (RFC 9147 section 5.5): the message is never made of
 * both. A first piece is forged; then come the true pieces, and again. */
START_TEST(a_conflicting_overlap_never_mixes)
{
    struct target t;
    uint8_t forged[64];
    target(&t, _i);
    memcpy(forged, t.body, 10);
    forged[_i & 1 ? 3 : 2] ^= 0x55;          /* in the random; in the identity */
    lie(&t, t.type, t.len, 0, 10, forged);
    lie(&t, t.type, t.len, 6, t.len - 6, t.body + 6);    /* overlaps in bytes that agree */
    if (t.h.node->n_lookups || p12_next(&t.h.p)) {       /* the forged message came first and is whole: */
        ck_assert_uint_eq(t.h.node->n_kind[LOCKET_CONNECTED], 0);    /* it spoils this attempt, no more */
        net_free(t.h.net);
        return;
    }
    net_free(t.h.net);

    target(&t, _i);
    lie(&t, t.type, t.len, 0, 10, forged);
    lie(&t, t.type, t.len, 0, 12, t.body);   /* contradicts: begins anew */
    ck_assert_uint_ge(locket_drops(&t.h.node->ep, LOCKET_DROP_FRAGMENT), 1);
    truth(&t);
}
END_TEST

START_TEST(pion_1099_every_pair_of_borders_and_overlaps_is_put_together)
{
    for (size_t a = 1; a < 17; a++)
        for (size_t b = 0; b <= a; b++) {
            struct target t;
            target(&t, 0);
            bool swap = (a + b) & 1;
            for (int k = 0; k < 2; k++) {
                if ((k == 0) == swap)
                    lie(&t, t.type, t.len, b, t.len - b, t.body + b);
                else
                    lie(&t, t.type, t.len, 0, a, t.body);
            }
            ck_assert_uint_eq(t.h.node->n_lookups, 1);
            uint8_t header[12] = { M_CLIENT_KEY, 0, 0, 17, 0, 2, 0, 0, 0, 0, 0, 17 };
            sha256_add(&t.h.p.transcript, header, 12);   /* RFC 6347 section 4.2.6: as if in one piece */
            sha256_add(&t.h.p.transcript, t.body, t.len);
            t.h.p.seq++;
            p12_derive(&t.h.p);
            try_rest(&t);
            ck_assert_uint_eq(t.h.node->n_kind[LOCKET_CONNECTED], 1);
            net_free(t.h.net);
        }
}
END_TEST

START_TEST(messages_in_the_reverse_order_are_put_in_order)
{
    struct target t;              /* ServerHelloDone before ServerHello */
    target(&t, 1);
    struct peer12 ahead = t.h.p;
    ahead.seq++;
    p12_fragment(&ahead, M_HELLO_DONE, 0, ahead.seq, 0, 0, t.body);
    t.h.p.number += 2;
    p12_send(&t.h.p, M_SERVER_HELLO);
    uint8_t done[12] = { 14, 0, 0, 0, 0, (uint8_t)t.h.p.seq++ };
    sha256_add(&t.h.p.transcript, done, 12);
    try_rest(&t);
    ck_assert_uint_eq(t.h.node->n_kind[LOCKET_CONNECTED], 1);
    net_free(t.h.net);
}
END_TEST

/* --- messages of every length --------------------------------------------------------------- */

START_TEST(cve_2022_35409_tinydtls_59_client_hellos_cut_at_every_byte)
{
    struct hand h;
    uint8_t body[256];
    hand_new(&h, LOCKET_SERVER, 1);
    hand_up(&h);
    p12_send(&h.p, M_CLIENT_HELLO);
    ck_assert(p12_take(&h.p, M_HELLO_VERIFY));
    size_t n = p12_hello_body(&h.p, body);
    for (size_t cut = 0; cut < n; cut++) {   /* an honest header around less */
        p12_fragment(&h.p, M_CLIENT_HELLO, cut, 1, 0, cut, body);
        ck_assert_uint_eq(net_count(h.net, &h.node->address, 22, 0, M_SERVER_HELLO), 0);
        ck_assert_uint_eq(h.node->n_lookups, 0);
    }
    net_run(h.net, 130000);
    p12_reboot(&h.p);
    ck_assert(p12_finish(&h.p));
    net_free(h.net);
}
END_TEST

/* Each length byte of a ClientHello takes every value. */
START_TEST(cve_2021_42143_cve_2021_42147_lengths_that_lie_in_a_client_hello)
{
    struct hand h;
    uint8_t body[256];
    hand_new(&h, LOCKET_SERVER, 1);
    hand_up(&h);
    p12_send(&h.p, M_CLIENT_HELLO);
    ck_assert(p12_take(&h.p, M_HELLO_VERIFY));
    size_t n = p12_hello_body(&h.p, body);
    static const size_t lengths[] = { 34, 35, 52, 53, 58, 60, 61, 64, 65 };
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        uint8_t kept = body[lengths[i]];
        for (unsigned v = 0; v < 256; v++) {
            if (v == kept)
                continue;
            body[lengths[i]] = (uint8_t)v;
            p12_fragment(&h.p, M_CLIENT_HELLO, n, 1, 0, n, body);
            ck_assert_uint_eq(net_count(h.net, &h.node->address, 22, 0, M_SERVER_HELLO), 0);
        }
        body[lengths[i]] = kept;
    }
    net_run(h.net, 130000);
    p12_reboot(&h.p);
    ck_assert(p12_finish(&h.p));
    net_free(h.net);
}
END_TEST

START_TEST(ghsa_ww6v_hundreds_of_suites_and_the_same_many_times)
{
    struct hand h;
    uint8_t body[1200], hello[128];
    hand_new(&h, LOCKET_SERVER, 1);
    hand_up(&h);
    size_t n = p12_hello_body(&h.p, hello), many = 250;
    memcpy(body, hello, 36);
    body[36] = (uint8_t)(2 * many >> 8);
    body[37] = (uint8_t)(2 * many);
    for (size_t i = 0; i < many; i++)
        memcpy(body + 38 + 2 * i, i % 3 ? "\300\250" : "\0\377", 2);
    memcpy(body + 38 + 2 * many, hello + 42, n - 42);
    n = n - 4 + 2 * many;
    p12_fragment(&h.p, M_CLIENT_HELLO, n, 0, 0, n, body);
    ck_assert(p12_take(&h.p, M_HELLO_VERIFY));
    memmove(body + 36 + 16, body + 36, n - 36);
    body[35] = 16;
    memcpy(body + 36, h.p.cookie, 16);
    p12_fragment(&h.p, M_CLIENT_HELLO, n + 16, 1, 0, n + 16, body);
    ck_assert(p12_take(&h.p, M_SERVER_HELLO));
    net_free(h.net);
}
END_TEST

START_TEST(mbedtls_2_7_15_server_messages_cut_at_every_byte)
{
    static const unsigned types[] = { M_SERVER_HELLO, M_SERVER_KEY, M_HELLO_VERIFY };
    for (size_t cut = 0; cut < 49; cut++) {
        struct hand h;
        uint8_t body[256] = { 0, 20 };
        hand_new(&h, LOCKET_CLIENT, 1);
        h.node->config.deadline = 3000;
        hand_up(&h);
        ck_assert(p12_take(&h.p, M_CLIENT_HELLO));
        size_t n = 22;
        if (types[_i] == M_SERVER_HELLO) {
            n = p12_hello_body(&h.p, body);
        } else if (types[_i] == M_SERVER_KEY) {
            p12_send(&h.p, M_SERVER_HELLO);
        } else {
            memcpy(body, "\376\375\23", 3);
        }
        if (cut >= n) {
            net_free(h.net);
            break;
        }
        p12_message(&h.p, types[_i], body, cut);
        p12_send(&h.p, M_HELLO_DONE);
        while (p12_next(&h.p))
            ck_assert_msg(h.p.record.type == 21, "message %u cut to %zu bytes is taken", types[_i], cut);
        net_run(h.net, 4000);
        ck_assert_uint_eq(h.node->n_kind[LOCKET_CLOSED], 1);
        net_free(h.net);
    }
}
END_TEST

START_TEST(a_server_hello_done_with_contents_is_a_decode_error)
{
    struct hand h;
    hand_new(&h, LOCKET_CLIENT, 1);
    h.node->config.deadline = 3000;
    hand_up(&h);
    ck_assert(p12_until(&h.p, M_HELLO_DONE));
    p12_message(&h.p, M_HELLO_DONE, "\0", 1);
    net_run(h.net, 4000);
    ck_assert_int_eq(h.node->last_reason, 50);
    net_free(h.net);
}
END_TEST

START_TEST(tinydtls_78_wolfssl_9198_a_certificate_request_has_no_place_here)
{
    struct hand h;
    hand_new(&h, LOCKET_CLIENT, 1);
    h.node->config.deadline = 3000;
    hand_up(&h);
    ck_assert(p12_until(&h.p, M_HELLO_DONE));
    p12_message(&h.p, 13, "\1\100\0\2\4\3\0\0", 8);
    p12_send(&h.p, M_HELLO_DONE);
    ck_assert_uint_eq(h.node->n_lookups, 0);
    net_run(h.net, 4000);
    ck_assert_int_eq(h.node->last_reason, 10);
    net_free(h.net);
}
END_TEST

struct cut { size_t index, len; };

static void cut_one(void *user, const struct net_datagram *d, struct net_verdict *v)
{
    const struct cut *c = user;
    if (d->index == c->index) {
        v->fate = NET_TRUNCATE;
        v->at = c->len;
    }
}

START_TEST(cve_2014_3571_every_datagram_cut_at_every_byte)
{
    static const size_t lengths[] = { 75, 44, 91, 86, 109, 67 };
    for (size_t len = 0; len < lengths[_i]; len++) {
        struct pair p = net_pair(1);
        struct cut c = { (size_t)_i, len };
        static const uint16_t one[] = { 0xC0A8 };
        p.client->config.suites = one;
        p.client->config.n_suites = 1;
        p.net->judge = cut_one;
        p.net->user = &c;
        net_pair_up(&p);
        net_connect(p.client, &p.server->address);
        ck_assert_msg(net_meet(p.net, p.client, p.server, 2000), "datagram %d cut to %zu bytes", _i, len);
        net_free(p.net);
    }
}
END_TEST

Suite *test_fragments(void)
{
    Suite *s = suite_create("fragments");
    TCase *t = tcase_create("fragments");
    tcase_add_loop_test(t, cve_2014_0195_a_fragment_longer_than_its_message, 0, 2);
    tcase_add_loop_test(t, cve_2026_33846_fragment_length_changes, 0, 2);
    tcase_add_loop_test(t, cve_2026_33845_zero_length_at_any_offset, 0, 2);
    tcase_add_loop_test(t, cve_2026_42009_a_message_seq_with_another_type, 0, 2);
    tcase_add_loop_test(t, cve_2026_59646_cve_2026_63566_cve_2014_3506_a_length_of_24_bits, 0, 2);
    tcase_add_loop_test(t, wolfssl_5246_matrixssl_30_riot_12905_headers_at_their_limits, 0, 2);
    tcase_add_loop_test(t, cve_2014_3507_ghsa_cm8f_empty_fragments_end_and_cost_nothing, 0, 2);
    tcase_add_test(t, cve_2014_0221_a_hundred_hello_requests_in_one_record);
    tcase_add_loop_test(t, cve_2022_29189_cve_2016_2179_a_flood_of_future_messages, 0, 2);
    tcase_add_loop_test(t, cve_2009_1378_cve_2009_1379_duplicates_and_messages_out_of_sequence, 0, 2);
    tcase_add_loop_test(t, openssl_25356_a_bad_fragment_does_not_spoil_the_next_record, 0, 2);
    tcase_add_loop_test(t, a_conflicting_overlap_never_mixes, 0, 2);
    tcase_add_test(t, pion_1099_every_pair_of_borders_and_overlaps_is_put_together);
    tcase_add_test(t, messages_in_the_reverse_order_are_put_in_order);
    suite_add_tcase(s, t);
    t = tcase_create("messages");
    tcase_add_test(t, cve_2022_35409_tinydtls_59_client_hellos_cut_at_every_byte);
    tcase_add_test(t, cve_2021_42143_cve_2021_42147_lengths_that_lie_in_a_client_hello);
    tcase_add_test(t, ghsa_ww6v_hundreds_of_suites_and_the_same_many_times);
    tcase_add_loop_test(t, mbedtls_2_7_15_server_messages_cut_at_every_byte, 0, 3);
    tcase_add_test(t, a_server_hello_done_with_contents_is_a_decode_error);
    tcase_add_test(t, tinydtls_78_wolfssl_9198_a_certificate_request_has_no_place_here);
    tcase_add_loop_test(t, cve_2014_3571_every_datagram_cut_at_every_byte, 0, 6);
    suite_add_tcase(s, t);
    return s;
}
