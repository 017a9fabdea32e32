/* SPDX-License-Identifier: Apache-2.0
 *
 * aes_x86.h -- AES-128 on AES-NI, and moving bytes in and out of vector registers,
 * for ccm_x86.c and gcm_x86.c.
 *
 * Every function names the instructions it needs in its target attribute, so the
 * library needs no compiler flag and one binary runs on every x86_64: the callers
 * asked x86_has_aes() first. AES-NI and PCLMULQDQ take the same time for all data.
 * Round keys are read from memory, where they are wiped at the end; a block on its
 * way is in registers. Bytes past the end of a buffer are neither read nor written. */
#ifndef LOCKET_AES_X86_H
#define LOCKET_AES_X86_H

#include "x86.h"

#if LOCKET_CFG_X86

#include <immintrin.h>
#include <string.h>

/* Whether two blocks fit a register: VAES, VPCLMULQDQ and AVX2. Only gcm_x86.c asks. */
LOCKET_INTERNAL bool x86_has_vaes(void);

#define X86_AES __attribute__((target("aes,pclmul,ssse3,sse4.1")))
#define X86_INLINE static inline __attribute__((always_inline)) X86_AES
#define X86_WIDE __attribute__((target("avx2,vaes,vpclmulqdq,aes,pclmul,ssse3,sse4.1")))
#define X86_WIDE_INLINE static inline __attribute__((always_inline)) X86_WIDE

/* Loops of a few steps are written out, so that what they turn over stays in registers. */
#if defined(__clang__)
#define X86_UNROLL _Pragma("unroll")
#else
#define X86_UNROLL _Pragma("GCC unroll 32")
#endif

X86_INLINE __m128i x86_load(const uint8_t *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

X86_INLINE void x86_store(uint8_t *p, __m128i x)
{
    _mm_storeu_si128((__m128i *)(void *)p, x);
}

X86_INLINE uint64_t x86_load64(const uint8_t *p)
{
    uint64_t x;
    memcpy(&x, p, sizeof x);
    return x;
}

X86_INLINE uint32_t x86_load32(const uint8_t *p)
{
    uint32_t x;
    memcpy(&x, p, sizeof x);
    return x;
}

X86_INLINE __m128i x86_pair(uint64_t low, uint64_t high)
{
    return _mm_set_epi64x((long long)high, (long long)low);
}

/* Up to eight bytes as a little-endian number. Two loads that overlap cover them. */
X86_INLINE uint64_t x86_load_upto8(const uint8_t *p, size_t n)
{
    if (n >= 8)
        return x86_load64(p);
    if (n >= 4)
        return x86_load32(p) | (uint64_t)x86_load32(p + n - 4) << (8 * (n - 4));
    if (n == 0)
        return 0;
    return p[0] | (uint64_t)p[n / 2] << (8 * (n / 2)) | (uint64_t)p[n - 1] << (8 * (n - 1));
}

/* A block of n <= 16 bytes, zeros behind them. */
X86_INLINE __m128i x86_load_part(const uint8_t *p, size_t n)
{
    if (n >= 16)
        return x86_load(p);
    if (n > 8)
        return x86_pair(x86_load64(p), x86_load64(p + n - 8) >> (8 * (16 - n)));
    return x86_pair(x86_load_upto8(p, n), 0);
}

/* The first n <= 16 bytes of a block. */
X86_INLINE void x86_store_part(uint8_t *p, __m128i x, size_t n)
{
    if (n >= 16) {
        x86_store(p, x);
        return;
    }
    uint64_t rest = (uint64_t)_mm_cvtsi128_si64(x);
    if (n & 8) {
        memcpy(p, &rest, 8);
        p += 8;
        rest = (uint64_t)_mm_extract_epi64(x, 1);
    }
    if (n & 4) {
        memcpy(p, &rest, 4);
        p += 4;
        rest >>= 32;
    }
    if (n & 2) {
        memcpy(p, &rest, 2);
        p += 2;
        rest >>= 16;
    }
    if (n & 1)
        *p = (uint8_t)rest;
}

/* Ones over the first n <= 16 bytes. */
X86_INLINE __m128i x86_mask(size_t n)
{
    const __m128i index = _mm_set_epi8(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    return _mm_cmpgt_epi8(_mm_set1_epi8((char)n), index);
}

/* The 16 bytes back to front: a big-endian block as a number, and back. */
X86_INLINE __m128i x86_reverse_order(void)
{
    return _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

X86_INLINE __m128i x86_reverse(__m128i x)
{
    return _mm_shuffle_epi8(x, x86_reverse_order());
}

/* byte || nonce || 24-bit number, reversed: the low word counts. RFC 3610 sections 2.2
 * and 2.3 with L = 3. */
X86_INLINE __m128i x86_ccm_block(uint8_t flags, const uint8_t nonce[12], uint64_t number)
{
    uint64_t a = __builtin_bswap64(x86_load64(nonce)), b = __builtin_bswap32(x86_load32(nonce + 8));
    return x86_pair(a << 56 | b << 24 | number, (uint64_t)flags << 56 | a >> 8);
}

/* FIPS 197 section 5.2. SubWord(RotWord(w)) of the last word, put in all four columns,
 * is what AESENCLAST leaves of them, since ShiftRows does nothing to equal columns; it
 * is several times as fast as AESKEYGENASSIST on many processors. */
X86_INLINE __m128i x86_next_key(__m128i k, __m128i *rcon)
{
    const __m128i rotate = _mm_set1_epi32(0x0c0f0e0d);
    __m128i t = _mm_aesenclast_si128(_mm_shuffle_epi8(k, rotate), *rcon);
    *rcon = _mm_slli_epi32(*rcon, 1);
    k = _mm_xor_si128(k, _mm_slli_si128(k, 4));
    k = _mm_xor_si128(k, _mm_slli_si128(k, 8));
    __asm__("" : "+x"(k));        /* gcc would add these to t one by one, and t comes last */
    return _mm_xor_si128(k, t);
}

X86_INLINE void x86_expand(__m128i k[11], const uint8_t key[16])
{
    __m128i rcon = _mm_set1_epi32(1), x = x86_load(key);
    k[0] = x;
    X86_UNROLL
    for (size_t i = 1; i < 9; i++)
        k[i] = x = x86_next_key(x, &rcon);
    rcon = _mm_set1_epi32(0x1b);                       /* x^8 in GF(2^8) */
    k[9] = x = x86_next_key(x, &rcon);
    k[10] = x86_next_key(x, &rcon);
}

/* Round keys are in memory from here on, and read there: the compiler must not hold
 * them in registers, from where it might spill them to places that nobody wipes. */
X86_INLINE void x86_settle(const __m128i *k)
{
    __asm__ volatile("" : : "r"(k) : "memory");
}

/* Rounds 1 to 9, on one block and on two side by side. */
X86_INLINE __m128i x86_rounds(const __m128i k[11], __m128i a)
{
    x86_settle(k);
    X86_UNROLL
    for (size_t r = 1; r < 10; r++)
        a = _mm_aesenc_si128(a, k[r]);
    return a;
}

X86_INLINE void x86_rounds2(const __m128i k[11], __m128i *a, __m128i *b)
{
    x86_settle(k);
    X86_UNROLL
    for (size_t r = 1; r < 10; r++) {
        *a = _mm_aesenc_si128(*a, k[r]);
        *b = _mm_aesenc_si128(*b, k[r]);
    }
}

X86_INLINE __m128i x86_encrypt(const __m128i k[11], __m128i a)
{
    return _mm_aesenclast_si128(x86_rounds(k, _mm_xor_si128(a, k[0])), k[10]);
}

/* XOR n bytes with the keystream whose first block is counter + 1. The AEADs decrypt
 * while they authenticate; when the tag is wrong this makes the text what it was. */
X86_INLINE void x86_ctr(const __m128i k[11], __m128i counter, uint8_t *p, size_t n)
{
    for (; n > 0; ) {
        size_t part = n < 16 ? n : 16;
        counter = _mm_add_epi32(counter, _mm_set_epi32(0, 0, 0, 1));
        __m128i s = x86_encrypt(k, x86_reverse(counter));
        x86_store_part(p, _mm_xor_si128(x86_load_part(p, part), s), part);
        p += part;
        n -= part;
    }
}

/* Compare the first n bytes; the verdict is public. */
X86_INLINE bool x86_equal(__m128i a, __m128i b, size_t n)
{
    __m128i d = _mm_and_si128(_mm_xor_si128(a, b), x86_mask(n));
    return _mm_testz_si128(d, d) != 0;
}

/* As ct_wipe(), but 16 bytes at a time: byte by byte it would cost more than a record
 * (and so does the REP STOS that gcc makes of a plain loop). */
X86_INLINE void x86_wipe(__m128i *p, size_t n)
{
    volatile __m128i *v = p;
    X86_UNROLL
    for (size_t i = 0; i < n; i++)
        v[i] = _mm_setzero_si128();
}

#endif
#endif
