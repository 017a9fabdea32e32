/* SPDX-License-Identifier: Apache-2.0
 *
 * datagram.h -- several records in one datagram to send (RFC 6347 section 4.1.1). */
#ifndef LOCKET_DATAGRAM_H
#define LOCKET_DATAGRAM_H

#include "protect.h"

/* A datagram being filled with records of one session: plaintext ones, in epoch 0, until
 * somebody says `sealed`. */
struct datagram {
    uint8_t *at;
    size_t len, cap;
    locket_session *s;
    bool sealed;
};

/* Empty it: it will have records of `s`. */
LOCKET_INTERNAL void datagram_begin(struct datagram *d, locket_session *s, bool sealed);
/* How many plaintext bytes one more record may have; 0 when none fits. */
LOCKET_INTERNAL size_t datagram_room(const struct datagram *d);
/* Where the plaintext of the next record has to be written. */
LOCKET_INTERNAL uint8_t *datagram_text(const struct datagram *d);
/* Finish the record whose `len` plaintext bytes were written there. False when it does not
 * fit, or the numbers of its epoch are used up. */
LOCKET_INTERNAL bool datagram_close(struct datagram *d, unsigned type, size_t len);

#endif
