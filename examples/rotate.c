/* SPDX-License-Identifier: Apache-2.0
 *
 * rotate.c -- the two sides of a new key: see rotate.h. The message that brings it travels in
 * a session, so nobody else reads or makes it:
 *
 *     "key!" generation(1) key(16) */
#include "rotate.h"

#include <string.h>

static const uint8_t mark[4] = { 'k', 'e', 'y', '!' };

/* The compiler must not leave it out. */
static void wipe(void *at, size_t len)
{
    volatile uint8_t *p = at;
    while (len-- > 0)
        *p++ = 0;
}

static size_t decimal(char *out, uint32_t n)
{
    char digits[10];
    size_t len = 0;
    do
        digits[len++] = (char)('0' + n % 10);
    while ((n /= 10) != 0);
    for (size_t i = 0; i < len; i++)
        out[i] = digits[len - 1 - i];
    return len;
}

/* "meter-17" and 2 become "meter-17#2". 0: too long. */
static size_t identity_write(const char *name, size_t name_len, unsigned generation, char out[ROTATE_NAME])
{
    if (name_len + 1 + 10 > ROTATE_NAME)
        return 0;
    memcpy(out, name, name_len);
    out[name_len] = '#';
    return name_len + 1 + decimal(out + name_len + 1, generation);
}

/* ---- device ---- */

bool rotate_begin(struct rotate_device *d)
{
    bool waits = d->kept.next.generation != 0;
    d->tries_next = waits && !d->next_failed;
    return waits;
}

locket_error rotate_device_psk(struct rotate_device *d, locket_psk *psk)
{
    const struct rotate_kept *k = &d->kept;
    unsigned generation = d->tries_next ? k->next.generation : k->key.generation;
    psk->identity = (const uint8_t *)d->identity;
    psk->identity_len = identity_write(d->name, strlen(d->name), generation, d->identity);
    psk->key = d->tries_next ? k->next.key : k->key.key;
    psk->key_len = ROTATE_KEY;
    return psk->identity_len != 0 ? LOCKET_OK : LOCKET_ERR_NO_KEY;
}

void rotate_proven(struct rotate_device *d)
{
    struct rotate_kept now = d->kept;
    d->next_failed = false;
    if (!d->tries_next)
        return;
    now.key = now.next;
    wipe(&now.next, sizeof now.next);
    /* If it cannot be stored it is proven once more after the next start. */
    (void)d->store(d->user, &now);
    d->kept = now;
    d->tries_next = false;
    wipe(&now, sizeof now);
}

/* In turns: whichever key the gateway wants, it gets. */
void rotate_failed(struct rotate_device *d)
{
    d->next_failed = d->tries_next;
    d->tries_next = false;
}

bool rotate_take(struct rotate_device *d, const uint8_t *data, size_t len)
{
    if (len != ROTATE_MESSAGE || memcmp(data, mark, sizeof mark) != 0)
        return false;
    struct rotate_kept now = d->kept;
    unsigned generation = data[sizeof mark];
    bool same = generation == now.next.generation &&
                memcmp(now.next.key, data + sizeof mark + 1, ROTATE_KEY) == 0;
    if (same || generation <= now.key.generation || generation < now.next.generation)
        return true;              /* said before */
    now.next.generation = (uint8_t)generation;
    memcpy(now.next.key, data + sizeof mark + 1, ROTATE_KEY);
    if (d->store(d->user, &now)) {
        d->kept = now;
        d->next_failed = false;
    }
    wipe(&now, sizeof now);
    return true;
}

/* ---- gateway ---- */

/* A number from `min` to `max` at *at, as one writes it. */
static bool number(const uint8_t *text, size_t len, size_t *at, uint32_t min, uint32_t max, uint32_t *out)
{
    uint32_t n = 0;
    size_t start = *at;
    while (*at < len && text[*at] >= '0' && text[*at] <= '9') {
        if (n > max / 10)
            return false;
        n = n * 10 + (uint32_t)(text[(*at)++] - '0');
    }
    *out = n;
    return *at != start && (text[start] != '0' || *at == start + 1) && n >= min && n <= max;
}

bool rotate_parse(const char *prefix, const uint8_t *identity, size_t len,
                  uint32_t *device, unsigned *generation)
{
    size_t at = strlen(prefix);
    uint32_t g = 0;
    *device = 0;
    bool well = len > at && memcmp(identity, prefix, at) == 0 &&
                number(identity, len, &at, 0, ROTATE_DEVICES, device) &&
                at < len && identity[at++] == '#' &&
                number(identity, len, &at, 1, ROTATE_GENERATIONS, &g) && at == len;
    *generation = g;
    return well;
}

/* Where the device is in the table, or would be. */
static size_t place_of(const struct rotate_gateway *g, uint32_t device)
{
    size_t low = 0, high = g->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (rotate_device_of(g->ahead[middle]) < device)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The lowest generation that the device may come with. */
static unsigned lowest_of(const struct rotate_gateway *g, uint32_t device)
{
    size_t i = place_of(g, device);
    if (i == g->n || rotate_device_of(g->ahead[i]) != device)
        return g->lowest;
    unsigned own = rotate_generation_of(g->ahead[i]);
    return own == 0 ? ROTATE_GENERATIONS + 1u : own > g->lowest ? own : g->lowest;
}

/* A generation of 0 refuses it for good. */
static bool note(struct rotate_gateway *g, uint32_t device, unsigned generation)
{
    size_t i = place_of(g, device);
    if (i == g->n || rotate_device_of(g->ahead[i]) != device) {
        if (g->n == g->room)
            return false;
        memmove(g->ahead + i + 1, g->ahead + i, (g->n - i) * sizeof *g->ahead);
        g->n++;
    }
    g->ahead[i] = rotate_handle(device, generation);
    return true;
}

static locket_error derive(const struct rotate_gateway *g, uint32_t device, unsigned generation,
                           uint8_t out[ROTATE_KEY])
{
    char name[ROTATE_NAME], identity[ROTATE_NAME];
    size_t len = strlen(g->prefix);
    if (len + 10 > sizeof name)
        return LOCKET_ERR_ARGUMENT;
    memcpy(name, g->prefix, len);
    len += decimal(name + len, device);
    len = identity_write(name, len, generation, identity);
    return locket_device_key(g->fleet, g->fleet_len, (const uint8_t *)identity, len, out, ROTATE_KEY);
}

locket_error rotate_gateway_psk(struct rotate_gateway *g, locket_psk *psk)
{
    uint32_t device;
    unsigned generation;
    if (!rotate_parse(g->prefix, psk->identity, psk->identity_len, &device, &generation) ||
        device >= g->devices || generation < lowest_of(g, device) ||
        locket_device_key(g->fleet, g->fleet_len, psk->identity, psk->identity_len,
                          g->key, ROTATE_KEY) != LOCKET_OK)
        return LOCKET_ERR_NO_KEY;
    psk->key = g->key;
    psk->key_len = ROTATE_KEY;
    psk->handle = rotate_handle(device, generation);
    return LOCKET_OK;
}

/* Its cached sessions of the keys below. */
static void forget_below(locket_endpoint *ep, uint32_t device, unsigned from, unsigned generation)
{
    for (unsigned old = from; old < generation; old++)
        locket_forget(ep, rotate_handle(device, old));
}

rotate_verdict rotate_connected(struct rotate_gateway *g, locket_endpoint *ep, uint32_t handle, bool *changed)
{
    uint32_t device = rotate_device_of(handle);
    unsigned generation = rotate_generation_of(handle), lowest = lowest_of(g, device);
    *changed = false;
    wipe(g->key, sizeof g->key);
    if (device >= g->devices || generation < lowest) {
        locket_forget(ep, handle);
        return ROTATE_REFUSE;
    }
    if (generation > lowest && note(g, device, generation)) {
        forget_below(ep, device, lowest, generation);
        *changed = true;
    }
    return generation < g->wanted ? ROTATE_DELIVER : ROTATE_FINE;
}

bool rotate_message(const struct rotate_gateway *g, uint32_t handle, uint8_t out[ROTATE_MESSAGE])
{
    if (rotate_generation_of(handle) >= g->wanted)
        return false;
    memcpy(out, mark, sizeof mark);
    out[sizeof mark] = (uint8_t)g->wanted;
    return derive(g, rotate_device_of(handle), g->wanted, out + sizeof mark + 1) == LOCKET_OK;
}

void rotate_settle(struct rotate_gateway *g)
{
    size_t kept = 0;
    g->lowest = g->wanted;
    for (size_t i = 0; i < g->n; i++)
        if (rotate_generation_of(g->ahead[i]) == 0 || rotate_generation_of(g->ahead[i]) > g->lowest)
            g->ahead[kept++] = g->ahead[i];
    g->n = kept;
}

bool rotate_refuse(struct rotate_gateway *g, locket_endpoint *ep, uint32_t device)
{
    if (!note(g, device, 0))
        return false;
    forget_below(ep, device, 1, ROTATE_GENERATIONS + 1u);
    return true;
}
