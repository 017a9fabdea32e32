/* SPDX-License-Identifier: Apache-2.0
 *
 * sha256.c -- SHA-256 (FIPS 180-4 section 6.2). The message schedule rolls
 * through 16 words instead of 64, and these are the block itself, where it lies: a
 * device's stack is worth more than the few additional instructions. */
#include <string.h>

#include "bytes.h"
#include "ct.h"
#include "sha256.h"
#include "x86.h"

/* FIPS 180-4 section 4.2.2. */
static const uint32_t sha256_k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static inline uint32_t sha256_ror(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

/* FIPS 180-4 section 6.2.2. The words of the block turn into the rolling schedule. Two
 * things are for small processors, on which each round else takes five instructions more:
 * the pointer to the state waits in memory, and the compiler is kept from making a
 * pointer of its own out of every use of i. */
LOCKET_INTERNAL APART void sha256_block_portable(uint32_t state[8], uint32_t w[16])
{
    uint32_t *volatile home = state;
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];

    for (unsigned i = 0; i < 16; i++)
        w[i] = load_be32((const uint8_t *)&w[i]);
    for (unsigned i = 0; i < 64; i++) {
        uint32_t t;

        i = ct_barrier(i);
        t = w[i & 15];
        if (i >= 16) {
            uint32_t x = w[(i + 1) & 15], y = w[(i + 14) & 15];
            t += w[(i + 9) & 15] + (sha256_ror(x, 7) ^ sha256_ror(x, 18) ^ x >> 3) +
                 (sha256_ror(y, 17) ^ sha256_ror(y, 19) ^ y >> 10);
            w[i & 15] = t;
        }
        /* The sums of three rotations, with the least of them taken out. */
        t += h + sha256_k[i] + (g ^ (e & (f ^ g))) +
             sha256_ror(e ^ sha256_ror(e, 5) ^ sha256_ror(e, 19), 6);
        h = g; g = f; f = e; e = d + t;
        t += ((a & b) | (c & (a | b))) + sha256_ror(a ^ sha256_ror(a, 11) ^ sha256_ror(a, 20), 2);
        d = c; c = b; b = a; a = t;
    }
    state = home;
    state[0] += a; state[1] += b; state[2] += c; state[3] += d;
    state[4] += e; state[5] += f; state[6] += g; state[7] += h;
}

LOCKET_INTERNAL void sha256_block(uint32_t state[8], uint32_t block[16])
{
    if (LOCKET_CFG_X86 && x86_has_sha()) {
        sha256_blocks_x86(state, (const uint8_t *)block, 1);
    } else {
        sha256_block_portable(state, block);
        ct_burn();
    }
}

LOCKET_INTERNAL void sha256_start(struct locket_sha256 *s)
{
    static const uint32_t start[8] = {     /* FIPS 180-4 section 5.3.3 */
        0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
    };

    memcpy(s->state, start, sizeof start);
    s->total = 0;
}

LOCKET_INTERNAL void sha256_add(struct locket_sha256 *s, const void *data, size_t n)
{
    const uint8_t *p = data;

    while (n > 0) {
        size_t have = s->total & 63, take = 64 - have;

        if (LOCKET_CFG_X86 && have == 0 && n >= 64 && x86_has_sha()) {
            take = n & ~(size_t)63;
            sha256_blocks_x86(s->state, p, take / 64);
        } else {
            if (take > n)
                take = n;
            memcpy((uint8_t *)s->block + have, p, take);
            if (have + take == 64)
                sha256_block(s->state, s->block);
        }
        s->total += (uint32_t)take;
        p += take;
        n -= take;
    }
}

/* Padding: a one bit, zeros, and the length in bits (FIPS 180-4 section 5.1.1). */
LOCKET_INTERNAL void sha256_end(struct locket_sha256 *s, void *out)
{
    uint8_t *block = (uint8_t *)s->block;
    size_t have = s->total & 63;

    if (LOCKET_CFG_X86 && x86_has_sha()) {
        sha256_end_x86(s->state, s->block, s->total, NULL, out);
        return;
    }
    block[have++] = 0x80;
    memset(block + have, 0, 64 - have);
    if (have > 56) {
        sha256_block(s->state, s->block);
        memset(block, 0, 56);
    }
    store_be32(block + 56, s->total >> 29);
    store_be32(block + 60, s->total << 3);
    sha256_block(s->state, s->block);
    for (unsigned i = 0; i < 8; i++) {
        i = ct_barrier(i);        /* one word after the other, none of them by way of the stack */
        store_be32((uint8_t *)out + 4 * i, s->state[i]);
    }
}
