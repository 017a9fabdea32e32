/* SPDX-License-Identifier: Apache-2.0
 *
 * route.h -- one received record: whose it is, what it may do. */
#ifndef LOCKET_ROUTE_H
#define LOCKET_ROUTE_H

#include "table.h"

/* What a record leaves to be done. */
enum route { ROUTE_DONE, ROUTE_MESSAGES, ROUTE_GO_ON };
/* It is dropped, and counted. */
LOCKET_INTERNAL APART enum route route_drop(locket_endpoint *ep, locket_drop reason);
LOCKET_INTERNAL struct turn route_turn(locket_endpoint *ep, locket_handshake *hs);
/* After a step that came to `error`: whatever can be done by now. */
LOCKET_INTERNAL void route_go_on(locket_endpoint *ep, struct turn *t, locket_error error);
LOCKET_INTERNAL void route_wearing(locket_endpoint *ep, locket_session *s);
/* Read the next record of the datagram. True: `event` is filled. */
LOCKET_INTERNAL bool route_record(locket_endpoint *ep, locket_event *event);

/* An event about that session; and one with a datagram to its peer. */
LOCKET_INTERNAL bool event_about(locket_event *e, locket_event_kind kind, locket_session *s, locket_error reason);
LOCKET_INTERNAL APART bool event_send(locket_event *e, const struct datagram *d, const locket_session *s);

/* newcomer.c: the first fragment of a ClientHello. NULL: it gets no workspace, but maybe a
 * HelloVerifyRequest. */
LOCKET_INTERNAL locket_handshake *newcomer_hello(locket_endpoint *ep, const struct record *r, const struct fragment *f,
                                                 locket_event *e);

/* path.c: where is the peer? */
/* Nobody is asked anything. */
LOCKET_INTERNAL void path_start(locket_endpoint *ep);
/* An authentic record of `size` bytes has come for a session with connection IDs. */
LOCKET_INTERNAL void path_heard(locket_endpoint *ep, locket_session *s, const struct record *r, size_t size);
/* A return_routability_check; false: not to be taken. */
LOCKET_INTERNAL bool path_take(locket_endpoint *ep, locket_session *s, struct span body);
/* The next ADDRESS that says PENDING: before another record is read, which may be another's. */
LOCKET_INTERNAL bool path_moved(locket_endpoint *ep, locket_event *e);
/* The answer to a challenge of this datagram; what a check of ours has to say; when it has. */
LOCKET_INTERNAL bool path_answer(locket_endpoint *ep, struct datagram *d, locket_event *e);
LOCKET_INTERNAL bool path_next(locket_endpoint *ep, struct datagram *d, locket_event *e);
LOCKET_INTERNAL bool path_deadline(const locket_endpoint *ep, locket_time *when);

#endif
