/* SPDX-License-Identifier: Apache-2.0
 *
 * cid.c -- connection IDs (RFC 9146): a sealed record says by itself whose it is, so a session
 * outlives its peer's address. Ours begin with the number of the session's slot, which finds it
 * at once, and go on with bytes of our hello's random, so that no two sessions look alike:
 *
 *     slot(2, or 4 with 32-bit links; fewer when cid_len is less) random(the rest)
 *
 * So a server needs the slot before the session is born. It reserves a free one with its
 * ServerHello. When there is none it names the one of a session that will have to go when the
 * handshake is finished: of the same peer, or, if it evicts, the longest silent. Or else the one
 * that is reserved for another handshake: a cookie is no key, and whoever is finished first gets it. */
#include "ct.h"
#include "table.h"

static size_t cid_slot_len(const locket_config *c)
{
    return c->cid_len < sizeof(locket_link) ? c->cid_len : sizeof(locket_link);
}

LOCKET_INTERNAL bool cid_reaches(const locket_config *c, size_t n)
{
    return !LOCKET_CFG_CID || !c->cid_len || c->cid_len >= sizeof(locket_link) || n <= (size_t)1 << 8 * c->cid_len;
}

LOCKET_INTERNAL void cid_choose(const struct turn *t)
{
    const locket_config *c = t->config;
    size_t n = cid_slot_len(c);
    struct writer w = wr_over(LOCKET_CIDS(&t->hs->session)->ours, c->cid_len);
    if (!LOCKET_CFG_CID)
        return;
    wr_uint(&w, t->hs->slot, n);
    wr_bytes(&w, span_of(t->hs->random[t->hs->role], c->cid_len - n));
    ct_public(LOCKET_CIDS(&t->hs->session)->ours, c->cid_len);      /* it will travel in the clear */
}

LOCKET_INTERNAL bool cid_promised(const locket_endpoint *ep, locket_link i)
{
    for (unsigned k = 0; k < ep->n_handshakes; k++)
        if (ep->handshakes[k].state != WORKSPACE_FREE && ep->handshakes[k].state < WORKSPACE_LINGERING &&
            ep->handshakes[k].slot == i)
            return true;
    return false;
}

/* The slot of a session that makes way when the handshake is finished. */
static locket_link slot_to_come(const locket_endpoint *ep, const locket_peer *peer)
{
    const locket_session *s = session_find(ep, peer);
    if (s)
        return session_index(ep, s);
    locket_link i = ep->config->evict ? ep->oldest : LINK_NONE;
    for (unsigned k = 0; k < ep->n_handshakes && i != LINK_NONE && cid_promised(ep, i); k++)
        i = ep->sessions[i].newer;
    return i;
}

LOCKET_INTERNAL locket_link cid_reserved(const locket_endpoint *ep)
{
    const locket_handshake *best = NULL;
    for (unsigned k = 0; LOCKET_CFG_CID && k < ep->n_handshakes; k++) {
        const locket_handshake *hs = &ep->handshakes[k];
        if (hs->state == WORKSPACE_RUNNING && workspace_has_slot(ep, hs) &&
            (!best || ep->now - hs->heard > ep->now - best->heard))
            best = hs;
    }
    return best ? best->slot : LINK_NONE;
}

LOCKET_INTERNAL bool cid_reserve(struct turn *t)
{
    locket_handshake *hs = t->hs;
    if (!t->config->cid_len)                       /* nothing to be found by */
        return true;
    locket_session *s = session_take(t->ep);
    locket_link i = s ? session_index(t->ep, s) : slot_to_come(t->ep, &hs->session.peer);
    if (!s && i != LINK_NONE && cid_promised(t->ep, i))
        i = LINK_NONE;
    if (i == LINK_NONE && !t->config->evict)
        i = cid_reserved(t->ep);
    if (i == LINK_NONE)
        return false;
    if (!s && t->ep->sessions[i].state == SESSION_LIVE)        /* with short IDs, which are the slot's */
        t->ep->sessions[i].beside = 1;                         /* number, records may be either one's */
    hs->slot = i;
    cid_choose(t);
    return true;
}

LOCKET_INTERNAL void cid_forget(locket_session *s)
{
    LOCKET_TERMS(s)->cid = LOCKET_TERMS(s)->checks = 0;
    LOCKET_TERMS(s)->peer_cid_len = 0;
}

LOCKET_INTERNAL struct span cid_ours(const struct turn *t)
{
    return span_of(LOCKET_CIDS(&t->hs->session)->ours, t->config->cid_len);
}

LOCKET_INTERNAL locket_error cid_agree(struct turn *t, const struct offer *theirs)
{
    struct locket_terms *terms = LOCKET_TERMS(&t->hs->session);
    if (theirs->cid.len > LOCKET_CFG_PEER_CID_SIZE)
        return LOCKET_ERR_CID;
    memcpy(LOCKET_CIDS(&t->hs->session)->theirs, theirs->cid.at, theirs->cid.len);
    terms->peer_cid_len = (uint8_t)theirs->cid.len;
    terms->cid = t->config->cid_len > 0;
    terms->checks = (theirs->flags & F_CHECKS) != 0;
    return LOCKET_OK;
}

/* Is that the ID of this session? */
static bool cid_is(const locket_session *s, const struct record *r)
{
    const uint8_t *ours = LOCKET_CIDS(s)->ours;
    return session_has_cid(s) && memcmp(ours, record_cid(r), r->cid_len) == 0;      /* public */
}

LOCKET_INTERNAL locket_link cid_slot(const locket_endpoint *ep, const locket_session *s)
{
    struct span cid = span_of(LOCKET_CIDS(s)->ours, ep->config->cid_len);
    uint32_t i = rd_uint(&cid, cid_slot_len(ep->config));
    return i < ep->n_sessions && ep->sessions[i].state == SESSION_FREE ? (locket_link)i : LINK_NONE;
}

LOCKET_INTERNAL void cid_find(const locket_endpoint *ep, const struct record *r, locket_session **live,
                              locket_handshake **hs)
{
    struct span cid = span_of(record_cid(r), r->cid_len);
    uint32_t i = rd_uint(&cid, cid_slot_len(ep->config));
    *live = NULL;
    *hs = NULL;
    if (!LOCKET_CFG_CID || i >= ep->n_sessions)
        return;
    if (ep->sessions[i].state == SESSION_LIVE && cid_is(&ep->sessions[i], r)) {
        *live = &ep->sessions[i];
        if (!(*live)->beside)
            return;
    }
    for (unsigned k = 0; k < ep->n_handshakes; k++) {
        locket_handshake *one = &ep->handshakes[k];
        if ((one->state == WORKSPACE_RUNNING || one->state == WORKSPACE_DONE) && one->slot == i &&
            cid_is(&one->session, r) && session_is_peer(&one->session, &ep->peer))
            *hs = one;
    }
}
