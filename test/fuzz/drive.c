/* SPDX-License-Identifier: Apache-2.0
 *
 * drive.c -- runs the program of drive.h on one endpoint, as an application would that
 * keeps to the rules of locket.h and whose peers keep to none. */
#include "drive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "entropy.h"
#include "handshake.h"
#include "rng.h"
#include "weak.h"

/* A whole program; one locket_input() or locket_tick(), beside its records; one moment; the end. */
enum { STEPS_MAX = 256, EVENTS_MAX = 1000, BURST_MAX = 64, SPINS_MAX = 4, TIMERS_MAX = 300, HOLD_TIME = 240000 };

static struct {
    unsigned inputs, steps, kinds[LOCKET_WEARING + 1], honest, resumed, drops[LOCKET_N_DROPS];
    unsigned paths[3];      /* ... that were found to be right, somebody's else, silent */
} seen;

/* --- the setup ------------------------------------------------------------------ */

locket_peer drive_peer(unsigned i)
{
    locket_peer p;
    memset(&p, 0, sizeof p);
    p.len = 6;
    p.bytes[0] = 10;
    p.bytes[3] = (uint8_t)(i / 4 % 2);
    p.bytes[5] = (uint8_t)(i % 4);
    return p;
}

locket_time drive_clock(const uint8_t setup[DRIVE_SETUP])
{
    return setup[2] & SETUP_WRAP ? UINT32_MAX - 1500 : 5000;
}

size_t drive_cap(const uint8_t setup[DRIVE_SETUP])
{
    static const size_t caps[] = { 2048, 2048, 256, 600 };
    return caps[setup[1] / SETUP_SIZES % 4];
}

bool drive_key(unsigned which, locket_psk *psk)
{
    static const uint8_t keys[64] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17 };
    static const uint8_t longest[LOCKET_CFG_IDENTITY_SIZE + 1] = { 'l' };
    static const struct { const void *identity; size_t identity_len, key_len; } table[] = {
        { DRIVE_IDENTITY, sizeof DRIVE_IDENTITY - 1, 16 },
        { longest, LOCKET_CFG_IDENTITY_SIZE, 64 },
        { NULL, 0, 0 },
        { longest, sizeof longest, 3 },       /* neither can be used */
    };
    psk->identity = table[which % 4].identity;
    psk->identity_len = table[which % 4].identity_len;
    psk->key = keys;
    psk->key_len = table[which % 4].key_len;
    psk->handle = 7001 + which % 4;
    return psk->key_len > 0;
}

/* A server tells identities apart by their first letter. */
static locket_error look_up(void *user, locket_psk *psk)
{
    struct drive *d = user;
    unsigned which = d->setup[2] / SETUP_KEY % 4;
    bool server = d->config.role == LOCKET_SERVER, pending = d->setup[0] & MODE_PENDING;
    const uint8_t *identity = psk->identity;
    size_t identity_len = psk->identity_len;
    if (server) {
        char first = identity_len ? (char)identity[0] : 0;
        which = first == 'm' ? 0 : first == 'l' ? 1 : first == 'w' ? 3 : 2;
        pending = pending || first == 'p';
    }
    if (pending) {
        d->lookups[d->n_lookups++ % DRIVE_LOOKUPS] = psk->query;
        return LOCKET_PENDING;
    }
    bool found = drive_key(which, psk);
    if (server) {
        psk->identity = identity;
        psk->identity_len = identity_len;
    }
    return found ? LOCKET_OK : LOCKET_ERR_NO_KEY;
}

/* What a record may have, and what a client asks for as max_fragment_length. */
static void set_ways_back(locket_config *c, unsigned more, struct drive *d)
{
    static const struct { uint16_t limit, fragment; } sizes[] = {
        { 0, 0 }, { 64, 0 }, { 300, 1024 }, { 0, 512 }
    };
    c->tickets = more & MORE_TICKETS;
    c->record_size_limit = sizes[more / MORE_SIZES % 4].limit;
    c->resume_cookie = more & MORE_ALWAYS ? LOCKET_COOKIE_ALWAYS
                       : more & MORE_NEVER ? LOCKET_COOKIE_NEVER : LOCKET_COOKIE_WHEN_BUSY;
    c->lifetime = more & MORE_SHORT ? 70000 : 0;
    if (c->role == LOCKET_CLIENT) {
        c->max_fragment_length = sizes[more / MORE_SIZES % 4].fragment;
    } else if (more & MORE_CACHE) {
        c->cache = d->cache;
        c->n_cache = DRIVE_CACHE;
    }
}

static bool count(void *user, uint32_t id, bool advance, uint64_t *value)
{
    struct drive *d = user;
    (void)id;
    *value = d->counter += advance;
    return true;
}

/* A number of one byte reaches the DRIVE_TABLE sessions. */
static void set_roaming(locket_config *c, unsigned roams, struct drive *d)
{
    static const uint8_t lengths[] = { 8, 0, 1, 2, 3, 31, 32, 4 };
    c->cid = true;
    c->cid_len = lengths[roams % 8] <= LOCKET_CFG_CID_SIZE ? lengths[roams % 8] : LOCKET_CFG_CID_SIZE;
    c->path_check = (locket_path_check)(roams / ROAMS_CHECK % 4 % 3);
    c->n_paths = roams / ROAMS_PATHS % 4 % (DRIVE_PATHS + 1);
    c->paths = c->n_paths ? d->paths : NULL;
}

void drive_config(struct drive *d, const uint8_t setup[DRIVE_SETUP], locket_role role)
{
    static const uint16_t suites[] = { LOCKET_PSK_AES_128_CCM_8, LOCKET_PSK_AES_128_GCM_SHA256,
                                       LOCKET_PSK_AES_128_CCM, LOCKET_PSK_AES_128_CCM_8 };
    static const uint16_t mtus[] = { 0, 600, 1500, 256 };
    static const uint8_t local[6] = { 10, 0, 0, 9, 22, 51 };
    unsigned some = setup[2] % 8;
    locket_config *c = &d->config;
    memset(c, 0, sizeof *c);
    c->role = role;
    c->psk = look_up;
    c->user = d;
    c->counter = count;
    if (some) {                   /* one or two of them, from one place on */
        c->suites = suites + (some - 1) % 3;
        c->n_suites = some > 3 ? 2 : 1;
    }
    if (setup[0] & MODE_HINT) {
        c->hint = (const uint8_t *)"gateway";
        c->hint_len = 7;
    }
    c->local = local;
    c->local_len = sizeof local;
    c->mtu = mtus[setup[1] / SETUP_SIZES % 4];
    c->idle_timeout = setup[1] & SETUP_IDLE ? 90000 : 0;
    c->retransmissions = setup[2] & SETUP_FEW ? 2 : 0;
    c->evict = setup[0] & MODE_EVICT;
    c->legacy = setup[0] & MODE_LEGACY;
    c->leave_silently = setup[0] & MODE_SILENT;
    c->one_message_per_record = setup[0] & MODE_ONE_MESSAGE;
    set_ways_back(c, setup[3], d);
    if (setup[3] & MORE_ROAMS)
        set_roaming(c, setup[4], d);
}

static void set_up(struct drive *d, locket_role role, const uint8_t *data, size_t size)
{
    memset(d, 0, sizeof *d);
    d->in.at = data;
    d->in.left = size;
    for (int i = 0; i < 3; i++)
        d->setup[i] = food_u8(&d->in);
    if (d->in.left && (*d->in.at & 15) == STEP_SETUP) {
        food_u8(&d->in);
        d->setup[3] = food_u8(&d->in);
        if (d->setup[3] & MORE_ROAMS)
            d->setup[4] = food_u8(&d->in);
    }
    weak_reset();
    weak.any_cookie = d->setup[0] & MODE_ANY_COOKIE;
    weak.any_finished = d->setup[0] & MODE_ANY_FINISHED;
    entropy_seed(DRIVE_ENTROPY);
    drive_config(d, d->setup, role);
    d->n = 1u + d->setup[1] % 4;
    d->m = 1u + d->setup[1] / 4 % 4;
    d->now = drive_clock(d->setup);
    d->cap = drive_cap(d->setup);
    d->sessions = fuzz_room(d->n * sizeof *d->sessions);
    d->handshakes = fuzz_room(d->m * sizeof *d->handshakes);
    memset(d->sessions, 0xA5, d->n * sizeof *d->sessions);
    memset(d->cache, 0xA5, sizeof d->cache);
    memset(d->paths, 0xA5, sizeof d->paths);
    FUZZ_CHECK(locket_init(&d->ep, &d->config, d->sessions, d->n, d->handshakes, d->m) == LOCKET_OK);
    invariant_state(d);
}

/* --- events ----------------------------------------------------------------------- */

static void export(struct drive *d, const locket_event *e)
{
    uint8_t out[40];
    locket_error error = locket_export(&d->ep, e->session, "EXPERIMENTAL fuzz", out, 4, out, sizeof out);
    FUZZ_CHECK(error == LOCKET_OK || (error == LOCKET_ERR_STATE && (d->setup[0] & MODE_LEGACY)));
}

/* A client keeps the way back to its last session, and no byte more than it needs. */
static void remember(struct drive *d, const locket_event *e)
{
    size_t len = 0;
    locket_error error = locket_remember(&d->ep, e->session, d->record, sizeof d->record, &len);
    FUZZ_CHECK(error == LOCKET_OK || error == LOCKET_ERR_STATE || error == LOCKET_ERR_NO_WAY_BACK);
    FUZZ_CHECK(error != LOCKET_OK || d->config.role == LOCKET_CLIENT);
    seen.resumed += locket_resumed(e->session);
    if (error)
        return;
    uint8_t *exact = fuzz_room(len);
    FUZZ_CHECK(len <= LOCKET_RECORD_MAX);
    FUZZ_CHECK(locket_remember(&d->ep, e->session, exact, len, &len) == LOCKET_OK);
    FUZZ_CHECK(memcmp(exact, d->record, len) == 0);
    free(exact);
    d->record_len = len;
}

static void take_event(struct drive *d, const locket_event *e)
{
    seen.kinds[e->kind]++;
    if (e->kind == LOCKET_ADDRESS && e->reason != LOCKET_PENDING)
        seen.paths[e->reason == LOCKET_OK ? 0 : e->reason == LOCKET_ERR_ELSEWHERE ? 1 : 2]++;
    if (e->kind == LOCKET_CONNECTED) {
        d->connected++;
        seen.honest += !weak.any_cookie && !weak.any_finished;
        if (d->setup[2] & SETUP_EXPORT)
            export(d, e);
        remember(d, e);
    }
}

static void forget_datagram(struct drive *d)
{
    if (d->out != d->datagram)
        free(d->out);
    free(d->datagram);
    d->datagram = d->out = NULL;
    d->unread = false;
}

/* At most `most` events; the rest later. */
static void pull(struct drive *d, unsigned most)
{
    locket_event e;
    while (d->unread && most--) {
        unsigned cookies = weak.cookies, opened = weak.opened;
        invariant_remember(d);
        bool more = locket_next(&d->ep, d->out, d->cap, &e);
        /* A cookie was good, or a record was: either has only who gets what we send. */
        if (weak.cookies != cookies || weak_opened_in(d->handshakes, d->m * sizeof *d->handshakes, opened))
            d->proven[d->from] = true;
        invariant_state(d);
        invariant_unharmed(d, opened, more ? &e : NULL);
        if (!more) {
            forget_datagram(d);
            return;
        }
        d->events++;
        FUZZ_CHECK(++d->burst <= BURST_MAX + d->datagram_len / RECORD_HEADER);
        invariant_event(d, &e);
        take_event(d, &e);
    }
}

static void begin(struct drive *d, uint8_t *datagram, size_t len)
{
    pull(d, EVENTS_MAX + 1);      /* what an earlier PAUSE has left */
    memset(d->heard, 0, sizeof d->heard);
    d->datagram = datagram;
    d->datagram_len = len;
    d->replies = d->burst = 0;
    d->out = datagram && (d->setup[1] & SETUP_ONE_BUFFER) ? datagram : fuzz_room(d->cap);
    d->unread = true;
}

static void go_on(struct drive *d)
{
    unsigned most = d->pause ? d->pause : EVENTS_MAX + 1;
    d->pause = 0;
    pull(d, most);
}

static void tick(struct drive *d)
{
    begin(d, NULL, 0);
    locket_tick(&d->ep, d->now);
    go_on(d);
}

/* An application that follows locket_deadline() comes to rest. */
static void settle(struct drive *d)
{
    locket_time when;
    pull(d, EVENTS_MAX + 1);
    for (unsigned spins = 0; locket_deadline(&d->ep, &when) && (int32_t)(when - d->now) <= 0; spins++) {
        FUZZ_CHECK(spins < SPINS_MAX);
        tick(d);
    }
}

static void pass(struct drive *d, uint32_t ms)
{
    d->now += ms;
    d->elapsed += ms;
    tick(d);
    settle(d);
}

/* --- steps ------------------------------------------------------------------------ */

static void deliver(struct drive *d, unsigned k, const uint8_t *bytes, size_t len)
{
    bool one = d->setup[1] & SETUP_ONE_BUFFER;
    uint8_t *copy = fuzz_room(one && len < d->cap ? d->cap : len);
    locket_peer peer = drive_peer(k);
    if (len)
        memcpy(copy, bytes, len);
    if (bytes != d->last[k]) {
        d->last_len[k] = len;
        if (len)
            memcpy(d->last[k], bytes, len);
    }
    begin(d, copy, len);
    d->from = k;
    d->took[k] += len;
    locket_input(&d->ep, &peer, copy, len, d->now);
    go_on(d);
}

/* What is held, and this behind it, is one datagram. */
static void ship(struct drive *d, unsigned k, unsigned flags, const uint8_t *bytes, size_t len)
{
    if (len > sizeof d->held - d->held_len)
        len = sizeof d->held - d->held_len;
    if (len)
        memcpy(d->held + d->held_len, bytes, len);
    d->held_len += len;
    if (flags & FRAME_HOLD)
        return;
    len = d->held_len;
    d->held_len = 0;
    deliver(d, k, d->held, len);
}

/* The session whose ID it is; NULL: it brings none. */
static const locket_session *whose(const struct drive *d, unsigned k, unsigned id)
{
    if (!(k & STEP_WITH_ID) || !d->config.cid_len)
        return NULL;
    return id & ID_OF_HANDSHAKE ? &d->handshakes[id % 4 % d->m].session : &d->sessions[id % 4 % d->n];
}

static void ship_record(struct drive *d, unsigned k, unsigned id, unsigned type, unsigned flags, unsigned number,
                        struct span body)
{
    static uint8_t record[DRIVE_DATAGRAM];
    bool sealed = flags & FRAME_SEALED;
    const locket_session *s = whose(d, k, id);
    size_t behind = s ? 1 + id / ID_PADDING : 0;
    size_t tag = !sealed ? 0 : flags & FRAME_TAG_16 ? 16 : 8;
    uint64_t epoch = flags & FRAME_EPOCH_2 ? 2 : sealed ? 1 : 0;
    k %= DRIVE_PEERS;
    uint64_t n = flags & FRAME_NUMBER ? number : s ? (s->recv & NUMBER_MAX) + 1 : d->number[k][sealed];
    if (!(flags & FRAME_NO_NUMBER) && !s)
        d->number[k][sealed] = n + 1;
    struct writer w = wr_over(record, sizeof record);
    wr_u8(&w, s ? TYPE_TLS12_CID : type);
    wr_u16(&w, DTLS_1_2);
    wr_u64(&w, epoch << 48 | n);
    for (size_t i = 0; s && i < d->config.cid_len; i++)
        wr_u8(&w, s->cids.ours[i] ^ (id & ID_DAMAGED && i + 1u == d->config.cid_len));
    wr_u16(&w, (unsigned)((sealed ? 8 : 0) + body.len + behind + tag));
    if (sealed)
        wr_u64(&w, n);
    wr_bytes(&w, body);
    for (size_t i = 0; i < behind; i++)
        wr_u8(&w, i ? 0 : type);
    for (size_t i = 0; i < tag; i++)
        wr_u8(&w, flags & FRAME_BAD_TAG ? WEAK_REFUSED : 0);
    if (w.room)
        ship(d, k, flags, record, sizeof record - w.room);
}

static void step_record(struct drive *d, unsigned k)
{
    unsigned id = k & STEP_WITH_ID ? food_u8(&d->in) : 0;
    unsigned type = food_u8(&d->in), flags = food_u8(&d->in);
    unsigned number = flags & FRAME_NUMBER ? food_u16(&d->in) : 0;
    struct span body;
    body.at = food_bytes(&d->in, food_u16(&d->in), &body.len);
    ship_record(d, k, id, type, flags, number, body);
}

static void step_message(struct drive *d, unsigned k)
{
    static uint8_t message[DRIVE_DATAGRAM];
    unsigned id = k & STEP_WITH_ID ? food_u8(&d->in) : 0;
    unsigned type = food_u8(&d->in), seq = food_u8(&d->in), flags = food_u8(&d->in);
    unsigned number = flags & FRAME_NUMBER ? food_u16(&d->in) : 0;
    size_t len = food_u16(&d->in);
    bool fragment = flags & FRAME_FRAGMENT;
    unsigned offset = fragment ? food_u16(&d->in) : 0, whole = fragment ? food_u16(&d->in) : 0;
    struct span body;
    body.at = food_bytes(&d->in, len < 2048 ? len : 2048, &body.len);
    struct writer w = wr_over(message, sizeof message);
    wr_u8(&w, type);
    wr_uint(&w, fragment ? whole : (uint32_t)body.len, 3);
    wr_u16(&w, seq);
    wr_uint(&w, offset, 3);
    wr_uint(&w, (uint32_t)body.len, 3);
    wr_bytes(&w, body);
    ship_record(d, k, id, TYPE_HANDSHAKE, flags, number, span_of(message, sizeof message - w.room));
}

static void step_answer(struct drive *d, unsigned which)
{
    locket_psk psk = { 0 };
    uint32_t query = d->lookups[food_u8(&d->in) % DRIVE_LOOKUPS];
    bool found = drive_key(which, &psk);
    locket_error error = locket_answer(&d->ep, query, found ? &psk : NULL, d->now);
    FUZZ_CHECK(error == LOCKET_OK || error == LOCKET_ERR_QUERY);
    if (!d->unread)
        tick(d);
}

static void step_send(struct drive *d, unsigned i)
{
    static const uint8_t data[4096] = "reading";
    size_t len = food_u16(&d->in) % sizeof data, out_len = 0, cap = len + 100 < 2048 ? len + 100 : 2048;
    locket_session *s = &d->sessions[i % d->n];
    uint8_t *out = fuzz_room(cap);
    size_t limit = locket_data_limit(&d->ep, s);
    locket_error error = locket_send(&d->ep, s, data, len, out, cap, &out_len);
    FUZZ_CHECK(d->up[i % d->n] || error == LOCKET_ERR_STATE);
    FUZZ_CHECK(locket_headroom(s) == 21u + s->terms.peer_cid_len);
    if (error == LOCKET_OK)
        FUZZ_CHECK(len <= limit && out_len <= cap && out_len <= len + locket_overhead(s) &&
                   out_len + (s->terms.peer_cid_len ? LOCKET_CFG_CID_PADDING : 1u) > len + locket_overhead(s));
    else
        FUZZ_CHECK(error == LOCKET_ERR_STATE || error == LOCKET_ERR_TOO_LONG || error == LOCKET_ERR_SPACE ||
                   error == LOCKET_ERR_KEY_WORN);
    free(out);
    if (!d->unread)
        tick(d);
}

static void step_close(struct drive *d, unsigned i)
{
    locket_error error = locket_close(&d->ep, &d->sessions[i % d->n]);
    FUZZ_CHECK(error == LOCKET_ERR_STATE || (error == LOCKET_OK && d->open[i % d->n]));
    if (!d->unread)
        tick(d);
}

static void connect_with(struct drive *d, unsigned k, uint8_t *record, size_t len)
{
    locket_peer peer = drive_peer(k);
    locket_session *s = NULL;
    locket_error error = record ? locket_resume(&d->ep, &peer, d->now, record, len, &s)
                                : locket_connect(&d->ep, &peer, d->now, &s);
    if (error == LOCKET_OK) {
        size_t i = (size_t)(s - d->sessions);
        FUZZ_CHECK(i < d->n && !d->open[i] && d->config.role == LOCKET_CLIENT);
        d->open[i] = true;
        free(d->offered[i]);
        d->offered[i] = record;
    } else {
        free(record);
    }
    if (!d->unread)
        tick(d);
}

/* The record stays where it is until the session's slot is used again. */
static void step_resume(struct drive *d, unsigned k)
{
    const uint8_t *bytes = d->record;
    size_t len = d->record_len;
    if (food_u8(&d->in))
        bytes = food_bytes(&d->in, food_u16(&d->in), &len);
    connect_with(d, k, fuzz_copy(bytes, len), len);
}

static void step_call(struct drive *d, unsigned which)
{
    drive_call(d, which % CALL_KINDS);
    if (!d->unread && which % CALL_KINDS >= CALL_SAVE && which % CALL_KINDS <= CALL_MOVE)
        tick(d);
}

static void step(struct drive *d)
{
    unsigned what = food_u8(&d->in), k = what >> 4, len;
    size_t have;
    locket_peer peer = drive_peer(k);
    switch (what & 15) {
    case STEP_DATAGRAM: {
        len = food_u16(&d->in);
        const uint8_t *bytes = food_bytes(&d->in, len < DRIVE_DATAGRAM ? len : DRIVE_DATAGRAM, &have);
        deliver(d, k % DRIVE_PEERS, bytes, have);
        return;
    }
    case STEP_RECORD:
        step_record(d, k);
        return;
    case STEP_MESSAGE:
        step_message(d, k);
        return;
    case STEP_ADVANCE:
        pass(d, (uint32_t)food_u16(&d->in) << k);
        return;
    case STEP_ANSWER:
        step_answer(d, k);
        return;
    case STEP_SEND:
        step_send(d, k);
        return;
    case STEP_CLOSE:
        step_close(d, k);
        return;
    case STEP_TOO_BIG:
        (void)locket_too_big(&d->ep, &peer, food_u16(&d->in), d->now);
        if (!d->unread)
            tick(d);
        return;
    case STEP_CONNECT:
        connect_with(d, k % DRIVE_PEERS, NULL, 0);
        return;
    case STEP_PAUSE:
        d->pause = k + 1;
        return;
    case STEP_ENTROPY:
        entropy_fail(k & 1);
        d->ep.rng.requests = RNG_RESEED_INTERVAL + 1;
        return;
    case STEP_TICK:
        tick(d);
        return;
    case STEP_REPEAT:
        deliver(d, k % DRIVE_PEERS, d->last[k % DRIVE_PEERS], d->last_len[k % DRIVE_PEERS]);
        return;
    case STEP_RESUME:
        step_resume(d, k % DRIVE_PEERS);
        return;
    case STEP_CALL:
        step_call(d, k);
        return;
    default:
        return;
    }
}

/* Nobody says anything any more: every handshake has to end by itself. */
static void run_out(struct drive *d)
{
    locket_time when;
    settle(d);
    for (unsigned n = 0; locket_deadline(&d->ep, &when); n++) {
        FUZZ_CHECK(n < TIMERS_MAX);
        pass(d, when - d->now);
    }
    pass(d, HOLD_TIME);           /* of a ticket nobody is reminded */
    for (size_t i = 0; i < d->m; i++)
        FUZZ_CHECK(d->handshakes[i].state == WORKSPACE_FREE);
    FUZZ_CHECK(d->connected <= weak.finisheds);
    for (int i = 0; i < LOCKET_N_DROPS; i++)
        seen.drops[i] += locket_drops(&d->ep, (locket_drop)i);
}

void drive(locket_role role, const uint8_t *data, size_t size)
{
    static struct drive d;
    set_up(&d, role, data, size);
    for (unsigned n = 0; d.in.left && n < STEPS_MAX && d.events < EVENTS_MAX; n++) {
        seen.steps++;
        step(&d);
        if (!d.unread)
            invariant_state(&d);
    }
    run_out(&d);
    locket_shutdown(&d.ep);
    invariant_wiped(&d);
    free(d.sessions);
    free(d.handshakes);
    for (size_t i = 0; i < DRIVE_TABLE; i++)
        free(d.offered[i]);
    seen.inputs++;
}

bool drive_report(void)
{
    static const char *const names[] = { "", "send", "connected", "data", "closed", "failed", "address", "wearing" };
    bool all = seen.honest && seen.resumed && drive_saved && drive_loaded &&
               seen.paths[0] && seen.paths[1] && seen.paths[2];
    printf("%u inputs, %u steps; events:", seen.inputs, seen.steps);
    for (int k = LOCKET_SEND; k <= LOCKET_WEARING; k++)
        printf(" %s %u", names[k], seen.kinds[k]);
    printf("\ndrops:");
    for (int i = 0; i < LOCKET_N_DROPS; i++)
        printf("%s %s %u", i ? "," : "", locket_drop_name((locket_drop)i), seen.drops[i]);
    printf("\n%u of the connected by a real cookie and a real Finished, %u resumed, %u saved, %u loaded\n",
           seen.honest, seen.resumed, drive_saved, drive_loaded);
    printf("paths: %u proven, %u elsewhere, %u silent\n", seen.paths[0], seen.paths[1], seen.paths[2]);
    if (!all)
        printf("none: the seeds no longer fit the library; run make fuzz-seeds\n");
    return all;
}
