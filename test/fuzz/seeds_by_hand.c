/* SPDX-License-Identifier: Apache-2.0
 *
 * seeds_by_hand.c -- seeds that no honest peer would write, on top of a handshake that
 * is short because any cookie and any Finished will do. */
#include <string.h>

#include "header.h"
#include "seeds.h"
#include "weak.h"

enum { ANY = MODE_ANY_COOKIE | MODE_ANY_FINISHED };
enum { HELLO_REQUEST = 0, CLIENT_HELLO = 1, SERVER_HELLO = 2, HELLO_VERIFY = 3, SERVER_KEY = 12,
       HELLO_DONE = 14, CLIENT_KEY = 16, FINISHED = 20 };

static struct tape t;
static const uint8_t zeros[64];

static void put(const char *target, const char *name) { tape_write(&t, target, name); }

/* With a cookie of that many bytes, whose first says whether it is taken. */
static size_t client_hello(uint8_t *out, size_t cap, unsigned random, size_t cookie_len, unsigned cookie)
{
    static const uint8_t tail[] = "\0\4\300\250\0\377"                  /* suites */
                                  "\1\0"                               /* compression */
                                  "\0\13\0\27\0\0\0\53\0\3\2\376\375"; /* extensions */
    struct writer w = wr_over(out, cap);
    wr_u16(&w, DTLS_1_2);
    for (int i = 0; i < 32; i++)
        wr_u8(&w, random);
    wr_u8(&w, 0);
    wr_u8(&w, (unsigned)cookie_len);
    for (size_t i = 0; i < cookie_len; i++)
        wr_u8(&w, i ? 0xAA : cookie);
    wr_bytes(&w, span_of(tail, sizeof tail - 1));
    return cap - w.room;
}

static void say_hello(unsigned k, unsigned seq, unsigned random, size_t cookie_len, unsigned cookie)
{
    uint8_t body[512];
    size_t n = client_hello(body, sizeof body, random, cookie_len, cookie);
    step_by_message(&t, k, CLIENT_HELLO, seq, 0, body, n);
}

static const uint8_t identity[] = "\0\17" DRIVE_IDENTITY;
static const uint8_t server_hello[] = "\376\375"
                                      "the random bytes of the server.."
                                      "\0\300\250\0"                  /* no session ID, suite, compression */
                                      "\0\11\0\27\0\0\377\1\0\1\0"; /* extensions */
static const uint8_t verify[] = { 0xFE, 0xFF, 4, 9, 9, 9, 9 };
static const uint8_t hint[] = { 0, 7, 'g', 'a', 't', 'e', 'w', 'a', 'y' };

static void say_ccs(unsigned k) { step_by_record(&t, k, TYPE_CHANGE_CIPHER_SPEC, 0, "\1", 1); }
static void say_finished(unsigned k, unsigned seq)
{
    step_by_message(&t, k, FINISHED, seq, FRAME_SEALED, zeros, 12);
}

static void server_connected(unsigned modes, unsigned sizes, unsigned rest, unsigned k)
{
    if (!k)
        step_setup(&t, modes, sizes, rest);
    say_hello(k, 0, 0x11, 16, 0xAA);
    step_by_message(&t, k, CLIENT_KEY, 1, FRAME_HOLD, identity, sizeof identity - 1);
    say_ccs(k);
    say_finished(k, 2);
}

static void client_connected(unsigned modes, unsigned sizes, unsigned rest, unsigned k)
{
    if (!k)
        step_setup(&t, modes, sizes, rest);
    step_of(&t, STEP_CONNECT, k);
    step_by_message(&t, k, HELLO_VERIFY, 0, 0, verify, sizeof verify);
    step_by_message(&t, k, SERVER_HELLO, 1, FRAME_HOLD, server_hello, sizeof server_hello - 1);
    step_by_message(&t, k, HELLO_DONE, 2, 0, "", 0);
    say_ccs(k);
    say_finished(k, 3);
}

static void say_alert(unsigned k, unsigned flags, unsigned level, unsigned what)
{
    uint8_t a[2] = { (uint8_t)level, (uint8_t)what };
    step_by_record(&t, k, TYPE_ALERT, flags, a, 2);
}

/* On an established session: of either role, in the same words. */
static void after(void (*connected)(unsigned, unsigned, unsigned, unsigned), const char *target)
{
    connected(ANY, 0x05, 0, 0);
    step_by_record(&t, 0, TYPE_APPLICATION_DATA, FRAME_SEALED, "23 C", 4);
    step_by_record(&t, 0, TYPE_APPLICATION_DATA, FRAME_SEALED | FRAME_NUMBER, "\0\1again", 7);
    say_alert(0, FRAME_SEALED, 1, 90);
    say_alert(0, FRAME_SEALED, 2, 40);
    put(target, "hand_alerts");

    connected(ANY, 0x05, 0, 0);
    step_by_message(&t, 0, CLIENT_HELLO, 3, FRAME_SEALED, zeros, 40);
    step_by_message(&t, 0, HELLO_REQUEST, 4, FRAME_SEALED, "", 0);
    step_by_message(&t, 0, FINISHED, 3, FRAME_SEALED, zeros, 12);
    step_by_record(&t, 0, TYPE_HANDSHAKE, FRAME_SEALED, zeros, 5);
    step_by_record(&t, 0, TYPE_CHANGE_CIPHER_SPEC, FRAME_SEALED, "\1", 1);
    say_alert(0, 0, 2, 40);
    step_by_record(&t, 0, TYPE_APPLICATION_DATA, 0, "plain", 5);
    put(target, "hand_renegotiation");

    connected(ANY, 0x05, 0, 0);
    for (int i = 0; i < 17; i++)
        step_by_record(&t, 0, TYPE_APPLICATION_DATA, FRAME_SEALED | FRAME_BAD_TAG, "forged", 6);
    put(target, "hand_forgeries");

    connected(ANY, 0x05, 0, 0);
    for (int i = 0; i < 50; i++)
        step_of_u16(&t, STEP_SEND, 0, (unsigned)i);
    step_of_u16(&t, STEP_SEND, 1, 1);
    put(target, "hand_worn");

    connected(ANY, 0x85, 0, 0);
    step_of_u16(&t, STEP_TOO_BIG, 0, 500);
    step_of_u16(&t, STEP_SEND, 0, 1000);
    step_of_u16(&t, STEP_TOO_BIG, 0, 0);
    step_of_u16(&t, STEP_SEND, 0, 100);
    step_of_u16(&t, STEP_ADVANCE, 2, 30000);
    put(target, "hand_too_big_idle");

    connected(ANY, 0x05, 0, 0);
    connected(ANY, 0x05, 0, 4);
    connected(ANY, 0x05, 0, 1);
    step_of(&t, STEP_CLOSE, 1);
    connected(ANY, 0x05, 0, 2);
    put(target, "hand_full");

    connected(ANY | MODE_EVICT, 0x05, 0, 0);
    connected(ANY, 0x05, 0, 4);
    connected(ANY, 0x05, 0, 5);
    step_of(&t, STEP_PAUSE, 0);
    step_by_record(&t, 5, TYPE_APPLICATION_DATA, FRAME_SEALED | FRAME_HOLD, "one", 3);
    step_by_record(&t, 5, TYPE_APPLICATION_DATA, FRAME_SEALED | FRAME_HOLD, "two", 3);
    step_by_record(&t, 5, TYPE_APPLICATION_DATA, FRAME_SEALED, "three", 5);
    step_of(&t, STEP_CLOSE, 1);
    step_of_u16(&t, STEP_SEND, 0, 5);
    put(target, "hand_evict_pause");

    connected(ANY | MODE_ONE_MESSAGE, 0x00, 0x03, 0);
    step_by_record(&t, 0, TYPE_APPLICATION_DATA, FRAME_SEALED | FRAME_TAG_16, "ccm", 3);
    step_by_record(&t, 0, TYPE_APPLICATION_DATA, FRAME_SEALED | FRAME_EPOCH_2, "later", 5);
    step_of_u16(&t, STEP_ADVANCE, 15, 65535);
    put(target, "hand_epochs");
}

static void server_by_hand(void)
{
    after(server_connected, "server");

    step_setup(&t, 0, 0x05, 0);                /* noise of every kind */
    step_of_u16(&t, STEP_DATAGRAM, 0, 5);
    tape_bytes(&t, "noise", 5);
    step_by_record(&t, 0, 24, 0, "x", 1);
    step_by_record(&t, 0, TYPE_HANDSHAKE, FRAME_EPOCH_2, zeros, 12);
    step_by_record(&t, 0, TYPE_HANDSHAKE, 0, zeros, 11);
    step_by_message(&t, 0, CLIENT_HELLO, 0, 0, zeros, 38);
    put("server", "hand_noise");

    step_setup(&t, 0, 0x05, 0);
    for (unsigned k = 0; k < 8; k++)
        say_hello(k, k, k, k < 4 ? 0 : 16, 0xAA);
    say_hello(0, 101, 0, 0, 0);
    put("server", "hand_first_contacts");

    server_connected(ANY, 0x05, 0x20, 0);      /* a handshake beside a session comes to nothing */
    say_hello(0, 3, 0x22, 16, 0xAA);
    step_by_record(&t, 0, TYPE_APPLICATION_DATA, FRAME_SEALED, "still here", 10);
    step_of_u16(&t, STEP_ADVANCE, 0, 61000);
    step_by_record(&t, 0, TYPE_APPLICATION_DATA, FRAME_SEALED, "still here", 10);
    put("server", "hand_beside");

    step_setup(&t, ANY, 0x05, 0x20);
    say_hello(0, 0, 0x22, 16, 0xAA);
    put("server", "hand_few");

    step_setup(&t, ANY, 0x04, 0);              /* more newcomers than workspaces */
    for (unsigned k = 0; k < 4; k++)
        say_hello(k, 0, k, 16, 0xAA);
    say_hello(4, 0, 4, 16, 0xAA);
    step_of_u16(&t, STEP_ADVANCE, 0, 2500);
    say_hello(5, 0, 5, 16, 0xAA);
    say_hello(0, 0, 9, 16, 0xAA);
    step_of_u16(&t, STEP_ADVANCE, 0, 61000);
    put("server", "hand_crowd");

    step_setup(&t, ANY, 0x05, 0);              /* a wrong key, unsealed and sealed */
    say_hello(0, 0, 1, 16, 0xAA);
    step_by_message(&t, 0, CLIENT_KEY, 1, 0, "\0\3who", 5);
    say_ccs(0);
    step_by_message(&t, 0, FINISHED, 2, FRAME_SEALED | FRAME_BAD_TAG, zeros, 12);
    say_finished(0, 2);
    put("server", "hand_unknown_identity");

    step_setup(&t, MODE_ANY_COOKIE, 0x05, 0);
    say_hello(0, 0, 1, 16, 0xAA);
    step_by_message(&t, 0, CLIENT_KEY, 1, 0, identity, sizeof identity - 1);
    say_ccs(0);
    say_finished(0, 2);
    put("server", "hand_bad_finished");

    step_setup(&t, ANY, 0x05, 0);              /* data before Finished, Finished before its keys, alerts */
    say_hello(0, 0, 1, 16, 0xAA);
    say_finished(0, 2);
    step_by_record(&t, 0, TYPE_APPLICATION_DATA, FRAME_SEALED, "early", 5);
    say_alert(0, 0, 2, 40);
    say_ccs(0);
    step_by_message(&t, 0, CLIENT_KEY, 1, 0, identity, sizeof identity - 1);
    step_by_record(&t, 0, TYPE_APPLICATION_DATA, FRAME_SEALED, "early", 5);
    say_alert(0, FRAME_SEALED, 1, 0);
    put("server", "hand_early");

    step_setup(&t, ANY, 0x05, 0);              /* pieces that contradict each other, and too much */
    say_hello(0, 0, 1, 16, 0xAA);
    for (unsigned i = 0; i < 4; i++) {
        step_of(&t, STEP_MESSAGE, 0);
        tape_u8(&t, i == 2 ? FINISHED : CLIENT_KEY);
        tape_u8(&t, 1 + i / 3);
        tape_u8(&t, FRAME_FRAGMENT);
        tape_u16(&t, 6);
        tape_u16(&t, 4 * i);
        tape_u16(&t, 17 + 150 * (i == 3));
        tape_bytes(&t, identity + i, 6);
    }
    step_by_message(&t, 0, CLIENT_KEY, 1, 0, identity, sizeof identity - 1);
    step_by_message(&t, 0, 15, 3, 0, zeros, 20);
    put("server", "hand_contradictions");

    step_setup(&t, MODE_ANY_COOKIE, 0x05, 0);  /* cookie secrets turn; then there is no entropy */
    say_hello(0, 0, 1, 0, 0);
    step_of_u16(&t, STEP_ADVANCE, 0, 61000);
    say_hello(0, 1, 1, 16, 0xAA);
    step_of_u16(&t, STEP_ADVANCE, 2, 50000);
    step_of(&t, STEP_ENTROPY, 1);
    say_hello(1, 0, 1, 0, 0);
    put("server", "hand_entropy");

    step_setup(&t, MODE_ANY_COOKIE, 0x05, 0);  /* no suite in common; then a version of another world */
    uint8_t body[512];
    size_t n = client_hello(body, sizeof body, 3, 16, 0xAA);
    body[n - 18] = 0x11;
    step_by_message(&t, 0, CLIENT_HELLO, 0, 0, body, n);
    n = client_hello(body, sizeof body, 3, 16, 0xAA);
    body[1] = 0xFF;
    step_by_message(&t, 1, CLIENT_HELLO, 0, 0, body, n);
    put("server", "hand_refused_hellos");

    step_setup(&t, ANY | MODE_PENDING, 0x05, 0);
    say_hello(0, 0, 1, 16, 0xAA);
    step_by_message(&t, 0, CLIENT_KEY, 1, 0, identity, sizeof identity - 1);
    step_of(&t, STEP_ANSWER, 0);
    tape_u8(&t, 1);
    say_ccs(0);
    say_finished(0, 2);
    step_of(&t, STEP_REPEAT, 0);
    step_of(&t, STEP_ANSWER, 2);
    tape_u8(&t, 0);
    put("server", "hand_pending");
}

/* Pieces of the server's flight, and then HelloVerifyRequest after all. */
static void client_overtaken(void)
{
    step_setup(&t, ANY, 0x05, 0);
    step_of(&t, STEP_CONNECT, 0);
    for (unsigned i = 0; i < 2; i++) {
        step_of(&t, STEP_MESSAGE, 0);
        tape_u8(&t, i ? SERVER_KEY : SERVER_HELLO);
        tape_u8(&t, 1 + i);
        tape_u8(&t, FRAME_FRAGMENT);
        tape_u16(&t, 8);
        tape_u16(&t, 0);
        tape_u16(&t, i ? 9 : sizeof server_hello - 1);
        tape_bytes(&t, i ? hint : server_hello, 8);
    }
    step_by_message(&t, 0, HELLO_VERIFY, 0, 0, verify, sizeof verify);
    step_of(&t, STEP_TICK, 0);
    step_by_message(&t, 0, SERVER_HELLO, 1, 0, server_hello, sizeof server_hello - 1);
    put("client", "hand_overtaken");
}

static void client_by_hand(void)
{
    client_overtaken();

    step_setup(&t, ANY, 0x05, 0x20);           /* nobody there */
    step_of(&t, STEP_CONNECT, 0);
    put("client", "hand_few");
    after(client_connected, "client");

    step_setup(&t, ANY, 0x05, 0);              /* one HelloVerifyRequest after another */
    step_of(&t, STEP_CONNECT, 0);
    for (unsigned i = 0; i < 10; i++) {
        uint8_t body[7];
        memcpy(body, verify, sizeof body);
        body[3] = (uint8_t)i;
        step_by_message(&t, 0, HELLO_VERIFY, i / 2 * 2, 0, body, sizeof body);
    }
    step_of_u16(&t, STEP_ADVANCE, 0, 3000);
    put("client", "hand_hello_verifies");

    step_setup(&t, ANY, 0x05, 0x10);           /* no key; and then a key nobody can use */
    step_of(&t, STEP_CONNECT, 0);
    step_by_message(&t, 0, SERVER_HELLO, 0, 0, server_hello, sizeof server_hello - 1);
    step_by_message(&t, 0, SERVER_KEY, 1, 0, hint, sizeof hint);
    step_by_message(&t, 0, HELLO_DONE, 2, 0, "", 0);
    put("client", "hand_no_key");
    t.bytes[2] = 0x18;
    put("client", "hand_useless_key");

    step_setup(&t, 0, 0x05, 0);                /* a Finished that is not one */
    step_of(&t, STEP_CONNECT, 0);
    step_by_message(&t, 0, SERVER_HELLO, 0, 0, server_hello, sizeof server_hello - 1);
    step_by_message(&t, 0, HELLO_DONE, 1, 0, "", 0);
    say_ccs(0);
    say_finished(0, 2);
    put("client", "hand_bad_finished");

    step_setup(&t, ANY, 0x05, 0);              /* spoilt by a forger, again and again */
    step_of(&t, STEP_CONNECT, 0);
    say_alert(0, 0, 2, 40);
    step_by_message(&t, 0, SERVER_HELLO, 0, 0, server_hello, 30);
    step_of_u16(&t, STEP_ADVANCE, 0, 1500);
    step_by_message(&t, 0, SERVER_HELLO, 0, 0, server_hello, sizeof server_hello - 1);
    step_by_message(&t, 0, HELLO_DONE, 1, 0, "x", 1);
    step_of_u16(&t, STEP_ADVANCE, 0, 3500);
    step_by_message(&t, 0, HELLO_REQUEST, 0, 0, "", 0);
    step_by_message(&t, 0, SERVER_HELLO, 0, 0, server_hello, sizeof server_hello - 1);
    step_by_message(&t, 0, HELLO_DONE, 1, 0, "", 0);
    say_ccs(0);
    step_by_message(&t, 0, FINISHED, 2, FRAME_SEALED | FRAME_BAD_TAG, zeros, 12);
    say_finished(0, 2);
    put("client", "hand_spoilt");

    step_setup(&t, ANY, 0x65, 0);              /* the network takes less and less */
    step_of(&t, STEP_CONNECT, 0);
    step_of_u16(&t, STEP_TOO_BIG, 0, 300);
    step_of_u16(&t, STEP_TOO_BIG, 0, 0);
    step_of_u16(&t, STEP_TOO_BIG, 0, 0);
    step_of_u16(&t, STEP_ADVANCE, 0, 61000);
    step_of(&t, STEP_CLOSE, 0);
    put("client", "hand_silence");

    step_setup(&t, ANY, 0x05, 0);
    step_of(&t, STEP_CONNECT, 0);
    step_of(&t, STEP_CONNECT, 0);
    step_of(&t, STEP_CONNECT, 1);
    step_of(&t, STEP_CONNECT, 2);
    step_of(&t, STEP_CLOSE, 0);
    step_of(&t, STEP_ENTROPY, 1);
    step_of(&t, STEP_CONNECT, 3);
    step_of(&t, STEP_ENTROPY, 0);
    step_of(&t, STEP_TICK, 0);
    put("client", "hand_connects");

    step_setup(&t, ANY, 0x05, 0x40);           /* the server's Finished first */
    step_of(&t, STEP_CONNECT, 0);
    say_finished(0, 2);
    step_by_message(&t, 0, HELLO_DONE, 1, 0, "", 0);
    say_ccs(0);
    step_by_message(&t, 0, SERVER_HELLO, 0, 0, server_hello, sizeof server_hello - 1);
    say_finished(0, 2);
    step_of(&t, STEP_CLOSE, 0);
    put("client", "hand_reordered");
}

/* In pieces, in their order and once more: what does not fit the arena is hashed as it comes. */
static void client_big_ticket(void)
{
    static const uint8_t hello[] = "\376\375"
                                   "the random bytes of the server.."
                                   "\0\300\250\0"
                                   "\0\15\0\27\0\0\0\43\0\0\377\1\0\1\0";
    static const uint8_t ticket[1500] = { 0, 0, 1, 0, 5, 214 };
    enum { PIECE = 300 };
    step_setup(&t, ANY, 0x05, 0);
    step_of(&t, STEP_SETUP, 0);
    tape_u8(&t, MORE_TICKETS);
    step_of(&t, STEP_CONNECT, 0);
    step_by_message(&t, 0, SERVER_HELLO, 0, FRAME_HOLD, hello, sizeof hello - 1);
    step_by_message(&t, 0, HELLO_DONE, 1, 0, "", 0);
    for (unsigned i = 0; i < sizeof ticket; i += PIECE)
        for (unsigned twice = 0; twice < 2; twice++) {
            step_of(&t, STEP_MESSAGE, 0);
            tape_u8(&t, 4);                        /* NewSessionTicket */
            tape_u8(&t, 2);
            tape_u8(&t, FRAME_FRAGMENT);
            tape_u16(&t, PIECE);
            tape_u16(&t, i);
            tape_u16(&t, sizeof ticket);
            tape_bytes(&t, ticket + i, PIECE);
        }
    say_ccs(0);
    say_finished(0, 3);
    put("client", "hand_big_ticket");
}

void seeds_by_hand(void)
{
    server_by_hand();
    client_by_hand();
    client_big_ticket();
}
