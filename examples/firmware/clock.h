/* SPDX-License-Identifier: Apache-2.0
 *
 * clock.h -- milliseconds since start, and sleep until a time or a frame. */
#ifndef FIRMWARE_CLOCK_H
#define FIRMWARE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

void clock_open(void);

/* Wraps after 49.7 days, as Locket wants it. To be asked at least once a second: what
 * clock_sleep() does not exceed. */
uint32_t clock_now(void);

/* Sleep until `when`, but one second at most, and not longer than until a frame comes. */
void clock_sleep(uint32_t when);

/* The same where time goes by with instructions (-icount of QEMU): count some, for at most a
 * third of a second. */
void clock_spin(void);

/* Has the time come? Also right when the milliseconds have wrapped in between. */
static inline bool clock_due(uint32_t when, uint32_t now)
{
    return (int32_t)(now - when) >= 0;
}

#endif
