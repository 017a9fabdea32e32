/* SPDX-License-Identifier: Apache-2.0
 *
 * needles.c -- works out the secrets of a handshake from its PSK and from what travels
 * in the clear, with a second copy of crypto/: premaster secret, master secret, key
 * block, both Finished, the midstates and chaining values of HMAC and PRF; sealed.c has
 * what AES and the AEADs make of the keys. */
#include <string.h>

#include "bytes.h"
#include "prf.h"
#include "needles.h"
#include "stories.h"

void needles_reset(void) { memset(needles, 0, sizeof *needles); }

bool needle_is(const void *at, size_t len)
{
    for (unsigned i = 0; i < needles->n; i++)
        if (needles->list[i].len == len && memcmp(needles->list[i].at, at, len) == 0)
            return true;
    return false;
}

void needle_add(const char *name, const void *at, size_t len, enum needle_home home)
{
    if (needle_is(at, len) || needles->n == N_NEEDLES || len > NEEDLE_MAX)
        return;
    struct needle *x = &needles->list[needles->n++];
    x->name = name;
    x->len = len;
    x->home = home;
    memcpy(x->at, at, len);
}

void needle_whole(const char *name, const void *at, size_t len, enum needle_home home)
{
    unsigned before = needles->n;
    needle_add(name, at, len, home);
    if (needles->n > before)
        needles->list[before].whole = true;
}

void needle_hash(const char *name, const uint8_t *at, size_t len, enum needle_home home)
{
    uint32_t words[NEEDLE_MAX / 4];
    needle_add(name, at, len, home);
    for (size_t i = 0; i < len / 4; i++)
        words[i] = load_be32(at + 4 * i);
    needle_add(name, words, len, HOME_NONE);
}

/* The last 16 words of the message schedule, which is what a rolling one leaves. */
static void needle_block(const char *name, const uint8_t block[64])
{
    uint32_t w[64];
    for (unsigned i = 0; i < 64; i++) {
        if (i < 16) {
            w[i] = load_be32(block + 4 * i);
            continue;
        }
        uint32_t x = w[i - 15], y = w[i - 2];
        w[i] = w[i - 16] + w[i - 7] + ((x >> 7 | x << 25) ^ (x >> 18 | x << 14) ^ x >> 3) +
               ((y >> 17 | y << 15) ^ (y >> 19 | y << 13) ^ y >> 10);
    }
    needle_add(name, w + 48, 64, HOME_NONE);
}

void needle_hmac(const char *name, const void *key, size_t len, enum needle_home home)
{
    struct locket_hmac k;
    uint8_t block[64] = { 0 };
    /* Whoever keeps midstates keeps them where the key is. */
    enum needle_home kept = LOCKET_CFG_FAST && home != HOME_COOKIE ? home : HOME_NONE;
    if (home != HOME_NONE)
        needle_hash(name, key, len, home);
    key_of(&k, key, len);
    for (unsigned pad = 0; pad < 2 && len <= sizeof block; pad++) {
        for (size_t i = 0; i < sizeof block; i++)
            block[i] = (uint8_t)((i < len ? ((const uint8_t *)key)[i] : 0) ^ (pad ? 0x5c : 0x36));
        needle_add(name, block, len, HOME_NONE);
        needle_block(name, block);
    }
    needle_add(name, k.inner, sizeof k.inner, kept);
    needle_add(name, k.outer, sizeof k.outer, kept);
}

static void chain(const char *name, const void *secret, size_t secret_len, const char *label,
                  const void *seed, size_t seed_len, unsigned n)
{
    struct locket_hmac k;
    struct locket_sha256 s;
    uint8_t a[32];
    key_of(&k, secret, secret_len);
    hmac_start(&s, &k);
    sha256_add(&s, label, strlen(label));
    sha256_add(&s, seed, seed_len);
    hmac_end(&s, &k, a);
    for (unsigned i = 0; i < n; i++) {
        needle_hash(name, a, sizeof a, HOME_NONE);
        hmac_start(&s, &k);
        sha256_add(&s, a, sizeof a);
        hmac_end(&s, &k, a);
    }
}

/* The premaster secret (RFC 4279 section 2) holds the PSK; on its own it says no more,
 * but its midstates do. */
static size_t premaster(uint8_t out[132], const uint8_t *psk, size_t len)
{
    memset(out, 0, 132);
    out[1] = out[len + 3] = (uint8_t)len;
    memcpy(out + len + 4, psk, len);
    return 2 * len + 4;
}

void needles_psk(const uint8_t *psk, size_t len, bool itself)
{
    uint8_t p[132];
    size_t n = premaster(p, psk, len);
    if (itself)
        needle_add("the PSK", psk, len, HOME_NONE);
    needle_hmac("a midstate of the premaster secret", p, n, HOME_NONE);
}

/* What Finished of one side says, after these messages. */
static void finished(const uint8_t master[48], const char *label, const uint8_t *messages, size_t len,
                     uint8_t out[12])
{
    struct locket_sha256 s;
    uint8_t hash[32];
    sha256_start(&s);
    sha256_add(&s, messages, len);
    sha256_end(&s, hash);
    chain("a chaining value of Finished", master, 48, label, hash, sizeof hash, 1);
    prf(master, 48, label, hash, sizeof hash, NULL, 0, out, 12);
    needle_whole("what Finished says", out, 12, HOME_STAGE);
}

/* Both of them: the server's covers the client's (RFC 5246 section 7.4.9). */
static void finished_both(const uint8_t master[48])
{
    uint8_t messages[sizeof needles->transcript + 24], *m = messages + needles->transcript_len, ignored[12];
    memcpy(messages, needles->transcript, needles->transcript_len);
    memset(m, 0, 12);
    m[0] = 20;
    m[3] = m[11] = 12;
    m[4] = needles->key_seq[0];
    m[5] = (uint8_t)(needles->key_seq[1] + 1);
    finished(master, "client finished", messages, needles->transcript_len, m + 12);
    finished(master, "server finished", messages, needles->transcript_len + 24, ignored);
}

static void remember(const uint8_t block[40])
{
    for (unsigned i = 0; i < 2; i++) {
        struct traffic *t = &needles->traffic[needles->n_traffic++ % N_TRAFFIC];
        memcpy(t->key, block + 16 * i, 16);
        memcpy(t->salt, block + 32 + 4 * i, 4);
    }
}

/* The key block of a handshake with these randoms. */
static void expand(const uint8_t master[48])
{
    static const char expansion[] = "key expansion";
    uint8_t block[40], seed[64];
    memcpy(seed, needles->random[1], 32);
    memcpy(seed + 32, needles->random[0], 32);
    prf(master, 48, expansion, seed, sizeof seed, NULL, 0, block, sizeof block);
    if (needle_is(block, 16))
        return;
    chain("a chaining value of the key block", master, 48, expansion, seed, sizeof seed, 2);
    needle_aes("the client's key or its round keys", block, HOME_KEYS);
    needle_aes("the server's key or its round keys", block + 16, HOME_KEYS);
    needle_hash("the key block", block, sizeof block, HOME_KEYS);
    needle_add("the salts", block + 32, 8, HOME_KEYS);
    memcpy(seed, block + 36, 4);               /* as a server has them */
    memcpy(seed + 4, block + 32, 4);
    needle_add("the salts", seed, 8, HOME_KEYS);
    remember(block);
}

static void derive(const uint8_t *psk, size_t psk_len)
{
    const char *label = needles->plain ? "master secret" : "extended master secret";
    struct locket_sha256 s;
    uint8_t p[132], master[48], seed[64];
    size_t n = premaster(p, psk, psk_len), seed_len = 32;
    if (needles->plain) {
        memcpy(seed, needles->random, seed_len = sizeof seed);
    } else {
        sha256_start(&s);
        sha256_add(&s, needles->transcript, needles->transcript_len);
        sha256_end(&s, seed);
    }
    prf(p, n, label, seed, seed_len, NULL, 0, master, sizeof master);
    if (needle_is(master, sizeof master))
        return;
    chain("a chaining value of the premaster secret", p, n, label, seed, seed_len, 2);
    needle_hmac("the master secret or a midstate of it", master, sizeof master, HOME_MASTER);
    memcpy(needles->master[needles->n_masters++ % N_TRAFFIC], master, 48);
    expand(master);
    finished_both(master);
}

/* A ChangeCipherSpec with no ClientKeyExchange before it: one of the sessions comes back (RFC 5246
 * section 7.3), and the server's Finished goes before the client's. */
static void derive_again(void)
{
    for (unsigned i = 0; i < needles->n_masters && i < N_TRAFFIC; i++) {
        uint8_t messages[sizeof needles->transcript + 24], *m = messages + needles->transcript_len, ignored[12];
        memcpy(messages, needles->transcript, needles->transcript_len);
        memset(m, 0, 12);
        m[0] = 20;
        m[3] = m[11] = 12;
        m[5] = needles->last_seq + 1u;
        expand(needles->master[i]);
        finished(needles->master[i], "server finished", messages, needles->transcript_len, m + 12);
        finished(needles->master[i], "client finished", messages, needles->transcript_len + 24, ignored);
    }
}

void needles_export(const char *label, const uint8_t *context, size_t len)
{
    uint8_t seed[64 + 2 + 64];
    memcpy(seed, needles->random, 64);
    seed[64] = 0;
    seed[65] = (uint8_t)len;
    memcpy(seed + 66, context, len);
    for (unsigned i = 0; i < needles->n_masters && i < N_TRAFFIC; i++)
        chain("a chaining value of the exporter", needles->master[i], 48, label, seed, 66 + len, 1);
}

/* The length of the connection ID in a record: the one with which records fill the datagram. */
static size_t cid_of(const uint8_t *d, size_t len)
{
    static const size_t lengths[] = { STAGE_CLIENT_CID, STAGE_SERVER_CID };
    for (unsigned i = 0; d[0] == 25 && i < 2; i++) {
        size_t at = 0;
        while (at + 13 + lengths[i] <= len && d[at] == 25)
            at += 13 + lengths[i] + ((size_t)d[at + lengths[i] + 11] << 8 | d[at + lengths[i] + 12]);
        if (at == len)
            return lengths[i];
    }
    return 0;
}

void needles_wire(const uint8_t *d, size_t len, const uint8_t *const psk[], size_t n_psks, size_t psk_len)
{
    for (size_t at = 0; at + 13 <= len; ) {
        size_t cid = cid_of(d + at, len - at), header = 13 + cid;
        size_t n = (size_t)d[at + header - 2] << 8 | d[at + header - 1];
        const uint8_t *m = d + at + header, *end = m + n;
        bool plain = d[at] == 22 && d[at + 4] == 0;
        if (d[at] == 20 && d[at + 4] == 0 && (needles->seen >> 2 & 1) && !(needles->seen >> 16 & 1))
            derive_again();
        for (unsigned i = 0; d[at + 4] == 1 && i < needles->n_traffic && i < N_TRAFFIC; i++)
            if (needle_record(needles->traffic[i].key, needles->traffic[i].salt, d + at, cid, n))
                break;
        for (; plain && m + 12 <= end; ) {
            size_t size = 12 + ((size_t)m[1] << 16 | (size_t)m[2] << 8 | m[3]);
            if (m[0] == 1)                        /* the first one does not count */
                needles->transcript_len = needles->seen = 0;
            if (m[0] == 1 || m[0] == 2)
                memcpy(needles->random[m[0] - 1], m + 12 + 2, 32);
            bool again = needles->seen >> (m[0] & 31) & 1;
            needles->seen |= UINT32_C(1) << (m[0] & 31);
            if (m[0] != 3 && !again && needles->transcript_len + size <= sizeof needles->transcript) {
                memcpy(needles->transcript + needles->transcript_len, m, size);
                needles->transcript_len += size;
            }
            if (m[0] == 16)
                memcpy(needles->key_seq, m + 4, 2);
            needles->last_seq = m[5];
            for (size_t i = 0; m[0] == 16 && !again && i < n_psks; i++)
                derive(psk[i], psk_len);
            m += size;
        }
        at += header + n;
    }
}
