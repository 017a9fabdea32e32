/* SPDX-License-Identifier: Apache-2.0
 *
 * check.c -- the stand-in for Check: every test in a process of its own, so that none
 * finds what another has left behind and a crash costs one test; and the same
 * closing line as the original. */
#define _POSIX_C_SOURCE 200112L
#include "check.h"

#include <stdarg.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHECK_FAILED = 99, CHECK_SECONDS = 300 };

struct check_entry { const TTest *test; int first, past; struct check_entry *next; };
struct check_fixture { SFun setup, teardown; };
struct TCase {
    const char *name;
    struct check_fixture checked, unchecked;
    struct check_entry *first, **last;
    struct TCase *next;
};
struct Suite { const char *name; struct TCase *first, **last; struct Suite *next; };
struct SRunner { struct Suite *first, **last; int n_run, n_failed, n_errors; };

static void *check_new(size_t n)
{
    void *p = calloc(1, n);
    if (!p) {
        fputs("check: out of memory\n", stderr);
        exit(2);
    }
    return p;
}

Suite *suite_create(const char *name)
{
    Suite *s = check_new(sizeof *s);
    s->name = name;
    s->last = &s->first;
    return s;
}

TCase *tcase_create(const char *name)
{
    TCase *tc = check_new(sizeof *tc);
    tc->name = name;
    tc->last = &tc->first;
    return tc;
}

void suite_add_tcase(Suite *s, TCase *tc)
{
    *s->last = tc;
    s->last = &tc->next;
}

void tcase_add_checked_fixture(TCase *tc, SFun setup, SFun teardown)
{
    tc->checked.setup = setup;
    tc->checked.teardown = teardown;
}

void tcase_add_unchecked_fixture(TCase *tc, SFun setup, SFun teardown)
{
    tc->unchecked.setup = setup;
    tc->unchecked.teardown = teardown;
}

void tcase_set_timeout(TCase *tc, double seconds)
{
    (void)tc;
    (void)seconds;
}

void check_add_test(TCase *tc, const TTest *t, int first, int past)
{
    struct check_entry *e = check_new(sizeof *e);
    e->test = t;
    e->first = first;
    e->past = past;
    *tc->last = e;
    tc->last = &e->next;
}

SRunner *srunner_create(Suite *s)
{
    SRunner *sr = check_new(sizeof *sr);
    sr->last = &sr->first;
    srunner_add_suite(sr, s);
    return sr;
}

void srunner_add_suite(SRunner *sr, Suite *s)
{
    if (!s)
        return;
    *sr->last = s;
    sr->last = &s->next;
}

void srunner_set_fork_status(SRunner *sr, enum fork_status fork_status)
{
    (void)sr;
    (void)fork_status;
}

void check_fail(const char *file, int line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("%s:%d: ", file, line);
    vprintf(format, args);
    va_end(args);
    fflush(stdout);
    _exit(CHECK_FAILED);
}

static void check_dump(const char *head, const unsigned char *p, size_t n)
{
    printf("\n    %s", head);
    for (size_t i = 0; i < n && i < 64; i++)
        printf("%02x", p[i]);
    if (n > 64)
        printf("... (%lu bytes)", (unsigned long)n);
}

void check_mem(const char *file, int line, bool equal, const char *what,
               const void *a, const void *b, size_t n)
{
    if ((n == 0 || memcmp(a, b, n) == 0) == equal)
        return;
    printf("%s:%d:", file, line);
    check_dump("left  ", a, n);
    check_dump("right ", b, n);
    printf("\n    ");
    check_fail(file, line, "Assertion '%s' failed over %lu bytes", what, (unsigned long)n);
}

void check_str(const char *file, int line, bool equal, const char *what, const char *a, const char *b)
{
    if ((a && b && strcmp(a, b) == 0) != equal)
        check_fail(file, line, "Assertion '%s' failed: \"%s\" and \"%s\"", what,
                   a ? a : "(null)", b ? b : "(null)");
}

CHECK_NORETURN
static void check_run(const TCase *tc, const TTest *t, int i)
{
    alarm(CHECK_SECONDS);
    if (tc->checked.setup)
        tc->checked.setup();
    t->run(i);
    if (tc->checked.teardown)
        tc->checked.teardown();
    fflush(stdout);
    _exit(0);
}

static void check_run_case(SRunner *sr, const Suite *s, const TCase *tc)
{
    if (tc->unchecked.setup)
        tc->unchecked.setup();
    for (const struct check_entry *e = tc->first; e; e = e->next)
        for (int i = e->first; i < e->past; i++) {
            int status = -1;
            sr->n_run++;
            fflush(stdout);
            pid_t pid = fork();
            if (pid == 0)
                check_run(tc, e->test, i);
            if (pid < 0 || waitpid(pid, &status, 0) != pid)
                perror("check");
            if (status == 0)
                continue;
            if (WIFEXITED(status) && WEXITSTATUS(status) == CHECK_FAILED)
                sr->n_failed++;
            else
                sr->n_errors++;
            printf("\n    %s:%d: %s:%s:%s:%d", e->test->file, e->test->line, s->name, tc->name,
                   e->test->name, i);
            if (WIFSIGNALED(status))
                printf(": signal %d", WTERMSIG(status));
            printf("\n");
        }
    if (tc->unchecked.teardown)
        tc->unchecked.teardown();
}

void srunner_run_all(SRunner *sr, enum print_output mode)
{
    (void)mode;
    printf("Running suite(s):");
    for (const Suite *s = sr->first; s; s = s->next)
        printf(" %s\n", s->name);
    fflush(stdout);
    for (const Suite *s = sr->first; s; s = s->next)
        for (const TCase *tc = s->first; tc; tc = tc->next)
            check_run_case(sr, s, tc);
    int good = sr->n_run - srunner_ntests_failed(sr);
    printf("%d%%: Checks: %d, Failures: %d, Errors: %d\n",
           sr->n_run ? good * 100 / sr->n_run : 100, sr->n_run, sr->n_failed, sr->n_errors);
}

int srunner_ntests_failed(SRunner *sr) { return sr->n_failed + sr->n_errors; }
int srunner_ntests_run(SRunner *sr) { return sr->n_run; }

void srunner_free(SRunner *sr)
{
    for (Suite *s = sr->first, *s2; s; s = s2) {
        s2 = s->next;
        for (TCase *tc = s->first, *tc2; tc; tc = tc2) {
            tc2 = tc->next;
            for (struct check_entry *e = tc->first, *e2; e; e = e2) {
                e2 = e->next;
                free(e);
            }
            free(tc);
        }
        free(s);
    }
    free(sr);
}
