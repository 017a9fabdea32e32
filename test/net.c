/* SPDX-License-Identifier: Apache-2.0
 *
 * net.c -- the virtual network: see net.h. The clock only moves when nothing is
 * left to do at the present millisecond. A datagram is handed over in a buffer
 * of exactly its size, so that an address sanitizer sees every step too far. */
#define _XOPEN_SOURCE 700         /* sigaction, SA_RESETHAND */
#include "net.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "entropy.h"

static void fail(const char *what)
{
    fprintf(stderr, "net: %s\n", what);
    abort();
}

static void *need(void *p)
{
    if (!p)
        fail("out of memory");
    return p;
}

static char name_of_run[200];

static void tell_name(int number)
{
    ssize_t n = write(2, name_of_run, strlen(name_of_run));
    (void)n;
    raise(number);                /* the default action is due again */
}

void net_named(const char *name)
{
    static const int fatal[] = { SIGALRM, SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL };
    static bool ready;
    for (size_t i = 0; i < sizeof fatal / sizeof fatal[0] && !ready; i++) {
        struct sigaction before, now;
        memset(&now, 0, sizeof now);
        now.sa_handler = tell_name;
        now.sa_flags = (int)SA_RESETHAND;
        /* A sanitizer has its own for crashes; Check's for the alarm does not know the name. */
        if (sigaction(fatal[i], NULL, &before) == 0 && (before.sa_handler == SIG_DFL || fatal[i] == SIGALRM))
            sigaction(fatal[i], &now, NULL);
    }
    ready = true;
    snprintf(name_of_run, sizeof name_of_run, "again: %s\n", name ? name : "another run");
    alarm(name ? 20 : 120);
}

/* splitmix64: fine for tests, no generator for anything else. */
static uint64_t mix(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

uint32_t net_random(struct net *net) { return (uint32_t)mix(&net->random); }
uint32_t net_below(struct net *net, uint32_t n) { return n ? net_random(net) % n : 0; }
locket_time net_now(const struct net *net) { return (locket_time)(net->start + net->elapsed); }

struct net *net_new(uint64_t seed, locket_time start)
{
    struct net *net = need(calloc(1, sizeof *net));
    net->random = seed;
    net->start = start;
    net->latency = NET_LATENCY;
    net->print = getenv("LOCKET_TEST_PRINT") != NULL;
    entropy_seed(seed * 2 + 1);
    return net;
}

static void free_datagram(struct net_datagram *d)
{
    free(d->bytes);
    free(d);
}

void net_free(struct net *net)
{
    for (size_t i = 0; i < net->n_nodes; i++) {
        struct net_node *n = net->nodes[i];
        net_down(n);
        for (size_t k = 0; k < n->n_events; k++)
            free(n->events[k].data);
        free(n->events);
        free(n);
    }
    while (net->flying) {
        struct net_datagram *d = net->flying;
        net->flying = d->next;
        free_datagram(d);
    }
    for (size_t i = 0; i < net->n_log; i++)
        free_datagram(net->log[i]);
    free(net->log);
    free(net->nodes);
    free(net);
}

locket_peer net_address(unsigned host, unsigned port)
{
    locket_peer p;
    memset(&p, 0, sizeof p);
    p.len = 6;
    p.bytes[0] = 10;
    p.bytes[1] = (uint8_t)(host >> 16);
    p.bytes[2] = (uint8_t)(host >> 8);
    p.bytes[3] = (uint8_t)host;
    p.bytes[4] = (uint8_t)(port >> 8);
    p.bytes[5] = (uint8_t)port;
    return p;
}

bool net_same(const locket_peer *a, const locket_peer *b)
{
    return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

/* --- the wire --------------------------------------------------------------- */

static struct net_datagram *copy_of(const struct net_datagram *d, const uint8_t *bytes, size_t len)
{
    struct net_datagram *c = need(malloc(sizeof *c));
    *c = *d;
    c->bytes = need(malloc(len ? len : 1));
    if (len)
        memcpy(c->bytes, bytes, len);
    c->len = len;
    c->next = NULL;
    return c;
}

static void fly(struct net *net, const struct net_datagram *like, const uint8_t *bytes, size_t len,
                uint64_t due)
{
    struct net_datagram *d = copy_of(like, bytes, len), **at = &net->flying;
    d->due = due;
    while (*at && (*at)->due <= due)
        at = &(*at)->next;
    d->next = *at;
    *at = d;
}

static uint32_t get(const uint8_t *p, size_t n)
{
    uint32_t v = 0;
    while (n--)
        v = v << 8 | *p++;
    return v;
}

static void put(uint8_t *p, uint32_t v, size_t n)
{
    for (; n; v >>= 8)
        p[--n] = (uint8_t)v;
}

bool net_record(const struct net_datagram *d, size_t *at, struct net_record *r)
{
    if (d->len < *at + 13)
        return false;
    const uint8_t *p = d->bytes + *at;
    r->type = p[0];
    r->version = get(p + 1, 2);
    r->epoch = get(p + 3, 2);
    r->number = (uint64_t)get(p + 5, 2) << 32 | get(p + 7, 4);
    r->len = get(p + 11, 2);
    r->body = p + 13;
    *at += 13 + r->len;
    return *at <= d->len;
}

/* The fragments of one record go out as `v` says; the datagram being filled. */
struct cutter {
    struct net *net;
    const struct net_datagram *d;
    const struct net_verdict *v;
    uint8_t out[2 * NET_DATAGRAM * 16];
    size_t len, record;           /* bytes; where the present record's header is */
    bool open;                    /* a record into which more fragments may go */
    uint64_t due;
};

static void flush(struct cutter *c)
{
    if (c->len)
        fly(c->net, c->d, c->out, c->len, c->due++);
    c->len = 0;
    c->open = false;
}

static void add_piece(struct cutter *c, const struct net_record *r, const uint8_t *header,
                      const uint8_t *body, size_t from, size_t n)
{
    if (c->v->place == NET_OWN_DATAGRAM)
        flush(c);
    if (c->len + 25 + n > sizeof c->out)
        fail("fragments overflow");
    if (!c->open || c->v->place != NET_ONE_RECORD) {
        c->record = c->len;
        memcpy(c->out + c->len, r->body - 13, 13);
        put(c->out + c->len + 11, 0, 2);
        c->len += 13;
        c->open = true;
    }
    memcpy(c->out + c->len, header, 6);
    put(c->out + c->len + 6, (uint32_t)from, 3);
    put(c->out + c->len + 9, (uint32_t)n, 3);
    memcpy(c->out + c->len + 12, body + from, n);
    c->len += 12 + n;
    put(c->out + c->record + 11, (uint32_t)(c->len - c->record - 13), 2);
}

/* A whole message, which begins at `header`, in pieces. */
static void cut_message(struct cutter *c, const struct net_record *r, const uint8_t *header, size_t len)
{
    const uint8_t *body = header + 12;
    size_t size = c->v->at ? c->v->at : 1, cuts[NET_DATAGRAM + 1], n = 0;
    bool hello = header[0] == 1;
    if (header[0] == 3)           /* HelloVerifyRequest: RFC 6347 section 3.2.1 */
        size = NET_DATAGRAM;
    for (size_t from = 0; from < len || !n; n++) {
        size_t step = hello && !from && c->v->first > size ? c->v->first : size;
        cuts[n] = from;
        from = from + step < len ? from + step : len;
        cuts[n + 1] = from;
    }
    for (size_t k = 0; k < n; k++) {
        size_t i = c->v->backwards && !hello ? n - 1 - k : k;
        size_t back = cuts[i] < c->v->overlap ? cuts[i] : c->v->overlap;
        add_piece(c, r, header, body, cuts[i] - back, cuts[i + 1] - cuts[i] + back);
    }
}

static void fragment(struct net *net, const struct net_datagram *d, const struct net_verdict *v)
{
    static struct cutter c;       /* large; tests have one thread */
    struct net_record r;
    memset(&c, 0, sizeof c);
    c.net = net;
    c.d = d;
    c.v = v;
    c.due = d->due;
    for (size_t at = 0, from = 0; from < d->len; from = at) {
        bool whole = d->bytes[from] != 25 && net_record(d, &at, &r);
        bool cuttable = whole && r.type == 22 && r.epoch == 0;
        for (size_t i = 0; cuttable && i < r.len; i += 12 + get(r.body + i + 9, 3))
            if (r.len - i < 12 || get(r.body + i + 1, 3) != get(r.body + i + 9, 3) ||
                12 + get(r.body + i + 9, 3) > r.len - i)
                cuttable = false;
        for (size_t i = 0; cuttable && i < r.len; i += 12 + get(r.body + i + 9, 3))
            cut_message(&c, &r, r.body + i, get(r.body + i + 1, 3));
        if (!cuttable) {
            if (v->place == NET_OWN_DATAGRAM)
                flush(&c);
            /* Where a record with a connection ID ends the test does not know: the rest as it is. */
            at = whole ? at : d->len;
            memcpy(c.out + c.len, d->bytes + from, at - from);
            c.len += at - from;
            c.open = false;
        }
    }
    flush(&c);
}

static void send_datagram(struct net *net, const locket_peer *from, const locket_peer *to,
                          const uint8_t *bytes, size_t len)
{
    struct net_datagram d = { net->elapsed, net->elapsed + net->latency, net->n_log, *from, *to,
                              NULL, 0, NULL };
    struct net_verdict v;
    struct net_datagram *logged = copy_of(&d, bytes, len);
    if (net->n_log == net->log_room) {
        net->log_room = net->log_room ? 2 * net->log_room : 64;
        net->log = need(realloc(net->log, net->log_room * sizeof *net->log));
    }
    net->log[net->n_log++] = logged;
    memset(&v, 0, sizeof v);
    if (net->judge)
        net->judge(net->user, logged, &v);
    if (net->print) {
        fprintf(stderr, "%8lu ms  %u->%u  %4zu bytes fate %d:", (unsigned long)net->elapsed,
                from->bytes[3], to->bytes[3], len, (int)v.fate);
        struct net_record r;
        for (size_t at = 0; net_record(logged, &at, &r);)
            fprintf(stderr, " [%u e%u n%u %zu: %u]", r.type, r.epoch, (unsigned)r.number, r.len,
                    r.len ? r.body[0] : 0u);
        fputc('\n', stderr);
    }
    switch (v.fate) {
    case NET_DROP:
        break;
    case NET_DUPLICATE:
        fly(net, &d, bytes, len, d.due);
        fly(net, &d, bytes, len, d.due + v.delay);
        break;
    case NET_DELAY:
        fly(net, &d, bytes, len, d.due + v.delay);
        break;
    case NET_FLIP: {
        struct net_datagram *c = copy_of(&d, bytes, len);
        if (len)
            c->bytes[v.at / 8 % len] ^= (uint8_t)(1u << v.at % 8);
        fly(net, &d, c->bytes, len, d.due);
        free_datagram(c);
        break;
    }
    case NET_TRUNCATE:
        fly(net, &d, bytes, v.at < len ? v.at : len, d.due);
        break;
    case NET_FRAGMENT:
        fragment(net, logged, &v);
        break;
    default:
        fly(net, &d, bytes, len, d.due);
        break;
    }
}

void net_post(struct net *net, const locket_peer *from, const locket_peer *to, const uint8_t *bytes, size_t len)
{
    send_datagram(net, from, to, bytes, len);
}

bool net_misfortune(const char *name, struct net_verdict *out)
{
    unsigned a = 0, b = 0, place = 0, backwards = 0;
    memset(out, 0, sizeof *out);
    if (strcmp(name, "drop") == 0) {
        out->fate = NET_DROP;
    } else if (sscanf(name, "twice:%u", &a) == 1) {
        out->fate = NET_DUPLICATE;
    } else if (sscanf(name, "late:%u", &a) == 1) {
        out->fate = NET_DELAY;
    } else if (sscanf(name, "cut:%u", &a) == 1) {
        out->fate = NET_TRUNCATE;
    } else if (sscanf(name, "flip:%u", &a) == 1) {
        out->fate = NET_FLIP;
    } else if (sscanf(name, "frag:%u:%u:%u:%u", &a, &b, &place, &backwards) == 4 && place < 3) {
        out->fate = NET_FRAGMENT;
        out->overlap = b;
        /* The first piece of a ClientHello has to reach through compression_methods, which
         * with our 16-byte cookie are 60 bytes. */
        out->first = 60;
        out->place = place == 0 ? NET_OWN_DATAGRAM : place == 1 ? NET_OWN_RECORD : NET_ONE_RECORD;
        out->backwards = backwards;
    } else {
        return false;
    }
    out->at = out->delay = a;
    return true;
}

void net_inject(struct net *net, const locket_peer *from, const locket_peer *to,
                const uint8_t *bytes, size_t len, uint32_t delay)
{
    struct net_datagram d = { net->elapsed, 0, 0, *from, *to, NULL, 0, NULL };
    fly(net, &d, bytes, len, net->elapsed + delay);
}

/* --- the little application --------------------------------------------------- */

static locket_error psk_of(void *user, locket_psk *psk)
{
    struct net_node *n = user;
    int found = -1;
    n->n_lookups++;
    n->hint_len = psk->hint_len < sizeof n->hint ? psk->hint_len : sizeof n->hint;
    if (n->hint_len)
        memcpy(n->hint, psk->hint, n->hint_len);
    if (n->config.role == LOCKET_CLIENT) {
        found = n->n_keys ? 0 : -1;
    } else {
        n->asked_len = psk->identity_len < sizeof n->asked ? psk->identity_len : sizeof n->asked;
        if (n->asked_len)
            memcpy(n->asked, psk->identity, n->asked_len);
        for (size_t i = 0; i < n->n_keys; i++)
            if (psk->identity_len == n->keys[i].identity_len &&
                memcmp(psk->identity, n->keys[i].identity, psk->identity_len) == 0)
                found = (int)i;
    }
    if (n->lookup_ms) {
        for (int i = 0; i < NET_LOOKUPS; i++)
            if (!n->lookups[i].live) {
                n->lookups[i].live = true;
                n->lookups[i].query = psk->query;
                n->lookups[i].due = n->net->elapsed + n->lookup_ms;
                n->lookups[i].key = found;
                return LOCKET_PENDING;
            }
        fail("too many look-ups");
    }
    if (found < 0)
        return LOCKET_ERR_NO_KEY;
    psk->identity = n->config.role == LOCKET_CLIENT ? n->keys[found].identity : psk->identity;
    psk->identity_len = n->keys[found].identity_len;
    psk->key = n->keys[found].key;
    psk->key_len = n->keys[found].key_len;
    psk->handle = n->keys[found].handle;
    return LOCKET_OK;
}

static bool counter_of(void *user, uint32_t id, bool advance, uint64_t *value)
{
    struct net_node *n = user;
    if (id >= NET_COUNTERS || (advance && n->counter_fails))
        return false;
    n->n_counted += advance;
    n->counters[id] += advance;
    *value = n->counters[id];
    return true;
}

static void keylog_of(void *user, const char *label, const uint8_t client_random[32],
                      const uint8_t *secret, size_t secret_len)
{
    struct net_node *n = user;
    n->n_keylogs++;
    snprintf(n->keylog_label, sizeof n->keylog_label, "%s", label);
    memcpy(n->keylog_random, client_random, 32);
    if (secret_len != sizeof n->keylog_secret)
        fail("a key log line without a 48-byte secret");
    memcpy(n->keylog_secret, secret, secret_len);
}

static void answer(struct net_node *n, size_t i)
{
    locket_psk psk;
    int k = n->lookups[i].key;
    memset(&psk, 0, sizeof psk);
    n->lookups[i].live = false;
    if (k >= 0) {
        psk.identity = n->keys[k].identity;
        psk.identity_len = n->keys[k].identity_len;
        psk.key = n->keys[k].key;
        psk.key_len = n->keys[k].key_len;
        psk.handle = n->keys[k].handle;
    }
    n->answered = locket_answer(&n->ep, n->lookups[i].query, k >= 0 ? &psk : NULL, net_now(n->net));
    net_pull(n);
}

struct net_node *net_node(struct net *net, locket_role role, unsigned host, unsigned port)
{
    static const uint8_t key[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
    struct net_node *n = need(calloc(1, sizeof *n));
    net->nodes = need(realloc(net->nodes, (net->n_nodes + 1) * sizeof *net->nodes));
    net->nodes[net->n_nodes++] = n;
    n->net = net;
    n->address = net_address(host, port);
    n->cap = NET_DATAGRAM;
    n->config.role = role;
    n->config.psk = psk_of;
    n->config.keylog = keylog_of;
    n->config.user = n;
    n->config.counter = counter_of;
    net_set_key(n, 0, "meter-test-0001", 15, key, sizeof key, role == LOCKET_SERVER ? 7001 : 9001);
    return n;
}

void net_set_key(struct net_node *n, size_t i, const void *identity, size_t identity_len,
                 const void *key, size_t key_len, uint32_t handle)
{
    if (identity_len > sizeof n->keys[i].identity || key_len > sizeof n->keys[i].key)
        fail("key too long for the test");
    if (identity_len)
        memcpy(n->keys[i].identity, identity, identity_len);
    n->keys[i].identity_len = identity_len;
    memcpy(n->keys[i].key, key, key_len);
    n->keys[i].key_len = key_len;
    n->keys[i].handle = handle;
    if (n->n_keys <= i)
        n->n_keys = i + 1;
}

void net_up(struct net_node *n, size_t n_sessions, size_t n_handshakes)
{
    n->sessions = need(malloc(n_sessions * sizeof *n->sessions));
    n->handshakes = need(malloc(n_handshakes * sizeof *n->handshakes));
    memset(n->sessions, 0xA5, n_sessions * sizeof *n->sessions);
    memset(n->handshakes, 0xA5, n_handshakes * sizeof *n->handshakes);
    memset(&n->ep, 0xA5, sizeof n->ep);
    n->n = n_sessions;
    n->m = n_handshakes;
    if (locket_init(&n->ep, &n->config, n->sessions, n_sessions, n->handshakes, n_handshakes) != LOCKET_OK)
        fail("locket_init() failed");
    n->up = true;
}

void net_down(struct net_node *n)
{
    if (!n->up)
        return;
    locket_shutdown(&n->ep);
    free(n->sessions);
    free(n->handshakes);
    n->sessions = NULL;
    n->handshakes = NULL;
    n->live = NULL;
    n->up = false;
    memset(n->lookups, 0, sizeof n->lookups);
}

static void note(struct net_node *n, const locket_event *e)
{
    if (e->kind < LOCKET_SEND || e->kind > LOCKET_WEARING)
        fail("an event of no kind");
    n->n_kind[e->kind]++;
    if (n->n_events == n->room) {
        n->room = n->room ? 2 * n->room : 16;
        n->events = need(realloc(n->events, n->room * sizeof *n->events));
    }
    struct net_event *x = &n->events[n->n_events++];
    x->kind = e->kind;
    x->reason = e->reason;
    x->handle = e->handle;
    x->session = e->session;
    x->peer = e->peer;
    x->at = n->net->elapsed;
    x->data = NULL;
    x->len = 0;
    if (e->kind == LOCKET_DATA) {
        x->data = need(malloc(e->len ? e->len : 1));
        if (e->len)
            memcpy(x->data, e->data, e->len);
        x->len = e->len;
    }
    if (e->kind == LOCKET_CONNECTED && n->comes_back) {
        n->remembered = locket_remember(&n->ep, e->session, n->record, sizeof n->record, &n->record_len);
        if (n->remembered)
            n->record_len = 0;
    }
    if (e->kind == LOCKET_CONNECTED)
        n->live = e->session;
    if (e->kind == LOCKET_CLOSED && n->live == e->session)
        n->live = NULL;
    if (e->kind == LOCKET_CLOSED || e->kind == LOCKET_FAILED)
        n->last_reason = e->reason;
    if (n->net->print && e->kind != LOCKET_SEND)
        fprintf(stderr, "%8lu ms  %u event %d reason %d (%s)\n", (unsigned long)n->net->elapsed,
                n->address.bytes[3], (int)e->kind, e->reason, locket_error_name(e->reason));
}

static void pull(struct net_node *n, uint8_t *out, size_t cap)
{
    locket_event e;
    unsigned count = 0;
    while (locket_next(&n->ep, out, cap, &e)) {
        if (++count > 10000)
            fail("locket_next() does not end");
        note(n, &e);
        if (e.kind == LOCKET_SEND) {
            if (e.data != out || e.len > cap || e.len == 0)
                fail("a SEND event whose data is not in `out`");
            n->largest = e.len > n->largest ? e.len : n->largest;
            send_datagram(n->net, &n->address, &e.peer, e.data, e.len);
        }
        if (n->hook)
            n->hook(n, &e);
    }
}

void net_pull(struct net_node *n)
{
    uint8_t *out = need(malloc(n->cap));
    pull(n, out, n->cap);
    free(out);
}

locket_session *net_connect(struct net_node *n, const locket_peer *to)
{
    locket_session *s = NULL;
    locket_error e = n->comes_back && n->record_len
                         ? locket_resume(&n->ep, to, net_now(n->net), n->record, n->record_len, &s)
                         : locket_connect(&n->ep, to, net_now(n->net), &s);
    if (e != LOCKET_OK) {
        n->last_reason = e;
        return NULL;
    }
    net_pull(n);
    return s;
}

locket_error net_say(struct net_node *n, locket_session *s, const void *data, size_t len)
{
    uint8_t out[NET_DATAGRAM];
    size_t out_len = 0;
    locket_peer to;
    locket_peer_of(s, &to);
    locket_error e = locket_send(&n->ep, s, data, len, out, sizeof out, &out_len);
    if (e == LOCKET_OK)
        send_datagram(n->net, &n->address, &to, out, out_len);
    return e;
}

void net_close(struct net_node *n, locket_session *s)
{
    if (locket_close(&n->ep, s) != LOCKET_OK)
        fail("locket_close() refused");
    net_pull(n);
}

/* --- time ---------------------------------------------------------------------- */

static void hand_over(struct net *net, struct net_datagram *d)
{
    for (size_t i = 0; i < net->n_nodes; i++) {
        struct net_node *n = net->nodes[i];
        if (!n->up || !net_same(&n->address, &d->to))
            continue;
        if (n->one_buffer) {
            uint8_t *b = need(malloc(n->cap > d->len ? n->cap : d->len));
            memcpy(b, d->bytes, d->len);
            locket_input(&n->ep, &d->from, b, d->len, net_now(net));
            pull(n, b, n->cap);
            free(b);
        } else {
            locket_input(&n->ep, &d->from, d->bytes, d->len, net_now(net));
            net_pull(n);
        }
        return;
    }
}

bool net_step(struct net *net, uint64_t until)
{
    uint64_t best = UINT64_MAX;
    struct net_node *who = NULL;
    size_t lookup = NET_LOOKUPS;
    if (net->flying)
        best = net->flying->due;
    for (size_t i = 0; i < net->n_nodes; i++) {
        struct net_node *n = net->nodes[i];
        locket_time when;
        if (!n->up)
            continue;
        for (size_t k = 0; k < NET_LOOKUPS; k++)
            if (n->lookups[k].live && n->lookups[k].due < best) {
                best = n->lookups[k].due;
                who = n;
                lookup = k;
            }
        if (locket_deadline(&n->ep, &when)) {
            int32_t left = (int32_t)(when - net_now(net));
            uint64_t due = net->elapsed + (left > 0 ? (uint64_t)left : 0);
            if (due < best) {
                best = due;
                who = n;
                lookup = NET_LOOKUPS;
            }
        }
    }
    if (best > until)
        return false;
    if (best > net->elapsed) {
        net->elapsed = best;
        for (size_t i = 0; i < net->n_nodes; i++)
            net->nodes[i]->spins = 0;
    }
    if (!who) {
        struct net_datagram *d = net->flying;
        net->flying = d->next;
        hand_over(net, d);
        free_datagram(d);
    } else if (lookup < NET_LOOKUPS) {
        answer(who, lookup);
    } else {
        if (++who->spins > 1000)
            fail("a deadline that does not move");
        locket_tick(&who->ep, net_now(net));
        net_pull(who);
    }
    return true;
}

void net_run(struct net *net, uint64_t ms)
{
    uint64_t until = net->elapsed + ms;
    while (net_step(net, until)) {
    }
    net->elapsed = until;
}

bool net_meet(struct net *net, struct net_node *a, struct net_node *b, uint64_t ms)
{
    uint64_t until = net->elapsed + ms;
    unsigned a0 = a->n_kind[LOCKET_CONNECTED], b0 = b->n_kind[LOCKET_CONNECTED];
    while (a->n_kind[LOCKET_CONNECTED] == a0 || b->n_kind[LOCKET_CONNECTED] == b0)
        if (!net_step(net, until))
            return false;
    return true;
}

const struct net_event *net_last(const struct net_node *n, locket_event_kind kind)
{
    for (size_t i = n->n_events; i-- > 0;)
        if (n->events[i].kind == kind)
            return &n->events[i];
    return NULL;
}

struct pair net_pair(uint64_t seed)
{
    struct pair p;
    p.net = net_new(seed, (locket_time)(seed * 2654435761u));
    p.client = net_node(p.net, LOCKET_CLIENT, 1, 40001);
    p.server = net_node(p.net, LOCKET_SERVER, 2, 5684);
    return p;
}

void net_pair_up(struct pair *p)
{
    net_up(p->client, 2, 1);
    net_up(p->server, 2, 2);
}

void net_pair_returns(struct pair *p, bool tickets)
{
    p->client->comes_back = true;
    p->client->config.tickets = p->server->config.tickets = tickets;
    p->server->config.cache = p->server->cache;
    p->server->config.n_cache = NET_CACHE;
}

static void pair_connect(struct pair *p)
{
    net_pair_up(p);
    if (!net_connect(p->client, &p->server->address) || !net_meet(p->net, p->client, p->server, 60000))
        fail("a plain handshake does not finish");
    net_run(p->net, NET_LATENCY);
}

struct pair net_connected(uint64_t seed)
{
    struct pair p = net_pair(seed);
    pair_connect(&p);
    return p;
}

void net_pair_roams(struct pair *p, size_t client_cid, size_t server_cid, locket_path_check check)
{
    struct net_node *both[] = { p->client, p->server };
    for (unsigned i = 0; i < 2; i++) {
        both[i]->config.cid = true;
        both[i]->config.cid_len = (uint8_t)(i ? server_cid : client_cid);
        both[i]->config.path_check = check;
        both[i]->config.paths = both[i]->paths;
        both[i]->config.n_paths = LOCKET_CFG_RRC ? NET_PATHS : 0;
    }
}

struct pair net_roaming(uint64_t seed, locket_path_check check)
{
    struct pair p = net_pair(seed);
    net_pair_roams(&p, 8, 8, check);
    pair_connect(&p);
    return p;
}

void net_rebind(struct net_node *node, unsigned host, unsigned port) { node->address = net_address(host, port); }

struct pair net_returning(uint64_t seed, bool tickets)
{
    struct pair p = net_pair(seed);
    net_pair_returns(&p, tickets);
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    if (!net_meet(p.net, p.client, p.server, 900) || p.client->remembered != LOCKET_OK ||
        net_say(p.client, p.client->live, "first", 5) != LOCKET_OK)
        fail("a session to come back to is not made");
    net_run(p.net, 100);
    net_close(p.client, p.client->live);
    net_run(p.net, 100);
    return p;
}

size_t net_count(const struct net *net, const locket_peer *from, int type, int epoch, int message)
{
    size_t count = 0;
    for (size_t i = 0; i < net->n_log; i++) {
        struct net_record r;
        size_t at = 0;
        if (net_same(&net->log[i]->from, from) && net_record(net->log[i], &at, &r) &&
            (type < 0 || r.type == type) && (epoch < 0 || r.epoch == (unsigned)epoch) &&
            (message < 0 || (r.len && r.body[0] == message)))
            count++;
    }
    return count;
}
