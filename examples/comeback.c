/* SPDX-License-Identifier: Apache-2.0
 *
 * comeback.c -- what it costs a meter to be back every 15 minutes: with a full handshake, by
 * session ID, and by ticket, counted side by side.
 *
 * The energy is a MODEL of the meter's radio and of nothing else: bytes on the air, sent and
 * received, and the time that the receiver is on between a flight and its answer. Its numbers
 * are round ones of common hardware; put in those of yours.
 *
 *     IEEE 802.15.4 at 2.4 GHz: 250 kbit/s, 32 us a byte; 60 mW to send and to listen, so
 *     about 2 uJ a byte. 30 bytes of PHY, MAC, compressed IPv6 and UDP to every frame, 97 of
 *     ours in it (RFC 4944, RFC 6282). A round trip over one hop, with the other's work: 20 ms.
 *
 *     NB-IoT in good coverage: 800 mW to send, 0.4 ms a byte, so 320 uJ; 200 mW to receive, 0.3
 *     ms a byte, so 60 uJ. 28 bytes of IP and UDP to every datagram. A round trip of 500 ms, in
 *     which the receiver takes 100 mW on average. */
#include <stdio.h>
#include <string.h>

#include "claim.h"
#include "pair.h"

static const struct radio {
    const char *name;
    unsigned up, down;            /* uJ a byte */
    unsigned header, frame;       /* bytes added to each frame; our bytes in one; 0: any number */
    unsigned wait_mw, round_trip; /* the receiver's power; ms */
} radios[] = {
    { "802.15.4", 2, 2, 30, 97, 60, 20 },
    { "NB-IoT", 320, 60, 28, 0, 100, 500 }
};
enum { N_RADIOS = sizeof radios / sizeof radios[0] };

enum { FULL, FULL_TICKET, BY_ID, BY_TICKET, N_KINDS };

struct cost {                     /* of one handshake */
    size_t   bytes;
    unsigned datagrams, flights, round_trips, energy[N_RADIOS];   /* energy in uJ */
};

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

/* The model above. */
static unsigned energy(const struct radio *r, const struct pair *p, unsigned round_trips)
{
    unsigned uj = round_trips * r->wait_mw * r->round_trip;
    for (unsigned i = 0; i < p->n_log; i++) {
        size_t len = p->log[i].len, frames = r->frame != 0 ? (len + r->frame - 1) / r->frame : 1;
        uj += (unsigned)(len + frames * r->header) * (p->log[i].up ? r->up : r->down);
    }
    return uj;
}

static void count(const struct pair *p, locket_time start, struct cost *out)
{
    memset(out, 0, sizeof *out);
    out->datagrams = p->n_log;
    for (unsigned i = 0; i < p->n_log; i++) {
        out->bytes += p->log[i].len;
        out->flights += i == 0 || p->log[i].up != p->log[i - 1].up;
    }
    out->round_trips = (p->meter.connected - start) / (2 * PAIR_LATENCY);
    for (unsigned i = 0; i < N_RADIOS; i++)
        out->energy[i] = energy(&radios[i], p, out->round_trips);
}

/* One handshake, which is counted; then a reading and the close, which are not. */
static bool meet(struct pair *p, struct memory *m, struct cost *out)
{
    locket_time start = p->now;
    p->n_log = 0;
    bool well = pair_connect(p, m->len != 0 ? m->record : NULL, m->len);
    pair_run(p, 10 * PAIR_LATENCY);
    count(p, start, out);
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

static void row(const char *what, const unsigned value[N_KINDS])
{
    (void)printf("  %-36s", what);
    for (unsigned i = 0; i < N_KINDS; i++)
        (void)printf("%11u", value[i]);
    (void)putchar('\n');
}

static void table(const struct cost c[N_KINDS])
{
    unsigned column[N_KINDS];
    (void)printf("\n  %-36s%11s%11s%11s%11s\n", "", "full", "full,", "resumed", "resumed");
    (void)printf("  %-36s%11s%11s%11s%11s\n", "", "", "a ticket", "by ID", "by ticket");
    for (unsigned i = 0; i < N_KINDS; i++)
        column[i] = (unsigned)c[i].bytes;
    row("bytes of UDP payload", column);
    for (unsigned i = 0; i < N_KINDS; i++)
        column[i] = c[i].datagrams;
    row("datagrams", column);
    for (unsigned i = 0; i < N_KINDS; i++)
        column[i] = c[i].flights;
    row("flights", column);
    for (unsigned i = 0; i < N_KINDS; i++)
        column[i] = c[i].round_trips;
    row("round trips before the first reading", column);
    for (unsigned r = 0; r < N_RADIOS; r++) {
        char what[64];
        (void)snprintf(what, sizeof what, "%s, uJ of the meter's radio", radios[r].name);
        for (unsigned i = 0; i < N_KINDS; i++)
            column[i] = c[i].energy[r];
        row(what, column);
    }
    (void)printf("\n  The energy is a model, not a measurement, of the radio alone:\n");
    for (unsigned r = 0; r < N_RADIOS; r++) {
        const struct radio *x = &radios[r];
        char frame[40] = "datagram";
        if (x->frame != 0)
            (void)snprintf(frame, sizeof frame, "frame of %u", x->frame);
        (void)printf("  %-8s  %3u uJ a byte up, %2u down, with %u bytes more a %s; %u mW for %u ms a round"
                     " trip\n",
                     x->name, x->up, x->down, x->header, frame, x->wait_mw, x->round_trip);
    }
}

void demo_comeback(void)
{
    struct cost c[N_KINDS];
    memset(c, 0, sizeof c);
    heading("A meter comes back: a full and a resumed handshake (one process, a clock of its own)");
    if (!locket_port_entropy(key, sizeof key)) {
        claim(false, "random bytes");
        return;
    }
    both(false, &c[FULL], &c[BY_ID]);
    both(true, &c[FULL_TICKET], &c[BY_TICKET]);
    table(c);
    claim(c[BY_ID].bytes != 0 && c[BY_ID].bytes <= 299 && c[BY_TICKET].bytes < c[FULL].bytes,
          "%zu bytes less by ID, %zu by ticket", c[FULL].bytes - c[BY_ID].bytes,
          c[FULL].bytes - c[BY_TICKET].bytes);
    claim(c[BY_ID].round_trips == 1 && c[BY_TICKET].round_trips == 1 && c[FULL].round_trips == 3,
          "one round trip before the first reading, not three");
    memset(key, 0, sizeof key);
}
