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

/* A pair with one session behind it, now closed. */
static struct pair once(uint64_t seed, bool tickets)
{
    struct pair p = net_pair(seed);
    net_pair_returns(&p, tickets);
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    ck_assert_int_eq(p.client->remembered, LOCKET_OK);
    ck_assert_int_eq(net_say(p.client, p.client->live, "first", 5), LOCKET_OK);
    net_run(p.net, 100);
    net_close(p.client, p.client->live);
    net_run(p.net, 100);
    return p;
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
    struct pair p = once(2, _i);
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
    struct pair p = once(3, _i);
    net_down(p.server);
    net_up(p.server, 1, 1);
    back(&p, false);
    net_close(p.client, p.client->live);
    net_run(p.net, 100);
    back(&p, true);
    net_free(p.net);
}
END_TEST

Suite *test_resume(void)
{
    Suite *s = suite_create("resume");
    TCase *t = tcase_create("resume");
    tcase_add_loop_test(t, a_client_comes_back_in_one_round_trip_and_299_bytes, 0, 2);
    tcase_add_loop_test(t, a_client_comes_back_again_and_again, 0, 2);
    tcase_add_loop_test(t, a_server_that_forgot_makes_a_full_handshake, 0, 2);
    suite_add_tcase(s, t);
    return s;
}
