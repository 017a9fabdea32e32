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
    uint32_t h[18];               /* the hash key, for gcm_multiply() */
    uint32_t y[4];                /* GHASH so far; y[0] has the last bytes */
    uint8_t mask[16];             /* what is added to GHASH to give the tag */
};

/* The low 32 bits of the product of x and y over GF(2). */
static uint32_t gcm_mul32(uint32_t x, uint32_t y)
{
    const uint32_t m = 0x11111111;
    uint32_t x0 = x & m, x1 = x & m << 1, x2 = x & m << 2, x3 = x & m << 3;
    uint32_t y0 = y & m, y1 = y & m << 1, y2 = y & m << 2, y3 = y & m << 3;

    return (((x0 * y0) ^ (x1 * y3) ^ (x2 * y2) ^ (x3 * y1)) & m) |
           (((x0 * y1) ^ (x1 * y0) ^ (x2 * y3) ^ (x3 * y2)) & m << 1) |
           (((x0 * y2) ^ (x1 * y1) ^ (x2 * y0) ^ (x3 * y3)) & m << 2) |
           (((x0 * y3) ^ (x1 * y2) ^ (x2 * y1) ^ (x3 * y0)) & m << 3);
}

/* The bits of x from right to left. */
static uint32_t gcm_mirror(uint32_t x)
{
    x = (x & 0x55555555) << 1 | (x >> 1 & 0x55555555);
    x = (x & 0x33333333) << 2 | (x >> 2 & 0x33333333);
    x = (x & 0x0F0F0F0F) << 4 | (x >> 4 & 0x0F0F0F0F);
    return x << 24 | (x & 0xFF00) << 8 | (x >> 8 & 0xFF00) | x >> 24;
}

/* The nine words that Karatsuba's method multiplies, twice over: of a number and
 * of its mirrored words. e[2] = e[0] + e[1], e[5] = e[3] + e[4], and the last
 * three are the sums of the first and the second three. */
static void gcm_terms(uint32_t e[18], const uint32_t x[4])
{
    for (unsigned k = 0; k < 2; k++, e += 9) {
        for (unsigned i = 0; i < 4; i++)
            e[i + i / 2] = k > 0 ? gcm_mirror(x[i]) : x[i];
        e[2] = e[0] ^ e[1];
        e[5] = e[3] ^ e[4];
        for (unsigned i = 0; i < 3; i++)
            e[6 + i] = e[i] ^ e[3 + i];
    }
}

/* y = y * h in GF(2^128). */
static void gcm_multiply(uint32_t y[4], const uint32_t h[18])
{
    uint32_t e[18], z[12];

    gcm_terms(e, y);
    for (unsigned i = 0; i < 18; i++) {
        i = ct_barrier(i);        /* unrolled, the sums would be spilled where no wipe reaches */
        e[i] = gcm_mul32(e[i], h[i]);
    }
    for (unsigned i = 9; i < 18; i++)
        e[i] = gcm_mirror(e[i]) >> 1;

    /* Three products of two words each, and from them the one of four words. */
    for (unsigned i = 0; i < 3; i++) {
        const uint32_t *low = e + 3 * i, *high = low + 9;
        uint32_t *p = z + 4 * i;

        p[0] = low[0];
        p[1] = high[0] ^ low[0] ^ low[1] ^ low[2];
        p[2] = low[1] ^ high[0] ^ high[1] ^ high[2];
        p[3] = high[1];
    }
    for (unsigned i = 0; i < 4; i++)
        z[8 + i] ^= z[i] ^ z[4 + i];
    for (unsigned i = 0; i < 4; i++)
        z[2 + i] ^= z[8 + i];

    /* The missing bit, then x^128 = x^7 + x^2 + x + 1, mirrored: bits that leave
     * the lower half on the right come back into the upper. */
    for (unsigned i = 7; i > 0; i--)
        z[i] = z[i] << 1 | z[i - 1] >> 31;
    z[0] <<= 1;
    for (unsigned i = 0; i < 4; i++) {
        uint32_t x = z[i];

        z[i + 4] ^= x ^ x >> 1 ^ x >> 2 ^ x >> 7;
        z[i + 3] ^= x << 31 ^ x << 30 ^ x << 25;
    }
    memcpy(y, z + 4, 16);
    WIPE(e);
    WIPE(z);
}

/* GHASH over n bytes, padded with zeros to whole blocks. */
static void gcm_hash(struct gcm *g, const uint8_t *data, size_t n)
{
    uint8_t block[16];

    while (n > 0) {
        size_t take = n < 16 ? n : 16;

        memset(block, 0, sizeof block);
        memcpy(block, data, take);
        for (unsigned i = 0; i < 4; i++)
            g->y[i] ^= load_be32(block + 12 - 4 * i);
        gcm_multiply(g->y, g->h);
        data += take;
        n -= take;
    }
}

static void gcm_counter(uint8_t block[16], const uint8_t *nonce, uint32_t i)
{
    memcpy(block, nonce, 12);
    store_be32(block + 12, i);
}

static void gcm_start(struct gcm *g, const uint8_t key[16], const struct aead_message *m)
{
    uint32_t pair[8] = { 0 };     /* zero, and the first counter */

    aes_expand(&g->key, key);
    gcm_counter((uint8_t *)(pair + 4), m->nonce, 1);
    aes_encrypt2(&g->key, pair);
    for (unsigned i = 0; i < 4; i++)
        g->y[i] = load_be32((const uint8_t *)&pair[3 - i]);
    gcm_terms(g->h, g->y);
    memset(g->y, 0, sizeof g->y);
    memcpy(g->mask, pair + 4, 16);
    WIPE(pair);
}

/* Counter mode from the second counter on, two blocks in a pass. */
static void gcm_crypt(const struct gcm *g, const struct aead_message *m)
{
    uint32_t pair[8];
    uint8_t *stream = (uint8_t *)pair;

    for (size_t at = 0; at < m->len; at++) {
        if (at % 32 == 0) {
            gcm_counter(stream, m->nonce, (uint32_t)(at / 16) + 2);
            gcm_counter(stream + 16, m->nonce, (uint32_t)(at / 16) + 3);
            aes_encrypt2(&g->key, pair);
        }
        m->text[at] ^= stream[at % 32];
    }
    WIPE(pair);
}

/* The tag, over additional data and ciphertext (section 7.1), into g->mask. */
static void gcm_tag(struct gcm *g, const struct aead_message *m)
{
    uint8_t lengths[16] = { 0 };

    gcm_hash(g, m->aad, m->aad_len);
    gcm_hash(g, m->text, m->len);
    store_be32(lengths + 4, (uint32_t)m->aad_len << 3);
    store_be32(lengths + 12, (uint32_t)m->len << 3);
    gcm_hash(g, lengths, sizeof lengths);
    /* GHASH bare would tell the mask with the tag, and then H: no copy of it is made. */
    for (unsigned i = 0; i < 4; i++) {
        uint8_t *at = g->mask + 12 - 4 * ct_barrier(i);

        store_be32(at, load_be32(at) ^ g->y[i]);
    }
}

LOCKET_INTERNAL void gcm_seal(const uint8_t key[16], const struct aead_message *m, uint8_t *tag)
{
    struct gcm g;

    gcm_start(&g, key, m);
    gcm_crypt(&g, m);
    gcm_tag(&g, m);
    memcpy(tag, g.mask, 16);
    WIPE(g);
}

LOCKET_INTERNAL bool gcm_open(const uint8_t key[16], const struct aead_message *m, const uint8_t *tag)
{
    struct gcm g;
    bool good;

    gcm_start(&g, key, m);
    gcm_tag(&g, m);
    good = ct_equal(g.mask, tag, 16);
    if (good)
        gcm_crypt(&g, m);
    WIPE(g);
    return good;
}
