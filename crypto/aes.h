/* SPDX-License-Identifier: Apache-2.0
 *
 * aes.h -- AES-128 encryption (FIPS 197), bitsliced: two blocks at once, no table,
 * no branch, no address that depends on key or data. */
#ifndef LOCKET_AES_H
#define LOCKET_AES_H

#include <stddef.h>
#include <stdint.h>

#include "locket_config.h"

/* The 11 round keys, compressed: 176 bytes. Their layout belongs to the
 * implementation that expanded them. */
struct aes_key { uint32_t round[44]; };

LOCKET_INTERNAL void aes_expand(struct aes_key *k, const uint8_t key[16]);
/* Encrypt both blocks in place, in one pass. */
LOCKET_INTERNAL void aes_encrypt2(const struct aes_key *k, uint8_t a[16], uint8_t b[16]);

#endif
