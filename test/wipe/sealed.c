/* SPDX-License-Identifier: Apache-2.0
 *
 * sealed.c -- what AES, CCM and GCM have in hand while they seal or open one record, worked
 * out from the key and from the record as it travelled. It includes the library's own
 * files, to reach what they keep to themselves: the layouts are theirs. */
#include <string.h>

#define aes_expand needle_expand
#define aes_encrypt2 needle_encrypt2
#define ccm_seal needle_ccm_seal
#define ccm_open needle_ccm_open
#define gcm_seal needle_gcm_seal
#define gcm_open needle_gcm_open
#include "../../crypto/aes.c"
#include "../../crypto/ccm.c"
#include "../../crypto/gcm.c"

#include "needles.h"
#include "schedule.h"

void needle_aes(const char *name, const uint8_t key[16], enum needle_home home)
{
    struct aes_key k;
    uint32_t slices[8];
    uint8_t words[176];
    needle_add(name, key, 16, home);
    aes_expand(&k, key, slices);
    needle_add(name, k.round, sizeof k.round, HOME_NONE);
    schedule_aes(words, key);
    needle_add(name, words + 16, sizeof words - 16, HOME_NONE);
    /* What aes_sub() made of the last word: 32 bytes of one bit each. */
    for (unsigned i = 0; i < 8; i++)
        slices[i] = 0;
    for (unsigned j = 0; j < 4; j++)
        for (unsigned i = 0; i < 8; i++)
            slices[i] |= (uint32_t)((schedule_sub(words[156 + j]) ^ 0x63) >> i & 1) << (8 * j);
    needle_whole(name, slices, sizeof slices, HOME_NONE);
}

/* Two blocks, encrypted. */
static void needle_encrypt(const struct aes_key *k, uint8_t a[16], uint8_t b[16])
{
    uint32_t pair[8];
    memcpy(pair, a, 16);
    memcpy(pair + 4, b, 16);
    aes_encrypt2(k, pair);
    memcpy(a, pair, 16);
    memcpy(b, pair + 4, 16);
}

/* The powers of H as the x86 code keeps them: bytes back to front, times x. */
static void needle_powers(const uint32_t h[4])
{
    uint32_t y[4], x[4], own[4];
    for (unsigned i = 0; i < 4; i++)
        y[i] = own[i] = h[3 - i];
    for (unsigned power = 1; power <= 8; power++) {
        needle_add("the hash key of GCM or a power of it", y, sizeof y, HOME_NONE);
        for (unsigned i = 0; i < 4; i++)
            x[i] = y[i] << 1 | (i > 0 ? y[i - 1] >> 31 : y[3] >> 31);
        x[3] ^= y[3] >> 31 ? 0xc2000000 : 0;
        needle_add("the hash key of GCM or a power of it", x, sizeof x, HOME_NONE);
        for (unsigned i = 0; i < 4; i++) {
            store_be32((uint8_t *)&x[i], y[3 - i]);
            own[i] = h[i];
        }
        gcm_multiply(x, own);
        for (unsigned i = 0; i < 4; i++)
            y[i] = load_be32((const uint8_t *)&x[3 - i]);
    }
}

/* The terms of H, and the products of words and their sums in a multiplication of GHASH. */
static void needle_product(const char *name, const char *sum, const uint32_t y[4], const uint32_t h[4])
{
    uint32_t a[4], b[4];
    struct gcm_product p;
    for (unsigned i = 0; i < 4; i++) {
        a[i] = y[i];
        b[i] = h[i];
    }
    for (unsigned k = 0; k < 2; k++) {
        for (unsigned i = 0; i < 3; i++) {
            gcm_terms(p.e, a, i);
            gcm_terms(p.e + 3, b, i);
            needle_add(name, p.e + 3, 12, HOME_NONE);
            for (unsigned j = 0; j < 3; j++) {
                uint32_t x = gcm_mul32(p.e[j], p.e[3 + j]);
                p.e[j] = k > 0 ? ct_mirror(x) >> 1 : x;
            }
            needle_add(sum, p.e, 12, HOME_NONE);
            p.e[2] ^= p.e[0] ^ p.e[1];
            needle_add(sum, p.e, 12, HOME_NONE);
        }
        for (unsigned i = 0; i < 4; i++) {
            a[i] = ct_mirror(a[i]);
            b[i] = ct_mirror(b[i]);
        }
    }
    gcm_product(&p, a, b);
    needle_add(sum, p.z, sizeof p.z, HOME_NONE);
}

static bool needle_gcm(const uint8_t key[16], const struct aead_message *m, const uint8_t *tag)
{
    static const char name[] = "the hash key of GCM", sum[] = "GHASH before its mask";
    struct gcm g;
    uint32_t y[4];
    uint8_t hash_key[16] = { 0 }, mask[16], a[16], b[16];
    aes_expand(&g.key, key, g.pair);
    gcm_start(&g, m);
    gcm_counter(mask, m->nonce, 1);
    needle_encrypt(&g.key, hash_key, mask);
    gcm_hash(&g, m);
    gcm_length(&g.y[1], m->aad_len);
    gcm_length(&g.y[3], m->len);
    for (unsigned i = 0; i < 4; i++)
        y[i] = load_be32((const uint8_t *)&g.y[i]);
    needle_product(name, sum, y, g.pair);
    gcm_multiply(g.y, g.pair);
    for (unsigned i = 0; i < 16; i++)
        if ((((uint8_t *)g.y)[i] ^ mask[i]) != tag[i])
            return false;

    needle_add(name, hash_key, sizeof hash_key, HOME_NONE);
    needle_add(name, g.pair, 16, HOME_NONE);
    needle_powers(g.pair);
    needle_add("the mask of a tag", mask, sizeof mask, HOME_NONE);
    needle_add(sum, g.y, sizeof g.y, HOME_NONE);
    for (unsigned i = 0; i < 4; i++)
        y[i] = load_be32((const uint8_t *)&g.y[i]);
    needle_add(sum, y, sizeof y, HOME_NONE);
    for (size_t at = 0; at < m->len; at += 32) {
        gcm_counter(a, m->nonce, (uint32_t)(at / 16) + 2);
        gcm_counter(b, m->nonce, (uint32_t)(at / 16) + 3);
        needle_encrypt(&g.key, a, b);
        needle_add("the key stream of a record", a, sizeof a, HOME_NONE);
        needle_add("the key stream of a record", b, sizeof b, HOME_NONE);
    }
    return true;
}

static bool needle_ccm(const uint8_t key[16], const struct aead_message *m, const uint8_t *tag, size_t tag_len)
{
    struct ccm c;
    uint32_t sum[4];
    uint8_t a[16], b[16];
    aes_expand(&c.key, key, c.pair);
    ccm_run(&c, m, tag_len, true);
    if (memcmp(c.pair, tag, tag_len) != 0)
        return false;
    for (unsigned i = 0; i < 4; i++)
        sum[i] = c.pair[i] ^ c.pair[4 + i];
    needle_add("the mask of a tag", c.pair + 4, 16, HOME_NONE);
    needle_add("CBC-MAC before its mask", sum, 16, HOME_NONE);
    for (size_t i = 0; i < (m->len + 15) / 16; i++) {
        ccm_block(a, 0, m->nonce, i + 1);
        ccm_block(b, 0, m->nonce, 0);
        needle_encrypt(&c.key, a, b);
        needle_add("the key stream of a record", a, sizeof a, HOME_NONE);
    }
    return true;
}

bool needle_record(const uint8_t key[16], const uint8_t salt[4], const uint8_t *record, size_t cid_len, size_t len)
{
    enum { EXPLICIT = 8 };
    size_t header = 13 + cid_len, tag_len = needles->tag_len, n = len - EXPLICIT - tag_len;
    uint8_t nonce[12], aad[23 + 32], text[512], *end = aad;
    struct aead_message m = { nonce, aad, 0, text, n };
    if (len < EXPLICIT + tag_len || n > sizeof text)
        return false;
    memcpy(nonce, salt, 4);
    memcpy(nonce + 4, record + header, EXPLICIT);
    if (cid_len) {                                /* RFC 9146 section 5.3 */
        memset(aad, 0xFF, 8);
        aad[8] = 25;
        aad[9] = (uint8_t)cid_len;
        memcpy(aad + 10, record, 11 + cid_len);
        end += 21 + cid_len;
    } else {
        memcpy(aad, record + 3, 8);
        memcpy(aad + 8, record, 3);
        end += 11;
    }
    *end++ = (uint8_t)(n >> 8);
    *end++ = (uint8_t)n;
    m.aad_len = (size_t)(end - aad);
    memcpy(text, record + header + EXPLICIT, n);
    record += header + EXPLICIT + n;
    if (!(needles->gcm ? needle_gcm(key, &m, record) : needle_ccm(key, &m, record, tag_len)))
        return false;
    needle_whole("a nonce with its salt", nonce, sizeof nonce, HOME_NONE);
    return true;
}

bool needle_blob(const uint8_t key[16], uint32_t id, const uint8_t *blob, size_t len)
{
    enum { HEAD = 9, TAG = 16 };
    uint8_t nonce[12], text[512];
    struct aead_message m = { nonce, blob, HEAD, text, len - HEAD - TAG };
    needle_aes("the key of saved sessions or its round keys", key, HOME_NONE);
    store_be32(nonce, id);
    memcpy(nonce + 4, blob + 1, 8);
    memcpy(text, blob + HEAD, m.len);
    return needle_ccm(key, &m, blob + len - TAG, TAG);
}
