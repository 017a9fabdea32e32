/* SPDX-License-Identifier: Apache-2.0
 *
 * report.c -- see report.h. The stack is measured by its paint, the rest the linker knows. */
#include "report.h"
#include "semihost.h"
#include "stack.h"

static size_t at_start;

void report_begin(void)
{
    at_start = stack_used(stack_top);
    stack_paint();
}

void report(const uint32_t *calls_from, size_t objects)
{
    extern uint32_t data_start[], bss_end[];
    const size_t in_loop = stack_used(stack_top), below = stack_used(calls_from);
    const size_t data = (size_t)(bss_end - data_start) * sizeof(uint32_t);
    const size_t deepest = in_loop > at_start ? in_loop : at_start;
    semihost_line("stack of Locket", (uint32_t)below);
    semihost_line("stack in all", (uint32_t)in_loop);
    semihost_line("stack at start, with the self-test", (uint32_t)at_start);
    semihost_line("objects of Locket", (uint32_t)objects);
    semihost_line("data and bss", (uint32_t)data);
    semihost_line("RAM used", (uint32_t)(data + deepest));
}
