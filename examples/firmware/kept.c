/* SPDX-License-Identifier: Apache-2.0
 *
 * kept.c -- see kept.h. RAM after power-on is anything; a sum that fits it by chance is one
 * in four milliards, and a wrong record costs no more than a full handshake. */
#include "kept.h"

#include <string.h>

#include "lm3s6965.h"

__attribute__((section(".kept"))) struct kept kept;

/* Of Fletcher's kind: it sees swapped bytes, and zeros are not its own sum. */
static uint32_t sum(void)
{
    const uint8_t *at = (const uint8_t *)&kept + sizeof kept.check;
    uint32_t a = 1, b = 0;
    for (size_t i = sizeof kept.check; i < sizeof kept; i++) {
        a += *at++;
        b += a;
    }
    return b << 16 ^ a;
}

void kept_open(void)
{
    if (kept.check != sum() || kept.record_len > sizeof kept.record)
        memset(&kept, 0, sizeof kept);
    kept.check = 0;                   /* good for one start */
    kept.wakes++;
}

void kept_restart(void)
{
    enum { KEY = 0x05FA0000, SYSRESETREQ = 1 << 2 };
    kept.check = sum();
    __asm__ volatile("dsb" ::: "memory");
    AIRCR = KEY | SYSRESETREQ;
    for (;;)
        ;
}

void kept_forget(void)
{
    volatile uint8_t *record = kept.record;      /* it is a secret: really wiped */
    for (size_t i = 0; i < sizeof kept.record; i++)
        record[i] = 0;
    kept.record_len = 0;
}
