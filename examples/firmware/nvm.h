/* SPDX-License-Identifier: Apache-2.0
 *
 * nvm.h -- what survives that power fails: a counter that never goes back, the session that
 * sleeps, and the record to come back with when that is lost. The chip's flash is not emulated,
 * so memory that a reset leaves alone is written here by the rules of flash: a page is erased
 * to ones, then bits go from one to zero, and power may fail in the middle of either. */
#ifndef FIRMWARE_NVM_H
#define FIRMWARE_NVM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum nvm_page { NVM_SESSION, NVM_RECORD };

/* At start. What has never been written gets a counter of 0 and a key. */
bool nvm_open(void);

/* Under which the session is sealed: drawn with the counter, so both begin anew together. */
const uint8_t *nvm_key(void);

/* What locket_config.counter wants. There is one counter, for the id 0. */
bool nvm_counter(void *user, uint32_t id, bool advance, uint64_t *value);

/* Whoever has been interrupted while writing has neither the old bytes nor the new ones. */
void nvm_write(enum nvm_page page, const uint8_t *data, size_t len);
/* NULL: there is nothing. */
const uint8_t *nvm_read(enum nvm_page page, size_t *len);

/* Bytes of it all. */
size_t nvm_size(void);

/* Here power fails, if its time has come (kept.fuse). */
void nvm_risk(const char *where);

#endif
