/* SPDX-License-Identifier: Apache-2.0
 *
 * test_trace_cid.c -- the conversation of trace_cid.h, which is foreign at both ends: its keys are
 * derived from the PSK alone, every record with a connection ID is opened and shows its real
 * type without the padding, both Finished are checked, and what we seal under the same keys
 * is the same to the byte where we pad as they do. */
#include <check.h>
#include <string.h>

#include "alert.h"
#include "prf.h"
#include "locket.h"
#include "protect.h"
#include "replay.h"
#include "trace_cid.h"

Suite *test_trace_cid(void);

enum { CLIENT = CID_TRACE_CLIENT, SERVER = CID_TRACE_SERVER };

static size_t unhex(uint8_t *out, const char *hex)
{
    static const char digits[] = "0123456789abcdef";
    size_t n = strlen(hex) / 2;
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)((strchr(digits, hex[2 * i]) - digits) << 4 |
                           (strchr(digits, hex[2 * i + 1]) - digits));
    return n;
}

static void assert_is(const uint8_t *got, const char *hex)
{
    uint8_t expected[64];
    ck_assert_mem_eq(got, expected, unhex(expected, hex));
}

/* What both ends know, gathered while the datagrams pass by. */
struct listener {
    struct locket_sha256 transcript;
    uint8_t random[2][32], master[48], id[2][8];
    size_t id_len[2];
    locket_session end[2];        /* end[CLIENT] seals as the client does */
    unsigned records, opened, same, finished, data, closed;
};

static void transcript_now(const struct listener *l, uint8_t out[32])
{
    struct locket_sha256 s = l->transcript;
    sha256_end(&s, out);
}

/* RFC 4279 section 2, RFC 7627 section 4, RFC 5246 section 6.3. */
static void derive(struct listener *l)
{
    uint8_t premaster[2 + 16 + 2 + 16] = { 0, 16 }, hash[32], keys[40];
    premaster[19] = 16;
    for (uint8_t i = 0; i < 16; i++)
        premaster[20 + i] = i;

    transcript_now(l, hash);
    assert_is(hash, cid_trace_session_hash);
    prf(premaster, sizeof premaster, "extended master secret", hash, 32, NULL, 0, l->master, 48);
    assert_is(l->master, cid_trace_master);
    prf(l->master, 48, "key expansion", l->random[SERVER], 32, l->random[CLIENT], 32, keys, 40);
    assert_is(keys, cid_trace_key_block);

    for (int who = 0; who < 2; who++) {
        locket_session *s = &l->end[who];
        memset(s, 0, sizeof *s);
        s->suite = (uint8_t)suite_row(LOCKET_PSK_AES_128_CCM_8);
        memcpy(s->key[OURS], keys + 16 * who, 16);
        memcpy(s->key[THEIRS], keys + 16 * !who, 16);
        memcpy(s->salt[OURS], keys + 32 + 4 * who, 4);
        memcpy(s->salt[THEIRS], keys + 32 + 4 * !who, 4);
        LOCKET_TERMS(s)->cid = true;
        LOCKET_TERMS(s)->peer_cid_len = (uint8_t)l->id_len[!who];
        memcpy(LOCKET_CIDS(s)->ours, l->id[who], l->id_len[who]);
        memcpy(LOCKET_CIDS(s)->theirs, l->id[!who], l->id_len[!who]);
        session_start_epoch(s);
    }
}

/* A plaintext message; each is whole, in a record of its own. The first ClientHello and
 * HelloVerifyRequest stay out (RFC 6347 section 4.2.6). */
static void take_plain(struct listener *l, int datagram, const struct record *r)
{
    if (r->body[0] == 1 || r->body[0] == 2)
        memcpy(l->random[r->body[0] == 1 ? CLIENT : SERVER], r->body + 14, 32);
    if (datagram >= 2)
        sha256_add(&l->transcript, r->body, r->len);
    if (r->body[0] == 16)
        derive(l);
}

/* RFC 5246 section 7.4.9. */
static void take_finished(struct listener *l, int from, const struct record *r)
{
    uint8_t hash[32], verify_data[12];
    transcript_now(l, hash);
    prf(l->master, 48, from == CLIENT ? "client finished" : "server finished", hash, 32,
        NULL, 0, verify_data, 12);
    ck_assert_uint_eq(r->len, 24);
    ck_assert_uint_eq(r->body[0], 20);
    ck_assert_mem_eq(r->body + 12, verify_data, 12);
    sha256_add(&l->transcript, r->body, r->len);
    l->finished++;
}

/* Their padding is ours when the plaintext needs none, and in a build that has the same. */
static void seal_again(struct listener *l, int from, const struct record *plain, const uint8_t *wire,
                       size_t wire_len)
{
    uint8_t b[256];
    locket_session *sender = &l->end[from];
    size_t headroom = record_headroom(sender);
    memcpy(b + headroom, plain->body, plain->len);
    ck_assert(sender->send == plain->number);
    size_t n = record_seal(sender, plain->type, b, plain->len);
    ck_assert_uint_le(n, plain->len + record_overhead(sender));
    if (LOCKET_CFG_CID_PADDING == CID_TRACE_PADDING)
        ck_assert_uint_eq(n, wire_len);
    if (n == wire_len) {
        ck_assert_mem_eq(b, wire, wire_len);
        l->same++;
    }
}

static void take_sealed(struct listener *l, int from, struct record *r)
{
    static const char *const said[] = { "ping from client\n", "fifteen bytes.\n" };
    locket_session *receiver = &l->end[!from];
    uint8_t wire[256], what;
    size_t wire_len = record_front(r) + r->len;
    memcpy(wire, r->body - record_front(r), wire_len);

    ck_assert_uint_eq(r->type, TYPE_TLS12_CID);
    ck_assert_uint_eq(r->cid_len, l->id_len[!from]);
    ck_assert_mem_eq(record_cid(r), l->id[!from], r->cid_len);
    ck_assert(!replay_seen(receiver, r->number));
    ck_assert(record_open(receiver, r));
    replay_mark(receiver, r->number);
    seal_again(l, from, r, wire, wire_len);
    l->opened++;

    switch (r->type) {
    case TYPE_HANDSHAKE:
        take_finished(l, from, r);
        break;
    case TYPE_APPLICATION_DATA:
        ck_assert_uint_eq(r->len, strlen(said[l->data / 2]));
        ck_assert_mem_eq(r->body, said[l->data / 2], r->len);
        l->data++;
        break;
    default:
        ck_assert_uint_eq(r->type, TYPE_ALERT);
        ck_assert_int_eq(alert_take(r->body, r->len, true, false, &what), ALERT_CLOSED);
        l->closed++;
    }
}

static bool listen_to(struct listener *l)
{
    memset(l, 0, sizeof *l);
    sha256_start(&l->transcript);
    l->id_len[CLIENT] = unhex(l->id[CLIENT], cid_trace_client_id);
    l->id_len[SERVER] = unhex(l->id[SERVER], cid_trace_server_id);
    return suite_row(LOCKET_PSK_AES_128_CCM_8) >= 0 &&
           LOCKET_CFG_CID_SIZE >= 8 && LOCKET_CFG_PEER_CID_SIZE >= 8;
}

START_TEST(a_foreign_conversation_with_connection_ids_is_understood_from_its_psk_alone)
{
    static struct listener l;
    if (!listen_to(&l))
        return;
    for (int i = 0; i < CID_TRACE_DATAGRAMS; i++) {
        uint8_t datagram[512], *at = datagram;
        size_t left = unhex(datagram, cid_trace[i].hex);
        struct record r;
        int reason;
        while (record_next(&at, &left, l.id_len[!cid_trace[i].from], &r, &reason)) {
            ck_assert_int_eq(reason, RECORD_FINE);
            l.records++;
            if (record_epoch(&r) == 1)
                take_sealed(&l, cid_trace[i].from, &r);
            else if (r.type == TYPE_HANDSHAKE)
                take_plain(&l, i, &r);
            else
                ck_assert(r.type == TYPE_CHANGE_CIPHER_SPEC && r.len == 1 && r.body[0] == 1);
        }
        ck_assert_int_eq(reason, RECORD_FINE);
    }
    ck_assert_uint_eq(l.records, 15);
    ck_assert_uint_eq(l.opened, 7);
    ck_assert_uint_eq(l.finished, 2);
    ck_assert_uint_eq(l.data, 4);
    ck_assert_uint_eq(l.closed, 1);
    ck_assert_uint_ge(l.same, 2);
}
END_TEST

/* The ID is part of what is authenticated, and so is its length. */
START_TEST(a_foreign_record_with_any_bit_changed_is_not_opened)
{
    static struct listener l;
    if (!listen_to(&l))
        return;
    for (int i = 0; i < CID_TRACE_DATAGRAMS; i++) {
        uint8_t datagram[512], copy[512], *at = datagram;
        size_t left = unhex(datagram, cid_trace[i].hex);
        struct record r;
        int reason;
        while (record_next(&at, &left, l.id_len[!cid_trace[i].from], &r, &reason)) {
            const locket_session *receiver = &l.end[!cid_trace[i].from];
            size_t front = record_front(&r), len = front + r.len;
            if (record_epoch(&r) == 0 && r.type == TYPE_HANDSHAKE)
                take_plain(&l, i, &r);
            if (record_epoch(&r) == 0)
                continue;
            for (size_t bit = 0; bit < 8 * len; bit++) {
                memcpy(copy, r.body - front, len);
                copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
                uint8_t *there = copy;
                size_t size = len;
                struct record bad;
                if (record_next(&there, &size, r.cid_len, &bad, &reason) && reason == RECORD_FINE)
                    ck_assert_msg(!record_open(receiver, &bad), "datagram %d, bit %zu", i, bit);
            }
            if (r.type == TYPE_TLS12_CID) {
                ck_assert(record_open(receiver, &r));
                if (r.type == TYPE_HANDSHAKE)
                    sha256_add(&l.transcript, r.body, r.len);
            }
        }
    }
}
END_TEST

/* Seventeen bytes, the type and fourteen zeros. */
START_TEST(the_padding_of_a_foreign_record_does_not_count_against_a_size_limit)
{
    static const struct { uint16_t limit; enum received expected; } rows[] = {
        { 17, RECEIVED }, { 16, RECEIVED_TOO_LONG }
    };
    for (unsigned k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        static struct listener l;
        if (!listen_to(&l) || !LOCKET_CFG_LIMITS)
            return;
        for (int i = 0; i < CID_TRACE_DATAGRAMS; i++) {
            uint8_t datagram[512], *at = datagram;
            size_t left = unhex(datagram, cid_trace[i].hex);
            struct record r;
            int reason;
            while (record_next(&at, &left, l.id_len[!cid_trace[i].from], &r, &reason))
                if (record_epoch(&r) == 0 && r.type == TYPE_HANDSHAKE)
                    take_plain(&l, i, &r);
                else if (r.number == ((uint64_t)1 << 48 | 1)) {
                    locket_session *receiver = &l.end[!cid_trace[i].from];
                    LOCKET_TERMS(receiver)->take_limit = rows[k].limit;
                    ck_assert_int_eq(record_receive(receiver, &r), rows[k].expected);
                    l.data++;
                }
        }
        ck_assert_uint_eq(l.data, 2);
    }
}
END_TEST

Suite *test_trace_cid(void)
{
    Suite *s = suite_create("trace_cid");
    TCase *t = tcase_create("trace_cid");
    suite_add_tcase(s, t);
    tcase_add_test(t, a_foreign_conversation_with_connection_ids_is_understood_from_its_psk_alone);
    tcase_add_test(t, a_foreign_record_with_any_bit_changed_is_not_opened);
    tcase_add_test(t, the_padding_of_a_foreign_record_does_not_count_against_a_size_limit);
    return s;
}
