/* SPDX-License-Identifier: Apache-2.0
 *
 * extensions.c -- every hello extension we know, in one table (RFC 5246 section
 * 7.4.1.4). A server ignores what it does not know; a client refuses what it did
 * not ask for. */
#include "handshake.h"

/* A hello has an extension if it may be `said` there: a client's, if its configuration `wants`
 * it; a server's, if its `flag` is set. `take` reads the peer's where it may be `taken`, and then
 * its flag is set. */
struct extension {
    uint16_t type;
    uint32_t flag;
    uint8_t  said, taken;                              /* IN_CLIENT_HELLO, IN_SERVER_HELLO */
    bool (*wants)(const struct turn *t);               /* 0: always */
    void (*make)(const struct turn *t, struct writer *data);   /* 0: it is empty */
    locket_error (*take)(struct offer *o, struct span data);
};

/* extended_master_secret is empty (RFC 7627 section 5.1), and so is rrc. */
static locket_error take_empty(struct offer *o, struct span data)
{
    (void)o;
    return data.len ? ALERT_DECODE_ERROR : LOCKET_OK;
}

/* renegotiation_info is an empty renegotiated_connection in a first handshake, and
 * ours are all first ones (RFC 5746 sections 3.4, 3.6). The client signals by SCSV. */
static void make_renegotiation(const struct turn *t, struct writer *data)
{
    (void)t;
    wr_u8(data, 0);
}

static locket_error take_renegotiation(struct offer *o, struct span data)
{
    struct span connection = rd_vec(&data, 1);
    (void)o;
    if (!rd_done(&data))
        return ALERT_DECODE_ERROR;
    return connection.len ? ALERT_HANDSHAKE_FAILURE : LOCKET_OK;
}

/* supported_versions, where present, is the whole truth about what the client
 * speaks (RFC 8446 section 4.2.1). */
static locket_error take_versions(struct offer *o, struct span data)
{
    struct span list = rd_vec(&data, 1);
    bool found = false;
    (void)o;
    do {
        if (rd_u16(&list) == DTLS_1_2)
            found = true;
    } while (rd_more(&list));
    if (!rd_done(&data) || !rd_done(&list))
        return ALERT_DECODE_ERROR;
    return found ? LOCKET_OK : ALERT_PROTOCOL_VERSION;
}

/* SessionTicket: a client's ticket, or empty if it is ready for one; empty in a ServerHello
 * that promises one (RFC 5077 section 3.2). */
static bool wants_ticket(const struct turn *t)
{
    return t->config->tickets || remember_ticket(t->hs).len;
}

static void make_ticket(const struct turn *t, struct writer *data)
{
    if (is_client(t->hs->role))
        wr_bytes(data, remember_ticket(t->hs));
}

static locket_error take_ticket(struct offer *o, struct span data)
{
    o->ticket = data;
    return LOCKET_OK;
}

/* max_fragment_length: one byte, 1 for 512 to 4 for 4096 (RFC 6066 section 4). */
static bool wants_fragment(const struct turn *t) { return t->config->max_fragment_length != 0; }

static void make_fragment(const struct turn *t, struct writer *data)
{
    wr_u8(data, is_client(t->hs->role) ? config_fragment(t->config) : LOCKET_TERMS(&t->hs->session)->fragment);
}

static locket_error take_fragment(struct offer *o, struct span data)
{
    o->fragment = rd_u8(&data);
    return rd_done(&data) ? LOCKET_OK : ALERT_DECODE_ERROR;
}

/* record_size_limit: what its sender takes, 64 at least; more than 2^14 means no more than that
 * to us (RFC 8449 section 4). */
static bool wants_limit(const struct turn *t) { return t->config->record_size_limit != 0; }

static void make_limit(const struct turn *t, struct writer *data) { wr_u16(data, config_limit(t->config)); }

static locket_error take_limit(struct offer *o, struct span data)
{
    o->limit = rd_u16(&data);
    if (!rd_done(&data))
        return ALERT_DECODE_ERROR;
    return o->limit < LIMIT_MIN ? ALERT_ILLEGAL_PARAMETER : LOCKET_OK;
}

/* connection_id: the one its sender wants to be sent; empty: it wants none, but can send them
 * (RFC 9146 section 3). */
static bool wants_cid(const struct turn *t) { return t->config->cid; }

/* rrc is empty, and goes with it (RFC 9853 section 3). */
static bool wants_checks(const struct turn *t)
{
    return t->config->cid && t->config->path_check != LOCKET_PATH_APPLICATION;
}

static void make_cid(const struct turn *t, struct writer *data) { wr_vec(data, 1, cid_ours(t)); }

static locket_error take_cid(struct offer *o, struct span data)
{
    o->cid = rd_vec(&data, 1);
    return rd_done(&data) ? LOCKET_OK : ALERT_DECODE_ERROR;
}

/* A server that has been told a record_size_limit ignores max_fragment_length; a client that is
 * told both, or another max_fragment_length than its own, goes (RFC 8449 section 5, RFC 6066
 * section 4). */
static locket_error limits_check(const struct turn *t, unsigned where, struct offer *o)
{
    bool both = (o->flags & F_LIMIT) && (o->flags & F_FRAGMENT);
    if (where == IN_CLIENT_HELLO && both)
        o->flags &= ~(uint32_t)F_FRAGMENT;
    if (!(o->flags & F_FRAGMENT))
        return LOCKET_OK;
    bool good = where == IN_CLIENT_HELLO ? o->fragment >= 1 && o->fragment <= FRAGMENT_CODES
                                         : !both && o->fragment == config_fragment(t->config);
    return good ? LOCKET_OK : ALERT_ILLEGAL_PARAMETER;
}

LOCKET_INTERNAL void limits_fragment(struct locket_terms *terms, unsigned code)
{
    uint16_t most = fragment_length(code);
    terms->fragment = code & 7u;
    if (code && (!terms->send_limit || terms->send_limit > most))
        terms->send_limit = most;
    if (code && (!terms->take_limit || terms->take_limit > most))
        terms->take_limit = most;
}

/* max_fragment_length belongs to the session, and so comes back with it; record_size_limit is
 * said anew each time, each side for what it takes (RFC 6066 section 4, RFC 8449 section 4). */
LOCKET_INTERNAL void limits_agree(struct turn *t, const struct offer *theirs)
{
    struct locket_terms *terms = LOCKET_TERMS(&t->hs->session);
    bool agreed = theirs->flags & F_LIMIT;
    terms->send_limit = agreed ? theirs->limit : 0;
    terms->take_limit = (uint16_t)(agreed ? config_limit(t->config) : 0);
    limits_fragment(terms, theirs->flags & F_FRAGMENT ? theirs->fragment : terms->fragment);
}

enum { IN_BOTH = IN_CLIENT_HELLO | IN_SERVER_HELLO };
static const struct extension extensions[] = {
/*    type    flag        said             taken            wants              make                take */
    { 0x0017, F_EMS,      IN_BOTH,         IN_BOTH,         0,                 0,                  take_empty         },
    { 0xFF01, F_SECURE,   IN_SERVER_HELLO, IN_BOTH,         0,                 make_renegotiation, take_renegotiation },
    { 0x002B, 0,          0,               IN_CLIENT_HELLO, 0,                 0,                  take_versions      },
    { 0x0023, F_TICKET,   T(IN_BOTH),      T(IN_BOTH),      T(wants_ticket),   T(make_ticket),     T(take_ticket)     },
    { 0x0001, F_FRAGMENT, L(IN_BOTH),      L(IN_BOTH),      L(wants_fragment), L(make_fragment),   L(take_fragment)   },
    { 0x001C, F_LIMIT,    L(IN_BOTH),      L(IN_BOTH),      L(wants_limit),    L(make_limit),      L(take_limit)      },
    { 0x0036, F_CID,      I(IN_BOTH),      I(IN_BOTH),      I(wants_cid),      I(make_cid),        I(take_cid)        },
    { 0x003D, F_CHECKS,   P(IN_BOTH),      P(IN_BOTH),      P(wants_checks),   0,                  take_empty         },
};
enum {
    SOME_ARE_WANTED = LOCKET_CFG_TICKETS || LOCKET_CFG_LIMITS || LOCKET_CFG_CID,
    N_EXTENSIONS = SOME_ARE_WANTED ? sizeof extensions / sizeof extensions[0] : 3
};

/* Does our configuration ask for it? */
static bool asks(const struct turn *t, const struct extension *x)
{
    return !SOME_ARE_WANTED || !x->wants || x->wants(t);
}

/* Do we say it in this hello? */
static bool says(const struct turn *t, unsigned where, const struct extension *x)
{
    if (!(x->said & where))
        return false;
    return where == IN_SERVER_HELLO ? (x->flag & t->hs->flags) != 0 : asks(t, x);
}

static void extensions_block(const struct turn *t, unsigned where, struct writer *w)
{
    for (const struct extension *x = extensions; x < extensions + N_EXTENSIONS; x++) {
        struct writer count = wr_count();
        if (!says(t, where, x))
            continue;
        if (x->make)
            x->make(t, &count);
        wr_u16(w, x->type);
        wr_u16(w, (unsigned)wr_counted(&count));
        if (x->make)
            x->make(t, w);
    }
}

LOCKET_INTERNAL void extensions_make(const struct turn *t, unsigned where, struct writer *w)
{
    struct writer count = wr_count();
    extensions_block(t, where, &count);
    if (wr_counted(&count)) {
        wr_u16(w, (unsigned)wr_counted(&count));
        extensions_block(t, where, w);
    }
}

/* An absent block is an empty one (RFC 5246 section 7.4.1.2). */
LOCKET_INTERNAL locket_error extensions_take(const struct turn *t, unsigned where, struct span *r, struct offer *out)
{
    unsigned seen = 0;
    if (rd_done(r))
        return LOCKET_OK;
    struct span block = rd_vec(r, 2);
    while (rd_more(&block)) {
        unsigned type = rd_u16(&block), i = 0;
        struct span data = rd_vec(&block, 2);
        if (rd_bad(&block))
            break;
        while (i < N_EXTENSIONS && (extensions[i].type != type || !(extensions[i].taken & where)))
            i++;
        if (where == IN_SERVER_HELLO && (i == N_EXTENSIONS || !asks(t, &extensions[i])))
            return ALERT_UNSUPPORTED_EXTENSION;
        if (i == N_EXTENSIONS)
            continue;
        if (seen & 1u << i)
            return ALERT_ILLEGAL_PARAMETER;
        seen |= 1u << i;
        locket_error error = extensions[i].take(out, data);
        if (error)
            return error;
        out->flags |= extensions[i].flag;
    }
    if (rd_bad(&block) || !rd_done(r))
        return ALERT_DECODE_ERROR;
    return LOCKET_CFG_LIMITS ? limits_check(t, where, out) : LOCKET_OK;
}
