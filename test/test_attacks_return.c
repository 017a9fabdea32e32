/* SPDX-License-Identifier: Apache-2.0
 *
 * test_attacks_return.c -- attacks on a client that comes back: a server, or somebody on the
 * way, that resumes what was not offered, or with other terms; tickets that were not announced,
 * come twice, are empty, or too long; forged messages in the short time before the server has
 * proven its key; a record that was damaged in the client's own memory. */
#include <check.h>
#include <string.h>

#include "peer12.h"

Suite *test_attacks_return(void);

enum { X_TICKET = 35, ALONE = 3000 };

/* A server's side as far as its ServerHello. */
static void greeted(struct peer12 *p)
{
    ck_assert(p12_take(p, M_CLIENT_HELLO));
    p12_send(p, M_HELLO_VERIFY);
    ck_assert(p12_take(p, M_CLIENT_HELLO));
    p12_send(p, M_SERVER_HELLO);
}

static void client(struct hand *h, uint64_t seed, bool tickets)
{
    hand_new(h, LOCKET_CLIENT, seed);
    h->node->comes_back = true;
    h->node->config.tickets = tickets;
    h->node->config.deadline = ALONE;
}

/* Our client has a session with this server, by ID or ticket, and has begun to come back. */
static void coming(struct hand *h, uint64_t seed, bool tickets)
{
    client(h, seed, tickets);
    if (tickets) {
        memset(h->p.ticket, 't', h->p.ticket_len = 40);
        p12_extend(&h->p, X_TICKET, "", 0);
        h->p.promised = true;
    } else {
        memset(h->p.session_id, 'i', h->p.session_id_len = 20);
    }
    hand_up(h);
    greeted(&h->p);
    ck_assert(p12_full(&h->p));
    ck_assert_uint_eq(h->node->n_kind[LOCKET_CONNECTED], 1);
    ck_assert_int_eq(h->node->remembered, LOCKET_OK);
    net_close(h->node, h->node->live);
    p12_reboot(&h->p);
    h->p.promised = false;
    h->p.extensions_len = 9;
    ck_assert_ptr_nonnull(net_connect(h->node, &h->p.me));
    ck_assert(p12_take(&h->p, M_CLIENT_HELLO));
}

static void resumes(struct hand *h)
{
    p12_send(&h->p, M_SERVER_HELLO);
    ck_assert(p12_abbreviated(&h->p));
    ck_assert_uint_eq(h->node->n_kind[LOCKET_CONNECTED], 2);
    ck_assert(locket_resumed(h->node->live));
}

/* This attempt came to nothing; the next offers nothing, and succeeds. */
static void another_attempt(struct hand *h)
{
    unsigned up = h->node->n_kind[LOCKET_CONNECTED];
    net_run(h->net, 1100);
    ck_assert_uint_eq(h->node->n_kind[LOCKET_CLOSED], 1);
    struct peer12 *p = &h->p;
    while (p->at < h->net->n_log && !(p12_next(p) && p->record.type == 22 && p->body[0] == 1 && p->body[5] == 0 &&
                                      memcmp(p->body + 14, p->client_random, 32) != 0))
        continue;
    ck_assert_uint_lt(p->at, h->net->n_log);
    p->record_at = 0;
    p->body_len = 0;
    p->seq = 0;
    p->promised = false;
    p->session_id_len = 0;
    p->extensions_len = 9;
    greeted(p);
    ck_assert_uint_eq(p->given_id_len, 0);
    ck_assert(p12_full(p));
    ck_assert_uint_eq(h->node->n_kind[LOCKET_CONNECTED], up + 1);
    ck_assert(!locket_resumed(h->node->live));
}

/* --- what the ServerHello says ------------------------------------------------------------- */

START_TEST(a_server_that_resumes_what_was_not_offered_is_not_believed)
{
    struct hand h;
    client(&h, 1, _i);
    memset(h.p.session_id, 'x', h.p.session_id_len = 8);
    hand_up(&h);
    greeted(&h.p);
    h.p.resumed = true;                           /* an abbreviated one, with a secret of zeros */
    p12_send(&h.p, M_CCS);
    p12_send(&h.p, M_FINISHED);
    p12_sealed(&h.p, 23, "open the valve", 14);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED] + h.node->n_kind[LOCKET_DATA], 0);
    net_run(h.net, ALONE);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 0);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CLOSED], 1);
    net_free(h.net);
}
END_TEST

/* CVE-2026-34873's other side. */
START_TEST(a_server_that_resumes_without_the_secret_is_not_believed)
{
    struct hand h;
    coming(&h, 2, _i);
    h.p.master[0] ^= 1;
    p12_send(&h.p, M_SERVER_HELLO);
    h.p.resumed = true;
    p12_send(&h.p, M_CCS);
    p12_send(&h.p, M_FINISHED);
    p12_sealed(&h.p, 23, "open the valve", 14);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_DATA], 0);
    another_attempt(&h);
    net_free(h.net);
}
END_TEST

START_TEST(ghsa_qq3j_44gw_cf6r_a_session_is_not_resumed_with_another_suite)
{
    struct hand h;
    coming(&h, 3, _i);
    h.p.suite = 0xC0A4;
    p12_send(&h.p, M_SERVER_HELLO);
    h.p.resumed = true;
    p12_send(&h.p, M_CCS);
    p12_send(&h.p, M_FINISHED);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    h.p.suite = 0xC0A8;
    another_attempt(&h);
    net_free(h.net);
}
END_TEST

/* RFC 7627 section 5.3, also where peers without it are admitted. */
START_TEST(a_session_is_not_resumed_without_extended_master_secret)
{
    struct hand h;
    uint8_t usual[9];
    coming(&h, 4, _i & 1);
    h.node->config.legacy = _i & 2;
    memcpy(usual, h.p.extensions, 9);
    memcpy(h.p.extensions, usual + 4, 5);
    h.p.extensions_len = 5;
    p12_send(&h.p, M_SERVER_HELLO);
    h.p.resumed = true;
    p12_send(&h.p, M_CCS);
    p12_send(&h.p, M_FINISHED);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    memcpy(h.p.extensions, usual, 9);
    another_attempt(&h);
    net_free(h.net);
}
END_TEST

/* --- NewSessionTicket ------------------------------------------------------------------------- */

enum ticket { NOT_ANNOUNCED, TWICE, BEFORE_DONE, MISSING, EMPTY, LONG, CUT, BODY_TOO_LONG, N_TICKETS };

/* Until the server has proven its key it is anybody who says that: the attempt is over, and
 * another begins. */
START_TEST(a_ticket_in_the_wrong_place_or_form_is_refused)
{
    struct hand h;
    uint8_t body[1100] = { 0 };
    client(&h, 5, true);
    memset(h.p.ticket, 't', h.p.ticket_len = 40);
    if (_i != NOT_ANNOUNCED)
        p12_extend(&h.p, X_TICKET, "", 0);
    hand_up(&h);
    greeted(&h.p);
    if (_i == BEFORE_DONE)
        p12_send(&h.p, M_NEW_TICKET);
    p12_send(&h.p, M_HELLO_DONE);
    if (_i != BEFORE_DONE)
        ck_assert(p12_take(&h.p, M_CLIENT_KEY) && p12_take(&h.p, M_CCS) && p12_take(&h.p, M_FINISHED));
    if (_i == CUT || _i == BODY_TOO_LONG) {
        body[5] = 40;
        p12_message(&h.p, M_NEW_TICKET, body, _i == CUT ? 5 : 6 + 41);
    } else if (_i != MISSING && _i != BEFORE_DONE) {
        h.p.ticket_len = _i == EMPTY ? 0 : h.p.ticket_len;
        if (_i == LONG) {
            body[4] = 1000 >> 8;
            body[5] = 1000 & 255;
            p12_message(&h.p, M_NEW_TICKET, body, 6 + 1000);
        } else {
            p12_send(&h.p, M_NEW_TICKET);
        }
    }
    if (_i == TWICE)
        p12_send(&h.p, M_NEW_TICKET);
    if (_i != BEFORE_DONE) {
        p12_send(&h.p, M_CCS);
        p12_send(&h.p, M_FINISHED);
    }
    bool good = _i == EMPTY || _i == LONG;
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], good);
    if (good)
        ck_assert_int_eq(h.node->remembered, LOCKET_ERR_NO_WAY_BACK);
    net_run(h.net, ALONE);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CLOSED], !good);
    net_free(h.net);
}
END_TEST

/* It finds no room, but the hash has to have it: piece by piece, in order, whatever comes twice,
 * overlaps or comes too soon. */
START_TEST(a_ticket_of_16384_bytes_is_hashed_and_not_kept)
{
    struct hand h;
    static uint8_t body[16384] = { 0, 0, 0, 0, 0x3F, 0xFA };
    uint8_t header[12] = { M_NEW_TICKET, 0, 0x40, 0, 0, 0, 0, 0, 0, 0, 0x40, 0 };
    client(&h, 6, true);
    p12_extend(&h.p, X_TICKET, "", 0);
    hand_up(&h);
    greeted(&h.p);
    p12_send(&h.p, M_HELLO_DONE);
    ck_assert(p12_take(&h.p, M_CLIENT_KEY) && p12_take(&h.p, M_CCS) && p12_take(&h.p, M_FINISHED));
    for (size_t i = 6; i < sizeof body; i++)
        body[i] = (uint8_t)(i * 7);
    header[5] = (uint8_t)h.p.seq;
    sha256_add(&h.p.transcript, header, sizeof header);
    sha256_add(&h.p.transcript, body, sizeof body);
    p12_fragment(&h.p, M_NEW_TICKET, sizeof body, h.p.seq, 2048, 1024, body + 2048);
    for (size_t at = 0; at < sizeof body; at += 1024) {
        size_t from = at && _i ? at - 100 : at;
        p12_fragment(&h.p, M_NEW_TICKET, sizeof body, h.p.seq, from, at + 1024 - from, body + from);
        if (_i)
            p12_fragment(&h.p, M_NEW_TICKET, sizeof body, h.p.seq, from, at + 1024 - from, body + from);
    }
    h.p.seq++;
    p12_send(&h.p, M_CCS);
    p12_send(&h.p, M_FINISHED);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    ck_assert_int_eq(h.node->remembered, LOCKET_ERR_NO_WAY_BACK);
    ck_assert_uint_eq(locket_drops(&h.node->ep, LOCKET_DROP_TOO_LONG), 1);
    net_free(h.net);
}
END_TEST

START_TEST(a_ticket_after_finished_is_dropped)
{
    struct hand h;
    uint8_t old[LOCKET_RECORD_MAX];
    coming(&h, 7, _i & 1);
    resumes(&h);
    memcpy(old, h.node->record, h.node->record_len);
    h.p.ticket_len = 30;
    h.p.sealed = !(_i & 2);
    p12_send(&h.p, M_NEW_TICKET);
    ck_assert_uint_ge(locket_drops(&h.node->ep, LOCKET_DROP_UNEXPECTED), 1);
    ck_assert_mem_eq(old, h.node->record, h.node->record_len);
    p12_sealed(&h.p, 23, "data", 4);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_DATA], 1);
    net_free(h.net);
}
END_TEST

/* A ticket is in the clear: somebody else's comes before the server's. */
START_TEST(a_forged_ticket_costs_one_attempt)
{
    struct hand h;
    client(&h, 8, true);
    memset(h.p.ticket, 't', h.p.ticket_len = 40);
    p12_extend(&h.p, X_TICKET, "", 0);
    hand_up(&h);
    greeted(&h.p);
    p12_send(&h.p, M_HELLO_DONE);
    ck_assert(p12_take(&h.p, M_CLIENT_KEY) && p12_take(&h.p, M_CCS) && p12_take(&h.p, M_FINISHED));
    struct peer12 forger = h.p;
    forger.ticket[3] = 'f';
    p12_send(&forger, M_NEW_TICKET);
    h.p.number += 5;
    p12_send(&h.p, M_NEW_TICKET);
    p12_send(&h.p, M_CCS);
    p12_send(&h.p, M_FINISHED);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED] + h.node->n_kind[LOCKET_CLOSED], 0);
    net_run(h.net, 1100);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CLOSED], 0);
    h.p.at = h.net->n_log - 1;
    h.p.record_at = 0;
    p12_reboot(&h.p);
    h.p.at = h.net->n_log - 1;
    h.p.promised = false;
    h.p.extensions_len = 9;
    greeted(&h.p);
    ck_assert(p12_full(&h.p));
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    net_free(h.net);
}
END_TEST

/* --- forged records ------------------------------------------------------------------------------ */

/* A ChangeCipherSpec tells a ticket's client that it was accepted: a forged or an old one must
 * not. */
START_TEST(an_early_change_cipher_spec_is_no_answer_to_a_ticket)
{
    struct hand h;
    coming(&h, 9, _i);
    p12_plain(&h.p, 20, "\1", 1);
    p12_plain(&h.p, 20, "\1", 1);
    h.p.session_id_len = 0;                       /* a full handshake follows */
    p12_send(&h.p, M_SERVER_HELLO);
    ck_assert(p12_full(&h.p));
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 2);
    ck_assert(!locket_resumed(h.node->live));
    net_free(h.net);
}
END_TEST

/* ... and one between ServerHello and ServerHelloDone costs an attempt, not 15 s. */
START_TEST(a_change_cipher_spec_within_the_flight_costs_one_attempt)
{
    struct hand h;
    coming(&h, 10, true);
    p12_send(&h.p, M_SERVER_HELLO);
    p12_plain(&h.p, 20, "\1", 1);
    p12_send(&h.p, M_HELLO_DONE);
    another_attempt(&h);
    net_free(h.net);
}
END_TEST

/* What does not open is forgotten: the server's Finished comes after it. */
START_TEST(forged_records_before_the_servers_finished_cost_nothing)
{
    struct hand h;
    uint8_t junk[64] = { 0 };
    coming(&h, 11, _i);
    p12_send(&h.p, M_SERVER_HELLO);
    if (!_i)
        p12_plain(&h.p, 20, "\1", 1);
    for (unsigned i = 0; i < 20; i++)
        p12_record(&h.p, 20 + i % 4, 0xFEFD, 1, i, junk, 24 + i);
    p12_plain(&h.p, 21, "\2\50", 2);
    h.p.resumed = true;
    ck_assert(p12_abbreviated(&h.p));
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 2);
    net_free(h.net);
}
END_TEST

/* --- the last flight is the client's ---------------------------------------------------------------- */

/* An authentic Finished that is said again, and nothing else, brings it again. */
START_TEST(a_client_says_its_finished_again_when_the_server_does)
{
    struct hand h;
    uint8_t verify[12];
    coming(&h, 12, _i);
    p12_send(&h.p, M_SERVER_HELLO);
    h.p.resumed = true;
    p12_send(&h.p, M_CCS);
    p12_verify_data(&h.p, true, verify);
    unsigned seq = h.p.seq;
    p12_send(&h.p, M_FINISHED);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 2);
    struct peer12 lost = h.p;                     /* that did not arrive */
    p12_skip(&h.p);
    h.p.sealed = false;
    p12_fragment(&h.p, M_FINISHED, 12, seq, 0, 12, verify);
    p12_plain(&h.p, 20, "\1", 1);
    ck_assert(!p12_next(&h.p));
    h.p.sealed = true;
    for (int i = 0; i < 3; i++) {
        p12_skip(&h.p);
        p12_fragment(&h.p, M_FINISHED, 12, seq, 0, 12, verify);
        h.p.transcript = lost.transcript;
        ck_assert(p12_take(&h.p, M_CCS) && p12_take(&h.p, M_FINISHED));
        ck_assert(!p12_next(&h.p));
    }
    net_free(h.net);
}
END_TEST

/* --- the record ------------------------------------------------------------------------------------ */

/* Whatever a damaged record is: refused, not offered, or offered in vain. A full handshake at
 * the latest is the end, and no session is where both do not have the same keys. */
START_TEST(a_damaged_record_is_refused_or_leads_to_a_full_handshake)
{
    struct pair p = net_pair(13);
    uint8_t good[LOCKET_RECORD_MAX];
    net_pair_returns(&p, _i & 1);
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    size_t len = p.client->record_len, refused = 0, resumed = 0;
    memcpy(good, p.client->record, len);
    for (size_t i = 0; i < len; i++) {
        net_run(p.net, 100);
        if (p.client->live)
            net_close(p.client, p.client->live);
        net_run(p.net, 100);
        memcpy(p.client->record, good, len);
        p.client->record_len = _i & 2 ? i : len;  /* cut; or a byte is another */
        if (!(_i & 2))
            p.client->record[i] ^= (uint8_t)(1u << (i % 8));
        if ((_i & 2) && i == 0)
            continue;                             /* then it would not be offered by this test */
        if (!net_connect(p.client, &p.server->address)) {
            ck_assert_int_eq(p.client->last_reason, LOCKET_ERR_RECORD);
            refused++;
            continue;
        }
        ck_assert_msg(net_meet(p.net, p.client, p.server, 3000), "byte %u", (unsigned)i);
        ck_assert_int_eq(locket_resumed(p.client->live), locket_resumed(p.server->live));
        resumed += locket_resumed(p.client->live);
        unsigned data = p.server->n_kind[LOCKET_DATA];
        ck_assert_int_eq(net_say(p.client, p.client->live, "x", 1), LOCKET_OK);
        net_run(p.net, 20);
        ck_assert_uint_eq(p.server->n_kind[LOCKET_DATA], data + 1);
    }
    ck_assert_uint_ge(refused, _i & 2 ? 65 : 2);
    ck_assert_uint_le(resumed, _i & 2 ? 0 : 12);  /* its handle, its times */
    net_free(p.net);
}
END_TEST

Suite *test_attacks_return(void)
{
    Suite *s = suite_create("attacks_return");
    TCase *t = tcase_create("hello");
    tcase_add_loop_test(t, a_server_that_resumes_what_was_not_offered_is_not_believed, 0, 2);
    tcase_add_loop_test(t, a_server_that_resumes_without_the_secret_is_not_believed, 0, 2);
    tcase_add_loop_test(t, ghsa_qq3j_44gw_cf6r_a_session_is_not_resumed_with_another_suite, 0, 2);
    tcase_add_loop_test(t, a_session_is_not_resumed_without_extended_master_secret, 0, 4);
    suite_add_tcase(s, t);
    t = tcase_create("ticket");
    tcase_add_loop_test(t, a_ticket_in_the_wrong_place_or_form_is_refused, 0, N_TICKETS);
    tcase_add_loop_test(t, a_ticket_of_16384_bytes_is_hashed_and_not_kept, 0, 2);
    tcase_add_loop_test(t, a_ticket_after_finished_is_dropped, 0, 4);
    tcase_add_test(t, a_forged_ticket_costs_one_attempt);
    suite_add_tcase(s, t);
    t = tcase_create("records");
    tcase_add_loop_test(t, an_early_change_cipher_spec_is_no_answer_to_a_ticket, 0, 2);
    tcase_add_test(t, a_change_cipher_spec_within_the_flight_costs_one_attempt);
    tcase_add_loop_test(t, forged_records_before_the_servers_finished_cost_nothing, 0, 2);
    tcase_add_loop_test(t, a_client_says_its_finished_again_when_the_server_does, 0, 2);
    tcase_add_loop_test(t, a_damaged_record_is_refused_or_leads_to_a_full_handshake, 0, 4);
    suite_add_tcase(s, t);
    return s;
}
