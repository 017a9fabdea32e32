/* SPDX-License-Identifier: Apache-2.0
 *
 * table.h -- who is who: the sessions and workspaces of an endpoint, found by peer. */
#ifndef LOCKET_TABLE_H
#define LOCKET_TABLE_H

#include "handshake.h"

/* locket_endpoint.flags: what locket_next() has still to say */
enum {
    EP_HELLO_VERIFY = 1 << 0,
    EP_LAST_FLIGHT = 1 << 1,      /* of the session `subject` */
    EP_NO_RENEGOTIATION = 1 << 2, /* to the session `subject` */
    EP_WEARING = 1 << 3,          /* the key of the session `wearing` */
    EP_MOVED = 1 << 4,            /* a session has been heard from elsewhere */
    EP_PATH_ANSWER = 1 << 5       /* path_challenges have been read */
};

LOCKET_INTERNAL void table_clear(locket_endpoint *ep);
LOCKET_INTERNAL locket_link session_index(const locket_endpoint *ep, const locket_session *s);
/* Is that pointer one of our sessions? */
LOCKET_INTERNAL bool session_is_ours(const locket_endpoint *ep, const locket_session *s);

/* Take a free slot, or NULL; give it back, wiped. */
LOCKET_INTERNAL locket_session *session_take(locket_endpoint *ep);
LOCKET_INTERNAL void session_free(locket_endpoint *ep, locket_session *s);
/* Take this one, which is free. */
LOCKET_INTERNAL locket_session *session_take_slot(locket_endpoint *ep, locket_link slot);

/* Make a taken slot the live session of its peer, and the newest. */
LOCKET_INTERNAL void session_enter(locket_endpoint *ep, locket_session *s, const locket_session *as);
/* The live or closing session of that peer, or NULL: O(1). One whose records bring our connection
 * ID only if there is no other: its address is not its name. */
LOCKET_INTERNAL locket_session *session_find(const locket_endpoint *ep, const locket_peer *peer);
/* The one that this new one takes the place of: of the same peer, and of the same handle if it is
 * known by its connection ID, as its address may be another's by now. */
LOCKET_INTERNAL locket_session *session_before(const locket_endpoint *ep, const locket_session *as);
/* Its peer has another address. */
LOCKET_INTERNAL void session_move(locket_endpoint *ep, locket_session *s, const locket_peer *peer);
/* It has just been heard. */
LOCKET_INTERNAL void session_touch(locket_endpoint *ep, locket_session *s);
/* Put it at the end of the line, where locket_next() looks for what has to be closed. */
LOCKET_INTERNAL void session_close(locket_endpoint *ep, locket_session *s, locket_error reason, bool notify);
LOCKET_INTERNAL locket_session *session_oldest(const locket_endpoint *ep);

/* The workspace of that peer, or NULL. */
LOCKET_INTERNAL locket_handshake *workspace_find(const locket_endpoint *ep, const locket_peer *peer);
/* The one of that session, while its CONNECTED is the last event; else NULL. */
LOCKET_INTERNAL locket_handshake *workspace_of_connected(const locket_endpoint *ep, const locket_session *s);
/* Is one free? And if we are to be `calm`, are no more than half taken by handshakes? */
LOCKET_INTERNAL bool workspaces_have_room(const locket_endpoint *ep, bool calm);
/* A workspace for a newcomer; NULL when all are in better use. Only one that is `proven`, by its
 * cookie, takes one from somebody. `event` is filled with FAILED when a handshake had to go. */
LOCKET_INTERNAL locket_handshake *workspace_take(locket_endpoint *ep, const locket_peer *peer, bool proven,
                                                 locket_event *event);
/* Has it reserved a slot of the session table, for its connection ID? */
LOCKET_INTERNAL bool workspace_has_slot(const locket_endpoint *ep, const locket_handshake *hs);
LOCKET_INTERNAL void workspace_free(locket_endpoint *ep, locket_handshake *hs);

/* A server's workspace whose handshake is finished keeps the ticket of its last flight, for 240 s
 * or until the client has shown that it got it (RFC 6347 section 4.2.4). */
LOCKET_INTERNAL void holder_begin(locket_endpoint *ep, locket_handshake *hs);
LOCKET_INTERNAL locket_handshake *holder_find(const locket_endpoint *ep, const locket_session *s);
LOCKET_INTERNAL void holder_free(locket_endpoint *ep, locket_session *s);

/* locket_session.path */
static inline uint8_t path_units(size_t mtu) { return (uint8_t)(mtu / 16 > UINT8_MAX ? UINT8_MAX : mtu / 16); }

/* endpoint.c: CONNECTED is over, if it was the last event. */
LOCKET_INTERNAL void endpoint_release(locket_endpoint *ep);

/* path.c: the session goes: whatever it was asked or asks. */
LOCKET_INTERNAL void path_forget(locket_endpoint *ep, const locket_session *s);

#endif
