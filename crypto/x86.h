/* SPDX-License-Identifier: Apache-2.0
 *
 * x86.h -- the primitives on AES-NI, PCLMULQDQ and SHA-NI, and whether the
 * processor that runs us has them. Only called where LOCKET_CFG_X86 is 1 and the
 * question was answered with yes; the portable code stays callable beside them. */
#ifndef LOCKET_X86_H
#define LOCKET_X86_H

#include "aead.h"

LOCKET_INTERNAL bool x86_has_sha(void);
LOCKET_INTERNAL bool x86_has_aes(void);       /* and PCLMULQDQ, SSSE3, SSE4.1 */

LOCKET_INTERNAL void sha256_blocks_x86(uint32_t state[8], const uint8_t *data, size_t n);
/* The end of a hash of `total` bytes, whose last are in block: its digest; or, under the outer
 * midstate of a key, the HMAC. `out` may be the block. */
LOCKET_INTERNAL void sha256_end_x86(const uint32_t state[8], const uint32_t block[16],
                                    uint32_t total, const uint32_t *outer, void *out);
LOCKET_INTERNAL void ccm_seal_x86(const uint8_t key[16], const struct aead_message *m,
                                  uint8_t *tag, size_t tag_len);
LOCKET_INTERNAL bool ccm_open_x86(const uint8_t key[16], const struct aead_message *m,
                                  const uint8_t *tag, size_t tag_len);
LOCKET_INTERNAL void gcm_seal_x86(const uint8_t key[16], const struct aead_message *m, uint8_t *tag);
LOCKET_INTERNAL bool gcm_open_x86(const uint8_t key[16], const struct aead_message *m, const uint8_t *tag);

#endif
