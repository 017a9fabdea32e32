/* SPDX-License-Identifier: Apache-2.0
 *
 * test_language.c -- the handshake as a language. Below stand all legal scripts of
 * plain PSK, written from RFC 6347 section 4.2.4 and RFC 4279 section 2 and not from our
 * table. At every place where the peer speaks, every other message is said
 * instead: all 256 handshake types, ChangeCipherSpec, application data, alerts;
 * once slipped in by a stranger, once said by the peer itself, who hashes it
 * and goes on. Nothing of this may ever lead to CONNECTED by another path. */
#include <check.h>
#include <string.h>

#include "peer12.h"

Suite *test_language(void);

enum { LONGEST = 14 };
struct script { size_t n; unsigned message[LONGEST]; bool server[LONGEST]; };

static void say(struct script *s, bool server, unsigned message)
{
    s->server[s->n] = server;
    s->message[s->n++] = message;
}

/* The only three choices: a cookie round (here 0 to 2 of them), and a hint. */
static struct script script_of(unsigned rounds, bool hint)
{
    struct script s;
    memset(&s, 0, sizeof s);
    say(&s, false, M_CLIENT_HELLO);
    while (rounds--) {
        say(&s, true, M_HELLO_VERIFY);
        say(&s, false, M_CLIENT_HELLO);
    }
    say(&s, true, M_SERVER_HELLO);
    if (hint)
        say(&s, true, M_SERVER_KEY);
    say(&s, true, M_HELLO_DONE);
    say(&s, false, M_CLIENT_KEY);
    say(&s, false, M_CCS);
    say(&s, false, M_FINISHED);
    say(&s, true, M_CCS);
    say(&s, true, M_FINISHED);
    return s;
}

/* Which scripts a peer may speak to us: our server always wants one cookie round
 * and decides about the hint itself; our client takes everything. */
struct choice { unsigned rounds; bool hint; };
static const struct choice for_server[] = { { 1, false }, { 1, true } };
static const struct choice for_client[] = { { 0, false }, { 0, true },  { 1, false },
                                            { 1, true },  { 2, false }, { 2, true } };

static void start(struct hand *h, locket_role role, struct choice c)
{
    hand_new(h, role, 77);
    h->node->config.deadline = 4000;
    if (role == LOCKET_SERVER && c.hint) {
        h->node->config.hint = (const uint8_t *)"hint";
        h->node->config.hint_len = 4;
    }
    memcpy(h->p.hint, "hint", 4);
    h->p.hint_len = 4;
    hand_up(h);
}

/* Our peer's part of script[from, to), as far as we play along. */
static bool play(struct hand *h, const struct script *s, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (s->server[i] == h->p.server)
            p12_send(&h->p, s->message[i]);
        else if (!p12_take(&h->p, s->message[i]))
            return false;
    }
    return true;
}

START_TEST(every_legal_script_connects)
{
    const struct choice *c = _i < 2 ? &for_server[_i] : &for_client[_i - 2];
    struct script s = script_of(c->rounds, c->hint);
    struct hand h;
    start(&h, _i < 2 ? LOCKET_SERVER : LOCKET_CLIENT, *c);
    ck_assert(play(&h, &s, 0, s.n));
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_FAILED] + h.node->n_kind[LOCKET_CLOSED], 0);
    p12_sealed(&h.p, 23, "data", 4);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_DATA], 1);
    net_free(h.net);
}
END_TEST

/* --- every other message ---------------------------------------------------------- */

enum { PROBE_CCS = 256, PROBE_DATA, PROBE_FATAL, PROBE_WARNING, N_PROBES };

/* Is handshake type `type` (or PROBE_CCS) what some script says here? */
static bool is_legal(locket_role role, const struct script *s, size_t at, unsigned probe)
{
    const struct choice *c = role == LOCKET_SERVER ? for_server : for_client;
    unsigned message = probe == PROBE_CCS ? (unsigned)M_CCS : probe;
    if (role == LOCKET_CLIENT && message == M_HELLO_VERIFY && at < s->n && s->message[at - 1] == M_CLIENT_HELLO)
        return true;              /* another cookie: RFC 6347 section 4.2.1 allows it again and again */
    for (size_t i = 0; i < (role == LOCKET_SERVER ? 2u : 6u); i++) {
        struct script o = script_of(c[i].rounds, c[i].hint);
        if (at < o.n && memcmp(o.message, s->message, at * sizeof o.message[0]) == 0 && o.message[at] == message)
            return true;
    }
    return false;
}

/* A body that the message would have if it were in its place. */
static size_t body_of(const struct peer12 *p, unsigned type, uint8_t *out)
{
    static const uint8_t server_hello[49] = { 0xFE, 0xFD, [35] = 0xC0, [36] = 0xA8, [39] = 9, [41] = 23,
                                              [44] = 0xFF, [45] = 1, [47] = 1 };
    memset(out, 0, 64);
    switch (type) {
    case M_CLIENT_HELLO:
        if (!p->server)
            return p12_hello_body(p, out);
        out[0] = 0xFE;
        out[1] = 0xFD;
        memcpy(out + 36, "\0\4\300\250\0\377\1\0\0\4\0\27\0\0", 14);
        return 50;
    case M_SERVER_HELLO:
        if (p->server)
            return p12_hello_body(p, out);
        memcpy(out, server_hello, 49);
        return 49;
    case M_HELLO_VERIFY:
        memcpy(out, "\376\377\4cook", 7);
        return 7;
    case M_SERVER_KEY:
        memcpy(out, "\0\4hint", 6);
        return 6;
    case M_CLIENT_KEY:
        return p12_client_key_body(p, out);
    case M_FINISHED:
        if (p->keyed)
            p12_verify_data(p, p->server, out);
        return 12;
    default:
        return 0;
    }
}

static void slip_in(struct hand *h, unsigned probe, bool by_the_peer)
{
    uint8_t body[P12_BODY];
    void (*record)(struct peer12 *, unsigned, const void *, size_t) = h->p.sealed ? p12_sealed : p12_plain;
    if (probe == PROBE_CCS) {
        p12_plain(&h->p, 20, "\1", 1);
    } else if (probe == PROBE_DATA) {
        record(&h->p, 23, "early", 5);
    } else if (probe == PROBE_FATAL) {
        record(&h->p, 21, "\2\50", 2);
    } else if (probe == PROBE_WARNING) {
        record(&h->p, 21, "\1\132", 2);
    } else {
        size_t n = body_of(&h->p, probe, body);
        if (by_the_peer)
            p12_message(&h->p, probe, body, n);
        else
            p12_fragment(&h->p, probe, n, h->p.seq, 0, n, body);
    }
}

static uint32_t all_drops(const struct net_node *n)
{
    uint32_t sum = 0;
    for (int i = 0; i < LOCKET_N_DROPS; i++)
        sum += locket_drops(&n->ep, (locket_drop)i);
    return sum;
}

/* Said by a stranger, and then the legal peer goes on: either it was counted and
 * forgotten and the handshake succeeds, or the handshake has failed for
 * unexpected_message. CCS, data and plaintext alerts may do no harm at all. */
static void stranger(locket_role role, struct choice c, const struct script *s, size_t at, unsigned probe)
{
    struct hand h;
    start(&h, role, c);
    ck_assert(play(&h, s, 0, at));
    uint32_t before = all_drops(h.node);
    bool sealed = h.p.sealed;
    slip_in(&h, probe, false);
    bool counted = all_drops(h.node) > before;
    ck_assert_msg(h.node->n_kind[LOCKET_CONNECTED] == 0, "place %zu: %u connects", at, probe);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_DATA], 0);
    bool again = role == LOCKET_SERVER && probe == M_CLIENT_HELLO;    /* answered whenever it comes */
    if (again)
        p12_skip(&h.p);
    bool connected = play(&h, s, at, s->n) && h.node->n_kind[LOCKET_CONNECTED] == 1;
    bool harmless = probe == PROBE_CCS || probe == PROBE_DATA || probe == PROBE_WARNING ||
                    (probe == PROBE_FATAL && !sealed) || (probe == M_HELLO_REQUEST && role == LOCKET_CLIENT && !sealed);
    if (harmless)
        ck_assert_msg(connected, "place %zu: %u stops the handshake", at, probe);
    if (connected) {
        ck_assert_msg(counted || again || probe == PROBE_CCS || probe >= PROBE_FATAL || probe == M_HELLO_REQUEST,
                      "place %zu: %u is taken for something", at, probe);
    } else {
        int want = probe == PROBE_FATAL ? LOCKET_PEER_ALERT + 40 : 10;
        net_run(h.net, 5000);
        ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 0);
        ck_assert_msg(h.node->n_kind[LOCKET_FAILED] + h.node->n_kind[LOCKET_CLOSED] == 1,
                      "place %zu: after %u neither success nor one failure", at, probe);
        ck_assert_msg(again || h.node->last_reason == want, "place %zu: after %u the reason is %d",
                      at, probe, h.node->last_reason);
    }
    net_free(h.net);
}

/* Said by the peer in place of the legal message, hashed like it. */
static void hostile(locket_role role, struct choice c, const struct script *s, size_t at, unsigned probe)
{
    struct hand h;
    start(&h, role, c);
    ck_assert(play(&h, s, 0, at));
    slip_in(&h, probe, true);
    for (size_t i = at + 1; i < s->n; i++)
        if (s->server[i] == h.p.server) {
            if (i > at && s->message[at] == M_CCS && !h.p.sealed) {
                if (!h.p.keyed)
                    p12_derive(&h.p);
                h.p.sealed = true;
            }
            p12_send(&h.p, s->message[i]);
        } else {
            (void)p12_take(&h.p, s->message[i]);
        }
    ck_assert_msg(h.node->n_kind[LOCKET_CONNECTED] == 0, "place %zu: connected with %u in place of %u",
                  at, probe, s->message[at]);
    net_free(h.net);
}

/* The i-th place of all at which the peer of `role` speaks. */
static bool place(locket_role role, int i, struct choice *c, struct script *s, size_t *at)
{
    const struct choice *all = role == LOCKET_SERVER ? for_server : for_client;
    for (size_t k = 0; k < (role == LOCKET_SERVER ? 2u : 6u); k++) {
        *c = all[k];
        *s = script_of(c->rounds, c->hint);
        for (*at = 0; *at < s->n; ++*at)
            if (s->server[*at] == (role == LOCKET_CLIENT) && i-- == 0)
                return true;
    }
    return false;
}

enum { SERVER_PLACES = 2 * 5, CLIENT_PLACES = 4 + 5 + 5 + 6 + 6 + 7 };

static void every_other_message(locket_role role, int i)
{
    struct choice c;
    struct script s;
    size_t at;
    ck_assert(place(role, i, &c, &s, &at));
    for (unsigned probe = 0; probe < N_PROBES; probe++)
        if (!is_legal(role, &s, at, probe)) {
            stranger(role, c, &s, at, probe);
            /* what is forgotten may stand where the peer might have been silent */
            if ((s.message[at] != M_SERVER_KEY || probe < 256) &&
                (s.message[at] != M_HELLO_VERIFY || (probe < 253 && probe != M_HELLO_REQUEST)))
                hostile(role, c, &s, at, probe);
        }
}

START_TEST(our_server_refuses_every_other_message_at_every_place) { every_other_message(LOCKET_SERVER, _i); }
END_TEST

START_TEST(our_client_refuses_every_other_message_at_every_place) { every_other_message(LOCKET_CLIENT, _i); }
END_TEST

START_TEST(the_places_are_all_there_are)
{
    struct choice c;
    struct script s;
    size_t at;
    ck_assert(!place(LOCKET_SERVER, SERVER_PLACES, &c, &s, &at));
    ck_assert(!place(LOCKET_CLIENT, CLIENT_PLACES, &c, &s, &at));
    ck_assert(place(LOCKET_SERVER, SERVER_PLACES - 1, &c, &s, &at));
    ck_assert(place(LOCKET_CLIENT, CLIENT_PLACES - 1, &c, &s, &at));
}
END_TEST

/* After the handshake: nothing in epoch 0 touches the session; an authentic peer
 * is told politely that there is no renegotiation. */
START_TEST(after_the_handshake_no_plaintext_message_touches_the_session)
{
    locket_role role = _i ? LOCKET_CLIENT : LOCKET_SERVER;
    struct hand h;
    start(&h, role, for_client[2]);
    ck_assert(p12_finish(&h.p));
    for (unsigned probe = 0; probe < N_PROBES; probe++)
        for (unsigned seq = 0; seq < 6; seq++) {
            uint8_t body[P12_BODY];
            if (role == LOCKET_SERVER && probe == M_CLIENT_HELLO)
                h.p.cookie_len = 0;          /* with a good cookie it begins another, beside this one */
            size_t n = probe < 256 ? body_of(&h.p, probe, body) : 0;
            h.p.sealed = false;
            if (probe >= 256)
                slip_in(&h, probe, false);
            else
                p12_fragment(&h.p, probe, n, seq, 0, n, body);
            h.p.sealed = true;
        }
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CLOSED] + h.node->n_kind[LOCKET_FAILED], 0);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    p12_sealed(&h.p, 23, "alive", 5);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_DATA], 1);
    ck_assert_int_eq(net_say(h.node, h.node->live, "alive", 5), LOCKET_OK);
    net_free(h.net);
}
END_TEST

START_TEST(after_the_handshake_no_authentic_message_makes_another_session)
{
    locket_role role = _i ? LOCKET_CLIENT : LOCKET_SERVER;
    for (unsigned type = 0; type < 256; type++) {
        struct hand h;
        uint8_t body[P12_BODY];
        start(&h, role, for_client[2]);
        ck_assert(p12_finish(&h.p));
        unsigned seq = type <= 1 ? 0 : h.p.seq;     /* hellos of a renegotiation count anew */
        size_t n = body_of(&h.p, type, body);
        p12_skip(&h.p);
        p12_fragment(&h.p, type, n, seq, 0, n, body);
        ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
        if (type == (role == LOCKET_SERVER ? M_CLIENT_HELLO : M_HELLO_REQUEST)) {
            ck_assert_int_eq(p12_alert_taken(&h.p), 0x100 | 100);
            ck_assert_uint_eq(h.p.record.epoch, 1);
            ck_assert_uint_eq(h.node->n_kind[LOCKET_CLOSED], 0);
            p12_sealed(&h.p, 23, "alive", 5);
            ck_assert_uint_eq(h.node->n_kind[LOCKET_DATA], 1);
        }
        net_free(h.net);
    }
}
END_TEST

Suite *test_language(void)
{
    Suite *s = suite_create("language");
    TCase *t = tcase_create("scripts");
    tcase_add_loop_test(t, every_legal_script_connects, 0, 8);
    tcase_add_test(t, the_places_are_all_there_are);
    tcase_add_loop_test(t, our_server_refuses_every_other_message_at_every_place, 0, SERVER_PLACES);
    tcase_add_loop_test(t, our_client_refuses_every_other_message_at_every_place, 0, CLIENT_PLACES);
    tcase_add_loop_test(t, after_the_handshake_no_plaintext_message_touches_the_session, 0, 2);
    tcase_add_loop_test(t, after_the_handshake_no_authentic_message_makes_another_session, 0, 2);
    suite_add_tcase(s, t);
    return s;
}
