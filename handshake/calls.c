/* SPDX-License-Identifier: Apache-2.0
 *
 * calls.c -- what the application asks of a session or a handshake, besides locket_next(). */
#include "ct.h"
#include "route.h"

locket_error locket_send(locket_endpoint *ep, locket_session *s, const uint8_t *data, size_t len,
                         uint8_t *out, size_t cap, size_t *out_len)
{
    if (!session_is_ours(ep, s) || s->state != SESSION_LIVE)
        return LOCKET_ERR_STATE;
    if (len > locket_data_limit(ep, s))
        return LOCKET_ERR_TOO_LONG;
    if (cap < len + locket_overhead(s))
        return LOCKET_ERR_SPACE;
    /* The last record of a key is kept for close_notify. */
    uint64_t budget = record_budget(s);
    if (budget <= 1)
        return LOCKET_ERR_KEY_WORN;
    if (budget <= session_aead(s)->max_records / 8)
        route_wearing(ep, s);
    if (len)
        memmove(out + record_headroom(s), data, len);
    *out_len = record_seal(s, TYPE_APPLICATION_DATA, out, len);
    return LOCKET_OK;
}

locket_error locket_close(locket_endpoint *ep, locket_session *s)
{
    if (!session_is_ours(ep, s))
        return LOCKET_ERR_STATE;
    if (s->state == SESSION_LIVE) {
        session_close(ep, s, LOCKET_OK, !ep->config->leave_silently);
        return LOCKET_OK;
    }
    for (unsigned i = 0; is_client(ep->config->role) && i < ep->n_handshakes; i++) {
        locket_handshake *hs = &ep->handshakes[i];
        if (s->state == SESSION_CONNECTING && hs->state != WORKSPACE_FREE &&
            hs->state < WORKSPACE_LINGERING && hs->slot == session_index(ep, s)) {
            hs->state = WORKSPACE_FAILED;
            hs->reason = LOCKET_OK;
            hs->alert = 0;
            return LOCKET_OK;
        }
    }
    return LOCKET_ERR_STATE;
}

locket_error locket_answer(locket_endpoint *ep, uint32_t query, const locket_psk *psk, locket_time now)
{
    uint32_t i = (query >> 16) - 1;
    locket_handshake *hs = &ep->handshakes[i < ep->n_handshakes ? i : 0];
    ep->now = now;
    if (i >= ep->n_handshakes || hs->state != WORKSPACE_RUNNING || !hs->query || hs->query != (query & 0xFFFF))
        return LOCKET_ERR_QUERY;
    struct turn t = route_turn(ep, hs);
    locket_psk nobody = { 0 }, found = psk ? *psk : nobody;
    t.psk = &found;
    t.due = DUE_KEYS;
    route_go_on(ep, &t, LOCKET_OK);
    return LOCKET_OK;
}

locket_error locket_export(const locket_endpoint *ep, const locket_session *s, const char *label,
                           const uint8_t *context, size_t context_len, uint8_t *out, size_t len)
{
    const locket_handshake *hs = workspace_of_connected(ep, s);
    if (!hs)
        return LOCKET_ERR_LATE;
    if (!label || context_len > UINT16_MAX || !len)
        return LOCKET_ERR_ARGUMENT;
    if (!(hs->flags & F_EMS))
        return LOCKET_ERR_STATE;
    schedule_export(hs, label, context, context_len, out, len);
    return LOCKET_OK;
}

locket_error locket_too_big(locket_endpoint *ep, const locket_peer *peer, size_t mtu, locket_time now)
{
    locket_handshake *hs = workspace_find(ep, peer);
    locket_session *s = session_find(ep, peer);
    if (mtu && mtu < MTU_FLOOR)
        return LOCKET_ERR_ARGUMENT;
    ep->now = now;
    if (hs && (hs->state == WORKSPACE_RUNNING || hs->state == WORKSPACE_DONE)) {
        if (hs->mtu == MTU_FLOOR)
            return LOCKET_ERR_TOO_LONG;
        if (mtu && mtu < hs->mtu)
            hs->mtu = (uint16_t)mtu;
        else
            flight_shrink(hs);
        if (hs->flags & (F_TIMER | F_SENDING))
            flight_rewind(hs);
        return LOCKET_OK;
    }
    if (!s || s->state != SESSION_LIVE)
        return LOCKET_ERR_STATE;
    size_t path = mtu ? mtu : MTU_FLOOR;
    if (path < locket_data_limit(ep, s) + locket_overhead(s))
        s->path = path_units(path);
    return LOCKET_OK;
}

size_t locket_data_limit(const locket_endpoint *ep, const locket_session *s)
{
    if (!session_is_ours(ep, s) || s->state != SESSION_LIVE)
        return 0;
    size_t mtu = config_mtu(ep->config), path = (size_t)s->path * 16, overhead = locket_overhead(s);
    if (path && path < mtu)
        mtu = path;
    mtu = mtu > overhead ? mtu - overhead : 0;
    return mtu < session_send_limit(s) ? mtu : session_send_limit(s);
}

uint32_t locket_drops(const locket_endpoint *ep, locket_drop reason)
{
    return reason < LOCKET_N_DROPS ? ep->drops[reason] : 0;
}
