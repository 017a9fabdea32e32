/* SPDX-License-Identifier: Apache-2.0
 *
 * ethernet.h -- frames in and out of the MAC of the LM3S6965, by polling.
 *
 * A buffer begins with two bytes of length, as in the FIFO of the MAC; the frame follows from
 * its destination on, without checksum. So the MAC's words are the buffer's words, and the
 * payload of IP lies on a multiple of four. */
#ifndef FIRMWARE_ETHERNET_H
#define FIRMWARE_ETHERNET_H

#include <stddef.h>
#include <stdint.h>

void ethernet_open(const uint8_t address[6]);

/* The next frame: its length, or 0 when none waits or it does not fit `cap` bytes of buffer. */
size_t ethernet_receive(uint32_t *buffer, size_t cap);

/* Send the frame of `len` bytes in the buffer. Short ones are padded. */
void ethernet_send(uint32_t *buffer, size_t len);

#endif
