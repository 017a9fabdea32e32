/* SPDX-License-Identifier: Apache-2.0
 *
 * script.c -- the protocol on one page: every message that may travel, in the order
 * it travels, for both roles; the two functions that walk the page, hs_speak() and
 * hs_listen(); and hs_compute(), for what a row has to wait for. A server comes in at the
 * third row, for the first two need no memory (cookie.c, route.c); or at the first, with a
 * client that comes back without a cookie. Nobody makes the NewSessionTicket of an abbreviated
 * handshake: ours renews none (resume.c).
 *
 *     Client                                   Server      RFC 6347 section 4.2.4,
 *     ClientHello             -------->                    figure 1, without the
 *                             <--------   HelloVerifyRequest    certificates
 *     ClientHello (cookie)    -------->
 *                                         ServerHello
 *                                         ServerKeyExchange*
 *                             <--------   ServerHelloDone
 *     ClientKeyExchange
 *     [ChangeCipherSpec]
 *     Finished                -------->
 *                                         NewSessionTicket*      RFC 5077, figure 1
 *                                         [ChangeCipherSpec]
 *                             <--------   Finished
 *
 *     ClientHello             -------->                    An abbreviated one: RFC
 *                                         ServerHello      5246 section 7.3
 *                                         NewSessionTicket*      RFC 5077, figure 2
 *                                         [ChangeCipherSpec]
 *                             <--------   Finished
 *     [ChangeCipherSpec]
 *     Finished                -------->
 */
#include "handshake.h"
#include "ct.h"

/* It marks a row that may be missing: whoever has a workspace asks for no cookie. cookie.c
 * does, before there is one. */
static bool want_cookie(const struct turn *t) { (void)t; return false; }

static const struct row script12[] = {
/*  who            message           when                  choose       make                  take */
  { LOCKET_CLIENT, HS_CLIENT_HELLO,  0,                    0,           C(make_client_hello), S(take_client_hello)  },
  { LOCKET_SERVER, HS_HELLO_VERIFY,  0,                    want_cookie, 0,                    C(take_hello_verify)  },
  { LOCKET_CLIENT, HS_CLIENT_HELLO,  F_COOKIE,             0,           C(make_client_hello), S(take_client_hello)  },

  { LOCKET_SERVER, HS_SERVER_HELLO,  0,                    0,           S(make_server_hello), C(take_server_hello)  },

  { LOCKET_SERVER, HS_NEW_TICKET,    F_RESUMED | F_TICKET, 0,           0,                    T(take_new_ticket)    },
  { LOCKET_SERVER, HS_CHANGE_CIPHER, F_RESUMED,            0,           0,                    R(take_change_cipher) },
  { LOCKET_SERVER, HS_FINISHED,      F_RESUMED,            0,           R(make_finished),     R(take_finished)      },

  { LOCKET_CLIENT, HS_CHANGE_CIPHER, F_RESUMED,            0,           0,                    R(take_change_cipher) },
  { LOCKET_CLIENT, HS_FINISHED,      F_RESUMED,            0,           R(make_finished),     R(take_finished)      },

  { LOCKET_SERVER, HS_SERVER_KEY,    F_FULL,               want_hint,   S(make_server_key),   C(take_server_key)    },
  { LOCKET_SERVER, HS_HELLO_DONE,    F_FULL,               0,           S(make_hello_done),   C(take_hello_done)    },

  { LOCKET_CLIENT, HS_CLIENT_KEY,    F_FULL,               0,           C(make_client_key),   S(take_client_key)    },
  { LOCKET_CLIENT, HS_CHANGE_CIPHER, F_FULL,               0,           0,                    take_change_cipher    },
  { LOCKET_CLIENT, HS_FINISHED,      F_FULL,               0,           make_finished,        take_finished         },

  { LOCKET_SERVER, HS_NEW_TICKET,    F_FULL | F_TICKET,    0,           T(make_new_ticket),   T(take_new_ticket)    },
  { LOCKET_SERVER, HS_CHANGE_CIPHER, F_FULL,               0,           0,                    take_change_cipher    },
  { LOCKET_SERVER, HS_FINISHED,      F_FULL,               0,           make_finished,        take_finished         },
};
enum {
    ROW_HELLO_VERIFY = 1, ROW_SECOND_HELLO = 2, ROW_SERVER_HELLO = 3,
    N_ROWS = sizeof script12 / sizeof script12[0]
};

static bool happens(const struct row *r, uint32_t facts) { return (r->when & ~facts) == 0; }

/* A client that has offered a ticket learns from what follows the ServerHello whether it was
 * accepted (RFC 5077 section 3.4). */
static bool is_undecided(const locket_handshake *hs)
{
    return LOCKET_CFG_TICKETS && hs->row > ROW_SERVER_HELLO && !(hs->flags & (F_RESUMED | F_FULL));
}

/* A workspace for a handshake with that peer, before its first message. A free one is zeros. */
LOCKET_INTERNAL APART void hs_begin(locket_handshake *hs, const locket_config *c, const locket_peer *peer,
                                    locket_time now)
{
    hs->role = (uint8_t)c->role;
    hs->slot = LINK_NONE;
    hs->mtu = config_mtu(c);
    hs->timeout = config_timeout(c);
    hs->deadline = now + config_deadline(c);
    hs->heard = now;
    if (LOCKET_CFG_RESUME)
        LOCKET_RETURN(hs)->cached = LINK_NONE;
    peer_copy(&hs->session.peer, peer);
}

LOCKET_INTERNAL void hs_start_client(locket_handshake *hs) { hs->row = 0; }

/* A server's workspace is born with the cookie that the second ClientHello brings, or with a
 * first one that needs none. */
LOCKET_INTERNAL void hs_start_server(locket_handshake *hs)
{
    hs->row = hs->flags & F_COOKIE ? ROW_SECOND_HELLO : 0;
}

/* The rows of an abbreviated handshake end before those of a full one. */
LOCKET_INTERNAL bool hs_is_done(const locket_handshake *hs)
{
    unsigned i = hs->row;
    while (LOCKET_CFG_RESUME && i < N_ROWS && !is_undecided(hs) && !happens(&script12[i], hs->flags))
        i++;
    return i == N_ROWS;
}

LOCKET_INTERNAL const struct row *hs_says(const struct turn *t, unsigned i)
{
    const struct row *r = &script12[i];
    return r->who == t->hs->role && happens(r, t->hs->flags) && (!r->choose || r->choose(t)) ? r : NULL;
}

/* Has the client taken somebody's ServerHello? */
LOCKET_INTERNAL bool hs_is_answered(const locket_handshake *hs) { return hs->row > ROW_SERVER_HELLO; }

LOCKET_INTERNAL bool hs_is_first(const locket_handshake *hs)
{
    bool resumed = LOCKET_CFG_RESUME && (hs->flags & F_RESUMED);
    return is_client(hs->role) != resumed;
}

/* From here on a message of ours counts. It is counted and hashed piece by piece; or, with
 * LOCKET_CFG_FAST, made once and hashed whole, if it is not too long. */
static void hs_say(struct turn *t, const struct row *r)
{
    enum { MADE_ONCE = 256 };
    struct writer w = wr_hash(&t->hs->transcript);
    if (LOCKET_CFG_FAST) {
        uint8_t body[MADE_ONCE];
        struct writer once = wr_over(body, sizeof body);
        r->make(t, &once);
        size_t len = sizeof body - once.room;
        if (once.room)
            transcript_message(t->hs, r->message, t->hs->send_seq++, span_of(body, len));
        ct_wipe(body, len);                    /* it may be a Finished */
        if (once.room)
            return;
    }
    transcript_header(t->hs, r->message, t->hs->send_seq++, row_len(t, r));
    r->make(t, &w);
}

/* Say every message that is ours, until the turn passes to the peer or something is due. */
LOCKET_INTERNAL locket_error hs_speak(struct turn *t)
{
    locket_handshake *hs = t->hs;
    bool spoken = false;
    for (; hs->row < N_ROWS && !is_undecided(hs) && !t->due; hs->row++) {
        const struct row *r = &script12[hs->row];
        if (!happens(r, hs->flags))
            continue;
        if (r->who != hs->role)
            break;
        if (r->choose && !r->choose(t))
            continue;
        if (!(hs->flags & F_SPEAKING))
            flight_start(t);
        if (r->message == HS_CLIENT_KEY)
            return exchange_ask(t);
        if (LOCKET_CFG_TICKETS && r->message == HS_NEW_TICKET && !hs->out_len) {
            t->due = DUE_TICKET;
            break;
        }
        if (r->message == HS_CHANGE_CIPHER)
            t->due = DUE_OUR_FINISHED;
        else
            hs_say(t, r);
        spoken = true;
    }
    if (spoken && !t->due)
        flight_rewind(hs);
    return LOCKET_OK;
}

/* The row on which this message may come now, if those are the facts; else NULL. */
static const struct row *row_if(const locket_handshake *hs, unsigned message, uint32_t facts)
{
    unsigned i = hs->row;
    /* A server may ask for another cookie in place of its ServerHello (RFC 6347
     * section 4.2.1, note to implementors). */
    if (message == HS_HELLO_VERIFY && is_client(hs->role) && i == ROW_SERVER_HELLO)
        i = ROW_HELLO_VERIFY;
    for (; i < N_ROWS; i++) {
        const struct row *r = &script12[i];
        if (!happens(r, facts))
            continue;
        if (r->who == hs->role)
            return NULL;
        if (r->message == message)
            return r;
        if (!r->choose)
            return NULL;
    }
    return NULL;
}

static const struct row *row_for(const locket_handshake *hs, unsigned message)
{
    const struct row *r;
    if (!is_undecided(hs))
        return row_if(hs, message, hs->flags);
    r = row_if(hs, message, hs->flags | F_RESUMED);
    return r ? r : row_if(hs, message, hs->flags | F_FULL);
}

LOCKET_INTERNAL bool hs_expects(const struct turn *t, unsigned message)
{
    return row_for(t->hs, message) != NULL;
}

/* Take one whole message of the peer. PENDING: the row stays. */
LOCKET_INTERNAL locket_error hs_listen(struct turn *t, unsigned message, struct span body)
{
    const struct row *r = row_for(t->hs, message);
    if (!r)
        return ALERT_UNEXPECTED_MESSAGE;
    locket_error error = r->take(t, body);
    if (error == LOCKET_OK || error == LOCKET_PENDING) {
        t->hs->row = (uint8_t)(r - script12);
        t->hs->flags |= r->when;               /* what was open is told */
    }
    if (error == LOCKET_OK) {
        t->hs->row++;
        t->hs->flags &= ~(uint32_t)F_SPEAKING;
    }
    return error;
}

/* The look-up of t->psk is answered: finish its row. */
static locket_error hs_answer(struct turn *t)
{
    locket_handshake *hs = t->hs;
    hs->query = 0;
    locket_error error = exchange_answer(t);
    if (error)
        return error;
    if (is_client(hs->role))
        hs_say(t, &script12[hs->row]);
    hs->session.handle = t->psk->handle;
    schedule_master(t, t->psk->key, t->psk->key_len);
    schedule_keys(t);
    hs->row++;
    if (!is_client(hs->role))
        hs->flags &= ~(uint32_t)F_SPEAKING;
    return LOCKET_OK;
}

LOCKET_INTERNAL APART locket_error hs_compute(struct turn *t)
{
    unsigned due = t->due;
    t->due = DUE_NOTHING;
    if (due == DUE_KEYS)
        return hs_answer(t);
    if (LOCKET_CFG_TICKETS && due == DUE_TICKET)
        return resume_seal(t);
    locket_handshake *hs = t->hs;
    bool ours = due == DUE_OUR_FINISHED, client = is_client(hs->role) == ours;
    if (LOCKET_CFG_RESUME && !(hs->flags & F_KEYS)) {        /* resumed: nothing was exchanged */
        locket_error error = is_client(hs->role) ? remember_load(t) : LOCKET_OK;
        if (error)
            return error;
        schedule_keys(t);
    }
    schedule_verify_data(hs, client ? LOCKET_CLIENT : LOCKET_SERVER);
    if (ours && hs_is_first(hs)) {
        if (!is_client(hs->role))              /* a client's identity has left room for it */
            arena_keep(hs, VERIFY_DATA_SIZE, span_of(NULL, 0));
        memcpy(hs->arena, hs->session.verify_data, VERIFY_DATA_SIZE);
    }
    if (ours)
        hs->session.finished_seq = hs->send_seq & 127u;
    return LOCKET_OK;
}
