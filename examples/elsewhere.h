/* SPDX-License-Identifier: Apache-2.0
 *
 * elsewhere.h -- what a server does with its answers while a peer is heard from another address
 * than before, and a check (RFC 9853) is to say whether it is there: the answers wait. They go
 * out when the check is over, to wherever the peer then is. At once they would go to the old
 * address, where a peer that has really moved hears nothing. */
#ifndef EXAMPLES_ELSEWHERE_H
#define EXAMPLES_ELSEWHERE_H

#include "locket.h"

enum { ELSEWHERE_CHECKS = 32, ELSEWHERE_TEXT = 2048 };

struct elsewhere {
    locket_path paths[ELSEWHERE_CHECKS];          /* for config.paths */
    struct elsewhere_one {
        locket_session *session;  /* NULL: free */
        bool    checking;         /* else it waits for the end of this datagram only */
        size_t  len;
        uint8_t text[ELSEWHERE_TEXT];
    } ones[ELSEWHERE_CHECKS];
};

/* Let this wait. False: there is no room. */
bool elsewhere_wait(struct elsewhere *w, locket_session *session, const uint8_t *text, size_t len);

/* The session has a check now, or not any more; or it is gone, and its answers with it. */
void elsewhere_checking(struct elsewhere *w, locket_session *session);
void elsewhere_over(struct elsewhere *w, const locket_session *session);
void elsewhere_forget(struct elsewhere *w, const locket_session *session);

/* One that need not wait any more, or NULL: send its text, and forget it. */
struct elsewhere_one *elsewhere_ready(struct elsewhere *w);

#endif
