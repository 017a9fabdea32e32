/* SPDX-License-Identifier: Apache-2.0
 *
 * cookie.c -- first contact without memory (RFC 6347 section 4.2.1): a cookie is an
 * HMAC-SHA-256 under a secret that turns every minute, cut to 16 bytes, over
 *
 *     who asks | who we are | client_version random session_id cipher_suites
 *     compression_methods
 *
 * each with its length, so that no two inputs look alike. */
#include "handshake.h"
#include "ct.h"
#include "kdf.h"

static void cookie_field(struct locket_sha256 *s, const void *at, size_t len)
{
    uint8_t prefix[2];
    struct writer w = wr_over(prefix, sizeof prefix);
    wr_u16(&w, (unsigned)len);
    sha256_add(s, prefix, sizeof prefix);
    if (len)
        sha256_add(s, at, len);
}

LOCKET_INTERNAL void cookie_make(const uint8_t secret[16], const locket_peer *peer,
                                 const locket_config *config, const struct hello *hello,
                                 uint8_t out[16])
{
    struct hmac_key key;
    struct locket_sha256 s;
    uint8_t mac[32], version[2];
    struct writer w = wr_over(version, sizeof version);
    wr_u16(&w, hello->version);
    hmac_key(&key, secret, 16);
    hmac_start(&s, &key);
    cookie_field(&s, peer->bytes, peer->len);
    cookie_field(&s, config->local, config->local_len);
    cookie_field(&s, version, sizeof version);
    cookie_field(&s, hello->random.at, hello->random.len);
    cookie_field(&s, hello->session_id.at, hello->session_id.len);
    cookie_field(&s, hello->suites.at, hello->suites.len);
    cookie_field(&s, hello->compressions.at, hello->compressions.len);
    hmac_end(&s, &key, mac);
    memcpy(out, mac, 16);
    WIPE(key);
    WIPE(s);
    WIPE(mac);
}
