/* SPDX-License-Identifier: Apache-2.0
 *
 * test_rfc.c -- the rules of the RFCs that no other test happens to show: test/rfc holds
 * the table of all rules and names the test of each. Two things here: what we send is in
 * form, whatever goes wrong on the way; and what is not for us is left alone. What
 * hellos may agree on is in test_rfc_hello.c. */
#include <check.h>
#include <string.h>

#include "peer12.h"
#include "protect.h"

Suite *test_rfc(void);

static locket_role role_of(int i) { return i & 1 ? LOCKET_CLIENT : LOCKET_SERVER; }

static uint32_t number_at(const uint8_t *p, size_t n)
{
    uint32_t v = 0;
    while (n--)
        v = v << 8 | *p++;
    return v;
}

/* --- what we send ------------------------------------------------------------------ */

static void every_third_is_lost(void *user, const struct net_datagram *d, struct net_verdict *v)
{
    (void)user;
    if (d->index % 3 == 1)
        v->fate = NET_DROP;
}

/* One record of a sender: does it continue what the sender has sent before? */
struct sender { uint64_t next[2]; size_t records; };

static void check_record(struct sender *s, const struct net_record *r)
{
    ck_assert_uint_ge(r->type, 20);
    ck_assert_uint_le(r->type, 23);
    ck_assert_uint_le(r->epoch, 1);
    ck_assert(r->version == 0xFEFD || (r->version == 0xFEFF && r->epoch == 0));
    ck_assert(r->len > 0 && r->len <= 16384 + 2048);
    ck_assert_uint_ge(r->number, s->next[r->epoch]);      /* rising, in the order of the wire */
    s->next[r->epoch] = r->number + 1;
    s->records++;
    if (r->type == 20)
        ck_assert(r->len == 1 && r->body[0] == 1 && r->epoch == 0);
    if (r->type == 21)
        ck_assert_uint_eq(r->epoch ? r->len - 16 : r->len, 2);
    for (size_t at = 0; r->type == 22 && r->epoch == 0 && at < r->len;) {
        ck_assert_uint_ge(r->len - at, 12);
        size_t len = number_at(r->body + at + 1, 3), offset = number_at(r->body + at + 6, 3);
        size_t n = number_at(r->body + at + 9, 3);
        ck_assert_uint_ne(r->body[at], M_HELLO_REQUEST);
        ck_assert(offset + n <= len && 12 + n <= r->len - at);
        at += 12 + n;
    }
}

START_TEST(every_record_that_leaves_is_in_form)
{
    static const uint16_t mtus[] = { 256, 300, 1232 };
    static const uint8_t hint[128] = { 'h' };
    uint8_t identity[128], key[16] = { 3 };
    struct pair p = net_pair(40 + (uint64_t)_i);
    struct sender senders[2];
    memset(senders, 0, sizeof senders);
    memset(identity, 'i', sizeof identity);
    for (int i = 0; i < 2; i++) {
        struct net_node *n = i ? p.server : p.client;
        net_set_key(n, 0, identity, sizeof identity, key, sizeof key, 1);
        n->config.mtu = mtus[_i];
    }
    p.server->config.hint = hint;
    p.server->config.hint_len = sizeof hint;
    p.net->judge = every_third_is_lost;
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 60000));
    for (int i = 0; i < 9; i++) {
        ck_assert_int_eq(net_say(p.client, p.client->live, "up", 2), LOCKET_OK);
        ck_assert_int_eq(net_say(p.server, p.server->live, "down", 4), LOCKET_OK);
        net_run(p.net, 500);
    }
    net_close(p.client, p.client->live);
    net_run(p.net, 1000);
    for (size_t i = 0; i < p.net->n_log; i++) {
        const struct net_datagram *d = p.net->log[i];
        struct net_record r;
        size_t at = 0;
        ck_assert_uint_le(d->len, mtus[_i]);
        while (at < d->len) {     /* records from the first byte to the last */
            ck_assert(net_record(d, &at, &r));
            check_record(&senders[net_same(&d->from, &p.server->address)], &r);
        }
    }
    ck_assert_uint_ge(senders[0].records, 15);
    ck_assert_uint_ge(senders[1].records, 15);
    net_free(p.net);
}
END_TEST

/* ClientKeyExchange, ChangeCipherSpec and Finished, unanswered: each goes out again in its
 * own epoch, with its own message_seq, under the next record number. */
START_TEST(a_repeated_flight_keeps_epochs_and_sequence_and_counts_its_records_on)
{
    struct hand h;
    uint64_t next[2] = { 0, 0 };
    unsigned times = 0;
    hand_new(&h, LOCKET_CLIENT, 43);
    hand_up(&h);
    ck_assert(p12_until(&h.p, M_CCS));
    net_run(h.net, 8000);
    for (size_t i = 0; i < h.net->n_log; i++) {
        const struct net_datagram *d = h.net->log[i];
        struct net_record r[4];
        size_t n = 0;
        for (size_t at = 0; n < 4 && net_record(d, &at, &r[n]); n++)
            ck_assert_uint_eq(r[n].number, next[r[n].epoch]++);
        if (r[0].body[0] != M_CLIENT_KEY)
            continue;
        ck_assert(n == 3 && r[0].type == 22 && r[1].type == 20 && r[2].type == 22);
        ck_assert(r[0].epoch == 0 && r[1].epoch == 0 && r[2].epoch == 1);
        ck_assert_uint_eq(number_at(r[0].body + 4, 2), 2);
        ck_assert_uint_eq(r[2].number, times);
        struct record f = { 22, 0xFEFD, 0, UINT64_C(1) << 48 | r[2].number,
                            h.p.body + RECORD_HEADER, r[2].len };
        memcpy(h.p.body, r[2].body - RECORD_HEADER, RECORD_HEADER + r[2].len);
        ck_assert(record_open(&h.p.keys, &f) && f.body[0] == M_FINISHED);
        ck_assert_uint_eq(number_at(f.body + 4, 2), 3);
        times++;
    }
    ck_assert_uint_eq(times, 4);
    p12_send(&h.p, M_CCS);
    p12_send(&h.p, M_FINISHED);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    net_free(h.net);
}
END_TEST

START_TEST(fragments_are_adjoining_ranges_of_one_message)
{
    struct hand h;
    size_t covered = 0, length = 0, pieces = 0;
    hand_new(&h, LOCKET_CLIENT, 44);
    h.node->config.mtu = 256;
    h.p.cookie_len = 255;
    hand_up(&h);
    ck_assert(p12_take(&h.p, M_CLIENT_HELLO));
    size_t from = h.net->n_log;
    p12_send(&h.p, M_HELLO_VERIFY);
    for (size_t i = from; i < h.net->n_log; i++) {
        struct net_record r;
        ck_assert_uint_le(h.net->log[i]->len, 256);
        for (size_t at = 0; net_record(h.net->log[i], &at, &r); pieces++) {
            length = pieces ? length : number_at(r.body + 1, 3);
            ck_assert(r.type == 22 && r.body[0] == M_CLIENT_HELLO);
            ck_assert_uint_eq(number_at(r.body + 1, 3), length);
            ck_assert_uint_eq(number_at(r.body + 4, 2), 1);
            ck_assert_uint_eq(number_at(r.body + 6, 3), covered);
            ck_assert_uint_eq(number_at(r.body + 9, 3), r.len - 12);
            covered += r.len - 12;
        }
    }
    ck_assert_uint_ge(pieces, 2);
    ck_assert_uint_eq(covered, length);
    net_free(h.net);
}
END_TEST

/* One loss doubles the timer; the next flight still starts at two seconds, and the one
 * after an answer without loss at one again. */
START_TEST(a_timer_that_grew_stays_until_a_flight_needs_no_repetition)
{
    struct hand h;
    hand_new(&h, LOCKET_CLIENT, 45);
    hand_up(&h);
    net_run(h.net, 1500);                    /* the first ClientHello was repeated once */
    ck_assert_uint_eq(h.net->n_log, 2);
    h.p.at = 1;
    ck_assert(p12_take(&h.p, M_CLIENT_HELLO));
    p12_send(&h.p, M_HELLO_VERIFY);
    size_t sent = h.net->n_log;
    ck_assert(p12_take(&h.p, M_CLIENT_HELLO));
    net_run(h.net, 1999);
    ck_assert_uint_eq(h.net->n_log, sent);
    p12_send(&h.p, M_SERVER_HELLO);          /* answered before the timer, so: */
    p12_send(&h.p, M_HELLO_DONE);
    sent = h.net->n_log;
    net_run(h.net, 999);
    ck_assert_uint_eq(h.net->n_log, sent);
    net_run(h.net, 1);
    ck_assert_uint_eq(h.net->n_log, sent + 1);
    net_free(h.net);
}
END_TEST

/* Every message type, and lengths that lie, at each place of a handshake: whatever alert
 * comes of it is fatal and one that has a meaning without certificates. */
START_TEST(no_alert_leaves_that_is_reserved_for_others_or_of_the_wrong_level)
{
    static const unsigned places[2][4] = {
        { M_CLIENT_HELLO, M_CLIENT_KEY, M_CCS, M_FINISHED },
        { M_HELLO_VERIFY, M_SERVER_HELLO, M_HELLO_DONE, M_CCS }
    };
    static const uint8_t ours[] = { 10, 40, 47, 50, 51, 70, 80, 110 };
    for (unsigned probe = 0; probe < 256 * 3; probe += probe % 256 == 21 ? 130 : 1)
        for (size_t k = 0; k < 4; k++) {
            struct hand h;
            uint8_t junk[40] = { 0 };
            hand_new(&h, role_of(_i), 46);
            hand_up(&h);
            ck_assert(p12_until(&h.p, places[_i][k]));
            p12_message(&h.p, probe % 256, junk, (size_t)(probe / 256) * 20);
            net_run(h.net, 10);
            for (size_t i = 0; i < h.net->n_log; i++) {
                struct net_record r;
                for (size_t at = 0; net_record(h.net->log[i], &at, &r);)
                    if (r.type == 21 && r.epoch == 0) {
                        ck_assert_uint_eq(r.len, 2);
                        ck_assert_uint_eq(r.body[0], 2);
                        ck_assert_msg(memchr(ours, r.body[1], sizeof ours), "alert %u", r.body[1]);
                    }
            }
            net_free(h.net);
        }
}
END_TEST

/* --- what is not for us -------------------------------------------------------------- */

static void rest(struct peer12 *p)
{
    if (p->server) {
        p12_send(p, M_SERVER_HELLO);
        p12_send(p, M_HELLO_DONE);
        ck_assert(p12_take(p, M_CLIENT_KEY) && p12_take(p, M_CCS) && p12_take(p, M_FINISHED));
    } else {
        p12_send(p, M_CLIENT_KEY);
    }
    p12_send(p, M_CCS);
    p12_send(p, M_FINISHED);
}

START_TEST(records_of_unknown_types_do_not_disturb_a_handshake)
{
    static const unsigned types[] = { 0, 1, 19, 24, 25, 26, 28, 64, 99, 255 };
    struct hand h;
    uint8_t body[64] = { 1 };
    hand_new(&h, role_of(_i), 50);
    hand_up(&h);
    ck_assert(p12_until(&h.p, h.p.server ? M_SERVER_HELLO : M_CLIENT_KEY));
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        for (unsigned epoch = 0; epoch < 2; epoch++)
            p12_record(&h.p, types[i], 0xFEFD, epoch, 900 + i, body, sizeof body);
    ck_assert_uint_eq(locket_drops(&h.node->ep, LOCKET_DROP_TYPE), 20);
    ck_assert_int_eq(p12_next(&h.p), false);
    rest(&h.p);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    net_free(h.net);
}
END_TEST

START_TEST(a_forged_epoch_0_number_at_its_end_does_not_block_the_handshake)
{
    static const uint8_t nonsense[12] = { 99, 0, 0, 0, 0, 200 };
    struct hand h;
    hand_new(&h, role_of(_i), 51);
    hand_up(&h);
    ck_assert(p12_until(&h.p, h.p.server ? M_SERVER_HELLO : M_CLIENT_KEY));
    p12_record(&h.p, 22, 0xFEFD, 0, UINT64_C(0xFFFFFFFFFFFF), nonsense, sizeof nonsense);
    p12_record(&h.p, 20, 0xFEFD, 0, UINT64_C(0xFFFFFFFFFFFE), "\1", 1);
    rest(&h.p);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    net_free(h.net);
}
END_TEST

/* RFC 6347 section 4.1.2.6: the look at the window comes before the work of the AEAD. */
START_TEST(a_forgery_under_a_number_seen_before_is_a_replay_and_counts_for_nothing)
{
    struct hand h;
    uint8_t body[40] = { 0 };
    hand_new(&h, role_of(_i), 52);
    hand_up(&h);
    ck_assert(p12_finish(&h.p));
    p12_sealed(&h.p, 23, "x", 1);
    uint64_t seen = (h.p.keys.send - 1) & 0xFFFFFF;
    uint32_t before = locket_drops(&h.node->ep, LOCKET_DROP_REPLAY);
    for (int i = 0; i < 5; i++)
        p12_record(&h.p, 23, 0xFEFD, 1, seen, body, sizeof body);
    ck_assert_uint_eq(locket_drops(&h.node->ep, LOCKET_DROP_REPLAY), before + 5);
    ck_assert_uint_eq(locket_drops(&h.node->ep, LOCKET_DROP_BAD_TAG), 0);
    ck_assert_uint_eq(h.node->live->bad_tags, 0);
    net_free(h.net);
}
END_TEST

/* A client that has not seen our ServerHello does not know the version yet. */
START_TEST(a_repeated_hello_marked_1_0_still_brings_the_flight_again)
{
    struct hand h;
    uint8_t body[256], message[300] = { M_CLIENT_HELLO };
    hand_new(&h, LOCKET_SERVER, 53);
    hand_up(&h);
    ck_assert(p12_until(&h.p, M_CLIENT_KEY));
    size_t n = p12_hello_body(&h.p, body), before = h.net->n_log;
    message[3] = message[11] = (uint8_t)n;
    message[5] = 1;
    memcpy(message + 12, body, n);
    net_run(h.net, 600);
    p12_record(&h.p, 22, 0xFEFF, 0, 40, message, 12 + n);
    ck_assert_uint_eq(h.net->n_log, before + 1);
    ck_assert_uint_eq(h.net->log[before]->len, h.net->log[before - 1]->len);
    ck_assert_mem_eq(h.net->log[before]->bytes + 13, h.net->log[before - 1]->bytes + 13,
                     h.net->log[before]->len - 13);
    net_free(h.net);
}
END_TEST

START_TEST(a_hello_in_the_form_of_ssl_2_gets_no_answer)
{
    static const uint8_t hello[] = { 0x80, 0x2E, 1, 3, 3, 0, 0x15, 0, 0, 0, 0x10, 0, 0xC0, 0xA8, 0, 0, 0xFF };
    struct hand h;
    uint8_t bytes[64] = { 0 };
    hand_new(&h, LOCKET_SERVER, 54);
    hand_up(&h);
    memcpy(bytes, hello, sizeof hello);
    net_inject(h.net, &h.p.me, &h.node->address, bytes, sizeof bytes, 0);
    net_run(h.net, 5000);
    ck_assert_uint_eq(h.net->n_log, 0);
    ck_assert(p12_finish(&h.p));
    net_free(h.net);
}
END_TEST

START_TEST(the_time_in_a_peers_random_means_nothing)
{
    static const uint8_t times[4][4] = {
        { 0, 0, 0, 0 }, { 255, 255, 255, 255 }, { 127, 255, 255, 255 }, { 128, 0, 0, 0 }
    };
    struct hand h;
    hand_new(&h, role_of(_i), 55);
    hand_up(&h);
    memcpy(h.p.server ? h.p.server_random : h.p.client_random, times[_i / 2], 4);
    ck_assert(p12_finish(&h.p));
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    net_free(h.net);
}
END_TEST

/* RFC 5246 section 7.2.2 */
START_TEST(a_fatal_alert_leaves_no_key_behind)
{
    struct hand h;
    static const uint8_t zero[sizeof h.p.keys.key];
    hand_new(&h, role_of(_i), 56);
    hand_up(&h);
    ck_assert(p12_finish(&h.p));
    const locket_session *s = h.node->live;
    ck_assert_mem_ne(s->key, zero, sizeof s->key);
    p12_alert(&h.p, 2, 40);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CLOSED], 1);
    ck_assert_mem_eq(s->key, zero, sizeof s->key);
    ck_assert_mem_eq(s->salt, zero, sizeof s->salt);
    ck_assert_mem_eq(s->verify_data, zero, sizeof s->verify_data);
    net_free(h.net);
}
END_TEST

START_TEST(a_change_cipher_spec_of_other_bytes_is_none)
{
    struct hand h;
    hand_new(&h, role_of(_i), 57);
    hand_up(&h);
    ck_assert(p12_until(&h.p, M_CCS));
    p12_plain(&h.p, 20, "\2", 1);
    p12_plain(&h.p, 20, "\0", 1);
    p12_plain(&h.p, 20, "\1\1", 2);
    h.p.sealed = true;
    p12_send(&h.p, M_FINISHED);              /* waits for a true one */
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 0);
    p12_plain(&h.p, 20, "\1", 1);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CONNECTED], 1);
    net_free(h.net);
}
END_TEST

START_TEST(data_behind_a_close_notify_in_one_datagram_is_not_read)
{
    struct hand h;
    hand_new(&h, role_of(_i), 58);
    hand_up(&h);
    ck_assert(p12_finish(&h.p));
    p12_hold(&h.p);
    p12_sealed(&h.p, 23, "before", 6);
    p12_alert(&h.p, 1, 0);
    p12_sealed(&h.p, 23, "behind", 6);
    p12_go(&h.p);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_DATA], 1);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_CLOSED], 1);
    net_free(h.net);
}
END_TEST

Suite *test_rfc(void)
{
    Suite *s = suite_create("rfc");
    TCase *t = tcase_create("what we send");
    tcase_add_loop_test(t, every_record_that_leaves_is_in_form, 0, 3);
    tcase_add_test(t, a_repeated_flight_keeps_epochs_and_sequence_and_counts_its_records_on);
    tcase_add_test(t, fragments_are_adjoining_ranges_of_one_message);
    tcase_add_test(t, a_timer_that_grew_stays_until_a_flight_needs_no_repetition);
    tcase_add_loop_test(t, no_alert_leaves_that_is_reserved_for_others_or_of_the_wrong_level, 0, 2);
    suite_add_tcase(s, t);
    t = tcase_create("what is not for us");
    tcase_add_loop_test(t, records_of_unknown_types_do_not_disturb_a_handshake, 0, 2);
    tcase_add_loop_test(t, a_forged_epoch_0_number_at_its_end_does_not_block_the_handshake, 0, 2);
    tcase_add_loop_test(t, a_forgery_under_a_number_seen_before_is_a_replay_and_counts_for_nothing, 0, 2);
    tcase_add_test(t, a_repeated_hello_marked_1_0_still_brings_the_flight_again);
    tcase_add_test(t, a_hello_in_the_form_of_ssl_2_gets_no_answer);
    tcase_add_loop_test(t, the_time_in_a_peers_random_means_nothing, 0, 8);
    tcase_add_loop_test(t, a_fatal_alert_leaves_no_key_behind, 0, 2);
    tcase_add_loop_test(t, a_change_cipher_spec_of_other_bytes_is_none, 0, 2);
    tcase_add_loop_test(t, data_behind_a_close_notify_in_one_datagram_is_not_read, 0, 2);
    suite_add_tcase(s, t);
    return s;
}
