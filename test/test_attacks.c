/* SPDX-License-Identifier: Apache-2.0
 *
 * test_attacks.c -- how stacks in this field were broken, and how they fail in the
 * field: one test per known fault, named for it. The other side is played by
 * peer12.c. Here are records, epochs, alerts and states; fragments and messages are
 * in test_fragments.c, peers and tables in test_peers.c.
 *
 * Shown by tests elsewhere:
 *   CVE-2026-2645, CVE-2020-24613, USENIX 2020 (JSSE)   out of order    test_language.c
 *   CVE-2015-0207, mbedtls#4478, botan#5792             cookies         test_cookie.c
 *   openssl#32063, tinydtls#46, #256                    mirrored numbers test_cookie.c
 *   Hazel#72, CVE-2022-2576, zephyr#64954, wolfssl#8224 full tables     test_endpoint.c
 *   openssl#19358, mbedtls#1909 (slow look-ups)                         test_psk.c
 *   openssl#8166 (a flight too big), pion#1099, mbedtls#5641            test_lossy.c, test_timers.c
 *   pion#479, botan#5696, openssl#32891 (lost last flight)              test_timers.c
 *   zephyr#46576 (close_notify costs a wake-up)                         test_alerts.c
 *   CVE-2013-0169 and other timing of secrets                           the constant-time test
 *   CVE-2013-6450 (state lost on a repetition)                          test_timers.c, test_lossy.c
 *   mbedtls#7549, libdatachannel#1520 (a ClientHello in fragments)      test_fragments.c
 *   tinydtls#95, RIOT#15842 (a rebooted peer locked out)                test_peers.c
 *   tinydtls#97 (as CVE-2021-42143), tinydtls#272, tinydtls#12          test_fragments.c, here
 *   CVE-2019-20786 (as GHSA-7gfg-6934-mqq2), CVE-2020-2655 (as JSSE)    here, test_language.c
 *   CVE-2026-34873, GHSA-qq3j-44gw-cf6r, cf#712 (resumption)             test_attacks_resume.c, _return.c
 *   CVE-2022-39368 (slots of failed handshakes)                         test_endpoint.c, test_attacks_resume.c
 *   ot#4130, RIOT#18724, openssl#31492 (nobody knows the RAM)           make budget
 *   mbedtls#1830 (examples that print errors)                           every example runs in the tests
 *   pion#343, RIOT#16963 (nobody sees why): drop counters here, key log in test_export.c
 *
 * Cannot apply, and why:
 *   CVE-2015-0206, CVE-2014-3505, CVE-2014-3513 (GHSA-mxph)   leaks and double frees: no heap
 *   CVE-2011-4108, CVE-2013-0169, CVE-2018-0497, CVE-2018-0498, CVE-2022-23408,
 *   CVE-2012-2333, CVE-2012-0050                  CBC: there are only AEAD suites
 *   CVE-2022-46393, zephyr#25935, libcoap#1472, pion#573, pion#1054   no connection IDs
 *   CVE-2021-42145, tinydtls#267, CVE-2024-5991, CVE-2026-5187, CVE-2026-5295,
 *   CVE-2022-25640, CVE-2024-45159, mbedtls#970, mbedtls#336   no certificates, no raw keys
 *   tinydtls#282, #244                            no elliptic curves
 *   CVE-2024-0901, GHSA-ww6v-6x26-hgfc, CVE-2026-5264, CVE-2023-3724, CVE-2026-25834,
 *   dimpl#146, openssl#32878, bc#2441, bc#1468, wolfssl#6366,
 *   openssl#32584 (its unified header)            DTLS 1.3
 *   pion#878 (KEM before the cookie)              no public keys; key look-ups: here
 *   CVE-2026-34877, CVE-2026-25835, esp-idf#4013  sessions are not saved; of a client's record, which
 *                                                 is: test_attacks_return.c
 *   RIOT#14452                                    the platform's entropy: locket_port.h */
#include <check.h>
#include <string.h>

#include "prf.h"
#include "peer12.h"
#include "session.h"

Suite *test_attacks(void);

static void session(struct hand *h, locket_role role)
{
    hand_new(h, role, 1);
    hand_up(h);
    ck_assert(p12_finish(&h->p));
    p12_skip(&h->p);
}

static locket_role role_of(int i) { return i & 1 ? LOCKET_CLIENT : LOCKET_SERVER; }

/* The session is there, both directions. */
static void alive(struct hand *h)
{
    unsigned before = h->node->n_kind[LOCKET_DATA];
    p12_sealed(&h->p, 23, "alive?", 6);
    ck_assert_uint_eq(h->node->n_kind[LOCKET_DATA], before + 1);
    ck_assert_ptr_nonnull(h->node->live);
    ck_assert_int_eq(net_say(h->node, h->node->live, "alive", 5), LOCKET_OK);
    ck_assert_uint_eq(h->node->n_kind[LOCKET_CLOSED], 0);
}

/* --- records, epochs, alerts ------------------------------------------------------------- */

START_TEST(cve_2020_24585_epoch_0_data_in_a_handshake_is_never_delivered)
{
    static const unsigned stops[2][3] = { { M_CLIENT_KEY, M_CCS, M_FINISHED },
                                          { M_SERVER_HELLO, M_HELLO_DONE, M_CCS } };
    for (int i = 0; i < 3; i++) {
        struct hand h;
        hand_new(&h, role_of(_i), 1);
        hand_up(&h);
        ck_assert(p12_until(&h.p, stops[_i][i]));
        p12_plain(&h.p, 23, "injected", 8);
        ck_assert_uint_eq(h.node->n_kind[LOCKET_DATA], 0);
        net_free(h.net);
    }
}
END_TEST

START_TEST(ghsa_7gfg_6934_mqq2_epoch_0_data_after_the_handshake_is_never_delivered)
{
    struct hand h;
    session(&h, role_of(_i));
    p12_plain(&h.p, 23, "injected", 8);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_DATA], 0);
    alive(&h);
    net_free(h.net);
}
END_TEST

START_TEST(cve_2026_75806_cve_2023_43615_records_shorter_than_nonce_and_tag_are_dropped)
{
    struct hand h;
    uint8_t body[40] = { 0 };
    session(&h, role_of(_i));
    for (size_t n = 0; n < 40; n++)
        for (unsigned type = 20; type <= 23; type++)
            p12_record(&h.p, type, 0xFEFD, 1, 1000 + n, body, n);
    ck_assert(!p12_next(&h.p));
    ck_assert_uint_ge(
        locket_drops(&h.node->ep, LOCKET_DROP_BAD_TAG) + locket_drops(&h.node->ep, LOCKET_DROP_MALFORMED), 1);
    alive(&h);
    net_free(h.net);
}
END_TEST

START_TEST(openssl_32622_plaintext_alert_in_keyed_epoch)
{
    struct hand h;
    session(&h, role_of(_i));
    for (unsigned epoch = 0; epoch <= 16; epoch++)
        for (unsigned level = 1; level <= 2; level++) {
            uint8_t alert[2] = { (uint8_t)level, level == 1 ? 0 : 40 };
            p12_record(&h.p, 21, 0xFEFD, epoch, 5, alert, 2);
        }
    ck_assert(!p12_next(&h.p));
    alive(&h);
    net_free(h.net);
}
END_TEST

START_TEST(openssl_32622_plaintext_alert_in_the_keyed_epoch_before_there_are_keys)
{
    struct hand h;
    hand_new(&h, role_of(_i), 1);
    hand_up(&h);
    ck_assert(p12_until(&h.p, h.p.server ? M_SERVER_HELLO : M_CLIENT_KEY));
    for (unsigned epoch = 1; epoch <= 16; epoch++)
        p12_record(&h.p, 21, 0xFEFD, epoch, 0, "\2\50", 2);
    if (h.p.server) {
        p12_send(&h.p, M_SERVER_HELLO);
        p12_send(&h.p, M_HELLO_DONE);
        ck_assert(p12_take(&h.p, M_CLIENT_KEY) && p12_take(&h.p, M_CCS) && p12_take(&h.p, M_FINISHED));
    } else {
        p12_send(&h.p, M_CLIENT_KEY);
    }
    p12_send(&h.p, M_CCS);
    p12_send(&h.p, M_FINISHED);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    net_free(h.net);
}
END_TEST

START_TEST(tinydtls_79_alert_for_an_unknown_epoch)
{
    struct hand h;
    session(&h, role_of(_i));
    p12_record(&h.p, 21, 0xFEFD, 2, 0, "\2\50", 2);
    p12_record(&h.p, 21, 0xFEFD, 65535, 0, "\2\50", 2);
    ck_assert_uint_eq(locket_drops(&h.node->ep, LOCKET_DROP_EPOCH), 2);
    alive(&h);
    net_free(h.net);
}
END_TEST

START_TEST(cve_2009_1377_records_of_future_epochs_are_not_hoarded)
{
    struct hand h;
    uint8_t body[200] = { 0 };
    hand_new(&h, LOCKET_SERVER, 1);
    hand_up(&h);
    ck_assert(p12_until(&h.p, M_CLIENT_KEY));
    for (unsigned i = 0; i < 500; i++)
        p12_record(&h.p, 22 + i % 2, 0xFEFD, 1 + i % 3, i, body, i % 200);
    p12_send(&h.p, M_CLIENT_KEY);
    p12_send(&h.p, M_CCS);
    p12_send(&h.p, M_FINISHED);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    net_free(h.net);
}
END_TEST

START_TEST(cve_2016_2181_dimpl_78_a_forged_number_does_not_move_the_window)
{
    struct hand h;
    uint8_t body[64] = { 0 };
    session(&h, role_of(_i));
    p12_record(&h.p, 23, 0xFEFD, 1, UINT64_C(0xFFFFFFFFFFFF), body, sizeof body);
    p12_record(&h.p, 23, 0xFEFD, 1, 1 << 20, body, sizeof body);
    p12_record(&h.p, 23, 0xFEFD, 1, h.p.keys.send & 0xFFFFFF, body, sizeof body);
    alive(&h);
    ck_assert_uint_eq(locket_drops(&h.node->ep, LOCKET_DROP_REPLAY), 0);
    net_free(h.net);
}
END_TEST

START_TEST(a_replayed_datagram_is_delivered_once)
{
    struct hand h;
    session(&h, role_of(_i));
    p12_hold(&h.p);
    p12_sealed(&h.p, 23, "pay 1 EUR", 9);
    for (int i = 0; i < 10; i++)
        net_inject(h.net, &h.p.me, &h.p.other, h.p.held, h.p.held_len, 0);
    net_run(h.net, 1);
    h.p.hold = false;
    ck_assert_uint_eq(h.node->n_kind[LOCKET_DATA], 1);
    ck_assert_uint_eq(locket_drops(&h.node->ep, LOCKET_DROP_REPLAY), 9);
    net_free(h.net);
}
END_TEST

START_TEST(cve_2021_42142_an_early_large_epoch_does_not_drop_good_packets)
{
    struct hand h;
    uint8_t body[64] = { 0 };
    hand_new(&h, LOCKET_SERVER, 1);
    hand_up(&h);
    p12_record(&h.p, 22, 0xFEFD, 65535, 1, body, sizeof body);
    p12_record(&h.p, 23, 0xFEFD, 256, 1, body, sizeof body);
    ck_assert(p12_until(&h.p, M_CLIENT_KEY));
    p12_record(&h.p, 22, 0xFEFD, 65535, 1, body, sizeof body);
    p12_send(&h.p, M_CLIENT_KEY);
    p12_record(&h.p, 22, 0xFEFD, 2, 1, body, sizeof body);
    p12_send(&h.p, M_CCS);
    p12_send(&h.p, M_FINISHED);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    net_free(h.net);
}
END_TEST

START_TEST(cve_2021_42141_tinydtls_13_mixed_epochs_never_finish)
{
    struct hand h;
    uint8_t verify[12], body[64];
    hand_new(&h, LOCKET_SERVER, 1);
    hand_up(&h);
    if (_i == 0) {                /* Finished in the clear, after ChangeCipherSpec */
        ck_assert(p12_until(&h.p, M_FINISHED));
        h.p.sealed = false;
        p12_send(&h.p, M_FINISHED);
    } else if (_i == 1) {         /* Finished in the clear, without it */
        ck_assert(p12_until(&h.p, M_CCS));
        p12_send(&h.p, M_FINISHED);
    } else if (_i == 2) {         /* Finished sealed, without it */
        ck_assert(p12_until(&h.p, M_CCS));
        h.p.sealed = true;
        p12_send(&h.p, M_FINISHED);
    } else {                      /* ClientKeyExchange sealed */
        ck_assert(p12_until(&h.p, M_CLIENT_KEY));
        size_t n = p12_client_key_body(&h.p, body);
        struct peer12 ahead = h.p;
        p12_hold(&ahead);
        p12_send(&ahead, M_CLIENT_KEY);      /* to know the keys */
        h.p.keys = ahead.keys;
        memcpy(h.p.master, ahead.master, 48);
        h.p.keyed = h.p.sealed = true;
        p12_message(&h.p, M_CLIENT_KEY, body, n);
        p12_plain(&h.p, 20, "\1", 1);
        p12_verify_data(&h.p, false, verify);
        p12_message(&h.p, M_FINISHED, verify, 12);
    }
    net_run(h.net, 100);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 0);
    net_free(h.net);
}
END_TEST

/* Every record of a server that repeats flights and talks: epochs 0 and 1 alone, no
 * number used twice in epoch 1, and the nonce is that number. */
START_TEST(cve_2021_42146_go_2026_4479_numbers_are_counters_and_never_used_twice)
{
    struct hand h;
    uint8_t verify[12], seen[256] = { 0 };
    hand_new(&h, LOCKET_SERVER, 1);
    hand_up(&h);
    ck_assert(p12_until(&h.p, M_FINISHED));
    p12_verify_data(&h.p, false, verify);
    unsigned seq = h.p.seq;
    p12_send(&h.p, M_FINISHED);
    for (int i = 0; i < 20; i++) {
        p12_fragment(&h.p, M_FINISHED, 12, seq, 0, 12, verify);
        ck_assert_int_eq(net_say(h.node, h.node->live, "x", 1), LOCKET_OK);
        p12_fragment(&h.p, M_CLIENT_HELLO, 0, 0, 0, 0, verify);
    }
    size_t count = 0;
    uint64_t clear = 0;           /* in epoch 0 they rise as well, from the ClientHello's on */
    for (size_t i = 0; i < h.net->n_log; i++) {
        struct net_record r;
        for (size_t at = 0; net_record(h.net->log[i], &at, &r);) {
            ck_assert_uint_le(r.epoch, 1);
            if (r.epoch == 0 && i > 0) {
                ck_assert_uint_gt(r.number, clear);
                clear = r.number;
            }
            if (r.epoch == 1) {
                ck_assert_uint_lt(r.number, 256);
                ck_assert(!seen[r.number]++);
                uint8_t nonce[8] = { 0, 1, 0, 0, 0, 0, 0, (uint8_t)r.number };
                ck_assert_mem_eq(r.body, nonce, 8);
                count++;
            }
        }
    }
    ck_assert_uint_ge(count, 41);
    net_free(h.net);
}
END_TEST

START_TEST(wolfssl_6368_plaintext_handshake_messages_with_an_arbitrary_epoch)
{
    static const unsigned epochs[] = { 1, 2, 3, 256, 65535 };
    struct hand h;
    uint8_t message[12 + 20] = { M_CLIENT_KEY, 0, 0, 17, 0, 2, 0, 0, 0, 0, 0, 17, 0, 15 };
    hand_new(&h, LOCKET_SERVER, 1);
    hand_up(&h);
    ck_assert(p12_until(&h.p, M_CLIENT_KEY));
    for (size_t i = 0; i < 5; i++)
        p12_record(&h.p, 22, 0xFEFD, epochs[i], 3, message, 29);
    ck_assert_uint_eq(h.node->n_lookups, 0);
    p12_send(&h.p, M_CLIENT_KEY);
    ck_assert_uint_eq(h.node->n_lookups, 1);
    net_free(h.net);
}
END_TEST

START_TEST(cve_2023_6937_messages_behind_a_key_change_in_one_record)
{
    struct hand h;                /* ClientKeyExchange and Finished in one plaintext record */
    uint8_t record[128], verify[12];
    hand_new(&h, LOCKET_SERVER, 1);
    hand_up(&h);
    ck_assert(p12_until(&h.p, M_CLIENT_KEY));
    p12_hold(&h.p);
    p12_send(&h.p, M_CLIENT_KEY);
    p12_verify_data(&h.p, false, verify);
    p12_message(&h.p, M_FINISHED, verify, 12);
    size_t key = 12 + 17, n = 0;
    memcpy(record, h.p.held + 13, n = key);
    memcpy(record + n, h.p.held + 13 + key + 13, 24);
    h.p.hold = false;
    p12_plain(&h.p, 22, record, n + 24);
    p12_plain(&h.p, 20, "\1", 1);
    p12_plain(&h.p, 22, record, n + 24);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 0);
    net_free(h.net);
}
END_TEST

START_TEST(cve_2014_2896_alerts_of_no_and_one_byte)
{
    struct hand h;
    hand_new(&h, role_of(_i), 1);
    hand_up(&h);
    ck_assert(p12_until(&h.p, h.p.server ? M_SERVER_HELLO : M_CLIENT_KEY));
    p12_plain(&h.p, 21, "", 0);
    p12_plain(&h.p, 21, "\2", 1);
    ck_assert_uint_eq(locket_drops(&h.node->ep, LOCKET_DROP_ALERT) + locket_drops(&h.node->ep, LOCKET_DROP_MALFORMED),
                      2);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CLOSED] + h.node->n_kind[LOCKET_FAILED], 0);
    net_free(h.net);
}
END_TEST

START_TEST(openssl_32584_more_than_65536_records)
{
    struct pair p = net_connected(1);
    uint8_t out[64];
    for (unsigned i = 0; i < 66000; i++) {
        size_t len;
        ck_assert_int_eq(locket_send(&p.client->ep, p.client->live, (const uint8_t *)"x", 1, out, sizeof out, &len),
                         LOCKET_OK);
        if (i % 1000 == 0 || (i > 65500 && i < 65600))
            net_inject(p.net, &p.client->address, &p.server->address, out, len, 0);
    }
    net_run(p.net, 1);
    ck_assert_uint_eq(p.server->n_kind[LOCKET_DATA], 66 + 99);
    net_free(p.net);
}
END_TEST

START_TEST(dimpl_115_a_bad_record_does_not_cost_its_neighbours)
{
    static const uint8_t bad[][20] = {
        { 23, 0xFE, 0xFD, 0, 1, 0, 0, 0, 0, 0, 99, 0, 7, 1, 2, 3, 4, 5, 6, 7 },  /* does not open */
        { 99, 0xFE, 0xFD, 0, 1, 0, 0, 0, 0, 0, 99, 0, 7, 1, 2, 3, 4, 5, 6, 7 },  /* no such type */
        { 23, 0x03, 0x03, 0, 1, 0, 0, 0, 0, 0, 99, 0, 7, 1, 2, 3, 4, 5, 6, 7 },  /* TLS */
        { 22, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 99, 0, 7, 1, 2, 3, 4, 5, 6, 7 },  /* no message */
        { 21, 0xFE, 0xFD, 0, 9, 0, 0, 0, 0, 0, 99, 0, 7, 1, 2, 3, 4, 5, 6, 7 }   /* no such epoch */
    };
    struct hand h;
    session(&h, role_of(_i));
    p12_hold(&h.p);
    for (size_t i = 0; i < 5; i++) {
        memcpy(h.p.held + h.p.held_len, bad[i], 20);
        h.p.held_len += 20;
        p12_sealed(&h.p, 23, "good", 4);
    }
    p12_go(&h.p);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_DATA], 5);
    net_free(h.net);
}
END_TEST

START_TEST(ten_to_the_five_forgeries_leave_a_session_alive)
{
    struct hand h;
    uint8_t body[30] = { 0 };
    session(&h, LOCKET_SERVER);
    for (unsigned i = 0; i < 100000; i++)
        p12_record(&h.p, 23, 0xFEFD, 1, 1000 + i, body, sizeof body);
    ck_assert_uint_eq(locket_drops(&h.node->ep, LOCKET_DROP_BAD_TAG), 100000);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_WEARING], 0);
    alive(&h);
    net_free(h.net);
}
END_TEST

/* --- the state machine ------------------------------------------------------------------------ */

START_TEST(cve_2009_1386_cve_2017_7243_change_cipher_spec_as_first_packet)
{
    struct hand h;
    hand_new(&h, role_of(_i), 1);
    hand_up(&h);
    for (int i = 0; i < 3; i++) {
        if (h.p.server)
            ck_assert(p12_next(&h.p) || i > 0);          /* where the client is */
        p12_plain(&h.p, 20, "\1", 1);
        p12_plain(&h.p, 20, "\2", 1);
        p12_plain(&h.p, 20, "\1\1", 2);
        p12_plain(&h.p, 20, "", 0);
    }
    net_run(h.net, 1000);         /* the client says its hello again */
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED] + h.node->n_kind[LOCKET_CLOSED], 0);
    p12_skip(&h.p);
    if (h.p.server) {
        h.p.at = h.net->n_log - 1;
        h.p.seq = 0;
    }
    ck_assert(p12_finish(&h.p));
    net_free(h.net);
}
END_TEST

START_TEST(cve_2014_0224_an_early_change_cipher_spec_switches_no_keys)
{
    struct hand h;
    uint8_t zero[48] = { 0 };
    hand_new(&h, LOCKET_SERVER, 1);
    hand_up(&h);
    ck_assert(p12_until(&h.p, M_CLIENT_KEY));
    p12_plain(&h.p, 20, "\1", 1);
    struct peer12 weak = h.p;     /* keys of an empty master secret */
    prf(zero, 48, "key expansion", weak.server_random, 32, weak.client_random, 32, zero, 40);
    memcpy(weak.keys.key[OURS], zero, 16);
    memcpy(weak.keys.salt[OURS], zero + 32, 4);
    session_start_epoch(&weak.keys);
    p12_sealed(&weak, 22, "\24\0\0\14\0\2\0\0\0\0\0\14aaaaaaaaaaaa", 24);
    p12_sealed(&weak, 23, "data", 4);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED] + h.node->n_kind[LOCKET_DATA], 0);
    p12_send(&h.p, M_CLIENT_KEY);
    p12_send(&h.p, M_CCS);
    p12_send(&h.p, M_FINISHED);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    net_free(h.net);
}
END_TEST

START_TEST(cve_2014_8176_data_between_change_cipher_spec_and_finished)
{
    struct hand h;
    hand_new(&h, role_of(_i), 1);
    hand_up(&h);
    ck_assert(p12_until(&h.p, h.p.server ? M_CCS : M_FINISHED));
    if (h.p.server)
        p12_send(&h.p, M_CCS);
    p12_sealed(&h.p, 23, "too early", 9);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_DATA], 0);
    ck_assert_uint_eq(locket_drops(&h.node->ep, LOCKET_DROP_EARLY), 1);
    p12_send(&h.p, M_FINISHED);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_DATA], 0);
    alive(&h);
    net_free(h.net);
}
END_TEST

START_TEST(cve_2024_5814_a_downgrade_to_a_suite_not_offered)
{
    static const uint16_t one[] = { 0x00A8 };
    struct hand h;
    hand_new(&h, LOCKET_CLIENT, 1);
    h.node->config.suites = one;
    h.node->config.n_suites = 1;
    h.node->config.deadline = 3000;
    h.p.suite = 0xC0A8;           /* compiled in, but not offered */
    hand_up(&h);
    ck_assert(!p12_finish(&h.p));
    net_run(h.net, 4000);
    ck_assert_int_eq(h.node->last_reason, 47);
    net_free(h.net);
}
END_TEST

START_TEST(cve_2020_11501_the_random_is_not_zero)
{
    static const uint8_t zero[28] = { 0 };
    struct pair p = net_connected(1);
    ck_assert_mem_ne(p.net->log[0]->bytes + 27 + 4, zero, 28);
    ck_assert_mem_ne(p.net->log[3]->bytes + 27 + 4, zero, 28);
    net_free(p.net);
}
END_TEST

/* RFC 9257 section 4.1 (Selfie): our own messages come back to us. */
START_TEST(selfie_a_client_does_not_talk_to_its_mirror)
{
    struct net *net = net_new(1, 0);
    struct net_node *c = net_node(net, LOCKET_CLIENT, 1, 1);
    net_up(c, 1, 1);
    locket_session *s = net_connect(c, &c->address);     /* every datagram comes back */
    ck_assert_ptr_nonnull(s);
    net_run(net, 100000);
    ck_assert_uint_eq(c->n_kind[LOCKET_CONNECTED], 0);
    ck_assert_uint_eq(c->n_kind[LOCKET_CLOSED], 1);
    net_free(net);
}
END_TEST

Suite *test_attacks(void)
{
    Suite *s = suite_create("attacks");
    TCase *t = tcase_create("records");
    tcase_add_loop_test(t, cve_2020_24585_epoch_0_data_in_a_handshake_is_never_delivered, 0, 2);
    tcase_add_loop_test(t, ghsa_7gfg_6934_mqq2_epoch_0_data_after_the_handshake_is_never_delivered, 0, 2);
    tcase_add_loop_test(t, cve_2026_75806_cve_2023_43615_records_shorter_than_nonce_and_tag_are_dropped, 0, 2);
    tcase_add_loop_test(t, openssl_32622_plaintext_alert_in_keyed_epoch, 0, 2);
    tcase_add_loop_test(t, openssl_32622_plaintext_alert_in_the_keyed_epoch_before_there_are_keys, 0, 2);
    tcase_add_loop_test(t, tinydtls_79_alert_for_an_unknown_epoch, 0, 2);
    tcase_add_test(t, cve_2009_1377_records_of_future_epochs_are_not_hoarded);
    tcase_add_loop_test(t, cve_2016_2181_dimpl_78_a_forged_number_does_not_move_the_window, 0, 2);
    tcase_add_loop_test(t, a_replayed_datagram_is_delivered_once, 0, 2);
    tcase_add_test(t, cve_2021_42142_an_early_large_epoch_does_not_drop_good_packets);
    tcase_add_loop_test(t, cve_2021_42141_tinydtls_13_mixed_epochs_never_finish, 0, 4);
    tcase_add_test(t, cve_2021_42146_go_2026_4479_numbers_are_counters_and_never_used_twice);
    tcase_add_test(t, wolfssl_6368_plaintext_handshake_messages_with_an_arbitrary_epoch);
    tcase_add_test(t, cve_2023_6937_messages_behind_a_key_change_in_one_record);
    tcase_add_loop_test(t, cve_2014_2896_alerts_of_no_and_one_byte, 0, 2);
    tcase_add_test(t, openssl_32584_more_than_65536_records);
    tcase_add_loop_test(t, dimpl_115_a_bad_record_does_not_cost_its_neighbours, 0, 2);
    tcase_add_test(t, ten_to_the_five_forgeries_leave_a_session_alive);
    suite_add_tcase(s, t);
    t = tcase_create("states");
    tcase_add_loop_test(t, cve_2009_1386_cve_2017_7243_change_cipher_spec_as_first_packet, 0, 2);
    tcase_add_test(t, cve_2014_0224_an_early_change_cipher_spec_switches_no_keys);
    tcase_add_loop_test(t, cve_2014_8176_data_between_change_cipher_spec_and_finished, 0, 2);
    tcase_add_test(t, cve_2024_5814_a_downgrade_to_a_suite_not_offered);
    tcase_add_test(t, cve_2020_11501_the_random_is_not_zero);
    tcase_add_test(t, selfie_a_client_does_not_talk_to_its_mirror);
    suite_add_tcase(s, t);
    return s;
}
