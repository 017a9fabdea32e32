/* SPDX-License-Identifier: Apache-2.0
 *
 * mbedtls.c -- Mbed TLS in the benchmark. Its contexts can be reset and used again, which
 * is cheaper than making them, so they are. */
#include <string.h>

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_cache.h>
#include <mbedtls/ssl_ciphersuites.h>
#include <mbedtls/ssl_cookie.h>
#include <mbedtls/ssl_ticket.h>
#include <mbedtls/version.h>

#include "peer.h"

static mbedtls_entropy_context entropy;
static mbedtls_ctr_drbg_context generator;
static mbedtls_ssl_cookie_ctx cookies;
static mbedtls_ssl_cache_context cache;
static mbedtls_ssl_ticket_context tickets;
static mbedtls_ssl_config configs[BENCH_SUITES][BENCH_WAYS][2];
static mbedtls_ssl_context ends[BENCH_SUITES][BENCH_WAYS][2];     /* client, server */
static struct { bool good; mbedtls_ssl_session session; } sessions[BENCH_SUITES][BENCH_WAYS];
static mbedtls_ssl_context listener;
static mbedtls_ssl_context *client, *server;
static bool made;

static const int suites[BENCH_SUITES][2] = {
    { MBEDTLS_TLS_PSK_WITH_AES_128_CCM_8, 0 }, { MBEDTLS_TLS_PSK_WITH_AES_128_GCM_SHA256, 0 },
};

static void must(bool good, const char *what) { bench_must(good, "Mbed TLS", what); }

/* --- the wires: a context is an array of two, in and out --- */

static struct wire *client_wires[2] = { &to_client, &to_server };
static struct wire *server_wires[2] = { &to_server, &to_client };

static int send_one(void *context, const unsigned char *data, size_t len)
{
    struct wire **wires = context;
    return wire_put(wires[1], data, len) ? (int)len : MBEDTLS_ERR_SSL_WANT_WRITE;
}

static int receive_one(void *context, unsigned char *data, size_t cap)
{
    struct wire **wires = context;
    size_t len = wire_take(wires[0], data, cap);
    return len > 0 ? (int)len : MBEDTLS_ERR_SSL_WANT_READ;
}

/* Nothing is lost here, so no timer ever runs out. */
static void set_timer(void *context, uint32_t soon, uint32_t late)
{
    (void)context;
    (void)soon;
    (void)late;
}

static int get_timer(void *context)
{
    (void)context;
    return 0;
}

/* --- contexts --- */

static void make_end(mbedtls_ssl_context *end, mbedtls_ssl_config *config, struct wire **wires)
{
    mbedtls_ssl_init(end);
    must(mbedtls_ssl_setup(end, config) == 0, "mbedtls_ssl_setup");
    mbedtls_ssl_set_bio(end, wires, send_one, receive_one, NULL);
    mbedtls_ssl_set_timer_cb(end, NULL, set_timer, get_timer);
    mbedtls_ssl_set_mtu(end, BENCH_MTU);
}

static void make_config(mbedtls_ssl_config *c, enum bench_suite suite, enum bench_way way, int role)
{
    mbedtls_ssl_config_init(c);
    must(mbedtls_ssl_config_defaults(c, role, MBEDTLS_SSL_TRANSPORT_DATAGRAM,
                                     MBEDTLS_SSL_PRESET_DEFAULT) == 0, "mbedtls_ssl_config_defaults");
    mbedtls_ssl_conf_ciphersuites(c, suites[suite]);
    mbedtls_ssl_conf_min_version(c, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
    mbedtls_ssl_conf_rng(c, mbedtls_ctr_drbg_random, &generator);
    mbedtls_ssl_conf_session_tickets(c, way == BENCH_BY_TICKET ? MBEDTLS_SSL_SESSION_TICKETS_ENABLED
                                                               : MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
    must(mbedtls_ssl_conf_psk(c, bench_key, sizeof bench_key, (const unsigned char *)BENCH_IDENTITY,
                              strlen(BENCH_IDENTITY)) == 0, "mbedtls_ssl_conf_psk");
    if (role != MBEDTLS_SSL_IS_SERVER)
        return;
    if (way == BENCH_FULL)
        mbedtls_ssl_conf_dtls_cookies(c, mbedtls_ssl_cookie_write, mbedtls_ssl_cookie_check, &cookies);
    else
        mbedtls_ssl_conf_dtls_cookies(c, NULL, NULL, NULL);
    if (way == BENCH_BY_ID)
        mbedtls_ssl_conf_session_cache(c, &cache, mbedtls_ssl_cache_get, mbedtls_ssl_cache_set);
    if (way == BENCH_BY_TICKET)
        mbedtls_ssl_conf_session_tickets_cb(c, mbedtls_ssl_ticket_write, mbedtls_ssl_ticket_parse, &tickets);
}

static void make_pair(enum bench_suite suite, enum bench_way way)
{
    mbedtls_ssl_config *c = configs[suite][way];
    make_config(&c[0], suite, way, MBEDTLS_SSL_IS_CLIENT);
    make_config(&c[1], suite, way, MBEDTLS_SSL_IS_SERVER);
    make_end(&ends[suite][way][0], &c[0], client_wires);
    make_end(&ends[suite][way][1], &c[1], server_wires);
}

static void make_all(void)
{
    if (made)
        return;
    mbedtls_entropy_init(&entropy);
    mbedtls_ctr_drbg_init(&generator);
    mbedtls_ssl_cookie_init(&cookies);
    must(mbedtls_ctr_drbg_seed(&generator, mbedtls_entropy_func, &entropy, NULL, 0) == 0,
         "mbedtls_ctr_drbg_seed");
    must(mbedtls_ssl_cookie_setup(&cookies, mbedtls_ctr_drbg_random, &generator) == 0,
         "mbedtls_ssl_cookie_setup");
    mbedtls_ssl_cache_init(&cache);
    mbedtls_ssl_ticket_init(&tickets);
    must(mbedtls_ssl_ticket_setup(&tickets, mbedtls_ctr_drbg_random, &generator, MBEDTLS_CIPHER_AES_256_GCM,
                                  24 * 3600) == 0, "mbedtls_ssl_ticket_setup");
    for (int s = 0; s < BENCH_SUITES; s++)
        for (int w = 0; w < BENCH_WAYS; w++)
            make_pair((enum bench_suite)s, (enum bench_way)w);
    make_end(&listener, &configs[BENCH_CCM_8][BENCH_FULL][1], server_wires);
    made = true;
}

/* --- what is measured --- */

static bool begin_server(mbedtls_ssl_context *s)
{
    return mbedtls_ssl_session_reset(s) == 0 &&
           mbedtls_ssl_set_client_transport_id(s, bench_address, sizeof bench_address) == 0;
}

static bool waits(int result)
{
    return result == 0 || result == MBEDTLS_ERR_SSL_WANT_READ;
}

/* It has no query for it: a resumed session has the master secret of the first. */
static bool is_of(const mbedtls_ssl_context *end, const mbedtls_ssl_session *first)
{
    return memcmp(end->session->master, first->master, sizeof first->master) == 0;
}

static bool mbedtls_handshake(enum bench_suite suite, enum bench_way way)
{
    mbedtls_ssl_session *session = &sessions[suite][way].session;
    bool back = sessions[suite][way].good;
    int c, s;
    make_all();
    wire_clear();
    client = &ends[suite][way][0];
    server = &ends[suite][way][1];
    if (mbedtls_ssl_session_reset(client) != 0 || !begin_server(server))
        return false;
    if (back)
        must(mbedtls_ssl_set_session(client, session) == 0, "mbedtls_ssl_set_session");
    do {
        c = mbedtls_ssl_handshake(client);
        s = mbedtls_ssl_handshake(server);
        if (s == MBEDTLS_ERR_SSL_HELLO_VERIFY_REQUIRED)
            s = begin_server(server) ? MBEDTLS_ERR_SSL_WANT_READ : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
    } while ((c != 0 || s != 0) && waits(c) && waits(s));
    if (way == BENCH_FULL || c != 0 || s != 0)
        return c == 0 && s == 0;
    if (!back) {
        mbedtls_ssl_session_init(session);
        must(mbedtls_ssl_get_session(client, session) == 0, "mbedtls_ssl_get_session");
        sessions[suite][way].good = true;
    }
    return is_of(client, session) && is_of(server, session);
}

static bool mbedtls_seal(const uint8_t *text, size_t len)
{
    return mbedtls_ssl_write(client, text, len) == (int)len;
}

static bool mbedtls_open(const uint8_t **text, size_t *len)
{
    static uint8_t buffer[BENCH_TEXT];
    int n = mbedtls_ssl_read(server, buffer, sizeof buffer);
    *text = buffer;
    *len = n > 0 ? (size_t)n : 0;
    return n > 0;
}

static bool mbedtls_hello_verify(void)
{
    make_all();
    return begin_server(&listener) &&
           mbedtls_ssl_handshake(&listener) == MBEDTLS_ERR_SSL_HELLO_VERIFY_REQUIRED;
}

static const char *version(void)
{
    static char text[16];
    mbedtls_version_get_string(text);
    return text;
}

const struct bench_peer bench_mbedtls = {
    .name = "Mbed TLS", .package = "libmbedtls-dev", .version = version, .handshake = mbedtls_handshake,
    .seal = mbedtls_seal, .open = mbedtls_open, .hello_verify = mbedtls_hello_verify,
};
