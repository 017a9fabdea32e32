/* SPDX-License-Identifier: Apache-2.0
 *
 * ends.c -- a client and a server in one image, with memory for a network: what each
 * call of the library takes, on either side. The identity has 16 bytes, the key too. */
#include <string.h>

#include "board.h"
#include "locket.h"

enum { MTU = 512 };

static const uint8_t identity[16] = "meter-0000000017";
static const uint8_t key[16] = { 0x9c, 0x1d, 0x52, 0xe0, 0x7f, 0x33, 0xb8, 0x64,
                                 0x05, 0xca, 0x91, 0x2e, 0xd7, 0x48, 0xfb, 0x86 };

static locket_error psk(void *user, locket_psk *p)
{
    (void)user;
    p->identity = identity, p->identity_len = sizeof identity;
    p->key = key, p->key_len = sizeof key;
    p->handle = 17;
    return LOCKET_OK;
}

static const locket_config client_config = { .role = LOCKET_CLIENT, .psk = psk, .mtu = MTU };
static const locket_config server_config = { .role = LOCKET_SERVER, .psk = psk, .mtu = MTU };

struct end {
    locket_endpoint  endpoint;
    locket_session   sessions[1];
    locket_handshake handshakes[1];
    locket_session  *session;         /* when it is up */
    locket_peer      other;
    uint8_t          inbox[MTU], out[MTU];
    size_t           inbox_len, heard;
};

/* An IPv6 address and a port take 18 bytes. */
static struct end client = { .other = { LOCKET_CFG_PEER_SIZE, "the gateway" } };
static struct end server = { .other = { LOCKET_CFG_PEER_SIZE, "the meter" } };

/* One datagram in, and all that comes of it. */
static void turn(struct end *me, struct end *you, const char *rows)
{
    locket_event e;
    bool more;

    if (me->inbox_len != 0)
        COUNT(rows, locket_input(&me->endpoint, &me->other, me->inbox, me->inbox_len, 5));
    me->inbox_len = 0;
    for (;;) {
        COUNT(rows, more = locket_next(&me->endpoint, me->out, MTU, &e));
        if (!more)
            return;
        if (e.kind == LOCKET_SEND) {
            memcpy(you->inbox, e.data, e.len);
            you->inbox_len = e.len;
        } else if (e.kind == LOCKET_CONNECTED) {
            me->session = e.session;
        } else if (e.kind == LOCKET_DATA) {
            me->heard = e.len;
        }
    }
}

static bool reading(struct end *from, struct end *to, const char *send, const char *receive)
{
    static const uint8_t data[32] = "a reading of the meter";
    locket_error e;

    /* Where a device that counts bytes puts its data. */
    memcpy(from->out + 21, data, sizeof data);
    COUNT(send, e = locket_send(&from->endpoint, from->session, from->out + 21, sizeof data,
                                from->out, MTU, &to->inbox_len));
    if (e)
        return false;
    memcpy(to->inbox, from->out, to->inbox_len);
    turn(to, from, receive);
    return to->heard == sizeof data;
}

int story(void)
{
    locket_session *session;
    locket_error e;

    COUNT("init", e = locket_init(&client.endpoint, &client_config, client.sessions, 1, client.handshakes, 1));
    if (e || locket_init(&server.endpoint, &server_config, server.sessions, 1, server.handshakes, 1))
        return 1;
    COUNT("handshake.client", e = locket_connect(&client.endpoint, &client.other, 0, &session));
    if (e)
        return 2;
    turn(&client, &server, "handshake.client");
    turn(&server, &client, "handshake.server cookie.answer");
    for (unsigned i = 0; i < 4 && !(client.session && server.session); i++) {
        turn(&client, &server, "handshake.client");
        turn(&server, &client, "handshake.server");
    }
    if (client.inbox_len != 0)
        turn(&client, &server, "handshake.client");
    if (!client.session || !server.session)
        return 3;
    return reading(&client, &server, "record.send.32", "record.receive.32") ? 0 : 4;
}
