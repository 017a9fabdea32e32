/* SPDX-License-Identifier: Apache-2.0
 *
 * comeback.c -- what it costs a meter to be back every 15 minutes: with a full handshake, by
 * session ID, by ticket, or with a session that has slept, which needs no handshake at all. */
#include <stdio.h>
#include <string.h>

#include "claim.h"
#include "cost.h"

enum { HANDLE = 17, CACHE = 2 };
static const char name[] = "meter-000000001";
static uint8_t key[16];

struct memory {                   /* the meter's, over its sleep */
    uint8_t record[LOCKET_RECORD_MAX];
    size_t  len;
};

static locket_error meter_psk(void *user, locket_psk *psk)
{
    (void)user;
    psk->identity = (const uint8_t *)name;
    psk->identity_len = sizeof name - 1;
    psk->key = key;
    psk->key_len = sizeof key;
    return LOCKET_OK;
}

static locket_error gateway_psk(void *user, locket_psk *psk)
{
    (void)user;
    if (psk->identity_len != sizeof name - 1 || memcmp(psk->identity, name, sizeof name - 1) != 0)
        return LOCKET_ERR_NO_KEY;
    psk->key = key;
    psk->key_len = sizeof key;
    psk->handle = HANDLE;
    return LOCKET_OK;
}

static void meter_event(struct pair_end *end, const locket_event *e)
{
    struct memory *m = end->user;
    if (e->kind == LOCKET_CONNECTED &&
        locket_remember(&end->endpoint, e->session, m->record, sizeof m->record, &m->len) != LOCKET_OK)
        m->len = 0;
}

/* One handshake, which is counted; then a reading and the close, which are not. */
static bool meet(struct pair *p, struct memory *m, struct cost *out)
{
    locket_time start = p->now;
    p->n_log = 0;
    bool well = pair_connect(p, m->len != 0 ? m->record : NULL, m->len);
    pair_run(p, 10 * PAIR_LATENCY);
    unsigned round_trips = (p->meter.connected - start) / (2 * PAIR_LATENCY);
    cost_count(p, 0, 0, round_trips, round_trips, out);
    p->ladder.out = NULL;
    well = well && p->meter.live != NULL && p->gateway.live != NULL && p->gateway.handle == HANDLE &&
           p->meter.resumed == p->gateway.resumed && pair_say(&p->meter, (const uint8_t *)"1,234 kWh", 9);
    pair_run(p, 4 * PAIR_LATENCY);
    pair_close(p);
    return well;
}

/* A full handshake and then a resumed one. */
static void both(bool tickets, struct cost *full, struct cost *resumed)
{
    static const uint16_t suite[] = { LOCKET_PSK_AES_128_CCM_8 };
    static locket_resumption cache[CACHE];
    static struct pair p;
    static struct memory m;
    const locket_config meter = { .role = LOCKET_CLIENT, .psk = meter_psk, .suites = suite, .n_suites = 1,
                                  .tickets = tickets };
    const locket_config gateway = { .role = LOCKET_SERVER, .psk = gateway_psk, .suites = suite, .n_suites = 1,
                                    .tickets = tickets, .cache = cache, .n_cache = CACHE };
    const char *how = tickets ? "ticket" : "session ID";
    memset(&p, 0, sizeof p);
    memset(&m, 0, sizeof m);
    p.meter.event = meter_event;
    p.meter.user = &m;
    bool well = pair_start(&p, &p.meter, &meter) && pair_start(&p, &p.gateway, &gateway) &&
                meet(&p, &m, full) && !p.meter.resumed && m.len != 0;
    claim(well, "by %s: after a full handshake the meter keeps %zu bytes, the gateway %zu", how, m.len,
          tickets ? 0 : sizeof *cache);
    if (well) {
        p.ladder = (struct ladder){ .out = stdout, .colour = claim_colour, .left = "meter",
                                    .right = "gateway", .start = p.now, .one_pair = true };
        well = meet(&p, &m, resumed) && p.meter.resumed;
        claim(well, "by %s: resumed, and the gateway knows its peer, handle %u", how,
              (unsigned)p.gateway.handle);
    }
    pair_stop(&p.meter);
    pair_stop(&p.gateway);
}

void demo_comeback(struct cost *c)
{
    heading("A meter comes back: a full and a resumed handshake (one process, a clock of its own)");
    if (!locket_port_entropy(key, sizeof key)) {
        claim(false, "random bytes");
        return;
    }
    both(false, &c[FULL], &c[BY_ID]);
    both(true, &c[FULL_TICKET], &c[BY_TICKET]);
    memset(key, 0, sizeof key);
}

/* --- a session that sleeps --- */

enum { ID = 1, HOUR = 3600000, ROUND_TRIP = 2 * PAIR_LATENCY, PATHS = 1, PLAIN = 29 };

static struct night {
    struct pair  pair;
    locket_path  paths[PATHS];
    struct cost *cost;            /* where to count the waking, while it lasts */
    locket_time  woke;
    bool         moves, held;     /* held: the gateway waits with its answer for the check */
    unsigned     connected, readings, answers;
    locket_error address[2];      /* reasons of ADDRESS */
    unsigned     n_address;
    uint8_t      blob[LOCKET_BLOB_MAX], secret[16];     /* what is in flash: ... */
    size_t       len;
    uint64_t     counter;
} night;

/* ... and its counter, which never goes back. */
static bool count_up(void *user, uint32_t id, bool advance, uint64_t *value)
{
    struct night *n = user;
    *value = n->counter += advance;
    return id == ID;
}

static void night_meter(struct pair_end *end, const locket_event *e)
{
    struct night *n = end->user;
    n->connected += e->kind == LOCKET_CONNECTED;
    n->answers += e->kind == LOCKET_DATA;
}

static void answer(struct night *n)
{
    if (n->cost != NULL)
        cost_count(&n->pair, 1, locket_overhead(n->pair.meter.live) - PLAIN, 0,
                   n->moves ? (n->pair.now - n->woke) / ROUND_TRIP : 0, n->cost);
    (void)pair_say(&n->pair.gateway, (const uint8_t *)"thanks", 6);
}

static void night_gateway(struct pair_end *end, const locket_event *e)
{
    struct night *n = end->user;
    n->connected += e->kind == LOCKET_CONNECTED;
    if (e->kind == LOCKET_DATA) {
        n->readings += e->handle == HANDLE;
        n->held = e->reason == LOCKET_PENDING;
        if (!n->held)
            answer(n);
    } else if (e->kind == LOCKET_ADDRESS && n->n_address < 2) {
        n->address[n->n_address++] = e->reason;
        if (e->reason == LOCKET_OK && n->held)
            answer(n);
    }
}

static bool report(struct night *n)
{
    bool said = pair_say(&n->pair.meter, (const uint8_t *)"1,234 kWh", 9);
    pair_run(&n->pair, 10 * ROUND_TRIP);
    return said;
}

static locket_error wake(struct night *n, locket_session **session)
{
    return locket_session_load(&n->pair.meter.endpoint, ID, n->secret, n->blob, n->len, n->pair.now, session);
}

/* A full handshake, a reading, an hour without power, another reading. */
static bool sleeps(struct night *n, bool moves, locket_path_check check, struct cost *cost, bool shown)
{
    static const uint16_t suite[] = { LOCKET_PSK_AES_128_CCM_8 };
    const locket_config meter = { .role = LOCKET_CLIENT, .psk = meter_psk, .suites = suite, .n_suites = 1,
                                  .cid = true, .counter = count_up, .user = n };
    const locket_config gateway = { .role = LOCKET_SERVER, .psk = gateway_psk, .suites = suite, .n_suites = 1,
                                    .cid = true, .cid_len = COST_CID, .path_check = check, .paths = n->paths,
                                    .n_paths = PATHS, .path_timeout = 3 * ROUND_TRIP };
    struct pair *p = &n->pair;
    locket_session *copy;
    memset(n, 0, sizeof *n);
    n->moves = moves;
    p->meter.event = night_meter;
    p->gateway.event = night_gateway;
    p->meter.user = p->gateway.user = n;
    bool well = locket_port_entropy(n->secret, sizeof n->secret) && pair_start(p, &p->meter, &meter) &&
                pair_start(p, &p->gateway, &gateway) && pair_connect(p, NULL, 0);
    pair_run(p, 10 * ROUND_TRIP);
    well = well && n->connected == 2 && report(n) && n->answers == 1 &&
           locket_session_save(&p->meter.endpoint, p->meter.live, ID, n->secret, n->blob, sizeof n->blob,
                               &n->len) == LOCKET_OK;

    pair_stop(&p->meter);
    memset(&p->meter, 0, sizeof p->meter);
    p->meter.event = night_meter;
    p->meter.user = n;
    p->now += HOUR;
    p->moves = moves;

    well = well && pair_start(p, &p->meter, &meter) && wake(n, &p->meter.live) == LOCKET_OK;
    if (shown)
        p->ladder = (struct ladder){ .out = stdout, .colour = claim_colour, .left = "meter",
                                     .right = "gateway", .start = p->now, .one_pair = true };
    p->n_log = 0;
    n->cost = cost;
    n->woke = p->now;
    well = well && report(n) && n->connected == 2 && n->readings == 2 && n->answers == 2 &&
           n->n_address == (moves ? 2 : 0) && wake(n, &copy) == LOCKET_ERR_USED;
    pair_stop(&p->meter);
    pair_stop(&p->gateway);
    return well;
}

void demo_asleep(struct cost *c)
{
    struct night *n = &night;
    heading("A meter sleeps without power for an hour, and wakes at another address");
    bool well = locket_port_entropy(key, sizeof key) &&
                sleeps(n, false, LOCKET_PATH_ENHANCED, &c[ASLEEP], false) &&
                sleeps(n, true, LOCKET_PATH_BASIC, &c[ASLEEP_BASIC], false) &&
                sleeps(n, true, LOCKET_PATH_ENHANCED, &c[ASLEEP_ENHANCED], true);
    claim(well && n->len <= LOCKET_BLOB_MAX, "it has slept as %zu bytes, encrypted, and a counter; all else was"
          " wiped", n->len);
    claim(well && n->address[0] == LOCKET_PENDING && n->address[1] == LOCKET_OK,
          "the gateway takes the reading, asks at the old address, then at the new one, and answers there");
    claim(well && n->connected == 2 && n->readings == 2,
          "no handshake: to the gateway it is the session of an hour ago, handle %u", HANDLE);
    claim(well, "a copy of the bytes opens nothing: \"%s\"", locket_error_name(LOCKET_ERR_USED));
    memset(n, 0, sizeof *n);
    memset(key, 0, sizeof key);
}

void demo_costs(const struct cost *c)
{
    heading("What it costs to be back, besides the reading");
    cost_table(c);
    claim(c[BY_ID].bytes != 0 && c[BY_ID].bytes <= 295 + 2 * sizeof(locket_link) && c[BY_TICKET].bytes < c[FULL].bytes,
          "resumed: %zu bytes less by ID, %zu by ticket", c[FULL].bytes - c[BY_ID].bytes,
          c[FULL].bytes - c[BY_TICKET].bytes);
    claim(c[BY_ID].before == 1 && c[BY_TICKET].before == 1 && c[FULL].before == 3,
          "resumed: one round trip before the first reading, not three");
    if (!COST_SLEEPS)
        return;
    claim(c[ASLEEP].bytes == COST_CID + 1 && c[ASLEEP].datagrams == 0 && c[ASLEEP].before == 0,
          "asleep: %zu bytes more in the record, and the reading goes at once", c[ASLEEP].bytes);
    claim(c[ASLEEP_BASIC].datagrams == 2 && c[ASLEEP_BASIC].waits == 1 && c[ASLEEP_ENHANCED].datagrams == 2 &&
          c[ASLEEP_ENHANCED].waits == 4 && c[ASLEEP_ENHANCED].bytes == c[ASLEEP_BASIC].bytes,
          "at another address: a challenge and its answer; enhanced first waits three round trips for the old"
          " one");
}
