/* SPDX-License-Identifier: Apache-2.0
 *
 * rng.h -- HMAC-DRBG with SHA-256 (SP 800-90A section 10.1.2), seeded by
 * locket_port_entropy(). One per endpoint, and its only source of randomness. */
#ifndef LOCKET_RNG_H
#define LOCKET_RNG_H

#include "ct.h"
#include "kdf.h"

/* SP 800-90A table 2 allows 2^48 requests between reseedings; we take far fewer. */
enum { RNG_RESEED_INTERVAL = 1 << 16 };

/* Instantiate from 48 bytes of entropy (nonce included) and a personalization
 * string; false when there is no entropy. */
LOCKET_INTERNAL bool rng_seed(struct locket_rng *r, const void *personal, size_t personal_len);
/* Fill out[n], n <= 65,536. False, and out zeroed, when never seeded or when a
 * due reseeding got no entropy. */
LOCKET_INTERNAL bool rng_bytes(struct locket_rng *r, void *out, size_t n);

/* The random of a hello, which travels in the clear: 32 bytes. With LOCKET_CFG_FAST eight come of
 * one draw, for most of a short one is its end. */
LOCKET_INTERNAL bool rng_random(struct locket_rng *r, uint8_t out[32]);

/* The bare algorithm with all its inputs, for the known answers (CAVP):
 * HMAC_DRBG_Update over up to three pieces of provided data. */
LOCKET_INTERNAL APART void rng_update(struct locket_rng *r, const struct piece *p, size_t n);
LOCKET_INTERNAL void rng_instantiate(struct locket_rng *r, const struct piece *p, size_t n);
LOCKET_INTERNAL void rng_generate(struct locket_rng *r, uint8_t *out, size_t n);

#endif
