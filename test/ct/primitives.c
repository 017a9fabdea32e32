/* SPDX-License-Identifier: Apache-2.0
 *
 * primitives.c -- every primitive with its secrets marked: keys, texts, salts, seeds,
 * chaining values. Lengths, additional data and the counting part of a nonce are
 * public, and so is what leaves: ciphertext and tags. Lengths go round every border
 * of a block and of the eight blocks that the fast code takes at once. */
#include <string.h>

#include "aead.h"
#include "aes.h"
#include "ccm.h"
#include "ct.h"
#include "gcm.h"
#include "prf.h"
#include "locket.h"
#include "play.h"
#include "rng.h"

enum { TEXT_MAX = 400 };

static const uint16_t lengths[] = { 0, 1, 2, 3, 4, 5, 7, 8, 9, 13, 15, 16, 17, 31, 32, 33, 40, 47, 48, 64, 79, 80,
                                    95, 96, 111, 112, 113, 127, 128, 129, 143, 144, 200, 255, 256, 272, 400 };
static const uint16_t few[] = { 0, 1, 15, 16, 17, 33, 80 };
static const uint8_t aad_lengths[] = { 13, 0, 1, 14, 15, 30, 46, 150 };

static uint8_t key[16], text[TEXT_MAX], copy[TEXT_MAX], aad[150], tag[16], good_tag[16];

static void fill(uint8_t *p, size_t n, unsigned seed)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)(seed + 31 * i);
}

static void fill_secret(uint8_t *p, size_t n, unsigned seed)
{
    fill(p, n, seed);
    ct_secret(p, n);
}

static bool blocks(void)
{
    struct aes_key k;
    uint32_t pair[8];
    fill_secret(key, sizeof key, 1);
    aes_expand(&k, key, pair);
    fill_secret((uint8_t *)pair, sizeof pair, 2);
    aes_encrypt2(&k, pair);
    return true;
}

/* Seal; open; open with a tag that is wrong in its first, in its last byte. */
static bool once(const struct aead *a, size_t len, size_t aad_len)
{
    uint8_t nonce[12];
    struct aead_message m = { nonce, aad, aad_len, text, len };
    fill(nonce, sizeof nonce, 9);
    ct_secret(nonce, 4);
    fill_secret(key, sizeof key, 4);
    fill_secret(text, len, 5);
    a->seal(key, &m, tag);
    ct_public(text, len);
    ct_public(tag, sizeof tag);
    memcpy(copy, text, len);
    memcpy(good_tag, tag, sizeof tag);
    for (unsigned i = 0; i < 2; i++) {
        tag[i ? 0 : a->tag_len - 1] ^= 0x10;
        if (a->open(key, &m, tag))
            return false;
        ct_public(text, len);
        if (memcmp(text, copy, len) != 0)
            return false;
        memcpy(tag, good_tag, sizeof tag);
    }
    if (!a->open(key, &m, tag))
        return false;
    ct_public(text, len);
    fill(copy, len, 5);
    return memcmp(text, copy, len) == 0;
}

static bool aeads(void)
{
    bool all = !play_is_slow();
    const uint16_t *list = all ? lengths : few;
    size_t n = all ? sizeof lengths / sizeof *lengths : sizeof few / sizeof *few;
    for (int id = AEAD_CCM_8; id <= AEAD_GCM; id++) {
        const struct aead *a = aead_of((enum aead_id)id);
        for (size_t i = 0; i < n; i++)
            if (!once(a, list[i], 13))
                return false;
        for (size_t i = 0; i < (all ? sizeof aad_lengths : 3); i++)
            if (!once(a, 24, aad_lengths[i]))
                return false;
    }
    return true;
}

static bool hashes(void)
{
    struct locket_sha256 s;
    uint8_t out[32];
    for (size_t i = 0; i < sizeof few / sizeof *few; i++) {
        fill_secret(text, few[i], 6);
        sha256_start(&s);
        sha256_add(&s, text, few[i]);
        sha256_add(&s, text, few[i] / 2);
        sha256_end(&s, out);
    }
    fill_secret(text, 130, 6);
    sha256_start(&s);
    sha256_add(&s, text, 57);
    sha256_end(&s, out);
    sha256_start(&s);
    sha256_add(&s, text, 130);
    sha256_end(&s, s.block);
    return true;
}

static bool derivations(void)
{
    struct locket_hmac k;
    struct locket_sha256 s;
    uint8_t secret[100], out[100];
    fill_secret(secret, sizeof secret, 7);
    for (size_t n = 0; n <= sizeof secret; n += 20) {
        key_of(&k, secret, n);
        hmac_start(&s, &k);
        sha256_add(&s, secret, n);
        hmac_end(&s, &k, out);
        prf(secret, n, "a label", secret, 10, n ? secret : NULL, n ? 3 : 0, out, n);
        prf(secret, n, "a label", secret, 10, secret, 3, out, 32);
    }
    return locket_device_key(secret, 32, (const uint8_t *)"meter", 5, out, 16) == LOCKET_OK;
}

static bool generators(void)
{
    struct locket_rng r;
    uint8_t seed[48], out[70];
    struct piece piece = { seed, sizeof seed };
    fill_secret(seed, sizeof seed, 8);
    rng_instantiate(&r, &piece, 1);
    rng_generate(&r, out, sizeof out);
    if (!rng_seed(&r, "ct", 2) || !rng_bytes(&r, out, sizeof out))
        return false;
    r.requests = RNG_RESEED_INTERVAL + 1;
    if (!rng_bytes(&r, out, 1))
        return false;
    r.requests = 0;
    return !rng_bytes(&r, out, sizeof out);
}

static bool comparing(void)
{
    uint8_t a[16], b[16];
    fill_secret(a, sizeof a, 9);
    fill_secret(b, sizeof b, 9);
    bool same = ct_equal(a, b, sizeof a);
    b[7] ^= 1;
    bool differ = ct_equal(a, b, sizeof a), nothing = ct_equal(a, b, 0);
    uint32_t x = 0, y = 5;
    ct_secret(&x, sizeof x);
    ct_secret(&y, sizeof y);
    uint32_t chosen = ct_select(ct_mask(x), 1, 2) + ct_select(ct_mask(y), 10, 20);
    ct_wipe(a + 1, 7);
    ct_wipe(b, sizeof b);
    ct_public(&chosen, sizeof chosen);
    return same && !differ && nothing && chosen == 12;
}

const char *play_primitives(void)
{
    static const struct { const char *name; bool (*run)(void); } parts[] = {
        { "AES", blocks }, { "an AEAD", aeads }, { "SHA-256", hashes }, { "HMAC or PRF", derivations },
        { "the generator", generators }, { "comparing", comparing },
    };
    for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!parts[i].run())
            return parts[i].name;
    return NULL;
}
