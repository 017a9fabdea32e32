/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz.c -- the helpers of fuzz.h. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fuzz_failed(const char *claim, const char *file, int line)
{
    fprintf(stderr, "%s:%d: no longer true: %s\n", file, line, claim);
    abort();
}

void *fuzz_room(size_t n)
{
    void *p = malloc(n ? n : 1);
    if (!p)
        fuzz_failed("there is memory", __FILE__, __LINE__);
    return p;
}

void *fuzz_copy(const void *bytes, size_t n)
{
    void *p = fuzz_room(n);
    if (n)
        memcpy(p, bytes, n);
    return p;
}

uint8_t food_u8(struct food *f)
{
    if (!f->left)
        return 0;
    f->left--;
    return *f->at++;
}

uint16_t food_u16(struct food *f)
{
    unsigned high = food_u8(f);
    return (uint16_t)(high << 8 | food_u8(f));
}

const uint8_t *food_bytes(struct food *f, size_t n, size_t *len)
{
    const uint8_t *at = f->at;
    *len = n < f->left ? n : f->left;
    f->at += *len;
    f->left -= *len;
    return at;
}
