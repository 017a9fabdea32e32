/* SPDX-License-Identifier: Apache-2.0
 *
 * suite.h -- every cipher suite we can speak, in one const table. */
#ifndef LOCKET_SUITE_H
#define LOCKET_SUITE_H

#include "aead.h"

enum key_exchange { KX_PSK };

struct suite {
    uint16_t id;                  /* IANA */
    uint16_t version;             /* the only one it is for */
    uint8_t  key_exchange;        /* enum key_exchange */
    uint8_t  aead;                /* enum aead_id */
};

/* The table in our default order of preference, without those not compiled in.
 * A session stores the row's number. */
LOCKET_INTERNAL size_t suite_count(void);
LOCKET_INTERNAL const struct suite *suite_at(size_t row);
/* Row of that id, or -1. */
LOCKET_INTERNAL int suite_row(unsigned id);

#endif
