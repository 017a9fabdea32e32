/* SPDX-License-Identifier: Apache-2.0
 *
 * play.h -- what the parts of the constant-time program share. */
#ifndef LOCKET_TEST_PLAY_H
#define LOCKET_TEST_PLAY_H

#include <stdbool.h>

/* Is every instruction interpreted one by one? Then do the same with fewer lengths. */
bool play_is_slow(void);

/* primitives.c: NULL, or what gave a wrong result. */
const char *play_primitives(void);

#endif
