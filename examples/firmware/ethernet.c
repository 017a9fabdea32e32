/* SPDX-License-Identifier: Apache-2.0
 *
 * ethernet.c -- the MAC of the LM3S6965. Its receiver filters nothing that matters here: who
 * reads a frame checks the destination. */
#include "ethernet.h"
#include "lm3s6965.h"

enum { LENGTH_BYTES = 2, CRC_BYTES = 4, HEADER_BYTES = 14 };

void ethernet_open(const uint8_t address[6])
{
    RCGC2 |= RCGC2_ETHERNET;
    MAC_IM = MAC_INT_RX;          /* only to wake from sleep: clock.c */
    MAC_RCTL = MAC_RCTL_RSTFIFO;
    MAC_IACK = MAC_INT_ALL;
    MAC_IA0 = (uint32_t)address[3] << 24 | (uint32_t)address[2] << 16 | (uint32_t)address[1] << 8 |
              address[0];
    MAC_IA1 = (uint32_t)address[5] << 8 | address[4];
    MAC_THR = MAC_THR_WHOLE;
    MAC_TCTL = MAC_TCTL_DUPLEX | MAC_TCTL_CRC | MAC_TCTL_PADEN | MAC_TCTL_TXEN;
    MAC_RCTL = MAC_RCTL_BADCRC | MAC_RCTL_RXEN;
}

size_t ethernet_receive(uint32_t *buffer, size_t cap)
{
    if (MAC_NP == 0)
        return 0;
    const uint32_t first = MAC_DATA;
    const size_t total = first & 0xFFFF;      /* with the length itself and the checksum */
    buffer[0] = first;
    /* Every word has to be taken out, also of a frame that is too long. */
    for (size_t i = 1; i < (total + 3) / 4; i++) {
        const uint32_t word = MAC_DATA;
        if (4 * i + 4 <= cap)
            buffer[i] = word;
    }
    if (total < LENGTH_BYTES + HEADER_BYTES + CRC_BYTES || total - CRC_BYTES > cap)
        return 0;
    return total - LENGTH_BYTES - CRC_BYTES;
}

void ethernet_send(uint32_t *buffer, size_t len)
{
    while ((MAC_TR & MAC_TR_NEWTX) != 0)
        continue;
    buffer[0] = (buffer[0] & 0xFFFF0000u) | (uint32_t)(len - HEADER_BYTES);
    for (size_t i = 0; i < (LENGTH_BYTES + len + 3) / 4; i++)
        MAC_DATA = buffer[i];
    MAC_TR = MAC_TR_NEWTX;
}
