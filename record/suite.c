/* SPDX-License-Identifier: Apache-2.0
 *
 * suite.c -- the cipher suites (RFC 6655, RFC 5487), one row each.
 *
 * The rows of one AEAD family stand together, so the suites of a build are a
 * stretch of the table: what is not compiled in lies before or behind it. */
#include "suite.h"
#include "header.h"
#include "locket.h"

static const struct suite suite_table[] = {
    { LOCKET_PSK_AES_128_CCM_8, DTLS_1_2, KX_PSK, AEAD_CCM_8 },
    { LOCKET_PSK_AES_128_CCM, DTLS_1_2, KX_PSK, AEAD_CCM },
    { LOCKET_PSK_AES_128_GCM_SHA256, DTLS_1_2, KX_PSK, AEAD_GCM },
};
enum {
    SUITE_ROWS = sizeof suite_table / sizeof suite_table[0],
    SUITE_CCM_ROWS = 2,
    SUITE_FIRST = LOCKET_CFG_CCM ? 0 : SUITE_CCM_ROWS,
    SUITE_END = LOCKET_CFG_GCM ? SUITE_ROWS : SUITE_CCM_ROWS
};

LOCKET_INTERNAL size_t suite_count(void)
{
    return SUITE_END - SUITE_FIRST;
}

LOCKET_INTERNAL const struct suite *suite_at(size_t row)
{
    return &suite_table[SUITE_FIRST + row];
}

LOCKET_INTERNAL int suite_row(unsigned id)
{
    for (size_t row = 0; row < suite_count(); row++)
        if (suite_at(row)->id == id)
            return (int)row;
    return -1;
}

/* Beside the table, so that a build which never asks for a name links none. */
const char *locket_suite_name(uint16_t suite)
{
    switch (suite) {
    case LOCKET_PSK_AES_128_CCM_8:      return "TLS_PSK_WITH_AES_128_CCM_8";
    case LOCKET_PSK_AES_128_CCM:        return "TLS_PSK_WITH_AES_128_CCM";
    case LOCKET_PSK_AES_128_GCM_SHA256: return "TLS_PSK_WITH_AES_128_GCM_SHA256";
    default:                            return "an unknown suite";
    }
}
