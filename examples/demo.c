/* SPDX-License-Identifier: Apache-2.0
 *
 * demo.c -- a gateway and a meter as two processes that talk DTLS over UDP on
 * the loopback interface. The gateway, which is the parent, sees every datagram
 * and prints it; the meter is silent and says by its exit code whether all was
 * well on its side. Whatever is printed as a fact has been checked: the exit
 * code of the demo is 0 only if all of it holds. Two of its parts have files of
 * their own: comeback.c and newkey.c. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "claim.h"
#include "cost.h"
#include "ladder.h"
#include "udp.h"

enum { READINGS = 4, READING = 32, REPLY = 4, TIME_LIMIT = 4000, METER = 1 };

/* The RFCs' floor for this handshake, datagram by datagram (RFC 6347 sections
 * 4.1 and 4.2; PSK of RFC 4279; extended master secret and renegotiation_info
 * signalled; one suite; a cookie of 16 bytes). */
enum { COOKIE = 16, HELLO = 75, VERIFY = 28 + COOKIE, ANSWER = 86, KEY_EXCHANGE = 27, SWITCH = 14, FINISHED = 53,
       FLOOR = HELLO + VERIFY + HELLO + COOKIE + ANSWER + KEY_EXCHANGE + 2 * (SWITCH + FINISHED) };

static const char name[] = "meter-000000001";
enum { NAME_LEN = sizeof name - 1 };

/* Made anew in every run, before the two processes part. */
static uint8_t key[16];

struct run {
    const char *title;
    bool        lossy;            /* the first copy of every handshake datagram is lost */
    uint32_t    timeout;          /* first retransmission, ms */
};

struct gateway {
    struct udp       udp;
    locket_endpoint  endpoint;
    locket_session   sessions[2];
    locket_handshake handshakes[2];
    struct ladder    ladder;
    bool             lossy, connected, closed;
    unsigned         readings, lost, again, datagrams;
    size_t           bytes;       /* of the handshake, both ways, lost ones too */
    uint8_t          in[2048], out[2048];
};

static void make_reading(unsigned i, uint8_t out[READING])
{
    char text[64];
    (void)snprintf(text, sizeof text, "%u: 230.%u V, 0.%u A, %08.1f kWh", (i + 1) % 10, i % 10,
                   42 + i % 50, 1234.5 + 0.1 * i);
    memcpy(out, text, READING);
}

/* ---- the meter ---- */

struct meter {
    struct udp       udp;
    locket_endpoint  endpoint;
    locket_session   sessions[1];
    locket_handshake handshakes[1];
    bool             closed, well;
    unsigned         replies;
    uint8_t          in[2048], out[2048], last[128];
    size_t           last_len;    /* the last datagram with a reading */
};

static locket_error meter_psk(void *user, locket_psk *psk)
{
    (void)user;
    psk->identity = (const uint8_t *)name;
    psk->identity_len = NAME_LEN;
    psk->key = key;
    psk->key_len = sizeof key;
    return LOCKET_OK;
}

static void send_reading(struct meter *m, locket_session *session, const locket_peer *gateway)
{
    uint8_t reading[READING];
    make_reading(m->replies, reading);
    if (locket_send(&m->endpoint, session, reading, READING, m->last, sizeof m->last, &m->last_len) == LOCKET_OK)
        (void)udp_send(&m->udp, gateway, m->last, m->last_len);
}

/* What an attacker near the meter could do: send a datagram once more, and one
 * of his own making with the next record number and a changed byte. */
static void attack(struct meter *m, const locket_peer *gateway)
{
    (void)udp_send(&m->udp, gateway, m->last, m->last_len);
    m->last[10]++;
    m->last[m->last_len - 1] ^= 1;
    (void)udp_send(&m->udp, gateway, m->last, m->last_len);
}

static void meter_event(struct meter *m, const locket_event *e)
{
    switch (e->kind) {
    case LOCKET_SEND:
        (void)udp_send(&m->udp, &e->peer, e->data, e->len);
        break;
    case LOCKET_CONNECTED:
        send_reading(m, e->session, &e->peer);
        break;
    case LOCKET_DATA:
        m->well = m->well && e->len == REPLY && memcmp(e->data, "fine", REPLY) == 0;
        if (++m->replies < READINGS) {
            send_reading(m, e->session, &e->peer);
        } else {
            attack(m, &e->peer);
            (void)locket_close(&m->endpoint, e->session);
        }
        break;
    case LOCKET_CLOSED:
        m->closed = true;
        m->well = m->well && m->replies == READINGS && e->reason == LOCKET_OK;
        break;
    default:
        break;
    }
}

static int run_meter(const union udp_address *gateway, const locket_config *config)
{
    static struct meter m;
    locket_session *session;
    locket_peer peer;
    locket_time start = udp_now(), now = start;
    udp_peer(gateway, &peer);
    m.well = true;
    if (!udp_connect(&m.udp, gateway) ||
        locket_init(&m.endpoint, config, m.sessions, 1, m.handshakes, 1) != LOCKET_OK ||
        locket_connect(&m.endpoint, &peer, now, &session) != LOCKET_OK)
        return 1;
    while (!m.closed && now - start < TIME_LIMIT) {
        locket_event e;
        while (locket_next(&m.endpoint, m.out, sizeof m.out, &e))
            meter_event(&m, &e);
        locket_time when = start + TIME_LIMIT, timer;
        bool timed = true;
        if (locket_deadline(&m.endpoint, &timer))
            udp_sooner(&timed, &when, timer);
        struct pollfd fd = { .fd = m.udp.fd, .events = POLLIN };
        if (!m.closed)
            udp_wait(&fd, 1, &when);
        ssize_t n = udp_receive(&m.udp, m.in, sizeof m.in, &peer);
        now = udp_now();
        if (n >= 0)
            locket_input(&m.endpoint, &peer, m.in, (size_t)n, now);
        else
            locket_tick(&m.endpoint, now);
    }
    locket_shutdown(&m.endpoint);
    udp_close(&m.udp);
    return m.closed && m.well ? 0 : 1;
}

/* ---- the gateway ---- */

static locket_error gateway_psk(void *user, locket_psk *psk)
{
    (void)user;
    if (psk->identity_len != NAME_LEN || memcmp(psk->identity, name, NAME_LEN) != 0)
        return LOCKET_ERR_NO_KEY;
    psk->key = key;
    psk->key_len = sizeof key;
    psk->handle = METER;
    return LOCKET_OK;
}

/* A datagram on its way: shown, counted, and lost if this network loses it. */
static bool passes(struct gateway *g, bool to_gateway, const uint8_t *data, size_t len)
{
    bool again = ladder_again(&g->ladder, to_gateway, data, len);
    bool handshake = len > 0 && data[0] != 23 && !(g->connected && data[0] == 21);
    bool lost = g->lossy && handshake && !again;
    ladder_rung(&g->ladder, to_gateway, data, len, udp_now(), lost ? "lost" : NULL);
    if (handshake) {
        g->bytes += len;
        g->datagrams++;
    }
    g->lost += lost;
    g->again += again;
    return !lost;
}

static void take_reading(struct gateway *g, const locket_event *e)
{
    uint8_t expected[READING];
    size_t len;
    make_reading(g->readings, expected);
    bool same = e->len == READING && memcmp(e->data, expected, READING) == 0 && e->handle == METER;
    claim(same, "the gateway reads \"%.*s\": %zu bytes and %zu of DTLS", (int)e->len, (const char *)e->data,
          e->len, locket_overhead(e->session));
    g->readings++;
    if (locket_send(&g->endpoint, e->session, (const uint8_t *)"fine", REPLY, g->out, sizeof g->out, &len) ==
            LOCKET_OK &&
        passes(g, false, g->out, len))
        (void)udp_send(&g->udp, &e->peer, g->out, len);
}

static void gateway_event(struct gateway *g, const locket_event *e)
{
    switch (e->kind) {
    case LOCKET_SEND:
        if (passes(g, false, e->data, e->len))
            (void)udp_send(&g->udp, &e->peer, e->data, e->len);
        break;
    case LOCKET_CONNECTED:
        g->connected = true;
        claim(e->handle == METER, "the gateway knows its peer: %s, %s", name,
              locket_suite_name(locket_suite(e->session)));
        if (!g->lossy)
            claim(g->bytes <= FLOOR + NAME_LEN,
                  "handshake: %zu bytes in %u datagrams; the RFCs' floor is %d + %d for the"
                  " name = %d",
                  g->bytes, g->datagrams, FLOOR, NAME_LEN, FLOOR + NAME_LEN);
        break;
    case LOCKET_DATA:
        take_reading(g, e);
        break;
    case LOCKET_CLOSED:
        g->closed = true;
        claim(e->reason == LOCKET_PEER_ALERT, "closed: %s", locket_error_name(e->reason));
        break;
    default:
        claim(false, "event %d: %s", (int)e->kind, locket_error_name(e->reason));
        break;
    }
}

/* Say of a datagram that was just dropped why it was. */
static void tell_drops(const struct gateway *g, const uint32_t before[LOCKET_N_DROPS])
{
    for (int i = 0; i < LOCKET_N_DROPS; i++)
        if (locket_drops(&g->endpoint, (locket_drop)i) != before[i])
            (void)printf("         dropped: %s\n", locket_drop_name((locket_drop)i));
}

static void gateway_turn(struct gateway *g, locket_time limit)
{
    locket_event e;
    locket_peer from;
    locket_time when = limit, timer;
    uint32_t before[LOCKET_N_DROPS];
    bool timed = true;
    struct pollfd fd = { .fd = g->udp.fd, .events = POLLIN };
    if (locket_deadline(&g->endpoint, &timer))
        udp_sooner(&timed, &when, timer);
    udp_wait(&fd, 1, &when);

    for (int i = 0; i < LOCKET_N_DROPS; i++)
        before[i] = locket_drops(&g->endpoint, (locket_drop)i);
    ssize_t n = udp_receive(&g->udp, g->in, sizeof g->in, &from);
    if (n < 0)
        locket_tick(&g->endpoint, udp_now());
    else if (passes(g, true, g->in, (size_t)n))
        locket_input(&g->endpoint, &from, g->in, (size_t)n, udp_now());
    while (locket_next(&g->endpoint, g->out, sizeof g->out, &e))
        gateway_event(g, &e);
    tell_drops(g, before);
}

/* The end of the meter's process: 0 if all was well there. */
static int meter_result(pid_t child, bool wait_for_it)
{
    int status = -1;
    if (!wait_for_it)
        (void)kill(child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* What must hold at the end. */
static void conclude(const struct gateway *g, const struct run *r, locket_time took)
{
    uint32_t replays = locket_drops(&g->endpoint, LOCKET_DROP_REPLAY);
    uint32_t forgeries = locket_drops(&g->endpoint, LOCKET_DROP_BAD_TAG);
    if (r->lossy)
        claim(g->lost >= 6 && g->again >= g->lost,
              "%u datagrams of the handshake were lost, %u sent again; all was over"
              " in %u ms",
              g->lost, g->again, (unsigned)took);
    claim(g->readings == READINGS, "%u of %d readings arrived, each once and unchanged", g->readings, READINGS);
    claim(replays == 1, "%u replayed datagram dropped: \"%s\"", (unsigned)replays,
          locket_drop_name(LOCKET_DROP_REPLAY));
    claim(forgeries == 1, "%u forged datagram dropped: \"%s\"", (unsigned)forgeries,
          locket_drop_name(LOCKET_DROP_BAD_TAG));
}

static bool run_both(const struct run *r)
{
    static const uint16_t suite[] = { LOCKET_PSK_AES_128_CCM_8 };
    static struct gateway g;
    union udp_address at;
    locket_peer local;
    char text[UDP_TEXT];
    bool mistaken;
    memset(&g, 0, sizeof g);
    if (udp_parse("127.0.0.1:0", &at, &mistaken) != NULL || !udp_bind(&g.udp, &at) || !udp_local(&g.udp, &at)) {
        claim(false, "a UDP socket on 127.0.0.1: %s", strerror(errno));
        return false;
    }
    udp_peer(&at, &local);
    const locket_config meter = { .role = LOCKET_CLIENT, .psk = meter_psk, .suites = suite, .n_suites = 1,
                                  .timeout = r->timeout, .deadline = TIME_LIMIT };
    const locket_config gateway = { .role = LOCKET_SERVER, .psk = gateway_psk, .suites = suite, .n_suites = 1,
                                    .timeout = r->timeout, .deadline = TIME_LIMIT,
                                    .local = local.bytes, .local_len = local.len };
    heading(r->title);
    (void)fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        udp_close(&g.udp);
        _exit(run_meter(&at, &meter));
    }
    /* After the fork, so that the generators of the two have separate seeds. */
    bool well = child > 0 && locket_init(&g.endpoint, &gateway, g.sessions, 2, g.handshakes, 2) == LOCKET_OK;
    udp_text(&local, text);
    claim(well, "two processes, the gateway at %s", text);
    if (well) {
        locket_time start = udp_now();
        g.lossy = r->lossy;
        g.ladder = (struct ladder){ .out = stdout, .colour = claim_colour, .left = "meter",
                                    .right = "gateway", .start = start, .one_pair = true };
        while (!g.closed && udp_now() - start < TIME_LIMIT)
            gateway_turn(&g, start + TIME_LIMIT);
        conclude(&g, r, udp_now() - start);
        locket_shutdown(&g.endpoint);
    }
    if (child > 0)
        claim(meter_result(child, g.closed) == 0, "the meter says the same, and has ended");
    udp_close(&g.udp);
    return well;
}

static void sizes(void)
{
    heading("Memory, in bytes, on this machine; there is no heap");
    (void)printf("  %6zu  a session, for each live peer\n", sizeof(locket_session));
    (void)printf("  %6zu  a handshake, only while one runs\n", sizeof(locket_handshake));
    (void)printf("  %6zu  a session to be resumed by its ID; none for one by ticket\n",
                 sizeof(locket_resumption));
    (void)printf("  %6zu  an endpoint, of which %zu are its random generator\n", sizeof(locket_endpoint),
                 sizeof(struct locket_rng));
}

/* The demo has nothing to choose. False: leave with *status. */
static bool options(int argc, char **argv, int *status)
{
    if (argc == 1)
        return true;
    *status = strcmp(argv[1], "--help") == 0 ? 0 : 2;
    if (*status == 0)
        (void)printf("Usage: locket-demo\n"
            "A gateway and a meter, two processes, talk DTLS 1.2 over UDP on the loopback interface:\n"
            "handshake, readings, an attack, close; then the same where datagrams are lost. Every\n"
            "datagram is shown, with colours on a terminal. Then, in one process: full and resumed\n"
            "handshakes and a session that sleeps without power, side by side, and a meter that gets a\n"
            "new key while its power fails. Exit code:\n"
            "0 all held that is said to hold, 1 something did not, 2 wrong options. To choose keys,\n"
            "suites and peers, see locket-client --help and locket-server --help.\n");
    else
        (void)fprintf(stderr, "locket-demo: %s is not an option (see --help)\n", argv[1]);
    return false;
}

int main(int argc, char **argv)
{
    int status;
    if (!options(argc, argv, &status))
        return status;
    static const struct run runs[] = {
        { "A meter connects, reports, is attacked, and closes", false, 1000 },
        { "The same where the first copy of every handshake datagram is lost", true, 40 }
    };
    claim_colour = ladder_colour(stdout);
    (void)printf("Locket %s: DTLS 1.2 with a pre-shared key over UDP\n", LOCKET_VERSION);
    if (!locket_port_entropy(key, sizeof key) || locket_selftest() != LOCKET_OK) {
        claim(false, "random bytes, and known answers of all primitives");
        return 1;
    }
    for (size_t i = 0; i < sizeof runs / sizeof runs[0] && run_both(&runs[i]); i++)
        continue;
    if (LOCKET_CFG_TICKETS) {
        static struct cost costs[N_COSTS];
        demo_comeback(costs);
        if (COST_SLEEPS)
            demo_asleep(costs);
        demo_costs(costs);
        demo_new_key();
    }
    sizes();
    (void)printf("\n%s\n", claim_all_well ? "All of it holds." : "Something is wrong.");
    return claim_all_well ? 0 : 1;
}
