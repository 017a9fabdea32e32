/* SPDX-License-Identifier: Apache-2.0
 *
 * keys.c -- the key store of the tools: read once, sorted, searched by
 * bisection. A product would keep it in a secure element or a database and
 * answer LOCKET_PENDING while it asks there. */
#define _GNU_SOURCE
#include "keys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int digit(char c)
{
    const char *digits = "0123456789abcdefABCDEF", *at = c ? strchr(digits, c) : NULL;
    return at == NULL ? -1 : at - digits < 16 ? (int)(at - digits) : (int)(at - digits) - 6;
}

bool keys_hex(const char *text, size_t len, uint8_t out[KEY_MAX], size_t *out_len)
{
    if (len % 2 != 0 || len < 2 * KEY_MIN || len > 2 * KEY_MAX)
        return false;
    for (size_t i = 0; i < len; i += 2) {
        int high = digit(text[i]), low = digit(text[i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i / 2] = (uint8_t)(high << 4 | low);
    }
    *out_len = len / 2;
    return true;
}

static int compare(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    size_t n = x->identity_len < y->identity_len ? x->identity_len : y->identity_len;
    int order = memcmp(x->identity, y->identity, n);
    return order != 0 ? order : (x->identity_len > y->identity_len) - (x->identity_len < y->identity_len);
}

/* Room for one more. What realloc() would leave behind in freed memory is
 * wiped first. */
static bool grow(struct keys *k)
{
    size_t room = k->room == 0 ? 16 : 2 * k->room;
    struct key *list = calloc(room, sizeof *list);
    if (list == NULL)
        return false;
    if (k->n != 0)
        memcpy(list, k->list, k->n * sizeof *list);
    if (k->list != NULL)
        explicit_bzero(k->list, k->room * sizeof *list);
    free(k->list);
    k->list = list;
    k->room = room;
    return true;
}

bool keys_add(struct keys *k, const char *identity, size_t identity_len,
              const uint8_t *key, size_t key_len, uint32_t handle, char why[KEYS_WHY])
{
    if (identity_len == 0 || identity_len > LOCKET_CFG_IDENTITY_SIZE) {
        (void)snprintf(why, KEYS_WHY, "an identity has 1 to %d bytes", LOCKET_CFG_IDENTITY_SIZE);
        return false;
    }
    if (k->n == k->room && !grow(k)) {
        (void)snprintf(why, KEYS_WHY, "no memory");
        return false;
    }
    struct key *new = &k->list[k->n++];
    memcpy(new->identity, identity, identity_len);
    new->identity_len = identity_len;
    memcpy(new->key, key, key_len);
    new->key_len = key_len;
    new->handle = handle;
    return true;
}

/* One line; blank ones and those that begin with # say nothing. An identity
 * may have colons, the key begins after the last. */
static bool add_line(struct keys *k, char *text, uint32_t number, char why[KEYS_WHY])
{
    uint8_t key[KEY_MAX];
    size_t len = strcspn(text, "\r\n"), key_len;
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
        len--;
    text[len] = '\0';
    if (len == 0 || text[0] == '#')
        return true;
    const char *colon = strrchr(text, ':');
    if (colon == NULL || !keys_hex(colon + 1, len - (size_t)(colon + 1 - text), key, &key_len)) {
        (void)snprintf(why, KEYS_WHY, "line %u: a line is identity:key with a key of %d to %d"
                       " hexadecimal digits", (unsigned)number, 2 * KEY_MIN, 2 * KEY_MAX);
        return false;
    }
    char reason[KEYS_WHY];
    bool well = keys_add(k, text, (size_t)(colon - text), key, key_len, number, reason);
    if (!well)
        (void)snprintf(why, KEYS_WHY, "line %u: %.100s", (unsigned)number, reason);
    explicit_bzero(key, sizeof key);
    return well;
}

bool keys_load(struct keys *k, const char *path, char why[KEYS_WHY])
{
    char *text = NULL;
    size_t room = 0;
    uint32_t number = 0;
    bool well = true;
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        (void)snprintf(why, KEYS_WHY, "%s", strerror(errno));
        return false;
    }
    while (well && getline(&text, &room, file) >= 0)
        well = add_line(k, text, ++number, why);
    if (well && ferror(file)) {
        (void)snprintf(why, KEYS_WHY, "%s", strerror(errno));
        well = false;
    }
    (void)fclose(file);
    if (text != NULL)
        explicit_bzero(text, room);
    free(text);
    if (!well)
        return false;
    if (k->n == 0) {
        (void)snprintf(why, KEYS_WHY, "no line identity:key in it");
        return false;
    }
    qsort(k->list, k->n, sizeof k->list[0], compare);
    for (size_t i = 1; i < k->n; i++)
        if (compare(&k->list[i - 1], &k->list[i]) == 0) {
            (void)snprintf(why, KEYS_WHY, "lines %u and %u have the same identity",
                           (unsigned)k->list[i - 1].handle, (unsigned)k->list[i].handle);
            return false;
        }
    return true;
}

const struct key *keys_find(const struct keys *k, const uint8_t *identity, size_t len)
{
    struct key wanted = { 0 };
    if (len > sizeof wanted.identity || k->n == 0)
        return NULL;
    memcpy(wanted.identity, identity, len);
    wanted.identity_len = len;
    return bsearch(&wanted, k->list, k->n, sizeof k->list[0], compare);
}

const struct key *keys_of_handle(const struct keys *k, uint32_t handle)
{
    for (size_t i = 0; i < k->n; i++)
        if (k->list[i].handle == handle)
            return &k->list[i];
    return NULL;
}

locket_error keys_answer(const struct key *key, locket_psk *psk)
{
    if (key == NULL)
        return LOCKET_ERR_NO_KEY;
    psk->identity = key->identity;
    psk->identity_len = key->identity_len;
    psk->key = key->key;
    psk->key_len = key->key_len;
    psk->handle = key->handle;
    return LOCKET_OK;
}

void keys_forget(struct keys *k)
{
    if (k->list != NULL)
        explicit_bzero(k->list, k->room * sizeof k->list[0]);
    free(k->list);
    memset(k, 0, sizeof *k);
}

/* RFC 4279 section 7.2: a key that people think up can be guessed. */
bool keys_generate(FILE *out)
{
    uint8_t key[KEY_MIN];
    if (!locket_port_entropy(key, sizeof key))
        return false;
    for (size_t i = 0; i < sizeof key; i++)
        (void)fprintf(out, "%02x", key[i]);
    (void)fputc('\n', out);
    explicit_bzero(key, sizeof key);
    return fflush(out) == 0;
}
