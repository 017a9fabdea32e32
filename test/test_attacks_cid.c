/* SPDX-License-Identifier: Apache-2.0
 *
 * test_attacks_cid.c -- attacks on connection IDs and on what names a session besides its peer's
 * address; test_attacks_path.c has those on the address itself:
 *
 *   pion#1054 (fragments share a number)                   no_number_is_used_twice...
 *   CVE-2022-46393 (lengths that differ)                   every_mix_of_lengths...
 *   the drafts' code point and record types                the_drafts_..., nothing_but_records...
 *   libcoap#1472 (records a dispatcher does not know)      a_dispatcher_...
 *   CVE-2026-34877 (a hostile blob)                        a_hostile_blob...
 *
 * Full tables, whose slots are named in advance: test_attacks_slots.c. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "handshake.h"
#include "kinds.h"
#include "peer12.h"
#include "sleeper.h"

Suite *test_attacks_cid(void);

/* --- numbers --- */

/* Records of epoch 0: none of the same sender and handshake has another's number. */
static void plain_only_once(const struct net *net, const locket_peer *from)
{
    bool seen[2000] = { false };
    for (size_t i = 0; i < net->n_log; i++) {
        struct net_record r;
        for (size_t at = 0; net_same(&net->log[i]->from, from) && at < net->log[i]->len &&
                            net->log[i]->bytes[at] != 25 && net_record(net->log[i], &at, &r);) {
            ck_assert_uint_eq(r.epoch, 0);
            ck_assert(r.number < sizeof seen && !seen[r.number]);
            seen[r.number] = true;
        }
    }
}

static void lose_some(void *user, const struct net_datagram *d, struct net_verdict *v)
{
    (void)d;
    v->fate = net_below(user, 3) ? NET_DELIVER : NET_DROP;
}

/* Flights of many fragments, repeated until they arrive. */
START_TEST(no_number_is_used_twice_whatever_is_fragmented_and_repeated)
{
    struct kind k = { "", 0xC0A8, 40, 128, CIDS | OWN_RECORDS };
    struct pair p = kind_pair(&k, 256, 300 + (uint64_t)_i);
    kind_up(&p, &k);
    p.net->judge = lose_some;
    p.net->user = p.net;
    net_connect(p.client, &p.server->address);
    net_meet(p.net, p.client, p.server, 60000);
    p.net->judge = NULL;
    for (unsigned i = 0; i < 5 && p.client->live && p.server->live; i++)
        talk(&p);
    plain_only_once(p.net, &p.client->address);
    if (p.client->live)
        ck_assert_uint_gt(sealed_only_once(p.net, 8), 0);
    net_free(p.net);
}
END_TEST

/* --- lengths --- */

/* In buffers of exactly the size that is asked for, so that a sanitizer sees one byte more. */
static void says_exactly(struct net_node *n, struct net_node *to, size_t len)
{
    size_t size = len + locket_overhead(n->live), sent;
    uint8_t *out = malloc(size), *data = malloc(len + 1);
    locket_peer peer;
    ck_assert(out && data);
    memset(data, 0x5A, len + 1);
    locket_peer_of(n->live, &peer);
    ck_assert_int_eq(locket_send(&n->ep, n->live, data, len, out, size - 1, &sent), LOCKET_ERR_SPACE);
    ck_assert_int_eq(locket_send(&n->ep, n->live, data, len, out, size, &sent), LOCKET_OK);
    ck_assert_uint_eq(sent, size);
    unsigned before = to->n_kind[LOCKET_DATA];
    net_post(n->net, &n->address, &peer, out, sent);
    net_run(n->net, 3 * NET_LATENCY);
    ck_assert_uint_eq(to->n_kind[LOCKET_DATA], before + (len > 0));
    if (len)
        ck_assert(net_last(to, LOCKET_DATA)->len == len && memcmp(net_last(to, LOCKET_DATA)->data, data, len) == 0);
    free(out);
    free(data);
}

/* What a record could be cut to, in buffers of exactly that size. */
static void survives_any_cut(struct net_node *n, const struct net_datagram *d)
{
    for (size_t len = 0; len < d->len; len++) {
        uint8_t *cut = malloc(len ? len : 1);
        locket_event e;
        uint8_t out[NET_DATAGRAM];
        ck_assert_ptr_nonnull(cut);
        for (unsigned fits = 0; fits < 2; fits++) {
            memcpy(cut, d->bytes, len);
            size_t at = 13 + (d->bytes[0] == 25 ? n->config.cid_len : 0);
            if (fits && len >= at) {             /* ... and says so itself */
                cut[at - 2] = (uint8_t)((len - at) >> 8);
                cut[at - 1] = (uint8_t)(len - at);
            }
            locket_input(&n->ep, &d->from, cut, len, net_now(n->net));
            while (locket_next(&n->ep, out, sizeof out, &e))
                ck_assert(e.kind != LOCKET_DATA && e.kind != LOCKET_CLOSED);
        }
        free(cut);
    }
}

START_TEST(every_mix_of_lengths_is_sent_and_read_to_the_byte)
{
    size_t client = (size_t)_i % 9, server = (size_t)_i / 9;
    struct pair p = net_pair(400 + (uint64_t)_i);
    net_pair_roams(&p, client, server, LOCKET_PATH_ENHANCED);
    net_pair_returns(&p, _i % 2);
    net_pair_up(&p);
    for (unsigned again = 0; again < 2; again++) {
        ck_assert_ptr_nonnull(net_connect(p.client, &p.server->address));
        ck_assert(net_meet(p.net, p.client, p.server, 900));
        net_run(p.net, NET_LATENCY);
        ck_assert_uint_eq(p.client->live->terms.peer_cid_len, server);
        ck_assert_uint_eq(p.server->live->terms.peer_cid_len, client);
        for (unsigned i = 0; i < 4; i++) {
            struct net_node *from = i % 2 ? p.server : p.client, *to = i % 2 ? p.client : p.server;
            says_exactly(from, to, i < 2 ? 1 : locket_data_limit(&from->ep, from->live));
            says_exactly(from, to, 0);
        }
        ck_assert_int_eq(net_say(p.client, p.client->live, "to be cut", 9), LOCKET_OK);
        survives_any_cut(p.server, p.net->log[p.net->n_log - 1]);
        ck_assert_int_eq(net_say(p.server, p.server->live, "to be cut", 9), LOCKET_OK);
        survives_any_cut(p.client, p.net->log[p.net->n_log - 1]);
        net_run(p.net, 50);
        talk(&p);
        net_close(p.client, p.client->live);
        net_run(p.net, 50);
    }
    net_free(p.net);
}
END_TEST

/* --- code points --- */

START_TEST(the_drafts_extension_is_not_understood)
{
    struct hand h;
    size_t len;
    hand_new(&h, LOCKET_SERVER, 500);
    h.node->config.cid = true;
    h.node->config.cid_len = 8;
    hand_up(&h);
    p12_extend(&h.p, 53, "\0", 1);
    ck_assert(p12_greet(&h.p));
    ck_assert_ptr_null(p12_extension(&h.p, 53, &len));
    ck_assert_ptr_null(p12_extension(&h.p, 54, &len));
    ck_assert(p12_full(&h.p));
    ck_assert(!h.node->live->terms.cid && !h.node->live->terms.peer_cid_len);
    p12_sealed(&h.p, 23, "x", 1);
    ck_assert_uint_eq(h.node->n_kind[LOCKET_DATA], 1);
    net_free(h.net);
}
END_TEST

/* A server that answers with it was not asked: unsupported_extension. */
START_TEST(a_client_refuses_the_drafts_extension)
{
    struct hand h;
    hand_new(&h, LOCKET_CLIENT, 501);
    h.node->config.cid = true;
    h.node->config.cid_len = 8;
    hand_up(&h);
    p12_extend(&h.p, 53, "\0", 1);
    ck_assert(p12_until(&h.p, M_SERVER_HELLO));
    p12_send(&h.p, M_SERVER_HELLO);
    ck_assert_int_eq(p12_alert_taken(&h.p), 2 << 8 | 110);
    net_free(h.net);
}
END_TEST

/* One record of the client's session, its type and AAD as the test likes. */
enum odd { AS_IT_IS, WITHOUT_CID, DRAFT_AAD, N_ODD };
static size_t odd_record(locket_session *s, enum odd odd, unsigned type, const void *text, size_t len, uint8_t *out)
{
    locket_session copy = *s;
    memcpy(out + record_headroom(s), text, len);
    if (odd == WITHOUT_CID) {
        copy.terms.peer_cid_len = 0;
        memcpy(out + record_headroom(&copy), text, len);
    }
    size_t size = record_seal(&copy, type, out, len);
    s->send = copy.send;
    if (odd != DRAFT_AAD)
        return size;
    /* draft-ietf-tls-dtls-connection-id-07: number type version cid cid_length length. */
    uint8_t nonce[12], aad[64], *body = out + 13 + copy.terms.peer_cid_len;
    size_t n = copy.terms.peer_cid_len, tag = session_aead(s)->tag_len;
    memcpy(body + 8, text, len);
    body[8 + len] = (uint8_t)type;
    memcpy(nonce, copy.salt[OURS], 4);
    memcpy(nonce + 4, body, 8);
    memcpy(aad, out + 3, 8);
    memcpy(aad + 8, out, 3);
    memcpy(aad + 11, out + 11, n);
    aad[11 + n] = (uint8_t)n;
    aad[12 + n] = (uint8_t)((len + 1) >> 8);
    aad[13 + n] = (uint8_t)(len + 1);
    const struct aead_message m = { nonce, aad, 14 + n, body + 8, len + 1 };
    session_aead(s)->seal(copy.key[OURS], &m, body + 8 + len + 1);
    return (size_t)(body - out) + 8 + len + 1 + tag;
}

START_TEST(authentic_records_of_another_form_are_refused)
{
    static const locket_drop why[] = { LOCKET_N_DROPS, LOCKET_DROP_STRANGER, LOCKET_DROP_BAD_TAG };
    struct pair p = net_roaming(510, LOCKET_PATH_ENHANCED);
    for (enum odd odd = AS_IT_IS; odd < N_ODD; odd++) {
        uint8_t out[200];
        uint32_t drops = locket_drops(&p.server->ep, why[odd]);
        unsigned before = p.server->n_kind[LOCKET_DATA];
        size_t len = odd_record(p.client->live, odd, 23, "hello", 5, out);
        net_post(p.net, &p.client->address, &p.server->address, out, len);
        net_run(p.net, 50);
        ck_assert_uint_eq(p.server->n_kind[LOCKET_DATA], before + (odd == AS_IT_IS));
        ck_assert_uint_eq(locket_drops(&p.server->ep, why[odd]), drops + (odd != AS_IT_IS));
        talk(&p);
    }
    net_free(p.net);
}
END_TEST

/* Whatever the type inside: an authentic record does what that type may do, and no more. */
START_TEST(no_inner_type_does_any_harm)
{
    struct pair p = net_roaming(511, LOCKET_PATH_ENHANCED);
    for (unsigned type = 0; type < 256; type++) {
        uint8_t out[200];
        unsigned data = p.server->n_kind[LOCKET_DATA], events = (unsigned)p.server->n_events;
        size_t len = odd_record(p.client->live, AS_IT_IS, type, "\1\2\3\4\5\6\7\10\11\12\13\14\15", 13, out);
        net_post(p.net, &p.client->address, &p.server->address, out, len);
        net_run(p.net, 50);
        ck_assert_uint_eq(p.server->n_kind[LOCKET_DATA], data + (type == 23));
        ck_assert_uint_eq(p.server->n_events, events + (type == 23));
    }
    talk(&p);
    net_free(p.net);
}
END_TEST

/* A record of nothing but padding is nobody's, and no type at all. */
START_TEST(a_record_of_zeros_only_is_dropped)
{
    struct pair p = net_roaming(512, LOCKET_PATH_ENHANCED);
    static const uint8_t zeros[100] = { 0 };
    for (size_t n = 0; n <= 100; n += 20) {
        uint8_t out[200];
        uint32_t drops = locket_drops(&p.server->ep, LOCKET_DROP_UNEXPECTED);
        net_post(p.net, &p.client->address, &p.server->address, out,
                 odd_record(p.client->live, AS_IT_IS, 0, zeros, n, out));
        net_run(p.net, 50);
        ck_assert_uint_eq(locket_drops(&p.server->ep, LOCKET_DROP_UNEXPECTED), drops + 1);
        ck_assert_uint_eq(p.server->n_kind[LOCKET_DATA], 0);
    }
    talk(&p);
    net_free(p.net);
}
END_TEST

START_TEST(nothing_but_records_of_known_types_is_looked_at)
{
    struct pair p = net_roaming(513, LOCKET_PATH_ENHANCED);
    for (unsigned type = 0; type < 256; type++)
        for (unsigned epoch = 0; epoch < 3; epoch++) {
            uint8_t out[200];
            struct snapshot *before;
            size_t len = odd_record(p.client->live, AS_IT_IS, 23, "data", 4, out);
            if (type == 25 && epoch == 1)
                continue;
            out[0] = (uint8_t)type;
            out[4] = (uint8_t)epoch;
            before = snapshot_take(p.server);
            unsigned events = (unsigned)p.server->n_events;
            uint32_t unknown = locket_drops(&p.server->ep, LOCKET_DROP_TYPE);
            net_inject(p.net, &p.client->address, &p.server->address, out, len, 0);
            net_run(p.net, 0);
            ck_assert_uint_eq(p.server->n_events, events);
            if (type < 20 || type > 27 || type == 24 || type == 26 || (type > 24 && !epoch))
                ck_assert_uint_gt(locket_drops(&p.server->ep, LOCKET_DROP_TYPE), unknown);
            /* But for the drop that was counted. */
            p.server->ep.now = 0;
            locket_endpoint now = p.server->ep;
            snapshot_restore(before, p.server);
            ck_assert_mem_eq(&now.sessions, &p.server->ep.sessions, sizeof now.sessions);
            ck_assert_mem_ne(now.drops, p.server->ep.drops, sizeof now.drops);
            snapshot_free(before);
        }
    talk(&p);
    net_free(p.net);
}
END_TEST

/* --- the dispatcher --- */

START_TEST(a_dispatcher_finds_the_id_of_any_length_and_in_no_other_datagram)
{
    uint8_t record[100];
    const uint8_t *cid;
    for (unsigned type = 0; type < 256; type++)
        for (size_t n = 0; n <= 40; n++)
            for (size_t len = 0; len <= 60; len++) {
                uint8_t *exact = malloc(len ? len : 1);
                ck_assert_ptr_nonnull(exact);
                memset(record, 0xC1, sizeof record);
                record[0] = (uint8_t)type;
                memcpy(exact, record, len);
                bool has = type == 25 && n > 0 && len >= 11 + n;
                cid = record;
                ck_assert(locket_datagram_cid(exact, len, n, &cid) == has);
                ck_assert(cid == (has ? exact + 11 : NULL));
                free(exact);
            }
}
END_TEST

START_TEST(a_dispatcher_can_tell_every_datagram_that_a_session_sends)
{
    struct pair p = net_roaming(520, LOCKET_PATH_ENHANCED);
    size_t log = p.net->n_log, found = 0;
    const uint8_t *cid;
    talk(&p);
    for (size_t i = log; i < p.net->n_log; i++) {
        const struct net_datagram *d = p.net->log[i];
        bool up = net_same(&d->to, &p.server->address);
        ck_assert(locket_datagram_cid(d->bytes, d->len, 8, &cid));
        ck_assert_mem_eq(cid, up ? p.server->live->cids.ours : p.client->live->cids.ours, 8);
        found++;
    }
    ck_assert_uint_ge(found, 2);
    net_free(p.net);
}
END_TEST

/* --- a hostile blob --- */

/* Is used in every way, and must not fall over; and goes. */
static void use_and_close(struct pair *p, locket_session *s)
{
    struct net_node *c = p->client;
    uint8_t out[NET_DATAGRAM], data[NET_DATAGRAM] = { 0 };
    size_t len, limit = locket_data_limit(&c->ep, s);
    locket_peer peer;
    struct bed bed;
    ck_assert_uint_le(limit + locket_overhead(s), 1232);
    ck_assert(s->send >> 48 == 1 && s->recv >> 48 == 1);
    for (unsigned i = 0; i < 3; i++) {
        locket_error error = locket_send(&c->ep, s, data, i ? limit : 0, out, sizeof out, &len);
        ck_assert(error == LOCKET_OK || error == LOCKET_ERR_KEY_WORN);
        ck_assert(error || len <= 1232);
    }
    ck_assert_int_ne(locket_send(&c->ep, s, data, limit + 1, out, sizeof out, &len), LOCKET_OK);
    locket_peer_of(s, &peer);
    (void)locket_handle(s);
    (void)locket_suite_name(locket_suite(s));
    (void)locket_too_big(&c->ep, &peer, 300, net_now(p->net));
    ck_assert_int_eq(net_say(p->server, p->server->live, "down", 4), LOCKET_OK);
    net_run(p->net, 50);
    net_pull(c);
    if (s->state == SESSION_LIVE && sleeper_save(c, s, 1, &bed) == LOCKET_OK)
        ck_assert_int_eq(sleeper_load(c, 1, &bed, &s), LOCKET_OK);
    if (s->state == SESSION_LIVE)
        net_close(c, s);
    net_pull(c);
    /* The lists are whole. */
    unsigned n = 0;
    for (locket_link i = c->ep.free; i != LINK_NONE; i = c->sessions[i].newer)
        ck_assert_uint_lt(n++, (unsigned)c->n);
    ck_assert_uint_eq(n, c->n);
    ck_assert_uint_eq(c->ep.oldest, LINK_NONE);
}

/* CVE-2026-34877: whoever has the key writes what he likes: every byte of it, in turn. */
START_TEST(a_hostile_blob_that_is_authentic_does_no_harm)
{
    static const uint8_t values[] = { 0x00, 0x01, 0x02, 0x07, 0x0F, 0x10, 0x12, 0x13, 0x7F, 0x80, 0xFE, 0xFF };
    struct pair p = net_roaming(530, LOCKET_PATH_ENHANCED);
    struct flash flash;
    struct bed good, bed;
    locket_session *s;
    unsigned taken = 0, refused = 0;
    flash_of(p.client, &flash);
    p.client->config.leave_silently = true;      /* the server goes on with the same keys */
    ck_assert_int_eq(sleeper_save(p.client, p.client->live, 1, &good), LOCKET_OK);
    ck_assert(bed_open(&good, 1));
    for (size_t i = BED_TEXT; i < good.len - BED_TAG; i++)
        for (size_t v = 0; v < sizeof values + 16; v++) {
            bed = good;
            bed.bytes[i] = v < sizeof values ? values[v] : (uint8_t)net_random(p.net);
            if (v >= sizeof values)               /* and another one with it */
                bed.bytes[BED_TEXT + net_below(p.net, (uint32_t)(good.len - BED_TEXT - BED_TAG))] ^=
                    (uint8_t)net_random(p.net);
            memset(flash.value, 0, sizeof flash.value);
            flash.value[1] = good.bytes[8];
            bed_seal(&bed, 1);
            locket_error error = sleeper_load(p.client, 1, &bed, &s);
            ck_assert(error == LOCKET_OK || error == LOCKET_ERR_BLOB || error == LOCKET_ERR_SESSIONS_FULL);
            taken += !error;
            refused += error != 0;
            if (!error)
                use_and_close(&p, s);
        }
    ck_assert(taken > 100 && refused > 100);
    net_free(p.net);
}
END_TEST

START_TEST(a_hostile_blob_of_any_length_that_is_authentic_does_no_harm)
{
    struct pair p = net_roaming(531, LOCKET_PATH_ENHANCED);
    struct flash flash;
    struct bed good, bed;
    locket_session *s;
    flash_of(p.client, &flash);
    p.client->config.leave_silently = true;      /* the server goes on with the same keys */
    ck_assert_int_eq(sleeper_save(p.client, p.client->live, 1, &good), LOCKET_OK);
    ck_assert(bed_open(&good, 1));
    for (size_t len = BED_TEXT + BED_TAG; len <= sizeof bed.bytes; len++) {
        bed = good;
        bed.len = len;
        for (size_t i = good.len - BED_TAG; i < len; i++)
            bed.bytes[i] = (uint8_t)net_random(p.net);
        bed_seal(&bed, 1);
        ck_assert_int_eq(sleeper_load(p.client, 1, &bed, &s), len == good.len ? LOCKET_OK : LOCKET_ERR_BLOB);
        if (s)
            use_and_close(&p, s);
    }
    net_free(p.net);
}
END_TEST

/* Names of any length: of the peer, and both connection IDs. */
START_TEST(a_blob_whose_names_are_of_lengths_that_cannot_be_is_refused)
{
    struct pair p = net_roaming(532, LOCKET_PATH_ENHANCED);
    struct flash flash;
    struct bed good, bed;
    locket_session *s;
    flash_of(p.client, &flash);
    p.client->config.leave_silently = true;
    ck_assert_int_eq(sleeper_save(p.client, p.client->live, 1, &good), LOCKET_OK);
    ck_assert(bed_open(&good, 1));
    size_t names = good.len - BED_TAG - (1 + 6) - 2 * (1 + 8);
    for (size_t peer = 0; peer <= 34; peer++)
        for (size_t ours = 0; ours + peer <= 34; ours += ours == 9 ? 10 : 1)
            for (size_t theirs = 0; theirs + ours + peer <= 34; theirs++) {
                size_t at = names;
                bool can_be = peer >= 1 && peer <= LOCKET_CFG_PEER_SIZE && ours == 8 &&
                              theirs <= LOCKET_CFG_PEER_CID_SIZE;
                bed = good;
                memset(bed.bytes + names, 0, sizeof bed.bytes - names);
                bed.bytes[at] = (uint8_t)peer;
                bed.bytes[at += 1 + peer] = (uint8_t)ours;
                bed.bytes[at += 1 + ours] = (uint8_t)theirs;
                bed.len = at + 1 + theirs + BED_TAG;
                bed_seal(&bed, 1);
                memset(flash.value, 0, sizeof flash.value);
                flash.value[1] = good.bytes[8];
                ck_assert_int_eq(sleeper_load(p.client, 1, &bed, &s), can_be ? LOCKET_OK : LOCKET_ERR_BLOB);
                if (s)
                    use_and_close(&p, s);
            }
    net_free(p.net);
}
END_TEST

Suite *test_attacks_cid(void)
{
    Suite *s = suite_create("attacks_cid");
    TCase *t = tcase_create("records");
    tcase_add_loop_test(t, no_number_is_used_twice_whatever_is_fragmented_and_repeated, 0, 20);
    tcase_add_loop_test(t, every_mix_of_lengths_is_sent_and_read_to_the_byte, 0, 81);
    tcase_add_test(t, the_drafts_extension_is_not_understood);
    tcase_add_test(t, a_client_refuses_the_drafts_extension);
    tcase_add_test(t, authentic_records_of_another_form_are_refused);
    tcase_add_test(t, no_inner_type_does_any_harm);
    tcase_add_test(t, a_record_of_zeros_only_is_dropped);
    tcase_add_test(t, nothing_but_records_of_known_types_is_looked_at);
    tcase_add_test(t, a_dispatcher_finds_the_id_of_any_length_and_in_no_other_datagram);
    tcase_add_test(t, a_dispatcher_can_tell_every_datagram_that_a_session_sends);
    suite_add_tcase(s, t);
    t = tcase_create("blobs");
    tcase_add_test(t, a_hostile_blob_that_is_authentic_does_no_harm);
    tcase_add_test(t, a_blob_whose_names_are_of_lengths_that_cannot_be_is_refused);
    tcase_add_test(t, a_hostile_blob_of_any_length_that_is_authentic_does_no_harm);
    suite_add_tcase(s, t);
    return s;
}
