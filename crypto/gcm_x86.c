/* SPDX-License-Identifier: Apache-2.0
 *
 * gcm_x86.c -- AES-128-GCM (SP 800-38D) on AES-NI and PCLMULQDQ, with the prototypes
 * of gcm.h.
 *
 * GHASH multiplies in GF(2^128) with the bits of every byte the wrong way round. We
 * take the bytes of a block back to front, which makes the whole block a number with
 * all its bits mirrored; a carry-less product of mirrored numbers comes out one place
 * too low, so H is multiplied by x once beforehand, and the reduction folds the low
 * half into the high one. (RFC 8452 section 3 and appendix A say why this is the same.)
 * Eight blocks times eight powers of H are summed before one reduction. */
#include "aes_x86.h"
#include "ct.h"

#if LOCKET_CFG_X86

struct gcm_x86 {
    __m128i k[11];
    __m128i h[8];                 /* h[8-i] = H^i, mirrored, times x */
    __m128i pad;                  /* AES(J_0), to go over the tag */
};

/* A sum of products that is not reduced yet; Karatsuba's middle term on its own. */
struct gcm_x86_sum { __m128i low, middle, high; };

X86_INLINE __m128i gcm_x86_swap(__m128i x)
{
    return _mm_shuffle_epi32(x, 0x4e);
}

X86_INLINE void gcm_x86_add(struct gcm_x86_sum *s, __m128i a, __m128i h)
{
    __m128i a2 = _mm_xor_si128(a, gcm_x86_swap(a)), h2 = _mm_xor_si128(h, gcm_x86_swap(h));
    s->low = _mm_xor_si128(s->low, _mm_clmulepi64_si128(a, h, 0x00));
    s->high = _mm_xor_si128(s->high, _mm_clmulepi64_si128(a, h, 0x11));
    s->middle = _mm_xor_si128(s->middle, _mm_clmulepi64_si128(a2, h2, 0x00));
}

X86_INLINE struct gcm_x86_sum gcm_x86_nothing(void)
{
    __m128i zero = _mm_setzero_si128();
    return (struct gcm_x86_sum){ zero, zero, zero };
}

/* Modulo x^128 + x^127 + x^126 + x^121 + 1, the mirrored polynomial of GCM: twice
 * 64 bits from below. */
X86_INLINE __m128i gcm_x86_reduce(const struct gcm_x86_sum *s)
{
    const __m128i poly = x86_pair(0xc200000000000000u, 0);
    __m128i middle = _mm_xor_si128(s->middle, _mm_xor_si128(s->low, s->high));
    __m128i low = _mm_xor_si128(s->low, _mm_slli_si128(middle, 8));
    __m128i high = _mm_xor_si128(s->high, _mm_srli_si128(middle, 8));
    low = _mm_xor_si128(gcm_x86_swap(low), _mm_clmulepi64_si128(low, poly, 0x00));
    low = _mm_xor_si128(gcm_x86_swap(low), _mm_clmulepi64_si128(low, poly, 0x00));
    return _mm_xor_si128(high, low);
}

X86_INLINE __m128i gcm_x86_mul(__m128i a, __m128i b)
{
    struct gcm_x86_sum s = gcm_x86_nothing();
    gcm_x86_add(&s, a, b);
    return gcm_x86_reduce(&s);
}

/* In characteristic 2 a square has no mixed terms. */
X86_INLINE __m128i gcm_x86_square(__m128i a)
{
    __m128i low = _mm_clmulepi64_si128(a, a, 0x00), high = _mm_clmulepi64_si128(a, a, 0x11);
    struct gcm_x86_sum s = { low, _mm_xor_si128(low, high), high };
    return gcm_x86_reduce(&s);
}

/* As many powers of H = AES(0) as the longest run of blocks takes. */
X86_INLINE void gcm_x86_powers(struct gcm_x86 *g, __m128i h, size_t count)
{
    __m128i top = _mm_shuffle_epi32(_mm_srai_epi32(h, 31), 0xff);
    __m128i carry = _mm_slli_si128(_mm_srli_epi64(h, 63), 8), h2, h4;

    h = _mm_or_si128(_mm_add_epi64(h, h), carry);
    g->h[7] = h = _mm_xor_si128(h, _mm_and_si128(top, x86_pair(1, 0xc200000000000000u)));
    if (count < 2)
        return;
    g->h[6] = h2 = gcm_x86_square(h);
    if (count < 3)
        return;
    g->h[5] = gcm_x86_mul(h2, h);
    if (count < 4)
        return;
    g->h[4] = h4 = gcm_x86_square(h2);
    if (count < 5)
        return;
    X86_UNROLL
    for (size_t i = 0; i < 4; i++)
        g->h[i] = gcm_x86_mul(h4, g->h[4 + i]);
}

/* GHASH over n bytes, padded with zeros. */
X86_INLINE __m128i gcm_x86_hash(const struct gcm_x86 *g, __m128i y, const uint8_t *p, size_t n)
{
    while (n > 0) {
        size_t run = n < 128 ? n : 128;
        struct gcm_x86_sum s = gcm_x86_nothing();
        n -= run;
        for (size_t i = 8 - (run + 15) / 16; i < 8; i++) {
            size_t part = run < 16 ? run : 16;
            gcm_x86_add(&s, _mm_xor_si128(y, x86_reverse(x86_load_part(p, part))), g->h[i]);
            y = _mm_setzero_si128();
            p += part;
            run -= part;
        }
        y = gcm_x86_reduce(&s);
    }
    return y;
}

/* Eight blocks at a time, from front to back, over whole 128 bytes; returns the hash. */
X86_AES static __m128i gcm_x86_bulk(const struct gcm_x86 *g, __m128i counter, __m128i y,
                                   uint8_t *p, size_t n, bool sealing)
{
    __m128i b[8];

    for (; n > 0; n -= 128) {
        struct gcm_x86_sum s = gcm_x86_nothing();
        X86_UNROLL
        for (size_t i = 0; i < 8; i++) {
            counter = _mm_add_epi32(counter, _mm_set_epi32(0, 0, 0, 1));
            b[i] = _mm_xor_si128(x86_reverse(counter), g->k[0]);
        }
        X86_UNROLL
        for (size_t r = 1; r < 10; r++)
            X86_UNROLL
            for (size_t i = 0; i < 8; i++)
                b[i] = _mm_aesenc_si128(b[i], g->k[r]);
        X86_UNROLL
        for (size_t i = 0; i < 8; i++, p += 16) {
            __m128i in = x86_load(p), out = _mm_xor_si128(in, _mm_aesenclast_si128(b[i], g->k[10]));
            x86_store(p, out);
            gcm_x86_add(&s, _mm_xor_si128(y, x86_reverse(sealing ? out : in)), g->h[i]);
            y = _mm_setzero_si128();
        }
        y = gcm_x86_reduce(&s);
    }
    return y;
}

X86_WIDE_INLINE __m128i gcm_x86_fold(__m256i x)
{
    return _mm_xor_si128(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
}

X86_WIDE_INLINE __m256i gcm_x86_both(const __m128i *x)
{
    return _mm256_broadcastsi128_si256(x86_load((const uint8_t *)x));
}

/* The same with two blocks in each register. */
X86_WIDE static __m128i gcm_x86_bulk_wide(const struct gcm_x86 *g, __m128i first, __m128i y,
                                         uint8_t *p, size_t n, bool sealing)
{
    const __m256i reverse = _mm256_broadcastsi128_si256(x86_reverse_order());
    __m256i counter = _mm256_broadcastsi128_si256(first), b[4];

    counter = _mm256_add_epi32(counter, _mm256_set_epi32(0, 0, 0, 2, 0, 0, 0, 1));
    for (; n > 0; n -= 128) {
        __m256i low = _mm256_setzero_si256(), middle = low, high = low, key = gcm_x86_both(g->k);
        X86_UNROLL
        for (size_t i = 0; i < 4; i++) {
            b[i] = _mm256_xor_si256(_mm256_shuffle_epi8(counter, reverse), key);
            counter = _mm256_add_epi32(counter, _mm256_set_epi32(0, 0, 0, 2, 0, 0, 0, 2));
        }
        X86_UNROLL
        for (size_t r = 1; r < 10; r++) {
            key = gcm_x86_both(g->k + r);
            X86_UNROLL
            for (size_t i = 0; i < 4; i++)
                b[i] = _mm256_aesenc_epi128(b[i], key);
        }
        key = gcm_x86_both(g->k + 10);
        __m256i pending = _mm256_zextsi128_si256(y);
        X86_UNROLL
        for (size_t i = 0; i < 4; i++, p += 32) {
            __m256i in = _mm256_loadu_si256((const __m256i *)(const void *)p);
            __m256i out = _mm256_xor_si256(in, _mm256_aesenclast_epi128(b[i], key));
            __m256i h = _mm256_loadu_si256((const __m256i *)(const void *)(g->h + 2 * i));
            _mm256_storeu_si256((__m256i *)(void *)p, out);
            __m256i a = _mm256_xor_si256(pending, _mm256_shuffle_epi8(sealing ? out : in, reverse));
            low = _mm256_xor_si256(low, _mm256_clmulepi64_epi128(a, h, 0x00));
            high = _mm256_xor_si256(high, _mm256_clmulepi64_epi128(a, h, 0x11));
            a = _mm256_xor_si256(a, _mm256_shuffle_epi32(a, 0x4e));
            h = _mm256_xor_si256(h, _mm256_shuffle_epi32(h, 0x4e));
            middle = _mm256_xor_si256(middle, _mm256_clmulepi64_epi128(a, h, 0x00));
            pending = _mm256_setzero_si256();
        }
        struct gcm_x86_sum s = { gcm_x86_fold(low), gcm_x86_fold(middle), gcm_x86_fold(high) };
        y = gcm_x86_reduce(&s);
        x86_settle(g->k);
    }
    return y;
}

/* What is left, less than eight whole blocks, and the block with the lengths. */
X86_INLINE __m128i gcm_x86_rest(const struct gcm_x86 *g, __m128i counter, __m128i y, uint8_t *p, size_t n,
                                __m128i lengths, bool sealing)
{
    struct gcm_x86_sum s = gcm_x86_nothing();
    size_t blocks = (n + 15) / 16, i = blocks < 8 ? 7 - blocks : 0;

    for (; n > 0; i++) {
        size_t part = n < 16 ? n : 16;
        counter = _mm_add_epi32(counter, _mm_set_epi32(0, 0, 0, 1));
        __m128i key = _mm_and_si128(x86_encrypt(g->k, x86_reverse(counter)), x86_mask(part));
        __m128i in = x86_load_part(p, part), out = _mm_xor_si128(in, key);
        x86_store_part(p, out, part);
        gcm_x86_add(&s, _mm_xor_si128(y, x86_reverse(sealing ? out : in)), g->h[i]);
        y = _mm_setzero_si128();
        p += part;
        n -= part;
    }
    if (i == 8) {                 /* eight blocks used up all the powers */
        y = gcm_x86_reduce(&s);
        s = gcm_x86_nothing();
    }
    gcm_x86_add(&s, _mm_xor_si128(y, lengths), g->h[7]);
    return gcm_x86_reduce(&s);
}

/* J_0 (SP 800-38D section 7.1), reversed: the low word counts. */
X86_INLINE __m128i gcm_x86_j0(const uint8_t nonce[12])
{
    uint64_t low = __builtin_bswap32(x86_load32(nonce + 8));
    return x86_pair(low << 32 | 1, __builtin_bswap64(x86_load64(nonce)));
}

/* Encrypt or decrypt in place; returns the tag. */
X86_INLINE __m128i gcm_x86_run(const struct gcm_x86 *g, const struct aead_message *m, bool sealing)
{
    __m128i lengths = x86_pair((uint64_t)m->len * 8, (uint64_t)m->aad_len * 8);
    __m128i counter = gcm_x86_j0(m->nonce);
    __m128i y = gcm_x86_hash(g, _mm_setzero_si128(), m->aad, m->aad_len);
    size_t bulk = m->len / 128 * 128;

    if (bulk > 0) {
        if (x86_has_vaes())
            y = gcm_x86_bulk_wide(g, counter, y, m->text, bulk, sealing);
        else
            y = gcm_x86_bulk(g, counter, y, m->text, bulk, sealing);
        counter = _mm_add_epi32(counter, _mm_cvtsi32_si128((int)(bulk / 16)));
    }
    if (m->len > bulk)
        y = gcm_x86_rest(g, counter, y, m->text + bulk, m->len - bulk, lengths, sealing);
    else
        y = gcm_x86_mul(_mm_xor_si128(y, lengths), g->h[7]);
    return _mm_xor_si128(x86_reverse(y), g->pad);
}

X86_INLINE void gcm_x86_key(struct gcm_x86 *g, const uint8_t key[16], const struct aead_message *m)
{
    size_t aad = (m->aad_len + 15) / 16, text = (m->len + 15) / 16 + 1;
    __m128i h, pad;

    x86_expand(g->k, key);
    h = g->k[0];                  /* 0 ^ k[0] */
    pad = _mm_xor_si128(x86_reverse(gcm_x86_j0(m->nonce)), g->k[0]);
    x86_rounds2(g->k, &h, &pad);
    g->pad = _mm_aesenclast_si128(pad, g->k[10]);
    gcm_x86_powers(g, x86_reverse(_mm_aesenclast_si128(h, g->k[10])), aad > text ? aad : text);
    x86_settle(g->k);
}

X86_AES LOCKET_INTERNAL void gcm_seal_x86(const uint8_t key[16], const struct aead_message *m, uint8_t *tag)
{
    struct gcm_x86 g;

    gcm_x86_key(&g, key, m);
    x86_store(tag, gcm_x86_run(&g, m, true));
    x86_wipe(g.k, sizeof g / 16);
}

X86_AES LOCKET_INTERNAL bool gcm_open_x86(const uint8_t key[16], const struct aead_message *m,
                                          const uint8_t *tag)
{
    struct gcm_x86 g;
    bool right;

    gcm_x86_key(&g, key, m);
    right = x86_equal(gcm_x86_run(&g, m, false), x86_load(tag), 16);
    ct_public(&right, sizeof right);
    if (!right)
        x86_ctr(g.k, gcm_x86_j0(m->nonce), m->text, m->len);
    x86_wipe(g.k, sizeof g / 16);
    return right;
}

#else

/* Never called; defined so that a dispatcher is the same plain code in every build. */
LOCKET_INTERNAL void gcm_seal_x86(const uint8_t key[16], const struct aead_message *m, uint8_t *tag)
{
    (void)key; (void)m; (void)tag;
}

LOCKET_INTERNAL bool gcm_open_x86(const uint8_t key[16], const struct aead_message *m, const uint8_t *tag)
{
    (void)key; (void)m; (void)tag;
    return false;
}

#endif
