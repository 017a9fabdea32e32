/* SPDX-License-Identifier: Apache-2.0
 *
 * port_posix.c -- the one function that Locket asks of a platform, for Linux,
 * the BSDs and macOS. Firmware writes its own over the hardware's generator. */
#define _GNU_SOURCE
#include <sys/random.h>
#include <unistd.h>

#include "locket_port.h"

/* getentropy() waits until the kernel's generator has been seeded once and
 * never gives less than it was asked for, up to 256 bytes at a time. */
bool locket_port_entropy(uint8_t *out, size_t len)
{
    while (len != 0) {
        size_t n = len < 256 ? len : 256;
        if (getentropy(out, n) != 0)
            return false;
        out += n;
        len -= n;
    }
    return true;
}
