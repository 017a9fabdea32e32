/* SPDX-License-Identifier: Apache-2.0
 *
 * stories.c -- see stories.h. The wire holds one datagram each way: with plain PSK
 * every flight is one. What goes over the wire is public from there on, and so is
 * what the application prints; its keys, the seed of the generators and the texts
 * are secret. */
#include <string.h>

#include "ct.h"
#include "locket_port.h"
#include "stories.h"

struct stage stage;
uint8_t stage_keys[2][16], stage_ticket_key[16], stage_blob_key[16];
void (*stage_gave)(const uint8_t *seed, size_t len);

static const uint8_t stage_identity[8] = { 's', 'e', 'n', 's', 'o', 'r', '-', '3' };
static const struct story *told;
static unsigned stage_sent;
static bool stage_lost, stage_rebooted;
static uint32_t stage_seed;
static size_t stage_given;

/* Just before the cookie secrets turn, so that a cookie is made under one and checked
 * under the other. */
enum { STAGE_BEGIN = 59900 };

const struct story stories[] = {
    { .name = "CCM_8", .suite = LOCKET_PSK_AES_128_CCM_8, .core = true, .connects = true },
    { .name = "CCM", .suite = LOCKET_PSK_AES_128_CCM, .hint = true, .server_closes = true, .connects = true },
    { .name = "GCM", .suite = LOCKET_PSK_AES_128_GCM_SHA256, .connects = true },
    { .name = "wrong key", .suite = LOCKET_PSK_AES_128_CCM_8, .wrong_key = true, .core = true },
    { .name = "unknown identity", .suite = LOCKET_PSK_AES_128_GCM_SHA256, .unknown = true },
    { .name = "pending look-ups", .suite = LOCKET_PSK_AES_128_CCM_8, .pending = true, .reseed = true,
      .core = true, .connects = true },
    { .name = "plain master secret", .suite = LOCKET_PSK_AES_128_CCM_8, .plain_master = true },
    { .name = "Finished comes first", .suite = LOCKET_PSK_AES_128_CCM, .split = true, .connects = true },
    { .name = "the last flight is lost", .suite = LOCKET_PSK_AES_128_CCM_8, .lose_last = true, .core = true,
      .connects = true },
    { .name = "cut after the hellos", .suite = LOCKET_PSK_AES_128_CCM_8, .silent_after = 4 },
    { .name = "cut after the client's keys", .suite = LOCKET_PSK_AES_128_GCM_SHA256, .silent_after = 5 },
    { .name = "shut down while connected", .suite = LOCKET_PSK_AES_128_CCM, .abandon = true, .connects = true },
    { .name = "shut down half-way", .suite = LOCKET_PSK_AES_128_CCM_8, .silent_after = 5, .shut_early = true },
    { .name = "the client reboots", .suite = LOCKET_PSK_AES_128_CCM_8, .reboots = true, .about_memory = true,
      .connects = true },
    { .name = "a newcomer gets the session", .suite = LOCKET_PSK_AES_128_GCM_SHA256, .reboots = true,
      .moves = true, .about_memory = true, .connects = true },
    { .name = "a newcomer gets the workspace", .suite = LOCKET_PSK_AES_128_CCM_8, .split = true,
      .held_back = true, .reboots = true, .moves = true, .about_memory = true, .connects = true },
    { .name = "it comes back by ID", .suite = LOCKET_PSK_AES_128_CCM_8, .by_id = true, .core = true,
      .connects = true },
    { .name = "it comes back by ticket", .suite = LOCKET_PSK_AES_128_GCM_SHA256, .by_ticket = true,
      .given_key = true, .core = true, .connects = true },
    { .name = "it comes back by ticket at once", .suite = LOCKET_PSK_AES_128_CCM, .by_ticket = true,
      .no_data = true, .abandon = true, .about_memory = true, .connects = true },
    { .name = "it comes back and is forgotten", .suite = LOCKET_PSK_AES_128_CCM_8, .by_id = true,
      .forgotten = true, .about_memory = true, .connects = true },
    { .name = "it comes back under another suite, by ID", .suite = LOCKET_PSK_AES_128_CCM, .by_id = true,
      .other_suite = true, .about_memory = true, .connects = true },
    { .name = "it comes back under another suite, by ticket", .suite = LOCKET_PSK_AES_128_CCM, .by_ticket = true,
      .other_suite = true, .about_memory = true, .connects = true },
    { .name = "it comes back too late, by ID", .suite = LOCKET_PSK_AES_128_CCM_8, .by_id = true, .outlives = true,
      .about_memory = true, .connects = true },
    { .name = "it comes back too late, by ticket", .suite = LOCKET_PSK_AES_128_CCM_8, .by_ticket = true,
      .outlives = true, .about_memory = true, .connects = true },
    { .name = "it roams and sleeps", .suite = LOCKET_PSK_AES_128_CCM_8, .cid = true, .roams = true,
      .sleeps = true, .core = true, .connects = true },
    { .name = "it roams and closes, with GCM", .suite = LOCKET_PSK_AES_128_GCM_SHA256, .cid = true, .roams = true,
      .server_closes = true, .connects = true },
    { .name = "it sleeps without a connection ID", .suite = LOCKET_PSK_AES_128_CCM, .sleeps = true,
      .connects = true },
    { .name = "it comes back with connection IDs", .suite = LOCKET_PSK_AES_128_CCM_8, .by_ticket = true,
      .cid = true, .about_memory = true, .connects = true },
    { .name = "it roams and is shut down", .suite = LOCKET_PSK_AES_128_CCM_8, .cid = true, .roams = true,
      .abandon = true, .about_memory = true, .connects = true },
    { .name = "it sleeps for ever", .suite = LOCKET_PSK_AES_128_CCM_8, .cid = true, .sleeps = true,
      .abandon = true, .about_memory = true, .connects = true },
    { .name = "no entropy", .suite = LOCKET_PSK_AES_128_CCM_8, .dry_after = 40, .about_memory = true },
    { .name = "no new entropy", .suite = LOCKET_PSK_AES_128_CCM_8, .dry_after = 100, .reseed = true,
      .about_memory = true },
};
const unsigned n_stories = sizeof stories / sizeof stories[0];

const char *const call_names[] = {
    "locket_init", "locket_connect", "locket_input", "locket_tick", "locket_next", "locket_send",
    "locket_close", "locket_answer", "locket_export", "locket_shutdown", "locket_remember", "locket_resume",
    "locket_forget", "locket_ticket_key", "locket_session_save", "locket_session_load",
};

/* What has no more entropy still writes what it has. */
bool locket_port_entropy(uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        stage_seed = stage_seed * 1664525u + 1013904223u;
        out[i] = (uint8_t)(stage_seed >> 24);
    }
    stage_given += len;
    ct_secret(out, len);
    if (stage_gave)
        stage_gave(out, len);
    return !told || !told->dry_after || stage_given <= told->dry_after;
}

static locket_error stage_psk(void *user, locket_psk *psk)
{
    struct end *e = user;
    bool client = e == &stage.client;
    if (told->pending && !e->query) {
        e->query = psk->query;
        return LOCKET_PENDING;
    }
    if (client)
        psk->identity = stage_identity, psk->identity_len = sizeof stage_identity;
    else if (told->unknown)
        return LOCKET_ERR_NO_KEY;
    psk->key = stage_keys[!client];
    psk->key_len = sizeof stage_keys[0];
    psk->handle = 3;
    return LOCKET_OK;
}

void play_call(struct call *c)
{
    struct end *e = c->end;
    locket_peer other = { 3, { 'a', 'b', 'c' } };
    other.bytes[2] = (uint8_t)(other.bytes[2] + (e == &stage.server ? stage.address : 0));
    switch (c->kind) {
    case CALL_INIT:
        c->error = locket_init(&e->ep, &e->config, e->sessions, 1, e->handshakes, 1);
        break;
    case CALL_CONNECT:
        c->error = locket_connect(&e->ep, &other, c->now, &e->session);
        break;
    case CALL_INPUT:
        locket_input(&e->ep, &other, c->at, c->len, c->now);
        break;
    case CALL_TICK:
        locket_tick(&e->ep, c->now);
        break;
    case CALL_NEXT:
        c->more = locket_next(&e->ep, e->out, sizeof e->out, &c->event);
        break;
    case CALL_SEND:
        c->error = locket_send(&e->ep, e->session, e->text, c->len, e->out, sizeof e->out, &c->out_len);
        break;
    case CALL_CLOSE:
        c->error = locket_close(&e->ep, e->session);
        break;
    case CALL_ANSWER:
        c->error = locket_answer(&e->ep, e->query, c->psk, c->now);
        break;
    case CALL_EXPORT:
        c->error = locket_export(&e->ep, e->session, "EXPERIMENTAL", e->text, 5, c->at, c->len);
        break;
    case CALL_SHUTDOWN:
        locket_shutdown(&e->ep);
        break;
    case CALL_REMEMBER:
        c->error = locket_remember(&e->ep, e->session, e->record, sizeof e->record, &e->record_len);
        break;
    case CALL_RESUME:
        c->error = locket_resume(&e->ep, &other, c->now, e->record, e->record_len, &e->session);
        break;
    case CALL_FORGET:
        locket_forget(&e->ep, 3);
        break;
    case CALL_TICKET_KEY:
        c->error = locket_ticket_key(&e->ep, 77, stage_ticket_key);
        break;
    case CALL_SAVE:
        c->error = locket_session_save(&e->ep, e->session, STAGE_BLOB_ID, stage_blob_key, e->blob, sizeof e->blob,
                                       &e->blob_len);
        break;
    case CALL_LOAD:
        c->error = locket_session_load(&e->ep, STAGE_BLOB_ID, stage_blob_key, e->blob, e->blob_len, c->now,
                                       &e->session);
        break;
    }
}

static struct call perform(enum call_kind kind, struct end *e, locket_time now)
{
    struct call c = { .kind = kind, .end = e, .now = now };
    stage_perform(&c);
    return c;
}

/* Make the client's extended_master_secret unknown on its way. */
static void strip_extension(uint8_t *data, size_t len)
{
    static const uint8_t ems[4] = { 0x00, 0x17, 0x00, 0x00 };
    for (size_t i = 0; i + sizeof ems <= len; i++)
        if (memcmp(data + i, ems, sizeof ems) == 0)
            data[i] = 0x5A;
}

static void transmit(struct end *from, const uint8_t *data, size_t len)
{
    struct end *to = from == &stage.client ? &stage.server : &stage.client;
    ct_public(data, len);
    stage_sent++;
    if (told->silent_after && stage_sent > told->silent_after)
        return;
    if (told->lose_last && from == &stage.server && from->connected && !stage_lost) {
        stage_lost = true;
        return;
    }
    memcpy(to->in, data, len);
    to->in_len = len;
    if (told->plain_master && from == &stage.client)
        strip_extension(to->in, len);
}

static bool comes_back(void) { return told->by_id || told->by_ticket; }

static void export_keys(struct end *e)
{
    struct call c = { .kind = CALL_EXPORT, .end = e };
    c.at = stage.exported[e == &stage.server];
    c.len = sizeof stage.exported[0];
    stage_perform(&c);
    ct_public(c.at, c.len);
}

static void drain(struct end *e, locket_time now)
{
    struct call c;
    while (c = perform(CALL_NEXT, e, now), c.more) {
        switch (c.event.kind) {
        case LOCKET_SEND:
            /* A server is connected as soon as its last flight is out. */
            e->connected = e->connected || (e == &stage.server && e->handshakes[0].row > 14);
            transmit(e, c.event.data, c.event.len);
            break;
        case LOCKET_CONNECTED:
            e->connected = true;
            e->session = c.event.session;
            export_keys(e);
            if (e == &stage.client && comes_back())
                perform(CALL_REMEMBER, e, now);
            break;
        case LOCKET_DATA:
            ct_public(c.event.data, c.event.len);
            e->heard = true;
            e->data_len = c.event.len;
            memcpy(e->text, c.event.data, c.event.len);
            break;
        case LOCKET_CLOSED:
        case LOCKET_FAILED:
            e->closed = true;
            e->reason = c.event.reason;
            break;
        default:
            break;
        }
    }
}

static void input(struct end *e, uint8_t *at, size_t len, locket_time now)
{
    struct call c = { .kind = CALL_INPUT, .end = e, .now = now, .at = at, .len = len };
    stage_perform(&c);
    drain(e, now);
}

static size_t record_size(const uint8_t *at) { return 13u + ((size_t)at[11] << 8 | at[12]); }

static void turn(struct end *e, locket_time now)
{
    size_t len = e->in_len, last = 0;
    e->in_len = 0;
    if (len == 0) {
        perform(CALL_TICK, e, now);
        drain(e, now);
    } else if (told->split && e == &stage.server && e->in[0] == 22 && e->in[13] == 16) {
        /* ClientKeyExchange, ChangeCipherSpec, Finished: the last record first, each alone. */
        for (size_t at = 0; at + 13 <= len; at += record_size(e->in + at))
            last = at;
        if (!told->held_back || stage_rebooted)
            input(e, e->in + last, len - last, now);
        for (size_t at = 0, size; at < last; at += size) {
            size = record_size(e->in + at);
            input(e, e->in + at, size, now);
        }
    } else {
        input(e, e->in, len, now);
    }
    if (e->query && e->handshakes[0].query) {
        locket_psk psk = { .key = stage_keys[e == &stage.server], .key_len = 16, .handle = 3 };
        struct call c = { .kind = CALL_ANSWER, .end = e, .now = now, .psk = &psk };
        if (e == &stage.client)
            psk.identity = stage_identity, psk.identity_len = sizeof stage_identity;
        stage_perform(&c);
        drain(e, now);
    }
}

/* One text over; damaged first, which must change nothing. */
static bool say(struct end *from, struct end *to, size_t len, locket_time now)
{
    uint8_t expected[STAGE_TEXT];
    struct call c = { .kind = CALL_SEND, .end = from, .now = now, .len = len };
    for (size_t i = 0; i < len; i++)
        from->text[i] = expected[i] = (uint8_t)(len * 7 + i);
    ct_secret(from->text, len);
    stage_perform(&c);
    ct_public(from->text, len);
    if (c.error)
        return false;
    ct_public(from->out, c.out_len);
    to->heard = false;
    memcpy(to->in, from->out, c.out_len);
    to->in[c.out_len - 1] ^= 0x40;
    input(to, to->in, c.out_len, now);
    if (to->heard)
        return false;
    memcpy(to->in, from->out, c.out_len);
    input(to, to->in, c.out_len, now);
    return to->heard && to->data_len == len && memcmp(to->text, expected, len) == 0;
}

static const char *converse(locket_time now)
{
    static const uint8_t lengths[] = { 1, 16, 33, STAGE_TEXT };
    for (unsigned i = 0; i < sizeof lengths; i++)
        if (!say(&stage.client, &stage.server, lengths[i], now) ||
            !say(&stage.server, &stage.client, lengths[i], now))
            return "a text got lost";
    return NULL;
}

static bool stage_count(void *user, uint32_t id, bool advance, uint64_t *value)
{
    struct end *e = user;
    *value = e->counter += advance;
    return id == STAGE_BLOB_ID;
}

static void dress(struct end *e, const char *name, locket_role role)
{
    static const uint8_t hint[4] = { 'h', 'i', 'n', 't' };
    static const uint16_t two[] = { LOCKET_PSK_AES_128_CCM, LOCKET_PSK_AES_128_GCM_SHA256 };
    e->name = name;
    e->config.role = role;
    e->config.psk = stage_psk;
    e->config.user = e;
    e->config.suites = &told->suite;
    e->config.n_suites = 1;
    if (told->other_suite)
        e->config.suites = two, e->config.n_suites = 2;
    e->config.mtu = STAGE_MTU;
    e->config.legacy = told->plain_master;
    if (told->hint && role == LOCKET_SERVER)
        e->config.hint = hint, e->config.hint_len = sizeof hint;
    e->config.deadline = 9000;
    e->config.evict = told->moves;
    e->config.tickets = told->by_ticket;
    e->config.lifetime = 600000;
    e->config.counter = stage_count;
    e->config.cid = told->cid;
    e->config.cid_len = told->cid ? role == LOCKET_CLIENT ? STAGE_CLIENT_CID : STAGE_SERVER_CID : 0;
    if (told->cid) {
        e->config.path_check = told->roams && !told->abandon ? LOCKET_PATH_BASIC : LOCKET_PATH_ENHANCED;
        e->config.paths = e->paths;
        e->config.n_paths = sizeof e->paths / sizeof e->paths[0];
    }
    if (told->by_id && role == LOCKET_SERVER) {
        e->config.cache = e->cache;
        e->config.n_cache = sizeof e->cache / sizeof e->cache[0];
    }
}

/* The key of the session table guards against peers that are chosen to collide. The
 * bucket they fall into is no secret, so neither is the key: exceptions has this. */
static locket_error begin(struct end *e)
{
    struct call c = perform(CALL_INIT, e, 0);
    ct_public(e->ep.hash_key, sizeof e->ep.hash_key);
    if (told->reseed)
        e->ep.rng.requests = UINT32_C(0x10001);
    return c.error;
}

static void turns(locket_time *now, locket_time span)
{
    for (locket_time end = *now + span; *now != end; *now += 250) {
        turn(&stage.client, *now);
        turn(&stage.server, *now);
    }
}

static bool are_connected(void) { return stage.client.connected && stage.server.connected; }

static bool is_shut_early(void) { return told->shut_early && stage_sent > told->silent_after; }

static const char *meet(locket_time *now)
{
    struct end *client = &stage.client;
    locket_time end = *now + 30000;
    while (*now < end && !are_connected() && !client->closed && !is_shut_early())
        turns(now, 250);
    if (is_shut_early())
        return NULL;
    turns(now, told->connects ? 500 : 20000);
    if (told->connects != (are_connected() && !client->closed))
        return told->connects ? "it did not connect" : "it connected";
    if (!told->connects)
        return client->closed ? NULL : "the client did not give up";
    if (memcmp(stage.exported[0], stage.exported[1], sizeof stage.exported[0]) != 0)
        return "the two export different keys";
    return told->no_data ? NULL : converse(*now);
}

static const char *close_it(locket_time now)
{
    struct end *client = &stage.client, *server = &stage.server;
    perform(CALL_CLOSE, told->server_closes ? server : client, now);
    for (unsigned i = 0; i < 3; i++) {
        turn(client, now);
        turn(server, now);
    }
    return client->closed && server->closed ? NULL : "it did not close";
}

/* The client closes, and comes back with what it has remembered. */
static const char *come_back(locket_time *now)
{
    struct end *client = &stage.client, *server = &stage.server;
    const char *wrong = close_it(*now);
    if (wrong)
        return wrong;
    if (told->other_suite)
        server->config.suites++, server->config.n_suites--;
    if (told->forgotten)
        perform(CALL_FORGET, server, *now);
    for (unsigned i = 0; told->outlives && i < 4; i++) {
        *now += 350000;
        turn(client, *now);
        turn(server, *now);
    }
    client->connected = client->closed = server->connected = server->closed = false;
    memset(client->text, 0, sizeof client->text);     /* the exporter's context */
    memset(server->text, 0, sizeof server->text);
    if (perform(CALL_RESUME, client, *now).error)
        return "it did not offer its session";
    wrong = meet(now);
    bool old = told->forgotten || told->outlives || told->other_suite;
    if (!wrong && (locket_resumed(client->session) == old || locket_resumed(server->session) == old))
        wrong = old ? "it was resumed" : "it was not resumed";
    return wrong;
}

/* The client loses all it had; the server does not know. */
static const char *reboot(locket_time *now)
{
    struct end *client = &stage.client, *server = &stage.server;
    if (told->held_back)
        turns(now, 3000);
    if (server->connected == told->held_back)
        return "the server is where it should not be";
    perform(CALL_SHUTDOWN, client, *now);
    memset(client, 0, sizeof *client);
    dress(client, "client", LOCKET_CLIENT);
    stage.address = told->moves;
    stage_rebooted = true;
    server->connected = server->closed = false;
    server->in_len = 0;
    memset(server->text, 0, sizeof server->text);     /* the exporter's context */
    if (begin(client) || perform(CALL_CONNECT, client, *now).error)
        return "it did not begin again";
    const char *wrong = meet(now);
    if (!wrong && !(server->closed && server->reason == (told->moves ? LOCKET_ERR_EVICTED : LOCKET_ERR_REPLACED)))
        wrong = "the server kept what it had";
    server->closed = false;
    return wrong;
}

static const char *roam(locket_time *now)
{
    struct end *client = &stage.client, *server = &stage.server;
    locket_peer at;
    stage.address = 1;
    if (!say(client, server, 7, *now))
        return "a text from elsewhere got lost";
    if (!server->paths[0].state)
        return "nobody asked where it is";
    if (told->abandon)
        return NULL;
    turns(now, 3000);
    locket_peer_of(server->session, &at);
    if (at.bytes[2] != 'd')
        return "it was not followed";
    if (server->paths[0].state)
        return "the check was not given back";
    return converse(*now);
}

static const char *nap(locket_time *now)
{
    struct end *client = &stage.client;
    if (perform(CALL_SAVE, client, *now).error || client->sessions[0].state)
        return "it could not be saved";
    ct_public(client->blob, client->blob_len);
    perform(CALL_SHUTDOWN, client, *now);
    if (begin(client))
        return "it did not begin again";
    if (told->abandon)
        return NULL;
    for (unsigned i = 0; i < 2; i++) {           /* first one that was damaged */
        client->blob[client->blob_len - 1] ^= 1;
        if (perform(CALL_LOAD, client, *now).error != (i ? LOCKET_OK : LOCKET_ERR_BLOB))
            return i ? "it could not be loaded" : "a damaged one was loaded";
    }
    if (perform(CALL_LOAD, client, *now).error != LOCKET_ERR_USED)
        return "it was loaded twice";
    *now += 1000;
    return converse(*now);
}

static const char *live(void)
{
    struct end *client = &stage.client, *server = &stage.server;
    locket_time now = STAGE_BEGIN;
    const char *wrong = NULL;
    if (told->dry_after) {
        bool dry = begin(client) == LOCKET_ERR_ENTROPY;
        if (told->reseed && !dry)
            dry = begin(server) || perform(CALL_CONNECT, client, now).error == LOCKET_ERR_ENTROPY;
        return dry ? NULL : "nobody misses the entropy";
    }
    if (begin(client) || begin(server) || perform(CALL_CONNECT, client, now).error)
        return "it did not begin";
    if (told->given_key)                       /* in place of one of its own */
        perform(CALL_TICK, server, now);
    if (told->given_key && perform(CALL_TICKET_KEY, server, now).error)
        return "the ticket key was refused";
    if (!told->held_back)
        wrong = meet(&now);
    if (!wrong && told->reboots)
        wrong = reboot(&now);
    if (!wrong && comes_back())
        wrong = come_back(&now);
    if (!wrong && told->roams)
        wrong = roam(&now);
    if (!wrong && told->sleeps)
        wrong = nap(&now);
    return wrong || !told->connects || told->abandon ? wrong : close_it(now);
}

const char *play(const struct story *s)
{
    told = s;
    stage_sent = 0;
    stage_lost = stage_rebooted = false;
    stage_given = 0;
    stage_seed = 2463534242u;
    memset(&stage, 0, sizeof stage);
    for (unsigned i = 0; i < 16; i++) {
        stage_keys[0][i] = (uint8_t)(0x9b + 37 * i + i * i * 11);
        stage_keys[1][i] = (uint8_t)(stage_keys[0][i] ^ (s->wrong_key ? 0x77 : 0));
    }
    for (unsigned i = 0; i < 16; i++) {
        stage_ticket_key[i] = (uint8_t)(0x35 + 91 * i + i * i * 29);
        stage_blob_key[i] = (uint8_t)(0xC4 + 53 * i + i * i * 17);
    }
    ct_secret(stage_keys, sizeof stage_keys);
    ct_secret(stage_ticket_key, sizeof stage_ticket_key);
    ct_secret(stage_blob_key, sizeof stage_blob_key);
    dress(&stage.client, "client", LOCKET_CLIENT);
    dress(&stage.server, "server", LOCKET_SERVER);
    const char *wrong = live();
    if (stage.client.ep.config)
        perform(CALL_SHUTDOWN, &stage.client, 0);
    if (stage.server.ep.config)
        perform(CALL_SHUTDOWN, &stage.server, 0);
    return wrong;
}
