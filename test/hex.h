/* SPDX-License-Identifier: Apache-2.0
 *
 * hex.h -- bytes written as hex in the tests. Spaces are skipped. */
#ifndef LOCKET_TEST_HEX_H
#define LOCKET_TEST_HEX_H

#include <check.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static inline int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The bytes that `hex` stands for, in out[cap]; returns how many. */
static inline size_t hex_bytes(const char *hex, uint8_t *out, size_t cap)
{
    size_t n = 0;

    for (;;) {
        while (*hex == ' ' || *hex == '\n')
            hex++;
        if (*hex == '\0')
            return n;
        int high = hex_digit(hex[0]), low = high < 0 ? -1 : hex_digit(hex[1]);
        ck_assert_msg(low >= 0, "not hex: %s", hex);
        ck_assert_msg(n < cap, "more than %zu bytes of hex", cap);
        out[n++] = (uint8_t)(high << 4 | low);
        hex += 2;
    }
}

/* Fail, showing both, unless got[n] is what `want` stands for. */
static inline void hex_equal(const void *got, size_t n, const char *want)
{
    static uint8_t bytes[65536];
    static char shown[2 * 256 + 1];
    size_t len = hex_bytes(want, bytes, sizeof bytes);

    for (size_t i = 0; i < n && i < 256; i++)
        sprintf(shown + 2 * i, "%02x", ((const uint8_t *)got)[i]);
    shown[2 * (n < 256 ? n : 256)] = '\0';
    ck_assert_msg(len == n, "wanted %zu bytes, got %zu: %s", len, n, shown);
    ck_assert_msg(n == 0 || memcmp(got, bytes, n) == 0, "got    %s\nwanted %s", shown, want);
}

#endif
