/* SPDX-License-Identifier: Apache-2.0
 *
 * wire.c -- prints what a handshake costs on the wire, message by message, in the
 * default and in the leanest configuration, beside the floor that the RFCs set:
 * the full one, coming back by session ID and by ticket, and the full ones that make
 * those possible. Exits 1 when the leanest one (CCM_8 alone, an identity of 15 bytes) takes
 * more bytes than its limit, or any handshake more than its floor. */
#include <stdio.h>
#include <string.h>

#include "net.h"

enum { IDENTITY = 15, ID = 8, TICKET = 83, COOKIE = 16 };
enum way { PLAIN, BY_ID, BY_TICKET };
static const uint16_t suites[] = { 0xC0A8, 0xC0A4, 0x00A8 };

/* One kind of handshake, and what the leanest one may take with CCM_8. */
struct kind {
    const char *name;
    enum way way;
    bool resumed, cookie;
    size_t limit;
};
static const struct kind kinds[] = {
    { "full",                               PLAIN,     false, true,  472 },
    { "full, the server gives an ID",       BY_ID,     false, true,  480 },
    { "resumed by ID",                      BY_ID,     true,  false, 299 },
    { "resumed by ID, with a cookie",       BY_ID,     true,  true,  442 },
    { "full, the server gives a ticket",    BY_TICKET, false, true,  598 },
    { "resumed by ticket",                  BY_TICKET, true,  false, 287 + TICKET },
    { "resumed by ticket, with a cookie",   BY_TICKET, true,  true,  592 },
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static const char *name_of(const struct net_record *r, size_t at)
{
    if (r->type == 20)
        return "ChangeCipherSpec";
    if (r->type == 21)
        return "Alert";
    if (r->epoch)
        return "Finished";
    switch (r->body[at]) {
    case 1:  return "ClientHello";
    case 2:  return "ServerHello";
    case 3:  return "HelloVerifyRequest";
    case 4:  return "NewSessionTicket";
    case 12: return "ServerKeyExchange";
    case 14: return "ServerHelloDone";
    case 16: return "ClientKeyExchange";
    default: return "?";
    }
}

/* The messages of a record, one line each: bytes with the record header at the first. */
static void print_record(const struct net_record *r, const char *arrow)
{
    size_t at = 0, header = 13;
    while (at < r->len) {
        size_t len = r->len - at;
        if (r->type == 22 && r->epoch == 0)
            len = 12 + ((size_t)r->body[at + 9] << 16 | (size_t)r->body[at + 10] << 8 | r->body[at + 11]);
        printf("    %s  %-20s %5zu\n", arrow, name_of(r, at), len + header);
        at += len;
        header = 0;
    }
}

/* The floor, field by field: a ClientHello, once more with a cookie behind a HelloVerifyRequest;
 * the server's answer, ServerHelloDone in the same record; the client's key exchange; a ticket
 * in a record of its own; ChangeCipherSpec and Finished of both. Who comes back names an ID, or
 * has a ticket in an extension, which is empty when one is only asked for. */
static size_t floor_of(const struct kind *k, uint16_t suite, size_t n_suites)
{
    size_t finished = suite == 0xC0A8 ? 53 : 61, hello = 73 + 2 * n_suites, total = 2 * (14 + finished);
    if (k->way == BY_TICKET)
        hello += 4 + (k->resumed ? TICKET : 0);
    if (k->way == BY_ID && k->resumed)
        hello += ID;
    total += hello + (k->cookie ? 28 + COOKIE + hello + COOKIE : 0);
    total += 74 + (k->way == BY_ID ? ID : 0);
    if (!k->resumed)
        total += 12 + 27 + IDENTITY + (k->way == BY_TICKET ? 4 + 25 + 6 + TICKET : 0);
    return total;
}

static size_t print_log(const struct net *net, size_t first, const struct net_node *c)
{
    size_t total = 0;
    for (size_t i = first; i < net->n_log; i++) {
        struct net_record r;
        for (size_t at = 0; net_record(net->log[i], &at, &r);)
            print_record(&r, net_same(&net->log[i]->from, &c->address) ? "->" : "<-");
        total += net->log[i]->len;
    }
    return total;
}

/* Meet, say something, and part. */
static bool visit(struct net *net, struct net_node *c, struct net_node *s)
{
    bool good = net_connect(c, &s->address) && net_meet(net, c, s, 900) &&
                net_say(c, c->live, "x", 1) == LOCKET_OK;
    net_run(net, 100);
    if (good)
        net_close(c, c->live);
    net_run(net, 100);
    return good;
}

static bool run(const struct kind *k, const char *what, const uint16_t *list, size_t n, uint16_t suite)
{
    struct net *net = net_new(1, 0);
    struct net_node *c = net_node(net, LOCKET_CLIENT, 1, 1), *s = net_node(net, LOCKET_SERVER, 2, 2);
    c->config.suites = list;
    c->config.n_suites = n;
    s->config.suites = &suite;
    s->config.n_suites = 1;
    struct pair p = { net, c, s };
    if (k->way != PLAIN)
        net_pair_returns(&p, k->way == BY_TICKET);
    s->config.resume_cookie = k->cookie ? LOCKET_COOKIE_ALWAYS : LOCKET_COOKIE_WHEN_BUSY;
    net_up(c, 1, 1);
    net_up(s, 1, 1);
    bool good = !k->resumed || visit(net, c, s);
    size_t first = net->n_log, least = floor_of(k, suite, n ? n : sizeof suites / sizeof suites[0]);
    good = good && net_connect(c, &s->address) && net_meet(net, c, s, 900) &&
           locket_resumed(c->live) == k->resumed && locket_resumed(s->live) == k->resumed &&
           (k->way == PLAIN || c->remembered == LOCKET_OK);
    printf("\n%s, %s, %s\n", locket_suite_name(suite), k->name, what);
    size_t total = print_log(net, first, c);
    printf("    total %zu bytes in %zu datagrams, floor %zu; then %zu bytes around every record of data\n",
           total, net->n_log - first, least, good ? locket_overhead(c->live) : 0);
    if (!good)
        printf("    DID NOT CONNECT LIKE THAT\n");
    else if (total > least)
        printf("    ABOVE THE FLOOR\n");
    if (suite == 0xC0A8 && n == 1 && total > k->limit) {
        printf("    ABOVE THE LIMIT of %zu bytes\n", k->limit);
        good = false;
    }
    net_free(net);
    return good && total <= least;
}

int main(void)
{
    bool good = true;
    printf("Bytes of UDP payload per message (a record's 13-byte header counted with its first\n"
           "message), cookie of %d bytes, identity of %d bytes.\n", COOKIE, IDENTITY);
    for (size_t k = 0; k < KINDS; k++) {
        for (size_t i = 0; i < 3; i++) {
            good = run(&kinds[k], "leanest: that suite alone", &suites[i], 1, suites[i]) && good;
            good = run(&kinds[k], "default: three suites offered", NULL, 0, suites[i]) && good;
        }
    }
    printf("\n%s\n", good ? "every handshake is at its floor" : "FAILED");
    return good ? 0 : 1;
}
