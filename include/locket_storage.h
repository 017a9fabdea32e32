/* SPDX-License-Identifier: Apache-2.0
 *
 * locket_storage.h -- all the memory Locket uses, on one page.
 *
 * The application declares these objects, static or not, and hands them to
 * locket_init(). Their members are listed so that the compiler knows the
 * sizes, the small ones first, which a Cortex-M reaches with shorter
 * instructions; only the library reads or writes them. Whatever lies in them is a
 * secret unless it says otherwise, and is wiped when its owner ends. */
#ifndef LOCKET_STORAGE_H
#define LOCKET_STORAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "locket_config.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Milliseconds that wrap after 49.7 days; only differences count, by sign. */
typedef uint32_t locket_time;

/* The number line of every outcome (see the list in locket.h). */
typedef int locket_error;

/* Who sent or gets a datagram: the bytes of an address and port, or of a short
 * address or handle, as the application likes to write them. Public. */
typedef struct locket_peer {
    uint8_t len;
    uint8_t bytes[LOCKET_CFG_PEER_SIZE];
} locket_peer;

#if LOCKET_CFG_LINK_BITS == 16
typedef uint16_t locket_link;
#else
typedef uint32_t locket_link;
#endif

/* A running SHA-256: crypto/sha256.h. */
struct locket_sha256 {
    uint32_t state[8];
    uint32_t total;               /* bytes hashed so far */
    uint32_t block[16];           /* 64 bytes; then the message schedule */
};

/* A key of HMAC as its two midstates: crypto/kdf.h. */
struct locket_hmac { uint32_t inner[8], outer[8]; };

/* Randoms for hellos to come, of one draw. */
struct locket_drawn {
    uint8_t  left;
    uint8_t  random[8][32];
};

/* An HMAC-DRBG (SP 800-90A section 10.1.2): crypto/rng.h. */
struct locket_rng {
    uint8_t  key[32], v[32];
    uint32_t requests;            /* since the last reseeding; 0 = never seeded */
#if LOCKET_CFG_FAST
    struct locket_hmac kept;      /* the key */
    struct locket_drawn drawn;
#endif
};

/* What coming back needs of one session (RFC 5246 section 7.3): an entry of a server's
 * cache, whose array is the application's (config.cache). */
typedef struct locket_resumption {
    uint8_t  master[48];
    uint32_t handle;
    locket_link older, newer;     /* a ring by last use */
    uint16_t used;                /* its last handshake, in steps of 65,536 ms */
    uint16_t made;                /* its full handshake; the session ID has this, ... */
    uint8_t  suite : 4;           /* ... this byte, ... */
    uint8_t  fragment : 3;        /* max_fragment_length code */
    uint8_t  taken : 1;           /* there is a session in this entry */
    uint8_t  chance[3];           /* ... and these, behind the entry's number */
} locket_resumption;

/* What was negotiated beyond the suite, and what a resumable session has to know. */
struct locket_terms {
    uint16_t send_limit;          /* most plaintext in a record of ours; 0 = 2^14 */
    uint16_t take_limit;          /* ... and of the peer's */
    locket_link cached;           /* server: its cache entry, if that still has our handle */
    uint8_t  fragment : 3;        /* max_fragment_length code (RFC 6066 section 4) */
    uint8_t  resumed : 1;         /* its handshake was abbreviated */
    uint8_t  held : 1;            /* server: a workspace keeps the ticket of the last flight */
    uint8_t  cid : 1;             /* the peer's sealed records bring our connection ID */
    uint8_t  checks : 1;          /* return routability checks agreed (RFC 9853) */
    uint8_t  checking : 1;        /* ... and one of ours runs */
    uint8_t  peer_cid_len;        /* of the connection ID that ours bring */
};

/* Connection IDs (RFC 9146): what the peer's sealed records bring, and ours. */
struct locket_cids {
    uint8_t ours[LOCKET_CFG_CID_SIZE ? LOCKET_CFG_CID_SIZE : 1];      /* config.cid_len bytes */
    uint8_t theirs[LOCKET_CFG_PEER_CID_SIZE ? LOCKET_CFG_PEER_CID_SIZE : 1];
};

/* An established session: born when Finished verifies (server) or at
 * locket_connect() (client), gone with its CLOSED event. */
typedef struct locket_session {
    uint8_t  state : 2;
    uint8_t  beside : 1;          /* a new handshake of the same peer runs; while closing:
                                     a close_notify has to go out */
    uint8_t  told : 1;            /* the application knows that the key wears out */
    uint8_t  suite : 4;           /* row of record/suite.c */
    uint8_t  finished_seq : 7;    /* message_seq of our Finished; 0 = the peer's was the last */
    uint8_t  path;                /* 0, or a smaller MTU in units of 16 bytes */
    locket_peer peer;
    locket_link bucket, next;     /* hash: first of bucket i; next in mine */
    locket_link older, newer;     /* a ring by `heard`; `newer` also links free slots */
    uint16_t epoch0_next;         /* next record number in epoch 0 */
    uint32_t handle;              /* the application's, came with the PSK */
    uint32_t bad_tags;            /* while closing: the reason for it */
    locket_time heard;            /* when the last authentic record came */
    uint8_t  verify_data[12];     /* of the Finished that is due; then of the last flight, to
                                     repeat it */
#if LOCKET_CFG_RESUME || LOCKET_CFG_LIMITS || LOCKET_CFG_CID
    struct locket_terms terms;
#endif
#if LOCKET_CFG_CID
    struct locket_cids cids;
#endif
    uint64_t send;                /* epoch << 48 | next record number */
    uint64_t recv;                /* epoch << 48 | highest number received */
    uint64_t window;              /* bit i: number recv - i has been seen */
    uint8_t  key[2][16];          /* ours to send with, the peer's */
    uint8_t  salt[2][4];
} locket_session;

/* Of a handshake that resumes a session, or makes one that can be resumed. */
struct locket_return {
    const uint8_t *record;        /* client: the remembered session it offers, borrowed; or NULL */
    uint16_t record_len;
    uint16_t hashed;              /* client: so much of a NewSessionTicket that finds no room */
    locket_link cached;           /* server: the cache entry it resumes or is to fill */
    uint8_t  id_len, id[32];      /* session_id of the ServerHello */
};

/* The workspace of one handshake: from a valid cookie, or the name of a session that can be
 * resumed (server), or locket_connect() (client), until our last flight is out; with a ticket in
 * that, until the client has it. */
typedef struct locket_handshake {
    uint8_t state, role, row;
    uint8_t send_seq, recv_seq;   /* next message_seq of either side */
    uint8_t flight_seq;           /* message_seq of the flight's first message */
    uint8_t resends, silences;    /* all, and since the fragments last shrank */
    uint8_t hellos;               /* HelloVerifyRequests taken in this attempt */
    uint8_t flight, at;           /* rows of the script: the first of our flight, the next to send */
    uint8_t alert;                /* to send; 0 = none */
    uint32_t flags;
    uint16_t reason;              /* what to report when it fails */
    uint16_t mtu;
    uint16_t out_len, in_len;     /* arena: what our flight is made from (a client's cookie;
                                     its verify_data and identity; a ticket), then what has come */
    uint16_t offset;              /* of the next fragment to send */
    uint16_t query;               /* names a PENDING look-up; 0 = none */
    uint16_t most;                /* of the arena in use so far */
    locket_link slot;             /* the session it will be copied to */
    locket_time timer;            /* next retransmission */
    locket_time deadline;         /* of the whole handshake */
    locket_time heard;            /* when the peer last got further than before */
    uint32_t timeout;             /* of the timer now, in milliseconds */
    locket_session session;       /* as it will be */
#if LOCKET_CFG_RESUME
    struct locket_return back;
#endif
    struct locket_sha256 transcript;
    uint8_t  random[2][32];       /* the client's, the server's */
    uint8_t  master[48];
#if LOCKET_CFG_FAST
    struct locket_hmac kept;      /* the master secret, once there are keys */
#endif
    uint8_t  arena[LOCKET_CFG_ARENA];
} locket_handshake;

/* The reasons for which a datagram, a record or a message is dropped. */
typedef enum locket_drop {
    LOCKET_DROP_MALFORMED,        /* not a record, or its length passes the end */
    LOCKET_DROP_TYPE,             /* content type or version unknown here */
    LOCKET_DROP_EPOCH,            /* no keys for that epoch */
    LOCKET_DROP_STRANGER,         /* no session and no handshake with that peer */
    LOCKET_DROP_REPLAY,           /* seen before, or left of the window */
    LOCKET_DROP_BAD_TAG,          /* forged, damaged, or another key */
    LOCKET_DROP_EARLY,            /* data before the peer's Finished */
    LOCKET_DROP_FRAGMENT,         /* a handshake fragment that contradicts itself */
    LOCKET_DROP_OUT_OF_ORDER,     /* an old message, or too far ahead */
    LOCKET_DROP_TOO_LONG,         /* a message, or a server's hint or ticket, larger than
                                     LOCKET_CFG_ARENA has room for; or a record larger than we
                                     have said that we take */
    LOCKET_DROP_UNEXPECTED,       /* a message that has no business now */
    LOCKET_DROP_ALERT,            /* an alert nobody vouches for */
    LOCKET_DROP_NUMBER,           /* a ClientHello number or message_seq too high */
    LOCKET_DROP_HANDSHAKES_FULL,  /* no workspace for a newcomer */
    LOCKET_DROP_SESSIONS_FULL,    /* no session for a newcomer */
    LOCKET_DROP_ENTROPY,          /* the generator could not be reseeded */
    LOCKET_DROP_IDENTITY,         /* an identity longer than LOCKET_CFG_IDENTITY_SIZE: its client
                                     is answered as one that nobody knows */
    LOCKET_N_DROPS
} locket_drop;

/* First contact without memory: handshake/cookie.c. */
struct locket_cookies {
    uint8_t     secret[2][LOCKET_CFG_FAST ? 64 : 16];   /* current, previous */
    locket_time turned;           /* when the current one came into use */
    uint8_t     answer[16];       /* the cookie of the HelloVerifyRequest to send */
    uint16_t    number, seq;      /* its record number and message_seq */
};

/* A server's ways back: handshake/resume.c. */
struct locket_ways_back {
    locket_link oldest;           /* of the cache */
    locket_link stalest;          /* ... and of those in use: the longest unused */
    uint16_t number[2];           /* ticket keys: current, previous */
    uint8_t  key[2][16];
    uint8_t  n_keys;              /* that tickets can be opened with */
    bool     given;               /* by the application, which turns them */
    locket_time turned;           /* when the current one came into use */
};

/* Is the peer of a session really where it was heard from? One check that runs (RFC 9853
 * section 5); the array is the application's (config.paths). */
typedef struct locket_path {
    uint8_t state;
    uint8_t asked;                /* challenges sent in this step */
    uint16_t credit;              /* bytes that may go to an address that is not proven */
    locket_link session;
    locket_peer to;               /* where it was heard from */
    locket_time since;            /* of this step */
    uint8_t cookie[2][8];         /* of the challenges sent */
} locket_path;

/* Sessions that are heard from elsewhere (RFC 9146 section 6): handshake/path.c. */
struct locket_roaming {
    locket_link session;          /* the last that the application was told of, ... */
    locket_peer from;             /* ... and from where */
    bool left;                    /* what comes in now comes by a way that we have left */
    uint8_t n_asked;              /* path_challenges in this datagram that are to be answered */
    locket_link asked[2];         /* ... of these sessions, */
    uint8_t cookie[2][8];         /* ... with these */
};

struct locket_config;

/* One per socket, client or server. */
typedef struct locket_endpoint {
    const struct locket_config *config;
    locket_session   *sessions;
    locket_handshake *handshakes;
    uint8_t    *datagram;         /* borrowed from locket_input() */
    size_t      datagram_len;
    uint8_t     flags;
    uint8_t     n_handshakes;
    uint8_t     lingering;        /* workspace + 1 during the CONNECTED event */
    uint8_t     decoy_len;        /* length of the last key looked up */
    locket_link n_sessions, free, oldest;
    locket_link subject, wearing; /* the sessions that `flags` speaks of */
#if LOCKET_CFG_CID
    struct locket_roaming roaming;
#endif
    uint16_t    queries;          /* PENDING look-ups named so far */
    uint16_t    most;             /* of an arena in use so far */
    locket_time now;
    uint32_t    hash_key[2];      /* of the session table */
    locket_peer peer;             /* of the datagram */
    struct locket_cookies cookies;
#if LOCKET_CFG_RESUME
    struct locket_ways_back back;
#endif
    uint32_t    drops[LOCKET_N_DROPS];
    struct locket_rng rng;
} locket_endpoint;

/* For the library: these members, where the knobs have them. Where they do not, each use stands
 * behind the knob, and is dropped. */
#if LOCKET_CFG_RESUME
#define LOCKET_RETURN(handshake) (&(handshake)->back)
#define LOCKET_WAYS(endpoint)    (&(endpoint)->back)
#else
#define LOCKET_RETURN(handshake) ((void)(handshake), (struct locket_return *)0)
#define LOCKET_WAYS(endpoint)    ((void)(endpoint), (struct locket_ways_back *)0)
#endif
#if LOCKET_CFG_CID
#define LOCKET_CIDS(session)     (&(session)->cids)
#define LOCKET_ROAMING(endpoint) (&(endpoint)->roaming)
#else
#define LOCKET_CIDS(session)     ((void)(session), (struct locket_cids *)0)
#define LOCKET_ROAMING(endpoint) ((void)(endpoint), (struct locket_roaming *)0)
#endif
#if LOCKET_CFG_RESUME || LOCKET_CFG_LIMITS || LOCKET_CFG_CID
#define LOCKET_TERMS(session)    (&(session)->terms)
#else
#define LOCKET_TERMS(session)    ((void)(session), (struct locket_terms *)0)
#endif
#if LOCKET_CFG_FAST
#define LOCKET_KEPT(object)      (&(object)->kept)
#define LOCKET_DRAWN(rng)        (&(rng)->drawn)
#else
#define LOCKET_KEPT(object)      ((void)(object), (struct locket_hmac *)0)
#define LOCKET_DRAWN(rng)        ((void)(rng), (struct locket_drawn *)0)
#endif

/* The memory of one endpoint with n sessions (at least 1) and m handshakes (1 to 255) as one
 * object, whose size the compiler knows; numbers that locket_init() would refuse do not
 * compile. Start it with locket_init_storage(), and give &gateway.endpoint to the calls:
 *
 *     static LOCKET_STORAGE(56, 8) gateway;
 *     locket_error started = locket_init_storage(&gateway, &config); */
#define LOCKET_STORAGE(n, m)                                                        \
    struct {                                                                        \
        locket_endpoint endpoint;                                                   \
        locket_session sessions[(n) > 0 && (n) < (locket_link)-1 ? (n) : -1];       \
        locket_handshake handshakes[(m) > 0 && (m) < 256 ? (m) : -1];               \
    }

#ifdef __cplusplus
}
#endif
#endif
