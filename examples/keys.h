/* SPDX-License-Identifier: Apache-2.0
 *
 * keys.h -- pre-shared keys from the command line or a file of lines
 * `identity:hexkey`. The handle of a peer is the number of its line. */
#ifndef EXAMPLES_KEYS_H
#define EXAMPLES_KEYS_H

#include <stdio.h>

#include "locket.h"

enum { KEY_MIN = 16, KEY_MAX = 64, KEYS_WHY = 160 };

struct key {
    uint8_t  identity[LOCKET_CFG_IDENTITY_SIZE];
    size_t   identity_len;
    uint8_t  key[KEY_MAX];
    size_t   key_len;
    uint32_t handle;
};

struct keys {
    struct key *list;             /* sorted by identity */
    size_t      n, room;
};

/* A key written in hexadecimal digits, `len` of them. */
bool keys_hex(const char *text, size_t len, uint8_t out[KEY_MAX], size_t *out_len);

/* False: `why` says what is wrong, in a sentence to follow a file's name. */
bool keys_add(struct keys *k, const char *identity, size_t identity_len,
              const uint8_t *key, size_t key_len, uint32_t handle, char why[KEYS_WHY]);
bool keys_load(struct keys *k, const char *path, char why[KEYS_WHY]);

/* NULL: nobody of that name. */
const struct key *keys_find(const struct keys *k, const uint8_t *identity, size_t len);
const struct key *keys_of_handle(const struct keys *k, uint32_t handle);

/* What a psk callback answers for `key`, which may be NULL. */
locket_error keys_answer(const struct key *key, locket_psk *psk);

/* Wipe and free. */
void keys_forget(struct keys *k);

/* A new random key on `out`, in hexadecimal digits. False: no entropy. */
bool keys_generate(FILE *out);

#endif
