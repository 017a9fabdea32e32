/* SPDX-License-Identifier: Apache-2.0
 *
 * gnutls.c -- GnuTLS in the benchmark. Its cookies are made and checked before there is a
 * session, as its manual shows it. */
#include <errno.h>
#include <string.h>

#include <gnutls/dtls.h>
#include <gnutls/gnutls.h>

#include "peer.h"

static gnutls_psk_client_credentials_t client_key;
static gnutls_psk_server_credentials_t server_key;
static gnutls_priority_t priorities[BENCH_SUITES];
static gnutls_datum_t cookie_key;
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
    made = true;
}

static gnutls_session_t make_end(enum bench_suite suite, unsigned role, void *credentials,
                                 struct wire **wires)
{
    gnutls_session_t session;
    must(gnutls_init(&session, role | GNUTLS_DATAGRAM | GNUTLS_NONBLOCK | GNUTLS_NO_TICKETS) == 0,
         "gnutls_init");
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

static bool gnutls_handshake_both(enum bench_suite suite)
{
    gnutls_dtls_prestate_st prestate;
    int c, s;
    make_all();
    if (client)
        gnutls_deinit(client);
    if (server)
        gnutls_deinit(server);
    server = NULL;
    wire_clear();
    client = make_end(suite, GNUTLS_CLIENT, client_key, client_wires);
    c = gnutls_handshake(client);
    if (prove(&prestate))
        return false;
    c = gnutls_handshake(client);
    if (!waits(c) || !prove(&prestate))
        return false;
    server = make_end(suite, GNUTLS_SERVER, server_key, server_wires);
    gnutls_dtls_prestate_set(server, &prestate);
    do {
        s = gnutls_handshake(server);
        c = gnutls_handshake(client);
    } while ((c != 0 || s != 0) && waits(c) && waits(s));
    return c == 0 && s == 0;
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
