/* SPDX-License-Identifier: Apache-2.0
 *
 * selftest_big.c -- locket_selftest() on a machine with the other byte order. */
#include <stdio.h>
#include <string.h>

#include "locket.h"

/* The self-test needs no entropy. */
bool locket_port_entropy(uint8_t *out, size_t len)
{
    memset(out, 0, len);
    return false;
}

int main(void)
{
    const uint16_t one = 1;
    const locket_error failed = locket_selftest();
    printf("byte order: %s\nself-test: %s\n", *(const uint8_t *)&one == 0 ? "big" : "little",
           locket_error_name(failed));
    return failed != LOCKET_OK;
}
