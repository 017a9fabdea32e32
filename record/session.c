/* SPDX-License-Identifier: Apache-2.0
 *
 * session.c -- what outlives a handshake, and the asserts that keep it small: a
 * larger session, workspace or endpoint does not compile.
 *
 * The ceilings hold for the default knobs; who asks for longer peer names or
 * connection IDs, wider links or a larger arena has asked for the bytes as well. */
#include <string.h>

#include "header.h"
#include "locket.h"
#include "session.h"

enum {
    SESSION_POINTER = sizeof(void *),
    SESSION_DEFAULT = LOCKET_CFG_LINK_BITS == 16 && LOCKET_CFG_PEER_SIZE <= 18 &&
                      LOCKET_CFG_CID_SIZE <= 8 && LOCKET_CFG_PEER_CID_SIZE <= 8,
    SESSION_PLAIN = !LOCKET_CFG_RESUME && !LOCKET_CFG_LIMITS && !LOCKET_CFG_CID,
    SESSION_ARENA_DEFAULT = SESSION_DEFAULT && LOCKET_CFG_ARENA <= 256
};

STATIC_ASSERT(session_size,
              !SESSION_DEFAULT || sizeof(locket_session) <= (SESSION_PLAIN ? 120 : 144));
STATIC_ASSERT(handshake_size,
              !SESSION_ARENA_DEFAULT || SESSION_POINTER != 4 ||
              sizeof(locket_handshake) <= (SESSION_PLAIN ? 640 : 800));
STATIC_ASSERT(resumption_size, !SESSION_DEFAULT || sizeof(locket_resumption) <= 64);
STATIC_ASSERT(endpoint_size,
              !SESSION_DEFAULT || SESSION_POINTER != 4 || LOCKET_CFG_FAST ||
              sizeof(locket_endpoint) - sizeof(struct locket_rng) <= (SESSION_PLAIN ? 200 : 300));

LOCKET_INTERNAL void session_start_epoch(locket_session *s)
{
    s->send = s->recv = NUMBER_MAX + 1;
    s->window = 0;
    s->bad_tags = 0;
}

LOCKET_INTERNAL APART void peer_copy(locket_peer *to, const locket_peer *from) { *to = *from; }

LOCKET_INTERNAL bool session_is_peer(const locket_session *s, const locket_peer *peer)
{
    return s->peer.len == peer->len && memcmp(s->peer.bytes, peer->bytes, s->peer.len) == 0;   /* public */
}

uint32_t locket_handle(const locket_session *s) { return s->handle; }

uint16_t locket_suite(const locket_session *s)
{
    return s->state == SESSION_LIVE ? suite_at(s->suite)->id : 0;
}

void locket_peer_of(const locket_session *s, locket_peer *out) { peer_copy(out, &s->peer); }
