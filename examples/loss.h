/* SPDX-License-Identifier: Apache-2.0
 *
 * loss.h -- a network that loses datagrams, the same ones for the same seed. */
#ifndef EXAMPLES_LOSS_H
#define EXAMPLES_LOSS_H

#include <stdbool.h>
#include <stdint.h>

struct loss {
    unsigned percent;
    uint64_t state;               /* the seed at first */
    uint32_t lost;
};

/* Is the next datagram lost? */
bool loss_next(struct loss *l);

#endif
