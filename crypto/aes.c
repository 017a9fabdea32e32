/* SPDX-License-Identifier: Apache-2.0
 *
 * aes.c -- AES-128 (FIPS 197) as a boolean circuit over two blocks.
 *
 * Eight words hold the 32 bytes of both blocks: word i has their bits i. Within
 * a word the byte at 8 * r is row r of the state, and in it the bits c and 4 + c are
 * column c of the first and of the second block. So
 *
 *     ShiftRows   rotates the halves of byte r by r bits, in two masked swaps;
 *     MixColumns  adds rotations of whole words by 8 and 16 bits;
 *     SubBytes    is the circuit of Boyar and Peralta, "A new combinational
 *                 logic minimization technique with applications to cryptology"
 *                 (2010): 32 AND and 83 XOR over words.
 *
 * A round key is the same for both blocks, so both halves of every byte are equal
 * and words i and i + 4 share one: low halves of the first, high ones of the second.
 * The constant 63 of the S-box passes unchanged through ShiftRows and MixColumns,
 * and is part of the stored round keys instead of four NOTs in every round. */
#include <string.h>

#include "aes.h"
#include "bytes.h"
#include "ct.h"
#include "locket_port.h"

enum { AES_ROUNDS = 10 };

/* SubBytes without its constant. x7 in the paper is the lowest bit. Within the three parts
 * the order is one in which few values wait at a time: of 200 instructions on a Cortex-M3
 * it saves 20, and 8 bytes of stack. */
static void aes_sub(uint32_t q[8])
{
    uint32_t x3 = q[4], x1 = q[6], x0 = q[7], x6 = q[1];
    uint32_t x5 = q[2], x2 = q[5], x7 = q[0], x4 = q[3];

    /* Into a basis in which inversion is cheap, and what has to be inverted in GF(2^4). */
    uint32_t y13 = x0 ^ x6, u0 = x1 ^ x2, y1 = u0 ^ x7, y14 = x3 ^ x5, y12 = y13 ^ y14;
    uint32_t u1 = x4 ^ y12, y15 = u1 ^ x5, y20 = u1 ^ x1;
    uint32_t a = y12 & y15;
    uint32_t y9 = x0 ^ x3, y11 = y20 ^ y9, y8 = x0 ^ x5, y4 = y1 ^ x3, y16 = u0 ^ y11;
    uint32_t y2 = y1 ^ x0, y18 = x0 ^ y16, y10 = y15 ^ u0, y7 = x7 ^ y11;
    uint32_t b = y13 & y16;
    uint32_t y5 = y1 ^ x6;
    uint32_t c = y9 & y11, d = (y8 & y10) ^ c;
    uint32_t y17 = y10 ^ y11;
    c ^= y14 & y17;
    uint32_t y3 = y5 ^ y8, y6 = y15 ^ x7, y21 = y13 ^ y16;
    uint32_t i2 = (y5 & y1) ^ b ^ c ^ y21;
    uint32_t y19 = y10 ^ y8;
    uint32_t i3 = (y2 & y7) ^ b ^ d ^ y18;
    uint32_t i0 = (y3 & y6) ^ a ^ y20 ^ c;

    /* The inversion there. */
    uint32_t e = i0 & i2, i1 = (y4 & x7) ^ a ^ d ^ y19;
    uint32_t f = i0 ^ i1, g = i3 ^ e;
    uint32_t n29 = (f & g) ^ i1;
    uint32_t n33 = ((i1 ^ e) & (i2 ^ i3)) ^ i3;
    uint32_t h = i3 & (g ^ n33);
    uint32_t n42 = n29 ^ n33, z6 = n42 & y11;
    uint32_t n40 = f ^ (n29 & (g ^ h)), z4 = n40 & y1, z5 = n29 & y7;
    uint32_t n37 = h ^ i2 ^ n33, n41 = n40 ^ n37, z13 = n40 & y5;
    uint32_t n45 = n42 ^ n41, z8 = n41 & y10;
    uint32_t n43 = n29 ^ n40, z3 = n43 & y16;
    uint32_t n44 = n33 ^ n37, z12 = n43 & y13;

    /* Back to the bits of AES, the affine map included. */
    uint32_t z11 = n33 & y4, z9 = n44 & y12, z1 = n37 & y6, v2 = z5 ^ z13;
    uint32_t z15 = n42 & y9, z16 = n45 & y14, z7 = n45 & y17, z17 = n41 & y8;
    uint32_t v6 = z3 ^ z6 ^ z7, z0 = n44 & y15, v9 = z4 ^ v6, z2 = n33 & x7, z14 = n29 & y2;
    uint32_t v1 = z15 ^ z16, v3 = z0 ^ z3, v4 = z2 ^ z12 ^ v3, v5 = z4 ^ v1;
    q[0] = v2 ^ v1 ^ v4;
    uint32_t z10 = n37 & y3, v8 = z9 ^ z10 ^ v5, v7 = z7 ^ z8 ^ v5;
    q[1] = z12 ^ v2 ^ v7;
    uint32_t v11 = z1 ^ v8, s3 = v3 ^ v11;
    q[3] = z2 ^ z5 ^ v11;
    q[4] = s3;
    q[6] = v9 ^ s3;
    uint32_t v10 = z14 ^ v4 ^ v7;
    q[7] = v6 ^ v8;
    q[5] = z16 ^ z17 ^ v9 ^ v10;
    q[2] = z10 ^ z11 ^ v10;
}

static CT_INLINE void aes_swap(uint32_t *x, uint32_t *y, unsigned n, uint32_t mask)
{
    uint32_t t = (*x >> n ^ *y) & mask;

    *y ^= t;
    *x ^= t << n;
}

/* Four columns of one block to words that share a half each, and back: the 4 x 4 bits in
 * each half of each byte are transposed. For a round key that is all; two blocks then
 * exchange halves. */
static void aes_transpose(uint32_t q[4])
{
    aes_swap(&q[0], &q[2], 2, 0x33333333);
    aes_swap(&q[1], &q[3], 2, 0x33333333);
    aes_swap(&q[0], &q[1], 1, 0x55555555);
    aes_swap(&q[2], &q[3], 1, 0x55555555);
}

LOCKET_INTERNAL void aes_expand(struct aes_key *k, const uint8_t key[16], uint32_t q[8])
{
    uint32_t t, rcon = 1;

    k->key = key;
    if (LOCKET_CFG_PORT_AES)
        return;
    /* Every round key is made where the last one stays. */
    uint32_t *out = k->round, *w = out + 4 * (AES_ROUNDS - 1);
    for (unsigned i = 0; i < 4; i++)
        w[i] = load_le32(key + 4 * i);
    for (unsigned round = 1; ; round++, out += 4) {
        /* FIPS 197 section 5.2: RotWord, SubWord, Rcon. */
        for (unsigned i = 0; i < 8; i++)
            q[i] = w[3] >> i & 0x01010101;
        aes_sub(q);
        t = 0x63636363;
        for (unsigned i = 0; i < 8; i++)
            t ^= q[i] << i;
        t = (t >> 8 | t << 24) ^ rcon;
        rcon = rcon << 1 ^ (rcon >> 7) * 0x11B;
        for (unsigned i = 0; i < 4; i++) {
            w[i] = t ^= w[i];
            out[i] = t ^ 0x63636363;
        }
        if (round == AES_ROUNDS)          /* the first and the last are added to columns */
            break;
        aes_transpose(out);
    }
}

/* Row 1: swap columns 0 with 1 and 2 with 3, then 1 with 3. Row 3: likewise,
 * then 0 with 2. Row 2: 0 with 2 and 1 with 3. */
static void aes_shift_rows(uint32_t q[8])
{
    uint32_t mask = ct_barrier(0x11332200);     /* a register, not four immediates */

    for (unsigned n = 8; n > 0; n--, q++) {
        uint32_t x = *q, t = (x ^ x >> 1) & 0x55005500;

        x ^= t ^ t << 1;
        t = (x ^ x >> 2) & mask;
        *q = x ^ t ^ t << 2;
    }
}

static inline uint32_t aes_ror(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

/* Add to x what the shared word k holds for a low, or for a high bit. */
static inline uint32_t aes_low(uint32_t x, uint32_t k)
{
    k &= 0x0F0F0F0F;
    return x ^ k ^ k << 4;
}

static inline uint32_t aes_high(uint32_t x, uint32_t k)
{
    k &= 0xF0F0F0F0;
    return x ^ k ^ k >> 4;
}

/* A column plus itself moved up by a row; and the part of MixColumns that is not
 * doubled. With y = x ^ (x moved) the whole is 2y ^ (x moved) ^ (y moved twice). */
static inline uint32_t aes_y(uint32_t x)
{
    return x ^ aes_ror(x, 8);
}

static inline uint32_t aes_rest(uint32_t x, uint32_t y)
{
    return aes_ror(x, 8) ^ aes_ror(y, 16);
}

/* MixColumns and AddRoundKey. Doubling y takes bit i from bit i - 1 and, where
 * the polynomial 1B has a one, from bit 7 too. */
static void aes_mix(uint32_t q[8], const uint32_t key[4])
{
    uint32_t y7 = aes_y(q[7]), y0 = aes_y(q[0]), y1, y2, y3, y4, y5, y6;

    q[0] = aes_low(aes_rest(q[0], y0) ^ y7, key[0]);
    y1 = aes_y(q[1]);
    q[1] = aes_low(aes_rest(q[1], y1) ^ y0 ^ y7, key[1]);
    y2 = aes_y(q[2]);
    q[2] = aes_low(aes_rest(q[2], y2) ^ y1, key[2]);
    y3 = aes_y(q[3]);
    q[3] = aes_low(aes_rest(q[3], y3) ^ y2 ^ y7, key[3]);
    y4 = aes_y(q[4]);
    q[4] = aes_high(aes_rest(q[4], y4) ^ y3 ^ y7, key[0]);
    y5 = aes_y(q[5]);
    q[5] = aes_high(aes_rest(q[5], y5) ^ y4, key[1]);
    y6 = aes_y(q[6]);
    q[6] = aes_high(aes_rest(q[6], y6) ^ y5, key[2]);
    q[7] = aes_high(aes_rest(q[7], y7) ^ y6, key[3]);
}

LOCKET_INTERNAL void aes_encrypt2(const struct aes_key *k, uint32_t q[8])
{
    const uint32_t *key = k->round;

    if (LOCKET_CFG_PORT_AES) {
        locket_port_aes(k->key, (uint8_t *)q);
        locket_port_aes(k->key, (uint8_t *)(q + 4));
        return;
    }
    for (unsigned i = 0; i < 4; i++) {
        uint32_t first = load_le32(k->key + 4 * i);

        q[i] = load_le32((const uint8_t *)&q[i]) ^ first;
        q[4 + i] = load_le32((const uint8_t *)&q[4 + i]) ^ first;
        aes_swap(&q[i], &q[4 + i], 4, 0x0F0F0F0F);
    }
    aes_transpose(q);
    aes_transpose(q + 4);
    for (unsigned round = 1; ; round++, key += 4) {
        aes_sub(q);
        aes_shift_rows(q);
        if (round == AES_ROUNDS)
            break;
        aes_mix(q, key);
    }
    aes_transpose(q);
    aes_transpose(q + 4);
    for (unsigned i = 4; i-- > 0; ) {     /* backwards: nothing but q has to be kept for it */
        aes_swap(&q[i], &q[4 + i], 4, 0x0F0F0F0F);
        q[i] ^= key[i];
        q[i] = load_le32((const uint8_t *)&q[i]);
        q[4 + i] ^= key[i];
        q[4 + i] = load_le32((const uint8_t *)&q[4 + i]);
    }
}
