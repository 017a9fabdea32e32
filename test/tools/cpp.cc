/* SPDX-License-Identifier: Apache-2.0
 *
 * cpp.cc -- locket.h from C++11: every type is declared and every function called
 * once. A client without a server can begin a handshake, send its first
 * ClientHello and give up; for the rest it is enough to be refused. */
#include <cstdio>
#include <cstring>

#include "locket.h"

extern "C" bool locket_port_entropy(uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = static_cast<uint8_t>(i * 7 + 1);
    return true;
}

static locket_error no_key(void *, locket_psk *)
{
    return LOCKET_ERR_NO_KEY;
}

static int failures;

static void expect(bool truth, const char *what)
{
    if (!truth) {
        std::printf("cpp.cc: %s\n", what);
        failures++;
    }
}

int main()
{
    static locket_endpoint endpoint;
    static locket_session sessions[2], *session;
    static locket_handshake handshakes[1];
    static uint8_t out[1500], in[4] = { 1, 2, 3, 4 };
    locket_config config = locket_config();
    locket_peer peer = locket_peer(), found = locket_peer();
    locket_event event;
    locket_psk psk = locket_psk();
    locket_time when = 0;
    size_t out_len = 0;

    config.role = LOCKET_CLIENT;
    config.psk = no_key;
    peer.len = 1;
    peer.bytes[0] = 42;

    static LOCKET_STORAGE(2, 1) storage;
    expect(locket_init_storage(&storage, &config) == LOCKET_OK, "init of one object");
    locket_shutdown(&storage.endpoint);

    expect(locket_selftest() == LOCKET_OK, "selftest");
    expect(locket_init(&endpoint, &config, sessions, 2, handshakes, 1) == LOCKET_OK, "init");
    expect(locket_connect(&endpoint, &peer, 1000, &session) == LOCKET_OK, "connect");
    expect(locket_next(&endpoint, out, sizeof out, &event) && event.kind == LOCKET_SEND &&
           event.len > 0 && event.peer.len == 1, "the ClientHello");
    expect(!locket_next(&endpoint, out, sizeof out, &event), "one datagram only");
    expect(locket_deadline(&endpoint, &when) && when != 0, "a timer runs");

    locket_input(&endpoint, &peer, in, sizeof in, 1001);
    expect(!locket_next(&endpoint, out, sizeof out, &event), "noise is forgotten");
    expect(locket_drops(&endpoint, LOCKET_DROP_MALFORMED) == 1, "and counted");
    expect(locket_high_water(&endpoint) <= LOCKET_CFG_ARENA, "an arena holds what it can");
    expect(std::strlen(locket_drop_name(LOCKET_DROP_MALFORMED)) > 0, "under a name");
    locket_tick(&endpoint, 1002);
    expect(locket_too_big(&endpoint, &peer, 512, 1003) == LOCKET_OK, "too big");
    while (locket_next(&endpoint, out, sizeof out, &event))
        expect(event.kind == LOCKET_SEND && event.len <= 512, "sent again");

    expect(locket_send(&endpoint, session, in, sizeof in, out, sizeof out, &out_len) == LOCKET_ERR_STATE,
           "nothing can be sent yet");
    expect(locket_export(&endpoint, session, "EXPERIMENTAL", NULL, 0, out, 16) != LOCKET_OK,
           "nothing can be exported yet");
    expect(locket_answer(&endpoint, 1, &psk, 1004) == LOCKET_ERR_QUERY, "nobody asked");
    expect(locket_data_limit(&endpoint, session) == 0, "data limit");
    expect(locket_suite(session) == 0, "suite");
    (void)locket_overhead(session);
    (void)locket_handle(session);
    locket_peer_of(session, &found);
    expect(std::strlen(locket_error_name(LOCKET_ERR_STATE)) > 0, "the name of an error");
    expect(std::strcmp(locket_suite_name(LOCKET_PSK_AES_128_CCM_8), "TLS_PSK_WITH_AES_128_CCM_8") == 0,
           "the name of a suite");

    expect(locket_remember(&endpoint, session, out, sizeof out, &out_len) == LOCKET_ERR_LATE, "remember");
    expect(locket_resume(&endpoint, &peer, 1005, NULL, 0, &session) == LOCKET_ERR_RECORD, "resume");
    expect(!locket_resumed(session), "resumed");
    expect(locket_ticket_key(&endpoint, 1, in) == LOCKET_ERR_STATE, "a client has no ticket keys");
    locket_forget(&endpoint, 1);
    expect(locket_device_key(in, 16, in, 4, out, 16) == LOCKET_OK, "device key");

    const uint8_t *cid = out;
    expect(locket_headroom(session) == 21, "headroom");
    expect(locket_move(&endpoint, session, &peer) == LOCKET_ERR_STATE, "not without connection IDs");
    expect(!locket_checks(session), "no checks");
    expect(!locket_datagram_cid(in, sizeof in, 8, &cid) && !cid, "no connection ID");
    locket_left(&endpoint, false);
    expect(locket_session_save(&endpoint, session, 1, in, out, sizeof out, &out_len) == LOCKET_ERR_STATE, "save");
    expect(locket_session_load(&endpoint, 1, in, in, sizeof in, 0, &session) == LOCKET_ERR_BLOB, "load");

    expect(locket_close(&endpoint, session) == LOCKET_OK, "close");
    bool closed = false;
    while (locket_next(&endpoint, out, sizeof out, &event))
        closed = closed || event.kind == LOCKET_CLOSED;
    expect(closed, "closed");
    locket_shutdown(&endpoint);
    return failures != 0;
}
