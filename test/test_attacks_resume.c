/* SPDX-License-Identifier: Apache-2.0
 *
 * test_attacks_resume.c -- attacks on a server whose clients come back: floods with a stolen
 * session ID, forged records in an abbreviated handshake, tickets and caches misused.
 * test_attacks_return.c has the attacks on the clients; what a server has to refuse by the
 * standards' words is in test_rfc_resume.c:
 *
 *   GHSA-qq3j-44gw-cf6r (resumed with other parameters)    a_session_is_resumed_under_its_own_suite...
 *   a session that a fatal alert ended                     a_session_that_a_fatal_alert_ended...
 *   an ID or ticket altered, cut, extended, unknown        an_id_..., a_ticket_...
 *   both a ticket and an ID                                with_a_ticket_the_session_id_counts_for_nothing
 *   a plaintext alert                                      a_session_can_be_resumed_after_alerts_in_the_clear...
 *   a handshake broken off                                 nothing_can_be_resumed_before_the_finished...
 * CVE-2026-34873 (a client taken for another) is here: TLS 1.3, but the question is ours too. */
#include <check.h>
#include <string.h>

#include "handshake.h"
#include "peer12.h"

Suite *test_attacks_resume(void);

enum { X_TICKET = 35, M = 4 };

/* What the client has of its session; the next hello offers it. */
static void offer(struct peer12 *p)
{
    p12_reboot(p);
    p->extensions_len = 4;
    p->session_id_len = 0;
    if (p->promised)
        p12_extend(p, X_TICKET, p->ticket, p->ticket_len);
    else
        memcpy(p->session_id, p->given_id, p->session_id_len = p->given_id_len);
}

/* A server and a client that has a session to come back to. */
static void first(struct hand *h, uint64_t seed, bool tickets, size_t m, size_t n_cache)
{
    hand_new(h, LOCKET_SERVER, seed);
    h->node->config.cache = h->node->cache;
    h->node->config.n_cache = n_cache;
    h->node->config.tickets = tickets;
    if (tickets)
        p12_extend(&h->p, X_TICKET, "", 0);
    net_up(h->node, 40, m);
    ck_assert(p12_greet(&h->p) && p12_full(&h->p));
    p12_sealed(&h->p, 23, "x", 1);                /* so that nothing is held */
    ck_assert_uint_eq(h->node->n_kind[LOCKET_DATA], 1);
    offer(&h->p);
}

static bool comes_back(struct hand *h)
{
    unsigned before = h->node->n_kind[LOCKET_CONNECTED];
    ck_assert(p12_greet(&h->p));
    bool same = h->p.given_id_len == h->p.session_id_len &&
                memcmp(h->p.given_id, h->p.session_id, h->p.given_id_len) == 0;
    if (h->p.promised || !same) {
        ck_assert(p12_full(&h->p));
        return false;
    }
    ck_assert(p12_abbreviated(&h->p));
    ck_assert_uint_eq(h->node->n_kind[LOCKET_CONNECTED], before + 1);
    ck_assert_uint_eq(net_last(h->node, LOCKET_CONNECTED)->handle, h->node->keys[0].handle);
    return locket_resumed(h->node->live);
}

/* Somebody else, with what he has stolen of the client's hello. */
static struct peer12 thief_of(const struct hand *h, unsigned host)
{
    struct peer12 t;
    p12_client(&t, h->net, host, &h->node->address);
    t.session_id_len = h->p.session_id_len;
    memcpy(t.session_id, h->p.session_id, 32);
    t.extensions_len = h->p.extensions_len;
    memcpy(t.extensions, h->p.extensions, h->p.extensions_len);
    return t;
}

static unsigned n_to(const struct net *net, const locket_peer *to, size_t from)
{
    unsigned n = 0;
    for (size_t i = from; i < net->n_log; i++)
        n += net_same(&net->log[i]->to, to);
    return n;
}

static unsigned n_taken(const struct hand *h)
{
    unsigned n = 0;
    for (size_t i = 0; i < h->node->m; i++)
        n += h->node->handshakes[i].state != WORKSPACE_FREE;
    return n;
}

/* --- with no cookie ------------------------------------------------------------------------ */

START_TEST(a_stolen_id_from_1000_addresses_gets_one_answer_each_and_half_of_the_workspaces)
{
    struct hand h;
    first(&h, 1, _i, 8, NET_CACHE);
    size_t log = h.net->n_log, hello = 0;
    unsigned failed = h.node->n_kind[LOCKET_FAILED];
    for (unsigned i = 0; i < 1000; i++) {
        struct peer12 t = thief_of(&h, 1000 + i);
        p12_send(&t, M_CLIENT_HELLO);
        hello += p12_take(&t, M_SERVER_HELLO);
        ck_assert_uint_eq(n_to(h.net, &t.me, log), 1);
        /* Not twice as much as was asked with, which had an ID or a ticket. */
        ck_assert_uint_le(h.net->log[h.net->n_log - 1]->len, 2 * (_i ? 160 : 81));
        ck_assert_uint_le(n_taken(&h), 8 / 2 + 1);
    }
    ck_assert_uint_eq(hello, 8 / 2 + 1);              /* to half of them, and so to one more */
    ck_assert_uint_eq(h.net->n_log - log, 1000);
    net_run(h.net, 59000);
    ck_assert_uint_eq(h.net->n_log - log, 1000);      /* and never again */
    ck_assert(comes_back(&h));                        /* with a cookie */
    net_run(h.net, 2000);
    ck_assert_uint_eq(n_taken(&h), 0);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_FAILED], failed);
    net_free(h.net);
}
END_TEST

START_TEST(workspaces_of_a_stolen_id_are_given_to_newcomers_at_once)
{
    struct hand h;
    first(&h, 2, _i, 3, NET_CACHE);
    unsigned failed = h.node->n_kind[LOCKET_FAILED];
    for (unsigned i = 0; i < 5; i++) {
        struct peer12 t = thief_of(&h, 1000 + i);
        p12_send(&t, M_CLIENT_HELLO);
    }
    ck_assert_uint_eq(n_taken(&h), 2);
    struct peer12 news[3];
    for (unsigned i = 0; i < 3; i++) {                /* all at the same time */
        p12_client(&news[i], h.net, 60 + i, &h.node->address);
        ck_assert(p12_greet(&news[i]));
    }
    for (unsigned i = 0; i < 3; i++)
        ck_assert(p12_full(&news[i]));
    ck_assert_uint_eq(h.node->n_kind[LOCKET_FAILED], failed);
    net_free(h.net);
}
END_TEST

START_TEST(a_repeated_hello_without_a_cookie_is_asked_for_one)
{
    struct hand h;
    first(&h, 3, _i, M, NET_CACHE);
    struct peer12 again = h.p;
    p12_send(&h.p, M_CLIENT_HELLO);
    ck_assert(p12_take(&h.p, M_SERVER_HELLO));
    p12_skip(&again);
    again.number = 1;
    for (int i = 0; i < 3; i++) {
        again.seq = 0;
        p12_send(&again, M_CLIENT_HELLO);
        ck_assert(p12_take(&again, M_HELLO_VERIFY));
        again.cookie_len = 0;
        ck_assert(!p12_next(&again));
    }
    ck_assert_uint_eq(n_taken(&h), 1);
    net_free(h.net);
}
END_TEST

/* What cannot be answered with a ServerHello is not told so before its cookie. */
START_TEST(a_hello_that_has_to_be_refused_is_asked_for_a_cookie_first)
{
    struct hand h;
    first(&h, 4, _i & 1, M, NET_CACHE);
    if (_i / 2 == 0)
        memcpy(h.p.extensions, "\0\30\0\0", 4);       /* no extended master secret */
    else if (_i / 2 == 1)
        h.p.version = 0xFEFF;
    else
        h.p.compression[0] = 1;
    p12_send(&h.p, M_CLIENT_HELLO);
    ck_assert(p12_take(&h.p, M_HELLO_VERIFY));
    ck_assert(!p12_next(&h.p));
    ck_assert_uint_eq(n_taken(&h), 0);
    net_free(h.net);
}
END_TEST

/* --- without the master secret --------------------------------------------------------------- */

START_TEST(cve_2026_34873_a_stolen_id_or_ticket_without_its_secret_is_nobodys_session)
{
    struct hand h;
    first(&h, 5, _i, M, NET_CACHE);
    unsigned up = h.node->n_kind[LOCKET_CONNECTED], closed = h.node->n_kind[LOCKET_CLOSED];
    struct peer12 t = thief_of(&h, 99);
    p12_send(&t, M_CLIENT_HELLO);
    ck_assert(p12_take(&t, M_SERVER_HELLO));
    t.resumed = true;                                 /* and a secret of zeros */
    p12_send(&t, M_CCS);
    size_t log = h.net->n_log;
    p12_send(&t, M_FINISHED);
    p12_sealed(&t, 23, "open the valve", 14);
    p12_alert(&t, 2, 40);
    ck_assert_uint_eq(h.net->n_log, log);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], up);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CLOSED], closed);
    ck_assert(comes_back(&h));
    net_free(h.net);
}
END_TEST

/* The thief has the session's ID and finishes as himself: a session of his own, no more. */
START_TEST(who_offers_a_stolen_id_and_has_a_key_of_his_own_is_himself)
{
    static const uint8_t key[16] = { 9, 9, 9 };
    struct hand h;
    first(&h, 6, _i, M, NET_CACHE);
    net_set_key(h.node, 1, "thief", 5, key, 16, 666);
    locket_forget(&h.node->ep, h.node->keys[0].handle);
    if (_i)
        ck_assert_int_eq(locket_ticket_key(&h.node->ep, 1, key), LOCKET_OK);
    struct peer12 t = thief_of(&h, 99);
    memcpy(t.identity, "thief", t.identity_len = 5);
    memcpy(t.key, key, 16);
    ck_assert(p12_greet(&t) && p12_full(&t));
    ck_assert_uint_eq(locket_handle(h.node->live), 666);
    net_free(h.net);
}
END_TEST

/* --- forged records in an abbreviated handshake ------------------------------------------------ */

/* One forged record must not make the server end a good session under its own keys. */
START_TEST(forged_records_do_not_end_an_abbreviated_handshake)
{
    struct hand h;
    uint8_t junk[64] = { 0 };
    first(&h, 7, _i & 1, M, NET_CACHE);
    h.node->config.resume_cookie = _i & 2 ? LOCKET_COOKIE_ALWAYS : LOCKET_COOKIE_WHEN_BUSY;
    ck_assert(p12_greet(&h.p));
    size_t log = h.net->n_log;
    struct peer12 forger = h.p;                       /* it has nothing but the address */
    p12_plain(&forger, 22, "\20\0\0\1\0\2\0\0\0\0\0\1x", 13);
    p12_plain(&forger, 22, "\24\0\0\14\0\1\0\0\0\0\0\14aaaaaaaaaaaa", 24);
    p12_plain(&forger, 22, "\24\0\0\14\0\2\0\0\0\0\0\14aaaaaaaaaaaa", 24);
    p12_plain(&forger, 21, "\2\50", 2);
    p12_record(&forger, 22, 0xFEFD, 1, 0, junk, 40);  /* before ChangeCipherSpec, and behind one */
    p12_plain(&forger, 20, "\1", 1);
    for (unsigned i = 0; i < 20; i++)
        p12_record(&forger, 20 + i % 4, 0xFEFD, 1, i, junk, 24 + i);
    ck_assert_uint_eq(h.net->n_log, log);             /* nothing is said to it */
    ck_assert(p12_abbreviated(&h.p));
    ck_assert(h.node->live && locket_resumed(h.node->live));
    net_free(h.net);
}
END_TEST

/* The client's Finished is lost, and its data comes: the server says its flight again, even if
 * ChangeCipherSpec has come through. */
START_TEST(data_for_want_of_a_finished_brings_the_flight_again_once)
{
    struct hand h;
    uint8_t verify[12];
    first(&h, 8, _i & 1, M, NET_CACHE);
    p12_send(&h.p, M_CLIENT_HELLO);
    ck_assert(p12_take(&h.p, M_SERVER_HELLO));
    h.p.resumed = true;
    ck_assert(p12_take(&h.p, M_CCS) && p12_take(&h.p, M_FINISHED));
    if (_i & 2)
        p12_send(&h.p, M_CCS);
    h.p.sealed = true;
    p12_verify_data(&h.p, false, verify);
    size_t log = h.net->n_log;
    net_run(h.net, 5000);
    ck_assert_uint_eq(n_to(h.net, &h.p.me, log), 0);  /* not by itself */
    for (int i = 0; i < 3; i++)
        p12_sealed(&h.p, 23, "data", 4);
    ck_assert_uint_eq(n_to(h.net, &h.p.me, log), 1);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_DATA], 1);
    if (!(_i & 2))
        p12_plain(&h.p, 20, "\1", 1);
    p12_fragment(&h.p, M_FINISHED, 12, 1, 0, 12, verify);
    ck_assert(h.node->live && locket_resumed(h.node->live));
    p12_sealed(&h.p, 23, "data", 4);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_DATA], 2);
    net_free(h.net);
}
END_TEST

/* Anybody could have ended such a server with one datagram, before there is a workspace. */
START_TEST(a_ticket_for_a_server_that_gives_none_is_no_matter)
{
    struct hand h;
    uint8_t ticket[83] = { 0 };
    first(&h, 9, false, M, _i ? NET_CACHE : 0);
    p12_extend(&h.p, X_TICKET, ticket, sizeof ticket);
    ck_assert(p12_greet(&h.p));
    bool same = h.p.given_id_len && memcmp(h.p.given_id, h.p.session_id, 8) == 0;
    ck_assert(same ? p12_abbreviated(&h.p) : p12_full(&h.p));
    ck_assert_ptr_nonnull(h.node->live);
    net_free(h.net);
}
END_TEST

/* --- who comes back, and how often ---------------------------------------------------------- */

START_TEST(two_clients_with_one_id_get_sessions_of_their_own)
{
    struct hand h;
    first(&h, 10, _i, M, NET_CACHE);
    struct peer12 twin = h.p;
    unsigned data = h.node->n_kind[LOCKET_DATA];
    twin.me = net_address(77, 5000);
    p12_reboot(&twin);
    p12_send(&h.p, M_CLIENT_HELLO);
    p12_send(&twin, M_CLIENT_HELLO);
    ck_assert(p12_take(&h.p, M_SERVER_HELLO) && p12_take(&twin, M_SERVER_HELLO));
    ck_assert_mem_ne(h.p.server_random, twin.server_random, 32);
    ck_assert(p12_abbreviated(&h.p) && p12_abbreviated(&twin));
    ck_assert_mem_ne(h.p.keys.key[0], twin.keys.key[0], 16);
    p12_sealed(&h.p, 23, "one", 3);
    p12_sealed(&twin, 23, "two", 3);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_DATA], data + 2);
    net_free(h.net);
}
END_TEST

/* The end of the session before must not take the ID with it. Here nobody closes: each replaces
 * the one before. */
START_TEST(cf_712_a_session_is_resumed_more_than_once)
{
    struct pair p = net_pair(18);
    net_pair_returns(&p, _i & 1);
    net_pair_up(&p);
    for (unsigned i = 0; i < 5; i++) {
        ck_assert_ptr_nonnull(net_connect(p.client, &p.server->address));
        ck_assert(net_meet(p.net, p.client, p.server, 900));
        net_run(p.net, 50);
        ck_assert_int_eq(locket_resumed(p.client->live), i > 0);
        ck_assert_int_eq(locket_resumed(p.server->live), i > 0);
        ck_assert_int_eq(net_say(p.client, p.client->live, "x", 1), LOCKET_OK);
        ck_assert_int_eq(net_say(p.server, p.server->live, "y", 1), LOCKET_OK);
        net_run(p.net, 50);
        ck_assert_uint_eq(p.server->n_kind[LOCKET_DATA], i + 1);
        ck_assert_uint_eq(p.client->n_kind[LOCKET_DATA], i + 1);
        ck_assert_uint_eq(p.server->n_kind[LOCKET_CLOSED], i);
        if (_i & 2)               /* or it is gone without a word */
            net_down(p.client), net_up(p.client, 2, 1);
    }
    net_free(p.net);
}
END_TEST

START_TEST(a_client_comes_back_from_another_address)
{
    struct hand h;
    first(&h, 11, _i, M, NET_CACHE);
    h.p.me = net_address(1234, 9);
    ck_assert(comes_back(&h));
    ck_assert_uint_eq(locket_handle(h.node->live), h.node->keys[0].handle);
    net_free(h.net);
}
END_TEST

/* An entry is given up when a session is finished, not when one is begun. */
START_TEST(handshakes_that_are_broken_off_take_no_session_out_of_the_cache)
{
    struct hand h;
    first(&h, 12, false, 2, 1);
    for (unsigned i = 0; i < 50; i++) {
        struct peer12 p;
        p12_client(&p, h.net, 100 + i, &h.node->address);
        ck_assert(p12_greet(&p) && p12_take(&p, M_HELLO_DONE));
        if (i % 2) {
            p.key[0] ^= 1;                            /* to the end, but with a wrong key */
            p12_send(&p, M_CLIENT_KEY);
            p12_send(&p, M_CCS);
            p12_send(&p, M_FINISHED);
        }
        net_run(h.net, 2100);
    }
    net_run(h.net, 61000);
    ck_assert(comes_back(&h));
    net_free(h.net);
}
END_TEST

START_TEST(a_cache_of_one_keeps_the_last_of_a_flood_of_full_handshakes)
{
    struct hand h;
    first(&h, 13, false, 2, 1);
    struct peer12 old = h.p, p = old;
    for (unsigned i = 0; i < 20; i++) {
        p12_client(&p, h.net, 100 + i, &h.node->address);
        ck_assert(p12_greet(&p) && p12_full(&p));
    }
    offer(&p);
    h.p = p;
    ck_assert(comes_back(&h));
    h.p = old;
    p12_skip(&h.p);
    ck_assert(!comes_back(&h));
    net_free(h.net);
}
END_TEST

/* Two full handshakes are promised the only entry: the second is promised none, or it takes it;
 * never do both have the same ID. */
START_TEST(two_handshakes_at_once_are_not_promised_the_same_entry)
{
    struct hand h;
    first(&h, 14, false, 2, 1);
    struct peer12 a, b;
    p12_client(&a, h.net, 100, &h.node->address);
    p12_client(&b, h.net, 101, &h.node->address);
    ck_assert(p12_greet(&a) && p12_greet(&b));
    ck_assert_uint_eq(a.given_id_len, 8);
    ck_assert_uint_eq(b.given_id_len, 0);
    ck_assert(p12_full(&b) && p12_full(&a));
    offer(&a);
    h.p = a;
    ck_assert(comes_back(&h));
    net_free(h.net);
}
END_TEST

/* --- time ------------------------------------------------------------------------------------- */

/* The 32-bit clock wraps while the session waits. */
START_TEST(a_lifetime_passes_the_wrap_of_the_clock)
{
    enum { MINUTE = 60000 };
    struct pair p = net_pair(15);
    net_pair_returns(&p, _i);
    p.server->config.lifetime = 60 * MINUTE;
    p.net->start = (locket_time)(0u - 30u * MINUTE);
    net_pair_up(&p);
    for (unsigned i = 0; i < 3; i++) {
        net_connect(p.client, &p.server->address);
        ck_assert(net_meet(p.net, p.client, p.server, 900));
        ck_assert_int_eq(locket_resumed(p.client->live), i == 1);
        net_run(p.net, 50);
        net_close(p.client, p.client->live);
        net_run(p.net, (i ? 121 : 50) * MINUTE);
    }
    net_free(p.net);
}
END_TEST

/* --- workspaces that hold a ticket ---------------------------------------------------------------- */

START_TEST(a_holder_is_given_up_for_a_cookie_and_not_without)
{
    struct hand h;
    struct peer12 old, thief;
    first(&h, 16, true, 1, 0);
    old = h.p;
    p12_client(&h.p, h.net, 50, &h.node->address);
    p12_extend(&h.p, X_TICKET, "", 0);
    ck_assert(p12_greet(&h.p) && p12_full(&h.p));
    ck_assert_uint_eq(h.node->handshakes[0].state, WORKSPACE_HOLDING);
    struct peer12 holder = h.p;
    h.p = old;
    thief = thief_of(&h, 99);
    p12_send(&thief, M_CLIENT_HELLO);                 /* a good ticket: its way is the cookie's */
    ck_assert(p12_take(&thief, M_HELLO_VERIFY));
    ck_assert_uint_eq(h.node->handshakes[0].state, WORKSPACE_HOLDING);
    p12_client(&thief, h.net, 98, &h.node->address);
    ck_assert(p12_greet(&thief));
    ck_assert_uint_eq(h.node->handshakes[0].state, WORKSPACE_RUNNING);
    ck_assert(p12_full(&thief));
    unsigned data = h.node->n_kind[LOCKET_DATA];
    p12_sealed(&holder, 23, "still there", 11);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_DATA], data + 1);
    net_free(h.net);
}
END_TEST

static void lose_a_ticket(void *user, const struct net_datagram *d, struct net_verdict *v)
{
    bool *lost = user;
    if (!*lost && d->bytes[0] == 22 && d->bytes[13] == M_NEW_TICKET) {
        v->fate = NET_DROP;
        *lost = true;
    }
}

/* Its last flight was lost, and cannot be said again: the client finds out, and begins anew. */
START_TEST(a_client_whose_holder_was_given_up_connects_in_the_end)
{
    bool lost = false;
    struct pair p = net_pair(19);
    struct net_node *other = net_node(p.net, LOCKET_CLIENT, 7, 7);
    net_pair_returns(&p, true);
    p.net->judge = lose_a_ticket;
    p.net->user = &lost;
    net_up(p.client, 2, 1);
    net_up(other, 1, 1);
    net_up(p.server, 4, 1);
    net_connect(p.client, &p.server->address);
    net_run(p.net, 100);
    ck_assert(lost && p.server->live && !p.client->live);
    net_connect(other, &p.server->address);
    ck_assert(net_meet(p.net, other, p.server, 900));
    net_run(p.net, 16000);
    ck_assert(p.client->live && p.server->live);
    ck_assert_int_eq(net_say(p.client, p.client->live, "x", 1), LOCKET_OK);
    net_run(p.net, 20);
    ck_assert_uint_eq(p.server->n_kind[LOCKET_DATA], 1);
    net_free(p.net);
}
END_TEST

START_TEST(a_holder_is_freed_by_data_and_by_the_end_of_its_session)
{
    struct hand h;
    hand_new(&h, LOCKET_SERVER, 17);
    h.node->config.tickets = true;
    p12_extend(&h.p, X_TICKET, "", 0);
    hand_up(&h);
    ck_assert(p12_greet(&h.p) && p12_full(&h.p));
    ck_assert_uint_eq(h.node->handshakes[0].state, WORKSPACE_HOLDING);
    if (_i == 0)
        p12_sealed(&h.p, 23, "", 0);
    else if (_i == 1)
        p12_alert(&h.p, 1, 0);
    else if (_i == 2)
        net_close(h.node, h.node->live);
    else
        p12_plain(&h.p, 23, "x", 1);                  /* nobody's */
    ck_assert_uint_eq(h.node->handshakes[0].state, _i < 3 ? WORKSPACE_FREE : WORKSPACE_HOLDING);
    net_free(h.net);
}
END_TEST

Suite *test_attacks_resume(void)
{
    Suite *s = suite_create("attacks_resume");
    TCase *t = tcase_create("first contact");
    tcase_add_loop_test(t, a_stolen_id_from_1000_addresses_gets_one_answer_each_and_half_of_the_workspaces, 0, 2);
    tcase_add_loop_test(t, workspaces_of_a_stolen_id_are_given_to_newcomers_at_once, 0, 2);
    tcase_add_loop_test(t, a_repeated_hello_without_a_cookie_is_asked_for_one, 0, 2);
    tcase_add_loop_test(t, a_hello_that_has_to_be_refused_is_asked_for_a_cookie_first, 0, 6);
    tcase_add_loop_test(t, cve_2026_34873_a_stolen_id_or_ticket_without_its_secret_is_nobodys_session, 0, 2);
    tcase_add_loop_test(t, who_offers_a_stolen_id_and_has_a_key_of_his_own_is_himself, 0, 2);
    suite_add_tcase(s, t);
    t = tcase_create("records");
    tcase_add_loop_test(t, forged_records_do_not_end_an_abbreviated_handshake, 0, 4);
    tcase_add_loop_test(t, data_for_want_of_a_finished_brings_the_flight_again_once, 0, 4);
    tcase_add_loop_test(t, a_ticket_for_a_server_that_gives_none_is_no_matter, 0, 2);
    suite_add_tcase(s, t);
    t = tcase_create("cache and tickets");
    tcase_add_loop_test(t, two_clients_with_one_id_get_sessions_of_their_own, 0, 2);
    tcase_add_loop_test(t, cf_712_a_session_is_resumed_more_than_once, 0, 4);
    tcase_add_loop_test(t, a_client_comes_back_from_another_address, 0, 2);
    tcase_add_test(t, handshakes_that_are_broken_off_take_no_session_out_of_the_cache);
    tcase_add_test(t, a_cache_of_one_keeps_the_last_of_a_flood_of_full_handshakes);
    tcase_add_test(t, two_handshakes_at_once_are_not_promised_the_same_entry);
    tcase_add_loop_test(t, a_lifetime_passes_the_wrap_of_the_clock, 0, 2);
    tcase_add_test(t, a_holder_is_given_up_for_a_cookie_and_not_without);
    tcase_add_test(t, a_client_whose_holder_was_given_up_connects_in_the_end);
    tcase_add_loop_test(t, a_holder_is_freed_by_data_and_by_the_end_of_its_session, 0, 4);
    suite_add_tcase(s, t);
    return s;
}
