/* SPDX-License-Identifier: Apache-2.0
 *
 * newcomer.c -- a ClientHello in the clear, whoever sent it (RFC 6347 section 4.2.1): it gets a
 * HelloVerifyRequest and is forgotten; or, with a good cookie or the name of a session that can be
 * resumed, a workspace. */
#include "ct.h"
#include "rng.h"
#include "route.h"

/* May this ClientHello begin the handshake of a workspace anew? With the same random when
 * it answers a later HelloVerifyRequest; with another (a rebooted client, or an old one
 * replayed) only when the running handshake has been waiting. */
static bool newcomer_restarts(const locket_endpoint *ep, const locket_handshake *hs, const struct fragment *f,
                              bool same_random)
{
    if (is_unproven(hs))                          /* until now */
        return true;
    if (same_random)
        return f->seq > hs->flight_seq && !(hs->flags & F_KEYS) && !hs->query;
    return hs->resends > 0 || ep->now - hs->heard >= config_patience(ep->config);
}

/* A server's random; false: there is none, and it is counted. */
static bool newcomer_random(locket_endpoint *ep, uint8_t out[RANDOM_SIZE])
{
    if (!rng_random(&ep->rng, out)) {
        route_drop(ep, LOCKET_DROP_ENTROPY);
        return false;
    }
    ct_public(out, RANDOM_SIZE);                   /* it will travel in the clear */
    return true;
}

/* A server's handshake begins in this workspace. */
static APART void newcomer_begin(locket_endpoint *ep, locket_handshake *hs, const struct record *r,
                              const struct fragment *f, const uint8_t random[RANDOM_SIZE])
{
    hs_begin(hs, ep->config, &ep->peer, ep->now);
    memcpy(hs->random[LOCKET_SERVER], random, RANDOM_SIZE);
    hs->state = WORKSPACE_RUNNING;
    hs->recv_seq = hs->send_seq = hs->flight_seq = (uint8_t)f->seq;
    hs->session.epoch0_next = (uint16_t)r->number;
}

/* A workspace for the handshake, unless there is one. NULL: there is none for it. */
static locket_handshake *newcomer_workspace(locket_endpoint *ep, const struct record *r, const struct fragment *f,
                                        const struct hello *h, bool proven, locket_event *e)
{
    locket_handshake *hs = workspace_find(ep, &ep->peer);
    locket_session *live = session_find(ep, &ep->peer);
    locket_time heard = ep->now;
    uint32_t flags = proven ? F_COOKIE : 0;
    uint8_t random[RANDOM_SIZE] = { 0 };           /* of whoever has a cookie; else it comes last */
    bool same = hs && memcmp(hs->random[LOCKET_CLIENT], h->random.at, RANDOM_SIZE) == 0;   /* public */
    if (hs && (hs->state != WORKSPACE_RUNNING || !newcomer_restarts(ep, hs, f, same))) {
        if (same)
            return hs;
        route_drop(ep, LOCKET_DROP_UNEXPECTED);
        return NULL;
    }
    if (!live && ep->free == LINK_NONE && !ep->config->evict && !(hs && workspace_has_slot(ep, hs)) &&
        !(LOCKET_CFG_CID && proven && cid_reserved(ep) != LINK_NONE)) {
        route_drop(ep, LOCKET_DROP_SESSIONS_FULL);
        return NULL;
    }
    if (proven && !newcomer_random(ep, random))
        return NULL;
    if (hs) {
        heard = hs->heard;
        flags |= F_AGAIN;
        workspace_free(ep, hs);
    }
    hs = workspace_take(ep, &ep->peer, proven, e);
    if (!hs) {
        route_drop(ep, LOCKET_DROP_HANDSHAKES_FULL);
        return NULL;
    }
    newcomer_begin(ep, hs, r, f, random);
    memcpy(hs->random[LOCKET_CLIENT], h->random.at, RANDOM_SIZE);
    hs->flags = flags;
    hs->heard = heard;
    hs_start_server(hs);
    if (live && live->state == SESSION_LIVE)
        live->beside = 1;
    return hs;
}

/* It names a session, it seems: let it be resumed in the workspace that was found. */
static APART bool newcomer_returns(locket_endpoint *ep, locket_handshake *hs, const struct hello *h,
                                const struct offer *o)
{
    struct turn t = route_turn(ep, hs);
    return resume_take(&t, h, o);
}

/* May this ClientHello do without a cookie (RFC 6347 section 4.2.1: "on resumption")? Only as
 * the first of its peer: its answer is not repeated, so whoever lost it proves its address with
 * the next. And only with extended master secret: one without is refused (RFC 7627 section 5.3),
 * and to be told so it has to prove its address. */
static bool newcomer_needs_no_cookie(const locket_endpoint *ep, const struct hello *h, const struct offer *o)
{
    locket_cookie_policy policy = ep->config->resume_cookie;
    return (o->flags & F_EMS) && !h->cookie.len && policy != LOCKET_COOKIE_ALWAYS &&
           !workspace_find(ep, &ep->peer) && workspaces_have_room(ep, policy == LOCKET_COOKIE_WHEN_BUSY);
}

/* Any ClientHello in the clear, whoever sent it (RFC 6347 section 4.2.1): its first
 * fragment has to reach through the fields that the cookie covers. */
LOCKET_INTERNAL locket_handshake *newcomer_hello(locket_endpoint *ep, const struct record *r, const struct fragment *f,
                                     locket_event *e)
{
    struct span body = f->body;
    struct hello h;
    struct offer o = { .flags = 0 };
    bool names = false, calm = false, proven = false;
    locket_handshake *hs = NULL;
    if (!hello_read(&body, &h)) {
        route_drop(ep, LOCKET_DROP_MALFORMED);
        return NULL;
    }
    if (LOCKET_CFG_RESUME && (ep->config->n_cache || ep->config->tickets) && fragment_is_whole(f)) {
        names = resume_names(ep, &h, body, &o);
        calm = names && newcomer_needs_no_cookie(ep, &h, &o);
    }
    if (!calm)
        proven = cookie_verify(&ep->cookies, ep->config, &ep->peer, &h);
    if (calm || proven)
        hs = newcomer_workspace(ep, r, f, &h, proven, e);
    bool fresh = hs && !(hs->flags & (F_RESUMED | F_FULL)) && !hs->in_len;
    bool returns = LOCKET_CFG_RESUME && names && fresh && newcomer_returns(ep, hs, &h, &o);
    if (proven || (returns && newcomer_random(ep, hs->random[LOCKET_SERVER])))
        return hs;
    if (calm) {                                    /* not so, after all: what cookie is due? */
        if (hs)
            workspace_free(ep, hs);
        (void)cookie_verify(&ep->cookies, ep->config, &ep->peer, &h);
    }
    ep->cookies.number = (uint16_t)r->number;
    ep->cookies.seq = f->seq;
    ep->flags |= EP_HELLO_VERIFY;
    return NULL;
}
