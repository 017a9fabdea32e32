/* SPDX-License-Identifier: Apache-2.0
 *
 * test_rfc_hello.c -- the other half of test_rfc.c: versions, suites and extensions that
 * nobody should agree on, and answers that say no more than was asked. */
#include <check.h>
#include <string.h>

#include "peer12.h"

Suite *test_rfc_hello(void);

static uint32_t number_at(const uint8_t *p, size_t n)
{
    uint32_t v = 0;
    while (n--)
        v = v << 8 | *p++;
    return v;
}

/* Our server's word about the hello as it stands: 0, or the alert. */
static int verdict(struct hand *h)
{
    p12_send(&h->p, M_CLIENT_HELLO);
    ck_assert(p12_take(&h->p, M_HELLO_VERIFY));
    p12_send(&h->p, M_CLIENT_HELLO);
    if (p12_take(&h->p, M_SERVER_HELLO)) {
        ck_assert_uint_eq(number_at(h->p.message, 2), 0xFEFD);
        return 0;
    }
    h->p.message_at = h->p.body_len = 0;
    int last = -1;
    h->p.at = 1;
    h->p.record_at = 0;
    for (int a = p12_alert_taken(&h->p); a >= 0; a = p12_alert_taken(&h->p))
        last = a;
    ck_assert_int_eq(last >> 8, 2);
    return last & 255;
}

START_TEST(a_client_of_null_rc4_cbc_anonymous_or_unknown_suites_gets_handshake_failure)
{
    static const uint16_t ids[] = {
        0x0000, 0x002C, 0x008A, 0x0004, 0x0003, 0x0019, 0x001B, 0x008C, 0x00AE, 0xC035, 0x002F, 0x0034,
        0x00A9, 0x0A0A, 0x5600, 0x00FF, 0xD001, 0xC0A5, 0xC0A9, 0x1301, 0xCCAB
    };
    struct hand h;
    hand_new(&h, LOCKET_SERVER, 60);
    hand_up(&h);
    h.p.suites[0] = (uint8_t)(ids[_i] >> 8);
    h.p.suites[1] = (uint8_t)ids[_i];
    ck_assert_int_eq(verdict(&h), 40);
    net_free(h.net);
}
END_TEST
enum { BAD_SUITES = 21 };

/* The numbers of DTLS fall as its versions rise; 254.x is DTLS, and 1.0 is too old. */
START_TEST(our_server_compares_versions_as_dtls_counts_them)
{
    static const struct { unsigned version; int alert; } rows[] = {
        { 0xFEFD, 0 }, { 0xFEFC, 0 }, { 0xFEFB, 0 }, { 0xFE00, 0 }, { 0xFEFE, 70 }, { 0xFEFF, 70 },
        { 0x0303, 70 }, { 0x0304, 70 }, { 0xFFFF, 70 }, { 0x0000, 70 }, { 0xFD00, 70 }
    };
    struct hand h;
    hand_new(&h, LOCKET_SERVER, 61);
    hand_up(&h);
    h.p.version = rows[_i].version;
    ck_assert_int_eq(verdict(&h), rows[_i].alert);
    net_free(h.net);
}
END_TEST

START_TEST(supported_versions_alone_counts_where_it_is_present)
{
    static const struct { unsigned version; const char *list; size_t len; int alert; } rows[] = {
        { 0xFEFD, "\2\376\375", 3, 0 },              { 0xFEFD, "\6\376\374\272\272\376\375", 7, 0 },
        { 0xFEFC, "\4\376\374\376\375", 5, 0 },      { 0xFEFD, "\4\376\374\272\272", 5, 70 },
        { 0xFEFD, "\2\376\377", 3, 70 },             { 0xFEFD, "\2\3\3", 3, 70 },
        { 0xFEFD, "\0", 1, 50 },                     { 0xFEFD, "\3\376\375\376", 4, 50 },
        { 0xFEFD, "\2\376\375\0", 4, 50 },           { 0xFEFD, "\4\376\375", 3, 50 }
    };
    struct hand h;
    hand_new(&h, LOCKET_SERVER, 62);
    hand_up(&h);
    h.p.version = rows[_i].version;
    memcpy(h.p.extensions + 4, "\0\53\0", 3);
    h.p.extensions[7] = (uint8_t)rows[_i].len;
    memcpy(h.p.extensions + 8, rows[_i].list, rows[_i].len);
    h.p.extensions_len = 8 + rows[_i].len;
    ck_assert_int_eq(verdict(&h), rows[_i].alert);
    if (rows[_i].alert == 0)                 /* and the answer does not have it */
        ck_assert_uint_eq(h.p.message_len, 49);
    net_free(h.net);
}
END_TEST

/* RFC 7507 section 3: there is nothing above 1.2 here to fall back from. */
START_TEST(the_signal_of_a_fallback_from_1_0_is_refused_and_from_1_2_ignored)
{
    struct hand h;
    hand_new(&h, LOCKET_SERVER, 63);
    hand_up(&h);
    memcpy(h.p.suites + 4, "\126\0", 2);
    h.p.suites_len = 6;
    h.p.version = _i ? 0xFEFF : 0xFEFD;
    ck_assert_int_eq(verdict(&h), _i ? 70 : 0);
    net_free(h.net);
}
END_TEST

/* Whatever a server answers, each attempt of our client is the same offer. */
START_TEST(no_attempt_ever_offers_another_version_or_signals_a_fallback)
{
    static const unsigned versions[] = { 0xFEFF, 0xFEFE, 0xFEFC, 0xFEFB, 0x0303, 0x0000 };
    struct hand h;
    unsigned hellos = 0;
    hand_new(&h, LOCKET_CLIENT, 64);
    h.p.version = versions[_i];
    hand_up(&h);
    for (int i = 0; i < 4; i++) {
        p12_reboot(&h.p);
        h.p.at = h.net->n_log - 1;
        while (h.p.at && h.net->log[h.p.at]->bytes[0] != 22)     /* an alert may stand behind it */
            h.p.at--;
        if (p12_take(&h.p, M_CLIENT_HELLO))
            p12_send(&h.p, M_SERVER_HELLO);
        net_run(h.net, 4000);
    }
    net_run(h.net, 60000);
    for (size_t i = 0; i < h.net->n_log; i++) {
        const uint8_t *b = h.net->log[i]->bytes;
        if (b[0] != 22)
            continue;
        hellos++;
        ck_assert_uint_eq(b[13], M_CLIENT_HELLO);        /* it never went on */
        ck_assert(number_at(b + 1, 2) == 0xFEFD && number_at(b + 25, 2) == 0xFEFD);
        ck_assert(b[59] == 0 && b[60] == 0);             /* session id, cookie */
        ck_assert_mem_eq(b + 61, "\0\10\300\250\300\244\0\250\0\377\1\0", 12);
    }
    ck_assert_uint_ge(hellos, 4);
    ck_assert_int_eq(h.node->last_reason, 70);
    net_free(h.net);
}
END_TEST

/* RFC 8701 section 3.1: reserved values are ignored in an offer and refused in a choice. */
START_TEST(a_server_that_chooses_a_grease_value_is_refused)
{
    struct hand h;
    hand_new(&h, LOCKET_CLIENT, 65);
    h.node->config.deadline = 3000;
    hand_up(&h);
    if (_i == 0) {
        h.p.suite = 0x1A1A;
    } else {
        memcpy(h.p.extensions + h.p.extensions_len, "\332\332\0\0", 4);
        h.p.extensions_len += 4;
    }
    ck_assert(p12_until(&h.p, M_SERVER_HELLO));
    p12_send(&h.p, M_SERVER_HELLO);
    p12_send(&h.p, M_HELLO_DONE);
    net_run(h.net, 5000);
    ck_assert_int_eq(h.node->last_reason, _i == 0 ? 47 : 110);
    ck_assert_uint_eq(h.node->n_lookups, 0);
    net_free(h.net);
}
END_TEST

/* Subsets of what a client may offer, with much that is not ours; the answer has what was
 * offered of ours, and nothing else. */
START_TEST(a_server_hello_answers_what_was_asked_and_no_more)
{
    static const char others[] = "\0\26\0\0" "\0\4\0\0" "\0\25\0\3\0\0\0" "\0\12\0\4\0\2\0\27"
                                 "\0\13\0\2\1\0" "\0\0\0\11\0\7\0\0\4host" "\0\20\0\7\0\5\4coap"
                                 "\0\17\0\1\1" "\0\43\0\0";
    bool ems = _i & 1, info = _i & 2, signal = _i & 4, more = _i & 8;
    struct hand h;
    uint8_t *x = h.p.extensions, want[16] = { 0 };
    size_t n = 0, k = 2;
    hand_new(&h, LOCKET_SERVER, 66);
    h.node->config.legacy = true;
    hand_up(&h);
    if (more)
        memcpy(x, others, n = sizeof others - 1);
    if (ems) {
        memcpy(x + n, "\0\27\0\0", 4);
        memcpy(want + k, "\0\27\0\0", 4);
        n += 4;
        k += 4;
    }
    if (info) {
        memcpy(x + n, "\377\1\0\1\0", 5);
        n += 5;
    }
    if (info || signal) {
        memcpy(want + k, "\377\1\0\1\0", 5);
        k += 5;
    }
    want[1] = (uint8_t)(k - 2);
    h.p.extensions_len = n;
    h.p.suites_len = signal ? 4 : 2;
    ck_assert_int_eq(verdict(&h), 0);
    ck_assert_uint_eq(h.p.message[37], 0);               /* compression */
    ck_assert_uint_eq(h.p.message_len, k > 2 ? 38 + k : 38);
    ck_assert_mem_eq(h.p.message + 38, want, k > 2 ? k : 0);
    net_free(h.net);
}
END_TEST

Suite *test_rfc_hello(void)
{
    Suite *s = suite_create("rfc_hello");
    TCase *t = tcase_create("hellos");
    tcase_add_loop_test(t, a_client_of_null_rc4_cbc_anonymous_or_unknown_suites_gets_handshake_failure,
                        0, BAD_SUITES);
    tcase_add_loop_test(t, our_server_compares_versions_as_dtls_counts_them, 0, 11);
    tcase_add_loop_test(t, supported_versions_alone_counts_where_it_is_present, 0, 10);
    tcase_add_loop_test(t, the_signal_of_a_fallback_from_1_0_is_refused_and_from_1_2_ignored, 0, 2);
    tcase_add_loop_test(t, no_attempt_ever_offers_another_version_or_signals_a_fallback, 0, 6);
    tcase_add_loop_test(t, a_server_that_chooses_a_grease_value_is_refused, 0, 2);
    tcase_add_loop_test(t, a_server_hello_answers_what_was_asked_and_no_more, 0, 16);
    suite_add_tcase(s, t);
    return s;
}
