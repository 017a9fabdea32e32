/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_wire.c -- everything that reads or writes bytes of the network without a state of
 * its own. The first byte of an input says which, the rest is its food:
 *
 *     0  a program of reads over the rest, against a model of two numbers
 *     1  a program of writes: whole, in windows, and read back
 *     2  handshake fragments out of a record
 *     3  one take_ function on any body: if it refuses, the workspace is as it was
 *     4  our ClientHello: the same in pieces as whole, and taken by our server
 *     5  alerts */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "entropy.h"
#include "fuzz.h"
#include "handshake.h"
#include "rng.h"

static unsigned n_inputs, n_taken, n_refused;

/* --- 0: reads --------------------------------------------------------------------- */

struct model { const uint8_t *bytes; size_t at, len; bool bad; };

static bool model_has(struct model *m, size_t n)
{
    if (m->bad || n > m->len - m->at) {
        m->bad = true;
        return false;
    }
    m->at += n;
    return true;
}

static uint64_t model_uint(struct model *m, size_t n)
{
    uint64_t v = 0;
    if (model_has(m, n))
        for (size_t i = 0; i < n; i++)
            v = v << 8 | m->bytes[m->at - n + i];
    return v;
}

/* In two halves: the first is gone when the second is missing. */
static uint64_t model_u64(struct model *m)
{
    uint64_t high = model_uint(m, 4);
    return high << 32 | model_uint(m, 4);
}

static void check_span(const struct model *m, struct span s, size_t n)
{
    FUZZ_CHECK(s.len == (m->bad ? 0 : n));
    FUZZ_CHECK(m->bad || s.at == m->bytes + m->at - n);
}

static void read_program(struct food *f)
{
    size_t n_steps = food_u8(f), len;
    const uint8_t *program = food_bytes(f, n_steps * 3, &len);
    uint8_t *bytes = fuzz_copy(f->at, f->left);
    struct model m = { bytes, 0, f->left, false };
    struct span r = span_of(bytes, f->left);
    for (size_t i = 0; i + 2 < len; i += 3) {
        size_t a = program[i + 1], b = program[i + 2];
        switch (program[i] % 7) {
        case 0: FUZZ_CHECK(rd_u8(&r) == model_uint(&m, 1)); break;
        case 1: FUZZ_CHECK(rd_u16(&r) == model_uint(&m, 2)); break;
        case 2: FUZZ_CHECK(rd_u24(&r) == model_uint(&m, 3)); break;
        case 3: FUZZ_CHECK(rd_uint(&r, a % 5) == model_uint(&m, a % 5)); break;
        case 4: {
            size_t n = a << (b % 24);
            struct span s = rd_bytes(&r, n);
            model_has(&m, n);
            check_span(&m, s, n);
            break;
        }
        case 5: {
            size_t n = (size_t)model_uint(&m, 1 + b % 3);
            struct span s = rd_vec(&r, 1 + b % 3);
            model_has(&m, n);
            check_span(&m, s, n);
            break;
        }
        default: FUZZ_CHECK(rd_u64(&r) == model_u64(&m)); break;
        }
        FUZZ_CHECK(rd_bad(&r) == m.bad && (m.bad || r.at == bytes + m.at));
        FUZZ_CHECK(rd_done(&r) == (!m.bad && m.at == m.len) && rd_more(&r) == (!m.bad && m.at < m.len));
        FUZZ_CHECK(r.len == (m.bad ? 0 : m.len - m.at));
    }
    free(bytes);
}

/* --- 1: writes -------------------------------------------------------------------- */

static void write_all(struct writer *w, const uint8_t *program, size_t len, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i + 1 < len; i += 2) {
        size_t take = program[i + 1] < n ? program[i + 1] : n;
        switch (program[i] % 4) {
        case 0: wr_u8(w, program[i + 1]); break;
        case 1: wr_u16(w, program[i + 1] * 257u); break;
        case 2: wr_bytes(w, span_of(bytes, take)); break;
        default: wr_vec(w, 1 + program[i] / 4 % 3, span_of(bytes, take)); break;
        }
    }
}

static void write_program(struct food *f)
{
    size_t n_steps = food_u8(f) % 32, piece = 1u + food_u8(f), cap = food_u16(f) % 4096, len;
    const uint8_t *program = food_bytes(f, n_steps * 2, &len);
    enum { MOST = 32 * (3 + 255) };
    uint8_t *whole = fuzz_room(MOST), *small = fuzz_room(cap), *part = fuzz_room(piece),
            *rest = fuzz_copy(f->at, f->left);
    struct writer all = wr_over(whole, MOST), less = wr_over(small, cap);
    write_all(&all, program, len, rest, f->left);
    size_t n = MOST - all.room, fits = n < cap ? n : cap;
    struct writer count = wr_count();
    write_all(&count, program, len, rest, f->left);
    FUZZ_CHECK(wr_counted(&count) == n);
    write_all(&less, program, len, rest, f->left);
    FUZZ_CHECK(cap - less.room == fits && (!fits || memcmp(small, whole, fits) == 0));
    for (size_t at = 0; at < n; at += piece) {
        struct writer w = wr_window(part, piece, at);
        write_all(&w, program, len, rest, f->left);
        size_t got = piece - w.room;
        FUZZ_CHECK(got == (n - at < piece ? n - at : piece) && memcmp(part, whole + at, got) == 0);
    }
    free(whole);
    free(small);
    free(part);
    free(rest);
}

/* --- 2: fragments ------------------------------------------------------------------- */

static void split(struct food *f)
{
    uint8_t *bytes = fuzz_copy(f->at, f->left);
    struct span rest = span_of(bytes, f->left);
    struct fragment x;
    size_t before = rest.len;
    while (incoming_split(&rest, &x)) {
        FUZZ_CHECK(rest.len + HS_HEADER + x.body.len == before);
        FUZZ_CHECK(x.offset <= x.len && x.body.len <= x.len - x.offset && x.len < 1u << 24);
        FUZZ_CHECK(x.body.at >= bytes && x.body.at + x.body.len <= bytes + f->left);
        FUZZ_CHECK(!x.body.len || rest.at == x.body.at + x.body.len);
        before = rest.len;
    }
    FUZZ_CHECK(rest.len == before);
    free(bytes);
}

/* --- 3: take_ functions -------------------------------------------------------------- */

static locket_error look_up(void *user, locket_psk *psk)
{
    static const uint8_t key[16] = { 1 };
    const uint8_t *mode = user;
    psk->key = key;
    psk->key_len = sizeof key;
    return *mode & 8 ? LOCKET_PENDING : *mode & 16 ? LOCKET_ERR_NO_KEY : LOCKET_OK;
}

static const struct { locket_role role; locket_error (*take)(struct turn *, struct span); } takes[] = {
    { LOCKET_SERVER, take_client_hello },  { LOCKET_CLIENT, take_hello_verify },
    { LOCKET_CLIENT, take_server_hello },  { LOCKET_CLIENT, take_server_key },
    { LOCKET_CLIENT, take_hello_done },    { LOCKET_SERVER, take_client_key },
    { LOCKET_CLIENT, take_finished },      { LOCKET_SERVER, take_finished },
};

static void begin_turn(struct turn *t, locket_config *c, struct locket_rng *rng, uint8_t *mode)
{
    memset(c, 0, sizeof *c);
    c->role = (locket_role)t->hs->role;
    c->psk = look_up;
    c->user = mode;
    c->legacy = *mode & 1;
    entropy_seed(1);
    FUZZ_CHECK(rng_seed(rng, "fuzz", 4));
    t->config = c;
    t->rng = rng;
    sha256_start(&t->hs->transcript);
}

static void take(struct food *f)
{
    uint8_t mode = food_u8(f), which = food_u8(f), decoy_len = 16;
    locket_handshake hs, before;
    locket_config c;
    struct locket_rng rng;
    locket_psk psk = { 0 };
    size_t i = which % (sizeof takes / sizeof takes[0]), cookie = food_u8(f);
    memset(&hs, 0, sizeof hs);
    hs.role = (uint8_t)takes[i].role;
    hs.state = WORKSPACE_RUNNING;
    hs.flags = mode & 2 ? F_COOKIE | F_EMS : 0;
    if (i == 1) {
        hs.out_len = (uint16_t)cookie;
        hs.hellos = which >> 4;
        if (hs.hellos > 8)
            hs.hellos = 8;
    }
    struct turn t = { 0 };
    t.hs = &hs;
    t.psk = &psk;
    t.decoy_len = &decoy_len;
    t.query = 1u << 16 | 7;
    begin_turn(&t, &c, &rng, &mode);
    memcpy(&before, &hs, sizeof hs);
    uint8_t *body = fuzz_copy(f->at, f->left);
    locket_error error = takes[i].take(&t, span_of(body, f->left));
    /* Parse all, check all, then commit. */
    if (error == LOCKET_PENDING)
        before.query = hs.query;
    if (error)
        FUZZ_CHECK(memcmp(&before, &hs, sizeof hs) == 0);
    FUZZ_CHECK(error < LOCKET_PEER_ALERT || error == LOCKET_PENDING);
    FUZZ_CHECK(hs.out_len + hs.in_len <= LOCKET_CFG_ARENA && decoy_len >= 16);
    error ? n_refused++ : n_taken++;
    free(body);
}

/* --- 4: our ClientHello --------------------------------------------------------------- */

static void hello(struct food *f)
{
    static const uint16_t suites[4] = { LOCKET_PSK_AES_128_CCM_8, LOCKET_PSK_AES_128_GCM_SHA256,
                                        LOCKET_PSK_AES_128_CCM, LOCKET_PSK_AES_128_CCM_8 };
    uint8_t mode = food_u8(f);
    size_t piece = 1u + food_u8(f), cookie_len = food_u8(f), got;
    const uint8_t *cookie = food_bytes(f, cookie_len, &got);
    const uint8_t *random = food_bytes(f, RANDOM_SIZE, &cookie_len);
    locket_handshake hs;
    locket_config c;
    struct locket_rng rng;
    memset(&hs, 0, sizeof hs);
    hs.role = LOCKET_CLIENT;
    struct turn t = { 0 };
    t.hs = &hs;
    begin_turn(&t, &c, &rng, &mode);
    c.n_suites = mode / 32 % 4;
    c.suites = suites + mode / 128;
    hs.out_len = (uint16_t)got;
    if (got)
        memcpy(hs.arena, cookie, got);
    if (cookie_len)
        memcpy(hs.random[LOCKET_CLIENT], random, cookie_len);

    struct writer w = wr_count();
    make_client_hello(&t, &w);
    size_t n = wr_counted(&w);
    uint8_t *whole = fuzz_room(n), *part = fuzz_room(piece);
    w = wr_over(whole, n);
    make_client_hello(&t, &w);
    FUZZ_CHECK(w.room == 0);
    for (size_t at = 0; at < n; at += piece) {
        w = wr_window(part, piece, at);
        make_client_hello(&t, &w);
        FUZZ_CHECK(piece - w.room == (n - at < piece ? n - at : piece));
        FUZZ_CHECK(memcmp(part, whole + at, piece - w.room) == 0);
    }
    struct span body = span_of(whole, n), r = body;
    struct hello h;
    FUZZ_CHECK(hello_read(&r, &h) && h.cookie.len == hs.out_len);
    FUZZ_CHECK(memcmp(h.random.at, hs.random[LOCKET_CLIENT], RANDOM_SIZE) == 0);
    c.role = LOCKET_SERVER;
    hs.role = LOCKET_SERVER;
    hs.flags = 0;
    FUZZ_CHECK(take_client_hello(&t, body) == LOCKET_OK && (hs.flags & F_EMS) && (hs.flags & F_SECURE));
    free(whole);
    free(part);
}

/* --- 5: alerts -------------------------------------------------------------------------- */

static void alert(struct food *f)
{
    uint8_t mode = food_u8(f), what = 0, made[ALERT_SIZE];
    uint8_t *bytes = fuzz_copy(f->at, f->left);
    enum alert_verdict v = alert_take(bytes, f->left, mode & 1, mode & 2, &what);
    FUZZ_CHECK(v == ALERT_DROP || (f->left == ALERT_SIZE && what == bytes[1]));
    FUZZ_CHECK((mode & 1) ? v != ALERT_HINT : v == ALERT_DROP || (v == ALERT_HINT && (mode & 2)));
    alert_make(made, mode);
    FUZZ_CHECK(made[1] == mode && (made[0] == ALERT_WARNING || made[0] == ALERT_FATAL));
    FUZZ_CHECK(alert_take(made, sizeof made, true, false, &what) != ALERT_DROP && what == mode);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const parts[])(struct food *) = { read_program, write_program, split, take, hello, alert };
    struct food f = { data, size };
    if (size)
        parts[food_u8(&f) % (sizeof parts / sizeof parts[0])](&f);
    n_inputs++;
    return 0;
}

bool fuzz_report(void)
{
    printf("%u inputs; bodies taken %u, refused without a trace %u\n", n_inputs, n_taken, n_refused);
    return n_taken && n_refused;
}
