/* SPDX-License-Identifier: Apache-2.0
 *
 * sleep.c -- a session leaves memory for a blob (record/blob.h), and comes back once. What keeps
 * a record number, and with it a nonce, from being used twice is a counter that only goes up
 * (config.counter), one step at either end:
 *
 *     save:  n -> n + 1, durable | blob has n + 1 | wiped from memory
 *     load:  blob has n + 1, and so has the counter | -> n + 2, durable | live
 *
 * Whenever power fails there is either the session in memory, or one blob that the counter fits,
 * or neither; never both. A blob that was copied, kept from earlier or loaded already does not fit. */
#include "blob.h"
#include "ct.h"
#include "table.h"

static bool counter_is(const locket_endpoint *ep, uint32_t id, bool advance, uint64_t *value)
{
    return ep->config->counter && ep->config->counter(ep->config->user, id, advance, value);
}

locket_error locket_session_save(locket_endpoint *ep, locket_session *s, uint32_t id, const uint8_t key[16],
                                 uint8_t *blob, size_t cap, size_t *len)
{
    uint64_t before, now;
    *len = 0;
    endpoint_release(ep);
    if (!session_is_ours(ep, s) || s->state != SESSION_LIVE)
        return LOCKET_ERR_STATE;
    if (cap < blob_len(s, ep->config))
        return LOCKET_ERR_SPACE;
    if (!counter_is(ep, id, false, &before) || !counter_is(ep, id, true, &now) || now <= before)
        return LOCKET_ERR_COUNTER;
    if (LOCKET_CFG_TICKETS && LOCKET_TERMS(s)->held)   /* a ticket stays here, and the last flight with it */
        holder_free(ep, s);
    *len = blob_len(s, ep->config);
    blob_seal(s, ep->config, id, now, key, blob);
    session_free(ep, s);
    return LOCKET_OK;
}

/* Is there a place for it? */
static locket_error sleep_fits(const locket_endpoint *ep, const locket_session *saved, locket_link slot)
{
    const locket_session *same = session_find(ep, &saved->peer);
    if (same && !(session_has_cid(same) && session_has_cid(saved)))
        return LOCKET_ERR_STATE;
    if (workspace_find(ep, &saved->peer))
        return LOCKET_ERR_HANDSHAKES_FULL;
    return slot == LINK_NONE ? LOCKET_ERR_SESSIONS_FULL : LOCKET_OK;
}

static locket_error sleep_wake(locket_endpoint *ep, const locket_session *saved, uint64_t counter, uint32_t id,
                               locket_session **session)
{
    uint64_t now, next;
    locket_link slot = session_has_cid(saved) ? cid_slot(ep, saved) : ep->free;
    if (!counter_is(ep, id, false, &now))
        return LOCKET_ERR_COUNTER;
    if (now != counter)
        return LOCKET_ERR_USED;
    locket_error error = sleep_fits(ep, saved, slot);
    if (error)
        return error;
    if (!counter_is(ep, id, true, &next) || next <= now)
        return LOCKET_ERR_COUNTER;
    *session = session_take_slot(ep, slot);
    session_enter(ep, *session, saved);
    return LOCKET_OK;
}

locket_error locket_session_load(locket_endpoint *ep, uint32_t id, const uint8_t key[16], const uint8_t *blob,
                                 size_t len, locket_time now, locket_session **session)
{
    uint8_t copy[LOCKET_BLOB_MAX];
    uint64_t counter;
    locket_session saved;
    locket_error error = LOCKET_ERR_BLOB;
    if (!blob || len > sizeof copy)
        return LOCKET_ERR_BLOB;
    endpoint_release(ep);
    ep->now = now;
    memset(&saved, 0, sizeof saved);
    memcpy(copy, blob, len);
    if (blob_open(&saved, ep->config, id, &counter, key, copy, len)) {
        saved.heard = now;
        error = sleep_wake(ep, &saved, counter, id, session);
    }
    WIPE(saved);
    WIPE(copy);
    return error;
}
