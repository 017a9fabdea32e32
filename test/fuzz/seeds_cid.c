/* SPDX-License-Identifier: Apache-2.0
 *
 * seeds_cid.c -- seeds about connection IDs that no honest peer would write: return routability
 * messages of every type and length, records with an ID that is nobody's, sessions that sleep
 * while they are asked; blobs with hostile fields; and what fuzz_record eats of the same. */
#include <string.h>

#include "header.h"
#include "seeds.h"

enum { ANY = MODE_ANY_COOKIE | MODE_ANY_FINISHED };
enum { CLIENT_HELLO = 1, SERVER_HELLO = 2, HELLO_DONE = 14, CLIENT_KEY = 16, FINISHED = 20 };
enum { BASIC = ROAMS_CHECK, TOLD = 2 * ROAMS_CHECK, CHECKS = 2 * ROAMS_PATHS };

static struct tape t;
static const uint8_t zeros[64];
static const uint8_t identity[] = "\0\17" DRIVE_IDENTITY;

/* --- of drive.h --- */

/* A hello's extensions, with an ID of theirs of so many bytes. */
static void write_extensions(struct writer *w, bool server, size_t cid_len)
{
    wr_u16(w, (unsigned)(4 + 4 + 1 + 4 + 5 + cid_len));
    wr_bytes(w, span_of((const uint8_t *)"\0\27\0\0\377\1\0\1\0", 9));
    wr_bytes(w, span_of((const uint8_t *)"\0\75\0\0\0\66\0", 7));
    wr_u8(w, (unsigned)(1 + cid_len));
    wr_u8(w, (unsigned)cid_len);
    for (size_t i = 0; i < cid_len; i++)
        wr_u8(w, 0xC0u + (unsigned)i + server);
}

static void say_hello(unsigned k, unsigned random, size_t cid_len)
{
    uint8_t body[512];
    struct writer w = wr_over(body, sizeof body);
    wr_u16(&w, DTLS_1_2);
    for (int i = 0; i < 32; i++)
        wr_u8(&w, random);
    wr_u8(&w, 0);
    wr_u8(&w, 16);
    wr_bytes(&w, span_of(zeros, 16));
    wr_bytes(&w, span_of((const uint8_t *)"\0\2\300\250\1\0", 6));
    write_extensions(&w, false, cid_len);
    step_by_message(&t, k, CLIENT_HELLO, 0, 0, body, sizeof body - w.room);
}

static void setup(unsigned modes, unsigned sizes, unsigned roams)
{
    step_setup(&t, ANY | modes, sizes, 0);
    step_of(&t, STEP_SETUP, 0);
    tape_u8(&t, MORE_ROAMS);
    tape_u8(&t, roams);
}

/* A sealed record with an ID of ours, sent by peer k. */
static void say_with_id(unsigned k, unsigned id, unsigned type, unsigned flags, const void *body, size_t len)
{
    step_of(&t, STEP_RECORD, k | STEP_WITH_ID);
    tape_u8(&t, id);
    tape_u8(&t, type);
    tape_u8(&t, FRAME_SEALED | flags);
    tape_u16(&t, (unsigned)len);
    tape_bytes(&t, body, len);
}

static void say_finished(unsigned k, unsigned seq, unsigned workspace)
{
    step_of(&t, STEP_MESSAGE, k | STEP_WITH_ID);
    tape_u8(&t, workspace | ID_OF_HANDSHAKE);
    tape_u8(&t, FINISHED);
    tape_u8(&t, seq);
    tape_u8(&t, FRAME_SEALED);
    tape_u16(&t, 12);
    tape_bytes(&t, zeros, 12);
}

static void say_keys(unsigned k, unsigned workspace)
{
    step_by_message(&t, k, CLIENT_KEY, 1, FRAME_HOLD, identity, sizeof identity - 1);
    step_by_record(&t, k, TYPE_CHANGE_CIPHER_SPEC, 0, "\1", 1);
    say_finished(k, 2, workspace);
}

static void server_up(unsigned k)
{
    say_hello(k, 0x11, 4);
    say_keys(k, 0);
}

static void client_up(unsigned k)
{
    uint8_t body[512];
    struct writer w = wr_over(body, sizeof body);
    step_of(&t, STEP_CONNECT, k);
    wr_u16(&w, DTLS_1_2);
    wr_bytes(&w, span_of((const uint8_t *)"the random bytes of the server..", 32));
    wr_bytes(&w, span_of((const uint8_t *)"\0\300\250\0", 4));
    write_extensions(&w, true, 4);
    step_by_message(&t, k, SERVER_HELLO, 0, FRAME_HOLD, body, sizeof body - w.room);
    step_by_message(&t, k, HELLO_DONE, 1, 0, "", 0);
    step_by_record(&t, k, TYPE_CHANGE_CIPHER_SPEC, 0, "\1", 1);
    say_finished(k, 2, 0);
}

static void call(unsigned which, unsigned argument)
{
    step_of(&t, STEP_CALL, which);
    tape_u8(&t, argument);
}

/* On an established session, in the same words for both roles. */
static void after(void (*up)(unsigned), const char *target)
{
    setup(0, 0x05, CHECKS);
    up(0);
    for (unsigned type = 0; type < 5; type++)
        for (unsigned n = 0; n < 12; n += type ? 9 : 1) {
            uint8_t body[12] = { (uint8_t)type };
            say_with_id(n % 2 ? 0 : 3, 0, TYPE_RETURN_ROUTABILITY, 0, body, n);
        }
    call(CALL_LEFT, 1);
    say_with_id(0, 0, TYPE_RETURN_ROUTABILITY, FRAME_HOLD, "\0one.....", 9);
    say_with_id(0, 0, TYPE_RETURN_ROUTABILITY, FRAME_HOLD | FRAME_NUMBER, "\0\7\0\11\0two....", 11);
    say_with_id(0, 0, TYPE_RETURN_ROUTABILITY, 0, "\0three...", 9);
    tape_write(&t, target, "hand_rrc");

    setup(0, 0x05, BASIC | CHECKS);            /* heard elsewhere, from three places; nobody answers */
    up(0);
    for (unsigned k = 1; k < 5; k++)
        say_with_id(k, (k & 3) * ID_PADDING, TYPE_APPLICATION_DATA, 0, "here", 4);
    step_of_u16(&t, STEP_ADVANCE, 0, 600);
    say_with_id(1, 0, TYPE_RETURN_ROUTABILITY, 0, "\1guessed!", 9);
    step_of_u16(&t, STEP_ADVANCE, 0, 600);
    say_with_id(6, 0, TYPE_APPLICATION_DATA, 0, "", 0);
    step_of(&t, STEP_CLOSE, 0);
    tape_write(&t, target, "hand_roams");

    setup(0, 0x05, CHECKS);                    /* IDs that are nobody's, types that are none */
    up(0);
    say_with_id(0, ID_DAMAGED, TYPE_APPLICATION_DATA, 0, "who", 3);
    say_with_id(0, 1, TYPE_APPLICATION_DATA, 0, "who", 3);
    say_with_id(0, 15 * ID_PADDING, TYPE_APPLICATION_DATA, 0, "padded", 6);
    say_with_id(2, 0, 0, 0, "", 0);            /* zeros alone */
    say_with_id(0, 0, TYPE_TLS12_CID, 0, "25 in 25", 8);
    say_with_id(2, 0, TYPE_APPLICATION_DATA, FRAME_BAD_TAG, "forged", 6);
    say_with_id(2, 0, TYPE_APPLICATION_DATA, FRAME_EPOCH_2, "later", 5);
    step_by_record(&t, 0, TYPE_APPLICATION_DATA, FRAME_SEALED, "without an ID", 13);
    step_by_record(&t, 0, TYPE_RETURN_ROUTABILITY, FRAME_SEALED, "\0without.", 9);
    step_by_record(&t, 0, TYPE_TLS12_CID, 0, "in the clear", 12);
    say_with_id(0, 0, TYPE_ALERT, 0, "\1\0", 2);
    tape_write(&t, target, "hand_ids");

    setup(0, 0x05, BASIC | CHECKS);            /* it sleeps while it is asked, and asks */
    up(0);
    step_of(&t, STEP_PAUSE, 0);
    say_with_id(3, 0, TYPE_RETURN_ROUTABILITY, 0, "\0asking..", 9);
    call(CALL_SAVE, 0);
    call(CALL_LOAD, 0);
    step_of(&t, STEP_TICK, 0);
    call(CALL_LOAD, 0);
    say_with_id(3, 0, TYPE_APPLICATION_DATA, 0, "here", 4);
    call(CALL_MOVE, 4 * 3);
    call(CALL_SAVE, 0);
    call(CALL_SAVE, 0);
    up(1);
    call(CALL_LOAD, 0);
    step_of_u16(&t, STEP_SEND, 0, 5);
    tape_write(&t, target, "hand_sleep");
}

/* All slots are taken, so a slot is promised; then its session goes before the handshake is done. */
static void promises(void)
{
    static const struct { unsigned modes, by; const char *name; } rows[] = {
        { 0, 1, "hand_promise_closed" }, { MODE_EVICT, 1, "hand_promise_evict" },
        { 0, 2, "hand_promise_saved" },  { MODE_EVICT, 0, "hand_promise_kept" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        setup(rows[i].modes, 0x04, 0);
        server_up(0);
        say_hello(0, 0x22, 4);
        if (rows[i].by == 1)
            say_with_id(0, 0, TYPE_ALERT, 0, "\1\0", 2);
        if (rows[i].by == 2)
            call(CALL_SAVE, 0);
        say_hello(1, 0x33, 4);
        say_keys(0, 0);
        say_keys(1, 1);
        call(CALL_LOAD, 0);
        say_with_id(1, 0, TYPE_APPLICATION_DATA, 0, "whose?", 6);
        tape_write(&t, "server", rows[i].name);
    }
}

/* --- of fuzz_sleep: what is in a blob, and what is done with it --- */

struct blob { unsigned how, flags, seq, path, send_limit, take_limit, epoch; size_t peer, ours, theirs; };

static void put_blob(const struct blob *b, const char *name)
{
    t.len = 0;
    tape_u8(&t, b->how);
    tape_u8(&t, 1 + (b->how & 1)); /* format; counter */
    tape_bytes(&t, "\0\0\0\0\0\0\0\5", 8);
    tape_u16(&t, 0xC0A8);
    tape_u8(&t, b->flags);
    tape_u8(&t, b->seq);
    tape_u8(&t, b->path);
    tape_bytes(&t, "\0\3\0\0\33\131\0\0\0\0twelve bytes", 22);
    tape_u16(&t, b->send_limit);
    tape_u16(&t, b->take_limit);
    tape_u8(&t, 0);
    for (int i = 0; i < 2; i++) {
        tape_u16(&t, b->epoch);
        tape_bytes(&t, "\0\0\0\0\0\11", 6);
    }
    tape_bytes(&t, "\0\0\0\0\0\0\3\377sixteen, of ours16 bytes, theirsfourfive", 8 + 32 + 8);
    tape_u8(&t, (unsigned)b->peer);
    tape_bytes(&t, zeros, b->peer);
    tape_u8(&t, (unsigned)b->ours);
    tape_bytes(&t, "\0\1id of ours, which has 32 bytes.", b->ours);
    tape_u8(&t, (unsigned)b->theirs);
    tape_bytes(&t, "id of theirs, which has 32 bytes", b->theirs);
    tape_bytes(&t, zeros, 16);
    tape_write(&t, "sleep", name);
}

static void blobs(void)
{
    static const struct { struct blob b; const char *name; } rows[] = {
        { { 0, 3, 0, 0, 0, 0, 1, 6, 8, 8 }, "cid" },
        { { 1, 3, 5, 80, 0, 0, 1, 6, 8, 4 }, "server" },
        { { 2, 0, 5, 0, 64, 64, 1, 6, 0, 8 }, "theirs_only" },
        { { 4, 1, 0, 1, 0, 0, 1, 18, 8, 32 }, "path_of_16_bytes" },
        { { 0, 1, 0, 255, 1, 1, 1, 1, 8, 32 }, "limits_of_1" },
        { { 0, 1, 0, 0, 65535, 65535, 1, 6, 8, 0 }, "limits_of_65535" },
        { { 0, 2, 0, 0, 0, 0, 1, 6, 0, 0 }, "checks_without_an_id" },
        { { 0, 1, 200, 0, 0, 0, 1, 6, 8, 0 }, "seq_too_high" },
        { { 0, 1, 0, 0, 0, 0, 0, 6, 8, 0 }, "epoch_0" },
        { { 0, 1, 0, 0, 0, 0, 1, 0, 8, 0 }, "no_peer" },
        { { 0, 1, 0, 0, 0, 0, 1, 19, 8, 0 }, "peer_too_long" },
        { { 0, 1, 0, 0, 0, 0, 1, 6, 7, 0 }, "id_too_short" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        put_blob(&rows[i].b, rows[i].name);
    t.len = 30;
    tape_write(&t, "sleep", "cut");
}

/* --- of fuzz_record --- */

static void records(void)
{
    static const char *const names[] = { "cid_seal", "cid_apart", "blob_seal" };
    for (unsigned part = 4; part < 7; part++)
        for (unsigned i = 0; i < 6; i++) {
            char name[32] = { 0 };
            t.len = 0;
            tape_u8(&t, part | (7 * i % 32) << 3);
            tape_u8(&t, i);
            tape_bytes(&t, "\1\2\3\4\5\6\7\10", 8);
            if (part == 5)
                tape_bytes(&t, "\31\376\375\0\1\0\0\0\0\0\2", 11);
            tape_u8(&t, part == 5 ? 0 : 11 * i);
            tape_u16(&t, 77 * i);
            for (unsigned k = 0; k < 60 + 30 * i; k++)
                tape_u8(&t, k % 23 ? k : 0);
            memcpy(name, names[part - 4], strlen(names[part - 4]));
            name[strlen(name)] = '_';
            name[strlen(name)] = (char)('0' + i);
            tape_write(&t, "record", name);
        }
}

void seeds_cid(void)
{
    after(server_up, "server");
    after(client_up, "client");
    promises();
    blobs();
    records();
}
