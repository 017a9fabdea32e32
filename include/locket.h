/* SPDX-License-Identifier: Apache-2.0
 *
 * locket.h -- DTLS 1.2 with pre-shared keys (RFC 6347, RFC 4279) for devices
 * that count kilobytes and for the gateways that serve thousands of them.
 *
 * Locket has no I/O, no clock, no heap and no thread of its own. Four things
 * cross the border: a datagram in, a datagram out, plaintext in, plaintext
 * out. The same loop serves one client and ten thousand peers:
 *
 *     locket_init(&ep, &config, sessions, 64, handshakes, 4);
 *     for (;;) {
 *         size_t n = udp_wait(in, sizeof in, &from, locket_deadline(&ep, &when) ? &when : NULL);
 *         if (n) locket_input(&ep, &from, in, n, now()); else locket_tick(&ep, now());
 *         for (locket_event e; locket_next(&ep, out, sizeof out, &e); ) switch (e.kind) {
 *             case LOCKET_SEND:      udp_send(&e.peer, e.data, e.len);     break;
 *             case LOCKET_DATA:      app_data(e.session, e.data, e.len);   break;
 *             case LOCKET_CONNECTED: app_up(e.session, e.handle);          break;
 *             case LOCKET_CLOSED:    app_down(e.session, e.reason);        break;
 *             default: break;
 *         }
 *     }
 *
 * Memory. The application declares an endpoint, an array of sessions (one per
 * live peer) and an array of handshakes (the few that run at the same time), or all
 * three as one LOCKET_STORAGE(); locket_storage.h has their sizes. `in` and `out` may
 * be one buffer: a SEND event comes only when the datagram that arrived has been read
 * to its end. Then do not locket_send() into it before locket_next() has returned
 * false: there may be more records to read.
 *
 * Time is a parameter: milliseconds in 32 bits that wrap after 49.7 days. Give
 * locket_tick() the time at the latest when locket_deadline() asks for it, and
 * at least once in 24.8 days while a handshake or a check of an address runs or an idle timeout is
 * set, and some times in
 * each config.lifetime if there is a cache or tickets: secrets that have had their time are
 * wiped by it, up to 64 sessions a call.
 * It must not go back: a millisecond less looks like 49.7 days more, and cookies
 * and waiting handshakes are then as old. After a longer silence a due timer may be
 * taken for one in the future, until the next wrap, and nothing else goes wrong.
 *
 * Calls. Between locket_input() or locket_tick() and the locket_next() that
 * returns false, the application may make every call but locket_input(), which
 * would forget the rest of the datagram. The psk callback runs inside
 * locket_next(), the keylog callback also inside locket_answer(); either may call
 * nothing but locket_device_key() and the queries: locket_handle, _suite, _peer_of, _overhead,
 * _data_limit, _resumed, _drops, _high_water and the names. The counter callback runs inside
 * locket_session_save() and _load(), and may call nothing. Nothing here is locked: one thread at
 * a time may be inside the calls of one endpoint; different endpoints share nothing.
 *
 * Outcomes are one number line, locket_error:
 *     0           fine
 *     1 .. 255    we ended the session with this alert (RFC 5246 section 7.2)
 *     256 + a     the peer ended it with alert a (256: an orderly close_notify)
 *     512 + n     a local reason, of which the peer is told nothing: LOCKET_ERR_...
 * Noise never surfaces as an error: a datagram that is malformed, replayed or
 * forged is counted by its reason (locket_drops) and forgotten. */
#ifndef LOCKET_H
#define LOCKET_H

#include "locket_config.h"
#include "locket_port.h"
#include "locket_storage.h"

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define LOCKET_MUST_CHECK __attribute__((warn_unused_result))
#else
#define LOCKET_MUST_CHECK
#endif

#define LOCKET_VERSION "0.1.0"

enum {
    LOCKET_OK = 0,
    LOCKET_PEER_ALERT = 256,      /* + the alert */
    LOCKET_PENDING = 512,         /* a look-up, or the question where a peer is, is open: not an error */
    LOCKET_ERR_ARGUMENT,          /* a pointer, length or number that cannot be */
    LOCKET_ERR_BUILD,             /* application and library have other knobs */
    LOCKET_ERR_CONFIG,            /* the configuration contradicts itself */
    LOCKET_ERR_ENTROPY,           /* locket_port_entropy() gave nothing */
    LOCKET_ERR_SESSIONS_FULL,     /* no free session */
    LOCKET_ERR_HANDSHAKES_FULL,   /* no free workspace, or one that talks to this peer already */
    LOCKET_ERR_STATE,             /* the session is not connected (any more) */
    LOCKET_ERR_TOO_LONG,          /* more than locket_data_limit() */
    LOCKET_ERR_SPACE,             /* the out buffer is too small */
    LOCKET_ERR_KEY_WORN,          /* the key has protected all it may: connect anew */
    LOCKET_ERR_FORGERIES,         /* more forged records than the suite endures */
    LOCKET_ERR_TIMEOUT,           /* the handshake, or a check of an address, got no (good) answer in time */
    LOCKET_ERR_IDLE,              /* silent for config.idle_timeout */
    LOCKET_ERR_REPLACED,          /* the same peer has made a new session */
    LOCKET_ERR_EVICTED,           /* a newcomer got the slot (config.evict) */
    LOCKET_ERR_LATE,              /* only possible during the CONNECTED event */
    LOCKET_ERR_QUERY,             /* that look-up is over or never was */
    LOCKET_ERR_NO_KEY,            /* the psk callback had no usable key for us */
    LOCKET_ERR_SELFTEST,          /* a known answer came out wrong */
    LOCKET_ERR_IDENTITY,          /* the psk callback gave us a name longer than
                                     LOCKET_CFG_IDENTITY_SIZE */
    LOCKET_ERR_RECORD,            /* that is no remembered session, or one of another version */
    LOCKET_ERR_NO_WAY_BACK,       /* the server gave nothing to come back with */
    LOCKET_ERR_CID,               /* the server wants connection IDs longer than
                                     LOCKET_CFG_PEER_CID_SIZE */
    LOCKET_ERR_ELSEWHERE,         /* the peer still answers at its old address: whoever was heard
                                     from the new one has copied its records */
    LOCKET_ERR_BLOB,              /* that is no saved session of ours: damaged, of another key, id,
                                     version or configuration */
    LOCKET_ERR_USED,              /* it has been loaded before, or a later one was saved */
    LOCKET_ERR_COUNTER,           /* config.counter is missing, or has failed */
    LOCKET_ERR_END                /* one past the last */
};

/* Cipher suites (RFC 6655, RFC 5487). */
#define LOCKET_PSK_AES_128_CCM_8      0xC0A8u
#define LOCKET_PSK_AES_128_CCM        0xC0A4u
#define LOCKET_PSK_AES_128_GCM_SHA256 0x00A8u

typedef enum { LOCKET_CLIENT, LOCKET_SERVER } locket_role;

/* One look-up of a pre-shared key, for the psk callback and locket_answer().
 *
 * On a server `identity` is what the client sent (any bytes, not terminated;
 * RFC 7925 section 4.2) and `hint` is empty. On a client `hint` is the server's
 * (to be ignored without a profile, RFC 4279 section 5.2) and the callback fills
 * in `identity`. Either way it fills in `key` and `handle`. What the
 * callback points to must stay valid until the Locket call that is running
 * returns, and must not lie in `hint` or in a server's `identity`: copy what you
 * need of those. Locket keeps no pointer and no copy of the key. */
typedef struct locket_psk {
    const uint8_t *hint;     size_t hint_len;
    const uint8_t *identity; size_t identity_len; /* at most LOCKET_CFG_IDENTITY_SIZE */
    const uint8_t *key;      size_t key_len;      /* 16 to 64 bytes */
    uint32_t handle;                              /* names the peer in every later event */
    uint32_t query;                               /* the name to give to locket_answer() */
} locket_psk;

/* Return LOCKET_OK with the key filled in, LOCKET_PENDING to give it later to
 * locket_answer() under psk->query (the identity must then be copied), or
 * LOCKET_ERR_NO_KEY. A server hides an unknown identity: its peer sees what it
 * would see with a wrong key, and our work is that for a key as long as the last one
 * found (RFC 4279 section 2): so give all keys one length. */
typedef locket_error (*locket_psk_callback)(void *user, locket_psk *psk);

/* For debugging only: called once per handshake with what the key log line of
 * Wireshark needs (`label` is "CLIENT_RANDOM"). Whoever has the line reads the
 * traffic. */
typedef void (*locket_keylog_callback)(void *user, const char *label,
                                       const uint8_t client_random[32],
                                       const uint8_t *secret, size_t secret_len);

/* Must a ClientHello that names a session we can resume bring a cookie (RFC 6347 section
 * 4.2.1)? Without one it costs its sender nothing to be somebody else, and us a workspace and
 * one answer, at most twice as long, which is not repeated before the client has shown the
 * session's secret. One that names no such session always must. */
typedef enum {
    LOCKET_COOKIE_WHEN_BUSY,      /* while more than half of the workspaces are taken */
    LOCKET_COOKIE_ALWAYS,
    LOCKET_COOKIE_NEVER           /* only while none is free */
} locket_cookie_policy;

/* A record of a session with connection IDs comes from another address than before. Is the peer
 * there, or has somebody copied the record (RFC 9853 section 8)? */
typedef enum {
    LOCKET_PATH_ENHANCED,         /* ask at the old address first: if the peer answers there, nothing
                                     changes. A second longer where the old way is dead */
    LOCKET_PATH_BASIC,            /* ask at the new one only: who is faster with copies gets what
                                     we send, until the peer is heard again from where it is */
    LOCKET_PATH_APPLICATION       /* the application has means of its own, and says locket_move():
                                     neither offered nor agreed */
} locket_path_check;

/* For saved sessions: a counter of the device that never goes back, with neither power nor
 * firmware updates, one for each `id`; it begins at 0. Add 1 if `advance`, and only return when the new
 * value would survive that power fails. True: *value is that of the counter. */
typedef bool (*locket_counter_callback)(void *user, uint32_t id, bool advance, uint64_t *value);

/* Const, and alive as long as its endpoints, with all that it points to. Zero means the
 * default, so `static const locket_config config = { .role = ..., .psk = ... };` will do.
 * An endpoint is a client or a server; a device that is both has two. */
typedef struct locket_config {
    locket_role role;
    locket_psk_callback psk;      /* required */
    locket_keylog_callback keylog;
    void *user;                   /* given to the callbacks */
    const uint16_t *suites;       /* in order of preference; default: CCM_8, CCM, GCM */
    size_t n_suites;              /*   as far as they are compiled in */
    const uint8_t *hint;          /* server: identity hint to send; default none */
    size_t hint_len;              /*   at most LOCKET_CFG_IDENTITY_SIZE */
    const uint8_t *local;         /* server: our own address and port, which cookies are bound to */
    size_t local_len;             /*   at most 32 */
    uint8_t  host_len;            /* server: how many first bytes of a peer name its host, for fair
                                     shares of the workspaces; default all but the last two, a
                                     UDP port. Radio addresses have no port: give their length. */
    uint8_t  retransmissions;     /* per flight; default 7 */
    uint16_t mtu;                 /* largest datagram we send; 256 or more; default 1232 */
    uint32_t timeout;             /* first retransmission, ms; default 1,000 (RFC 6347 section 4.2.4.1) */
    uint32_t timeout_cap;         /* doubled up to this, ms; default 60,000 */
    uint32_t deadline;            /* for a whole handshake, ms; default 60,000 */
    uint32_t patience;            /* a handshake that got no further for this long may lose its
                                     workspace to a newcomer, ms; default 2,000 */
    uint32_t idle_timeout;        /* forget a session from which nothing authentic came for this,
                                     ms, without a close_notify; default never. No time may be
                                     2^31 or more */
    locket_resumption *cache;     /* server: sessions to be resumed by their ID (RFC 5246 section
                                     7.3). A secret; not const, and one endpoint's alone, which
                                     wipes it in locket_init() and locket_shutdown() */
    size_t n_cache;               /*   up to 65,534 */
    uint32_t lifetime;            /* server: a session of the cache can be resumed for so long
                                     after its last handshake, and an own ticket key seals for so
                                     long and opens for twice that, ms; default 4 h. Tickets
                                     promise it (RFC 5077 section 3.3), but for the default where
                                     keys are given */
    uint32_t full_after;          /* server: ... and after its last full one, ms; default 24 h
                                     (RFC 5246 F.1.4). Both in steps of 65.5 s; a ticket ends with
                                     its key only */
    uint16_t max_fragment_length; /* client: largest plaintext of a record of either side, in bytes:
                                     512, 1024, 2048 or 4096; default: not asked for (RFC 6066
                                     section 4). A server agrees to what it is asked */
    uint16_t record_size_limit;   /* largest plaintext of a record that we take, in bytes, 64 to
                                     16384; default: a client says nothing, a server 16384 when
                                     asked (RFC 8449). A larger one counts as TOO_LONG */
    locket_cookie_policy resume_cookie; /* server */
    bool cid;                     /* connection IDs (RFC 9146): a client offers them, a server agrees;
                                     then a session survives that an address changes. Not for who
                                     must not be followed from one address to the next (section 8) */
    uint8_t cid_len;              /* of ours, 0 to LOCKET_CFG_CID_SIZE: the first 2 bytes (4 with
                                     LOCKET_CFG_LINK_BITS = 32; or fewer, if all sessions can be
                                     told apart) are the session's number, the rest changes. With
                                     CCM 7 take an AES block less in each record than 8.
                                     0: we send the peer's, and want none ourselves; then we
                                     cannot follow a peer that moves */
    locket_path_check path_check; /* with connection IDs */
    locket_path *paths;           /* for checks of ours that run at the same time; not const, and */
    size_t n_paths;               /*   one endpoint's alone. 0: we answer those of the peer, only */
    uint32_t path_timeout;        /* for each step of a check: three round trips, ms; default 1,000 */
    locket_counter_callback counter; /* for locket_session_save() and _load() */
    bool tickets;                 /* client: ask for a ticket; server: give one to who asks, in
                                     place of a cached session (RFC 5077). Its workspace then keeps
                                     the ticket until the client has it, for 240 s at most and
                                     while nobody else needs the workspace */
    bool evict;                   /* server: a full session table gives the longest silent
                                     session to a newcomer that has proven its key,
                                     instead of refusing the newcomer */
    bool legacy;                  /* admit peers without extended master secret (RFC 7627
                                     section 5.2), and servers without renegotiation_info
                                     (RFC 5746 section 4.1): both are open to known attacks */
    bool one_message_per_record;  /* for peers that cannot read two messages in one record */
    bool leave_silently;          /* close without close_notify: saves a radio wake-up */
} locket_config;

typedef enum {
    LOCKET_SEND = 1,   /* send data[len], which lies in `out`, to `peer` */
    LOCKET_CONNECTED,  /* `session` is up with the peer that `handle` names; reason = 0.
                          The only time at which locket_export() works. */
    LOCKET_DATA,       /* data[len] from the peer of `session`, in the datagram: read it
                          before the next call. `peer` is where we send. Reason 0: it came from
                          there. LOCKET_PENDING: from elsewhere; an answer would still go to
                          `peer`, and may be lost, until an ADDRESS says otherwise */
    LOCKET_CLOSED,     /* `session` is gone for the given reason; the pointer may be
                          reused for another peer from the next call on. A client's
                          failed handshake ends with it as well. */
    LOCKET_FAILED,     /* server: a handshake whose cookie was good has ended for
                          `reason`; session = NULL, handle as the look-up gave it or 0.
                          A wrong key shows at the deadline, as reason 51. Not reported:
                          that the same peer has begun anew. */
    LOCKET_ADDRESS,    /* `session` was heard from `peer`, which is not its address (RFC 9146
                          section 6). Reason LOCKET_PENDING: nothing has changed; what we send
                          still goes to the old one. With locket_checks() and config.paths there
                          is nothing to do: a check runs, or begins with a later record if none
                          of them is free. Else, when you know that the peer is there,
                          locket_move(). Reason 0: the check has succeeded, and we send to `peer`
                          from now on. LOCKET_ERR_TIMEOUT: nobody answered there;
                          LOCKET_ERR_ELSEWHERE: worth a line in the log. Both: nothing has
                          changed, and a later record from elsewhere begins another check. */
    LOCKET_WEARING     /* the key of `session` has used 7/8 of what it may protect or
                          endure (reason KEY_WORN or FORGERIES): a client connects anew
                          soon, a server asks its client to, or closes */
} locket_event_kind;

/* Filled by locket_next(); valid until the next call on the endpoint. */
typedef struct locket_event {
    locket_event_kind kind;
    locket_error    reason;
    uint32_t        handle;
    locket_session *session;
    uint8_t        *data;
    size_t          len;
    locket_peer     peer;
} locket_event;

/* Make an endpoint over memory of the application, which stays with it until
 * locket_shutdown(). `n` sessions (at least 1) bound the live peers, `m`
 * handshakes (1 to 255) the concurrent handshakes. Runs no I/O but one
 * call of locket_port_entropy().
 * LOCKET_ERR_BUILD: other knobs; _ARGUMENT, _CONFIG, _ENTROPY. */
#define locket_init(ep, config, sessions, n, handshakes, m) \
    locket_init_stamped(ep, config, sessions, n, handshakes, m, LOCKET_STAMP)
LOCKET_MUST_CHECK locket_error
locket_init_stamped(locket_endpoint *ep, const locket_config *config,
                    locket_session *sessions, size_t n,
                    locket_handshake *handshakes, size_t m, uint64_t stamp);
/* The same over an object made with LOCKET_STORAGE(). */
#define locket_init_storage(storage, config)                                        \
    locket_init(&(storage)->endpoint, config,                                       \
                (storage)->sessions, sizeof (storage)->sessions / sizeof (storage)->sessions[0], \
                (storage)->handshakes, sizeof (storage)->handshakes / sizeof (storage)->handshakes[0])
/* Every knob that the application can see, and every size it relies on. */
#define LOCKET_STAMP                                                             \
    LOCKET_MIX(LOCKET_MIX(LOCKET_MIX(LOCKET_MIX(LOCKET_MIX(LOCKET_MIX(LOCKET_MIX(LOCKET_MIX(LOCKET_MIX( \
    LOCKET_MIX(LOCKET_MIX(sizeof(locket_session), sizeof(locket_handshake)),     \
    sizeof(locket_endpoint)), sizeof(locket_config)), sizeof(locket_event)),     \
    LOCKET_CFG_PEER_SIZE), LOCKET_CFG_IDENTITY_SIZE), LOCKET_CFG_ARENA),         \
    LOCKET_CFG_LINK_BITS + LOCKET_CFG_FAST),                                     \
    LOCKET_CFG_CCM + 2 * LOCKET_CFG_GCM + 4 * LOCKET_CFG_CLIENT + 8 * LOCKET_CFG_SERVER), \
    LOCKET_CFG_RESUME + 2 * LOCKET_CFG_TICKETS + 4 * LOCKET_CFG_LIMITS + 8 * LOCKET_CFG_CACHE_LRU), \
    LOCKET_CFG_CID + 2 * LOCKET_CFG_RRC + 4 * LOCKET_CFG_CID_SIZE + 256 * LOCKET_CFG_PEER_CID_SIZE + \
    16384 * LOCKET_CFG_CID_PADDING)
#define LOCKET_MIX(so_far, value) ((uint64_t)(so_far) * 1000003u + (uint64_t)(value))

/* Wipe everything of the endpoint, its sessions and handshakes; nothing is sent. Only for an
 * endpoint that locket_init() has accepted. */
void locket_shutdown(locket_endpoint *ep);

/* Client: begin a handshake. `*session` is reserved at once and is named by the
 * CONNECTED or CLOSED event that follows; the first datagram comes from
 * locket_next(). A second call for a peer that is connected runs beside the
 * live session and replaces it when it is finished.
 * LOCKET_ERR_SESSIONS_FULL, _HANDSHAKES_FULL (also while a handshake with that peer runs),
 * _ARGUMENT, _ENTROPY: nothing changed, the call may be repeated. */
LOCKET_MUST_CHECK locket_error
locket_connect(locket_endpoint *ep, const locket_peer *peer, locket_time now,
               locket_session **session);

/* Client: the same, offering to resume the session that record[len] remembers
 * (locket_remember(); RFC 5246 section 7.3, RFC 5077 section 3): one round trip and no look-up of
 * a key, if the server still knows it. If not, or if the record is older than the server promised
 * or of another suite or max_fragment_length than are configured, the handshake is a full one, and
 * nothing is lost but a few bytes. The record is borrowed until CLOSED, or the call after
 * CONNECTED. Offer it as often as you like, to the server that it came from, or one that shares its
 * ticket keys. A session that a fatal alert ended must not be resumed, so forget the record when
 * CLOSED says 1 to 255 or 257 to 511 (RFC 5246 section 7.2.2). An attempt that the server answers
 * and does not finish becomes a full one after four timeouts, 15 s: with a shorter deadline
 * forget the record at LOCKET_ERR_TIMEOUT as well.
 * LOCKET_ERR_RECORD: it cannot be one, or is of another version of Locket: forget it, and
 * locket_connect(); else as that. */
LOCKET_MUST_CHECK locket_error
locket_resume(locket_endpoint *ep, const locket_peer *peer, locket_time now,
              const uint8_t *record, size_t len, locket_session **session);

/* Client: what is needed to come back to this session, while its CONNECTED event is the last
 * one returned: at most LOCKET_RECORD_MAX bytes, which may be kept over a reboot. `out` may be
 * the record that this handshake offered. A SECRET: whoever reads it can be this client until
 * the server forgets, and reads what is recorded of the session and of those that resume it.
 * LOCKET_ERR_LATE; _STATE: a server, or no extended master secret (RFC 7627 section 5.3);
 * _NO_WAY_BACK: nothing was given, or a ticket that the arena has no room for; _SPACE: *len is
 * what it takes. */
LOCKET_MUST_CHECK locket_error
locket_remember(const locket_endpoint *ep, const locket_session *session, uint8_t *out, size_t cap, size_t *len);
enum { LOCKET_RECORD_MAX = 65 + LOCKET_CFG_ARENA };

/* Was the handshake of this live session an abbreviated one? */
bool locket_resumed(const locket_session *session);

/* Server: forget every cached session of that handle, as when its key is revoked. Reads the
 * whole cache. A live session goes on (locket_close()), and so does a handshake that runs; and a
 * ticket cannot be called back: it ends with its key. */
void locket_forget(locket_endpoint *ep, uint32_t handle);

/* Server with config.tickets: seal tickets with this key from now on; those of the key before
 * are still taken, older ones no more (RFC 5077 section 5.5: random, for nothing else, and
 * changed regularly). The key is copied. A SECRET: whoever has it reads every session that comes
 * back by one of its tickets. Gateways that are given the same numbers and keys, and are built
 * with the same suites, take each other's tickets, if a handle means the same device to all of
 * them; one that has not been given a key yet answers its tickets with a full handshake. After a
 * restart give the previous key, then the current one. Without such a call the endpoint makes
 * keys of its own, and turns them after config.lifetime.
 * LOCKET_ERR_ARGUMENT: `number` is the current or the previous one's; _STATE: no tickets here. */
LOCKET_MUST_CHECK locket_error
locket_ticket_key(locket_endpoint *ep, uint16_t number, const uint8_t key[16]);

/* The key of one device from a key of the whole fleet, so that a gateway needs no table:
 * out[len] = PRF(fleet, "locket device key", identity), the PRF of RFC 5246 section 5. An
 * identity that ends in a generation ("meter-17#2") has another key in each, so one can be
 * replaced while the one before it is still good. The fleet's key has 16 bytes or more, all
 * of them random. It is a SECRET that opens every device: it never leaves the gateway.
 * LOCKET_ERR_ARGUMENT: a length that cannot be; out needs 16 to 64 bytes. */
LOCKET_MUST_CHECK locket_error
locket_device_key(const uint8_t *fleet, size_t fleet_len, const uint8_t *identity, size_t identity_len,
                  uint8_t *out, size_t len);

/* A datagram arrived from `peer`. It is borrowed and written to (records are
 * opened in place) until locket_next() returns false. A peer of no bytes, or of more than
 * LOCKET_CFG_PEER_SIZE, counts as MALFORMED. */
void locket_input(locket_endpoint *ep, const locket_peer *peer,
                  uint8_t *datagram, size_t len, locket_time now);

/* Time has passed. */
void locket_tick(locket_endpoint *ep, locket_time now);

/* The next thing to do, or false: then there is nothing more until the next input, tick, or
 * call that asks for something (connect, close, answer, too_big). An empty record gives no
 * event. `out` has room for a datagram to send: `cap` >= the MTU in
 * force; a smaller one lowers the MTU of this datagram (at least 256). */
LOCKET_MUST_CHECK bool
locket_next(locket_endpoint *ep, uint8_t *out, size_t cap, locket_event *event);

/* When to call locket_tick() at the latest, on the clock of the other calls; it may have
 * passed already. False: no timer runs. */
LOCKET_MUST_CHECK bool
locket_deadline(const locket_endpoint *ep, locket_time *when);

/* Protect data[len] into one datagram, out[*out_len], to be sent to the
 * session's peer. `data` may lie at out + locket_headroom() (then nothing is copied) or
 * anywhere outside `out`. Only on a connected session.
 * LOCKET_ERR_STATE, _TOO_LONG, _SPACE: nothing sent, nothing changed;
 * _KEY_WORN: the session can only be closed. */
LOCKET_MUST_CHECK locket_error
locket_send(locket_endpoint *ep, locket_session *session, const uint8_t *data, size_t len,
            uint8_t *out, size_t cap, size_t *out_len);

/* End a session or a client's handshake: locket_next() gives the close_notify
 * (unless config.leave_silently) and then CLOSED with reason 0. A lost
 * close_notify is not repeated (RFC 6347 section 4.2.7): the peer needs an idle
 * timeout of its own. LOCKET_ERR_STATE: it was not open. */
locket_error locket_close(locket_endpoint *ep, locket_session *session);

/* Give the key of a PENDING look-up, or psk = NULL for "there is none", and
 * call locket_next() afterwards. LOCKET_ERR_QUERY: that handshake is over. */
LOCKET_MUST_CHECK locket_error
locket_answer(locket_endpoint *ep, uint32_t query, const locket_psk *psk, locket_time now);

/* Keying material of the session (RFC 5705), while its CONNECTED event is the
 * last one returned. `label` is registered or begins with "EXPERIMENTAL"; it is
 * terminated, and `context` may be NULL for none (which differs from an empty
 * one). LOCKET_ERR_LATE; _STATE: without extended master secret there is no
 * exporting (RFC 7627 section 5.4). */
LOCKET_MUST_CHECK locket_error
locket_export(const locket_endpoint *ep, const locket_session *session, const char *label,
              const uint8_t *context, size_t context_len, uint8_t *out, size_t len);

/* "That was too big" (EMSGSIZE) for a datagram to `peer`: the path takes at most
 * `mtu` bytes, or 0 when unknown. A handshake sends its flight again at once in
 * smaller fragments, down to 256; for a session the data limit goes down
 * (RFC 6347 section 4.1.1.1). LOCKET_ERR_STATE: nobody we know; _ARGUMENT: below 256;
 * _TOO_LONG: it is at 256 already, and this path cannot carry DTLS. */
locket_error locket_too_big(locket_endpoint *ep, const locket_peer *peer, size_t mtu,
                            locket_time now);

/* Bytes that a record of a live session adds to its plaintext: 29 for CCM_8, 37 otherwise; and
 * with a connection ID of n bytes n + 1 more (with LOCKET_CFG_CID_PADDING: at most). */
size_t locket_overhead(const locket_session *session);

/* How far into its datagram the plaintext of locket_send() lies: 21, and n more. */
size_t locket_headroom(const locket_session *session);

/* The peer of this session is where ADDRESS says, or at another address that the application
 * knows of: from now on we send there, and a check of ours that runs is over. LOCKET_ERR_STATE: not
 * connected, or without connection IDs from the peer, for which its address is its name; _ARGUMENT. */
LOCKET_MUST_CHECK locket_error
locket_move(locket_endpoint *ep, locket_session *session, const locket_peer *peer);

/* Has this live session return routability checks (RFC 9853)? Without, only the application can know
 * where a peer is that has moved: nothing proves it. */
bool locket_checks(const locket_session *session);

/* What is given to locket_input() from now on comes by a way that we have left on purpose, as the
 * radio that we had before; or again by the one that we have now. A peer who asks by the old
 * way whether we are there is then told to follow (RFC 9853 section 5.2). With a socket for each, say
 * which it was before locket_input(). */
void locket_left(locket_endpoint *ep, bool left);

/* Move a live session out of memory, to sleep without power and go on with it as if nothing had
 * been: `blob` is all of it, at most LOCKET_BLOB_MAX bytes, encrypted and authenticated under
 * `key`, which is random, the device's own, and for nothing else. The session is wiped, with no
 * event. `id` names a counter (config.counter), one for each session that is saved at the same time:
 * the blob is good for one locket_session_load(), and for none when a later one was saved under that
 * id. The counter is advanced before anything else, here and there, so whenever power fails the
 * worst is that the session is gone, and a handshake is due; never is a nonce used twice. Save when
 * locket_next() has returned false: what it still had to say of the session is not said.
 * LOCKET_ERR_STATE: not connected; _SPACE: LOCKET_BLOB_MAX is always enough; _COUNTER: in all three the
 * session is live as before. */
LOCKET_MUST_CHECK locket_error
locket_session_save(locket_endpoint *ep, locket_session *session, uint32_t id, const uint8_t key[16],
                    uint8_t *blob, size_t cap, size_t *len);
enum { LOCKET_BLOB_MAX = 124 + LOCKET_CFG_PEER_SIZE + LOCKET_CFG_CID_SIZE + LOCKET_CFG_PEER_CID_SIZE };

/* And back, once; it is live at once, as if just heard, and gives no CONNECTED. The clock may have
 * begun anew. The peer is not asked: if it has lost the session, what we send is dropped in silence, so
 * connect when an answer that is due does not come. The blob is only read. With a connection
 * ID of ours it needs the slot that it had, so load before you connect; it is looked for among all
 * free ones.
 * LOCKET_ERR_BLOB, _USED: a handshake is due; _COUNTER: try again, or connect. _SESSIONS_FULL,
 * _HANDSHAKES_FULL (one runs with that peer), _STATE (there is a session with that address, and one
 * of the two is known by its address alone): nothing has changed, it may be loaded later. */
LOCKET_MUST_CHECK locket_error
locket_session_load(locket_endpoint *ep, uint32_t id, const uint8_t key[16], const uint8_t *blob, size_t len,
                    locket_time now, locket_session **session);

/* For a program that hands datagrams out to endpoints, threads or other protocols on the same
 * port: does this one begin with a record that has a connection ID (RFC 9146 section 4; the byte
 * 25 is DTLS by RFC 7983 as well)? Then *cid are its `cid_len` bytes, a length that the record does
 * not say and all endpoints behind the port have in common; else NULL. Nobody vouches for it. */
bool locket_datagram_cid(const uint8_t *datagram, size_t len, size_t cid_len, const uint8_t **cid);

/* Largest `len` that locket_send() takes now: what the path carries, and what the peer has
 * said that it takes; 0 when not connected. */
size_t locket_data_limit(const locket_endpoint *ep, const locket_session *session);

/* Public facts about a live session. */
uint32_t locket_handle(const locket_session *session);
uint16_t locket_suite(const locket_session *session);       /* 0 when not connected */
void     locket_peer_of(const locket_session *session, locket_peer *out);

/* How often something was dropped for that reason since locket_init(). */
uint32_t locket_drops(const locket_endpoint *ep, locket_drop reason);

/* The most bytes of a workspace's arena that any handshake has used since locket_init(), of
 * LOCKET_CFG_ARENA: what is never used may be saved. What found no room is counted as
 * LOCKET_DROP_TOO_LONG. */
size_t locket_high_water(const locket_endpoint *ep);

/* English names for logs: "bad tag", "the peer ended with decrypt_error (51)". */
const char *locket_drop_name(locket_drop reason);
const char *locket_error_name(locket_error error);          /* local ones and alerts */
const char *locket_suite_name(uint16_t suite);              /* as IANA lists them */

/* Known answers of every primitive, to be run on the target at start. LOCKET_ERR_SELFTEST. */
LOCKET_MUST_CHECK locket_error locket_selftest(void);

#ifdef __cplusplus
}
#endif
#endif
