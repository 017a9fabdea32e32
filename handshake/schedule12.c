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
LOCKET_INTERNAL void schedule_master(struct turn *t, const uint8_t *psk, size_t psk_len)
{
    locket_handshake *hs = t->hs;
    uint8_t premaster[2 * (2 + PSK_MAX)] = { 0 };
    struct writer w = wr_over(premaster, sizeof premaster);
    wr_u16(&w, (unsigned)psk_len);
    wr_space(&w, psk_len);
    wr_vec(&w, 2, span_of(psk, psk_len));
    size_t len = sizeof premaster - wr_left(&w);
    ct_secret(premaster + 4 + psk_len, psk_len);

    if (hs->flags & F_EMS) {
        uint8_t session_hash[32];
        transcript_hash(hs, session_hash);
        tls12_prf(premaster, len, "extended master secret", session_hash, sizeof session_hash,
                  NULL, 0, hs->master, MASTER_SIZE);
    } else {
        tls12_prf(premaster, len, "master secret", hs->random[LOCKET_CLIENT], RANDOM_SIZE,
                  hs->random[LOCKET_SERVER], RANDOM_SIZE, hs->master, MASTER_SIZE);
    }
    WIPE(premaster);
    if (t->config->keylog)
        t->config->keylog(t->config->user, "CLIENT_RANDOM", hs->random[LOCKET_CLIENT],
                          hs->master, MASTER_SIZE);
}

/* master secret -> key block: client key, server key, client salt, server salt */
LOCKET_INTERNAL void schedule_keys(locket_handshake *hs)
{
    uint8_t block[2 * (16 + 4)];
    unsigned client = hs->role == LOCKET_CLIENT ? OURS : THEIRS, server = !client;
    tls12_prf(hs->master, MASTER_SIZE, "key expansion", hs->random[LOCKET_SERVER], RANDOM_SIZE,
              hs->random[LOCKET_CLIENT], RANDOM_SIZE, block, sizeof block);
    memcpy(hs->session.key[client], block, 16);
    memcpy(hs->session.key[server], block + 16, 16);
    memcpy(hs->session.salt[client], block + 32, 4);
    memcpy(hs->session.salt[server], block + 36, 4);
    WIPE(block);
    session_start_epoch(&hs->session);
    hs->flags |= F_KEYS;
}

/* master secret, transcript -> what Finished of `who` has to say */
LOCKET_INTERNAL void schedule_verify_data(const locket_handshake *hs, locket_role who,
                                          uint8_t out[VERIFY_DATA_SIZE])
{
    uint8_t hash[32];
    transcript_hash(hs, hash);
    tls12_prf(hs->master, MASTER_SIZE, who == LOCKET_CLIENT ? "client finished" : "server finished",
              hash, sizeof hash, NULL, 0, out, VERIFY_DATA_SIZE);
}

/* master secret -> keying material for the application (RFC 5705 section 4): the seed is
 * both randoms and, if there is a context, its length and bytes. */
LOCKET_INTERNAL void schedule_export(const locket_handshake *hs, const char *label,
                                     const uint8_t *context, size_t context_len,
                                     uint8_t *out, size_t len)
{
    uint8_t randoms[2 * RANDOM_SIZE + 2];
    struct writer w = wr_over(randoms, sizeof randoms);
    wr_bytes(&w, span_of(hs->random[LOCKET_CLIENT], RANDOM_SIZE));
    wr_bytes(&w, span_of(hs->random[LOCKET_SERVER], RANDOM_SIZE));
    if (context)
        wr_u16(&w, (unsigned)context_len);
    tls12_prf(hs->master, MASTER_SIZE, label, randoms, sizeof randoms - wr_left(&w),
              context, context ? context_len : 0, out, len);
}
