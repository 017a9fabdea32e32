/* SPDX-License-Identifier: Apache-2.0
 *
 * kdf.c -- HMAC-SHA-256 and the TLS 1.2 PRF. Keys are kept as midstates, so the
 * PRF pays for its secret once; label and seed are streamed, never joined in a
 * buffer. */
#include <string.h>

#include "ct.h"
#include "kdf.h"
#include "x86.h"

LOCKET_INTERNAL void hmac_add(struct locket_sha256 *s, const struct piece *p, size_t n)
{
    for (; n > 0; n--, p++)
        sha256_add(s, p->at, p->len);
}

/* RFC 2104: inner is the state after K ^ 36..36, outer after K ^ 5c..5c. A key longer than a
 * block is hashed first, into where inner will be. */
LOCKET_INTERNAL void hmac_key(struct locket_hmac *k, struct locket_sha256 *s, const struct piece *key, size_t n)
{
    const struct piece hashed = { k->inner, 32 };
    uint32_t pad = 0x5c5c5c5c;
    size_t len = 0;

    for (size_t i = 0; i < n; i++)
        len += key[i].len;
    if (len > 64) {
        sha256_start(s);
        for (; n > 0; n--, key++)
            sha256_add(s, key->at, key->len);
        sha256_end(s, k->inner);
        key = &hashed;
        n = 1;
    }
    for (uint32_t *to = k->outer; ; to = k->inner, pad = 0x36363636) {
        uint8_t *at = (uint8_t *)s->block;

        sha256_start(s);
        memset(at, 0, 64);
        for (size_t i = 0; i < n; i++) {
            memcpy(at, key[i].at, key[i].len);
            at += key[i].len;
        }
        for (unsigned i = 0; i < 16; i++)
            s->block[i] ^= pad;
        sha256_block(s->state, s->block);
        memcpy(to, s->state, sizeof s->state);
        if (to == k->inner)
            break;
    }
}

LOCKET_INTERNAL void hmac_start(struct locket_sha256 *s, const struct locket_hmac *k)
{
    memcpy(s->state, k->inner, sizeof k->inner);
    s->total = 64;
}

LOCKET_INTERNAL void hmac_end(struct locket_sha256 *s, const struct locket_hmac *k, uint8_t out[32])
{
    if (LOCKET_CFG_X86 && x86_has_sha()) {
        sha256_end_x86(s->state, s->block, s->total, k->outer, out);
    } else {
        sha256_end(s, s->block);
        memcpy(s->state, k->outer, sizeof k->outer);
        s->total = 64 + 32;
        sha256_end(s, out);
    }
    ct_wipe(s, sizeof *s);
}

/* RFC 5246 section 5, where the seed begins with the label:
 *
 *     A(0) = seed, A(i) = HMAC(secret, A(i-1))
 *     PRF  = HMAC(secret, A(1) + seed) + HMAC(secret, A(2) + seed) + ...
 *
 * The first turn of the loop only makes A(1). The last piece, when it is not
 * whole, is made where an A(i) is no longer needed. */
LOCKET_INTERNAL void tls12_expand(const struct locket_hmac *key, struct locket_sha256 *s, const struct piece *seed,
                                  size_t n_seed, uint8_t *out, size_t len)
{
    uint8_t chain[32];

    for (bool first = true; len > 0; first = false) {
        hmac_start(s, key);
        if (!first)
            sha256_add(s, chain, sizeof chain);
        hmac_add(s, seed, n_seed);
        if (first) {
            hmac_end(s, key, chain);
        } else if (len < sizeof chain) {
            hmac_end(s, key, chain);
            memcpy(out, chain, len);
            len = 0;
        } else {
            hmac_end(s, key, out);
            out += sizeof chain;
            len -= sizeof chain;
            if (len == 0)
                break;
            hmac_start(s, key);
            sha256_add(s, chain, sizeof chain);
            hmac_end(s, key, chain);
        }
    }
    WIPE(chain);
}

LOCKET_INTERNAL void tls12_prf(const struct piece *secret, size_t n_secret, const struct piece *seed, size_t n_seed,
                               uint8_t *out, size_t len)
{
    struct locket_hmac key;
    struct locket_sha256 s;

    hmac_key(&key, &s, secret, n_secret);
    tls12_expand(&key, &s, seed, n_seed, out, len);
    WIPE(key);
}
