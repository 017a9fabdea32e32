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
 * The counter never has the same value twice under an id and key, so neither has the nonce. */
#ifndef LOCKET_BLOB_H
#define LOCKET_BLOB_H

#include "session.h"

/* Write session `s`, whose connection ID of ours has `cid_len` bytes, into out[LOCKET_BLOB_MAX] at
 * most; returns the length. */
LOCKET_INTERNAL size_t blob_len(const locket_session *s, size_t cid_len);
LOCKET_INTERNAL void blob_seal(const locket_session *s, size_t cid_len, uint32_t id, uint64_t counter,
                               const uint8_t key[16], uint8_t *out);
/* Back into a session that is all zero, and its counter. False: it was not made here with that
 * id, key and `cid_len`; either way there may be secrets in all three. `blob` is worked on in place. */
LOCKET_INTERNAL bool blob_open(locket_session *s, size_t cid_len, uint32_t id, uint64_t *counter,
                               const uint8_t key[16], uint8_t *blob, size_t len);

#endif
