/* SPDX-License-Identifier: Apache-2.0
 *
 * tool.h -- what locket-client and locket-server have in common: one endpoint
 * on one socket, with --loss, --verbose and the counters in between. */
#ifndef EXAMPLES_TOOL_H
#define EXAMPLES_TOOL_H

#include <signal.h>

#include "ladder.h"
#include "options.h"

struct tool {
    struct options *options;
    struct udp      udp;
    locket_endpoint endpoint;
    struct loss     loss;
    struct ladder   ladder;
    uint64_t        datagrams[2], bytes[2];   /* in, out */
    int             trouble;      /* the last errno of the socket; 0: none so far */
    uint8_t         in[UDP_MAX], out[UDP_MAX];
};

/* A line on standard error that begins with the program's name. */
void tool_say(const struct tool *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Known answers and the start of the ladder. False: it has been said. */
bool tool_begin(struct tool *t, struct options *o);

/* A datagram out. When it is too large for the path, Locket learns that and
 * sends less in future; false then. */
bool tool_post(struct tool *t, const locket_peer *peer, const uint8_t *data, size_t len);

/* A datagram into t->in: its length, or -1 when none waits. */
ssize_t tool_receive(struct tool *t, locket_peer *from);

/* Data out to a session, in as many records as its path needs. */
locket_error tool_write(struct tool *t, locket_session *session, const uint8_t *data, size_t len);

/* A line of counters on standard error. */
void tool_stats(const struct tool *t);

/* SIGINT and SIGTERM set tool_stop, SIGUSR1 sets tool_ask; either makes the
 * descriptor that comes back (-1: none) readable until tool_signalled(). */
extern volatile sig_atomic_t tool_stop, tool_ask;
int  tool_signals(void);
void tool_signalled(int fd);

#endif
