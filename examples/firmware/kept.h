/* SPDX-License-Identifier: Apache-2.0
 *
 * kept.h -- what outlives a restart: RAM that startup.c leaves alone, as a chip keeps it in its
 * deepest sleep. A product that loses its power between two readings keeps the record in
 * flash, encrypted if others can read that: whoever has it can be this meter. */
#ifndef FIRMWARE_KEPT_H
#define FIRMWARE_KEPT_H

#include <stdbool.h>

#include "locket.h"
#include "report.h"

/* What handshakes of one kind have taken. */
struct passage {
    uint16_t count;
    uint16_t bytes, trips, ms;        /* the last one: payload both ways, round trips, time */
};

extern struct kept {
    uint32_t check;                   /* over all that follows */
    uint32_t readings;                /* that have arrived */
    uint16_t wakes;
    uint16_t record_len;              /* 0: nothing to come back with */
    struct passage passage[3];        /* full ones, resumed ones; a sleeping session's next reading */
    uint16_t fuse, cuts, tried;       /* power fails at the step of this number, if it is not 0
                                         (nvm.c); did so often; the highest such number so far */
    uint16_t blob_len;                /* of the session that slept last */
    struct depths depths;
    uint8_t  record[LOCKET_RECORD_MAX];
} kept;

/* At start: what has been kept, or nothing if that was the first start of all. */
void kept_open(void);

/* Start anew, as from power-on, but for this. */
__attribute__((noreturn)) void kept_restart(void);

/* The record is good for nothing any more. */
void kept_forget(void);

#endif
