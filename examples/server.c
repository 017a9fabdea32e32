/* SPDX-License-Identifier: Apache-2.0
 *
 * server.c -- locket-server: any number of peers on one UDP socket. The whole
 * server is turn(): a datagram or the time in, events out. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "elsewhere.h"
#include "tool.h"

/* --psk-delay: a look-up that takes its time, as one in a database would. The
 * identity is copied, for the library's pointer ends with the callback. */
struct lookup {
    bool        busy;
    uint32_t    query;
    locket_time due;
    uint8_t     identity[LOCKET_CFG_IDENTITY_SIZE];
    size_t      identity_len;
};
enum { LOOKUPS = 255 };           /* one for each handshake is enough */

struct server {
    struct options    options;
    struct tool       tool;
    locket_session   *sessions;
    locket_handshake *handshakes;
    locket_resumption *cache;
    struct lookup     lookups[LOOKUPS];
    struct elsewhere  elsewhere;
    unsigned          opened, resumed, closed, failed;
};

static locket_error find_psk(void *user, locket_psk *psk)
{
    struct server *s = user;
    for (size_t i = 0; s->options.psk_delay != 0 && i < LOOKUPS; i++) {
        struct lookup *l = &s->lookups[i];
        if (l->busy || psk->identity_len > sizeof l->identity)
            continue;
        l->busy = true;
        l->query = psk->query;
        l->due = udp_now() + s->options.psk_delay;
        memcpy(l->identity, psk->identity, psk->identity_len);
        l->identity_len = psk->identity_len;
        return LOCKET_PENDING;
    }
    return keys_answer(keys_find(&s->options.keys, psk->identity, psk->identity_len), psk);
}

static void write_keylog(void *user, const char *label, const uint8_t client_random[32],
                         const uint8_t *secret, size_t secret_len)
{
    struct server *s = user;
    options_keylog(&s->options, label, client_random, secret, secret_len);
}

/* "connected: meter-1 (handle 3) ..." */
static void report(const struct server *s, const char *what, const locket_event *e, const char *more)
{
    char peer[UDP_TEXT];
    const struct key *key = keys_of_handle(&s->options.keys, e->handle);
    udp_text(&e->peer, peer);
    (void)fprintf(stderr, "%s: %s: ", s->options.program, what);
    if (key != NULL && e->session != NULL) {
        ladder_print(stderr, key->identity, key->identity_len);
        (void)fprintf(stderr, " (handle %u) at ", (unsigned)e->handle);
    }
    (void)fprintf(stderr, "%s: %s\n", peer, more);
}

static void send_back(struct server *s, const locket_event *e, const uint8_t *text, size_t len)
{
    locket_error failed = tool_write(&s->tool, e->session, text, len);
    if (failed == LOCKET_ERR_KEY_WORN)
        (void)locket_close(&s->tool.endpoint, e->session);
    else if (failed != LOCKET_OK)
        report(s, "not sent back", e, locket_error_name(failed));
}

/* What came from elsewhere is answered when it is known where the peer is. */
static void echo(struct server *s, const locket_event *e)
{
    if (e->reason != LOCKET_PENDING || !elsewhere_wait(&s->elsewhere, e->session, e->data, e->len))
        send_back(s, e, e->data, e->len);
}

/* A peer was heard from another address, or it is known by now whether it is there. */
static void moved(struct server *s, const locket_event *e)
{
    const char *more = e->reason == LOCKET_OK ? "it is there: we send there from now on" :
                       e->reason == LOCKET_ERR_TIMEOUT ? "no answer from there: we send to the old one"
                                                       : locket_error_name(e->reason);
    if (e->reason != LOCKET_PENDING) {
        elsewhere_over(&s->elsewhere, e->session);
    } else if (locket_checks(e->session)) {
        elsewhere_checking(&s->elsewhere, e->session);
        more = "heard from there: is it there?";
    } else if (s->options.follow && locket_move(&s->tool.endpoint, e->session, &e->peer) == LOCKET_OK) {
        more = "heard from there, and followed without a check";
    } else {
        more = "heard from there; no check with this peer, so we send to the old one (see --follow)";
    }
    report(s, "another address", e, more);
}

/* All events have been told: what need not wait for a check goes out. */
static void send_waiting(struct server *s)
{
    struct elsewhere_one *one;
    while ((one = elsewhere_ready(&s->elsewhere)) != NULL) {
        locket_event e = { .session = one->session, .handle = locket_handle(one->session) };
        locket_peer_of(one->session, &e.peer);
        send_back(s, &e, one->text, one->len);
        elsewhere_forget(&s->elsewhere, one->session);
    }
}

static void serve(struct server *s)
{
    struct tool *t = &s->tool;
    locket_event e;
    char how[80];
    while (locket_next(&t->endpoint, t->out, sizeof t->out, &e)) {
        switch (e.kind) {
        case LOCKET_SEND:
            (void)tool_post(t, &e.peer, e.data, e.len);
            break;
        case LOCKET_CONNECTED:
            s->opened++;
            s->resumed += locket_resumed(e.session);
            (void)snprintf(how, sizeof how, "%s%s", locket_suite_name(locket_suite(e.session)),
                           locket_resumed(e.session) ? ", resumed" : "");
            report(s, "connected", &e, how);
            break;
        case LOCKET_DATA:
            if (!s->options.discard)
                echo(s, &e);
            break;
        case LOCKET_CLOSED:
            s->closed++;
            elsewhere_forget(&s->elsewhere, e.session);
            report(s, "closed", &e, e.reason == LOCKET_OK ? "by us" : locket_error_name(e.reason));
            break;
        case LOCKET_FAILED:
            s->failed++;
            report(s, "no session", &e, locket_error_name(e.reason));
            break;
        case LOCKET_ADDRESS:
            moved(s, &e);
            break;
        case LOCKET_WEARING:
            report(s, "the key wears out", &e, locket_error_name(e.reason));
            break;
        }
    }
    send_waiting(s);
}

/* Answer the look-ups whose time has come. */
static void answer(struct server *s, locket_time now)
{
    for (size_t i = 0; i < LOOKUPS; i++) {
        struct lookup *l = &s->lookups[i];
        locket_psk psk = { .query = l->query };
        if (!l->busy || !udp_due(l->due, now))
            continue;
        l->busy = false;
        bool known = keys_answer(keys_find(&s->options.keys, l->identity, l->identity_len), &psk) == LOCKET_OK;
        if (locket_answer(&s->tool.endpoint, l->query, known ? &psk : NULL, now) == LOCKET_OK)
            serve(s);
    }
}

/* Wait for something, and deal with it. */
static void turn(struct server *s, int signals)
{
    struct tool *t = &s->tool;
    struct pollfd fds[2] = { { .fd = t->udp.fd, .events = POLLIN }, { .fd = signals, .events = POLLIN } };
    locket_time when, now;
    locket_peer from;
    bool timed = locket_deadline(&t->endpoint, &when);
    for (size_t i = 0; i < LOOKUPS; i++)
        if (s->lookups[i].busy)
            udp_sooner(&timed, &when, s->lookups[i].due);
    udp_wait(fds, 2, timed ? &when : NULL);

    ssize_t n = tool_receive(t, &from);
    now = udp_now();
    if (n >= 0) {
        locket_input(&t->endpoint, &from, t->in, (size_t)n, now);
        serve(s);
    }
    /* A flood of datagrams must not keep the timers from running. */
    if (locket_deadline(&t->endpoint, &when) && udp_due(when, now)) {
        locket_tick(&t->endpoint, now);
        serve(s);
    }
    answer(s, now);
    if (fds[1].revents != 0)
        tool_signalled(signals);
    if (tool_ask) {
        tool_ask = 0;
        tool_stats(t);
    }
}

/* Tell every peer before we go. */
static void close_all(struct server *s)
{
    for (unsigned i = 0; i < s->options.sessions; i++)
        if (locket_suite(&s->sessions[i]) != 0)
            (void)locket_close(&s->tool.endpoint, &s->sessions[i]);
    serve(s);
}

static bool begin(struct server *s, locket_peer *local)
{
    struct options *o = &s->options;
    struct tool *t = &s->tool;
    union udp_address bound;
    char text[UDP_TEXT];
    if (!tool_begin(t, o))
        return false;
    if (!udp_bind(&t->udp, &o->address) || !udp_local(&t->udp, &bound)) {
        tool_say(t, "%s: %s", o->address_text, strerror(errno));
        return false;
    }
    /* A cookie is good for this address only (see config.local). */
    udp_peer(&bound, local);
    o->config.local = local->bytes;
    o->config.local_len = local->len;
    o->config.psk = find_psk;
    o->config.user = s;
    if (o->keylog != NULL)
        o->config.keylog = write_keylog;
    s->sessions = calloc(o->sessions, sizeof *s->sessions);
    s->handshakes = calloc(o->handshakes, sizeof *s->handshakes);
    s->cache = o->cache != 0 ? calloc(o->cache, sizeof *s->cache) : NULL;
    if (s->sessions == NULL || s->handshakes == NULL || (o->cache != 0 && s->cache == NULL)) {
        tool_say(t, "no memory for %u sessions", o->sessions);
        return false;
    }
    o->config.cache = s->cache;
    o->config.n_cache = o->cache;
    if (o->config.cid && LOCKET_CFG_RRC && o->config.path_check != LOCKET_PATH_APPLICATION) {
        o->config.paths = s->elsewhere.paths;
        o->config.n_paths = ELSEWHERE_CHECKS;
    }
    locket_error failed = locket_init(&t->endpoint, &o->config, s->sessions, o->sessions,
                                      s->handshakes, o->handshakes);
    for (unsigned i = 0; failed == LOCKET_OK && i < o->n_ticket_keys; i++)
        failed = locket_ticket_key(&t->endpoint, o->ticket_keys[i].number, o->ticket_keys[i].key);
    if (failed != LOCKET_OK) {
        tool_say(t, "%s", locket_error_name(failed));
        return false;
    }
    udp_text(local, text);
    printf("listening on %s\n", text);
    (void)fflush(stdout);
    return true;
}

int main(int argc, char **argv)
{
    static struct server server;
    struct server *s = &server;
    locket_peer local;                /* config.local points here */
    int status;
    if (!options_read(&s->options, true, argc, argv, &status)) {
        options_forget(&s->options);
        return status;
    }
    int signals = tool_signals();
    status = EXIT_FAILED;
    if (begin(s, &local)) {
        while (!tool_stop && (s->options.count == 0 || s->closed < s->options.count))
            turn(s, signals);
        close_all(s);
        tool_say(&s->tool, "%u sessions, %u of them resumed, %u closed, %u handshakes failed", s->opened,
                 s->resumed, s->closed, s->failed);
        tool_stats(&s->tool);
        locket_shutdown(&s->tool.endpoint);
        status = EXIT_FINE;
    }
    udp_close(&s->tool.udp);
    free(s->sessions);
    free(s->handshakes);
    free(s->cache);
    options_forget(&s->options);
    return status;
}
