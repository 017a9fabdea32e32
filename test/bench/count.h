/* SPDX-License-Identifier: Apache-2.0
 *
 * count.h -- instructions of this process in user space, where the kernel and the machine
 * let us count them. They hardly change from run to run, whoever else is busy. */
#ifndef LOCKET_BENCH_COUNT_H
#define LOCKET_BENCH_COUNT_H

#include <stdbool.h>
#include <stdint.h>

bool     count_open(void);        /* false: not here */
void     count_start(void);
uint64_t count_stop(void);        /* since count_start() */

#endif
