/* SPDX-License-Identifier: Apache-2.0
 *
 * mbedtls_peer.c -- Mbed TLS as a DTLS 1.2 peer with a pre-shared key on 127.0.0.1, for one
 * session, or for several that resume it:
 *
 *     mbedtls_peer client|server PORT SUITE IDENTITY KEY MTU [id|ticket VISITS FRAGMENT [CID]]
 *
 * KEY is in hexadecimal; MTU 0 leaves it to the library. The client sends what comes on
 * standard input; the server sends back what arrives. Both print "connected: SUITE", with
 * ", resumed" behind it when the session is an earlier one, and "received: DATA".
 *
 * The line "again" ends a client's visit, and the next one begins; a server waits for the next
 * client when one has closed. Both close when input ends, and exit with 0 when the last
 * session has ended with a close_notify of either side. FRAGMENT is the client's
 * max_fragment_length: 512, 1024, 2048, 4096, or 0.
 *
 * CID is the length of the connection IDs that we receive by (0: none, but theirs are sent), or
 * "off" when the extension stays out. Then both print "cid: ours 'HEX', theirs 'HEX'", or "cid:
 * not in use". The line "rebind" gives the client another port; a server that receives by a
 * connection ID follows, and both print "moved: ...". One source for Mbed TLS 2.28 and 3.6. */
#define _POSIX_C_SOURCE 200809L
#define MBEDTLS_ALLOW_PRIVATE_ACCESS          /* 3.6 wants it for the members that 2.28 shows */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_cache.h>
#include <mbedtls/ssl_ciphersuites.h>
#include <mbedtls/ssl_cookie.h>
#include <mbedtls/ssl_ticket.h>
#include <mbedtls/timing.h>

#include "mbedtls_cid.h"

enum { PATIENCE = 50 };                       /* ms, for what poll() has seen and turns out to be nothing */
enum { DATAGRAM = 2048, KEY_MOST = MBEDTLS_PSK_MAX_LEN };

/* What the words behind MTU say. */
enum { WAY = 7, VISITS, FRAGMENT, CID };

static int is_server, visits = 1, fragment, cid_len = CID_OFF;
static mbedtls_ctr_drbg_context generator;
static mbedtls_net_context listening, wire;
static mbedtls_ssl_context ssl;
static mbedtls_ssl_session first;             /* of the first visit */

static void must(int failed, const char *what)
{
    char why[128];
    if (failed == 0)
        return;
    mbedtls_strerror(failed, why, sizeof why);
    fprintf(stderr, "mbedtls_peer: %s: %s (-0x%04x)\n", what, why, (unsigned)-failed);
    exit(EXIT_FAILURE);
}

static size_t from_hex(const char *text, unsigned char *out, size_t cap)
{
    size_t n = 0;
    unsigned value;
    while (n < cap && sscanf(text + 2 * n, "%2x", &value) == 1)
        out[n++] = (unsigned char)value;
    return n;
}

static void configure(mbedtls_ssl_config *config, mbedtls_ctr_drbg_context *random, char **arguments)
{
    static int suites[2];
    static mbedtls_ssl_cookie_ctx cookies;
    unsigned char key[KEY_MOST];
    size_t key_len = from_hex(arguments[5], key, sizeof key);
    const unsigned char *identity = (const unsigned char *)arguments[4];

    must(mbedtls_ssl_config_defaults(config, is_server ? MBEDTLS_SSL_IS_SERVER : MBEDTLS_SSL_IS_CLIENT,
                                     MBEDTLS_SSL_TRANSPORT_DATAGRAM, MBEDTLS_SSL_PRESET_DEFAULT), "defaults");
    suites[0] = mbedtls_ssl_get_ciphersuite_id(arguments[3]);
    if (suites[0] == 0) {
        fprintf(stderr, "mbedtls_peer: no suite %s\n", arguments[3]);
        exit(EXIT_FAILURE);
    }
    mbedtls_ssl_conf_ciphersuites(config, suites);
#if MBEDTLS_VERSION_MAJOR < 3                 /* 3.6 has no DTLS 1.0 */
    mbedtls_ssl_conf_min_version(config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
#endif
    mbedtls_ssl_conf_rng(config, mbedtls_ctr_drbg_random, random);
    mbedtls_ssl_conf_read_timeout(config, PATIENCE);
    must(mbedtls_ssl_conf_psk(config, key, key_len, identity, strlen(arguments[4])), "key");
    if (is_server) {
        mbedtls_ssl_cookie_init(&cookies);
        must(mbedtls_ssl_cookie_setup(&cookies, mbedtls_ctr_drbg_random, random), "cookies");
        mbedtls_ssl_conf_dtls_cookies(config, mbedtls_ssl_cookie_write, mbedtls_ssl_cookie_check, &cookies);
    }
}

/* Resumption by session ID, or by ticket. */
static void configure_return(mbedtls_ssl_config *config, mbedtls_ctr_drbg_context *random, const char *way)
{
    static mbedtls_ssl_cache_context cache;
    static mbedtls_ssl_ticket_context tickets;
    int by_ticket = strcmp(way, "ticket") == 0;
    mbedtls_ssl_conf_session_tickets(config, by_ticket ? MBEDTLS_SSL_SESSION_TICKETS_ENABLED
                                                       : MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
    if (is_server && by_ticket) {
        mbedtls_ssl_ticket_init(&tickets);
        must(mbedtls_ssl_ticket_setup(&tickets, mbedtls_ctr_drbg_random, random, MBEDTLS_CIPHER_AES_128_GCM, 3600),
             "tickets");
        mbedtls_ssl_conf_session_tickets_cb(config, mbedtls_ssl_ticket_write, mbedtls_ssl_ticket_parse, &tickets);
    } else if (is_server) {
        mbedtls_ssl_cache_init(&cache);
        mbedtls_ssl_conf_session_cache(config, &cache, mbedtls_ssl_cache_get, mbedtls_ssl_cache_set);
    }
}

static void configure_fragment(mbedtls_ssl_config *config)
{
    unsigned char code = MBEDTLS_SSL_MAX_FRAG_LEN_512;
    for (int most = 512; most < fragment; most *= 2)
        code++;
    must(mbedtls_ssl_conf_max_frag_len(config, code), "fragment");
}

static void start_over(void)
{
    must(mbedtls_ssl_session_reset(&ssl), "reset");
    must(cid_offer(&ssl, &generator, cid_len), "connection ID");
}

/* It also returns when it has repeated a flight. */
static int handshake(void)
{
    int failed;
    do
        failed = mbedtls_ssl_handshake(&ssl);
    while (failed == MBEDTLS_ERR_SSL_WANT_READ);
    return failed;
}

/* A first ClientHello without a cookie ends the handshake; the next one has it. */
static void accept_someone(void)
{
    unsigned char from[16];
    size_t from_len = 0;
    int failed;
    do {
        mbedtls_net_free(&wire);
        start_over();
        must(mbedtls_net_accept(&listening, &wire, from, sizeof from, &from_len), "accept");
        must(mbedtls_ssl_set_client_transport_id(&ssl, from, from_len), "transport");
        failed = handshake();
    } while (failed == MBEDTLS_ERR_SSL_HELLO_VERIFY_REQUIRED);
    must(failed, "handshake");
}

/* 0 to go on, 1 when the other side has closed. */
static int receive(void)
{
    unsigned char data[DATAGRAM];
    int n = mbedtls_ssl_read(&ssl, data, sizeof data);
    if (n == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY)
        return 1;
    if (n == MBEDTLS_ERR_SSL_TIMEOUT || n == MBEDTLS_ERR_SSL_WANT_READ)
        return 0;
    must(n < 0 ? n : 0, "read");
    printf("received: %.*s", n, (const char *)data);
    if (is_server && n > 0)
        must(mbedtls_ssl_write(&ssl, data, (size_t)n) == n ? 0 : MBEDTLS_ERR_SSL_INTERNAL_ERROR, "write");
    return 0;
}

/* 0 to go on, 1 when input has ended, 2 when the visit has, 3 for another port. */
static int transmit(void)
{
    static const char again[] = "again\n", rebind[] = "rebind\n";
    unsigned char data[DATAGRAM];
    ssize_t n = read(STDIN_FILENO, data, sizeof data);
    if (n <= 0)
        return 1;
    if (n == sizeof again - 1 && memcmp(data, again, sizeof again - 1) == 0)
        return 2;
    if (n == sizeof rebind - 1 && memcmp(data, rebind, sizeof rebind - 1) == 0)
        return 3;
    if (!is_server)
        must(mbedtls_ssl_write(&ssl, data, (size_t)n) == n ? 0 : MBEDTLS_ERR_SSL_INTERNAL_ERROR, "write");
    return 0;
}

/* Not the same port as before: that one is still taken. */
static void bind_again(const char *port)
{
    mbedtls_net_context other;
    mbedtls_net_init(&other);
    must(mbedtls_net_connect(&other, "127.0.0.1", port, MBEDTLS_NET_PROTO_UDP), "connect");
    mbedtls_net_free(&wire);
    wire = other;
}

/* A datagram for a server, from another address than the session's. */
static void from_elsewhere(void)
{
    unsigned char data[DATAGRAM];
    struct sockaddr_in from = { 0 };
    socklen_t from_len = sizeof from;
    ssize_t n = recvfrom(listening.fd, data, sizeof data, MSG_PEEK, (struct sockaddr *)&from, &from_len);
    if (n > 0 && cid_newest(&ssl, data, (size_t)n, cid_len)) {
        mbedtls_net_free(&wire);
        must(mbedtls_net_accept(&listening, &wire, NULL, 0, NULL), "accept");
        printf("moved: the client is at port %u\n", ntohs(from.sin_port));
    } else {
        (void)recv(listening.fd, data, sizeof data, 0);
        printf("dropped: %zd bytes from port %u\n", n, ntohs(from.sin_port));
    }
}

/* 0: there is another visit. */
static int talk(const char *port)
{
    for (;;) {
        int ended = 0;
        struct pollfd fds[3] = { { .fd = wire.fd, .events = POLLIN },
                                 { .fd = STDIN_FILENO, .events = POLLIN },
                                 { .fd = is_server && cid_len > 0 ? listening.fd : -1, .events = POLLIN } };
        if (mbedtls_ssl_get_bytes_avail(&ssl) == 0 && poll(fds, 3, -1) < 0)
            exit(EXIT_FAILURE);
        if (fds[2].revents != 0) {
            from_elsewhere();
            continue;
        }
        if (fds[1].revents != 0 && (ended = transmit()) == 3) {
            bind_again(port);
            puts("moved: to another port");
            continue;
        }
        if (fds[1].revents != 0 && ended != 0) {
            must(mbedtls_ssl_close_notify(&ssl), "close");
            puts("closed by this side");
            return ended == 1;
        }
        if (fds[0].revents != 0 && receive()) {
            puts("closed by the other side");
            return 0;
        }
    }
}

static void connect_to(const char *port)
{
    bind_again(port);
    start_over();
    if (first.ciphersuite != 0)
        must(mbedtls_ssl_set_session(&ssl, &first), "session");
    must(handshake(), "handshake");
}

/* There is no query for it, but a resumed session has the master secret of the one before. */
static const char *how(void)
{
    static unsigned char master[sizeof first.master];
    int resumed = memcmp(ssl.session->master, master, sizeof master) == 0;
    memcpy(master, ssl.session->master, sizeof master);
    if (!is_server && first.ciphersuite == 0)
        must(mbedtls_ssl_get_session(&ssl, &first), "get session");
    return resumed ? ", resumed" : "";
}

int main(int n, char **arguments)
{
    static mbedtls_ssl_config config;
    static mbedtls_entropy_context entropy;
    static mbedtls_timing_delay_context timer;
    if (n < 7) {
        fprintf(stderr, "usage: mbedtls_peer client|server PORT SUITE IDENTITY KEY MTU"
                        " [id|ticket VISITS FRAGMENT [CID]]\n");
        return 2;
    }
    is_server = strcmp(arguments[1], "server") == 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    mbedtls_net_init(&listening);
    mbedtls_net_init(&wire);
    mbedtls_ssl_init(&ssl);
    mbedtls_ssl_config_init(&config);
    mbedtls_entropy_init(&entropy);
    mbedtls_ctr_drbg_init(&generator);
    must(mbedtls_ctr_drbg_seed(&generator, mbedtls_entropy_func, &entropy, NULL, 0), "random numbers");
    mbedtls_ssl_session_init(&first);
    configure(&config, &generator, arguments);
    if (n > FRAGMENT) {
        visits = atoi(arguments[VISITS]);
        fragment = atoi(arguments[FRAGMENT]);
        configure_return(&config, &generator, arguments[WAY]);
        if (fragment > 0)
            configure_fragment(&config);
    }
    if (n > CID && strcmp(arguments[CID], "off") != 0)
        cid_len = atoi(arguments[CID]);
    must(cid_configure(&config, cid_len), "connection ID");
    must(mbedtls_ssl_setup(&ssl, &config), "setup");
    mbedtls_ssl_set_timer_cb(&ssl, &timer, mbedtls_timing_set_delay, mbedtls_timing_get_delay);
    mbedtls_ssl_set_bio(&ssl, &wire, mbedtls_net_send, mbedtls_net_recv, mbedtls_net_recv_timeout);
    if (atoi(arguments[6]) > 0)
        mbedtls_ssl_set_mtu(&ssl, (uint16_t)atoi(arguments[6]));
    if (is_server)
        must(mbedtls_net_bind(&listening, "127.0.0.1", arguments[2], MBEDTLS_NET_PROTO_UDP), "bind");
    for (int over = 0; !over && visits > 0; visits--) {
        if (is_server)
            accept_someone();
        else
            connect_to(arguments[2]);
        if (n > CID)
            cid_print(&ssl, cid_len);
        printf("connected: %s%s\n", mbedtls_ssl_get_ciphersuite(&ssl), how());
        over = talk(arguments[2]);
    }
    mbedtls_net_free(&wire);
    mbedtls_net_free(&listening);
    mbedtls_ssl_session_free(&first);
    mbedtls_ssl_free(&ssl);
    mbedtls_ssl_config_free(&config);
    return EXIT_SUCCESS;
}
