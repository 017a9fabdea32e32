/* SPDX-License-Identifier: Apache-2.0
 *
 * ccm_x86.c -- AES-128-CCM (RFC 3610) on AES-NI, with the prototypes of ccm.h.
 *
 * CBC-MAC is one long chain of AES rounds, each waiting for the last: its time is the
 * time of CCM, and all else has to hide beside it. So the chain is never broken up:
 * the last round of a block adds, with its round key, the first round key and the
 * next block of the message, and the counter blocks run in the gaps. */
#include "aes_x86.h"
#include "ct.h"

#if LOCKET_CFG_X86

struct ccm_x86 {
    __m128i k[11];
    __m128i seam;                 /* k[10] ^ k[0] */
};

/* Finish the block in hand and take up the next. */
X86_INLINE __m128i ccm_x86_add(const struct ccm_x86 *c, __m128i x, __m128i block)
{
    return _mm_aesenclast_si128(x86_rounds(c->k, x), _mm_xor_si128(c->seam, block));
}

/* RFC 3610 section 2.2: B_0, then the additional data behind their length. */
X86_INLINE __m128i ccm_x86_start(const struct ccm_x86 *c, const struct aead_message *m, size_t tag_len)
{
    const uint8_t *p = m->aad;
    size_t n = m->aad_len;
    size_t flags = (n > 0 ? 0x40u : 0u) | (tag_len - 2) / 2 << 3 | 2u;
    __m128i x = x86_reverse(x86_ccm_block((uint8_t)flags, m->nonce, m->len));

    x = _mm_xor_si128(x, c->k[0]);
    if (n > 0) {
        size_t part = n < 14 ? n : 14;
        __m128i b = _mm_slli_si128(x86_load_part(p, part), 2);
        x = ccm_x86_add(c, x, _mm_or_si128(b, _mm_cvtsi32_si128(__builtin_bswap16((uint16_t)n))));
        p += part;
        n -= part;
    }
    while (n > 0) {
        size_t part = n < 16 ? n : 16;
        x = ccm_x86_add(c, x, x86_load_part(p, part));
        p += part;
        n -= part;
    }
    return x;
}

/* Encrypt or decrypt in place; the 16 bytes of the tag before it is cut. */
X86_INLINE __m128i ccm_x86_run(const struct ccm_x86 *c, const struct aead_message *m,
                               size_t tag_len, bool sealing)
{
    const __m128i one = _mm_set_epi32(0, 0, 0, 1);
    const __m128i a0 = x86_ccm_block(2, m->nonce, 0);
    __m128i x = ccm_x86_start(c, m, tag_len), counter = a0, s, in, out;
    uint8_t *p = m->text;
    size_t n = m->len;

    for (; n >= 16; n -= 16) {
        counter = _mm_add_epi32(counter, one);
        s = _mm_xor_si128(x86_reverse(counter), c->k[0]);
        x86_rounds2(c->k, &s, &x);
        in = x86_load(p);
        out = _mm_xor_si128(in, _mm_aesenclast_si128(s, c->k[10]));
        x86_store(p, out);
        x = _mm_aesenclast_si128(x, _mm_xor_si128(c->seam, sealing ? in : out));
        p += 16;
    }
    if (n > 0) {
        counter = _mm_add_epi32(counter, one);
        s = _mm_xor_si128(x86_reverse(counter), c->k[0]);
        x86_rounds2(c->k, &s, &x);
        in = x86_load_part(p, n);
        out = _mm_xor_si128(in, _mm_and_si128(_mm_aesenclast_si128(s, c->k[10]), x86_mask(n)));
        x86_store_part(p, out, n);
        x = _mm_aesenclast_si128(x, _mm_xor_si128(c->seam, sealing ? in : out));
    }
    s = _mm_xor_si128(x86_reverse(a0), c->k[0]);
    x86_rounds2(c->k, &s, &x);
    return _mm_xor_si128(_mm_aesenclast_si128(x, c->k[10]), _mm_aesenclast_si128(s, c->k[10]));
}

X86_INLINE void ccm_x86_key(struct ccm_x86 *c, const uint8_t key[16])
{
    x86_expand(c->k, key);
    c->seam = _mm_xor_si128(c->k[10], c->k[0]);
    x86_settle(c->k);
}

X86_AES LOCKET_INTERNAL void ccm_seal_x86(const uint8_t key[16], const struct aead_message *m,
                                          uint8_t *tag, size_t tag_len)
{
    struct ccm_x86 c;

    ccm_x86_key(&c, key);
    x86_store_part(tag, ccm_x86_run(&c, m, tag_len, true), tag_len);
    x86_wipe(c.k, sizeof c / 16);
}

X86_AES LOCKET_INTERNAL bool ccm_open_x86(const uint8_t key[16], const struct aead_message *m,
                                          const uint8_t *tag, size_t tag_len)
{
    struct ccm_x86 c;
    bool right;

    ccm_x86_key(&c, key);
    right = x86_equal(ccm_x86_run(&c, m, tag_len, false), x86_load_part(tag, tag_len), tag_len);
    ct_public(&right, sizeof right);
    if (!right)
        x86_ctr(c.k, x86_ccm_block(2, m->nonce, 0), m->text, m->len);
    x86_wipe(c.k, sizeof c / 16);
    return right;
}

#else

/* Never called; defined so that a dispatcher is the same plain code in every build. */
LOCKET_INTERNAL void ccm_seal_x86(const uint8_t key[16], const struct aead_message *m,
                                  uint8_t *tag, size_t tag_len)
{
    (void)key; (void)m; (void)tag; (void)tag_len;
}

LOCKET_INTERNAL bool ccm_open_x86(const uint8_t key[16], const struct aead_message *m,
                                  const uint8_t *tag, size_t tag_len)
{
    (void)key; (void)m; (void)tag; (void)tag_len;
    return false;
}

#endif
