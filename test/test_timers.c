/* SPDX-License-Identifier: Apache-2.0
 *
 * test_timers.c -- retransmission, deadlines and idle sessions on the virtual clock
 * (RFC 6347 section 4.2.4), also where 32-bit milliseconds wrap. */
#include <check.h>
#include <string.h>

#include "peer12.h"

Suite *test_timers(void);

static const locket_time starts[] = { 0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFF000, 0xFFFFFFFF };
enum { STARTS = sizeof starts / sizeof starts[0] };

/* Did `from` send at just these times? */
static void sent_at(const struct net *net, const locket_peer *from, const uint64_t *ms, size_t n)
{
    size_t i = 0;
    for (size_t k = 0; k < net->n_log; k++) {
        if (!net_same(&net->log[k]->from, from))
            continue;
        ck_assert_msg(i < n, "a datagram too many at %lu ms", (unsigned long)net->log[k]->at);
        ck_assert_msg(net->log[k]->at == ms[i], "datagram %zu at %lu, not %lu ms", i,
                      (unsigned long)net->log[k]->at, (unsigned long)ms[i]);
        i++;
    }
    ck_assert_msg(i == n, "%zu datagrams instead of %zu", i, n);
}

static struct net_node *lonely(struct net **net, locket_time start)
{
    *net = net_new(1, start);
    return net_node(*net, LOCKET_CLIENT, 1, 1);
}

START_TEST(the_timer_doubles_from_one_second_until_the_deadline)
{
    static const uint64_t at[] = { 0, 1000, 3000, 7000, 15000, 31000 };
    struct net *net;
    struct net_node *c = lonely(&net, starts[_i]);
    locket_peer nobody = net_address(99, 9);
    net_up(c, 1, 1);
    locket_session *s = net_connect(c, &nobody);
    net_run(net, 200000);
    sent_at(net, &c->address, at, 6);
    for (size_t i = 1; i < 6; i++)           /* the same message, in a new record */
        ck_assert_mem_eq(net->log[i]->bytes + 13, net->log[0]->bytes + 13, net->log[0]->len - 13);
    const struct net_event *e = net_last(c, LOCKET_CLOSED);
    ck_assert(e && e->session == s && e->reason == LOCKET_ERR_TIMEOUT);
    ck_assert_uint_eq(e->at, 60000);
    ck_assert_uint_eq(c->n_kind[LOCKET_CLOSED], 1);
    locket_time when;
    ck_assert(!locket_deadline(&c->ep, &when));
    ck_assert_ptr_nonnull(net_connect(c, &nobody));      /* nothing leaked */
    net_free(net);
}
END_TEST

START_TEST(first_timeout_cap_count_and_deadline_are_settable)
{
    static const struct {
        uint32_t timeout, cap, deadline; uint8_t count; size_t n; uint64_t at[12], end_from, end_to;
    } rows[] = { { 1000,
                   60000,
                   900000,
                   9,
                   10,
                   { 0, 1000, 3000, 7000, 15000, 31000, 63000, 123000, 183000, 243000 },
                   243000,
                   303000 },
                 { 9000, 60000, 600000, 4, 5, { 0, 9000, 27000, 63000, 123000 }, 123000, 183000 },
                 { 1000, 4000, 600000, 5, 6, { 0, 1000, 3000, 7000, 11000, 15000 }, 15000, 19000 },
                 { 100, 60000, 2000, 20, 5, { 0, 100, 300, 700, 1500 }, 2000, 2000 },
                 { 250, 250, 1100, 20, 5, { 0, 250, 500, 750, 1000 }, 1100, 1100 } };
    struct net *net;
    struct net_node *c = lonely(&net, 0xFFFF0000);
    locket_peer nobody = net_address(99, 9);
    c->config.timeout = rows[_i].timeout;
    c->config.timeout_cap = rows[_i].cap;
    c->config.deadline = rows[_i].deadline;
    c->config.retransmissions = rows[_i].count;
    net_up(c, 1, 1);
    net_connect(c, &nobody);
    net_run(net, 1000000);
    sent_at(net, &c->address, rows[_i].at, rows[_i].n);
    const struct net_event *e = net_last(c, LOCKET_CLOSED);
    ck_assert(e && e->reason == LOCKET_ERR_TIMEOUT);
    ck_assert_uint_ge(e->at, rows[_i].end_from);
    ck_assert_uint_le(e->at, rows[_i].end_to);
    net_free(net);
}
END_TEST

START_TEST(the_server_repeats_its_flight_but_never_a_hello_verify_request)
{
    struct hand h;
    hand_new(&h, LOCKET_SERVER, 1);
    h.net->start = starts[_i];
    hand_up(&h);
    locket_time when;
    ck_assert(!locket_deadline(&h.node->ep, &when));
    p12_send(&h.p, M_CLIENT_HELLO);
    ck_assert(p12_take(&h.p, M_HELLO_VERIFY));
    ck_assert(!locket_deadline(&h.node->ep, &when));
    net_run(h.net, 50000);
    ck_assert_uint_eq(h.net->n_log, 1);
    p12_send(&h.p, M_CLIENT_HELLO);
    uint64_t at[] = { 0, 50000, 51000, 53000, 57000, 65000, 81000 };
    net_run(h.net, 200000);
    sent_at(h.net, &h.node->address, at, 7);
    for (size_t i = 2; i < 7; i++)
        ck_assert_mem_eq(h.net->log[i]->bytes + 13, h.net->log[1]->bytes + 13, h.net->log[1]->len - 13);
    const struct net_event *e = net_last(h.node, LOCKET_FAILED);
    ck_assert(e && e->reason == LOCKET_ERR_TIMEOUT && e->at == 110000 && e->session == NULL);
    ck_assert(!locket_deadline(&h.node->ep, &when));
    net_free(h.net);
}
END_TEST

START_TEST(the_clock_may_wrap_in_the_middle_of_a_handshake)
{
    for (unsigned before = 0; before < 80; before++) {   /* ms until the wrap */
        struct pair p = net_pair(5);
        p.net->start = (locket_time)(0u - before);
        net_pair_up(&p);
        net_connect(p.client, &p.server->address);
        ck_assert(net_meet(p.net, p.client, p.server, 900));
        net_run(p.net, 100);
        ck_assert_int_eq(net_say(p.client, p.client->live, "x", 1), LOCKET_OK);
        net_run(p.net, 100);
        ck_assert_uint_eq(p.server->n_kind[LOCKET_DATA], 1);
        net_free(p.net);
    }
}
END_TEST

/* --- idle -------------------------------------------------------------------------------- */

START_TEST(a_silent_session_is_closed_after_the_idle_timeout)
{
    struct pair p = net_pair(6);
    p.net->start = starts[_i] - 20000;
    p.server->config.idle_timeout = 30000;
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    net_run(p.net, 25000);
    ck_assert_uint_eq(p.server->n_kind[LOCKET_CLOSED], 0);
    net_say(p.client, p.client->live, "x", 1);
    uint64_t heard = p.net->elapsed + NET_LATENCY;
    net_run(p.net, 20000);
    net_say(p.server, p.server->live, "what we say is not what we hear", 31);
    uint8_t forged[60] = { 23, 0xFE, 0xFD, 0, 1, 0, 0, 0, 0, 0, 99, 0, 47 };
    net_inject(p.net, &p.client->address, &p.server->address, forged, sizeof forged, 0);
    net_run(p.net, 100000);
    const struct net_event *e = net_last(p.server, LOCKET_CLOSED);
    ck_assert(e && e->reason == LOCKET_ERR_IDLE && e->at == heard + 30000 && e->handle == 7001);
    locket_time when;
    ck_assert(!locket_deadline(&p.server->ep, &when));
    net_free(p.net);
}
END_TEST

START_TEST(the_longest_silent_sessions_go_first)
{
    struct net *net = net_new(7, 0xFFFFC000);
    struct net_node *s = net_node(net, LOCKET_SERVER, 2, 2), *c[4];
    s->config.idle_timeout = 10000;
    net_up(s, 4, 2);
    for (unsigned i = 0; i < 4; i++) {
        c[i] = net_node(net, LOCKET_CLIENT, 10 + i, 1);
        net_up(c[i], 1, 1);
        net_connect(c[i], &s->address);
        net_run(net, 1000);
        ck_assert_ptr_nonnull(c[i]->live);
    }
    net_say(c[1], c[1]->live, "x", 1);
    net_run(net, 1000);
    net_say(c[0], c[0]->live, "x", 1);
    net_run(net, 60000);
    static const unsigned order[] = { 2, 3, 1, 0 };
    size_t k = 0;
    for (size_t i = 0; i < s->n_events; i++)
        if (s->events[i].kind == LOCKET_CLOSED) {
            ck_assert_uint_lt(k, 4);
            ck_assert(net_same(&s->events[i].peer, &c[order[k++]]->address));
        }
    ck_assert_uint_eq(k, 4);
    net_free(net);
}
END_TEST

/* --- flights ------------------------------------------------------------------------------ */

START_TEST(half_a_flight_does_not_touch_the_timer)
{
    struct hand h;
    hand_new(&h, LOCKET_CLIENT, 8);
    hand_up(&h);
    ck_assert(p12_take(&h.p, M_CLIENT_HELLO));
    net_run(h.net, 700);
    uint8_t body[128];
    size_t n = p12_hello_body(&h.p, body);
    if (_i == 0) {
        p12_fragment(&h.p, M_SERVER_HELLO, n, 0, 0, n / 2, body);
    } else {
        p12_send(&h.p, M_SERVER_HELLO);
        if (_i == 2)
            p12_fragment(&h.p, M_SERVER_KEY, 6, 1, 2, 3, (const uint8_t *)"hin");
    }
    net_run(h.net, 299);
    ck_assert_uint_eq(net_count(h.net, &h.node->address, 22, 0, 1), 1);
    net_run(h.net, 1);
    ck_assert_uint_eq(net_count(h.net, &h.node->address, 22, 0, 1), 2);
    net_free(h.net);
}
END_TEST

START_TEST(a_repeated_flight_of_the_peer_is_answered_with_ours)
{
    struct hand h;
    hand_new(&h, LOCKET_SERVER, 9);
    hand_up(&h);
    ck_assert(p12_until(&h.p, M_CLIENT_KEY));
    net_run(h.net, 500);
    size_t before = h.net->n_log;
    uint8_t body[256];
    size_t n = p12_hello_body(&h.p, body);
    p12_fragment(&h.p, M_CLIENT_HELLO, n, 1, 0, n, body);
    ck_assert_uint_eq(h.net->n_log, before + 1);
    const uint8_t *first = h.net->log[before - 1]->bytes, *again = h.net->log[before]->bytes;
    ck_assert_uint_eq(h.net->log[before]->len, h.net->log[before - 1]->len);
    ck_assert_mem_eq(again + 13, first + 13, h.net->log[before]->len - 13);
    ck_assert(again[10] > first[10]);        /* a new record number */
    net_run(h.net, 999);                     /* and the timer began anew */
    ck_assert_uint_eq(h.net->n_log, before + 1);
    net_run(h.net, 1500);
    ck_assert_uint_eq(h.net->n_log, before + 2);
    net_free(h.net);

    hand_new(&h, LOCKET_CLIENT, 10);
    hand_up(&h);
    ck_assert(p12_until(&h.p, M_CCS));
    before = h.net->n_log;
    net_run(h.net, 500);          /* queued duplicates are not worth an answer each */
    h.p.seq -= 2;
    struct locket_sha256 kept = h.p.transcript;
    p12_hold(&h.p);
    p12_send(&h.p, M_SERVER_HELLO);
    p12_send(&h.p, M_HELLO_DONE);
    p12_go(&h.p);
    h.p.transcript = kept;
    ck_assert_uint_eq(h.net->n_log, before + 1);
    p12_send(&h.p, M_CCS);
    p12_send(&h.p, M_FINISHED);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    net_free(h.net);
}
END_TEST

START_TEST(the_last_flight_is_repeated_for_minutes_but_only_for_an_authentic_new_finished)
{
    struct hand h;
    uint8_t verify[12];
    hand_new(&h, LOCKET_SERVER, 11);
    hand_up(&h);
    ck_assert(p12_until(&h.p, M_FINISHED));
    p12_verify_data(&h.p, false, verify);
    unsigned seq = h.p.seq;
    p12_send(&h.p, M_FINISHED);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    ck_assert(p12_take(&h.p, M_CCS));
    ck_assert(p12_take(&h.p, M_FINISHED));
    uint8_t kept[12];
    memcpy(kept, h.p.message, 12);
    for (unsigned i = 0; i < 3; i++) {
        net_run(h.net, i < 2 ? 1000 * (i + 1) : 235990);
        size_t before = h.net->n_log;
        /* plaintext, forged or wrong ones: nothing */
        uint8_t body[64] = { 0 };
        size_t n = p12_client_key_body(&h.p, body);
        h.p.sealed = false;
        p12_fragment(&h.p, M_CLIENT_KEY, n, seq - 1, 0, n, body);
        p12_plain(&h.p, 20, "\1", 1);
        p12_fragment(&h.p, M_FINISHED, 12, seq, 0, 12, verify);
        p12_record(&h.p, 22, 0xFEFD, 1, 50 + i, body, 48);
        ck_assert_uint_eq(h.net->n_log, before);
        h.p.sealed = true;
        p12_fragment(&h.p, M_FINISHED, 12, seq, 0, 12, verify);
        ck_assert_uint_eq(h.net->n_log, before + 1);
        p12_skip(&h.p);
        h.p.at = before;
        ck_assert(p12_take(&h.p, M_CCS));
        ck_assert(p12_next(&h.p));
        ck_assert(h.p.record.type == 22 && h.p.record.epoch == 1 && h.p.body_len == 24 && h.p.body[0] == 20);
        ck_assert_mem_eq(h.p.body + 12, kept, 12);
    }
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CLOSED], 0);
    p12_sealed(&h.p, 23, "x", 1);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_DATA], 1);
    net_free(h.net);
}
END_TEST

static void lose_last(void *user, const struct net_datagram *d, struct net_verdict *v)
{
    struct net_node *server = user;          /* a flight that begins with ChangeCipherSpec */
    if (net_same(&d->from, &server->address) && d->bytes[0] == 20 && d->at < 2000)
        v->fate = NET_DROP;
}

START_TEST(a_lost_last_flight_is_asked_for_until_it_comes)
{
    struct pair p = net_pair(12);
    net_pair_up(&p);
    p.net->judge = lose_last;
    p.net->user = p.server;
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 40000));
    ck_assert_uint_gt(p.net->elapsed, 2000);
    ck_assert_uint_eq(p.server->n_kind[LOCKET_CONNECTED], 1);
    net_free(p.net);
}
END_TEST

/* --- too big ------------------------------------------------------------------------------ */

START_TEST(too_big_sends_smaller_fragments_at_once)
{
    struct hand h;
    hand_new(&h, LOCKET_CLIENT, 13);
    h.p.cookie_len = 255;
    hand_up(&h);
    ck_assert(p12_take(&h.p, M_CLIENT_HELLO));
    p12_send(&h.p, M_HELLO_VERIFY);
    net_run(h.net, 400);
    size_t before = h.net->n_log;
    ck_assert_uint_gt(h.net->log[before - 1]->len, 300);
    ck_assert_int_eq(locket_too_big(&h.node->ep, &h.p.me, 255, net_now(h.net)), LOCKET_ERR_ARGUMENT);
    locket_peer other = net_address(77, 7);
    ck_assert_int_eq(locket_too_big(&h.node->ep, &other, 256, net_now(h.net)), LOCKET_ERR_STATE);
    net_pull(h.node);
    ck_assert_uint_eq(h.net->n_log, before);
    size_t limit = _i == 0 ? 256 : _i == 1 ? 300 : h.net->log[before - 1]->len - 1;
    ck_assert_int_eq(locket_too_big(&h.node->ep, &h.p.me, _i == 2 ? 0 : limit, net_now(h.net)), LOCKET_OK);
    net_pull(h.node);
    ck_assert_uint_ge(h.net->n_log, before + (_i == 2 ? 1 : 2));
    for (size_t i = before; i < h.net->n_log; i++)
        ck_assert_uint_le(h.net->log[i]->len, _i == 2 ? 1232 : limit);
    net_free(h.net);
}
END_TEST

START_TEST(too_big_lowers_the_data_limit_of_a_session)
{
    struct pair p = net_connected(14);
    ck_assert_int_eq(locket_too_big(&p.client->ep, &p.server->address, 500, net_now(p.net)), LOCKET_OK);
    size_t limit = locket_data_limit(&p.client->ep, p.client->live);
    ck_assert_uint_le(limit, 500 - 29);
    ck_assert_uint_gt(limit, 500 - 29 - 16);  /* kept in units of 16 */
    uint8_t data[600] = { 0 };
    ck_assert_int_eq(net_say(p.client, p.client->live, data, limit + 1), LOCKET_ERR_TOO_LONG);
    ck_assert_int_eq(net_say(p.client, p.client->live, data, limit), LOCKET_OK);
    ck_assert_int_eq(locket_too_big(&p.client->ep, &p.server->address, 1000, net_now(p.net)), LOCKET_OK);
    ck_assert_uint_eq(locket_data_limit(&p.client->ep, p.client->live), limit);      /* never up */
    ck_assert_int_eq(locket_too_big(&p.client->ep, &p.server->address, 256, net_now(p.net)), LOCKET_OK);
    ck_assert_uint_eq(locket_data_limit(&p.client->ep, p.client->live), 256 - 29);
    ck_assert_int_eq(locket_too_big(&p.client->ep, &p.server->address, 100, net_now(p.net)), LOCKET_ERR_ARGUMENT);
    net_free(p.net);
}
END_TEST

Suite *test_timers(void)
{
    Suite *s = suite_create("timers");
    TCase *t = tcase_create("timers");
    tcase_add_loop_test(t, the_timer_doubles_from_one_second_until_the_deadline, 0, STARTS);
    tcase_add_loop_test(t, first_timeout_cap_count_and_deadline_are_settable, 0, 5);
    tcase_add_loop_test(t, the_server_repeats_its_flight_but_never_a_hello_verify_request, 0, STARTS);
    tcase_add_test(t, the_clock_may_wrap_in_the_middle_of_a_handshake);
    tcase_add_loop_test(t, a_silent_session_is_closed_after_the_idle_timeout, 0, STARTS);
    tcase_add_test(t, the_longest_silent_sessions_go_first);
    tcase_add_loop_test(t, half_a_flight_does_not_touch_the_timer, 0, 3);
    tcase_add_test(t, a_repeated_flight_of_the_peer_is_answered_with_ours);
    tcase_add_test(t, the_last_flight_is_repeated_for_minutes_but_only_for_an_authentic_new_finished);
    tcase_add_test(t, a_lost_last_flight_is_asked_for_until_it_comes);
    tcase_add_loop_test(t, too_big_sends_smaller_fragments_at_once, 0, 3);
    tcase_add_test(t, too_big_lowers_the_data_limit_of_a_session);
    suite_add_tcase(s, t);
    return s;
}
