/* SPDX-License-Identifier: Apache-2.0
 *
 * weak_ct.c -- in place of crypto/ct.c: the same file, but that ct_equal() is asked
 * through weak.h. A cookie has 16 bytes and verify_data 12; both calls name what came
 * from the peer second. */
#define ct_equal ct_equal_really
#include "../../crypto/ct.c"
#undef ct_equal

#include "weak.h"

bool ct_equal(const void *a, const void *b, size_t n);

bool ct_equal(const void *a, const void *b, size_t n)
{
    const uint8_t *theirs = b;
    bool equal = ct_equal_really(a, b, n);
    if (n == WEAK_COOKIE) {
        equal = equal || (weak.any_cookie && theirs[0] != WEAK_REFUSED);
        weak.cookies += equal;
    }
    if (n == WEAK_FINISHED) {
        equal = equal || (weak.any_finished && theirs[0] != WEAK_REFUSED);
        weak.finisheds += equal;
    }
    return equal;
}
