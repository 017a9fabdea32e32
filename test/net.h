/* SPDX-License-Identifier: Apache-2.0
 *
 * net.h -- a network that exists only in memory: endpoints joined by datagrams
 * that a test may lose, repeat, delay, damage, cut or fragment anew; a clock
 * that stands still until the next thing is due, and starts wherever the test
 * likes; a log of every datagram; and per endpoint the list of its events.
 * Everything random comes from one seed, so a failure can be run again. */
#ifndef TEST_NET_H
#define TEST_NET_H

#include "locket.h"

enum { NET_DATAGRAM = 2048, NET_KEYS = 8, NET_LOOKUPS = 8, NET_LATENCY = 10, NET_CACHE = 4,
       NET_PATHS = 2, NET_COUNTERS = 4 };

struct net;
struct net_node;

/* One datagram on its way, and later in the log. */
struct net_datagram {
    uint64_t at;                  /* when it was sent, ms since the net began */
    uint64_t due;
    size_t   index;               /* how many were sent before it */
    locket_peer from, to;
    uint8_t *bytes;
    size_t   len;
    struct net_datagram *next;
};

/* What happens to a datagram: the judge fills it in. */
enum net_fate {
    NET_DELIVER, NET_DROP, NET_DUPLICATE, NET_DELAY, NET_FLIP, NET_TRUNCATE, NET_FRAGMENT,
    NET_N_FATES
};
struct net_verdict {
    enum net_fate fate;
    uint32_t delay;               /* DELAY: ms; DUPLICATE: of the second copy */
    size_t   at;                  /* FLIP: bit; TRUNCATE: length; FRAGMENT: bytes of each (but
                                     HelloVerifyRequest stays whole: RFC 6347 section 3.2.1) */
    size_t   overlap;             /* FRAGMENT: bytes repeated from the one before */
    size_t   first;               /* FRAGMENT: bytes of a ClientHello's first fragment, at least */
    enum { NET_OWN_DATAGRAM, NET_OWN_RECORD, NET_ONE_RECORD } place;
    bool     backwards;           /* FRAGMENT: the last one first (ClientHellos excepted) */
};
typedef void (*net_judge)(void *user, const struct net_datagram *d, struct net_verdict *v);

/* A misfortune by its name: drop, twice:MS (the second copy so much later), late:MS,
 * cut:BYTES, flip:BIT, frag:BYTES:OVERLAP:PLACE:BACKWARDS. False: there is none. */
bool net_misfortune(const char *name, struct net_verdict *out);

/* An event as the application saw it. */
struct net_event {
    locket_event_kind kind;
    locket_error reason;
    uint32_t handle;
    locket_session *session;
    locket_peer peer;
    uint8_t *data;                /* a copy */
    size_t   len;
    uint64_t at;
};

struct net_key {
    uint8_t identity[160]; size_t identity_len;
    uint8_t key[80];       size_t key_len;
    uint32_t handle;
};

/* An endpoint with its memory and its little application. */
struct net_node {
    struct net *net;
    locket_peer address;
    locket_config config;         /* may be changed until net_up() */
    locket_endpoint ep;
    locket_session *sessions;
    locket_handshake *handshakes;
    size_t n, m;
    bool up;
    bool one_buffer;              /* receive and send in the same buffer */
    size_t cap;                   /* of `out`; NET_DATAGRAM */

    struct net_key keys[NET_KEYS];
    size_t n_keys;
    uint32_t lookup_ms;           /* not 0: look-ups are PENDING for so long */
    struct { bool live; uint32_t query; uint64_t due; int key; } lookups[NET_LOOKUPS];
    unsigned n_lookups;
    locket_error answered;        /* what the last locket_answer() returned */
    uint8_t hint[256]; size_t hint_len;         /* the last one seen by the look-up */
    uint8_t asked[256]; size_t asked_len;       /* the last identity seen */

    bool comes_back;              /* client: remember each session, offer the last at the next connect */
    uint8_t record[LOCKET_RECORD_MAX]; size_t record_len;
    locket_error remembered;      /* what the last locket_remember() returned */
    locket_resumption cache[NET_CACHE];         /* server: for config.cache, if a test says so */
    locket_path paths[NET_PATHS];               /* for config.paths, likewise */
    uint64_t counters[NET_COUNTERS];            /* of saved sessions, by their id; outlive net_down() */
    unsigned n_counted;           /* how often one was to be advanced */
    bool counter_fails;           /* ... and was not */

    unsigned n_keylogs;
    char keylog_label[32];
    uint8_t keylog_random[32], keylog_secret[48];

    struct net_event *events;
    size_t n_events, room;
    unsigned n_kind[LOCKET_WEARING + 1];        /* events of each kind */
    locket_error last_reason;     /* of the last CLOSED or FAILED */
    locket_session *live;         /* of the last CONNECTED, until its CLOSED */
    void (*hook)(struct net_node *node, const locket_event *e);
    void *user;
    size_t largest;               /* datagram sent so far */
    unsigned spins;
};

struct net {
    uint64_t elapsed;             /* ms */
    locket_time start;            /* the clock's value at elapsed = 0 */
    uint64_t random;              /* state of the generator */
    struct net_node **nodes; size_t n_nodes;
    struct net_datagram *flying;  /* by `due` */
    struct net_datagram **log; size_t n_log, log_room;
    net_judge judge; void *user;
    uint32_t latency;
    bool print;                   /* tell what happens, for debugging */
};

/* Also starts the entropy of the tests (entropy.h) at `seed`. */
struct net *net_new(uint64_t seed, locket_time start);
void net_free(struct net *net);
locket_time net_now(const struct net *net);
uint32_t net_random(struct net *net);           /* the seeded generator */
uint32_t net_below(struct net *net, uint32_t n);

locket_peer net_address(unsigned host, unsigned port);
bool net_same(const locket_peer *a, const locket_peer *b);

/* A node with a default configuration and one 16-byte key for the identity
 * "meter-test-0001"; then change what the test needs; then net_up(). */
struct net_node *net_node(struct net *net, locket_role role, unsigned host, unsigned port);
void net_up(struct net_node *node, size_t n, size_t m);
void net_down(struct net_node *node);           /* power cut: nothing is sent */
void net_set_key(struct net_node *node, size_t i, const void *identity, size_t identity_len,
                 const void *key, size_t key_len, uint32_t handle);

/* From now on the node is somewhere else, as behind a NAT that has forgotten it: what is sent to
 * where it was is lost. */
void net_rebind(struct net_node *node, unsigned host, unsigned port);

/* Connect and send what comes of it; NULL when refused. */
locket_session *net_connect(struct net_node *node, const locket_peer *to);
void net_pull(struct net_node *node);           /* locket_next() until false */
/* Application data of the session; the number line. */
locket_error net_say(struct net_node *node, locket_session *s, const void *data, size_t len);
void net_close(struct net_node *node, locket_session *s);

/* A datagram of somebody who is no node: logged and judged as those of nodes are. */
void net_post(struct net *net, const locket_peer *from, const locket_peer *to, const uint8_t *bytes, size_t len);

/* A forged datagram: arrives after `delay` at whoever has the address. */
void net_inject(struct net *net, const locket_peer *from, const locket_peer *to,
                const uint8_t *bytes, size_t len, uint32_t delay);

bool net_step(struct net *net, uint64_t until); /* the next thing due; false: none */
void net_run(struct net *net, uint64_t ms);     /* all of the next `ms` */
/* Run until both have CONNECTED, at most `ms`. */
bool net_meet(struct net *net, struct net_node *a, struct net_node *b, uint64_t ms);

/* The last event of that kind, or NULL. */
const struct net_event *net_last(const struct net_node *node, locket_event_kind kind);

/* One client, one server, one session each, one handshake each. */
struct pair { struct net *net; struct net_node *client, *server; };
struct pair net_pair(uint64_t seed);            /* configured, not up */
void net_pair_up(struct pair *p);
/* The server keeps NET_CACHE sessions, or gives tickets; the client comes back. */
void net_pair_returns(struct pair *p, bool tickets);
/* Such a pair with one session behind it: remembered, used, and closed. Or the test fails. */
struct pair net_returning(uint64_t seed, bool tickets);
/* Both want connection IDs of these lengths, and check paths. */
void net_pair_roams(struct pair *p, size_t client_cid, size_t server_cid, locket_path_check check);
/* Such a pair, connected; both lengths 8. */
struct pair net_roaming(uint64_t seed, locket_path_check check);
/* Up, connected within the deadline, or the test fails. */
struct pair net_connected(uint64_t seed);

/* What the test runs now, with a time limit of its own: when that crashes or takes longer
 * than 20 s, "again: NAME" is told. NULL: it is over. */
void net_named(const char *name);

/* Records of a logged datagram, read by the test itself. */
struct net_record { uint8_t type; unsigned version, epoch; uint64_t number; const uint8_t *body; size_t len; };
bool net_record(const struct net_datagram *d, size_t *at, struct net_record *r);
/* How many datagrams `from` has sent whose first record is of that type and
 * epoch (and, for plaintext handshakes, message type; or -1). */
size_t net_count(const struct net *net, const locket_peer *from, int type, int epoch, int message);

#endif
