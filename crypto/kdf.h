/* SPDX-License-Identifier: Apache-2.0
 *
 * kdf.h -- HMAC-SHA-256 (RFC 2104) with reusable midstates, and the TLS 1.2 PRF
 * (RFC 5246 section 5). */
#ifndef LOCKET_KDF_H
#define LOCKET_KDF_H

#include "sha256.h"

/* Input that lies in several places. */
struct piece { const void *at; size_t len; };
#define PIECE_LABEL(text) { (text), sizeof(text) - 1 }
LOCKET_INTERNAL void hmac_add(struct locket_sha256 *s, const struct piece *p, size_t n);

/* The key is the n pieces, one behind the other. `s` is room to work in, for the caller has
 * it anyway; what is left there is secret, and goes with hmac_end(). An HMAC under a key that was kept
 * costs no block for it. */
LOCKET_INTERNAL void hmac_key(struct locket_hmac *k, struct locket_sha256 *s, const struct piece *key, size_t n);
LOCKET_INTERNAL void hmac_start(struct locket_sha256 *s, const struct locket_hmac *k);
/* then sha256_add() or hmac_add() as often as needed, and: */
LOCKET_INTERNAL void hmac_end(struct locket_sha256 *s, const struct locket_hmac *k, uint8_t out[32]);

/* PRF(key, label + seed) into out[len], the label being the first of the seed's pieces; `s` as above. */
LOCKET_INTERNAL void tls12_expand(const struct locket_hmac *key, struct locket_sha256 *s, const struct piece *seed,
                                  size_t n_seed, uint8_t *out, size_t len);
/* PRF(secret, label + seed) into out[len], the secret in pieces as well. */
LOCKET_INTERNAL void tls12_prf(const struct piece *secret, size_t n_secret, const struct piece *seed, size_t n_seed,
                               uint8_t *out, size_t len);

#endif
