/* SPDX-License-Identifier: Apache-2.0
 *
 * peer.h -- what the benchmark knows of a stack, Locket among them: five things it can
 * do, each with both ends in this process.
 *
 * All stacks talk over the same two wires, so the copy that a socket would make is in
 * every figure alike: a datagram is copied onto the wire, and off the wire into memory of
 * the receiving stack or its application. What else a stack copies is its own affair.
 *
 * All get the same key, identity, peer address, texts and MTU, and one cipher suite at a
 * time. None says good-bye, each uses its own generator. In a full handshake each makes and
 * checks cookies, and keeps nothing to be resumed. Who comes back does so without a cookie,
 * where the stack lets it, to a server that knows one session, and always with what the
 * first handshake gave it. Contexts that serve many connections are made once; what
 * one connection needs is made and thrown away within its handshake.
 *
 * Locket is there twice, without connection IDs as all the others, and with. */
#ifndef LOCKET_BENCH_PEER_H
#define LOCKET_BENCH_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum bench_suite { BENCH_CCM_8, BENCH_GCM, BENCH_SUITES };
/* A full handshake; coming back by session ID, or by ticket. */
enum bench_way { BENCH_FULL, BENCH_BY_ID, BENCH_BY_TICKET, BENCH_WAYS };

enum { BENCH_MTU = 1400, BENCH_KEY = 16, BENCH_ADDRESS = 6, BENCH_COOKIE = 16, BENCH_TEXT = 1200 };
enum { BENCH_CID = 8 };           /* of each end, where there are any */
#define BENCH_IDENTITY "Client_identity"

extern const uint8_t bench_key[BENCH_KEY];
extern const uint8_t bench_address[BENCH_ADDRESS];    /* of the client, as its server sees it */

struct bench_peer {
    const char *name;
    const char *package;          /* the Debian package that has it; NULL: this tree */
    const char *no_psk;           /* why its handshake is another one, or NULL */
    const char *(*version)(void);
    /* A handshake, both ends, after throwing away the connection before. The first one of a
     * suite that is to come back is a full one. seal() and open() use what it leaves. */
    bool (*handshake)(enum bench_suite suite, enum bench_way way);
    /* The client sends a text in one record. */
    bool (*seal)(const uint8_t *text, size_t len);
    /* The server takes one datagram and gives the text to its application. */
    bool (*open)(const uint8_t **text, size_t *len);
    /* A server that knows nobody reads the ClientHello that waits for it, and answers. */
    bool (*hello_verify)(void);
    /* The client's session leaves memory and comes back: Locket, only. */
    bool (*sleep)(void);
};

extern const struct bench_peer bench_locket_cids;     /* with connection IDs both ways */
extern const struct bench_peer bench_locket, bench_openssl, bench_gnutls, bench_mbedtls, bench_wolfssl;

/* One direction: whole datagrams, first in, first out. */
struct wire {
    size_t begin, end;
    uint8_t bytes[1 << 17];
};
extern struct wire to_server, to_client;
extern size_t wire_carried;       /* bytes put on either so far */

bool   wire_put(struct wire *w, const void *data, size_t len);    /* false: the wire is full */
size_t wire_take(struct wire *w, void *data, size_t cap);         /* 0: nothing there; cut to cap */
size_t wire_look(const struct wire *w, const uint8_t **data);     /* the same, and it stays */
void   wire_clear(void);

/* Print what went wrong, and exit. */
void   bench_must(bool good, const char *who, const char *what);

#endif
