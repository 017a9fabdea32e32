/* SPDX-License-Identifier: Apache-2.0
 *
 * stack.c -- the painted stack and its guard.
 *
 * The strip is a kilobyte, so that a large frame does not step over it. (QEMU also wants it so:
 * for a debugger, as semihosting is one, it looks at the protection of whole kilobytes only.)
 * Address 0 is not guarded, although null pointers lead there: the vectors and strings that
 * the debugger reads live there. */
#include "stack.h"
#include "lm3s6965.h"

enum { PAINT = 0x5AFEC0DE };

void stack_paint(void)
{
    const uint32_t *end = stack_pointer();
    for (volatile uint32_t *word = stack_limit; word < end; word++)
        *word = PAINT;
}

size_t stack_used(const uint32_t *from)
{
    const uint32_t *word = stack_limit;
    while (word < from && *word == PAINT)
        word++;
    return (size_t)(from - word) * sizeof *word;
}

void stack_guard(void)
{
    enum { NO_ACCESS = 1 << 28 /* no execution either */, BYTES_1024 = 9 << 1, ENABLE = 1 };
    enum { PRIVILEGED_SEES_THE_REST = 1 << 2, MEMFAULTENA = 1 << 16 };
    if (MPU_TYPE == 0)
        return;
    MPU_RNR = 0;
    MPU_RBAR = (uint32_t)(uintptr_t)stack_guard_at;
    MPU_RASR = NO_ACCESS | BYTES_1024 | ENABLE;
    MPU_CTRL = PRIVILEGED_SEES_THE_REST | ENABLE;
    SHCSR |= MEMFAULTENA;
    __asm__ volatile("dsb\n\tisb" ::: "memory");
}
