/* SPDX-License-Identifier: Apache-2.0
 *
 * relay.c -- locket-relay: a router between clients and a server that forgets them, as those at
 * the border of a home or a mobile network do. To the server each client comes from a port of
 * the relay's, and after a silence, after so many datagrams, or when told to, from another one.
 * What still comes for the port before is lost, and counted. */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "loss.h"
#include "tool.h"

enum { CLIENTS = 64 };

struct client {                   /* one of them, as the relay remembers it */
    locket_peer  name;            /* len 0: nobody */
    struct udp   far, before;     /* how the server knows it now, and what it no longer hears; fd -1: none */
    locket_time  heard;           /* either way */
    unsigned long sent;           /* through `far` */
};

struct relay {
    const char       *target_text;
    union udp_address listen, target;
    unsigned long     after;      /* datagrams; 0: any number */
    uint32_t          idle, time; /* ms */
    struct loss       loss;
    struct udp        near;
    struct client     clients[CLIENTS];
    unsigned long     datagrams[2], moves, late;     /* up, down */
    unsigned long long bytes[2];
    uint8_t           data[UDP_MAX];
};

static const char program[] = "locket-relay";

/* --- who is who --- */

static void forget(struct client *c)
{
    udp_close(&c->before);
    c->before = c->far;           /* may be none */
    c->far.fd = -1;
    c->sent = 0;
}

/* The place of this client; for a new one of nobody, or of the longest silent. */
static struct client *find(struct relay *r, const locket_peer *name, locket_time now)
{
    struct client *best = &r->clients[0];
    for (size_t i = 0; i < CLIENTS; i++) {
        struct client *c = &r->clients[i];
        if (c->name.len == name->len && memcmp(c->name.bytes, name->bytes, name->len) == 0)
            return c;
        if (best->name.len != 0 && (c->name.len == 0 || now - c->heard > now - best->heard))
            best = c;
    }
    udp_close(&best->far);
    udp_close(&best->before);
    *best = (struct client){ .name = *name, .far = { .fd = -1 }, .before = { .fd = -1 }, .heard = now };
    return best;
}

/* A port that the server has not seen. */
static bool open_far(struct relay *r, struct client *c)
{
    union udp_address own;
    locket_peer port;
    char who[UDP_TEXT], text[UDP_TEXT];
    bool again = c->before.fd >= 0;
    if (!udp_connect(&c->far, &r->target) || !udp_local(&c->far, &own))
        return args_say(program, "%s: %s", r->target_text, strerror(errno));
    udp_peer(&own, &port);
    udp_text(&c->name, who);
    udp_text(&port, text);
    r->moves += again;
    printf("%s %s comes from %s%s\n", again ? "moved:" : "new:", who, text, again ? " now" : "");
    (void)fflush(stdout);
    return true;
}

/* --- datagrams --- */

static void pass(struct relay *r, bool down, const struct udp *through, const locket_peer *to, size_t len)
{
    r->datagrams[down]++;
    r->bytes[down] += len;
    if (!loss_next(&r->loss))
        (void)udp_send(through, to, r->data, len);
}

static void take_up(struct relay *r)
{
    locket_peer from;
    ssize_t n = udp_receive(&r->near, r->data, sizeof r->data, &from);
    locket_time now = udp_now();
    if (n < 0)
        return;
    struct client *c = find(r, &from, now);
    if (c->far.fd >= 0 && (now - c->heard >= r->idle || (r->after != 0 && c->sent >= r->after)))
        forget(c);
    if (c->far.fd < 0 && !open_far(r, c))
        return;
    c->heard = now;
    c->sent++;
    pass(r, false, &c->far, &from, (size_t)n);
}

static void take_down(struct relay *r, struct client *c)
{
    locket_peer from;
    locket_time now = udp_now();
    while (c->before.fd >= 0 && udp_receive(&c->before, r->data, sizeof r->data, &from) >= 0)
        r->late++;
    ssize_t n = c->far.fd < 0 ? -1 : udp_receive(&c->far, r->data, sizeof r->data, &from);
    if (n < 0)
        return;
    if (now - c->heard >= r->idle) {
        forget(c);
        r->late++;
        return;
    }
    c->heard = now;
    pass(r, true, &r->near, &c->name, (size_t)n);
}

static void turn(struct relay *r, int signals, locket_time end)
{
    struct pollfd fds[2 + 2 * CLIENTS];
    memset(fds, 0, sizeof fds);
    for (size_t i = 0; i < 2 + 2 * CLIENTS; i++) {
        const struct client *c = &r->clients[i < 2 ? 0 : (i - 2) / 2];
        fds[i].fd = i == 0 ? r->near.fd : i == 1 ? signals : i % 2 == 0 ? c->far.fd : c->before.fd;
        fds[i].events = POLLIN;
    }
    udp_wait(fds, sizeof fds / sizeof fds[0], &end);
    if (fds[1].revents != 0)
        tool_signalled(signals);
    for (size_t i = 0; i < CLIENTS && tool_ask; i++)
        if (r->clients[i].far.fd >= 0)
            forget(&r->clients[i]);
    tool_ask = 0;
    for (size_t i = 0; i < CLIENTS; i++)
        if (fds[2 + 2 * i].revents != 0 || fds[3 + 2 * i].revents != 0)
            take_down(r, &r->clients[i]);
    if (fds[0].revents != 0)
        take_up(r);
}

/* --- the command line --- */

static const struct row {
    const char *name, *value, *help;
} rows[] = {
    { "listen", "ADDRESS:PORT", "for clients (default 127.0.0.1:0: a free port, which is printed)" },
    { "after", "N", "another port after N datagrams of a client (default never)" },
    { "idle", "SECONDS", "... and after such a silence (default 240)" },
    { "time", "SECONDS", "leave then (default 600)" },
    { "loss", "PERCENT", "lose so many of the datagrams, both ways" },
    { "seed", "N", "which ones --loss loses (default 1)" },
    { "help", NULL, "print this and leave" }
};
enum { LISTEN, AFTER, IDLE, TIME, LOSS, SEED, HELP, N_ROWS };

static void teach(void)
{
    printf("Usage: %s [options] ADDRESS:PORT\n"
        "A router that forgets: passes datagrams between clients and the server at ADDRESS:PORT, and gives\n"
        "a client another port towards the server when it has been silent, or has sent enough.\n\n", program);
    for (size_t i = 0; i < N_ROWS; i++) {
        char left[40];
        (void)snprintf(left, sizeof left, "--%s%s%s", rows[i].name, rows[i].value ? " " : "",
                       rows[i].value ? rows[i].value : "");
        printf("  %-25s %s\n", left, rows[i].help);
    }
    printf("\nSIGUSR1 gives all clients another port with their next datagram. SIGINT and SIGTERM end it,\n"
        "and it says what it has done. Exit code: 0 fine, 1 failed, 2 wrong options.\n");
}

static bool read_address(const char *text, union udp_address *out, int *status)
{
    bool mistaken;
    const char *why = udp_parse(text, out, &mistaken);
    if (why == NULL)
        return true;
    *status = mistaken ? EXIT_MISUSED : EXIT_FAILED;
    return args_say(program, "%s: %s", text, why);
}

static bool take(struct relay *r, int id, int *status)
{
    unsigned long n = 0;
    bool ok = true;
    switch (id) {
    case LISTEN: return read_address(optarg, &r->listen, status);
    case AFTER:  return args_number(program, "after", 1, 1000000000, &r->after);
    case IDLE:   return args_seconds(program, "idle", &r->idle);
    case TIME:   return args_seconds(program, "time", &r->time);
    case LOSS:   ok = args_number(program, "loss", 0, 100, &n); r->loss.percent = (unsigned)n; break;
    case SEED:   ok = args_number(program, "seed", 0, 4294967295UL, &n); r->loss.state = n; break;
    default:     break;
    }
    return ok;
}

/* True: go on. False: leave with *status, all has been said. */
static bool read_options(struct relay *r, int argc, char **argv, int *status)
{
    struct option known[N_ROWS + 1];
    args_keep_streams();
    memset(known, 0, sizeof known);
    for (int i = 0; i < N_ROWS; i++) {
        known[i].name = rows[i].name;
        known[i].has_arg = rows[i].value != NULL ? required_argument : no_argument;
        known[i].val = 256 + i;
    }
    r->idle = 240000;
    r->time = 600000;
    r->loss.state = 1;
    *status = EXIT_MISUSED;
    opterr = 0;
    if (!read_address("127.0.0.1:0", &r->listen, status))
        return false;
    for (int id; (id = getopt_long(argc, argv, ":", known, NULL)) != -1; ) {
        if (id < 256)
            return args_say(program, id == ':' ? "%s needs a value (see --help)"
                                                 : "%s is not an option (see --help)", argv[optind - 1]);
        if (id == 256 + HELP) {
            *status = EXIT_FINE;
            teach();
            return false;
        }
        if (!take(r, id - 256, status))
            return false;
    }
    if (optind != argc - 1)
        return args_say(program, "one ADDRESS:PORT is needed, that of the server (see --help)");
    r->target_text = argv[optind];
    return read_address(r->target_text, &r->target, status);
}

int main(int argc, char **argv)
{
    static struct relay r;
    union udp_address bound;
    locket_peer local;
    char text[UDP_TEXT];
    int status;
    for (size_t i = 0; i < CLIENTS; i++)
        r.clients[i].far.fd = r.clients[i].before.fd = -1;
    if (!read_options(&r, argc, argv, &status))
        return status;
    int signals = tool_signals();
    if (!udp_bind(&r.near, &r.listen) || !udp_local(&r.near, &bound)) {
        (void)args_say(program, "%s", strerror(errno));
        return EXIT_FAILED;
    }
    udp_peer(&bound, &local);
    udp_text(&local, text);
    printf("listening on %s\n", text);
    (void)fflush(stdout);

    locket_time end = udp_now() + r.time;
    while (!tool_stop && !udp_due(end, udp_now()))
        turn(&r, signals, end);
    (void)args_say(program, "%lu datagrams (%llu bytes) up, %lu (%llu) down, %u lost on purpose; %lu times"
                   " another port, %lu datagrams came for a forgotten one", r.datagrams[0], r.bytes[0],
                   r.datagrams[1], r.bytes[1], (unsigned)r.loss.lost, r.moves, r.late);
    for (size_t i = 0; i < CLIENTS; i++) {
        udp_close(&r.clients[i].far);
        udp_close(&r.clients[i].before);
    }
    udp_close(&r.near);
    return EXIT_FINE;
}
