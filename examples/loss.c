/* SPDX-License-Identifier: Apache-2.0
 *
 * loss.c -- the dice of --loss: SplitMix64 (Steele, Lea, Flood 2014). Good
 * enough for dice, and for nothing that has to be secret. */
#include "loss.h"

bool loss_next(struct loss *l)
{
    uint64_t z;
    if (l->percent == 0)
        return false;
    z = l->state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    z ^= z >> 31;
    bool lost = z % 100u < l->percent;
    l->lost += lost;
    return lost;
}
