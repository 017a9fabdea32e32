/* SPDX-License-Identifier: Apache-2.0
 *
 * ccm.c -- AES-128-CCM (RFC 3610, SP 800-38C) with L = 3.
 *
 * CBC-MAC is serial, so the second lane of each AES pass would idle; it makes the
 * key stream instead. Every pass encrypts the MAC and the counter block needed
 * next, which also suits opening, where the plaintext must be there before the
 * MAC can take it:
 *
 *     MAC      B0   aad ...  P1   P2  ...  Pn
 *     counter  -    -   A1   A2   A3  ...  A0
 *
 * so n blocks cost as many passes as the MAC alone. */
#include <string.h>

#include "aes.h"
#include "ccm.h"
#include "ct.h"

struct ccm {
    struct aes_key key;
    uint32_t pair[8];             /* the two lanes: CBC-MAC, key stream */
};

/* B0 and the counter blocks A_i (RFC 3610 sections 2.2, 2.3) are alike: flags,
 * nonce, a number in three bytes. */
static void ccm_block(uint8_t out[16], unsigned flags, const uint8_t *nonce, size_t number)
{
    out[0] = (uint8_t)(flags | (3 - 1));
    memcpy(out + 1, nonce, 12);
    out[13] = (uint8_t)(number >> 16);
    out[14] = (uint8_t)(number >> 8);
    out[15] = (uint8_t)number;
}

/* One pass: the MAC so far, and A_i. */
static void ccm_pass(struct ccm *c, const struct aead_message *m, size_t i)
{
    ccm_block((uint8_t *)(c->pair + 4), 0, m->nonce, i);
    aes_encrypt2(&c->key, c->pair);
}

/* Encrypt or decrypt the text in place and leave the tag in the first lane. */
static void ccm_run(struct ccm *c, const struct aead_message *m, size_t tag_len, bool opening)
{
    uint8_t *mac = (uint8_t *)c->pair, *stream = mac + 16;
    size_t next = m->len > 0 ? 1 : 0;

    ccm_block(mac, (m->aad_len > 0 ? 0x40u : 0) | (unsigned)(tag_len - 2) << 2, m->nonce, m->len);
    ccm_pass(c, m, next);

    if (m->aad_len > 0) {
        size_t at = 2;

        mac[0] ^= (uint8_t)(m->aad_len >> 8);
        mac[1] ^= (uint8_t)m->aad_len;
        for (size_t i = 0; i < m->aad_len; i++) {
            if (at == 16) {
                ccm_pass(c, m, next);
                at = 0;
            }
            mac[at++] ^= m->aad[i];
        }
        ccm_pass(c, m, next);
    }

    for (size_t left = m->len, i = 0; left > 0; ) {
        size_t n = left < 16 ? left : 16;
        uint8_t *text = m->text + 16 * i++;

        for (size_t j = 0; j < n; j++) {
            uint8_t x = text[j], y = x ^ stream[j];
            text[j] = y;
            mac[j] ^= opening ? y : x;
        }
        left -= n;
        ccm_pass(c, m, left > 0 ? i + 1 : 0);
    }
    for (unsigned j = 0; j < 4; j++)
        c->pair[j] ^= c->pair[4 + j];
}

LOCKET_INTERNAL void ccm_seal(const uint8_t key[16], const struct aead_message *m, uint8_t *tag, size_t tag_len)
{
    struct ccm c;

    aes_expand(&c.key, key, c.pair);
    ccm_run(&c, m, tag_len, false);
    memcpy(tag, c.pair, tag_len);
    WIPE(c);
}

/* The plaintext stands in the text before its tag is known to be right. When it
 * is wrong, sealing once more brings the ciphertext back. */
LOCKET_INTERNAL bool ccm_open(const uint8_t key[16], const struct aead_message *m, const uint8_t *tag, size_t tag_len)
{
    struct ccm c;
    bool good;

    aes_expand(&c.key, key, c.pair);
    ccm_run(&c, m, tag_len, true);
    good = ct_equal(c.pair, tag, tag_len);
    if (!good)
        ccm_run(&c, m, tag_len, false);
    WIPE(c);
    return good;
}
