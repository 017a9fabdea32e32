/* SPDX-License-Identifier: Apache-2.0
 *
 * measure.c -- from a job to numbers that another busy program does not spoil.
 *
 * A batch is a handshake, or some thirty of anything else, and is timed as a whole. A
 * sample is the median over batches for about 20 ms: a batch during which the processor
 * was taken away is an outlier there, and vanishes. Samples of Locket and of the peer
 * alternate, A B A B, so a slower minute hits both; only ratios of neighbours are used. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "count.h"
#include "measure.h"

enum { BATCH = 32, BATCHES_MOST = 8192, BATCHES_LEAST = 5, WARM_UP = 16, COUNTED = 64 };

/* A first ClientHello: DTLS 1.2, PSK with CCM_8, extended master secret, and the signal
 * that renegotiation is safe. */
static const uint8_t client_hello[] = {
    22, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 62,
    1, 0, 0, 50, 0, 0, 0, 0, 0, 0, 0, 50,
    0xFE, 0xFD,
    0x5b, 0x1e, 0xc7, 0x20, 0x94, 0x33, 0xfa, 0x68, 0x01, 0xd2, 0xae, 0x7f, 0x46, 0x9c, 0x05, 0xeb,
    0x38, 0x72, 0xbd, 0x10, 0xc9, 0x64, 0x2f, 0x87, 0x5a, 0xe3, 0x0c, 0xb1, 0x7d, 0x96, 0x41, 0xf8,
    0,
    0,
    0, 4, 0xC0, 0xA8, 0x00, 0xFF,
    1, 0,
    0, 4, 0x00, 0x17, 0, 0,
};

enum { HELLO_VERIFY_TYPE = 3, RECORD_HEADER_SIZE = 13 };

static uint8_t text[BENCH_TEXT];

int measure_figures(const struct job *job) { return job->kind == JOB_RECORD ? 2 : 1; }

const struct bench_peer *measure_locket(const struct job *job)
{
    return job->cids ? &bench_locket_cids : &bench_locket;
}

static int batch_size(const struct job *job) { return job->kind == JOB_HANDSHAKE ? 1 : BATCH; }

static uint64_t clock_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t begin(bool counting)
{
    if (counting)
        count_start();
    return counting ? 0 : clock_ns();
}

static uint64_t end(bool counting, uint64_t begun)
{
    return counting ? count_stop() : clock_ns() - begun;
}

static void prepare(const struct job *job, const struct bench_peer *p)
{
    if (job->kind == JOB_RECORD || job->kind == JOB_SLEEP) {
        for (size_t i = 0; i < sizeof text; i++)
            text[i] = (uint8_t)(i * 7 + job->len);
        bench_must(p->handshake(job->suite, BENCH_FULL), p->name, "the handshake before it failed");
    }
    wire_clear();
}

/* As many answers as questions, each a HelloVerifyRequest. */
static bool hellos_answered(void)
{
    const uint8_t *answer;
    uint8_t gone[1];
    int n = 0;
    for (size_t len; (len = wire_look(&to_client, &answer)) != 0; n++) {
        if (len <= RECORD_HEADER_SIZE || answer[RECORD_HEADER_SIZE] != HELLO_VERIFY_TYPE)
            return false;
        (void)wire_take(&to_client, gone, sizeof gone);
    }
    return n == BATCH;
}

/* One batch; out[] is nanoseconds or instructions of all of it. */
static void batch(const struct job *job, const struct bench_peer *p, bool counting,
                  uint64_t out[MEASURE_FIGURES])
{
    const uint8_t *opened = NULL;
    size_t opened_len = 0;
    bool good = true;
    uint64_t begun = begin(counting);
    if (job->kind == JOB_HANDSHAKE) {
        good = p->handshake(job->suite, job->way);
        out[0] = end(counting, begun);
        bench_must(good, p->name, "the handshake failed");
        return;
    }
    if (job->kind == JOB_HELLO) {
        for (int i = 0; i < BATCH; i++)
            good &= wire_put(&to_server, client_hello, sizeof client_hello) && p->hello_verify();
        out[0] = end(counting, begun);
        bench_must(good && hellos_answered(), p->name, "no HelloVerifyRequest");
        return;
    }
    if (job->kind == JOB_SLEEP) {
        for (int i = 0; i < BATCH; i++)
            good &= p->sleep();
        out[0] = end(counting, begun);
        good = good && p->seal(text, job->len) && p->open(&opened, &opened_len);
        bench_must(good && opened_len == job->len, p->name, "a saved session is not what it was");
        return;
    }
    for (int i = 0; i < BATCH; i++)
        good &= p->seal(text, job->len);
    out[0] = end(counting, begun);
    bench_must(good, p->name, "sealing failed");
    begun = begin(counting);
    for (int i = 0; i < BATCH; i++)
        good &= p->open(&opened, &opened_len) && opened_len == job->len;
    out[1] = end(counting, begun);
    bench_must(good && memcmp(opened, text, job->len) == 0, p->name, "opening failed");
}

static int by_time(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void sample(const struct job *job, const struct bench_peer *p, int batches,
                   double out[MEASURE_FIGURES])
{
    static uint64_t times[MEASURE_FIGURES][BATCHES_MOST];
    uint64_t one[MEASURE_FIGURES] = { 0 };
    prepare(job, p);
    batch(job, p, false, one);
    for (int i = 0; i < batches; i++) {
        batch(job, p, false, one);
        for (int f = 0; f < MEASURE_FIGURES; f++)
            times[f][i] = one[f];
    }
    for (int f = 0; f < measure_figures(job); f++) {
        qsort(times[f], (size_t)batches, sizeof times[f][0], by_time);
        out[f] = (double)times[f][batches / 2] / batch_size(job);
    }
}

/* How many batches fill `ns`? */
static int calibrate(const struct job *job, const struct bench_peer *p, uint64_t ns)
{
    double one[MEASURE_FIGURES] = { 0 };
    sample(job, p, WARM_UP, one);
    double n = (double)ns / ((one[0] + one[1]) * batch_size(job));
    return n > BATCHES_MOST ? BATCHES_MOST : n < BATCHES_LEAST ? BATCHES_LEAST : (int)n;
}

static double at_quarter(double *sorted, int n, int quarter) { return sorted[(n - 1) * quarter / 4]; }

void measure_pairs(const struct job *job, const struct bench_peer *peer, int pairs, uint64_t ns,
                   struct figure out[MEASURE_FIGURES])
{
    double mine[MEASURE_FIGURES][MEASURE_PAIRS_MOST], theirs[MEASURE_FIGURES][MEASURE_PAIRS_MOST];
    double ratios[MEASURE_FIGURES][MEASURE_PAIRS_MOST];
    const struct bench_peer *locket = measure_locket(job);
    int my_batches = calibrate(job, locket, ns), their_batches = calibrate(job, peer, ns);
    for (int i = 0; i < pairs; i++) {
        double a[MEASURE_FIGURES] = { 0 }, b[MEASURE_FIGURES] = { 0 };
        sample(job, locket, my_batches, a);
        sample(job, peer, their_batches, b);
        for (int f = 0; f < measure_figures(job); f++) {
            mine[f][i] = a[f];
            theirs[f][i] = b[f];
            ratios[f][i] = a[f] / b[f];
        }
    }
    for (int f = 0; f < measure_figures(job); f++) {
        qsort(mine[f], (size_t)pairs, sizeof mine[f][0], by_size);
        qsort(theirs[f], (size_t)pairs, sizeof theirs[f][0], by_size);
        qsort(ratios[f], (size_t)pairs, sizeof ratios[f][0], by_size);
        out[f] = (struct figure){ at_quarter(mine[f], pairs, 2), at_quarter(theirs[f], pairs, 2),
                                  at_quarter(ratios[f], pairs, 2), at_quarter(ratios[f], pairs, 1),
                                  at_quarter(ratios[f], pairs, 3) };
    }
}

void measure_instructions(const struct job *job, const struct bench_peer *peer, double out[MEASURE_FIGURES])
{
    uint64_t one[MEASURE_FIGURES] = { 0 }, all[MEASURE_FIGURES] = { 0 };
    prepare(job, peer);
    for (int i = 0; i < WARM_UP; i++)
        batch(job, peer, false, one);
    for (int i = 0; i < COUNTED; i++) {
        batch(job, peer, true, one);
        for (int f = 0; f < MEASURE_FIGURES; f++)
            all[f] += one[f];
    }
    for (int f = 0; f < measure_figures(job); f++)
        out[f] = (double)all[f] / COUNTED / batch_size(job);
}

size_t measure_bytes(const struct job *job, const struct bench_peer *peer)
{
    uint64_t one[MEASURE_FIGURES];
    prepare(job, peer);
    batch(job, peer, false, one);               /* of those that come back, it may be the first */
    wire_carried = 0;
    batch(job, peer, false, one);
    return wire_carried;
}

void measure_run(const struct job *job, const struct bench_peer *peer, int batches)
{
    uint64_t one[MEASURE_FIGURES];
    prepare(job, peer);
    for (int i = 0; i < batches; i++)
        batch(job, peer, false, one);
}
