/* SPDX-License-Identifier: Apache-2.0
 *
 * pair.c -- two endpoints, a queue of datagrams between them, and a clock. */
#include "pair.h"

#include <string.h>

static const locket_peer gateway = { 3, { 'G', 0, 1 } };
static locket_peer meter_of(const struct pair *p) { return (locket_peer){ 3, { 'M', 0, p->moves } }; }

static void post(struct pair *p, const locket_peer *to, const uint8_t *data, size_t len)
{
    bool up = to->bytes[0] == 'G', lost = !up && to->bytes[2] != p->moves;
    if (p->n_flying == PAIR_QUEUE || len > PAIR_DATAGRAM)
        return;                   /* as a network does */
    if (p->ladder.out != NULL)
        ladder_rung(&p->ladder, up, data, len, p->now, lost ? "nobody is there" : NULL);
    if (p->n_log < PAIR_LOG) {
        p->log[p->n_log].up = up;
        p->log[p->n_log].lost = lost;
        p->log[p->n_log++].len = len;
    }
    if (lost)
        return;
    p->flying[p->n_flying].up = up;
    p->flying[p->n_flying].due = p->now + PAIR_LATENCY;
    p->flying[p->n_flying].len = len;
    memcpy(p->flying[p->n_flying++].data, data, len);
}

static void take_events(struct pair_end *end)
{
    uint8_t out[PAIR_DATAGRAM];
    locket_event e;
    while (end->up && locket_next(&end->endpoint, out, sizeof out, &e)) {
        if (e.kind == LOCKET_SEND) {
            post(end->pair, &e.peer, e.data, e.len);
            continue;
        }
        if (e.kind == LOCKET_CONNECTED) {
            end->live = e.session;
            end->handle = e.handle;
            end->resumed = locket_resumed(e.session);
            end->connected = end->pair->now;
        } else if (e.kind == LOCKET_CLOSED && end->live == e.session) {
            end->live = NULL;
        }
        if (end->event != NULL)
            end->event(end, &e);
    }
}

bool pair_start(struct pair *p, struct pair_end *end, const locket_config *config)
{
    end->pair = p;
    end->live = NULL;
    end->up = locket_init(&end->endpoint, config, end->sessions, 2, end->handshakes, 1) == LOCKET_OK;
    return end->up;
}

void pair_stop(struct pair_end *end)
{
    if (end->up)
        locket_shutdown(&end->endpoint);
    end->up = false;
    end->live = NULL;
}

bool pair_connect(struct pair *p, const uint8_t *record, size_t len)
{
    locket_session *session;
    locket_error failed = record != NULL
        ? locket_resume(&p->meter.endpoint, &gateway, p->now, record, len, &session)
        : locket_connect(&p->meter.endpoint, &gateway, p->now, &session);
    p->meter.connected = p->gateway.connected = 0;
    if (failed == LOCKET_OK)
        take_events(&p->meter);
    return failed == LOCKET_OK;
}

bool pair_say(struct pair_end *end, const uint8_t *data, size_t len)
{
    uint8_t out[PAIR_DATAGRAM];
    size_t out_len;
    locket_peer to;
    if (end->live == NULL ||
        locket_send(&end->endpoint, end->live, data, len, out, sizeof out, &out_len) != LOCKET_OK)
        return false;
    locket_peer_of(end->live, &to);
    post(end->pair, &to, out, out_len);
    return true;
}

/* The first of those under way, if its time has come. */
static bool deliver(struct pair *p)
{
    uint8_t data[PAIR_DATAGRAM];
    if (p->n_flying == 0 || (int32_t)(p->flying[0].due - p->now) > 0)
        return false;
    bool up = p->flying[0].up;
    size_t len = p->flying[0].len;
    struct pair_end *to = up ? &p->gateway : &p->meter;
    locket_peer from = up ? meter_of(p) : gateway;
    memcpy(data, p->flying[0].data, len);
    p->n_flying--;
    memmove(&p->flying[0], &p->flying[1], p->n_flying * sizeof p->flying[0]);
    if (to->up) {
        locket_input(&to->endpoint, &from, data, len, p->now);
        take_events(to);
    }
    return true;
}

void pair_run(struct pair *p, locket_time ms)
{
    for (locket_time end = p->now + ms; (int32_t)(end - p->now) > 0; p->now += PAIR_STEP) {
        while (deliver(p))
            continue;
        struct pair_end *both[2] = { &p->meter, &p->gateway };
        for (int i = 0; i < 2; i++)
            if (both[i]->up) {
                locket_tick(&both[i]->endpoint, p->now);
                take_events(both[i]);
            }
    }
}

void pair_close(struct pair *p)
{
    if (p->meter.live != NULL && locket_close(&p->meter.endpoint, p->meter.live) == LOCKET_OK)
        take_events(&p->meter);
    pair_run(p, 4 * PAIR_LATENCY);
}
