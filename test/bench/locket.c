/* SPDX-License-Identifier: Apache-2.0
 *
 * locket.c -- Locket in the benchmark, through locket.h alone. Every datagram asks the
 * clock, as a program with a socket would. */
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "locket.h"
#include "peer.h"

enum { SESSIONS = 64, HANDSHAKES = 4, CACHE = 64 };

enum { HEADROOM = 13 + 8 };       /* of a record without a connection ID: its header and nonce */

struct end {
    struct wire *in, *out;
    locket_peer other;
    locket_endpoint endpoint;
    locket_session sessions[SESSIONS];
    locket_handshake handshakes[HANDSHAKES];
    locket_resumption cache[CACHE];
    bool comes_back;              /* a client */
    uint8_t record[LOCKET_RECORD_MAX];
    size_t record_len;
    locket_session *live;
    const uint8_t *text;
    size_t text_len;
    uint8_t datagram[BENCH_MTU];
};

static const uint16_t suite_of[BENCH_SUITES] = {
    LOCKET_PSK_AES_128_CCM_8, LOCKET_PSK_AES_128_GCM_SHA256,
};

/* The first of each without connection IDs, the second with. */
static struct end clients[2][BENCH_SUITES][BENCH_WAYS], servers[2][BENCH_SUITES][BENCH_WAYS];
static struct end *client, *server;
static bool made;

bool locket_port_entropy(uint8_t *out, size_t len)
{
    return getrandom(out, len, 0) == (ssize_t)len;
}

static locket_error psk(void *user, locket_psk *p)
{
    (void)user;
    size_t len = strlen(BENCH_IDENTITY);
    if (p->identity_len == 0) {
        p->identity = (const uint8_t *)BENCH_IDENTITY;
        p->identity_len = len;
    }
    if (p->identity_len != len || memcmp(p->identity, BENCH_IDENTITY, len) != 0)
        return LOCKET_ERR_NO_KEY;
    p->key = bench_key;
    p->key_len = sizeof bench_key;
    return LOCKET_OK;
}

/* What a device writes into flash: here it costs nothing. */
static bool counter(void *user, uint32_t id, bool advance, uint64_t *value)
{
    static uint64_t count;
    (void)user;
    (void)id;
    count += advance;
    *value = count;
    return true;
}

static locket_time now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return (locket_time)((uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000);
}

static void make(struct end *e, const locket_config *config, struct wire *in, struct wire *out)
{
    e->in = in;
    e->out = out;
    e->other.len = BENCH_ADDRESS;
    memcpy(e->other.bytes, bench_address, BENCH_ADDRESS);
    locket_error error = locket_init(&e->endpoint, config, e->sessions, SESSIONS, e->handshakes, HANDSHAKES);
    bench_must(error == LOCKET_OK, "Locket", "locket_init");
}

static void make_pair(bool cids, enum bench_suite suite, enum bench_way way)
{
    static locket_config configs[2][BENCH_SUITES][BENCH_WAYS][2];
    struct end *ends[2] = { &clients[cids][suite][way], &servers[cids][suite][way] };
    for (int role = LOCKET_CLIENT; role <= LOCKET_SERVER; role++) {
        locket_config *c = &configs[cids][suite][way][role];
        c->role = (locket_role)role;
        c->psk = psk;
        c->suites = &suite_of[suite];
        c->n_suites = 1;
        c->mtu = BENCH_MTU;
        c->leave_silently = true;
        c->cid = cids;
        c->cid_len = cids ? BENCH_CID : 0;
        c->counter = counter;
        c->tickets = way == BENCH_BY_TICKET;
        if (role == LOCKET_SERVER && way == BENCH_BY_ID) {
            c->cache = ends[role]->cache;
            c->n_cache = CACHE;
        }
        make(ends[role], c, role == LOCKET_CLIENT ? &to_client : &to_server,
             role == LOCKET_CLIENT ? &to_server : &to_client);
    }
    ends[LOCKET_CLIENT]->comes_back = way != BENCH_FULL;
}

static void make_all(void)
{
    for (int c = 0; c < 2; c++)
        for (int s = 0; s < BENCH_SUITES; s++)
            for (int w = 0; w < BENCH_WAYS; w++)
                make_pair(c, (enum bench_suite)s, (enum bench_way)w);
    client = &clients[0][0][0];
    server = &servers[0][0][0];
    made = true;
}

/* Pull until there is no more. */
static bool drain(struct end *e)
{
    uint8_t out[BENCH_MTU];
    locket_event event;
    bool good = true;
    while (locket_next(&e->endpoint, out, sizeof out, &event)) {
        switch (event.kind) {
        case LOCKET_SEND:
            good &= wire_put(e->out, event.data, event.len);
            break;
        case LOCKET_CONNECTED:
            e->live = event.session;
            if (e->comes_back && !e->record_len)
                good &= locket_remember(&e->endpoint, e->live, e->record, sizeof e->record,
                                        &e->record_len) == LOCKET_OK;
            break;
        case LOCKET_DATA:
            e->text = event.data;
            e->text_len = event.len;
            break;
        case LOCKET_CLOSED:
            e->live = NULL;
            break;
        default:
            good = false;
        }
    }
    return good;
}

static bool turn(struct end *e)
{
    size_t len = wire_take(e->in, e->datagram, sizeof e->datagram);
    if (len == 0)
        return false;
    locket_input(&e->endpoint, &e->other, e->datagram, len, now());
    return drain(e);
}

static void leave(struct end *e)
{
    if (e->live && locket_close(&e->endpoint, e->live) == LOCKET_OK)
        (void)drain(e);
}

static locket_error begin(struct end *e)
{
    locket_session *session;
    if (e->record_len)
        return locket_resume(&e->endpoint, &e->other, now(), e->record, e->record_len, &session);
    return locket_connect(&e->endpoint, &e->other, now(), &session);
}

static bool connected(const struct end *e, bool cids, enum bench_suite suite, bool back)
{
    return e->live && locket_suite(e->live) == suite_of[suite] && locket_resumed(e->live) == back &&
           locket_headroom(e->live) == HEADROOM + (cids ? BENCH_CID : 0);
}

static bool meet(bool cids, enum bench_suite suite, enum bench_way way)
{
    if (!made)
        make_all();
    leave(client);
    leave(server);
    client = &clients[cids][suite][way];
    server = &servers[cids][suite][way];
    wire_clear();
    bool back = client->record_len != 0;
    if (begin(client) != LOCKET_OK || !drain(client))
        return false;
    while (turn(server) && turn(client)) {
    }
    return connected(client, cids, suite, back) && connected(server, cids, suite, back);
}

static bool meet_without(enum bench_suite suite, enum bench_way way) { return meet(false, suite, way); }
static bool meet_with(enum bench_suite suite, enum bench_way way) { return meet(true, suite, way); }

static bool locket_seal(const uint8_t *text, size_t len)
{
    uint8_t out[BENCH_MTU];
    size_t out_len;
    return locket_send(&client->endpoint, client->live, text, len, out, sizeof out, &out_len) == LOCKET_OK &&
           wire_put(&to_server, out, out_len);
}

static bool locket_open(const uint8_t **text, size_t *len)
{
    server->text_len = 0;
    if (!turn(server))
        return false;
    *text = server->text;
    *len = server->text_len;
    return true;
}

static bool locket_hello_verify(void)
{
    if (!made)
        make_all();
    return turn(&servers[0][BENCH_CCM_8][BENCH_FULL]);
}

static bool locket_sleep(void)
{
    uint8_t blob[LOCKET_BLOB_MAX];
    size_t len;
    locket_session *s = client->live;
    client->live = NULL;
    return locket_session_save(&client->endpoint, s, 0, bench_key, blob, sizeof blob, &len) == LOCKET_OK &&
           locket_session_load(&client->endpoint, 0, bench_key, blob, len, now(), &client->live) == LOCKET_OK;
}

static const char *version(void) { return LOCKET_VERSION; }

const struct bench_peer bench_locket = {
    .name = "Locket", .version = version, .handshake = meet_without,
    .seal = locket_seal, .open = locket_open, .hello_verify = locket_hello_verify, .sleep = locket_sleep,
};
const struct bench_peer bench_locket_cids = {
    .name = "Locket+CIDs", .version = version, .handshake = meet_with,
    .seal = locket_seal, .open = locket_open, .hello_verify = NULL, .sleep = locket_sleep,
};
