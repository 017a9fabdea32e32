/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_ticket.c -- a client brings a ticket of any bytes to a server that gives tickets. No tag
 * keeps it out (weak.h), so what is inside is anything as well, and is believed if the suite
 * in it is one: then the handshake is played to its end, with any Finished.
 *
 *     byte 0   the suites that the client lists (2 bits), a session_id beside the ticket, the
 *              server takes all suites or the first, sizes of the server's, cookie or none
 *     the rest the ticket */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drive.h"
#include "entropy.h"
#include "table.h"
#include "weak.h"

enum { SUITES = 3, WITH_ID = 4, ONE_SUITE = 8, SMALL = 16, COOKIE = 32 };
enum { NUMBER = 0x0102, SIZE = 83, TEXT = 14, HANDLE = TEXT + 48, TERMS = HANDLE + 4, TAG = TERMS + 1 };

static unsigned n_inputs, n_refused, n_resumed;

static locket_error look_up(void *user, locket_psk *psk)
{
    (void)user;
    (void)psk;
    return LOCKET_ERR_NO_KEY;
}

static size_t client_hello(uint8_t *out, size_t cap, unsigned how, struct span cookie, struct food ticket)
{
    static const uint8_t lists[4][6] = {
        { 0xC0, 0xA8, 0xC0, 0xA4, 0, 0xA8 }, { 0xC0, 0xA8, 0xC0, 0xA8, 0xC0, 0xA8 },
        { 0, 0xA8, 0, 0xA8, 0, 0xA8 }, { 0xC0, 0xA4, 0, 0xA8, 0, 0xA8 }
    };
    struct writer w = wr_over(out + RECORD_HEADER + HS_HEADER, cap - RECORD_HEADER - HS_HEADER);
    wr_u16(&w, DTLS_1_2);
    for (unsigned i = 0; i < RANDOM_SIZE; i++)
        wr_u8(&w, i);
    wr_vec(&w, 1, span_of((const uint8_t *)"five.", how & WITH_ID ? 5 : 0));
    wr_vec(&w, 1, cookie);
    wr_vec(&w, 2, span_of(lists[how & SUITES], 6));
    wr_u16(&w, 0x0100);
    wr_u16(&w, (unsigned)(4 + 4 + ticket.left));
    wr_bytes(&w, span_of((const uint8_t *)"\0\27\0\0\0\43", 6));
    wr_vec(&w, 2, span_of(ticket.at, ticket.left));
    size_t len = cap - RECORD_HEADER - HS_HEADER - w.room;
    record_header(out, TYPE_HANDSHAKE, DTLS_1_2, cookie.len > 0, HS_HEADER + len);
    message_header(out + RECORD_HEADER, HS_CLIENT_HELLO, len, cookie.len > 0, 0, len);
    return RECORD_HEADER + HS_HEADER + len;
}

/* The datagram goes in; the type of the first message that comes out, or 0. */
static unsigned give(locket_endpoint *ep, const uint8_t *bytes, size_t len, uint8_t *out, bool *up)
{
    locket_peer peer = drive_peer(0);
    uint8_t *copy = fuzz_copy(bytes, len);
    unsigned type = 0;
    locket_event e;
    locket_input(ep, &peer, copy, len, 6000);
    while (locket_next(ep, out, 2048, &e)) {
        if (e.kind == LOCKET_SEND && !type)
            type = e.data[0] == TYPE_HANDSHAKE ? e.data[RECORD_HEADER] : e.data[0];
        *up = *up || e.kind == LOCKET_CONNECTED;
    }
    free(copy);
    return type;
}

/* ChangeCipherSpec, and a Finished with a tag of zeros. */
static size_t last_flight(uint8_t *out, unsigned seq, size_t tag)
{
    record_header(out, TYPE_CHANGE_CIPHER_SPEC, DTLS_1_2, 5, 1);
    out[RECORD_HEADER] = 1;
    uint8_t *at = out + RECORD_HEADER + 1;
    size_t len = 8 + HS_HEADER + VERIFY_DATA_SIZE + tag;
    memset(at, 0, RECORD_HEADER + len);
    record_header(at, TYPE_HANDSHAKE, DTLS_1_2, UINT64_C(1) << 48, len);
    message_header(at + RECORD_HEADER + 8, HS_FINISHED, VERIFY_DATA_SIZE, seq, 0, VERIFY_DATA_SIZE);
    return (size_t)(at - out) + RECORD_HEADER + len;
}

static uint32_t number_at(const uint8_t *p) { return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3]; }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint16_t suites[] = { LOCKET_PSK_AES_128_CCM_8 };
    static const uint8_t key[16] = { 1, 2, 3 };
    static uint8_t hello[DRIVE_DATAGRAM + 256], out[2048];
    locket_session session;
    locket_handshake handshake;
    locket_endpoint ep;
    struct food in = { data, size };
    unsigned how = food_u8(&in);
    locket_config c = { .role = LOCKET_SERVER, .psk = look_up, .tickets = true };
    c.suites = suites;
    c.n_suites = how & ONE_SUITE ? 1 : 0;
    c.record_size_limit = how & SMALL ? 64 : 0;
    c.resume_cookie = how & COOKIE ? LOCKET_COOKIE_ALWAYS : LOCKET_COOKIE_NEVER;
    if (in.left > DRIVE_DATAGRAM)
        in.left = DRIVE_DATAGRAM;
    weak_reset();
    weak.any_cookie = weak.any_finished = true;
    entropy_seed(DRIVE_ENTROPY);
    FUZZ_CHECK(locket_init(&ep, &c, &session, 1, &handshake, 1) == LOCKET_OK);
    FUZZ_CHECK(locket_ticket_key(&ep, NUMBER, key) == LOCKET_OK);

    const uint8_t *t = in.at;
    bool opens = in.left == SIZE && t[0] == NUMBER >> 8 && t[1] == (NUMBER & 255) && t[TAG] != WEAK_REFUSED;
    static const bool lists[4][16] = { { 1, 1, 1 }, { 1 }, { 0, 0, 1 }, { 0, 1, 1 } };
    bool listed = opens && lists[how & SUITES][t[TERMS] & 15];
    bool good = listed && !((how & ONE_SUITE) && (t[TERMS] & 15)), up = false;
    size_t len = client_hello(hello, sizeof hello, how, span_of(NULL, 0), in);
    unsigned said = give(&ep, hello, len, out, &up);
    FUZZ_CHECK(said == (good && !(how & COOKIE) ? HS_SERVER_HELLO : HS_HELLO_VERIFY));
    if (how & COOKIE) {
        const struct span cookie = span_of((const uint8_t *)"any cookie will.", WEAK_COOKIE);
        len = client_hello(hello, sizeof hello, how, cookie, in);
        said = give(&ep, hello, len, out, &up);
    }
    if (good) {
        FUZZ_CHECK(said == HS_SERVER_HELLO && !up && handshake.session.handle == number_at(t + HANDLE));
        FUZZ_CHECK(memcmp(handshake.master, t + TEXT, MASTER_SIZE) == 0);
        size_t tag = session_aead(&handshake.session)->tag_len;
        len = last_flight(hello, handshake.recv_seq, tag);
        give(&ep, hello, len, out, &up);
        FUZZ_CHECK(up && locket_resumed(&session) && locket_handle(&session) == number_at(t + HANDLE));
        FUZZ_CHECK(locket_suite(&session) == suite_at(t[TERMS] & 15u)->id);
        unsigned code = t[TERMS] >> 4 & 7u;
        FUZZ_CHECK(locket_data_limit(&ep, &session) <= (code ? 256u << code : 1232u));
        n_resumed++;
    } else {
        n_refused++;
    }
    locket_shutdown(&ep);
    n_inputs++;
    return 0;
}

bool fuzz_report(void)
{
    printf("%u inputs; resumed %u, not %u\n", n_inputs, n_resumed, n_refused);
    return n_resumed && n_refused;
}
