/* SPDX-License-Identifier: Apache-2.0
 *
 * incoming.c -- from fragments to the next whole message (RFC 6347 sections 4.2.2 and
 * 4.2.3). A message that is whole and next is taken where it lies, in the datagram.
 * Anything else waits in the arena behind our own flight, in slots one after another:
 *
 *     type(1) seq(1) len(2) | one bit per byte that has come | len bytes
 *
 * With a bit per byte every overlap, order and border is handled by one loop, and no
 * fragment can lie about its place. A slot is known by its message_seq; three more things wait
 * there under numbers that no message has: a record whose keys are not there yet, the
 * ServerKeyExchange that brought the identity hint, and a NewSessionTicket. */
#include "handshake.h"
#include "ct.h"

enum { SLOT_HEADER = 4, SEQ_AHEAD = 4 };
enum { PARKED_MAX = NONCE_EXPLICIT + HS_HEADER + VERIFY_DATA_SIZE + LOCKET_CFG_CID + 16 };

/* --- the arena --- */

LOCKET_INTERNAL void arena_mark(locket_handshake *hs)
{
    uint16_t used = (uint16_t)(hs->out_len + hs->in_len);
    if (used > hs->most)
        hs->most = used;
}

LOCKET_INTERNAL void arena_keep(locket_handshake *hs, size_t room, struct span bytes)
{
    if (bytes.len)
        memmove(hs->arena + room, bytes.at, bytes.len);
    hs->out_len = (uint16_t)(room + bytes.len);
    hs->in_len = 0;
    arena_mark(hs);
}

static uint8_t *slots(locket_handshake *hs)     { return hs->arena + hs->out_len; }
static uint8_t *slots_end(locket_handshake *hs) { return slots(hs) + hs->in_len; }

static unsigned slot_type(const uint8_t *s) { return s[0]; }
static unsigned slot_seq(const uint8_t *s)  { return s[1]; }
static size_t slot_len(const uint8_t *s)    { return (size_t)s[2] << 8 | s[3]; }
static size_t slot_size(size_t len)         { return SLOT_HEADER + (len + 7) / 8 + len; }
static uint8_t *slot_bytes(uint8_t *s)      { return s + slot_size(slot_len(s)) - slot_len(s); }
static struct span slot_body(uint8_t *s)    { return span_of(slot_bytes(s), slot_len(s)); }
static bool slot_has(const uint8_t *s, size_t i) { return s[SLOT_HEADER + i / 8] >> (i % 8) & 1; }

static uint8_t *slot_find(locket_handshake *hs, unsigned seq)
{
    uint8_t *s = slots(hs), *end = slots_end(hs);
    while (s < end && slot_seq(s) != seq)
        s += slot_size(slot_len(s));
    return s < end ? s : NULL;
}

/* NULL: no room. */
static uint8_t *slot_new(locket_handshake *hs, unsigned type, unsigned seq, size_t len)
{
    uint8_t *s = slots_end(hs);
    size_t size = slot_size(len);
    if (size > (size_t)(hs->arena + LOCKET_CFG_ARENA - s))
        return NULL;
    memset(s, 0, size);
    s[0] = (uint8_t)type;
    s[1] = (uint8_t)seq;
    s[2] = (uint8_t)(len >> 8);
    s[3] = (uint8_t)len;
    hs->in_len = (uint16_t)(hs->in_len + size);
    arena_mark(hs);
    return s;
}

/* Drop the slots `first` to `last`. */
static void slots_drop(locket_handshake *hs, unsigned first, unsigned last)
{
    uint8_t *s = slots(hs);
    while (s < slots_end(hs)) {
        size_t size = slot_size(slot_len(s));
        if (slot_seq(s) < first || slot_seq(s) > last) {
            s += size;
            continue;
        }
        memmove(s, s + size, (size_t)(slots_end(hs) - s) - size);
        hs->in_len = (uint16_t)(hs->in_len - size);
    }
}

static bool slot_is_whole(const uint8_t *s)
{
    size_t i = 0;
    while (i < slot_len(s) && slot_has(s, i))
        i++;
    return i == slot_len(s);
}

/* RFC 6347 section 4.2.3: type, length and bytes do not change. */
static bool slot_agrees(uint8_t *s, const struct fragment *f)
{
    const uint8_t *bytes = slot_bytes(s);
    bool agrees = slot_type(s) == f->type && slot_len(s) == f->len;
    for (size_t i = 0; agrees && i < f->body.len; i++)
        agrees = !slot_has(s, f->offset + i) || bytes[f->offset + i] == f->body.at[i];
    return agrees;
}

/* --- messages --- */

LOCKET_INTERNAL bool incoming_split(struct span *record, struct fragment *out)
{
    struct span r = *record;
    if (!r.len)
        return false;
    out->type = rd_u8(&r);
    out->len = rd_u24(&r);
    out->seq = rd_u16(&r);
    out->offset = rd_u24(&r);
    size_t n = rd_u24(&r);
    out->body = rd_bytes(&r, n);
    if (rd_bad(&r) || out->offset > out->len || n > out->len - out->offset)
        return false;
    *record = r;
    return true;
}

/* One whole message, in its turn. Finished covers what came before it, every other
 * message is covered by what it leads to (RFC 7627 section 3: ClientKeyExchange). */
static locket_error incoming_deliver(struct turn *t, unsigned type, unsigned seq, struct span body)
{
    locket_handshake *hs = t->hs;
    /* Once a client has its keys, only a message that is due can do anything; or a server that
     * resumes: a forged one must not make it seal an alert. */
    bool deaf = (hs->flags & F_KEYS) && (is_client(hs->role) || hs_is_first(hs));
    if (!hs_expects(t, type))
        return deaf ? DROP(LOCKET_DROP_UNEXPECTED) : ALERT_UNEXPECTED_MESSAGE;
    if (type != HS_FINISHED)
        transcript_message(hs, type, seq, body);
    locket_error error = hs_listen(t, type, body);
    if (error && error != LOCKET_PENDING)
        return error;
    if (type == HS_FINISHED)
        transcript_message(hs, type, seq, body);
    hs->recv_seq = (uint8_t)(seq + 1);
    if (!(hs->flags & F_AGAIN))
        hs->heard = t->now;
    slots_drop(hs, 0, seq);
    return error;
}

/* A HelloVerifyRequest is never fragmented (RFC 6347 section 3.2.1). Some servers mirror
 * the message_seq of our ClientHello and some always say 0, so an old number is a late
 * answer to a ClientHello before the last, unless the last has had to be repeated. None is
 * higher: a server cannot have asked more often than we have greeted. */
static locket_error incoming_hello_verify(struct turn *t, const struct fragment *f)
{
    locket_handshake *hs = t->hs;
    /* It answers the ClientHello that we have said again: the server has forgotten what it said
     * to the first, or does not repeat that for want of a cookie. */
    if (LOCKET_CFG_RESUME && hs_is_answered(hs) && !(hs->flags & F_SPEAKING) && hs->resends > 0 &&
        hs->session.window == 0) {
        hs->flags |= F_ASTRAY;
        hs->timer = t->now;
    }
    if (!fragment_is_whole(f) || !hs_expects(t, f->type) || f->seq > hs->flight_seq)
        return DROP(LOCKET_DROP_UNEXPECTED);
    if (f->seq < hs->recv_seq && hs->resends == 0)
        return DROP(LOCKET_DROP_OUT_OF_ORDER);
    locket_error error = hs_listen(t, f->type, f->body);
    bool repeated = error == DROP(LOCKET_DROP_OUT_OF_ORDER);
    if ((error == LOCKET_OK || repeated) && f->seq >= hs->recv_seq)
        hs->recv_seq = (uint8_t)(f->seq + 1);
    return error;
}

/* The last message of the flight that we have answered comes again: our answer may be
 * lost, so repeat it (RFC 6347 section 4.2.4), but not for every queued duplicate. */
static locket_error incoming_old(struct turn *t, const struct fragment *f)
{
    locket_handshake *hs = t->hs;
    bool last = f->seq + 1u == hs->recv_seq && f->offset + f->body.len == f->len;
    if (last && (hs->flags & F_SPEAKING) && (hs->flags & F_TIMER) && !hs->query) {
        uint32_t since = hs->timeout - (hs->timer - t->now);
        if (since >= hs->timeout / 2)
            flight_rewind(hs);
    }
    return DROP(LOCKET_DROP_OUT_OF_ORDER);
}

/* Is a NewSessionTicket due that does not fit the arena? Nobody needs it, but the hash does: it
 * goes there as its pieces come, in their order. */
static bool incoming_streams(const struct turn *t, const struct fragment *f)
{
    return LOCKET_CFG_TICKETS && is_client(t->hs->role) && f->type == HS_NEW_TICKET &&
           f->seq == t->hs->recv_seq && f->len <= UINT16_MAX && hs_expects(t, HS_NEW_TICKET);
}

static locket_error incoming_stream(struct turn *t, const struct fragment *f)
{
    static const uint8_t none[6];                  /* no lifetime, no ticket */
    locket_handshake *hs = t->hs;
    struct locket_return *back = LOCKET_RETURN(hs);
    size_t end = f->offset + f->body.len, skip = back->hashed - f->offset;
    if (f->offset > back->hashed || end <= back->hashed)
        return DROP(LOCKET_DROP_OUT_OF_ORDER);
    if (!back->hashed)
        transcript_header(hs, f->type, f->seq, f->len);
    sha256_add(&hs->transcript, f->body.at + skip, f->body.len - skip);
    back->hashed = (uint16_t)end;
    if (end < f->len)
        return LOCKET_OK;
    back->hashed = 0;
    back->id_len = 0;                              /* RFC 5077 section 3.4 */
    hs->recv_seq++;
    t->over = LOCKET_DROP_TOO_LONG;
    return hs_listen(t, f->type, span_of(none, sizeof none));
}

/* Put a fragment into its slot. One that contradicts what is there starts the message
 * afresh: whichever was forged, the peer's next repetition is whole. */
static locket_error incoming_store(struct turn *t, const struct fragment *f)
{
    locket_handshake *hs = t->hs;
    uint8_t *s = slot_find(hs, f->seq);
    bool agrees = !s || slot_agrees(s, f);
    if (!agrees)
        slots_drop(hs, f->seq, f->seq);
    if (!agrees || !s)
        s = slot_new(hs, f->type, f->seq, f->len);
    if (!s) {
        slots_drop(hs, f->seq + 1u, SLOT_PARKED);
        s = slot_new(hs, f->type, f->seq, f->len);
    }
    if (!s)
        return incoming_streams(t, f) ? incoming_stream(t, f) : DROP(LOCKET_DROP_TOO_LONG);
    for (size_t i = f->offset; i < f->offset + f->body.len; i++)
        s[SLOT_HEADER + i / 8] |= (uint8_t)(1u << (i % 8));
    memcpy(slot_bytes(s) + f->offset, f->body.at, f->body.len);
    return agrees ? LOCKET_OK : DROP(LOCKET_DROP_FRAGMENT);
}

LOCKET_INTERNAL APART locket_error incoming_add(struct turn *t, unsigned epoch, const struct fragment *f)
{
    locket_handshake *hs = t->hs;
    if (is_client(hs->role) && f->type == HS_HELLO_REQUEST)
        return DROP(LOCKET_DROP_UNEXPECTED);            /* RFC 5246 section 7.4.1.1 */
    if (is_client(hs->role) && f->type == HS_HELLO_VERIFY && epoch == 0)
        return incoming_hello_verify(t, f);
    if (f->type == HS_CHANGE_CIPHER)
        return DROP(LOCKET_DROP_UNEXPECTED);            /* our own number, never on the wire */
    if (f->seq < hs->recv_seq)
        return incoming_old(t, f);
    if (f->seq > hs->recv_seq + SEQ_AHEAD || f->seq >= SLOT_PARKED)
        return DROP(LOCKET_DROP_OUT_OF_ORDER);
    /* What comes in the clear ends at ChangeCipherSpec, and what is sealed begins there. Was the
     * one that told us of an abbreviated handshake nobody's? */
    if (epoch != ((hs->flags & F_READING) ? 1u : 0u)) {
        if (LOCKET_CFG_RESUME && is_client(hs->role) && (hs->flags & F_RESUMED))
            hs->flags |= F_ASTRAY;
        return DROP(LOCKET_DROP_UNEXPECTED);
    }
    if (hs->query)
        return DROP(LOCKET_DROP_OUT_OF_ORDER);
    if (LOCKET_CFG_TICKETS && LOCKET_RETURN(hs)->hashed && incoming_streams(t, f))
        return incoming_stream(t, f);
    if (f->seq == hs->recv_seq && fragment_is_whole(f))
        return incoming_deliver(t, f->type, f->seq, f->body);
    return incoming_store(t, f);
}

static bool slot_keep(locket_handshake *hs, unsigned seq, struct span bytes)
{
    slots_drop(hs, seq, seq);
    uint8_t *s = slot_new(hs, 0, seq, bytes.len);
    if (s)
        memcpy(slot_bytes(s), bytes.at, bytes.len);
    return s != NULL;
}

/* It has to be a Finished: nothing else can be worth the room. */
LOCKET_INTERNAL void incoming_park(locket_handshake *hs, const struct record *r)
{
    if (r->len <= PARKED_MAX)
        slot_keep(hs, SLOT_PARKED, span_of(r->body - record_front(r), record_front(r) + r->len));
}

/* One that came in fragments stays where it was assembled: there may be no room for it
 * twice. One for which there is no room at all is as good as none. */
LOCKET_INTERNAL bool incoming_keep(locket_handshake *hs, unsigned slot, struct span body)
{
    uint8_t *s = slot_find(hs, hs->recv_seq);
    if (!s || slot_bytes(s) != body.at)
        return slot_keep(hs, slot, body);
    s[1] = (uint8_t)slot;
    return true;
}

LOCKET_INTERNAL struct span incoming_kept(locket_handshake *hs, unsigned slot)
{
    uint8_t *s = slot_find(hs, slot);
    return s ? slot_body(s) : span_of(hs->arena, 0);
}

/* Only whole messages: the rest of anything else would come with a repetition. */
LOCKET_INTERNAL APART locket_error incoming_unpark(struct turn *t)
{
    locket_handshake *hs = t->hs;
    uint8_t *s = slot_find(hs, SLOT_PARKED);
    struct record r;
    struct fragment f;
    int reason;
    locket_error error = DROP(LOCKET_DROP_BAD_TAG);
    t->due = DUE_NOTHING;
    if (!s)
        return LOCKET_OK;
    uint8_t *at = slot_bytes(s);
    size_t len = slot_len(s);
    if (record_next(&at, &len, config_cid_len(t->config), &r, &reason) &&
        record_receive(&hs->session, &r) == RECEIVED) {
        struct span rest = span_of(r.body, r.len);
        error = DROP(LOCKET_DROP_UNEXPECTED);
        if (r.type == TYPE_HANDSHAKE && incoming_split(&rest, &f) && fragment_is_whole(&f) &&
            f.seq == hs->recv_seq)
            error = incoming_deliver(t, f.type, f.seq, f.body);
    }
    slots_drop(hs, SLOT_PARKED, SLOT_PARKED);
    return error;
}

LOCKET_INTERNAL APART locket_error incoming_advance(struct turn *t)
{
    locket_handshake *hs = t->hs;
    uint8_t *s;
    locket_error error = LOCKET_OK;
    while (!error && !hs->query && !t->due) {
        if ((hs->flags & F_CCS) && hs_expects(t, HS_CHANGE_CIPHER)) {
            hs->flags &= ~(uint32_t)F_CCS;
            slots_drop(hs, 0, SLOT_PARKED - 1);
            error = hs_listen(t, HS_CHANGE_CIPHER, span_of(hs->arena, 0));
        } else if ((s = slot_find(hs, hs->recv_seq)) != NULL && slot_is_whole(s)) {
            error = incoming_deliver(t, slot_type(s), slot_seq(s), slot_body(s));
            if (error < 0)
                slots_drop(hs, hs->recv_seq, hs->recv_seq);
        } else if ((hs->flags & F_READING) && slot_find(hs, SLOT_PARKED)) {
            t->due = DUE_PARKED;
        } else {
            break;
        }
    }
    if (!error && !hs->query && !t->due)
        error = hs_speak(t);
    if (!error && hs_is_done(hs)) {
        hs->state = WORKSPACE_DONE;
        if (!(hs->flags & F_SPEAKING))         /* what it was repeating has been answered */
            hs->flags &= ~(uint32_t)(F_SENDING | F_TIMER);
    }
    return error == LOCKET_PENDING ? LOCKET_OK : error;
}
