/* SPDX-License-Identifier: Apache-2.0
 *
 * aes_engine.c -- a model of the AES peripheral of examples/firmware/aes_engine.h: registers, a
 * start bit, and a result after eleven clocks, during which data and key read as nonsense. The
 * cipher is FIPS 197 as it stands there, byte by byte; nothing of crypto/aes.c. */
#include "../../examples/firmware/aes_engine.h"

enum { CLOCKS = 11 };

struct aes_engine aes_engine;

static uint32_t blocks;                       /* encrypted so far */
static unsigned clocks_left;
static uint8_t latched[16], text[16];         /* key and block, inside */

uint32_t aes_engine_blocks(void)
{
    return blocks;
}

static uint8_t twice(uint8_t x)
{
    return (uint8_t)(x << 1 ^ (x >> 7) * 0x1B);
}

static uint8_t times(uint8_t x, uint8_t y)
{
    uint8_t product = 0;
    for (; y != 0; y >>= 1, x = twice(x))
        if ((y & 1) != 0)
            product ^= x;
    return product;
}

/* Section 5.1.1: the inverse, which is the 254th power, and the affine map. */
static uint8_t substituted(uint8_t x)
{
    static uint8_t box[256];
    static uint8_t known[256];
    if (!known[x]) {
        uint8_t inverse = 1;
        for (int i = 0; i < 254; i++)
            inverse = times(inverse, x);
        box[x] = 0x63;
        for (int i = 0; i < 5; i++)
            box[x] ^= (uint8_t)(inverse << i | inverse >> (8 - i));
        known[x] = 1;
    }
    return box[x];
}

static void next_key(uint8_t key[16], uint8_t constant)
{
    for (int i = 0; i < 4; i++)
        key[i] ^= substituted(key[12 + (i + 1) % 4]);
    key[0] ^= constant;
    for (int i = 4; i < 16; i++)
        key[i] ^= key[i - 4];
}

static void encrypt(uint8_t key[16], uint8_t state[16])
{
    uint8_t moved[16], constant = 1;
    for (int i = 0; i < 16; i++)
        state[i] ^= key[i];
    for (int round = 1; round <= 10; round++, constant = twice(constant)) {
        for (int i = 0; i < 16; i++)                      /* SubBytes and ShiftRows */
            moved[i] = substituted(state[(i + 4 * (i % 4)) % 16]);
        next_key(key, constant);
        for (int i = 0; i < 16; i++) {
            const uint8_t *column = moved + i / 4 * 4;
            const uint8_t a = column[i % 4], b = column[(i + 1) % 4], c = column[(i + 2) % 4],
                          d = column[(i + 3) % 4];
            state[i] = (uint8_t)((round == 10 ? a : twice(a) ^ twice(b) ^ b ^ c ^ d) ^ key[i]);
        }
    }
}

static void words(volatile uint32_t out[4], const uint8_t in[16])
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint32_t)in[4 * i] << 24 | (uint32_t)in[4 * i + 1] << 16 | (uint32_t)in[4 * i + 2] << 8 |
                 in[4 * i + 3];
}

static void bytes(uint8_t out[16], volatile uint32_t in[4])
{
    for (int i = 0; i < 16; i++)
        out[i] = (uint8_t)(in[i / 4] >> (24 - i % 4 * 8));
}

void aes_engine_wait(void)
{
    if ((aes_engine.control & AES_ENGINE_START) != 0) {
        aes_engine.control = 0;
        aes_engine.status = AES_ENGINE_BUSY;
        clocks_left = CLOCKS;
        bytes(latched, aes_engine.key);
        bytes(text, aes_engine.data);
        for (int i = 0; i < 4; i++)
            aes_engine.key[i] = aes_engine.data[i] = 0xA5A5A5A5;
    } else if (clocks_left > 0 && --clocks_left == 0) {
        encrypt(latched, text);
        words(aes_engine.data, text);
        aes_engine.status = 0;
        blocks++;
    }
}
