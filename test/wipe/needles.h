/* SPDX-License-Identifier: Apache-2.0
 *
 * needles.h -- what is looked for in memory: byte strings that are secret, or that
 * give a secret away, and that can be worked out beside the library. */
#ifndef LOCKET_TEST_NEEDLES_H
#define LOCKET_TEST_NEEDLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NEEDLE_MAX = 192, N_NEEDLES = 4000, N_TRAFFIC = 16 };

/* Where a needle may lie: in its home, as long as that lives. HOME_STAGE is wherever a
 * story keeps something, its datagrams included. */
enum needle_home { HOME_NONE, HOME_KEYS, HOME_MASTER, HOME_RNG, HOME_COOKIE, HOME_TICKET, HOME_CHECK, HOME_STAGE };
struct needle {
    const char *name;
    size_t len;
    enum needle_home home;
    bool whole;                   /* found only when all of it is there */
    uint8_t at[NEEDLE_MAX];
};
/* A direction's key and salt; a master secret. Those of the last handshakes. */
struct traffic { uint8_t key[16], salt[4]; };

/* They lie in pages of their own, which nobody searches. */
struct needles {
    struct needle list[N_NEEDLES];
    unsigned n;
    uint8_t transcript[2048];     /* the handshake messages that the wire has seen */
    size_t transcript_len;
    uint32_t seen;                /* their types; one that is repeated counts once */
    uint8_t random[2][32];
    uint8_t key_seq[2];           /* message_seq of ClientKeyExchange */
    uint8_t last_seq;             /* ... of the message that was seen last */
    struct traffic traffic[N_TRAFFIC];
    unsigned n_traffic;
    uint8_t master[N_TRAFFIC][48];
    unsigned n_masters;
    bool plain;                   /* no extended master secret */
    bool gcm;                     /* the records' AEAD */
    size_t tag_len;
};
extern struct needles *needles;

void needles_reset(void);
/* Add one, once. */
void needle_add(const char *name, const void *at, size_t len, enum needle_home home);
/* What came out of SHA-256, and the words of its state in this machine's order. */
void needle_hash(const char *name, const uint8_t *at, size_t len, enum needle_home home);
/* The same for bytes that mean something only all together. */
void needle_whole(const char *name, const void *at, size_t len, enum needle_home home);
/* A key for AES, and what the key schedules make of it: sealed.c. */
void needle_aes(const char *name, const uint8_t key[16], enum needle_home home);
/* What one sealed record leads to, if this is its key; its connection ID has `cid_len` bytes: sealed.c. */
bool needle_record(const uint8_t key[16], const uint8_t salt[4], const uint8_t *record, size_t cid_len, size_t len);
/* What a saved session leads to, and its key: sealed.c. */
bool needle_blob(const uint8_t key[16], uint32_t id, const uint8_t *blob, size_t len);
/* A key for HMAC: itself if it has a home, its two midstates. */
void needle_hmac(const char *name, const void *key, size_t len, enum needle_home home);
/* What a PSK leads to, whatever the handshake; and the PSK, if it has no other home. */
void needles_psk(const uint8_t *psk, size_t len, bool itself);
/* A datagram on the wire. Its handshake messages in the clear: when they reach
 * ClientKeyExchange, all keys that follow from each of the PSKs are added. And its sealed
 * records: what it takes to open them. */
void needles_wire(const uint8_t *datagram, size_t len, const uint8_t *const psk[], size_t n_psks, size_t psk_len);
/* What the exporter goes through. */
void needles_export(const char *label, const uint8_t *context, size_t len);
/* Is there a needle of exactly these bytes? */
bool needle_is(const void *at, size_t len);

#endif
