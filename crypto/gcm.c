/* SPDX-License-Identifier: Apache-2.0
 *
 * gcm.c -- AES-128-GCM (SP 800-38D) with a 96-bit nonce.
 *
 * GHASH multiplies polynomials over GF(2) with integer multiplications: when only
 * every fourth bit of the factors may be set, carries fall into the holes and are
 * masked out. Only the low 32 bits of a product are asked for, because wider
 * multiplications take variable time on a Cortex-M3 (UMULL); the upper half is
 * the lower half of the product of the mirrored factors, mirrored. This takes
 * some 400 bytes more than a bit-serial product with masks would, and two thirds
 * of its instructions.
 *
 * GHASH numbers bits from the left (section 6.3). Here a block is read as one
 * big-endian number, so products come out mirrored as a whole, and one bit
 * short. */
#include <string.h>

#include "aes.h"
#include "bytes.h"
#include "ct.h"
#include "gcm.h"

struct gcm {
    struct aes_key key;
    uint32_t pair[8];             /* key stream; or the hash key, and what is added to GHASH */
    uint32_t y[4];                /* GHASH so far, in memory as the standard has it */
};

/* What a multiplication has in hand: three words of either factor, and the product. */
struct gcm_product { uint32_t e[3 + 3], z[8]; };

/* The low 32 bits of the product of x and y over GF(2). Apart, it has registers for all of
 * its masked words; within a loop the half of them would be spilled. */
static APART uint32_t gcm_mul32(uint32_t x, uint32_t y)
{
    const uint32_t m = 0x11111111;
    uint32_t x0 = x & m, x1 = x & m << 1, x2 = x & m << 2, x3 = x & m << 3;
    uint32_t y0 = y & m, y1 = y & m << 1, y2 = y & m << 2, y3 = y & m << 3;

    return (((x0 * y0) ^ (x1 * y3) ^ (x2 * y2) ^ (x3 * y1)) & m) |
           (((x0 * y1) ^ (x1 * y0) ^ (x2 * y3) ^ (x3 * y2)) & m << 1) |
           (((x0 * y2) ^ (x1 * y1) ^ (x2 * y0) ^ (x3 * y3)) & m << 2) |
           (((x0 * y3) ^ (x1 * y2) ^ (x2 * y1) ^ (x3 * y0)) & m << 3);
}

/* Of Karatsuba's method, twice over: the three words to be multiplied of the upper half of x,
 * of the lower, or of the sum of both. */
static CT_INLINE void gcm_terms(uint32_t e[3], const uint32_t x[4], unsigned i)
{
    const uint32_t *half = x + 2 * (i & 1);
    uint32_t a = half[0], b = half[1];

    if (i == 2) {
        a ^= x[2];
        b ^= x[3];
    }
    e[0] = a;
    e[1] = b;
    e[2] = a ^ b;
}

/* p->z = y * h, both with the upper word first. First the lower halves of all products of
 * words, then the upper ones, which belong a word further up. */
static inline void gcm_product(struct gcm_product *p, uint32_t y[4], uint32_t h[4])
{
    memset(p->z, 0, sizeof p->z);
    for (unsigned k = 2; k-- > 0; ) {
        for (unsigned i = 0; i < 3; i++) {
            uint32_t *z = p->z + k + 2, *e = p->e;

            i = ct_barrier(i);    /* unrolled, the sums would be spilled where no wipe reaches */
            gcm_terms(p->e, y, i);
            gcm_terms(p->e + 3, h, i);
            for (; e < p->e + 3; e++) {
                uint32_t x = gcm_mul32(e[0], e[3]);

                *e = k > 0 ? x : ct_mirror(x) >> 1;
            }
            /* The product of two words each, of three. Of the halves it is wanted in the middle too. */
            p->e[2] ^= p->e[0] ^ p->e[1];
            z[0] ^= p->e[0];
            z[1] ^= p->e[2];
            z[2] ^= p->e[1];
            if (i < 2) {
                z = p->z + k + 4 * i;
                z[0] ^= p->e[0];
                z[1] ^= p->e[2];
                z[2] ^= p->e[1];
            }
        }
        for (unsigned i = 0; i < 4; i++) {
            y[i] = ct_mirror(y[i]);
            h[i] = ct_mirror(h[i]);
        }
    }
}

/* y = y * h in GF(2^128). Between the two halves of the work h stands mirrored. */
static APART void gcm_multiply(uint32_t y[4], uint32_t h[4])
{
    struct gcm_product p;
    uint32_t *z = p.z;

    for (unsigned i = 0; i < 4; i++)
        y[i] = load_be32((const uint8_t *)&y[i]);
    gcm_product(&p, y, h);
    /* The missing bit, then x^128 = x^7 + x^2 + x + 1, mirrored: bits that leave
     * the lower half on the right come back into the upper. */
    for (unsigned i = 0; i < 7; i++)
        z[i] = z[i] << 1 | z[i + 1] >> 31;
    z[7] <<= 1;
    for (unsigned i = 7; i > 3; i--) {
        uint32_t x = z[i];

        z[i - 4] ^= x ^ x >> 1 ^ x >> 2 ^ x >> 7;
        z[i - 3] ^= x << 31 ^ x << 30 ^ x << 25;
    }
    for (unsigned i = 0; i < 4; i++)
        y[i] = load_be32((const uint8_t *)&z[i]);
    WIPE(p);
}

/* GHASH over additional data and ciphertext, each padded with zeros to whole blocks. */
static void gcm_hash(struct gcm *g, const struct aead_message *m)
{
    const uint8_t *data = m->aad;
    size_t n = m->aad_len;

    for (unsigned part = 0; part < 2; part++) {
        while (n > 0) {
            size_t take = n < 16 ? n : 16;

            for (size_t i = 0; i < take; i++)
                ((uint8_t *)g->y)[i] ^= *data++;
            gcm_multiply(g->y, g->pair);
            n -= take;
        }
        data = m->text;
        n = m->len;
    }
}

static void gcm_counter(uint8_t block[16], const uint8_t *nonce, uint32_t i)
{
    memcpy(block, nonce, 12);
    store_be32(block + 12, i);
}

/* Counter mode from the second counter on, two blocks in a pass. */
static void gcm_crypt(struct gcm *g, const struct aead_message *m)
{
    uint8_t *stream = (uint8_t *)g->pair;

    for (size_t at = 0; at < m->len; at += 32) {
        gcm_counter(stream, m->nonce, (uint32_t)(at / 16) + 2);
        gcm_counter(stream + 16, m->nonce, (uint32_t)(at / 16) + 3);
        aes_encrypt2(&g->key, g->pair);
        for (size_t i = 0; i < 32 && at + i < m->len; i++)
            m->text[at + i] ^= stream[i];
    }
}

/* The hash key is a block of zeros, encrypted; it is added to the first counter, encrypted. */
static void gcm_start(struct gcm *g, const struct aead_message *m)
{
    memset(g->pair, 0, 16);
    gcm_counter((uint8_t *)(g->pair + 4), m->nonce, 1);
    aes_encrypt2(&g->key, g->pair);
    for (unsigned i = 0; i < 4; i++)
        g->pair[i] = load_be32((const uint8_t *)&g->pair[i]);
    memset(g->y, 0, sizeof g->y);
}

static inline void gcm_length(uint32_t *y, size_t n)
{
    uint32_t bits = (uint32_t)n << 3;

    *y ^= load_be32((const uint8_t *)&bits);
}

/* The tag (section 7.1), into the second half of g->pair. */
static void gcm_tag(struct gcm *g, const struct aead_message *m)
{
    gcm_start(g, m);
    gcm_hash(g, m);
    gcm_length(&g->y[1], m->aad_len);
    gcm_length(&g->y[3], m->len);
    gcm_multiply(g->y, g->pair);
    /* GHASH bare would tell the mask with the tag, and then H: no copy of it is made. */
    for (unsigned i = 0; i < 4; i++)
        g->pair[4 + ct_barrier(i)] ^= g->y[i];
}

LOCKET_INTERNAL void gcm_seal(const uint8_t key[16], const struct aead_message *m, uint8_t *tag)
{
    struct gcm g;

    aes_expand(&g.key, key, g.pair);
    gcm_crypt(&g, m);
    gcm_tag(&g, m);
    memcpy(tag, g.pair + 4, 16);
    WIPE(g);
}

LOCKET_INTERNAL bool gcm_open(const uint8_t key[16], const struct aead_message *m, const uint8_t *tag)
{
    struct gcm g;
    bool good;

    aes_expand(&g.key, key, g.pair);
    gcm_tag(&g, m);
    good = ct_equal(g.pair + 4, tag, 16);
    if (good)
        gcm_crypt(&g, m);
    WIPE(g);
    return good;
}
