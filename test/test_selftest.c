/* SPDX-License-Identifier: Apache-2.0
 *
 * test_selftest.c -- the self-test that a device may run at start passes. */
#include <check.h>

#include "locket.h"

Suite *test_selftest(void);

START_TEST(the_self_test_passes_and_can_be_repeated)
{
    ck_assert_int_eq(locket_selftest(), LOCKET_OK);
    ck_assert_int_eq(locket_selftest(), LOCKET_OK);
}
END_TEST

Suite *test_selftest(void)
{
    Suite *suite = suite_create("selftest");
    TCase *t = tcase_create("selftest");

    tcase_add_test(t, the_self_test_passes_and_can_be_repeated);
    suite_add_tcase(suite, t);
    return suite;
}
