/* SPDX-License-Identifier: Apache-2.0
 *
 * test_cid.c -- connection IDs (RFC 9146): who agrees to which, what records look like with them,
 * and that a session outlives its peer's address. */
#include <check.h>
#include <string.h>

#include "handshake.h"
#include "net.h"

Suite *test_cid(void);

static size_t n_of(const struct net_node *n, locket_event_kind kind) { return n->n_kind[kind]; }

/* One word each way, which arrives. */
static void talk(struct pair *p, const char *up, const char *down)
{
    size_t at_server = n_of(p->server, LOCKET_DATA), at_client = n_of(p->client, LOCKET_DATA);
    ck_assert_int_eq(net_say(p->client, p->client->live, up, strlen(up)), LOCKET_OK);
    net_run(p->net, 3 * NET_LATENCY);
    ck_assert_int_eq(net_say(p->server, p->server->live, down, strlen(down)), LOCKET_OK);
    net_run(p->net, 3 * NET_LATENCY);
    ck_assert_uint_eq(n_of(p->server, LOCKET_DATA), at_server + 1);
    ck_assert_uint_eq(n_of(p->client, LOCKET_DATA), at_client + 1);
    ck_assert_mem_eq(net_last(p->server, LOCKET_DATA)->data, up, strlen(up));
    ck_assert_mem_eq(net_last(p->client, LOCKET_DATA)->data, down, strlen(down));
}

START_TEST(both_sides_agree_on_any_lengths_and_talk)
{
    static const size_t lengths[] = { 0, 1, 2, 3, 8 };
    size_t up = lengths[_i % 5], down = lengths[_i / 5];
    struct pair p = net_pair(1);
    net_pair_roams(&p, down, up, LOCKET_PATH_ENHANCED);
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    talk(&p, "up", "down");
    ck_assert_uint_eq(locket_overhead(p.client->live), 29 + (up ? up + 1 : 0));
    ck_assert_uint_eq(locket_overhead(p.server->live), 29 + (down ? down + 1 : 0));
    ck_assert_uint_eq(locket_headroom(p.client->live), 21 + up);
    /* Every sealed record is of type 25 where the direction has an ID, and none where not. */
    ck_assert_uint_eq(net_count(p.net, &p.client->address, 25, -1, -1) > 0, up > 0);
    ck_assert_uint_eq(net_count(p.net, &p.client->address, 23, -1, -1) > 0, up == 0);
    ck_assert_uint_eq(net_count(p.net, &p.server->address, 25, -1, -1) > 0, down > 0);
    ck_assert_uint_eq(net_count(p.net, &p.server->address, 23, -1, -1) > 0, down == 0);
    net_free(p.net);
}
END_TEST

START_TEST(a_new_address_is_told_and_sent_to_only_when_the_application_says_so)
{
    struct pair p = net_roaming(2, LOCKET_PATH_APPLICATION);
    locket_peer old = p.client->address;
    net_rebind(p.client, 9, 9999);
    ck_assert_int_eq(net_say(p.client, p.client->live, "here", 4), LOCKET_OK);
    net_run(p.net, 3 * NET_LATENCY);
    ck_assert_uint_eq(n_of(p.server, LOCKET_DATA), 1);
    ck_assert_uint_eq(n_of(p.server, LOCKET_ADDRESS), 1);
    const struct net_event *e = net_last(p.server, LOCKET_ADDRESS);
    ck_assert_int_eq(e->reason, LOCKET_PENDING);
    ck_assert_ptr_eq(e->session, p.server->live);
    ck_assert(net_same(&e->peer, &p.client->address));
    locket_peer now;
    locket_peer_of(p.server->live, &now);
    ck_assert(net_same(&now, &old));
    ck_assert(!locket_checks(p.server->live));
    ck_assert_int_eq(locket_move(&p.server->ep, p.server->live, &e->peer), LOCKET_OK);
    talk(&p, "up", "down");
    ck_assert_uint_eq(n_of(p.server, LOCKET_ADDRESS), 1);
    net_free(p.net);
}
END_TEST

/* One side offers or knows checks, the application of the other has means of its own. */
START_TEST(without_checks_on_one_side_there_are_none)
{
    struct pair p = net_pair(6);
    net_pair_roams(&p, 8, 8, LOCKET_PATH_ENHANCED);
    (_i ? p.server : p.client)->config.path_check = LOCKET_PATH_APPLICATION;
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    ck_assert(!locket_checks(p.server->live) && !locket_checks(p.client->live));
    net_rebind(p.client, 9, 9999);
    ck_assert_int_eq(net_say(p.client, p.client->live, "here", 4), LOCKET_OK);
    net_run(p.net, 5000);
    ck_assert_uint_eq(n_of(p.server, LOCKET_DATA), 1);
    ck_assert_uint_eq(n_of(p.server, LOCKET_ADDRESS), 1);
    net_free(p.net);
}
END_TEST

START_TEST(a_check_finds_the_client_at_its_new_address)
{
    struct pair p = net_roaming(3, _i ? LOCKET_PATH_BASIC : LOCKET_PATH_ENHANCED);
    ck_assert(locket_checks(p.server->live) && locket_checks(p.client->live));
    net_rebind(p.client, 9, 9999);
    ck_assert_int_eq(net_say(p.client, p.client->live, "here", 4), LOCKET_OK);
    net_run(p.net, _i ? 100 : 1100);
    ck_assert_uint_eq(n_of(p.server, LOCKET_ADDRESS), 2);
    ck_assert_int_eq(net_last(p.server, LOCKET_ADDRESS)->reason, LOCKET_OK);
    talk(&p, "up", "down");
    net_free(p.net);
}
END_TEST

/* A NAT has forgotten a client that has only to say that it leaves. */
START_TEST(who_leaves_from_elsewhere_is_not_asked_where_it_is)
{
    struct pair p = net_roaming(5, _i ? LOCKET_PATH_BASIC : LOCKET_PATH_ENHANCED);
    net_rebind(p.client, 9, 9999);
    size_t sent = net_count(p.net, &p.server->address, 25, -1, -1);
    ck_assert_int_eq(locket_close(&p.client->ep, p.client->live), LOCKET_OK);
    net_run(p.net, 5000);
    ck_assert_uint_eq(n_of(p.server, LOCKET_CLOSED), 1);
    ck_assert_uint_eq(n_of(p.server, LOCKET_ADDRESS), 0);
    ck_assert_uint_le(net_count(p.net, &p.server->address, 25, -1, -1), sent + 1);     /* its close_notify */
    net_free(p.net);
}
END_TEST

START_TEST(a_saved_session_goes_on_where_it_was)
{
    struct pair p = net_roaming(4, LOCKET_PATH_BASIC);
    static const uint8_t key[16] = { 1, 2, 3 };
    uint8_t blob[LOCKET_BLOB_MAX];
    size_t len;
    talk(&p, "up", "down");
    ck_assert_int_eq(locket_session_save(&p.client->ep, p.client->live, 1, key, blob, sizeof blob, &len), LOCKET_OK);
    ck_assert_uint_le(len, 168);
    net_down(p.client);
    net_rebind(p.client, 9, 9999);
    net_up(p.client, 2, 1);
    ck_assert_int_eq(locket_session_load(&p.client->ep, 1, key, blob, len, net_now(p.net), &p.client->live), LOCKET_OK);
    ck_assert_int_eq(net_say(p.client, p.client->live, "awake", 5), LOCKET_OK);
    net_run(p.net, 100);
    talk(&p, "up", "down");
    locket_session *second;
    ck_assert_int_eq(locket_session_load(&p.client->ep, 1, key, blob, len, net_now(p.net), &second), LOCKET_ERR_USED);
    net_free(p.net);
}
END_TEST

/* It costs nobody a try at a tag. */
START_TEST(a_record_with_the_right_slot_and_another_id_is_nobodys)
{
    struct pair p = net_roaming(6, LOCKET_PATH_BASIC);
    talk(&p, "up", "down");
    const struct net_datagram *d = p.net->log[p.net->n_log - 2];
    uint8_t bytes[NET_DATAGRAM];
    uint32_t strangers = locket_drops(&p.server->ep, LOCKET_DROP_STRANGER);
    ck_assert_uint_eq(d->bytes[0], 25);
    memcpy(bytes, d->bytes, d->len);
    bytes[10]++;                                   /* the next number */
    bytes[11 + 7] ^= 1;
    net_inject(p.net, &p.client->address, &p.server->address, bytes, d->len, 0);
    net_run(p.net, 100);
    ck_assert_uint_eq(locket_drops(&p.server->ep, LOCKET_DROP_STRANGER), strangers + 1);
    ck_assert_uint_eq(p.server->live->bad_tags, 0);
    net_free(p.net);
}
END_TEST

Suite *test_cid(void)
{
    Suite *s = suite_create("cid");
    TCase *t = tcase_create("connection IDs");
    tcase_add_loop_test(t, both_sides_agree_on_any_lengths_and_talk, 0, 25);
    tcase_add_test(t, a_new_address_is_told_and_sent_to_only_when_the_application_says_so);
    tcase_add_loop_test(t, a_check_finds_the_client_at_its_new_address, 0, 2);
    tcase_add_loop_test(t, without_checks_on_one_side_there_are_none, 0, 2);
    tcase_add_loop_test(t, who_leaves_from_elsewhere_is_not_asked_where_it_is, 0, 2);
    tcase_add_test(t, a_saved_session_goes_on_where_it_was);
    tcase_add_test(t, a_record_with_the_right_slot_and_another_id_is_nobodys);
    suite_add_tcase(s, t);
    return s;
}
