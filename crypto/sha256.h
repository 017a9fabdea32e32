/* SPDX-License-Identifier: Apache-2.0
 *
 * sha256.h -- SHA-256 (FIPS 180-4, RFC 6234), rolling 16-word schedule. */
#ifndef LOCKET_SHA256_H
#define LOCKET_SHA256_H

#include "locket_storage.h"

/* Start; hash n bytes more (less than 2^32 in all); put the 32 bytes of the digest in
 * out. sha256_end() spoils all of it: work on a copy to go on. `out` may be s->block. */
LOCKET_INTERNAL void sha256_start(struct locket_sha256 *s);
LOCKET_INTERNAL void sha256_add(struct locket_sha256 *s, const void *data, size_t n);
LOCKET_INTERNAL void sha256_end(struct locket_sha256 *s, void *out);

/* The compression function over one block, which it spoils: 64 bytes, in memory as they
 * came. And the portable one, which the tests call whatever the processor has (x86.h). */
LOCKET_INTERNAL void sha256_block(uint32_t state[8], uint32_t block[16]);
LOCKET_INTERNAL void sha256_block_portable(uint32_t state[8], uint32_t block[16]);

#endif
