/* SPDX-License-Identifier: Apache-2.0
 *
 * blob.h -- a session as bytes, to be kept where power fails: all of it, encrypted and
 * authenticated with AES-128-CCM (GCM in a build without), and nothing that a later version
 * could not tell from its own.
 *
 *     format(1) counter(8) | suite(2) flags(1) finished_seq(1) path(1) epoch0_next(2) handle(4)
 *     bad_tags(4) verify_data(12) send_limit(2) take_limit(2) fragment(1) send(8) recv(8) window(8)
 *     keys(2 x 16) salts(2 x 4) peer<1> our connection ID<1> theirs<1> | tag(16)
 *
 *     nonce = id(4) | counter(8)           AAD = format counter
 *
 * format: 1, of a client; 2, of a server.
 * The counter never has the same value twice under an id and key, so neither has the nonce. */
#ifndef LOCKET_BLOB_H
#define LOCKET_BLOB_H

#include "locket.h"
#include "session.h"

/* The length of a blob of session `s`, LOCKET_BLOB_MAX at most; and the blob. */
LOCKET_INTERNAL size_t blob_len(const locket_session *s, const locket_config *c);
LOCKET_INTERNAL void blob_seal(const locket_session *s, const locket_config *c, uint32_t id, uint64_t counter,
                               const uint8_t key[16], uint8_t *out);
/* Back into a session that is all zero, and its counter. False: it was not made with that id and
 * key, or not for that role and length of connection IDs. Either way there may be secrets in
 * the session and in `blob`, which is worked on in place. */
LOCKET_INTERNAL bool blob_open(locket_session *s, const locket_config *c, uint32_t id, uint64_t *counter,
                               const uint8_t key[16], uint8_t *blob, size_t len);

#endif
