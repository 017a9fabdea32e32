/* SPDX-License-Identifier: Apache-2.0
 *
 * port_aes.c -- Locket on an AES peripheral: built with LOCKET_CFG_PORT_AES 1, CCM and GCM take
 * their blocks from here and the portable AES is left out.
 *
 * The key is loaded for every block, so the engine may be shared with others between two
 * calls; who shares it with an interrupt has to lock it here. It is taken out again, for what
 * stays in a register can be read. */
#include "aes_engine.h"
#include "locket_port.h"

static uint32_t load(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void store(uint8_t *p, uint32_t word)
{
    p[0] = (uint8_t)(word >> 24);
    p[1] = (uint8_t)(word >> 16);
    p[2] = (uint8_t)(word >> 8);
    p[3] = (uint8_t)word;
}

void locket_port_aes(const uint8_t key[16], uint8_t block[16])
{
    for (int i = 0; i < 4; i++) {
        aes_engine.key[i] = load(key + 4 * i);
        aes_engine.data[i] = load(block + 4 * i);
    }
    aes_engine.control = AES_ENGINE_START;
    do
        aes_engine_wait();
    while ((aes_engine.status & AES_ENGINE_BUSY) != 0);
    for (int i = 0; i < 4; i++) {
        store(block + 4 * i, aes_engine.data[i]);
        aes_engine.key[i] = 0;
        aes_engine.data[i] = 0;
    }
}
