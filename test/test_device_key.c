/* SPDX-License-Identifier: Apache-2.0
 *
 * test_device_key.c -- locket_device_key(): the key of one device from that of the fleet. */
#include <check.h>
#include <string.h>

#include "hex.h"
#include "locket.h"

Suite *test_device_key(void);

static const uint8_t fleet[32] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20,
                                   21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31 };

START_TEST(a_device_key_is_the_prf_of_the_identity)
{
    /* Computed with Python's hmac: P_hash of RFC 5246 section 5 over the label and the identity. */
    uint8_t key[64], expected[64];
    size_t n = hex_bytes("fff8f3eb1ba47c7e4a5e0e94f121b25089645f4d33dbb2b437137fb007f6a5be"
                         "cdcecd08116540b670fa468763aa208c0c499829049e3fd3a6a15e87c47e09b7",
                         expected, sizeof expected);
    ck_assert_uint_eq(n, 64);
    for (size_t len = 16; len <= 64; len++) {
        memset(key, 0, sizeof key);
        ck_assert_int_eq(locket_device_key(fleet, 32, (const uint8_t *)"meter-17#2", 10, key, len),
                         LOCKET_OK);
        ck_assert_mem_eq(key, expected, len);
    }
    ck_assert_int_eq(locket_device_key(fleet, 32, (const uint8_t *)"meter-17#1", 10, key, 16), LOCKET_OK);
    hex_equal(key, 16, "ab2aeaa673dc094cff5c3079481a4cbe");
}
END_TEST

START_TEST(a_device_key_of_nobody_or_of_a_weak_key_is_refused)
{
    uint8_t key[65];
    const uint8_t *id = (const uint8_t *)"m";
    ck_assert_int_eq(locket_device_key(fleet, 16, id, 1, key, 16), LOCKET_OK);
    ck_assert_int_eq(locket_device_key(fleet, 15, id, 1, key, 16), LOCKET_ERR_ARGUMENT);
    ck_assert_int_eq(locket_device_key(NULL, 16, id, 1, key, 16), LOCKET_ERR_ARGUMENT);
    ck_assert_int_eq(locket_device_key(fleet, 16, id, 0, key, 16), LOCKET_ERR_ARGUMENT);
    ck_assert_int_eq(locket_device_key(fleet, 16, NULL, 1, key, 16), LOCKET_ERR_ARGUMENT);
    ck_assert_int_eq(locket_device_key(fleet, 16, id, 1, NULL, 16), LOCKET_ERR_ARGUMENT);
    ck_assert_int_eq(locket_device_key(fleet, 16, id, 1, key, 15), LOCKET_ERR_ARGUMENT);
    ck_assert_int_eq(locket_device_key(fleet, 16, id, 1, key, 65), LOCKET_ERR_ARGUMENT);
}
END_TEST

Suite *test_device_key(void)
{
    Suite *s = suite_create("device_key");
    TCase *t = tcase_create("device_key");
    tcase_add_test(t, a_device_key_is_the_prf_of_the_identity);
    tcase_add_test(t, a_device_key_of_nobody_or_of_a_weak_key_is_refused);
    suite_add_tcase(s, t);
    return s;
}
