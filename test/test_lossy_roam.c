/* SPDX-License-Identifier: Apache-2.0
 *
 * test_lossy_roam.c -- random weather again (test_lossy.c), and clients that are never where they
 * were: an address changes in the middle of a handshake or of a word, sometimes to one that another
 * client had before; power fails and a session is loaded; somebody copies datagrams and is faster.
 * Whatever happens: what arrives was sent, and arrives once; a server's address for a client is one
 * that this client has had; no nonce is used twice; and when the weather is fair again, who goes on
 * talking is found. LOCKET_TEST_SEED and LOCKET_TEST_RUNS are as in test_lossy.c. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handshake.h"
#include "sleeper.h"

Suite *test_lossy_roam(void);

enum { CLIENTS = 3, WORDS = 400, PLACES = 100, NONCES = 5000 };

/* What is known of one client, its words up and down, and where it has been. */
struct guest {
    struct net_node *node;
    locket_peer place[PLACES];
    unsigned n_places;
    unsigned said[2];             /* up, down: words so far */
    bool heard[2][WORDS];
    struct bed bed, stale;        /* the last blob, and one that was loaded */
};

static struct {
    unsigned long seed;
    struct net *net;
    struct net_node *server;
    struct guest guest[CLIENTS];
    unsigned n;
    uint32_t percent[NET_N_FATES];
    uint8_t nonce[NONCES][24];    /* keys, and numbers of what they have sealed */
    size_t n_nonces;
    bool checks, copied;          /* there are path checks; and somebody who copies */
} world;

#define FAIR(truth, what) ck_assert_msg(truth, "LOCKET_TEST_SEED=%lu: %s", world.seed, what)

static uint32_t below(uint32_t n) { return net_below(world.net, n); }

/* --- nonces --- */

/* Is that record of this session, or of one in the making? */
static bool is_sealed_by(const locket_session *s, const struct net_datagram *d, const uint8_t *record, size_t left)
{
    size_t n = s->terms.peer_cid_len;
    if (s->send >> 48 != 1 || left < 13 + n || (record[0] == 25) != (n > 0))
        return false;
    return n ? memcmp(record + 11, s->cids.theirs, n) == 0 : net_same(&s->peer, &d->to);
}

/* The key of a sealed record and its number go into the list; if there is a doubt whose it is, not. */
static void note_nonces(const struct net_datagram *d)
{
    const struct net_node *from = NULL;
    for (size_t i = 0; i < world.net->n_nodes; i++)
        if (net_same(&world.net->nodes[i]->address, &d->from))
            from = world.net->nodes[i];
    for (size_t at = 0; from && at + 13 <= d->len;) {
        const uint8_t *r = d->bytes + at;
        const locket_session *whose = NULL;
        bool sealed = r[0] == 25 || (r[3] << 8 | r[4]) == 1;
        unsigned n = 0;
        for (size_t i = 0; sealed && i < from->n + from->m; i++) {
            const locket_session *s = i < from->n ? &from->sessions[i] : &from->handshakes[i - from->n].session;
            if ((i >= from->n || s->state == SESSION_LIVE) && is_sealed_by(s, d, r, d->len - at)) {
                whose = whose && memcmp(whose->key, s->key, 16) == 0 ? whose : s;
                n += whose == s;
            }
        }
        if (n == 1 && r[0] != 27 && world.n_nonces < NONCES) {      /* 27: goes to others as well */
            memcpy(world.nonce[world.n_nonces], whose->key[OURS], 16);
            memcpy(world.nonce[world.n_nonces++] + 16, r + 3, 8);
        }
        size_t head = 13 + (sealed && whose ? whose->terms.peer_cid_len : 0);
        if (sealed && !whose)
            return;
        at += head + ((size_t)r[head - 2] << 8 | r[head - 1]);
    }
}

static int compare(const void *a, const void *b) { return memcmp(a, b, 24); }

static void no_nonce_twice(void)
{
    qsort(world.nonce, world.n_nonces, sizeof world.nonce[0], compare);
    FAIR(world.n_nonces > 4 && world.n_nonces < NONCES, "too few nonces, or too many");
    for (size_t i = 1; i < world.n_nonces; i++)
        FAIR(compare(world.nonce[i - 1], world.nonce[i]) != 0, "a nonce was used twice");
}

/* --- weather --- */

static void at_random(void *user, const struct net_datagram *d, struct net_verdict *v)
{
    static const locket_peer copier = { 6, { 10, 6, 6, 6, 6, 6 } };
    uint32_t dice = below(100), sum = 0;
    (void)user;
    note_nonces(d);
    for (int f = 1; f < NET_N_FATES; f++) {
        sum += world.percent[f];
        if (dice < sum) {
            v->fate = (enum net_fate)f;
            break;
        }
    }
    v->delay = below(below(4) ? 40 : 3000);
    v->at = v->fate == NET_FRAGMENT ? 1 + below(40) : below(8 * (uint32_t)d->len);
    v->first = 68;
    v->place = below(2) ? NET_OWN_DATAGRAM : NET_OWN_RECORD;
    if (world.copied && net_same(&d->to, &world.server->address) && below(4) == 0)
        net_inject(world.net, &copier, &d->to, d->bytes, d->len, below(20));
}

/* --- what always has to be so --- */

static struct guest *guest_of(uint32_t handle)
{
    FAIR(handle >= 200 && handle < 200 + world.n, "a handle of nobody");
    return &world.guest[handle - 200];
}

static void hears_word(struct guest *g, unsigned down, const struct net_event *e)
{
    unsigned i;
    FAIR(e->len == 6 && e->data[0] == (uint8_t)(g - world.guest) && e->data[1] == down, "another's word");
    i = (unsigned)e->data[2] << 8 | e->data[3];
    FAIR(i < g->said[down] && e->data[4] == (uint8_t)~i && e->data[5] == 0x5A, "a word that was not said");
    FAIR(!g->heard[down][i], "a word is heard twice");
    g->heard[down][i] = true;
}

static bool has_been_at(const struct guest *g, const locket_peer *where)
{
    for (unsigned i = 0; i < g->n_places; i++)
        if (net_same(&g->place[i], where))
            return true;
    return false;
}

static void nobody_is_elsewhere(void)
{
    for (size_t i = 0; i < world.server->n; i++) {
        const locket_session *s = &world.server->sessions[i];
        if (s->state == SESSION_LIVE)
            FAIR(has_been_at(guest_of(s->handle), &s->peer), "a session is where its client never was");
    }
}

static void server_sees(struct net_node *v, const locket_event *e)
{
    if (e->kind == LOCKET_DATA)
        hears_word(guest_of(e->handle), 0, &v->events[v->n_events - 1]);
    /* Without checks this application believes what it is told, and nobody copies. */
    if (e->kind == LOCKET_ADDRESS && e->reason == LOCKET_PENDING && !world.checks) {
        locket_error error = locket_move(&v->ep, e->session, &e->peer);
        FAIR(error == LOCKET_OK, "a session does not move");
    }
    nobody_is_elsewhere();
}

static void client_sees(struct net_node *c, const locket_event *e)
{
    if (e->kind == LOCKET_DATA)
        for (unsigned i = 0; i < world.n; i++)
            if (world.guest[i].node == c)
                hears_word(&world.guest[i], 1, &c->events[c->n_events - 1]);
}

/* --- what they do --- */

static bool say(struct guest *g, struct net_node *from, locket_session *s, unsigned down)
{
    unsigned i = g->said[down];
    const uint8_t word[6] = { (uint8_t)(g - world.guest), (uint8_t)down, (uint8_t)(i >> 8), (uint8_t)i,
                              (uint8_t)~i, 0x5A };
    if (i == WORDS)
        return false;
    g->said[down]++;
    return net_say(from, s, word, sizeof word) == LOCKET_OK;
}

static locket_session *some_session(void)
{
    size_t at = below((uint32_t)world.server->n);
    for (size_t i = 0; i < world.server->n; i++) {
        locket_session *s = &world.server->sessions[(at + i) % world.server->n];
        if (s->state == SESSION_LIVE)
            return s;
    }
    return NULL;
}

/* The server's session of that client's live one, or NULL. */
static locket_session *other_end(const struct guest *g)
{
    for (size_t i = 0; i < world.server->n; i++) {
        locket_session *s = &world.server->sessions[i];
        if (s->state == SESSION_LIVE && memcmp(s->key[THEIRS], g->node->live->key[OURS], 16) == 0)
            return s;
    }
    return NULL;
}

static bool is_somebodys(const locket_peer *where)
{
    for (size_t i = 0; i < world.net->n_nodes; i++)
        if (net_same(&world.net->nodes[i]->address, where))
            return true;
    return false;
}

static void goes_elsewhere(struct guest *g)
{
    const struct guest *other = &world.guest[below(world.n)];
    locket_peer there = other->place[below(other->n_places)];
    if (g->n_places == PLACES)
        return;
    if (is_somebodys(&there) || below(3))
        net_rebind(g->node, 100 + (unsigned)(g - world.guest), 1000 + g->n_places);
    else
        g->node->address = there;
    g->place[g->n_places++] = g->node->address;
}

static void sleeps(struct guest *g)
{
    struct net_node *c = g->node;
    uint64_t counter = c->counters[0];
    locket_session *s;
    if (!c->live) {
        FAIR(sleeper_save(c, &c->sessions[0], 0, &g->bed) == LOCKET_ERR_STATE && c->counters[0] == counter,
             "what is not live is saved");
        return;
    }
    FAIR(sleeper_save(c, c->live, 0, &g->bed) == LOCKET_OK, "not saved");
    if (below(2)) {
        net_run(world.net, below(500));      /* what comes meanwhile is lost */
        sleeper_cut(c);
        if (below(3) == 0)
            goes_elsewhere(g);
    }
    FAIR(!g->stale.len || sleeper_load(c, 0, &g->stale, &s) == LOCKET_ERR_USED, "a stale blob is loaded");
    FAIR(sleeper_load(c, 0, &g->bed, &s) == LOCKET_OK, "not loaded");
    FAIR(sleeper_load(c, 0, &g->bed, &s) == LOCKET_ERR_USED, "loaded twice");
    g->stale = g->bed;
}

static void server_sleeps(locket_session *s)
{
    struct bed bed;
    FAIR(sleeper_save(world.server, s, 1, &bed) == LOCKET_OK, "the server does not save");
    locket_error error = sleeper_load(world.server, 1, &bed, &s);
    FAIR(!error || error == LOCKET_ERR_HANDSHAKES_FULL || error == LOCKET_ERR_SESSIONS_FULL ||
         error == LOCKET_ERR_STATE,
         "the server does not load");
}

static void something_happens(void)
{
    struct guest *g = &world.guest[below(world.n)];
    locket_session *s = some_session();
    switch (below(12)) {
    case 0: case 1:
        goes_elsewhere(g);
        break;
    case 2:
        sleeps(g);
        break;
    case 3:
        if (s && below(2))
            server_sleeps(s);
        break;
    case 4: case 5:
        if (s)
            say(guest_of(s->handle), world.server, s, 1);
        break;
    default:
        if (g->node->live)
            say(g, g->node, g->node->live, 0);
        else if (g->node->handshakes[0].state == WORKSPACE_FREE)
            net_connect(g->node, &world.server->address);
    }
    net_run(world.net, below(4) ? below(60) : below(2500));
    nobody_is_elsewhere();
}

/* --- fair weather --- */

/* It has a session, or makes one; then it says something until it is heard from where it is. */
static void is_found(struct guest *g)
{
    struct net_node *c = g->node;
    locket_session *s = c->live ? other_end(g) : NULL;
    /* The server has lost it, or never had it; or had no slot to name in a connection ID. */
    if (c->live && (!s || (!s->terms.cid && !net_same(&s->peer, &c->address)))) {
        net_close(c, c->live);
        net_run(world.net, 50);
    }
    if (!c->live) {
        FAIR(net_connect(c, &world.server->address), "no second chance");
        net_run(world.net, 20000);
        FAIR(c->live != NULL, "no second session");
    }
    for (unsigned tries = 0; tries < 8; tries++) {
        FAIR(say(g, c, c->live, 0), "cannot speak");
        net_run(world.net, 1200);
        s = other_end(g);
        if (s && net_same(&s->peer, &c->address))
            break;
    }
    FAIR(s && net_same(&s->peer, &c->address), "is not found");
    FAIR(g->heard[0][g->said[0] - 1], "is not heard");
    FAIR(say(g, world.server, s, 1), "is not spoken to");
    net_run(world.net, 50);
    FAIR(g->heard[1][g->said[1] - 1], "hears nothing");
}

static void all_quiet(void)
{
    locket_time when;
    for (size_t i = 0; i < world.net->n_nodes; i++)
        FAIR(!locket_deadline(&world.net->nodes[i]->ep, &when), "not quiet");
}

/* --- one world --- */

static void roams(struct net_node *n, size_t cid_len)
{
    bool server = n->config.role == LOCKET_SERVER;
    n->config.cid = true;
    n->config.cid_len = (uint8_t)cid_len;
    n->config.paths = n->paths;
    n->config.n_paths = world.checks && server ? 1 + below(NET_PATHS) : 0;
    n->config.path_check = !world.checks ? LOCKET_PATH_APPLICATION :
                           below(2) ? LOCKET_PATH_BASIC : LOCKET_PATH_ENHANCED;
    n->config.tickets = below(2);
    n->config.mtu = below(2) ? 256 : 1232;
    n->comes_back = !server && below(2);
    n->one_buffer = below(2);
    n->lookup_ms = below(4) ? 0 : 1 + below(1500);
    n->hook = server ? server_sees : client_sees;
}

static void make_world(unsigned long seed)
{
    memset(&world, 0, sizeof world);
    world.seed = seed;
    world.net = net_new(seed, 0);
    world.net->start = below(2) ? net_random(world.net) : (locket_time)(0u - below(70000));
    bool damage = below(4) == 0, rough = below(2), same = below(2);
    world.percent[NET_DROP] = below(rough ? 30 : 8);
    world.percent[NET_DUPLICATE] = below(rough ? 15 : 5);
    world.percent[NET_DELAY] = below(rough ? 20 : 5);
    world.percent[NET_FLIP] = damage ? below(8) : 0;
    world.percent[NET_TRUNCATE] = damage ? below(8) : 0;
    world.percent[NET_FRAGMENT] = below(10);
    world.checks = below(4) > 0;
    world.copied = world.checks && below(2);
    world.n = 1 + below(CLIENTS);
    world.server = net_node(world.net, LOCKET_SERVER, 2, 5684);
    world.server->config.evict = below(2);
    world.server->config.cache = below(2) ? world.server->cache : NULL;
    world.server->config.n_cache = world.server->config.cache ? NET_CACHE : 0;
    world.server->config.resume_cookie = (locket_cookie_policy)below(3);
    roams(world.server, same ? 8 : 1 + below(8));
    for (unsigned i = 0; i < world.n; i++) {
        uint8_t identity[2] = { 'g', (uint8_t)i }, key[16] = { (uint8_t)(i + 1) };
        struct guest *g = &world.guest[i];
        g->node = net_node(world.net, LOCKET_CLIENT, 10 + i, 4000);
        g->place[g->n_places++] = g->node->address;
        net_set_key(g->node, 0, identity, 2, key, 16, 100 + i);
        net_set_key(world.server, i, identity, 2, key, 16, 200 + i);
        roams(g->node, same ? 8 : below(9));
        net_up(g->node, 2, 1);
    }
    /* Who comes from another address leaves its old session behind, and nobody throws it out. */
    net_up(world.server, world.server->config.evict ? world.n + 1 + below(3) : WORDS / 4, 3);
}

static void one_run(unsigned long seed)
{
    char name[60];
    snprintf(name, sizeof name, "LOCKET_TEST_SEED=%lu", seed);
    net_named(name);
    make_world(seed);
    world.net->judge = at_random;
    for (unsigned i = 0, n = 20 + below(60); i < n; i++)
        something_happens();
    memset(world.percent, 0, sizeof world.percent);
    world.copied = false;
    net_run(world.net, 130000);
    all_quiet();
    for (unsigned round = 0; round < 2; round++)
        for (unsigned i = 0; i < world.n; i++) {
            is_found(&world.guest[i]);
            goes_elsewhere(&world.guest[i]);
        }
    no_nonce_twice();
    net_free(world.net);
    net_named(NULL);
}

START_TEST(wherever_clients_go_in_whatever_weather_they_are_found)
{
    const char *runs = getenv("LOCKET_TEST_RUNS"), *seed = getenv("LOCKET_TEST_SEED");
    unsigned long first = seed ? strtoul(seed, NULL, 10) : 1;
    unsigned long total = runs ? strtoul(runs, NULL, 10) : seed ? 1 : 500;
    for (unsigned long i = (unsigned long)_i; i < total; i += 10)
        one_run(first + i);
}
END_TEST

Suite *test_lossy_roam(void)
{
    Suite *s = suite_create("lossy_roam");
    TCase *t = tcase_create("random");
    tcase_add_loop_test(t, wherever_clients_go_in_whatever_weather_they_are_found, 0, 10);
    suite_add_tcase(s, t);
    return s;
}
