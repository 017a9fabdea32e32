/* SPDX-License-Identifier: Apache-2.0
 *
 * schedule.h -- the key schedule of AES-128 as FIPS 197 section 5.2 writes it, which is
 * how the x86 code keeps it. For a test: it looks up nothing but its own S-box, made
 * anew each time, and takes no care of time. */
#ifndef LOCKET_TEST_SCHEDULE_H
#define LOCKET_TEST_SCHEDULE_H

#include <stdint.h>
#include <string.h>

/* Multiply in GF(2^8). */
static inline uint8_t schedule_times(uint8_t a, uint8_t b)
{
    uint8_t p = 0;
    for (; b; b >>= 1, a = (uint8_t)(a << 1 ^ (a >> 7) * 0x1B))
        if (b & 1)
            p ^= a;
    return p;
}

static inline uint8_t schedule_sub(uint8_t x)
{
    uint8_t y = 1, r = 0x63;
    for (int i = 0; i < 254; i++)                 /* x^254 is the inverse, and 0 for 0 */
        y = schedule_times(y, x);
    for (int i = 0; i < 8; i++) {
        int bit = (y >> i ^ y >> ((i + 4) % 8) ^ y >> ((i + 5) % 8) ^ y >> ((i + 6) % 8) ^ y >> ((i + 7) % 8)) & 1;
        r = (uint8_t)(r ^ bit << i);
    }
    return r;
}

static inline void schedule_aes(uint8_t w[176], const uint8_t key[16])
{
    uint8_t rcon = 1;
    memcpy(w, key, 16);
    for (int i = 16; i < 176; i++) {
        uint8_t t = w[i - 4];
        if (i % 16 < 4) {
            t = schedule_sub(w[i % 16 < 3 ? i - 3 : i - 7]);
            if (i % 16 == 0)
                t ^= rcon;
            if (i % 16 == 3)
                rcon = schedule_times(rcon, 2);
        }
        w[i] = w[i - 16] ^ t;
    }
}

#endif
