/* SPDX-License-Identifier: Apache-2.0
 *
 * cookie.c -- first contact without memory (RFC 6347 section 4.2.1): the first ClientHello
 * is answered by a HelloVerifyRequest, and nothing is kept of it. Its cookie is an
 * HMAC-SHA-256 under a secret that turns every minute, cut to 16 bytes, over
 *
 *     who we are, padded to a block | who asks | client_version random |
 *     cipher_suites compression_methods
 *
 * as they travel, and so with a length before whatever has no fixed one: no two inputs look
 * alike. The session_id is left out, against the advice of the RFC: Mbed TLS with a ticket
 * makes a new one for its second ClientHello, and would never be let in. Who we are never
 * changes, so with LOCKET_CFG_FAST it is hashed once, with the secret. */
#include "handshake.h"
#include "ct.h"
#include "kdf.h"
#include "rng.h"

enum { COOKIE_TURN = 60000 };     /* milliseconds */
enum { COOKIE_RAW = 16, COOKIE_SECRET = LOCKET_CFG_FAST ? 64 : COOKIE_RAW, COOKIE_SIZE = 16 };
enum { COOKIE_BLOCK = 64 };
STATIC_ASSERT(cookie_secret_is_a_key, COOKIE_SECRET == COOKIE_RAW || COOKIE_SECRET == sizeof(struct locket_hmac));

/* --- the secrets --- */

/* The key after the block that says who we are. */
static void cookie_key(const uint8_t raw[COOKIE_RAW], const locket_config *config, struct locket_hmac *out,
                       struct locket_sha256 *s)
{
    const struct piece key = { raw, COOKIE_RAW };
    struct writer w = wr_over((uint8_t *)s->block, sizeof s->block);
    hmac_key(out, s, &key, 1);
    memset(s->block, 0, sizeof s->block);
    wr_vec(&w, 1, span_of(config->local, config->local_len));
    sha256_block(out->inner, s->block);
}

/* A new current secret; the one before it becomes the previous. Nothing has changed when
 * there is no entropy. */
static bool cookie_fresh(struct locket_cookies *c, const locket_config *config, struct locket_rng *rng)
{
    uint8_t raw[COOKIE_RAW];
    bool good = rng_bytes(rng, raw, sizeof raw);
    if (good) {
        memcpy(c->secret[1], c->secret[0], COOKIE_SECRET);
        if (LOCKET_CFG_FAST) {
            struct locket_hmac key;
            struct locket_sha256 s;
            cookie_key(raw, config, &key, &s);
            memcpy(c->secret[0], &key, COOKIE_SECRET);
            WIPE(key);
        } else {
            memcpy(c->secret[0], raw, COOKIE_RAW);
        }
    }
    WIPE(raw);
    return good;
}

LOCKET_INTERNAL bool cookie_start(struct locket_cookies *c, const locket_config *config, struct locket_rng *rng)
{
    return cookie_fresh(c, config, rng) && cookie_fresh(c, config, rng);
}

LOCKET_INTERNAL bool cookie_turn(struct locket_cookies *c, const locket_config *config, struct locket_rng *rng,
                                 locket_time now)
{
    uint32_t age = now - c->turned;
    bool good = true;
    if (age >= COOKIE_TURN) {
        good = age < 2 * COOKIE_TURN ? cookie_fresh(c, config, rng) : cookie_start(c, config, rng);
        if (good)
            c->turned = age < 2 * COOKIE_TURN ? c->turned + COOKIE_TURN : now;
    }
    return good;
}

/* --- the cookie --- */

static void cookie_make(const uint8_t secret[COOKIE_SECRET], const locket_config *config,
                        const locket_peer *peer, const struct hello *hello, uint8_t out[COOKIE_SIZE])
{
    struct locket_hmac key;
    struct locket_sha256 s;
    uint8_t mac[32];
    if (LOCKET_CFG_FAST)
        memcpy(&key, secret, COOKIE_SECRET);
    else
        cookie_key(secret, config, &key, &s);
    hmac_start(&s, &key);
    s.total += COOKIE_BLOCK;                       /* that cookie_key() has hashed */
    sha256_add(&s, &peer->len, 1);
    sha256_add(&s, peer->bytes, peer->len);
    sha256_add(&s, hello->before.at, 2 + RANDOM_SIZE);
    sha256_add(&s, hello->behind.at, hello->behind.len);
    hmac_end(&s, &key, mac);
    memcpy(out, mac, COOKIE_SIZE);
    WIPE(key);
    WIPE(mac);
}

/* Under the current secret first: what it gives is the answer if neither fits. */
LOCKET_INTERNAL bool cookie_verify(struct locket_cookies *c, const locket_config *config,
                                   const locket_peer *peer, const struct hello *hello)
{
    uint8_t previous[COOKIE_SIZE];
    cookie_make(c->secret[0], config, peer, hello, c->answer);
    if (hello->cookie.len != COOKIE_SIZE)
        return false;
    if (ct_equal(c->answer, hello->cookie.at, COOKIE_SIZE))
        return true;
    cookie_make(c->secret[1], config, peer, hello, previous);
    return ct_equal(previous, hello->cookie.at, COOKIE_SIZE);
}

/* --- HelloVerifyRequest --- */

/* Under the record number of the ClientHello, marked DTLS 1.0 whatever is to be spoken (RFC
 * 6347 section 4.2.1), and under its message_seq, which is what section 4.2.2 counts to and
 * needs no memory. */
LOCKET_INTERNAL size_t cookie_request(const struct locket_cookies *c, uint8_t *out, size_t cap)
{
    enum { BODY = 2 + 1 + COOKIE_SIZE, SIZE = RECORD_HEADER + HS_HEADER + BODY };
    if (cap < SIZE)
        return 0;
    struct writer w = wr_over(out + RECORD_HEADER + HS_HEADER, BODY);
    record_header(out, TYPE_HANDSHAKE, DTLS_1_0, c->number, HS_HEADER + BODY);
    message_header(out + RECORD_HEADER, HS_HELLO_VERIFY, BODY, c->seq, 0, BODY);
    wr_u16(&w, DTLS_1_0);
    wr_vec(&w, 1, span_of(c->answer, COOKIE_SIZE));
    return SIZE;
}
