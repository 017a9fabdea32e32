/* SPDX-License-Identifier: Apache-2.0
 *
 * options.h -- the command line of locket-client and locket-server. */
#ifndef EXAMPLES_OPTIONS_H
#define EXAMPLES_OPTIONS_H

#include "args.h"
#include "keys.h"
#include "loss.h"
#include "sleeper.h"
#include "udp.h"

enum { OPTIONS_SUITES = 8, TICKET_KEYS = 2, TICKET_KEY_SIZE = 16 };

struct options {
    const char       *program;        /* "locket-client" */
    bool              server;
    const char       *address_text;
    union udp_address address;
    struct keys       keys;
    const struct key *me;             /* client: who we are */
    locket_config     config;         /* config.psk and .user are left to the program */
    uint16_t          suites[OPTIONS_SUITES];
    FILE             *keylog;
    struct loss       loss;
    bool              verbose, persist, discard;
    uint32_t          linger;         /* ms */
    uint32_t          psk_delay;      /* ms */
    unsigned          sessions, handshakes, cache, count;
    const char       *session_file;   /* client; NULL: none */
    const char       *save, *load;    /* client: files of a session that sleeps; NULL: none */
    uint8_t           save_key[SLEEPER_KEY];
    bool              has_save_key, has_linger, has_rrc;
    bool              follow;         /* server: to where a peer without checks was heard from */
    struct { uint16_t number; uint8_t key[TICKET_KEY_SIZE]; } ticket_keys[TICKET_KEYS];  /* oldest first */
    unsigned          n_ticket_keys;
    /* as they came, until all are known */
    const char       *identity, *psk_hex, *psk_text, *psk_file;
};

/* True: go on. False: leave with *status, all has been said. */
bool options_read(struct options *o, bool server, int argc, char **argv, int *status);
void options_forget(struct options *o);

/* For config.keylog: a line of the NSS key log format. */
void options_keylog(const struct options *o, const char *label, const uint8_t client_random[32],
                    const uint8_t *secret, size_t secret_len);

#endif
