/* SPDX-License-Identifier: Apache-2.0
 *
 * test_sweeps.c -- handshakes in which one datagram, or two, meet with a misfortune: are
 * lost, repeated, delayed, cut short, damaged, fragmented at other borders. Every
 * datagram in turn, from either side, in every kind of handshake, down to the last
 * repetition that the misfortune itself has caused.
 *
 * The kinds are in kinds.c. The unit tests take a part of it, `make lossy` takes all
 * (LOCKET_TEST_LOSSY=all; and LOCKET_TEST_PART=1/2 for the second half). A failure, a crash
 * and a hang print the name of the run, which repeats it alone:
 *
 *     LOCKET_TEST_LOSSY="hint-gcm 576 3 drop 5 late:500" build/test/tree/run sweeps */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kinds.h"

Suite *test_sweeps(void);

static const uint16_t all_mtus[] = { 256, 257, 289, 333, 400, 512, 576, 735, 1000, 1232, 1280, 1399, 1500 };
static const uint16_t few_mtus[] = { 256, 512, 1232 };
static const uint16_t pair_mtus[] = { 256, 576, 1232, 1500 };
static const uint16_t back_mtus[] = { 256, 1232 };       /* who comes back says little */

struct mtus { const uint16_t *at; size_t n; };
#define MTUS(list) ((struct mtus){ list, sizeof list / sizeof list[0] })

static const char *chosen(void)
{
    const char *name = getenv("LOCKET_TEST_LOSSY");
    return name ? name : "";
}

static bool all(void) { return strcmp(chosen(), "all") == 0; }
static bool alone(void) { return chosen()[0] && !all(); }

/* Of the work that is shared between several processes, is this ours? */
static bool mine(size_t n)
{
    const char *part = getenv("LOCKET_TEST_PART");
    unsigned i = 0, of = 1;
    if (part && (sscanf(part, "%u/%u", &i, &of) != 2 || i >= of))
        ck_abort_msg("LOCKET_TEST_PART=%s", part);
    return n % of == i;
}

/* --- misfortunes ------------------------------------------------------------------------- */

struct fate {
    struct net_verdict v;
    bool damage;                  /* the handshake may fail, if cleanly */
    unsigned losses;              /* a timer may have to mend it */
    uint32_t ms;                  /* costs so much besides */
};

static struct fate fate_of(const char *name)
{
    struct fate f;
    memset(&f, 0, sizeof f);
    if (!net_misfortune(name, &f.v))
        ck_abort_msg("no such misfortune: %s", name);
    f.losses = f.v.fate != NET_DUPLICATE && f.v.fate != NET_FRAGMENT;
    f.damage = f.v.fate == NET_TRUNCATE || f.v.fate == NET_FLIP;
    f.ms = f.v.fate == NET_FLIP       ? 130000     /* it may have to be given up and begun anew */
           : f.v.fate == NET_FRAGMENT ? 700        /* a millisecond between the pieces */
           : f.v.fate == NET_DELAY && f.v.delay < 1000 ? f.v.delay
                                                       : 0;
    return f;
}

/* --- one handshake ------------------------------------------------------------------------ */

struct run {
    const struct kind *kind;
    uint16_t mtu;
    size_t index[2];              /* of the datagrams; one that is never sent meets with nothing */
    const char *name[2];          /* of what befalls them */
};

struct course {                   /* of a run */
    const struct kind *kind;
    struct fate fate[2];
    size_t index[2], hits[2], len, first;
    struct net_node *server;
    bool forgotten;
};

/* Is that the server's datagram after which it forgets? */
static bool is_time_to_forget(const struct course *c, const struct net_datagram *d)
{
    unsigned is = c->kind->is, message = is & LOST_AT_HELLO ? 2 : 3;
    return !c->forgotten && is & (FORGETS | LOST_AT_COOKIE | LOST_AT_HELLO) &&
           net_same(&d->from, &c->server->address) && d->bytes[0] == 22 && d->bytes[13] == message;
}

static void only_those(void *user, const struct net_datagram *d, struct net_verdict *v)
{
    struct course *c = user;
    for (size_t i = 0; i < 2; i++)
        if (d->index - c->first == c->index[i]) {
            *v = c->fate[i].v;
            c->hits[i]++;
            c->len = d->len;
        }
    if (!is_time_to_forget(c, d))
        return;
    c->forgotten = true;
    if (c->kind->is & FORGETS) {              /* as if the server began anew */
        uint8_t *secrets = (uint8_t *)c->server->ep.cookies.secret;
        for (size_t i = 0; i < sizeof c->server->ep.cookies.secret; i++)
            secrets[i] ^= 0x5A;
    } else {
        kind_forget(c->server, c->kind);
    }
}

static bool quiet(const struct net *net)
{
    locket_time when;
    for (size_t i = 0; i < net->n_nodes; i++)
        if (net->nodes[i]->up && locket_deadline(&net->nodes[i]->ep, &when))
            return false;
    return net->flying == NULL;
}

static unsigned heard(const struct net_node *n, const char *what)
{
    unsigned count = 0;
    for (size_t i = 0; i < n->n_events; i++)
        count += n->events[i].kind == LOCKET_DATA && n->events[i].len == 4 && memcmp(n->events[i].data, what, 4) == 0;
    return count;
}

static bool talk(struct net *net, struct net_node *a, struct net_node *b)
{
    unsigned pongs = heard(a, "pong"), pings = heard(b, "ping");
    net->judge = NULL;
    if (!a->live || !b->live || net_say(a, a->live, "ping", 4) || net_say(b, b->live, "pong", 4))
        return false;
    net_run(net, 50);
    return heard(a, "pong") == pongs + 1 && heard(b, "ping") == pings + 1;
}

/* Who comes back is connected when it sends its Finished, and talks at once: again after a
 * while, as what is not answered is said again. A server without a cookie counts on it. */
enum { SAID_AGAIN = 500 };
static bool meet(struct pair p, uint64_t ms)
{
    uint64_t until = p.net->elapsed + ms, due = 0;
    unsigned n = p.server->n_kind[LOCKET_CONNECTED];
    while (!p.client->live || p.server->n_kind[LOCKET_CONNECTED] == n) {
        if (p.client->live && due <= p.net->elapsed) {
            if (net_say(p.client, p.client->live, "once more", 9))
                return false;
            due = p.net->elapsed + SAID_AGAIN;
        }
        uint64_t next = p.client->live && due < until ? due : until;
        if (net_step(p.net, next))
            continue;
        if (next == until)
            return false;
        p.net->elapsed = next;
    }
    return true;
}

static uint64_t time_for(const struct course *c)
{
    static const uint64_t base[] = { 200, 1300, 3300 };
    uint64_t ms = base[c->fate[0].losses + c->fate[1].losses] + c->fate[0].ms + c->fate[1].ms;
    return ms + (c->kind->is & SLOW ? 600 : 0);
}

/* Afterwards nothing may be left of an attempt that failed: the next one succeeds. */
static void begin_again(struct pair p, const struct kind *k, const char *where)
{
    unsigned closed = k->is & AGAIN ? 2 : 1;
    ck_assert_msg(p.client->n_kind[LOCKET_CLOSED] == closed && quiet(p.net), "again: %s: no clean end", where);
    ck_assert_msg(!p.server->live && !p.client->live, "again: %s: a session is left", where);
    p.net->judge = NULL;
    kind_key(p.client, k, true);
    net_connect(p.client, &p.server->address);
    ck_assert_msg(net_meet(p.net, p.client, p.server, 3000), "again: %s: no second chance", where);
}

/* It came back if it could, as who it was, and could come back again. */
static void see_way_back(struct pair p, const struct kind *k, const char *where)
{
    bool resumed = k->is & AGAIN && !(k->is & FULL);
    /* A ClientHello in pieces resumes nothing. */
    bool either = k->is & LOST_AT_HELLO || strstr(where, "frag:");
    ck_assert_msg(locket_resumed(p.client->live) == locket_resumed(p.server->live) &&
                      (locket_resumed(p.client->live) == resumed || either),
                  "again: %s: resumed or not", where);
    ck_assert_msg(locket_handle(p.server->live) == 5 && locket_handle(p.client->live) == 5, "again: %s: who?", where);
    ck_assert_msg(p.client->remembered == LOCKET_OK, "again: %s: no way back", where);
}

/* The course of that run, and how many datagrams the handshake took. */
static struct course survive(struct run r, size_t *sent)
{
    char where[160];
    struct course c;
    memset(&c, 0, sizeof c);
    snprintf(where, sizeof where, "LOCKET_TEST_LOSSY=\"%s %u %u %s", r.kind->name, (unsigned)r.mtu,
             (unsigned)r.index[0], r.name[0]);
    if (r.name[1])
        snprintf(where + strlen(where), sizeof where - strlen(where), " %u %s", (unsigned)r.index[1], r.name[1]);
    snprintf(where + strlen(where), sizeof where - strlen(where), "\"");
    net_named(where);
    struct pair p = kind_pair(r.kind, r.mtu, 1000 * r.index[0] + (r.name[1] ? r.index[1] : 0));
    c.kind = r.kind;
    c.server = p.server;
    for (size_t i = 0; i < 2; i++) {
        c.index[i] = r.name[i] ? r.index[i] : SIZE_MAX;
        if (r.name[i])
            c.fate[i] = fate_of(r.name[i]);
        if (r.kind->is & AGAIN)   /* its ClientHello has a session_id before the compression methods */
            c.fate[i].v.first += 8;
    }
    kind_up(&p, r.kind);
    uint64_t start = p.net->elapsed;
    c.first = p.net->n_log;
    p.net->judge = only_those;
    p.net->user = &c;
    ck_assert_ptr_nonnull(net_connect(p.client, &p.server->address));
    bool stranger = r.kind->is & (WRONG_KEY | UNKNOWN);
    bool met = meet(p, 130000);
    uint64_t took = p.net->elapsed - start;
    net_run(p.net, 10);
    *sent = p.net->n_log - c.first;
    ck_assert_msg(p.server->live || !p.client->live, "again: %s: half a session", where);
    ck_assert_msg(*sent <= 200, "again: %s: %u datagrams", where, (unsigned)*sent);
    if (stranger || ((c.fate[0].damage || c.fate[1].damage) && !met)) {
        ck_assert_msg(!met, "again: %s: a stranger got in", where);
        net_run(p.net, 70000);
        begin_again(p, r.kind, where);
    } else {
        ck_assert_msg(met, "again: %s: no connection", where);
        ck_assert_msg(took <= time_for(&c), "again: %s: took %lu ms", where, (unsigned long)took);
    }
    if (met && r.kind->is & (CACHE | TICKETS) && !c.fate[0].damage && !c.fate[1].damage)
        see_way_back(p, r.kind, where);
    ck_assert_msg(talk(p.net, p.client, p.server), "again: %s: no data", where);
    ck_assert_msg(p.client->largest <= p.client->config.mtu && p.server->largest <= p.server->config.mtu,
                  "again: %s: a datagram is too long", where);
    net_free(p.net);
    net_named(NULL);
    return c;
}

/* --- one datagram ------------------------------------------------------------------------- */

/* Every datagram of the handshake in turn meets with `name`: of every kind at every MTU, or
 * of the usual ones at a few. A stranger's attempts go on for a minute: the first 40. */
static void sweep(const char *name)
{
    for (size_t k = 0; k < N_KINDS && !alone(); k++) {
        struct mtus some = all() ? MTUS(all_mtus) : MTUS(few_mtus);
        if (k >= N_FIRST)
            some = MTUS(back_mtus);
        else if (k >= N_USUAL && !all())
            continue;
        for (size_t m = 0; m < some.n; m++)
            for (size_t i = 0, hits = mine(k + m), sent; hits && i < 40; i++) {
                struct run r = { &kinds[k], some.at[m], { i, 0 }, { name, NULL } };
                hits = survive(r, &sent).hits[0];
            }
    }
}

static void sweep_each(const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sweep(names[i]);
}

START_TEST(each_datagram_may_be_lost) { sweep("drop"); }
END_TEST

START_TEST(each_datagram_may_come_twice)
{
    static const char *const names[] = { "twice:0", "twice:3", "twice:25", "twice:700", "twice:3000" };
    sweep_each(names, sizeof names / sizeof names[0]);
}
END_TEST

START_TEST(each_datagram_may_come_late)
{
    static const char *const names[] = { "late:1", "late:15", "late:500", "late:990", "late:1500", "late:4000" };
    sweep_each(names, sizeof names / sizeof names[0]);
}
END_TEST

START_TEST(each_datagram_may_be_cut_short)
{
    static const unsigned lengths[] = { 0, 1, 12, 13, 14, 24, 25, 26, 40, 60, 73, 74, 85, 100, 170 };
    char name[32];
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        snprintf(name, sizeof name, "cut:%u", lengths[i]);
        sweep(name);
    }
}
END_TEST

/* One bit of every byte of every datagram. */
START_TEST(each_byte_may_be_damaged)
{
    static const uint16_t one_mtu[] = { 1232 };
    char name[32];
    size_t sent;
    for (size_t k = 0; k < N_KINDS && !alone(); k++) {
        struct mtus some = !all() ? MTUS(one_mtu) : k < N_FIRST ? MTUS(all_mtus) : MTUS(back_mtus);
        if (k > 0 && k < N_FIRST && !all())
            continue;
        for (size_t m = 0; m < some.n; m++)
            for (size_t i = 0; i < 12 && mine(k + m); i++)
                for (size_t byte = 0, len = 1; byte < len; byte++) {
                    snprintf(name, sizeof name, "flip:%u", (unsigned)(8 * byte + (byte * 5 + i) % 8));
                    struct run r = { &kinds[k], some.at[m], { i, 0 }, { name, NULL } };
                    len = survive(r, &sent).len;
                }
    }
}
END_TEST

/* Fragments at other borders are no loss: the handshake takes no timer. */
START_TEST(each_datagram_may_be_fragmented_anew)
{
    static const struct { unsigned size, overlap; } cuts[] = { { 1, 0 }, { 2, 1 }, { 7, 0 }, { 16, 16 }, { 30, 9 } };
    char name[40];
    for (unsigned place = 0; place < 3; place++) {
        snprintf(name, sizeof name, "frag:%u:%u:%u:%d", cuts[_i % 5].size, cuts[_i % 5].overlap, place, _i >= 5);
        sweep(name);
    }
}
END_TEST

/* All of them at once, in the smallest pieces. */
static void all_in_pieces(void *user, const struct net_datagram *d, struct net_verdict *v)
{
    (void)d;
    *v = *(const struct net_verdict *)user;
}

START_TEST(all_datagrams_may_be_fragmented_to_single_bytes)
{
    struct pair p = kind_pair(&kinds[0], 1232, 3);
    struct net_verdict v = fate_of("frag:1:0:0:0").v;
    p.net->judge = all_in_pieces;
    p.net->user = &v;
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 990));
    ck_assert(talk(p.net, p.client, p.server));
    net_free(p.net);
}
END_TEST

/* --- two datagrams ------------------------------------------------------------------------ */

/* The first are tried with one another, the others only together with a loss. */
static const char *const misfortunes[] = {
    "drop", "twice:0", "twice:3000", "late:15", "late:1500", "cut:40", "flip:83", "flip:492",
    "frag:7:3:0:1", "frag:23:0:1:0",
    "twice:25", "twice:990", "late:500", "late:4000", "cut:1", "cut:13", "cut:25", "cut:74", "cut:100", "flip:1",
    "flip:34", "flip:101", "flip:127", "flip:148", "flip:199", "flip:208", "flip:367", "flip:645", "frag:7:3:1:0",
    "frag:23:0:0:1"
};
enum { N_MISFORTUNES = sizeof misfortunes / sizeof misfortunes[0], N_TOGETHER = 10 };

/* Any two datagrams meet with any two of these, the first with the one of this test. What
 * the first causes is seen in a run without the second: so many datagrams there are
 * to choose a second from. Of all these runs the unit tests take one in `step`. */
START_TEST(two_datagrams_may_meet_with_any_two_misfortunes)
{
    size_t n_others = _i == 0 ? N_MISFORTUNES : _i < N_TOGETHER ? N_TOGETHER : 1;
    size_t step = all() ? 1 : n_others > 1 ? 97 : 7, count = (size_t)_i, sent = 0, runs = 0, unused;
    const char *first = misfortunes[_i];
    for (size_t k = 0; k < N_KINDS && !alone(); k++) {
        struct mtus some = k < N_FIRST ? MTUS(pair_mtus) : MTUS(back_mtus);
        for (size_t m = 0; m < some.n; m++)
            for (size_t i = 0, hits = mine(k + m); hits && i < 12; i++) {
                struct run r = { &kinds[k], some.at[m], { i, 0 }, { first, NULL } };
                if (!all() && (k + m + i + (size_t)_i) % 5)
                    continue;
                hits = survive(r, &sent).hits[0];
                for (size_t j = i + 1; hits && j < sent && j < 24; j++)
                    for (size_t n = 0; n < n_others; n++)
                        if (count++ % step == 0) {
                            r.index[1] = j;
                            r.name[1] = misfortunes[n];
                            survive(r, &unused);
                            runs++;
                        }
            }
    }
    ck_assert(runs > 0 || alone());
}
END_TEST

START_TEST(two_datagrams_may_be_lost)
{
    size_t sent = 0, unused;
    for (size_t k = 0; k < N_KINDS && !alone(); k++)
        for (size_t m = 0; m < 3; m += 2)
            for (size_t i = 0, hits = 1; hits && i < 12; i++) {
                struct run r = { &kinds[k], few_mtus[m], { i, 0 }, { "drop", NULL } };
                hits = survive(r, &sent).hits[0];
                r.name[1] = "drop";
                for (r.index[1] = i + 1; r.index[1] < sent && r.index[1] < 24; r.index[1]++)
                    survive(r, &unused);
            }
}
END_TEST

/* The one that has been named. */
START_TEST(one_run_alone)
{
    char kind[40], first[40], second[40];
    unsigned mtu, i, j = 0;
    size_t sent;
    if (!alone())
        return;
    int n = sscanf(chosen(), "%39s %u %u %39s %u %39s", kind, &mtu, &i, first, &j, second);
    for (size_t k = 0; k < N_KINDS; k++)
        if ((n == 4 || n == 6) && strcmp(kinds[k].name, kind) == 0) {
            struct run r = { &kinds[k], (uint16_t)mtu, { i, j }, { first, n == 6 ? second : NULL } };
            survive(r, &sent);
            return;
        }
    ck_abort_msg("LOCKET_TEST_LOSSY=\"%s\": not 'all', nor kind, mtu, datagram, misfortune", chosen());
}
END_TEST

Suite *test_sweeps(void)
{
    Suite *s = suite_create("sweeps");
    TCase *t = tcase_create("one datagram");
    tcase_add_test(t, each_datagram_may_be_lost);
    tcase_add_test(t, each_datagram_may_come_twice);
    tcase_add_test(t, each_datagram_may_come_late);
    tcase_add_test(t, each_datagram_may_be_cut_short);
    tcase_add_test(t, each_byte_may_be_damaged);
    tcase_add_loop_test(t, each_datagram_may_be_fragmented_anew, 0, 10);
    tcase_add_test(t, all_datagrams_may_be_fragmented_to_single_bytes);
    suite_add_tcase(s, t);
    t = tcase_create("two datagrams");
    tcase_add_test(t, two_datagrams_may_be_lost);
    tcase_add_loop_test(t, two_datagrams_may_meet_with_any_two_misfortunes, 0, N_MISFORTUNES);
    suite_add_tcase(s, t);
    t = tcase_create("alone");
    tcase_add_test(t, one_run_alone);
    suite_add_tcase(s, t);
    return s;
}
