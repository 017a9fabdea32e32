/* SPDX-License-Identifier: Apache-2.0
 *
 * wire.c -- prints what a handshake costs on the wire, message by message, in the
 * default and in the leanest configuration, beside the floor that the RFCs set.
 * Exits 1 when the leanest one (CCM_8 alone, an identity of 15 bytes) takes more
 * than 472 bytes, or any handshake more than its floor. */
#include <stdio.h>
#include <string.h>

#include "net.h"

enum { IDENTITY = 15, LIMIT = 472 };
static const uint16_t suites[] = { 0xC0A8, 0xC0A4, 0x00A8 };

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

/* The floor, field by field: 2 hellos, HelloVerifyRequest with 16 bytes of cookie, one
 * record for ServerHello and ServerHelloDone, and what follows. */
static size_t floor_of(uint16_t suite, size_t n_suites)
{
    size_t hello = 73 + 2 * n_suites, finished = suite == 0xC0A8 ? 53 : 61;
    return hello + 44 + hello + 16 + 86 + 27 + IDENTITY + 2 * (14 + finished);
}

static bool run(const char *what, const uint16_t *list, size_t n, uint16_t suite)
{
    struct net *net = net_new(1, 0);
    struct net_node *c = net_node(net, LOCKET_CLIENT, 1, 1), *s = net_node(net, LOCKET_SERVER, 2, 2);
    c->config.suites = list;
    c->config.n_suites = n;
    s->config.suites = &suite;
    s->config.n_suites = 1;
    net_up(c, 1, 1);
    net_up(s, 1, 1);
    bool good = net_connect(c, &s->address) && net_meet(net, c, s, 900);
    size_t total = 0, least = floor_of(suite, n ? n : sizeof suites / sizeof suites[0]);
    printf("\n%s, %s\n", locket_suite_name(suite), what);
    for (size_t i = 0; i < net->n_log; i++) {
        struct net_record r;
        for (size_t at = 0; net_record(net->log[i], &at, &r);)
            print_record(&r, net_same(&net->log[i]->from, &c->address) ? "->" : "<-");
        total += net->log[i]->len;
    }
    printf("    total %zu bytes in %zu datagrams, floor %zu; then %zu bytes around every record of data\n",
           total, net->n_log, least, good ? locket_overhead(c->live) : 0);
    if (!good)
        printf("    DID NOT CONNECT\n");
    else if (total > least)
        printf("    ABOVE THE FLOOR\n");
    if (suite == 0xC0A8 && n == 1 && total > LIMIT) {
        printf("    ABOVE THE LIMIT of %d bytes\n", LIMIT);
        good = false;
    }
    net_free(net);
    return good && total <= least;
}

int main(void)
{
    bool good = true;
    printf("Bytes of UDP payload per message (a record's 13-byte header counted with its first\n"
           "message), cookie of 16 bytes, identity of %d bytes, no resumption.\n", IDENTITY);
    for (size_t i = 0; i < 3; i++) {
        good = run("leanest: that suite alone", &suites[i], 1, suites[i]) && good;
        good = run("default: three suites offered", NULL, 0, suites[i]) && good;
    }
    printf("\n%s\n", good ? "every handshake is at its floor" : "FAILED");
    return good ? 0 : 1;
}
