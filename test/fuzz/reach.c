/* SPDX-License-Identifier: Apache-2.0
 *
 * reach.c -- notes every function of the library that is entered. The replay compiles
 * the library with -finstrument-functions, so the compiler calls the first function below
 * wherever a function begins, also where it was inlined and whether it is static or not.
 * The addresses go to the file $FUZZ_REACH, relative to this program's own
 * LLVMFuzzerTestOneInput; reach.py gives them their names with nm.
 *
 * Chosen over coverage by gcov or llvm-profdata because it needs neither data files per
 * object nor a second compiler, answers exactly the question asked (which functions?),
 * and works for any compiler that has the flag. */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"
#include "reach.h"

enum { SLOTS = 8192 };
static uintptr_t entered[SLOTS];

void __cyg_profile_func_enter(void *function, void *caller)
{
    uintptr_t at = (uintptr_t)function;
    (void)caller;
    for (size_t i = at / 4 * 2654435761u % SLOTS, n = 0; n < SLOTS; i = (i + 1) % SLOTS, n++) {
        if (entered[i] == at)
            return;
        if (!entered[i]) {
            entered[i] = at;
            return;
        }
    }
}

void __cyg_profile_func_exit(void *function, void *caller)
{
    (void)function;
    (void)caller;
}

void reach_write(void)
{
    const char *name = getenv("FUZZ_REACH");
    FILE *out = name ? fopen(name, "w") : NULL;
    if (!name)
        return;
    if (!out) {
        perror(name);
        exit(1);
    }
    for (size_t i = 0; i < SLOTS; i++)
        if (entered[i])
            fprintf(out, "%lld\n", (long long)(entered[i] - (uintptr_t)LLVMFuzzerTestOneInput));
    if (fclose(out) != 0)
        exit(1);
}
