/* SPDX-License-Identifier: Apache-2.0
 *
 * test_rfc_ticket.c -- what the standards ask of a server that gives tickets (RFC 5077, RFC 9325
 * section 3.4): who gets one, what is in it, which are taken, and how they end. */
#include "comeback.h"

Suite *test_rfc_ticket(void);

/* --- tickets are given ------------------------------------------------------------------ */

/* NewSessionTicket has its number between ClientKeyExchange and Finished, stands before
 * ChangeCipherSpec, and is in the hash: p12_take() verifies Finished with it. */
START_TEST(a_ticket_is_promised_and_given_to_whom_asks_and_only_there)
{
    bool asks = _i & 1, gives = _i & 2;
    struct hand h;
    server(&h, 30, gives);
    h.p.extensions_len = 4;
    if (asks)
        p12_extend(&h.p, X_TICKET, "", 0);
    hand_up(&h);
    ck_assert(p12_greet(&h.p));
    size_t len = 1;
    bool said = p12_extension(&h.p, X_TICKET, &len) != NULL;
    ck_assert_int_eq(said, asks && gives);
    ck_assert(!said || len == 0);
    ck_assert_uint_eq(h.p.given_id_len, said ? 0 : 8);
    ck_assert(p12_take(&h.p, M_HELLO_DONE));
    unsigned seq = h.p.message_seq;
    p12_send(&h.p, M_CLIENT_KEY);
    p12_send(&h.p, M_CCS);
    ck_assert(!p12_next(&h.p));              /* nothing before our Finished verifies */
    p12_send(&h.p, M_FINISHED);
    if (said) {
        ck_assert(p12_take(&h.p, M_NEW_TICKET));
        ck_assert_uint_eq(h.p.message_seq, seq + 1);
        ck_assert_uint_eq(h.p.record.epoch, 0);
        ck_assert_uint_eq(h.p.ticket_len, TICKET_SIZE);
        ck_assert_uint_eq(h.p.lifetime, 4 * 3600);
    }
    ck_assert(p12_take(&h.p, M_CCS) && p12_take(&h.p, M_FINISHED));
    ck_assert_uint_eq(h.p.message_seq, seq + (said ? 2 : 1));
    talk(&h);
    net_free(h.net);
}
END_TEST

/* Nothing of it can be read: not the master secret, nor two tickets of one session alike. */
START_TEST(a_ticket_is_sealed_and_never_the_same)
{
    struct hand h;
    first(&h, 31, true);
    uint8_t ticket[TICKET_SIZE];
    memcpy(ticket, h.p.ticket, TICKET_SIZE);
    for (size_t i = 0; i + 8 <= TICKET_SIZE; i++)
        for (size_t k = 0; k + 8 <= 48; k++)
            ck_assert(memcmp(ticket + i, h.p.master + k, 8) != 0);
    h.p.extensions_len = 4;
    p12_extend(&h.p, X_TICKET, "", 0);
    ck_assert(p12_greet(&h.p) && p12_full(&h.p) && h.p.promised);
    ck_assert_mem_eq(ticket, h.p.ticket, 2);             /* the key's number */
    ck_assert_mem_ne(ticket + 2, h.p.ticket + 2, 12);    /* the nonce */
    ck_assert_mem_ne(ticket + 14, h.p.ticket + 14, 16);
    net_free(h.net);
}
END_TEST

/* --- and end ---------------------------------------------------------------------------- */

/* An own key seals for a lifetime and opens for another; it is as old as the oldest ticket that
 * it sealed, which no use makes younger. */
START_TEST(a_ticket_ends_with_its_key_however_often_it_was_used)
{
    struct hand h;
    server(&h, 40, true);
    h.node->config.lifetime = 10 * MINUTE;
    hand_up(&h);
    ck_assert(p12_greet(&h.p) && p12_full(&h.p));
    ck_assert_uint_eq(h.p.lifetime, 600);
    uint8_t key[16];
    memcpy(key, h.node->ep.back.key[0], 16);
    for (unsigned i = 0; i < 4; i++) {
        h.p.promised = true;
        after(&h, 4 * MINUTE, true);
        ck_assert(!h.p.promised);            /* used, and not renewed */
    }
    h.p.promised = true;
    after(&h, 5 * MINUTE, false);
    for (size_t i = 0; i + 16 <= sizeof h.node->ep; i++)
        ck_assert(memcmp((uint8_t *)&h.node->ep + i, key, 16) != 0);
    net_free(h.net);
}
END_TEST

/* Nobody has told the server the time for more than two lifetimes. */
START_TEST(a_ticket_that_slept_as_long_as_its_server_is_too_old)
{
    struct hand h;
    server(&h, 43, true);
    h.node->config.lifetime = 10 * MINUTE;
    hand_up(&h);
    ck_assert(p12_greet(&h.p) && p12_full(&h.p));
    talk(&h);
    net_run(h.net, (_i ? 15 : 25) * MINUTE);
    after(&h, 0, _i);
    net_free(h.net);
}
END_TEST

START_TEST(a_ticket_of_a_given_key_is_taken_until_the_key_after_the_next)
{
    struct hand h;
    server(&h, 41, true);
    hand_up(&h);
    ck_assert(p12_greet(&h.p) && p12_full(&h.p));        /* under a key of the server's own */
    uint8_t own[16];
    memcpy(own, h.node->ep.back.key[0], 16);
    p12_reboot(&h.p);
    ck_assert_int_eq(locket_ticket_key(&h.node->ep, 500, (const uint8_t *)"keyA............"), LOCKET_OK);
    ck_assert(memcmp(h.node->ep.back.key[1], own, 16) != 0);
    ck_assert(p12_greet(&h.p) && p12_full(&h.p));
    ck_assert_mem_eq(h.p.ticket, "\1\364", 2);
    ck_assert_uint_eq(h.p.lifetime, 0);      /* nobody but the application knows */
    ck_assert_int_eq(locket_ticket_key(&h.node->ep, 501, (const uint8_t *)"keyB............"), LOCKET_OK);
    after(&h, 1000 * MINUTE, true);
    ck_assert_int_eq(locket_ticket_key(&h.node->ep, 502, (const uint8_t *)"keyC............"), LOCKET_OK);
    h.p.promised = true;
    after(&h, 0, false);
    for (size_t i = 0; i + 16 <= sizeof h.node->ep; i++)
        ck_assert(memcmp((uint8_t *)&h.node->ep + i, "keyA............", 16) != 0);
    net_free(h.net);
}
END_TEST

/* --- what is taken --------------------------------------------------------------------------- */

/* RFC 5077 section 3.4: with a ticket the client may send an ID of its own, which says nothing
 * but that. */
START_TEST(a_ticket_is_answered_with_the_session_id_that_came_with_it)
{
    struct hand h;
    first(&h, 2, true);
    h.p.session_id_len = (size_t)_i;
    memset(h.p.session_id, 0xA5, (size_t)_i);
    ck_assert(p12_greet(&h.p));
    ck_assert_uint_eq(h.p.given_id_len, _i);
    ck_assert(memcmp(h.p.given_id, h.p.session_id, (size_t)_i) == 0);
    ck_assert(p12_abbreviated(&h.p));
    ck_assert(locket_resumed(h.node->live));
    net_free(h.net);
}
END_TEST

/* Two sessions: one in the cache, of another key, and one in a ticket. */
START_TEST(with_a_ticket_the_session_id_counts_for_nothing)
{
    struct hand h;
    uint8_t id[32];
    server(&h, 3, true);
    h.p.extensions_len = 4;
    net_set_key(h.node, 1, "other", 5, "0123456789abcdef", 16, 77);
    hand_up(&h);
    ck_assert(p12_greet(&h.p) && p12_full(&h.p) && !h.p.promised && h.p.given_id_len);
    memcpy(id, h.p.given_id, h.p.given_id_len);
    size_t id_len = h.p.given_id_len;
    p12_reboot(&h.p);
    p12_extend(&h.p, X_TICKET, "", 0);
    h.p.identity_len = 5;
    memcpy(h.p.identity, "other", 5);
    memcpy(h.p.key, "0123456789abcdef", 16);
    ck_assert(p12_greet(&h.p) && p12_full(&h.p) && h.p.promised);
    offer(&h.p);
    memcpy(h.p.session_id, id, id_len);
    h.p.session_id_len = id_len;
    if (_i) {                                /* a ticket that is none, and an ID that is one */
        h.p.extensions[8] ^= 1;
        p12_send(&h.p, M_CLIENT_HELLO);
        ck_assert(p12_take(&h.p, M_HELLO_VERIFY));
        p12_send(&h.p, M_CLIENT_HELLO);
        ck_assert(p12_take(&h.p, M_SERVER_HELLO) && h.p.promised && h.p.given_id_len == 0);
        ck_assert(p12_full(&h.p));
    } else {
        ck_assert(p12_greet(&h.p) && p12_abbreviated(&h.p));
        ck_assert_uint_eq(locket_handle(h.node->live), 77);
    }
    ck_assert_int_eq(locket_resumed(h.node->live), !_i);
    net_free(h.net);
}
END_TEST

START_TEST(a_ticket_altered_anywhere_is_a_full_handshake_without_an_alert)
{
    struct hand h;
    first(&h, 13, true);
    ck_assert_uint_eq(h.p.ticket_len, TICKET_SIZE);
    h.p.extensions[8 + _i] ^= (uint8_t)(1u << (_i % 8));
    memcpy(h.p.suites, "\300\250\300\244\0\250\0\377", h.p.suites_len = 8);      /* all that there are */
    full_and_cookie(&h);
    ck_assert_int_eq(p12_alert_taken(&h.p), -1);
    net_free(h.net);
}
END_TEST

START_TEST(a_ticket_of_another_length_is_a_full_handshake_without_an_alert)
{
    static const size_t lens[] = { 1, 2, 13, 14, 15, 30, TICKET_SIZE - 1, TICKET_SIZE + 1, 200 };
    struct hand h;
    uint8_t ticket[200] = { 0 };
    first(&h, 14, true);
    memcpy(ticket, h.p.ticket, h.p.ticket_len);
    h.p.extensions_len = 4;
    p12_extend(&h.p, X_TICKET, ticket, lens[_i]);
    full_and_cookie(&h);
    ck_assert_int_eq(p12_alert_taken(&h.p), -1);
    net_free(h.net);
}
END_TEST

Suite *test_rfc_ticket(void)
{
    Suite *s = suite_create("rfc_ticket");
    TCase *t = tcase_create("tickets");
    tcase_set_timeout(t, 30);
    tcase_add_loop_test(t, a_ticket_is_answered_with_the_session_id_that_came_with_it, 0, 33);
    tcase_add_loop_test(t, with_a_ticket_the_session_id_counts_for_nothing, 0, 2);
    tcase_add_loop_test(t, a_ticket_altered_anywhere_is_a_full_handshake_without_an_alert, 0, TICKET_SIZE);
    tcase_add_loop_test(t, a_ticket_of_another_length_is_a_full_handshake_without_an_alert, 0, 9);
    tcase_add_loop_test(t, a_ticket_is_promised_and_given_to_whom_asks_and_only_there, 0, 4);
    tcase_add_test(t, a_ticket_is_sealed_and_never_the_same);
    tcase_add_test(t, a_ticket_ends_with_its_key_however_often_it_was_used);
    tcase_add_loop_test(t, a_ticket_that_slept_as_long_as_its_server_is_too_old, 0, 2);
    tcase_add_test(t, a_ticket_of_a_given_key_is_taken_until_the_key_after_the_next);
    suite_add_tcase(s, t);
    return s;
}
