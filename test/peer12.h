/* SPDX-License-Identifier: Apache-2.0
 *
 * peer12.h -- a DTLS 1.2 PSK peer played by hand, message by message, over the
 * virtual network: an ordinary one as long as the test only says "send the next
 * message", an odd or hostile one as soon as it says more. It shares the
 * primitives (SHA-256, PRF, record_seal) with the library and nothing of its
 * handshake. */
#ifndef TEST_PEER12_H
#define TEST_PEER12_H

#include "header.h"
#include "net.h"

enum {                            /* RFC 5246 section 7.4, RFC 6347 section 4.3.2 */
    M_HELLO_REQUEST = 0, M_CLIENT_HELLO = 1, M_SERVER_HELLO = 2, M_HELLO_VERIFY = 3,
    M_NEW_TICKET = 4, M_SERVER_KEY = 12, M_HELLO_DONE = 14, M_CLIENT_KEY = 16, M_FINISHED = 20,
    M_CCS = 0x100                 /* not a handshake message */
};
enum { P12_BODY = 2048 };

struct peer12 {
    struct net *net;
    locket_peer me, other;
    bool server;
    /* what the hellos say; change them before sending */
    unsigned version;             /* in hellos; 0xFEFD */
    unsigned record_version;      /* of plaintext records */
    unsigned verify_version;      /* in HelloVerifyRequest; 0xFEFF */
    uint8_t  suites[64]; size_t suites_len;           /* the list's bytes */
    uint8_t  extensions[512]; size_t extensions_len;  /* with their 2-byte headers */
    bool     no_extensions;       /* not even the length */
    uint8_t  session_id[32]; size_t session_id_len;
    uint8_t  compression[4]; size_t compression_len;
    uint8_t  trail[8]; size_t trail_len;              /* nonsense after the hello */
    unsigned suite;               /* chosen */
    uint8_t  hint[256]; size_t hint_len;
    uint8_t  cookie[255]; size_t cookie_len;
    uint8_t  identity[256]; size_t identity_len;
    uint8_t  key[64]; size_t key_len;
    uint8_t  ticket[256]; size_t ticket_len;          /* to give; or given, as a client */
    uint32_t lifetime;            /* ... its hint, in seconds */
    uint8_t  given_id[32]; size_t given_id_len;       /* session_id of the hello that came */
    bool     roams;               /* connection IDs, see peer12_cid.h: */
    uint8_t  cid[255], to[255]; size_t cid_len, to_len;       /* the records to us bring; ours bring */
    size_t   padding;             /* zeros behind the real type of ours */
    bool     wrapped;             /* the record that came last has our ID, ... */
    size_t   zeros;               /* ... and so many zeros */
    /* state */
    uint8_t  client_random[32], server_random[32];
    uint8_t  master[48];
    bool     ems;                 /* as agreed */
    bool     promised;            /* the ServerHello that came promises a ticket */
    bool     resumed;             /* keys come from `master` as it is (RFC 5246 section 7.3) */
    bool     keyed, sealed;       /* keys known; our side is in epoch 1 */
    bool     hold;                /* collect records instead of sending each */
    uint8_t  held[NET_DATAGRAM]; size_t held_len;
    locket_session keys;
    struct locket_sha256 transcript;
    unsigned seq;                 /* message_seq of our next message */
    uint64_t number;              /* of our next plaintext record */
    /* what came in: a cursor over the network's log */
    size_t   at, record_at;       /* datagram, and byte in it */
    uint8_t  body[P12_BODY]; size_t body_len, message_at;
    struct net_record record;     /* the one being read; body points into `body` */
    uint8_t  message[P12_BODY]; size_t message_len;   /* the last one, body only */
    unsigned message_seq;
};

void p12_client(struct peer12 *p, struct net *net, unsigned host, const locket_peer *server);
void p12_server(struct peer12 *p, struct net *net, unsigned host);
/* Start over, as a rebooted peer would: same address, new random. */
void p12_reboot(struct peer12 *p);

/* Send the message as it should be now; a CLIENT_HELLO carries `cookie`. The
 * network is then given the time to deliver it. */
void p12_send(struct peer12 *p, unsigned message);
/* Read the next message of the other side and act on it; false: it is another,
 * or none, or one that does not open or verify. */
bool p12_take(struct peer12 *p, unsigned message);
/* Hold the records of the following sends in one datagram, then let it go. */
void p12_hold(struct peer12 *p);
void p12_go(struct peer12 *p);
/* The whole exchange up to (not including) sending our `message`. */
bool p12_until(struct peer12 *p, unsigned message);
bool p12_finish(struct peer12 *p);              /* to the very end */
/* A client's hello, with a cookie if one is asked for; its answer is taken. */
bool p12_greet(struct peer12 *p);
/* The rest of a handshake whose ServerHello is through, either one's: a full one, or the
 * abbreviated one of a session whose master secret is `master`. */
bool p12_full(struct peer12 *p);
bool p12_abbreviated(struct peer12 *p);
/* The data of an extension of the hello that came last; NULL: it has none of that type. */
const uint8_t *p12_extension(const struct peer12 *p, unsigned type, size_t *len);
/* One more extension for our own hellos. */
void p12_extend(struct peer12 *p, unsigned type, const void *data, size_t len);

/* Any handshake message in the next message_seq, hashed, in the present epoch. */
void p12_message(struct peer12 *p, unsigned type, const void *body, size_t len);
/* A fragment that says anything; not hashed, message_seq as given. */
void p12_fragment(struct peer12 *p, unsigned type, size_t length, unsigned seq, size_t offset,
                  size_t n, const void *body);
/* A record: plaintext, or sealed with our keys (epoch 1). */
void p12_plain(struct peer12 *p, unsigned type, const void *body, size_t len);
void p12_sealed(struct peer12 *p, unsigned type, const void *body, size_t len);
/* A plaintext record with every header field as given. */
void p12_record(struct peer12 *p, unsigned type, unsigned version, unsigned epoch, uint64_t number,
                const void *body, size_t len);
void p12_alert(struct peer12 *p, unsigned level, unsigned description);   /* present epoch */
/* Bytes as they are; held, if records are. */
void p12_ship(struct peer12 *p, const uint8_t *bytes, size_t len);

/* The next record sent to us, opened when it can be; false: none. */
bool p12_next(struct peer12 *p);
/* Skip everything sent to us so far. */
void p12_skip(struct peer12 *p);
/* The next alert sent to us, as level << 8 | description, or -1. */
int p12_alert_taken(struct peer12 *p);

/* The bodies, for tests that change a byte. */
size_t p12_hello_body(const struct peer12 *p, uint8_t *out);
size_t p12_client_key_body(const struct peer12 *p, uint8_t *out);
void p12_verify_data(const struct peer12 *p, bool of_server, uint8_t out[12]);
void p12_derive(struct peer12 *p);              /* master and keys, after ClientKeyExchange */


/* One endpoint of ours against one such peer: configured, then up (and, when it
 * is a client, connecting). */
struct hand { struct net *net; struct net_node *node; struct peer12 p; size_t m; };      /* m workspaces: 1 */
void hand_new(struct hand *h, locket_role role, uint64_t seed);
void hand_up(struct hand *h);

#endif
