/* SPDX-License-Identifier: Apache-2.0
 *
 * main.c -- the unit test runner: every suite of test/test_*.c, in one program.
 *
 *     build/test/tree/run               run all of them
 *     build/test/tree/run sha256 kdf    only test_sha256.c and test_kdf.c
 *
 * suites.h is written by the Makefile from the names of the files, so a new
 * file takes part by being there. */
#define _POSIX_C_SOURCE 200112L   /* setenv */

#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suites.h"

#define DECLARE(name) Suite *test_##name(void);
SUITES(DECLARE)

#define ROW(name) { #name, test_##name },
static const struct { const char *name; Suite *(*make)(void); } suites[] = { SUITES(ROW) };
enum { N_SUITES = sizeof suites / sizeof suites[0] };

static bool is_wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return true;
    return argc == 1;
}

int main(int argc, char **argv)
{
    /* A loaded machine, an emulator and the sanitizers are slow; a test that hangs
     * is found all the same. */
    setenv("CK_DEFAULT_TIMEOUT", "120", 0);
    setvbuf(stdout, NULL, _IOLBF, 0);

    SRunner *runner = srunner_create(NULL);
    int n = 0;
    for (size_t i = 0; i < N_SUITES; i++)
        if (is_wanted(suites[i].name, argc, argv)) {
            srunner_add_suite(runner, suites[i].make());
            n++;
        }
    if (n == 0) {
        fprintf(stderr, "%s: no such suite\n", argv[0]);
        return 2;
    }
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
