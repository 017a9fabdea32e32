/* SPDX-License-Identifier: Apache-2.0
 *
 * test_datagram.c -- several records in one datagram, out and in again (RFC 6347
 * section 4.1.1). */
#include <check.h>
#include <string.h>

#include "datagram.h"

Suite *test_datagram(void);

/* For loops: EXPECT() tells the runner of every call. */
#define EXPECT(truth)                          \
    do {                                       \
        if (!(truth))                          \
            ck_abort_msg("not so: %s", #truth); \
    } while (0)

static void datagram_session(locket_session *s, size_t row)
{
    memset(s, 0, sizeof *s);
    memset(s->key, 0x42, sizeof s->key);
    memset(s->salt, 0x24, sizeof s->salt);
    s->suite = (uint8_t)row;
    session_start_epoch(s);
}

/* A flight as a client sends it: two plaintext records and a sealed one. */
static size_t datagram_flight(uint8_t *b, size_t cap, locket_session *s)
{
    struct datagram d = { b, 0, cap, s, false };
    s->epoch0_next = 2;
    memset(datagram_text(&d), 'k', 22);
    EXPECT(datagram_close(&d, TYPE_HANDSHAKE, 22));
    *datagram_text(&d) = 1;
    EXPECT(datagram_close(&d, TYPE_CHANGE_CIPHER_SPEC, 1));
    d.sealed = true;
    memset(datagram_text(&d), 'f', 24);
    EXPECT(datagram_close(&d, TYPE_HANDSHAKE, 24));
    return d.len;
}

START_TEST(plain_and_sealed_records_travel_together)
{
    for (size_t row = 0; row < suite_count(); row++) {
        uint8_t b[200], *at = b;
        locket_session s;
        struct record r;
        int reason;
        datagram_session(&s, row);
        size_t left = datagram_flight(b, sizeof b, &s);
        EXPECT(left == (13 + 22 + 13 + 1 + record_overhead(&s) + 24));

        EXPECT(record_next(&at, &left, 0, &r, &reason) && reason == RECORD_FINE);
        EXPECT(r.type == TYPE_HANDSHAKE && r.number == 2 && r.len == 22 && r.body[21] == 'k');
        EXPECT(record_next(&at, &left, 0, &r, &reason) && reason == RECORD_FINE);
        EXPECT(r.type == TYPE_CHANGE_CIPHER_SPEC && r.number == 3 && r.len == 1 && r.body[0] == 1);
        EXPECT(record_next(&at, &left, 0, &r, &reason) && reason == RECORD_FINE);
        EXPECT(r.type == TYPE_HANDSHAKE && r.number == UINT64_C(1) << 48);
        EXPECT(record_open(&s, &r) && r.len == 24 && r.body[0] == 'f' && r.body[23] == 'f');
        EXPECT(!record_next(&at, &left, 0, &r, &reason) && reason == RECORD_FINE);
    }
}
END_TEST

START_TEST(room_is_what_really_fits)
{
    for (size_t row = 0; row < suite_count(); row++)
        for (size_t cap = 0; cap < 120; cap++)
            for (int sealed = 0; sealed < 2; sealed++)
                for (size_t used = 0; used <= cap; used += 13) {
                    uint8_t b[160];
                    locket_session s;
                    datagram_session(&s, row);
                    memset(b, 0x55, sizeof b);
                    struct datagram d = { b, used, cap, &s, sealed };
                    size_t overhead = sealed ? record_overhead(&s) : RECORD_HEADER;
                    size_t room = datagram_room(&d);
                    EXPECT(room == (cap - used > overhead ? cap - used - overhead : 0));
                    if (room) {
                        EXPECT(datagram_close(&d, 23, room));
                        EXPECT(d.len == cap);
                        EXPECT(datagram_room(&d) == 0);
                    }
                    for (size_t i = cap; i < sizeof b; i++)
                        EXPECT(b[i] == 0x55);
                }
}
END_TEST

START_TEST(what_does_not_fit_is_refused_without_a_trace)
{
    for (size_t row = 0; row < suite_count(); row++)
        for (size_t cap = 0; cap < 60; cap++)
            for (size_t len = 0; len < 60; len++) {
                uint8_t b[160];
                locket_session s;
                struct datagram d = { b, 0, cap, &s, false };
                datagram_session(&s, row);
                memset(b, 0x55, sizeof b);
                if (len + RECORD_HEADER > cap)
                    EXPECT(!datagram_close(&d, 22, len));
                d.sealed = true;
                if (len + record_overhead(&s) > cap)
                    EXPECT(!datagram_close(&d, 22, len));
                EXPECT(d.len == 0);
                EXPECT(s.send == UINT64_C(1) << 48 && s.epoch0_next == 0);
                for (size_t i = 0; i < sizeof b; i++)
                    EXPECT(b[i] == 0x55);
            }
}
END_TEST

START_TEST(room_never_exceeds_a_plaintext)
{
    static uint8_t b[40000];
    locket_session s;
    struct datagram d = { b, 0, sizeof b, &s, false };
    datagram_session(&s, 0);
    EXPECT(datagram_room(&d) == PLAINTEXT_MAX);
    EXPECT(!datagram_close(&d, 22, PLAINTEXT_MAX + 1));
    d.sealed = true;
    EXPECT(datagram_room(&d) == PLAINTEXT_MAX);
    EXPECT(!datagram_close(&d, 22, PLAINTEXT_MAX + 1));
    EXPECT(datagram_close(&d, 22, PLAINTEXT_MAX));
}
END_TEST

START_TEST(an_epoch_0_number_is_used_once)
{
    uint8_t b[60];
    locket_session s;
    struct datagram d = { b, 0, sizeof b, &s, false };
    datagram_session(&s, 0);
    s.epoch0_next = UINT16_MAX - 1;
    EXPECT(datagram_close(&d, TYPE_HANDSHAKE, 1) && d.len == RECORD_HEADER + 1);
    EXPECT(!datagram_close(&d, TYPE_HANDSHAKE, 1) && d.len == RECORD_HEADER + 1);
}
END_TEST

START_TEST(a_worn_key_adds_no_record)
{
    for (size_t row = 0; row < suite_count(); row++) {
        uint8_t b[100];
        locket_session s;
        struct datagram d = { b, 0, sizeof b, &s, true };
        datagram_session(&s, row);
        s.send += session_aead(&s)->max_records;
        EXPECT(!datagram_close(&d, TYPE_ALERT, 2));
        EXPECT(d.len == 0);
    }
}
END_TEST

/* dimpl#115. Five records; each in turn is damaged in each of its bytes but the
 * two of its length, and the other four are still read. */
START_TEST(a_bad_record_does_not_lose_its_neighbours)
{
    enum { RECORDS = 5, TEXT = 9 };
    for (size_t row = 0; row < suite_count(); row++) {
        uint8_t good[300], b[300];
        locket_session s;
        struct datagram d = { good, 0, sizeof good, &s, true };
        datagram_session(&s, row);
        for (unsigned i = 0; i < RECORDS; i++) {
            memset(datagram_text(&d), (int)i, TEXT);
            EXPECT(datagram_close(&d, TYPE_APPLICATION_DATA, TEXT));
        }
        size_t size = record_overhead(&s) + TEXT;
        for (size_t hit = 0; hit < RECORDS * size; hit++) {
            uint8_t *at = b;
            size_t left = d.len, n = 0;
            struct record r;
            int reason;
            if (hit % size == 11 || hit % size == 12)
                continue;
            memcpy(b, good, d.len);
            b[hit] ^= 0x40;
            for (; record_next(&at, &left, 0, &r, &reason); n++) {
                bool opened = reason == RECORD_FINE && record_open(&s, &r);
                EXPECT(opened == (n != hit / size));
                EXPECT(!opened || (r.len == TEXT && r.body[0] == n));
            }
            EXPECT(n == RECORDS);
            EXPECT(reason == RECORD_FINE);
        }
    }
}
END_TEST

START_TEST(a_plaintext_record_between_sealed_ones_does_no_harm)
{
    uint8_t b[200], *at = b;
    locket_session s;
    struct datagram d = { b, 0, sizeof b, &s, false };
    struct record r;
    int reason;
    unsigned opened = 0;
    datagram_session(&s, 0);
    for (unsigned i = 0; i < 2; i++) {
        d.sealed = true;
        memset(datagram_text(&d), 'x', 12);
        EXPECT(datagram_close(&d, TYPE_APPLICATION_DATA, 12));
        d.sealed = false;
        memset(datagram_text(&d), 'y', 40);
        if (i == 0)
            EXPECT(datagram_close(&d, TYPE_APPLICATION_DATA, 40));
    }
    size_t left = d.len;
    while (record_next(&at, &left, 0, &r, &reason))
        opened += record_open(&s, &r) && r.body[0] == 'x';
    EXPECT(opened == 2);
}
END_TEST

Suite *test_datagram(void)
{
    Suite *s = suite_create("datagram");
    TCase *t = tcase_create("datagram");
    tcase_set_timeout(t, 60);
    suite_add_tcase(s, t);
    tcase_add_test(t, plain_and_sealed_records_travel_together);
    tcase_add_test(t, room_is_what_really_fits);
    tcase_add_test(t, what_does_not_fit_is_refused_without_a_trace);
    tcase_add_test(t, room_never_exceeds_a_plaintext);
    tcase_add_test(t, an_epoch_0_number_is_used_once);
    tcase_add_test(t, a_worn_key_adds_no_record);
    tcase_add_test(t, a_bad_record_does_not_lose_its_neighbours);
    tcase_add_test(t, a_plaintext_record_between_sealed_ones_does_no_harm);
    return s;
}
