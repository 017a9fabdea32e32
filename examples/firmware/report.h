/* SPDX-License-Identifier: Apache-2.0
 *
 * report.h -- the RAM that a run has used, as lines "name: bytes" on standard error. */
#ifndef FIRMWARE_REPORT_H
#define FIRMWARE_REPORT_H

#include <stddef.h>
#include <stdint.h>

/* Between the start and the main loop: note what stack the start took, and paint it anew. */
void report_begin(void);

/* `calls_from`: the stack where Locket was called; `objects`: the endpoint and its memory. */
void report(const uint32_t *calls_from, size_t objects);

#endif
