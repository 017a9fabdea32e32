/* SPDX-License-Identifier: Apache-2.0
 *
 * prf.h -- HMAC keys and the TLS 1.2 PRF as the tests like to call them: whole inputs in
 * place of pieces. */
#ifndef TEST_PRF_H
#define TEST_PRF_H

#include <string.h>

#include "kdf.h"

static inline void key_of(struct locket_hmac *k, const void *key, size_t n)
{
    struct locket_sha256 s;
    const struct piece whole = { key, n };
    hmac_key(k, &s, &whole, 1);
}

static inline void prf(const void *secret, size_t secret_len, const char *label, const void *a, size_t a_len,
                       const void *b, size_t b_len, uint8_t *out, size_t len)
{
    const struct piece whole = { secret, secret_len };
    const struct piece seed[] = { { label, strlen(label) }, { a, a_len }, { b, b_len } };
    tls12_prf(&whole, 1, seed, 3, out, len);
}

#endif
