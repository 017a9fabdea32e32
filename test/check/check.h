/* SPDX-License-Identifier: Apache-2.0
 *
 * check.h -- a stand-in for the part of the Check unit test framework that our tests
 * use, for targets that Debian has no libcheck for (32-bit, big-endian) and for
 * MemorySanitizer, which wants every line of the program instrumented. Written
 * from Check's manual; the same source compiles against either.
 *
 * Every test runs in a process of its own, under one time limit for all. */
#ifndef TEST_CHECK_H
#define TEST_CHECK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Suite Suite;
typedef struct TCase TCase;
typedef struct SRunner SRunner;
typedef struct TTest { const char *name; void (*run)(int); const char *file; int line; } TTest;
typedef void (*SFun)(void);

enum print_output { CK_SILENT, CK_MINIMAL, CK_NORMAL, CK_VERBOSE, CK_ENV, CK_LAST };
enum fork_status { CK_FORK_GETENV, CK_FORK, CK_NOFORK };

#if defined(__GNUC__)
#define CHECK_UNUSED __attribute__((unused))
#define CHECK_FORMAT(f, a) __attribute__((format(printf, f, a)))
#define CHECK_NORETURN __attribute__((noreturn))
#else
#define CHECK_UNUSED
#define CHECK_FORMAT(f, a)
#define CHECK_NORETURN
#endif

#define START_TEST(test_name)                                                          \
    static void test_name##_fn(int _i);                                                \
    static const TTest test_name##_ttest = { #test_name, test_name##_fn, __FILE__, __LINE__ }; \
    static const TTest *const test_name = &test_name##_ttest;                          \
    static void test_name##_fn(int _i CHECK_UNUSED)
#define END_TEST

Suite *suite_create(const char *name);
void suite_add_tcase(Suite *s, TCase *tc);
TCase *tcase_create(const char *name);
void tcase_add_checked_fixture(TCase *tc, SFun setup, SFun teardown);
void tcase_add_unchecked_fixture(TCase *tc, SFun setup, SFun teardown);
void tcase_set_timeout(TCase *tc, double seconds);
void check_add_test(TCase *tc, const TTest *t, int first, int past);
#define tcase_add_test(tc, t) check_add_test(tc, t, 0, 1)
#define tcase_add_loop_test(tc, t, first, past) check_add_test(tc, t, first, past)

SRunner *srunner_create(Suite *s);
void srunner_add_suite(SRunner *sr, Suite *s);
void srunner_set_fork_status(SRunner *sr, enum fork_status fork_status);
void srunner_run_all(SRunner *sr, enum print_output mode);
int srunner_ntests_failed(SRunner *sr);
int srunner_ntests_run(SRunner *sr);
void srunner_free(SRunner *sr);

CHECK_NORETURN CHECK_FORMAT(3, 4)
void check_fail(const char *file, int line, const char *format, ...);
void check_mem(const char *file, int line, bool equal, const char *what,
               const void *a, const void *b, size_t n);
void check_str(const char *file, int line, bool equal, const char *what, const char *a, const char *b);

#define mark_point() ((void)0)
#define ck_abort() check_fail(__FILE__, __LINE__, "%s", "Failed")
#define ck_abort_msg(...) check_fail(__FILE__, __LINE__, __VA_ARGS__)

#define ck_assert(truth) \
    ((truth) ? (void)0 : check_fail(__FILE__, __LINE__, "Assertion '%s' failed", #truth))
#define ck_assert_msg(truth, ...) \
    ((truth) ? (void)0 : check_fail(__FILE__, __LINE__, __VA_ARGS__))

#define CHECK_NUMBERS(type, format, a, op, b) do {                                     \
        type check_a = (type)(a), check_b = (type)(b);                                 \
        if (!(check_a op check_b))                                                     \
            check_fail(__FILE__, __LINE__,                                             \
                       "Assertion '%s' failed: %s == " format ", %s == " format,       \
                       #a " " #op " " #b, #a, check_a, #b, check_b);                   \
    } while (0)
#define CHECK_INT(a, op, b)  CHECK_NUMBERS(long long, "%lld", a, op, b)
#define CHECK_UINT(a, op, b) CHECK_NUMBERS(unsigned long long, "%llu", a, op, b)
#define ck_assert_int_eq(a, b) CHECK_INT(a, ==, b)
#define ck_assert_int_ne(a, b) CHECK_INT(a, !=, b)
#define ck_assert_int_lt(a, b) CHECK_INT(a, <, b)
#define ck_assert_int_le(a, b) CHECK_INT(a, <=, b)
#define ck_assert_int_gt(a, b) CHECK_INT(a, >, b)
#define ck_assert_int_ge(a, b) CHECK_INT(a, >=, b)
#define ck_assert_uint_eq(a, b) CHECK_UINT(a, ==, b)
#define ck_assert_uint_ne(a, b) CHECK_UINT(a, !=, b)
#define ck_assert_uint_lt(a, b) CHECK_UINT(a, <, b)
#define ck_assert_uint_le(a, b) CHECK_UINT(a, <=, b)
#define ck_assert_uint_gt(a, b) CHECK_UINT(a, >, b)
#define ck_assert_uint_ge(a, b) CHECK_UINT(a, >=, b)

#define CHECK_POINTERS(a, op, b) do {                                                  \
        const void *check_a = (a), *check_b = (b);                                     \
        if (!(check_a op check_b))                                                     \
            check_fail(__FILE__, __LINE__, "Assertion '%s' failed: %s == %p, %s == %p", \
                       #a " " #op " " #b, #a, check_a, #b, check_b);                   \
    } while (0)
#define ck_assert_ptr_eq(a, b) CHECK_POINTERS(a, ==, b)
#define ck_assert_ptr_ne(a, b) CHECK_POINTERS(a, !=, b)
#define ck_assert_ptr_null(a) CHECK_POINTERS(a, ==, NULL)
#define ck_assert_ptr_nonnull(a) CHECK_POINTERS(a, !=, NULL)

#define ck_assert_mem_eq(a, b, n) check_mem(__FILE__, __LINE__, true, #a " == " #b, a, b, (size_t)(n))
#define ck_assert_mem_ne(a, b, n) check_mem(__FILE__, __LINE__, false, #a " != " #b, a, b, (size_t)(n))
#define ck_assert_str_eq(a, b) check_str(__FILE__, __LINE__, true, #a " == " #b, a, b)
#define ck_assert_str_ne(a, b) check_str(__FILE__, __LINE__, false, #a " != " #b, a, b)

#endif
