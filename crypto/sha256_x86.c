/* SPDX-License-Identifier: Apache-2.0
 *
 * sha256_x86.c -- the compression function of SHA-256 (FIPS 180-4) on SHA-NI.
 *
 * SHA256RNDS2 does two rounds on the eight working variables, kept as two vectors,
 * ABEF and CDGH; it takes W + K of its rounds in the low half of a third. SHA256MSG1
 * and MSG2 are the two halves of the schedule, four words at a time. */
#include "x86.h"

#if LOCKET_CFG_X86

#include <immintrin.h>

#define SHA256_X86 __attribute__((target("sha,ssse3,sse4.1")))
#define SHA256_X86_INLINE static inline __attribute__((always_inline, target("sha,ssse3,sse4.1")))

static const uint32_t sha256_x86_k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/* The working variables, and the 16 words of a block, while they are in registers. */
struct sha256_x86 { __m128i abef, cdgh; };
struct sha256_x86_words { __m128i a, b, c, d; };

SHA256_X86_INLINE __m128i sha256_x86_load(const void *p)
{
    return _mm_loadu_si128((const __m128i *)p);
}

SHA256_X86_INLINE struct sha256_x86 sha256_x86_from(const uint32_t state[8])
{
    __m128i dcba = sha256_x86_load(state), hgfe = sha256_x86_load(state + 4);
    __m128i cdab = _mm_shuffle_epi32(dcba, 0xb1), efgh = _mm_shuffle_epi32(hgfe, 0x1b);
    struct sha256_x86 s = { _mm_alignr_epi8(cdab, efgh, 8), _mm_blend_epi16(efgh, cdab, 0xf0) };
    return s;
}

/* The eight words of the state as the first eight of a block. */
SHA256_X86_INLINE void sha256_x86_to(const struct sha256_x86 *s, struct sha256_x86_words *w)
{
    __m128i feba = _mm_shuffle_epi32(s->abef, 0x1b), dchg = _mm_shuffle_epi32(s->cdgh, 0xb1);
    w->a = _mm_blend_epi16(feba, dchg, 0xf0);
    w->b = _mm_alignr_epi8(dchg, feba, 8);
}

/* Words from bytes, and back. */
SHA256_X86_INLINE __m128i sha256_x86_swap(__m128i x)
{
    return _mm_shuffle_epi8(x, _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
}

/* Rounds 4t to 4t + 3 with the words w. */
SHA256_X86_INLINE void sha256_x86_rounds(struct sha256_x86 *s, __m128i w, const uint32_t *k)
{
    w = _mm_add_epi32(w, sha256_x86_load(k));
    s->cdgh = _mm_sha256rnds2_epu32(s->cdgh, s->abef, w);
    s->abef = _mm_sha256rnds2_epu32(s->abef, s->cdgh, _mm_shuffle_epi32(w, 0x0e));
}

/* From the 16 words a, b, c, d the four behind them. */
SHA256_X86_INLINE __m128i sha256_x86_more(__m128i a, __m128i b, __m128i c, __m128i d)
{
    __m128i x = _mm_add_epi32(_mm_sha256msg1_epu32(a, b), _mm_alignr_epi8(d, c, 4));
    return _mm_sha256msg2_epu32(x, d);
}

SHA256_X86_INLINE void sha256_x86_block(struct sha256_x86 *s, struct sha256_x86_words w)
{
    const struct sha256_x86 old = *s;
    const uint32_t *k = sha256_x86_k;

    for (int i = 0; i < 3; i++, k += 16) {
        sha256_x86_rounds(s, w.a, k);
        w.a = sha256_x86_more(w.a, w.b, w.c, w.d);
        sha256_x86_rounds(s, w.b, k + 4);
        w.b = sha256_x86_more(w.b, w.c, w.d, w.a);
        sha256_x86_rounds(s, w.c, k + 8);
        w.c = sha256_x86_more(w.c, w.d, w.a, w.b);
        sha256_x86_rounds(s, w.d, k + 12);
        w.d = sha256_x86_more(w.d, w.a, w.b, w.c);
    }
    sha256_x86_rounds(s, w.a, k);
    sha256_x86_rounds(s, w.b, k + 4);
    sha256_x86_rounds(s, w.c, k + 8);
    sha256_x86_rounds(s, w.d, k + 12);
    s->abef = _mm_add_epi32(s->abef, old.abef);
    s->cdgh = _mm_add_epi32(s->cdgh, old.cdgh);
}

SHA256_X86 LOCKET_INTERNAL void sha256_blocks_x86(uint32_t state[8], const uint8_t *data, size_t n)
{
    struct sha256_x86 s = sha256_x86_from(state);
    struct sha256_x86_words w;

    for (; n > 0; n--, data += 64) {
        w.a = sha256_x86_swap(sha256_x86_load(data));
        w.b = sha256_x86_swap(sha256_x86_load(data + 16));
        w.c = sha256_x86_swap(sha256_x86_load(data + 32));
        w.d = sha256_x86_swap(sha256_x86_load(data + 48));
        sha256_x86_block(&s, w);
    }
    sha256_x86_to(&s, &w);
    _mm_storeu_si128((__m128i *)(void *)state, w.a);
    _mm_storeu_si128((__m128i *)(void *)(state + 4), w.b);
}

/* Four words of a block that `have` bytes of came: bytes `at` and on. Behind what came stand a
 * one bit and zeros. */
SHA256_X86_INLINE __m128i sha256_x86_pad(const uint32_t block[16], int at, int have)
{
    const __m128i count = _mm_set_epi8(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    __m128i end = _mm_set1_epi8((char)(have - at));
    __m128i came = _mm_and_si128(sha256_x86_load((const uint8_t *)block + at), _mm_cmpgt_epi8(end, count));
    __m128i bit = _mm_and_si128(_mm_cmpeq_epi8(end, count), _mm_set1_epi8((char)0x80));
    return sha256_x86_swap(_mm_or_si128(came, bit));
}

/* What is padded and what is hashed again goes from register to register: to write it in
 * pieces and read it at once as vectors would stall. */
SHA256_X86 LOCKET_INTERNAL void sha256_end_x86(const uint32_t state[8], const uint32_t block[16],
                                               uint32_t total, const uint32_t *outer, void *out)
{
    const __m128i zero = _mm_setzero_si128();
    uint64_t bits = (uint64_t)total << 3;
    int have = (int)(total & 63);
    struct sha256_x86 x = sha256_x86_from(state);
    struct sha256_x86_words w = { sha256_x86_pad(block, 0, have), sha256_x86_pad(block, 16, have),
                                  sha256_x86_pad(block, 32, have), sha256_x86_pad(block, 48, have) };

    if (have >= 56) {
        sha256_x86_block(&x, w);
        w.a = w.b = w.c = w.d = zero;
    }
    w.d = _mm_or_si128(w.d, _mm_set_epi64x((long long)(bits << 32 | bits >> 32), 0));
    sha256_x86_block(&x, w);
    sha256_x86_to(&x, &w);
    if (outer) {                  /* the 32 bytes of a digest behind a block: 768 bits */
        w.c = _mm_set_epi32(0, 0, 0, INT32_MIN);
        w.d = _mm_set_epi32(768, 0, 0, 0);
        x = sha256_x86_from(outer);
        sha256_x86_block(&x, w);
        sha256_x86_to(&x, &w);
    }
    _mm_storeu_si128((__m128i *)out, sha256_x86_swap(w.a));
    _mm_storeu_si128((__m128i *)(void *)((uint8_t *)out + 16), sha256_x86_swap(w.b));
}

#else

/* Never called; defined so that a dispatcher is the same plain code in every build. */
LOCKET_INTERNAL void sha256_blocks_x86(uint32_t state[8], const uint8_t *data, size_t n)
{
    (void)state; (void)data; (void)n;
}

LOCKET_INTERNAL void sha256_end_x86(const uint32_t state[8], const uint32_t block[16],
                                    uint32_t total, const uint32_t *outer, void *out)
{
    (void)state; (void)block; (void)total; (void)outer; (void)out;
}

#endif
