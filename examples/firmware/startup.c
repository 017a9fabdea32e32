/* SPDX-License-Identifier: Apache-2.0
 *
 * startup.c -- from power-on to main(), and what happens when something goes very wrong.
 *
 * No interrupt is ever taken: PRIMASK is set here and stays set. A pending interrupt still
 * wakes the core from WFI (clock.c), so the image sleeps and polls, and the stack holds no
 * interrupt frames. An application with interrupts adds its vectors behind the first 16 and
 * 36 bytes of stack for each level of priority.
 *
 * Plain C and ARMv6-M instructions: the same file starts a Cortex-M0. */
#include "lm3s6965.h"
#include "semihost.h"
#include "stack.h"

extern uint32_t data_start[], data_end[], bss_start[], bss_end[];
extern const uint32_t data_image[];

int main(void);
void reset(void);
void fault_report(const uint32_t *frame, uint32_t exception);

void reset(void)
{
    __asm__ volatile("cpsid i");
    for (uint32_t *to = data_start, i = 0; to + i < data_end; i++)
        to[i] = data_image[i];
    for (uint32_t *to = bss_start; to < bss_end; to++)
        *to = 0;
    stack_paint();
    semihost_exit(main());
}

/* Called with the stack set back to its top, for there may be none left below. */
void fault_report(const uint32_t *frame, uint32_t exception)
{
    static const char *const names[] = { "NMI", "HardFault", "MemManage", "BusFault", "UsageFault" };
    const char *name = exception - 2 < sizeof names / sizeof names[0] ? names[exception - 2] : "exception";
    semihost_text("fault: ");
    semihost_text(name);
    semihost_text(", status 0x");
    semihost_hex(CFSR);
    if (frame >= stack_limit && frame + 7 < stack_top) {
        semihost_text(", at 0x");
        semihost_hex(frame[6]);
        semihost_text(" called from 0x");
        semihost_hex(frame[5]);
    } else {
        semihost_text(", the stack is full");
    }
    semihost_text("\n");
    semihost_exit(EXIT_FAULT);
}

/* The core has pushed eight words where sp is; the number of the exception is in IPSR. */
__attribute__((naked)) static void fault(void)
{
    __asm__ volatile("mov r0, sp\n\t"
                     "mrs r1, ipsr\n\t"
                     "ldr r2, =stack_top\n\t"
                     "mov sp, r2\n\t"
                     "bl fault_report\n\t"
                     ".ltorg");
}

__attribute__((section(".vectors"), used)) static const struct {
    uint32_t *stack;
    void (*vector[15])(void);
} vectors = {
    stack_top,
    { reset, fault, fault, fault, fault, fault, 0, 0, 0, 0, fault, fault, 0, fault, fault }
};
