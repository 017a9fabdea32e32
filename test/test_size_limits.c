/* SPDX-License-Identifier: Apache-2.0
 *
 * test_size_limits.c -- a small receiver says what it can take: max_fragment_length (RFC 6066
 * section 4), which stays with the session, and record_size_limit (RFC 8449), which is said
 * anew in every handshake, each side for itself. */
#include <check.h>
#include <string.h>

#include "net.h"
#include "protect.h"

Suite *test_size_limits(void);

static struct pair limited(uint64_t seed, unsigned fragment, unsigned clients, unsigned servers)
{
    struct pair p = net_pair(seed);
    net_pair_returns(&p, false);
    p.client->config.max_fragment_length = (uint16_t)fragment;
    p.client->config.record_size_limit = (uint16_t)clients;
    p.server->config.record_size_limit = (uint16_t)servers;
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    return p;
}

/* What either side may send now, and that it is what the other takes. */
static void ck_limits(const struct pair *p, size_t client_sends, size_t server_sends)
{
    static const uint8_t text[1300] = { 1 };
    struct { struct net_node *from, *to; size_t limit; } way[] = {
        { p->client, p->server, client_sends }, { p->server, p->client, server_sends },
    };
    for (unsigned i = 0; i < 2; i++) {
        locket_session *s = way[i].from->live;
        unsigned before = way[i].to->n_kind[LOCKET_DATA];
        ck_assert_uint_eq(locket_data_limit(&way[i].from->ep, s), way[i].limit);
        ck_assert_int_eq(net_say(way[i].from, s, text, way[i].limit + 1), LOCKET_ERR_TOO_LONG);
        ck_assert_int_eq(net_say(way[i].from, s, text, way[i].limit), LOCKET_OK);
        net_run(p->net, 50);
        ck_assert_uint_eq(way[i].to->n_kind[LOCKET_DATA], before + 1);
    }
}

enum { PATH = 1232 - 29 };            /* what a datagram carries anyway, with CCM_8 */

START_TEST(each_side_sends_no_more_than_the_other_takes)
{
    static const struct { unsigned fragment, client, server; size_t client_sends, server_sends; } row[] = {
        { 0, 0, 0, PATH, PATH },      { 512, 0, 0, 512, 512 },      { 1024, 0, 0, 1024, 1024 },
        { 2048, 0, 0, PATH, PATH },   { 4096, 0, 0, PATH, PATH },
        { 0, 64, 0, PATH, 64 },       { 0, 100, 200, 200, 100 },    { 0, 16384, 64, 64, PATH },
        { 0, 0, 64, PATH, PATH },                       /* a client that does not ask is told nothing */
        { 512, 600, 700, 700, 600 },                    /* RFC 8449 section 5: max_fragment_length is ignored */
    };
    struct pair p = limited(1, row[_i].fragment, row[_i].client, row[_i].server);
    ck_limits(&p, row[_i].client_sends, row[_i].server_sends);
    net_free(p.net);
}
END_TEST

START_TEST(max_fragment_length_comes_back_and_record_size_limit_is_said_anew)
{
    struct pair p = limited(2, 512, 0, 0);
    ck_limits(&p, 512, 512);
    net_close(p.client, p.client->live);
    net_run(p.net, 100);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    ck_assert(locket_resumed(p.client->live));
    ck_limits(&p, 512, 512);
    net_free(p.net);

    p = limited(3, 0, 100, 200);
    net_down(p.client);
    p.client->config.record_size_limit = 300;
    net_up(p.client, 1, 1);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    ck_assert(locket_resumed(p.client->live));
    ck_limits(&p, 200, 300);
    net_down(p.client);
    p.client->config.record_size_limit = 0;
    net_up(p.client, 1, 1);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    ck_assert(locket_resumed(p.client->live));
    ck_limits(&p, PATH, PATH);
    net_free(p.net);
}
END_TEST

START_TEST(a_client_that_asks_for_another_fragment_length_does_not_resume)
{
    struct pair p = limited(4, 512, 0, 0);
    net_down(p.client);
    p.client->config.max_fragment_length = 1024;
    net_up(p.client, 1, 1);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    ck_assert(!locket_resumed(p.client->live));
    ck_limits(&p, 1024, 1024);
    net_free(p.net);
}
END_TEST

/* By somebody who has the keys: the record is dropped and counted, the session lives. */
START_TEST(a_record_longer_than_we_take_is_dropped_and_counted)
{
    struct pair p = limited(5, 0, 100, 0);
    uint8_t out[300];
    size_t len;
    LOCKET_TERMS(p.server->live)->send_limit = 0;
    for (size_t n = 100; n <= 101; n++) {
        unsigned before = p.client->n_kind[LOCKET_DATA];
        memset(out, 'x', sizeof out);
        ck_assert_int_eq(locket_send(&p.server->ep, p.server->live, out + RECORD_HEADROOM, n, out, sizeof out, &len),
                         LOCKET_OK);
        net_inject(p.net, &p.server->address, &p.client->address, out, len, 1);
        net_run(p.net, 50);
        ck_assert_uint_eq(p.client->n_kind[LOCKET_DATA], before + (n == 100));
    }
    ck_assert_uint_eq(locket_drops(&p.client->ep, LOCKET_DROP_TOO_LONG), 1);
    ck_assert_uint_eq(locket_drops(&p.client->ep, LOCKET_DROP_BAD_TAG), 0);
    LOCKET_TERMS(p.server->live)->send_limit = 100;
    ck_limits(&p, PATH, 100);
    net_free(p.net);
}
END_TEST

Suite *test_size_limits(void)
{
    Suite *s = suite_create("size_limits");
    TCase *t = tcase_create("size_limits");
    tcase_add_loop_test(t, each_side_sends_no_more_than_the_other_takes, 0, 10);
    tcase_add_test(t, max_fragment_length_comes_back_and_record_size_limit_is_said_anew);
    tcase_add_test(t, a_client_that_asks_for_another_fragment_length_does_not_resume);
    tcase_add_test(t, a_record_longer_than_we_take_is_dropped_and_counted);
    suite_add_tcase(s, t);
    return s;
}
