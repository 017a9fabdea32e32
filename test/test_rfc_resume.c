/* SPDX-License-Identifier: Apache-2.0
 *
 * test_rfc_resume.c -- what the standards ask of a server that resumes sessions: RFC 5246
 * section 7.3 (session IDs), RFC 5077 (tickets), RFC 7627 section 5.3 (extended master
 * secret). Our server, and a client played by hand that says what no client of ours
 * would. Clients are in test_rfc_return.c, sizes in test_rfc_limits.c. */
#include <check.h>
#include <string.h>

#include "peer12.h"

Suite *test_rfc_resume(void);

enum { X_FRAGMENT = 1, X_EMS = 23, X_LIMIT = 28, X_TICKET = 35, X_SECURE = 0xFF01 };
enum { TICKET = 83, MINUTE = 60000 };

/* By ID, or by ticket as well. */
static void server(struct hand *h, uint64_t seed, bool tickets)
{
    hand_new(h, LOCKET_SERVER, seed);
    h->node->config.cache = h->node->cache;
    h->node->config.n_cache = NET_CACHE;
    h->node->config.tickets = tickets;
    h->m = 4;
    if (tickets)
        p12_extend(&h->p, X_TICKET, "", 0);
}

/* What the client has of its session; the next hello offers it. */
static void offer(struct peer12 *p)
{
    p12_reboot(p);
    p->extensions_len = 4;
    p->session_id_len = 0;
    if (p->promised) {
        p12_extend(p, X_TICKET, p->ticket, p->ticket_len);
    } else {
        memcpy(p->session_id, p->given_id, p->given_id_len);
        p->session_id_len = p->given_id_len;
    }
}

static void first(struct hand *h, uint64_t seed, bool tickets)
{
    server(h, seed, tickets);
    hand_up(h);
    ck_assert(p12_greet(&h->p) && p12_full(&h->p));
    ck_assert_int_eq(h->p.promised, tickets);
    ck_assert_ptr_nonnull(h->node->live);
    ck_assert(!locket_resumed(h->node->live));
    offer(&h->p);
}

static bool has(const struct peer12 *p, unsigned type)
{
    size_t len;
    return p12_extension(p, type, &len) != NULL;
}

/* The hello gets what it would get if it offered nothing: a request for a cookie, then a full
 * handshake, to its end. */
static void full_and_cookie(struct hand *h)
{
    struct peer12 *p = &h->p;
    p12_send(p, M_CLIENT_HELLO);
    ck_assert(p12_take(p, M_HELLO_VERIFY));
    p12_send(p, M_CLIENT_HELLO);
    ck_assert(p12_take(p, M_SERVER_HELLO));
    ck_assert(!p->session_id_len || p->given_id_len != p->session_id_len ||
              memcmp(p->given_id, p->session_id, p->given_id_len) != 0);
    ck_assert(p12_full(p));
    ck_assert(h->node->live && !locket_resumed(h->node->live));
}

/* Data goes both ways under the keys as they are now. */
static void talk(struct hand *h)
{
    struct peer12 *p = &h->p;
    ck_assert_ptr_nonnull(h->node->live);
    p12_skip(p);
    p12_sealed(p, 23, "ping", 4);
    ck_assert(net_last(h->node, LOCKET_DATA) && net_last(h->node, LOCKET_DATA)->len == 4);
    ck_assert_int_eq(net_say(h->node, h->node->live, "pong!", 5), LOCKET_OK);
    ck_assert(p12_next(p) && p->body_len == 5 && memcmp(p->body, "pong!", 5) == 0);
}

/* --- the abbreviated handshake ---------------------------------------------------------- */

START_TEST(an_abbreviated_handshake_has_fresh_randoms_new_keys_and_the_old_handle)
{
    struct hand h;
    first(&h, 1, _i);
    uint8_t old_random[32], old_key[16];
    unsigned lookups = h.node->n_lookups;
    memcpy(old_random, h.p.server_random, 32);
    memcpy(old_key, h.node->live->key[0], 16);
    p12_send(&h.p, M_CLIENT_HELLO);
    ck_assert(p12_take(&h.p, M_SERVER_HELLO));            /* and no cookie was asked for */
    ck_assert_mem_ne(h.p.server_random, old_random, 32);
    ck_assert_uint_eq(h.p.message[0] << 8 | h.p.message[1], 0xFEFD);
    ck_assert_uint_eq(h.p.given_id_len, h.p.session_id_len);
    ck_assert(memcmp(h.p.given_id, h.p.session_id, h.p.given_id_len) == 0);
    ck_assert_uint_eq(h.p.suite, 0xC0A8);
    ck_assert_uint_eq(h.p.message[37 + h.p.given_id_len], 0);
    ck_assert(has(&h.p, X_EMS) && has(&h.p, X_SECURE) && !has(&h.p, X_TICKET));
    ck_assert(p12_abbreviated(&h.p));
    ck_assert(locket_resumed(h.node->live));
    ck_assert_mem_ne(h.node->live->key[0], old_key, 16);
    ck_assert_uint_eq(locket_handle(h.node->live), h.node->keys[0].handle);
    ck_assert_uint_eq(h.node->n_lookups, lookups);
    talk(&h);
    net_free(h.net);
}
END_TEST

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

/* --- what is not resumed -------------------------------------------------------------- */

START_TEST(an_id_that_nobody_gave_is_a_full_handshake)
{
    struct hand h;
    first(&h, 10, false);
    h.p.session_id_len = (size_t)_i;
    for (size_t i = 0; i < (size_t)_i; i++)
        h.p.session_id[i] = (uint8_t)net_random(h.net);
    full_and_cookie(&h);
    net_free(h.net);
}
END_TEST

START_TEST(an_id_that_was_altered_is_a_full_handshake)
{
    struct hand h;
    first(&h, 11, false);
    h.p.session_id[_i / 8] ^= (uint8_t)(1u << (_i % 8));
    full_and_cookie(&h);
    net_free(h.net);
}
END_TEST

/* An ID is longer by what was behind it in memory, or has no end. */
START_TEST(an_id_of_another_length_is_a_full_handshake)
{
    struct hand h;
    first(&h, 12, false);
    h.p.session_id_len = (size_t)_i < h.p.session_id_len ? (size_t)_i : (size_t)_i + 1;
    full_and_cookie(&h);
    net_free(h.net);
}
END_TEST

START_TEST(a_ticket_altered_anywhere_is_a_full_handshake_without_an_alert)
{
    struct hand h;
    first(&h, 13, true);
    ck_assert_uint_eq(h.p.ticket_len, TICKET);
    h.p.extensions[8 + _i] ^= (uint8_t)(1u << (_i % 8));
    full_and_cookie(&h);
    ck_assert_int_eq(p12_alert_taken(&h.p), -1);
    net_free(h.net);
}
END_TEST

START_TEST(a_ticket_of_another_length_is_a_full_handshake_without_an_alert)
{
    static const size_t lens[] = { 1, 2, 13, 14, 15, 30, TICKET - 1, TICKET + 1, 200 };
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

START_TEST(a_session_is_resumed_under_its_own_suite_or_not_at_all)
{
    struct hand h;
    first(&h, 15, _i);
    memcpy(h.p.suites, "\0\250\0\377", 4);             /* it was C0 A8 */
    p12_send(&h.p, M_CLIENT_HELLO);
    ck_assert(p12_take(&h.p, M_HELLO_VERIFY));
    p12_send(&h.p, M_CLIENT_HELLO);
    ck_assert(p12_take(&h.p, M_SERVER_HELLO));
    ck_assert_uint_eq(h.p.suite, 0x00A8);
    ck_assert(p12_full(&h.p));
    ck_assert(!locket_resumed(h.node->live));
    net_free(h.net);
}
END_TEST

/* The server would rather have another one of the list. */
START_TEST(a_resumed_session_keeps_its_suite_whatever_else_is_offered)
{
    struct hand h;
    server(&h, 16, _i);
    memcpy(h.p.suites, "\0\250\0\377", 4);
    hand_up(&h);
    ck_assert(p12_greet(&h.p) && p12_full(&h.p));
    ck_assert_uint_eq(h.p.suite, 0x00A8);
    offer(&h.p);
    memcpy(h.p.suites, "\300\250\300\244\0\250\0\377", h.p.suites_len = 8);
    ck_assert(p12_greet(&h.p) && p12_abbreviated(&h.p));
    ck_assert_uint_eq(h.p.suite, 0x00A8);
    ck_assert(locket_resumed(h.node->live));
    talk(&h);
    net_free(h.net);
}
END_TEST

static int alert_of(struct hand *h)
{
    h->p.at = 0;
    h->p.record_at = h->p.message_at = h->p.body_len = 0;
    int last = -1;
    for (int a = p12_alert_taken(&h->p); a >= 0; a = p12_alert_taken(&h->p))
        last = a & 255;
    return last;
}

START_TEST(a_hello_without_null_compression_resumes_nothing)
{
    struct hand h;
    first(&h, 17, _i);
    h.p.compression[0] = 1;
    ck_assert(!p12_greet(&h.p));
    ck_assert_int_eq(alert_of(&h), 47);
    ck_assert(!locket_resumed(h.node->live));
    net_free(h.net);
}
END_TEST

/* RFC 7627 section 5.3, whatever config.legacy says. */
START_TEST(a_session_with_extended_master_secret_is_not_resumed_without_it)
{
    struct hand h;
    server(&h, 18, _i & 1);
    h.node->config.legacy = _i & 2;
    hand_up(&h);
    ck_assert(p12_greet(&h.p) && p12_full(&h.p));
    offer(&h.p);
    memmove(h.p.extensions, h.p.extensions + 4, h.p.extensions_len -= 4);
    ck_assert(!p12_greet(&h.p));
    ck_assert_int_eq(alert_of(&h), 40);
    ck_assert(!locket_resumed(h.node->live));
    net_free(h.net);
}
END_TEST

START_TEST(a_session_without_extended_master_secret_gets_no_way_back)
{
    struct hand h;
    server(&h, 19, _i);
    h.node->config.legacy = true;
    memmove(h.p.extensions, h.p.extensions + 4, h.p.extensions_len -= 4);
    h.p.ems = false;
    hand_up(&h);
    ck_assert(p12_greet(&h.p) && p12_full(&h.p));
    ck_assert(!h.p.promised && h.p.given_id_len == 0 && !has(&h.p, X_TICKET));
    for (size_t i = 0; i < NET_CACHE; i++)
        ck_assert(!h.node->cache[i].taken);
    talk(&h);
    net_free(h.net);
}
END_TEST

/* The client goes silent after its first hello, its ClientKeyExchange, or its ChangeCipherSpec. */
START_TEST(nothing_can_be_resumed_before_the_finished_of_both)
{
    struct hand h;
    server(&h, 20, false);
    hand_up(&h);
    ck_assert(p12_greet(&h.p) && p12_take(&h.p, M_HELLO_DONE) && h.p.given_id_len);
    if (_i > 0)
        p12_send(&h.p, M_CLIENT_KEY);
    if (_i > 1)
        p12_send(&h.p, M_CCS);
    offer(&h.p);
    net_run(h.net, 3000);                    /* beyond the patience with the first attempt */
    p12_skip(&h.p);
    full_and_cookie(&h);
    net_free(h.net);
}
END_TEST

START_TEST(a_session_that_a_fatal_alert_ended_is_not_resumed)
{
    struct hand h;
    first(&h, 21, false);
    struct peer12 again = h.p;
    p12_reboot(&h.p);
    ck_assert(p12_greet(&h.p) && p12_abbreviated(&h.p) && locket_resumed(h.node->live));
    p12_alert(&h.p, 2, 20);
    ck_assert_ptr_null(h.node->live);
    ck_assert_int_eq(h.node->last_reason, LOCKET_PEER_ALERT + 20);
    again.net = h.net;
    h.p = again;
    p12_skip(&h.p);
    full_and_cookie(&h);
    net_free(h.net);
}
END_TEST

/* Nobody vouches for the first two; the third is an orderly end. */
START_TEST(a_session_can_be_resumed_after_alerts_in_the_clear_and_after_an_orderly_end)
{
    struct hand h;
    server(&h, 22, _i & 4);
    hand_up(&h);
    ck_assert(p12_greet(&h.p) && p12_full(&h.p));
    if ((_i & 3) < 2)
        p12_record(&h.p, 21, 0xFEFD, 0, 99, (_i & 3) ? "\1\0" : "\2\24", 2);
    if ((_i & 3) == 2)
        p12_alert(&h.p, 1, 0);
    if ((_i & 3) == 3)
        net_close(h.node, h.node->live);     /* and the client does not answer */
    ck_assert_int_eq(h.node->live != NULL, (_i & 3) < 2);
    offer(&h.p);
    ck_assert(p12_greet(&h.p) && p12_abbreviated(&h.p));
    ck_assert(locket_resumed(h.node->live));
    net_free(h.net);
}
END_TEST

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
        ck_assert_uint_eq(h.p.ticket_len, TICKET);
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
    uint8_t ticket[TICKET];
    memcpy(ticket, h.p.ticket, TICKET);
    for (size_t i = 0; i + 8 <= TICKET; i++)
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

static void after(struct hand *h, uint64_t ms, bool resumed)
{
    for (uint64_t n = 0; n < ms; n += MINUTE) {          /* an application ticks now and then */
        net_run(h->net, ms - n < MINUTE ? ms - n : MINUTE);
        locket_tick(&h->node->ep, net_now(h->net));
        net_pull(h->node);
    }
    offer(&h->p);
    if (!resumed) {
        full_and_cookie(h);
        return;
    }
    ck_assert(p12_greet(&h->p) && p12_abbreviated(&h->p));
    ck_assert(locket_resumed(h->node->live));
}

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

START_TEST(a_ticket_of_a_given_key_is_taken_until_the_key_after_the_next)
{
    struct hand h;
    server(&h, 41, true);
    hand_up(&h);
    ck_assert_int_eq(locket_ticket_key(&h.node->ep, 500, (const uint8_t *)"keyA............"), LOCKET_OK);
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

/* A cached session lives for config.lifetime after its last use, and for config.full_after
 * after its full handshake. */
START_TEST(a_cached_session_ends_after_its_lifetime_and_a_day_after_its_full_handshake)
{
    struct hand h;
    server(&h, 42, false);
    h.node->config.lifetime = _i ? 0 : 10 * MINUTE;      /* 4 h */
    hand_up(&h);
    ck_assert(p12_greet(&h.p) && p12_full(&h.p));
    if (_i) {
        for (unsigned i = 0; i < 7; i++)
            after(&h, 200 * MINUTE, true);   /* 23:20 */
        after(&h, 45 * MINUTE, false);
    } else {
        after(&h, 8 * MINUTE, true);
        after(&h, 8 * MINUTE, true);
        after(&h, 12 * MINUTE, false);
    }
    net_free(h.net);
}
END_TEST

/* --- the cookie ------------------------------------------------------------------------- */

START_TEST(a_cookie_is_asked_of_whoever_resumes_if_the_configuration_says_so)
{
    static const locket_cookie_policy policies[] = { LOCKET_COOKIE_ALWAYS, LOCKET_COOKIE_WHEN_BUSY,
                                                     LOCKET_COOKIE_NEVER };
    struct hand h;
    server(&h, 50, _i & 1);
    h.node->config.resume_cookie = policies[_i / 2];
    hand_up(&h);
    ck_assert(p12_greet(&h.p) && p12_full(&h.p));
    offer(&h.p);
    p12_send(&h.p, M_CLIENT_HELLO);
    ck_assert_int_eq(p12_take(&h.p, M_HELLO_VERIFY), _i / 2 == 0);
    if (_i / 2 == 0)
        p12_send(&h.p, M_CLIENT_HELLO);
    ck_assert(p12_take(&h.p, M_SERVER_HELLO) && p12_abbreviated(&h.p));
    ck_assert(locket_resumed(h.node->live));
    net_free(h.net);
}
END_TEST

Suite *test_rfc_resume(void)
{
    Suite *s = suite_create("rfc_resume");
    TCase *t = tcase_create("resuming");
    tcase_set_timeout(t, 30);
    tcase_add_loop_test(t, an_abbreviated_handshake_has_fresh_randoms_new_keys_and_the_old_handle, 0, 2);
    tcase_add_loop_test(t, a_ticket_is_answered_with_the_session_id_that_came_with_it, 0, 33);
    tcase_add_loop_test(t, with_a_ticket_the_session_id_counts_for_nothing, 0, 2);
    tcase_add_loop_test(t, an_id_that_nobody_gave_is_a_full_handshake, 1, 33);
    tcase_add_loop_test(t, an_id_that_was_altered_is_a_full_handshake, 0, 64);
    tcase_add_loop_test(t, an_id_of_another_length_is_a_full_handshake, 1, 32);
    tcase_add_loop_test(t, a_ticket_altered_anywhere_is_a_full_handshake_without_an_alert, 0, TICKET);
    tcase_add_loop_test(t, a_ticket_of_another_length_is_a_full_handshake_without_an_alert, 0, 9);
    tcase_add_loop_test(t, a_session_is_resumed_under_its_own_suite_or_not_at_all, 0, 2);
    tcase_add_loop_test(t, a_resumed_session_keeps_its_suite_whatever_else_is_offered, 0, 2);
    tcase_add_loop_test(t, a_hello_without_null_compression_resumes_nothing, 0, 2);
    tcase_add_loop_test(t, a_session_with_extended_master_secret_is_not_resumed_without_it, 0, 4);
    tcase_add_loop_test(t, a_session_without_extended_master_secret_gets_no_way_back, 0, 2);
    tcase_add_loop_test(t, nothing_can_be_resumed_before_the_finished_of_both, 0, 3);
    tcase_add_test(t, a_session_that_a_fatal_alert_ended_is_not_resumed);
    tcase_add_loop_test(t, a_session_can_be_resumed_after_alerts_in_the_clear_and_after_an_orderly_end, 0, 8);
    tcase_add_loop_test(t, a_ticket_is_promised_and_given_to_whom_asks_and_only_there, 0, 4);
    tcase_add_test(t, a_ticket_is_sealed_and_never_the_same);
    tcase_add_test(t, a_ticket_ends_with_its_key_however_often_it_was_used);
    tcase_add_test(t, a_ticket_of_a_given_key_is_taken_until_the_key_after_the_next);
    tcase_add_loop_test(t, a_cached_session_ends_after_its_lifetime_and_a_day_after_its_full_handshake, 0, 2);
    tcase_add_loop_test(t, a_cookie_is_asked_of_whoever_resumes_if_the_configuration_says_so, 0, 6);
    suite_add_tcase(s, t);
    return s;
}
