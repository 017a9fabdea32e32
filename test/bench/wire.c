/* SPDX-License-Identifier: Apache-2.0
 *
 * wire.c -- the network of the benchmark: two queues of datagrams, and what all stacks
 * are told alike. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"

const uint8_t bench_key[BENCH_KEY] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
const uint8_t bench_address[BENCH_ADDRESS] = { 192, 0, 2, 33, 0xC3, 0x50 };

struct wire to_server, to_client;
size_t wire_carried;

enum { PREFIX = 2 };              /* the length, in front of every datagram */

bool wire_put(struct wire *w, const void *data, size_t len)
{
    uint8_t *at = w->bytes + w->end;
    if (len == 0 || len > UINT16_MAX || sizeof w->bytes - w->end < PREFIX + len)
        return false;
    at[0] = (uint8_t)(len >> 8);
    at[1] = (uint8_t)len;
    memcpy(at + PREFIX, data, len);
    w->end += PREFIX + len;
    wire_carried += len;
    return true;
}

size_t wire_look(const struct wire *w, const uint8_t **data)
{
    const uint8_t *at = w->bytes + w->begin;
    if (w->begin == w->end)
        return 0;
    *data = at + PREFIX;
    return (size_t)at[0] << 8 | at[1];
}

size_t wire_take(struct wire *w, void *data, size_t cap)
{
    const uint8_t *from;
    size_t len = wire_look(w, &from), part = len < cap ? len : cap;
    if (len == 0)
        return 0;
    memcpy(data, from, part);
    w->begin += PREFIX + len;
    if (w->begin == w->end)
        w->begin = w->end = 0;
    return part;
}

void wire_clear(void)
{
    to_server.begin = to_server.end = 0;
    to_client.begin = to_client.end = 0;
}

void bench_must(bool good, const char *who, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bench: %s: %s\n", who, what);
    exit(2);
}
