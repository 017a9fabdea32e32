/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_sleep.c -- an endpoint is given a saved session of any bytes. No tag keeps it out (weak.h),
 * so every field is anything: whoever has the key of a device could write it. It is refused and
 * leaves nothing behind, or it becomes a session that works: it takes and sends records, asks and
 * is asked where it is, is moved, saved again, woken again, and closed.
 *
 *     byte 0   a server, the length of our connection ID (3 bits), who checks paths (2 bits), the
 *              MTU, the blob's session has company
 *     the rest the blob */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drive.h"
#include "entropy.h"
#include "protect.h"
#include "table.h"
#include "weak.h"

enum { SERVER = 1, IDS = 2, CHECKS = 16, SMALL = 64, COMPANY = 128 };
enum { N = 3, ID = 7, COUNTER = 5, ROOM = 20000 };

static unsigned n_inputs, n_refused, n_woken;
static const uint8_t key[16] = { 's', 'l', 'e', 'e', 'p' };

static locket_error look_up(void *user, locket_psk *psk)
{
    (void)user;
    (void)psk;
    return LOCKET_ERR_NO_KEY;
}

static bool count(void *user, uint32_t id, bool advance, uint64_t *value)
{
    uint64_t *counter = user;
    FUZZ_CHECK(id == ID);
    *value = *counter += advance;
    return true;
}

static uint8_t room[ROOM];

/* Whatever comes of it: nothing to where nobody asked, and not more than the path takes. */
static void pull(locket_endpoint *ep, size_t mtu)
{
    locket_event e;
    for (unsigned n = 0; locket_next(ep, room, sizeof room, &e); n++) {
        FUZZ_CHECK(n < 16 && e.peer.len && e.peer.len <= LOCKET_CFG_PEER_SIZE);
        FUZZ_CHECK(e.kind != LOCKET_SEND || (e.len && e.len <= mtu));
        FUZZ_CHECK(e.kind != LOCKET_CONNECTED && e.kind != LOCKET_FAILED);
    }
}

/* A record of the peer, the next one. */
static void hear(locket_endpoint *ep, const locket_session *s, unsigned from, unsigned type, const uint8_t *body,
                 size_t len, size_t mtu)
{
    uint8_t datagram[512];
    size_t cid_len = s->terms.cid ? ep->config->cid_len : 0, tag = session_aead(s)->tag_len;
    struct writer w = wr_over(datagram, sizeof datagram);
    locket_peer peer = from ? drive_peer(from) : s->peer;
    if (s->state != SESSION_LIVE)
        return;
    wr_u8(&w, cid_len ? TYPE_TLS12_CID : type);
    wr_u16(&w, DTLS_1_2);
    wr_u64(&w, s->recv + 1);
    wr_bytes(&w, span_of(s->cids.ours, cid_len));
    wr_u16(&w, (unsigned)(8 + len + (cid_len > 0) + tag));
    wr_u64(&w, s->recv + 1);
    wr_bytes(&w, span_of(body, len));
    if (cid_len)
        wr_u8(&w, type);
    for (size_t i = 0; i < tag; i++)
        wr_u8(&w, 0);
    len = sizeof datagram - w.room;
    uint8_t *copy = fuzz_copy(datagram, len);
    locket_input(ep, &peer, copy, len, ep->now + 1);
    pull(ep, mtu);
    free(copy);
}

static void live(locket_endpoint *ep, locket_session *s, size_t mtu)
{
    static const size_t lengths[] = { 0, 1, 63, 64, 200, 1200, 4096, 16384, 16385 };
    static const uint8_t text[16400];
    size_t limit = locket_data_limit(ep, s), n;
    FUZZ_CHECK(limit <= mtu && limit + locket_overhead(s) <= mtu);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        uint64_t number = s->send;
        locket_error error = locket_send(ep, s, text, lengths[i], room, sizeof room, &n);
        FUZZ_CHECK(error == LOCKET_ERR_TOO_LONG || error == LOCKET_ERR_KEY_WORN || error == LOCKET_OK);
        FUZZ_CHECK((error == LOCKET_ERR_TOO_LONG) == (lengths[i] > limit));
        FUZZ_CHECK(s->send == number + (error == LOCKET_OK) && (error || n <= mtu));
    }
    hear(ep, s, 0, TYPE_APPLICATION_DATA, text, 40, mtu);
    hear(ep, s, 1, TYPE_APPLICATION_DATA, text, 40, mtu);
    hear(ep, s, 1, TYPE_RETURN_ROUTABILITY, (const uint8_t *)"\0a cookie", 9, mtu);
    hear(ep, s, 0, TYPE_HANDSHAKE, (const uint8_t *)"\24\0\0\14\0\3\0\0\0\0\0\14twelve bytes", 24, mtu);
    for (unsigned i = 0; i < 6; i++) {
        locket_tick(ep, ep->now + 500);
        pull(ep, mtu);
    }
    (void)locket_too_big(ep, &s->peer, 300, ep->now);
    n = locket_suite(s);
    FUZZ_CHECK(!n || locket_suite_name((uint16_t)n));
}

/* It sleeps and wakes, and is what it was. */
static locket_session *again(locket_endpoint *ep, locket_session *s)
{
    uint8_t blob[LOCKET_BLOB_MAX];
    size_t len;
    locket_session was, *back = NULL;
    if (s->state != SESSION_LIVE)
        return NULL;
    memcpy(&was, s, sizeof was);
    FUZZ_CHECK(locket_session_save(ep, s, ID, key, blob, sizeof blob, &len) == LOCKET_OK);
    locket_error error = locket_session_load(ep, ID, key, blob, len, ep->now, &back);
    if (error == LOCKET_ERR_STATE)         /* it has moved to where somebody else is */
        return NULL;
    FUZZ_CHECK(error == LOCKET_OK && back->send == was.send && back->recv == was.recv && back->window == was.window);
    FUZZ_CHECK(memcmp(back->key, was.key, sizeof was.key) == 0 && session_is_peer(back, &was.peer));
    FUZZ_CHECK(locket_session_load(ep, ID, key, blob, len, ep->now, &back) == LOCKET_ERR_USED);
    return back;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t lengths[] = { 8, 0, 1, 2, 3, 31, 32, 4 };
    locket_session sessions[N], *s = NULL, none[N];
    locket_handshake handshake;
    locket_endpoint ep;
    locket_path path;
    uint64_t counter = COUNTER;
    struct food in = { data, size };
    unsigned how = food_u8(&in);
    locket_config c = { .role = how & SERVER ? LOCKET_SERVER : LOCKET_CLIENT, .psk = look_up, .user = &counter,
                        .cid = true, .cid_len = lengths[how / IDS % 8], .counter = count, .paths = &path, .n_paths = 1,
                        .path_check = (locket_path_check)(how / CHECKS % 4 % 3), .mtu = how & SMALL ? 256 : 0 };
    size_t mtu = c.mtu ? c.mtu : 1232;
    weak_reset();
    entropy_seed(DRIVE_ENTROPY);
    n_inputs++;
    FUZZ_CHECK(locket_init(&ep, &c, sessions, N, &handshake, 1) == LOCKET_OK);
    memcpy(none, sessions, sizeof none);
    uint8_t *blob = fuzz_copy(in.at, in.left);
    locket_error error = locket_session_load(&ep, ID, key, blob, in.left, 9000, &s);
    FUZZ_CHECK(memcmp(blob, in.at, in.left ? in.left : 0) == 0);
    if (error) {
        FUZZ_CHECK(error == LOCKET_ERR_BLOB || error == LOCKET_ERR_USED || error == LOCKET_ERR_SESSIONS_FULL);
        FUZZ_CHECK(memcmp(none, sessions, sizeof none) == 0 && counter == COUNTER);
        n_refused++;
    } else if (memcmp(s->key[OURS], key, sizeof key) != 0) {     /* else nonces may well meet */
        FUZZ_CHECK(counter == COUNTER + 1 && s->state == SESSION_LIVE && locket_suite(s));
        FUZZ_CHECK(locket_session_load(&ep, ID, key, blob, in.left, 9000, &s) == LOCKET_ERR_USED);
        n_woken++;
        live(&ep, s, mtu);
        s = again(&ep, s);
        locket_peer peer = drive_peer(2);
        if (s && locket_move(&ep, s, &peer) == LOCKET_OK)
            FUZZ_CHECK(s->terms.cid);
        if (s && how & COMPANY)
            live(&ep, s, mtu);
        if (s && locket_close(&ep, s) == LOCKET_OK)
            pull(&ep, mtu);
        FUZZ_CHECK(session_find(&ep, &peer) == NULL);
    }
    locket_shutdown(&ep);
    free(blob);
    return 0;
}

bool fuzz_report(void)
{
    printf("%u inputs; refused %u, woken %u\n", n_inputs, n_refused, n_woken);
    return n_refused && n_woken;
}
