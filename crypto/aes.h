/* SPDX-License-Identifier: Apache-2.0
 *
 * aes.h -- AES-128 encryption (FIPS 197), bitsliced: two blocks at once, no table,
 * no branch, no address that depends on key or data. */
#ifndef LOCKET_AES_H
#define LOCKET_AES_H

#include <stddef.h>
#include <stdint.h>

#include "locket_config.h"

/* The key itself, which has to stay where it is: it is round key 0. And the ten round keys
 * that follow from it, compressed, for whoever has to make them. */
struct aes_key { const uint8_t *key; uint32_t round[LOCKET_CFG_PORT_AES ? 1 : 40]; };

/* Whoever will encrypt has room for two blocks: `pair` is worked in, and spoilt. */
LOCKET_INTERNAL void aes_expand(struct aes_key *k, const uint8_t key[16], uint32_t pair[8]);
/* Encrypt two blocks in place, in one pass: 32 bytes, in memory as they are. */
LOCKET_INTERNAL void aes_encrypt2(const struct aes_key *k, uint32_t pair[8]);

#endif
