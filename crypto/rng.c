/* SPDX-License-Identifier: Apache-2.0
 *
 * rng.c -- HMAC-DRBG over SHA-256 (SP 800-90A section 10.1.2), names as there.
 * No additional input, no prediction resistance: entropy comes with the seed and
 * then once per RNG_RESEED_INTERVAL requests. */
#include <string.h>

#include "ct.h"
#include "kdf.h"
#include "locket_port.h"
#include "rng.h"

/* V = HMAC(K, V). */
static void rng_step(struct locket_rng *r, const struct locket_hmac *k, struct locket_sha256 *s)
{
    hmac_start(s, k);
    sha256_add(s, r->v, ct_barrier(sizeof r->v));
    hmac_end(s, k, r->v);
}

/* K as a key. With LOCKET_CFG_FAST it is kept, and only made when K is new. */
static void rng_key(const struct locket_rng *r, struct locket_hmac *k, struct locket_sha256 *s)
{
    const struct piece key = { r->key, sizeof r->key };

    hmac_key(k, s, &key, 1);
}

/* Half of HMAC_DRBG_Update, section 10.1.2.2: K = HMAC(K, V | number | p), V = HMAC(K, V).
 * `k` is K as a key, before and after. */
static void rng_half(struct locket_rng *r, struct locket_hmac *k, struct locket_sha256 *s, uint8_t number,
                     const struct piece *p, size_t n)
{
    hmac_start(s, k);
    sha256_add(s, r->v, ct_barrier(sizeof r->v));      /* V never by way of the stack */
    sha256_add(s, &number, 1);
    hmac_add(s, p, n);
    hmac_end(s, k, r->key);
    rng_key(r, k, s);
    rng_step(r, k, s);
}

LOCKET_INTERNAL void rng_update(struct locket_rng *r, const struct piece *p, size_t n)
{
    struct locket_hmac own, *k = LOCKET_CFG_FAST ? LOCKET_KEPT(r) : &own;
    struct locket_sha256 s;
    size_t len = 0;

    for (size_t i = 0; i < n; i++)
        len += p[i].len;
    if (!LOCKET_CFG_FAST)
        rng_key(r, k, &s);
    rng_half(r, k, &s, 0, p, n);
    if (len > 0)
        rng_half(r, k, &s, 1, p, n);
    WIPE(own);
}

/* HMAC_DRBG_Instantiate, section 10.1.2.3: entropy input, nonce, personalization. */
LOCKET_INTERNAL void rng_instantiate(struct locket_rng *r, const struct piece *p, size_t n)
{
    memset(r, 0, sizeof *r);
    if (LOCKET_CFG_FAST) {
        struct locket_sha256 s;

        rng_key(r, LOCKET_KEPT(r), &s);
    }
    memset(r->v, 1, sizeof r->v);
    rng_update(r, p, n);
    r->requests = 1;
}

/* HMAC_DRBG_Generate, section 10.1.2.5. */
LOCKET_INTERNAL void rng_generate(struct locket_rng *r, uint8_t *out, size_t n)
{
    struct locket_hmac own, *k = LOCKET_CFG_FAST ? LOCKET_KEPT(r) : &own;
    struct locket_sha256 s;

    if (!LOCKET_CFG_FAST)
        rng_key(r, k, &s);
    while (n > 0) {
        size_t take = n < sizeof r->v ? n : sizeof r->v;

        rng_step(r, k, &s);
        memcpy(out, r->v, take);
        out += take;
        n -= take;
    }
    rng_half(r, k, &s, 0, NULL, 0);
    WIPE(own);
    r->requests++;
}

LOCKET_INTERNAL bool rng_seed(struct locket_rng *r, const void *personal, size_t personal_len)
{
    uint8_t seed[48];
    struct piece p[2] = { { seed, sizeof seed }, { personal, personal_len } };
    bool good = locket_port_entropy(seed, sizeof seed);

    if (good)
        rng_instantiate(r, p, 2);
    else
        ct_wipe(r, sizeof *r);
    WIPE(seed);
    return good;
}

/* HMAC_DRBG_Reseed, section 10.1.2.4. */
static bool rng_reseed(struct locket_rng *r)
{
    uint8_t seed[32];
    struct piece p = { seed, sizeof seed };
    bool good = locket_port_entropy(seed, sizeof seed);

    if (good) {
        rng_update(r, &p, 1);
        r->requests = 1;
        if (LOCKET_CFG_FAST)
            LOCKET_DRAWN(r)->left = 0;
    }
    WIPE(seed);
    return good;
}

LOCKET_INTERNAL bool rng_bytes(struct locket_rng *r, void *out, size_t n)
{
    /* Table 2 of SP 800-90A allows 2^19 bits per request. */
    if (r->requests == 0 || n > 65536 ||
        (r->requests > RNG_RESEED_INTERVAL && !rng_reseed(r))) {
        memset(out, 0, n);
        return false;
    }
    rng_generate(r, out, n);
    return true;
}

LOCKET_INTERNAL bool rng_random(struct locket_rng *r, uint8_t out[32])
{
    struct locket_drawn *drawn = LOCKET_DRAWN(r);

    if (!LOCKET_CFG_FAST)
        return rng_bytes(r, out, 32);
    if (!drawn->left || r->requests > RNG_RESEED_INTERVAL) {
        if (!rng_bytes(r, drawn->random, sizeof drawn->random)) {
            memset(out, 0, 32);
            return false;
        }
        drawn->left = sizeof drawn->random / sizeof drawn->random[0];
    }
    memcpy(out, drawn->random[--drawn->left], 32);
    return true;
}
