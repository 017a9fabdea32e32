/* SPDX-License-Identifier: Apache-2.0
 *
 * claim.c -- what the demo prints. */
#include "claim.h"

#include <stdarg.h>
#include <stdio.h>

bool claim_colour, claim_all_well = true;

void claim(bool so, const char *format, ...)
{
    va_list values;
    const char *tint = !claim_colour ? "" : so ? "\033[32m" : "\033[31m";
    (void)printf("  %s%s%s  ", tint, so ? "ok   " : "WRONG", claim_colour ? "\033[0m" : "");
    va_start(values, format);
    (void)vprintf(format, values);
    va_end(values);
    (void)putchar('\n');
    claim_all_well = claim_all_well && so;
}

void heading(const char *text)
{
    (void)printf("\n%s%s%s\n", claim_colour ? "\033[1m" : "", text, claim_colour ? "\033[0m" : "");
}
