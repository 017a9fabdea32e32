/* SPDX-License-Identifier: Apache-2.0
 *
 * wire.c -- prints what a handshake costs on the wire, message by message, in the
 * default and in the leanest configuration, beside the floor that the RFCs set:
 * the full one, coming back by session ID and by ticket, and the full ones that make
 * those possible; the same with connection IDs, a record with one, what it takes to see that a
 * client is where it was heard, and to be back after a sleep. Exits 1 when the leanest one (CCM_8
 * alone, an identity of 15 bytes) takes more bytes than its limit, or anything more than its floor. */
#include <stdio.h>
#include <string.h>

#include "net.h"

enum { IDENTITY = 15, ID = 8, TICKET = 83, COOKIE = 16, CID = 8 };
enum way { PLAIN, BY_ID, BY_TICKET };
static const uint16_t suites[] = { 0xC0A8, 0xC0A4, 0x00A8 };

/* One kind of handshake, and what the leanest one may take with CCM_8. */
struct kind {
    const char *name;
    enum way way;
    bool resumed, cookie;
    size_t limit;
    bool cid;                     /* of CID bytes both ways, and checks of paths */
};
static const struct kind kinds[] = {
    { "full",                               PLAIN,     false, true,  472, false },
    { "full, the server gives an ID",       BY_ID,     false, true,  480, false },
    { "resumed by ID",                      BY_ID,     true,  false, 299, false },
    { "resumed by ID, with a cookie",       BY_ID,     true,  true,  442, false },
    { "full, the server gives a ticket",    BY_TICKET, false, true,  598, false },
    { "resumed by ticket",                  BY_TICKET, true,  false, 287 + TICKET, false },
    { "resumed by ticket, with a cookie",   BY_TICKET, true,  true,  592, false },
    { "full, with connection IDs",          PLAIN,     false, true,  541, true },
    { "resumed by ID, with connection IDs", BY_ID,     true,  false, 351, true },
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static const char *name_of(const struct net_record *r, size_t at)
{
    if (r->type == 20)
        return "ChangeCipherSpec";
    if (r->type == 21)
        return "Alert";
    if (r->epoch || r->type == 25)
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
    size_t at = 0, header = 13 + (r->type == 25 ? CID : 0);
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
 * has a ticket in an extension, which is empty when one is only asked for. With connection IDs (RFC
 * 9146) there is one in both hellos, in an extension of its own, and one with the real type in both
 * Finished; and an empty extension for checks of paths (RFC 9853). */
static size_t floor_of(const struct kind *k, uint16_t suite, size_t n_suites)
{
    size_t finished = suite == 0xC0A8 ? 53 : 61, hello = 73 + 2 * n_suites, total = 2 * (14 + finished);
    if (k->way == BY_TICKET)
        hello += 4 + (k->resumed ? TICKET : 0);
    if (k->way == BY_ID && k->resumed)
        hello += ID;
    if (k->cid) {
        hello += 4 + 1 + CID + 4;
        total += 4 + 1 + CID + 4 + 2 * (CID + 1);
    }
    total += hello + (k->cookie ? 28 + COOKIE + hello + COOKIE : 0);
    total += 74 + (k->way == BY_ID ? ID : 0);
    if (!k->resumed)
        total += 12 + 27 + IDENTITY + (k->way == BY_TICKET ? 4 + 25 + 6 + TICKET : 0);
    return total;
}

/* As net_record(), but for the connection ID in front of the length. */
static bool record_at(const struct net_datagram *d, size_t *at, struct net_record *r)
{
    const uint8_t *p = d->bytes + *at;
    if (*at + 13 + CID > d->len || p[0] != 25)
        return net_record(d, at, r);
    r->type = p[0];
    r->epoch = p[4];
    r->len = (size_t)p[CID + 11] << 8 | p[CID + 12];
    r->body = p + CID + 13;
    *at += 13 + CID + r->len;
    return true;
}

static size_t print_log(const struct net *net, size_t first, const struct net_node *c)
{
    size_t total = 0;
    for (size_t i = first; i < net->n_log; i++) {
        struct net_record r;
        for (size_t at = 0; record_at(net->log[i], &at, &r);)
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
    if (k->cid)
        net_pair_roams(&p, CID, CID, LOCKET_PATH_ENHANCED);
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

/* --- what a session costs that is never to end --- */

/* Bytes and datagrams of everything since the log had `first`, and how much that may be. */
static bool within_floor(const struct net *net, size_t first, const char *what, size_t least, size_t datagrams)
{
    size_t total = 0, n = net->n_log - first;
    for (size_t i = first; i < net->n_log; i++)
        total += net->log[i]->len;
    bool good = total <= least && n <= datagrams;
    printf("    %-58s %4zu bytes in %zu datagrams, floor %zu in %zu%s\n", what, total, n, least, datagrams,
           good ? "" : ": ABOVE THE FLOOR");
    return good;
}

static bool session_is_at(const locket_session *s, const locket_peer *peer)
{
    locket_peer is;
    locket_peer_of(s, &is);
    return net_same(&is, peer);
}

/* A record: header, nonce, tag, the ID and the real type. A question and an answer are 9 bytes each
 * (RFC 9853 section 4). Asleep and awake again, at another address: nothing but the data. */
static bool run_roaming(uint16_t suite, locket_path_check check)
{
    static const uint8_t key[16] = { 7 };
    size_t overhead = (suite == 0xC0A8 ? 29 : 37) + CID + 1, say = 4 + overhead, ask = 9 + overhead, len;
    bool enhanced = check == LOCKET_PATH_ENHANCED;
    struct pair p = net_pair(3);
    struct net_node *c = p.client, *s = p.server;
    uint8_t blob[LOCKET_BLOB_MAX];
    net_pair_roams(&p, CID, CID, check);
    c->config.suites = s->config.suites = &suite;
    c->config.n_suites = s->config.n_suites = 1;
    net_pair_up(&p);
    bool good = net_connect(c, &s->address) && net_meet(p.net, c, s, 900);
    printf("\n%s, connection IDs of %d bytes both ways, %s checks\n", locket_suite_name(suite), CID,
           enhanced ? "enhanced" : "basic");
    size_t first = p.net->n_log;
    good = good && locket_overhead(c->live) <= overhead && net_say(c, c->live, "data", 4) == LOCKET_OK;
    net_run(p.net, 100);
    good = within_floor(p.net, first, "a record of 4 bytes", say, 1) && good;
    first = p.net->n_log;
    net_rebind(c, 9, 9);
    good = good && net_say(c, c->live, "data", 4) == LOCKET_OK;
    net_run(p.net, 4000);
    /* Two questions to where nobody is any more. */
    good = within_floor(p.net, first, "such a record from elsewhere, and the check", say + (enhanced ? 4 : 2) * ask,
                        enhanced ? 5 : 3) && good;
    good = good && s->live && session_is_at(s->live, &c->address);
    first = p.net->n_log;
    good = good && locket_session_save(&c->ep, c->live, 1, key, blob, sizeof blob, &len) == LOCKET_OK;
    net_down(c);
    net_up(c, 1, 1);
    good = good && locket_session_load(&c->ep, 1, key, blob, len, net_now(p.net), &c->live) == LOCKET_OK &&
           net_say(c, c->live, "data", 4) == LOCKET_OK;
    net_run(p.net, 4000);
    good = within_floor(p.net, first, "asleep, awake, and such a record", say, 1) && good;
    if (!good)
        printf("    FAILED\n");
    net_free(p.net);
    return good;
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
    for (size_t i = 0; i < 3; i++) {
        good = run_roaming(suites[i], LOCKET_PATH_BASIC) && good;
        good = run_roaming(suites[i], LOCKET_PATH_ENHANCED) && good;
    }
    printf("\n%s\n", good ? "every handshake is at its floor" : "FAILED");
    return good ? 0 : 1;
}
