/* SPDX-License-Identifier: Apache-2.0
 *
 * locket_port.h -- what a platform supplies. One function has to exist; the
 * others only when their knob in locket_config.h is 1. */
#ifndef LOCKET_PORT_H
#define LOCKET_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "locket_config.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Fill `out` with `len` bytes of full entropy, from a hardware generator or
 * the operating system. Called by locket_init() for 48 bytes, and again every
 * 2^16 requests for 32 (SP 800-90A section 8.6), then from within locket_connect()
 * or locket_next(). Return false when that many cannot be had now:
 * locket_init() then fails with LOCKET_ERR_ENTROPY and may be tried again, a handshake
 * that needs randomness fails, and nothing ever runs unseeded. A test injects its
 * own bytes here. */
bool locket_port_entropy(uint8_t *out, size_t len);

/* With LOCKET_CFG_PORT_AES 1: encrypt one 16-byte block under a 16-byte key,
 * in place, in a time that depends on neither. */
void locket_port_aes(const uint8_t key[16], uint8_t block[16]);

#ifdef __cplusplus
}
#endif
#endif
