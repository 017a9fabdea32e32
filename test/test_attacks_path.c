/* SPDX-License-Identifier: Apache-2.0
 *
 * test_attacks_path.c -- attacks on the address of a session (RFC 9853 section 8): somebody who
 * copies records and is faster, who replays them, who makes a server send to others; answers that
 * are false, late, or from the wrong place; and more of everything than there is room for. */
#include <check.h>
#include <string.h>

#include "handshake.h"
#include "net.h"

Suite *test_attacks_path(void);

enum { RRC = 27, CHALLENGE = 0, RESPONSE = 1, DROP_IT = 2 };

static unsigned n_addresses(const struct net_node *n) { return n->n_kind[LOCKET_ADDRESS]; }

static bool is_at(const struct net_node *server, const locket_session *s, const locket_peer *where)
{
    locket_peer now;
    locket_peer_of(s, &now);
    (void)server;
    return net_same(&now, where);
}

static void hears(struct net_node *from, locket_session *s, struct net_node *to, const char *what)
{
    unsigned before = to->n_kind[LOCKET_DATA];
    ck_assert_int_eq(net_say(from, s, what, strlen(what)), LOCKET_OK);
    net_run(from->net, 3 * NET_LATENCY);
    ck_assert_uint_eq(to->n_kind[LOCKET_DATA], before + 1);
    ck_assert_mem_eq(net_last(to, LOCKET_DATA)->data, what, strlen(what));
}

static size_t n_sent_to(const struct net *net, const locket_peer *to)
{
    size_t n = 0;
    for (size_t i = 0; i < net->n_log; i++)
        n += net_same(&net->log[i]->to, to);
    return n;
}

/* At every moment up to `until` the server had sent at most three times as much to that address
 * as it had received from there. Returns how much it sent. */
static size_t amplified(const struct net *net, const locket_peer *server, const locket_peer *there, uint64_t until)
{
    size_t sent = 0;
    for (size_t i = 0; i < net->n_log && net->log[i]->at < until; i++) {
        const struct net_datagram *d = net->log[i];
        size_t received = 0;
        if (!net_same(&d->from, server) || !net_same(&d->to, there))
            continue;
        sent += d->len;
        for (size_t k = 0; k < i; k++)
            if (net_same(&net->log[k]->to, server) && net_same(&net->log[k]->from, there) &&
                net->log[k]->at + NET_LATENCY <= d->at)
                received += net->log[k]->len;
        ck_assert_msg(sent <= 3 * received, "%u bytes for %u", (unsigned)sent, (unsigned)received);
    }
    return sent;
}

/* --- who copies records, and is faster --- */

struct copier {
    struct pair *p;
    locket_peer me;
    bool forwards;                /* what comes back as well, as if from the server */
    bool over;
};

static void copies(void *user, const struct net_datagram *d, struct net_verdict *v)
{
    struct copier *c = user;
    bool up = net_same(&d->from, &c->p->client->address) && net_same(&d->to, &c->p->server->address);
    if (c->over)
        return;
    if (up) {
        v->fate = NET_DELAY;
        v->delay = 5;
        net_post(c->p->net, &c->me, &d->to, d->bytes, d->len);
    } else if (c->forwards && net_same(&d->to, &c->me)) {
        net_post(c->p->net, &c->p->server->address, &c->p->client->address, d->bytes, d->len);
    }
}

static void begin_copies(struct copier *c, struct pair *p, bool forwards)
{
    c->p = p;
    c->me = net_address(66, 6666);
    c->forwards = forwards;
    c->over = false;
    p->net->judge = copies;
    p->net->user = c;
}

/* RFC 9853 section 8.1.2, case 3: the real peer is asked first, and answers. */
START_TEST(who_copies_and_is_faster_gains_nothing_when_the_old_address_is_asked)
{
    struct pair p = net_roaming(700 + (uint64_t)_i, LOCKET_PATH_ENHANCED);
    struct copier c;
    begin_copies(&c, &p, _i);
    for (unsigned i = 1; i <= 10; i++) {
        hears(p.client, p.client->live, p.server, "from me");
        ck_assert_int_eq(net_last(p.server, LOCKET_DATA)->reason, LOCKET_PENDING);
        ck_assert(net_same(&net_last(p.server, LOCKET_DATA)->peer, &p.client->address));
        net_run(p.net, 100);
        ck_assert_uint_eq(n_addresses(p.server), 2 * i);
        ck_assert_int_eq(net_last(p.server, LOCKET_ADDRESS)->reason, LOCKET_ERR_ELSEWHERE);
        ck_assert(net_same(&net_last(p.server, LOCKET_ADDRESS)->peer, &c.me));
        ck_assert(is_at(p.server, p.server->live, &p.client->address));
        hears(p.server, p.server->live, p.client, "to me");
    }
    net_run(p.net, 5000);
    ck_assert_uint_eq(n_sent_to(p.net, &c.me), 0);
    net_free(p.net);
}
END_TEST

/* Without the enhancement: who only copies gets two challenges, and cannot answer. */
START_TEST(who_copies_and_cannot_answer_gets_nothing_but_challenges)
{
    struct pair p = net_roaming(710, LOCKET_PATH_BASIC);
    struct copier c;
    begin_copies(&c, &p, false);
    hears(p.client, p.client->live, p.server, "from me");
    net_run(p.net, 3000);
    ck_assert_int_eq(net_last(p.server, LOCKET_ADDRESS)->reason, LOCKET_ERR_TIMEOUT);
    ck_assert(is_at(p.server, p.server->live, &p.client->address));
    hears(p.server, p.server->live, p.client, "to me");
    ck_assert_uint_eq(n_sent_to(p.net, &c.me), 2);
    ck_assert_uint_gt(amplified(p.net, &p.server->address, &c.me, UINT64_MAX), 0);
    net_free(p.net);
}
END_TEST

/* Who forwards in both directions is between them, and gets the address; until he is slower once. */
START_TEST(who_forwards_everything_gets_the_address_and_loses_it_when_the_peer_is_heard)
{
    struct pair p = net_roaming(711, LOCKET_PATH_BASIC);
    struct copier c;
    begin_copies(&c, &p, true);
    hears(p.client, p.client->live, p.server, "from me");
    net_run(p.net, 100);
    ck_assert(is_at(p.server, p.server->live, &c.me));
    amplified(p.net, &p.server->address, &c.me, net_last(p.server, LOCKET_ADDRESS)->at);
    c.over = true;
    hears(p.client, p.client->live, p.server, "here I am");
    net_run(p.net, 100);
    ck_assert(is_at(p.server, p.server->live, &p.client->address));
    hears(p.server, p.server->live, p.client, "to me");
    net_free(p.net);
}
END_TEST

/* From the first datagram on: what is copied is nobody's, and costs no time. */
START_TEST(who_copies_a_handshake_and_is_faster_does_not_disturb_it)
{
    struct pair p = net_pair(712 + (uint64_t)_i);
    struct copier c;
    net_pair_roams(&p, 8, 8, LOCKET_PATH_BASIC);
    if (_i)
        net_pair_returns(&p, _i > 1);
    net_pair_up(&p);
    begin_copies(&c, &p, false);
    for (unsigned again = 0; again < 2; again++) {
        ck_assert_ptr_nonnull(net_connect(p.client, &p.server->address));
        ck_assert(net_meet(p.net, p.client, p.server, 200));
        net_run(p.net, 50);
        ck_assert(is_at(p.server, p.server->live, &p.client->address));
        ck_assert_uint_eq(p.server->n_kind[LOCKET_FAILED], 0);
        net_close(p.client, p.client->live);
        net_run(p.net, 50);
    }
    amplified(p.net, &p.server->address, &c.me, UINT64_MAX);
    net_free(p.net);
}
END_TEST

/* --- old records --- */

START_TEST(a_record_replayed_from_elsewhere_starts_nothing)
{
    struct pair p = net_roaming(720, (locket_path_check)_i);
    locket_peer elsewhere = net_address(66, 6666);
    hears(p.client, p.client->live, p.server, "once");
    const struct net_datagram *d = p.net->log[p.net->n_log - 1];
    for (unsigned i = 0; i < 100; i++) {
        net_post(p.net, &elsewhere, &p.server->address, d->bytes, d->len);
        net_run(p.net, 30);
    }
    ck_assert_uint_eq(p.server->n_kind[LOCKET_DATA], 1);
    ck_assert_uint_eq(n_addresses(p.server), 0);
    ck_assert_uint_eq(n_sent_to(p.net, &elsewhere), 0);
    ck_assert_uint_eq(locket_drops(&p.server->ep, LOCKET_DROP_REPLAY), 100);
    net_free(p.net);
}
END_TEST

static void drop_up(void *user, const struct net_datagram *d, struct net_verdict *v)
{
    if (net_same(&d->to, &((struct net_node *)user)->address))
        v->fate = NET_DROP;
}

/* It was held back, and others have overtaken it: authentic, new, and no news of where the peer is. */
START_TEST(a_late_record_from_elsewhere_is_read_and_starts_nothing)
{
    struct pair p = net_roaming(721, (locket_path_check)_i);
    locket_peer elsewhere = net_address(66, 6666);
    p.net->judge = drop_up;
    p.net->user = p.server;
    ck_assert_int_eq(net_say(p.client, p.client->live, "late", 4), LOCKET_OK);
    const struct net_datagram *d = p.net->log[p.net->n_log - 1];
    p.net->judge = NULL;
    hears(p.client, p.client->live, p.server, "newer");
    net_post(p.net, &elsewhere, &p.server->address, d->bytes, d->len);
    net_run(p.net, 5000);
    ck_assert_uint_eq(p.server->n_kind[LOCKET_DATA], 2);
    ck_assert_int_eq(net_last(p.server, LOCKET_DATA)->reason, LOCKET_PENDING);
    ck_assert_uint_eq(n_addresses(p.server), 0);
    ck_assert_uint_eq(n_sent_to(p.net, &elsewhere), 0);
    net_free(p.net);
}
END_TEST

/* And one that is damaged: whoever knows the ID alone. */
START_TEST(a_forged_record_from_elsewhere_starts_nothing)
{
    struct pair p = net_roaming(722, (locket_path_check)_i);
    locket_peer elsewhere = net_address(66, 6666);
    hears(p.client, p.client->live, p.server, "once");
    const struct net_datagram *d = p.net->log[p.net->n_log - 1];
    uint8_t forged[100];
    memcpy(forged, d->bytes, d->len);
    forged[5] = 0x7F;                            /* far ahead */
    net_post(p.net, &elsewhere, &p.server->address, forged, d->len);
    net_run(p.net, 5000);
    ck_assert_uint_eq(locket_drops(&p.server->ep, LOCKET_DROP_BAD_TAG), 1);
    ck_assert_uint_eq(n_addresses(p.server), 0);
    ck_assert_uint_eq(n_sent_to(p.net, &elsewhere), 0);
    hears(p.client, p.client->live, p.server, "still here");
    net_free(p.net);
}
END_TEST

/* --- answers --- */

/* A message of the client about paths, from anywhere. */
static void says_path(struct pair *p, const locket_peer *from, unsigned type, const uint8_t cookie[8], size_t len)
{
    uint8_t out[100], *text = out + record_headroom(p->client->live);
    memset(text, 0, 40);
    text[0] = (uint8_t)type;
    memcpy(text + 1, cookie, 8);
    size_t size = record_seal(p->client->live, RRC, out, len);
    ck_assert_uint_gt(size, 0);
    net_post(p->net, from, &p->server->address, out, size);
    net_run(p->net, NET_LATENCY + 1);
}

static void drop_down(void *user, const struct net_datagram *d, struct net_verdict *v)
{
    if (net_same(&d->from, &((struct net_node *)user)->address))
        v->fate = NET_DROP;
}

/* A client that has moved, is being looked for, and hears nothing of it. */
static struct pair looked_for(uint64_t seed, locket_path_check check)
{
    struct pair p = net_roaming(seed, check);
    net_rebind(p.client, 9, 9999);
    p.net->judge = drop_down;
    p.net->user = p.server;
    ck_assert_int_eq(net_say(p.client, p.client->live, "here", 4), LOCKET_OK);
    net_run(p.net, 3 * NET_LATENCY);
    ck_assert_uint_eq(n_addresses(p.server), 1);
    return p;
}

static void not_convinced(struct pair *p, unsigned addresses)
{
    locket_peer was = net_address(1, 40001);
    ck_assert_uint_eq(n_addresses(p->server), addresses);
    ck_assert(is_at(p->server, p->server->live, &was));
}

START_TEST(an_answer_from_the_wrong_address_is_none)
{
    struct pair p = looked_for(730, LOCKET_PATH_BASIC);
    const locket_path *check = &p.server->paths[0];
    locket_peer old = net_address(1, 40001), third = net_address(66, 6666);
    says_path(&p, &third, RESPONSE, check->cookie[0], 9);
    says_path(&p, &old, RESPONSE, check->cookie[0], 9);
    not_convinced(&p, 1);
    ck_assert_uint_eq(locket_drops(&p.server->ep, LOCKET_DROP_UNEXPECTED), 2);
    says_path(&p, &p.client->address, RESPONSE, check->cookie[0], 9);
    ck_assert_uint_eq(n_addresses(p.server), 2);
    ck_assert(is_at(p.server, p.server->live, &p.client->address));
    net_free(p.net);
}
END_TEST

START_TEST(an_answer_with_another_cookie_is_none)
{
    struct pair p = looked_for(731, LOCKET_PATH_BASIC);
    const locket_path *check = &p.server->paths[0];
    uint8_t cookie[8];
    for (unsigned bit = 0; bit < 64; bit++) {
        memcpy(cookie, check->cookie[0], 8);
        cookie[bit / 8] ^= (uint8_t)(1 << bit % 8);
        says_path(&p, &p.client->address, RESPONSE, cookie, 9);
    }
    memset(cookie, 0, 8);                        /* that of a challenge that has not been sent */
    says_path(&p, &p.client->address, RESPONSE, cookie, 9);
    not_convinced(&p, 1);
    net_free(p.net);
}
END_TEST

START_TEST(a_message_of_another_form_is_no_answer)
{
    struct pair p = looked_for(732, LOCKET_PATH_BASIC);
    const locket_path *check = &p.server->paths[0];
    size_t sent = p.net->n_log;
    for (size_t len = 0; len < 20; len++)
        for (unsigned type = 0; type < 3; type++)
            if (len != 9)
                says_path(&p, &p.client->address, type, check->cookie[0], len);
    for (unsigned type = 2; type < 256; type += type < 10 ? 1 : 41)     /* path_drop: not from there */
        says_path(&p, &p.client->address, type, check->cookie[0], 9);
    not_convinced(&p, 1);
    for (size_t i = sent; i < p.net->n_log; i++)
        ck_assert(!net_same(&p.net->log[i]->from, &p.server->address) || p.net->log[i]->at >= 500);
    net_free(p.net);
}
END_TEST

START_TEST(a_late_answer_is_none)
{
    struct pair p = looked_for(733, LOCKET_PATH_BASIC);
    uint8_t cookie[2][8];
    net_run(p.net, 600);
    memcpy(cookie, p.server->paths[0].cookie, sizeof cookie);
    net_run(p.net, 1000);
    ck_assert_int_eq(net_last(p.server, LOCKET_ADDRESS)->reason, LOCKET_ERR_TIMEOUT);
    says_path(&p, &p.client->address, RESPONSE, cookie[0], 9);
    says_path(&p, &p.client->address, RESPONSE, cookie[1], 9);
    ck_assert(is_at(p.server, p.server->live, &(locket_peer){ 6, { 10, 0, 0, 1, 40001 >> 8, 40001 & 255 } }));
    ck_assert(net_last(p.server, LOCKET_ADDRESS)->reason != LOCKET_OK);
    net_free(p.net);
}
END_TEST

/* The cookie that went to the old address is good for nothing at the new one, and the other way. */
START_TEST(the_cookie_of_another_step_is_none)
{
    struct pair p = looked_for(734, LOCKET_PATH_ENHANCED);
    locket_peer old = net_address(1, 40001);
    uint8_t asked_old[8];
    memcpy(asked_old, p.server->paths[0].cookie[0], 8);
    net_run(p.net, 1100);
    says_path(&p, &p.client->address, RESPONSE, asked_old, 9);
    says_path(&p, &old, RESPONSE, asked_old, 9);
    says_path(&p, &old, RESPONSE, p.server->paths[0].cookie[0], 9);
    not_convinced(&p, 1);
    says_path(&p, &p.client->address, RESPONSE, p.server->paths[0].cookie[0], 9);
    ck_assert_int_eq(net_last(p.server, LOCKET_ADDRESS)->reason, LOCKET_OK);
    net_free(p.net);
}
END_TEST

START_TEST(an_answer_counts_once)
{
    struct pair p = looked_for(735, LOCKET_PATH_BASIC);
    uint8_t cookie[8];
    memcpy(cookie, p.server->paths[0].cookie[0], 8);
    for (unsigned i = 0; i < 3; i++)
        says_path(&p, &p.client->address, RESPONSE, cookie, 9);
    ck_assert_uint_eq(n_addresses(p.server), 2);
    ck_assert_uint_eq(locket_drops(&p.server->ep, LOCKET_DROP_UNEXPECTED), 2);
    locket_peer third = net_address(66, 6666);
    says_path(&p, &third, RESPONSE, cookie, 9);
    ck_assert(is_at(p.server, p.server->live, &p.client->address));
    net_free(p.net);
}
END_TEST

START_TEST(no_two_challenges_have_the_same_cookie)
{
    enum { CHECKS = 200 };
    static uint8_t seen[4 * CHECKS][8];
    struct pair p = net_roaming(736, LOCKET_PATH_ENHANCED);
    size_t n = 0;
    p.net->judge = drop_down;
    p.net->user = p.server;
    for (unsigned i = 0; i < CHECKS; i++) {
        net_rebind(p.client, 9, 1000 + i);
        ck_assert_int_eq(net_say(p.client, p.client->live, "here", 4), LOCKET_OK);
        for (unsigned step = 0; step < 2; step++) {
            net_run(p.net, 700);
            ck_assert_uint_eq(p.server->paths[0].asked, 2);
            memcpy(seen[n++], p.server->paths[0].cookie[0], 8);
            memcpy(seen[n++], p.server->paths[0].cookie[1], 8);
            net_run(p.net, 400);
        }
        net_run(p.net, 100);
    }
    ck_assert_uint_eq(n_addresses(p.server), 2 * CHECKS);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            ck_assert_mem_ne(seen[i], seen[k], 8);
    net_free(p.net);
}
END_TEST

/* --- three bytes for each --- */

/* With any lengths, and whoever says what: a large record, an empty one, a challenge. */
START_TEST(an_address_that_is_not_proven_gets_three_bytes_for_each_at_most)
{
    static const size_t lengths[] = { 1, 2, 8 };
    struct pair p = net_pair(740 + (uint64_t)_i);
    locket_path_check check = _i % 2 ? LOCKET_PATH_BASIC : LOCKET_PATH_ENHANCED;
    locket_peer elsewhere = net_address(66, 6666);
    uint8_t cookie[8] = { 1 }, out[500] = { 0 };
    size_t len;
    net_pair_roams(&p, lengths[_i / 2 % 3], lengths[_i / 6 % 3], check);
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    net_run(p.net, 50);
    for (unsigned what = 0; what < 4; what++) {
        if (what == 0)
            says_path(&p, &elsewhere, CHALLENGE, cookie, 9);
        ck_assert_int_eq(locket_send(&p.client->ep, p.client->live, out, what == 1 ? 0 : what, out, sizeof out, &len),
                         LOCKET_OK);
        if (what)
            net_post(p.net, &elsewhere, &p.server->address, out, len);
        net_run(p.net, 150);
        ck_assert_int_eq(net_say(p.server, p.server->live, "down", 4), LOCKET_OK);
        net_run(p.net, 2500);
    }
    amplified(p.net, &p.server->address, &elsewhere, UINT64_MAX);
    ck_assert(is_at(p.server, p.server->live, &p.client->address));
    net_free(p.net);
}
END_TEST

/* --- more than there is room for --- */

START_TEST(of_many_challenges_in_a_datagram_two_are_answered)
{
    struct pair p = net_roaming(750, LOCKET_PATH_APPLICATION == (locket_path_check)_i ? LOCKET_PATH_BASIC
                                                                                   : LOCKET_PATH_ENHANCED);
    locket_peer elsewhere = net_address(66, 6666);
    uint8_t out[2000];
    size_t len = 0;
    for (unsigned i = 0; i < 20; i++) {
        uint8_t *text = out + len + record_headroom(p.client->live);
        memset(text, 0, 9);
        text[8] = (uint8_t)i;
        len += record_seal(p.client->live, RRC, out + len, 9);
    }
    size_t before = p.net->n_log;
    net_post(p.net, &p.client->address, &p.server->address, out, len);
    net_run(p.net, NET_LATENCY);
    ck_assert_uint_eq(p.net->n_log, before + 1 + 2);
    ck_assert_uint_eq(locket_drops(&p.server->ep, LOCKET_DROP_UNEXPECTED), 18);
    net_run(p.net, 5000);
    ck_assert_uint_eq(p.net->n_log, before + 1 + 2);
    ck_assert_uint_eq(n_sent_to(p.net, &elsewhere), 0);
    hears(p.client, p.client->live, p.server, "up");
    net_free(p.net);
}
END_TEST

/* A third address while a check runs has to wait for its end. */
START_TEST(an_address_that_changes_again_during_a_check_is_found_after_it)
{
    struct pair p = net_roaming(751, _i ? LOCKET_PATH_BASIC : LOCKET_PATH_ENHANCED);
    net_rebind(p.client, 9, 9999);
    ck_assert_int_eq(net_say(p.client, p.client->live, "here", 4), LOCKET_OK);
    net_run(p.net, NET_LATENCY + 1);
    net_rebind(p.client, 10, 1010);
    for (unsigned i = 0; i < 12 && !is_at(p.server, p.server->live, &p.client->address); i++) {
        ck_assert_int_eq(net_say(p.client, p.client->live, "no, here", 8), LOCKET_OK);
        net_run(p.net, 500);
    }
    ck_assert(is_at(p.server, p.server->live, &p.client->address));
    hears(p.server, p.server->live, p.client, "down");
    /* ADDRESS: pending, timeout, pending, good. */
    ck_assert_uint_eq(n_addresses(p.server), 4);
    locket_peer second = net_address(9, 9999);
    amplified(p.net, &p.server->address, &second, UINT64_MAX);
    net_free(p.net);
}
END_TEST

enum { CROWD = NET_PATHS + 1 };
struct crowd { struct net *net; struct net_node *server, *c[CROWD]; locket_session *s[CROWD]; };

static struct crowd crowd(uint64_t seed, locket_path_check check)
{
    struct pair p = net_pair(seed);
    struct crowd w = { p.net, p.server, { p.client }, { NULL } };
    net_pair_roams(&p, 8, 8, check);
    for (unsigned i = 1; i < CROWD; i++) {
        w.c[i] = net_node(p.net, LOCKET_CLIENT, 10 + i, 4000);
        w.c[i]->config.cid = true;
        w.c[i]->config.cid_len = 8;
        w.c[i]->config.path_check = check;
    }
    net_up(w.server, CROWD, 2);
    for (unsigned i = 0; i < CROWD; i++) {
        net_up(w.c[i], 1, 1);
        net_connect(w.c[i], &w.server->address);
        ck_assert(net_meet(w.net, w.c[i], w.server, 900));
        w.s[i] = w.server->live;
        net_run(w.net, 50);
    }
    return w;
}

START_TEST(when_no_check_is_free_the_move_is_told_once_and_followed_later)
{
    struct crowd w = crowd(760, _i ? LOCKET_PATH_BASIC : LOCKET_PATH_ENHANCED);
    w.net->judge = drop_down;                    /* so that the checks last */
    w.net->user = w.server;
    for (unsigned i = 0; i < CROWD; i++) {
        net_rebind(w.c[i], 50 + i, 5000);
        ck_assert_int_eq(net_say(w.c[i], w.c[i]->live, "here", 4), LOCKET_OK);
        net_run(w.net, NET_LATENCY + 1);
    }
    ck_assert_uint_eq(n_addresses(w.server), CROWD);
    locket_session *last = w.s[CROWD - 1];
    ck_assert(!last->terms.checking && w.s[0]->terms.checking);
    hears(w.c[CROWD - 1], w.c[CROWD - 1]->live, w.server, "and here");
    ck_assert_uint_eq(n_addresses(w.server), CROWD);
    ck_assert(!is_at(w.server, last, &w.c[CROWD - 1]->address));
    w.net->judge = NULL;
    net_run(w.net, 3000);
    for (unsigned round = 0; round < 2; round++)
        for (unsigned i = CROWD; i-- > 0;) {
            ck_assert_int_eq(net_say(w.c[i], w.c[i]->live, "here", 4), LOCKET_OK);
            net_run(w.net, 3000);
        }
    for (unsigned i = 0; i < CROWD; i++) {
        ck_assert(is_at(w.server, w.s[i], &w.c[i]->address));
        hears(w.server, w.s[i], w.c[i], "down");
    }
    net_free(w.net);
}
END_TEST

/* Behind one NAT, which gives both the same address, one after the other; or for good. */
START_TEST(two_sessions_can_have_one_address)
{
    struct crowd w = crowd(762, _i ? LOCKET_PATH_BASIC : LOCKET_PATH_ENHANCED);
    struct net_node *a = w.c[0], *b = w.c[1];
    locket_peer was = b->address;
    net_rebind(a, 70, 7000);
    ck_assert_int_eq(net_say(a, a->live, "here", 4), LOCKET_OK);
    net_run(w.net, 3000);
    ck_assert(is_at(w.server, w.s[0], &a->address));
    net_rebind(a, 71, 7100);                     /* a is away for now, and b gets its address */
    net_rebind(b, 70, 7000);
    ck_assert_int_eq(net_say(b, b->live, "here", 4), LOCKET_OK);
    net_run(w.net, 3000);
    ck_assert(is_at(w.server, w.s[0], &b->address) && is_at(w.server, w.s[1], &b->address));
    hears(w.server, w.s[1], b, "to b");
    unsigned drops = locket_drops(&b->ep, LOCKET_DROP_STRANGER);
    ck_assert_int_eq(net_say(w.server, w.s[0], "to a", 4), LOCKET_OK);
    net_run(w.net, 50);
    ck_assert_uint_eq(locket_drops(&b->ep, LOCKET_DROP_BAD_TAG) + locket_drops(&b->ep, LOCKET_DROP_STRANGER),
                      drops + 1);
    ck_assert_int_eq(net_say(a, a->live, "here", 4), LOCKET_OK);
    net_run(w.net, 3000);
    hears(w.server, w.s[0], a, "to a");
    hears(w.server, w.s[1], b, "to b");
    net_close(b, b->live);
    net_run(w.net, 50);
    hears(w.server, w.s[0], a, "to a");
    ck_assert(!net_same(&was, &b->address));
    net_free(w.net);
}
END_TEST

/* Records of two sessions in one datagram: each counts for its own, wherever they came from. */
START_TEST(a_datagram_with_records_of_two_sessions_moves_each_for_itself)
{
    struct crowd w = crowd(764, (locket_path_check)_i);
    locket_peer elsewhere = net_address(80, 8000);
    uint8_t out[500] = { 0 };
    size_t first, second;
    ck_assert_int_eq(locket_send(&w.c[0]->ep, w.c[0]->live, out, 5, out, 250, &first), LOCKET_OK);
    ck_assert_int_eq(locket_send(&w.c[1]->ep, w.c[1]->live, out, 5, out + first, 250, &second), LOCKET_OK);
    net_post(w.net, &elsewhere, &w.server->address, out, first + second);
    net_run(w.net, NET_LATENCY + 1);
    ck_assert_uint_eq(w.server->n_kind[LOCKET_DATA], 2);
    ck_assert_uint_eq(n_addresses(w.server), 2);
    bool told[2] = { false, false };
    for (size_t i = 0; i < w.server->n_events; i++)
        for (unsigned k = 0; k < 2; k++)
            told[k] = told[k] || (w.server->events[i].kind == LOCKET_ADDRESS && w.server->events[i].session == w.s[k]);
    ck_assert(told[0] && told[1]);
    net_run(w.net, 5000);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert(is_at(w.server, w.s[i], &w.c[i]->address));
        hears(w.server, w.s[i], w.c[i], "down");
    }
    amplified(w.net, &w.server->address, &elsewhere, UINT64_MAX);
    net_free(w.net);
}
END_TEST

Suite *test_attacks_path(void)
{
    Suite *s = suite_create("attacks_path");
    TCase *t = tcase_create("copies");
    tcase_add_loop_test(t, who_copies_and_is_faster_gains_nothing_when_the_old_address_is_asked, 0, 2);
    tcase_add_test(t, who_copies_and_cannot_answer_gets_nothing_but_challenges);
    tcase_add_test(t, who_forwards_everything_gets_the_address_and_loses_it_when_the_peer_is_heard);
    tcase_add_loop_test(t, who_copies_a_handshake_and_is_faster_does_not_disturb_it, 0, 3);
    tcase_add_loop_test(t, a_record_replayed_from_elsewhere_starts_nothing, 0, 3);
    tcase_add_loop_test(t, a_late_record_from_elsewhere_is_read_and_starts_nothing, 0, 3);
    tcase_add_loop_test(t, a_forged_record_from_elsewhere_starts_nothing, 0, 3);
    suite_add_tcase(s, t);
    t = tcase_create("answers");
    tcase_add_test(t, an_answer_from_the_wrong_address_is_none);
    tcase_add_test(t, an_answer_with_another_cookie_is_none);
    tcase_add_test(t, a_message_of_another_form_is_no_answer);
    tcase_add_test(t, a_late_answer_is_none);
    tcase_add_test(t, the_cookie_of_another_step_is_none);
    tcase_add_test(t, an_answer_counts_once);
    tcase_add_test(t, no_two_challenges_have_the_same_cookie);
    suite_add_tcase(s, t);
    t = tcase_create("too much");
    tcase_add_loop_test(t, an_address_that_is_not_proven_gets_three_bytes_for_each_at_most, 0, 18);
    tcase_add_test(t, of_many_challenges_in_a_datagram_two_are_answered);
    tcase_add_loop_test(t, an_address_that_changes_again_during_a_check_is_found_after_it, 0, 2);
    tcase_add_loop_test(t, when_no_check_is_free_the_move_is_told_once_and_followed_later, 0, 2);
    tcase_add_loop_test(t, two_sessions_can_have_one_address, 0, 2);
    tcase_add_loop_test(t, a_datagram_with_records_of_two_sessions_moves_each_for_itself, 0, 3);
    suite_add_tcase(s, t);
    return s;
}
