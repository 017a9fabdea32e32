/* SPDX-License-Identifier: Apache-2.0
 *
 * finished.c -- ChangeCipherSpec and Finished (RFC 5246 sections 7.1 and 7.4.9).
 * ChangeCipherSpec has no message_seq and is in no hash; its row is where the keys of
 * epoch 1 come into use, and only there: one that arrives early is noted, and waits for
 * its row. It also ends what the sender's Finished covers, so that is where verify_data is
 * computed, for either side. */
#include "handshake.h"
#include "ct.h"

/* From here on only what is sealed counts. */
LOCKET_INTERNAL locket_error take_change_cipher(struct turn *t, struct span body)
{
    (void)body;
    t->due = DUE_THEIR_FINISHED;
    t->hs->flags |= F_READING;
    return LOCKET_OK;
}

/* The first waits in the arena: it may have to be repeated while the second is computed. */
LOCKET_INTERNAL void make_finished(const struct turn *t, struct writer *w)
{
    const locket_handshake *hs = t->hs;
    wr_bytes(w, span_of(hs_is_first(hs) ? hs->arena : hs->session.verify_data, VERIFY_DATA_SIZE));
}

/* It covers all messages before it, not itself: incoming.c hashes it afterwards. */
LOCKET_INTERNAL locket_error take_finished(struct turn *t, struct span body)
{
    const locket_handshake *hs = t->hs;
    if (body.len != VERIFY_DATA_SIZE)
        return ALERT_DECODE_ERROR;
    bool good = ct_equal(hs->session.verify_data, body.at, VERIFY_DATA_SIZE) && !(hs->flags & F_DECOY);
    return good ? LOCKET_OK : ALERT_DECRYPT_ERROR;
}
