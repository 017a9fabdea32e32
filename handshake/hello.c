/* SPDX-License-Identifier: Apache-2.0
 *
 * hello.c -- ClientHello, HelloVerifyRequest, ServerHello and ServerHelloDone, make
 * and take side by side (RFC 6347 section 4.2.1, RFC 5246 section 7.4.1).
 *
 *     ClientHello:  client_version(2) random(32) session_id<0..32> cookie<0..255>
 *                   cipher_suites<2..2^16-2> compression_methods<1..255> extensions
 *     ServerHello:  server_version(2) random(32) session_id<0..32> cipher_suite(2)
 *                   compression_method(1) extensions */
#include "handshake.h"
#include "ct.h"
#include "rng.h"

/* TLS_EMPTY_RENEGOTIATION_INFO_SCSV: two bytes where the extension needs five
 * (RFC 5746 section 3.3). */
enum { SUITE_SCSV = 0x00FF, COMPRESSION_NULL = 0, HELLO_VERIFY_MAX = 8 };

LOCKET_INTERNAL bool listed(struct span list, size_t width, unsigned id)
{
    while (rd_more(&list))
        if (rd_uint(&list, width) == id)
            return true;
    return false;
}

/* --- ClientHello --- */

LOCKET_INTERNAL void make_client_hello(const struct turn *t, struct writer *w)
{
    const locket_handshake *hs = t->hs;
    size_t n = 0;
    while (config_suite(t->config, n))
        n++;
    wr_u16(w, DTLS_1_2);
    wr_bytes(w, span_of(hs->random[LOCKET_CLIENT], RANDOM_SIZE));
    wr_vec(w, 1, LOCKET_CFG_RESUME ? remember_id(hs) : span_of(NULL, 0));
    wr_vec(w, 1, span_of(hs->arena, hs->out_len));
    wr_u16(w, (unsigned)(2 * n + 2));
    for (size_t i = 0; i < n; i++)
        wr_u16(w, config_suite(t->config, i));
    wr_u16(w, SUITE_SCSV);
    wr_u8(w, 1);
    wr_u8(w, COMPRESSION_NULL);
    extensions_make(t, IN_CLIENT_HELLO, w);
}

/* Begin an attempt: a fresh random, no cookie, message_seq 0. */
LOCKET_INTERNAL locket_error hello_begin(struct turn *t)
{
    locket_handshake *hs = t->hs;
    if (!rng_random(t->rng, hs->random[LOCKET_CLIENT]))
        return LOCKET_ERR_ENTROPY;
    master_wipe(hs);              /* of an attempt that came to nothing */
    WIPE(hs->session.key);
    if (LOCKET_CFG_LIMITS)
        limits_fragment(LOCKET_TERMS(&hs->session), 0);
    if (LOCKET_CFG_CID) {
        cid_choose(t);
        cid_forget(&hs->session);
    }
    if (LOCKET_CFG_RESUME && hs->state != WORKSPACE_FREE) {
        LOCKET_RETURN(hs)->record = NULL;        /* what it offered may be why */
        LOCKET_RETURN(hs)->hashed = 0;
    }
    hs->flags = 0;
    hs->state = WORKSPACE_RUNNING;
    hs->send_seq = hs->recv_seq = hs->hellos = 0;
    hs->out_len = hs->in_len = 0;
    hs_start_client(hs);
    return LOCKET_OK;
}

LOCKET_INTERNAL bool hello_read(struct span *r, struct hello *h)
{
    struct span start = *r;
    h->version = rd_u16(r);
    h->random = rd_bytes(r, RANDOM_SIZE);
    h->session_id = rd_vec(r, 1);
    h->before = span_of(start.at, start.len - r->len);
    h->cookie = rd_vec(r, 1);
    start = *r;
    h->suites = rd_vec(r, 2);
    h->compressions = rd_vec(r, 1);
    h->behind = span_of(start.at, start.len - r->len);
    return !rd_bad(r) && h->session_id.len <= SESSION_ID_MAX && h->suites.len && h->suites.len % 2 == 0 &&
           h->compressions.len;
}

/* FE FD or a later one: DTLS numbers fall as versions rise. */
LOCKET_INTERNAL locket_error hello_fits(const struct hello *h)
{
    if (h->version >> 8 != DTLS_1_2 >> 8 || h->version > DTLS_1_2)
        return ALERT_PROTOCOL_VERSION;
    return listed(h->compressions, 1, COMPRESSION_NULL) ? LOCKET_OK : ALERT_ILLEGAL_PARAMETER;
}

/* Is connection_id to be answered? Not if we want none, cannot send what the client wants, or
 * have no slot for the session (RFC 9146 section 3). */
static bool hello_has_cid(struct turn *t, const struct offer *offer)
{
    return (offer->flags & F_CID) && t->config->cid && offer->cid.len <= LOCKET_CFG_PEER_CID_SIZE &&
           cid_reserve(t) && cid_agree(t, offer) == LOCKET_OK;
}

/* The cookie was verified before this message could come here, or the session it resumes found. */
LOCKET_INTERNAL locket_error take_client_hello(struct turn *t, struct span body)
{
    locket_handshake *hs = t->hs;
    struct hello h;
    if (!hello_read(&body, &h))
        return ALERT_DECODE_ERROR;
    locket_error error = hello_fits(&h);
    if (error)
        return error;
    int suite = config_choose(t->config, h.suites);
    struct offer offer = { .flags = listed(h.suites, 2, SUITE_SCSV) ? F_SECURE : 0 };
    error = extensions_take(t, IN_CLIENT_HELLO, &body, &offer);
    if (error)
        return error;
    bool resumed = LOCKET_CFG_RESUME && (hs->flags & F_RESUMED);
    if (resumed && !config_fits(t->config, hs->session.suite, h.suites)) {
        resume_not(hs);
        resumed = false;
    }
    if (suite < 0)
        return ALERT_HANDSHAKE_FAILURE;
    /* RFC 7627 sections 5.2 and 5.3: what we resume had it. */
    if (!(offer.flags & F_EMS) && (resumed || !t->config->legacy))
        return ALERT_HANDSHAKE_FAILURE;
    if (resumed)
        offer.flags &= ~(uint32_t)F_FRAGMENT;         /* the session has its own: RFC 6066 section 1.1 */
    else
        hs->session.suite = (unsigned)suite & 15u;
    if (LOCKET_CFG_LIMITS)
        limits_agree(t, &offer);
    if (LOCKET_CFG_RRC && t->config->path_check == LOCKET_PATH_APPLICATION)
        offer.flags &= ~(uint32_t)F_CHECKS;
    hs->flags |= (offer.flags & ~(uint32_t)F_TICKET) | (resumed ? F_RESUMED : F_FULL);
    if (LOCKET_CFG_RESUME && !resumed)
        resume_promise(t, &offer);
    if (LOCKET_CFG_CID && !hello_has_cid(t, &offer))
        hs->flags &= ~(uint32_t)(F_CID | F_CHECKS);      /* RFC 9853 section 3: not without */
    memcpy(hs->random[LOCKET_CLIENT], h.random.at, RANDOM_SIZE);
    return LOCKET_OK;
}

/* --- HelloVerifyRequest: made in cookie.c, without a workspace --- */

/* server_version says nothing about the version to come (RFC 6347 section 4.2.1).
 * What cannot be one is dropped: nobody vouches for it. */
LOCKET_INTERNAL locket_error take_hello_verify(struct turn *t, struct span body)
{
    locket_handshake *hs = t->hs;
    unsigned version = rd_u16(&body);
    struct span cookie = rd_vec(&body, 1);
    if (!rd_done(&body) || version >> 8 != DTLS_1_2 >> 8)
        return DROP(LOCKET_DROP_MALFORMED);
    if (hs->hellos == HELLO_VERIFY_MAX)
        return ALERT_UNEXPECTED_MESSAGE;
    if ((hs->flags & F_COOKIE) && cookie.len == hs->out_len &&
        memcmp(cookie.at, hs->arena, cookie.len) == 0)                       /* public */
        return DROP(LOCKET_DROP_OUT_OF_ORDER);
    hs->hellos++;
    hs->flags |= F_COOKIE;
    arena_keep(hs, 0, cookie);
    return LOCKET_OK;
}

/* --- ServerHello --- */

LOCKET_INTERNAL void make_server_hello(const struct turn *t, struct writer *w)
{
    const locket_handshake *hs = t->hs;
    wr_u16(w, DTLS_1_2);
    wr_bytes(w, span_of(hs->random[LOCKET_SERVER], RANDOM_SIZE));
    wr_vec(w, 1, LOCKET_CFG_RESUME ? span_of(LOCKET_RETURN(hs)->id, LOCKET_RETURN(hs)->id_len) : span_of(NULL, 0));
    wr_u16(w, suite_at(hs->session.suite)->id);
    wr_u8(w, COMPRESSION_NULL);
    extensions_make(t, IN_SERVER_HELLO, w);
}

/* Is the session resumed that we offered? With our own session_id the server says yes; where
 * we offered a ticket, its next message will tell (RFC 5077 section 3.4). */
static uint32_t hello_tells(struct turn *t, struct span session_id)
{
    if (!LOCKET_CFG_RESUME)
        return F_FULL;
    struct locket_return *back = LOCKET_RETURN(t->hs);
    struct span offered = remember_id(t->hs);
    back->id_len = (uint8_t)session_id.len;
    memcpy(back->id, session_id.at, session_id.len);
    if (offered.len && offered.len == session_id.len && memcmp(offered.at, back->id, offered.len) == 0)   /* public */
        return F_RESUMED;
    if (!remember_ticket(t->hs).len)
        return F_FULL;
    t->hs->flags &= ~(uint32_t)F_CCS;              /* one that came before says nothing */
    return 0;
}

LOCKET_INTERNAL locket_error take_server_hello(struct turn *t, struct span body)
{
    locket_handshake *hs = t->hs;
    unsigned version = rd_u16(&body);
    struct span random = rd_bytes(&body, RANDOM_SIZE);
    struct span session_id = rd_vec(&body, 1);
    int suite = config_choose(t->config, rd_bytes(&body, 2));
    unsigned compression = rd_u8(&body);
    if (rd_bad(&body) || session_id.len > SESSION_ID_MAX)
        return ALERT_DECODE_ERROR;
    if (version != DTLS_1_2)
        return ALERT_PROTOCOL_VERSION;
    if (suite < 0 || compression != COMPRESSION_NULL)
        return ALERT_ILLEGAL_PARAMETER;
    struct offer offer = { .flags = 0 };
    locket_error error = extensions_take(t, IN_SERVER_HELLO, &body, &offer);
    if (error)
        return error;
    /* RFC 7627 section 5.2, RFC 5746 section 4.1 */
    if (!t->config->legacy && (~offer.flags & (F_EMS | F_SECURE)))
        return ALERT_HANDSHAKE_FAILURE;
    if (LOCKET_CFG_CID && (offer.flags & F_CID))
        error = cid_agree(t, &offer);
    if (error)
        return error;
    uint32_t told = hello_tells(t, session_id);
    hs->flags |= offer.flags | told;
    hs->session.suite = (unsigned)suite & 15u;
    if (LOCKET_CFG_LIMITS)
        limits_agree(t, &offer);
    memcpy(hs->random[LOCKET_SERVER], random.at, RANDOM_SIZE);
    return LOCKET_OK;
}

/* --- ServerHelloDone: empty --- */

LOCKET_INTERNAL void make_hello_done(const struct turn *t, struct writer *w)
{
    (void)t;
    (void)w;
}

LOCKET_INTERNAL locket_error take_hello_done(struct turn *t, struct span body)
{
    (void)t;
    return body.len ? ALERT_DECODE_ERROR : LOCKET_OK;
}
