/* SPDX-License-Identifier: Apache-2.0
 *
 * test_protect.c -- one record sealed, one record opened: known records, every
 * kind of damage, and the limits of a key (RFC 6347 section 4.1.2, RFC 5246
 * section 6.2.3.3). Each test runs over every suite of the build. */
#include <check.h>
#include <string.h>

#include "locket.h"
#include "protect.h"
#include "replay.h"

Suite *test_protect(void);

/* For loops: EXPECT() tells the runner of every call. */
#define EXPECT(truth)                          \
    do {                                       \
        if (!(truth))                          \
            ck_abort_msg("not so: %s", #truth); \
    } while (0)

static uint8_t buffer[RECORD_HEADER + RECORD_MAX + 64];
static uint8_t copy[sizeof buffer];

static size_t protect_unhex(uint8_t *out, const char *hex)
{
    static const char digits[] = "0123456789abcdef";
    size_t n = strlen(hex) / 2;
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)((strchr(digits, hex[2 * i]) - digits) << 4 |
                           (strchr(digits, hex[2 * i + 1]) - digits));
    return n;
}

/* A session whose two directions have the same key: it opens what it seals. */
static void protect_mirror(locket_session *s, size_t row)
{
    memset(s, 0, sizeof *s);
    for (uint8_t i = 0; i < 16; i++)
        s->key[OURS][i] = s->key[THEIRS][i] = i;
    for (uint8_t i = 0; i < 4; i++)
        s->salt[OURS][i] = s->salt[THEIRS][i] = (uint8_t)(0xA0 + i);
    s->suite = (uint8_t)row;
    session_start_epoch(s);
}

static void protect_fill(uint8_t *at, size_t len)
{
    for (size_t i = 0; i < len; i++)
        at[i] = (uint8_t)(i * 7 + 1);
}

/* Is buffer from `from` on as memset(buffer, 0x55, ...) left it? */
static bool protect_untouched(size_t from)
{
    while (from < sizeof buffer && buffer[from] == 0x55)
        from++;
    return from == sizeof buffer;
}

/* Seal `len` bytes into buffer; returns the record's length. */
static size_t protect_record(locket_session *s, size_t len)
{
    protect_fill(buffer + RECORD_HEADROOM, len);
    size_t n = record_seal(s, TYPE_APPLICATION_DATA, buffer, len);
    EXPECT(n == len + record_overhead(s));
    return n;
}

/* Parse the `n` bytes of buffer as one datagram and open the first record. */
static bool protect_open(const locket_session *s, size_t n, struct record *r)
{
    uint8_t *at = buffer;
    int reason;
    return record_next(&at, &n, 0, r, &reason) && reason == RECORD_FINE && record_open(s, r);
}

/* The same, and a refusal must have left every byte and the record as they were. */
static bool protect_refused_unchanged(const locket_session *s, size_t n)
{
    uint8_t *at = buffer;
    size_t left = n;
    int reason;
    struct record r, before;
    locket_session state = *s;

    memcpy(copy, buffer, sizeof copy);
    memset(&r, 0, sizeof r);
    if (record_next(&at, &left, 0, &r, &reason) && reason == RECORD_FINE) {
        before = r;
        if (record_open(s, &r))
            return false;
        EXPECT(r.body == before.body && r.len == before.len && r.number == before.number &&
                  r.type == before.type && r.version == before.version);
    }
    EXPECT(memcmp(copy, buffer, sizeof copy) == 0);
    EXPECT(memcmp(&state, s, sizeof state) == 0);
    return true;
}

/* Known records: key 00..0f, salt a0..a3, epoch 1, number 5, "hello dtls". */
static const struct { uint16_t suite; const char *record; } known[] = {
    { 0xC0A8, "17fefd0001000000000005001a00010000000000054498625bc086a0477044ae3e8c67637938d3" },
    { 0xC0A4, "17fefd0001000000000005002200010000000000054498625bc086a04770445367f6eb69948f7f"
              "478fb53c18c836bf" },
    { 0x00A8, "17fefd000100000000000500220001000000000005a46f3dea4bb78ee09836f00f1c67c988261c"
              "042cfafa5911268c" },
};

START_TEST(known_records_are_sealed_to_the_byte)
{
    for (size_t i = 0; i < 3; i++) {
        uint8_t expected[64];
        size_t n = protect_unhex(expected, known[i].record);
        locket_session s;
        if (suite_row(known[i].suite) < 0)
            continue;
        protect_mirror(&s, (size_t)suite_row(known[i].suite));
        s.send += 5;
        memcpy(buffer + RECORD_HEADROOM, "hello dtls", 10);
        EXPECT(record_seal(&s, TYPE_APPLICATION_DATA, buffer, 10) == n);
        ck_assert_mem_eq(buffer, expected, n);
        EXPECT(s.send == (UINT64_C(1) << 48 | 6));
    }
}
END_TEST

START_TEST(known_records_are_opened)
{
    for (size_t i = 0; i < 3; i++) {
        size_t n = protect_unhex(buffer, known[i].record);
        locket_session s;
        struct record r;
        if (suite_row(known[i].suite) < 0)
            continue;
        protect_mirror(&s, (size_t)suite_row(known[i].suite));
        EXPECT(protect_open(&s, n, &r));
        EXPECT(r.len == 10);
        ck_assert_mem_eq(r.body, "hello dtls", 10);
        EXPECT(r.body == buffer + RECORD_HEADROOM);
        EXPECT(r.number == (UINT64_C(1) << 48 | 5) && r.type == TYPE_APPLICATION_DATA);
    }
}
END_TEST

START_TEST(overhead_is_29_for_ccm_8_and_37_otherwise)
{
    for (size_t row = 0; row < suite_count(); row++) {
        locket_session s;
        protect_mirror(&s, row);
        EXPECT(record_overhead(&s) == (suite_at(row)->id == 0xC0A8 ? 29 : 37));
    }
}
END_TEST

START_TEST(every_length_comes_back_and_nothing_around_it_is_touched)
{
    static const size_t more[] = { 1000, 1200, 4095, 16383, PLAINTEXT_MAX };
    for (size_t row = 0; row < suite_count(); row++)
        for (size_t i = 0; i < 300 + sizeof more / sizeof more[0]; i++) {
            size_t len = i < 300 ? i : more[i - 300];
            locket_session s;
            struct record r;
            protect_mirror(&s, row);
            memset(buffer, 0x55, sizeof buffer);
            size_t n = protect_record(&s, len);
            EXPECT(protect_untouched(n));
            EXPECT(len < 16 || memcmp(buffer + RECORD_HEADROOM, "\x01\x08\x0f\x16\x1d\x24\x2b\x32", 8) != 0);
            EXPECT(protect_open(&s, n, &r));
            EXPECT(r.len == len);
            protect_fill(copy, len);
            EXPECT(memcmp(r.body, copy, len) == 0);
            EXPECT(protect_untouched(n));
        }
}
END_TEST

/* record_next() lets no other version pass, so it has to be asked directly. */
START_TEST(type_version_and_number_of_the_header_are_authenticated)
{
    for (size_t row = 0; row < suite_count(); row++) {
        locket_session s;
        struct record r;
        protect_mirror(&s, row);
        for (int what = 0; what < 4; what++) {
            uint8_t *at = buffer;
            size_t n = protect_record(&s, 30);
            int reason;
            EXPECT(record_next(&at, &n, 0, &r, &reason));
            buffer[0] ^= what == 1 ? TYPE_APPLICATION_DATA ^ TYPE_ALERT : 0;
            buffer[2] ^= what == 2 ? (DTLS_1_2 ^ DTLS_1_0) & 0xFF : 0;
            buffer[10] ^= what == 3;
            EXPECT(record_open(&s, &r) == (what == 0));
        }
    }
}
END_TEST

START_TEST(more_than_2_14_bytes_are_not_sealed)
{
    for (size_t row = 0; row < suite_count(); row++) {
        locket_session s, before;
        protect_mirror(&s, row);
        before = s;
        memset(buffer, 0x55, sizeof buffer);
        EXPECT(record_seal(&s, TYPE_APPLICATION_DATA, buffer, PLAINTEXT_MAX + 1) == 0);
        EXPECT(record_seal(&s, TYPE_APPLICATION_DATA, buffer, SIZE_MAX) == 0);
        ck_assert_mem_eq(&s, &before, sizeof s);
        EXPECT(protect_untouched(0));
    }
}
END_TEST

/* What a peer may send and record_seal() would not: any explicit nonce, any size. */
static size_t protect_by_hand(const locket_session *s, uint64_t number, const char *explicit_part,
                              size_t len)
{
    const struct aead *a = session_aead(s);
    uint8_t nonce[12], aad[13];
    memcpy(nonce, s->salt[THEIRS], 4);
    memcpy(nonce + 4, explicit_part, 8);
    memcpy(buffer + RECORD_HEADER, explicit_part, 8);
    record_header(buffer, TYPE_APPLICATION_DATA, DTLS_1_2, number, 8 + len + a->tag_len);
    memcpy(aad, buffer + 3, 8);
    memcpy(aad + 8, buffer, 3);
    aad[11] = (uint8_t)(len >> 8);
    aad[12] = (uint8_t)len;
    struct aead_message m = { nonce, aad, sizeof aad, buffer + RECORD_HEADROOM, len };
    protect_fill(m.text, len);
    a->seal(s->key[THEIRS], &m, m.text + len);
    return RECORD_HEADROOM + len + a->tag_len;
}

START_TEST(the_peer_may_choose_its_explicit_nonce)
{
    for (size_t row = 0; row < suite_count(); row++) {
        locket_session s;
        struct record r;
        protect_mirror(&s, row);
        size_t n = protect_by_hand(&s, UINT64_C(1) << 48 | 9, "\xDE\xAD\xBE\xEF\x01\x02\x03\x04", 40);
        EXPECT(protect_open(&s, n, &r));
        EXPECT(r.len == 40);
        protect_fill(copy, 40);
        ck_assert_mem_eq(r.body, copy, 40);
    }
}
END_TEST

START_TEST(an_authentic_record_above_2_14_is_refused)
{
    for (size_t row = 0; row < suite_count(); row++) {
        locket_session s;
        struct record r;
        protect_mirror(&s, row);
        size_t n = protect_by_hand(&s, UINT64_C(1) << 48 | 9, "\0\1\0\0\0\0\0\x09", PLAINTEXT_MAX + 1);
        EXPECT(protect_refused_unchanged(&s, n));
        n = protect_by_hand(&s, UINT64_C(1) << 48 | 9, "\0\1\0\0\0\0\0\x09", PLAINTEXT_MAX);
        EXPECT(protect_open(&s, n, &r));
    }
}
END_TEST

START_TEST(every_flipped_bit_of_a_60_byte_record_is_refused)
{
    for (size_t row = 0; row < suite_count(); row++) {
        locket_session s;
        struct record r;
        size_t n;
        protect_mirror(&s, row);
        s.send += 0x010203;
        memset(buffer, 0, sizeof buffer);
        n = protect_record(&s, 60 - record_overhead(&s));
        EXPECT(n == 60);
        for (size_t bit = 0; bit < 8 * n; bit++) {
            buffer[bit / 8] ^= (uint8_t)(1 << bit % 8);
            EXPECT(protect_refused_unchanged(&s, n));
            EXPECT(protect_refused_unchanged(&s, sizeof buffer)); /* and if more follows */
            buffer[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        EXPECT(protect_open(&s, n, &r));
    }
}
END_TEST

/* CVE-2026-75806, CVE-2023-43615: shorter than nonce and tag. */
START_TEST(a_record_shortened_to_any_length_is_refused)
{
    for (size_t row = 0; row < suite_count(); row++) {
        locket_session s;
        protect_mirror(&s, row);
        for (size_t len = 0; len <= 70; len += 35) {
            size_t n = protect_record(&s, len);
            for (size_t keep = 0; keep < n; keep++)
                EXPECT(protect_refused_unchanged(&s, keep));
            for (size_t body = 0; body + RECORD_HEADER < n; body++) {
                buffer[11] = 0;
                buffer[12] = (uint8_t)body;
                EXPECT(protect_refused_unchanged(&s, RECORD_HEADER + body));
                EXPECT(protect_refused_unchanged(&s, n));
            }
        }
    }
}
END_TEST

START_TEST(a_record_lengthened_by_any_byte_is_refused)
{
    for (size_t row = 0; row < suite_count(); row++) {
        locket_session s;
        protect_mirror(&s, row);
        size_t n = protect_record(&s, 20);
        for (unsigned b = 0; b < 256; b++) {
            buffer[12] = (uint8_t)(n + 1 - RECORD_HEADER);
            buffer[n] = (uint8_t)b;
            EXPECT(protect_refused_unchanged(&s, n + 1));
        }
    }
}
END_TEST

START_TEST(a_large_record_with_a_bad_tag_is_left_as_it_was)
{
    for (size_t row = 0; row < suite_count(); row++) {
        locket_session s;
        protect_mirror(&s, row);
        for (size_t len = 0; len <= 16384; len = len ? len * 2 : 1) {
            size_t n = protect_record(&s, len);
            buffer[n - 1] ^= 1;
            EXPECT(protect_refused_unchanged(&s, n));
            buffer[n - 1] ^= 1;
            if (len) {
                buffer[RECORD_HEADROOM + len / 2] ^= 0x80;
                EXPECT(protect_refused_unchanged(&s, n));
            }
        }
    }
}
END_TEST

START_TEST(another_key_salt_direction_or_suite_opens_nothing)
{
    for (size_t row = 0; row < suite_count(); row++) {
        locket_session s, other;
        protect_mirror(&s, row);
        size_t n = protect_record(&s, 25);

        other = s;
        other.key[THEIRS][15] ^= 1;
        EXPECT(protect_refused_unchanged(&other, n));
        other = s;
        other.salt[THEIRS][0] ^= 1;
        EXPECT(protect_refused_unchanged(&other, n));
        for (size_t r = 0; r < suite_count(); r++) {
            other = s;
            other.suite = (uint8_t)r;
            EXPECT(r == row || protect_refused_unchanged(&other, n));
        }
    }
}
END_TEST

/* A record sent back to its sender must not open: the directions differ. */
START_TEST(our_own_record_reflected_is_refused)
{
    for (size_t row = 0; row < suite_count(); row++) {
        locket_session s;
        protect_mirror(&s, row);
        s.key[THEIRS][0] ^= 0xFF;
        EXPECT(protect_refused_unchanged(&s, protect_record(&s, 25)));
    }
}
END_TEST

START_TEST(the_two_directions_of_a_pair_understand_each_other)
{
    for (size_t row = 0; row < suite_count(); row++) {
        locket_session a, b;
        struct record r;
        protect_mirror(&a, row);
        memset(a.key[THEIRS], 0x77, 16);
        memset(a.salt[THEIRS], 0x88, 4);
        b = a;
        memcpy(b.key[OURS], a.key[THEIRS], 16);
        memcpy(b.key[THEIRS], a.key[OURS], 16);
        memcpy(b.salt[OURS], a.salt[THEIRS], 4);
        memcpy(b.salt[THEIRS], a.salt[OURS], 4);
        EXPECT(protect_open(&b, protect_record(&a, 33), &r));
        EXPECT(protect_open(&a, protect_record(&b, 33), &r));
        EXPECT(protect_refused_unchanged(&a, protect_record(&a, 33)));
    }
}
END_TEST

/* RFC 7925 appendix B, RFC 9325 section 7.2.1: the nonce is epoch and number. */
START_TEST(no_nonce_is_used_twice)
{
    for (size_t row = 0; row < suite_count(); row++) {
        locket_session s;
        uint64_t last = 0;
        protect_mirror(&s, row);
        for (uint32_t i = 0; i < 50000; i++) {
            struct span in = span_of(buffer + 3, 18);
            EXPECT(record_seal(&s, TYPE_APPLICATION_DATA, buffer, i % 3) > 0);
            uint64_t number = rd_u64(&in);
            rd_u16(&in);
            uint64_t nonce = rd_u64(&in);
            EXPECT(nonce == number && number == (UINT64_C(1) << 48 | i));
            EXPECT(nonce > last);
            last = nonce;
        }
    }
}
END_TEST

START_TEST(the_same_bytes_sealed_twice_look_different)
{
    for (size_t row = 0; row < suite_count(); row++) {
        locket_session s;
        uint8_t first[80];
        protect_mirror(&s, row);
        size_t n = protect_record(&s, 40);
        memcpy(first, buffer, n);
        protect_record(&s, 40);
        EXPECT(memcmp(first + RECORD_HEADROOM, buffer + RECORD_HEADROOM, n - RECORD_HEADROOM) != 0);
    }
}
END_TEST

START_TEST(a_worn_key_seals_nothing_more)
{
    for (size_t row = 0; row < suite_count(); row++) {
        locket_session s, before;
        uint32_t limit;
        protect_mirror(&s, row);
        limit = session_aead(&s)->max_records;
        EXPECT(record_budget(&s) == limit);
        s.send += limit - 2;
        EXPECT(record_budget(&s) == 2);
        protect_record(&s, 5);
        EXPECT(record_budget(&s) == 1);
        protect_record(&s, 5);
        EXPECT(record_budget(&s) == 0);

        before = s;
        memset(buffer, 0x55, sizeof buffer);
        for (int i = 0; i < 3; i++)
            EXPECT(record_seal(&s, TYPE_ALERT, buffer, 2) == 0);
        ck_assert_mem_eq(&s, &before, sizeof s);
        EXPECT(protect_untouched(0));
    }
}
END_TEST

START_TEST(numbers_never_run_over_into_the_next_epoch)
{
    static const uint64_t high[] = { NUMBER_MAX, NUMBER_MAX - 1, UINT64_C(1) << 32, UINT64_C(1) << 47 };
    for (size_t row = 0; row < suite_count(); row++)
        for (size_t i = 0; i < sizeof high / sizeof high[0]; i++) {
            locket_session s;
            protect_mirror(&s, row);
            s.send += high[i];
            EXPECT(record_budget(&s) == 0);
            for (int k = 0; k < 5; k++)
                EXPECT(record_seal(&s, TYPE_APPLICATION_DATA, buffer, 2) == 0);
            EXPECT(s.send == (UINT64_C(1) << 48 | high[i]));
        }
}
END_TEST

/* CVE-2016-2181, dimpl#78: what nobody vouches for never moves the window. */
START_TEST(a_forged_number_far_ahead_does_not_close_the_window)
{
    for (size_t row = 0; row < suite_count(); row++) {
        locket_session s;
        struct record r;
        protect_mirror(&s, row);
        size_t n = protect_by_hand(&s, UINT64_C(1) << 48 | NUMBER_MAX, "\0\1\0\0\0\0\0\x09", 30);
        buffer[n - 1] ^= 1;
        for (int i = 0; i < 100; i++)
            EXPECT(protect_refused_unchanged(&s, n));
        n = protect_record(&s, 30);
        EXPECT(!replay_seen(&s, UINT64_C(1) << 48));
        EXPECT(protect_open(&s, n, &r));
        replay_mark(&s, r.number);
        EXPECT(replay_seen(&s, r.number));
    }
}
END_TEST

Suite *test_protect(void)
{
    Suite *s = suite_create("protect");
    TCase *t = tcase_create("protect");
    tcase_set_timeout(t, 120);
    suite_add_tcase(s, t);
    tcase_add_test(t, known_records_are_sealed_to_the_byte);
    tcase_add_test(t, known_records_are_opened);
    tcase_add_test(t, overhead_is_29_for_ccm_8_and_37_otherwise);
    tcase_add_test(t, every_length_comes_back_and_nothing_around_it_is_touched);
    tcase_add_test(t, type_version_and_number_of_the_header_are_authenticated);
    tcase_add_test(t, more_than_2_14_bytes_are_not_sealed);
    tcase_add_test(t, the_peer_may_choose_its_explicit_nonce);
    tcase_add_test(t, an_authentic_record_above_2_14_is_refused);
    tcase_add_test(t, every_flipped_bit_of_a_60_byte_record_is_refused);
    tcase_add_test(t, a_record_shortened_to_any_length_is_refused);
    tcase_add_test(t, a_record_lengthened_by_any_byte_is_refused);
    tcase_add_test(t, a_large_record_with_a_bad_tag_is_left_as_it_was);
    tcase_add_test(t, another_key_salt_direction_or_suite_opens_nothing);
    tcase_add_test(t, our_own_record_reflected_is_refused);
    tcase_add_test(t, the_two_directions_of_a_pair_understand_each_other);
    tcase_add_test(t, no_nonce_is_used_twice);
    tcase_add_test(t, the_same_bytes_sealed_twice_look_different);
    tcase_add_test(t, a_worn_key_seals_nothing_more);
    tcase_add_test(t, numbers_never_run_over_into_the_next_epoch);
    tcase_add_test(t, a_forged_number_far_ahead_does_not_close_the_window);
    return s;
}
