/* SPDX-License-Identifier: Apache-2.0
 *
 * ccm.h -- AES-128-CCM (RFC 3610, SP 800-38C) with a 12-byte nonce (L = 3): CTR and
 * CBC-MAC in the two lanes of one AES pass. */
#ifndef LOCKET_CCM_H
#define LOCKET_CCM_H

#include "aead.h"

LOCKET_INTERNAL void ccm_seal(const uint8_t key[16], const struct aead_message *m, uint8_t *tag, size_t tag_len);
LOCKET_INTERNAL bool ccm_open(const uint8_t key[16], const struct aead_message *m, const uint8_t *tag, size_t tag_len);

#endif
