/* SPDX-License-Identifier: Apache-2.0
 *
 * meter.c -- a PSK client on a Cortex-M3: a handshake, a reading of 32 bytes every period, and
 * then a close, or silence. One buffer serves all datagrams, in and out. With wake=1 it
 * sleeps from one reading to the next and starts anew after each, with nothing but the record
 * of its session (kept.h): so it comes back in one round trip, where the server lets it.
 *
 * With sleep=1 it keeps the session itself (locket_session_save()), with connection IDs, in
 * memory that needs no power (nvm.h), and goes on with it: the next reading is the first datagram
 * after the reset, whatever has become of our address in between. When that is not possible,
 * because power failed at the wrong moment, there is the record.
 *
 *     server=10.0.2.2:5684  where the readings go (required)
 *     ip=10.0.2.15          our own address
 *     id=1                  which of the keys is ours
 *     period=1000           milliseconds from one reading to the next
 *     count=10              readings
 *     wake=0                readings until it sleeps and starts anew; 0: it never does
 *     sleep=0               the same, with the session saved; not both
 *     spin=no|yes           sleep by counting: for an emulator whose time is its instructions
 *     cut=0                 power fails at this step from the second sleep on; all: at each in turn
 *     first=0               and at this one of the first start
 *     confirm=yes|no        wait for each reading to come back, and repeat it when it does not
 *     end=close|silence     what follows the last one
 *
 * DTLS does not repeat data that the network has lost. With confirm=yes the meter does, and
 * when that was in vain REPEATS times it takes the gateway to have forgotten it, closes and
 * connects anew. Standard error gets what happened and, at the end, the RAM that was used. */
#include <string.h>

#include "arguments.h"
#include "clock.h"
#include "ipv4.h"
#include "kept.h"
#include "keys.h"
#include "locket.h"
#include "nvm.h"
#include "report.h"
#include "semihost.h"
#include "stack.h"

enum { READING = 32, PORT = 49152, REPEAT_AFTER = 400, REPEATS = 8, ATTEMPTS = 5, ASK_AGAIN = 300,
       CHECKED_AFTER = 4000, MINE = 0 /* our counter */ };

static struct {
    locket_endpoint  endpoint;
    locket_session   sessions[1];
    locket_handshake handshakes[1];
    locket_session  *session;             /* NULL: none, and none on its way */
    bool             connected;
    struct frame     frame;
    locket_peer      server;
    uint32_t         id, period, count, wake;
    bool             confirm, silence;
    bool             saves, spins;        /* sleeps with the session; sleeps by counting */
    bool             cut_all;
    uint32_t         cut, first;
    uint32_t         sent, confirmed;     /* readings; the one under way is number `sent` */
    uint32_t         measured;            /* when it was taken */
    uint32_t         repeats, attempts;   /* of it, and of handshakes since the last success */
    uint32_t         due;                 /* when to act next */
    bool             asleep, done;
    bool             woken;               /* the first reading of a session that has slept is under way */
    struct passage   passage;             /* the handshake under way */
    uint32_t         began;
    bool             asked;               /* a round trip has begun */
    const uint32_t  *calls_from;          /* the stack, where we call Locket */
} meter;

static locket_error own_key(void *user, locket_psk *psk)
{
    (void)user;
    keys_answer(meter.id, psk);
    return LOCKET_OK;
}

static const uint16_t suites[] = { LOCKET_PSK_AES_128_CCM_8 };
static const locket_config config = {
    .role = LOCKET_CLIENT, .psk = own_key, .suites = suites, .n_suites = 1, .mtu = IPV4_PAYLOAD,
    .tickets = true
};
static const locket_config sleeper = {
    .role = LOCKET_CLIENT, .psk = own_key, .suites = suites, .n_suites = 1, .mtu = IPV4_PAYLOAD,
    .tickets = true, .cid = true, .cid_len = LOCKET_CFG_CID_SIZE, .counter = nvm_counter
};

static void say(const char *what, locket_error reason)
{
    semihost_text("meter: ");
    semihost_text(what);
    if (reason != LOCKET_OK) {
        semihost_text(": ");
        semihost_text(locket_error_name(reason));
    }
    semihost_text("\n");
}

static void digits(uint8_t *out, uint32_t value)
{
    for (int i = 8; i-- > 0; value /= 10)
        out[i] = (uint8_t)('0' + value % 10);
}

/* The reading under way, as text so that any server can show it. */
static void reading(uint8_t out[READING])
{
    memcpy(out, "reading 00000000 at 00000000 ms\n", READING);
    digits(out + 8, meter.sent);
    digits(out + 20, meter.measured);
}

static void connect(uint32_t now)
{
    meter.repeats = 0;
    if (meter.attempts++ == ATTEMPTS) {
        say("giving up", LOCKET_OK);
        meter.done = true;
        return;
    }
    meter.began = now;
    memset(&meter.passage, 0, sizeof meter.passage);
    /* Whatever that record is worth by now: if nothing, the handshake is a full one. */
    locket_error failed = LOCKET_ERR_RECORD;
    if (kept.record_len > 0)
        failed = locket_resume(&meter.endpoint, &meter.server, now, kept.record, kept.record_len, &meter.session);
    if (failed == LOCKET_ERR_RECORD)
        failed = locket_connect(&meter.endpoint, &meter.server, now, &meter.session);
    if (failed != LOCKET_OK) {
        say("no handshake", failed);
        meter.session = NULL;
        meter.due = now + meter.period;
    }
}

/* Up: what it took, and what the next time will be easier with. */
static void connected(const locket_event *e)
{
    const bool resumed = locket_resumed(e->session);
    struct passage *p = &kept.passage[resumed];
    size_t len;
    say(resumed ? "connected again" : "connected", LOCKET_OK);
    meter.connected = true;
    meter.due = clock_now();
    meter.passage.count = (uint16_t)(p->count + 1);
    meter.passage.ms = (uint16_t)(clock_now() - meter.began);
    *p = meter.passage;
    if (locket_remember(&meter.endpoint, e->session, kept.record, sizeof kept.record, &len) == LOCKET_OK)
        kept.record_len = (uint16_t)len;
    else
        kept_forget();
    if (meter.saves)
        nvm_write(NVM_RECORD, kept.record, kept.record_len);
}

/* A session that a fatal alert has ended must not be resumed (RFC 5246 section 7.2.2). */
static void closed(locket_error reason)
{
    say("closed", reason);
    if (reason != LOCKET_OK && reason != LOCKET_PEER_ALERT && reason < LOCKET_PENDING) {
        kept_forget();
        if (meter.saves)
            nvm_write(NVM_RECORD, kept.record, 0);
    }
    meter.session = NULL;
    meter.connected = meter.woken = false;
    meter.done = meter.asleep || meter.confirmed == meter.count;
    meter.due = clock_now() + meter.period;
}

/* The reading under way is where it belongs. */
static void arrived(void)
{
    kept.readings = ++meter.confirmed;
    meter.repeats = meter.attempts = 0;
    if (meter.woken) {
        meter.passage.count = (uint16_t)(kept.passage[2].count + 1);
        meter.passage.ms = (uint16_t)(clock_now() - meter.began);
        kept.passage[2] = meter.passage;
        meter.woken = false;
    }
    meter.due = meter.measured + meter.period;
    meter.asleep = meter.wake != 0 && meter.confirmed % meter.wake == 0;
    if (meter.confirmed < meter.count && !meter.asleep)
        return;
    if (meter.silence || (meter.saves && meter.asleep && meter.confirmed < meter.count))
        meter.done = true;
    else
        (void)locket_close(&meter.endpoint, meter.session);
}

static void send_reading(uint32_t now)
{
    size_t len;
    uint8_t *out = ipv4_payload(&meter.frame), *text = out + locket_headroom(meter.session);
    if (meter.sent == meter.confirmed) {
        meter.sent++;
        meter.measured = now;
    } else if (meter.repeats++ == REPEATS) {
        say("no answer", LOCKET_OK);
        (void)locket_close(&meter.endpoint, meter.session);
        return;
    }
    /* Where the record wants it, so that nothing is copied. */
    reading(text);
    const locket_error failed = locket_send(&meter.endpoint, meter.session, text, READING, out, IPV4_PAYLOAD,
                                            &len);
    if (failed != LOCKET_OK) {
        say("not sent", failed);
        (void)locket_close(&meter.endpoint, meter.session);
        return;
    }
    ipv4_send(&meter.frame, PORT, meter.server.bytes, len);
    meter.passage.bytes = (uint16_t)(meter.passage.bytes + len);
    meter.asked = true;
    nvm_risk("after the send");
    /* To who comes from elsewhere the gateway answers when it has made sure of that. */
    meter.due = now + (meter.woken ? CHECKED_AFTER : REPEAT_AFTER);
    if (!meter.confirm)
        arrived();
}

static void take(const locket_event *e)
{
    uint8_t expected[READING];
    switch (e->kind) {
    case LOCKET_SEND:
        meter.passage.bytes = (uint16_t)(meter.passage.bytes + e->len);
        meter.asked = true;
        ipv4_send(&meter.frame, PORT, e->peer.bytes, e->len);
        break;
    case LOCKET_CONNECTED:
        connected(e);
        break;
    case LOCKET_DATA:
        reading(expected);
        /* A late answer to a reading before this one says nothing. */
        if (meter.sent > meter.confirmed && e->len == READING && memcmp(e->data, expected, READING) == 0)
            arrived();
        break;
    case LOCKET_CLOSED:
        closed(e->reason);
        break;
    case LOCKET_WEARING:
    case LOCKET_ADDRESS:
    case LOCKET_FAILED:
        break;                            /* after 7 million readings; the gateway stays; only on servers */
    }
}

static void take_all(void)
{
    locket_event e;
    meter.calls_from = stack_pointer();
    while (locket_next(&meter.endpoint, ipv4_payload(&meter.frame), IPV4_PAYLOAD, &e))
        take(&e);
}

/* Do what is due, wait for something, and deal with it. */
static void turn(void)
{
    locket_peer from = { .len = IPV4_PEER };
    const uint32_t now = clock_now();
    uint32_t when, timer;
    const bool idle = meter.session == NULL || meter.connected;
    if (idle && clock_due(meter.due, now)) {
        if (meter.session == NULL)
            connect(now);
        else
            send_reading(now);
    }
    locket_tick(&meter.endpoint, now);
    take_all();
    if (meter.done)
        return;

    when = meter.due;
    if (locket_deadline(&meter.endpoint, &timer) && (!meter.connected || clock_due(timer, when)))
        when = timer;
    clock_sleep(when);
    const size_t len = ipv4_receive(&meter.frame, PORT, from.bytes);
    if (len > 0) {
        meter.passage.bytes = (uint16_t)(meter.passage.bytes + len);
        meter.passage.trips = (uint16_t)(meter.passage.trips + meter.asked);
        meter.asked = false;
        locket_input(&meter.endpoint, &from, ipv4_payload(&meter.frame), len, clock_now());
        take_all();
    }
}

/* Not inlined: main() keeps its frame for ever. */
__attribute__((noinline)) static bool settings(uint8_t ip[4])
{
    char line[200];
    semihost_arguments(line, sizeof line);
    meter.id = argument_number(line, "id", 1);
    meter.period = argument_number(line, "period", 1000);
    meter.count = argument_number(line, "count", 10);
    meter.wake = argument_number(line, "wake", 0);
    meter.saves = argument_number(line, "sleep", 0) > 0;
    if (meter.saves)
        meter.wake = argument_number(line, "sleep", 0);
    meter.spins = argument_is(line, "spin", "yes");
    meter.cut = argument_number(line, "cut", 0);
    meter.first = argument_number(line, "first", 0);
    meter.cut_all = argument_is(line, "cut", "all");
    meter.confirm = !argument_is(line, "confirm", "no");
    meter.silence = argument_is(line, "end", "silence");
    meter.server.len = IPV4_PEER;
    ip[0] = 10, ip[1] = 0, ip[2] = 2, ip[3] = 15;
    return argument_address(line, "server", meter.server.bytes + IPV4_PEER_IP,
                            meter.server.bytes + IPV4_PEER_PORT) &&
           (argument(line, "ip") == NULL || argument_address(line, "ip", ip, NULL)) &&
           meter.id >= 1 && meter.id <= KEYS && meter.count >= 1;
}

/* Who has the server's IP address? */
static void find_server(void)
{
    uint8_t from[IPV4_PEER];
    do {
        const uint32_t again = clock_now() + ASK_AGAIN;
        ipv4_ask(&meter.frame, meter.server.bytes);
        while (!ipv4_answered() && !clock_due(again, clock_now())) {
            clock_sleep(again);
            (void)ipv4_receive(&meter.frame, PORT, from);
        }
    } while (!ipv4_answered());
}

static void tell(const char *kind, const struct passage *p)
{
    static const char *const what[] = { "times, ", "bytes, ", "round trips, ", "milliseconds, " };
    const uint32_t value[] = { p->count, p->bytes, p->trips, p->ms };
    for (unsigned i = 0; i < sizeof value / sizeof value[0]; i++) {
        semihost_text(what[i]);
        semihost_line(kind, value[i]);
    }
}

/* What sleeping takes. */
static void tell_sleep(void)
{
    tell("woken", &kept.passage[2]);
    semihost_line("saved session", kept.blob_len);
    semihost_line("power failures", kept.cuts);
    semihost_line("memory without power", (uint32_t)nvm_size());
    semihost_line("connection IDs in a session", sizeof meter.sessions[0].cids);
    semihost_line("paths in the endpoint", sizeof meter.endpoint.roaming);
    semihost_line("stack of saving", kept.depths.save);
    semihost_line("stack of loading", kept.depths.load);
}

/* Does power fail in what follows, and when? All steps from one sleep to the next are tried,
 * until one round has fewer of them. */
static void risks(void)
{
    if (kept.wakes == 1 || kept.tried == UINT16_MAX)
        return;
    if (kept.fuse != 0 || (!meter.cut_all && meter.cut == 0)) {
        kept.fuse = 0;
        kept.tried = UINT16_MAX;
        meter.done = meter.cut_all;
        return;
    }
    kept.fuse = meter.cut_all ? ++kept.tried : (uint16_t)meter.cut;
    if (!meter.cut_all)
        kept.tried = UINT16_MAX;
}

/* The session leaves RAM. What comes of it lies where the last datagram lay. */
static void save_session(void)
{
    size_t len;
    uint8_t *blob = ipv4_payload(&meter.frame);
    nvm_risk("before the counter");
    stack_paint();
    const uint32_t *from = stack_pointer();
    const locket_error failed = locket_session_save(&meter.endpoint, meter.session, MINE, nvm_key(), blob,
                                                    IPV4_PAYLOAD, &len);
    report_call(&kept.depths, &kept.depths.save, from);
    nvm_risk("after the counter");
    if (failed != LOCKET_OK) {
        say("not saved", failed);
        return;
    }
    kept.blob_len = (uint16_t)len;
    nvm_write(NVM_SESSION, blob, len);
}

/* And back, where the last start has left one. */
static void load_session(void)
{
    size_t len;
    const uint8_t *blob = nvm_read(NVM_SESSION, &len), *record;
    if (blob != NULL) {
        const uint32_t *from = stack_pointer();
        const locket_error failed = locket_session_load(&meter.endpoint, MINE, nvm_key(), blob, len,
                                                        clock_now(), &meter.session);
        report_call(&kept.depths, &kept.depths.load, from);
        nvm_risk("after the load");
        say(failed == LOCKET_OK ? "awake" : "not loaded", failed);
        meter.connected = meter.woken = failed == LOCKET_OK;
        meter.began = clock_now();
    }
    record = nvm_read(NVM_RECORD, &len);
    if (record == NULL || len > sizeof kept.record)
        return;
    memcpy(kept.record, record, len);
    kept.record_len = (uint16_t)len;
}

/* Until the next reading is due; only what is kept outlives that. Where the session is saved
 * no RAM does, but for the notes of this run. */
static void sleep(void)
{
    if (meter.saves) {
        save_session();
        kept_forget();
    }
    locket_shutdown(&meter.endpoint);
    while (!clock_due(meter.due, clock_now()))
        if (meter.spins)
            clock_spin();
        else
            clock_sleep(meter.due);
    kept_restart();
}

int main(void)
{
    uint8_t ip[4];
    stack_guard();
    kept_open();
    meter.sent = meter.confirmed = kept.readings;
    if (!settings(ip)) {
        semihost_text("meter: server=ADDRESS:PORT is needed; id is 1 to 4, count at least 1\n");
        return EXIT_ARGUMENTS;
    }
    clock_open();
    if (!nvm_open()) {
        say("cannot begin", LOCKET_ERR_ENTROPY);
        return EXIT_FAILED;
    }
    ipv4_open(&meter.frame, ip);
    find_server();
    locket_error failed = locket_selftest();
    if (failed == LOCKET_OK)
        failed = locket_init(&meter.endpoint, meter.saves ? &sleeper : &config, meter.sessions, 1,
                             meter.handshakes, 1);
    if (failed != LOCKET_OK) {
        say("cannot begin", failed);
        return EXIT_FAILED;
    }
    report_begin(&kept.depths);
    if (meter.saves)
        load_session();
    if (kept.wakes == 1)
        kept.fuse = (uint16_t)meter.first;
    while (!meter.done)
        turn();
    report_look(&kept.depths, meter.calls_from);
    if (meter.confirmed < meter.count && meter.asleep) {
        meter.done = false;
        if (meter.saves)
            risks();
        if (!meter.done)
            sleep();
        (void)locket_close(&meter.endpoint, meter.session);
        take_all();
    }
    semihost_line("readings", meter.confirmed);
    semihost_line("starts", kept.wakes);
    tell("full", &kept.passage[0]);
    tell("resumed", &kept.passage[1]);
    semihost_line("record", kept.record_len);
    if (meter.saves)
        tell_sleep();
    report(&kept.depths, sizeof meter.endpoint + sizeof meter.sessions + sizeof meter.handshakes);
    locket_shutdown(&meter.endpoint);
    kept_forget();
    return meter.confirmed == meter.count || meter.cut_all ? EXIT_FINE : EXIT_FAILED;
}
