/* SPDX-License-Identifier: Apache-2.0
 *
 * test_trace.c -- a whole conversation captured between s_client and s_server of
 * OpenSSL 3.0.22: DTLS 1.2, TLS_PSK_WITH_AES_128_CCM_8, cookie exchange, extended
 * master secret and a session ticket. Its keys are derived from the PSK alone, every
 * record is opened, both Finished are checked, and what we seal under the same keys
 * is the same to the byte.
 *
 *     client                                server
 *     ClientHello              -------->
 *                              <--------    HelloVerifyRequest
 *     ClientHello + cookie     -------->
 *                              <--------    ServerHello, ServerHelloDone
 *     ClientKeyExchange, CCS,
 *     Finished                 -------->
 *                              <--------    NewSessionTicket, CCS, Finished
 *     "ping..."                -------->
 *                              <--------    "pong..."
 *     close_notify             -------->
 *                              <--------    close_notify */
#include <check.h>
#include <string.h>

#include "alert.h"
#include "prf.h"
#include "locket.h"
#include "protect.h"
#include "replay.h"

Suite *test_trace(void);

enum { CLIENT, SERVER };

static const struct { int from; const char *hex; } trace[] = {
    { CLIENT,
      "16feff0000000000000000007a0100006e000000000000006efefdacb40c2a91d966688d4ee49f29fdca"
      "bf34f53b66831d80d312bb640d4a644f6d00000004c0a800ff0100004000230000001600000017000000"
      "0d0030002e040305030603080708080809080a080b080408050806040105010601030302030301020103"
      "020202040205020602" },
    { SERVER,
      "16feff00000000000000000023030000170000000000000017feff140659ca3898a7b2e9e7871b2d3d24"
      "a16a6969e934" },
    { CLIENT,
      "16feff0000000000000001008e010000820001000000000082fefdacb40c2a91d966688d4ee49f29fdca"
      "bf34f53b66831d80d312bb640d4a644f6d00140659ca3898a7b2e9e7871b2d3d24a16a6969e9340004c0"
      "a800ff01000040002300000016000000170000000d0030002e040305030603080708080809080a080b08"
      "0408050806040105010601030302030301020103020202040205020602" },
    { SERVER,
      "16fefd00000000000000010041020000350001000000000035fefdbc0bfbcd449efae8178774ac1e7df0"
      "3bf76acdeef40f74cd3e60c68dcc572f3400c0a800000dff01000100002300000017000016fefd000000"
      "0000000002000c0e0000000002000000000000" },
    { CLIENT,
      "16fefd000000000000000200161000000a000200000000000a00086465762d3030303114fefd00000000"
      "0000000300010116fefd000100000000000000280001000000000000fccc8b261009e3af831a691a46db"
      "a9327735ee97f743d4b5a69b1b98b1fc6881" },
    { SERVER,
      "16fefd000000000000000300c2040000b600030000000000b600001c2000b05523d26ff85c99066513d3"
      "1563becbc88e6fe03f210caa637df1264a6b4cde9105035c0a4e2aded1cdd63b54472231a1abb7ae6ce4"
      "3bdc5b8027eb748e270006512d11a3b1b52fb8e899d7cc2c18b5a01b7b332d6e4cb1b532333847f9ada9"
      "47ecde4bef28c0ff9a70710bb0252697ad8e3b2f734a04d972039d2b396589b016502a3748fb70808c83"
      "6dc596a09abdd7e816afb3196d0153af5c59497b62cd3b98ed39a141ff9f287a0b7fac1aecbe3f14fefd"
      "000000000000000400010116fefd0001000000000000002800010000000000003b0d3805fdbd31ee33e0"
      "53621ffaf28da71220a4e8c77c6bff8b3d8673e7f6c2" },
    { CLIENT,
      "17fefd000100000000000100210001000000000001785edb0e1de8143016a95f7ec1120057179c0e17c0"
      "61c3fd2c" },
    { SERVER,
      "17fefd0001000000000001002100010000000000018b58c6cb9b355a7bdfd8946eb490f2fc7525437210"
      "090241f4" },
    { CLIENT,
      "15fefd000100000000000200120001000000000002a1527482b5012a9dbbb9" },
    { SERVER,
      "15fefd000100000000000200120001000000000002b1e59fca16b6097cb585" },
};
enum { TRACE_DATAGRAMS = sizeof trace / sizeof trace[0] };

static const char trace_session_hash[] = "971fc98c0e66b173ce4223b0011c735c06a1175dfee4b0dbbf8a0b332753cc55";
static const char trace_master[] =
    "1549275ab48539d7fb1b867d00a63f2e462c50b5de5027976469ec61fd831050f8f1b2f47990ae33fbe81982421cb91c";
static const char trace_key_block[] =
    "e9f61428e88cc25cec581e0beb11cb4c780abe5862f5d8d2aff4c3e41ec926d575eda45130a88456";

static size_t trace_unhex(uint8_t *out, const char *hex)
{
    static const char digits[] = "0123456789abcdef";
    size_t n = strlen(hex) / 2;
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)((strchr(digits, hex[2 * i]) - digits) << 4 |
                           (strchr(digits, hex[2 * i + 1]) - digits));
    return n;
}

static void trace_assert_is(const uint8_t *got, const char *hex)
{
    uint8_t expected[64];
    ck_assert_mem_eq(got, expected, trace_unhex(expected, hex));
}

/* What both ends know, gathered while the datagrams pass by. */
struct listener {
    struct locket_sha256 transcript;
    uint8_t random[2][32], master[48];
    locket_session end[2];        /* end[CLIENT] seals as the client does */
    unsigned records, sealed, finished, data, closed;
};

static void trace_transcript(const struct listener *l, uint8_t out[32])
{
    struct locket_sha256 s = l->transcript;
    sha256_end(&s, out);
}

/* RFC 4279 section 2, RFC 7627 section 4, RFC 5246 section 6.3. */
static void trace_derive(struct listener *l)
{
    uint8_t premaster[2 + 16 + 2 + 16] = { 0, 16 }, hash[32], keys[40];
    premaster[19] = 16;
    for (uint8_t i = 0; i < 16; i++)
        premaster[20 + i] = i;

    trace_transcript(l, hash);
    trace_assert_is(hash, trace_session_hash);
    prf(premaster, sizeof premaster, "extended master secret", hash, 32, NULL, 0, l->master, 48);
    trace_assert_is(l->master, trace_master);
    prf(l->master, 48, "key expansion", l->random[SERVER], 32, l->random[CLIENT], 32, keys, 40);
    trace_assert_is(keys, trace_key_block);

    for (int who = 0; who < 2; who++) {
        locket_session *s = &l->end[who];
        memset(s, 0, sizeof *s);
        s->suite = (uint8_t)suite_row(LOCKET_PSK_AES_128_CCM_8);
        memcpy(s->key[OURS], keys + 16 * who, 16);
        memcpy(s->key[THEIRS], keys + 16 * !who, 16);
        memcpy(s->salt[OURS], keys + 32 + 4 * who, 4);
        memcpy(s->salt[THEIRS], keys + 32 + 4 * !who, 4);
        session_start_epoch(s);
    }
}

/* A plaintext handshake message; every one of the trace is whole, in a record of
 * its own. The first ClientHello and HelloVerifyRequest stay out (RFC 6347
 * section 4.2.6). */
static void trace_handshake(struct listener *l, int datagram, const struct record *r)
{
    struct span in = span_of(r->body, r->len);
    unsigned type = rd_u8(&in);
    size_t length = rd_u24(&in);
    rd_u16(&in);
    ck_assert_uint_eq(rd_u24(&in), 0);
    ck_assert_uint_eq(rd_u24(&in), length);
    ck_assert_uint_eq(in.len, length);

    if (type == 1 || type == 2) {
        rd_u16(&in);
        memcpy(l->random[type == 1 ? CLIENT : SERVER], rd_bytes(&in, 32).at, 32);
    }
    ck_assert(!rd_bad(&in));
    if (datagram >= 2)
        sha256_add(&l->transcript, r->body, r->len);
    if (type == 16)
        trace_derive(l);
}

/* RFC 5246 section 7.4.9. */
static void trace_finished(struct listener *l, int from, const struct record *r)
{
    uint8_t hash[32], verify_data[12];
    trace_transcript(l, hash);
    prf(l->master, 48, from == CLIENT ? "client finished" : "server finished", hash, 32,
              NULL, 0, verify_data, 12);
    ck_assert_uint_eq(r->len, 24);
    ck_assert_uint_eq(r->body[0], 20);
    ck_assert_mem_eq(r->body + 12, verify_data, 12);
    sha256_add(&l->transcript, r->body, r->len);
    l->finished++;
}

/* Seal the same plaintext as its sender did: the same bytes. */
static void trace_seal_again(locket_session *sender, const struct record *plain, const uint8_t *wire,
                             size_t wire_len)
{
    uint8_t b[256];
    memcpy(b + RECORD_HEADROOM, plain->body, plain->len);
    ck_assert(sender->send == plain->number);
    ck_assert_uint_eq(record_seal(sender, plain->type, b, plain->len), wire_len);
    ck_assert_mem_eq(b, wire, wire_len);
}

static void trace_sealed(struct listener *l, int from, struct record *r)
{
    locket_session *receiver = &l->end[!from];
    uint8_t wire[256], what;
    const uint8_t *start = r->body - RECORD_HEADER;
    size_t wire_len = RECORD_HEADER + r->len;
    memcpy(wire, start, wire_len);

    ck_assert(!replay_seen(receiver, r->number));
    ck_assert(record_open(receiver, r));
    replay_mark(receiver, r->number);
    ck_assert(replay_seen(receiver, r->number));
    trace_seal_again(&l->end[from], r, wire, wire_len);
    l->sealed++;

    switch (r->type) {
    case TYPE_HANDSHAKE:
        trace_finished(l, from, r);
        break;
    case TYPE_APPLICATION_DATA:
        ck_assert_uint_eq(r->len, 17);
        ck_assert_mem_eq(r->body, from == CLIENT ? "ping from client\n" : "pong from server\n", 17);
        l->data++;
        break;
    default:
        ck_assert_int_eq(alert_take(r->body, r->len, true, false, &what), ALERT_CLOSED);
        l->closed++;
    }
}

START_TEST(a_captured_conversation_is_understood_from_its_psk_alone)
{
    static struct listener l;
    if (suite_row(LOCKET_PSK_AES_128_CCM_8) < 0)
        return;
    memset(&l, 0, sizeof l);
    sha256_start(&l.transcript);

    for (int i = 0; i < TRACE_DATAGRAMS; i++) {
        uint8_t datagram[512], *at = datagram;
        size_t left = trace_unhex(datagram, trace[i].hex);
        struct record r;
        int reason;
        while (record_next(&at, &left, 0, &r, &reason)) {
            ck_assert_int_eq(reason, RECORD_FINE);
            l.records++;
            if (record_epoch(&r) == 1)
                trace_sealed(&l, trace[i].from, &r);
            else if (r.type == TYPE_HANDSHAKE)
                trace_handshake(&l, i, &r);
            else
                ck_assert(r.type == TYPE_CHANGE_CIPHER_SPEC && r.len == 1 && r.body[0] == 1);
        }
        ck_assert_int_eq(reason, RECORD_FINE);
    }
    ck_assert_uint_eq(l.records, 15);
    ck_assert_uint_eq(l.sealed, 6);
    ck_assert_uint_eq(l.finished, 2);
    ck_assert_uint_eq(l.data, 2);
    ck_assert_uint_eq(l.closed, 2);
}
END_TEST

/* The headers we write are the headers they write. */
START_TEST(every_captured_header_is_written_back_the_same)
{
    for (int i = 0; i < TRACE_DATAGRAMS; i++) {
        uint8_t datagram[512], header[RECORD_HEADER], *at = datagram;
        size_t left = trace_unhex(datagram, trace[i].hex);
        struct record r;
        int reason;
        while (record_next(&at, &left, 0, &r, &reason)) {
            record_header(header, r.type, r.version, r.number, r.len);
            ck_assert_mem_eq(header, r.body - RECORD_HEADER, RECORD_HEADER);
        }
    }
}
END_TEST

START_TEST(a_captured_datagram_cut_anywhere_gives_its_whole_records)
{
    for (int i = 0; i < TRACE_DATAGRAMS; i++) {
        uint8_t datagram[512], *at = datagram;
        size_t whole = trace_unhex(datagram, trace[i].hex), left = whole, ends[4], n = 0;
        struct record r;
        int reason;
        while (record_next(&at, &left, 0, &r, &reason))
            ends[n++] = whole - left;
        for (size_t cut = 0; cut <= whole; cut++) {
            size_t got = 0, expected = 0, border = cut == 0;
            at = datagram;
            left = cut;
            for (size_t k = 0; k < n; k++) {
                expected += ends[k] <= cut;
                border |= ends[k] == cut;
            }
            while (record_next(&at, &left, 0, &r, &reason))
                got++;
            ck_assert_uint_eq(got, expected);
            ck_assert_int_eq(reason, border ? RECORD_FINE : LOCKET_DROP_MALFORMED);
        }
    }
}
END_TEST

Suite *test_trace(void)
{
    Suite *s = suite_create("trace");
    TCase *t = tcase_create("trace");
    suite_add_tcase(s, t);
    tcase_add_test(t, a_captured_conversation_is_understood_from_its_psk_alone);
    tcase_add_test(t, every_captured_header_is_written_back_the_same);
    tcase_add_test(t, a_captured_datagram_cut_anywhere_gives_its_whole_records);
    return s;
}
