/* SPDX-License-Identifier: Apache-2.0
 *
 * gateway.c -- a PSK server on a Cortex-M3: several meters, each reading is printed and sent
 * back as its acknowledgement. Who comes again is let in after one round trip, by a ticket or
 * by the ID of a session in the cache. Who has a connection ID may also come from another
 * address: the acknowledgement then waits until it is sure that the meter is there.
 *
 *     ip=10.0.2.1    our own address
 *     port=5684      where we listen
 *     count=1        sessions to be closed before we leave, but for those that a new one replaces
 *     tickets=yes|no give them, to who asks for one; without, the cache is for all
 *     check=enhanced|basic  ask at the old address first, or at the new one only
 *     idle=0         milliseconds of silence that close a session; 0: none do
 *
 * There are two buffers, so that a reading can be answered while it is read. One would do, as
 * in the meter, if the answers waited until locket_next() has returned false. */
#include <string.h>

#include "arguments.h"
#include "clock.h"
#include "ipv4.h"
#include "keys.h"
#include "locket.h"
#include "report.h"
#include "semihost.h"
#include "stack.h"

enum { SESSIONS = 8, HANDSHAKES = 2, CACHE = 4, PATHS = 2, READING = 32 };

static struct {
    locket_endpoint  endpoint;
    locket_session   sessions[SESSIONS];
    locket_handshake handshakes[HANDSHAKES];
    locket_resumption cache[CACHE];
    locket_path      paths[PATHS];
    locket_config    config;              /* in RAM, for a part of it comes with the command line */
    struct frame     in, out;
    uint8_t          local[4 + 2];        /* our address and port, which cookies are bound to */
    uint16_t         port;
    uint32_t         count, opened, resumed, closed, failed, readings;
    struct held {
        locket_session *session;          /* NULL: free */
        uint8_t len, data[READING];
    } held[PATHS];                        /* acknowledgements that wait for a check */
    uint32_t         moved, elsewhere;
    struct depths    depths;
    const uint32_t  *calls_from;          /* the stack, where we call Locket */
} gateway;

static locket_error find_key(void *user, locket_psk *psk)
{
    (void)user;
    for (uint32_t i = 0; i < KEYS; i++)
        if (psk->identity_len == KEYS_IDENTITY &&
            memcmp(psk->identity, keys[i].identity, KEYS_IDENTITY) == 0) {
            keys_answer(i + 1, psk);
            return LOCKET_OK;
        }
    return LOCKET_ERR_NO_KEY;
}

static const uint16_t suites[] = { LOCKET_PSK_AES_128_CCM_8 };

/* "meter-2: connected". The handle is the one that find_key() gave; 0 when it found none. */
static void say(const locket_event *e, const char *what)
{
    semihost_text(e->handle != 0 ? keys[e->handle - 1].identity : "stranger");
    semihost_text(": ");
    semihost_text(what);
    if (e->reason != LOCKET_OK) {
        semihost_text(": ");
        semihost_text(locket_error_name(e->reason));
    }
    semihost_text("\n");
}

/* To where the session's peer is. */
static void answer(locket_session *session, const uint8_t *data, size_t data_len)
{
    locket_peer peer;
    size_t len;
    if (locket_send(&gateway.endpoint, session, data, data_len, ipv4_payload(&gateway.out), IPV4_PAYLOAD,
                    &len) != LOCKET_OK) {
        (void)locket_close(&gateway.endpoint, session);
        return;
    }
    locket_peer_of(session, &peer);
    ipv4_send(&gateway.out, gateway.port, peer.bytes, len);
}

static struct held *held_for(const locket_session *session)
{
    for (unsigned i = 0; i < PATHS; i++)
        if (gateway.held[i].session == session)
            return &gateway.held[i];
    return NULL;
}

/* A reading from elsewhere: its acknowledgement waits, if there is something to wait for. */
static bool hold(const locket_event *e)
{
    struct held *h = held_for(e->session);
    h = h != NULL ? h : held_for(NULL);
    if (h == NULL || e->len > READING || !locket_checks(e->session))
        return false;
    h->session = e->session;
    h->len = (uint8_t)e->len;
    memcpy(h->data, e->data, e->len);
    return true;
}

/* Nothing waits any more; was there something? */
static struct held *release(const locket_session *session)
{
    struct held *h = held_for(session);
    if (h != NULL)
        h->session = NULL;
    return h;
}

static void acknowledge(const locket_event *e)
{
    semihost_text(keys[e->handle - 1].identity);
    semihost_text(": ");
    semihost_bytes(e->data, e->len);
    semihost_text("\n");
    gateway.readings++;
    if (e->reason == LOCKET_PENDING && hold(e))
        return;
    (void)release(e->session);
    answer(e->session, e->data, e->len);
}

/* A check begins, or has come to something. */
static void address(const locket_event *e)
{
    if (e->reason == LOCKET_PENDING)
        return;
    const struct held *h = release(e->session);
    gateway.moved += e->reason == LOCKET_OK;
    gateway.elsewhere += e->reason != LOCKET_OK;
    say(e, e->reason == LOCKET_OK ? "has moved" : "has not moved");
    if (h != NULL && e->reason == LOCKET_OK)
        answer(e->session, h->data, h->len);
}

static void take(const locket_event *e)
{
    switch (e->kind) {
    case LOCKET_SEND:
        ipv4_send(&gateway.out, gateway.port, e->peer.bytes, e->len);
        break;
    case LOCKET_CONNECTED:
        gateway.opened++;
        gateway.resumed += locket_resumed(e->session);
        say(e, locket_resumed(e->session) ? "connected again" : "connected");
        break;
    case LOCKET_DATA:
        acknowledge(e);
        break;
    case LOCKET_CLOSED:
        gateway.closed += e->reason != LOCKET_ERR_REPLACED;
        (void)release(e->session);
        say(e, "closed");
        break;
    case LOCKET_FAILED:
        gateway.failed++;
        say(e, "no session");
        break;
    case LOCKET_ADDRESS:
        address(e);
        break;
    case LOCKET_WEARING:
        (void)locket_close(&gateway.endpoint, e->session);
        break;
    }
}

/* Wait for something, and deal with it. */
static void turn(void)
{
    locket_event e;
    locket_peer from = { .len = IPV4_PEER };
    uint32_t when;
    if (!locket_deadline(&gateway.endpoint, &when))
        when = clock_now() + 1000;
    clock_sleep(when);
    const size_t len = ipv4_receive(&gateway.in, gateway.port, from.bytes);
    const uint32_t now = clock_now();
    gateway.calls_from = stack_pointer();
    if (len > 0)
        locket_input(&gateway.endpoint, &from, ipv4_payload(&gateway.in), len, now);
    else
        locket_tick(&gateway.endpoint, now);
    while (locket_next(&gateway.endpoint, ipv4_payload(&gateway.out), IPV4_PAYLOAD, &e))
        take(&e);
}

/* Not inlined: main() keeps its frame for ever. */
__attribute__((noinline)) static bool settings(void)
{
    char line[200];
    semihost_arguments(line, sizeof line);
    gateway.count = argument_number(line, "count", 1);
    gateway.port = (uint16_t)argument_number(line, "port", 5684);
    gateway.local[0] = 10, gateway.local[1] = 0, gateway.local[2] = 2, gateway.local[3] = 1;
    gateway.config = (locket_config){
        .role = LOCKET_SERVER, .psk = find_key, .suites = suites, .n_suites = 1, .mtu = IPV4_PAYLOAD,
        .local = gateway.local, .local_len = sizeof gateway.local,
        .idle_timeout = argument_number(line, "idle", 0),
        .cache = gateway.cache, .n_cache = CACHE, .tickets = !argument_is(line, "tickets", "no"),
        .cid = true, .cid_len = LOCKET_CFG_CID_SIZE, .paths = gateway.paths, .n_paths = PATHS,
        .path_check = argument_is(line, "check", "basic") ? LOCKET_PATH_BASIC : LOCKET_PATH_ENHANCED
    };
    gateway.local[4] = (uint8_t)(gateway.port >> 8);
    gateway.local[5] = (uint8_t)gateway.port;
    return argument(line, "ip") == NULL || argument_address(line, "ip", gateway.local, NULL);
}

int main(void)
{
    stack_guard();
    if (!settings()) {
        semihost_text("gateway: ip=ADDRESS is wrong\n");
        return EXIT_ARGUMENTS;
    }
    clock_open();
    locket_error failed = locket_selftest();
    if (failed == LOCKET_OK)
        failed = locket_init(&gateway.endpoint, &gateway.config, gateway.sessions, SESSIONS,
                             gateway.handshakes, HANDSHAKES);
    if (failed != LOCKET_OK) {
        semihost_text(locket_error_name(failed));
        return EXIT_FAILED;
    }
    report_begin(&gateway.depths);
    ipv4_open(&gateway.out, gateway.local);
    semihost_text("gateway: ready\n");
    while (gateway.closed < gateway.count)
        turn();
    semihost_line("sessions", gateway.opened);
    semihost_line("sessions resumed", gateway.resumed);
    semihost_line("addresses changed", gateway.moved);
    semihost_line("addresses not changed", gateway.elsewhere);
    semihost_line("handshakes failed", gateway.failed);
    semihost_line("readings", gateway.readings);
    report_look(&gateway.depths, gateway.calls_from);
    report(&gateway.depths, sizeof gateway.endpoint + sizeof gateway.sessions + sizeof gateway.handshakes +
                                sizeof gateway.cache + sizeof gateway.paths);
    locket_shutdown(&gateway.endpoint);
    return EXIT_FINE;
}
