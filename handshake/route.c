/* SPDX-License-Identifier: Apache-2.0
 *
 * route.c -- the way of one received record:
 *
 *     header -> epoch -> replay_seen -> record_open -> replay_mark -> by type
 *                |
 *                0: ClientHello -> cookie (no memory), or the name of a session that can
 *                   be resumed -> workspace; nothing else than a workspace of that peer is
 *                   touched
 *
 * Before a tag verifies there are two outcomes: a handshake that is still open takes it,
 * or it is counted and forgotten. From replay_mark() on the sender is the peer. */
#include "route.h"
#include "ct.h"
#include "rng.h"

LOCKET_INTERNAL APART enum route route_drop(locket_endpoint *ep, locket_drop reason)
{
    ep->drops[reason]++;
    return ROUTE_DONE;
}

/* A step's look-up, should it be PENDING, is named by its workspace and a count that never
 * is 0. */
LOCKET_INTERNAL struct turn route_turn(locket_endpoint *ep, locket_handshake *hs)
{
    struct turn t = { .config = ep->config, .rng = &ep->rng, .ep = ep, .hs = hs, .decoy_len = &ep->decoy_len,
                      .now = ep->now };
    if (ep->queries == 0)
        ep->queries = 1;
    t.query = (uint32_t)(hs - ep->handshakes + 1) << 16 | ep->queries;
    return t;
}

/* The first sealed record does not open. In a full handshake it means a wrong key or an unknown
 * identity: a server says so once, unsealed, and the workspace waits for its deadline. In an
 * abbreviated one the client has seen already that the server has the same secret, and to say
 * anything under its keys would end a good session for a forged record; but a client may have
 * been told a false server random. */
static void route_unopened(locket_handshake *hs)
{
    bool resumed = LOCKET_CFG_RESUME && (hs->flags & F_RESUMED), client = is_client(hs->role);
    if (client && resumed)
        hs->flags |= F_ASTRAY;
    if (!client && !resumed && !(hs->flags & F_TOLD)) {
        hs->flags |= F_TOLD;
        hs->reason = ALERT_DECRYPT_ERROR;
        hs->alert = session_has_cid(&hs->session) ? 0 : ALERT_DECRYPT_ERROR;     /* RFC 9146 section 6 */
    }
}

/* Who may end a handshake? A server's error is told to a peer that has proven its address,
 * and ends the attempt. A client's, until the server has proven the key, is anybody's:
 * it spoils this attempt only, and is the reason to report if no other succeeds. */
static void route_verdict(locket_endpoint *ep, locket_handshake *hs, locket_error error)
{
    if (hs->query == ep->queries)              /* the name is taken */
        ep->queries++;
    if (error == LOCKET_OK)
        return;
    if (error < 0) {
        route_drop(ep, DROP_REASON(error));
        if (error == DROP(LOCKET_DROP_BAD_TAG))
            route_unopened(hs);
        return;
    }
    hs->reason = (uint16_t)error;
    hs->alert = error < LOCKET_PEER_ALERT && !is_unproven(hs) ? (uint8_t)error : 0;
    bool spoilt = is_client(hs->role) && (error < LOCKET_PEER_ALERT || error == LOCKET_ERR_CID);
    hs->state = spoilt ? WORKSPACE_SPOILT : WORKSPACE_FAILED;
    if (spoilt && !(hs->flags & F_TIMER)) {
        hs->flags = (hs->flags | F_TIMER) & ~(uint32_t)F_SENDING;
        hs->timer = ep->now + hs->timeout;
    }
}

/* The key of a session is nearly worn out: to be told once, by locket_next(). */
LOCKET_INTERNAL void route_wearing(locket_endpoint *ep, locket_session *s)
{
    if (s->told || (ep->flags & EP_WEARING))
        return;
    s->told = 1;
    ep->wearing = session_index(ep, s);
    ep->flags |= EP_WEARING;
}

/* Everything that can be done by now, and what it has come to. A look-up that is answered at
 * once comes as PENDING with DUE_KEYS: the first round only turns that into OK. */
LOCKET_INTERNAL void route_go_on(locket_endpoint *ep, struct turn *t, locket_error error)
{
    do {
        if (!error && t->due)
            error = t->due == DUE_PARKED ? incoming_unpark(t) : hs_compute(t);
        if (!error || error == LOCKET_PENDING)
            error = incoming_advance(t);
    } while (!error && t->due);
    if (t->over)
        route_drop(ep, (locket_drop)t->over);
    route_verdict(ep, t->hs, error);
}

/* --- epoch 0 --- */

/* Secrets that have had their time are replaced. */
static bool route_turn_secrets(locket_endpoint *ep)
{
    return cookie_turn(&ep->cookies, ep->config, &ep->rng, ep->now) && (!LOCKET_CFG_RESUME || resume_turn(ep));
}

/* The workspace that may take this message of that record; NULL: none, and it is counted. */
static APART locket_handshake *route_message(locket_endpoint *ep, const struct record *r,
                                             const struct fragment *f, bool fresh, locket_event *e)
{
    locket_handshake *hs = workspace_find(ep, &ep->peer);
    bool hello = f->type == HS_CLIENT_HELLO && !is_client(ep->config->role) && !record_epoch(r);
    if (hello && (r->number > HELLO_NUMBER_MAX || f->seq > HELLO_SEQ_MAX)) {
        route_drop(ep, LOCKET_DROP_NUMBER);
        return NULL;
    }
    if (hello && !fresh) {
        route_drop(ep, LOCKET_DROP_ENTROPY);
        return NULL;
    }
    if (hello && f->offset == 0)
        hs = newcomer_hello(ep, r, f, e);
    else if (!hs && hello)
        route_drop(ep, LOCKET_DROP_FRAGMENT);
    else if (!hs || hs->state != WORKSPACE_RUNNING)
        route_drop(ep, hs || session_find(ep, &ep->peer) ? LOCKET_DROP_UNEXPECTED : LOCKET_DROP_STRANGER);
    return hs && hs->state == WORKSPACE_RUNNING ? hs : NULL;
}

static enum route route_plain(locket_endpoint *ep, const struct record *r)
{
    locket_handshake *hs = workspace_find(ep, &ep->peer);
    bool running = hs && hs->state == WORKSPACE_RUNNING;
    uint8_t alert;
    switch (r->type) {
    case TYPE_HANDSHAKE:
        return ROUTE_MESSAGES;
    case TYPE_CHANGE_CIPHER_SPEC:
        /* Noted, not obeyed: its row has to come first (CVE-2014-0224). */
        if (!running || (hs->flags & F_READING))
            break;
        if (r->len != 1 || r->body[0] != 1) {
            route_drop(ep, LOCKET_DROP_MALFORMED);
            return ROUTE_DONE;
        }
        hs->flags |= F_CCS;
        return ROUTE_GO_ON;
    case TYPE_ALERT:
        route_drop(ep, LOCKET_DROP_ALERT);
        if (running && alert_take(r->body, r->len, false, is_client(hs->role), &alert) == ALERT_HINT)
            hs->reason = (uint16_t)(LOCKET_PEER_ALERT + alert);
        return ROUTE_DONE;
    default:
        break;
    }
    route_drop(ep, LOCKET_DROP_UNEXPECTED);
    return ROUTE_DONE;
}

/* --- epoch 1 --- */

/* Data of a peer whose Finished was lost (RFC 6347 section 4.2.4). A client that comes back says
 * its Finished again when we say ours: at once where no timer repeats our flight, for want of a
 * cookie, as this tag proves the client's address as well; else sooner than the timer would. */
static enum route route_too_early(locket_endpoint *ep, locket_handshake *hs)
{
    bool waits = !is_client(hs->role) && (hs->flags & F_RESUMED) && (hs->flags & F_TIMER);
    uint32_t since = hs->timeout - (hs->timer - ep->now);
    if (is_unproven(hs) || (waits && since >= config_timeout(ep->config) / 2)) {
        hs->flags |= F_COOKIE;
        flight_rewind(hs);
    }
    return route_drop(ep, LOCKET_DROP_EARLY);
}

/* An authentic record of a handshake that is not finished. */
static enum route route_handshake(locket_endpoint *ep, locket_handshake *hs, const struct record *r)
{
    uint8_t alert;
    enum alert_verdict verdict;
    switch (r->type) {
    case TYPE_HANDSHAKE:
        return ROUTE_MESSAGES;
    case TYPE_ALERT:
        verdict = alert_take(r->body, r->len, true, false, &alert);
        if (verdict == ALERT_CLOSED || verdict == ALERT_ENDED)
            route_verdict(ep, hs, LOCKET_PEER_ALERT + alert);
        else
            route_drop(ep, LOCKET_DROP_ALERT);
        return ROUTE_DONE;
    case TYPE_APPLICATION_DATA:
        return route_too_early(ep, hs);
    default:
        route_drop(ep, LOCKET_DROP_UNEXPECTED);
        return ROUTE_DONE;
    }
}

/* A handshake message on an established session: the peer has not got our last flight, or
 * wants to renegotiate, which we decline (RFC 5246 section 7.2.2: no_renegotiation; RFC 7925
 * section 17). */
static void route_after(locket_endpoint *ep, locket_session *s, const struct record *r)
{
    struct span rest = span_of(r->body, r->len);
    struct fragment f;
    bool server = !is_client(ep->config->role);
    if (!incoming_split(&rest, &f))
        route_drop(ep, LOCKET_DROP_FRAGMENT);
    else if (f.type == HS_FINISHED && s->finished_seq)
        ep->flags |= EP_LAST_FLIGHT;
    else if (f.type == (server ? HS_CLIENT_HELLO : HS_HELLO_REQUEST))
        ep->flags |= EP_NO_RENEGOTIATION;
    else
        route_drop(ep, LOCKET_DROP_UNEXPECTED);
    ep->subject = session_index(ep, s);
}

/* An authentic record of a live session. */
static enum route route_session(locket_endpoint *ep, locket_session *s, const struct record *r, locket_event *e)
{
    uint8_t alert;
    enum alert_verdict verdict;
    switch (r->type) {
    case TYPE_APPLICATION_DATA:
        if (LOCKET_CFG_TICKETS && LOCKET_TERMS(s)->held)       /* it has our last flight */
            holder_free(ep, s);
        if (r->len == 0)
            break;
        e->kind = LOCKET_DATA;
        e->session = s;
        e->handle = s->handle;
        e->reason = LOCKET_CFG_CID && !session_is_peer(s, &ep->peer) ? LOCKET_PENDING : LOCKET_OK;
        peer_copy(&e->peer, &s->peer);
        e->data = r->body;
        e->len = r->len;
        break;
    case TYPE_ALERT:
        verdict = alert_take(r->body, r->len, true, false, &alert);
        if (LOCKET_CFG_RESUME && verdict == ALERT_ENDED)
            resume_drop(ep, s);
        if (verdict == ALERT_CLOSED || verdict == ALERT_ENDED)
            session_close(ep, s, LOCKET_PEER_ALERT + alert, verdict == ALERT_CLOSED && !ep->config->leave_silently);
        else
            route_drop(ep, LOCKET_DROP_ALERT);
        break;
    case TYPE_HANDSHAKE:
        route_after(ep, s, r);
        break;
    case TYPE_RETURN_ROUTABILITY:
        if (LOCKET_CFG_RRC && path_take(ep, s, span_of(r->body, r->len)))
            break;
        /* fall through */
    default:
        route_drop(ep, LOCKET_DROP_UNEXPECTED);
    }
    return ROUTE_DONE;
}

/* Forgeries are counted against a far-off limit (RFC 9147 section 4.5.3). */
static void route_forged(locket_endpoint *ep, locket_session *s)
{
    uint32_t most = session_aead(s)->max_forgeries;
    s->bad_tags++;
    if (s->bad_tags >= most - most / 8)
        route_wearing(ep, s);
    if (s->bad_tags >= most)
        session_close(ep, s, LOCKET_ERR_FORGERIES, false);
}

/* Whose is it? By its connection ID, or by who sent it; but one without the ID that it should have
 * is nobody's (RFC 9146 section 3). */
static void route_find(const locket_endpoint *ep, const struct record *r, locket_session **live, locket_handshake **hs)
{
    if (LOCKET_CFG_CID && r->cid_len) {
        cid_find(ep, r, live, hs);
        return;
    }
    locket_session *s = session_find(ep, &ep->peer);
    *live = s && s->state == SESSION_LIVE && !session_has_cid(s) ? s : NULL;
    *hs = !*live || (*live)->beside ? workspace_find(ep, &ep->peer) : NULL;
    if (*hs && (((*hs)->state != WORKSPACE_RUNNING && (*hs)->state != WORKSPACE_DONE) ||
                session_has_cid(&(*hs)->session)))
        *hs = NULL;
}

static enum route route_sealed(locket_endpoint *ep, struct record *r, locket_event *e)
{
    locket_session *s;
    locket_handshake *hs;
    size_t size = record_front(r) + r->len;
    route_find(ep, r, &s, &hs);
    if (!s && !hs)
        return route_drop(ep, LOCKET_DROP_STRANGER);
    if (record_epoch(r) != 1)
        return route_drop(ep, LOCKET_DROP_EPOCH);

    /* A handshake beside a live session: the new keys first, then the old; to miss
     * the new ones is no forgery. */
    bool reading = hs && (hs->flags & F_READING);
    enum received received = RECEIVED_FORGED;
    if (reading) {
        received = record_receive(&hs->session, r);
        if (received == RECEIVED)
            return route_handshake(ep, hs, r);
    }
    if (s) {
        received = record_receive(s, r);
        if (received == RECEIVED) {
            session_touch(ep, s);
            if (LOCKET_CFG_CID && session_has_cid(s))
                path_heard(ep, s, r, size);
            return route_session(ep, s, r, e);
        }
        if (received == RECEIVED_FORGED)
            route_forged(ep, s);
    }
    if (received == RECEIVED_TOO_LONG)
        return route_drop(ep, LOCKET_DROP_TOO_LONG);
    if (received == RECEIVED_AGAIN && !(s && hs))
        return route_drop(ep, LOCKET_DROP_REPLAY);
    if (!hs)
        return route_drop(ep, LOCKET_DROP_BAD_TAG);
    /* With a connection ID the record does not say what it is: where only a Finished could be
     * worth to wait for its ChangeCipherSpec it is kept. */
    bool returns = LOCKET_CFG_RESUME && !is_client(hs->role) && (hs->flags & F_KEYS) && (hs->flags & F_RESUMED);
    if (reading)
        route_verdict(ep, hs, DROP(LOCKET_DROP_BAD_TAG));
    else if ((r->type == TYPE_HANDSHAKE || (r->cid_len && !returns)) && hs->state == WORKSPACE_RUNNING)
        incoming_park(hs, r);
    else if (returns && record_receive(&hs->session, r) == RECEIVED)
        route_too_early(ep, hs);
    else
        route_drop(ep, LOCKET_DROP_EARLY);
    return ROUTE_DONE;
}

/* --- one record --- */

static APART enum route route_open(locket_endpoint *ep, struct record *r, locket_event *e)
{
    int reason = RECORD_FINE;
    bool more = ep->datagram_len > 0 &&
                record_next(&ep->datagram, &ep->datagram_len, config_cid_len(ep->config), r, &reason);
    if (!more)
        ep->datagram = NULL;
    if (reason != RECORD_FINE)
        return route_drop(ep, (locket_drop)reason);
    if (!more)
        return ROUTE_DONE;
    return record_epoch(r) ? route_sealed(ep, r, e) : route_plain(ep, r);
}

static void route_step(locket_endpoint *ep, locket_handshake *hs, unsigned epoch, const struct fragment *f)
{
    locket_psk psk = { 0 };
    struct turn t = route_turn(ep, hs);
    t.psk = &psk;
    route_go_on(ep, &t, f ? incoming_add(&t, epoch, f) : LOCKET_OK);
}

/* The frames of whoever looks at a record are gone when the handshake goes on: what it then
 * has to compute takes the most stack of all. */
LOCKET_INTERNAL bool route_record(locket_endpoint *ep, locket_event *e)
{
    struct record r;
    struct fragment f;
    enum route todo = route_open(ep, &r, e);
    if (todo == ROUTE_GO_ON)
        route_step(ep, workspace_find(ep, &ep->peer), 0, NULL);
    if (todo == ROUTE_MESSAGES) {
        struct span rest = span_of(r.body, r.len);
        bool fresh = is_client(ep->config->role) || route_turn_secrets(ep);
        while (incoming_split(&rest, &f)) {
            locket_handshake *hs = route_message(ep, &r, &f, fresh, e);
            if (hs)
                route_step(ep, hs, record_epoch(&r), &f);
        }
        if (rest.len)
            route_drop(ep, LOCKET_DROP_FRAGMENT);
    }
    return e->kind != 0;
}
