/* SPDX-License-Identifier: Apache-2.0
 *
 * port.c -- what this board supplies to Locket: entropy.
 *
 * The LM3S6965 has no true random generator, and the emulated one has not even noise in its
 * ADC. THE HOST'S GENERATOR STANDS IN FOR THE BOARD'S: the bytes are read from /dev/urandom
 * of the machine that runs the emulator. Nothing of this may reach a product. There, read the
 * generator of the chip, check its health as its manual says (SP 800-90B section 4), and
 * return false when it is not ready: nothing in Locket runs without a seed. */
#include "locket_port.h"
#include "semihost.h"

bool locket_port_entropy(uint8_t *out, size_t len)
{
    return semihost_read_file("/dev/urandom", out, len);
}
