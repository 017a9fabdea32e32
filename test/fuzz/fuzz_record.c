/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_record.c -- the record layer with its real cryptography. The first byte of an
 * input says which part, the rest is its food:
 *
 *     0  a datagram falls apart into records: nothing lost, nothing twice; what is in
 *        epoch 1 does not open, and stays as it was
 *     1  what we seal we open, and nobody opens it with a bit changed
 *     2  the replay window, against a list of all numbers
 *     3  records packed into one datagram, and found again */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datagram.h"
#include "fuzz.h"
#include "replay.h"

static unsigned n_inputs, n_records, n_opened, n_refused;

/* Two ends of one session; the keys are part of the input. */
static void two_ends(struct food *f, locket_session *ours, locket_session *theirs)
{
    size_t n;
    memset(ours, 0, sizeof *ours);
    ours->suite = (uint8_t)(food_u8(f) % suite_count());
    const uint8_t *key = food_bytes(f, 8, &n);
    if (n)
        memcpy(ours->key[OURS], key, n);
    ours->key[THEIRS][0] = (uint8_t)~ours->key[OURS][0];      /* never one key for both ways */
    *theirs = *ours;
    memcpy(theirs->key[OURS], ours->key[THEIRS], 16);
    memcpy(theirs->key[THEIRS], ours->key[OURS], 16);
    session_start_epoch(ours);
    session_start_epoch(theirs);
}

/* It must not open, and nothing of it may change. */
static void refuse(const locket_session *s, const struct record *r)
{
    uint8_t *kept = fuzz_copy(r->body, r->len);
    struct record x = *r;
    FUZZ_CHECK(!record_open(s, &x));
    FUZZ_CHECK(x.body == r->body && x.len == r->len && memcmp(kept, r->body, r->len) == 0);
    n_refused++;
    free(kept);
}

static void apart(struct food *f)
{
    locket_session ours, theirs;
    two_ends(f, &ours, &theirs);
    size_t len = f->left;
    uint8_t *bytes = fuzz_copy(f->at, len), *at = bytes;
    struct record r;
    int reason = RECORD_FINE;
    while (at != bytes + f->left) {
        uint8_t *from = at;
        if (!record_next(&at, &len, 0, &r, &reason)) {
            FUZZ_CHECK(reason == LOCKET_DROP_MALFORMED && len == 0 && at == bytes + f->left);
            break;
        }
        FUZZ_CHECK(r.body == from + RECORD_HEADER && at == r.body + r.len);
        FUZZ_CHECK(at + len == bytes + f->left);
        uint8_t header[RECORD_HEADER];
        record_header(header, r.type, r.version, r.number, r.len);
        FUZZ_CHECK(memcmp(header, from, sizeof header) == 0);
        if (reason == RECORD_FINE)
            FUZZ_CHECK(r.type >= 20 && r.type <= 23 && r.version >> 8 == 0xFE && r.len <= RECORD_MAX);
        else
            FUZZ_CHECK(reason == LOCKET_DROP_TYPE || reason == LOCKET_DROP_MALFORMED);
        n_records++;
        if (record_epoch(&r) == 1)
            refuse(&ours, &r);
    }
    FUZZ_CHECK(!record_next(&at, &len, 0, &r, &reason) && reason == RECORD_FINE);
    free(bytes);
}

static void seal_and_open(struct food *f)
{
    locket_session ours, theirs;
    two_ends(f, &ours, &theirs);
    unsigned type = 20u + food_u8(f) % 4, bit = food_u16(f), skip = food_u16(f);
    ours.send += skip;
    size_t len = f->left, overhead = record_overhead(&ours);
    uint8_t *text = fuzz_copy(f->at, len), *out = fuzz_room(len + overhead), *at = out;
    if (len)
        memcpy(out + RECORD_HEADROOM, text, len);
    uint64_t number = ours.send, budget = record_budget(&ours);
    size_t n = record_seal(&ours, type, out, len);
    FUZZ_CHECK((n == 0) == (budget == 0 || len > PLAINTEXT_MAX));
    if (n) {
        struct record r;
        int reason;
        size_t left = n;
        FUZZ_CHECK(n == len + overhead && ours.send == number + 1);
        FUZZ_CHECK(record_next(&at, &left, 0, &r, &reason) && left == 0 && reason == RECORD_FINE);
        FUZZ_CHECK(r.type == type && r.number == number && r.version == DTLS_1_2);
        /* Any bit of it, of the header but for its length; and any other length. */
        uint8_t *flip = r.body + bit / 8 % r.len;
        *flip ^= (uint8_t)(1u << bit % 8);
        refuse(&theirs, &r);
        *flip ^= (uint8_t)(1u << bit % 8);
        flip = out + bit / 8 % (RECORD_HEADER - 2);
        *flip ^= (uint8_t)(1u << bit % 8);
        refuse(&theirs, &r);
        *flip ^= (uint8_t)(1u << bit % 8);
        struct record other = r;
        other.len = bit % r.len;
        refuse(&theirs, &other);
        refuse(&ours, &r);
        FUZZ_CHECK(record_open(&theirs, &r) && r.len == len && memcmp(r.body, text, len) == 0);
        n_opened++;
    }
    free(text);
    free(out);
}

static void window(struct food *f)
{
    locket_session s;
    uint64_t marked[256], base = UINT64_C(1) << 48, highest = base;
    size_t n = 0;
    memset(&s, 0, sizeof s);
    session_start_epoch(&s);
    while (f->left && n < 256) {
        unsigned step = food_u8(f);
        uint64_t number = step < 128 ? highest + step : highest - (step - 128);
        if (step == 127)
            number = highest + ((uint64_t)food_u16(f) << food_u8(f) % 32);
        if (number < base || number > (base | NUMBER_MAX))
            continue;
        bool seen = highest - number >= REPLAY_WINDOW && number <= highest;
        for (size_t i = 0; i < n; i++)
            seen = seen || marked[i] == number;
        FUZZ_CHECK(replay_seen(&s, number) == seen);
        if (seen)
            continue;
        replay_mark(&s, number);
        FUZZ_CHECK(replay_seen(&s, number));
        marked[n++] = number;
        highest = number > highest ? number : highest;
        FUZZ_CHECK(s.recv == highest);
    }
}

static void pack(struct food *f)
{
    locket_session ours, theirs;
    two_ends(f, &ours, &theirs);
    size_t cap = food_u16(f) % 2048, lens[32], n = 0;
    bool sealed[32];
    uint8_t *out = fuzz_room(cap);
    struct datagram d = { out, 0, cap, &ours, false };
    while (f->left && n < 32) {
        unsigned how = food_u8(f);
        size_t len = food_u16(f) % 1024, before = d.len;
        d.sealed = how & 1;
        size_t room = datagram_room(&d);
        FUZZ_CHECK(room <= cap);
        if (len <= room && len)
            memset(datagram_text(&d), (int)n, len);
        bool good = datagram_close(&d, d.sealed ? 23 : 22, len);
        FUZZ_CHECK(d.len <= cap && (good || d.len == before));
        if (len && len <= room)
            FUZZ_CHECK(good || (d.sealed && record_budget(&ours) == 0));
        else if (len)
            FUZZ_CHECK(!good);
        if (!good)
            continue;
        sealed[n] = d.sealed;
        lens[n++] = len;
    }
    uint8_t *at = out;
    size_t left = d.len;
    struct record r;
    int reason;
    for (size_t i = 0; i < n; i++) {
        FUZZ_CHECK(record_next(&at, &left, 0, &r, &reason));
        if (sealed[i])
            FUZZ_CHECK(record_open(&theirs, &r));
        FUZZ_CHECK(r.len == lens[i]);
        for (size_t k = 0; k < r.len; k++)
            FUZZ_CHECK(r.body[k] == i);
    }
    FUZZ_CHECK(left == 0);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const parts[])(struct food *) = { apart, seal_and_open, window, pack };
    struct food f = { data, size };
    if (size)
        parts[food_u8(&f) % (sizeof parts / sizeof parts[0])](&f);
    n_inputs++;
    return 0;
}

bool fuzz_report(void)
{
    printf("%u inputs; records %u, opened %u, refused untouched %u\n",
           n_inputs, n_records, n_opened, n_refused);
    return n_opened && n_refused;
}
