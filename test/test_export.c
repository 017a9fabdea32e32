/* SPDX-License-Identifier: Apache-2.0
 *
 * test_export.c -- keying material for the application (RFC 5705) and the key log
 * for Wireshark. The vector of the PRF itself is in the tests of the crypto. */
#include <check.h>
#include <string.h>

#include "prf.h"
#include "peer12.h"

Suite *test_export(void);

/* What one side exports during its CONNECTED event. */
struct exported {
    uint8_t none[32], empty[32], context[32], other[32], longer[100];
    locket_error errors, late;
};

static void export_all(struct net_node *n, const locket_event *e)
{
    struct exported *x = n->user;
    const locket_endpoint *ep = &n->ep;
    if (e->kind != LOCKET_CONNECTED)
        return;
    x->errors = locket_export(ep, e->session, "EXPERIMENTAL-test", NULL, 0, x->none, 32);
    x->errors |= locket_export(ep, e->session, "EXPERIMENTAL-test", (const uint8_t *)"", 0, x->empty, 32);
    x->errors |= locket_export(ep, e->session, "EXPERIMENTAL-test", (const uint8_t *)"\1\2", 2, x->context, 32);
    x->errors |= locket_export(ep, e->session, "EXPERIMENTAL-tess", NULL, 0, x->other, 32);
    x->errors |= locket_export(ep, e->session, "EXPERIMENTAL-test", NULL, 0, x->longer, 100);
}

START_TEST(both_ends_export_the_same_and_differently_per_label_and_context)
{
    struct pair p = net_pair(1);
    struct exported c, s;
    p.client->user = &c;
    p.server->user = &s;
    p.client->hook = p.server->hook = export_all;
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    ck_assert_int_eq(c.errors, LOCKET_OK);
    ck_assert_int_eq(s.errors, LOCKET_OK);
    ck_assert_mem_eq(c.none, s.none, 32);
    ck_assert_mem_eq(c.empty, s.empty, 32);
    ck_assert_mem_eq(c.context, s.context, 32);
    ck_assert_mem_eq(c.other, s.other, 32);
    ck_assert_mem_eq(c.longer, s.longer, 100);
    ck_assert_mem_eq(c.longer, c.none, 32);
    ck_assert_mem_ne(c.none, c.empty, 32);
    ck_assert_mem_ne(c.none, c.context, 32);
    ck_assert_mem_ne(c.empty, c.context, 32);
    ck_assert_mem_ne(c.none, c.other, 32);
    net_run(p.net, 100);
    uint8_t out[32];
    ck_assert_int_eq(locket_export(&p.client->ep, p.client->live, "EXPERIMENTAL-test", NULL, 0, out, 32),
                     LOCKET_ERR_LATE);
    ck_assert_int_eq(locket_export(&p.server->ep, p.server->live, "EXPERIMENTAL-test", NULL, 0, out, 32),
                     LOCKET_ERR_LATE);
    net_free(p.net);
}
END_TEST

/* RFC 5705 section 4, from the master secret that the hand-played peer computed. */
START_TEST(the_exporter_is_that_of_the_rfc)
{
    struct hand h;
    struct exported x;
    uint8_t seed[64], want[100], with[70];
    hand_new(&h, _i ? LOCKET_CLIENT : LOCKET_SERVER, 2);
    h.node->user = &x;
    h.node->hook = export_all;
    hand_up(&h);
    ck_assert(p12_finish(&h.p));
    ck_assert_int_eq(x.errors, LOCKET_OK);
    memcpy(seed, h.p.client_random, 32);
    memcpy(seed + 32, h.p.server_random, 32);
    prf(h.p.master, 48, "EXPERIMENTAL-test", seed, 64, NULL, 0, want, 100);
    ck_assert_mem_eq(x.longer, want, 100);
    memcpy(with, seed, 64);
    memcpy(with + 64, "\0\2\1\2", 4);
    prf(h.p.master, 48, "EXPERIMENTAL-test", with, 68, NULL, 0, want, 32);
    ck_assert_mem_eq(x.context, want, 32);
    prf(h.p.master, 48, "EXPERIMENTAL-test", seed, 64, "\0", 2, want, 32);
    ck_assert_mem_eq(x.empty, want, 32);
    net_free(h.net);
}
END_TEST

/* RFC 7627 section 5.4 */
START_TEST(without_extended_master_secret_there_is_no_exporting)
{
    struct hand h;
    struct exported x;
    hand_new(&h, _i ? LOCKET_CLIENT : LOCKET_SERVER, 3);
    h.node->config.legacy = true;
    h.node->user = &x;
    h.node->hook = export_all;
    h.p.no_extensions = true;
    h.p.ems = false;
    hand_up(&h);
    ck_assert(p12_finish(&h.p));
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    ck_assert_int_eq(x.errors, LOCKET_ERR_STATE);
    net_free(h.net);
}
END_TEST

START_TEST(the_key_log_has_one_line_per_handshake_with_the_true_secret)
{
    struct hand h;
    hand_new(&h, _i ? LOCKET_CLIENT : LOCKET_SERVER, 4);
    hand_up(&h);
    ck_assert(p12_finish(&h.p));
    ck_assert_uint_eq(h.node->n_keylogs, 1);
    ck_assert_str_eq(h.node->keylog_label, "CLIENT_RANDOM");
    ck_assert_mem_eq(h.node->keylog_random, h.p.client_random, 32);
    ck_assert_mem_eq(h.node->keylog_secret, h.p.master, 48);
    net_free(h.net);
}
END_TEST

START_TEST(without_a_callback_nothing_is_logged)
{
    struct pair p = net_pair(5);
    p.client->config.keylog = NULL;
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    ck_assert_uint_eq(p.client->n_keylogs, 0);
    ck_assert_uint_eq(p.server->n_keylogs, 1);
    net_free(p.net);
}
END_TEST

Suite *test_export(void)
{
    Suite *s = suite_create("export");
    TCase *t = tcase_create("export");
    tcase_add_test(t, both_ends_export_the_same_and_differently_per_label_and_context);
    tcase_add_loop_test(t, the_exporter_is_that_of_the_rfc, 0, 2);
    tcase_add_loop_test(t, without_extended_master_secret_there_is_no_exporting, 0, 2);
    tcase_add_loop_test(t, the_key_log_has_one_line_per_handshake_with_the_true_secret, 0, 2);
    tcase_add_test(t, without_a_callback_nothing_is_logged);
    suite_add_tcase(s, t);
    return s;
}
