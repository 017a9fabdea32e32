/* SPDX-License-Identifier: Apache-2.0
 *
 * stack.h -- how much stack was used, and a strip at its end that must not be. */
#ifndef FIRMWARE_STACK_H
#define FIRMWARE_STACK_H

#include <stddef.h>
#include <stdint.h>

/* From the linker script; the stack grows from its top down to its limit. */
extern uint32_t stack_guard_at[], stack_limit[], stack_top[];

/* Fill what is not used yet with a pattern. */
void stack_paint(void);

/* Let the MPU refuse the strip below the limit, if there is an MPU. */
void stack_guard(void);

/* Bytes between `from` and the deepest word that has lost its paint. */
size_t stack_used(const uint32_t *from);

/* Where the stack ends now: a function that is called here pushes from there on. */
static inline const uint32_t *stack_pointer(void)
{
    const uint32_t *sp;
    __asm__ volatile("mov %0, sp" : "=r"(sp));
    return sp;
}

#endif
