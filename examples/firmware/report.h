/* SPDX-License-Identifier: Apache-2.0
 *
 * report.h -- the RAM that a run has used, as lines "name: bytes" on standard error. */
#ifndef FIRMWARE_REPORT_H
#define FIRMWARE_REPORT_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of stack, the most that was seen. */
struct depths {
    uint16_t below;                   /* the functions of Locket, and what they call */
    uint16_t all;                     /* from main() on */
    uint16_t start;                   /* up to the main loop, with the self-test */
    uint16_t save, load;              /* the calls that save a session and load it */
};

/* Between the start and the main loop: note what stack the start took, and paint it anew. */
void report_begin(struct depths *most);

/* `calls_from`: the stack where Locket was called. */
void report_look(struct depths *most, const uint32_t *calls_from);

/* Note what one call took: the stack was painted right before it, and is painted anew. */
void report_call(struct depths *most, uint16_t *call, const uint32_t *calls_from);

/* `objects`: the endpoint and its memory. */
void report(const struct depths *most, size_t objects);

#endif
