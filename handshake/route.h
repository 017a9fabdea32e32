/* SPDX-License-Identifier: Apache-2.0
 *
 * route.h -- one received record: whose it is, what it may do. */
#ifndef LOCKET_ROUTE_H
#define LOCKET_ROUTE_H

#include "table.h"

LOCKET_INTERNAL struct turn route_turn(locket_endpoint *ep, locket_handshake *hs);
/* After a step that came to `error`: whatever can be done by now. */
LOCKET_INTERNAL void route_go_on(locket_endpoint *ep, struct turn *t, locket_error error);
LOCKET_INTERNAL void route_wearing(locket_endpoint *ep, locket_session *s);
/* Read the next record of the datagram. True: `event` is filled. */
LOCKET_INTERNAL bool route_record(locket_endpoint *ep, locket_event *event);

#endif
