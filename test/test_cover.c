/* SPDX-License-Identifier: Apache-2.0
 *
 * test_cover.c -- the corners of the public functions that no story of the other
 * suites comes by: each wrong argument alone, each state in which a call is refused,
 * and buffers in which nothing fits. A refusal changes nothing. */
#include <check.h>
#include <string.h>

#include "peer12.h"
#include "table.h"

Suite *test_cover(void);

/* --- starting ----------------------------------------------------------------------- */

static locket_error with(const locket_config *c)
{
    static locket_endpoint ep;
    static locket_session s[1];
    static locket_handshake hs[1];
    return locket_init(&ep, c, s, 1, hs, 1);
}

START_TEST(each_wrong_field_of_a_configuration_is_refused)
{
    static const uint16_t many[256] = { 0xC0A8 }, odd[2] = { 0xC0A8, 0x1301 };
    static const uint8_t bytes[LOCKET_CFG_IDENTITY_SIZE + 1] = { 1 };
    static const size_t times[] = { offsetof(locket_config, timeout), offsetof(locket_config, timeout_cap),
                                    offsetof(locket_config, deadline), offsetof(locket_config, patience),
                                    offsetof(locket_config, idle_timeout) };
    struct net *net = net_new(1, 0);
    struct net_node *n = net_node(net, LOCKET_SERVER, 1, 1);
    const locket_config good = n->config;
    locket_config c = good;
    ck_assert_int_eq(with(&c), LOCKET_OK);
#define REFUSED(change) do { \
        c = good; \
        change; \
        ck_assert_int_eq(with(&c), LOCKET_ERR_CONFIG); \
    } while (0)
    REFUSED(c.psk = NULL);
    REFUSED(c.role = (locket_role)2);
    REFUSED(c.n_suites = 1);
    REFUSED((c.suites = many, c.n_suites = 256));
    REFUSED((c.suites = odd, c.n_suites = 2));
    REFUSED(c.hint_len = 1);
    REFUSED((c.hint = bytes, c.hint_len = sizeof bytes));
    REFUSED(c.local_len = 1);
    REFUSED((c.local = bytes, c.local_len = 33));
    REFUSED(c.mtu = 255);
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        static const uint32_t most = INT32_MAX, more = (uint32_t)INT32_MAX + 1;
        REFUSED(memcpy((uint8_t *)&c + times[i], &more, sizeof more));
        c = good;
        memcpy((uint8_t *)&c + times[i], &most, sizeof most);
        ck_assert_int_eq(with(&c), LOCKET_OK);
    }
#undef REFUSED
    c = good;
    c.local = bytes;
    c.local_len = 32;
    c.hint = bytes;
    c.hint_len = LOCKET_CFG_IDENTITY_SIZE;
    c.mtu = 256;
    ck_assert_int_eq(with(&c), LOCKET_OK);
    net_free(net);
}
END_TEST

START_TEST(more_sessions_than_a_link_can_name_are_refused)
{
    static locket_endpoint ep;
    static locket_session s[1];
    static locket_handshake hs[1];
    struct net *net = net_new(1, 0);
    struct net_node *n = net_node(net, LOCKET_SERVER, 1, 1);
    ck_assert_int_eq(locket_init(&ep, &n->config, s, LINK_NONE, hs, 1), LOCKET_ERR_ARGUMENT);
    net_free(net);
}
END_TEST

START_TEST(connect_names_what_is_wrong)
{
    struct pair p = net_pair(1);
    locket_session *s = NULL;
    locket_peer none = p.server->address, long_one = none;
    none.len = 0;
    long_one.len = LOCKET_CFG_PEER_SIZE + 1;
    net_pair_up(&p);
    locket_endpoint *ep = &p.client->ep;
    const locket_peer *to = &p.server->address;
    ck_assert_int_eq(locket_connect(&p.server->ep, to, 0, &s), LOCKET_ERR_ARGUMENT);
    ck_assert_int_eq(locket_connect(ep, NULL, 0, &s), LOCKET_ERR_ARGUMENT);
    ck_assert_int_eq(locket_connect(ep, to, 0, NULL), LOCKET_ERR_ARGUMENT);
    ck_assert_int_eq(locket_connect(ep, &none, 0, &s), LOCKET_ERR_ARGUMENT);
    ck_assert_int_eq(locket_connect(ep, &long_one, 0, &s), LOCKET_ERR_ARGUMENT);
    ck_assert_ptr_null(s);
    ck_assert_ptr_nonnull(net_connect(p.client, to));
    ck_assert_int_eq(locket_connect(ep, to, net_now(p.net), &s), LOCKET_ERR_HANDSHAKES_FULL);
    none = net_address(77, 7);
    ck_assert_int_eq(locket_connect(ep, &none, net_now(p.net), &s), LOCKET_ERR_HANDSHAKES_FULL);
    ck_assert(net_meet(p.net, p.client, p.server, 500));
    net_free(p.net);
}
END_TEST

/* locket_close() and, before its close_notify is pulled, a new handshake. */
START_TEST(connect_follows_a_close_at_once)
{
    struct pair p = net_connected(2);
    locket_session *s = NULL, *old = p.client->live;
    ck_assert_int_eq(locket_close(&p.client->ep, old), LOCKET_OK);
    ck_assert_int_eq(locket_connect(&p.client->ep, &p.server->address, net_now(p.net), &s), LOCKET_OK);
    ck_assert(s != old);
    net_pull(p.client);
    ck_assert(net_meet(p.net, p.client, p.server, 500));
    ck_assert_ptr_eq(p.client->live, s);
    ck_assert_int_eq(net_say(p.client, s, "ping", 4), LOCKET_OK);
    net_run(p.net, 50);
    ck_assert_uint_eq(p.server->n_kind[LOCKET_DATA], 1);
    net_free(p.net);
}
END_TEST

/* --- sessions that are none --------------------------------------------------------------- */

START_TEST(pointers_that_are_no_session_of_ours_are_refused)
{
    struct pair p = net_connected(3);
    locket_endpoint *ep = &p.client->ep;
    locket_session *const first = p.client->sessions;
    locket_session *const wrong[] = { NULL, first + 2, (locket_session *)(void *)((uint8_t *)first + 1),
                                      p.server->live };
    uint8_t out[64];
    size_t len = 0;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert_int_eq(locket_send(ep, wrong[i], out, 1, out, sizeof out, &len), LOCKET_ERR_STATE);
        ck_assert_int_eq(locket_close(ep, wrong[i]), LOCKET_ERR_STATE);
        ck_assert_uint_eq(locket_data_limit(ep, wrong[i]), 0);
    }
    /* a free one, and one that is closing */
    locket_session *unused = p.client->live == first ? first + 1 : first;
    ck_assert_int_eq(locket_close(ep, unused), LOCKET_ERR_STATE);
    ck_assert_uint_eq(locket_data_limit(ep, unused), 0);
    ck_assert_int_eq(locket_close(ep, p.client->live), LOCKET_OK);
    ck_assert_int_eq(locket_close(ep, p.client->live), LOCKET_ERR_STATE);
    ck_assert_int_eq(locket_send(ep, p.client->live, out, 1, out, sizeof out, &len), LOCKET_ERR_STATE);
    ck_assert_int_eq(locket_too_big(ep, &p.server->address, 300, net_now(p.net)), LOCKET_ERR_STATE);
    ck_assert_uint_eq(locket_drops(ep, LOCKET_N_DROPS), 0);
    net_free(p.net);
}
END_TEST

START_TEST(the_second_of_two_attempts_can_be_given_up)
{
    struct net *net = net_new(4, 0);
    struct net_node *c = net_node(net, LOCKET_CLIENT, 1, 4000);
    locket_peer a = net_address(8, 1), b = net_address(9, 1);
    net_up(c, 2, 2);
    locket_session *one = net_connect(c, &a), *two = net_connect(c, &b);
    ck_assert(one && two && one != two);
    net_close(c, two);
    ck_assert_uint_eq(c->n_kind[LOCKET_CLOSED], 1);
    ck_assert_ptr_eq(net_last(c, LOCKET_CLOSED)->session, two);
    ck_assert_int_eq(net_last(c, LOCKET_CLOSED)->reason, LOCKET_OK);
    net_run(net, 100000);
    ck_assert_uint_eq(c->n_kind[LOCKET_CLOSED], 2);
    net_free(net);
}
END_TEST

/* --- during CONNECTED -------------------------------------------------------------------------- */

static void export_wrongly(struct net_node *n, const locket_event *e)
{
    uint8_t out[8];
    unsigned *calls = n->user;
    locket_time when;
    if (e->kind != LOCKET_CONNECTED)
        return;
    const locket_session *other = e->session == n->sessions ? n->sessions + 1 : n->sessions;
    ck_assert_int_eq(locket_export(&n->ep, NULL, "EXPERIMENTAL", NULL, 0, out, 8), LOCKET_ERR_LATE);
    ck_assert_int_eq(locket_export(&n->ep, other, "EXPERIMENTAL", NULL, 0, out, 8), LOCKET_ERR_LATE);
    ck_assert_int_eq(locket_export(&n->ep, e->session, NULL, NULL, 0, out, 8), LOCKET_ERR_ARGUMENT);
    ck_assert_int_eq(locket_export(&n->ep, e->session, "EXPERIMENTAL", out, 65536, out, 8),
                     LOCKET_ERR_ARGUMENT);
    ck_assert_int_eq(locket_export(&n->ep, e->session, "EXPERIMENTAL", NULL, 0, out, 8), LOCKET_OK);
    /* there is more to pull */
    ck_assert(locket_deadline(&n->ep, &when) && when == net_now(n->net));
    ++*calls;
}

START_TEST(export_names_what_is_wrong)
{
    struct pair p = net_pair(5);
    unsigned calls = 0;
    p.client->hook = p.server->hook = export_wrongly;
    p.client->user = p.server->user = &calls;
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 500));
    ck_assert_uint_eq(calls, 2);
    net_free(p.net);
}
END_TEST

/* --- time ------------------------------------------------------------------------------------------ */

START_TEST(what_is_not_yet_pulled_is_due_now)
{
    struct pair p = net_connected(6);
    uint8_t noise[3] = { 1, 2, 3 };
    locket_time when = 0, now = net_now(p.net);
    locket_endpoint *ep = &p.server->ep;
    ck_assert(!locket_deadline(ep, &when));
    locket_input(ep, &p.client->address, noise, sizeof noise, now);
    ck_assert(locket_deadline(ep, &when) && when == now);
    net_pull(p.server);
    ck_assert(!locket_deadline(ep, &when));
    ck_assert_int_eq(locket_close(ep, p.server->live), LOCKET_OK);
    ck_assert(locket_deadline(ep, &when) && when == now);
    net_pull(p.server);
    ck_assert(!locket_deadline(ep, &when));
    net_free(p.net);
}
END_TEST

/* --- too big ------------------------------------------------------------------------------------------ */

START_TEST(too_big_ends_at_the_floor)
{
    struct hand h;
    hand_new(&h, LOCKET_CLIENT, 7);
    hand_up(&h);
    const locket_peer *to = &h.p.me;
    locket_endpoint *ep = &h.node->ep;
    /* 1500 is no news: then simply smaller than now */
    ck_assert_int_eq(locket_too_big(ep, to, 1500, net_now(h.net)), LOCKET_OK);
    ck_assert_int_eq(locket_too_big(ep, to, 300, net_now(h.net)), LOCKET_OK);
    ck_assert_int_eq(locket_too_big(ep, to, 256, net_now(h.net)), LOCKET_OK);
    ck_assert_int_eq(locket_too_big(ep, to, 0, net_now(h.net)), LOCKET_ERR_TOO_LONG);
    net_pull(h.node);
    net_run(h.net, 20);
    p12_skip(&h.p);
    net_free(h.net);

    struct pair p = net_connected(8);
    ck_assert_int_eq(locket_too_big(&p.client->ep, &p.server->address, 0, net_now(p.net)), LOCKET_OK);
    size_t least = locket_data_limit(&p.client->ep, p.client->live);
    ck_assert_uint_eq(least + locket_overhead(p.client->live), 256);
    net_free(p.net);
}
END_TEST

/* A key that is still being looked up has sent nothing that could be sent again. */
START_TEST(too_big_during_a_look_up_waits)
{
    struct pair p = net_pair(9);
    p.server->lookup_ms = 300;
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    net_run(p.net, 100);
    size_t before = p.net->n_log;
    ck_assert_int_eq(locket_too_big(&p.server->ep, &p.client->address, 256, net_now(p.net)), LOCKET_OK);
    net_pull(p.server);
    ck_assert_uint_le(p.net->n_log, before + 1);
    ck_assert(net_meet(p.net, p.client, p.server, 5000));
    ck_assert_uint_le(p.server->largest, 256);
    net_free(p.net);
}
END_TEST

/* --- no room ------------------------------------------------------------------------------------------- */

/* The last flight needs 14 + 61 bytes (RFC 6347 section 4.1, CCM_8): in less, nothing goes
 * out, nothing breaks, and the next repetition is answered. */
START_TEST(a_last_flight_that_does_not_fit_is_left_out)
{
    static const size_t caps[] = { 1, 13, 14, 40, 66 };
    struct hand h;
    uint8_t verify[12];
    hand_new(&h, LOCKET_SERVER, 10);
    hand_up(&h);
    ck_assert(p12_until(&h.p, M_FINISHED));
    p12_verify_data(&h.p, false, verify);
    unsigned seq = h.p.seq;
    p12_send(&h.p, M_FINISHED);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    for (size_t i = 0; i < sizeof caps / sizeof caps[0]; i++) {
        size_t before = h.net->n_log;
        net_run(h.net, 1500);
        h.node->cap = caps[i];
        p12_fragment(&h.p, M_FINISHED, 12, seq, 0, 12, verify);
        ck_assert_uint_eq(h.net->n_log, before);
    }
    size_t before = h.net->n_log;
    net_run(h.net, 1500);
    h.node->cap = NET_DATAGRAM;
    p12_fragment(&h.p, M_FINISHED, 12, seq, 0, 12, verify);
    ck_assert_uint_eq(h.net->n_log, before + 1);
    /* nor when the numbers of epoch 0 are used up */
    net_run(h.net, 1500);
    h.node->live->epoch0_next = UINT16_MAX;
    p12_fragment(&h.p, M_FINISHED, 12, seq, 0, 12, verify);
    ck_assert_uint_eq(h.net->n_log, before + 1);
    p12_sealed(&h.p, 23, "x", 1);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_DATA], 1);
    net_free(h.net);
}
END_TEST

Suite *test_cover(void)
{
    Suite *s = suite_create("cover");
    TCase *t = tcase_create("corners");
    tcase_add_test(t, each_wrong_field_of_a_configuration_is_refused);
    tcase_add_test(t, more_sessions_than_a_link_can_name_are_refused);
    tcase_add_test(t, connect_names_what_is_wrong);
    tcase_add_test(t, connect_follows_a_close_at_once);
    tcase_add_test(t, pointers_that_are_no_session_of_ours_are_refused);
    tcase_add_test(t, the_second_of_two_attempts_can_be_given_up);
    tcase_add_test(t, export_names_what_is_wrong);
    tcase_add_test(t, what_is_not_yet_pulled_is_due_now);
    tcase_add_test(t, too_big_ends_at_the_floor);
    tcase_add_test(t, too_big_during_a_look_up_waits);
    tcase_add_test(t, a_last_flight_that_does_not_fit_is_left_out);
    suite_add_tcase(s, t);
    return s;
}
