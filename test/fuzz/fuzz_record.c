/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_record.c -- the record layer with its real cryptography. The first byte of an
 * input says which part, the rest is its food:
 *
 *     0  a datagram falls apart into records: nothing lost, nothing twice; what is in
 *        epoch 1 does not open, and stays as it was
 *     1  what we seal we open, and nobody opens it with a bit changed
 *     2  the replay window, against a list of all numbers
 *     3  records packed into one datagram, and found again
 *     4  what we seal with a connection ID we open with it, and with no other
 *     5  0 with connection IDs: they are found, and by a dispatcher as well
 *     6  a session that is saved is loaded as it was, and nobody loads it with a bit changed
 *
 * The five high bits of that byte are the length of our connection ID, 31 meaning 32. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blob.h"
#include "datagram.h"
#include "fuzz.h"
#include "locket.h"
#include "replay.h"

static unsigned n_inputs, n_records, n_opened, n_refused, n_woken;
static size_t cid_len;            /* of this input */

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

/* The records of a datagram, one after the other; those of epoch 1 do not open. */
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
        if (!record_next(&at, &len, cid_len, &r, &reason)) {
            FUZZ_CHECK(reason == LOCKET_DROP_MALFORMED && len == 0 && at == bytes + f->left);
            break;
        }
        FUZZ_CHECK(r.cid_len == (from[0] == TYPE_TLS12_CID ? cid_len : 0));
        FUZZ_CHECK(r.body == from + RECORD_HEADER + r.cid_len && at == r.body + r.len);
        FUZZ_CHECK(at + len == bytes + f->left);
        uint8_t header[RECORD_HEADER + LOCKET_CFG_CID_SIZE];
        const uint8_t *cid;
        record_header(header, r.type, r.version, r.number, r.len);
        if (r.cid_len)
            record_header_cid(header, span_of(from + 11, r.cid_len));
        FUZZ_CHECK(memcmp(header, from, RECORD_HEADER + (size_t)r.cid_len) == 0);
        FUZZ_CHECK(locket_datagram_cid(from, (size_t)(at - from) + len, cid_len, &cid) == (r.cid_len > 0));
        FUZZ_CHECK(cid == (r.cid_len ? record_cid(&r) : NULL));
        bool sealed_only = r.type == TYPE_TLS12_CID || r.type == TYPE_RETURN_ROUTABILITY;
        if (reason == RECORD_FINE)
            FUZZ_CHECK(((r.type >= 20 && r.type <= 23) || (sealed_only && record_epoch(&r))) &&
                       r.version >> 8 == 0xFE && r.len <= RECORD_MAX);
        else
            FUZZ_CHECK(reason == LOCKET_DROP_TYPE || reason == LOCKET_DROP_MALFORMED);
        n_records++;
        if (record_epoch(&r) == 1)
            refuse(&ours, &r);
    }
    FUZZ_CHECK(!record_next(&at, &len, cid_len, &r, &reason) && reason == RECORD_FINE);
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

/* Theirs of one end is ours of the other; the same in both directions. */
static void with_id(locket_session *ours, locket_session *theirs)
{
    memset(ours->cids.theirs, 0xC1, cid_len);
    ours->terms.peer_cid_len = (uint8_t)cid_len;
    *theirs->cids.ours = 0;
    memcpy(theirs->cids.ours, ours->cids.theirs, cid_len);
    theirs->terms.cid = cid_len > 0;
}

static void seal_with_id(struct food *f)
{
    locket_session ours, theirs;
    two_ends(f, &ours, &theirs);
    with_id(&ours, &theirs);
    unsigned type = food_u8(f), bit = food_u16(f);
    if (!cid_len)
        type = 20 + type % 4;
    size_t len = f->left < 4096 ? f->left : 4096, least = record_overhead(&ours);
    size_t padding = type == TYPE_APPLICATION_DATA ? session_padding(&ours) : 0, overhead = least + padding;
    uint8_t *text = fuzz_copy(f->at, len), *out = fuzz_room(len + overhead), *at = out;
    if (len)
        memcpy(out + record_headroom(&ours), text, len);
    size_t left = record_seal(&ours, type, out, len), n = left;
    struct record r;
    int reason;
    FUZZ_CHECK(n && n <= len + overhead && n >= len + least);
    FUZZ_CHECK(!padding || (n - least + 1) % LOCKET_CFG_CID_PADDING == 0);
    FUZZ_CHECK(record_next(&at, &left, cid_len, &r, &reason) && left == 0 && reason == RECORD_FINE);
    FUZZ_CHECK(r.type == (cid_len ? TYPE_TLS12_CID : type) && r.cid_len == cid_len);
    uint8_t *flip = out + bit / 8 % n;
    bool length = flip >= r.body - HEADER_LEN && flip < r.body;
    *flip ^= (uint8_t)(1u << bit % 8);
    if (!length)
        refuse(&theirs, &r);
    *flip ^= (uint8_t)(1u << bit % 8);
    refuse(&ours, &r);
    if (cid_len) {                /* cut elsewhere, the same bytes are another ID and other content */
        struct record other = r;
        other.cid_len--;
        refuse(&theirs, &other);
    }
    /* Zeros behind the content are padding, and a type of zero is none. */
    while (cid_len && !type && len && !(type = text[len - 1]))
        len--;
    FUZZ_CHECK(record_open(&theirs, &r) && r.type == type);
    if (cid_len && r.len < len)
        len = r.len;
    FUZZ_CHECK(r.len == len && memcmp(r.body, text, len) == 0);
    n_opened++;
    free(text);
    free(out);
}

/* What a blob keeps of a session. */
static void kept_of(const locket_session *s, locket_session *out)
{
    memset(out, 0, sizeof *out);
    *out = *s;
    out->terms.cached = (locket_link)-1;
    out->terms.held = out->terms.checking = 0;
}

static void sleep_and_wake(struct food *f)
{
    locket_session ours, theirs, back;
    uint8_t key[16] = { 9 }, blob[LOCKET_BLOB_MAX + 1], copy[sizeof blob];
    uint64_t counter = 0;
    size_t n;
    two_ends(f, &ours, &theirs);
    with_id(&theirs, &ours);
    unsigned bit = food_u16(f), id = food_u8(f);
    ours.terms.peer_cid_len = (uint8_t)(food_u8(f) % (LOCKET_CFG_PEER_CID_SIZE + 1));
    const uint8_t *from = food_bytes(f, ours.terms.peer_cid_len, &n);
    memcpy(ours.cids.theirs, from ? from : blob, from ? n : 0);
    ours.terms.checks = ours.terms.cid && (id & 1);
    ours.terms.resumed = id >> 1 & 1;
    ours.terms.send_limit = food_u16(f);
    ours.terms.take_limit = food_u16(f);
    ours.terms.fragment = id >> 2 & 7u;
    ours.peer.len = (uint8_t)(1 + food_u8(f) % LOCKET_CFG_PEER_SIZE);
    ours.send += food_u16(f);
    ours.recv += food_u16(f);
    ours.window = food_u16(f);
    ours.handle = food_u16(f);
    ours.bad_tags = food_u16(f);
    ours.finished_seq = food_u8(f) & 127u;
    ours.path = food_u8(f);
    ours.epoch0_next = food_u16(f);
    locket_config c = { .role = bit & 1 ? LOCKET_SERVER : LOCKET_CLIENT, .cid_len = (uint8_t)cid_len }, other = c;
    size_t len = blob_len(&ours, &c);
    FUZZ_CHECK(len <= LOCKET_BLOB_MAX);
    blob_seal(&ours, &c, id, 77, key, blob);
    other.role = bit & 1 ? LOCKET_CLIENT : LOCKET_SERVER;
    for (unsigned how = 0; how < 6; how++) {
        size_t cut = how == 1 ? bit % len : len;
        memcpy(copy, blob, len);
        memset(&back, 0, sizeof back);
        if (how == 2)
            copy[bit / 8 % len] ^= (uint8_t)(1u << bit % 8);
        key[15] = how == 3;
        bool good = blob_open(&back, how == 5 ? &other : &c, id + (how == 4), &counter, key, copy, cut);
        FUZZ_CHECK(good == (how == 0));
        if (!good)
            continue;
        locket_session was, is;
        kept_of(&ours, &was);
        kept_of(&back, &is);
        FUZZ_CHECK(counter == 77 && memcmp(&was, &is, sizeof was) == 0);
        n_woken++;
    }
    /* Whose IDs are longer or shorter now cannot take it. */
    memcpy(copy, blob, len);
    key[15] = 0;
    memset(&back, 0, sizeof back);
    c.cid_len--;
    FUZZ_CHECK(!cid_len || !blob_open(&back, &c, id, &counter, key, copy, len));
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
    static void (*const parts[])(struct food *) = {
        apart, seal_and_open, window, pack, seal_with_id, apart, sleep_and_wake
    };
    struct food f = { data, size };
    unsigned part = food_u8(&f);
    cid_len = part >> 3 == 31 ? 32 : part >> 3;
    if (size)
        parts[(part & 7) % (sizeof parts / sizeof parts[0])](&f);
    n_inputs++;
    return 0;
}

bool fuzz_report(void)
{
    printf("%u inputs; records %u, opened %u, refused untouched %u, woken %u\n",
           n_inputs, n_records, n_opened, n_refused, n_woken);
    return n_opened && n_refused && n_woken;
}
