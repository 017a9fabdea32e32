/* SPDX-License-Identifier: Apache-2.0
 *
 * selftest.c -- known answers for every primitive, callable on the target.
 *
 * All inputs are cut from the bytes 00, 01, 02 ..., so only answers take room.
 * AES is FIPS 197 appendix C.1, CCM_8 is SP 800-38C example 3 and HMAC is RFC
 * 4231 test case 4; the others were computed with OpenSSL and Python's hmac. The
 * AEADs run as the table gives them: what is tested is what records will use. */
#include <string.h>

#include "aead.h"
#include "aes.h"
#include "ct.h"
#include "kdf.h"
#include "locket.h"
#include "rng.h"

static const uint8_t selftest_aes[16] = {
    0x69, 0xc4, 0xe0, 0xd8, 0x6a, 0x7b, 0x04, 0x30, 0xd8, 0xcd, 0xb7, 0x80, 0x70, 0xb4, 0xc5, 0x5a,
};

/* Ciphertext in CCM, the two tags; ciphertext and tag in GCM. */
static const uint8_t selftest_ccm[24 + 8 + 16] = {
    0xe3, 0xb2, 0x01, 0xa9, 0xf5, 0xb7, 0x1a, 0x7a, 0x9b, 0x1c, 0xea, 0xec, 0xcd, 0x97, 0xe7, 0x0b,
    0x61, 0x76, 0xaa, 0xd9, 0xa4, 0x42, 0x8a, 0xa5, 0x48, 0x43, 0x92, 0xfb, 0xc1, 0xb0, 0x99, 0x51,
    0xc8, 0x7a, 0xe4, 0x88, 0x91, 0x8d, 0xe9, 0x3f, 0x17, 0xdd, 0x3e, 0x49, 0x34, 0x34, 0x7f, 0x44,
};
static const uint8_t selftest_gcm[24 + 16] = {
    0x49, 0x36, 0x8e, 0x16, 0xad, 0xbd, 0x57, 0x2f, 0xf1, 0x78, 0x7d, 0x46, 0xc0, 0x8b, 0x58, 0xd8,
    0xbf, 0x46, 0x46, 0x45, 0x7c, 0x04, 0x98, 0x09, 0xc0, 0x5a, 0x83, 0x81, 0x09, 0xf8, 0x08, 0x0f,
    0x6a, 0x2d, 0x7b, 0xc2, 0xcf, 0xcd, 0x8e, 0x1a,
};

/* The first 16 bytes of each. */
static const uint8_t selftest_sha[16] = {
    0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
};
static const uint8_t selftest_hmac[16] = {
    0x82, 0x55, 0x8a, 0x38, 0x9a, 0x44, 0x3c, 0x0e, 0xa4, 0xcc, 0x81, 0x98, 0x99, 0xf2, 0x08, 0x3a,
};
static const uint8_t selftest_prf[16] = {       /* of its second block */
    0xee, 0x0a, 0xf3, 0x1e, 0xb1, 0x63, 0x6c, 0xbd, 0xa6, 0x68, 0xc8, 0xbd, 0x9f, 0x91, 0x43, 0x4a,
};
static const uint8_t selftest_drbg[16] = {      /* likewise */
    0x68, 0x04, 0x28, 0x84, 0x57, 0x10, 0x28, 0x8e, 0xa4, 0x39, 0x1c, 0xa6, 0xf2, 0x1d, 0xf8, 0xcd,
};

/* Seal, compare, refuse a bad tag, open. An AEAD that is not compiled in passes. */
static bool selftest_same(const void *a, const void *b, size_t n)
{
    return memcmp(a, b, n) == 0;               /* public: known answers */
}

static bool selftest_aead(enum aead_id id, const uint8_t *ramp, const uint8_t *text, const uint8_t *tag)
{
    const struct aead *a = aead_of(id);
    uint8_t work[24], made[16];
    struct aead_message m = { ramp + 0x10, ramp, 20, work, sizeof work };
    bool good;

    if (a == NULL)
        return true;
    memcpy(work, ramp + 0x20, sizeof work);
    a->seal(ramp + 0x40, &m, made);
    good = selftest_same(work, text, sizeof work) && selftest_same(made, tag, a->tag_len);
    made[0] ^= 1;
    good = !a->open(ramp + 0x40, &m, made) && selftest_same(work, text, sizeof work) && good;
    return a->open(ramp + 0x40, &m, tag) && selftest_same(work, ramp + 0x20, sizeof work) && good;
}

static bool selftest_block_cipher(const uint8_t *ramp)
{
    struct aes_key k;
    uint32_t pair[8];
    uint8_t *a = (uint8_t *)pair, *b = a + 16;

    aes_expand(&k, ramp, pair);
    for (unsigned i = 0; i < 16; i++)
        a[i] = b[i] = (uint8_t)(i * 0x11);
    b[0] = 1;                    /* the lanes must not be taken for each other */
    aes_encrypt2(&k, pair);
    return selftest_same(a, selftest_aes, 16) && !selftest_same(b, selftest_aes, 16);
}

static bool selftest_hashes(const uint8_t *ramp)
{
    struct locket_sha256 s;
    struct locket_hmac k;
    const struct piece key = { ramp + 1, 25 };
    uint8_t out[48];
    bool good;

    sha256_start(&s);
    sha256_add(&s, "abc", 3);
    sha256_end(&s, out);
    good = selftest_same(out, selftest_sha, 16);

    hmac_key(&k, &s, &key, 1);
    memset(out, 0xcd, sizeof out);
    hmac_start(&s, &k);
    sha256_add(&s, out, 48);
    sha256_add(&s, out, 2);
    hmac_end(&s, &k, out);
    return selftest_same(out, selftest_hmac, 16) && good;
}

static bool selftest_streams(const uint8_t *ramp)
{
    struct locket_rng r;
    const struct piece secret = { ramp, 16 }, entropy = { ramp, 48 };
    const struct piece seed[] = { PIECE_LABEL("test label"), { ramp + 16, 16 } };
    uint8_t out[48];
    bool good;

    tls12_prf(&secret, 1, seed, 2, out, sizeof out);
    good = selftest_same(out + 32, selftest_prf, 16);

    rng_instantiate(&r, &entropy, 1);
    rng_generate(&r, out, sizeof out);
    return selftest_same(out + 32, selftest_drbg, 16) && good;
}

static bool selftest_aeads(const uint8_t *ramp)
{
    return selftest_aead(AEAD_CCM_8, ramp, selftest_ccm, selftest_ccm + 24) &&
           selftest_aead(AEAD_CCM, ramp, selftest_ccm, selftest_ccm + 32) &&
           selftest_aead(AEAD_GCM, ramp, selftest_gcm, selftest_gcm + 24);
}

locket_error locket_selftest(void)
{
    /* Behind pointers, so that their locals do not add up in one frame. */
    static bool (*const part[])(const uint8_t *ramp) = {
        selftest_block_cipher, selftest_hashes, selftest_streams, selftest_aeads,
    };
    uint8_t ramp[0x50];

    for (unsigned i = 0; i < sizeof ramp; i++)
        ramp[i] = (uint8_t)i;
    for (unsigned i = 0; i < sizeof part / sizeof *part; i++)
        if (!part[i](ramp))
            return LOCKET_ERR_SELFTEST;
    return LOCKET_OK;
}
