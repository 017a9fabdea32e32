/* SPDX-License-Identifier: Apache-2.0
 *
 * endpoint.c -- the public API: what comes in is kept until locket_next() asks, and
 * locket_next() says what is to be done, one thing at a time:
 *
 *     release what CONNECTED kept -> announce a client's CONNECTED -> read records
 *     -> answers to the datagram -> workspaces: alerts, flights, timers, ends
 *     -> sessions: close_notify, CLOSED, idle -> WEARING
 *
 * Queries are where their subject is: session.c, protect.c, suite.c, table.c, alert.c. */
#include "ct.h"
#include "rng.h"
#include "route.h"

/* --- making and ending an endpoint --- */

locket_error locket_init_stamped(locket_endpoint *ep, const locket_config *config,
                                 locket_session *sessions, size_t n,
                                 locket_handshake *handshakes, size_t m, uint64_t stamp)
{
    static const char personal[] = "locket";
    if (stamp != LOCKET_STAMP)
        return LOCKET_ERR_BUILD;
    if (!ep || !config || !sessions || !handshakes || !n || n >= LINK_NONE || !m || m > UINT8_MAX)
        return LOCKET_ERR_ARGUMENT;
    if (!config_is_good(config) || !cid_reaches(config, n))
        return LOCKET_ERR_CONFIG;
    memset(ep, 0, sizeof *ep);
    if (!rng_seed(&ep->rng, personal, sizeof personal - 1) ||
        (!is_client(config->role) && !cookie_start(&ep->cookies, config, &ep->rng)) ||
        !rng_bytes(&ep->rng, ep->hash_key, sizeof ep->hash_key)) {
        WIPE(*ep);
        return LOCKET_ERR_ENTROPY;
    }
    ep->config = config;
    ep->sessions = sessions;
    ep->handshakes = handshakes;
    ep->n_sessions = (locket_link)n;
    ep->n_handshakes = (uint8_t)m;
    ep->decoy_len = 16;
    ep->queries = 1;
    memset(handshakes, 0, m * sizeof *handshakes);
    table_clear(ep);
    if (LOCKET_CFG_RESUME)
        resume_start(ep);
    if (LOCKET_CFG_CID)
        path_start(ep);
    return LOCKET_OK;
}

void locket_shutdown(locket_endpoint *ep)
{
    ct_wipe(ep->sessions, ep->n_sessions * sizeof *ep->sessions);
    ct_wipe(ep->handshakes, ep->n_handshakes * sizeof *ep->handshakes);
    if (LOCKET_CFG_RESUME && ep->config->n_cache)
        ct_wipe(ep->config->cache, ep->config->n_cache * sizeof *ep->config->cache);
    if (LOCKET_CFG_CID)
        path_start(ep);
    WIPE(*ep);
}

/* --- in --- */

/* The CONNECTED event is over: its workspace with it, unless it holds a ticket. */
LOCKET_INTERNAL void endpoint_release(locket_endpoint *ep)
{
    if (!ep->lingering)
        return;
    locket_handshake *hs = &ep->handshakes[ep->lingering - 1];
    if (LOCKET_CFG_TICKETS && !is_client(hs->role) && (hs->flags & F_TICKET))
        holder_begin(ep, hs);
    else
        workspace_free(ep, hs);
    ep->lingering = 0;
}

/* With the record of a session to be resumed, or NULL. */
static locket_error endpoint_connect(locket_endpoint *ep, const locket_peer *peer, locket_time now,
                                     const uint8_t *record, size_t len, locket_session **session)
{
    if (!is_client(ep->config->role) || !peer || !session || !peer->len || peer->len > LOCKET_CFG_PEER_SIZE)
        return LOCKET_ERR_ARGUMENT;
    locket_event nobody;
    endpoint_release(ep);
    ep->now = now;
    if (workspace_find(ep, peer))
        return LOCKET_ERR_HANDSHAKES_FULL;
    locket_session *live = session_find(ep, peer);
    if (ep->free == LINK_NONE)
        return LOCKET_ERR_SESSIONS_FULL;
    locket_handshake *hs = workspace_take(ep, peer, false, &nobody);
    if (!hs)
        return LOCKET_ERR_HANDSHAKES_FULL;
    struct turn t = route_turn(ep, hs);
    hs_begin(hs, ep->config, peer, now);
    hs->slot = ep->free;
    locket_error error = record && !remember_offer(&t, record, len) ? LOCKET_ERR_RECORD : hello_begin(&t);
    if (!error)
        error = hs_speak(&t);
    if (error) {
        WIPE(*hs);
        return error;
    }
    locket_session *s = session_take(ep);
    if (live && live->state == SESSION_LIVE)
        live->beside = 1;
    *session = s;
    return LOCKET_OK;
}

locket_error locket_connect(locket_endpoint *ep, const locket_peer *peer, locket_time now, locket_session **session)
{
    return endpoint_connect(ep, peer, now, NULL, 0, session);
}

locket_error locket_resume(locket_endpoint *ep, const locket_peer *peer, locket_time now,
                           const uint8_t *record, size_t len, locket_session **session)
{
    return LOCKET_CFG_RESUME && record ? endpoint_connect(ep, peer, now, record, len, session) : LOCKET_ERR_RECORD;
}

void locket_input(locket_endpoint *ep, const locket_peer *peer, uint8_t *datagram, size_t len, locket_time now)
{
    endpoint_release(ep);
    ep->now = now;
    if (!peer->len || peer->len > LOCKET_CFG_PEER_SIZE) {
        ep->drops[LOCKET_DROP_MALFORMED]++;
        return;
    }
    peer_copy(&ep->peer, peer);
    ep->datagram = datagram;
    ep->datagram_len = len;
}

void locket_tick(locket_endpoint *ep, locket_time now)
{
    endpoint_release(ep);
    ep->now = now;
    if (LOCKET_CFG_RESUME && !resume_turn(ep))
        ep->drops[LOCKET_DROP_ENTROPY]++;
}

/* --- out: one event at a time --- */

static bool time_has_come(locket_time now, locket_time when) { return (int32_t)(now - when) >= 0; }

LOCKET_INTERNAL APART bool event_send(locket_event *e, const struct datagram *d, const locket_session *s)
{
    e->kind = LOCKET_SEND;
    e->data = d->at;
    e->len = d->len;
    e->handle = s->handle;
    peer_copy(&e->peer, &s->peer);
    return true;
}

LOCKET_INTERNAL bool event_about(locket_event *e, locket_event_kind kind, locket_session *s, locket_error reason)
{
    e->kind = kind;
    e->session = s;
    e->handle = s->handle;
    e->reason = reason;
    peer_copy(&e->peer, &s->peer);
    return true;
}

/* What the datagram asked for, now that it is read. */
static APART bool endpoint_reply(locket_endpoint *ep, struct datagram *d, locket_event *e)
{
    unsigned clients = EP_NO_RENEGOTIATION | (LOCKET_CFG_RESUME ? EP_LAST_FLIGHT : 0);
    unsigned asked = ep->flags & (is_client(ep->config->role) ? clients : ~0u);
    ep->flags &= (uint8_t)~(EP_HELLO_VERIFY | EP_LAST_FLIGHT | EP_NO_RENEGOTIATION);
    if (asked & EP_HELLO_VERIFY) {
        e->kind = LOCKET_SEND;
        e->data = d->at;
        e->len = cookie_request(&ep->cookies, d->at, d->cap);
        peer_copy(&e->peer, &ep->peer);
        return e->len > 0;
    }
    if (!(asked & (EP_LAST_FLIGHT | EP_NO_RENEGOTIATION)))
        return false;
    locket_session *s = &ep->sessions[ep->subject];
    if (s->state != SESSION_LIVE)
        return false;
    bool good = asked & EP_LAST_FLIGHT ? flight_last(s, LOCKET_CFG_TICKETS ? holder_find(ep, s) : NULL, d)
                                       : flight_alert(s, true, ALERT_NO_RENEGOTIATION, d);
    return good && event_send(e, d, s);
}

/* CLOSED, and the slot is free: for `reason`, or for the one it was closing for. */
static bool endpoint_forget(locket_endpoint *ep, locket_session *s, locket_error reason, locket_event *e)
{
    event_about(e, LOCKET_CLOSED, s, s->state == SESSION_LIVE ? reason : (locket_error)s->bad_tags);
    session_free(ep, s);
    return true;
}

/* Is the slot that a handshake has promised in its connection ID still another's? */
static bool slot_is_taken(const locket_endpoint *ep, const locket_handshake *hs)
{
    return LOCKET_CFG_CID && hs->slot != LINK_NONE && ep->sessions[hs->slot].state >= SESSION_LIVE;
}

/* The session that has to go for this one, or NULL. */
static locket_session *endpoint_makes_way(const locket_endpoint *ep, const locket_handshake *hs, locket_error *reason)
{
    locket_session *s = session_before(ep, &hs->session);
    *reason = LOCKET_ERR_REPLACED;
    if (s || !ep->config->evict)
        return s;
    *reason = LOCKET_ERR_EVICTED;
    if (slot_is_taken(ep, hs))
        return &ep->sessions[hs->slot];
    return hs->slot == LINK_NONE && ep->free == LINK_NONE ? session_oldest(ep) : NULL;
}

/* A handshake is finished: the session of the same peer goes, a slot is found, the last
 * flight leaves, and then it is CONNECTED. */
static APART bool endpoint_finish(locket_endpoint *ep, locket_handshake *hs, struct datagram *d, locket_event *e)
{
    locket_error reason;
    locket_session *old = endpoint_makes_way(ep, hs, &reason);
    if (is_unproven(hs))                       /* Finished has proven its address */
        hs->flags |= F_COOKIE;
    if (old)
        return endpoint_forget(ep, old, reason, e);
    if (hs->slot == LINK_NONE || slot_is_taken(ep, hs)) {
        locket_session *s = hs->slot == LINK_NONE ? session_take(ep) : NULL;
        locket_link slot = s ? session_index(ep, s) : LINK_NONE;
        if (LOCKET_CFG_CID && !s && hs->slot == LINK_NONE)       /* whose handshake has proven no key yet */
            slot = cid_reserved(ep);
        if (slot == LINK_NONE) {
            ep->drops[LOCKET_DROP_SESSIONS_FULL]++;
            hs->state = WORKSPACE_FAILED;
            hs->alert = ALERT_INTERNAL_ERROR;
            hs->reason = LOCKET_ERR_SESSIONS_FULL;
            return false;
        }
        hs->slot = slot;
    }
    if (hs->flags & F_SENDING) {
        struct turn t = route_turn(ep, hs);
        if (flight_fill(&t, d) == LOCKET_OK && d->len)
            return event_send(e, d, &hs->session);
    }
    locket_session *s = &ep->sessions[hs->slot];
    if (!(hs->flags & F_SPEAKING))             /* the last flight was the peer's */
        hs->session.finished_seq = 0;
    if (LOCKET_CFG_RESUME)
        resume_keep(ep, hs);
    hs->session.heard = ep->now;
    if (hs->mtu < config_mtu(ep->config))
        hs->session.path = path_units(hs->mtu);
    session_enter(ep, s, &hs->session);
    hs->state = WORKSPACE_LINGERING;
    s->beside = LOCKET_CFG_CID && cid_promised(ep, hs->slot);    /* to another one as well */
    ep->lingering = (uint8_t)(hs - ep->handshakes + 1);
    return event_about(e, LOCKET_CONNECTED, s, LOCKET_OK);
}

/* The alert of a handshake: sealed once our own ChangeCipherSpec is out. */
static bool endpoint_alert(locket_handshake *hs, struct datagram *d, locket_event *e)
{
    bool sealed = (hs->flags & F_KEYS) && hs_is_first(hs);
    bool good = flight_alert(&hs->session, sealed, hs->alert, d);
    hs->alert = 0;
    return good && event_send(e, d, &hs->session);
}

/* The end of a handshake that came to nothing. */
static APART bool endpoint_fail(locket_endpoint *ep, locket_handshake *hs, struct datagram *d, locket_event *e)
{
    locket_error reason = hs->reason;
    if (hs->alert && endpoint_alert(hs, d, e))
        return true;
    if (LOCKET_CFG_RESUME && !is_client(hs->role))
        resume_fail(ep, hs);
    if (is_unproven(hs)) {
        workspace_free(ep, hs);
        return false;
    }
    event_about(e, LOCKET_FAILED, &hs->session, reason);
    e->session = NULL;
    if (is_client(hs->role)) {
        e->kind = LOCKET_CLOSED;
        e->session = &ep->sessions[hs->slot];
        session_free(ep, e->session);
    }
    workspace_free(ep, hs);
    return true;
}

/* A handshake that is under way. */
static APART bool endpoint_run(locket_endpoint *ep, locket_handshake *hs, struct datagram *d, locket_event *e)
{
    struct turn t = route_turn(ep, hs);
    locket_error error = LOCKET_OK;
    d->len = 0;
    if (hs->alert)
        return endpoint_alert(hs, d, e);
    if (time_has_come(ep->now, hs->deadline))
        error = LOCKET_ERR_TIMEOUT;
    else if (!hs->query && (hs->flags & F_TIMER) && time_has_come(ep->now, hs->timer))
        error = flight_timer(&t);
    if (!error && hs->state == WORKSPACE_RUNNING && (hs->flags & F_SENDING))
        error = flight_fill(&t, d);
    if (error) {
        hs->state = WORKSPACE_FAILED;
        hs->reason = error == LOCKET_ERR_TIMEOUT && hs->reason ? hs->reason : (uint16_t)error;
    }
    return !error && d->len && event_send(e, d, &hs->session);
}

/* What a workspace has to say: one thing of its handshake, or how that has ended. */
static bool endpoint_workspace(locket_endpoint *ep, locket_handshake *hs, struct datagram *d, locket_event *e)
{
    return ((hs->state == WORKSPACE_RUNNING || hs->state == WORKSPACE_SPOILT) && endpoint_run(ep, hs, d, e)) ||
           (hs->state == WORKSPACE_DONE && endpoint_finish(ep, hs, d, e)) ||
           (hs->state == WORKSPACE_FAILED && endpoint_fail(ep, hs, d, e));
}

static void endpoint_holder(locket_endpoint *ep, locket_handshake *hs)
{
    if (LOCKET_CFG_TICKETS && hs->state == WORKSPACE_HOLDING && time_has_come(ep->now, hs->deadline))
        holder_free(ep, &ep->sessions[hs->slot]);
}

/* The end of the line: sessions to be closed, and one that has been silent too long. */
static APART bool endpoint_closing(locket_endpoint *ep, struct datagram *d, locket_event *e)
{
    locket_session *s = session_oldest(ep);
    if (s && s->state == SESSION_LIVE && ep->config->idle_timeout &&
        time_has_come(ep->now, s->heard + ep->config->idle_timeout))
        session_close(ep, s, LOCKET_ERR_IDLE, false);
    if (!s || s->state != SESSION_CLOSING)
        return false;
    bool notify = s->beside;
    s->beside = 0;
    if (notify && flight_alert(s, true, ALERT_CLOSE_NOTIFY, d))
        return event_send(e, d, s);
    return endpoint_forget(ep, s, LOCKET_OK, e);
}

static bool endpoint_wearing(locket_endpoint *ep, locket_event *e)
{
    locket_session *s = &ep->sessions[ep->wearing];
    if (!(ep->flags & EP_WEARING))
        return false;
    ep->flags &= (uint8_t)~EP_WEARING;
    uint32_t most = session_aead(s)->max_forgeries;
    return s->state == SESSION_LIVE &&
           event_about(e, LOCKET_WEARING, s,
                       s->bad_tags >= most - most / 8 ? LOCKET_ERR_FORGERIES : LOCKET_ERR_KEY_WORN);
}

bool locket_next(locket_endpoint *ep, uint8_t *out, size_t cap, locket_event *e)
{
    struct datagram d = { out, 0, cap, NULL, false };
    endpoint_release(ep);
    memset(e, 0, sizeof *e);
    while (ep->datagram) {
        if (LOCKET_CFG_CID && path_moved(ep, e))
            return true;
        /* A client is CONNECTED before the data behind the server's Finished. */
        locket_handshake *hs = is_client(ep->config->role) ? workspace_find(ep, &ep->peer) : NULL;
        if (hs && hs->state == WORKSPACE_DONE && !(hs->flags & F_SENDING) && endpoint_finish(ep, hs, &d, e))
            return true;
        if (route_record(ep, e))
            return true;
    }
    if (endpoint_reply(ep, &d, e) || (LOCKET_CFG_CID && path_answer(ep, &d, e)))
        return true;
    for (unsigned i = 0; i < ep->n_handshakes; i++) {
        endpoint_holder(ep, &ep->handshakes[i]);
        if (ep->handshakes[i].state != WORKSPACE_FREE && endpoint_workspace(ep, &ep->handshakes[i], &d, e))
            return true;
    }
    if (LOCKET_CFG_CID && (path_moved(ep, e) || path_next(ep, &d, e)))
        return true;
    return endpoint_closing(ep, &d, e) || endpoint_wearing(ep, e);
}

/* --- when --- */

static void sooner(bool *any, locket_time *when, locket_time candidate)
{
    if (!*any || (int32_t)(candidate - *when) < 0)
        *when = candidate;
    *any = true;
}

bool locket_deadline(const locket_endpoint *ep, locket_time *when)
{
    bool any = false;
    if (ep->datagram || ep->flags || ep->lingering)
        sooner(&any, when, ep->now);
    for (unsigned i = 0; i < ep->n_handshakes; i++) {
        const locket_handshake *hs = &ep->handshakes[i];
        if (hs->state == WORKSPACE_FREE || hs->state >= WORKSPACE_LINGERING)
            continue;
        sooner(&any, when, hs->deadline);
        if (!hs->query && (hs->flags & F_TIMER))
            sooner(&any, when, hs->timer);
        if ((hs->flags & F_SENDING) || hs->alert || hs->state >= WORKSPACE_DONE)
            sooner(&any, when, ep->now);
    }
    locket_time path = ep->now;
    if (LOCKET_CFG_CID && path_deadline(ep, &path))
        sooner(&any, when, path);
    const locket_session *s = session_oldest(ep);
    if (s && s->state == SESSION_CLOSING)
        sooner(&any, when, ep->now);
    else if (s && ep->config->idle_timeout)
        sooner(&any, when, s->heard + ep->config->idle_timeout);
    return any;
}
