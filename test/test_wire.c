/* SPDX-License-Identifier: Apache-2.0
 *
 * test_wire.c -- the reader never passes its end, the writer neither, and both say so. */
#include <check.h>
#include <string.h>

#include "wire.h"

Suite *test_wire(void);

/* For loops: EXPECT() tells the runner of every call. */
#define EXPECT(truth)                          \
    do {                                       \
        if (!(truth))                          \
            ck_abort_msg("not so: %s", #truth); \
    } while (0)

static uint32_t wire_seed = 1;
static uint32_t wire_random(uint32_t below)
{
    wire_seed = wire_seed * 1664525u + 1013904223u;
    return (wire_seed >> 8) % below;
}

START_TEST(numbers_are_read_most_significant_byte_first)
{
    static const uint8_t in[] = { 1, 2, 3, 4, 5, 6, 0xFF, 0xFE, 0xFD, 0xFC, 0xFB, 0xFA, 0xF9, 0xF8 };
    struct span r = span_of(in, sizeof in);

    EXPECT(rd_u8(&r) == 1);
    EXPECT(rd_u16(&r) == 0x0203);
    EXPECT(rd_u24(&r) == 0x040506);
    EXPECT(r.len == 8);
    EXPECT(rd_more(&r) && !rd_done(&r));
    EXPECT(rd_u64(&r) == UINT64_C(0xFFFEFDFCFBFAF9F8));
    EXPECT(rd_done(&r) && !rd_more(&r));
}
END_TEST

START_TEST(a_read_past_the_end_gives_nothing_and_stays_bad)
{
    static const uint8_t in[] = { 1, 2, 3 };

    for (size_t len = 0; len <= sizeof in; len++) {
        struct span r = span_of(in, len);
        EXPECT(rd_uint(&r, len + 1) == 0);
        EXPECT(rd_bad(&r) && !rd_done(&r) && !rd_more(&r));
        EXPECT(rd_u8(&r) == 0);
        EXPECT(rd_bytes(&r, 0).len == 0);
        EXPECT(rd_bytes(&r, SIZE_MAX).len == 0);
        EXPECT(!r.at && !r.len);
    }
}
END_TEST

START_TEST(a_reader_with_bytes_left_is_not_done)
{
    static const uint8_t in[] = { 1, 2 };
    struct span r = span_of(in, 2);
    rd_u8(&r);
    EXPECT(!rd_done(&r));
    rd_u8(&r);
    EXPECT(rd_done(&r));
}
END_TEST

START_TEST(a_vector_ends_where_its_length_says)
{
    uint8_t in[2 + 20] = { 0 };

    for (size_t len = 0; len <= 20; len++)
        for (size_t have = 0; have <= 20; have++) {
            in[1] = (uint8_t)len;
            struct span r = span_of(in, 2 + have);
            struct span s = rd_vec(&r, 2);
            EXPECT(rd_bad(&r) == (len > have) && rd_bad(&s) == rd_bad(&r));
            EXPECT(s.len == (len > have ? 0 : len));
            EXPECT(len > have || s.at == in + 2);
        }
}
END_TEST

START_TEST(a_vector_without_its_length_is_bad)
{
    static const uint8_t in[] = { 0, 0 };
    struct span r = span_of(in, 2);
    rd_vec(&r, 3);
    EXPECT(rd_bad(&r));
}
END_TEST

/* Random reads over random lengths: what comes back always lies inside. */
START_TEST(no_sequence_of_reads_leaves_the_input)
{
    uint8_t in[64];

    for (int round = 0; round < 100000; round++) {
        size_t len = wire_random(sizeof in + 1);
        for (size_t i = 0; i < sizeof in; i++)
            in[i] = (uint8_t)wire_random(8);
        struct span r = span_of(in, len);
        bool was_bad = false;
        for (int step = 0; step < 12; step++) {
            struct span s;
            if (wire_random(2))
                s = rd_bytes(&r, wire_random(40));
            else
                s = rd_vec(&r, 1 + wire_random(3));
            EXPECT(rd_bad(&s) == rd_bad(&r));
            EXPECT(rd_bad(&s) ? s.len == 0 : s.at >= in && s.at + s.len <= in + len);
            EXPECT(rd_bad(&r) ? r.len == 0 : r.at >= in && r.at + r.len == in + len);
            EXPECT(!was_bad || rd_bad(&r));
            was_bad = rd_bad(&r);
        }
    }
}
END_TEST

START_TEST(what_is_written_is_read_again)
{
    uint8_t b[32];
    struct writer w = wr_over(b, sizeof b);

    wr_u8(&w, 0xA1);
    wr_u16(&w, 0xB1B2);
    wr_uint(&w, 0xC1C2C3, 3);
    wr_u64(&w, UINT64_C(0xD1D2D3D4D5D6D7D8));
    wr_vec(&w, 2, span_of("identity", 8));
    wr_vec(&w, 1, span_of("", 0));
    EXPECT(w.room == sizeof b - 25);

    struct span r = span_of(b, sizeof b - w.room);
    EXPECT(rd_u8(&r) == 0xA1);
    EXPECT(rd_u16(&r) == 0xB1B2);
    EXPECT(rd_u24(&r) == 0xC1C2C3);
    EXPECT(rd_u64(&r) == UINT64_C(0xD1D2D3D4D5D6D7D8));
    struct span s = rd_vec(&r, 2);
    EXPECT(s.len == 8 && memcmp(s.at, "identity", 8) == 0);
    EXPECT(rd_vec(&r, 1).len == 0);
    EXPECT(rd_done(&r));
}
END_TEST

START_TEST(a_writer_stops_at_its_end)
{
    for (size_t cap = 0; cap < 8; cap++) {
        uint8_t b[8];
        memset(b, 0x55, sizeof b);
        struct writer w = wr_over(b, cap);
        for (unsigned i = 0; i < 8; i++)
            wr_u8(&w, i);
        EXPECT(w.room == 0);
        for (size_t i = 0; i < sizeof b; i++)
            EXPECT(b[i] == (i < cap ? i : 0x55));
    }
}
END_TEST

static void wire_message(struct writer *w)
{
    wr_u8(w, 0x10);
    wr_uint(w, 0x20212223, 4);
    wr_vec(w, 2, span_of("abcdefghij", 10));
    wr_u16(w, 0x3031);
}

/* Every window of a message, put together, is the message. */
START_TEST(a_message_is_counted_hashed_or_kept_in_any_piece)
{
    uint8_t whole[19], b[32];
    struct writer all = wr_over(whole, sizeof whole);
    wire_message(&all);
    EXPECT(all.room == 0);
    struct writer count = wr_count();
    wire_message(&count);
    EXPECT(wr_counted(&count) == sizeof whole);

    struct locket_sha256 hash;
    uint8_t of_pieces[32], of_all[32];
    sha256_start(&hash);
    struct writer hashed = wr_hash(&hash);
    wire_message(&hashed);
    sha256_end(&hash, of_pieces);
    sha256_start(&hash);
    sha256_add(&hash, whole, sizeof whole);
    sha256_end(&hash, of_all);
    ck_assert_mem_eq(of_pieces, of_all, 32);

    for (size_t skip = 0; skip <= sizeof whole + 2; skip++)
        for (size_t cap = 0; cap <= sizeof whole + 2; cap++) {
            memset(b, 0x55, sizeof b);
            struct writer w = wr_window(b, cap, skip);
            wire_message(&w);
            size_t left = skip < sizeof whole ? sizeof whole - skip : 0;
            size_t kept = left < cap ? left : cap;
            EXPECT(cap - w.room == kept);
            EXPECT(kept == 0 || memcmp(b, whole + skip, kept) == 0);
            for (size_t i = kept; i < sizeof b; i++)
                EXPECT(b[i] == 0x55);
        }
}
END_TEST

Suite *test_wire(void)
{
    Suite *s = suite_create("wire");
    TCase *t = tcase_create("wire");
    tcase_set_timeout(t, 60);
    suite_add_tcase(s, t);
    tcase_add_test(t, numbers_are_read_most_significant_byte_first);
    tcase_add_test(t, a_read_past_the_end_gives_nothing_and_stays_bad);
    tcase_add_test(t, a_reader_with_bytes_left_is_not_done);
    tcase_add_test(t, a_vector_ends_where_its_length_says);
    tcase_add_test(t, a_vector_without_its_length_is_bad);
    tcase_add_test(t, no_sequence_of_reads_leaves_the_input);
    tcase_add_test(t, what_is_written_is_read_again);
    tcase_add_test(t, a_writer_stops_at_its_end);
    tcase_add_test(t, a_message_is_counted_hashed_or_kept_in_any_piece);
    return s;
}
