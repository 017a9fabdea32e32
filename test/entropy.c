/* SPDX-License-Identifier: Apache-2.0
 *
 * entropy.c -- locket_port_entropy() for the tests: splitmix64, one step per byte.
 * Good enough to tell runs apart, and never to be used for anything else. */
#include "entropy.h"

#include "locket_port.h"

static uint64_t entropy_state;
static size_t entropy_given;
static bool entropy_failing;

void entropy_seed(uint64_t seed)
{
    entropy_state = seed;
    entropy_given = 0;
    entropy_failing = false;
}

void entropy_fail(bool fail)
{
    entropy_failing = fail;
}

size_t entropy_used(void)
{
    return entropy_given;
}

bool locket_port_entropy(uint8_t *out, size_t len)
{
    if (entropy_failing)
        return false;
    for (size_t i = 0; i < len; i++) {
        uint64_t z = entropy_state += UINT64_C(0x9e3779b97f4a7c15);

        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        out[i] = (uint8_t)(z ^ z >> 31);
    }
    entropy_given += len;
    return true;
}
