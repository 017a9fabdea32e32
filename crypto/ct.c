/* SPDX-License-Identifier: Apache-2.0
 *
 * ct.c -- comparing and wiping without telling the clock or losing to the
 * optimiser. */
#include <string.h>

#include "ct.h"

LOCKET_INTERNAL bool ct_equal(const void *a, const void *b, size_t n)
{
    const volatile uint8_t *x = a, *y = b;
    uint32_t differ = 0;

    for (size_t i = 0; i < n; i++) {
        uint32_t p = x[i], q = y[i];
        differ |= p ^ q;
    }
    /* From here on the verdict is public; which byte differs never is. */
    bool equal = 1u & ~ct_mask(differ);
    ct_public(&equal, sizeof equal);
    return equal;
}

LOCKET_INTERNAL APART void ct_wipe(void *p, size_t n)
{
    volatile uint8_t *b = p;

    if (CT_LOOKS) {
        memset(p, 0, n);
        ct_looks(p);
    } else {
        while (n-- > 0)
            *b++ = 0;
    }
}

LOCKET_INTERNAL APART void ct_burn(void)
{
    volatile uintptr_t frame[18];     /* no calls: deeper than what it wipes by little */

    for (unsigned i = 0; i < sizeof frame / sizeof *frame; i++)
        frame[i] = 0;
}
