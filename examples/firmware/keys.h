/* SPDX-License-Identifier: Apache-2.0
 *
 * keys.h -- who may talk to whom. In a product every meter has one key, its own, in memory
 * that the debugger cannot read; only the gateway has them all. Here one table serves both. */
#ifndef FIRMWARE_KEYS_H
#define FIRMWARE_KEYS_H

#include "locket.h"

enum { KEYS_IDENTITY = 7, KEYS_LEN = 16, KEYS = 4 };

extern const struct key {
    char    identity[KEYS_IDENTITY + 1];
    uint8_t key[KEYS_LEN];
} keys[KEYS];

/* Fill in what a psk callback has to: identity, key and handle, which is 1 for the first. */
void keys_answer(uint32_t handle, locket_psk *psk);

#endif
