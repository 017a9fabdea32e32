/* SPDX-License-Identifier: Apache-2.0
 *
 * table.c -- who is who. Sessions: a hash by peer (chained; the head of bucket i lies in
 * slot i), keyed by a random secret so that nobody can choose peers that collide; a
 * line from the longest silent to the last heard; a list of free slots. Nothing here
 * walks all sessions. Workspaces are few, and are searched. */
#include "table.h"
#include "ct.h"

/* --- the hash: HalfSipHash-2-4 (Aumasson, Bernstein 2012), 32 bits --- */

static uint32_t hash_rotate(uint32_t x, unsigned n) { return x << n | x >> (32 - n); }

static void hash_rounds(uint32_t v[4], unsigned n)
{
    for (; n > 0; n--) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = hash_rotate(v[1], 5) ^ v[0];
        v[3] = hash_rotate(v[3], 8) ^ v[2];
        v[0] = hash_rotate(v[0], 16);
        v[2] += v[1];
        v[0] += v[3];
        v[1] = hash_rotate(v[1], 13) ^ v[2];
        v[3] = hash_rotate(v[3], 7) ^ v[0];
        v[2] = hash_rotate(v[2], 16);
    }
}

/* Of the length, the bytes, and zeros up to a whole word. */
static locket_link hash_peer(const locket_endpoint *ep, const locket_peer *peer)
{
    uint32_t v[4] = { ep->hash_key[0], ep->hash_key[1], 0x6c796765u ^ ep->hash_key[0], 0x74656462u ^ ep->hash_key[1] };
    uint32_t words[(sizeof *peer + 3) / 4] = { 0 };
    unsigned len = peer->len <= sizeof peer->bytes ? peer->len : 0;
    memcpy(words, peer, 1 + len);
    for (unsigned i = 0; i <= len / 4; i++) {
        v[3] ^= words[i];
        hash_rounds(v, 2);
        v[0] ^= words[i];
    }
    v[2] ^= 0xff;
    hash_rounds(v, 4);
    return (locket_link)((v[1] ^ v[3]) % ep->n_sessions);
}

/* --- sessions --- */

LOCKET_INTERNAL void table_clear(locket_endpoint *ep)
{
    for (locket_link i = 0; i < ep->n_sessions; i++) {
        memset(&ep->sessions[i], 0, sizeof ep->sessions[i]);
        ep->sessions[i].bucket = LINK_NONE;
        ep->sessions[i].newer = i + 1u < ep->n_sessions ? (locket_link)(i + 1u) : LINK_NONE;
    }
    ep->free = 0;
    ep->oldest = LINK_NONE;
}

LOCKET_INTERNAL APART locket_link session_index(const locket_endpoint *ep, const locket_session *s)
{
    return (locket_link)(s - ep->sessions);
}

LOCKET_INTERNAL bool session_is_ours(const locket_endpoint *ep, const locket_session *s)
{
    uintptr_t at = (uintptr_t)s, from = (uintptr_t)ep->sessions;
    return at >= from && (at - from) / sizeof *s < ep->n_sessions && (at - from) % sizeof *s == 0;
}

LOCKET_INTERNAL locket_session *session_take(locket_endpoint *ep)
{
    if (ep->free == LINK_NONE)
        return NULL;
    locket_session *s = &ep->sessions[ep->free];
    ep->free = s->newer;
    s->state = SESSION_CONNECTING;
    return s;
}

/* The free slots are walked to it: only the application asks for one. */
LOCKET_INTERNAL locket_session *session_take_slot(locket_endpoint *ep, locket_link slot)
{
    locket_link *link = &ep->free;
    while (*link != slot)
        link = &ep->sessions[*link].newer;
    *link = ep->sessions[slot].newer;
    ep->sessions[slot].state = SESSION_CONNECTING;
    return &ep->sessions[slot];
}

/* The line is a ring: before the oldest stands the newest. */
static void line_remove(locket_endpoint *ep, locket_session *s)
{
    locket_link i = session_index(ep, s);
    ep->sessions[s->older].newer = s->newer;
    ep->sessions[s->newer].older = s->older;
    if (ep->oldest == i)
        ep->oldest = s->newer == i ? LINK_NONE : s->newer;
}

static void line_put(locket_endpoint *ep, locket_session *s, bool oldest)
{
    locket_link i = session_index(ep, s);
    if (ep->oldest == LINK_NONE)
        ep->oldest = s->older = i;
    s->newer = ep->oldest;
    s->older = ep->sessions[s->newer].older;
    ep->sessions[s->older].newer = ep->sessions[s->newer].older = i;
    if (oldest)
        ep->oldest = i;
}

static locket_link *hash_bucket(const locket_endpoint *ep, const locket_session *s)
{
    return &ep->sessions[hash_peer(ep, &s->peer)].bucket;
}

static void hash_put(const locket_endpoint *ep, locket_session *s)
{
    locket_link *head = hash_bucket(ep, s);
    s->next = *head;
    *head = session_index(ep, s);
}

static void hash_remove(const locket_endpoint *ep, locket_session *s)
{
    locket_link i = session_index(ep, s), *link = hash_bucket(ep, s);
    while (*link != i)
        link = &ep->sessions[*link].next;
    *link = s->next;
}

LOCKET_INTERNAL void session_move(locket_endpoint *ep, locket_session *s, const locket_peer *peer)
{
    hash_remove(ep, s);
    peer_copy(&s->peer, peer);
    hash_put(ep, s);
}

LOCKET_INTERNAL void session_enter(locket_endpoint *ep, locket_session *s, const locket_session *as)
{
    locket_link bucket = s->bucket;
    *s = *as;
    s->bucket = bucket;
    s->state = SESSION_LIVE;
    s->beside = 0;
    hash_put(ep, s);
    line_put(ep, s, false);
}

LOCKET_INTERNAL void session_free(locket_endpoint *ep, locket_session *s)
{
    locket_link i = session_index(ep, s), bucket;
    if (s->state == SESSION_LIVE || s->state == SESSION_CLOSING) {
        hash_remove(ep, s);
        line_remove(ep, s);
    }
    if (ep->wearing == i)
        ep->flags &= (uint8_t)~EP_WEARING;
    if (ep->subject == i)                          /* it is not there to say it */
        ep->flags &= (uint8_t)~(EP_LAST_FLIGHT | EP_NO_RENEGOTIATION);
    if (LOCKET_CFG_TICKETS && LOCKET_TERMS(s)->held)
        holder_free(ep, s);
    if (LOCKET_CFG_CID)
        path_forget(ep, s);
    bucket = s->bucket;
    WIPE(*s);
    s->bucket = bucket;
    if (LOCKET_CFG_CID && cid_promised(ep, i)) {   /* it is free for that handshake only */
        s->state = SESSION_CONNECTING;
        return;
    }
    s->newer = ep->free;
    ep->free = i;
}

LOCKET_INTERNAL locket_session *session_find(const locket_endpoint *ep, const locket_peer *peer)
{
    locket_session *found = NULL;
    locket_link i = ep->sessions[hash_peer(ep, peer)].bucket;
    for (; i != LINK_NONE && (!found || session_has_cid(found)); i = ep->sessions[i].next)
        if (session_is_peer(&ep->sessions[i], peer))
            found = &ep->sessions[i];
    return found;
}

LOCKET_INTERNAL locket_session *session_before(const locket_endpoint *ep, const locket_session *as)
{
    locket_link i = ep->sessions[hash_peer(ep, &as->peer)].bucket;
    for (; i != LINK_NONE; i = ep->sessions[i].next) {
        locket_session *s = &ep->sessions[i];
        if (session_is_peer(s, &as->peer) && (!session_has_cid(s) || s->handle == as->handle))
            return s;
    }
    return NULL;
}

LOCKET_INTERNAL void session_touch(locket_endpoint *ep, locket_session *s)
{
    s->heard = ep->now;
    line_remove(ep, s);
    line_put(ep, s, false);
}

/* The keys stay for the close_notify; the forgery counter has nothing more to count. */
LOCKET_INTERNAL void session_close(locket_endpoint *ep, locket_session *s, locket_error reason, bool notify)
{
    if (LOCKET_CFG_CID)
        path_forget(ep, s);
    s->state = SESSION_CLOSING;
    s->bad_tags = (uint32_t)reason;
    s->beside = notify;
    line_remove(ep, s);
    line_put(ep, s, true);
}

LOCKET_INTERNAL locket_session *session_oldest(const locket_endpoint *ep)
{
    return ep->oldest == LINK_NONE ? NULL : &ep->sessions[ep->oldest];
}

/* --- workspaces --- */

LOCKET_INTERNAL locket_handshake *workspace_find(const locket_endpoint *ep, const locket_peer *peer)
{
    for (unsigned i = 0; i < ep->n_handshakes; i++) {
        locket_handshake *hs = &ep->handshakes[i];
        if (hs->state != WORKSPACE_FREE && hs->state < WORKSPACE_LINGERING && session_is_peer(&hs->session, peer))
            return hs;
    }
    return NULL;
}

LOCKET_INTERNAL locket_handshake *workspace_of_connected(const locket_endpoint *ep, const locket_session *s)
{
    locket_handshake *hs = ep->lingering ? &ep->handshakes[ep->lingering - 1] : NULL;
    return hs && session_is_ours(ep, s) && session_index(ep, s) == hs->slot ? hs : NULL;
}

LOCKET_INTERNAL bool workspaces_have_room(const locket_endpoint *ep, bool calm)
{
    unsigned free = 0, taken = 0;
    for (unsigned i = 0; i < ep->n_handshakes; i++) {
        free += ep->handshakes[i].state == WORKSPACE_FREE;
        taken += ep->handshakes[i].state != WORKSPACE_FREE && ep->handshakes[i].state != WORKSPACE_HOLDING;
    }
    return free && (!calm || taken <= ep->n_handshakes / 2u);
}

/* Are these two peers of one host? */
static bool same_host(const locket_endpoint *ep, const locket_peer *a, const locket_peer *b)
{
    unsigned len = b->len, host = ep->config->host_len ? ep->config->host_len : len > 2 ? len - 2 : len;
    return a->len == len && memcmp(a->bytes, b->bytes, host < len ? host : len) == 0;   /* public */
}

/* The host that holds more than half of all workspaces, by one of them; else NULL. A vote
 * in one pass leaves the only candidate (Boyer and Moore), a second pass counts it. */
static const locket_peer *workspace_hog(const locket_endpoint *ep)
{
    const locket_peer *hog = NULL;
    unsigned votes = 0, share = 0;
    for (unsigned i = 0; i < ep->n_handshakes; i++) {
        const locket_peer *peer = &ep->handshakes[i].session.peer;
        if (votes == 0)
            hog = peer;
        votes = same_host(ep, hog, peer) ? votes + 1 : votes - 1;
    }
    for (unsigned i = 0; i < ep->n_handshakes; i++)
        share += same_host(ep, hog, &ep->handshakes[i].session.peer);
    return share > 1 && share > ep->n_handshakes / 2u ? hog : NULL;
}

/* The one that has to go first, if any may: it is ended, and free. `event` is filled with FAILED if
 * somebody knew of it. */
static locket_handshake *workspace_yields(locket_endpoint *ep, const locket_peer *peer, locket_event *e)
{
    uint32_t patience = config_patience(ep->config);
    locket_handshake *best = NULL;
    const locket_peer *hog = workspace_hog(ep);
    if (hog && same_host(ep, hog, peer))
        hog = NULL;
    for (unsigned i = 0; i < ep->n_handshakes; i++) {
        locket_handshake *hs = &ep->handshakes[i];
        bool stuck = !hs->query && ep->now - hs->heard >= patience;
        bool takable = hs->state == WORKSPACE_RUNNING &&
                       (stuck || is_unproven(hs) || (hog && same_host(ep, hog, &hs->session.peer)));
        bool longer = !best || ep->now - hs->heard > ep->now - best->heard;
        bool better = best && is_unproven(hs) != is_unproven(best) ? is_unproven(hs) : longer;
        if (takable && better)
            best = hs;
    }
    if (!best)
        return NULL;
    if (!is_unproven(best)) {
        e->kind = LOCKET_FAILED;
        e->reason = LOCKET_ERR_EVICTED;
        e->handle = best->session.handle;
        peer_copy(&e->peer, &best->session.peer);
    }
    workspace_free(ep, best);
    return best;
}

/* A free one; else one that only holds a ticket, in case a last flight was lost. Else one that
 * has not proven its address. Else one that has got no further for longer than `patience`; or,
 * at once, of a host that holds more than half of all while the newcomer comes from another.
 * Of several, the longest. So one host with ten thousand ports keeps nobody else out, and
 * hosts that compete fairly wait for `patience` at most: beginning anew does not renew it. */
LOCKET_INTERNAL locket_handshake *workspace_take(locket_endpoint *ep, const locket_peer *peer, bool proven,
                                                 locket_event *e)
{
    locket_handshake *best = NULL;
    for (unsigned i = 0; i < ep->n_handshakes; i++)
        if (ep->handshakes[i].state == WORKSPACE_FREE)
            return &ep->handshakes[i];
    if (is_client(ep->config->role) || !proven)
        return NULL;
    for (unsigned i = 0; LOCKET_CFG_TICKETS && i < ep->n_handshakes; i++) {
        locket_handshake *hs = &ep->handshakes[i];
        if (hs->state == WORKSPACE_HOLDING && (!best || (int32_t)(hs->deadline - best->deadline) < 0))
            best = hs;
    }
    if (best) {
        holder_free(ep, &ep->sessions[best->slot]);
        return best;
    }
    return workspace_yields(ep, peer, e);
}

LOCKET_INTERNAL bool workspace_has_slot(const locket_endpoint *ep, const locket_handshake *hs)
{
    return LOCKET_CFG_CID && hs->slot != LINK_NONE && ep->sessions[hs->slot].state == SESSION_CONNECTING;
}

size_t locket_high_water(const locket_endpoint *ep)
{
    size_t most = ep->most;
    for (unsigned i = 0; i < ep->n_handshakes; i++)
        if (ep->handshakes[i].most > most)
            most = ep->handshakes[i].most;
    return most;
}

static void workspace_wipe(locket_endpoint *ep, locket_handshake *hs)
{
    if (hs->most > ep->most)
        ep->most = hs->most;
    WIPE(*hs);
}

LOCKET_INTERNAL void workspace_free(locket_endpoint *ep, locket_handshake *hs)
{
    locket_session *s = session_find(ep, &hs->session.peer);
    locket_link slot = hs->slot;
    workspace_wipe(ep, hs);
    if (s && s->state == SESSION_LIVE)             /* another one may have its slot's number */
        s->beside = LOCKET_CFG_CID && cid_promised(ep, session_index(ep, s));
    if (LOCKET_CFG_CID && slot != LINK_NONE && ep->sessions[slot].state == SESSION_CONNECTING)
        session_free(ep, &ep->sessions[slot]);
}

/* --- holders --- */

enum { HOLD_TIME = 240000 };      /* 2 MSL, milliseconds */

/* The ticket is in the arena, sealed; nothing else is needed any more. */
LOCKET_INTERNAL void holder_begin(locket_endpoint *ep, locket_handshake *hs)
{
    LOCKET_TERMS(&ep->sessions[hs->slot])->held = 1;
    hs->state = WORKSPACE_HOLDING;
    hs->flags = 0;
    hs->deadline = ep->now + HOLD_TIME;
    master_wipe(hs);
    WIPE(hs->session.key);
    WIPE(hs->session.salt);
}

LOCKET_INTERNAL locket_handshake *holder_find(const locket_endpoint *ep, const locket_session *s)
{
    for (unsigned i = 0; i < ep->n_handshakes; i++)
        if (ep->handshakes[i].state == WORKSPACE_HOLDING && ep->handshakes[i].slot == session_index(ep, s))
            return &ep->handshakes[i];
    return NULL;
}

/* Without its ticket the last flight is not what it was, and is not repeated. */
LOCKET_INTERNAL void holder_free(locket_endpoint *ep, locket_session *s)
{
    locket_handshake *hs = holder_find(ep, s);
    if (hs)
        workspace_wipe(ep, hs);
    LOCKET_TERMS(s)->held = 0;
    s->finished_seq = 0;
}
