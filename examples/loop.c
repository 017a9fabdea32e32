/* SPDX-License-Identifier: Apache-2.0
 *
 * loop.c -- Locket without sockets: a meter and a gateway in one process. Read
 * this first. All memory is static and time is a number: on bare metal a radio
 * stands where transmit() is and a timer where `now` is. */
#include <stdio.h>
#include <string.h>

#include "locket.h"

enum { MTU = 256 };

/* What the two know of each other. In a product every meter has its own. */
static const uint8_t identity[8] = { 'm', 'e', 't', 'e', 'r', '-', '1', '7' };
static const uint8_t key[16] = { 0x9c, 0x1d, 0x52, 0xe0, 0x7f, 0x33, 0xb8, 0x64,
                                 0x05, 0xca, 0x91, 0x2e, 0xd7, 0x48, 0xfb, 0x86 };

/* The meter says who it is. */
static locket_error meter_psk(void *user, locket_psk *psk)
{
    (void)user;
    psk->identity = identity, psk->identity_len = sizeof identity;
    psk->key = key, psk->key_len = sizeof key;
    return LOCKET_OK;
}

/* The gateway looks up the key of that name. */
static locket_error gateway_psk(void *user, locket_psk *psk)
{
    (void)user;
    if (psk->identity_len != sizeof identity || memcmp(psk->identity, identity, sizeof identity) != 0)
        return LOCKET_ERR_NO_KEY;
    psk->key = key, psk->key_len = sizeof key;
    psk->handle = 17;                 /* comes back with every event of this peer */
    return LOCKET_OK;
}

static const locket_config meter_config   = { .role = LOCKET_CLIENT, .psk = meter_psk, .mtu = MTU };
static const locket_config gateway_config = { .role = LOCKET_SERVER, .psk = gateway_psk, .mtu = MTU };

/* One end: all that Locket needs, and a place for the datagram that arrives. */
static struct end {
    const char      *name;
    locket_peer      other;           /* any bytes that name the other end */
    locket_endpoint  endpoint;
    locket_session   sessions[1];     /* a gateway has one for each live peer */
    locket_handshake handshakes[1];   /* and a few of these */
    uint8_t          inbox[MTU];
    size_t           inbox_len;
    bool             heard, closed;
} meter   = { .name = "meter  ", .other = { 1, { 'G' } } },
  gateway = { .name = "gateway", .other = { 1, { 'M' } } };

/* The radio. */
static void transmit(const struct end *from, const uint8_t *data, size_t len)
{
    struct end *to = from == &meter ? &gateway : &meter;
    printf("%s  sends %3zu bytes\n", from->name, len);
    memcpy(to->inbox, data, len);
    to->inbox_len = len;
}

/* Plaintext in, a protected datagram out. */
static void say(struct end *e, locket_session *session, const char *text)
{
    uint8_t out[MTU];
    size_t len;
    if (locket_send(&e->endpoint, session, (const uint8_t *)text, strlen(text), out, MTU, &len) == 0)
        transmit(e, out, len);
}

/* One turn of the loop: a datagram or only the time in, and then all events. */
static void turn(struct end *e, locket_time now)
{
    uint8_t out[MTU];
    locket_event event;
    size_t len = e->inbox_len;
    e->inbox_len = 0;
    if (len != 0)
        locket_input(&e->endpoint, &e->other, e->inbox, len, now);
    else
        locket_tick(&e->endpoint, now);
    while (locket_next(&e->endpoint, out, sizeof out, &event)) {
        if (event.kind == LOCKET_SEND) {
            transmit(e, event.data, event.len);
        } else if (event.kind == LOCKET_CONNECTED) {
            printf("%s  is connected\n", e->name);
            if (e == &meter)
                say(e, event.session, "1,234 kWh");
        } else if (event.kind == LOCKET_DATA) {
            printf("%s  hears \"%.*s\"\n", e->name, (int)event.len, (const char *)event.data);
            e->heard = true;
            if (e == &gateway)
                say(e, event.session, "thank you");
            else
                (void)locket_close(&e->endpoint, event.session);
        } else if (event.kind == LOCKET_CLOSED) {
            printf("%s  is closed\n", e->name);
            e->closed = event.reason == LOCKET_OK || event.reason == LOCKET_PEER_ALERT;
        }
    }
}

int main(void)
{
    locket_session *session;
    if (locket_init(&meter.endpoint, &meter_config, meter.sessions, 1, meter.handshakes, 1) ||
        locket_init(&gateway.endpoint, &gateway_config, gateway.sessions, 1, gateway.handshakes, 1) ||
        locket_connect(&meter.endpoint, &meter.other, 0, &session))
        return 1;
    for (locket_time now = 0; now < 10000 && !(meter.closed && gateway.closed); now += 10) {
        turn(&meter, now);
        turn(&gateway, now);
    }
    locket_shutdown(&meter.endpoint);
    locket_shutdown(&gateway.endpoint);
    return meter.heard && gateway.heard && meter.closed && gateway.closed ? 0 : 1;
}
