/* SPDX-License-Identifier: Apache-2.0
 *
 * test_header.c -- datagrams fall apart into records, and a useless record never
 * costs its neighbours (RFC 6347 sections 4.1, 4.1.1, 4.1.2.7). */
#include <check.h>
#include <string.h>

#include "header.h"

Suite *test_header(void);

/* For loops: EXPECT() tells the runner of every call. */
#define EXPECT(truth)                          \
    do {                                       \
        if (!(truth))                          \
            ck_abort_msg("not so: %s", #truth); \
    } while (0)

static uint32_t header_seed = 2;
static uint32_t header_random(uint32_t below)
{
    header_seed = header_seed * 1664525u + 1013904223u;
    return (header_seed >> 8) % below;
}

/* One record of `len` zero bytes at `at`; returns where the next one goes. */
static uint8_t *header_put(uint8_t *at, unsigned type, unsigned version, uint64_t number, size_t len)
{
    record_header(at, type, version, number, len);
    return at + RECORD_HEADER + len;
}

/* The verdict on a datagram of one record: RECORD_FINE, a drop, or -2 for false. */
static int header_one(unsigned type, unsigned version, unsigned epoch, size_t len)
{
    static uint8_t b[RECORD_HEADER + 65535];
    struct record r;
    int reason;
    uint8_t *at = b;
    size_t left = (size_t)(header_put(b, type, version, (uint64_t)epoch << 48 | 7, len) - b);
    if (!record_next(&at, &left, 0, &r, &reason))
        return -2;
    EXPECT(left == 0);
    EXPECT(at == b + RECORD_HEADER + len);
    EXPECT(r.body == b + RECORD_HEADER);
    EXPECT(r.len == len);
    EXPECT(r.type == type);
    EXPECT(r.version == version);
    EXPECT(record_epoch(&r) == epoch);
    return reason;
}

START_TEST(a_header_has_its_thirteen_bytes_where_the_rfc_puts_them)
{
    static const uint8_t expected[] = { 22, 0xFE, 0xFD, 0x01, 0x02, 0x03, 0x04,
                                        0x05, 0x06, 0x07, 0x08, 0x3F, 0xFE };
    uint8_t b[14] = { 0 };
    record_header(b, TYPE_HANDSHAKE, DTLS_1_2, UINT64_C(0x0102030405060708), 0x3FFE);
    ck_assert_mem_eq(b, expected, sizeof expected);
    EXPECT(b[13] == 0);
}
END_TEST

START_TEST(an_empty_datagram_is_no_fault)
{
    uint8_t b[1] = { 0 }, *at = b;
    size_t left = 0;
    struct record r;
    int reason;
    EXPECT(!record_next(&at, &left, 0, &r, &reason));
    EXPECT(reason == RECORD_FINE);
    at = NULL;
    EXPECT(!record_next(&at, &left, 0, &r, &reason));
    EXPECT(reason == RECORD_FINE);
}
END_TEST

START_TEST(a_record_truncated_anywhere_ends_the_datagram)
{
    uint8_t b[RECORD_HEADER + 20];
    header_put(b, TYPE_HANDSHAKE, DTLS_1_2, 0, 20);
    for (size_t n = 1; n < sizeof b; n++) {
        uint8_t *at = b;
        size_t left = n;
        struct record r;
        int reason = 99;
        EXPECT(!record_next(&at, &left, 0, &r, &reason));
        EXPECT(reason == LOCKET_DROP_MALFORMED);
        EXPECT(left == 0);
        EXPECT(at == b + n);
        EXPECT(!record_next(&at, &left, 0, &r, &reason));
        EXPECT(reason == RECORD_FINE);
    }
}
END_TEST

START_TEST(records_before_a_truncated_one_are_still_taken)
{
    uint8_t b[100], *at = b;
    uint8_t *end = header_put(b, TYPE_HANDSHAKE, DTLS_1_2, 0, 5);
    end = header_put(end, TYPE_CHANGE_CIPHER_SPEC, DTLS_1_2, 1, 1);
    end = header_put(end, TYPE_HANDSHAKE, DTLS_1_2, 2, 30);
    size_t left = (size_t)(end - b) - 1;
    struct record r;
    int reason;

    EXPECT(record_next(&at, &left, 0, &r, &reason) && r.number == 0 && reason == RECORD_FINE);
    EXPECT(record_next(&at, &left, 0, &r, &reason) && r.number == 1 && reason == RECORD_FINE);
    EXPECT(!record_next(&at, &left, 0, &r, &reason));
    EXPECT(reason == LOCKET_DROP_MALFORMED);
}
END_TEST

START_TEST(only_the_content_types_that_there_are_are_taken)
{
    for (unsigned type = 0; type < 256; type++)
        for (unsigned epoch = 0; epoch < 2; epoch++)
            EXPECT(header_one(type, DTLS_1_2, epoch, 30) ==
                   ((type >= 20 && type <= 23) || (type == 27 && LOCKET_CFG_RRC && epoch) ? RECORD_FINE
                                                                                          : LOCKET_DROP_TYPE));
}
END_TEST

/* RFC 5246 appendix E.1: a ClientHello's record may say any FE xx. */
START_TEST(epoch_0_takes_every_dtls_version_and_later_epochs_only_1_2)
{
    for (unsigned version = 0; version < 65536; version++) {
        int dtls = version >> 8 == 0xFE ? RECORD_FINE : LOCKET_DROP_TYPE;
        int dtls12 = version == 0xFEFD ? RECORD_FINE : LOCKET_DROP_TYPE;
        EXPECT(header_one(TYPE_HANDSHAKE, version, 0, 30) == dtls);
        EXPECT(header_one(TYPE_HANDSHAKE, version, 1, 30) == dtls12);
        EXPECT(header_one(TYPE_HANDSHAKE, version, 65535, 30) == dtls12);
    }
}
END_TEST

START_TEST(only_application_data_may_be_empty)
{
    for (unsigned epoch = 0; epoch < 2; epoch++) {
        EXPECT(header_one(TYPE_CHANGE_CIPHER_SPEC, DTLS_1_2, epoch, 0) == LOCKET_DROP_MALFORMED);
        EXPECT(header_one(TYPE_ALERT, DTLS_1_2, epoch, 0) == LOCKET_DROP_MALFORMED);
        EXPECT(header_one(TYPE_HANDSHAKE, DTLS_1_2, epoch, 0) == LOCKET_DROP_MALFORMED);
        EXPECT(header_one(TYPE_APPLICATION_DATA, DTLS_1_2, epoch, 0) == RECORD_FINE);
    }
}
END_TEST

START_TEST(a_record_above_2_14_plus_2048_is_skipped)
{
    EXPECT(header_one(TYPE_APPLICATION_DATA, DTLS_1_2, 1, 16384 + 2048) == RECORD_FINE);
    EXPECT(header_one(TYPE_APPLICATION_DATA, DTLS_1_2, 1, 16384 + 2049) == LOCKET_DROP_MALFORMED);
    EXPECT(header_one(TYPE_APPLICATION_DATA, DTLS_1_2, 1, 65535) == LOCKET_DROP_MALFORMED);
}
END_TEST

START_TEST(a_senseless_record_does_not_cost_its_neighbours)
{
    static const struct { unsigned type, version; uint64_t number; size_t len; int reason; } in[] = {
        { 22, DTLS_1_2, 0, 12, RECORD_FINE },
        { 99, DTLS_1_2, 1, 40, LOCKET_DROP_TYPE },
        { 21, DTLS_1_0, 2, 2, RECORD_FINE },
        { 22, DTLS_1_2, 3, 0, LOCKET_DROP_MALFORMED },
        { 22, 0x0303, 4, 9, LOCKET_DROP_TYPE },
        { 20, DTLS_1_2, 5, 1, RECORD_FINE },
        { 23, DTLS_1_2, UINT64_C(1) << 48, RECORD_MAX + 1, LOCKET_DROP_MALFORMED },
        { 23, DTLS_1_0, UINT64_C(1) << 48 | 1, 30, LOCKET_DROP_TYPE },
        { 23, DTLS_1_2, UINT64_C(1) << 48 | 2, 30, RECORD_FINE },
    };
    static uint8_t b[20000];
    uint8_t *at = b, *end = b;
    struct record r;
    int reason;

    for (size_t i = 0; i < sizeof in / sizeof in[0]; i++)
        end = header_put(end, in[i].type, in[i].version, in[i].number, in[i].len);
    size_t left = (size_t)(end - b);
    for (size_t i = 0; i < sizeof in / sizeof in[0]; i++) {
        EXPECT(record_next(&at, &left, 0, &r, &reason));
        EXPECT(reason == in[i].reason);
        EXPECT(r.number == in[i].number && r.len == in[i].len);
    }
    EXPECT(!record_next(&at, &left, 0, &r, &reason));
    EXPECT(reason == RECORD_FINE);
}
END_TEST

START_TEST(no_datagram_makes_a_record_leave_it_or_a_loop_go_on)
{
    uint8_t b[120];

    for (int round = 0; round < 200000; round++) {
        size_t len = header_random(sizeof b + 1), left = len;
        for (size_t i = 0; i < len; i++)
            b[i] = (uint8_t)header_random(256);
        for (size_t i = 0; i + RECORD_HEADER <= len; i += RECORD_HEADER + b[i + 12]) {
            if (header_random(4) == 0)
                break;
            record_header(b + i, 20 + header_random(4), header_random(2) ? DTLS_1_2 : DTLS_1_0,
                          (uint64_t)header_random(2) << 48 | header_random(9), header_random(40));
        }
        uint8_t *at = b, *last = b;
        struct record r;
        int reason;
        unsigned turns = 0;
        while (record_next(&at, &left, 0, &r, &reason)) {
            EXPECT(r.body == last + RECORD_HEADER && r.body + r.len == at);
            EXPECT(at + left == b + len);
            last = at;
            EXPECT(turns++ < sizeof b / RECORD_HEADER + 1);
        }
        EXPECT(left == 0 && at == b + len);
    }
}
END_TEST

Suite *test_header(void)
{
    Suite *s = suite_create("header");
    TCase *t = tcase_create("header");
    tcase_set_timeout(t, 60);
    suite_add_tcase(s, t);
    tcase_add_test(t, a_header_has_its_thirteen_bytes_where_the_rfc_puts_them);
    tcase_add_test(t, an_empty_datagram_is_no_fault);
    tcase_add_test(t, a_record_truncated_anywhere_ends_the_datagram);
    tcase_add_test(t, records_before_a_truncated_one_are_still_taken);
    tcase_add_test(t, only_the_content_types_that_there_are_are_taken);
    tcase_add_test(t, epoch_0_takes_every_dtls_version_and_later_epochs_only_1_2);
    tcase_add_test(t, only_application_data_may_be_empty);
    tcase_add_test(t, a_record_above_2_14_plus_2048_is_skipped);
    tcase_add_test(t, a_senseless_record_does_not_cost_its_neighbours);
    tcase_add_test(t, no_datagram_makes_a_record_leave_it_or_a_loop_go_on);
    return s;
}
