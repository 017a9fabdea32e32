/* SPDX-License-Identifier: Apache-2.0
 *
 * datagram.h -- several records in one datagram to send (RFC 6347 section 4.1.1). */
#ifndef LOCKET_DATAGRAM_H
#define LOCKET_DATAGRAM_H

#include "protect.h"

/* A datagram being filled. */
struct datagram { uint8_t *at; size_t len, cap; };

/* How many plaintext bytes one more record may have; 0 when none fits.
 * `s` = NULL means a plaintext record of epoch 0. */
LOCKET_INTERNAL size_t datagram_room(const struct datagram *d, const locket_session *s);
/* Where the plaintext of the next record has to be written. */
LOCKET_INTERNAL uint8_t *datagram_text(const struct datagram *d, const locket_session *s);
/* Finish the record whose `len` plaintext bytes were written there: plaintext
 * with epoch-0 number `number`, or sealed. False when the key is worn out. */
LOCKET_INTERNAL bool datagram_plain(struct datagram *d, unsigned type, unsigned version,
                                    uint64_t number, size_t len);
LOCKET_INTERNAL bool datagram_seal(struct datagram *d, locket_session *s, unsigned type, size_t len);

#endif
