/* SPDX-License-Identifier: Apache-2.0
 *
 * test_hello.c -- what our server says to every kind of ClientHello, and our client to
 * every kind of ServerHello: versions, suites, extensions, the signals of
 * extended master secret (RFC 7627) and renegotiation (RFC 5746). */
#include <check.h>
#include <string.h>

#include "peer12.h"

Suite *test_hello(void);

static void set_extensions(struct peer12 *p, const char *bytes, size_t n)
{
    memcpy(p->extensions, bytes, n);
    p->extensions_len = n;
}

/* What is wrong with the hello, and the alert for it; 0: nothing is wrong. */
static void ch_old(struct peer12 *p)         { p->version = 0xFEFF; }
static void ch_tls(struct peer12 *p)         { p->version = 0x0303; }
static void ch_newer(struct peer12 *p)       { p->version = 0xFEFC; }
static void ch_trail(struct peer12 *p)       { p->trail_len = 1; }
static void ch_plain(struct peer12 *p)       { p->no_extensions = true; }
static void ch_no_ems(struct peer12 *p)      { set_extensions(p, "\377\1\0\1\0", 5); }
static void ch_ems_full(struct peer12 *p)    { set_extensions(p, "\0\27\0\1\0", 5); }
static void ch_ems_twice(struct peer12 *p)   { set_extensions(p, "\0\27\0\0\0\27\0\0", 8); }
static void ch_ri(struct peer12 *p)          { set_extensions(p, "\0\27\0\0\377\1\0\1\0", 9); p->suites_len = 2; }
static void ch_ri_full(struct peer12 *p)     { set_extensions(p, "\0\27\0\0\377\1\0\2\1\7", 10); }
static void ch_ri_short(struct peer12 *p)    { set_extensions(p, "\0\27\0\0\377\1\0\0", 8); }
static void ch_ext_cut(struct peer12 *p)     { set_extensions(p, "\0\27\0\0\0\12\0\5\0", 9); }
static void ch_ext_stub(struct peer12 *p)    { set_extensions(p, "\0\27\0\0\0", 5); }
static void ch_grease(struct peer12 *p)
{
    set_extensions(p, "\12\12\0\3abc\0\27\0\0\0\15\0\4\0\2\4\3\372\372\0\0", 23);
    memcpy(p->suites, "\12\12\377\377\300\250\0\377\32\32", 10);
    p->suites_len = 10;
}
static void ch_foreign(struct peer12 *p)     { memcpy(p->suites, "\0\57\0\377", 4); }
static void ch_scsv(struct peer12 *p)        { memcpy(p->suites, "\0\377\126\0", 4); }
static void ch_null_suite(struct peer12 *p)  { memcpy(p->suites, "\0\0\0\377", 4); }
static void ch_compress(struct peer12 *p)    { p->compression[0] = 1; }
static void ch_compress2(struct peer12 *p)   { p->compression[0] = 1; p->compression[1] = 0; p->compression_len = 2; }
static void ch_session(struct peer12 *p)     { p->session_id_len = 32; memset(p->session_id, 5, 32); }
static void ch_record_old(struct peer12 *p)  { p->record_version = 0xFEFF; }

static const struct hello_row { const char *name; void (*spoil)(struct peer12 *); int alert; } hellos[] = {
    { "version 1.0", ch_old, 70 },           { "a TLS version", ch_tls, -2 },
    { "a newer version", ch_newer, 0 },      { "a byte behind", ch_trail, 50 },
    { "no extensions", ch_plain, 40 },       { "no EMS", ch_no_ems, 40 },
    { "EMS with contents", ch_ems_full, 50 }, { "EMS twice", ch_ems_twice, -1 },
    { "renegotiation_info", ch_ri, 0 },      { "a renegotiation", ch_ri_full, 40 },
    { "RI without its byte", ch_ri_short, -1 }, { "a cut extension", ch_ext_cut, 50 },
    { "half an extension", ch_ext_stub, 50 }, { "GREASE", ch_grease, 0 },
    { "no suite of ours", ch_foreign, 40 },  { "signals for suites", ch_scsv, 40 },
    { "the null suite", ch_null_suite, 40 }, { "no null compression", ch_compress, -1 },
    { "compression too", ch_compress2, 0 },  { "a session id", ch_session, 0 },
    { "records marked 1.0", ch_record_old, 0 }
};

/* alert -1: any; -2: any, or accepted (TLS numbers are larger than every DTLS version's) */
static void server_takes_hello(const struct hello_row *row, bool legacy)
{
    struct hand h;
    hand_new(&h, LOCKET_SERVER, 22);
    h.node->config.legacy = legacy;
    hand_up(&h);
    row->spoil(&h.p);
    p12_send(&h.p, M_CLIENT_HELLO);
    ck_assert_msg(p12_take(&h.p, M_HELLO_VERIFY), "%s: no HelloVerifyRequest", row->name);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_FAILED], 0);
    p12_send(&h.p, M_CLIENT_HELLO);
    if (row->alert == 0) {
        ck_assert_msg(p12_take(&h.p, M_SERVER_HELLO), "%s: no ServerHello", row->name);
        ck_assert_uint_eq(h.p.message[0] << 8 | h.p.message[1], 0xFEFD);
        ck_assert(p12_take(&h.p, M_HELLO_DONE));
    } else if (row->alert != -2) {
        int a = p12_alert_taken(&h.p);
        ck_assert_msg(a >> 8 == 2, "%s: no fatal alert", row->name);
        ck_assert_msg(row->alert < 0 || (a & 255) == row->alert, "%s: alert %d", row->name, a & 255);
        ck_assert_int_eq(p12_alert_taken(&h.p), -1);
        const struct net_event *e = net_last(h.node, LOCKET_FAILED);
        ck_assert_msg(e && e->reason == (a & 255), "%s: no FAILED", row->name);
        ck_assert(net_same(&e->peer, &h.p.me));
        /* the only workspace is free again */
        struct peer12 other;
        p12_client(&other, h.net, 10, &h.node->address);
        ck_assert_msg(p12_finish(&other), "%s: the workspace is not free", row->name);
    }
    net_free(h.net);
}

START_TEST(our_server_judges_a_client_hello) { server_takes_hello(&hellos[_i], false); }
END_TEST

START_TEST(a_knob_admits_clients_without_extended_master_secret)
{
    struct hand h;
    hand_new(&h, LOCKET_SERVER, 23);
    h.node->config.legacy = true;
    hand_up(&h);
    (_i ? ch_no_ems : ch_plain)(&h.p);
    h.p.ems = false;
    ck_assert(p12_finish(&h.p));
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    net_free(h.net);
}
END_TEST

START_TEST(a_client_that_signals_nothing_gets_no_renegotiation_info)
{
    struct hand h;
    hand_new(&h, LOCKET_SERVER, 24);
    h.node->config.legacy = true;
    hand_up(&h);
    h.p.suites_len = 2;
    p12_send(&h.p, M_CLIENT_HELLO);
    ck_assert(p12_take(&h.p, M_HELLO_VERIFY));
    p12_send(&h.p, M_CLIENT_HELLO);
    ck_assert(p12_take(&h.p, M_SERVER_HELLO));
    ck_assert_uint_eq(h.p.message_len, 38 + 2 + 4);     /* EMS alone: RFC 5746 section 3.6 */
    net_free(h.net);
}
END_TEST

static void sh_old(struct peer12 *p)       { p->version = 0xFEFF; }
static void sh_newer(struct peer12 *p)     { p->version = 0xFEFC; }
static void sh_suite(struct peer12 *p)     { p->suite = 0xC0A5; }
static void sh_scsv(struct peer12 *p)      { p->suite = 0x00FF; }
static void sh_compress(struct peer12 *p)  { p->compression[0] = 1; }
static void sh_plain(struct peer12 *p)     { p->no_extensions = true; }
static void sh_no_ems(struct peer12 *p)    { set_extensions(p, "\377\1\0\1\0", 5); }
static void sh_no_ri(struct peer12 *p)     { set_extensions(p, "\0\27\0\0", 4); }
static void sh_ri_full(struct peer12 *p)   { set_extensions(p, "\0\27\0\0\377\1\0\2\1\7", 10); }
static void sh_ems_full(struct peer12 *p)  { set_extensions(p, "\0\27\0\1\0\377\1\0\1\0", 10); }
static void sh_twice(struct peer12 *p)     { set_extensions(p, "\0\27\0\0\377\1\0\1\0\0\27\0\0", 13); }
static void sh_unasked(struct peer12 *p)   { set_extensions(p, "\0\27\0\0\377\1\0\1\0\0\43\0\0", 13); }
static void sh_trail(struct peer12 *p)     { p->trail_len = 1; }
static void sh_cut(struct peer12 *p)       { set_extensions(p, "\0\27\0\0\377\1\0\1", 8); }
static void sh_session(struct peer12 *p)   { p->session_id_len = 32; }
static void sh_verify(struct peer12 *p)    { p->verify_version = 0xFEFD; }
static void sh_record(struct peer12 *p)    { p->record_version = 0xFEFF; }
static void sh_sentinel(struct peer12 *p)  { memcpy(p->server_random + 24, "DOWNGRD\1", 8); }

static const struct hello_row answers[] = {
    { "version 1.0", sh_old, 70 },         { "version 1.3", sh_newer, 70 },
    { "a suite not offered", sh_suite, 47 }, { "a signal as suite", sh_scsv, 47 },
    { "compression", sh_compress, 47 },    { "no extensions", sh_plain, 40 },
    { "no EMS", sh_no_ems, 40 },           { "no renegotiation_info", sh_no_ri, 40 },
    { "a renegotiation", sh_ri_full, 40 }, { "EMS with contents", sh_ems_full, 50 },
    { "EMS twice", sh_twice, -1 },         { "an extension not asked for", sh_unasked, 110 },
    { "a byte behind", sh_trail, 50 },     { "a cut extension", sh_cut, 50 },
    { "a session id", sh_session, 0 },     { "HelloVerifyRequest 1.2", sh_verify, 0 },
    { "records marked 1.0", sh_record, 0 }, { "a 1.3 server's sentinel", sh_sentinel, 0 }
};

START_TEST(our_client_judges_a_server_hello)
{
    const struct hello_row *row = &answers[_i];
    struct hand h;
    hand_new(&h, LOCKET_CLIENT, 28);
    h.node->config.deadline = 3000;
    hand_up(&h);
    row->spoil(&h.p);
    if (row->alert == 0) {
        ck_assert_msg(p12_finish(&h.p), "%s", row->name);
        ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    } else {
        ck_assert(p12_until(&h.p, M_SERVER_HELLO));
        p12_send(&h.p, M_SERVER_HELLO);
        p12_send(&h.p, M_HELLO_DONE);
        while (p12_next(&h.p))
            ck_assert_msg(h.p.record.type == 21, "%s: the client goes on", row->name);
        ck_assert_uint_eq(h.node->n_kind[LOCKET_CLOSED], 0);     /* only the attempt has failed */
        net_run(h.net, 4000);
        const struct net_event *e = net_last(h.node, LOCKET_CLOSED);
        ck_assert_msg(e != NULL, "%s: no end", row->name);
        ck_assert_msg(e->reason == row->alert || (row->alert < 0 && e->reason > 0 && e->reason < 256),
                      "%s: reason %d", row->name, e->reason);
        ck_assert_uint_eq(h.node->n_lookups, 0);
    }
    net_free(h.net);
}
END_TEST

/* RFC 5246 section 7.2.2 wants it said; nobody vouches for a ServerHello, so once an attempt. */
START_TEST(a_spoilt_server_hello_draws_one_alert)
{
    struct hand h;
    hand_new(&h, LOCKET_CLIENT, 28);
    hand_up(&h);
    sh_compress(&h.p);
    ck_assert(p12_until(&h.p, M_SERVER_HELLO));
    p12_send(&h.p, M_SERVER_HELLO);
    ck_assert_int_eq(p12_alert_taken(&h.p), 2 << 8 | 47);
    p12_send(&h.p, M_SERVER_HELLO);
    ck_assert_int_eq(p12_alert_taken(&h.p), -1);
    net_free(h.net);
}
END_TEST

START_TEST(a_failed_attempt_begins_anew_with_another_random_and_can_succeed)
{
    struct hand h;
    hand_new(&h, LOCKET_CLIENT, 29);
    hand_up(&h);
    sh_compress(&h.p);
    ck_assert(p12_until(&h.p, M_SERVER_HELLO));
    uint8_t before[32];
    memcpy(before, h.p.client_random, 32);
    p12_send(&h.p, M_SERVER_HELLO);
    p12_reboot(&h.p);
    net_run(h.net, 1500);
    h.p.compression[0] = 0;
    ck_assert(p12_finish(&h.p));
    ck_assert_mem_ne(before, h.p.client_random, 32);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    net_free(h.net);
}
END_TEST

START_TEST(a_knob_admits_servers_without_extended_master_secret_or_renegotiation_info)
{
    struct hand h;
    hand_new(&h, LOCKET_CLIENT, 30);
    h.node->config.legacy = true;
    hand_up(&h);
    h.p.ems = false;
    (_i ? sh_no_ems : sh_plain)(&h.p);
    ck_assert(p12_finish(&h.p));
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    net_free(h.net);
}
END_TEST

Suite *test_hello(void)
{
    Suite *s = suite_create("hello");
    TCase *t = tcase_create("hello");
    tcase_add_loop_test(t, our_server_judges_a_client_hello, 0, (int)(sizeof hellos / sizeof hellos[0]));
    tcase_add_loop_test(t, a_knob_admits_clients_without_extended_master_secret, 0, 2);
    tcase_add_test(t, a_client_that_signals_nothing_gets_no_renegotiation_info);
    tcase_add_loop_test(t, our_client_judges_a_server_hello, 0, (int)(sizeof answers / sizeof answers[0]));
    tcase_add_test(t, a_spoilt_server_hello_draws_one_alert);
    tcase_add_test(t, a_failed_attempt_begins_anew_with_another_random_and_can_succeed);
    tcase_add_loop_test(t, a_knob_admits_servers_without_extended_master_secret_or_renegotiation_info, 0, 2);
    suite_add_tcase(s, t);
    return s;
}
