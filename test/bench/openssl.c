/* SPDX-License-Identifier: Apache-2.0
 *
 * openssl.c -- OpenSSL in the benchmark. Its cookies are the application's business: here
 * an HMAC-SHA-256 over the address, with everything prepared that can be. */
#include <string.h>

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include "peer.h"

static SSL_CTX *contexts[BENCH_SUITES][BENCH_WAYS][2];    /* client, server */
static SSL_SESSION *sessions[BENCH_SUITES][BENCH_WAYS];   /* to come back to */
static BIO_METHOD *method;
static EVP_MAC_CTX *cookie_mac;
static SSL *client, *server, *listener;

static const char *const suite_of[BENCH_SUITES] = { "PSK-AES128-CCM8", "PSK-AES128-GCM-SHA256" };

static void must(bool good, const char *what) { bench_must(good, "OpenSSL", what); }

/* --- the wires as BIOs: data of a BIO is an array of two, in and out --- */

static struct wire *client_wires[2] = { &to_client, &to_server };
static struct wire *server_wires[2] = { &to_server, &to_client };

static int bio_write(BIO *b, const char *data, int len)
{
    struct wire **wires = BIO_get_data(b);
    return wire_put(wires[1], data, (size_t)len) ? len : -1;
}

static int bio_read(BIO *b, char *data, int cap)
{
    struct wire **wires = BIO_get_data(b);
    size_t len = wire_take(wires[0], data, (size_t)cap);
    BIO_clear_retry_flags(b);
    if (len > 0)
        return (int)len;
    BIO_set_retry_read(b);
    return -1;
}

static long bio_ctrl(BIO *b, int command, long number, void *pointer)
{
    (void)b;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

static void attach(SSL *ssl, struct wire **wires)
{
    BIO *b = BIO_new(method);
    must(b != NULL, "BIO_new");
    BIO_set_data(b, wires);
    BIO_set_init(b, 1);
    SSL_set_bio(ssl, b, b);
}

/* --- callbacks --- */

static unsigned client_psk(SSL *ssl, const char *hint, char *identity, unsigned identity_cap,
                           unsigned char *key, unsigned key_cap)
{
    (void)ssl;
    (void)hint;
    if (identity_cap < sizeof BENCH_IDENTITY || key_cap < sizeof bench_key)
        return 0;
    memcpy(identity, BENCH_IDENTITY, sizeof BENCH_IDENTITY);
    memcpy(key, bench_key, sizeof bench_key);
    return sizeof bench_key;
}

static unsigned server_psk(SSL *ssl, const char *identity, unsigned char *key, unsigned key_cap)
{
    (void)ssl;
    if (strcmp(identity, BENCH_IDENTITY) != 0 || key_cap < sizeof bench_key)
        return 0;
    memcpy(key, bench_key, sizeof bench_key);
    return sizeof bench_key;
}

static int cookie_make(SSL *ssl, unsigned char *cookie, unsigned *len)
{
    uint8_t mac[32];
    size_t mac_len;
    (void)ssl;
    if (!EVP_MAC_init(cookie_mac, NULL, 0, NULL) ||
        !EVP_MAC_update(cookie_mac, bench_address, sizeof bench_address) ||
        !EVP_MAC_final(cookie_mac, mac, &mac_len, sizeof mac))
        return 0;
    memcpy(cookie, mac, BENCH_COOKIE);
    *len = BENCH_COOKIE;
    return 1;
}

static int cookie_check(SSL *ssl, const unsigned char *cookie, unsigned len)
{
    unsigned char expected[BENCH_COOKIE];
    unsigned expected_len;
    return cookie_make(ssl, expected, &expected_len) && len == expected_len &&
           CRYPTO_memcmp(cookie, expected, len) == 0;
}

/* --- contexts --- */

static void make_cookie_mac(void)
{
    unsigned char secret[32];
    char digest[] = "SHA256";
    OSSL_PARAM params[2] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                             OSSL_PARAM_construct_end() };
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    must(mac && RAND_bytes(secret, sizeof secret) == 1, "HMAC");
    cookie_mac = EVP_MAC_CTX_new(mac);
    must(cookie_mac && EVP_MAC_init(cookie_mac, secret, sizeof secret, params), "EVP_MAC_init");
    EVP_MAC_free(mac);
}

static SSL_CTX *make_context(enum bench_suite suite, enum bench_way way, bool is_server)
{
    SSL_CTX *c = SSL_CTX_new(is_server ? DTLS_server_method() : DTLS_client_method());
    must(c && SSL_CTX_set_min_proto_version(c, DTLS1_2_VERSION) &&
         SSL_CTX_set_max_proto_version(c, DTLS1_2_VERSION), "SSL_CTX_new");
    SSL_CTX_set_options(c, SSL_OP_NO_QUERY_MTU | (way == BENCH_BY_TICKET ? 0 : SSL_OP_NO_TICKET));
    SSL_CTX_set_session_cache_mode(c, way == BENCH_BY_ID && is_server ? SSL_SESS_CACHE_SERVER : SSL_SESS_CACHE_OFF);
    must(SSL_CTX_set_session_id_context(c, (const unsigned char *)"bench", 5), "SSL_CTX_set_session_id_context");
    SSL_CTX_set_read_ahead(c, 1);
    must(SSL_CTX_set_cipher_list(c, suite_of[suite]), "SSL_CTX_set_cipher_list");
    if (is_server) {
        if (way == BENCH_FULL)
            SSL_CTX_set_options(c, SSL_OP_COOKIE_EXCHANGE);
        SSL_CTX_set_psk_server_callback(c, server_psk);
        SSL_CTX_set_cookie_generate_cb(c, cookie_make);
        SSL_CTX_set_cookie_verify_cb(c, cookie_check);
    } else {
        SSL_CTX_set_psk_client_callback(c, client_psk);
    }
    return c;
}

static SSL *make_end(SSL_CTX *c, struct wire **wires)
{
    SSL *ssl = SSL_new(c);
    must(ssl != NULL, "SSL_new");
    SSL_set_mtu(ssl, BENCH_MTU);
    attach(ssl, wires);
    return ssl;
}

static void make_all(void)
{
    if (method)
        return;
    method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "wire");
    must(method && BIO_meth_set_write(method, bio_write) && BIO_meth_set_read(method, bio_read) &&
         BIO_meth_set_ctrl(method, bio_ctrl), "BIO_meth_new");
    make_cookie_mac();
    for (int s = 0; s < BENCH_SUITES; s++)
        for (int w = 0; w < BENCH_WAYS; w++)
            for (int role = 0; role < 2; role++)
                contexts[s][w][role] = make_context((enum bench_suite)s, (enum bench_way)w, role == 1);
    listener = make_end(contexts[BENCH_CCM_8][BENCH_FULL][1], server_wires);
}

/* --- what is measured --- */

static bool waits(SSL *ssl, int result)
{
    return result == 1 || SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ;
}

/* Without a word; but the session shall be good to come back to. */
static void leave(SSL *ssl)
{
    if (ssl)
        SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(ssl);
}

static bool openssl_handshake(enum bench_suite suite, enum bench_way way)
{
    SSL_SESSION **session = &sessions[suite][way];
    int back, c, s;
    make_all();
    leave(client);
    leave(server);
    wire_clear();
    client = make_end(contexts[suite][way][0], client_wires);
    server = make_end(contexts[suite][way][1], server_wires);
    back = *session != NULL;
    if (back)
        must(SSL_set_session(client, *session), "SSL_set_session");
    do {
        c = SSL_connect(client);
        s = SSL_accept(server);
    } while ((c != 1 || s != 1) && waits(client, c) && waits(server, s));
    if (way != BENCH_FULL && !back)
        *session = SSL_get1_session(client);
    return c == 1 && s == 1 && SSL_session_reused(client) == back && SSL_session_reused(server) == back;
}

static bool openssl_seal(const uint8_t *text, size_t len)
{
    return SSL_write(client, text, (int)len) == (int)len;
}

static bool openssl_open(const uint8_t **text, size_t *len)
{
    static uint8_t buffer[BENCH_TEXT];
    int n = SSL_read(server, buffer, sizeof buffer);
    *text = buffer;
    *len = n > 0 ? (size_t)n : 0;
    return n > 0;
}

static bool openssl_hello_verify(void)
{
    static BIO_ADDR *from;
    make_all();
    if (!from)
        must((from = BIO_ADDR_new()) != NULL, "BIO_ADDR_new");
    return DTLSv1_listen(listener, from) == 0;
}

static const char *version(void) { return OpenSSL_version(OPENSSL_VERSION_STRING); }

const struct bench_peer bench_openssl = {
    .name = "OpenSSL", .package = "libssl-dev", .version = version, .handshake = openssl_handshake,
    .seal = openssl_seal, .open = openssl_open, .hello_verify = openssl_hello_verify,
};
