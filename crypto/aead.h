/* SPDX-License-Identifier: Apache-2.0
 *
 * aead.h -- the AEADs of the cipher suites as one const table (RFC 5116): AES-128
 * in CCM with tags of 8 and 16 bytes (RFC 3610, RFC 6655) and in GCM (SP 800-38D,
 * RFC 5288). Keys have 16 bytes, nonces 12, additional data fewer than 65,280. */
#ifndef LOCKET_AEAD_H
#define LOCKET_AEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "locket_config.h"

/* One protected message; it says where things lie, and owns nothing. */
struct aead_message {
    const uint8_t *nonce;         /* 12 bytes */
    const uint8_t *aad;
    size_t aad_len;
    uint8_t *text;                /* plaintext or ciphertext, worked on in place */
    size_t len;                   /* without the tag, below 2^24 - 16 (CCM with L = 3) */
};

struct aead {
    uint8_t  tag_len;
    uint32_t max_records;         /* sealed under one key */
    uint32_t max_forgeries;       /* opened in vain under one key */
    /* Encrypt in place and write the tag behind the text. */
    void (*seal)(const uint8_t key[16], const struct aead_message *m, uint8_t *tag);
    /* Decrypt in place when the tag is right; else the text is as it was. */
    bool (*open)(const uint8_t key[16], const struct aead_message *m, const uint8_t *tag);
};

/* NULL for one that is not compiled in. */
enum aead_id { AEAD_CCM_8, AEAD_CCM, AEAD_GCM };
LOCKET_INTERNAL const struct aead *aead_of(enum aead_id id);

#endif
