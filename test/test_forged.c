/* SPDX-License-Identifier: Apache-2.0
 *
 * test_forged.c -- what the second review found. One datagram that nobody vouches for costs
 * at most the attempt under way: every forged answer that can be made without seeing the
 * traffic, at every moment of a handshake. And what a newcomer or a lack of entropy may
 * cost those who were there before. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "entropy.h"
#include "handshake.h"
#include "peer12.h"

Suite *test_forged(void);

enum { END = 255, HELLO_VERIFY = 3, SERVER_HELLO = 2, SERVER_KEY = 12, HELLO_DONE = 14 };

/* Messages, each followed by its message_seq; CCS and an alert stand for themselves. */
enum { CCS = 200, ALERT = 201 };
static const struct forgery { const char *name; uint8_t what[8]; } forgeries[] = {
    { "HelloVerifyRequest 0", { HELLO_VERIFY, 0, END } },
    { "HelloVerifyRequest 1", { HELLO_VERIFY, 1, END } },
    { "HelloVerifyRequest 2", { HELLO_VERIFY, 2, END } },
    { "HelloVerifyRequest 5", { HELLO_VERIFY, 5, END } },
    { "HelloVerifyRequest 100", { HELLO_VERIFY, 100, END } },
    { "ServerHello 0", { SERVER_HELLO, 0, END } },
    { "ServerHello 1", { SERVER_HELLO, 1, END } },
    { "ServerHello 0, ServerKeyExchange", { SERVER_HELLO, 0, SERVER_KEY, 1, END } },
    { "ServerHello 1, ServerKeyExchange", { SERVER_HELLO, 1, SERVER_KEY, 2, END } },
    { "ServerHello 0, ServerHelloDone", { SERVER_HELLO, 0, HELLO_DONE, 1, END } },
    { "ServerHello 1, ServerHelloDone", { SERVER_HELLO, 1, HELLO_DONE, 2, END } },
    { "ServerHello 0, ServerHelloDone, ChangeCipherSpec", { SERVER_HELLO, 0, HELLO_DONE, 1, CCS, END } },
    { "ServerHello 1, ServerHelloDone, ChangeCipherSpec", { SERVER_HELLO, 1, HELLO_DONE, 2, CCS, END } },
    { "ChangeCipherSpec", { CCS, END } },
    { "alert", { ALERT, END } },
};
enum { N_FORGERIES = sizeof forgeries / sizeof forgeries[0] };

static size_t forge_record(uint8_t *at, unsigned type, unsigned number, const uint8_t *body, size_t len)
{
    const uint8_t header[13] = { (uint8_t)type, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, (uint8_t)number, 0, (uint8_t)len };
    memcpy(at, header, sizeof header);
    memcpy(at + sizeof header, body, len);
    return sizeof header + len;
}

static size_t forge_message(uint8_t *at, unsigned type, unsigned seq, unsigned number)
{
    static const uint8_t verify[19] = { 0xFE, 0xFF, 16, 1, 2, 3 }, key[2] = { 0 };
    /* CCM_8, extended_master_secret, renegotiation_info */
    static const uint8_t hello[49] = { 0xFE, 0xFD, [2] = 7, [35] = 0xC0, [36] = 0xA8, [39] = 9, [41] = 0x17,
                                       [44] = 0xFF, [45] = 1, [47] = 1 };
    uint8_t text[12 + 64] = { (uint8_t)type };
    const uint8_t *body = type == HELLO_VERIFY ? verify : type == SERVER_HELLO ? hello : key;
    size_t len = type == HELLO_VERIFY ? sizeof verify : type == SERVER_HELLO ? sizeof hello
               : type == SERVER_KEY ? sizeof key : 0;
    text[3] = text[11] = (uint8_t)len;
    text[5] = (uint8_t)seq;
    memcpy(text + 12, body, len);
    return forge_record(at, 22, number, text, 12 + len);
}

static size_t forge(uint8_t *at, const uint8_t *what)
{
    static const uint8_t change[1] = { 1 }, fatal[2] = { 2, 40 };
    size_t n = 0;
    for (unsigned number = 0; *what != END; number++) {
        if (*what == CCS)
            n += forge_record(at + n, 20, number, change, 1);
        else if (*what == ALERT)
            n += forge_record(at + n, 21, number, fatal, 2);
        else {
            n += forge_message(at + n, what[0], what[1], number);
            what++;
        }
        what++;
    }
    return n;
}

START_TEST(one_forged_datagram_never_ends_a_connect)
{
    const struct forgery *f = &forgeries[_i];
    uint8_t bytes[512];
    size_t n = forge(bytes, f->what);
    for (uint32_t delay = 1; delay <= 61; delay += 5) {
        struct pair p = net_pair(1);
        net_pair_up(&p);
        net_connect(p.client, &p.server->address);
        net_inject(p.net, &p.server->address, &p.client->address, bytes, n, delay);
        ck_assert_msg(net_meet(p.net, p.client, p.server, 20000), "%s after %u ms", f->name, (unsigned)delay);
        net_free(p.net);
    }
}
END_TEST

/* A ServerHello as ours is taken, so the rows above do test what they say. */
START_TEST(the_forged_server_hello_is_a_good_one)
{
    struct pair p = net_pair(1);
    uint8_t bytes[512];
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    net_inject(p.net, &p.server->address, &p.client->address, bytes, forge(bytes, forgeries[5].what), 1);
    net_run(p.net, 5);
    ck_assert(hs_is_answered(&p.client->ep.handshakes[0]));
    net_free(p.net);
}
END_TEST

START_TEST(without_entropy_nobody_loses_a_workspace_to_a_newcomer)
{
    struct hand h;
    struct peer12 other;
    hand_new(&h, LOCKET_SERVER, 1);
    net_up(h.node, 2, 1);
    p12_until(&h.p, M_CLIENT_KEY);
    net_run(h.net, 2500);                          /* beyond patience */
    p12_client(&other, h.net, 77, &h.node->address);
    p12_send(&other, M_CLIENT_HELLO);
    ck_assert(p12_take(&other, M_HELLO_VERIFY));
    h.node->ep.rng.requests = 1u << 20;            /* a reseeding is due */
    entropy_fail(true);
    p12_send(&other, M_CLIENT_HELLO);
    entropy_fail(false);
    ck_assert_uint_eq(locket_drops(&h.node->ep, LOCKET_DROP_ENTROPY), 1);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_FAILED], 0);
    ck_assert_uint_eq(h.node->ep.handshakes[0].state, WORKSPACE_RUNNING);
    net_free(h.net);
}
END_TEST

START_TEST(who_loses_a_workspace_is_named_by_its_handle)
{
    struct hand h;
    struct peer12 other;
    hand_new(&h, LOCKET_SERVER, 1);
    net_up(h.node, 2, 1);
    p12_until(&h.p, M_CCS);                        /* its key was looked up */
    uint32_t handle = h.node->ep.handshakes[0].session.handle;
    net_run(h.net, 2500);
    p12_client(&other, h.net, 77, &h.node->address);
    p12_until(&other, M_CLIENT_KEY);
    const struct net_event *e = net_last(h.node, LOCKET_FAILED);
    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(e->reason, LOCKET_ERR_EVICTED);
    ck_assert_uint_ne(handle, 0);
    ck_assert_uint_eq(e->handle, handle);
    net_free(h.net);
}
END_TEST

START_TEST(no_key_is_exported_of_no_bytes)
{
    struct pair p = net_connected(1);
    uint8_t out[1];
    ck_assert_int_ne(locket_export(&p.client->ep, p.client->live, "EXPERIMENTAL", NULL, 0, out, 0), LOCKET_OK);
    net_free(p.net);
}
END_TEST

Suite *test_forged(void)
{
    Suite *s = suite_create("forged");
    TCase *t = tcase_create("one datagram");
    tcase_add_loop_test(t, one_forged_datagram_never_ends_a_connect, 0, N_FORGERIES);
    tcase_add_test(t, the_forged_server_hello_is_a_good_one);
    suite_add_tcase(s, t);
    t = tcase_create("those who were there");
    tcase_add_test(t, without_entropy_nobody_loses_a_workspace_to_a_newcomer);
    tcase_add_test(t, who_loses_a_workspace_is_named_by_its_handle);
    tcase_add_test(t, no_key_is_exported_of_no_bytes);
    suite_add_tcase(s, t);
    return s;
}
