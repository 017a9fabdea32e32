/* SPDX-License-Identifier: Apache-2.0
 *
 * test_nocookie.c -- handshakes without HelloVerifyRequest, which RFC 6347 section 4.2.1
 * leaves to the server: our client and a server played by hand, where every datagram,
 * and every two of them, meet with a misfortune, as in test_sweeps.c. The server repeats a flight
 * whenever the client repeats the one before; what reaches it damaged, or in pieces, it
 * takes for lost. LOCKET_TEST_LOSSY as there; the kinds are below. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer12.h"

Suite *test_nocookie(void);

static const struct kind { const char *name; unsigned suite; size_t hint; } kinds[] = {
    { "nocookie-ccm8", 0xC0A8, 0 }, { "nocookie-ccm", 0xC0A4, 0 }, { "nocookie-gcm", 0x00A8, 0 },
    { "nocookie-hint-ccm8", 0xC0A8, 40 }, { "nocookie-hint-gcm", 0x00A8, 128 }
};
static const uint16_t mtus[] = { 256, 576, 1500 };
enum { N_KINDS = sizeof kinds / sizeof kinds[0], N_ARRIVALS = 64 };

struct course {
    struct hand h;
    struct net_verdict v[2];
    size_t index[2];
    size_t hint;
    struct { uint64_t due; size_t index; } coming[N_ARRIVALS];      /* to the server */
    size_t n_coming;
    unsigned turn;                /* the flights that the server has understood */
    struct peer12 before;         /* it said its last one */
};

static void arrive(struct course *c, const struct net_datagram *d, uint32_t delay)
{
    ck_assert_uint_lt(c->n_coming, N_ARRIVALS);
    c->coming[c->n_coming].due = d->at + NET_LATENCY + delay;
    c->coming[c->n_coming++].index = d->index;
}

static void judge(void *user, const struct net_datagram *d, struct net_verdict *v)
{
    struct course *c = user;
    for (size_t i = 0; i < 2; i++)
        if (d->index == c->index[i])
            *v = c->v[i];
    if (!net_same(&d->to, &c->h.p.me) || (v->fate != NET_DELIVER && v->fate != NET_DUPLICATE && v->fate != NET_DELAY))
        return;
    arrive(c, d, v->fate == NET_DELAY ? v->delay : 0);
    if (v->fate == NET_DUPLICATE)
        arrive(c, d, v->delay);
}

/* The server's flight of this turn in a datagram: the same messages in new records. */
static void say(struct course *c)
{
    struct peer12 *p = &c->h.p;
    uint8_t flight[NET_DATAGRAM];
    uint64_t number = p->number;
    locket_session keys = p->keys;
    *p = c->before;
    p->number = number;
    p->keys = keys;
    p12_hold(p);
    if (c->turn == 1) {
        p12_send(p, M_SERVER_HELLO);
        if (c->hint) {
            memset(p->hint, 'h', c->hint);
            p->hint_len = c->hint;
            p12_send(p, M_SERVER_KEY);
        }
        p12_send(p, M_HELLO_DONE);
    } else {
        p12_send(p, M_CCS);
        p12_send(p, M_FINISHED);
    }
    p->hold = false;
    memcpy(flight, p->held, p->held_len);
    net_post(c->h.net, &p->me, &p->other, flight, p->held_len);
}

static void hear(struct course *c, size_t index)
{
    struct peer12 *p = &c->h.p, kept = *p;
    bool hello = c->h.net->log[index]->bytes[13] == M_CLIENT_HELLO;
    if (c->turn == (hello ? 1 : 2)) {
        say(c);                   /* again */
        return;
    }
    if (c->turn != (hello ? 0 : 1))
        return;
    p->at = index;
    p->record_at = p->body_len = p->message_at = 0;
    if (!(hello ? p12_take(p, M_CLIENT_HELLO)
                : p12_take(p, M_CLIENT_KEY) && p12_take(p, M_CCS) && p12_take(p, M_FINISHED))) {
        *p = kept;
        return;
    }
    c->turn++;
    c->before = *p;
    say(c);
}

static size_t survive(const struct kind *k, uint16_t mtu, size_t i, const char *a, size_t j, const char *b)
{
    char where[160];
    struct course c;
    memset(&c, 0, sizeof c);
    snprintf(where, sizeof where, "LOCKET_TEST_LOSSY=\"%s %u %u %s %u %s\"", k->name, (unsigned)mtu, (unsigned)i, a,
             (unsigned)j, b ? b : "-");
    net_named(where);
    c.index[0] = i;
    c.index[1] = b ? j : SIZE_MAX;
    ck_assert_msg(net_misfortune(a, &c.v[0]) && (!b || net_misfortune(b, &c.v[1])), "%s", where);
    bool damage = c.v[0].fate >= NET_FLIP || c.v[1].fate >= NET_FLIP;
    hand_new(&c.h, LOCKET_CLIENT, 1000 * i + j);
    c.h.net->judge = judge;
    c.h.net->user = &c;
    c.h.node->config.mtu = mtu;
    c.hint = k->hint;
    c.h.p.suite = k->suite;
    hand_up(&c.h);
    while (c.h.net->elapsed < 70000 && !c.h.node->n_kind[LOCKET_CONNECTED] && !c.h.node->n_kind[LOCKET_CLOSED]) {
        size_t next = N_ARRIVALS;
        uint64_t until = 70000;
        for (size_t n = 0; n < c.n_coming; n++)
            if (c.coming[n].due && c.coming[n].due <= until) {
                until = c.coming[n].due;
                next = n;
            }
        if (net_step(c.h.net, until))
            continue;
        net_run(c.h.net, until - c.h.net->elapsed);
        if (next < N_ARRIVALS) {
            c.coming[next].due = 0;
            hear(&c, c.coming[next].index);
        }
    }
    uint64_t took = c.h.net->elapsed;
    bool met = c.h.node->n_kind[LOCKET_CONNECTED] == 1;
    ck_assert_msg(met || (damage && c.h.node->n_kind[LOCKET_CLOSED] == 1), "again: %s: no connection", where);
    ck_assert_msg(took <= (damage ? 70000 : 8000), "again: %s: took %lu ms", where, (unsigned long)took);
    ck_assert_msg(!met || c.turn == 2, "again: %s: connected with nobody", where);
    size_t sent = c.h.net->n_log;
    c.h.net->judge = NULL;
    if (met)
        ck_assert_msg(net_say(c.h.node, c.h.node->live, "ping", 4) == LOCKET_OK, "again: %s: no data", where);
    net_free(c.h.net);
    net_named(NULL);
    return sent;
}

/* Of the pairs the unit tests take one in 31. */
static const char *const misfortunes[] = {
    "drop", "twice:0", "twice:700", "late:15", "late:500", "late:1500", "cut:13", "cut:40", "cut:74", "flip:1",
    "flip:83", "flip:127", "flip:148", "flip:208", "flip:492", "frag:1:0:0:0", "frag:7:3:1:0", "frag:7:3:0:1",
    "frag:23:0:2:0"
};
enum { N_MISFORTUNES = sizeof misfortunes / sizeof misfortunes[0] };

START_TEST(any_two_datagrams_without_a_cookie_may_meet_with_a_misfortune)
{
    const char *chosen = getenv("LOCKET_TEST_LOSSY"), *part = getenv("LOCKET_TEST_PART");
    bool all = chosen && strcmp(chosen, "all") == 0;
    size_t count = (size_t)_i;
    unsigned share = 0, of = 1;
    if ((chosen && !all) || (part && sscanf(part, "%u/%u", &share, &of) != 2))
        return;
    for (size_t k = 0; k < N_KINDS; k++)
        for (size_t m = 0; m < sizeof mtus / sizeof mtus[0]; m++)
            for (size_t i = 0; i < 4 && (k + m) % of == share; i++) {
                size_t sent = survive(&kinds[k], mtus[m], i, misfortunes[_i], 0, NULL);
                for (size_t j = i + 1; j < sent && j < 16; j++)
                    for (size_t n = 0; n < N_MISFORTUNES; n++)
                        if (count++ % (all ? 1 : 31) == 0)
                            survive(&kinds[k], mtus[m], i, misfortunes[_i], j, misfortunes[n]);
            }
}
END_TEST

START_TEST(one_run_alone)
{
    const char *chosen = getenv("LOCKET_TEST_LOSSY");
    char kind[40], first[40], second[40];
    unsigned mtu, i, j;
    if (!chosen || sscanf(chosen, "%39s %u %u %39s %u %39s", kind, &mtu, &i, first, &j, second) != 6)
        return;
    for (size_t k = 0; k < N_KINDS; k++)
        if (strcmp(kinds[k].name, kind) == 0)
            survive(&kinds[k], (uint16_t)mtu, i, first, j, second[0] == '-' ? NULL : second);
}
END_TEST

Suite *test_nocookie(void)
{
    Suite *s = suite_create("nocookie");
    TCase *t = tcase_create("two datagrams");
    tcase_add_loop_test(t, any_two_datagrams_without_a_cookie_may_meet_with_a_misfortune, 0, N_MISFORTUNES);
    tcase_add_test(t, one_run_alone);
    suite_add_tcase(s, t);
    return s;
}
