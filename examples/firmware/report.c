/* SPDX-License-Identifier: Apache-2.0
 *
 * report.c -- see report.h. The stack is measured by its paint, the rest the linker knows. */
#include "report.h"
#include "semihost.h"
#include "stack.h"

static void most_of(uint16_t *most, size_t used)
{
    if (used > *most)
        *most = (uint16_t)used;
}

void report_begin(struct depths *most)
{
    most_of(&most->start, stack_used(stack_top));
    stack_paint();
}

void report_look(struct depths *most, const uint32_t *calls_from)
{
    most_of(&most->below, stack_used(calls_from));
    most_of(&most->all, stack_used(stack_top));
}

void report_call(struct depths *most, uint16_t *call, const uint32_t *calls_from)
{
    most_of(call, stack_used(calls_from));
    report_look(most, calls_from);
    stack_paint();
}

void report(const struct depths *most, size_t objects)
{
    extern uint32_t data_start[], kept_end[];
    const size_t data = (size_t)(kept_end - data_start) * sizeof(uint32_t);
    const uint32_t deepest = most->all > most->start ? most->all : most->start;
    semihost_line("stack of Locket", most->below);
    semihost_line("stack in all", most->all);
    semihost_line("stack at start, with the self-test", most->start);
    semihost_line("objects of Locket", (uint32_t)objects);
    semihost_line("data and bss", (uint32_t)data);
    semihost_line("RAM used", (uint32_t)data + deepest);
}
