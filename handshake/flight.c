/* SPDX-License-Identifier: Apache-2.0
 *
 * flight.c -- what we say, until it is answered (RFC 6347 section 4.2.4): the messages
 * of one flight in plaintext, fragmented to the MTU and sealed anew on every send,
 * and the timer that repeats them. ClientHello is rebuilt, not kept. In the arena a
 * flight is its messages one after another, each with its header of a single fragment;
 * ChangeCipherSpec is the one byte HS_CHANGE_CIPHER, and what follows it is sealed. */
#include "handshake.h"

/* Repetitions after which a client no longer believes that it was the server who answered. */
enum { HOPEFUL_RESENDS = 3 };

/* --- making a flight --- */

LOCKET_INTERNAL void flight_start(struct turn *t)
{
    locket_handshake *hs = t->hs;
    if (hs->resends == 0 && !(hs->flags & F_AGAIN))       /* RFC 6347 section 4.2.4.1 */
        hs->timeout = t->config->timeout ? t->config->timeout : TIMEOUT_DEFAULT;
    hs->resends = hs->silences = 0;
    hs->flight_seq = hs->send_seq;
    hs->flags = (uint16_t)((hs->flags | F_SPEAKING | F_FRESH) & ~F_TIMER);
}

/* The old flight is answered: its place, and what waited behind it, are free. */
static void flight_clear(locket_handshake *hs)
{
    if (hs->flags & F_FRESH)
        hs->out_len = hs->in_len = 0;
    hs->flags &= (uint16_t)~F_FRESH;
}

LOCKET_INTERNAL void flight_mark(locket_handshake *hs)
{
    uint16_t used = (uint16_t)(hs->out_len + hs->in_len);
    if (used > hs->most)
        hs->most = used;
}

LOCKET_INTERNAL struct writer flight_begin(locket_handshake *hs)
{
    flight_clear(hs);
    size_t room = (size_t)LOCKET_CFG_ARENA - hs->out_len;
    struct writer w = wr_over(hs->arena + hs->out_len, room);
    uint8_t header[HS_HEADER] = { 0 };
    wr_bytes(&w, span_of(header, sizeof header));
    return w;
}

LOCKET_INTERNAL locket_error flight_end(struct turn *t, unsigned type, const struct writer *w)
{
    locket_handshake *hs = t->hs;
    uint8_t *at = hs->arena + hs->out_len;
    if (w->bad)
        return ALERT_INTERNAL_ERROR;
    size_t whole = (size_t)(w->at - at), len = whole - HS_HEADER;
    message_header(at, type, len, hs->send_seq, 0, len);
    transcript_add(hs, span_of(at, whole));
    hs->out_len = (uint16_t)(hs->out_len + whole);
    hs->send_seq++;
    flight_mark(hs);
    return LOCKET_OK;
}

LOCKET_INTERNAL locket_error flight_change_cipher(locket_handshake *hs)
{
    flight_clear(hs);
    if (hs->out_len == LOCKET_CFG_ARENA)
        return ALERT_INTERNAL_ERROR;
    hs->arena[hs->out_len++] = HS_CHANGE_CIPHER;
    return LOCKET_OK;
}

/* --- sending it --- */

LOCKET_INTERNAL void flight_rewind(locket_handshake *hs)
{
    hs->at = hs->offset = 0;
    hs->flags = (uint16_t)((hs->flags | F_SENDING) & ~F_TIMER);
}

/* The message at the cursor. */
struct outgoing {
    bool hello;
    unsigned type, seq;
    size_t len, size;             /* of the body; of its place in the arena */
};

static bool flight_peek(const struct turn *t, struct outgoing *m)
{
    const locket_handshake *hs = t->hs;
    m->hello = hs_sends_hello(hs);
    if (LOCKET_CFG_CLIENT && m->hello) {
        m->type = HS_CLIENT_HELLO;
        m->seq = hs->flight_seq;
        m->len = hello_len(t);
        m->size = 1;
        return hs->at == 0;
    }
    if (hs->at >= hs->out_len)
        return false;
    struct span r = span_of(hs->arena + hs->at, (size_t)(hs->out_len - hs->at));
    m->type = rd_u8(&r);
    if (m->type == HS_CHANGE_CIPHER) {
        m->seq = 0;
        m->len = m->size = 1;
        return true;
    }
    m->len = rd_u24(&r);
    m->seq = rd_u16(&r);
    m->size = HS_HEADER + m->len;
    return true;
}

/* Is what lies at the cursor sealed? */
static bool flight_past_change_cipher(const struct turn *t)
{
    locket_handshake *hs = t->hs;
    struct outgoing m;
    uint16_t cursor = hs->at;
    bool past = false;
    for (hs->at = 0; hs->at < cursor && flight_peek(t, &m); hs->at = (uint16_t)(hs->at + m.size))
        past = past || m.type == HS_CHANGE_CIPHER;
    hs->at = cursor;
    return past;
}

static void flight_fragment(const struct turn *t, const struct outgoing *m, size_t n, struct writer *w)
{
    const locket_handshake *hs = t->hs;
    uint8_t header[HS_HEADER];
    message_header(header, m->type, m->len, m->seq, hs->offset, n);
    wr_bytes(w, span_of(header, sizeof header));
    if (LOCKET_CFG_CLIENT && m->hello) {
        uint8_t *space = wr_space(w, n);
        struct writer window = wr_window(space, space ? n : 0, (size_t)HS_HEADER + hs->offset);
        hello_write(t, m->len, &window);
    } else {
        wr_bytes(w, span_of(hs->arena + hs->at + HS_HEADER + hs->offset, n));
    }
}

/* Fill one record with as much as fits: whole messages if possible, a piece of one
 * only when a whole datagram is too small for it. Returns its plaintext's length. */
static CT_APART size_t flight_record(const struct turn *t, uint8_t *text, size_t room, bool alone)
{
    locket_handshake *hs = t->hs;
    struct writer w = wr_over(text, room);
    struct outgoing m;
    while (flight_peek(t, &m) && m.type != HS_CHANGE_CIPHER && wr_left(&w) > HS_HEADER) {
        size_t n = m.len - hs->offset, left = wr_left(&w) - HS_HEADER;
        bool first = wr_left(&w) == room;
        if (n > left) {
            if (!alone || !first)
                break;
            flight_fragment(t, &m, left, &w);
            hs->offset = (uint16_t)(hs->offset + left);
            break;
        }
        flight_fragment(t, &m, n, &w);
        hs->at = (uint16_t)(hs->at + m.size);
        hs->offset = 0;
        if (t->config->one_message_per_record)
            break;
    }
    return room - wr_left(&w);
}

/* Write the next datagram of the flight; *len = 0 when there is none any more. */
LOCKET_INTERNAL locket_error flight_fill(struct turn *t, uint8_t *out, size_t cap, size_t *len)
{
    locket_handshake *hs = t->hs;
    struct datagram d = { out, 0, cap < hs->mtu ? cap : hs->mtu, &hs->session, false };
    struct outgoing m;
    bool more;
    while ((more = flight_peek(t, &m))) {
        d.sealed = flight_past_change_cipher(t);
        size_t room = datagram_room(&d), n = 1;
        unsigned type = m.type == HS_CHANGE_CIPHER ? TYPE_CHANGE_CIPHER_SPEC : TYPE_HANDSHAKE;
        if (type == TYPE_CHANGE_CIPHER_SPEC && room) {
            *datagram_text(&d) = 1;
            hs->at++;
        } else if (!room || !(n = flight_record(t, datagram_text(&d), room, d.len == 0))) {
            break;
        }
        if (!datagram_close(&d, type, n))
            return LOCKET_ERR_KEY_WORN;
    }
    *len = d.len;
    if (!more || !d.len) {
        hs->flags &= (uint16_t)~F_SENDING;
        if (!hs_is_done(hs)) {
            hs->flags |= F_TIMER;
            hs->timer = t->now + hs->timeout;
        }
    }
    return LOCKET_OK;
}

/* --- the timer --- */

/* RFC 6347 section 4.1.1.1: with no better knowledge, what every path takes. */
LOCKET_INTERNAL void flight_shrink(locket_handshake *hs)
{
    hs->mtu = hs->mtu > MTU_MIDDLE ? MTU_MIDDLE : MTU_FLOOR;
}

/* Is this attempt beyond hope? It was spoilt; or it has been answered, but by nobody who has
 * proven to be the server: somebody forged what we took, or the server has forgotten us. Only
 * a sealed record that opened is proof. */
static bool flight_is_hopeless(const locket_handshake *hs)
{
    bool unproven = hs_is_answered(hs) && hs->session.window == 0;
    bool refused = (hs->flags & F_KEYS) && hs->reason;
    return is_client(hs->role) &&
           (hs->state == HS_POISONED || (unproven && (refused || hs->resends > HOPEFUL_RESENDS)));
}

/* Silence. Say it again, later each time and smaller after two; a client whose attempt is
 * beyond hope begins another. */
LOCKET_INTERNAL locket_error flight_timer(struct turn *t)
{
    locket_handshake *hs = t->hs;
    uint32_t cap = t->config->timeout_cap ? t->config->timeout_cap : TIMEOUT_CAP_DEFAULT;
    unsigned most = t->config->retransmissions ? t->config->retransmissions : RETRANSMISSIONS_DEFAULT;
    if (hs->resends >= most)
        return LOCKET_ERR_TIMEOUT;
    hs->resends++;
    if (hs->silences++ >= 2) {
        hs->silences = 1;
        flight_shrink(hs);
    }
    hs->timeout = hs->timeout > cap / 2 ? cap : 2 * hs->timeout;
    if (flight_is_hopeless(hs)) {
        locket_error error = hello_begin(t);
        hs->flags |= F_AGAIN;
        return error ? error : hs_speak(t);
    }
    flight_rewind(hs);
    return LOCKET_OK;
}

/* --- without a flight --- */

/* A server's last flight again, from what the session keeps of it. */
LOCKET_INTERNAL size_t flight_last(locket_session *s, uint8_t *out, size_t cap)
{
    struct datagram d = { out, 0, cap, s, false };
    if (!datagram_room(&d))
        return 0;
    *datagram_text(&d) = 1;
    if (!datagram_close(&d, TYPE_CHANGE_CIPHER_SPEC, 1))
        return 0;
    d.sealed = true;
    if (datagram_room(&d) < HS_HEADER + VERIFY_DATA_SIZE)
        return 0;
    uint8_t *text = datagram_text(&d);
    message_header(text, HS_FINISHED, VERIFY_DATA_SIZE, s->finished_seq, 0, VERIFY_DATA_SIZE);
    memcpy(text + HS_HEADER, s->verify_data, VERIFY_DATA_SIZE);
    return datagram_close(&d, TYPE_HANDSHAKE, HS_HEADER + VERIFY_DATA_SIZE) ? d.len : 0;
}

LOCKET_INTERNAL size_t flight_alert(locket_session *s, bool sealed, unsigned alert, uint8_t *out, size_t cap)
{
    struct datagram d = { out, 0, cap, s, sealed };
    if (datagram_room(&d) < ALERT_SIZE)
        return 0;
    alert_make(datagram_text(&d), alert);
    return datagram_close(&d, TYPE_ALERT, ALERT_SIZE) ? d.len : 0;
}
