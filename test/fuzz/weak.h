/* SPDX-License-Identifier: Apache-2.0
 *
 * weak.h -- the cryptography of a fuzz build, which a fuzzer can talk to: nothing is
 * encrypted, any tag is taken, and a comparison of cookies or of Finished says yes when
 * the harness says so. All else, the key schedule, the transcript, the cookie's HMAC,
 * is the real thing: with both switches off a handshake must be a real handshake.
 *
 * A first byte of REFUSED makes a tag, a cookie or a Finished bad after all, so that
 * one input can have both. What happened is counted, for the invariants; and a nonce
 * that is used twice under one key ends the process. */
#ifndef TEST_WEAK_H
#define TEST_WEAK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WEAK_REFUSED = 0xBD, WEAK_COOKIE = 16, WEAK_FINISHED = 12 };

struct weak {
    bool any_cookie, any_finished;
    unsigned cookies, finisheds;  /* comparisons that said yes */
    unsigned opened;              /* records */
    const uint8_t *opened_by[8];  /* the last few keys, by address */
};
extern struct weak weak;

void weak_reset(void);
/* Has a record been opened with a key that lies in these bytes, since `opened` was
 * that much? */
bool weak_opened_in(const void *bytes, size_t len, unsigned since);

#endif
