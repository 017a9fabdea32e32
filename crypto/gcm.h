/* SPDX-License-Identifier: Apache-2.0
 *
 * gcm.h -- AES-128-GCM (SP 800-38D) with a 12-byte nonce and a 16-byte tag. */
#ifndef LOCKET_GCM_H
#define LOCKET_GCM_H

#include "aead.h"

LOCKET_INTERNAL void gcm_seal(const uint8_t key[16], const struct aead_message *m, uint8_t *tag);
LOCKET_INTERNAL bool gcm_open(const uint8_t key[16], const struct aead_message *m, const uint8_t *tag);

#endif
