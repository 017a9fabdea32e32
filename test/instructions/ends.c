/* SPDX-License-Identifier: Apache-2.0
 *
 * ends.c -- a client and a server in one image, with memory for a network: what each
 * call of the library takes, on either side. The identity has 16 bytes, the key too. First
 * they meet as strangers, with nothing to come back with; then to come back in one round trip, by
 * session ID, by ticket, and by ticket with connection IDs of 8 bytes both ways. With those the
 * client then goes elsewhere, is asked whether it is there, and sleeps. */
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

/* Of a device that sleeps; here it need not survive anything. */
static bool count_sleeps(void *user, uint32_t id, bool advance, uint64_t *value)
{
    static uint64_t sleeps;
    (void)user;
    sleeps += advance;
    *value = sleeps;
    return id == 0;
}

static locket_resumption cache[1];
static locket_path paths[1];

/* With which they meet: as strangers, by ID, by ticket, by ticket with connection IDs. */
enum { STRANGERS, BY_ID, BY_TICKET, ROAMING };
enum { CID = 8 };
static const locket_config client_config[] = {
    { .role = LOCKET_CLIENT, .psk = psk, .mtu = MTU },
    { .role = LOCKET_CLIENT, .psk = psk, .mtu = MTU },
    { .role = LOCKET_CLIENT, .psk = psk, .mtu = MTU, .tickets = true },
    { .role = LOCKET_CLIENT, .psk = psk, .mtu = MTU, .tickets = true, .cid = true, .cid_len = CID,
      .counter = count_sleeps }
};
static const locket_config server_config[] = {
    { .role = LOCKET_SERVER, .psk = psk, .mtu = MTU },
    { .role = LOCKET_SERVER, .psk = psk, .mtu = MTU, .cache = cache, .n_cache = 1 },
    { .role = LOCKET_SERVER, .psk = psk, .mtu = MTU, .tickets = true },
    { .role = LOCKET_SERVER, .psk = psk, .mtu = MTU, .tickets = true, .cid = true, .cid_len = CID,
      .paths = paths, .n_paths = 1, .path_check = LOCKET_PATH_BASIC }
};

/* What the calls of one handshake count for; NULL: for nothing. */
struct rows {
    const char *init, *client, *server, *cookie;
};

struct end {
    locket_endpoint  endpoint;
    locket_session   sessions[1];
    locket_handshake handshakes[1];
    locket_session  *session;         /* when it is up */
    locket_peer      other;
    uint8_t          inbox[MTU], out[MTU];
    size_t           inbox_len, heard;
    bool             moved;           /* it has found the other elsewhere */
};

/* An IPv6 address and a port take 18 bytes. */
static struct end client = { .other = { LOCKET_CFG_PEER_SIZE, "the gateway" } };
static struct end server = { .other = { LOCKET_CFG_PEER_SIZE, "the meter" } };

static uint8_t record[LOCKET_RECORD_MAX];
static size_t record_len;

#define MAY_COUNT(rows, statement)                 \
    do {                                           \
        if (rows)                                  \
            COUNT(rows, statement);                \
        else                                       \
            statement;                             \
    } while (0)

/* One datagram in, and all that comes of it. */
static void turn(struct end *me, struct end *you, const char *rows)
{
    locket_event e;
    bool more;

    if (me->inbox_len != 0)
        MAY_COUNT(rows, locket_input(&me->endpoint, &me->other, me->inbox, me->inbox_len, 5));
    me->inbox_len = 0;
    for (;;) {
        MAY_COUNT(rows, more = locket_next(&me->endpoint, me->out, MTU, &e));
        if (!more)
            return;
        if (e.kind == LOCKET_SEND) {
            memcpy(you->inbox, e.data, e.len);
            you->inbox_len = e.len;
        } else if (e.kind == LOCKET_CONNECTED) {
            me->session = e.session;
            if (me == &client && locket_remember(&me->endpoint, e.session, record, sizeof record, &record_len))
                record_len = 0;
        } else if (e.kind == LOCKET_DATA) {
            me->heard = e.len;
        } else if (e.kind == LOCKET_ADDRESS && e.reason == LOCKET_OK) {
            me->moved = true;
        }
    }
}

static bool reading(struct end *from, struct end *to, const char *send, const char *receive)
{
    static const uint8_t data[32] = "a reading of the meter";
    /* Where a device that counts bytes puts its data. */
    uint8_t *text = from->out + locket_headroom(from->session);
    locket_error e;

    to->heard = 0;
    memcpy(text, data, sizeof data);
    MAY_COUNT(send, e = locket_send(&from->endpoint, from->session, text, sizeof data, from->out, MTU,
                                    &to->inbox_len));
    if (e)
        return false;
    memcpy(to->inbox, from->out, to->inbox_len);
    turn(to, from, receive);
    return to->heard == sizeof data;
}

/* New endpoints, and a handshake: an abbreviated one where the client has a record. */
static int meet(unsigned how, struct rows rows, bool fresh)
{
    locket_session *session;
    locket_error e;

    client.session = server.session = NULL;
    MAY_COUNT(rows.init, e = locket_init(&client.endpoint, &client_config[how], client.sessions, 1,
                                         client.handshakes, 1));
    if (e || (fresh && locket_init(&server.endpoint, &server_config[how], server.sessions, 1,
                                   server.handshakes, 1)))
        return 1;
    if (record_len)
        MAY_COUNT(rows.client, e = locket_resume(&client.endpoint, &client.other, 0, record, record_len, &session));
    else
        MAY_COUNT(rows.client, e = locket_connect(&client.endpoint, &client.other, 0, &session));
    if (e)
        return 2;
    turn(&client, &server, rows.client);
    turn(&server, &client, rows.cookie);
    for (unsigned i = 0; i < 4 && !(client.session && server.session); i++) {
        turn(&client, &server, rows.client);
        turn(&server, &client, rows.server);
    }
    if (client.inbox_len != 0)
        turn(&client, &server, rows.client);
    return client.session && server.session ? 0 : 3;
}

/* A full handshake, a reading, and a device that restarts and comes back with nothing but its
 * record. (The reading shows the server that its ticket has arrived.) */
static int come_back(unsigned how, struct rows rows)
{
    static const struct rows none = { NULL, NULL, NULL, NULL };

    record_len = 0;
    if (meet(how, none, true) || !record_len || locket_resumed(client.session) ||
        !reading(&client, &server, NULL, NULL))
        return 5;
    if (meet(how, rows, false) || !locket_resumed(client.session) || !locket_resumed(server.session))
        return 6;
    return 0;
}

/* The client goes elsewhere; its next reading makes the server ask whether it is there. */
static bool roam(void)
{
    client.inbox_len = 0;
    server.other.bytes[0] ^= 1;
    if (!reading(&client, &server, NULL, NULL) || server.moved)
        return false;
    turn(&client, &server, "path.answer");
    turn(&server, &client, NULL);
    return server.moved;
}

/* And it sleeps: the session leaves memory and comes back. */
static bool nap(void)
{
    static uint8_t blob[LOCKET_BLOB_MAX];
    size_t len;
    locket_error e;

    COUNT("session.save",
          e = locket_session_save(&client.endpoint, client.session, 0, key, blob, sizeof blob, &len));
    if (e)
        return false;
    COUNT("session.load", e = locket_session_load(&client.endpoint, 0, key, blob, len, 5, &client.session));
    return !e && reading(&client, &server, NULL, NULL);
}

int story(void)
{
    static const struct rows strangers = {
        "init", "handshake.client", "handshake.server", "handshake.server cookie.answer"
    };
    static const struct rows id = { NULL, "resume.id.client", "resume.id.server", "resume.id.server" };
    static const struct rows ticket = {
        NULL, "resume.ticket.client", "resume.ticket.server", "resume.ticket.server"
    };
    static const struct rows roaming = { NULL, "resume.cid.client", "resume.cid.server", "resume.cid.server" };
    int failed = meet(STRANGERS, strangers, true);

    if (!failed && !reading(&client, &server, "record.send.32", "record.receive.32"))
        failed = 4;
    if (!failed)
        failed = come_back(BY_ID, id);
    if (!failed)
        failed = come_back(BY_TICKET, ticket);
    if (!failed)
        failed = come_back(ROAMING, roaming);
    if (!failed && !reading(&client, &server, "cid.send.32", "cid.receive.32"))
        failed = 7;
    if (!failed && !roam())
        failed = 8;
    return failed || nap() ? failed : 9;
}
