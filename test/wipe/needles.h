/* SPDX-License-Identifier: Apache-2.0
 *
 * needles.h -- what is looked for in memory: byte strings that are secret, or that
 * give a secret away, and that can be worked out beside the library. */
#ifndef LOCKET_TEST_NEEDLES_H
#define LOCKET_TEST_NEEDLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NEEDLE_MAX = 192, N_NEEDLES = 1200 };

/* Where a needle may lie: in its home, as long as that lives. */
enum needle_home { HOME_NONE, HOME_KEYS, HOME_MASTER, HOME_RNG, HOME_COOKIE };
struct needle { const char *name; size_t len; enum needle_home home; uint8_t at[NEEDLE_MAX]; };

/* They lie in pages of their own, which nobody searches. */
struct needles {
    struct needle list[N_NEEDLES];
    unsigned n;
    uint8_t transcript[2048];     /* the handshake messages that the wire has seen */
    size_t transcript_len;
    uint8_t random[2][32];
    bool plain;                   /* no extended master secret */
};
extern struct needles *needles;

void needles_reset(void);
/* Add one, once. */
void needle_add(const char *name, const void *at, size_t len, enum needle_home home);
/* A key for HMAC: itself if it has a home, its two midstates. */
void needle_hmac(const char *name, const void *key, size_t len, enum needle_home home);
/* What a PSK leads to, whatever the handshake; and the PSK, if it has no other home. */
void needles_psk(const uint8_t *psk, size_t len, bool itself);
/* A datagram on the wire: the handshake messages in it in the clear. When they reach
 * ClientKeyExchange, all keys that follow from each of the PSKs are added. */
void needles_wire(const uint8_t *datagram, size_t len, const uint8_t *const psk[], size_t n_psks, size_t psk_len);
/* Is there a needle of exactly these bytes? */
bool needle_is(const void *at, size_t len);

#endif
