/* SPDX-License-Identifier: Apache-2.0
 *
 * kdf.c -- HMAC-SHA-256 and the TLS 1.2 PRF. Keys are kept as midstates, so the
 * PRF pays for its secret once; label and seed are streamed, never joined in a
 * buffer. */
#include <string.h>

#include "ct.h"
#include "kdf.h"

/* RFC 2104: inner is the state after K ^ 36..36, outer after K ^ 5c..5c. */
LOCKET_INTERNAL void hmac_key(struct hmac_key *k, const void *key, size_t n)
{
    struct locket_sha256 s;

    sha256_start(&s);
    memcpy(k->inner, s.state, sizeof k->inner);
    memcpy(k->outer, s.state, sizeof k->outer);
    if (n > 64) {
        sha256_add(&s, key, n);
        sha256_end(&s, s.block);
        n = 32;
    } else if (n > 0) {
        memcpy(s.block, key, n);
    }
    memset(s.block + n, 0, 64 - n);
    for (unsigned i = 0; i < 64; i++)
        s.block[i] ^= 0x36;
    sha256_blocks(k->inner, s.block, 1);
    for (unsigned i = 0; i < 64; i++)
        s.block[i] ^= 0x36 ^ 0x5c;
    sha256_blocks(k->outer, s.block, 1);
    WIPE(s);
}

LOCKET_INTERNAL void hmac_start(struct locket_sha256 *s, const struct hmac_key *k)
{
    memcpy(s->state, k->inner, sizeof k->inner);
    s->total = 64;
}

LOCKET_INTERNAL void hmac_end(struct locket_sha256 *s, const struct hmac_key *k, uint8_t out[32])
{
    sha256_end(s, s->block);
    memcpy(s->state, k->outer, sizeof k->outer);
    s->total = 64 + 32;
    sha256_end(s, out);
    ct_wipe(s, sizeof *s);
}

/* RFC 5246 section 5:
 *
 *     A(0) = label + seed, A(i) = HMAC(secret, A(i-1))
 *     PRF  = HMAC(secret, A(1) + label + seed) + HMAC(secret, A(2) + label + seed) + ...
 *
 * The first turn of the loop only makes A(1). The last piece, when it is not
 * whole, is made where an A(i) is no longer needed. */
LOCKET_INTERNAL void tls12_prf(const void *secret, size_t secret_len, const char *label,
                               const void *a, size_t a_len, const void *b, size_t b_len,
                               uint8_t *out, size_t n)
{
    struct hmac_key key;
    struct locket_sha256 s;
    uint8_t chain[32];

    hmac_key(&key, secret, secret_len);
    for (bool first = true; n > 0; first = false) {
        hmac_start(&s, &key);
        if (!first)
            sha256_add(&s, chain, sizeof chain);
        sha256_add(&s, label, strlen(label));
        sha256_add(&s, a, a_len);
        sha256_add(&s, b, b_len);
        if (first) {
            hmac_end(&s, &key, chain);
        } else if (n < sizeof chain) {
            hmac_end(&s, &key, chain);
            memcpy(out, chain, n);
            n = 0;
        } else {
            hmac_end(&s, &key, out);
            out += sizeof chain;
            n -= sizeof chain;
            if (n == 0)
                break;
            hmac_start(&s, &key);
            sha256_add(&s, chain, sizeof chain);
            hmac_end(&s, &key, chain);
        }
    }
    WIPE(chain);
    WIPE(key);
}
