/* SPDX-License-Identifier: Apache-2.0
 *
 * drive.h -- an input of fuzz_client and fuzz_server is a program: three bytes say how
 * the endpoint is set up, then come steps. A step is one byte, its low half the kind,
 * its high half an index (a peer, a session, ...), then its arguments; numbers have two
 * bytes, the higher first. What is missing at the end is zero.
 *
 *     byte 0   modes, below
 *     byte 1   sessions - 1 (2 bits), workspaces - 1 (2 bits), one buffer for in and out,
 *              sizes (2 bits), idle timeout
 *     byte 2   suites (3 bits), the client's key (2 bits), few retransmissions, export,
 *              clock just before it wraps
 *
 * A fourth, of ways back and sizes, is the argument of STEP_SETUP where that comes first; and
 * with MORE_ROAMS a fifth follows, of connection IDs: the length of ours (3 bits), who checks a
 * path (2 bits), and how many checks may run (2 bits). */
#ifndef TEST_FUZZ_DRIVE_H
#define TEST_FUZZ_DRIVE_H

#include "fuzz.h"
#include "locket.h"

enum {                            /* byte 0 */
    MODE_ANY_COOKIE = 1, MODE_ANY_FINISHED = 2, MODE_PENDING = 4, MODE_EVICT = 8,
    MODE_LEGACY = 16, MODE_SILENT = 32, MODE_HINT = 64, MODE_ONE_MESSAGE = 128
};
enum { SETUP_ONE_BUFFER = 16, SETUP_SIZES = 32, SETUP_IDLE = 128 };                 /* byte 1 */
enum { SETUP_KEY = 8, SETUP_FEW = 32, SETUP_EXPORT = 64, SETUP_WRAP = 128 };        /* byte 2 */

enum {                            /* byte 3 */
    MORE_CACHE = 1, MORE_TICKETS = 2, MORE_SIZES = 4 /* 2 bits */, MORE_ALWAYS = 16, MORE_NEVER = 32,
    MORE_SHORT = 64, MORE_ROAMS = 128
};
enum { ROAMS_CHECK = 8, ROAMS_PATHS = 32 };                                         /* byte 4 */

enum {
    STEP_DATAGRAM,                /* peer; length, bytes */
    STEP_RECORD,                  /* peer; [ID,] content type, flags, [number,] length, bytes: framed and
                                     sealed */
    STEP_MESSAGE,                 /* peer; [ID,] message type, message_seq, flags, [number,] length, [offset,
                                     whole length,] bytes: the same, in a handshake header */
    STEP_ADVANCE,                 /* shift; ms */
    STEP_ANSWER,                  /* key; which look-up */
    STEP_SEND,                    /* session; length */
    STEP_CLOSE,                   /* session */
    STEP_TOO_BIG,                 /* peer; MTU */
    STEP_CONNECT,                 /* peer */
    STEP_PAUSE,                   /* pull only so many events after the next input */
    STEP_ENTROPY,                 /* the generator has to be reseeded, which fails when odd */
    STEP_TICK,
    STEP_REPEAT,                  /* peer: its last datagram again */
    STEP_SETUP,                   /* byte 3; nothing, unless it is the first */
    STEP_RESUME,                  /* peer; how: 0 with what was remembered, else length, bytes */
    STEP_CALL,                    /* which; argument: the calls that touch no handshake */
    STEP_KINDS
};
enum { STEP_WITH_ID = 8 };        /* of the index of STEP_RECORD and STEP_MESSAGE: whoever sends it, it
                                     has our connection ID: a byte says whose, below */
enum { ID_OF_HANDSHAKE = 4 /* else of a session; the low 2 bits are its number */, ID_DAMAGED = 8,
       ID_PADDING = 16 /* 4 bits: zeros behind its real type */ };
enum {                            /* STEP_CALL */
    CALL_FORGET, CALL_TICKET_KEY, CALL_DEVICE_KEY, CALL_SAVE, CALL_LOAD, CALL_MOVE, CALL_LEFT, CALL_LOOK,
    CALL_KINDS
};
enum {                            /* flags of a record */
    FRAME_SEALED = 1, FRAME_BAD_TAG = 2, FRAME_HOLD = 4 /* the next one joins the datagram */,
    FRAME_NUMBER = 8, FRAME_TAG_16 = 16, FRAME_EPOCH_2 = 32, FRAME_FRAGMENT = 64, FRAME_NO_NUMBER = 128
};

enum { DRIVE_PEERS = 8, DRIVE_TABLE = 4, DRIVE_LOOKUPS = 8, DRIVE_DATAGRAM = 4096 };
enum { DRIVE_SETUP = 5, DRIVE_CACHE = 3, DRIVE_PATHS = 2 };
enum { DRIVE_ENTROPY = 1 };       /* what entropy_seed() gets */
#define DRIVE_IDENTITY "meter-test-0001"

struct drive;

/* Four ports on each of two hosts. */
locket_peer drive_peer(unsigned i);
locket_time drive_clock(const uint8_t setup[DRIVE_SETUP]);        /* at the start */
/* The configuration that the five bytes mean, with the cache and the paths of `d`, which is what the
 * callbacks get. */
void drive_config(struct drive *d, const uint8_t setup[DRIVE_SETUP], locket_role role);
size_t drive_cap(const uint8_t setup[DRIVE_SETUP]);               /* of `out` */
/* The keys of both sides; false: no key for that identity. */
bool drive_key(unsigned which, locket_psk *psk);

struct drive {
    struct food in;
    uint8_t setup[DRIVE_SETUP];
    locket_config config;
    locket_resumption cache[DRIVE_CACHE];
    locket_path paths[DRIVE_PATHS];
    uint64_t counter;             /* of saved sessions */
    uint8_t blob[LOCKET_BLOB_MAX]; size_t blob_len;         /* the last of them */
    bool asleep;                  /* ... and it has not been loaded */
    locket_endpoint ep;
    locket_session *sessions;
    locket_handshake *handshakes;
    size_t n, m;
    uint8_t record[LOCKET_RECORD_MAX]; size_t record_len;   /* of the last session */
    uint8_t *offered[DRIVE_TABLE];          /* a copy, borrowed by the handshake of that session */
    locket_time now;
    uint64_t elapsed;

    uint8_t *datagram;            /* the one being read, or NULL */
    size_t datagram_len;
    unsigned from, replies;
    uint8_t *out;
    size_t cap;
    unsigned pause;               /* 0 = pull all */
    bool unread;                  /* locket_next() has not said false */

    uint8_t held[DRIVE_DATAGRAM]; size_t held_len;
    uint8_t last[DRIVE_PEERS][DRIVE_DATAGRAM]; size_t last_len[DRIVE_PEERS];
    uint64_t number[DRIVE_PEERS][2];

    size_t took[DRIVE_PEERS], gave[DRIVE_PEERS];            /* bytes; of sealed records to strangers */
    bool proven[DRIVE_PEERS];     /* a cookie of that peer has verified, or a record */
    bool open[DRIVE_TABLE];       /* the application knows of that session */
    bool up[DRIVE_TABLE];         /* ... and that it is connected */
    bool heard[DRIVE_TABLE];      /* an authentic record came in this datagram */
    locket_session before[DRIVE_TABLE];
    uint32_t lookups[DRIVE_LOOKUPS]; unsigned n_lookups;
    unsigned events, burst, connected;
};

/* Run a whole input. */
void drive(locket_role role, const uint8_t *data, size_t size);
/* fuzz_report() of both. */
bool drive_report(void);

/* drive_calls.c: one of CALL_KINDS, with its argument; and how often a session has slept and woken. */
void drive_call(struct drive *d, unsigned which);
extern unsigned drive_saved, drive_loaded;

/* invariant.c: what holds between any two calls. */
void invariant_remember(struct drive *d);
void invariant_event(struct drive *d, const locket_event *e);
void invariant_unharmed(struct drive *d, unsigned opened, const locket_event *e);
void invariant_state(const struct drive *d);
void invariant_wiped(const struct drive *d);

#endif
