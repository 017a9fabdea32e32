/* SPDX-License-Identifier: Apache-2.0
 *
 * path.c -- where is the peer? A session with connection IDs is known wherever its records come
 * from. That one of them, authentic and the newest, comes from elsewhere is no proof that the
 * peer is there: whoever sees records can copy them, and be faster (RFC 9146 section 6). So we ask,
 * if both sides know how (RFC 9853), and send to the old address until we know:
 *
 *     heard elsewhere            ADDRESS, PENDING
 *       ENHANCED: ask the old  --- path_response --> it stays        ADDRESS, ELSEWHERE
 *           |                  --- path_drop, or T passes --+
 *       BASIC: ask the new  <-------------------------------+
 *           |                  --- path_response --> we send there   ADDRESS, OK
 *           |                  --- T passes ------->                 ADDRESS, TIMEOUT
 *
 *     return_routability_check:  msg_type(1) cookie(8)
 *
 * A step is two challenges, the second after T/2 in case the first was lost; an answer to either
 * will do. To an address that is not proven go at most three bytes for each that came from it. */
#include "ct.h"
#include "rng.h"
#include "route.h"

enum { PATH_CHALLENGE, PATH_RESPONSE, PATH_DROP };    /* msg_type, RFC 9853 section 4 */
enum { PATH_COOKIE = 8, PATH_MESSAGE = 1 + PATH_COOKIE, PATH_CHALLENGES = 2, PATH_AMPLIFICATION = 3 };

/* locket_path.state: a check runs, or has come to something that is to be reported */
enum { CHECK_FREE, CHECK_OLD, CHECK_NEW, CHECK_PROVEN, CHECK_ELSEWHERE, CHECK_SILENT };

LOCKET_INTERNAL void path_start(locket_endpoint *ep)
{
    LOCKET_ROAMING(ep)->session = LINK_NONE;
    for (size_t i = 0; LOCKET_CFG_RRC && i < ep->config->n_paths; i++)
        WIPE(ep->config->paths[i]);
}

static uint32_t path_timeout(const locket_endpoint *ep)
{
    return ep->config->path_timeout ? ep->config->path_timeout : 1000;     /* RFC 9853 section 5.5 */
}

static bool same_peer(const locket_peer *a, const locket_peer *b)
{
    return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;        /* public */
}

/* The check of this session, or NULL; of LINK_NONE: a free one. */
static locket_path *check_find(const locket_endpoint *ep, locket_link session)
{
    for (size_t i = 0; LOCKET_CFG_RRC && i < ep->config->n_paths; i++) {
        locket_path *p = &ep->config->paths[i];
        if (session == LINK_NONE ? p->state == CHECK_FREE : p->state != CHECK_FREE && p->session == session)
            return p;
    }
    return NULL;
}

static void check_step(const locket_endpoint *ep, locket_path *p, unsigned state)
{
    p->state = (uint8_t)state;
    p->asked = 0;
    p->since = ep->now;
}

static void check_credit(locket_path *p, size_t received)
{
    size_t credit = p->credit + PATH_AMPLIFICATION * received;
    p->credit = (uint16_t)(credit < UINT16_MAX ? credit : UINT16_MAX);
}

/* So much goes to where this datagram came from. */
static void check_pay(const locket_endpoint *ep, const locket_session *s, size_t sent)
{
    locket_path *p = LOCKET_TERMS(s)->checking ? check_find(ep, session_index(ep, s)) : NULL;
    if (p && same_peer(&p->to, &ep->peer))
        p->credit = (uint16_t)(sent < p->credit ? p->credit - sent : 0);
}

static void check_free(locket_endpoint *ep, locket_path *p)
{
    LOCKET_TERMS(&ep->sessions[p->session])->checking = 0;
    WIPE(*p);
}

/* False: it has no checks, or all are taken. */
static bool check_begin(locket_endpoint *ep, locket_session *s, size_t received)
{
    locket_path *p = LOCKET_TERMS(s)->checks ? check_find(ep, LINK_NONE) : NULL;
    if (!p)
        return false;
    p->session = session_index(ep, s);
    peer_copy(&p->to, &ep->peer);
    p->credit = 0;
    check_credit(p, received);
    check_step(ep, p, ep->config->path_check == LOCKET_PATH_ENHANCED ? CHECK_OLD : CHECK_NEW);
    LOCKET_TERMS(s)->checking = 1;
    return true;
}

LOCKET_INTERNAL void path_heard(locket_endpoint *ep, locket_session *s, const struct record *r, size_t size)
{
    struct locket_roaming *roaming = LOCKET_ROAMING(ep);
    if (session_is_peer(s, &ep->peer))
        return;
    locket_path *p = LOCKET_TERMS(s)->checking ? check_find(ep, session_index(ep, s)) : NULL;
    if (p && same_peer(&p->to, &ep->peer))
        check_credit(p, size);
    if (p || r->number != s->recv || !r->type)            /* only the newest of all, and a whole one */
        return;
    bool told = roaming->session == session_index(ep, s) && same_peer(&roaming->from, &ep->peer);
    if (!check_begin(ep, s, size) && told)
        return;
    roaming->session = session_index(ep, s);
    peer_copy(&roaming->from, &ep->peer);
    ep->flags |= EP_MOVED;
}

/* --- messages --- */

static bool path_make(locket_session *s, unsigned type, const uint8_t secret[PATH_COOKIE], struct datagram *d)
{
    datagram_begin(d, s, true);
    if (datagram_room(d) < PATH_MESSAGE)
        return false;
    uint8_t *text = datagram_text(d);
    text[0] = (uint8_t)type;
    memcpy(text + 1, secret, PATH_COOKIE);
    return datagram_close(d, TYPE_RETURN_ROUTABILITY, PATH_MESSAGE);
}

/* An answer counts with a cookie of this step; at the new address also only if it comes from where
 * we asked. Who has the old one's cookie got it there, and if its answer reaches us first by way of
 * somebody who is faster with copies, the one that comes from there is a replay. */
static bool path_answered(locket_endpoint *ep, locket_session *s, unsigned type, const uint8_t *cookie)
{
    locket_path *p = LOCKET_TERMS(s)->checking ? check_find(ep, session_index(ep, s)) : NULL;
    if (!p || p->state > CHECK_NEW || (p->state == CHECK_NEW && !same_peer(&p->to, &ep->peer)))
        return false;
    unsigned i = 0;
    while (i < p->asked && !ct_equal(p->cookie[i], cookie, PATH_COOKIE))
        i++;
    if (i == p->asked || (p->state == CHECK_NEW && type == PATH_DROP))
        return false;
    if (p->state == CHECK_OLD && type == PATH_DROP) {
        check_step(ep, p, CHECK_NEW);
    } else if (p->state == CHECK_OLD) {
        p->state = CHECK_ELSEWHERE;
    } else {
        session_move(ep, s, &p->to);
        p->state = CHECK_PROVEN;
    }
    return true;
}

/* Who asks is answered where it asked from (RFC 9853 section 5.4), once this datagram is read. */
static bool path_asked(locket_endpoint *ep, const locket_session *s, const uint8_t *cookie)
{
    struct locket_roaming *roaming = LOCKET_ROAMING(ep);
    if (roaming->n_asked == sizeof roaming->asked / sizeof roaming->asked[0])
        return false;
    roaming->asked[roaming->n_asked] = session_index(ep, s);
    memcpy(roaming->cookie[roaming->n_asked++], cookie, PATH_COOKIE);
    ep->flags |= EP_PATH_ANSWER;
    return true;
}

LOCKET_INTERNAL bool path_take(locket_endpoint *ep, locket_session *s, struct span body)
{
    unsigned type = rd_u8(&body);
    struct span cookie = rd_bytes(&body, PATH_COOKIE);
    if (!LOCKET_CFG_RRC || !LOCKET_TERMS(s)->checks || !rd_done(&body) || type > PATH_DROP)
        return false;
    return type == PATH_CHALLENGE ? path_asked(ep, s, cookie.at) : path_answered(ep, s, type, cookie.at);
}

LOCKET_INTERNAL bool path_answer(locket_endpoint *ep, struct datagram *d, locket_event *e)
{
    struct locket_roaming *roaming = LOCKET_ROAMING(ep);
    while (LOCKET_CFG_RRC && roaming->n_asked) {
        unsigned i = --roaming->n_asked;
        locket_session *s = roaming->asked[i] == LINK_NONE ? NULL : &ep->sessions[roaming->asked[i]];
        unsigned answer = roaming->left ? PATH_DROP : PATH_RESPONSE;
        if (s && path_make(s, answer, roaming->cookie[i], d)) {
            check_pay(ep, s, d->len);
            event_send(e, d, s);
            peer_copy(&e->peer, &ep->peer);
            return true;
        }
    }
    if (LOCKET_CFG_RRC)
        ep->flags &= (uint8_t)~EP_PATH_ANSWER;
    return false;
}

bool locket_checks(const locket_session *s)
{
    return LOCKET_CFG_RRC && s->state == SESSION_LIVE && LOCKET_TERMS(s)->checks;
}

void locket_left(locket_endpoint *ep, bool left)
{
    if (LOCKET_CFG_RRC)
        LOCKET_ROAMING(ep)->left = left;
}

/* --- a check goes on --- */

/* The next challenge, where there is credit for one. Its cookie is fresh even if it is not sent: what
 * stood there before would be an answer to it. Without a generator there is no check. */
static bool check_ask(locket_endpoint *ep, locket_path *p, locket_session *s, struct datagram *d, locket_event *e)
{
    uint8_t *cookie = p->cookie[p->asked++];
    bool known = p->state == CHECK_OLD;
    if (!rng_bytes(&ep->rng, cookie, PATH_COOKIE)) {
        ep->drops[LOCKET_DROP_ENTROPY]++;
        p->state = CHECK_SILENT;
        return false;
    }
    if (!known && record_overhead(s) + PATH_MESSAGE > p->credit)
        return false;
    if (!path_make(s, PATH_CHALLENGE, cookie, d))
        return false;
    event_send(e, d, s);
    if (!known) {
        peer_copy(&e->peer, &p->to);
        p->credit = (uint16_t)(p->credit - d->len);
    }
    return true;
}

static bool check_report(locket_endpoint *ep, locket_path *p, locket_session *s, locket_event *e)
{
    event_about(e, LOCKET_ADDRESS, s,
                p->state == CHECK_PROVEN ? LOCKET_OK :
                p->state == CHECK_ELSEWHERE ? LOCKET_ERR_ELSEWHERE : LOCKET_ERR_TIMEOUT);
    peer_copy(&e->peer, &p->to);
    check_free(ep, p);
    return true;
}

/* When it goes on: with the next challenge, or with the next step. */
static uint32_t check_wait(const locket_endpoint *ep, const locket_path *p)
{
    return path_timeout(ep) / PATH_CHALLENGES * p->asked;
}

static bool check_next(locket_endpoint *ep, locket_path *p, struct datagram *d, locket_event *e)
{
    locket_session *s = &ep->sessions[p->session];
    while (p->state <= CHECK_NEW && (int32_t)(ep->now - p->since - check_wait(ep, p)) >= 0) {
        if (p->asked == PATH_CHALLENGES)
            check_step(ep, p, p->state == CHECK_OLD ? CHECK_NEW : CHECK_SILENT);
        else if (check_ask(ep, p, s, d, e))
            return true;
    }
    return p->state > CHECK_NEW && check_report(ep, p, s, e);
}

LOCKET_INTERNAL bool path_moved(locket_endpoint *ep, locket_event *e)
{
    struct locket_roaming *roaming = LOCKET_ROAMING(ep);
    if (!(ep->flags & EP_MOVED))
        return false;
    ep->flags &= (uint8_t)~EP_MOVED;
    event_about(e, LOCKET_ADDRESS, &ep->sessions[roaming->session], LOCKET_PENDING);
    peer_copy(&e->peer, &roaming->from);
    return true;
}

LOCKET_INTERNAL bool path_next(locket_endpoint *ep, struct datagram *d, locket_event *e)
{
    for (size_t i = 0; LOCKET_CFG_RRC && i < ep->config->n_paths; i++)
        if (ep->config->paths[i].state != CHECK_FREE && check_next(ep, &ep->config->paths[i], d, e))
            return true;
    return false;
}

LOCKET_INTERNAL bool path_deadline(const locket_endpoint *ep, locket_time *when)
{
    bool any = false;
    for (size_t i = 0; LOCKET_CFG_RRC && i < ep->config->n_paths; i++) {
        const locket_path *p = &ep->config->paths[i];
        locket_time its = p->state > CHECK_NEW ? ep->now : p->since + check_wait(ep, p);
        if (p->state == CHECK_FREE || (any && (int32_t)(its - *when) >= 0))
            continue;
        *when = its;
        any = true;
    }
    return any;
}

/* Nothing is asked or told of its address any more. */
static void path_settle(locket_endpoint *ep, const locket_session *s)
{
    struct locket_roaming *roaming = LOCKET_ROAMING(ep);
    locket_link i = session_index(ep, s);
    locket_path *p = LOCKET_TERMS(s)->checking ? check_find(ep, i) : NULL;
    if (p)
        check_free(ep, p);
    if (roaming->session == i) {
        roaming->session = LINK_NONE;
        ep->flags &= (uint8_t)~EP_MOVED;
    }
}

/* Nor is the peer answered: by then the slot may be another's. */
LOCKET_INTERNAL void path_forget(locket_endpoint *ep, const locket_session *s)
{
    struct locket_roaming *roaming = LOCKET_ROAMING(ep);
    path_settle(ep, s);
    for (unsigned i = 0; LOCKET_CFG_RRC && i < roaming->n_asked; i++)
        if (roaming->asked[i] == session_index(ep, s))
            roaming->asked[i] = LINK_NONE;
}

/* --- and the application knows it better --- */

locket_error locket_move(locket_endpoint *ep, locket_session *s, const locket_peer *peer)
{
    if (!peer || !peer->len || peer->len > LOCKET_CFG_PEER_SIZE)
        return LOCKET_ERR_ARGUMENT;
    if (!LOCKET_CFG_CID || !session_is_ours(ep, s) || s->state != SESSION_LIVE || !session_has_cid(s))
        return LOCKET_ERR_STATE;
    path_settle(ep, s);
    session_move(ep, s, peer);
    return LOCKET_OK;
}
