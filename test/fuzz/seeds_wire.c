/* SPDX-License-Identifier: Apache-2.0
 *
 * seeds_wire.c -- seeds of fuzz_wire and fuzz_record: the datagrams of a handshake that
 * seeds_driven.c has seen, cut as those targets eat them, and a few small programs. */
#include <stdio.h>
#include <string.h>

#include "header.h"
#include "seeds.h"

static struct tape t;

static void begin(unsigned part)
{
    t.len = 0;
    tape_u8(&t, part);
}

static void put(const char *target, const char *name, unsigned i)
{
    char numbered[64];
    snprintf(numbered, sizeof numbered, "%s_%u", name, i);
    tape_write(&t, target, numbered);
}

/* Every message of the samples, as food of take() in fuzz_wire.c. */
static void message(unsigned type, struct span body, unsigned i)
{
    static const struct { unsigned type, take; } takes[] = {
        { 1, 0 }, { 3, 1 }, { 2, 2 }, { 12, 3 }, { 14, 4 }, { 16, 5 }, { 20, 6 }, { 20, 7 },
    };
    for (unsigned k = 0; k < sizeof takes / sizeof takes[0]; k++)
        for (unsigned mode = 0; takes[k].type == type && mode < 2; mode++) {
            begin(3);
            tape_u8(&t, mode ? 8 + 2 : 1);
            tape_u8(&t, takes[k].take);
            tape_u8(&t, 0);
            tape_bytes(&t, body.at, body.len);
            put("wire", mode ? "take_pending" : "take", i * 10 + k);
            if (mode)
                continue;
            tape_u8(&t, 0);       /* the same with a byte too many, and one too few */
            put("wire", "take_more", i * 10 + k);
            if (body.len) {
                t.len -= 2;
                put("wire", "take_less", i * 10 + k);
            }
        }
}

static void split(const struct sample *s, unsigned i)
{
    uint8_t bytes[sizeof s->bytes], *at = bytes;
    size_t left = s->len;
    struct record r;
    int reason;
    memcpy(bytes, s->bytes, s->len);
    for (unsigned n = 0; record_next(&at, &left, 0, &r, &reason); n++) {
        if (r.type == TYPE_ALERT || r.type == TYPE_CHANGE_CIPHER_SPEC || record_epoch(&r))
            continue;
        begin(2);
        tape_bytes(&t, r.body, r.len);
        put("wire", "fragments", i * 10 + n);
        struct span in = span_of(r.body, r.len);
        while (rd_more(&in)) {
            unsigned type = rd_u8(&in);
            size_t len = rd_u24(&in);
            rd_bytes(&in, 8);
            struct span body = rd_bytes(&in, len);
            if (!rd_bad(&in))
                message(type, body, i);
        }
    }
}

static void programs(void)
{
    static const uint8_t reads[] = { 9, 0,  0, 0,  1,  0,  0,  2,  0, 0,   3,   5, 0, 4,   3,   0,   5,
                                     0, 16, 5, 1,  1,  6,  0,  0,  4, 1,   9,   1, 2, 3,   4,   5,   6,
                                     7, 8,  9, 10, 11, 12, 13, 14, 2, 'a', 'b', 0, 3, 'c', 'd', 'e', 1 };
    static const uint8_t writes[] = { 6, 4, 0,  99, 0,   7,   1,   8,   2,   9,   3,   5,
                                      7, 3, 11, 1,  'r', 'e', 's', 't', 'o', 'f', 'i', 't' };
    for (unsigned i = 0; i < 4; i++) {
        begin(0);
        tape_bytes(&t, reads, sizeof reads - 4 * i);
        put("wire", "reads", i);
        begin(1);
        tape_bytes(&t, writes, sizeof writes - 3 * i);
        t.bytes[4] = (uint8_t)(11 * i);
        put("wire", "writes", i);
        begin(4);
        tape_u8(&t, 0x60 * i);
        tape_u8(&t, 7 * i);
        tape_u8(&t, 16 * i);
        for (unsigned k = 0; k < 90; k++)
            tape_u8(&t, k);
        put("wire", "hello", i);
        begin(5);
        tape_u8(&t, i);
        tape_u8(&t, 1 + i % 2);
        tape_u8(&t, i == 3 ? 0 : 40);
        put("wire", "alert", i);
    }
    begin(3);                     /* a Finished and a ServerKeyExchange, which samples lack */
    tape_u8(&t, 1);
    tape_u8(&t, 6);
    tape_u8(&t, 0);
    tape_bytes(&t, "twelve bytes", 12);
    put("wire", "finished", 0);
    t.bytes[2] = 7;
    put("wire", "finished", 1);
    t.len = 4;
    t.bytes[2] = 3;
    tape_bytes(&t, "\0\7gateway", 9);
    put("wire", "server_key", 0);
    begin(2);                     /* one piece that fits its message, one that passes the end */
    tape_bytes(&t, "\20\0\0\5\0\1\0\0\3\0\0\2ab\20\0\0\5\0\1\0\0\3\0\0\3cde", 29);
    put("wire", "fragments", 99);
    begin(3);                     /* the ninth HelloVerifyRequest is one too many */
    tape_u8(&t, 2);
    tape_u8(&t, 0x81);
    tape_u8(&t, 3);
    tape_bytes(&t, "\376\377\3abc", 6);
    put("wire", "hello_verify", 9);
}

static void records(void)
{
    static const uint8_t keys[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    for (unsigned i = 0; i < n_samples; i++) {
        begin(0);
        tape_u8(&t, i);
        tape_bytes(&t, keys, sizeof keys);
        tape_bytes(&t, samples[i].bytes, samples[i].len);
        put("record", "datagram", i);
    }
    for (unsigned i = 0; i < 12; i++) {
        begin(1);
        tape_u8(&t, i);
        tape_bytes(&t, keys, sizeof keys);
        tape_u8(&t, i);
        tape_u16(&t, 37 * i);
        tape_u16(&t, i == 11 ? 60 : i);
        for (unsigned k = 0; k < i * i; k++)
            tape_u8(&t, k);
        put("record", "seal", i);
    }
    for (unsigned i = 0; i < 4; i++) {
        static const uint8_t steps[] = { 0,  1,   1,   3, 129, 130, 63, 190, 191, 192,
                                         64, 193, 127, 1, 0,   9,   1,  129, 255, 100 };
        begin(2);
        tape_bytes(&t, steps + i, sizeof steps - 2 * i);
        put("record", "window", i);
        begin(3);
        tape_u8(&t, i);
        tape_bytes(&t, keys, sizeof keys);
        tape_u16(&t, 100 + 200 * i);
        for (unsigned k = 0; k < 8; k++) {
            tape_u8(&t, k + i);
            tape_u16(&t, 30 * k);
        }
        put("record", "pack", i);
    }
    begin(0);                     /* bad versions, types and lengths */
    tape_bytes(&t, "\0\1\2\3\4\5\6\7\10", 9);
    tape_bytes(&t, "\26\376\375\0\0\0\0\0\0\0\0\0\1x"
                   "\30\376\375\0\0\0\0\0\0\0\1\0\1y\26\3\3\0\0\0\0\0\0\0\1\0\0", 41);
    tape_bytes(&t, "\27\376\375\0\1\0\0\0\0\0\1\0\30abcdefghijklmnopqrstuvwx"
                   "\27\376\375\0\1\0\0\0\0\0\2\1\0", 50);
    put("record", "odd", 0);
}

void seeds_wire(void)
{
    for (unsigned i = 0; i < n_samples; i++)
        split(&samples[i], i);
    programs();
    records();
}
