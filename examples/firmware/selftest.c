/* SPDX-License-Identifier: Apache-2.0
 *
 * selftest.c -- locket_selftest() on the chip, and nothing else: what to run first on a new
 * target. It needs no driver, and the same source is an image for the Cortex-M3 and for the
 * Cortex-M0, where an unaligned access is a fault.
 *
 *     then=overflow    use up the stack afterwards, to see that the guard strip stops it
 *     then=unaligned   read a word from an odd address, to see whether the core minds */
#include "aes_engine.h"
#include "arguments.h"
#include "locket.h"
#include "semihost.h"
#include "stack.h"

/* One call for every 64 bytes of stack; the compiler must not make a loop of it. */
__attribute__((noinline)) static uint32_t deeper(uint32_t n)
{
    volatile uint32_t frame[12] = { n };
    const uint32_t below = n < UINT32_MAX ? deeper(n + 1) : 0;
    return below + frame[n % 12];
}

int main(void)
{
    char line[80];
    stack_guard();
    semihost_arguments(line, sizeof line);
    const locket_error failed = locket_selftest();
    semihost_text("self-test: ");
    semihost_text(locket_error_name(failed));
    semihost_text("\n");
    if (LOCKET_CFG_PORT_AES)
        semihost_line("blocks by the engine", aes_engine_blocks());
    semihost_line("stack in all", (uint32_t)stack_used(stack_top));
    if (argument_is(line, "then", "overflow"))
        return (int)deeper(0);
    if (argument_is(line, "then", "unaligned")) {
        volatile uintptr_t odd = (uintptr_t)stack_limit + 1;     /* or gcc would read bytes */
        (void)*(const volatile uint32_t *)odd;
    }
    return failed == LOCKET_OK ? EXIT_FINE : EXIT_FAILED;
}
