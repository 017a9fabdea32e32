/* SPDX-License-Identifier: Apache-2.0
 *
 * cost.c -- the model, and the table. */
#include "cost.h"

#include <stdio.h>
#include <string.h>

static const struct radio {
    const char *name;
    unsigned up, down;            /* uJ a byte */
    unsigned header, frame;       /* bytes added to each frame; our bytes in one; 0: any number */
    unsigned wait_mw, round_trip; /* the receiver's power; ms */
} radios[COST_RADIOS] = {
    { "802.15.4", 2, 2, 30, 97, 60, 20 },
    { "NB-IoT", 320, 60, 28, 0, 100, 500 }
};

static const char *const names[N_COSTS][2] = {
    { "full", "" }, { "full,", "a ticket" }, { "resumed", "by ID" }, { "resumed", "by ticket" },
    { "asleep", "" }, { "asleep,", "basic" }, { "asleep,", "enhanced" }
};

static unsigned on_air(const struct radio *r, size_t len)
{
    size_t frames = r->frame != 0 ? (len + r->frame - 1) / r->frame : 1;
    return (unsigned)(len + frames * r->header);
}

void cost_count(const struct pair *p, unsigned first, size_t riding, unsigned before, unsigned waits,
                struct cost *out)
{
    bool up = false;
    memset(out, 0, sizeof *out);
    out->bytes = riding;
    out->before = before;
    out->waits = waits;
    for (unsigned r = 0; r < COST_RADIOS; r++)
        out->energy[r] = waits * radios[r].wait_mw * radios[r].round_trip + (unsigned)riding * radios[r].up;
    for (unsigned i = first; i < p->n_log; i++) {
        if (p->log[i].lost)
            continue;
        out->flights += out->datagrams == 0 || p->log[i].up != up;
        up = p->log[i].up;
        out->datagrams++;
        out->bytes += p->log[i].len;
        for (unsigned r = 0; r < COST_RADIOS; r++)
            out->energy[r] += on_air(&radios[r], p->log[i].len) * (up ? radios[r].up : radios[r].down);
    }
}

static bool counted(const struct cost *c) { return c->bytes != 0; }

static void head(const struct cost c[N_COSTS], unsigned line)
{
    (void)printf("  %-33s", "");
    for (unsigned i = 0; i < N_COSTS; i++)
        if (counted(&c[i]))
            (void)printf("%10s", names[i][line]);
    (void)putchar('\n');
}

/* `of` gives the number; r is the radio, where it matters. */
static void row(const struct cost c[N_COSTS], const char *what, size_t (*of)(const struct cost *, unsigned),
                unsigned r)
{
    (void)printf("  %-33s", what);
    for (unsigned i = 0; i < N_COSTS; i++)
        if (counted(&c[i]))
            (void)printf("%10zu", of(&c[i], r));
    (void)putchar('\n');
}

static size_t bytes(const struct cost *c, unsigned r)     { (void)r; return c->bytes; }
static size_t datagrams(const struct cost *c, unsigned r) { (void)r; return c->datagrams; }
static size_t flights(const struct cost *c, unsigned r)   { (void)r; return c->flights; }
static size_t before(const struct cost *c, unsigned r)    { (void)r; return c->before; }
static size_t waits(const struct cost *c, unsigned r)     { (void)r; return c->waits; }
static size_t energy(const struct cost *c, unsigned r)    { return c->energy[r]; }

void cost_table(const struct cost c[N_COSTS])
{
    (void)putchar('\n');
    head(c, 0);
    head(c, 1);
    row(c, "bytes of UDP payload", bytes, 0);
    row(c, "datagrams", datagrams, 0);
    row(c, "flights", flights, 0);
    row(c, "round trips before the reading", before, 0);
    row(c, "round trips with the receiver on", waits, 0);
    for (unsigned r = 0; r < COST_RADIOS; r++) {
        char what[64];
        (void)snprintf(what, sizeof what, "%s, uJ of the meter's radio", radios[r].name);
        row(c, what, energy, r);
    }
    (void)printf("\n  The energy is a model, not a measurement, of the radio alone:\n");
    for (unsigned r = 0; r < COST_RADIOS; r++) {
        const struct radio *x = &radios[r];
        char frame[40] = "datagram";
        if (x->frame != 0)
            (void)snprintf(frame, sizeof frame, "frame of %u", x->frame);
        (void)printf("  %-8s  %3u uJ a byte up, %2u down, with %u bytes more a %s; %u mW for %u ms a round"
                     " trip\n",
                     x->name, x->up, x->down, x->header, frame, x->wait_mw, x->round_trip);
    }
}
