/* SPDX-License-Identifier: Apache-2.0
 *
 * image.c -- the least application that does a whole job with the library: cookie exchange,
 * handshake, data both ways, close. `make budget` links it with locket.c and looks at what
 * the linker has kept; what one application does not call costs it nothing. Built without
 * CCM or GCM it speaks the other; with both roles it is two endpoints. With IMAGE_RETURN it
 * comes back: the client by a record that outlives a restart, the server by a cache and by
 * tickets under a key of the application's, both with size limits. With IMAGE_ROAM it has
 * connection IDs, checks paths, and sleeps with its session saved. With IMAGE_ALL it calls
 * all there is, but for the names, which are for logs.
 *
 * It is measured and not run: the radio below is a place in memory. examples/ has those
 * that run. */
#include "locket.h"

#ifndef IMAGE_ALL
#define IMAGE_ALL 0
#endif
#ifndef IMAGE_RETURN
#define IMAGE_RETURN IMAGE_ALL
#endif
#ifndef IMAGE_ROAM
#define IMAGE_ROAM IMAGE_ALL
#endif
#define RETURNS (IMAGE_RETURN && LOCKET_CFG_RESUME)
#define TICKETS (IMAGE_RETURN && LOCKET_CFG_TICKETS)
#define ROAMS (IMAGE_ROAM && LOCKET_CFG_CID)

enum { SESSIONS = 1, HANDSHAKES = 1, BUFFER = 288 };

static uint8_t buffer[BUFFER];
static uint8_t key[16];
static const uint8_t name[] = { 'm', 'e', 't', 'e', 'r' };
static const locket_peer peer = { 1, { 1 } };
static uint8_t record[LOCKET_RECORD_MAX];
static size_t record_len;
static uint8_t blob[LOCKET_BLOB_MAX];
static size_t blob_len;
static const uint16_t leanest[] = { LOCKET_PSK_AES_128_CCM_8 };

/* What stands for the world. */
static volatile uint32_t entropy_register, clock_register, radio_len;
static volatile uint8_t radio_data[BUFFER];
static volatile bool wants_to_leave, wants_to_sleep;
static volatile uint64_t counter_register;

bool locket_port_entropy(uint8_t *out, size_t len)
{
    while (len-- > 0)
        out[len] = (uint8_t)entropy_register;
    return true;
}

void locket_port_aes(const uint8_t aes_key[16], uint8_t block[16])
{
    for (size_t i = 0; i < 16; i++)
        block[i] = (uint8_t)(aes_key[i] ^ entropy_register);
}

static locket_error look_up(void *user, locket_psk *psk)
{
    (void)user;
    psk->identity = name;
    psk->identity_len = sizeof name;
    psk->key = key;
    psk->key_len = sizeof key;
    return LOCKET_OK;
}

static bool count(void *user, uint32_t id, bool advance, uint64_t *value)
{
    (void)user;
    (void)id;
    counter_register += advance;
    *value = counter_register;
    return true;
}

static void radio_send(const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len && i < BUFFER; i++)
        radio_data[i] = data[i];
    radio_len = (uint32_t)len;
}

static size_t radio_receive(void)
{
    size_t len = radio_len;
    for (size_t i = 0; i < len && i < BUFFER; i++)
        buffer[i] = radio_data[i];
    return len < BUFFER ? len : BUFFER;
}

/* What a device may do besides, for the image that calls all there is. */
static void call_the_rest(locket_endpoint *ep, locket_session *s)
{
    locket_peer theirs;
    uint8_t secret[32];
    locket_psk psk = { 0 };
    psk.key = key;
    psk.key_len = sizeof key;
    if (locket_selftest() != LOCKET_OK)
        return;
    if (locket_answer(ep, clock_register, &psk, clock_register) != LOCKET_OK)
        return;
    if (locket_export(ep, s, "EXPERIMENTAL", NULL, 0, secret, sizeof secret) != LOCKET_OK)
        return;
    locket_too_big(ep, &peer, 0, clock_register);
    locket_peer_of(s, &theirs);
    radio_len = (uint32_t)(locket_overhead(s) + locket_data_limit(ep, s)) + locket_handle(s) +
                (uint32_t)locket_high_water(ep) + locket_suite(s) +
                locket_drops(ep, LOCKET_DROP_BAD_TAG) + theirs.len;
    if (locket_device_key(key, sizeof key, name, sizeof name, secret, sizeof secret) != LOCKET_OK)
        return;
    if (RETURNS)
        locket_forget(ep, locket_handle(s));
    const uint8_t *cid;
    if (ROAMS && locket_datagram_cid(buffer, locket_headroom(s), LOCKET_CFG_CID_SIZE, &cid))
        locket_left(ep, *cid);
    locket_shutdown(ep);
}

/* What a device does that wants to come back. */
static void remember(locket_endpoint *ep, locket_session *s)
{
    if (locket_remember(ep, s, record, sizeof record, &record_len) != LOCKET_OK)
        record_len = 0;
    if (locket_resumed(s))
        radio_len = 0;
}

static void send_reading(locket_endpoint *ep, locket_session *s)
{
    uint8_t reading[32] = { 0 };
    size_t len;
    if (locket_send(ep, s, reading, sizeof reading, buffer, sizeof buffer, &len) == LOCKET_OK)
        radio_send(buffer, len);
    if (ROAMS && wants_to_sleep &&
        locket_session_save(ep, s, 1, key, blob, sizeof blob, &blob_len) != LOCKET_OK)
        blob_len = 0;
    if (wants_to_leave)
        locket_close(ep, s);
}

static void turn(locket_endpoint *ep)
{
    locket_event e;
    locket_time when;
    size_t len = radio_receive();
    locket_session *talking = NULL;
    if (len)
        locket_input(ep, &peer, buffer, len, clock_register);
    else if (locket_deadline(ep, &when) && (int32_t)(clock_register - when) >= 0)
        locket_tick(ep, clock_register);
    while (locket_next(ep, buffer, sizeof buffer, &e)) {
        if (e.kind == LOCKET_SEND)
            radio_send(e.data, e.len);
        if (RETURNS && LOCKET_CFG_CLIENT && e.kind == LOCKET_CONNECTED)
            remember(ep, e.session);
        if (IMAGE_ALL && e.kind == LOCKET_CONNECTED)
            call_the_rest(ep, e.session);
        if (e.kind == LOCKET_CONNECTED || e.kind == LOCKET_DATA)
            talking = e.session;
        if (e.kind == LOCKET_CLOSED)
            talking = NULL;
        if (IMAGE_ALL && ROAMS && e.kind == LOCKET_ADDRESS && locket_move(ep, e.session, &e.peer) != LOCKET_OK)
            talking = NULL;
    }
    if (talking)
        send_reading(ep, talking);
}

static locket_endpoint client, server;
static locket_session client_sessions[SESSIONS], server_sessions[SESSIONS];
static locket_handshake client_handshakes[HANDSHAKES], server_handshakes[HANDSHAKES];
static locket_resumption cache[SESSIONS];
static locket_path paths[SESSIONS];

static const locket_config client_config = {
    .role = LOCKET_CLIENT, .psk = look_up, .mtu = BUFFER,
    .suites = leanest, .n_suites = LOCKET_CFG_GCM ? 0 : 1,
    .tickets = TICKETS, .max_fragment_length = IMAGE_RETURN && LOCKET_CFG_LIMITS ? 512 : 0,
    .cid = ROAMS, .counter = ROAMS ? count : NULL
};
static const locket_config server_config = {
    .role = LOCKET_SERVER, .psk = look_up, .mtu = BUFFER,
    .suites = leanest, .n_suites = LOCKET_CFG_GCM ? 0 : 1,
    .cache = RETURNS ? cache : NULL, .n_cache = RETURNS ? SESSIONS : 0, .tickets = TICKETS,
    .record_size_limit = IMAGE_RETURN && LOCKET_CFG_LIMITS ? 256 : 0,
    .cid = ROAMS, .cid_len = ROAMS ? LOCKET_CFG_CID_SIZE : 0,
    .paths = ROAMS && LOCKET_CFG_RRC ? paths : NULL, .n_paths = ROAMS && LOCKET_CFG_RRC ? SESSIONS : 0
};

static bool begin_client(void)
{
    locket_session *session;
    if (locket_init(&client, &client_config, client_sessions, SESSIONS, client_handshakes, HANDSHAKES) != LOCKET_OK)
        return false;
    if (ROAMS && blob_len &&
        locket_session_load(&client, 1, key, blob, blob_len, clock_register, &session) == LOCKET_OK)
        return true;
    if (RETURNS && record_len &&
        locket_resume(&client, &peer, clock_register, record, record_len, &session) == LOCKET_OK)
        return true;
    return locket_connect(&client, &peer, clock_register, &session) == LOCKET_OK;
}

static bool begin_server(void)
{
    return locket_init(&server, &server_config, server_sessions, SESSIONS, server_handshakes, HANDSHAKES) ==
               LOCKET_OK &&
           (!TICKETS || locket_ticket_key(&server, 1, key) == LOCKET_OK);
}

int main(void)
{
    if ((LOCKET_CFG_CLIENT && !begin_client()) || (LOCKET_CFG_SERVER && !begin_server()))
        return 1;
    for (;;) {
        if (LOCKET_CFG_CLIENT)
            turn(&client);
        if (LOCKET_CFG_SERVER)
            turn(&server);
    }
}
