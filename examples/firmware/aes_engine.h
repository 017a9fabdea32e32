/* SPDX-License-Identifier: Apache-2.0
 *
 * aes_engine.h -- an AES peripheral as many chips have one: load key and block, start, wait,
 * read. The LM3S6965 has none, so test/firmware/aes_engine.c models it. */
#ifndef FIRMWARE_AES_ENGINE_H
#define FIRMWARE_AES_ENGINE_H

#include <stdint.h>

/* Words as FIPS 197 writes them: the first byte is the highest. */
struct aes_engine {
    volatile uint32_t control;    /* AES_ENGINE_START */
    volatile uint32_t status;     /* AES_ENGINE_BUSY */
    volatile uint32_t key[4];
    volatile uint32_t data[4];    /* the block before, and the block after */
};
enum { AES_ENGINE_START = 1, AES_ENGINE_BUSY = 1 };

/* On a chip a line in the linker script says where: aes_engine = 0x4000A000; */
extern struct aes_engine aes_engine;

/* Between two looks at `status`. Empty on a chip; for the model a clock has passed. */
void aes_engine_wait(void);

/* Of the model only: blocks encrypted so far, to see that it is used at all. */
uint32_t aes_engine_blocks(void);

#endif
