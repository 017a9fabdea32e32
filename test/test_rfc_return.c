/* SPDX-License-Identifier: Apache-2.0
 *
 * test_rfc_return.c -- what the standards ask of a client that comes back: what it offers,
 * what it does not, and how it learns whether the server has agreed (RFC 5246 section 7.3, RFC
 * 5077 section 3, RFC 7627 section 5.3). Our client, and a server played by hand. */
#include <check.h>
#include <string.h>

#include "peer12.h"

Suite *test_rfc_return(void);

enum { X_EMS = 23, X_TICKET = 35, MINUTE = 60000 };
static const char ticket[] = "a ticket is what a server likes: \0\377 nobody else reads it";
enum { TICKET = sizeof ticket - 1 };

static void ticket_for(struct peer12 *p, uint32_t lifetime)
{
    p->promised = true;
    p12_extend(p, X_TICKET, "", 0);
    memcpy(p->ticket, ticket, p->ticket_len = TICKET);
    p->lifetime = lifetime;
}

static void id_for(struct peer12 *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        p->session_id[i] = (uint8_t)(0x40 + i);
    p->session_id_len = len;
}

/* Our client, connecting for the first time, and its ClientHello taken. */
static void client(struct hand *h, uint64_t seed, bool tickets)
{
    hand_new(h, LOCKET_CLIENT, seed);
    h->node->comes_back = true;
    h->node->config.tickets = tickets;
    h->node->config.deadline = 20000;
    hand_up(h);
    ck_assert(p12_take(&h->p, M_CLIENT_HELLO));
}

/* The first session, to its end. */
static void settle(struct hand *h)
{
    p12_send(&h->p, M_SERVER_HELLO);
    ck_assert(p12_full(&h->p));
    ck_assert_ptr_nonnull(h->node->live);
}

/* Our client comes back, and its ClientHello is taken. */
static void come(struct hand *h)
{
    p12_reboot(&h->p);
    h->p.extensions_len = 9;                 /* extended_master_secret and renegotiation_info */
    h->p.promised = false;
    h->p.session_id_len = 0;
    ck_assert_ptr_nonnull(net_connect(h->node, &h->p.me));
    ck_assert(p12_take(&h->p, M_CLIENT_HELLO));
}

static void back(struct hand *h)
{
    settle(h);
    come(h);
}

static void first(struct hand *h, uint64_t seed, bool tickets)
{
    client(h, seed, tickets);
    if (tickets)
        ticket_for(&h->p, 0);
    else
        id_for(&h->p, 20);
    back(h);
    if (!tickets)
        id_for(&h->p, 20);
}

/* What the ClientHello that came last has to say of tickets: -1 nothing, else its length. */
static int offered(const struct peer12 *p)
{
    size_t len;
    return p12_extension(p, X_TICKET, &len) ? (int)len : -1;
}

static void resumed(struct hand *h)
{
    p12_send(&h->p, M_SERVER_HELLO);
    ck_assert(p12_abbreviated(&h->p));
    ck_assert(h->node->live && locket_resumed(h->node->live));
    ck_assert_uint_eq(locket_handle(h->node->live), h->node->keys[0].handle);
    p12_skip(&h->p);
    ck_assert_int_eq(net_say(h->node, h->node->live, "data", 4), LOCKET_OK);
    ck_assert(p12_next(&h->p) && h->p.body_len == 4 && memcmp(h->p.body, "data", 4) == 0);
}

/* --- what is offered ------------------------------------------------------------------ */

/* All but the session_id or the ticket, and the random, is as it was. */
START_TEST(a_resuming_hello_is_that_of_a_full_handshake_and_an_id_or_a_ticket)
{
    struct hand h;
    uint8_t hello[P12_BODY];
    client(&h, 1, _i);
    size_t len = h.p.message_len, at;
    memcpy(hello, h.p.message, len);
    ck_assert_int_eq(offered(&h.p), _i ? 0 : -1);
    ck_assert_uint_eq(h.p.given_id_len, 0);
    if (_i)
        ticket_for(&h.p, 0);
    else
        id_for(&h.p, 32);
    back(&h);
    if (_i) {
        ck_assert_int_eq(offered(&h.p), TICKET);
        ck_assert_mem_eq(p12_extension(&h.p, X_TICKET, &at), ticket, TICKET);
        ck_assert_uint_eq(h.p.given_id_len, 0);
        ck_assert_uint_eq(h.p.message_len, len + TICKET);
        ck_assert_mem_eq(h.p.message + 34, hello + 34, 12);
    } else {
        ck_assert_uint_eq(h.p.given_id_len, 32);
        id_for(&h.p, 32);
        ck_assert_mem_eq(h.p.given_id, h.p.session_id, 32);
        ck_assert_uint_eq(h.p.message_len, len + 32);
        ck_assert_mem_eq(h.p.message + 35 + 32, hello + 35, len - 35);
    }
    ck_assert_mem_eq(h.p.message, hello, 2);             /* version */
    ck_assert_mem_ne(h.p.message + 2, hello + 2, 32);    /* random */
    ck_assert(p12_extension(&h.p, X_EMS, &at) && at == 0);
    net_free(h.net);
}
END_TEST

/* RFC 5077 section 3.4: the ticket is the way back, and the ID of its ServerHello none. */
START_TEST(a_ticket_takes_the_place_of_the_id_that_came_before_it)
{
    struct hand h;
    client(&h, 2, true);
    id_for(&h.p, 20);
    ticket_for(&h.p, 0);
    back(&h);
    ck_assert_uint_eq(h.p.given_id_len, 0);
    ck_assert_int_eq(offered(&h.p), TICKET);
    net_free(h.net);
}
END_TEST

START_TEST(a_ticket_is_not_offered_beyond_its_lifetime)
{
    static const struct { uint32_t lifetime; uint64_t wait; bool offered; } rows[] = {
        { 100, 98000, true }, { 100, 100000, false }, { 1, 2000, false }, { 0, 3 * 60 * MINUTE, true },
        { 0, 10 * 24 * 60 * MINUTE, true }, { 0xFFFFFFFF, 24 * 60 * MINUTE, true }
    };
    struct hand h;
    client(&h, 3, true);
    ticket_for(&h.p, rows[_i].lifetime);
    p12_send(&h.p, M_SERVER_HELLO);
    ck_assert(p12_full(&h.p));
    net_run(h.net, rows[_i].wait);
    p12_reboot(&h.p);
    ck_assert_ptr_nonnull(net_connect(h.node, &h.p.me));
    ck_assert(p12_take(&h.p, M_CLIENT_HELLO));
    ck_assert_int_eq(offered(&h.p), rows[_i].offered ? TICKET : 0);
    net_free(h.net);
}
END_TEST

START_TEST(a_session_is_not_offered_without_its_suite)
{
    static const uint16_t others[] = { LOCKET_PSK_AES_128_GCM_SHA256, LOCKET_PSK_AES_128_CCM };
    struct hand h;
    client(&h, 6, _i & 1);
    if (_i & 1)
        ticket_for(&h.p, 0);
    else
        id_for(&h.p, 8);
    settle(&h);
    if (_i & 2) {
        h.node->config.suites = others;
        h.node->config.n_suites = 2;
    }
    come(&h);
    ck_assert_uint_eq(h.p.given_id_len, _i == 0 ? 8 : 0);
    ck_assert_int_eq(offered(&h.p), _i & 1 ? (_i & 2 ? 0 : TICKET) : -1);
    net_free(h.net);
}
END_TEST

START_TEST(a_session_without_extended_master_secret_is_not_remembered)
{
    struct hand h;
    hand_new(&h, LOCKET_CLIENT, 4);
    h.node->comes_back = h.node->config.legacy = true;
    hand_up(&h);
    ck_assert(p12_take(&h.p, M_CLIENT_HELLO));
    memmove(h.p.extensions, h.p.extensions + 4, h.p.extensions_len -= 4);
    h.p.ems = false;
    id_for(&h.p, 8);
    p12_send(&h.p, M_SERVER_HELLO);
    ck_assert(p12_full(&h.p));
    ck_assert(h.node->live);
    ck_assert_int_eq(h.node->remembered, LOCKET_ERR_STATE);
    net_free(h.net);
}
END_TEST

/* Before the server's Finished verifies there is no session to ask about. */
START_TEST(a_ticket_is_nothing_before_the_servers_finished)
{
    struct hand h;
    uint8_t record[LOCKET_RECORD_MAX];
    size_t len;
    client(&h, 5, true);
    ticket_for(&h.p, 0);
    p12_send(&h.p, M_SERVER_HELLO);
    p12_send(&h.p, M_HELLO_DONE);
    ck_assert(p12_take(&h.p, M_CLIENT_KEY) && p12_take(&h.p, M_CCS) && p12_take(&h.p, M_FINISHED));
    p12_send(&h.p, M_NEW_TICKET);
    ck_assert_int_eq(locket_remember(&h.node->ep, &h.node->sessions[0], record, sizeof record, &len), LOCKET_ERR_LATE);
    ck_assert_uint_eq(h.node->record_len, 0);
    p12_send(&h.p, M_CCS);
    if (_i)
        p12_message(&h.p, M_FINISHED, "not that one", 12);
    else
        p12_send(&h.p, M_FINISHED);
    ck_assert_int_eq(h.node->record_len > 0, !_i);
    net_free(h.net);
}
END_TEST

/* --- how it ends -------------------------------------------------------------------------- */

START_TEST(a_client_resumes_by_id_by_ticket_and_after_a_request_for_a_cookie)
{
    struct hand h;
    first(&h, 10, _i & 1);
    if (_i & 2) {
        p12_send(&h.p, M_HELLO_VERIFY);
        ck_assert(p12_take(&h.p, M_CLIENT_HELLO));
        ck_assert_uint_eq(h.p.given_id_len, _i & 1 ? 0 : 20);
        ck_assert_int_eq(offered(&h.p), _i & 1 ? TICKET : -1);
    }
    unsigned lookups = h.node->n_lookups;
    resumed(&h);
    ck_assert_uint_eq(h.node->n_lookups, lookups);
    net_free(h.net);
}
END_TEST

/* By ID: another one, or none. By ticket: whatever ID, what follows counts. */
START_TEST(a_client_is_ready_for_a_full_handshake_whatever_it_offered)
{
    static const size_t lens[] = { 0, 8, 19, 20, 32 };
    struct hand h;
    first(&h, 11, _i & 1);
    id_for(&h.p, lens[_i / 2]);
    if (h.p.session_id_len)
        h.p.session_id[0] ^= 1;
    p12_send(&h.p, M_SERVER_HELLO);
    ck_assert(p12_full(&h.p));
    ck_assert(h.node->live && !locket_resumed(h.node->live));
    net_free(h.net);
}
END_TEST

/* RFC 5077 section 3.4: after a ticket, ID or no ID, the next message tells. */
START_TEST(with_a_ticket_the_session_id_of_the_answer_says_nothing)
{
    struct hand h;
    first(&h, 12, true);
    id_for(&h.p, (size_t)_i);
    resumed(&h);
    net_free(h.net);
}
END_TEST

/* Finished overtakes the ServerHello, and waits; ChangeCipherSpec as well, which then says
 * nothing: both come again. */
START_TEST(a_reordered_answer_to_a_ticket_is_understood)
{
    struct hand h;
    uint8_t hello[NET_DATAGRAM], tail[NET_DATAGRAM], verify_data[12];
    first(&h, 13, true);
    struct peer12 *p = &h.p;
    p->resumed = true;
    p12_hold(p);
    p12_send(p, M_SERVER_HELLO);
    size_t hello_len = p->held_len;
    memcpy(hello, p->held, hello_len);
    p12_hold(p);
    p12_send(p, M_CCS);
    size_t from = _i ? 0 : p->held_len;
    p12_verify_data(p, true, verify_data);
    unsigned seq = p->seq;
    p12_send(p, M_FINISHED);
    size_t tail_len = p->held_len - from;
    memcpy(tail, p->held + from, tail_len);
    p->hold = false;
    net_inject(h.net, &p->me, &p->other, tail, tail_len, 0);
    net_run(h.net, 0);
    net_inject(h.net, &p->me, &p->other, hello, hello_len, 0);
    net_run(h.net, 0);
    p12_plain(p, 20, "\1", 1);
    if (_i)
        p12_fragment(p, M_FINISHED, 12, seq, 0, 12, verify_data);
    ck_assert(p12_take(p, M_CCS) && p12_take(p, M_FINISHED));
    ck_assert(h.node->live && locket_resumed(h.node->live));
    net_free(h.net);
}
END_TEST

/* RFC 5246 section 7.4.1.3, RFC 7627 section 5.3; the client tries once more, without. */
START_TEST(a_resumption_under_other_terms_is_refused_and_not_offered_again)
{
    static const struct { unsigned suite, version; uint8_t compression; bool ems; int alert; } rows[] = {
        { 0x00A8, 0xFEFD, 0, true, 47 }, { 0xC0A4, 0xFEFD, 0, true, 47 }, { 0xC0A8, 0xFEFD, 1, true, 47 },
        { 0xC0A8, 0xFEFF, 0, true, 70 }, { 0xC0A8, 0xFEFD, 0, false, 40 }
    };
    struct hand h;
    first(&h, 14, _i % 2);
    h.node->config.legacy = true;
    const int i = _i / 2;
    h.p.suite = rows[i].suite;
    h.p.version = rows[i].version;
    h.p.compression[0] = rows[i].compression;
    if (!rows[i].ems)
        memmove(h.p.extensions, h.p.extensions + 4, h.p.extensions_len -= 4);
    p12_send(&h.p, M_SERVER_HELLO);
    h.p.resumed = true;
    p12_send(&h.p, M_CCS);
    p12_send(&h.p, M_FINISHED);
    int alert = p12_alert_taken(&h.p);
    ck_assert_int_eq(alert, 2 << 8 | rows[i].alert);
    ck_assert(!h.node->live || !locket_resumed(h.node->live));
    p12_reboot(&h.p);
    net_run(h.net, 1500);
    ck_assert(p12_take(&h.p, M_CLIENT_HELLO));
    ck_assert_uint_eq(h.p.given_id_len, 0);
    ck_assert_int_le(offered(&h.p), 0);
    net_free(h.net);
}
END_TEST

/* --- NewSessionTicket ------------------------------------------------------------------- */

START_TEST(an_empty_ticket_is_none_and_is_hashed_all_the_same)
{
    struct hand h;
    client(&h, 20, true);
    ticket_for(&h.p, 60);
    h.p.ticket_len = 0;
    if (_i)
        id_for(&h.p, 8);
    p12_send(&h.p, M_SERVER_HELLO);
    ck_assert(p12_full(&h.p));
    ck_assert(h.node->live);
    ck_assert_int_eq(h.node->remembered, _i ? LOCKET_OK : LOCKET_ERR_NO_WAY_BACK);
    net_free(h.net);
}
END_TEST

START_TEST(a_renewed_ticket_is_the_one_to_come_back_with)
{
    struct hand h;
    first(&h, 21, true);
    p12_extend(&h.p, X_TICKET, "", 0);
    h.p.promised = true;
    memcpy(h.p.ticket, "the next one", h.p.ticket_len = 12);
    resumed(&h);
    p12_reboot(&h.p);
    ck_assert_ptr_nonnull(net_connect(h.node, &h.p.me));
    ck_assert(p12_take(&h.p, M_CLIENT_HELLO));
    ck_assert_int_eq(offered(&h.p), 12);
    size_t len;
    ck_assert_mem_eq(p12_extension(&h.p, X_TICKET, &len), "the next one", 12);
    net_free(h.net);
}
END_TEST

/* Neither the message nor its absence, where the ServerHello said otherwise. */
START_TEST(a_ticket_comes_if_and_only_if_it_was_promised)
{
    struct hand h;
    client(&h, 22, true);
    if (_i)
        ticket_for(&h.p, 0);
    h.p.promised = !_i;
    memcpy(h.p.ticket, ticket, h.p.ticket_len = TICKET);
    p12_send(&h.p, M_SERVER_HELLO);
    ck_assert(p12_full(&h.p));
    ck_assert_ptr_null(h.node->live);
    net_run(h.net, 1000);
    ck_assert_ptr_null(h.node->live);
    net_free(h.net);
}
END_TEST

/* A body with too few bytes, or with more than it says. */
START_TEST(a_malformed_ticket_is_refused)
{
    static const struct { const char *body; size_t len; } rows[] = {
        { "", 0 }, { "\0\0\0\1", 4 }, { "\0\0\0\1\0", 5 }, { "\0\0\0\1\0\2x", 7 }, { "\0\0\0\1\0\1xy", 8 },
        { "\0\0\0\1\377\377", 6 }
    };
    struct hand h;
    client(&h, 23, true);
    ticket_for(&h.p, 0);
    p12_send(&h.p, M_SERVER_HELLO);
    p12_send(&h.p, M_HELLO_DONE);
    ck_assert(p12_take(&h.p, M_CLIENT_KEY) && p12_take(&h.p, M_CCS) && p12_take(&h.p, M_FINISHED));
    p12_message(&h.p, M_NEW_TICKET, rows[_i].body, rows[_i].len);
    p12_send(&h.p, M_CCS);
    p12_send(&h.p, M_FINISHED);
    ck_assert_ptr_null(h.node->live);
    ck_assert_uint_eq(h.node->record_len, 0);
    net_free(h.net);
}
END_TEST

/* --- the last flight is the client's (RFC 6347 section 4.2.4) ----------------------------- */

static void lose_client_finished(void *user, const struct net_datagram *d, struct net_verdict *v)
{
    struct pair *p = user;
    if (net_same(&d->from, &p->client->address) && d->bytes[0] == 20 && p->net->elapsed < p->server->largest)
        v->fate = NET_DROP;
}

/* The server says its flight again, and the client, connected by now, its last one; for as long
 * as the server is not content. */
START_TEST(the_client_answers_a_servers_repeated_finished)
{
    struct pair p = net_pair(30);
    net_pair_returns(&p, _i);
    p.server->config.resume_cookie = LOCKET_COOKIE_ALWAYS;
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    net_run(p.net, 100);
    net_close(p.client, p.client->live);
    net_run(p.net, 100);
    unsigned before = p.server->n_kind[LOCKET_CONNECTED];
    p.net->judge = lose_client_finished;
    p.net->user = &p;
    p.server->largest = p.net->elapsed + 10000;
    net_connect(p.client, &p.server->address);
    net_run(p.net, 9000);
    ck_assert(p.client->live && locket_resumed(p.client->live));
    ck_assert_uint_eq(p.server->n_kind[LOCKET_CONNECTED], before);
    net_run(p.net, 20000);
    ck_assert_uint_eq(p.server->n_kind[LOCKET_CONNECTED], before + 1);
    ck_assert(p.server->live && locket_resumed(p.server->live));
    net_free(p.net);
}
END_TEST

Suite *test_rfc_return(void)
{
    Suite *s = suite_create("rfc_return");
    TCase *t = tcase_create("coming back");
    tcase_set_timeout(t, 30);
    tcase_add_loop_test(t, a_resuming_hello_is_that_of_a_full_handshake_and_an_id_or_a_ticket, 0, 2);
    tcase_add_test(t, a_ticket_takes_the_place_of_the_id_that_came_before_it);
    tcase_add_loop_test(t, a_ticket_is_not_offered_beyond_its_lifetime, 0, 6);
    tcase_add_loop_test(t, a_session_is_not_offered_without_its_suite, 0, 4);
    tcase_add_test(t, a_session_without_extended_master_secret_is_not_remembered);
    tcase_add_loop_test(t, a_ticket_is_nothing_before_the_servers_finished, 0, 2);
    tcase_add_loop_test(t, a_client_resumes_by_id_by_ticket_and_after_a_request_for_a_cookie, 0, 4);
    tcase_add_loop_test(t, a_client_is_ready_for_a_full_handshake_whatever_it_offered, 0, 10);
    tcase_add_loop_test(t, with_a_ticket_the_session_id_of_the_answer_says_nothing, 0, 33);
    tcase_add_loop_test(t, a_reordered_answer_to_a_ticket_is_understood, 0, 2);
    tcase_add_loop_test(t, a_resumption_under_other_terms_is_refused_and_not_offered_again, 0, 10);
    tcase_add_loop_test(t, an_empty_ticket_is_none_and_is_hashed_all_the_same, 0, 2);
    tcase_add_test(t, a_renewed_ticket_is_the_one_to_come_back_with);
    tcase_add_loop_test(t, a_ticket_comes_if_and_only_if_it_was_promised, 0, 2);
    tcase_add_loop_test(t, a_malformed_ticket_is_refused, 0, 6);
    tcase_add_loop_test(t, the_client_answers_a_servers_repeated_finished, 0, 2);
    suite_add_tcase(s, t);
    return s;
}
