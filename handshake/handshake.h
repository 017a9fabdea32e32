/* SPDX-License-Identifier: Apache-2.0
 *
 * handshake.h -- what the files of this folder share: the message numbers, what the
 * fields of a workspace mean, the row of a script, and the turn: all that a step of
 * the handshake may see. */
#ifndef LOCKET_HANDSHAKE_H
#define LOCKET_HANDSHAKE_H

#include "alert.h"
#include "ct.h"
#include "datagram.h"
#include "locket.h"

enum {                            /* HandshakeType, RFC 5246 section 7.4, RFC 6347 4.3.2 */
    HS_HELLO_REQUEST = 0,
    HS_CLIENT_HELLO = 1,
    HS_SERVER_HELLO = 2,
    HS_HELLO_VERIFY = 3,
    HS_NEW_TICKET = 4,            /* RFC 5077 section 3.3 */
    HS_SERVER_KEY = 12,
    HS_HELLO_DONE = 14,
    HS_CLIENT_KEY = 16,
    HS_FINISHED = 20,
    HS_CHANGE_CIPHER = 254        /* ours: ChangeCipherSpec as a message of the script */
};
#define LINK_NONE ((locket_link)-1)
enum { HS_HEADER = 12, RANDOM_SIZE = 32, VERIFY_DATA_SIZE = 12, MASTER_SIZE = 48 };
enum { PSK_MIN = 16, PSK_MAX = 64 };              /* RFC 9257 section 6; RFC 4279 section 5.3 */
enum { MTU_FLOOR = 256, MTU_MIDDLE = 548 };
enum { FRAGMENT_CODES = 4, LIMIT_MIN = 64 };      /* RFC 6066 section 4; RFC 8449 section 4 */

/* Highest message_seq of a ClientHello that we answer, so that every message_seq
 * of the handshake fits seven bits; and highest record number, so that the server's
 * next epoch-0 number fits two (RFC 6347 section 4.2.1 mirrors the record number; we mirror
 * message_seq as well). */
enum { HELLO_SEQ_MAX = 100, HELLO_NUMBER_MAX = 65536 - 256 };

/* The numbers of a configuration, where 0 means the default. */
static inline uint16_t config_mtu(const locket_config *c)         { return c->mtu ? c->mtu : 1232; }
static inline unsigned config_resends(const locket_config *c)
{
    return c->retransmissions ? c->retransmissions : 7;
}
static inline uint32_t config_timeout(const locket_config *c)      { return c->timeout ? c->timeout : 1000; }
static inline uint32_t config_timeout_cap(const locket_config *c)  { return c->timeout_cap ? c->timeout_cap : 60000; }
static inline uint32_t config_deadline(const locket_config *c)     { return c->deadline ? c->deadline : 60000; }
static inline uint32_t config_patience(const locket_config *c)     { return c->patience ? c->patience : 2000; }
static inline uint32_t config_lifetime(const locket_config *c)     { return c->lifetime ? c->lifetime : 14400000; }
static inline uint32_t config_full_after(const locket_config *c)   { return c->full_after ? c->full_after : 86400000; }
static inline size_t config_cid_len(const locket_config *c)        { return LOCKET_CFG_CID ? c->cid_len : 0; }
static inline unsigned config_limit(const locket_config *c)
{
    return c->record_size_limit ? c->record_size_limit : PLAINTEXT_MAX;
}

/* locket_handshake.state: DONE and FAILED have something to report; from LINGERING on no
 * handshake runs any more. */
enum {
    WORKSPACE_FREE,
    WORKSPACE_RUNNING,
    WORKSPACE_SPOILT,             /* client: this attempt is; the timer starts another */
    WORKSPACE_DONE,               /* both Finished are verified or made */
    WORKSPACE_FAILED,             /* to be reported with `reason` */
    WORKSPACE_LINGERING,          /* kept for locket_export() during CONNECTED */
    WORKSPACE_HOLDING             /* server: only the ticket of the last flight is kept */
};

/* locket_handshake.flags: facts both sides know by then, and where we are */
enum {
    F_COOKIE  = 1 << 0,           /* a cookie was asked for, or verified */
    F_EMS     = 1 << 1,           /* extended master secret (RFC 7627) */
    F_SECURE  = 1 << 2,           /* secure renegotiation signalled (RFC 5746) */
    F_KEYS    = 1 << 3,           /* master secret and traffic keys are there */
    F_DECOY   = 1 << 4,           /* ... made from a decoy: Finished must not verify */
    F_CCS     = 1 << 5,           /* the peer's ChangeCipherSpec has come and waits for its row */
    F_READING = 1 << 6,           /* its row was reached: epoch 1 can be read */
    F_TOLD    = 1 << 7,           /* the one decrypt_error has been sent */
    F_SPEAKING = 1 << 8,          /* our flight is the last thing that was said */
    F_SENDING = 1 << 9,           /* ... and is on its way out */
    F_TIMER   = 1 << 10,          /* ... and is repeated when `timer` comes */
    F_AGAIN   = 1 << 11,          /* not the first attempt: no fresh patience, no fresh timeout */
    F_RESUMED = 1 << 12,          /* an abbreviated handshake; */
    F_FULL    = LOCKET_CFG_RESUME << 13,      /* ... a full one; neither: the next message will tell */
    F_TICKET  = 1 << 14,          /* a NewSessionTicket will come (RFC 5077) */
    F_FRAGMENT = LOCKET_CFG_LIMITS << 15,     /* max_fragment_length agreed (RFC 6066 section 4) */
    F_LIMIT   = LOCKET_CFG_LIMITS << 16,      /* record_size_limit agreed (RFC 8449) */
    F_ASTRAY  = LOCKET_CFG_RESUME << 17,      /* client: what the server says now contradicts what we took of it */
    F_CID     = LOCKET_CFG_CID << 18,         /* connection_id agreed (RFC 9146), */
    F_CHECKS  = LOCKET_CFG_RRC << 19          /* ... and rrc (RFC 9853) */
};
enum { SESSION_ID_MAX = 32 };

/* Of a configuration or a workspace. A build with one role has only one answer, and drops
 * what the other would have needed. */
static inline bool is_client(unsigned role)
{
    return LOCKET_CFG_CLIENT && (!LOCKET_CFG_SERVER || role == LOCKET_CLIENT);
}

/* A server's peer that has not proven its address, because its ClientHello named a session: it is
 * told nothing but the answer, and nobody is told of it. */
static inline bool is_unproven(const locket_handshake *hs)
{
    return LOCKET_CFG_RESUME && !is_client(hs->role) && !(hs->flags & F_COOKIE);
}

/* A verdict of the inside that no application sees: drop, and count the reason. */
#define DROP(reason) (-1 - (int)(reason))
#define DROP_REASON(verdict) ((locket_drop)(-1 - (verdict)))

/* What one step may see: the workspace, the configuration, the generator; and for resume.c
 * the endpoint that has the ways back. */
struct turn {
    const locket_config *config;
    struct locket_rng *rng;
    locket_endpoint *ep;
    locket_handshake *hs;
    uint8_t *decoy_len;           /* length of the last real key looked up */
    uint32_t query;               /* the name of a look-up, if it is PENDING */
    locket_time now;
    uint8_t due;                  /* enum due */
    uint8_t over;                 /* a reason to be counted though the handshake goes on; 0 = none */
    locket_psk *psk;              /* of DUE_KEYS; NULL where none can be due */
};

/* What has to be done before the script goes on. It takes the deepest stack of all, so who
 * meets it only leaves word in turn.due, and route_go_on() does it from a shallow frame:
 * DUE_PARKED by incoming_unpark(), the others by hs_compute(). */
enum due { DUE_NOTHING, DUE_PARKED, DUE_KEYS, DUE_OUR_FINISHED, DUE_THEIR_FINISHED, DUE_TICKET };

/* One row = one message that may travel, in the order it travels.
 * when:   flags, facts that both sides know by then, which have to be set; 0 = always.
 * choose: the sender's own decision; 0 = none. The receiver of a row with
 *         `choose` accepts that it is missing.
 * make:   writes the body, the same whenever it is asked: to count, to hash, to send. */
struct row {
    uint8_t who, message;
    uint16_t when;
    bool (*choose)(const struct turn *);
    void (*make)(const struct turn *, struct writer *);
    locket_error (*take)(struct turn *, struct span body);
};
/* Cells of a table that a knob may empty. */
#define IF(knob, what) ((knob) ? (what) : 0)
#define C(what) IF(LOCKET_CFG_CLIENT, what)
#define S(what) IF(LOCKET_CFG_SERVER, what)
#define R(what) IF(LOCKET_CFG_RESUME, what)
#define T(what) IF(LOCKET_CFG_TICKETS, what)
#define L(what) IF(LOCKET_CFG_LIMITS, what)
#define I(what) IF(LOCKET_CFG_CID, what)
#define P(what) IF(LOCKET_CFG_RRC, what)

/* One handshake fragment (RFC 6347 section 4.2.2). */
struct fragment {
    uint8_t  type;
    uint16_t seq;
    uint32_t len, offset;         /* of the message; of the fragment in it */
    struct span body;
};
static inline bool fragment_is_whole(const struct fragment *f)
{
    return f->offset == 0 && f->body.len == f->len;
}

/* script.c: the protocol on one page */
/* Make our rows until the turn passes or something is due. PENDING: the row stays. */
LOCKET_INTERNAL locket_error hs_speak(struct turn *t);
/* Take one whole message. OK: its row is done; PENDING: it stays; an alert, or a DROP. */
LOCKET_INTERNAL locket_error hs_listen(struct turn *t, unsigned message, struct span body);
/* Do what t->due names, and clear it: keys from t->psk, or the verify_data of a Finished. */
LOCKET_INTERNAL APART locket_error hs_compute(struct turn *t);
LOCKET_INTERNAL bool hs_expects(const struct turn *t, unsigned message);
LOCKET_INTERNAL bool hs_is_done(const locket_handshake *hs);
LOCKET_INTERNAL bool hs_is_answered(const locket_handshake *hs);
/* Is ours the first of the two Finished? Then it may have to be repeated while the second is
 * computed, and waits in the arena. */
LOCKET_INTERNAL bool hs_is_first(const locket_handshake *hs);
/* Row i, if it is a message of ours in this handshake; else NULL. */
LOCKET_INTERNAL const struct row *hs_says(const struct turn *t, unsigned i);
LOCKET_INTERNAL APART void hs_begin(locket_handshake *hs, const locket_config *c, const locket_peer *peer,
                                    locket_time now);
LOCKET_INTERNAL void hs_start_client(locket_handshake *hs);
LOCKET_INTERNAL void hs_start_server(locket_handshake *hs);

/* config.c */
LOCKET_INTERNAL bool config_is_good(const locket_config *c);
/* The suites in order of preference; 0 behind the last. */
LOCKET_INTERNAL unsigned config_suite(const locket_config *c, size_t i);
/* The first of ours that the peer lists, as a row; -1 for none. */
LOCKET_INTERNAL int config_choose(const locket_config *c, struct span suites);
/* Is that row one of ours, and in the list? */
LOCKET_INTERNAL bool config_fits(const locket_config *c, unsigned row, struct span suites);
/* The max_fragment_length that a client asks for, as its code; 0 for none, or for one that there
 * is not. */
LOCKET_INTERNAL unsigned config_fragment(const locket_config *c);
static inline uint16_t fragment_length(unsigned code) { return (uint16_t)(256u << code); }

/* hello.c */
LOCKET_INTERNAL void make_client_hello(const struct turn *t, struct writer *w);
LOCKET_INTERNAL locket_error take_client_hello(struct turn *t, struct span body);
LOCKET_INTERNAL locket_error take_hello_verify(struct turn *t, struct span body);
LOCKET_INTERNAL void make_server_hello(const struct turn *t, struct writer *w);
LOCKET_INTERNAL locket_error take_server_hello(struct turn *t, struct span body);
LOCKET_INTERNAL void make_hello_done(const struct turn *t, struct writer *w);
LOCKET_INTERNAL locket_error take_hello_done(struct turn *t, struct span body);
LOCKET_INTERNAL locket_error hello_begin(struct turn *t);

/* A ClientHello as far as the compression methods. */
struct hello {
    uint16_t version;
    struct span random, session_id, cookie, suites, compressions;
    struct span before, behind;   /* all that lies on either side of the cookie */
};
/* Reads as far as the compression methods; false when it cannot be one. */
LOCKET_INTERNAL bool hello_read(struct span *r, struct hello *out);
/* Its version and compression are ours; else the alert. */
LOCKET_INTERNAL locket_error hello_fits(const struct hello *h);

/* Is `id` one of the numbers in the list, `width` bytes each? */
LOCKET_INTERNAL bool listed(struct span list, size_t width, unsigned id);

/* extensions.c */
enum { IN_CLIENT_HELLO = 1, IN_SERVER_HELLO = 2 };
/* What the extensions of one hello say. */
struct offer {
    uint32_t flags;
    uint16_t limit;               /* record_size_limit */
    uint8_t  fragment;            /* max_fragment_length code; 0 = none */
    struct span ticket, cid;
};
/* The block that ends our hello, written for what the configuration and the flags say; or the
 * peer's, read to its end. */
LOCKET_INTERNAL void extensions_make(const struct turn *t, unsigned where, struct writer *w);
LOCKET_INTERNAL locket_error extensions_take(const struct turn *t, unsigned where, struct span *r, struct offer *out);
/* Put what both hellos have agreed on into the session's terms; or what the session had that is
 * resumed. */
LOCKET_INTERNAL void limits_agree(struct turn *t, const struct offer *theirs);
LOCKET_INTERNAL void limits_fragment(struct locket_terms *terms, unsigned code);

/* cid.c: connection IDs */
/* Can those that are configured tell n sessions apart? */
LOCKET_INTERNAL bool cid_reaches(const locket_config *c, size_t n);
/* Choose ours for the session that `hs->slot` names. */
LOCKET_INTERNAL void cid_choose(const struct turn *t);
/* Server: the same, and the slot with it. False: there is none. */
LOCKET_INTERNAL bool cid_reserve(struct turn *t);
/* Has a handshake that runs named that slot? */
LOCKET_INTERNAL bool cid_promised(const locket_endpoint *ep, locket_link slot);
/* The slot that is reserved for the handshake which got no further for the longest time, of those
 * that are not finished; or LINK_NONE. */
LOCKET_INTERNAL locket_link cid_reserved(const locket_endpoint *ep);
/* Both have agreed, to this of theirs. LOCKET_ERR_CID: it is too long. */
LOCKET_INTERNAL locket_error cid_agree(struct turn *t, const struct offer *theirs);
LOCKET_INTERNAL void cid_forget(locket_session *s);
/* The slot that ours names, if that is free; else LINK_NONE. */
LOCKET_INTERNAL locket_link cid_slot(const locket_endpoint *ep, const locket_session *s);
LOCKET_INTERNAL struct span cid_ours(const struct turn *t);
/* Whose number a record brings: a live session, or a handshake with who sent it; or neither. */
LOCKET_INTERNAL void cid_find(const locket_endpoint *ep, const struct record *r, locket_session **live,
                              locket_handshake **hs);

/* resume.c: the ways back */
LOCKET_INTERNAL void resume_start(locket_endpoint *ep);
/* Time has passed: ticket keys turn, cache entries end. False: no entropy. */
LOCKET_INTERNAL bool resume_turn(locket_endpoint *ep);
/* Server: does this ClientHello name a session of ours, as far as can be seen for little work? The
 * `rest` of it is read into `o`. */
LOCKET_INTERNAL bool resume_names(const locket_endpoint *ep, const struct hello *h, struct span rest,
                                  struct offer *o);
/* Server: put the master secret, handle and terms of the session it names into a new workspace;
 * false: it is none, after all. */
LOCKET_INTERNAL APART bool resume_take(struct turn *t, const struct hello *h, const struct offer *o);
/* Server: it is another ClientHello that came in the end. A full handshake, then. */
LOCKET_INTERNAL void resume_not(locket_handshake *hs);
/* Server: choose what the ServerHello of a full handshake promises: a ticket, an ID, nothing. */
LOCKET_INTERNAL void resume_promise(struct turn *t, const struct offer *o);
/* The handshake is finished: what was promised comes true. */
LOCKET_INTERNAL void resume_keep(locket_endpoint *ep, locket_handshake *hs);
/* A session, or the handshake that resumed it, was ended by a fatal alert that somebody with its
 * keys vouches for: it cannot be resumed again (RFC 5246 section 7.2.2). */
LOCKET_INTERNAL void resume_drop(locket_endpoint *ep, const locket_session *s);
LOCKET_INTERNAL void resume_fail(locket_endpoint *ep, const locket_handshake *hs);
/* Seal a ticket into the arena. */
LOCKET_INTERNAL APART locket_error resume_seal(struct turn *t);
LOCKET_INTERNAL void make_new_ticket(const struct turn *t, struct writer *w);
LOCKET_INTERNAL locket_error take_new_ticket(struct turn *t, struct span body);

/* remember.c */
/* What the record that we offer has for a ClientHello; empty: nothing. */
LOCKET_INTERNAL struct span remember_id(const locket_handshake *hs);
LOCKET_INTERNAL struct span remember_ticket(const locket_handshake *hs);
/* Offer that record, if it is good for anything here. False: it is no record. */
LOCKET_INTERNAL bool remember_offer(struct turn *t, const uint8_t *record, size_t len);
/* It was accepted. Its master secret, handle and terms, unless the ServerHello
 * contradicts them. */
LOCKET_INTERNAL locket_error remember_load(struct turn *t);

/* exchange.c */
LOCKET_INTERNAL bool want_hint(const struct turn *t);
LOCKET_INTERNAL void make_server_key(const struct turn *t, struct writer *w);
LOCKET_INTERNAL locket_error take_server_key(struct turn *t, struct span body);
LOCKET_INTERNAL void make_client_key(const struct turn *t, struct writer *w);
LOCKET_INTERNAL locket_error take_client_key(struct turn *t, struct span body);
/* Ask for the key before a ClientKeyExchange can be made. PENDING: the row stays. */
LOCKET_INTERNAL locket_error exchange_ask(struct turn *t);
/* The look-up is answered: t->psk is what the master secret is made from. */
LOCKET_INTERNAL locket_error exchange_answer(struct turn *t);

/* finished.c */
LOCKET_INTERNAL locket_error take_change_cipher(struct turn *t, struct span body);
LOCKET_INTERNAL void make_finished(const struct turn *t, struct writer *w);
LOCKET_INTERNAL locket_error take_finished(struct turn *t, struct span body);

/* The master secret goes, and the key that was made of it. */
static inline void master_wipe(locket_handshake *hs)
{
    WIPE(hs->master);
    if (LOCKET_CFG_FAST)
        WIPE(*LOCKET_KEPT(hs));
}

/* schedule12.c: one function per arrow of the key schedule */
LOCKET_INTERNAL APART void schedule_master(struct turn *t, const uint8_t *psk, size_t psk_len);
LOCKET_INTERNAL APART void schedule_keys(struct turn *t);
LOCKET_INTERNAL APART void schedule_verify_data(locket_handshake *hs, locket_role who);
LOCKET_INTERNAL void schedule_export(const locket_handshake *hs, const char *label,
                                     const uint8_t *context, size_t context_len,
                                     uint8_t *out, size_t len);

/* transcript.c */
LOCKET_INTERNAL void transcript_header(locket_handshake *hs, unsigned type, unsigned seq, size_t len);
LOCKET_INTERNAL void transcript_message(locket_handshake *hs, unsigned type, unsigned seq, struct span body);
LOCKET_INTERNAL void transcript_hash(const locket_handshake *hs, uint8_t out[32]);
LOCKET_INTERNAL void message_header(uint8_t out[HS_HEADER], unsigned type, size_t len, unsigned seq,
                                    size_t offset, size_t fragment_len);

/* cookie.c: first contact, before there is a workspace */
/* Make both secrets; turn them when their minute is over. False: no entropy. */
LOCKET_INTERNAL bool cookie_start(struct locket_cookies *c, const locket_config *config, struct locket_rng *rng);
LOCKET_INTERNAL bool cookie_turn(struct locket_cookies *c, const locket_config *config, struct locket_rng *rng,
                                 locket_time now);
/* Is the cookie of this ClientHello ours, and for this peer? If not, one that is waits in
 * `answer`; who only wants that asks as well. */
LOCKET_INTERNAL bool cookie_verify(struct locket_cookies *c, const locket_config *config,
                                   const locket_peer *peer, const struct hello *hello);
/* Write the HelloVerifyRequest with that answer; its length, or 0 when it does not fit. */
LOCKET_INTERNAL size_t cookie_request(const struct locket_cookies *c, uint8_t *out, size_t cap);

/* incoming.c */
/* Remember how much of the arena is in use now. */
LOCKET_INTERNAL void arena_mark(locket_handshake *hs);
/* The arena is for what our flight is made from: `bytes`, behind `room` for others. */
LOCKET_INTERNAL void arena_keep(locket_handshake *hs, size_t room, struct span bytes);
/* The next fragment of a record's plaintext; false when there is none, or when the
 * rest makes no sense (then `record` is not empty). */
LOCKET_INTERNAL bool incoming_split(struct span *record, struct fragment *out);
/* Take a fragment that came in `epoch`: at once when it is the whole next message,
 * else into the arena. */
LOCKET_INTERNAL APART locket_error incoming_add(struct turn *t, unsigned epoch, const struct fragment *f);
/* Keep a record whose keys are not there yet. */
LOCKET_INTERNAL void incoming_park(locket_handshake *hs, const struct record *r);
/* Keep the message that is being taken: a ServerKeyExchange until its identity hint is used, a
 * NewSessionTicket until the end. False when there is no room. Give it back; empty: none. */
enum { SLOT_PARKED = 253, SLOT_TICKET, SLOT_HINT };
LOCKET_INTERNAL bool incoming_keep(locket_handshake *hs, unsigned slot, struct span body);
LOCKET_INTERNAL struct span incoming_kept(locket_handshake *hs, unsigned slot);
/* Take the parked record, now that there are keys; OK also when there is none. */
LOCKET_INTERNAL APART locket_error incoming_unpark(struct turn *t);
/* Take all that can be taken by now, then speak if it is our turn; leaves t->due set when
 * something has to be done first. */
LOCKET_INTERNAL APART locket_error incoming_advance(struct turn *t);

/* flight.c */
/* A flight of ours begins: counters and timer anew. */
LOCKET_INTERNAL void flight_start(struct turn *t);
/* How long the body of our message is. */
LOCKET_INTERNAL size_t row_len(const struct turn *t, const struct row *r);
/* Send it (again) from its first message on; no timer until it is out. */
LOCKET_INTERNAL void flight_rewind(locket_handshake *hs);
/* Its next datagram, hs->mtu at most; empty: nothing is left, or fits. The last one starts the
 * timer, unless the handshake is done. KEY_WORN. */
LOCKET_INTERNAL locket_error flight_fill(struct turn *t, struct datagram *d);
/* The timer has come: repeat, shrink, or begin another attempt. TIMEOUT: often enough. */
LOCKET_INTERNAL locket_error flight_timer(struct turn *t);
/* Smaller datagrams from now on: 548, then 256 (RFC 6347 section 4.1.1.1). */
LOCKET_INTERNAL void flight_shrink(locket_handshake *hs);
/* The last flight from the session, with the NewSessionTicket of who holds one (or NULL); and an
 * alert: each as one datagram. False: there is no room or no record number left. */
LOCKET_INTERNAL bool flight_last(locket_session *s, const locket_handshake *holder, struct datagram *d);
LOCKET_INTERNAL bool flight_alert(locket_session *s, bool sealed, unsigned alert, struct datagram *d);

#endif
