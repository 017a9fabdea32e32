/* SPDX-License-Identifier: Apache-2.0
 *
 * test_attacks_back.c -- what an attacker's review of coming back found, each finding as it was
 * done: forged messages in the clear, unproven peers that outlast proven ones, ends that are not
 * told, secrets that stay after their time. More attacks on those who come back are in
 * test_attacks_resume.c and test_attacks_return.c. */
#include "comeback.h"
#include "handshake.h"

Suite *test_attacks_back(void);

/* Somebody who has heard the client's hello and says it from another address. */
static struct peer12 thief_of(const struct hand *h, unsigned host)
{
    struct peer12 t;
    p12_client(&t, h->net, host, &h->node->address);
    memcpy(t.session_id, h->p.session_id, t.session_id_len = h->p.session_id_len);
    memcpy(t.extensions, h->p.extensions, t.extensions_len = h->p.extensions_len);
    return t;
}

/* A handshake message in a plaintext record, to arrive after `delay`. */
static void forge(struct net *net, const struct net_node *from, const struct net_node *to, unsigned type,
                  unsigned seq, const void *body, size_t len, uint32_t delay)
{
    uint8_t m[200] = { 22, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 50, 0, (uint8_t)(12 + len), (uint8_t)type, 0, 0,
                       (uint8_t)len, 0, (uint8_t)seq, 0, 0, 0, 0, 0, (uint8_t)len };
    if (len)
        memcpy(m + 25, body, len);
    net_inject(net, &from->address, &to->address, m, 25 + len, delay);
}

static bool contains(const void *in, size_t len, const void *what, size_t n)
{
    for (size_t i = 0; i + n <= len; i++)
        if (memcmp((const uint8_t *)in + i, what, n) == 0)
            return true;
    return false;
}

/* The sessions of a cache. The entry of none is empty. */
static unsigned n_cached(const locket_resumption *cache, size_t n)
{
    static const uint8_t nothing[sizeof cache->master];
    unsigned taken = 0;
    for (size_t i = 0; i < n; i++) {
        taken += cache[i].taken;
        ck_assert_int_eq(!cache[i].taken, memcmp(cache[i].master, nothing, sizeof nothing) == 0);
    }
    return taken;
}

/* --- before there is a workspace ------------------------------------------------------------ */

/* Whether the server wants tickets was asked of a workspace that did not exist. */
START_TEST(a_session_ticket_extension_ends_no_server_that_has_a_cache_only)
{
    struct hand h;
    uint8_t ticket[TICKET_SIZE] = { 0 };
    server(&h, 1, false);
    p12_extend(&h.p, X_TICKET, ticket, _i ? sizeof ticket : 0);
    hand_up(&h);
    ck_assert(p12_greet(&h.p) && !h.p.promised && h.p.given_id_len);
    ck_assert(p12_full(&h.p));
    talk(&h);
    net_free(h.net);
}
END_TEST

START_TEST(a_server_without_tickets_takes_the_id_that_comes_with_a_ticket)
{
    static const size_t lens[] = { 0, 4, TICKET_SIZE };
    struct hand h;
    uint8_t ticket[TICKET_SIZE] = { 0 };
    first(&h, 2, false);
    p12_extend(&h.p, X_TICKET, ticket, lens[_i / 2]);
    h.node->config.resume_cookie = _i & 1 ? LOCKET_COOKIE_ALWAYS : LOCKET_COOKIE_WHEN_BUSY;
    ck_assert(p12_greet(&h.p) && !h.p.promised);
    ck_assert_uint_eq(h.p.given_id_len, 8);
    ck_assert_mem_eq(h.p.given_id, h.p.session_id, 8);
    ck_assert(p12_abbreviated(&h.p));
    ck_assert(locket_resumed(h.node->live));
    net_free(h.net);
}
END_TEST

/* --- one forged message in the clear ---------------------------------------------------------- */

START_TEST(no_forged_message_of_25_bytes_ends_a_servers_resumed_handshake)
{
    struct hand h;
    first(&h, 3, _i & 1);
    h.node->config.resume_cookie = _i & 2 ? LOCKET_COOKIE_ALWAYS : LOCKET_COOKIE_WHEN_BUSY;
    ck_assert(p12_greet(&h.p));
    size_t log = h.net->n_log;
    struct peer12 forger = h.p;                       /* of the client it has the address */
    for (unsigned type = 0; type < 256; type++)
        if (type != M_CLIENT_HELLO)
            p12_fragment(&forger, type, 0, h.p.seq, 0, 0, NULL);
    ck_assert_uint_eq(h.net->n_log, log);             /* nothing is said to it */
    ck_assert(p12_abbreviated(&h.p));
    ck_assert(h.node->live && locket_resumed(h.node->live));
    net_free(h.net);
}
END_TEST

/* A message that ended it would have freed the workspace for the next full answer to a victim. */
START_TEST(a_loop_of_stolen_ids_and_spoilt_handshakes_gets_one_full_answer)
{
    enum { ROUNDS = 100 };
    struct hand h;
    first(&h, 4, _i & 1);
    struct peer12 t = thief_of(&h, 1234);             /* the victim's address */
    size_t log = h.net->n_log, hellos = 0, in = 0, out = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (_i & 2)
            p12_reboot(&t);                           /* another random each time */
        t.seq = 0;
        p12_hold(&t);                                 /* to know how long it is */
        p12_send(&t, M_CLIENT_HELLO);
        in += t.held_len + 25;
        p12_go(&t);
        p12_fragment(&t, M_CLIENT_KEY, 0, 1, 0, 0, NULL);
    }
    for (size_t i = log; i < h.net->n_log; i++) {
        struct net_record r;
        size_t at = 0;
        if (!net_same(&h.net->log[i]->to, &t.me))
            continue;
        out += h.net->log[i]->len;
        hellos += net_record(h.net->log[i], &at, &r) && r.type == 22 && r.body[0] == M_SERVER_HELLO;
    }
    ck_assert_uint_eq(hellos, 1);
    ck_assert_uint_lt(out, in);
    ck_assert(p12_greet(&h.p) && p12_abbreviated(&h.p));
    net_free(h.net);
}
END_TEST

/* --- a client's last flight -------------------------------------------------------------------- */

struct losses { struct pair *p; unsigned left; bool spec_arrives; };

/* The client's ChangeCipherSpec and Finished share a datagram, which is lost; or only its first
 * record arrives. */
static void loses_finished(void *user, const struct net_datagram *d, struct net_verdict *v)
{
    struct losses *j = user;
    if (!j->left || d->bytes[0] != 20 || !net_same(&d->from, &j->p->client->address))
        return;
    j->left--;
    v->fate = NET_DROP;
    if (j->spec_arrives)
        net_inject(j->p->net, &d->from, &d->to, d->bytes, 14, NET_LATENCY);
}

START_TEST(data_behind_change_cipher_spec_proves_who_has_not_proven_anything)
{
    struct pair p = net_returning(5, _i);
    struct losses j = { &p, 1, true };
    const locket_handshake *hs = p.server->handshakes;
    p.net->judge = loses_finished;
    p.net->user = &j;
    net_connect(p.client, &p.server->address);
    net_run(p.net, 100);
    ck_assert_ptr_nonnull(p.client->live);
    ck_assert(is_unproven(hs) && hs->state == WORKSPACE_RUNNING && (hs->flags & F_READING));
    size_t log = p.net->n_log;
    ck_assert_int_eq(net_say(p.client, p.client->live, "x", 1), LOCKET_OK);
    net_run(p.net, NET_LATENCY);
    ck_assert(!is_unproven(hs));
    ck_assert_uint_eq(p.net->n_log, log + 2);         /* its flight again, at once */
    net_run(p.net, 100);
    ck_assert_uint_eq(p.server->n_kind[LOCKET_CONNECTED], 2);
    ck_assert(p.server->live && locket_resumed(p.server->live));
    ck_assert_int_eq(net_say(p.client, p.client->live, "x", 1), LOCKET_OK);
    net_run(p.net, 100);
    ck_assert_uint_eq(p.server->n_kind[LOCKET_DATA], 2);
    net_free(p.net);
}
END_TEST

/* The handshake runs into its deadline, with records that do not open on its way there. */
START_TEST(a_forged_record_takes_no_session_out_of_the_cache)
{
    static const uint8_t spec[14] = { 20, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 99, 0, 1, 1 };
    static const uint8_t alert[15] = { 21, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 98, 0, 2, 2, 40 };
    static const uint8_t junk[53] = { 22, 0xFE, 0xFD, 0, 1, 0, 0, 0, 0, 0, 60, 0, 40, 9, 9 };
    struct pair p = net_returning(6, false);
    struct losses j = { &p, 100, false };
    p.net->judge = loses_finished;
    p.net->user = &j;
    net_connect(p.client, &p.server->address);
    net_run(p.net, 100);
    ck_assert_int_eq(net_say(p.client, p.client->live, "x", 1), LOCKET_OK);    /* authentic, in vain */
    net_run(p.net, 100);
    ck_assert(p.server->handshakes[0].session.window != 0);
    net_inject(p.net, &p.client->address, &p.server->address, alert, sizeof alert, 1);
    net_inject(p.net, &p.client->address, &p.server->address, spec, sizeof spec, 2);
    net_inject(p.net, &p.client->address, &p.server->address, junk, sizeof junk, 3);
    net_run(p.net, 70000);
    ck_assert_uint_eq(p.server->n_kind[LOCKET_FAILED], 1);
    ck_assert_uint_eq(n_cached(p.server->cache, NET_CACHE), 1);
    ck_assert_ptr_nonnull(p.client->live);
    j.left = 0;
    net_close(p.client, p.client->live);
    net_run(p.net, 100);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    ck_assert(locket_resumed(p.server->live));
    net_free(p.net);
}
END_TEST

/* --- forged to a client -------------------------------------------------------------------------- */

struct forger { struct pair *p; unsigned left; };

static bool is_clients(struct forger *j, const struct net_datagram *d, unsigned message)
{
    struct net_record r;
    size_t at = 0;
    if (!j->left || !net_same(&d->from, &j->p->client->address) || !net_record(d, &at, &r) || r.type != 22 ||
        r.body[0] != message)
        return false;
    j->left--;
    return true;
}

/* Its message_seq is not known, so it is guessed four times. */
static void forges_ticket(void *user, const struct net_datagram *d, struct net_verdict *v)
{
    struct forger *j = user;
    (void)v;
    if (is_clients(j, d, M_CLIENT_KEY))
        for (unsigned seq = 2; seq < 6; seq++)
            forge(j->p->net, j->p->server, j->p->client, M_NEW_TICKET, seq, "\0\0\0\11\0\1t", 7, 5);
}

START_TEST(forged_tickets_of_guessed_numbers_cost_a_client_one_attempt)
{
    struct pair p = net_pair(7);
    struct forger j = { &p, 1 };
    net_pair_returns(&p, _i);
    p.net->judge = forges_ticket;
    p.net->user = &j;
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    net_run(p.net, 5000);
    ck_assert_uint_eq(j.left, 0);
    ck_assert_uint_eq(p.client->n_kind[LOCKET_CONNECTED], 1);
    ck_assert_uint_eq(p.client->n_kind[LOCKET_CLOSED], 0);
    ck_assert_uint_eq(net_count(p.net, &p.client->address, 22, 0, M_CLIENT_HELLO), _i ? 4 : 2);
    ck_assert_int_eq(net_say(p.client, p.client->live, "x", 1), LOCKET_OK);
    net_run(p.net, 100);
    ck_assert_uint_eq(p.server->n_kind[LOCKET_DATA], 1);
    net_free(p.net);
}
END_TEST

/* With max_fragment_length 512; and what makes the client see that it is no good. */
static void forges_hello(void *user, const struct net_datagram *d, struct net_verdict *v)
{
    static const uint8_t extensions[] = { 0, 14, 0, 23, 0, 0, 0xFF, 1, 0, 1, 0, 0, 1, 0, 1, 1 };
    uint8_t hello[38 + sizeof extensions] = { 0xFE, 0xFD, 9 };
    struct forger *j = user;
    (void)v;
    if (!is_clients(j, d, M_CLIENT_HELLO))
        return;
    hello[35] = 0xC0;
    hello[36] = 0xA8;
    memcpy(hello + 38, extensions, sizeof extensions);
    forge(j->p->net, j->p->server, j->p->client, M_SERVER_HELLO, 0, hello, sizeof hello, 5);
    forge(j->p->net, j->p->server, j->p->client, M_HELLO_DONE, 1, "x", 1, 6);
}

START_TEST(a_forged_max_fragment_length_is_forgotten_with_its_attempt)
{
    static const uint8_t big[1000];
    struct pair p = net_pair(8);
    struct forger j = { &p, (unsigned)_i };
    p.net->judge = forges_hello;
    p.net->user = &j;
    p.client->config.max_fragment_length = 512;
    p.client->config.record_size_limit = 1000;
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 5000));
    net_run(p.net, 100);
    ck_assert_uint_eq(j.left, 0);
    ck_assert_uint_eq(net_count(p.net, &p.client->address, 22, 0, M_CLIENT_HELLO), _i ? 3 : 2);
    ck_assert_int_eq(net_say(p.server, p.server->live, big, sizeof big), LOCKET_OK);
    ck_assert_int_eq(net_say(p.client, p.client->live, big, sizeof big), LOCKET_OK);
    net_run(p.net, 100);
    ck_assert_uint_eq(p.client->n_kind[LOCKET_DATA], 1);
    ck_assert_uint_eq(p.server->n_kind[LOCKET_DATA], 1);
    net_free(p.net);
}
END_TEST

/* --- workspaces --------------------------------------------------------------------------------- */

/* Whichever of the two workspaces either has. */
START_TEST(a_proven_slow_peer_keeps_its_workspace_while_an_unproven_one_holds_one)
{
    struct hand h;
    struct peer12 before, slow, fresh;
    server(&h, 9, false);
    h.node->config.resume_cookie = LOCKET_COOKIE_NEVER;
    net_up(h.node, 8, 2);
    ck_assert(p12_greet(&h.p) && p12_full(&h.p));
    offer(&h.p);
    p12_client(&before, h.net, 40, &h.node->address);
    p12_client(&slow, h.net, 50, &h.node->address);
    p12_client(&fresh, h.net, 70, &h.node->address);
    if (_i)
        ck_assert(p12_greet(&before));
    ck_assert(p12_greet(&slow) && p12_take(&slow, M_HELLO_DONE));
    if (_i)
        ck_assert(p12_full(&before));
    net_run(h.net, 2500);
    struct peer12 thief = thief_of(&h, 60);
    p12_send(&thief, M_CLIENT_HELLO);
    ck_assert(p12_take(&thief, M_SERVER_HELLO));
    ck_assert(is_unproven(&h.node->handshakes[_i ? 0 : 1]));
    net_run(h.net, 100);
    unsigned failed = h.node->n_kind[LOCKET_FAILED];
    ck_assert(p12_greet(&fresh));
    ck_assert_uint_eq(h.node->n_kind[LOCKET_FAILED], failed);
    p12_skip(&slow);
    p12_send(&slow, M_CLIENT_KEY);
    p12_send(&slow, M_CCS);
    p12_send(&slow, M_FINISHED);
    ck_assert(p12_take(&slow, M_CCS) && p12_take(&slow, M_FINISHED));
    ck_assert(p12_full(&fresh));
    net_free(h.net);
}
END_TEST

/* Its Finished has proven its address: it is told, and so is the application. */
START_TEST(who_comes_back_without_a_cookie_and_finds_no_session_free_fails_aloud)
{
    struct hand h;
    struct peer12 other;
    server(&h, 10, _i);
    net_up(h.node, 1, 4);
    ck_assert(p12_greet(&h.p) && p12_full(&h.p));
    net_close(h.node, h.node->live);
    offer(&h.p);
    p12_skip(&h.p);
    p12_send(&h.p, M_CLIENT_HELLO);
    ck_assert(p12_take(&h.p, M_SERVER_HELLO));
    p12_client(&other, h.net, 50, &h.node->address);
    ck_assert(p12_greet(&other) && p12_full(&other)); /* and has the only one */
    ck_assert(p12_abbreviated(&h.p));
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 2);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_FAILED], 1);
    ck_assert_int_eq(net_last(h.node, LOCKET_FAILED)->reason, LOCKET_ERR_SESSIONS_FULL);
    ck_assert(net_same(&net_last(h.node, LOCKET_FAILED)->peer, &h.p.me));
    ck_assert_int_eq(p12_alert_taken(&h.p), 2 << 8 | 80);
    net_free(h.net);
}
END_TEST

/* The data frees the ticket; without it the last flight is not what it was, and not said. */
START_TEST(finished_again_and_data_in_one_datagram_bring_no_finished_of_number_0)
{
    struct hand h;
    uint8_t verify[12];
    server(&h, 11, true);
    hand_up(&h);
    struct peer12 *p = &h.p;
    ck_assert(p12_greet(p) && p12_take(p, M_HELLO_DONE));
    p12_send(p, M_CLIENT_KEY);
    p12_send(p, M_CCS);
    p12_verify_data(p, false, verify);
    p12_send(p, M_FINISHED);
    ck_assert(p12_take(p, M_NEW_TICKET) && p12_take(p, M_CCS) && p12_take(p, M_FINISHED));
    ck_assert_uint_eq(h.node->handshakes[0].state, WORKSPACE_HOLDING);
    size_t log = h.net->n_log;
    p12_hold(p);
    p12_fragment(p, M_FINISHED, 12, p->seq - 1, 0, 12, verify);
    if (_i)
        p12_sealed(p, 23, "data", 4);
    p12_go(p);
    net_run(h.net, 100);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_DATA], _i);
    unsigned said = 0;
    for (size_t i = log; i < h.net->n_log; i++)
        said += net_same(&h.net->log[i]->to, &p->me);
    ck_assert_uint_eq(said, !_i);
    net_free(h.net);
}
END_TEST

/* --- secrets that have had their time ------------------------------------------------------------ */

/* 70 sessions of which 6 were used again, the first ones; then nobody comes any more. */
START_TEST(ticks_alone_wipe_expired_sessions_64_a_call_in_the_order_of_last_use)
{
    enum { N = 100, OLD = 70, AGAIN = 6 };
    static locket_resumption cache[N];
    struct hand h;
    struct peer12 again[AGAIN];
    memset(cache, 0, sizeof cache);
    server(&h, 12, false);
    h.node->config.cache = cache;
    h.node->config.n_cache = N;
    h.node->config.lifetime = 30 * MINUTE;
    net_up(h.node, 2, 2);
    for (unsigned i = 0; i < OLD; i++) {
        struct peer12 p;
        p12_client(&p, h.net, 100 + i, &h.node->address);
        ck_assert(p12_greet(&p) && p12_full(&p));
        net_close(h.node, h.node->live);
        p12_skip(&p);
        if (i < AGAIN)
            again[i] = p;
    }
    ck_assert_uint_eq(n_cached(cache, N), OLD);
    net_run(h.net, 20 * MINUTE);
    for (unsigned i = 0; i < AGAIN; i++) {
        offer(&again[i]);
        ck_assert(p12_greet(&again[i]) && p12_abbreviated(&again[i]));
        net_close(h.node, h.node->live);
    }
    net_run(h.net, 15 * MINUTE);
    for (unsigned i = 0; i < 2; i++) {
        locket_tick(&h.node->ep, net_now(h.net));
        ck_assert_uint_eq(n_cached(cache, N), AGAIN);
    }
    for (unsigned i = 0; i < AGAIN; i++)
        ck_assert(cache[i].taken);
    net_run(h.net, 20 * MINUTE);
    locket_tick(&h.node->ep, net_now(h.net));
    ck_assert_uint_eq(n_cached(cache, N), 0);
    net_free(h.net);
}
END_TEST

START_TEST(a_tick_wipes_64_expired_sessions_at_most)
{
    enum { N = 100 };
    static locket_resumption cache[N];
    static const unsigned left[] = { 36, 0, 0 };
    struct hand h;
    memset(cache, 0, sizeof cache);
    server(&h, 13, false);
    h.node->config.cache = cache;
    h.node->config.n_cache = N;
    net_up(h.node, 2, 2);
    for (unsigned i = 0; i < N; i++) {
        struct peer12 p;
        p12_client(&p, h.net, 100 + i, &h.node->address);
        ck_assert(p12_greet(&p) && p12_full(&p));
        net_close(h.node, h.node->live);
    }
    ck_assert_uint_eq(n_cached(cache, N), N);
    net_run(h.net, 5 * 60 * MINUTE);
    for (unsigned i = 0; i < 3; i++) {
        locket_tick(&h.node->ep, net_now(h.net));
        ck_assert_uint_eq(n_cached(cache, N), left[i]);
    }
    net_free(h.net);
}
END_TEST

/* When the 32 bits of the clock have wrapped, the session would look young again. */
START_TEST(a_session_is_not_resumed_after_49_days_with_one_tick_a_day)
{
    enum { DAY = 24 * 60 * MINUTE };
    static locket_resumption cache[1000];
    struct hand h;
    server(&h, 14, false);
    h.node->config.cache = cache;
    h.node->config.n_cache = 1000;
    hand_up(&h);
    ck_assert(p12_greet(&h.p) && p12_full(&h.p));
    net_close(h.node, h.node->live);
    locket_time then = net_now(h.net);
    for (unsigned i = 0; i < 49; i++) {
        net_run(h.net, DAY);
        locket_tick(&h.node->ep, net_now(h.net));
        net_pull(h.node);
    }
    net_run(h.net, 62000000);
    ck_assert_uint_lt(net_now(h.net) - then, 15 * MINUTE);
    ck_assert_uint_eq(n_cached(cache, 1000), 0);
    offer(&h.p);
    p12_skip(&h.p);
    full_and_cookie(&h);
    net_free(h.net);
}
END_TEST

/* ... because it is too old, or because the application gives one. */
START_TEST(a_ticket_key_that_is_good_for_nothing_is_wiped)
{
    struct hand h;
    uint8_t key[16];
    first(&h, 15, true);
    memcpy(key, h.node->ep.back.key[0], sizeof key);
    ck_assert(contains(&h.node->ep, sizeof h.node->ep, key, sizeof key));
    if (_i) {
        ck_assert_int_eq(locket_ticket_key(&h.node->ep, 7, (const uint8_t *)"0123456789abcdef"), LOCKET_OK);
    } else {
        net_run(h.net, 9 * 60 * MINUTE);              /* more than two lifetimes, without a tick */
        locket_tick(&h.node->ep, net_now(h.net));
    }
    ck_assert_uint_eq(h.node->ep.back.n_keys, 1);
    ck_assert(!contains(&h.node->ep, sizeof h.node->ep, key, sizeof key));
    net_free(h.net);
}
END_TEST

Suite *test_attacks_back(void)
{
    Suite *s = suite_create("attacks_back");
    TCase *t = tcase_create("servers");
    tcase_add_loop_test(t, a_session_ticket_extension_ends_no_server_that_has_a_cache_only, 0, 2);
    tcase_add_loop_test(t, a_server_without_tickets_takes_the_id_that_comes_with_a_ticket, 0, 6);
    tcase_add_loop_test(t, no_forged_message_of_25_bytes_ends_a_servers_resumed_handshake, 0, 4);
    tcase_add_loop_test(t, a_loop_of_stolen_ids_and_spoilt_handshakes_gets_one_full_answer, 0, 4);
    tcase_add_loop_test(t, data_behind_change_cipher_spec_proves_who_has_not_proven_anything, 0, 2);
    tcase_add_test(t, a_forged_record_takes_no_session_out_of_the_cache);
    suite_add_tcase(s, t);
    t = tcase_create("clients");
    tcase_add_loop_test(t, forged_tickets_of_guessed_numbers_cost_a_client_one_attempt, 0, 2);
    tcase_add_loop_test(t, a_forged_max_fragment_length_is_forgotten_with_its_attempt, 0, 2);
    suite_add_tcase(s, t);
    t = tcase_create("workspaces");
    tcase_add_loop_test(t, a_proven_slow_peer_keeps_its_workspace_while_an_unproven_one_holds_one, 0, 2);
    tcase_add_loop_test(t, who_comes_back_without_a_cookie_and_finds_no_session_free_fails_aloud, 0, 2);
    tcase_add_loop_test(t, finished_again_and_data_in_one_datagram_bring_no_finished_of_number_0, 0, 2);
    suite_add_tcase(s, t);
    t = tcase_create("secrets");
    tcase_add_test(t, ticks_alone_wipe_expired_sessions_64_a_call_in_the_order_of_last_use);
    tcase_add_test(t, a_tick_wipes_64_expired_sessions_at_most);
    tcase_add_test(t, a_session_is_not_resumed_after_49_days_with_one_tick_a_day);
    tcase_add_loop_test(t, a_ticket_key_that_is_good_for_nothing_is_wiped, 0, 2);
    suite_add_tcase(s, t);
    return s;
}
