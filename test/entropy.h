/* SPDX-License-Identifier: Apache-2.0
 *
 * entropy.h -- the entropy of the tests: a stream that a 64-bit seed decides, so
 * that every run can be repeated, and that can be made to fail. */
#ifndef LOCKET_TEST_ENTROPY_H
#define LOCKET_TEST_ENTROPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Start the stream anew; it does not fail and nothing has been used of it. */
void entropy_seed(uint64_t seed);
/* From now on locket_port_entropy() refuses, or works again. */
void entropy_fail(bool fail);
/* Bytes given since the last entropy_seed(). */
size_t entropy_used(void);

#endif
