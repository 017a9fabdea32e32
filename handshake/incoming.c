/* SPDX-License-Identifier: Apache-2.0
 *
 * incoming.c -- from fragments to the next whole message (RFC 6347 sections 4.2.2 and
 * 4.2.3). A message that is whole and next is taken where it lies, in the datagram.
 * Anything else waits in the arena behind our own flight, in slots one after another:
 *
 *     type(1) seq(1) len(2) | one bit per byte that has come | len bytes
 *
 * With a bit per byte every overlap, order and border is handled by one loop, and no
 * fragment can lie about its place. Two more things wait there, without bits: a record
 * whose keys are not there yet, and the identity hint. */
#include "handshake.h"
#include "ct.h"

enum { SLOT_HEADER = 4, SLOT_HINT = 253, SLOT_PARKED = 255, SEQ_AHEAD = 4 };
enum { PARKED_MAX = NONCE_EXPLICIT + HS_HEADER + VERIFY_DATA_SIZE + 16 };

struct slot {
    uint8_t *at, *bits, *bytes;
    unsigned type, seq;
    size_t len, size;
};

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

static size_t slot_bits(unsigned type, size_t len)
{
    return type == SLOT_HINT || type == SLOT_PARKED ? 0 : (len + 7) / 8;
}

/* The slot at `offset` behind our flight; false at the end. */
static bool slot_at(locket_handshake *hs, size_t offset, struct slot *out)
{
    if (offset >= hs->in_len)
        return false;
    out->at = hs->arena + hs->out_len + offset;
    out->type = out->at[0];
    out->seq = out->at[1];
    out->len = (size_t)out->at[2] << 8 | out->at[3];
    out->bits = out->at + SLOT_HEADER;
    out->bytes = out->bits + slot_bits(out->type, out->len);
    out->size = (size_t)(out->bytes - out->at) + out->len;
    return true;
}

static bool slot_is_message(const struct slot *s) { return s->type != SLOT_HINT && s->type != SLOT_PARKED; }

static bool slot_find(locket_handshake *hs, unsigned seq, struct slot *out)
{
    for (size_t at = 0; slot_at(hs, at, out); at += out->size)
        if (slot_is_message(out) && out->seq == seq)
            return true;
    return false;
}

static bool slot_find_type(locket_handshake *hs, unsigned type, struct slot *out)
{
    for (size_t at = 0; slot_at(hs, at, out); at += out->size)
        if (out->type == type)
            return true;
    return false;
}

static void slot_remove(locket_handshake *hs, const struct slot *s)
{
    const uint8_t *end = hs->arena + hs->out_len + hs->in_len;
    memmove(s->at, s->at + s->size, (size_t)(end - s->at) - s->size);
    hs->in_len = (uint16_t)(hs->in_len - s->size);
}

static bool slot_new(locket_handshake *hs, unsigned type, unsigned seq, size_t len, struct slot *out)
{
    size_t used = (size_t)hs->out_len + hs->in_len, n_bits = slot_bits(type, len);
    if (SLOT_HEADER + n_bits + len > LOCKET_CFG_ARENA - used)
        return false;
    uint8_t *at = hs->arena + used;
    struct writer w = wr_over(at, SLOT_HEADER);
    wr_u8(&w, type);
    wr_u8(&w, seq);
    wr_u16(&w, (unsigned)len);
    memset(at + SLOT_HEADER, 0, n_bits);
    hs->in_len = (uint16_t)(hs->in_len + SLOT_HEADER + n_bits + len);
    arena_mark(hs);
    return slot_at(hs, used - hs->out_len, out);
}

static bool slot_is_whole(const struct slot *s)
{
    for (size_t i = 0; i < s->len; i++)
        if (!(s->bits[i / 8] >> (i % 8) & 1))
            return false;
    return true;
}

/* Drop every slot for which `which` says so. */
static void slots_drop(locket_handshake *hs, bool (*which)(const struct slot *, unsigned), unsigned seq)
{
    struct slot s;
    for (size_t at = 0; slot_at(hs, at, &s); ) {
        if (which(&s, seq))
            slot_remove(hs, &s);
        else
            at += s.size;
    }
}
static bool slot_before(const struct slot *s, unsigned seq) { return slot_is_message(s) && s->seq < seq; }
static bool slot_spare(const struct slot *s, unsigned seq)
{
    return s->type == SLOT_PARKED || (slot_is_message(s) && s->seq > seq);
}
static bool slot_any(const struct slot *s, unsigned seq)    { (void)seq; return slot_is_message(s); }

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
    /* Once a client has its keys, only a message that is due can do anything. */
    if (!hs_expects(t, type))
        return is_client(hs->role) && (hs->flags & F_KEYS) ? DROP(LOCKET_DROP_UNEXPECTED)
                                                                 : ALERT_UNEXPECTED_MESSAGE;
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
    slots_drop(hs, slot_before, hs->recv_seq);
    return error;
}

/* A HelloVerifyRequest is never fragmented (RFC 6347 section 3.2.1). Some servers mirror
 * the message_seq of our ClientHello and some always say 0, so an old number is a late
 * answer to a ClientHello before the last, unless the last has had to be repeated. None is
 * higher: a server cannot have asked more often than we have greeted. */
static locket_error incoming_hello_verify(struct turn *t, const struct fragment *f)
{
    locket_handshake *hs = t->hs;
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

/* Put a fragment into its slot. One that contradicts what is there (RFC 6347 section
 * 4.2.3: type, length and bytes do not change) starts the message afresh: whichever was
 * forged, the peer's next repetition is whole. */
static locket_error incoming_store(struct turn *t, const struct fragment *f)
{
    locket_handshake *hs = t->hs;
    struct slot s;
    locket_error verdict = LOCKET_OK;
    bool have = slot_find(hs, f->seq, &s);
    if (have && (s.type != f->type || s.len != f->len)) {
        slot_remove(hs, &s);
        have = false;
        verdict = DROP(LOCKET_DROP_FRAGMENT);
    }
    if (!have) {
        if (f->len > LOCKET_CFG_ARENA)
            return DROP(LOCKET_DROP_TOO_LONG);
        if (!slot_new(hs, f->type, f->seq, f->len, &s)) {
            slots_drop(hs, slot_spare, f->seq);
            if (!slot_new(hs, f->type, f->seq, f->len, &s))
                return DROP(LOCKET_DROP_TOO_LONG);
        }
    }
    for (size_t i = 0; i < f->body.len; i++) {
        size_t at = f->offset + i;
        if ((s.bits[at / 8] >> (at % 8) & 1) && s.bytes[at] != f->body.at[i]) {
            memset(s.bits, 0, slot_bits(s.type, s.len));
            verdict = DROP(LOCKET_DROP_FRAGMENT);
            break;
        }
    }
    for (size_t i = 0; i < f->body.len; i++) {
        size_t at = f->offset + i;
        s.bits[at / 8] |= (uint8_t)(1u << (at % 8));
        s.bytes[at] = f->body.at[i];
    }
    return verdict;
}

LOCKET_INTERNAL CT_APART locket_error incoming_add(struct turn *t, unsigned epoch, const struct fragment *f)
{
    locket_handshake *hs = t->hs;
    if (is_client(hs->role) && f->type == HS_HELLO_REQUEST)
        return DROP(LOCKET_DROP_UNEXPECTED);            /* RFC 5246 section 7.4.1.1 */
    if (is_client(hs->role) && f->type == HS_HELLO_VERIFY && epoch == 0)
        return incoming_hello_verify(t, f);
    if (f->type == SLOT_HINT || f->type == HS_CHANGE_CIPHER || f->type == SLOT_PARKED)
        return DROP(LOCKET_DROP_UNEXPECTED);            /* our own numbers, never on the wire */
    if (f->seq < hs->recv_seq)
        return incoming_old(t, f);
    if (f->seq > hs->recv_seq + SEQ_AHEAD || f->seq >= UINT8_MAX)
        return DROP(LOCKET_DROP_OUT_OF_ORDER);
    /* What comes in the clear ends at ChangeCipherSpec, and what is sealed begins there. */
    if (epoch != ((hs->flags & F_READING) ? 1u : 0u))
        return DROP(LOCKET_DROP_UNEXPECTED);
    if (hs->query)
        return DROP(LOCKET_DROP_OUT_OF_ORDER);
    if (f->seq == hs->recv_seq && fragment_is_whole(f))
        return incoming_deliver(t, f->type, f->seq, f->body);
    return incoming_store(t, f);
}

static bool incoming_keep(locket_handshake *hs, unsigned type, struct span bytes)
{
    struct slot s;
    if (slot_find_type(hs, type, &s))
        slot_remove(hs, &s);
    if (!slot_new(hs, type, 0, bytes.len, &s))
        return false;
    memcpy(s.bytes, bytes.at, bytes.len);
    return true;
}

/* It has to be a Finished: nothing else can be worth the room. */
LOCKET_INTERNAL void incoming_park(locket_handshake *hs, const struct record *r)
{
    if (r->len <= PARKED_MAX)
        incoming_keep(hs, SLOT_PARKED, span_of(r->body - RECORD_HEADER, RECORD_HEADER + r->len));
}

/* A hint that came in fragments stays where it was assembled: there may be no room for
 * it twice. One for which there is no room at all is as good as none. */
LOCKET_INTERNAL bool incoming_keep_hint(locket_handshake *hs, struct span hint)
{
    struct slot s;
    if (!slot_find(hs, hs->recv_seq, &s) || hint.at < s.bytes || hint.at + hint.len > s.bytes + s.len)
        return incoming_keep(hs, SLOT_HINT, hint);
    struct slot rest = s;
    struct writer w = wr_over(s.at, SLOT_HEADER);
    wr_u8(&w, SLOT_HINT);
    wr_u8(&w, 0);
    wr_u16(&w, (unsigned)hint.len);
    memmove(s.at + SLOT_HEADER, hint.at, hint.len);
    rest.at = s.at + SLOT_HEADER + hint.len;
    rest.size = s.size - SLOT_HEADER - hint.len;
    slot_remove(hs, &rest);
    return true;
}

LOCKET_INTERNAL struct span incoming_hint(locket_handshake *hs)
{
    struct slot s;
    return slot_find_type(hs, SLOT_HINT, &s) ? span_of(s.bytes, s.len) : span_of(hs->arena, 0);
}

/* Only whole messages: the rest of anything else would come with a repetition. */
LOCKET_INTERNAL CT_APART locket_error incoming_unpark(struct turn *t)
{
    struct slot s;
    struct record r;
    struct fragment f;
    int reason;
    locket_error error = DROP(LOCKET_DROP_BAD_TAG);
    t->due = DUE_NOTHING;
    if (!slot_find_type(t->hs, SLOT_PARKED, &s))
        return LOCKET_OK;
    if (record_next(&s.bytes, &s.len, &r, &reason) && record_receive(&t->hs->session, &r) == RECEIVED) {
        struct span rest = span_of(r.body, r.len);
        error = DROP(LOCKET_DROP_UNEXPECTED);
        if (r.type == TYPE_HANDSHAKE && incoming_split(&rest, &f) && fragment_is_whole(&f) &&
            f.seq == t->hs->recv_seq)
            error = incoming_deliver(t, f.type, f.seq, f.body);
    }
    if (slot_find_type(t->hs, SLOT_PARKED, &s))
        slot_remove(t->hs, &s);
    return error;
}

LOCKET_INTERNAL CT_APART locket_error incoming_advance(struct turn *t)
{
    locket_handshake *hs = t->hs;
    struct slot s;
    locket_error error = LOCKET_OK;
    while (!error && !hs->query && !t->due) {
        if ((hs->flags & F_CCS) && hs_expects(t, HS_CHANGE_CIPHER)) {
            hs->flags &= (uint16_t)~F_CCS;
            slots_drop(hs, slot_any, 0);
            error = hs_listen(t, HS_CHANGE_CIPHER, span_of(hs->arena, 0));
        } else if (slot_find(hs, hs->recv_seq, &s) && slot_is_whole(&s)) {
            error = incoming_deliver(t, s.type, s.seq, span_of(s.bytes, s.len));
            if (error < 0 && slot_find(hs, hs->recv_seq, &s))
                slot_remove(hs, &s);
        } else if ((hs->flags & F_READING) && slot_find_type(hs, SLOT_PARKED, &s)) {
            t->due = DUE_PARKED;
        } else {
            break;
        }
    }
    if (!error && !hs->query && !t->due)
        error = hs_speak(t);
    if (!error && hs_is_done(hs)) {
        hs->state = HS_FINISHED_STATE;
        if (is_client(hs->role))               /* what it was repeating has been answered */
            hs->flags &= (uint16_t)~(F_SENDING | F_TIMER);
    }
    return error == LOCKET_PENDING ? LOCKET_OK : error;
}
