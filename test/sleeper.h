/* SPDX-License-Identifier: Apache-2.0
 *
 * sleeper.h -- what tests of saved sessions share: a flash chip with its counters, which fails
 * where it is told to; a session that goes to bed and gets up; a blob opened, changed and sealed
 * again by whoever has its key; and a look at all that was ever sent, for a nonce used twice. */
#ifndef TEST_SLEEPER_H
#define TEST_SLEEPER_H

#include <check.h>
#include <string.h>

#include "net.h"

enum flash_fault {
    FLASH_WORKS,
    FLASH_DEAD,                   /* it does not advance, and says so */
    FLASH_LATE,                   /* it does advance, and says that it has not */
    FLASH_MUTE,                   /* it cannot even be read */
    FLASH_STUCK                   /* it says that it has advanced, and has not */
};
struct flash { uint64_t value[4]; enum flash_fault fault; unsigned n_advanced; };

struct bed { uint8_t bytes[LOCKET_BLOB_MAX + 64]; size_t len; };

extern const uint8_t sleeper_key[16];

/* The counters of this node are in that flash, which node->user then points to. */
void flash_of(struct net_node *node, struct flash *flash);
locket_error sleeper_save(struct net_node *node, locket_session *s, uint32_t id, struct bed *bed);
/* *session is NULL when it was refused. */
locket_error sleeper_load(struct net_node *node, uint32_t id, const struct bed *bed, locket_session **session);
/* Power is gone, and comes back: of the memory nothing is left. */
void sleeper_cut(struct net_node *node);

/* The plaintext of a blob, to be changed in place: blob->bytes[BED_TEXT...]; and sealed again. */
enum { BED_TEXT = 9, BED_TAG = 16 };
bool bed_open(struct bed *bed, uint32_t id);
void bed_seal(struct bed *bed, uint32_t id);

/* A copy of a whole endpoint, to see that nothing has changed, or to go back to it. */
struct snapshot;
struct snapshot *snapshot_take(const struct net_node *node);
bool snapshot_same(const struct snapshot *s, const struct net_node *node);
void snapshot_restore(const struct snapshot *s, struct net_node *node);
void snapshot_free(struct snapshot *s);

/* How many sealed records with a connection ID of `cid_len` bytes have been sent; 0 if any two of
 * the same sender had the same ID and number, and so the same key and nonce. */
size_t sealed_only_once(const struct net *net, size_t cid_len);

/* What one says the other hears; and both. */
static inline void hears(struct net_node *from, locket_session *s, struct net_node *to, const char *what)
{
    unsigned before = to->n_kind[LOCKET_DATA];
    ck_assert_int_eq(net_say(from, s, what, strlen(what)), LOCKET_OK);
    net_run(from->net, 3 * NET_LATENCY);
    ck_assert_uint_eq(to->n_kind[LOCKET_DATA], before + 1);
    ck_assert_mem_eq(net_last(to, LOCKET_DATA)->data, what, strlen(what));
}

static inline void talk(struct pair *p)
{
    hears(p->client, p->client->live, p->server, "up");
    hears(p->server, p->server->live, p->client, "down");
}

#endif
