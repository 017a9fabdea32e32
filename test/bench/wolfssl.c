/* SPDX-License-Identifier: Apache-2.0
 *
 * wolfssl.c -- wolfSSL in the benchmark. Debian builds it without static PSK; a record is
 * the same whatever key exchange made its key, and so is coming back to a session, so the
 * records here and the sessions come from an ECDHE_ECDSA handshake with the key and
 * certificate of wolfSSL's own tests. It asks for a cookie whoever comes. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#define USE_CERT_BUFFERS_256
#include <wolfssl/certs_test.h>

#include "peer.h"

static WOLFSSL_CTX *contexts[BENCH_SUITES][2];    /* client, server */
static WOLFSSL_SESSION *sessions[BENCH_SUITES][BENCH_WAYS];

static WOLFSSL *client, *server, *listener;
static struct sockaddr_in address;
static unsigned char cookie_secret[32];

static const char *const suite_of[BENCH_SUITES] = {
    "ECDHE-ECDSA-AES128-CCM-8", "ECDHE-ECDSA-AES128-GCM-SHA256",
};

static void must(bool good, const char *what) { bench_must(good, "wolfSSL", what); }

/* --- the wires: a context is an array of two, in and out --- */

static struct wire *client_wires[2] = { &to_client, &to_server };
static struct wire *server_wires[2] = { &to_server, &to_client };

static int send_one(WOLFSSL *ssl, char *data, int len, void *context)
{
    struct wire **wires = context;
    (void)ssl;
    return wire_put(wires[1], data, (size_t)len) ? len : WOLFSSL_CBIO_ERR_WANT_WRITE;
}

static int receive_one(WOLFSSL *ssl, char *data, int cap, void *context)
{
    struct wire **wires = context;
    size_t len = wire_take(wires[0], data, (size_t)cap);
    (void)ssl;
    return len > 0 ? (int)len : WOLFSSL_CBIO_ERR_WANT_READ;
}

/* --- contexts --- */

static WOLFSSL_CTX *make_context(enum bench_suite suite, bool is_server)
{
    WOLFSSL_CTX *c = wolfSSL_CTX_new(is_server ? wolfDTLSv1_2_server_method() : wolfDTLSv1_2_client_method());
    must(c != NULL, "wolfSSL_CTX_new");
    must(wolfSSL_CTX_set_cipher_list(c, suite_of[suite]) == WOLFSSL_SUCCESS, "wolfSSL_CTX_set_cipher_list");
    wolfSSL_CTX_set_verify(c, WOLFSSL_VERIFY_NONE, NULL);
    wolfSSL_SetIOSend(c, send_one);
    wolfSSL_SetIORecv(c, receive_one);
    if (is_server)
        must(wolfSSL_CTX_use_PrivateKey_buffer(c, ecc_key_der_256, sizeof_ecc_key_der_256,
                                               WOLFSSL_FILETYPE_ASN1) == WOLFSSL_SUCCESS &&
             wolfSSL_CTX_use_certificate_buffer(c, serv_ecc_der_256, sizeof_serv_ecc_der_256,
                                                WOLFSSL_FILETYPE_ASN1) == WOLFSSL_SUCCESS, "certificate");
    return c;
}

static WOLFSSL *make_end(WOLFSSL_CTX *c, struct wire **wires, bool is_server)
{
    WOLFSSL *ssl = wolfSSL_new(c);
    must(ssl != NULL, "wolfSSL_new");
    wolfSSL_SetIOReadCtx(ssl, wires);
    wolfSSL_SetIOWriteCtx(ssl, wires);
    wolfSSL_dtls_set_using_nonblock(ssl, 1);
    must(wolfSSL_dtls_set_peer(ssl, &address, sizeof address) == WOLFSSL_SUCCESS, "wolfSSL_dtls_set_peer");
    if (is_server)
        must(wolfSSL_DTLS_SetCookieSecret(ssl, cookie_secret, sizeof cookie_secret) == 0, "cookie secret");
    return ssl;
}

static void make_all(void)
{
    if (listener)
        return;
    must(wolfSSL_Init() == WOLFSSL_SUCCESS, "wolfSSL_Init");
    must(wolfSSL_RAND_bytes(cookie_secret, sizeof cookie_secret) == WOLFSSL_SUCCESS, "wolfSSL_RAND_bytes");
    address.sin_family = AF_INET;
    memcpy(&address.sin_addr, bench_address, 4);
    memcpy(&address.sin_port, bench_address + 4, 2);
    for (int s = 0; s < BENCH_SUITES; s++)
        for (int role = 0; role < 2; role++)
            contexts[s][role] = make_context((enum bench_suite)s, role == 1);
    listener = make_end(contexts[BENCH_CCM_8][1], server_wires, true);
}

/* --- what is measured --- */

static bool waits(WOLFSSL *ssl, int result)
{
    return result == WOLFSSL_SUCCESS || wolfSSL_get_error(ssl, result) == WOLFSSL_ERROR_WANT_READ;
}

static bool wolfssl_handshake(enum bench_suite suite, enum bench_way way)
{
    WOLFSSL_SESSION **session = &sessions[suite][way];
    int c, s, back;
    make_all();
    wolfSSL_free(client);
    wolfSSL_free(server);
    wire_clear();
    client = make_end(contexts[suite][0], client_wires, false);
    server = make_end(contexts[suite][1], server_wires, true);
    if (way == BENCH_BY_TICKET)
        must(wolfSSL_UseSessionTicket(client) == WOLFSSL_SUCCESS, "wolfSSL_UseSessionTicket");
    back = *session != NULL;
    if (back)
        must(wolfSSL_set_session(client, *session) == WOLFSSL_SUCCESS, "wolfSSL_set_session");
    do {
        c = wolfSSL_connect(client);
        s = wolfSSL_accept(server);
    } while ((c != WOLFSSL_SUCCESS || s != WOLFSSL_SUCCESS) && waits(client, c) && waits(server, s));
    if (way != BENCH_FULL && !back)
        *session = wolfSSL_get1_session(client);
    return c == WOLFSSL_SUCCESS && s == WOLFSSL_SUCCESS &&
           (way == BENCH_FULL || (wolfSSL_session_reused(client) == back && wolfSSL_session_reused(server) == back));
}

static bool wolfssl_seal(const uint8_t *text, size_t len)
{
    return wolfSSL_write(client, text, (int)len) == (int)len;
}

static bool wolfssl_open(const uint8_t **text, size_t *len)
{
    static uint8_t buffer[BENCH_TEXT];
    int n = wolfSSL_read(server, buffer, sizeof buffer);
    *text = buffer;
    *len = n > 0 ? (size_t)n : 0;
    return n > 0;
}

static bool wolfssl_hello_verify(void)
{
    make_all();
    return waits(listener, wolfSSL_accept(listener));
}

static const char *version(void) { return wolfSSL_lib_version(); }

const struct bench_peer bench_wolfssl = {
    .name = "wolfSSL", .package = "libwolfssl-dev", .no_psk = "not in Debian's build",
    .version = version, .handshake = wolfssl_handshake,
    .seal = wolfssl_seal, .open = wolfssl_open, .hello_verify = wolfssl_hello_verify,
};
