/* SPDX-License-Identifier: Apache-2.0
 *
 * stories.h -- whole lives of two endpoints in one process, told through the public
 * API alone: handshakes that succeed and that fail, data, close, shutdown. `make ct`
 * plays them with the secrets marked, `make wipe` on a stack that it looks at.
 *
 * Every call of the library goes through stage_perform(), which the program that
 * plays the stories supplies: it may do something before and after play_call(). */
#ifndef LOCKET_TEST_STORIES_H
#define LOCKET_TEST_STORIES_H

#include "locket.h"

enum { STAGE_MTU = 512, STAGE_TEXT = 80 };

struct end {
    const char      *name;
    locket_config    config;
    locket_endpoint  ep;
    locket_session   sessions[1];
    locket_handshake handshakes[1];
    locket_resumption cache[2];
    locket_path paths[1];
    uint64_t counter;             /* of saved sessions */
    uint8_t blob[LOCKET_BLOB_MAX];              /* the application's: a session that sleeps */
    size_t  blob_len;
    uint8_t record[LOCKET_RECORD_MAX];          /* the application's: how to come back */
    size_t  record_len;
    uint8_t in[STAGE_MTU], out[STAGE_MTU], text[STAGE_TEXT];
    size_t  in_len, data_len;
    bool    connected, closed, heard;
    locket_error reason;
    locket_session *session;
    uint32_t query;               /* of a look-up that waits for its answer */
};

/* All that a story uses, but for the keys of the application. */
struct stage {
    struct end client, server;
    uint8_t exported[2][32];
    uint8_t address;              /* of the client */
};
extern struct stage stage;
extern uint8_t stage_keys[2][16];              /* the client's, the server's */
extern uint8_t stage_ticket_key[16];           /* ... and what it seals tickets with */
extern uint8_t stage_blob_key[16];             /* the client's, for saved sessions */
enum { STAGE_CLIENT_CID = 8, STAGE_SERVER_CID = 5, STAGE_BLOB_ID = 9 };

struct story {
    const char *name;
    uint16_t suite;
    bool wrong_key, unknown, pending, hint;
    bool plain_master;            /* the wire loses extended_master_secret: no handshake */
    bool split;                   /* the client's Finished comes before its key exchange */
    bool lose_last;               /* the server's Finished is lost once */
    unsigned silent_after;        /* datagrams until the wire is cut; 0 = never */
    bool shut_early;              /* the endpoints are shut down in the middle */
    bool server_closes;
    bool abandon;                 /* the endpoints are shut down with live sessions */
    bool reseed;                  /* the generators are due for new entropy */
    unsigned dry_after;           /* bytes of entropy until there is no more; 0 = never */
    bool held_back;               /* the client's Finished never arrives */
    bool by_id, by_ticket;        /* the client comes back ... */
    bool given_key;               /* ... that was sealed under the application's own */
    bool forgotten;               /* ... to a server that does not know it any more */
    bool no_data;                 /* ... at once, with nothing said in between */
    bool other_suite;             /* ... to one that does without their suite now */
    bool outlives;                /* the ticket key, or the entry, comes to its end */
    bool reboots;                 /* then the client begins anew from nothing */
    bool moves;                   /* ... from another address */
    bool cid;                     /* both want connection IDs */
    bool roams;                   /* the client goes elsewhere, and the server looks whether it is there */
    bool sleeps;                  /* the client's session is saved, and all else is lost; unless it is
                                     abandoned it is loaded again */
    bool about_memory;            /* new only in what becomes of a secret, not in the work with it */
    bool core;                    /* these few reach every function that takes a secret */
    bool connects;                /* how it has to end */
};
extern const struct story stories[];
extern const unsigned n_stories;

enum call_kind { CALL_INIT, CALL_CONNECT, CALL_INPUT, CALL_TICK, CALL_NEXT, CALL_SEND, CALL_CLOSE,
                 CALL_ANSWER, CALL_EXPORT, CALL_SHUTDOWN, CALL_REMEMBER, CALL_RESUME, CALL_FORGET,
                 CALL_TICKET_KEY, CALL_SAVE, CALL_LOAD };
extern const char *const call_names[];
struct call {
    enum call_kind kind;
    struct end *end;
    locket_time now;
    size_t len;                   /* CALL_SEND: of the text; CALL_INPUT: of the datagram */
    uint8_t *at;                  /* CALL_INPUT, CALL_EXPORT */
    const locket_psk *psk;
    locket_event event;
    size_t out_len;
    locket_error error;
    bool more;
};
/* The call itself. */
void play_call(struct call *c);
/* Supplied by the program. */
void stage_perform(struct call *c);

/* Where set, told what the generators are seeded with. */
extern void (*stage_gave)(const uint8_t *seed, size_t len);

/* NULL when the story went as it should, else what went wrong. */
const char *play(const struct story *s);

#endif
