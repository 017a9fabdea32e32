/* SPDX-License-Identifier: Apache-2.0
 *
 * cookie.c -- first contact without memory (RFC 6347 section 4.2.1): a cookie is an
 * HMAC-SHA-256 under a secret that turns every minute, cut to 16 bytes, over
 *
 *     who we are, padded to a block | who asks | client_version random session_id
 *     cipher_suites compression_methods
 *
 * with a length before whatever has no fixed one, so that no two inputs look alike. Who
 * we are never changes, so with LOCKET_CFG_FAST it is hashed once, with the secret. */
#include "handshake.h"
#include "ct.h"
#include "kdf.h"

enum { COOKIE_BLOCK = 64, COOKIE_HEAD = 1 + LOCKET_CFG_PEER_SIZE + 2 + RANDOM_SIZE + 1 + 32 + 2 };
STATIC_ASSERT(cookie_secret_is_a_key, COOKIE_SECRET == COOKIE_RAW || COOKIE_SECRET == sizeof(struct hmac_key));

/* The key after the block that says who we are. */
static void cookie_key(const uint8_t raw[COOKIE_RAW], const locket_config *config, struct hmac_key *out)
{
    uint8_t block[COOKIE_BLOCK] = { 0 };
    struct writer w = wr_over(block, sizeof block);
    wr_vec(&w, 1, span_of(config->local, config->local_len));
    hmac_key(out, raw, COOKIE_RAW);
    sha256_blocks(out->inner, block, 1);
}

LOCKET_INTERNAL void cookie_secret(const uint8_t raw[COOKIE_RAW], const locket_config *config,
                                   uint8_t out[COOKIE_SECRET])
{
    struct hmac_key key;
    if (LOCKET_CFG_FAST) {
        cookie_key(raw, config, &key);
        memcpy(out, &key, COOKIE_SECRET);
        WIPE(key);
    } else {
        memcpy(out, raw, COOKIE_RAW);
    }
}

LOCKET_INTERNAL void cookie_make(const uint8_t secret[COOKIE_SECRET], const locket_config *config,
                                 const locket_peer *peer, const struct hello *hello, uint8_t out[COOKIE_SIZE])
{
    struct hmac_key key;
    struct locket_sha256 s;
    uint8_t mac[32], head[COOKIE_HEAD];
    struct writer w = wr_over(head, sizeof head);
    wr_vec(&w, 1, span_of(peer->bytes, peer->len));
    wr_u16(&w, hello->version);
    wr_bytes(&w, hello->random);
    wr_vec(&w, 1, hello->session_id);
    wr_u16(&w, (unsigned)hello->suites.len);
    if (LOCKET_CFG_FAST)
        memcpy(&key, secret, COOKIE_SECRET);
    else
        cookie_key(secret, config, &key);
    hmac_start(&s, &key);
    s.total += COOKIE_BLOCK;
    sha256_add(&s, head, sizeof head - wr_left(&w));
    sha256_add(&s, hello->suites.at, hello->suites.len);
    sha256_add(&s, hello->compressions.at, hello->compressions.len);
    hmac_end(&s, &key, mac);
    memcpy(out, mac, COOKIE_SIZE);
    WIPE(key);
    WIPE(mac);
}
