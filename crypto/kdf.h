/* SPDX-License-Identifier: Apache-2.0
 *
 * kdf.h -- HMAC-SHA-256 (RFC 2104) with reusable midstates, and the TLS 1.2 PRF
 * (RFC 5246 section 5). */
#ifndef LOCKET_KDF_H
#define LOCKET_KDF_H

#include "sha256.h"

/* The two midstates of a key: an HMAC under it then costs no block for the key. */
struct hmac_key { uint32_t inner[8], outer[8]; };

LOCKET_INTERNAL void hmac_key(struct hmac_key *k, const void *key, size_t n);
LOCKET_INTERNAL void hmac_start(struct locket_sha256 *s, const struct hmac_key *k);
/* then sha256_add() as often as needed, and: */
LOCKET_INTERNAL void hmac_end(struct locket_sha256 *s, const struct hmac_key *k, uint8_t out[32]);

/* PRF(secret, label, a | b) into out[n]. `label` is terminated; b may be empty. */
LOCKET_INTERNAL void tls12_prf(const void *secret, size_t secret_len, const char *label,
                               const void *a, size_t a_len, const void *b, size_t b_len,
                               uint8_t *out, size_t n);

#endif
