/* SPDX-License-Identifier: Apache-2.0
 *
 * remember.c -- what a client keeps of a session, to come back to it (RFC 5246 section 7.3, RFC
 * 5077 section 3.3): a record of bytes, which is the application's.
 *
 *     version(1) kind(1) terms(1) suite(2) handle(4) received(4) lifetime(4) master(48)
 *     | session_id or ticket
 *
 * terms: the max_fragment_length code. received: on the application's clock, in milliseconds;
 * lifetime: of a ticket, in seconds, 0 when the server has not said. */
#include "ct.h"
#include "table.h"

enum { RECORD_VERSION = 1, RECORD_ID = 1, RECORD_TICKET = 2, RECORD_REST = 17 + MASTER_SIZE };

struct remembered {
    uint8_t version, kind, terms;
    uint16_t suite;
    uint32_t handle, received, lifetime;   /* lifetime in seconds; 0 = unknown */
    struct span master, rest;
};

static bool record_read(const uint8_t *record, size_t len, struct remembered *out)
{
    struct span r = span_of(record, record ? len : 0);
    out->version = rd_u8(&r);
    out->kind = rd_u8(&r);
    out->terms = rd_u8(&r);
    out->suite = rd_u16(&r);
    out->handle = rd_uint(&r, 4);
    out->received = rd_uint(&r, 4);
    out->lifetime = rd_uint(&r, 4);
    out->master = rd_bytes(&r, MASTER_SIZE);
    out->rest = r;
    return out->version == RECORD_VERSION && r.len && len <= LOCKET_RECORD_MAX && out->terms <= 4 &&
           (out->kind == RECORD_TICKET || (out->kind == RECORD_ID && r.len <= SESSION_ID_MAX));
}

static struct span record_rest(const locket_handshake *hs, unsigned kind)
{
    const struct locket_return *back = LOCKET_RETURN(hs);
    bool has = LOCKET_CFG_RESUME && back->record && back->record[1] == kind;
    return has ? span_of(back->record + RECORD_REST, back->record_len - (size_t)RECORD_REST) : span_of(hs->arena, 0);
}

LOCKET_INTERNAL struct span remember_id(const locket_handshake *hs) { return record_rest(hs, RECORD_ID); }
LOCKET_INTERNAL struct span remember_ticket(const locket_handshake *hs) { return record_rest(hs, RECORD_TICKET); }

/* Not offered: one of a suite or a fragment length that we do not ask for, and one that is older
 * than the server has promised. A clock that has started anew says nothing about its age. */
LOCKET_INTERNAL bool remember_offer(struct turn *t, const uint8_t *record, size_t len)
{
    struct remembered x;
    if (!record_read(record, len, &x))
        return false;
    const uint8_t suite[2] = { (uint8_t)(x.suite >> 8), (uint8_t)x.suite };
    int row = suite_row(x.suite);
    uint32_t age = (t->now - x.received) / 1000;
    bool old = x.lifetime && (int32_t)(t->now - x.received) >= 0 && age >= x.lifetime;
    bool usable = row >= 0 && config_fits(t->config, (unsigned)row, span_of(suite, 2)) &&
                  x.terms == (LOCKET_CFG_LIMITS ? config_fragment(t->config) : 0) &&
                  (x.kind == RECORD_ID || LOCKET_CFG_TICKETS);
    if (usable && !old) {
        LOCKET_RETURN(t->hs)->record = record;
        LOCKET_RETURN(t->hs)->record_len = (uint16_t)len;
    }
    return true;
}

LOCKET_INTERNAL locket_error remember_load(struct turn *t)
{
    locket_handshake *hs = t->hs;
    const struct locket_return *back = LOCKET_RETURN(hs);
    struct remembered x;
    if (!record_read(back->record, back->record_len, &x) || x.suite != suite_at(hs->session.suite)->id)
        return ALERT_ILLEGAL_PARAMETER;
    if (!(hs->flags & F_EMS))
        return ALERT_HANDSHAKE_FAILURE;              /* RFC 7627 section 5.3 */
    memcpy(hs->master, x.master.at, MASTER_SIZE);
    hs->session.handle = x.handle;
    if (LOCKET_CFG_LIMITS)
        limits_fragment(LOCKET_TERMS(&hs->session), x.terms);
    return LOCKET_OK;
}

locket_error locket_remember(const locket_endpoint *ep, const locket_session *s, uint8_t *out, size_t cap, size_t *len)
{
    locket_handshake *hs = workspace_of_connected(ep, s);
    *len = 0;
    if (!hs)
        return LOCKET_ERR_LATE;
    if (!LOCKET_CFG_RESUME || !is_client(hs->role) || !(hs->flags & F_EMS))
        return LOCKET_ERR_STATE;
    const struct locket_return *back = LOCKET_RETURN(hs);
    struct span ticket = incoming_kept(hs, SLOT_TICKET), rest = span_of(back->id, back->id_len);
    uint32_t lifetime = 0;
    bool given = LOCKET_CFG_TICKETS && ticket.len;
    if (given) {
        lifetime = rd_uint(&ticket, 4);
        rest = rd_vec(&ticket, 2);
    }
    bool again = !given && (hs->flags & F_RESUMED);      /* the record stays as good as it was */
    if (!again && !rest.len)
        return LOCKET_ERR_NO_WAY_BACK;
    *len = again ? back->record_len : RECORD_REST + rest.len;
    if (*len > cap)
        return LOCKET_ERR_SPACE;
    if (again) {
        memmove(out, back->record, *len);
        return LOCKET_OK;
    }
    struct writer w = wr_over(out, cap);
    wr_u8(&w, RECORD_VERSION);
    wr_u8(&w, given ? RECORD_TICKET : RECORD_ID);
    wr_u8(&w, LOCKET_CFG_LIMITS ? LOCKET_TERMS(&hs->session)->fragment : 0);
    wr_u16(&w, suite_at(hs->session.suite)->id);
    wr_uint(&w, hs->session.handle, 4);
    wr_uint(&w, ep->now, 4);
    wr_uint(&w, lifetime, 4);
    wr_bytes(&w, span_of(hs->master, MASTER_SIZE));
    wr_bytes(&w, rest);
    return LOCKET_OK;
}

bool locket_resumed(const locket_session *s)
{
    return LOCKET_CFG_RESUME && s->state == SESSION_LIVE && LOCKET_TERMS(s)->resumed;
}
