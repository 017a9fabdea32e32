/* SPDX-License-Identifier: Apache-2.0
 *
 * tool.c -- between Locket's events and the socket. */
#define _GNU_SOURCE
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

volatile sig_atomic_t tool_stop, tool_ask;
static int wake[2] = { -1, -1 };

/* A byte in a pipe, so that a signal just before poll() is not slept over. */
static void on_signal(int number)
{
    int reason = errno;
    if (number == SIGUSR1)
        tool_ask = 1;
    else
        tool_stop = 1;
    ssize_t n = write(wake[1], "", 1);
    (void)n;
    errno = reason;
}

int tool_signals(void)
{
    struct sigaction catch = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
    struct sigaction ignore = { .sa_handler = SIG_IGN };
    if (pipe2(wake, O_CLOEXEC | O_NONBLOCK) != 0)
        return -1;
    (void)sigemptyset(&catch.sa_mask);
    (void)sigemptyset(&ignore.sa_mask);
    (void)sigaction(SIGINT, &catch, NULL);
    (void)sigaction(SIGTERM, &catch, NULL);
    (void)sigaction(SIGUSR1, &catch, NULL);
    (void)sigaction(SIGPIPE, &ignore, NULL);
    return wake[0];
}

void tool_signalled(int fd)
{
    char bytes[16];
    while (read(fd, bytes, sizeof bytes) > 0)
        continue;
}

void tool_say(const struct tool *t, const char *format, ...)
{
    va_list values;
    (void)fprintf(stderr, "%s: ", t->options->program);
    va_start(values, format);
    (void)vfprintf(stderr, format, values);
    va_end(values);
    (void)fputc('\n', stderr);
}

bool tool_begin(struct tool *t, struct options *o)
{
    t->options = o;
    t->udp.fd = -1;
    t->loss = o->loss;
    t->ladder.out = stderr;
    t->ladder.colour = ladder_colour(stderr);
    t->ladder.left = "client";
    t->ladder.right = "server";
    t->ladder.one_pair = !o->server;
    t->ladder.start = udp_now();
    locket_error failed = locket_selftest();
    if (failed != LOCKET_OK)
        tool_say(t, "%s", locket_error_name(failed));
    return failed == LOCKET_OK;
}

static void show(struct tool *t, bool incoming, const locket_peer *peer, const uint8_t *data,
                 size_t len, bool lost)
{
    char who[UDP_TEXT];
    if (!t->options->verbose)
        return;
    ladder_rung(&t->ladder, incoming == t->options->server, data, len, udp_now(), lost ? "lost" : NULL);
    if (t->options->server) {
        udp_text(peer, who);
        (void)fprintf(stderr, "%12s|                |  %s %s\n", "", incoming ? "from" : "to", who);
    }
}

/* The path takes no such datagram: RFC 6347 section 4.1.1.1. */
static void too_big(struct tool *t, const locket_peer *peer, size_t len)
{
    size_t mtu = udp_path_mtu(&t->udp, peer);
    if (mtu >= len)
        mtu = 0;
    if (mtu == 0 && len <= 256)
        return;
    if (locket_too_big(&t->endpoint, peer, mtu, udp_now()) == LOCKET_ERR_ARGUMENT)
        tool_say(t, "the path takes datagrams of %zu bytes only; DTLS needs 256 here", mtu);
}

bool tool_post(struct tool *t, const locket_peer *peer, const uint8_t *data, size_t len)
{
    bool lost = loss_next(&t->loss);
    show(t, false, peer, data, len, lost);
    if (lost)
        return true;
    int failed = udp_send(&t->udp, peer, data, len);
    if (failed == ECONNREFUSED) {
        /* That was the answer to an earlier datagram; this one has not gone. */
        t->trouble = failed;
        failed = udp_send(&t->udp, peer, data, len);
    }
    if (failed == EMSGSIZE) {
        too_big(t, peer, len);
        return false;
    }
    if (failed != 0 && failed != EAGAIN && failed != ENOBUFS)
        t->trouble = failed;
    t->datagrams[1]++;
    t->bytes[1] += len;
    return true;
}

ssize_t tool_receive(struct tool *t, locket_peer *from)
{
    for (;;) {
        ssize_t n = udp_receive(&t->udp, t->in, sizeof t->in, from);
        if (n < 0) {
            /* EMSGSIZE: a router could not pass on what we sent; the next
             * datagram of that size will fail at once. */
            if (errno != EAGAIN && errno != EMSGSIZE)
                t->trouble = errno;
            return -1;
        }
        bool lost = loss_next(&t->loss);
        show(t, true, from, t->in, (size_t)n, lost);
        if (lost)
            continue;
        t->datagrams[0]++;
        t->bytes[0] += (size_t)n;
        return n;
    }
}

locket_error tool_write(struct tool *t, locket_session *session, const uint8_t *data, size_t len)
{
    locket_peer peer;
    locket_peer_of(session, &peer);
    while (len != 0) {
        size_t limit = locket_data_limit(&t->endpoint, session), n = len < limit ? len : limit, out_len;
        if (n == 0)
            return LOCKET_ERR_STATE;
        locket_error failed = locket_send(&t->endpoint, session, data, n, t->out, sizeof t->out, &out_len);
        if (failed != LOCKET_OK)
            return failed;
        /* Too big: what was not sent is said again in smaller records. */
        if (!tool_post(t, &peer, t->out, out_len) && locket_data_limit(&t->endpoint, session) < n)
            continue;
        data += n;
        len -= n;
    }
    return LOCKET_OK;
}

void tool_stats(const struct tool *t)
{
    (void)fprintf(stderr, "%s: %llu datagrams (%llu bytes) in, %llu (%llu) out", t->options->program,
                  (unsigned long long)t->datagrams[0], (unsigned long long)t->bytes[0],
                  (unsigned long long)t->datagrams[1], (unsigned long long)t->bytes[1]);
    if (t->options->loss.percent != 0)
        (void)fprintf(stderr, ", %u lost on purpose", (unsigned)t->loss.lost);
    for (int i = 0; i < LOCKET_N_DROPS; i++) {
        uint32_t n = locket_drops(&t->endpoint, (locket_drop)i);
        if (n != 0)
            (void)fprintf(stderr, "; dropped: %u %s", (unsigned)n, locket_drop_name((locket_drop)i));
    }
    (void)fputc('\n', stderr);
}
