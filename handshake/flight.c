/* SPDX-License-Identifier: Apache-2.0
 *
 * flight.c -- what we say, until it is answered (RFC 6347 section 4.2.4): the messages
 * of one flight, fragmented to the MTU and sealed anew on every send, and the timer that
 * repeats them. None of them is stored. A flight is a stretch of the script: each of its
 * rows makes its message again whenever it is sent. */
#include "handshake.h"

/* Repetitions after which a client no longer believes that it was the server who answered. */
enum { HOPEFUL_RESENDS = 3 };

/* --- speaking --- */

LOCKET_INTERNAL void flight_start(struct turn *t)
{
    locket_handshake *hs = t->hs;
    if (hs->resends == 0 && !(hs->flags & F_AGAIN))       /* RFC 6347 section 4.2.4.1 */
        hs->timeout = config_timeout(t->config);
    hs->resends = hs->silences = 0;
    hs->flight = hs->row;
    hs->flight_seq = hs->send_seq;
    hs->flags = (hs->flags | F_SPEAKING) & ~(uint32_t)F_TIMER;
}

LOCKET_INTERNAL void flight_rewind(locket_handshake *hs)
{
    hs->at = hs->flight;
    hs->offset = 0;
    hs->flags = (hs->flags | F_SENDING) & ~(uint32_t)F_TIMER;
}

/* --- sending --- */

LOCKET_INTERNAL size_t row_len(const struct turn *t, const struct row *r)
{
    struct writer count = wr_count();
    r->make(t, &count);
    return wr_counted(&count);
}

/* The message at the cursor. */
struct outgoing {
    const struct row *row;
    unsigned seq;
    bool sealed;                  /* it comes behind ChangeCipherSpec */
};

static bool flight_peek(const struct turn *t, struct outgoing *m)
{
    locket_handshake *hs = t->hs;
    m->seq = hs->flight_seq;
    m->sealed = false;
    for (uint8_t i = hs->flight; i < hs->row; i++) {
        m->row = hs_says(t, i);
        if (m->row && i >= hs->at) {
            hs->at = i;
            return true;
        }
        if (m->row && m->row->message == HS_CHANGE_CIPHER)
            m->sealed = true;
        else if (m->row)
            m->seq++;
    }
    return false;
}

/* Fill one record with as much as fits: whole messages if possible, a piece of one
 * only when a whole datagram is too small for it. Returns its plaintext's length. */
static APART size_t flight_record(const struct turn *t, uint8_t *text, size_t room, bool alone)
{
    locket_handshake *hs = t->hs;
    struct outgoing m;
    size_t used = 0;
    while (flight_peek(t, &m) && m.row->message != HS_CHANGE_CIPHER && room - used > HS_HEADER) {
        size_t n = room - used - HS_HEADER;
        struct writer w = wr_window(text + used + HS_HEADER, n, hs->offset);
        m.row->make(t, &w);
        size_t len = LOCKET_CFG_FAST && w.room ? hs->offset + n - w.room : row_len(t, m.row), rest = len - hs->offset;
        if (n < rest && (!alone || used > 0))
            break;
        bool whole = n >= rest;
        if (whole)
            n = rest;
        message_header(text + used, m.row->message, len, m.seq, hs->offset, n);
        used += HS_HEADER + n;
        hs->offset = (uint16_t)(whole ? 0 : hs->offset + n);
        hs->at = (uint8_t)(hs->at + whole);
        if (!whole || t->config->one_message_per_record)
            break;
    }
    return used;
}

/* Write the next datagram of the flight; none is left when it stays empty. */
LOCKET_INTERNAL locket_error flight_fill(struct turn *t, struct datagram *d)
{
    locket_handshake *hs = t->hs;
    size_t cap = d->cap;
    struct outgoing m;
    bool more, good = true;
    datagram_begin(d, &hs->session, false);
    d->cap = cap < hs->mtu ? cap : hs->mtu;
    while ((more = flight_peek(t, &m)) && good) {
        d->sealed = m.sealed;
        size_t room = datagram_room(d), n = 1;
        unsigned type = m.row->message == HS_CHANGE_CIPHER ? TYPE_CHANGE_CIPHER_SPEC : TYPE_HANDSHAKE;
        if (type == TYPE_CHANGE_CIPHER_SPEC && room) {
            *datagram_text(d) = 1;
            hs->at++;
        } else if (!room || !(n = flight_record(t, datagram_text(d), room, d->len == 0))) {
            break;
        }
        good = datagram_close(d, type, n);
    }
    d->cap = cap;
    if (!good)
        return LOCKET_ERR_KEY_WORN;
    if (!more || !d->len) {
        hs->flags &= ~(uint32_t)F_SENDING;
        if (!hs_is_done(hs) && !is_unproven(hs)) {
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
 * a sealed record that opened is proof. Hope ends at once where the server has said so, in an
 * alert or by what it says now. */
static bool flight_is_hopeless(const locket_handshake *hs)
{
    bool unproven = hs_is_answered(hs) && hs->session.window == 0;
    bool refused = ((hs->flags & F_KEYS) && hs->reason) || (hs->flags & F_ASTRAY);
    return is_client(hs->role) &&
           (hs->state == WORKSPACE_SPOILT || (unproven && (refused || hs->resends > HOPEFUL_RESENDS)));
}

/* Silence. Say it again, later each time and smaller after two; a client whose attempt is
 * beyond hope begins another. */
LOCKET_INTERNAL locket_error flight_timer(struct turn *t)
{
    locket_handshake *hs = t->hs;
    uint32_t cap = config_timeout_cap(t->config);
    if (hs->resends >= config_resends(t->config))
        return LOCKET_ERR_TIMEOUT;
    hs->resends++;
    if (hs->silences++ >= 2) {
        hs->silences = 1;
        flight_shrink(hs);
    }
    if (!(hs->flags & F_ASTRAY))                  /* that was no silence */
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

/* The last flight again, from what the session keeps of it, and the ticket that went with it. */
LOCKET_INTERNAL bool flight_last(locket_session *s, const locket_handshake *holder, struct datagram *d)
{
    datagram_begin(d, s, false);
    if (!s->finished_seq)
        return false;
    if (LOCKET_CFG_TICKETS && holder) {
        size_t len = holder->out_len;
        if (datagram_room(d) < HS_HEADER + len)
            return false;
        uint8_t *text = datagram_text(d);
        message_header(text, HS_NEW_TICKET, len, s->finished_seq - 1u, 0, len);
        memcpy(text + HS_HEADER, holder->arena, len);
        if (!datagram_close(d, TYPE_HANDSHAKE, HS_HEADER + len))
            return false;
    }
    if (!datagram_room(d))
        return false;
    *datagram_text(d) = 1;
    if (!datagram_close(d, TYPE_CHANGE_CIPHER_SPEC, 1))
        return false;
    d->sealed = true;
    if (datagram_room(d) < HS_HEADER + VERIFY_DATA_SIZE)
        return false;
    uint8_t *text = datagram_text(d);
    message_header(text, HS_FINISHED, VERIFY_DATA_SIZE, s->finished_seq, 0, VERIFY_DATA_SIZE);
    memcpy(text + HS_HEADER, s->verify_data, VERIFY_DATA_SIZE);
    return datagram_close(d, TYPE_HANDSHAKE, HS_HEADER + VERIFY_DATA_SIZE);
}

LOCKET_INTERNAL bool flight_alert(locket_session *s, bool sealed, unsigned alert, struct datagram *d)
{
    datagram_begin(d, s, sealed);
    if (datagram_room(d) < ALERT_SIZE)
        return false;
    alert_make(datagram_text(d), alert);
    return datagram_close(d, TYPE_ALERT, ALERT_SIZE);
}
