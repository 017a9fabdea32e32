/* SPDX-License-Identifier: Apache-2.0
 *
 * test_lossy.c -- handshakes over a network that loses, repeats, delays, damages,
 * cuts and fragments at random (test_sweeps.c: one datagram after the other), or takes
 * no large datagrams. LOCKET_TEST_SEED=n repeats one of the random runs alone,
 * LOCKET_TEST_RUNS=10000 makes more of them, from that seed on. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer12.h"
#include "sha256.h"

Suite *test_lossy(void);

static const uint16_t suites[3][1] = { { 0xC0A8 }, { 0xC0A4 }, { 0x00A8 } };
static const uint16_t mtus[] = { 256, 512, 1232 };

static bool quiet(const struct net *net)
{
    locket_time when;
    for (size_t i = 0; i < net->n_nodes; i++)
        if (net->nodes[i]->up && locket_deadline(&net->nodes[i]->ep, &when))
            return false;
    return net->flying == NULL;
}

/* --- random ------------------------------------------------------------------------- */

struct weather { struct net *net; uint32_t percent[NET_N_FATES]; };

static void at_random(void *user, const struct net_datagram *d, struct net_verdict *v)
{
    struct weather *w = user;
    uint32_t dice = net_below(w->net, 100), sum = 0;
    for (int f = 1; f < NET_N_FATES; f++) {
        sum += w->percent[f];
        if (dice < sum) {
            v->fate = (enum net_fate)f;
            break;
        }
    }
    v->delay = net_below(w->net, net_below(w->net, 4) ? 40 : 3000);
    v->at = v->fate == NET_FRAGMENT ? 1 + net_below(w->net, 40) : net_below(w->net, 8 * (uint32_t)d->len);
    v->overlap = net_below(w->net, 2) ? net_below(w->net, 20) : 0;
    v->first = 68;            /* with a session_id */
    v->place = (int)net_below(w->net, 3) == 0 ? NET_OWN_DATAGRAM
               : net_below(w->net, 2)         ? NET_OWN_RECORD
                                              : NET_ONE_RECORD;
    v->backwards = net_below(w->net, 3) == 0;
}

/* A second chance for who has none, in good weather, and then both directions of each. */
static void all_talk(struct net_node *server, struct net_node **client, size_t n, unsigned long seed)
{
    struct net *net = server->net;
    for (size_t i = 0; i < n; i++) {
        struct net_node *c = client[i];
        if (!c->live) {
            ck_assert_msg(net_connect(c, &server->address) != NULL, "LOCKET_TEST_SEED=%lu", seed);
            net_run(net, 20000);
            ck_assert_msg(c->live != NULL, "LOCKET_TEST_SEED=%lu: client %zu: no second chance", seed, i);
        }
        server->live = NULL;      /* find the session by what it receives */
        ck_assert_msg(net_say(c, c->live, "ping", 4) == LOCKET_OK, "LOCKET_TEST_SEED=%lu", seed);
        unsigned before = server->n_kind[LOCKET_DATA];
        net_run(net, 50);
        const struct net_event *e = net_last(server, LOCKET_DATA);
        ck_assert_msg(server->n_kind[LOCKET_DATA] == before + 1 && e->handle == 200 + i &&
                      net_same(&e->peer, &c->address), "LOCKET_TEST_SEED=%lu: client %zu is not heard", seed, i);
        before = c->n_kind[LOCKET_DATA];
        ck_assert_msg(net_say(server, e->session, "pong", 4) == LOCKET_OK, "LOCKET_TEST_SEED=%lu", seed);
        net_run(net, 50);
        ck_assert_msg(c->n_kind[LOCKET_DATA] == before + 1, "LOCKET_TEST_SEED=%lu: client %zu hears nothing", seed, i);
    }
}

/* --- and back again --- */

static void may_return(struct net_node *n)
{
    static const uint16_t limits[] = { 0, 0, 64, 512, 16384 }, fragments[] = { 0, 0, 512, 4096 };
    struct net *net = n->net;
    bool server = n->config.role == LOCKET_SERVER;
    n->config.tickets = net_below(net, 2);
    n->config.record_size_limit = limits[net_below(net, 5)];
    n->config.max_fragment_length = server ? 0 : fragments[net_below(net, 4)];
    n->config.resume_cookie = (locket_cookie_policy)net_below(net, 3);
    n->comes_back = !server;
    if (server && net_below(net, 4)) {
        n->config.cache = n->cache;
        n->config.n_cache = 1 + net_below(net, NET_CACHE);
    }
}

static bool is_heard(const struct net_node *server, const struct net_node *c, size_t from)
{
    for (size_t i = from; i < server->n_events; i++)
        if (server->events[i].kind == LOCKET_DATA && net_same(&server->events[i].peer, &c->address))
            return true;
    return false;
}

/* All go, and come back in the same weather; a client says something until it is heard. Of what
 * the server knows something may be forgotten meanwhile. In the worst weather a server may have
 * given up whose client is connected: that one has no answers, and connects anew. */
static void come_back(struct net_node *server, struct net_node **client, size_t n, struct weather *w,
                      unsigned long seed)
{
    struct net *net = server->net;
    uint8_t key[16] = { 0 };
    unsigned closed[3], trouble = 0;
    bool half = false;
    for (size_t i = 0; i < n; i++) {
        net_close(client[i], client[i]->live);
        net_run(net, 20);
        closed[i] = client[i]->n_kind[LOCKET_CLOSED];
    }
    size_t from = server->n_events;
    uint32_t forgets = net_below(net, 2) ? net_below(net, 8) : 9;
    net->judge = at_random;
    net->user = w;
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(net_connect(client[i], &server->address) != NULL, "LOCKET_TEST_SEED=%lu", seed);
    for (size_t tries = 0, left = n; left && tries < 260; tries++) {
        if (tries == forgets) {
            locket_forget(&server->ep, 200 + net_below(net, 3));
            locket_error turned = locket_ticket_key(&server->ep, 99, key);
            ck_assert(turned == (server->config.tickets ? LOCKET_OK : LOCKET_ERR_STATE));
        }
        left = 0;
        for (size_t i = 0; i < n; i++) {
            bool over = client[i]->n_kind[LOCKET_CLOSED] > closed[i] || is_heard(server, client[i], from);
            left += !over;
            if (!over && client[i]->live)
                ck_assert_msg(net_say(client[i], client[i]->live, "still me", 8) == LOCKET_OK,
                              "LOCKET_TEST_SEED=%lu", seed);
        }
        net_run(net, tries < 8 ? 30 : 500);
        half = left > 0;
    }
    for (int f = 1; f < NET_N_FATES; f++)
        trouble += w->percent[f];
    ck_assert_msg(!half || trouble >= 30, "LOCKET_TEST_SEED=%lu: half a session", seed);
    for (size_t i = 0; i < n; i++)
        if (half && client[i]->live && !is_heard(server, client[i], from))
            net_close(client[i], client[i]->live);
    net->judge = NULL;
    net_run(net, 65000);
    ck_assert_msg(quiet(net), "LOCKET_TEST_SEED=%lu: not quiet after coming back", seed);
}

static void random_client(struct net_node *c, struct net_node *server, size_t i, bool returns)
{
    uint8_t identity[128], key[64];
    struct net *net = c->net;
    size_t n = 1 + net_below(net, 128), k = 16 + net_below(net, 49);
    for (size_t b = 0; b < 128; b++)
        identity[b] = (uint8_t)net_random(net);
    identity[0] = (uint8_t)i;
    for (size_t b = 0; b < 64; b++)
        key[b] = (uint8_t)net_random(net);
    net_set_key(c, 0, identity, n, key, k, (uint32_t)(100 + i));
    net_set_key(server, i, identity, n, key, k, (uint32_t)(200 + i));
    c->config.suites = suites[net_below(net, 3)];
    c->config.n_suites = 1;
    c->config.mtu = mtus[net_below(net, 3)];
    c->config.one_message_per_record = net_below(net, 4) == 0;
    c->one_buffer = net_below(net, 2);
    c->lookup_ms = net_below(net, 4) ? 0 : 1 + net_below(net, 2500);
    if (returns)
        may_return(c);
    net_up(c, 1, 1);
}

static void one_run(unsigned long seed)
{
    char name[60];
    snprintf(name, sizeof name, "LOCKET_TEST_SEED=%lu", seed);
    net_named(name);
    struct net *net = net_new(seed, 0);
    struct net_node *server, *client[3];
    struct weather w;
    net->start = net_below(net, 2) ? net_random(net) : (locket_time)(0u - net_below(net, 70000));
    memset(&w, 0, sizeof w);
    w.net = net;
    bool damage = net_below(net, 4) == 0, rough = net_below(net, 2);
    w.percent[NET_DROP] = net_below(net, rough ? 35 : 10);
    w.percent[NET_DUPLICATE] = net_below(net, rough ? 15 : 5);
    w.percent[NET_DELAY] = net_below(net, rough ? 20 : 5);
    w.percent[NET_FLIP] = damage ? net_below(net, 8) : 0;
    w.percent[NET_TRUNCATE] = damage ? net_below(net, 8) : 0;
    w.percent[NET_FRAGMENT] = net_below(net, 20);
    server = net_node(net, LOCKET_SERVER, 2, 5684);
    server->config.mtu = mtus[net_below(net, 3)];
    server->config.one_message_per_record = net_below(net, 4) == 0;
    server->one_buffer = net_below(net, 2);
    server->lookup_ms = net_below(net, 4) ? 0 : 1 + net_below(net, 2500);
    uint8_t hint[100];
    memset(hint, 'h', sizeof hint);
    server->config.hint = hint;
    server->config.hint_len = net_below(net, 2) ? net_below(net, 101) : 0;
    size_t n = 1 + net_below(net, 3);
    net->judge = at_random;
    net->user = &w;
    bool returns = net_below(net, 2);
    if (returns)
        may_return(server);
    for (size_t i = 0; i < n; i++)
        random_client(client[i] = net_node(net, LOCKET_CLIENT, 10 + (unsigned)i, 4000), server, i, returns);
    net_up(server, 4, 3);
    for (size_t i = 0; i < n; i++)
        ck_assert(net_connect(client[i], &server->address) != NULL);
    net_run(net, 130000);
    net->judge = NULL;
    net_run(net, 5000);
    ck_assert_msg(quiet(net), "LOCKET_TEST_SEED=%lu: not quiet after 130 s", seed);
    for (size_t i = 0; i < n; i++) {
        struct net_node *c = client[i];
        ck_assert_msg(c->n_kind[LOCKET_CONNECTED] + c->n_kind[LOCKET_CLOSED] == 1,
                      "LOCKET_TEST_SEED=%lu: client %zu: %u connected, %u closed", seed, i,
                      c->n_kind[LOCKET_CONNECTED], c->n_kind[LOCKET_CLOSED]);
    }
    all_talk(server, client, n, seed);
    if (returns) {
        come_back(server, client, n, &w, seed);
        all_talk(server, client, n, seed);
    }
    net_free(net);
    net_named(NULL);
}

START_TEST(random_weather_ends_in_a_session_or_a_clean_failure)
{
    const char *runs = getenv("LOCKET_TEST_RUNS"), *seed = getenv("LOCKET_TEST_SEED");
    unsigned long first = seed ? strtoul(seed, NULL, 10) : 1;
    unsigned long total = runs ? strtoul(runs, NULL, 10) : seed ? 1 : 1000;
    for (unsigned long i = (unsigned long)_i; i < total; i += 10)
        one_run(first + i);
}
END_TEST

/* --- too big ------------------------------------------------------------------------ */

static void black_hole(void *user, const struct net_datagram *d, struct net_verdict *v)
{
    if (d->len > *(const size_t *)user)
        v->fate = NET_DROP;
}

/* Put together the fragments of a ClientHello in the log from `at` on, as far as
 * they were no longer than `limit`; its length when whole. */
static size_t assemble(const struct hand *h, size_t at, size_t limit, uint8_t *out)
{
    static bool have[1024];
    size_t length = 0, got = 0;
    memset(have, 0, sizeof have);
    for (; at < h->net->n_log; at++) {
        const struct net_datagram *d = h->net->log[at];
        struct net_record r;
        if (d->len > limit || !net_same(&d->from, &h->node->address))
            continue;
        for (size_t i = 0; net_record(d, &i, &r);) {
            ck_assert(r.type == 22 && r.len >= 12 && r.body[0] == M_CLIENT_HELLO);
            length = (size_t)r.body[2] << 8 | r.body[3];
            size_t from = (size_t)r.body[7] << 8 | r.body[8], n = (size_t)r.body[10] << 8 | r.body[11];
            ck_assert(length <= sizeof have && from + n <= length && r.len == 12 + n);
            for (size_t k = 0; k < n; k++) {
                got += !have[from + k];
                have[from + k] = true;
                out[from + k] = r.body[12 + k];
            }
        }
    }
    return length && got == length ? length : 0;
}

static void big_cookie(uint16_t mtu, size_t hole, uint64_t within)
{
    struct hand h;
    uint8_t hello[1024], header[12] = { 1, 0, 0, 0, 0, 1 };
    hand_new(&h, LOCKET_CLIENT, 9);
    h.node->config.mtu = mtu;
    h.net->judge = black_hole;
    h.net->user = &hole;
    h.p.cookie_len = 255;
    memset(h.p.cookie, 0xCC, 255);
    hand_up(&h);
    ck_assert(p12_take(&h.p, M_CLIENT_HELLO));
    size_t at = h.net->n_log, len = 0;
    p12_send(&h.p, M_HELLO_VERIFY);
    while ((len = assemble(&h, at, hole, hello)) == 0)
        ck_assert_msg(net_step(h.net, within), "no ClientHello in small pieces");
    ck_assert_uint_ge(len, 50 + 255);
    ck_assert(hello[35] == 255 && memcmp(hello + 36, h.p.cookie, 255) == 0);
    header[2] = header[10] = (uint8_t)(len >> 8);
    header[3] = header[11] = (uint8_t)len;
    sha256_start(&h.p.transcript);
    sha256_add(&h.p.transcript, header, 12);
    sha256_add(&h.p.transcript, hello, len);
    p12_skip(&h.p);
    p12_send(&h.p, M_SERVER_HELLO);
    p12_send(&h.p, M_HELLO_DONE);
    ck_assert(p12_take(&h.p, M_CLIENT_KEY) && p12_take(&h.p, M_CCS) && p12_take(&h.p, M_FINISHED));
    p12_send(&h.p, M_CCS);
    p12_send(&h.p, M_FINISHED);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    net_free(h.net);
}

START_TEST(a_black_hole_of_300_bytes_still_connects_by_shrinking) { big_cookie(1232, 300, 40000); }
END_TEST

START_TEST(a_cookie_of_255_bytes_passes_an_mtu_of_256) { big_cookie(256, 256, 500); }
END_TEST

START_TEST(a_small_out_buffer_lowers_the_mtu_of_its_datagram)
{
    static const uint8_t hint[40] = { 'h' };
    uint8_t identity[128], key[16] = { 42 };
    struct pair p = net_pair(4);
    memset(identity, 'i', sizeof identity);
    net_set_key(p.client, 0, identity, sizeof identity, key, sizeof key, 5);
    net_set_key(p.server, 0, identity, sizeof identity, key, sizeof key, 5);
    p.server->config.hint = hint;
    p.server->config.hint_len = sizeof hint;
    p.client->cap = p.server->cap = 256;
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    ck_assert_uint_le(p.client->largest, 256);
    ck_assert_uint_le(p.server->largest, 256);
    net_free(p.net);
}
END_TEST

Suite *test_lossy(void)
{
    Suite *s = suite_create("lossy");
    TCase *t = tcase_create("random");
    tcase_add_loop_test(t, random_weather_ends_in_a_session_or_a_clean_failure, 0, 10);
    suite_add_tcase(s, t);
    t = tcase_create("too big");
    tcase_add_test(t, a_black_hole_of_300_bytes_still_connects_by_shrinking);
    tcase_add_test(t, a_cookie_of_255_bytes_passes_an_mtu_of_256);
    tcase_add_test(t, a_small_out_buffer_lowers_the_mtu_of_its_datagram);
    suite_add_tcase(s, t);
    return s;
}
