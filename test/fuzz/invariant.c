/* SPDX-License-Identifier: Apache-2.0
 *
 * invariant.c -- what holds between any two calls, whatever the peers send. The state is
 * read where it lies: a fuzzer finds a broken list long before a crash does. */
#include <string.h>

#include "drive.h"
#include "table.h"
#include "weak.h"

enum { ANSWER_MAX = 256, SCRIPT_ROWS = 17 };

static unsigned peer_number(const locket_peer *peer)
{
    for (unsigned k = 0; k < DRIVE_PEERS; k++) {
        locket_peer p = drive_peer(k);
        if (p.len == peer->len && memcmp(p.bytes, peer->bytes, p.len) == 0)
            return k;
    }
    return DRIVE_PEERS;
}

/* By words: this runs between any two calls. */
static bool all_zero(const void *at, size_t n)
{
    const uint8_t *b = at;
    uint64_t any = 0, word;
    for (; n >= sizeof word; n -= sizeof word, b += sizeof word) {
        memcpy(&word, b, sizeof word);
        any |= word;
    }
    while (n--)
        any |= *b++;
    return any == 0;
}

/* --- events ------------------------------------------------------------------------ */

static bool reason_is_good(locket_error reason)
{
    return reason >= 0 && reason < LOCKET_ERR_END && locket_error_name(reason);
}

/* Of whom has only named a session (config.resume_cookie). */
static bool names_a_session(const struct drive *d, const locket_peer *peer)
{
    const locket_handshake *hs = workspace_find(&d->ep, peer);
    return hs && is_unproven(hs) && (d->config.n_cache || d->config.tickets) &&
           d->config.resume_cookie != LOCKET_COOKIE_ALWAYS;
}

/* Whole records, each of a known kind, if the connection ID in them has that length. */
static bool whole_records(const locket_event *e, size_t cid_len)
{
    uint8_t *at = e->data;
    size_t left = e->len;
    struct record r;
    int reason;
    while (left)
        if (!record_next(&at, &left, cid_len, &r, &reason) || reason != RECORD_FINE || record_epoch(&r) > 1 ||
            r.type == TYPE_APPLICATION_DATA)
            return false;
    return true;
}

/* Is that the connection ID of what we send in this session? */
static bool brings_id_of(const locket_session *s, const locket_event *e)
{
    size_t n = s->terms.peer_cid_len;
    return n && e->len > 11 + n && whole_records(e, n);
}

static bool is_whole(const struct drive *d, const locket_event *e)
{
    bool good = whole_records(e, 0);
    for (size_t i = 0; i < d->n; i++)
        good = good || brings_id_of(&d->sessions[i], e);
    for (size_t i = 0; i < d->m; i++)
        good = good || brings_id_of(&d->handshakes[i].session, e);
    return good;
}

/* Is anybody's address that one? */
static bool is_somebody(const struct drive *d, const locket_peer *peer)
{
    return session_find(&d->ep, peer) || workspace_find(&d->ep, peer);
}

/* Until a cookie verifies, a peer gets one datagram for one, and not a larger one (RFC 6347
 * section 4.2.1), but for the one answer to who has named a session. */
static void check_send(struct drive *d, const locket_event *e)
{
    unsigned k = peer_number(&e->peer);
    size_t mtu = config_mtu(&d->config);
    FUZZ_CHECK(k < DRIVE_PEERS && !e->session);
    FUZZ_CHECK(e->data == d->out && e->len > 0 && e->len <= d->cap && e->len <= mtu);
    FUZZ_CHECK(is_whole(d, e));
    if (e->data[4] && !is_somebody(d, &e->peer)) {
        /* Sealed, to where a session was heard and is not: RFC 9853 section 5 has no more than this. */
        FUZZ_CHECK(d->config.cid && e->data[0] != TYPE_APPLICATION_DATA);
        d->gave[k] += e->len;
        FUZZ_CHECK(d->proven[k] || d->gave[k] <= 3 * d->took[k]);
        return;
    }
    if (d->config.role == LOCKET_SERVER && !d->proven[k]) {
        bool named = names_a_session(d, &e->peer);       /* behind a hello that did not, perhaps */
        FUZZ_CHECK(d->datagram && d->from == k && ++d->replies <= (named ? 2u : 1u));
        FUZZ_CHECK(e->len <= d->datagram_len || (named && e->len <= ANSWER_MAX));
    }
}

void invariant_event(struct drive *d, const locket_event *e)
{
    size_t i = 0;
    FUZZ_CHECK(e->kind >= LOCKET_SEND && e->kind <= LOCKET_WEARING && reason_is_good(e->reason));
    if (e->session) {
        i = (size_t)(e->session - d->sessions);
        FUZZ_CHECK(i < d->n && &d->sessions[i] == e->session);
    }
    FUZZ_CHECK(peer_number(&e->peer) < DRIVE_PEERS);
    FUZZ_CHECK(e->reason != LOCKET_PENDING || e->kind == LOCKET_DATA || e->kind == LOCKET_ADDRESS);
    switch (e->kind) {
    case LOCKET_SEND:
        check_send(d, e);
        return;
    case LOCKET_CONNECTED:
        FUZZ_CHECK(e->session && !d->up[i] && d->open[i] == (d->config.role == LOCKET_CLIENT));
        /* One of the look-up's; or of a ticket or a record, in which a fuzzer writes what it likes. */
        FUZZ_CHECK((e->handle >= 7001 && e->handle <= 7002) || locket_resumed(e->session));
        FUZZ_CHECK(e->handle == locket_handle(e->session));
        FUZZ_CHECK(strncmp(locket_suite_name(locket_suite(e->session)), "TLS_PSK_", 8) == 0);
        locket_peer theirs;
        locket_peer_of(e->session, &theirs);
        FUZZ_CHECK(peer_number(&theirs) == peer_number(&e->peer) && locket_high_water(&d->ep) <= LOCKET_CFG_ARENA);
        FUZZ_CHECK(e->reason == LOCKET_OK);
        d->open[i] = d->up[i] = true;
        d->proven[peer_number(&e->peer)] = true;
        return;
    case LOCKET_DATA:
        FUZZ_CHECK(e->session && d->up[i] && d->heard[i] && d->datagram && e->len > 0);
        FUZZ_CHECK(e->data >= d->datagram && e->data + e->len <= d->datagram + d->datagram_len);
        FUZZ_CHECK((e->reason == LOCKET_PENDING) == (peer_number(&e->peer) != d->from));
        FUZZ_CHECK(session_is_peer(e->session, &e->peer) && (e->reason == LOCKET_OK || e->session->terms.cid));
        return;
    case LOCKET_ADDRESS:
        FUZZ_CHECK(e->session && d->up[i] && e->session->terms.cid);
        FUZZ_CHECK((e->reason == LOCKET_OK) == session_is_peer(e->session, &e->peer));
        FUZZ_CHECK(e->reason != LOCKET_PENDING || (d->heard[i] && peer_number(&e->peer) == d->from));
        FUZZ_CHECK(e->reason == LOCKET_PENDING || locket_checks(e->session));
        if (e->reason == LOCKET_OK)
            d->proven[peer_number(&e->peer)] = true;
        return;
    case LOCKET_CLOSED:
        FUZZ_CHECK(e->session && d->open[i]);
        d->open[i] = d->up[i] = false;
        return;
    case LOCKET_FAILED:
        FUZZ_CHECK(!e->session && d->config.role == LOCKET_SERVER && e->reason != LOCKET_OK);
        return;
    default:
        FUZZ_CHECK(e->session && d->up[i]);
        FUZZ_CHECK(e->reason == LOCKET_ERR_KEY_WORN || e->reason == LOCKET_ERR_FORGERIES);
        return;
    }
}

/* --- what an unauthenticated record may do to a live session: nothing ----------------- */

void invariant_remember(struct drive *d)
{
    memcpy(d->before, d->sessions, d->n * sizeof *d->sessions);
}

/* What may change at any time: its place in lists, and the count of forgeries. */
static void essence(const locket_session *s, locket_session *out)
{
    memcpy(out, s, sizeof *out);
    out->bucket = out->next = out->older = out->newer = 0;
    out->beside = out->told = 0;
    out->bad_tags = 0;
}

void invariant_unharmed(struct drive *d, unsigned opened, const locket_event *e)
{
    for (size_t i = 0; i < d->n; i++) {
        const locket_session *s = &d->sessions[i];
        if (weak_opened_in(s, sizeof *s, opened))
            d->heard[i] = true;
        /* An address is another only when an answer has come from there. */
        if (d->before[i].state == SESSION_LIVE && s->state == SESSION_LIVE &&
            !session_is_peer(s, &d->before[i].peer)) {
            FUZZ_CHECK(d->heard[i] && d->datagram && d->before[i].terms.checking);
            FUZZ_CHECK(peer_number(&s->peer) == d->from);
        }
        if (d->before[i].state != SESSION_LIVE || d->heard[i])
            continue;
        if (e && e->kind == LOCKET_CLOSED && e->session == s) {
            FUZZ_CHECK(e->reason == LOCKET_ERR_REPLACED || e->reason == LOCKET_ERR_EVICTED ||
                       e->reason == LOCKET_ERR_IDLE || e->reason == LOCKET_ERR_FORGERIES);
            continue;
        }
        locket_session was, is;
        essence(&d->before[i], &was);
        essence(s, &is);
        if (was.terms.held && !is.terms.held)        /* a newcomer got the workspace with its ticket */
            was.finished_seq = is.finished_seq;
        was.terms.held = is.terms.held;
        if (was.terms.checking) {                    /* it asks, and it ends */
            FUZZ_CHECK(is.send - was.send <= 1);
            was.send = is.send;
            was.terms.checking = is.terms.checking;
        }
        if (s->state == SESSION_CLOSING) {
            FUZZ_CHECK(s->bad_tags == LOCKET_ERR_FORGERIES);
            was.state = is.state;
        }
        FUZZ_CHECK(memcmp(&was, &is, sizeof was) == 0);
        FUZZ_CHECK(s->state == SESSION_CLOSING || s->bad_tags >= d->before[i].bad_tags);
    }
}

/* --- tables ---------------------------------------------------------------------------- */

static bool is_entered(const locket_session *s)
{
    return s->state == SESSION_LIVE || s->state == SESSION_CLOSING;
}

/* An address is the name of a session whose records bring no ID; of the others several may have one. */
static void check_session(const struct drive *d, const locket_session *s)
{
    const locket_endpoint *ep = &d->ep;
    struct span cid = span_of(s->cids.ours, d->config.cid_len);
    size_t n = d->config.cid_len < sizeof(locket_link) ? d->config.cid_len : sizeof(locket_link);
    unsigned checks = 0;
    FUZZ_CHECK(session_find(ep, &s->peer) != NULL);
    if (!s->terms.cid) {
        FUZZ_CHECK(session_find(ep, &s->peer) == s);
        bool another = workspace_find(ep, &s->peer) || cid_promised(ep, (locket_link)(s - d->sessions));
        FUZZ_CHECK(s->state != SESSION_LIVE || s->beside || !workspace_find(ep, &s->peer));
        FUZZ_CHECK(s->state != SESSION_LIVE || !s->beside || another);
    } else {
        FUZZ_CHECK(n && rd_uint(&cid, n) == (uint32_t)(s - d->sessions));
    }
    for (size_t i = 0; i < d->config.n_paths; i++)
        checks += d->paths[i].state && d->paths[i].session == s - d->sessions;
    FUZZ_CHECK(checks == s->terms.checking);
}

/* A slot is reserved, and the first of those who named it that is finished gets it; or promised to those who
 * may have it when its session has gone. */
static void check_slot(const struct drive *d, const locket_handshake *hs, size_t *n_reserved)
{
    const locket_session *s = &d->sessions[hs->slot];
    if (hs->state == WORKSPACE_HOLDING) {
        FUZZ_CHECK(is_entered(s) && s->terms.held && holder_find(&d->ep, s) == hs);
    } else if (hs->state != WORKSPACE_LINGERING) {
        bool promised = d->config.role == LOCKET_SERVER && d->config.cid && is_entered(s), counted = promised;
        for (const locket_handshake *other = d->ep.handshakes; other < hs; other++)
            counted |= other->state != WORKSPACE_FREE && other->state < WORKSPACE_LINGERING && other->slot == hs->slot;
        FUZZ_CHECK(promised || (s->state == SESSION_CONNECTING && (counted || *n_reserved)));
        *n_reserved -= !counted;
    }
}

/* Free slots are wiped; they and the line and the reserved ones are all there are. */
static void check_sessions(const struct drive *d)
{
    const locket_endpoint *ep = &d->ep;
    size_t n_free = 0, n_line = 0, n_hash = 0, n_reserved = 0;
    for (locket_link i = ep->free; i != LINK_NONE; i = d->sessions[i].newer) {
        locket_session s;
        FUZZ_CHECK(i < d->n && n_free++ < d->n);
        memcpy(&s, &d->sessions[i], sizeof s);
        s.bucket = s.newer = 0;
        FUZZ_CHECK(all_zero(&s, sizeof s));
    }
    bool live = false;
    locket_link older = LINK_NONE;
    for (locket_link i = ep->oldest; i != LINK_NONE && older != d->sessions[ep->oldest].older;
         older = i, i = d->sessions[i].newer) {
        const locket_session *s = &d->sessions[i];
        FUZZ_CHECK(i < d->n && n_line++ < d->n && is_entered(s));
        FUZZ_CHECK(s->newer < d->n && d->sessions[s->newer].older == i);
        FUZZ_CHECK(!live || s->state == SESSION_LIVE);          /* what is to be closed stands first */
        if (live && d->elapsed < INT32_MAX)
            FUZZ_CHECK((int32_t)(s->heard - d->sessions[older].heard) >= 0);
        live = s->state == SESSION_LIVE;
        check_session(d, s);
    }
    for (size_t b = 0; b < d->n; b++)
        for (locket_link i = d->sessions[b].bucket; i != LINK_NONE; i = d->sessions[i].next)
            FUZZ_CHECK(i < d->n && n_hash++ < d->n && is_entered(&d->sessions[i]));
    for (size_t i = 0; i < d->n; i++)
        n_reserved += d->sessions[i].state == SESSION_CONNECTING;
    for (size_t i = 0; i < d->m; i++)
        if (d->handshakes[i].state != WORKSPACE_FREE && d->handshakes[i].slot != LINK_NONE) {
            FUZZ_CHECK(d->handshakes[i].slot < d->n);
            check_slot(d, &d->handshakes[i], &n_reserved);
        }
    FUZZ_CHECK(n_reserved == 0 && n_hash == n_line);
    for (size_t i = 0; i < d->n; i++)
        n_reserved += d->sessions[i].state == SESSION_CONNECTING;
    FUZZ_CHECK(n_free + n_line + n_reserved == d->n);
}

/* incoming.c: type(1) seq(1) len(2), bits, bytes. */
static void check_arena(const locket_handshake *hs)
{
    size_t at = hs->out_len, end = at + hs->in_len;
    FUZZ_CHECK(end <= LOCKET_CFG_ARENA && hs->flight <= hs->row && hs->row <= SCRIPT_ROWS);
    while (at < end) {
        FUZZ_CHECK(end - at >= 4);
        const uint8_t *slot = hs->arena + at;
        size_t len = (size_t)slot[2] << 8 | slot[3];
        size_t bits = (len + 7) / 8;
        FUZZ_CHECK(end - at >= 4 + bits + len);
        at += 4 + bits + len;
    }
}

static void check_workspaces(const struct drive *d)
{
    unsigned lingering = 0;
    for (size_t i = 0; i < d->m; i++) {
        const locket_handshake *hs = &d->handshakes[i];
        if (hs->state == WORKSPACE_FREE) {
            FUZZ_CHECK(all_zero(hs, sizeof *hs));
            continue;
        }
        unsigned k = peer_number(&hs->session.peer);
        FUZZ_CHECK(hs->state <= WORKSPACE_HOLDING && k < DRIVE_PEERS && hs->role == d->config.role);
        if (hs->state == WORKSPACE_HOLDING) {
            FUZZ_CHECK(hs->role == LOCKET_SERVER && all_zero(hs->master, sizeof hs->master));
            continue;
        }
        /* No memory for a peer before its cookie (RFC 6347 section 4.2.1), or a session's name. */
        FUZZ_CHECK(d->config.role == LOCKET_CLIENT || d->proven[k] || names_a_session(d, &hs->session.peer) ||
                   hs->state >= WORKSPACE_DONE);
        FUZZ_CHECK(hs->mtu >= MTU_FLOOR && hs->send_seq <= 127);
        FUZZ_CHECK(!(hs->flags & F_READING) || (hs->flags & F_KEYS) || hs->state == WORKSPACE_SPOILT);
        FUZZ_CHECK(hs->resends <= (d->config.retransmissions ? d->config.retransmissions : 7));
        check_arena(hs);
        if (hs->state == WORKSPACE_LINGERING) {
            lingering++;
            FUZZ_CHECK(d->ep.lingering == i + 1);
        }
        for (size_t j = 0; j < i; j++)
            FUZZ_CHECK(hs->state >= WORKSPACE_LINGERING || d->handshakes[j].state >= WORKSPACE_LINGERING ||
                       d->handshakes[j].state == WORKSPACE_FREE ||
                       peer_number(&d->handshakes[j].session.peer) != k);
    }
    FUZZ_CHECK(lingering == (d->ep.lingering != 0));
}

/* All entries are in one ring; what is free has no secret. */
static void check_cache(const struct drive *d)
{
    size_t n = 0;
    locket_link i = d->ep.back.oldest;
    if (!d->config.n_cache)
        return;
    do {
        const locket_resumption *x = &d->cache[i];
        FUZZ_CHECK(i < DRIVE_CACHE && n++ < DRIVE_CACHE);
        FUZZ_CHECK(x->newer < DRIVE_CACHE && d->cache[x->newer].older == i);
        FUZZ_CHECK(x->taken || all_zero(x->master, sizeof x->master));
        FUZZ_CHECK(!x->taken || (x->handle >= 7001 && x->handle <= 7002));
        i = x->newer;
    } while (i != d->ep.back.oldest);
    FUZZ_CHECK(n == DRIVE_CACHE);
}

void invariant_state(const struct drive *d)
{
    check_cache(d);

    check_sessions(d);
    check_workspaces(d);
    FUZZ_CHECK(d->ep.decoy_len >= 16 && d->ep.decoy_len <= 64);
}

void invariant_wiped(const struct drive *d)
{
    FUZZ_CHECK(all_zero(&d->ep, sizeof d->ep));
    FUZZ_CHECK(all_zero(d->sessions, d->n * sizeof *d->sessions));
    FUZZ_CHECK(!d->config.n_cache || all_zero(d->cache, sizeof d->cache));
    FUZZ_CHECK(all_zero(d->paths, d->config.n_paths * sizeof *d->paths));
    FUZZ_CHECK(all_zero(d->handshakes, d->m * sizeof *d->handshakes));
}
