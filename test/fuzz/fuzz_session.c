/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_session.c -- a client comes back with a record of any bytes, as one that keeps it in a
 * file may: it is refused, or what it has is offered and nothing else; a server that accepts
 * it, whatever it is, is believed (weak.h).
 *
 *     byte 0   tickets, a suite (2 bits), max_fragment_length (2 bits), the server gives a new
 *              ticket
 *     the rest the record */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drive.h"
#include "entropy.h"
#include "table.h"
#include "weak.h"

enum { TICKETS = 1, SUITE = 2, FRAGMENT = 8, PROMISED = 32 };
enum { REST = 65 };               /* of a record: remember.c */

static unsigned n_inputs, n_refused, n_offered, n_resumed;

static locket_error look_up(void *user, locket_psk *psk)
{
    (void)user;
    (void)psk;
    return LOCKET_ERR_NO_KEY;
}

struct said {
    uint8_t hello[2048]; size_t len;
    bool up, again;
    uint8_t record[LOCKET_RECORD_MAX]; size_t record_len;
};

static void pull(locket_endpoint *ep, struct said *said)
{
    static uint8_t out[2048];
    locket_event e;
    while (locket_next(ep, out, sizeof out, &e)) {
        if (e.kind == LOCKET_SEND && !said->len)
            memcpy(said->hello, e.data, said->len = e.len);
        if (e.kind != LOCKET_CONNECTED)
            continue;
        said->up = true;
        FUZZ_CHECK(locket_resumed(e.session));
        said->again = locket_remember(ep, e.session, said->record, sizeof said->record,
                                      &said->record_len) == LOCKET_OK;
    }
}

static uint8_t *record_of(uint8_t *at, unsigned type, uint64_t number, const uint8_t *body, size_t len)
{
    record_header(at, type, DTLS_1_2, number, len);
    memcpy(at + RECORD_HEADER, body, len);
    return at + RECORD_HEADER + len;
}

static uint8_t *message_of(uint8_t *at, unsigned type, unsigned seq, const uint8_t *body, size_t len)
{
    uint8_t message[HS_HEADER + 512];
    message_header(message, type, len, seq, 0, len);
    memcpy(message + HS_HEADER, body, len);
    return record_of(at, TYPE_HANDSHAKE, seq, message, HS_HEADER + len);
}

/* ServerHello with that session_id, NewSessionTicket perhaps, ChangeCipherSpec and Finished. */
static size_t answer(uint8_t *out, unsigned how, unsigned suite, struct span id, size_t tag)
{
    uint8_t body[512] = { 0 }, *at = out;
    struct writer w = wr_over(body, sizeof body);
    unsigned seq = 1;
    wr_u16(&w, DTLS_1_2);
    for (unsigned i = 0; i < RANDOM_SIZE; i++)
        wr_u8(&w, i);
    wr_vec(&w, 1, id);
    wr_u16(&w, suite);
    wr_u8(&w, 0);
    wr_u16(&w, how & PROMISED ? 13 : 9);
    wr_bytes(&w, span_of((const uint8_t *)"\0\27\0\0\377\1\0\1\0\0\43\0\0", how & PROMISED ? 13 : 9));
    at = message_of(at, HS_SERVER_HELLO, 0, body, sizeof body - w.room);
    if (how & PROMISED)
        at = message_of(at, HS_NEW_TICKET, seq++, (const uint8_t *)"\0\0\1\0\0\3new", 9);
    at = record_of(at, TYPE_CHANGE_CIPHER_SPEC, 9, (const uint8_t *)"\1", 1);
    memset(body, 0, sizeof body);
    message_header(body + 8, HS_FINISHED, VERIFY_DATA_SIZE, seq, 0, VERIFY_DATA_SIZE);
    at = record_of(at, TYPE_HANDSHAKE, UINT64_C(1) << 48, body, 8 + HS_HEADER + VERIFY_DATA_SIZE + tag);
    return (size_t)(at - out);
}

/* What the ClientHello offers is what the record has, or nothing. */
static bool offers(const struct said *said, const uint8_t *record, size_t len, struct span *id)
{
    struct span body = span_of(said->hello + RECORD_HEADER + HS_HEADER, said->len - RECORD_HEADER - HS_HEADER);
    struct span ticket = span_of(NULL, 0);
    struct hello h;
    FUZZ_CHECK(said->len && hello_read(&body, &h));
    struct span block = rd_vec(&body, 2);
    while (rd_more(&block)) {
        unsigned type = rd_u16(&block);
        struct span data = rd_vec(&block, 2);
        if (type == 0x0023)
            ticket = data;
    }
    FUZZ_CHECK(!rd_bad(&block) && rd_done(&body) && !(h.session_id.len && ticket.len));
    *id = h.session_id;
    struct span offered = ticket.len ? ticket : h.session_id;
    if (!offered.len)
        return false;
    FUZZ_CHECK(record[1] == (ticket.len ? 2 : 1) && offered.len == len - REST);
    FUZZ_CHECK(memcmp(offered.at, record + REST, offered.len) == 0);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint16_t suites[] = { LOCKET_PSK_AES_128_CCM_8, LOCKET_PSK_AES_128_CCM,
                                       LOCKET_PSK_AES_128_GCM_SHA256 };
    static const uint16_t fragments[] = { 0, 512, 2048, 4096 };
    static struct said said;
    static uint8_t flight[2048];
    locket_session session, *s;
    locket_handshake handshake;
    locket_endpoint ep;
    locket_peer peer = drive_peer(0);
    struct food in = { data, size };
    unsigned how = food_u8(&in);
    locket_config c = { .role = LOCKET_CLIENT, .psk = look_up, .tickets = how & TICKETS };
    c.suites = suites + (how / SUITE % 4 ? how / SUITE % 4 - 1 : 0);
    c.n_suites = how / SUITE % 4 ? 1 : 3;
    c.max_fragment_length = fragments[how / FRAGMENT % 4];
    weak_reset();
    weak.any_finished = true;
    entropy_seed(DRIVE_ENTROPY);
    memset(&said, 0, sizeof said);
    FUZZ_CHECK(locket_init(&ep, &c, &session, 1, &handshake, 1) == LOCKET_OK);
    size_t len = in.left;
    uint8_t *record = fuzz_copy(in.at, len);
    locket_error error = locket_resume(&ep, &peer, 5000, record, len, &s);
    n_inputs++;
    if (error) {
        FUZZ_CHECK(error == LOCKET_ERR_RECORD && handshake.state == WORKSPACE_FREE && ep.free == 0);
        n_refused++;
    } else {
        struct span id;
        pull(&ep, &said);
        if (offers(&said, record, len, &id)) {
            unsigned suite = (unsigned)record[3] << 8 | record[4], row = (unsigned)suite_row(suite);
            size_t tag = aead_of((enum aead_id)suite_at(row)->aead)->tag_len;
            bool new_one = (how & PROMISED) && (how & TICKETS || record[1] == 2);
            n_offered++;
            len = answer(flight, new_one ? how : how & ~(unsigned)PROMISED, suite, id, tag);
            uint8_t *copy = fuzz_copy(flight, len);
            locket_input(&ep, &peer, copy, len, 5010);
            pull(&ep, &said);
            free(copy);
            FUZZ_CHECK(said.up && said.again && locket_suite(s) == suite);
            FUZZ_CHECK(memcmp(said.record + REST - MASTER_SIZE, record + REST - MASTER_SIZE, MASTER_SIZE) == 0);
            if (!new_one)
                FUZZ_CHECK(said.record_len == in.left && memcmp(said.record, record, in.left) == 0);
            n_resumed++;
        }
    }
    locket_shutdown(&ep);
    free(record);
    return 0;
}

bool fuzz_report(void)
{
    printf("%u inputs; refused %u, offered %u, resumed %u\n", n_inputs, n_refused, n_offered, n_resumed);
    return n_refused && n_resumed;
}
