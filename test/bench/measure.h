/* SPDX-License-Identifier: Apache-2.0
 *
 * measure.h -- a job is something to time, a sample one figure of it for one stack. */
#ifndef LOCKET_BENCH_MEASURE_H
#define LOCKET_BENCH_MEASURE_H

#include "peer.h"

enum job_kind { JOB_HANDSHAKE, JOB_HELLO, JOB_RECORD, JOB_SLEEP };

/* What a job yields: a record's times are those of sealing and opening it. */
enum { MEASURE_FIGURES = 2, MEASURE_PAIRS_MOST = 41 };

struct job {
    enum job_kind kind;
    enum bench_suite suite;
    size_t len;                   /* of a record's text */
    enum bench_way way;           /* of a handshake */
    bool cids;                    /* Locket has connection IDs; the peer, none */
};

/* Locket as the job wants it. */
const struct bench_peer *measure_locket(const struct job *job);

/* Nanoseconds, medians of all pairs, and the ratio of Locket to the peer pair by pair:
 * its median and the quartiles around it. */
struct figure {
    double locket, peer, ratio, low, high;
};

int  measure_figures(const struct job *job);
/* `pairs` times a sample of Locket and one of the peer, in turn; each takes about `ns`. */
void measure_pairs(const struct job *job, const struct bench_peer *peer, int pairs, uint64_t ns,
                   struct figure out[MEASURE_FIGURES]);
/* Instructions per operation: after count_open(). */
void measure_instructions(const struct job *job, const struct bench_peer *peer, double out[MEASURE_FIGURES]);
/* Bytes that a handshake puts on the wires, both directions. */
size_t measure_bytes(const struct job *job, const struct bench_peer *peer);
/* Do it `batches` times and measure nothing: something for a profiler to look at. */
void measure_run(const struct job *job, const struct bench_peer *peer, int batches);

#endif
