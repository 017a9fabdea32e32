/* SPDX-License-Identifier: Apache-2.0
 *
 * test_resume.c -- coming back by session ID (RFC 5246 section 7.3): the abbreviated
 * handshake, the server's cache, the client's record. */
#include <check.h>
#include <string.h>

#include "handshake.h"
#include "net.h"

Suite *test_resume(void);

static size_t bytes_since(const struct net *net, size_t from)
{
    size_t n = 0;
    for (size_t i = from; i < net->n_log; i++)
        n += net->log[i]->len;
    return n;
}

static void back(struct pair *p, bool resumed)
{
    net_connect(p->client, &p->server->address);
    ck_assert(net_meet(p->net, p->client, p->server, 900));
    ck_assert_int_eq(locket_resumed(p->client->live), resumed);
    ck_assert_int_eq(locket_resumed(p->server->live), resumed);
    ck_assert_uint_eq(locket_handle(p->server->live), p->server->keys[0].handle);
    ck_assert_int_eq(net_say(p->client, p->client->live, "again", 5), LOCKET_OK);
    ck_assert_int_eq(net_say(p->server, p->server->live, "hello", 5), LOCKET_OK);
    net_run(p->net, 100);
    ck_assert_uint_eq(net_last(p->server, LOCKET_DATA)->len, 5);
    ck_assert_mem_eq(net_last(p->server, LOCKET_DATA)->data, "again", 5);
    ck_assert_mem_eq(net_last(p->client, LOCKET_DATA)->data, "hello", 5);
}

START_TEST(a_client_comes_back_in_one_round_trip_and_299_bytes)
{
    static const uint16_t one[] = { LOCKET_PSK_AES_128_CCM_8 };
    struct pair p = net_pair(1);
    net_pair_returns(&p, _i);
    p.client->config.suites = one;
    p.client->config.n_suites = 1;
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    ck_assert_int_eq(net_say(p.client, p.client->live, "x", 1), LOCKET_OK);
    net_run(p.net, 100);
    net_close(p.client, p.client->live);
    net_run(p.net, 100);
    size_t log = p.net->n_log;
    uint64_t start = p.net->elapsed;
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    ck_assert(locket_resumed(p.client->live) && locket_resumed(p.server->live));
    ck_assert_uint_eq(bytes_since(p.net, log), _i ? 287 + 83 : 299);
    ck_assert_uint_eq(p.net->elapsed - start, 3 * NET_LATENCY);      /* the server's CONNECTED */
    net_free(p.net);
}
END_TEST

START_TEST(a_client_comes_back_again_and_again)
{
    struct pair p = net_returning(2, _i);
    for (unsigned i = 0; i < 5; i++) {
        back(&p, true);
        net_close(p.client, p.client->live);
        net_run(p.net, 100);
    }
    net_free(p.net);
}
END_TEST

START_TEST(a_server_that_forgot_makes_a_full_handshake)
{
    struct pair p = net_returning(3, _i);
    net_down(p.server);
    net_up(p.server, 1, 1);
    back(&p, false);
    net_close(p.client, p.client->live);
    net_run(p.net, 100);
    back(&p, true);
    net_free(p.net);
}
END_TEST

/* --- the cookie ------------------------------------------------------------------------- */

/* Whole handshakes of the client in a net of its own; what the second took. */
static size_t bytes_back(locket_cookie_policy policy, size_t workspaces, unsigned busy)
{
    static const uint16_t one[] = { LOCKET_PSK_AES_128_CCM_8 };
    struct pair p = net_pair(4);
    net_pair_returns(&p, false);
    p.client->config.suites = one;
    p.client->config.n_suites = 1;
    p.server->config.resume_cookie = policy;
    net_up(p.client, 1, 1);
    net_up(p.server, 10, workspaces);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    net_close(p.client, p.client->live);
    net_run(p.net, 100);
    /* Others begin a handshake, and then are heard of no more. */
    for (unsigned i = 0; i < busy; i++) {
        struct net_node *other = net_node(p.net, LOCKET_CLIENT, 20 + i, 5000);
        net_up(other, 1, 1);
        net_connect(other, &p.server->address);
        net_run(p.net, 25);
        net_down(other);
    }
    net_run(p.net, 30);
    size_t log = p.net->n_log;
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    ck_assert(locket_resumed(p.client->live));
    size_t n = 0;
    for (size_t i = log; i < p.net->n_log; i++)
        if (net_same(&p.net->log[i]->from, &p.client->address) || net_same(&p.net->log[i]->to, &p.client->address))
            n += p.net->log[i]->len;
    net_free(p.net);
    return n;
}

START_TEST(a_cookie_is_asked_for_as_the_policy_says)
{
    ck_assert_uint_eq(bytes_back(LOCKET_COOKIE_WHEN_BUSY, 4, 0), 299);
    ck_assert_uint_eq(bytes_back(LOCKET_COOKIE_WHEN_BUSY, 4, 2), 299);
    ck_assert_uint_eq(bytes_back(LOCKET_COOKIE_WHEN_BUSY, 4, 3), 442);
    ck_assert_uint_eq(bytes_back(LOCKET_COOKIE_ALWAYS, 4, 0), 442);
    ck_assert_uint_eq(bytes_back(LOCKET_COOKIE_NEVER, 4, 3), 299);
}
END_TEST

/* --- the record -------------------------------------------------------------------------- */

START_TEST(a_record_that_cannot_be_one_is_refused_and_nothing_has_changed)
{
    struct pair p = net_returning(5, _i);
    locket_session *s = NULL;
    uint8_t bad[LOCKET_RECORD_MAX + 1];
    memset(bad, 0, sizeof bad);
    memcpy(bad, p.client->record, p.client->record_len);
    ck_assert_int_eq(locket_resume(&p.client->ep, &p.server->address, 0, NULL, 0, &s), LOCKET_ERR_RECORD);
    for (size_t len = 0; len <= 65; len++)
        ck_assert_int_eq(locket_resume(&p.client->ep, &p.server->address, 0, bad, len, &s), LOCKET_ERR_RECORD);
    ck_assert_int_eq(locket_resume(&p.client->ep, &p.server->address, 0, bad, sizeof bad, &s), LOCKET_ERR_RECORD);
    bad[0] = 2;                       /* another version */
    ck_assert_int_eq(locket_resume(&p.client->ep, &p.server->address, 0, bad, p.client->record_len, &s),
                     LOCKET_ERR_RECORD);
    bad[0] = 1;
    bad[1] = 3;                       /* another kind */
    ck_assert_int_eq(locket_resume(&p.client->ep, &p.server->address, 0, bad, p.client->record_len, &s),
                     LOCKET_ERR_RECORD);
    ck_assert_ptr_null(s);
    back(&p, true);
    net_free(p.net);
}
END_TEST

START_TEST(a_record_survives_a_reboot_and_a_clock_that_starts_anew)
{
    struct pair p = net_returning(6, _i);
    net_down(p.client);
    net_up(p.client, 1, 1);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    ck_assert(locket_resumed(p.client->live));
    net_free(p.net);
}
END_TEST

/* The lifetime that a server promises with a ticket: four hours by default. */
START_TEST(a_ticket_that_is_older_than_promised_is_not_offered)
{
    struct pair p = net_returning(7, true);
    net_run(p.net, 4 * 3600 * 1000u - 5000);
    back(&p, true);
    net_close(p.client, p.client->live);
    net_run(p.net, 6000);
    size_t log = p.net->n_log;
    back(&p, false);
    struct net_record r;
    size_t at = 0;
    ck_assert(net_record(p.net->log[log], &at, &r));
    ck_assert_uint_lt(r.len, 12 + 100);                /* a ClientHello without a ticket */
    net_free(p.net);
}
END_TEST

START_TEST(a_record_of_a_suite_that_is_not_configured_is_not_offered)
{
    static const uint16_t gcm[] = { LOCKET_PSK_AES_128_GCM_SHA256 };
    struct pair p = net_returning(8, _i);
    net_down(p.client);
    p.client->config.suites = gcm;
    p.client->config.n_suites = 1;
    net_up(p.client, 1, 1);
    back(&p, false);
    ck_assert_uint_eq(locket_suite(p.client->live), LOCKET_PSK_AES_128_GCM_SHA256);
    net_free(p.net);
}
END_TEST

START_TEST(remembering_is_only_possible_while_connected_is_told)
{
    uint8_t record[LOCKET_RECORD_MAX];
    size_t len = 0;
    struct pair p = net_returning(9, false);
    back(&p, true);
    ck_assert_int_eq(locket_remember(&p.client->ep, p.client->live, record, sizeof record, &len), LOCKET_ERR_LATE);
    net_free(p.net);
    p = net_pair(9);                  /* a server that has neither cache nor tickets */
    p.client->comes_back = true;
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    ck_assert_int_eq(p.client->remembered, LOCKET_ERR_NO_WAY_BACK);
    net_free(p.net);
}
END_TEST

/* --- the cache --------------------------------------------------------------------------- */

static struct net_node *meter(struct pair *p, unsigned host)
{
    struct net_node *n = net_node(p->net, LOCKET_CLIENT, host, 7000);
    n->comes_back = true;
    net_up(n, 1, 1);
    return n;
}

/* Connects, says something and closes; was it resumed? */
static bool visit(struct pair *p, struct net_node *n)
{
    net_connect(n, &p->server->address);
    ck_assert(net_meet(p->net, n, p->server, 900));
    bool resumed = locket_resumed(n->live);
    ck_assert_int_eq(net_say(n, n->live, "x", 1), LOCKET_OK);
    net_run(p->net, 100);
    net_close(n, n->live);
    net_run(p->net, 100);
    return resumed;
}

START_TEST(a_full_cache_gives_up_the_session_that_was_longest_unused)
{
    struct pair p = net_pair(10);
    struct net_node *meters[NET_CACHE + 1];
    net_pair_returns(&p, false);
    net_up(p.server, 10, 4);
    for (unsigned i = 0; i <= NET_CACHE; i++)
        meters[i] = meter(&p, 50 + i);
    for (unsigned i = 0; i < NET_CACHE; i++)
        ck_assert(!visit(&p, meters[i]));
    ck_assert(visit(&p, meters[0]));                   /* now 1 is the longest unused */
    ck_assert(!visit(&p, meters[NET_CACHE]));
    ck_assert(visit(&p, meters[0]));
    ck_assert(visit(&p, meters[2]));
    ck_assert(visit(&p, meters[3]));
    ck_assert(visit(&p, meters[NET_CACHE]));
    ck_assert(!visit(&p, meters[1]));                  /* in the place of 0 */
    ck_assert(!visit(&p, meters[0]));
    net_free(p.net);
}
END_TEST

START_TEST(a_session_is_forgotten_after_its_lifetime_and_after_its_last_full_handshake)
{
    struct pair p = net_pair(11);
    enum { MINUTE = 60000 };
    net_pair_returns(&p, false);
    p.server->config.lifetime = 60 * MINUTE;
    p.server->config.full_after = 150 * MINUTE;
    net_up(p.server, 10, 4);
    struct net_node *m = meter(&p, 60);
    ck_assert(!visit(&p, m));
    for (unsigned i = 0; i < 2; i++) {                 /* used again and again, it stays */
        net_run(p.net, 50 * MINUTE);
        ck_assert(visit(&p, m));
    }
    net_run(p.net, 50 * MINUTE);                       /* but not for ever */
    ck_assert(!visit(&p, m));
    net_run(p.net, 61 * MINUTE);                       /* nor unused */
    ck_assert(!visit(&p, m));
    net_free(p.net);
}
END_TEST

START_TEST(a_forgotten_handle_cannot_come_back)
{
    struct pair p = net_returning(12, false);
    locket_forget(&p.server->ep, p.server->keys[0].handle + 1);
    back(&p, true);
    net_close(p.client, p.client->live);
    net_run(p.net, 100);
    locket_forget(&p.server->ep, p.server->keys[0].handle);
    back(&p, false);
    net_free(p.net);
}
END_TEST

/* --- ticket keys -------------------------------------------------------------------------- */

START_TEST(tickets_of_the_previous_key_are_taken_and_older_ones_are_not)
{
    static const uint8_t key[3][16] = { { 1 }, { 2 }, { 3 } };
    struct pair p = net_pair(13);
    net_pair_returns(&p, true);
    net_pair_up(&p);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_int_eq(locket_ticket_key(&p.server->ep, (uint16_t)(7 * i), key[i]), LOCKET_OK);
        ck_assert_int_eq(locket_ticket_key(&p.server->ep, (uint16_t)(7 * i), key[i]), LOCKET_ERR_ARGUMENT);
        if (i == 0) {
            net_connect(p.client, &p.server->address);
            ck_assert(net_meet(p.net, p.client, p.server, 900));
        } else {
            back(&p, i == 1);
        }
        net_close(p.client, p.client->live);
        net_run(p.net, 100);
    }
    net_free(p.net);
}
END_TEST

START_TEST(a_gateway_with_the_same_key_takes_a_ticket_of_another)
{
    static const uint8_t key[16] = { 9 };
    struct pair p = net_pair(14);
    net_pair_returns(&p, true);
    net_pair_up(&p);
    ck_assert_int_eq(locket_ticket_key(&p.server->ep, 5, key), LOCKET_OK);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    net_close(p.client, p.client->live);
    net_run(p.net, 100);
    net_down(p.server);
    net_up(p.server, 1, 1);
    ck_assert_int_eq(locket_ticket_key(&p.server->ep, 5, key), LOCKET_OK);
    back(&p, true);
    net_free(p.net);
}
END_TEST

START_TEST(only_a_server_with_tickets_takes_a_ticket_key)
{
    static const uint8_t key[16] = { 9 };
    struct pair p = net_pair(15);
    p.client->config.tickets = true;
    net_pair_up(&p);
    ck_assert_int_eq(locket_ticket_key(&p.server->ep, 5, key), LOCKET_ERR_STATE);
    ck_assert_int_eq(locket_ticket_key(&p.client->ep, 5, key), LOCKET_ERR_STATE);
    net_free(p.net);
}
END_TEST

/* Keys of its own turn after a lifetime: a ticket lives for one to two of them. */
START_TEST(a_server_turns_its_own_ticket_keys)
{
    struct pair p = net_pair(16);
    net_pair_returns(&p, true);
    p.server->config.lifetime = 100000;
    p.server->config.resume_cookie = (locket_cookie_policy)_i;
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    memset(p.client->record + 13, 0, 4);               /* a client that knows of no lifetime */
    net_close(p.client, p.client->live);
    net_run(p.net, 150000);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    ck_assert(locket_resumed(p.client->live));
    net_close(p.client, p.client->live);
    net_run(p.net, 60000);
    back(&p, false);
    net_free(p.net);
}
END_TEST

/* --- NewSessionTicket in the last flight --------------------------------------------------- */

static void lose_the_last_flight(void *user, const struct net_datagram *d, struct net_verdict *v)
{
    unsigned *left = user;
    struct net_record r;
    size_t at = 0;
    if (*left && net_record(d, &at, &r) && r.type == 22 && r.epoch == 0 && r.body[0] == HS_NEW_TICKET) {
        (*left)--;
        v->fate = NET_DROP;
    }
}

START_TEST(a_lost_ticket_comes_again_with_its_flight)
{
    unsigned left = 2;
    struct pair p = net_pair(17);
    net_pair_returns(&p, true);
    p.net->judge = lose_the_last_flight;
    p.net->user = &left;
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 9000));
    ck_assert_uint_eq(left, 0);
    ck_assert_int_eq(p.client->remembered, LOCKET_OK);
    ck_assert_uint_eq(p.server->handshakes[0].state, WORKSPACE_HOLDING);
    ck_assert_int_eq(net_say(p.client, p.client->live, "x", 1), LOCKET_OK);
    net_run(p.net, 100);
    ck_assert_uint_eq(p.server->handshakes[0].state, WORKSPACE_FREE);
    net_close(p.client, p.client->live);
    net_run(p.net, 100);
    back(&p, true);
    net_free(p.net);
}
END_TEST

START_TEST(a_held_ticket_is_forgotten_after_four_minutes)
{
    struct pair p = net_pair(18);
    net_pair_returns(&p, true);
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    net_run(p.net, 239000);
    locket_tick(&p.server->ep, net_now(p.net));
    net_pull(p.server);
    ck_assert_uint_eq(p.server->handshakes[0].state, WORKSPACE_HOLDING);
    net_run(p.net, 1500);
    locket_tick(&p.server->ep, net_now(p.net));
    net_pull(p.server);
    ck_assert_uint_eq(p.server->handshakes[0].state, WORKSPACE_FREE);
    ck_assert_int_eq(net_say(p.client, p.client->live, "x", 1), LOCKET_OK);
    net_run(p.net, 100);
    ck_assert_uint_eq(p.server->n_kind[LOCKET_DATA], 1);
    net_free(p.net);
}
END_TEST

/* --- configurations that cannot be ---------------------------------------------------------- */

START_TEST(a_configuration_that_cannot_come_back_is_refused)
{
    struct pair p = net_pair(19);
    locket_config good = p.server->config;
    static locket_resumption cache[1];
    locket_session s[1];
    locket_handshake h[1];
    locket_endpoint ep;
    struct { locket_role role; locket_config c; } bad[] = {
        { LOCKET_SERVER, { .n_cache = 1 } }, { LOCKET_SERVER, { .cache = cache, .n_cache = 65535 } },
        { LOCKET_CLIENT, { .cache = cache, .n_cache = 1 } }, { LOCKET_SERVER, { .lifetime = 1u << 31 } },
        { LOCKET_SERVER, { .full_after = 1u << 31 } }, { LOCKET_SERVER, { .resume_cookie = (locket_cookie_policy)3 } },
        { LOCKET_SERVER, { .max_fragment_length = 512 } }, { LOCKET_CLIENT, { .max_fragment_length = 511 } },
        { LOCKET_CLIENT, { .max_fragment_length = 8192 } }, { LOCKET_CLIENT, { .record_size_limit = 63 } },
        { LOCKET_SERVER, { .record_size_limit = 16385 } },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        bad[i].c.role = bad[i].role;
        bad[i].c.psk = good.psk;
        ck_assert_int_eq(locket_init(&ep, &bad[i].c, s, 1, h, 1), LOCKET_ERR_CONFIG);
    }
    net_free(p.net);
}
END_TEST

Suite *test_resume(void)
{
    Suite *s = suite_create("resume");
    TCase *t = tcase_create("resume");
    tcase_add_test(t, a_cookie_is_asked_for_as_the_policy_says);
    tcase_add_loop_test(t, a_record_that_cannot_be_one_is_refused_and_nothing_has_changed, 0, 2);
    tcase_add_loop_test(t, a_record_survives_a_reboot_and_a_clock_that_starts_anew, 0, 2);
    tcase_add_test(t, a_ticket_that_is_older_than_promised_is_not_offered);
    tcase_add_loop_test(t, a_record_of_a_suite_that_is_not_configured_is_not_offered, 0, 2);
    tcase_add_test(t, remembering_is_only_possible_while_connected_is_told);
    tcase_add_test(t, a_full_cache_gives_up_the_session_that_was_longest_unused);
    tcase_add_test(t, a_session_is_forgotten_after_its_lifetime_and_after_its_last_full_handshake);
    tcase_add_test(t, a_forgotten_handle_cannot_come_back);
    tcase_add_test(t, tickets_of_the_previous_key_are_taken_and_older_ones_are_not);
    tcase_add_test(t, a_gateway_with_the_same_key_takes_a_ticket_of_another);
    tcase_add_test(t, only_a_server_with_tickets_takes_a_ticket_key);
    tcase_add_loop_test(t, a_server_turns_its_own_ticket_keys, 0, 3);
    tcase_add_test(t, a_lost_ticket_comes_again_with_its_flight);
    tcase_add_test(t, a_held_ticket_is_forgotten_after_four_minutes);
    tcase_add_test(t, a_configuration_that_cannot_come_back_is_refused);
    tcase_add_loop_test(t, a_client_comes_back_in_one_round_trip_and_299_bytes, 0, 2);
    tcase_add_loop_test(t, a_client_comes_back_again_and_again, 0, 2);
    tcase_add_loop_test(t, a_server_that_forgot_makes_a_full_handshake, 0, 2);
    suite_add_tcase(s, t);
    return s;
}
