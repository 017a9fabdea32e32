/* SPDX-License-Identifier: Apache-2.0
 *
 * test_suite.c -- the table of cipher suites, and the few things a session does
 * by itself. */
#include <check.h>
#include <string.h>

#include "header.h"
#include "locket.h"
#include "session.h"

Suite *test_suite(void);

START_TEST(every_suite_of_the_build_is_found_under_its_id)
{
    ck_assert_uint_ge(suite_count(), 1);
    ck_assert_uint_eq(suite_count(), (LOCKET_CFG_CCM ? 2 : 0) + (LOCKET_CFG_GCM ? 1 : 0));
    for (size_t row = 0; row < suite_count(); row++)
        ck_assert_int_eq(suite_row(suite_at(row)->id), (int)row);
}
END_TEST

START_TEST(every_suite_has_an_aead_and_is_for_1_2)
{
    for (size_t row = 0; row < suite_count(); row++) {
        const struct suite *s = suite_at(row);
        const struct aead *a = aead_of((enum aead_id)s->aead);
        ck_assert_ptr_nonnull(a);
        ck_assert_uint_eq(s->version, DTLS_1_2);
        ck_assert_uint_eq(s->key_exchange, KX_PSK);
        ck_assert_uint_eq(a->tag_len, s->id == LOCKET_PSK_AES_128_CCM_8 ? 8 : 16);
    }
}
END_TEST

START_TEST(the_default_order_is_ccm_8_then_ccm_then_gcm)
{
    static const uint16_t order[] = { 0xC0A8, 0xC0A4, 0x00A8 };
    size_t row = 0;
    for (size_t i = 0; i < 3; i++)
        if (i < 2 ? LOCKET_CFG_CCM : LOCKET_CFG_GCM)
            ck_assert_uint_eq(suite_at(row++)->id, order[i]);
    ck_assert_uint_eq(row, suite_count());
}
END_TEST

START_TEST(every_other_id_is_unknown)
{
    size_t known = 0;
    for (unsigned id = 0; id < 65536; id++)
        known += suite_row(id) >= 0;
    ck_assert_uint_eq(known, suite_count());
    ck_assert_int_eq(suite_row(0), -1);
    ck_assert_int_eq(suite_row(0xC0A8 + 65536), -1);
}
END_TEST

START_TEST(suites_are_named_as_iana_lists_them)
{
    ck_assert_str_eq(locket_suite_name(0xC0A8), "TLS_PSK_WITH_AES_128_CCM_8");
    ck_assert_str_eq(locket_suite_name(0xC0A4), "TLS_PSK_WITH_AES_128_CCM");
    ck_assert_str_eq(locket_suite_name(0x00A8), "TLS_PSK_WITH_AES_128_GCM_SHA256");
    ck_assert_str_eq(locket_suite_name(0), "an unknown suite");
    ck_assert_str_eq(locket_suite_name(0xFFFF), "an unknown suite");
}
END_TEST

/* RFC 9325 section 4.4 for GCM, RFC 9147 section 4.5.3 for CCM. */
START_TEST(no_key_is_used_beyond_the_published_limits)
{
    for (size_t row = 0; row < suite_count(); row++) {
        const struct aead *a = aead_of((enum aead_id)suite_at(row)->aead);
        bool gcm = suite_at(row)->aead == AEAD_GCM;
        ck_assert_uint_le(a->max_records, gcm ? 23726566 : 1 << 23);
        ck_assert_uint_le(a->max_forgeries, gcm ? 1 << 28 : 1 << 23);
        ck_assert_uint_ge(a->max_forgeries, 1 << 20);   /* a low limit is an attack */
    }
}
END_TEST

START_TEST(a_fresh_epoch_counts_from_zero)
{
    locket_session s;
    memset(&s, 0xFF, sizeof s);
    session_start_epoch(&s);
    ck_assert(s.send == UINT64_C(1) << 48);
    ck_assert(s.recv == UINT64_C(1) << 48);
    ck_assert(s.window == 0);
    ck_assert_uint_eq(s.bad_tags, 0);
}
END_TEST

START_TEST(a_peer_is_its_length_and_all_its_bytes)
{
    locket_session s;
    locket_peer p, q;
    memset(&s, 0xFF, sizeof s);
    memset(&p, 0, sizeof p);
    for (uint8_t i = 0; i < LOCKET_CFG_PEER_SIZE; i++)
        p.bytes[i] = (uint8_t)(i + 1);

    for (uint8_t len = 0; len <= LOCKET_CFG_PEER_SIZE; len++) {
        p.len = len;
        s.peer = p;
        ck_assert(session_is_peer(&s, &p));
        for (unsigned i = 0; i < LOCKET_CFG_PEER_SIZE; i++) {
            q = p;
            q.bytes[i] ^= 0x80;
            ck_assert(session_is_peer(&s, &q) == (i >= len));
        }
        for (unsigned other = 0; other < 256; other++) {
            q = p;
            q.len = (uint8_t)other;
            ck_assert(session_is_peer(&s, &q) == (other == len));
        }
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *s = suite_create("suite");
    TCase *t = tcase_create("suite");
    suite_add_tcase(s, t);
    tcase_add_test(t, every_suite_of_the_build_is_found_under_its_id);
    tcase_add_test(t, every_suite_has_an_aead_and_is_for_1_2);
    tcase_add_test(t, the_default_order_is_ccm_8_then_ccm_then_gcm);
    tcase_add_test(t, every_other_id_is_unknown);
    tcase_add_test(t, suites_are_named_as_iana_lists_them);
    tcase_add_test(t, no_key_is_used_beyond_the_published_limits);
    tcase_add_test(t, a_fresh_epoch_counts_from_zero);
    tcase_add_test(t, a_peer_is_its_length_and_all_its_bytes);
    return s;
}
