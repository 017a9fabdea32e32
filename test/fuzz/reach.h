/* SPDX-License-Identifier: Apache-2.0
 *
 * reach.h -- which functions were entered: see reach.c. The names of the first two are
 * the compiler's. */
#ifndef TEST_FUZZ_REACH_H
#define TEST_FUZZ_REACH_H

void __cyg_profile_func_enter(void *function, void *caller);
void __cyg_profile_func_exit(void *function, void *caller);
void reach_write(void);

#endif
