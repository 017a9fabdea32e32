/* SPDX-License-Identifier: Apache-2.0
 *
 * kinds.c -- the kinds of handshakes: see kinds.h. */
#include "kinds.h"

#include <stdlib.h>
#include <string.h>

/* A hint of 40 and an identity of 128 are as much as an arena holds in pieces. */
const struct kind kinds[N_KINDS] = {
    { "hint-ccm8", 0xC0A8, 40, 128, 0 },
    { "hint-ccm", 0xC0A4, 40, 128, 0 },
    { "hint-gcm", 0x00A8, 40, 128, 0 },
    { "ccm8", 0xC0A8, 0, 15, 0 },
    { "ccm", 0xC0A4, 0, 15, 0 },
    { "gcm", 0x00A8, 0, 15, 0 },
    { "cookie-again", 0xC0A8, 0, 15, FORGETS },            /* HelloVerifyRequest comes twice */
    { "hint-cookie-again", 0x00A8, 40, 128, FORGETS | UNEVEN },
    { "own-records", 0xC0A8, 40, 128, OWN_RECORDS },       /* a record for every message */
    { "slow", 0xC0A8, 0, 15, SLOW },                       /* keys are looked up elsewhere */
    { "uneven", 0xC0A4, 40, 128, UNEVEN },                 /* the server sends longer ones, or shorter */
    { "wrong-key", 0xC0A8, 0, 15, WRONG_KEY },
    { "unknown-identity", 0x00A8, 40, 128, UNKNOWN },

    { "id-given", 0xC0A8, 0, 15, CACHE },                  /* full, with a session_id */
    { "ticket-given", 0xC0A8, 0, 15, TICKETS },            /* full, with a NewSessionTicket */
    { "ticket-given-large", 0x00A8, 40, 128, TICKETS | OWN_RECORDS | UNEVEN },
    { "id", 0xC0A8, 0, 15, CACHE | AGAIN },
    { "id-cookie", 0xC0A4, 0, 15, CACHE | AGAIN | ASKED },
    { "ticket", 0xC0A8, 0, 15, TICKETS | AGAIN },
    { "ticket-cookie", 0x00A8, 0, 15, TICKETS | AGAIN | ASKED | UNEVEN },
    { "ticket-records", 0x00A8, 0, 15, TICKETS | AGAIN | OWN_RECORDS },
    { "id-unknown", 0xC0A8, 0, 15, CACHE | AGAIN | LOST_BEFORE },
    { "id-lost-at-cookie", 0xC0A8, 40, 128, CACHE | AGAIN | ASKED | LOST_AT_COOKIE },
    { "id-lost-at-hello", 0xC0A8, 0, 15, CACHE | AGAIN | LOST_AT_HELLO },
    { "ticket-lost-at-cookie", 0xC0A8, 0, 15, TICKETS | AGAIN | ASKED | LOST_AT_COOKIE },
    { "id-fragments", 0xC0A8, 0, 15, CACHE | AGAIN | FRAGMENTS },
    { "ticket-limits", 0x00A8, 0, 15, TICKETS | AGAIN | LIMITS | LOST_AT_HELLO },

    { "cids", 0xC0A8, 0, 15, CIDS },
    { "cids-hint", 0xC0A4, 40, 128, CIDS | OWN_RECORDS | NO_CHECKS },
    { "cids-uneven", 0x00A8, 0, 15, CIDS | CIDS_UNEVEN },
    { "cids-up", 0xC0A8, 0, 15, CIDS | CIDS_UP | SLOW },
    { "cids-down", 0xC0A8, 0, 15, CIDS | CIDS_DOWN },
    { "cids-id", 0xC0A8, 0, 15, CIDS | CACHE | AGAIN },
    { "cids-ticket", 0x00A8, 0, 15, CIDS | CIDS_UNEVEN | TICKETS | AGAIN },
    { "cids-ticket-cookie", 0xC0A8, 0, 15, CIDS | CIDS_UP | TICKETS | AGAIN | ASKED | LIMITS },
    { "cids-wrong-key", 0xC0A8, 0, 15, CIDS | WRONG_KEY }
};

static const uint8_t ticket_key[16] = "not of the fleet";

void kind_key(struct net_node *n, const struct kind *k, bool right)
{
    uint8_t identity[128], key[16] = { 42 };
    memset(identity, 'i', sizeof identity);
    if (!right && k->is & UNKNOWN)
        identity[0] = 'j';
    if (!right)
        key[15] = 1;
    net_set_key(n, 0, identity, k->identity, key, sizeof key, 5);
}

struct pair kind_pair(const struct kind *k, uint16_t mtu, uint64_t seed)
{
    static const uint8_t hint[40] = { 'h' };
    struct pair p = net_pair(seed);
    for (size_t i = 0; i < 2; i++) {
        struct net_node *n = i ? p.server : p.client;
        kind_key(n, k, n == p.server || !(k->is & (WRONG_KEY | UNKNOWN)));
        n->config.mtu = n == p.server && k->is & UNEVEN ? (uint16_t)(1756 - mtu) : mtu;
        n->config.suites = &k->suite;
        n->config.n_suites = 1;
        n->config.one_message_per_record = k->is & OWN_RECORDS;
        n->lookup_ms = k->is & SLOW ? 300 : 0;
        n->config.record_size_limit = k->is & LIMITS ? 64 : 0;
    }
    p.server->config.hint = k->hint ? hint : NULL;
    p.server->config.hint_len = k->hint;
    if (k->is & (CACHE | TICKETS))
        net_pair_returns(&p, k->is & TICKETS);
    p.server->config.resume_cookie = k->is & ASKED ? LOCKET_COOKIE_ALWAYS : LOCKET_COOKIE_WHEN_BUSY;
    p.client->config.max_fragment_length = k->is & FRAGMENTS ? 512 : 0;
    if (k->is & CIDS)
        net_pair_roams(&p, k->is & CIDS_UP ? 0 : k->is & CIDS_UNEVEN ? 3 : 8,
                       k->is & CIDS_DOWN ? 0 : k->is & CIDS_UNEVEN ? 1 : 8,
                       k->is & NO_CHECKS ? LOCKET_PATH_APPLICATION : LOCKET_PATH_ENHANCED);
    return p;
}

void kind_up(struct pair *p, const struct kind *k)
{
    net_pair_up(p);
    if (!(k->is & AGAIN))
        return;
    if (!net_connect(p->client, &p->server->address) || !net_meet(p->net, p->client, p->server, 2000) ||
        p->client->remembered || net_say(p->client, p->client->live, "first", 5))
        abort();
    net_run(p->net, 50);
    net_close(p->client, p->client->live);
    net_run(p->net, 50);
    if (k->is & LOST_BEFORE)
        kind_forget(p->server, k);
}

/* The keys of its own are gone when it is given one. */
void kind_forget(struct net_node *server, const struct kind *k)
{
    locket_forget(&server->ep, server->keys[0].handle);
    if (k->is & TICKETS && locket_ticket_key(&server->ep, 700, ticket_key))
        abort();
}
