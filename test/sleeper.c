/* SPDX-License-Identifier: Apache-2.0
 *
 * sleeper.c -- what tests of saved sessions share: see sleeper.h. */
#include "sleeper.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aead.h"

const uint8_t sleeper_key[16] = { 0x5e, 0xc2, 0xe7, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };

static bool flash_counter(void *user, uint32_t id, bool advance, uint64_t *value)
{
    struct flash *f = ((struct net_node *)user)->user;
    if (id >= 4 || f->fault == FLASH_MUTE || (advance && f->fault == FLASH_DEAD))
        return false;
    if (advance && f->fault != FLASH_STUCK) {
        f->value[id]++;
        f->n_advanced++;
    }
    *value = f->value[id];
    return !(advance && f->fault == FLASH_LATE);
}

void flash_of(struct net_node *node, struct flash *flash)
{
    memset(flash, 0, sizeof *flash);
    node->user = flash;
    node->config.counter = flash_counter;
}

locket_error sleeper_save(struct net_node *node, locket_session *s, uint32_t id, struct bed *bed)
{
    struct bed was = *bed;
    locket_error error = locket_session_save(&node->ep, s, id, sleeper_key, bed->bytes, LOCKET_BLOB_MAX, &bed->len);
    if (error)
        *bed = was;
    else if (node->live == s)
        node->live = NULL;
    return error;
}

locket_error sleeper_load(struct net_node *node, uint32_t id, const struct bed *bed, locket_session **session)
{
    *session = NULL;
    locket_error error = locket_session_load(&node->ep, id, sleeper_key, bed->bytes, bed->len, net_now(node->net),
                                             session);
    if (!error)
        node->live = *session;
    return error;
}

void sleeper_cut(struct net_node *node)
{
    size_t n = node->n, m = node->m;
    net_down(node);
    net_up(node, n, m);
}

/* --- inside a blob --- */

static struct aead_message bed_message(struct bed *bed, uint32_t id, uint8_t nonce[12])
{
    const struct aead_message m = { nonce, bed->bytes, BED_TEXT, bed->bytes + BED_TEXT, bed->len - BED_TEXT - BED_TAG };
    for (unsigned i = 0; i < 4; i++)
        nonce[i] = (uint8_t)(id >> 8 * (3 - i));
    memcpy(nonce + 4, bed->bytes + 1, 8);
    return m;
}

static const struct aead *bed_aead(void) { return aead_of(LOCKET_CFG_CCM ? AEAD_CCM : AEAD_GCM); }

bool bed_open(struct bed *bed, uint32_t id)
{
    uint8_t nonce[12];
    const struct aead_message m = bed_message(bed, id, nonce);
    return bed_aead()->open(sleeper_key, &m, m.text + m.len);
}

void bed_seal(struct bed *bed, uint32_t id)
{
    uint8_t nonce[12];
    const struct aead_message m = bed_message(bed, id, nonce);
    bed_aead()->seal(sleeper_key, &m, m.text + m.len);
}

/* --- all of an endpoint --- */

struct snapshot { locket_endpoint ep; size_t n, m; uint8_t *bytes; };

struct snapshot *snapshot_take(const struct net_node *node)
{
    struct snapshot *s = malloc(sizeof *s);
    size_t n = node->n * sizeof *node->sessions, m = node->m * sizeof *node->handshakes;
    if (!s || !(s->bytes = malloc(n + m)))
        abort();
    memcpy(&s->ep, &node->ep, sizeof s->ep);
    memcpy(s->bytes, node->sessions, n);
    memcpy(s->bytes + n, node->handshakes, m);
    s->n = n;
    s->m = m;
    return s;
}

bool snapshot_same(const struct snapshot *s, const struct net_node *node)
{
    return memcmp(&s->ep, &node->ep, sizeof s->ep) == 0 && memcmp(s->bytes, node->sessions, s->n) == 0 &&
           memcmp(s->bytes + s->n, node->handshakes, s->m) == 0;
}

void snapshot_restore(const struct snapshot *s, struct net_node *node)
{
    memcpy(&node->ep, &s->ep, sizeof s->ep);
    memcpy(node->sessions, s->bytes, s->n);
    memcpy(node->handshakes, s->bytes + s->n, s->m);
}

void snapshot_free(struct snapshot *s)
{
    free(s->bytes);
    free(s);
}

/* --- all that was ever sent --- */

/* Who sent it: an address may change, the direction does not. Servers of the tests have port 5684. */
static uint8_t side_of(const locket_peer *p) { return p->bytes[4] == 5684 >> 8 && p->bytes[5] == (5684 & 255); }

static int compare(const void *a, const void *b) { return memcmp(a, b, 48); }

size_t sealed_only_once(const struct net *net, size_t cid_len)
{
    uint8_t (*seen)[48] = NULL;
    size_t n = 0, room = 0;
    for (size_t i = 0; i < net->n_log; i++) {
        const struct net_datagram *d = net->log[i];
        for (size_t at = 0; at + 13 <= d->len;) {
            size_t head = 13 + (d->bytes[at] == 25 ? cid_len : 0);
            if (at + head > d->len)
                break;
            if (d->bytes[at] == 25) {
                if (n == room && !(seen = realloc(seen, (room = room ? 2 * room : 256) * sizeof *seen)))
                    abort();
                memset(seen[n], 0, sizeof *seen);
                memcpy(seen[n], d->bytes + at + 3, 8 + cid_len);
                seen[n++][47] = side_of(&d->from);
            }
            at += head + ((size_t)d->bytes[at + head - 2] << 8 | d->bytes[at + head - 1]);
        }
    }
    size_t once = n;
    if (n)
        qsort(seen, n, sizeof *seen, compare);
    for (size_t i = 1; i < n; i++)
        if (compare(seen[i - 1], seen[i]) == 0)
            once = 0;
    free(seen);
    return once;
}
