/* SPDX-License-Identifier: Apache-2.0
 *
 * pieces.c -- the primitives by themselves, as records and the key schedule use them:
 * 13 bytes of additional data (RFC 6347 section 4.1.2.1), keys of 16 bytes. */
#include <string.h>

#include "aead.h"
#include "aes.h"
#include "board.h"
#include "handshake.h"
#include "kdf.h"
#include "locket.h"

static uint8_t bytes[256 + 64];
static const uint8_t key[16] = { 7, 1, 8, 2, 8, 1, 8, 2, 8, 4, 5, 9, 0, 4, 5, 2 };

static bool block_cipher(void)
{
    static struct aes_key expanded;
    static uint32_t pair[8];

    COUNT("aes.expand", aes_expand(&expanded, key, pair));
    COUNT("aes.pair", aes_encrypt2(&expanded, pair));
    return true;
}

static bool hashes(void)
{
    static struct locket_sha256 s;
    static struct locket_hmac k;
    static uint8_t out[48];
    static const struct piece whole = { key, sizeof key }, secret = { bytes, 36 };
    static const struct piece seed[] = { PIECE_LABEL("extended master secret"), { bytes + 64, 32 } };

    sha256_start(&s);
    COUNT("sha256.block", sha256_block(s.state, s.block));
    COUNT("hmac.key", hmac_key(&k, &s, &whole, 1));
    COUNT("hmac.32", (hmac_start(&s, &k), sha256_add(&s, bytes, 32), hmac_end(&s, &k, out)));
    /* The master secret, from a key of 16 bytes (RFC 4279 section 2, RFC 7627 section 4). */
    COUNT("prf.48", tls12_prf(&secret, 1, seed, 2, out, 48));
    return true;
}

static bool sealed(enum aead_id id, size_t len, const char *seal, const char *open)
{
    static uint8_t tag[16];
    const struct aead *a = aead_of(id);
    struct aead_message m = { bytes, bytes + 16, 13, bytes + 32, len };
    bool good;

    COUNT(seal, a->seal(key, &m, tag));
    COUNT(open, good = a->open(key, &m, tag));
    return good;
}

static locket_error no_key(void *user, locket_psk *psk)
{
    (void)user;
    (void)psk;
    return LOCKET_ERR_NO_KEY;
}

/* As a server does it: from a workspace, and from a ClientHello into one. */
static bool ticket(void)
{
    static const locket_config config = { .role = LOCKET_SERVER, .psk = no_key, .tickets = true };
    static locket_endpoint ep;
    static locket_session session[1];
    static locket_handshake hs[1];
    static const uint8_t every_suite[] = { 0xC0, 0xA8, 0xC0, 0xA4, 0x00, 0xA8 };
    struct hello hello = { .suites = { every_suite, sizeof every_suite } };
    struct offer offer = { .flags = F_TICKET };
    struct turn t = { .config = &config, .rng = &ep.rng, .ep = &ep, .hs = hs };
    bool good;

    if (locket_init(&ep, &config, session, 1, hs, 1) || locket_ticket_key(&ep, 1, key))
        return false;
    COUNT("ticket.seal", good = resume_seal(&t) == LOCKET_OK);
    /* Behind its lifetime and length, as it would come in a datagram. */
    offer.ticket.len = hs->out_len - 6u;
    offer.ticket.at = memcpy(bytes, hs->arena + 6, offer.ticket.len);
    COUNT("ticket.open", good = good && resume_take(&t, &hello, &offer));
    return good;
}

int story(void)
{
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 37);
    if (locket_selftest() || !block_cipher() || !hashes() || !ticket())
        return 1;
    return !(sealed(AEAD_CCM_8, 32, "ccm8.seal.32", "ccm8.open.32") &&
             sealed(AEAD_CCM_8, 256, "ccm8.seal.256", "ccm8.open.256") &&
             sealed(AEAD_GCM, 32, "gcm.seal.32", "gcm.open.32") &&
             sealed(AEAD_GCM, 256, "gcm.seal.256", "gcm.open.256"));
}
