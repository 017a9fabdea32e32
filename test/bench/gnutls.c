/* SPDX-License-Identifier: Apache-2.0
 *
 * gnutls.c -- GnuTLS in the benchmark. Its cookies are made and checked before there is a
 * session, as its manual shows it. Its server's cache is the application's: here the one
 * session that it was last asked to keep. */
#include <errno.h>
#include <string.h>

#include <gnutls/dtls.h>
#include <gnutls/gnutls.h>

#include "peer.h"

static gnutls_psk_client_credentials_t client_key;
static gnutls_psk_server_credentials_t server_key;
static gnutls_priority_t priorities[BENCH_SUITES];
static gnutls_datum_t cookie_key, ticket_key;
static gnutls_datum_t sessions[BENCH_SUITES][BENCH_WAYS];    /* to come back to */
static struct { gnutls_datum_t id, data; } cache;            /* of the server: one entry */
static gnutls_session_t client, server;
static bool made;

static const char *const suite_of[BENCH_SUITES] = {
    "NONE:+VERS-DTLS1.2:+PSK:+AES-128-CCM-8:+AEAD:+SIGN-RSA-SHA256",
    "NONE:+VERS-DTLS1.2:+PSK:+AES-128-GCM:+AEAD:+SIGN-RSA-SHA256",
};

static void must(bool good, const char *what) { bench_must(good, "GnuTLS", what); }

/* --- the wires: a transport pointer is an array of two, in and out --- */

static struct wire *client_wires[2] = { &to_client, &to_server };
static struct wire *server_wires[2] = { &to_server, &to_client };

static ssize_t push(gnutls_transport_ptr_t pointer, const void *data, size_t len)
{
    struct wire **wires = pointer;
    return wire_put(wires[1], data, len) ? (ssize_t)len : -1;
}

static ssize_t pull(gnutls_transport_ptr_t pointer, void *data, size_t cap)
{
    struct wire **wires = pointer;
    size_t len = wire_take(wires[0], data, cap);
    if (len > 0)
        return (ssize_t)len;
    gnutls_transport_set_errno(wires == client_wires ? client : server, EAGAIN);
    return -1;
}

static int pull_timeout(gnutls_transport_ptr_t pointer, unsigned ms)
{
    struct wire **wires = pointer;
    const uint8_t *data;
    (void)ms;
    return wire_look(wires[0], &data) > 0;
}

/* --- contexts --- */

static int find_key(gnutls_session_t session, const char *identity, gnutls_datum_t *key)
{
    (void)session;
    if (strcmp(identity, BENCH_IDENTITY) != 0)
        return -1;
    key->data = gnutls_malloc(sizeof bench_key);
    key->size = sizeof bench_key;
    if (!key->data)
        return -1;
    memcpy(key->data, bench_key, sizeof bench_key);
    return 0;
}

static bool is_same(gnutls_datum_t a, gnutls_datum_t b)
{
    return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

static gnutls_datum_t copy_of(gnutls_datum_t from)
{
    gnutls_datum_t out = { gnutls_malloc(from.size), from.size };
    must(out.data != NULL, "no memory");
    memcpy(out.data, from.data, from.size);
    return out;
}

static int store(void *user, gnutls_datum_t id, gnutls_datum_t data)
{
    (void)user;
    gnutls_free(cache.id.data);
    gnutls_free(cache.data.data);
    cache.id = copy_of(id);
    cache.data = copy_of(data);
    return 0;
}

static gnutls_datum_t retrieve(void *user, gnutls_datum_t id)
{
    gnutls_datum_t none = { NULL, 0 };
    (void)user;
    return is_same(cache.id, id) ? copy_of(cache.data) : none;
}

static int discard(void *user, gnutls_datum_t id)
{
    (void)user;
    (void)id;
    return 0;
}

static void make_all(void)
{
    uint8_t raw[BENCH_KEY];
    gnutls_datum_t key = { raw, sizeof raw };
    if (made)
        return;
    memcpy(raw, bench_key, sizeof raw);
    must(gnutls_global_init() == 0, "gnutls_global_init");
    must(gnutls_psk_allocate_client_credentials(&client_key) == 0 &&
         gnutls_psk_set_client_credentials(client_key, BENCH_IDENTITY, &key, GNUTLS_PSK_KEY_RAW) == 0 &&
         gnutls_psk_allocate_server_credentials(&server_key) == 0, "credentials");
    gnutls_psk_set_server_credentials_function(server_key, find_key);
    for (int s = 0; s < BENCH_SUITES; s++)
        must(gnutls_priority_init(&priorities[s], suite_of[s], NULL) == 0, "gnutls_priority_init");
    must(gnutls_key_generate(&cookie_key, GNUTLS_COOKIE_KEY_SIZE) == 0, "gnutls_key_generate");
    must(gnutls_session_ticket_key_generate(&ticket_key) == 0, "gnutls_session_ticket_key_generate");
    made = true;
}

static gnutls_session_t make_end(enum bench_suite suite, enum bench_way way, unsigned role,
                                 void *credentials, struct wire **wires)
{
    unsigned flags = GNUTLS_DATAGRAM | GNUTLS_NONBLOCK | (way == BENCH_BY_TICKET ? 0 : GNUTLS_NO_TICKETS);
    gnutls_session_t session;
    must(gnutls_init(&session, role | flags) == 0, "gnutls_init");
    if (role == GNUTLS_SERVER && way == BENCH_BY_TICKET)
        must(gnutls_session_ticket_enable_server(session, &ticket_key) == 0, "tickets");
    if (role == GNUTLS_SERVER && way == BENCH_BY_ID) {
        gnutls_db_set_store_function(session, store);
        gnutls_db_set_retrieve_function(session, retrieve);
        gnutls_db_set_remove_function(session, discard);
    }
    must(gnutls_priority_set(session, priorities[suite]) == 0, "gnutls_priority_set");
    must(gnutls_credentials_set(session, GNUTLS_CRD_PSK, credentials) == 0, "gnutls_credentials_set");
    gnutls_dtls_set_mtu(session, BENCH_MTU);
    gnutls_transport_set_ptr(session, wires);
    gnutls_transport_set_push_function(session, push);
    gnutls_transport_set_pull_function(session, pull);
    gnutls_transport_set_pull_timeout_function(session, pull_timeout);
    return session;
}

/* --- what is measured --- */

/* Read the ClientHello that waits, without a session: true when its cookie is good; else
 * it has been answered and is gone. */
static bool prove(gnutls_dtls_prestate_st *prestate)
{
    const uint8_t *data;
    uint8_t hello[BENCH_MTU], address[BENCH_ADDRESS];
    size_t len = wire_look(&to_server, &data);
    if (len == 0 || len > sizeof hello)
        return false;
    memcpy(hello, data, len);
    memcpy(address, bench_address, sizeof address);
    memset(prestate, 0, sizeof *prestate);
    if (gnutls_dtls_cookie_verify(&cookie_key, address, sizeof address, hello, len, prestate) == 0)
        return true;
    (void)wire_take(&to_server, hello, sizeof hello);
    (void)gnutls_dtls_cookie_send(&cookie_key, address, sizeof address, prestate, server_wires, push);
    return false;
}

static bool waits(int result) { return result == 0 || result == GNUTLS_E_AGAIN; }

static bool prove_client(enum bench_suite suite)
{
    gnutls_dtls_prestate_st prestate;
    int c = gnutls_handshake(client);
    if (prove(&prestate))
        return false;
    c = gnutls_handshake(client);
    if (!waits(c) || !prove(&prestate))
        return false;
    server = make_end(suite, BENCH_FULL, GNUTLS_SERVER, server_key, server_wires);
    gnutls_dtls_prestate_set(server, &prestate);
    return true;
}

static bool gnutls_handshake_both(enum bench_suite suite, enum bench_way way)
{
    gnutls_datum_t *session = &sessions[suite][way];
    int c = -1, s = -1, back;
    make_all();
    if (client)
        gnutls_deinit(client);
    if (server)
        gnutls_deinit(server);
    server = NULL;
    wire_clear();
    client = make_end(suite, way, GNUTLS_CLIENT, client_key, client_wires);
    back = session->size != 0;
    if (back)
        must(gnutls_session_set_data(client, session->data, session->size) == 0, "gnutls_session_set_data");
    if (way != BENCH_FULL) {
        (void)gnutls_handshake(client);
        server = make_end(suite, way, GNUTLS_SERVER, server_key, server_wires);
    } else if (!prove_client(suite))
        return false;
    do {                          /* one that has finished would begin anew */
        s = s == 0 ? 0 : gnutls_handshake(server);
        c = c == 0 ? 0 : gnutls_handshake(client);
    } while ((c != 0 || s != 0) && waits(c) && waits(s));
    if (way != BENCH_FULL && !back)
        must(gnutls_session_get_data2(client, session) == 0, "gnutls_session_get_data2");
    return c == 0 && s == 0 && !gnutls_session_is_resumed(client) == !back &&
           !gnutls_session_is_resumed(server) == !back;
}

static bool gnutls_seal(const uint8_t *text, size_t len)
{
    return gnutls_record_send(client, text, len) == (ssize_t)len;
}

static bool gnutls_open(const uint8_t **text, size_t *len)
{
    static uint8_t buffer[BENCH_TEXT];
    ssize_t n = gnutls_record_recv(server, buffer, sizeof buffer);
    *text = buffer;
    *len = n > 0 ? (size_t)n : 0;
    return n > 0;
}

static bool gnutls_hello_verify(void)
{
    gnutls_dtls_prestate_st prestate;
    make_all();
    return !prove(&prestate);
}

static const char *version(void) { return gnutls_check_version(NULL); }

const struct bench_peer bench_gnutls = {
    .name = "GnuTLS", .package = "libgnutls28-dev", .version = version, .handshake = gnutls_handshake_both,
    .seal = gnutls_seal, .open = gnutls_open, .hello_verify = gnutls_hello_verify,
};
