/* SPDX-License-Identifier: Apache-2.0
 *
 * resume.c -- coming back (RFC 5246 section 7.3): who can show the master secret of an earlier
 * session needs no key exchange. A server finds that session in its cache, by the session_id
 * it gave, or in the ticket that it sealed and the client brings back (RFC 5077). What a
 * client keeps is in remember.c.
 *
 *     session_id: entry(2 or 4) made(2) terms(1) chance(3)
 *     ticket:     key number(2) nonce(12) | AES-128-CCM: master(48) handle(4) terms(1) | tag(16)
 *     terms:      suite row(4 bits) max_fragment_length code(3 bits)
 *
 * Only sessions with extended master secret are resumed (RFC 7627 section 5.3), so nothing has
 * to say that they had it. A ticket is as old as its key: it is not renewed when it is used, so
 * that nobody lives on old secrets for ever (RFC 9325 section 3.4). An altered, unknown or
 * outlived ID or ticket is none, and so is one in a ClientHello that comes in pieces: a full
 * handshake follows, cookie and all. */
#include "aead.h"
#include "ct.h"
#include "rng.h"
#include "table.h"

/* --- the terms --- */

static uint8_t terms_byte(const locket_session *s)
{
    return (uint8_t)(s->suite | (LOCKET_CFG_LIMITS ? LOCKET_TERMS(s)->fragment << 4 : 0));
}

static void terms_load(locket_handshake *hs, unsigned terms)
{
    hs->session.suite = terms & 15u;
    if (LOCKET_CFG_LIMITS)
        limits_fragment(LOCKET_TERMS(&hs->session), terms >> 4 & 7u);
}

/* --- the cache --- */

enum { STEP_BITS = 16 };
enum { ID_SIZE = sizeof(locket_link) + 6 };

static uint16_t step_of(locket_time now) { return (uint16_t)(now >> STEP_BITS); }

static uint32_t life_steps(uint32_t life) { return life >> STEP_BITS ? life >> STEP_BITS : 1; }

/* Is that time over? */
static bool is_past(locket_time now, unsigned since, uint32_t life)
{
    return (uint16_t)(step_of(now) - since) >= life_steps(life);
}

static bool entry_is_past(const locket_config *c, const locket_resumption *x, locket_time now)
{
    return is_past(now, x->used, config_lifetime(c)) || is_past(now, x->made, config_full_after(c));
}

static unsigned entry_terms(const locket_resumption *x) { return x->suite | (unsigned)x->fragment << 4; }

/* All entries are in the line, the free ones at its old end. */
static void entry_move(locket_endpoint *ep, locket_link i, bool oldest)
{
    struct locket_ways_back *back = LOCKET_WAYS(ep);
    locket_resumption *cache = ep->config->cache, *x = &cache[i];
    bool newest = x->newer == back->oldest;
    if (back->stalest == i)
        back->stalest = newest ? LINK_NONE : x->newer;
    cache[x->older].newer = x->newer;
    cache[x->newer].older = x->older;
    if (back->oldest == i)
        back->oldest = x->newer;
    x->newer = back->oldest;
    x->older = cache[back->oldest].older;
    cache[x->older].newer = cache[x->newer].older = i;
    if (oldest)
        back->oldest = i;
    else if (back->stalest == LINK_NONE)
        back->stalest = i;
}

static void entry_drop(locket_endpoint *ep, locket_link i)
{
    locket_resumption *x = &ep->config->cache[i];
    locket_link older = x->older, newer = x->newer;
    WIPE(*x);
    x->older = older;
    x->newer = newer;
    entry_move(ep, i, true);
}

static void entry_id(const locket_config *c, locket_link i, uint8_t out[ID_SIZE])
{
    const locket_resumption *x = &c->cache[i];
    struct writer w = wr_over(out, ID_SIZE);
    wr_uint(&w, i, sizeof i);
    wr_u16(&w, x->made);
    wr_u8(&w, entry_terms(x));
    wr_bytes(&w, span_of(x->chance, sizeof x->chance));
}

/* Is there a session of that ID? Then `i` is its entry. */
static bool entry_find(const locket_endpoint *ep, struct span id, locket_link *i)
{
    const locket_config *c = ep->config;
    uint8_t its[ID_SIZE];
    struct span r = id;
    uint32_t at = rd_uint(&r, sizeof(locket_link));
    if (id.len != ID_SIZE || at >= c->n_cache || !c->cache[at].taken)
        return false;
    *i = (locket_link)at;
    entry_id(c, *i, its);
    return memcmp(id.at, its, ID_SIZE) == 0 && !entry_is_past(c, &c->cache[at], ep->now);   /* public */
}

/* Is a running handshake to fill that entry? */
static bool entry_is_promised(const locket_endpoint *ep, locket_link i)
{
    for (unsigned k = 0; k < ep->n_handshakes; k++) {
        const locket_handshake *hs = &ep->handshakes[k];
        if (hs->state != WORKSPACE_FREE && (hs->flags & F_FULL) && LOCKET_RETURN(hs)->cached == i)
            return true;
    }
    return false;
}

/* A free entry; else the one to give up, the longest unused or any. LINK_NONE: all are promised. */
static locket_link entry_choose(const struct turn *t)
{
    const locket_config *c = t->config;
    struct span chance = span_of(t->hs->random[LOCKET_SERVER], 4);
    locket_link i = LOCKET_WAYS(t->ep)->oldest;
    if (!LOCKET_CFG_CACHE_LRU && c->cache[i].taken)
        i = (locket_link)(rd_uint(&chance, 4) % c->n_cache);
    for (size_t n = 0; n < c->n_cache; n++, i = c->cache[i].newer)
        if (!entry_is_promised(t->ep, i))
            return i;
    return LINK_NONE;
}

void locket_forget(locket_endpoint *ep, uint32_t handle)
{
    if (LOCKET_CFG_RESUME)
        for (size_t i = 0; i < ep->config->n_cache; i++)
            if (ep->config->cache[i].taken && ep->config->cache[i].handle == handle)
                entry_drop(ep, (locket_link)i);
}

/* --- the ticket --- */

enum { STATE_SIZE = MASTER_SIZE + 4 + 1 };
enum { TICKET_NUMBER = 2, TICKET_NONCE = 12, TICKET_TEXT = TICKET_NUMBER + TICKET_NONCE, TICKET_TAG = 16,
       TICKET_SIZE = TICKET_TEXT + STATE_SIZE + TICKET_TAG, TICKET_HEAD = 4 + 2 };
STATIC_ASSERT(a_ticket_is_short, TICKET_SIZE <= 84 && TICKET_HEAD + TICKET_SIZE <= LOCKET_CFG_ARENA);

static const struct aead *ticket_aead(void) { return aead_of(LOCKET_CFG_CCM ? AEAD_CCM : AEAD_GCM); }

/* In place; its key's number is authenticated with it. */
static struct aead_message ticket_message(uint8_t ticket[TICKET_SIZE])
{
    const struct aead_message m = { ticket + TICKET_NUMBER, ticket, TICKET_NUMBER, ticket + TICKET_TEXT, STATE_SIZE };
    return m;
}

/* The current key becomes the previous one, if it is good for anything. */
static void ticket_key_set(struct locket_ways_back *back, unsigned number, const uint8_t key[16])
{
    if (!back->n_keys)
        WIPE(back->key);
    memcpy(back->key[1], back->key[0], sizeof back->key[1]);
    back->number[1] = back->number[0];
    memcpy(back->key[0], key, sizeof back->key[0]);
    back->number[0] = (uint16_t)number;
    if (back->n_keys < 2)
        back->n_keys++;
}

/* A key of our own after each lifetime, so that a ticket lives for one to two of them. */
static bool ticket_key_turn(locket_endpoint *ep)
{
    struct locket_ways_back *back = LOCKET_WAYS(ep);
    uint32_t life = config_lifetime(ep->config), age = ep->now - back->turned;
    uint8_t key[16];
    if (back->given || (back->n_keys && age < life))
        return true;
    bool good = rng_bytes(&ep->rng, key, sizeof key);
    if (good) {
        bool late = !back->n_keys || age / 2 >= life;
        if (late)
            back->n_keys = 0;
        ticket_key_set(back, back->number[0] + 1u, key);
        back->turned = late ? ep->now : back->turned + life;
    }
    WIPE(key);
    return good;
}

locket_error locket_ticket_key(locket_endpoint *ep, uint16_t number, const uint8_t key[16])
{
    struct locket_ways_back *back = LOCKET_WAYS(ep);
    if (!LOCKET_CFG_TICKETS || is_client(ep->config->role) || !ep->config->tickets)
        return LOCKET_ERR_STATE;
    if (!back->given)
        back->n_keys = 0;
    for (unsigned i = 0; i < back->n_keys; i++)
        if (back->number[i] == number)
            return LOCKET_ERR_ARGUMENT;
    back->given = true;
    ticket_key_set(back, number, key);
    return LOCKET_OK;
}

/* The key of that number, or NULL. */
static const uint8_t *ticket_key(const locket_endpoint *ep, struct span ticket)
{
    const struct locket_ways_back *back = LOCKET_WAYS(ep);
    unsigned number = rd_u16(&ticket), i = 0;
    while (i < back->n_keys && back->number[i] != number)
        i++;
    return i < back->n_keys ? back->key[i] : NULL;
}

/* In the arena, where nothing is yet. */
static bool ticket_open(struct turn *t, struct span ticket)
{
    locket_handshake *hs = t->hs;
    const struct aead_message m = ticket_message(hs->arena);
    memcpy(hs->arena, ticket.at, TICKET_SIZE);
    bool good = ticket_aead()->open(ticket_key(t->ep, ticket), &m, m.text + STATE_SIZE);
    if (good) {
        struct span r = span_of(m.text + MASTER_SIZE, STATE_SIZE - MASTER_SIZE);
        memcpy(hs->master, m.text, MASTER_SIZE);
        ct_public(r.at, r.len);
        hs->session.handle = rd_uint(&r, 4);
        terms_load(hs, rd_u8(&r));
    }
    ct_wipe(hs->arena, TICKET_SIZE);
    return good;
}

/* The nonce is of the server's random, which is as fresh and as public: gateways that share a
 * key have no counter in common. Of 2^32 tickets under one key two share a nonce with a chance of
 * 2^-33 (the bound of SP 800-38D section 8.3). */
LOCKET_INTERNAL APART locket_error resume_seal(struct turn *t)
{
    locket_handshake *hs = t->hs;
    const struct locket_ways_back *back = LOCKET_WAYS(t->ep);
    uint8_t *ticket = hs->arena + TICKET_HEAD;
    struct writer w = wr_over(hs->arena, TICKET_HEAD + TICKET_TEXT);
    const struct aead_message m = ticket_message(ticket);
    arena_keep(hs, TICKET_HEAD + TICKET_SIZE, span_of(NULL, 0));
    wr_uint(&w, back->given && !t->config->lifetime ? 0 : config_lifetime(t->config) / 1000, 4);
    wr_u16(&w, TICKET_SIZE);
    wr_u16(&w, back->number[0]);
    wr_bytes(&w, span_of(hs->random[LOCKET_SERVER], TICKET_NONCE));
    w = wr_over(m.text, STATE_SIZE);
    wr_bytes(&w, span_of(hs->master, MASTER_SIZE));
    wr_uint(&w, hs->session.handle, 4);
    wr_u8(&w, terms_byte(&hs->session));
    ticket_aead()->seal(back->key[0], &m, m.text + STATE_SIZE);
    return LOCKET_OK;
}

/* --- a server's side of a handshake --- */

LOCKET_INTERNAL void resume_start(locket_endpoint *ep)
{
    const locket_config *c = ep->config;
    LOCKET_WAYS(ep)->stalest = LINK_NONE;
    for (size_t i = 0; i < c->n_cache; i++) {
        WIPE(c->cache[i]);
        c->cache[i].newer = (locket_link)(i + 1 < c->n_cache ? i + 1 : 0);
        c->cache[i].older = (locket_link)((i ? i : c->n_cache) - 1);
    }
}

enum { SWEEP_MAX = 64 };          /* so that no tick walks a whole cache */

LOCKET_INTERNAL bool resume_turn(locket_endpoint *ep)
{
    const locket_config *c = ep->config;
    const locket_link *stalest = &LOCKET_WAYS(ep)->stalest;
    for (unsigned n = 0; n < SWEEP_MAX && *stalest != LINK_NONE; n++) {
        if (!is_past(ep->now, c->cache[*stalest].used, config_lifetime(c)))
            break;
        entry_drop(ep, *stalest);
    }
    return !LOCKET_CFG_TICKETS || is_client(c->role) || !c->tickets || ticket_key_turn(ep);
}

/* Who brings a ticket is not asked for an ID (RFC 5077 section 3.4), by a server that knows of
 * tickets. */
static bool brings_ticket(const locket_endpoint *ep, const struct offer *o)
{
    return LOCKET_CFG_TICKETS && ep->config->tickets && o->ticket.len;
}

LOCKET_INTERNAL bool resume_names(const locket_endpoint *ep, const struct hello *h, struct span rest, struct offer *o)
{
    const struct turn t = { .config = ep->config };
    locket_link i;
    if (hello_fits(h) || extensions_take(&t, IN_CLIENT_HELLO, &rest, o))
        return false;
    if (brings_ticket(ep, o))
        return o->ticket.len == TICKET_SIZE && ticket_key(ep, o->ticket);
    return entry_find(ep, h->session_id, &i);
}

LOCKET_INTERNAL APART bool resume_take(struct turn *t, const struct hello *h, const struct offer *o)
{
    locket_handshake *hs = t->hs;
    struct locket_return *back = LOCKET_RETURN(hs);
    locket_link i;
    if (brings_ticket(t->ep, o)) {
        if (!ticket_open(t, o->ticket))
            return false;
    } else {
        if (!entry_find(t->ep, h->session_id, &i))
            return false;
        const locket_resumption *x = &t->config->cache[i];
        memcpy(hs->master, x->master, MASTER_SIZE);
        hs->session.handle = x->handle;
        terms_load(hs, entry_terms(x));
        back->cached = i;
    }
    back->id_len = (uint8_t)h->session_id.len;
    memcpy(back->id, h->session_id.at, h->session_id.len);
    hs->flags |= F_RESUMED;
    if (config_fits(t->config, hs->session.suite, h->suites))
        return true;
    resume_not(hs);
    return false;
}

LOCKET_INTERNAL void resume_not(locket_handshake *hs)
{
    struct locket_return *back = LOCKET_RETURN(hs);
    WIPE(hs->master);
    hs->flags &= ~(uint32_t)F_RESUMED;
    hs->session.handle = 0;
    terms_load(hs, 0);
    back->cached = LINK_NONE;
    back->id_len = 0;
}

/* An entry is chosen now and filled when the handshake is finished: until then its old session
 * can be resumed. */
LOCKET_INTERNAL void resume_promise(struct turn *t, const struct offer *o)
{
    locket_handshake *hs = t->hs;
    struct locket_return *back = LOCKET_RETURN(hs);
    if (!(o->flags & F_EMS))
        return;
    if (LOCKET_CFG_TICKETS && t->config->tickets && (o->flags & F_TICKET)) {
        hs->flags |= F_TICKET;
        return;
    }
    if (t->config->n_cache)
        back->cached = entry_choose(t);
    if (back->cached == LINK_NONE)
        return;
    struct writer w = wr_over(back->id, ID_SIZE);
    wr_uint(&w, back->cached, sizeof back->cached);
    wr_u16(&w, step_of(t->now));
    wr_u8(&w, terms_byte(&hs->session));
    wr_bytes(&w, span_of(hs->random[LOCKET_SERVER] + RANDOM_SIZE - 3, 3));
    back->id_len = ID_SIZE;
}

/* Is the entry still that of the session which this handshake resumes? */
static bool entry_is_still(const locket_endpoint *ep, const locket_handshake *hs)
{
    const struct locket_return *back = LOCKET_RETURN(hs);
    uint8_t its[ID_SIZE];
    if (back->cached == LINK_NONE || !ep->config->cache[back->cached].taken)
        return false;
    entry_id(ep->config, back->cached, its);
    return memcmp(its, back->id, ID_SIZE) == 0;                    /* public */
}

LOCKET_INTERNAL void resume_keep(locket_endpoint *ep, locket_handshake *hs)
{
    const struct locket_return *back = LOCKET_RETURN(hs);
    struct locket_terms *terms = LOCKET_TERMS(&hs->session);
    bool full = (hs->flags & F_FULL) != 0;
    terms->resumed = !full;
    terms->cached = full || entry_is_still(ep, hs) ? back->cached : LINK_NONE;
    if (is_client(hs->role) || terms->cached == LINK_NONE)
        return;
    locket_resumption *x = &ep->config->cache[terms->cached];
    if (full) {
        struct span r = span_of(back->id + sizeof(locket_link), ID_SIZE - sizeof(locket_link));
        memcpy(x->master, hs->master, MASTER_SIZE);
        x->handle = hs->session.handle;
        x->made = rd_u16(&r);
        x->suite = hs->session.suite;
        x->fragment = rd_u8(&r) >> 4 & 7u;
        memcpy(x->chance, r.at, sizeof x->chance);
        x->taken = 1;
    }
    x->used = step_of(ep->now);
    entry_move(ep, terms->cached, false);
}

LOCKET_INTERNAL void resume_drop(locket_endpoint *ep, const locket_session *s)
{
    locket_link i = LOCKET_TERMS(s)->cached;
    if (!is_client(ep->config->role) && i != LINK_NONE && ep->config->cache[i].taken &&
        ep->config->cache[i].handle == s->handle)
        entry_drop(ep, i);
}

/* With a window, only a sealed record can have brought the alert about. */
LOCKET_INTERNAL void resume_fail(locket_endpoint *ep, const locket_handshake *hs)
{
    bool fatal = hs->reason < LOCKET_PENDING && hs->reason % LOCKET_PEER_ALERT;
    if ((hs->flags & F_RESUMED) && hs->session.window && fatal && entry_is_still(ep, hs))
        entry_drop(ep, LOCKET_RETURN(hs)->cached);
}

/* --- NewSessionTicket (RFC 5077 section 3.3) --- */

LOCKET_INTERNAL void make_new_ticket(const struct turn *t, struct writer *w)
{
    wr_bytes(w, span_of(t->hs->arena, t->hs->out_len));
}

/* An empty one is none: the server has changed its mind. */
LOCKET_INTERNAL locket_error take_new_ticket(struct turn *t, struct span body)
{
    struct span rest = body;
    rd_uint(&rest, 4);
    struct span ticket = rd_vec(&rest, 2);
    if (!rd_done(&rest))
        return ALERT_DECODE_ERROR;
    if (ticket.len) {
        LOCKET_RETURN(t->hs)->id_len = 0;          /* in place of which it stands: section 3.4 */
        if (!incoming_keep(t->hs, SLOT_TICKET, body))
            t->over = LOCKET_DROP_TOO_LONG;
    }
    return LOCKET_OK;
}
