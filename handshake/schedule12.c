/* SPDX-License-Identifier: Apache-2.0
 *
 * schedule12.c -- the key schedule of DTLS 1.2, one function per arrow:
 *
 *     PSK --(RFC 4279 section 2)--> premaster secret
 *                                        |
 *                                        | "extended master secret", session_hash
 *                                        v  (RFC 7627 section 4; else RFC 5246 8.1)
 *                                   master secret ----+---- exporter (RFC 5705)
 *                                        |            |
 *                                        |            +---- verify_data (5246 7.4.9)
 *                                        v
 *                                    key block (RFC 5246 section 6.3)
 */
#include "handshake.h"
#include "ct.h"
#include "kdf.h"

/* PSK -> premaster secret -> master secret. The premaster secret is the length of
 * the PSK, as many zeros, the length again, and the PSK (RFC 4279 section 2). */
LOCKET_INTERNAL APART void schedule_master(struct turn *t, const uint8_t *psk, size_t psk_len)
{
    static const uint8_t zeros[PSK_MAX];
    locket_handshake *hs = t->hs;
    const uint8_t len[2] = { 0, (uint8_t)psk_len };
    uint8_t session_hash[32];
    const struct piece premaster[] = { { len, 2 }, { zeros, psk_len }, { len, 2 }, { psk, psk_len } };
    struct piece seed[] = { PIECE_LABEL("extended master secret"), { session_hash, sizeof session_hash } };
    if (!(hs->flags & F_EMS)) {
        seed[0].at = "master secret";
        seed[0].len = sizeof "master secret" - 1;
        seed[1].at = hs->random;
        seed[1].len = sizeof hs->random;
    }
    ct_secret(psk, psk_len);
    transcript_hash(hs, session_hash);
    tls12_prf(premaster, 4, seed, 2, hs->master, MASTER_SIZE);
}

/* With LOCKET_CFG_FAST the master secret is kept as a key of HMAC, made with the traffic keys. */
static void master_prf(const locket_handshake *hs, const struct piece *seed, size_t n_seed, uint8_t *out, size_t len)
{
    const struct piece master = { hs->master, MASTER_SIZE };
    struct locket_sha256 s;
    if (LOCKET_CFG_FAST)
        tls12_expand(LOCKET_KEPT(hs), &s, seed, n_seed, out, len);
    else
        tls12_prf(&master, 1, seed, n_seed, out, len);
}

static void key_swap(uint8_t *key, uint8_t *other, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint8_t x = key[i];
        key[i] = other[i];
        other[i] = x;
    }
}

/* master secret -> key block: client key, server key, client salt, server salt. It is made
 * where a client's keys lie, ours before theirs. */
STATIC_ASSERT(the_key_block_fits_its_keys,
              offsetof(locket_session, salt) == offsetof(locket_session, key) + 2 * 16 && OURS == 0);

LOCKET_INTERNAL APART void schedule_keys(struct turn *t)
{
    locket_handshake *hs = t->hs;
    locket_session *s = &hs->session;
    const struct piece seed[] = { PIECE_LABEL("key expansion"),
                                  { hs->random[LOCKET_SERVER], RANDOM_SIZE },
                                  { hs->random[LOCKET_CLIENT], RANDOM_SIZE } };
    if (LOCKET_CFG_FAST) {
        const struct piece master = { hs->master, MASTER_SIZE };
        struct locket_sha256 work;
        hmac_key(LOCKET_KEPT(hs), &work, &master, 1);
        WIPE(work);
    }
    master_prf(hs, seed, 3, (uint8_t *)s + offsetof(locket_session, key), 2 * (16 + 4));
    if (!is_client(hs->role)) {
        key_swap(s->key[OURS], s->key[THEIRS], 16);
        key_swap(s->salt[OURS], s->salt[THEIRS], 4);
    }
    session_start_epoch(s);
    hs->flags |= F_KEYS;
    if (t->config->keylog)
        t->config->keylog(t->config->user, "CLIENT_RANDOM", hs->random[LOCKET_CLIENT],
                          hs->master, MASTER_SIZE);
}

/* master secret, transcript -> what Finished of `who` has to say */
LOCKET_INTERNAL APART void schedule_verify_data(locket_handshake *hs, locket_role who)
{
    static const char label[2][15] = { "client finished", "server finished" };
    uint8_t hash[32];
    const struct piece seed[] = { { label[who], sizeof label[who] }, { hash, sizeof hash } };
    transcript_hash(hs, hash);
    master_prf(hs, seed, 2, hs->session.verify_data, VERIFY_DATA_SIZE);
}

/* master secret -> keying material for the application (RFC 5705 section 4): the seed is
 * both randoms and, if there is a context, its length and bytes. */
LOCKET_INTERNAL void schedule_export(const locket_handshake *hs, const char *label,
                                     const uint8_t *context, size_t context_len,
                                     uint8_t *out, size_t len)
{
    uint8_t n[2];
    struct writer w = wr_over(n, sizeof n);
    const struct piece seed[] = { { label, strlen(label) }, { hs->random, sizeof hs->random },
                                  { n, sizeof n }, { context, context_len } };
    wr_u16(&w, (unsigned)context_len);
    master_prf(hs, seed, context ? 4 : 2, out, len);
}
