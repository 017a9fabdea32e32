/* SPDX-License-Identifier: Apache-2.0
 *
 * board.c -- what stands around the program on the emulated LM3S6965: vectors, the
 * emulator's console and exit (semihosting), painting of the stack, and an entropy
 * hook that gives the same bytes in every run. */
#include "board.h"
#include "locket_port.h"

enum { PAINT = 0x5A5A5A5A, MARGIN = 128, SYS_WRITE0 = 0x04, SYS_EXIT_EXTENDED = 0x20 };

extern uint32_t stack_limit[], stack_top[];

static void board_call(uint32_t operation, const void *argument)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
}

static void board_exit(uint32_t code)
{
    uint32_t block[2] = { 0x20026, code };      /* ADP_Stopped_ApplicationExit */
    board_call(SYS_EXIT_EXTENDED, block);
    for (;;)
        ;
}

void reset(void);
void reset(void)
{
    board_exit((uint32_t)story());
}

static void fault(void)
{
    board_call(SYS_WRITE0, "a fault\n");
    board_exit(99);
}

__attribute__((section(".vectors"), used)) static const struct {
    uint32_t *stack;
    void (*handler[6])(void);
} vectors = { stack_top, { reset, fault, fault, fault, fault, fault } };

__attribute__((naked, noinline)) void count_begin(void) { __asm__ volatile("bx lr"); }
__attribute__((naked, noinline)) void count_end(void) { __asm__ volatile("bx lr"); }

/* Its own frame lies right below sp: the margin is left out, and a passage that stays
 * within it cannot be told from one that needs nothing. */
__attribute__((noinline)) void board_paint(uint32_t sp)
{
    volatile uint32_t *p = stack_limit;
    while ((uint32_t)p < sp - MARGIN)
        *p++ = PAINT;
}

__attribute__((noinline)) void board_report(const char *rows, uint32_t sp)
{
    const volatile uint32_t *p = stack_limit;
    char digits[12], *d = digits + sizeof digits;
    while ((uint32_t)p < sp - MARGIN && *p == PAINT)
        p++;
    *--d = 0;
    *--d = '\n';
    for (uint32_t depth = sp - (uint32_t)p; depth != 0; depth /= 10)
        *--d = (char)('0' + depth % 10);
    board_call(SYS_WRITE0, "counted ");
    board_call(SYS_WRITE0, rows);
    board_call(SYS_WRITE0, " ");
    board_call(SYS_WRITE0, d);
}

/* A xorshift generator: good enough to tell runs apart, and never to be used for
 * anything else. */
bool locket_port_entropy(uint8_t *out, size_t len)
{
    static uint32_t x = 2463534242u;
    for (size_t i = 0; i < len; i++) {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        out[i] = (uint8_t)(x >> 24);
    }
    return true;
}
