/* SPDX-License-Identifier: Apache-2.0
 *
 * bench.c -- Locket beside the stacks that Debian has: the same job, in one process, on the
 * same two wires, in turn.
 *
 *     bench [short] [json FILE]
 *     bench run STACK KIND SUITE LEN BATCHES     for a profiler
 *
 * KIND is handshake, id (resumed by session ID), ticket, hello, record or sleep (a session
 * is saved and loaded).
 *
 * The claims: Locket is ahead of every stack on every row, with connection IDs of its own
 * as well; and these cost no more than a limit, beside Locket without. A row that fails is
 * measured up to three times more before it counts, for machines are noisy; then the exit
 * status is 1. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "count.h"
#include "measure.h"

enum { TRIES = 4, PAIRS = 11, PAIRS_SHORT = 5 };
enum { SAMPLE_NS = 20000000, SAMPLE_NS_SHORT = 4000000 };

static const struct bench_peer *const peers[] = {
    &bench_openssl, &bench_gnutls, &bench_mbedtls, &bench_wolfssl,
    &bench_locket,                /* the last: beside Locket with connection IDs */
};
enum { PEERS = sizeof peers / sizeof peers[0], ITSELF = PEERS - 1, STACKS = ITSELF };

/* Some servers remember one session: all that come back to it stand together. */
static const struct job jobs[] = {
    { JOB_HANDSHAKE, BENCH_CCM_8, 0, BENCH_FULL, 0 },
    { JOB_HANDSHAKE, BENCH_GCM, 0, BENCH_FULL, 0 },
    { JOB_HANDSHAKE, BENCH_CCM_8, 0, BENCH_BY_ID, 0 },
    { JOB_HANDSHAKE, BENCH_CCM_8, 0, BENCH_BY_ID, true },
    { JOB_HANDSHAKE, BENCH_GCM, 0, BENCH_BY_ID, 0 },
    { JOB_HANDSHAKE, BENCH_CCM_8, 0, BENCH_BY_TICKET, 0 },
    { JOB_HANDSHAKE, BENCH_GCM, 0, BENCH_BY_TICKET, 0 },
    { JOB_HELLO, BENCH_CCM_8, 0, 0, 0 },
    { JOB_RECORD, BENCH_CCM_8, 16, 0, 0 },    { JOB_RECORD, BENCH_CCM_8, 32, 0, 0 },
    { JOB_RECORD, BENCH_CCM_8, 64, 0, 0 },    { JOB_RECORD, BENCH_CCM_8, 256, 0, 0 },
    { JOB_RECORD, BENCH_CCM_8, 1200, 0, 0 },
    { JOB_RECORD, BENCH_GCM, 16, 0, 0 },      { JOB_RECORD, BENCH_GCM, 32, 0, 0 },
    { JOB_RECORD, BENCH_GCM, 64, 0, 0 },      { JOB_RECORD, BENCH_GCM, 256, 0, 0 },
    { JOB_RECORD, BENCH_GCM, 1200, 0, 0 },
    { JOB_RECORD, BENCH_CCM_8, 32, 0, true }, { JOB_RECORD, BENCH_CCM_8, 1200, 0, true },
    { JOB_SLEEP, BENCH_CCM_8, 32, 0, true },
};
enum { JOBS = sizeof jobs / sizeof jobs[0] };

/* Everything that was found out. */
static struct figure found[JOBS][PEERS][MEASURE_FIGURES];
static double instructions[JOBS][1 + PEERS][MEASURE_FIGURES];     /* Locket's first */
static size_t bytes[JOBS][1 + PEERS];
static bool counted;
static int behind;

static const char *suite_name(enum bench_suite s) { return s == BENCH_CCM_8 ? "CCM_8" : "GCM"; }

/* Why there is no such figure, or NULL. */
static const char *missing(const struct job *job, const struct bench_peer *p)
{
    if (p == peers[ITSELF])
        return job->cids ? NULL : "the same";
    if (job->kind == JOB_SLEEP)
        return "no such thing";
    return job->kind == JOB_HANDSHAKE && job->way == BENCH_FULL ? p->no_psk : NULL;
}

/* The ratio that a figure must stay below. To seal 32 bytes CBC-MAC has 4 blocks, each waiting for
 * the last; with 8-byte connection IDs it has 7. Opening has more else to do. */
static double limit(const struct job *job, int peer, int figure)
{
    bool is_short = job->kind == JOB_RECORD && job->len <= 32;
    if (peer != ITSELF)
        return 1;
    return is_short && figure == 0 ? 1.8 : 1.3;
}

static const char *row_name(const struct job *job, int figure)
{
    static const char *const ways[BENCH_WAYS] = { "PSK handshake", "resumed by ID", "resumed by ticket" };
    static char name[64];
    const char *cids = job->cids ? ", CIDs" : "";
    if (job->kind == JOB_HANDSHAKE)
        snprintf(name, sizeof name, "%s %s%s", ways[job->way], suite_name(job->suite), cids);
    else if (job->kind == JOB_HELLO)
        snprintf(name, sizeof name, "HelloVerifyRequest");
    else if (job->kind == JOB_SLEEP)
        snprintf(name, sizeof name, "save and load%s", cids);
    else
        snprintf(name, sizeof name, "%s %s %zu B%s", figure == 0 ? "seal" : "open",
                 suite_name(job->suite), job->len, cids);
    return name;
}

/* Locket's own time in a row: the median of what it took beside each peer. */
static double own_time(int job, int figure)
{
    double times[PEERS];
    int n = 0;
    for (int p = 0; p < PEERS; p++) {
        double x = found[job][p][figure].locket;
        int at = n;
        if (missing(&jobs[job], peers[p]))
            continue;
        for (; at > 0 && times[at - 1] > x; at--)
            times[at] = times[at - 1];
        times[at] = x;
        n++;
    }
    return times[n / 2];
}

/* --- measuring --- */

static void look(int job, int peer, bool briefly)
{
    int figures = measure_figures(&jobs[job]);
    struct figure now[MEASURE_FIGURES];
    bool good = false;
    for (int attempt = 0; attempt < TRIES && !good; attempt++) {
        measure_pairs(&jobs[job], peers[peer], briefly ? PAIRS_SHORT : PAIRS,
                      briefly ? SAMPLE_NS_SHORT : SAMPLE_NS, now);
        good = true;
        for (int f = 0; f < figures; f++) {
            struct figure *kept = &found[job][peer][f];
            if (attempt == 0 || kept->ratio >= limit(&jobs[job], peer, f))
                *kept = now[f];
            good = good && kept->ratio < limit(&jobs[job], peer, f);
        }
        if (!good && attempt + 1 < TRIES)
            fprintf(stderr, "bench: %s beside %s is too slow: measured again\n",
                    row_name(&jobs[job], 0), peers[peer]->name);
    }
    for (int f = 0; f < figures; f++) {
        double most = limit(&jobs[job], peer, f);
        if (found[job][peer][f].ratio < most)
            continue;
        behind++;
        fprintf(stderr, "bench: BEHIND: %s beside %s, ratio %.3f, not below %.2f\n", row_name(&jobs[job], f),
                peers[peer]->name, found[job][peer][f].ratio, most);
    }
}

static void weigh(int job)
{
    bytes[job][0] = measure_bytes(&jobs[job], measure_locket(&jobs[job]));
    for (int p = 0; p < PEERS; p++)
        if (!missing(&jobs[job], peers[p]))
            bytes[job][1 + p] = measure_bytes(&jobs[job], peers[p]);
}

static void count(int job)
{
    measure_instructions(&jobs[job], measure_locket(&jobs[job]), instructions[job][0]);
    for (int p = 0; p < PEERS; p++)
        if (!missing(&jobs[job], peers[p]))
            measure_instructions(&jobs[job], peers[p], instructions[job][1 + p]);
}

/* --- printing --- */

static void print_names(const char *first, const char *own)
{
    printf("\n%-26s %9s", first, own);
    for (int p = 0; p < STACKS; p++)
        printf(" | %-27s", peers[p]->name);
    printf("\n");
}

static void print_times(int job, int figure)
{
    printf("%-26s %9.0f", row_name(&jobs[job], figure), own_time(job, figure));
    for (int p = 0; p < STACKS; p++) {
        const struct figure *f = &found[job][p][figure];
        if (missing(&jobs[job], peers[p]))
            printf(" | %-27s", missing(&jobs[job], peers[p]));
        else
            printf(" | %7.0f %.3f (%.3f-%.3f)", f->peer, f->ratio, f->low, f->high);
    }
    printf("\n");
}

static void print_instructions(int job, int figure)
{
    double own = instructions[job][0][figure];
    printf("%-26s %9.0f", row_name(&jobs[job], figure), own);
    for (int p = 0; p < STACKS; p++) {
        double n = instructions[job][1 + p][figure];
        if (missing(&jobs[job], peers[p]))
            printf(" | %-27s", missing(&jobs[job], peers[p]));
        else
            printf(" | %7.0f %.3f                ", n, own / n);
    }
    printf("\n");
}

static void print_bytes(int job)
{
    printf("%-26s %9zu", row_name(&jobs[job], 0), bytes[job][0]);
    for (int p = 0; p < STACKS; p++) {
        if (missing(&jobs[job], peers[p]))
            printf(" | %-27s", missing(&jobs[job], peers[p]));
        else
            printf(" | %7zu                    ", bytes[job][1 + p]);
    }
    printf("\n");
}

/* With connection IDs, beside the same without. */
static void print_itself(int job, int figure)
{
    const struct figure *f = &found[job][ITSELF][figure];
    printf("%-26s %9.0f | %7.0f %.3f (%.3f-%.3f) | %.2f", row_name(&jobs[job], figure), f->locket, f->peer,
           f->ratio, f->low, f->high, limit(&jobs[job], ITSELF, figure));
    if (counted) {
        const double with = instructions[job][0][figure], without = instructions[job][1 + ITSELF][figure];
        printf("    | %7.0f %.3f", without, with / without);
    }
    if (bytes[job][0])
        printf("    | %zu instead of %zu bytes", bytes[job][0], bytes[job][1 + ITSELF]);
    printf("\n");
}

static void print_all(bool briefly)
{
    printf("Locket %s", bench_locket.version());
    for (int p = 0; p < STACKS; p++)
        printf("%s%s %s", p == 0 ? " beside " : ", ", peers[p]->name, peers[p]->version());
    printf("\nmedian of %d pairs; of a peer: ns, ratio Locket / peer, and its quartiles\n"
           "CIDs: connection IDs of Locket, %d bytes both ways; the others have none\n",
           briefly ? PAIRS_SHORT : PAIRS, BENCH_CID);
    print_names("nanoseconds", "Locket");
    for (int j = 0; j < JOBS; j++)
        for (int f = 0; f < measure_figures(&jobs[j]) && jobs[j].kind != JOB_SLEEP; f++)
            print_times(j, f);
    printf("\n%-26s %9s | %-27s | below%s\n", "nanoseconds", "with CIDs", "without",
           counted ? "   | instructions" : "");
    for (int j = 0; j < JOBS; j++)
        for (int f = 0; f < measure_figures(&jobs[j]) && jobs[j].cids; f++)
            print_itself(j, f);
    print_names("bytes, both directions", "Locket");
    for (int j = 0; j < JOBS && jobs[j].kind == JOB_HANDSHAKE; j++)
        print_bytes(j);
    if (!counted)
        return;
    print_names("instructions", "Locket");
    for (int j = 0; j < JOBS; j++)
        for (int f = 0; f < measure_figures(&jobs[j]) && jobs[j].kind != JOB_SLEEP; f++)
            print_instructions(j, f);
}

static void write_row(FILE *out, int job, int figure)
{
    const char *between = "";
    fprintf(out, "    { \"row\": \"%s\", \"locket_ns\": %.1f, ",
            row_name(&jobs[job], figure), own_time(job, figure));
    if (counted)
        fprintf(out, "\"locket_instructions\": %.0f, ", instructions[job][0][figure]);
    if (bytes[job][0])
        fprintf(out, "\"locket_bytes\": %zu, ", bytes[job][0]);
    fprintf(out, "\"peers\": [");
    for (int p = 0; p < PEERS; p++) {
        const struct figure *f = &found[job][p][figure];
        if (missing(&jobs[job], peers[p]))
            continue;
        fprintf(out, "%s\n      { \"name\": \"%s\", \"ns\": %.1f, \"locket_ns\": %.1f, \"ratio\": %.4f, "
                "\"quartiles\": [%.4f, %.4f]", between, peers[p]->name, f->peer, f->locket, f->ratio,
                f->low, f->high);
        if (counted)
            fprintf(out, ", \"instructions\": %.0f", instructions[job][1 + p][figure]);
        if (bytes[job][1 + p])
            fprintf(out, ", \"bytes\": %zu", bytes[job][1 + p]);
        fprintf(out, " }");
        between = ",";
    }
    fprintf(out, " ] }");
}

static void write_json(const char *path, bool briefly)
{
    FILE *out = fopen(path, "w");
    const char *between = "";
    bench_must(out != NULL, path, "cannot be written");
    fprintf(out, "{\n  \"locket\": \"%s\",\n  \"pairs\": %d,\n  \"peers\": {", bench_locket.version(),
            briefly ? PAIRS_SHORT : PAIRS);
    for (int p = 0; p < PEERS; p++)
        fprintf(out, "%s \"%s\": \"%s\"", p == 0 ? "" : ",", peers[p]->name, peers[p]->version());
    fprintf(out, " },\n  \"rows\": [");
    for (int j = 0; j < JOBS; j++) {
        for (int f = 0; f < measure_figures(&jobs[j]); f++) {
            fprintf(out, "%s\n", between);
            write_row(out, j, f);
            between = ",";
        }
    }
    fprintf(out, "\n  ]\n}\n");
    bench_must(fclose(out) == 0, path, "cannot be written");
}

/* --- for a profiler --- */

static int run(char **arguments)
{
    const struct bench_peer *stack = &bench_locket_cids;
    static const char *const ways[BENCH_WAYS] = { "handshake", "id", "ticket" };
    struct job job = { JOB_RECORD, BENCH_CCM_8, 0, BENCH_FULL, false };
    for (int p = 0; p < PEERS; p++)
        if (strcmp(arguments[0], peers[p]->name) == 0)
            stack = peers[p];
    for (int w = 0; w < BENCH_WAYS; w++)
        if (strcmp(arguments[1], ways[w]) == 0)
            job.kind = JOB_HANDSHAKE, job.way = (enum bench_way)w;
    if (strcmp(arguments[1], "hello") == 0)
        job.kind = JOB_HELLO;
    if (strcmp(arguments[1], "sleep") == 0)
        job.kind = JOB_SLEEP;
    if (strcmp(arguments[2], "GCM") == 0)
        job.suite = BENCH_GCM;
    job.len = (size_t)strtoul(arguments[3], NULL, 10);
    bench_must(strcmp(arguments[0], stack->name) == 0 && job.len <= BENCH_TEXT, arguments[0],
               "what is that?");
    measure_run(&job, stack, atoi(arguments[4]));
    return 0;
}

int main(int argc, char **argv)
{
    bool briefly = false;
    const char *json = NULL;
    if (argc == 7 && strcmp(argv[1], "run") == 0)
        return run(argv + 2);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "short") == 0)
            briefly = true;
        else if (strcmp(argv[i], "json") == 0 && i + 1 < argc)
            json = argv[++i];
        else
            bench_must(false, argv[i], "what is that?");
    }
    counted = count_open();
    for (int j = 0; j < JOBS; j++) {
        for (int p = 0; p < PEERS; p++)
            if (!missing(&jobs[j], peers[p]))
                look(j, p, briefly);
        if (jobs[j].kind == JOB_HANDSHAKE)
            weigh(j);
        if (counted)
            count(j);
    }
    print_all(briefly);
    if (json)
        write_json(json, briefly);
    if (behind > 0)
        printf("\nBEHIND in %d figures\n", behind);
    else
        printf("\nahead of every stack in every row; connection IDs cost less than their limits\n");
    return behind > 0;
}
