/* SPDX-License-Identifier: Apache-2.0
 *
 * protect.h -- seal and open one record (RFC 6347 section 4.1.2, RFC 5246 section
 * 6.2.3.3, RFC 6655, RFC 5288): the only code that touches traffic keys.
 *
 *     header(13) | nonce_explicit(8) | ciphertext | tag
 *     nonce = salt(4) | nonce_explicit     AAD = number(8) type(1) version(2) len(2)
 *
 * and with a connection ID (RFC 9146 sections 4 and 5.3), where the plaintext is followed by its
 * real type and zeros:
 *
 *     AAD = FF(8) 25(1) cid_length(1) 25(1) version(2) number(8) cid len(2) */
#ifndef LOCKET_PROTECT_H
#define LOCKET_PROTECT_H

#include "header.h"
#include "session.h"

enum { NONCE_EXPLICIT = 8, RECORD_HEADROOM = RECORD_HEADER + NONCE_EXPLICIT };     /* without a connection ID */

/* Bytes in front of a sealed record's plaintext, and all that it adds to it but padding. */
LOCKET_INTERNAL size_t record_headroom(const locket_session *s);
LOCKET_INTERNAL size_t record_overhead(const locket_session *s);

/* Seal the `len` bytes that lie at out + record_headroom() into one record of the
 * session's epoch at out, which must have room for len + record_overhead(), and for data
 * session_padding() more.
 * Returns its whole length, or 0 when the key has protected all it may.
 * The number is taken and advanced before anything else. */
LOCKET_INTERNAL size_t record_seal(locket_session *s, unsigned type, uint8_t *out, size_t len);

/* Open a record of the session's epoch in place: on success `r->body` and
 * `r->len` are the plaintext. On failure nothing has changed, bytes and state.
 * Type, version and number are those that stand in front of the body.
 * Neither looks at nor moves the window. */
LOCKET_INTERNAL bool record_open(const locket_session *s, struct record *r);

/* Look at the window, open, and only then move the window: see replay.h. Longer than we have
 * said that we take is not looked at (RFC 8449 section 4: discarded). */
enum received { RECEIVED, RECEIVED_AGAIN, RECEIVED_FORGED, RECEIVED_TOO_LONG };
LOCKET_INTERNAL enum received record_receive(locket_session *s, struct record *r);

/* How many records this key may still protect. */
LOCKET_INTERNAL uint64_t record_budget(const locket_session *s);

#endif
