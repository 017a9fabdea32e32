/* SPDX-License-Identifier: Apache-2.0
 *
 * test_mutants.c -- faults that no other test saw when test/mutants planted them. Some look
 * inside: what they defend against is not met from outside by chance. */
#include <check.h>
#include <string.h>

#include "peer12.h"
#include "table.h"

Suite *test_mutants(void);

/* The client knows what nobody knows: the key that the server works with when it does not
 * know an identity. */
static locket_error key_of_the_unknown(void *user, locket_psk *psk)
{
    const struct net_node *server = user;
    psk->identity = (const uint8_t *)"nobody";
    psk->identity_len = 6;
    psk->key = server->ep.rng.key;
    psk->key_len = server->ep.decoy_len;
    return LOCKET_OK;
}

START_TEST(not_even_the_right_finished_makes_a_session_from_the_decoy_key)
{
    struct pair p = net_pair(1);
    p.client->config.psk = key_of_the_unknown;
    p.client->config.user = p.server;
    p.client->config.keylog = NULL;
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    net_run(p.net, 70000);
    ck_assert_uint_eq(p.server->asked_len, 6);
    ck_assert_uint_eq(p.server->n_kind[LOCKET_CONNECTED] + p.client->n_kind[LOCKET_CONNECTED], 0);
    ck_assert_uint_ge(p.server->n_kind[LOCKET_FAILED], 1);
    ck_assert_uint_eq(locket_drops(&p.server->ep, LOCKET_DROP_BAD_TAG), 0);      /* it could read them */
    net_free(p.net);
}
END_TEST

/* The bucket of one peer under a key of the table. */
static unsigned bucket_under(uint32_t a, uint32_t b)
{
    enum { N = 256 };
    static locket_session sessions[N];
    locket_endpoint ep = { 0 };
    locket_peer peer = { 6, { 192, 0, 2, 1, 0x16, 0x33 } };
    locket_session one = { 0 };
    unsigned i = 0;
    ep.sessions = sessions;
    ep.n_sessions = N;
    ep.hash_key[0] = a;
    ep.hash_key[1] = b;
    table_clear(&ep);
    one.peer = peer;
    session_enter(&ep, session_take(&ep), &one);
    while (i < N && sessions[i].bucket == LINK_NONE)
        i++;
    ck_assert_uint_lt(i, N);
    return i;
}

START_TEST(both_halves_of_the_key_decide_where_a_peer_lies_in_the_table)
{
    unsigned first = bucket_under(0, 0), moved[2] = { 0, 0 };
    for (uint32_t i = 1; i <= 64; i++) {
        moved[0] += bucket_under(i, 0) != first;
        moved[1] += bucket_under(0, i) != first;
    }
    ck_assert_uint_ge(moved[0], 56);
    ck_assert_uint_ge(moved[1], 56);
}
END_TEST

/* The secrets turn when a ClientHello finds their minute over; what one of them has signed is
 * good until the next turn after. */
START_TEST(a_cookie_of_the_minute_before_is_good)
{
    struct hand h;
    hand_new(&h, LOCKET_SERVER, 2);
    hand_up(&h);
    struct peer12 other = h.p;
    other.me = net_address(200, 1);
    p12_send(&other, M_CLIENT_HELLO);
    net_run(h.net, 31000);
    p12_skip(&h.p);
    p12_send(&h.p, M_CLIENT_HELLO);
    ck_assert(p12_take(&h.p, M_HELLO_VERIFY));
    net_run(h.net, 40000);
    p12_send(&h.p, M_CLIENT_HELLO);
    ck_assert(p12_take(&h.p, M_SERVER_HELLO));
    net_free(h.net);
}
END_TEST

/* Its cookie is still good, its random is another: not enough to end what is under way. */
START_TEST(the_hello_of_an_older_handshake_does_not_disturb_the_next)
{
    struct hand h;
    uint8_t old[NET_DATAGRAM];
    hand_new(&h, LOCKET_SERVER, 3);
    hand_up(&h);
    p12_send(&h.p, M_CLIENT_HELLO);
    ck_assert(p12_take(&h.p, M_HELLO_VERIFY));
    p12_hold(&h.p);
    p12_send(&h.p, M_CLIENT_HELLO);
    size_t len = h.p.held_len;
    memcpy(old, h.p.held, len);
    p12_go(&h.p);
    ck_assert(p12_take(&h.p, M_SERVER_HELLO) && p12_take(&h.p, M_HELLO_DONE));
    p12_send(&h.p, M_CLIENT_KEY);
    p12_send(&h.p, M_CCS);
    p12_send(&h.p, M_FINISHED);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);

    p12_skip(&h.p);
    p12_reboot(&h.p);
    ck_assert(p12_until(&h.p, M_CLIENT_KEY));
    uint32_t before = locket_drops(&h.node->ep, LOCKET_DROP_UNEXPECTED);
    net_inject(h.net, &h.p.me, &h.node->address, old, len, 0);
    net_run(h.net, 20);
    ck_assert_uint_eq(locket_drops(&h.node->ep, LOCKET_DROP_UNEXPECTED), before + 1);
    p12_send(&h.p, M_CLIENT_KEY);
    p12_send(&h.p, M_CCS);
    p12_send(&h.p, M_FINISHED);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 2);
    net_free(h.net);
}
END_TEST

/* The name of an older look-up of the same workspace, of a later one, of none: refused. */
START_TEST(only_the_look_up_that_is_asked_can_be_answered)
{
    struct pair p = net_pair(4);
    p.server->lookup_ms = 100;
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    for (unsigned ms = 0; ms < 500 && !p.server->handshakes[0].query; ms += 5)
        net_run(p.net, 5);
    uint32_t query = p.server->lookups[0].query;
    ck_assert(p.server->lookups[0].live);
    for (uint32_t other = 1; other <= 0x8000; other *= 2)
        ck_assert_int_eq(locket_answer(&p.server->ep, query ^ other, NULL, net_now(p.net)), LOCKET_ERR_QUERY);
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    net_free(p.net);
}
END_TEST

Suite *test_mutants(void)
{
    Suite *s = suite_create("mutants");
    TCase *tc = tcase_create("what was missing");
    tcase_add_test(tc, not_even_the_right_finished_makes_a_session_from_the_decoy_key);
    tcase_add_test(tc, both_halves_of_the_key_decide_where_a_peer_lies_in_the_table);
    tcase_add_test(tc, a_cookie_of_the_minute_before_is_good);
    tcase_add_test(tc, the_hello_of_an_older_handshake_does_not_disturb_the_next);
    tcase_add_test(tc, only_the_look_up_that_is_asked_can_be_answered);
    suite_add_tcase(s, tc);
    return s;
}
