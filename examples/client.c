/* SPDX-License-Identifier: Apache-2.0
 *
 * client.c -- locket-client: lines of standard input to a server, and what it
 * answers to standard output. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

enum { ALERT_BAD_RECORD_MAC = 20, ALERT_HANDSHAKE_FAILURE = 40, ALERT_DECRYPT_ERROR = 51,
       ALERT_INSUFFICIENT_SECURITY = 71, ALERT_UNKNOWN_PSK_IDENTITY = 115 };

struct client {
    struct options   options;
    struct tool      tool;
    locket_session   sessions[1];
    locket_handshake handshakes[1];
    locket_session  *session;
    bool             connected, closed, end_of_input, stdout_broken;
    locket_error     reason;      /* why it is closed */
    locket_time      quiet_since; /* last time something came in, or input ended */
    bool             heard;       /* data has come */
    uint8_t          input[16384];/* of standard input, not yet sent */
    size_t           input_len;
    struct session_owner owner;   /* of the session file, or of the one that sleeps */
    struct sleeper   sleeper;     /* --load, later --save */
    uint8_t          record[LOCKET_RECORD_MAX];   /* the session offered; borrowed by the endpoint */
    size_t           record_len;  /* 0: none */
    bool             file_failed; /* it has been said */
};

static locket_error own_psk(void *user, locket_psk *psk)
{
    const struct client *c = user;
    const struct options *o = &c->options;
    if (o->verbose && psk->hint_len != 0) {
        (void)fprintf(stderr, "%s: identity hint of the server: ", o->program);
        ladder_print(stderr, psk->hint, psk->hint_len);
        (void)fputc('\n', stderr);
    }
    return keys_answer(o->me, psk);
}

static void write_keylog(void *user, const char *label, const uint8_t client_random[32],
                         const uint8_t *secret, size_t secret_len)
{
    struct client *c = user;
    options_keylog(&c->options, label, client_random, secret, secret_len);
}

static bool count(void *user, uint32_t id, bool advance, uint64_t *value)
{
    struct client *c = user;
    (void)id;
    return sleeper_count(&c->sleeper, advance, value);
}

/* --- a session that sleeps --- */

/* False: leave; it has been said why. */
static bool wake(struct client *c)
{
    const struct options *o = &c->options;
    if (o->load != NULL) {
        if (!sleeper_open(&c->sleeper, o->load, o->save_key) ||
            !sleeper_load(&c->sleeper, &c->tool.endpoint, &c->owner, udp_now(), &c->session)) {
            tool_say(&c->tool, "--load %s: %s", o->load, c->sleeper.why);
            return false;
        }
        (void)fprintf(stderr, "loaded: %s, no handshake\n", locket_suite_name(locket_suite(c->session)));
        c->connected = true;
        c->quiet_since = udp_now();
    }
    /* What would be in the way of --save is better known before there is a session. */
    if (o->save != NULL && !sleeper_open(&c->sleeper, o->save, o->save_key)) {
        tool_say(&c->tool, "--save %s: %s", o->save, c->sleeper.why);
        return false;
    }
    return true;
}

static void lay_down(struct client *c)
{
    size_t len;
    const char *path = c->options.save;
    if (sleeper_save(&c->sleeper, &c->tool.endpoint, c->session, &c->owner, &len)) {
        (void)fprintf(stderr, "saved: %zu bytes, good for one --load\n", len);
    } else {
        tool_say(&c->tool, "--save %s: %s", path, c->sleeper.why);
        c->file_failed = true;
        (void)locket_close(&c->tool.endpoint, c->session);
        return;
    }
    c->closed = true;
}

/* --- the session file --- */

static void say_of_file(struct client *c, const char *why)
{
    tool_say(&c->tool, "--session-file %s: %s", c->options.session_file, why);
    c->file_failed = true;
}

/* False: leave; it has been said why. */
static bool recall(struct client *c)
{
    char why[SESSION_FILE_WHY];
    const struct options *o = &c->options;
    if (o->session_file == NULL)
        return true;
    switch (session_file_load(SESSION_TO_COME_BACK, o->session_file, &c->owner, c->record, sizeof c->record,
                              &c->record_len, why)) {
    case SESSION_FILE_BAD:
        say_of_file(c, why);
        return false;
    case SESSION_FILE_OTHER:
        tool_say(&c->tool, "--session-file %s: of another server or identity: a full handshake, then it is"
                 " written anew", o->session_file);
        return true;
    default:
        return true;
    }
}

static void forget(struct client *c)
{
    char why[SESSION_FILE_WHY];
    if (c->options.session_file != NULL && !session_file_forget(c->options.session_file, why))
        say_of_file(c, why);
}

static void remember(struct client *c)
{
    char why[SESSION_FILE_WHY];
    uint8_t record[LOCKET_RECORD_MAX];
    size_t len;
    if (c->options.session_file == NULL)
        return;
    locket_error none = locket_remember(&c->tool.endpoint, c->session, record, sizeof record, &len);
    if (none != LOCKET_OK)
        forget(c);
    else if (!session_file_save(SESSION_TO_COME_BACK, c->options.session_file, &c->owner, record, len, why))
        say_of_file(c, why);
    explicit_bzero(record, sizeof record);
}

/* A session that a fatal alert has ended is not to be resumed (RFC 5246 section 7.2.2); and one
 * of which the server knows no more than the name would be in our way for ever. */
static void after(struct client *c)
{
    bool in_the_way = !c->connected && c->record_len != 0 && c->reason == LOCKET_ERR_TIMEOUT &&
                      c->tool.datagrams[0] != 0;
    if (session_file_ends(c->reason) || in_the_way)
        forget(c);
}

static const char *how(const struct client *c)
{
    return locket_resumed(c->session) ? ", resumed" : c->record_len != 0 ? ", not resumed" : "";
}

static void take_events(struct client *c)
{
    struct tool *t = &c->tool;
    locket_event e;
    while (locket_next(&t->endpoint, t->out, sizeof t->out, &e)) {
        switch (e.kind) {
        case LOCKET_SEND:
            (void)tool_post(t, &e.peer, e.data, e.len);
            break;
        case LOCKET_CONNECTED:
            (void)fprintf(stderr, "connected: %s%s\n", locket_suite_name(locket_suite(e.session)), how(c));
            remember(c);
            c->connected = true;
            c->quiet_since = udp_now();
            break;
        case LOCKET_DATA:
            c->quiet_since = udp_now();
            c->heard = true;
            if (fwrite(e.data, 1, e.len, stdout) != e.len || fflush(stdout) != 0)
                c->stdout_broken = true;
            break;
        case LOCKET_CLOSED:
            c->closed = true;
            c->reason = e.reason;
            after(c);
            break;
        case LOCKET_WEARING:
            tool_say(t, "the key wears out (%s): connect anew soon", locket_error_name(e.reason));
            break;
        default:
            break;
        }
    }
}

/* What is waiting to be sent: a line, or all there is when no line will come. */
static size_t next_line(const struct client *c)
{
    const uint8_t *end = memchr(c->input, '\n', c->input_len);
    if (end != NULL)
        return (size_t)(end - c->input) + 1;
    return c->end_of_input || c->input_len == sizeof c->input ? c->input_len : 0;
}

static void send_line(struct client *c)
{
    size_t len = next_line(c);
    if (len == 0)
        return;
    locket_error failed = tool_write(&c->tool, c->session, c->input, len);
    if (failed != LOCKET_OK) {
        tool_say(&c->tool, "not sent: %s", locket_error_name(failed));
        (void)locket_close(&c->tool.endpoint, c->session);
    }
    c->input_len -= len;
    memmove(c->input, c->input + len, c->input_len);
    c->quiet_since = udp_now();
}

static void read_input(struct client *c)
{
    ssize_t n = read(STDIN_FILENO, c->input + c->input_len, sizeof c->input - c->input_len);
    if (n > 0)
        c->input_len += (size_t)n;
    else if (n == 0 || (errno != EINTR && errno != EAGAIN))
        c->end_of_input = true;
    c->quiet_since = udp_now();
}

/* Wait for something, and deal with it. */
static void turn(struct client *c, int signals)
{
    struct tool *t = &c->tool;
    bool hungry = c->connected && !c->end_of_input && next_line(c) == 0;
    struct pollfd fds[3] = { { .fd = t->udp.fd, .events = POLLIN }, { .fd = signals, .events = POLLIN },
                             { .fd = hungry ? STDIN_FILENO : -1, .events = POLLIN } };
    locket_time when, now = udp_now();
    locket_peer from;
    bool timed = locket_deadline(&t->endpoint, &when);
    if (c->connected && next_line(c) != 0)
        udp_sooner(&timed, &when, now);
    else if (c->connected && c->end_of_input)
        udp_sooner(&timed, &when, c->quiet_since + c->options.linger);
    udp_wait(fds, 3, timed ? &when : NULL);

    ssize_t n = tool_receive(t, &from);
    now = udp_now();
    if (n >= 0)
        locket_input(&t->endpoint, &from, t->in, (size_t)n, now);
    else
        locket_tick(&t->endpoint, now);
    take_events(c);
    if (c->closed)
        return;
    if (c->connected)
        send_line(c);
    if (fds[2].revents != 0)
        read_input(c);
    bool done = c->connected && c->end_of_input && c->input_len == 0 &&
                udp_due(c->quiet_since + c->options.linger, now);
    bool leave = done || c->stdout_broken || tool_stop;
    if (leave && c->connected && c->options.save != NULL)
        lay_down(c);
    else if (leave)
        (void)locket_close(&t->endpoint, c->session);
    take_events(c);
    if (tool_ask)
        tool_stats(t);
    tool_ask = 0;
    if (fds[1].revents != 0)
        tool_signalled(signals);
}

/* Why there is no session, in words for the one who has to mend it. */
static void explain(const struct client *c)
{
    const struct tool *t = &c->tool;
    const char *to = c->options.address_text;
    switch (c->reason) {
    case LOCKET_OK:
        tool_say(t, "interrupted before there was a session");
        break;
    case LOCKET_PEER_ALERT + ALERT_DECRYPT_ERROR:
    case LOCKET_PEER_ALERT + ALERT_BAD_RECORD_MAC:
    case LOCKET_PEER_ALERT + ALERT_UNKNOWN_PSK_IDENTITY:
        tool_say(t, "the server did not accept our key: wrong key or unknown identity (%s)",
                 c->reason == LOCKET_PEER_ALERT + ALERT_DECRYPT_ERROR ? "decrypt_error" :
                 c->reason == LOCKET_PEER_ALERT + ALERT_BAD_RECORD_MAC ? "bad_record_mac" : "unknown_psk_identity");
        break;
    case LOCKET_PEER_ALERT + ALERT_HANDSHAKE_FAILURE:
    case LOCKET_PEER_ALERT + ALERT_INSUFFICIENT_SECURITY:
        tool_say(t, "the server wants none of our suites or extensions, or does not know us: %s",
                 locket_error_name(c->reason));
        break;
    case LOCKET_ERR_TIMEOUT:
        if (t->datagrams[0] == 0)
            tool_say(t, "no answer from %s in %.1f s", to, c->options.config.deadline / 1000.0);
        else
            tool_say(t, "%s answers but does not finish in %.1f s: a wrong key or a full server looks like this",
                     to, c->options.config.deadline / 1000.0);
        break;
    default:
        tool_say(t, "no session with %s: %s", to, locket_error_name(c->reason));
        break;
    }
}

static int run(struct client *c)
{
    struct tool *t = &c->tool;
    struct options *o = &c->options;
    locket_peer server;
    if (!tool_begin(t, o))
        return EXIT_FAILED;
    o->config.psk = own_psk;
    o->config.user = c;
    o->config.counter = count;
    if (o->keylog != NULL)
        o->config.keylog = write_keylog;
    udp_peer(&o->address, &server);
    c->owner = (struct session_owner){ server, o->me->identity, o->me->identity_len };
    if (!recall(c))
        return EXIT_FAILED;
    if (!udp_connect(&t->udp, &o->address)) {
        tool_say(t, "%s: %s", o->address_text, strerror(errno));
        return EXIT_FAILED;
    }
    locket_error failed = locket_init(&t->endpoint, &o->config, c->sessions, 1, c->handshakes, 1);
    if (failed == LOCKET_OK && !wake(c))
        return EXIT_FAILED;
    if (failed == LOCKET_OK && c->session == NULL)
        failed = c->record_len == 0
            ? locket_connect(&t->endpoint, &server, udp_now(), &c->session)
            : locket_resume(&t->endpoint, &server, udp_now(), c->record, c->record_len, &c->session);
    if (failed == LOCKET_ERR_RECORD) {
        say_of_file(c, "a session of another version: remove it");
        return EXIT_FAILED;
    }
    if (failed != LOCKET_OK) {
        tool_say(t, "%s", locket_error_name(failed));
        return EXIT_FAILED;
    }
    int signals = tool_signals();
    take_events(c);
    while (!c->closed && (t->trouble == 0 || o->persist))
        turn(c, signals);
    if (o->verbose)
        tool_stats(t);
    bool unreachable = !c->closed;
    if (unreachable && c->connected && o->save != NULL)
        lay_down(c);              /* the way may be there tomorrow */
    if (unreachable) {
        tool_say(t, "%s: %s%s", o->address_text, strerror(t->trouble), t->trouble == ECONNREFUSED
                 ? ": nobody listens there (--persist tries on all the same)" : "");
        return EXIT_FAILED;
    }
    if (!c->connected) {
        explain(c);
        return EXIT_FAILED;
    }
    if (o->load != NULL && !c->heard && c->reason == LOCKET_OK)
        tool_say(t, "nothing came back: has the server lost the session? (without --load a new one is made)");
    if (c->reason == LOCKET_PEER_ALERT)
        tool_say(t, "the server has closed the session");
    else if (c->reason != LOCKET_OK)
        tool_say(t, "the session has ended: %s", locket_error_name(c->reason));
    return (c->reason == LOCKET_OK || c->reason == LOCKET_PEER_ALERT) && !c->stdout_broken && !c->file_failed
        ? EXIT_FINE : EXIT_FAILED;
}

int main(int argc, char **argv)
{
    static struct client client;
    int status;
    client.tool.udp.fd = -1;
    if (options_read(&client.options, false, argc, argv, &status)) {
        status = run(&client);
        if (client.session != NULL)
            locket_shutdown(&client.tool.endpoint);
        sleeper_close(&client.sleeper);
        explicit_bzero(client.input, sizeof client.input);
        explicit_bzero(client.record, sizeof client.record);
        udp_close(&client.tool.udp);
    }
    options_forget(&client.options);
    return status;
}
