/* SPDX-License-Identifier: Apache-2.0
 *
 * newkey.c -- rotate.c at work: one of 10,000 meters gets a new key through its old session,
 * and its power fails twice. What a product would keep in flash is `flash` here. */
#include <stdio.h>
#include <string.h>

#include "claim.h"
#include "pair.h"
#include "rotate.h"

enum { METER = 17, FLEET = 10000, TABLE = 8, CACHE = 4, PATIENCE = 2000 };

/* All of this story. */
static struct story {
    struct pair           pair;
    struct rotate_gateway gateway;
    struct rotate_device  meter;
    struct rotate_kept    flash;
    uint8_t               fleet[32];
    uint32_t              table[TABLE];
    locket_resumption     cache[CACHE];
    uint8_t               record[LOCKET_RECORD_MAX];
    size_t                record_len;
    bool                  flash_fails;
    unsigned              delivered;
} story;

static bool store(void *user, const struct rotate_kept *kept)
{
    struct story *s = user;
    if (!s->flash_fails)
        s->flash = *kept;
    return !s->flash_fails;
}

static locket_error meter_psk(void *user, locket_psk *psk)
{
    struct story *s = user;
    return rotate_device_psk(&s->meter, psk);
}

static locket_error gateway_psk(void *user, locket_psk *psk)
{
    struct story *s = user;
    return rotate_gateway_psk(&s->gateway, psk);
}

static void meter_event(struct pair_end *end, const locket_event *e)
{
    struct story *s = end->user;
    if (e->kind == LOCKET_CONNECTED) {
        rotate_proven(&s->meter);
        if (locket_remember(&end->endpoint, e->session, s->record, sizeof s->record,
                            &s->record_len) != LOCKET_OK)
            s->record_len = 0;
    } else if (e->kind == LOCKET_DATA) {
        (void)rotate_take(&s->meter, e->data, e->len);
    } else if (e->kind == LOCKET_CLOSED && end->connected == 0) {
        rotate_failed(&s->meter);
    }
}

static void gateway_event(struct pair_end *end, const locket_event *e)
{
    struct story *s = end->user;
    uint8_t message[ROTATE_MESSAGE];
    bool changed;
    if (e->kind != LOCKET_CONNECTED)
        return;
    switch (rotate_connected(&s->gateway, &end->endpoint, e->handle, &changed)) {
    case ROTATE_DELIVER:
        s->delivered += rotate_message(&s->gateway, e->handle, message) &&
                        pair_say(end, message, sizeof message);
        memset(message, 0, sizeof message);
        break;
    case ROTATE_REFUSE:
        (void)locket_close(&end->endpoint, e->session);
        break;
    default:
        break;
    }
}

/* The meter's power is back: what was not in flash is gone. */
static bool meter_starts(struct story *s, const locket_config *config)
{
    pair_stop(&s->pair.meter);
    s->meter = (struct rotate_device){ .name = "meter-17", .kept = s->flash, .store = store, .user = s };
    s->flash_fails = false;
    return pair_start(&s->pair, &s->pair.meter, config);
}

/* It wakes, connects, and closes again. The generation it came with; 0: it did not get in. */
static unsigned visit(struct story *s)
{
    bool full = rotate_begin(&s->meter) || s->record_len == 0;
    s->pair.gateway.handle = 0;
    if (!pair_connect(&s->pair, full ? NULL : s->record, s->record_len))
        return 0;
    pair_run(&s->pair, PATIENCE + 500);
    unsigned came = s->pair.meter.live != NULL ? rotate_generation_of(s->pair.gateway.handle) : 0;
    pair_close(&s->pair);
    return came;
}

void demo_new_key(void)
{
    struct story *s = &story;
    const locket_config meter = { .role = LOCKET_CLIENT, .psk = meter_psk, .user = s,
                                  .deadline = PATIENCE };
    const locket_config gateway = { .role = LOCKET_SERVER, .psk = gateway_psk, .user = s,
                                    .deadline = PATIENCE, .cache = s->cache, .n_cache = CACHE };
    struct rotate_kept stolen;
    heading("A new key for a meter in the field, whose power fails (examples/rotate.h)");
    memset(s, 0, sizeof *s);
    s->pair.meter.event = meter_event;
    s->pair.gateway.event = gateway_event;
    s->pair.meter.user = s->pair.gateway.user = s;
    s->flash.key.generation = 1;
    s->gateway = (struct rotate_gateway){ .fleet = s->fleet, .fleet_len = sizeof s->fleet,
                                          .prefix = "meter-", .devices = FLEET, .wanted = 1, .lowest = 1,
                                          .ahead = s->table, .room = TABLE };
    bool well = locket_port_entropy(s->fleet, sizeof s->fleet) &&
                locket_device_key(s->fleet, sizeof s->fleet, (const uint8_t *)"meter-17#1", 10,
                                  s->flash.key.key, ROTATE_KEY) == LOCKET_OK &&
                pair_start(&s->pair, &s->pair.gateway, &gateway) && meter_starts(s, &meter);
    stolen = s->flash;
    claim(well && visit(s) == 1 && s->gateway.n == 0,
          "one of %d meters connects as meter-17#1; the gateway has the fleet's key and no table", FLEET);

    s->gateway.wanted = 2;
    s->flash_fails = true;
    claim(visit(s) == 1 && s->delivered == 1,
          "the gateway sends it the key of meter-17#2, through that session");
    claim(meter_starts(s, &meter) && s->flash.next.generation == 0,
          "its power fails before the key is stored");
    claim(visit(s) == 1 && s->delivered == 2 && s->flash.next.generation == 2,
          "it comes with the old key, is told the new one again, and stores it beside the old");
    claim(meter_starts(s, &meter) && s->flash.key.generation == 1,
          "its power fails before it has tried it");
    claim(visit(s) == 2 && s->flash.key.generation == 2 && s->flash.next.generation == 0,
          "it comes as meter-17#2; the new key is proven, the old one is gone");
    claim(s->gateway.n == 1, "the gateway keeps %zu bytes of this, until all meters are as far",
          s->gateway.n * sizeof s->table[0]);
    claim(visit(s) == 2 && s->pair.gateway.resumed, "it comes back to the session of the new key");

    s->flash = stolen;
    s->record_len = 0;
    claim(meter_starts(s, &meter) && visit(s) == 0, "a copy of the old key opens nothing any more");
    pair_stop(&s->pair.meter);
    pair_stop(&s->pair.gateway);
    memset(&stolen, 0, sizeof stolen);
    memset(s, 0, sizeof *s);
}
