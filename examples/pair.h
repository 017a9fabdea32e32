/* SPDX-License-Identifier: Apache-2.0
 *
 * pair.h -- a meter and a gateway in one process, on a clock of their own: each datagram
 * arrives PAIR_LATENCY milliseconds later, is counted, and can be shown. For the parts of the
 * demo that compare; examples/loop.c is the same in small. */
#ifndef EXAMPLES_PAIR_H
#define EXAMPLES_PAIR_H

#include "ladder.h"

enum { PAIR_LATENCY = 50, PAIR_QUEUE = 8, PAIR_DATAGRAM = 1232, PAIR_LOG = 16, PAIR_STEP = 10 };

struct pair;

struct pair_end {
    struct pair     *pair;
    locket_endpoint  endpoint;
    locket_session   sessions[2];
    locket_handshake handshakes[1];
    locket_session  *live;        /* since its CONNECTED */
    uint32_t         handle;      /* of the last CONNECTED */
    bool             resumed;     /* that was */
    locket_time      connected;   /* when */
    bool             up;
    /* Told of every event but SEND. */
    void (*event)(struct pair_end *end, const locket_event *e);
    void            *user;
};

struct pair {
    struct pair_end meter, gateway;
    struct ladder   ladder;       /* ladder.out NULL: nothing is shown */
    locket_time     now;
    struct { bool up; locket_time due; size_t len; uint8_t data[PAIR_DATAGRAM]; } flying[PAIR_QUEUE];
    unsigned        n_flying;
    struct { bool up, lost; size_t len; } log[PAIR_LOG];    /* what was sent, the first of it */
    unsigned        n_log;        /* 0: begin anew */
    uint8_t         moves;        /* of the meter; what goes to an address before is lost */
};

/* False: locket_init() has refused. May be called again for the one that has lost its power. */
bool pair_start(struct pair *p, struct pair_end *end, const locket_config *config);
void pair_stop(struct pair_end *end);

/* The meter connects; with a session to come back to if `record` is not NULL. */
bool pair_connect(struct pair *p, const uint8_t *record, size_t len);
bool pair_say(struct pair_end *end, const uint8_t *data, size_t len);

/* Let that much time pass. */
void pair_run(struct pair *p, locket_time ms);

/* Close what is open on the meter's side. */
void pair_close(struct pair *p);

#endif
