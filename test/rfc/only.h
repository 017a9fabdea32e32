/* SPDX-License-Identifier: Apache-2.0
 *
 * only.h -- put in front of every test file by disable.py: of all tests, only those named
 * in the environment (RFC_ONLY, blanks between them) are added to their suites. */
#ifndef TEST_RFC_ONLY_H
#define TEST_RFC_ONLY_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

static inline int only_wanted(const char *name)
{
    const char *at = getenv("RFC_ONLY");
    size_t n = strlen(name);
    while (at && (at = strstr(at, name)) != NULL) {
        if ((at[n] == ' ' || at[n] == 0) && (at == getenv("RFC_ONLY") || at[-1] == ' '))
            return 1;
        at += n;
    }
    return 0;
}

#undef tcase_add_test
#undef tcase_add_loop_test
#define tcase_add_test(tc, t) tcase_add_loop_test(tc, t, 0, 1)
#define tcase_add_loop_test(tc, t, first, past)       \
    do {                                              \
        if (only_wanted(#t))                          \
            check_add_test(tc, t, first, past);       \
    } while (0)

#endif
