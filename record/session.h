/* SPDX-License-Identifier: Apache-2.0
 *
 * session.h -- the state that outlives a handshake: what its bits mean. The structure itself
 * is in locket_storage.h, the asserts that keep it small are in session.c. */
#ifndef LOCKET_SESSION_H
#define LOCKET_SESSION_H

#include "ct.h"
#include "header.h"
#include "suite.h"
#include "locket_storage.h"

enum { SESSION_FREE, SESSION_CONNECTING, SESSION_LIVE, SESSION_CLOSING };
enum { OURS, THEIRS };            /* key[], salt[] */

/* A compile-time truth. */
#define STATIC_ASSERT(name, truth) typedef char static_assert_##name[(truth) ? 1 : -1]

static inline const struct aead *session_aead(const locket_session *s)
{
    return aead_of((enum aead_id)suite_at(s->suite)->aead);
}

/* The connection ID that our sealed records bring; empty: they have none. */
static inline struct span session_peer_cid(const locket_session *s)
{
    return LOCKET_CFG_CID ? span_of(LOCKET_CIDS(s)->theirs, LOCKET_TERMS(s)->peer_cid_len) : span_of(NULL, 0);
}
/* With one a record's plaintext is followed by its real type, and data by so many zeros at most. */
static inline size_t session_padding(const locket_session *s)
{
    return session_peer_cid(s).len ? LOCKET_CFG_CID_PADDING - 1 : 0;
}
/* Do the peer's bring ours? */
static inline bool session_has_cid(const locket_session *s) { return LOCKET_CFG_CID && LOCKET_TERMS(s)->cid; }

/* The most plaintext that a record of ours, or of the peer's, may have. */
static inline size_t session_limit(unsigned agreed)
{
    return agreed && agreed < PLAINTEXT_MAX ? agreed : PLAINTEXT_MAX;
}
static inline size_t session_send_limit(const locket_session *s)
{
    size_t limit = LOCKET_CFG_LIMITS ? session_limit(LOCKET_TERMS(s)->send_limit) : PLAINTEXT_MAX;
    return limit - (session_peer_cid(s).len > 0);  /* the type counts: RFC 9146 section 5 */
}
static inline size_t session_take_limit(const locket_session *s)
{
    return LOCKET_CFG_LIMITS ? session_limit(LOCKET_TERMS(s)->take_limit) : PLAINTEXT_MAX;
}

/* Put both directions at the start of epoch 1: numbers 0, an empty window. */
LOCKET_INTERNAL void session_start_epoch(locket_session *s);
/* Odd in size and unaligned: a copy takes more code than to call for one. */
LOCKET_INTERNAL APART void peer_copy(locket_peer *to, const locket_peer *from);
LOCKET_INTERNAL bool session_is_peer(const locket_session *s, const locket_peer *peer);

#endif
