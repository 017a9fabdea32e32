/* SPDX-License-Identifier: Apache-2.0
 *
 * seeds_driven.c -- seeds from real handshakes: two endpoints of ours talk, and what the
 * one under test is given is written down as steps. A play says what is odd about it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "entropy.h"
#include "header.h"
#include "seeds.h"
#include "weak.h"

enum { QUEUE = 64, LATER_MS = 1100 };

struct play {
    const char *name;
    uint8_t modes, sizes, rest;   /* setup of the subject */
    uint8_t peer_modes, peer_rest;
    unsigned lost;                /* datagrams to the subject, by bit */
    enum { RAW, FRAMED, PIECES, BACKWARDS, REVERSED } how;
    enum { NOTHING, DATA, DATA_AND_CLOSE, PEER_CLOSES, AGAIN, ECHO, COMES_BACK, ROAMS, COPIED, LEFT } then;
    uint8_t key;                  /* + 1: the subject's look-up is PENDING and gets this key */
    bool as_any;                  /* also write it with both switches of weak.h on */
    uint8_t more;                 /* byte 3, of both */
    uint8_t forgets;              /* bytes of the peer's record that are altered before it comes back */
    uint8_t roams, peer_roams;    /* byte 4, if byte 3 has MORE_ROAMS */
};

static const struct play plays[] = {
    { "ccm8",           0, 0x05, 0x01, 0, 0, 0, RAW, DATA_AND_CLOSE, 0, true, 0, 0, 0, 0 },
    { "ccm8_framed",    0, 0x05, 0x01, 0, 0, 0, FRAMED, DATA, 0, true, 0, 0, 0, 0 },
    { "gcm",            0, 0x05, 0x02, 0, 0, 0, RAW, PEER_CLOSES, 0, false, 0, 0, 0, 0 },
    { "gcm_framed",     0, 0x05, 0x02, 0, 0, 0, FRAMED, PEER_CLOSES, 0, true, 0, 0, 0, 0 },
    { "ccm_framed",     0, 0x05, 0x43, 0, 0, 0, FRAMED, DATA_AND_CLOSE, 0, true, 0, 0, 0, 0 },
    { "one_buffer",     0, 0x15, 0x00, 0, 0, 0, RAW, DATA_AND_CLOSE, 0, false, 0, 0, 0, 0 },
    { "small",          0, 0x65, 0x48, 0, 0x08, 0, RAW, DATA, 0, false, 0, 0, 0, 0 },
    { "pieces",         0, 0x05, 0x08, 0, 0x08, 0, PIECES, DATA, 0, true, 0, 0, 0, 0 },
    { "backwards",      0, 0x05, 0x00, MODE_HINT, 0, 0, BACKWARDS, DATA, 0, true, 0, 0, 0, 0 },
    { "reversed",       0, 0x05, 0x00, MODE_HINT, 0, 0, REVERSED, DATA, 0, true, 0, 0, 0, 0 },
    { "hint",           MODE_HINT, 0x05, 0x00, MODE_HINT, 0, 0, FRAMED, DATA, 0, true, 0, 0, 0, 0 },
    { "hint_pieces",    MODE_HINT, 0x05, 0x00, MODE_HINT, 0, 0, PIECES, DATA, 0, false, 0, 0, 0, 0 },
    { "one_message",    MODE_ONE_MESSAGE, 0x05, 0x00, MODE_ONE_MESSAGE, 0, 0, FRAMED, DATA, 0, false, 0, 0, 0, 0 },
    { "legacy_export",  MODE_LEGACY, 0x05, 0x40, 0, 0, 0, RAW, DATA, 0, false, 0, 0, 0, 0 },
    { "silent",         MODE_SILENT, 0x05, 0x00, 0, 0, 0, FRAMED, DATA_AND_CLOSE, 0, false, 0, 0, 0, 0 },
    { "lost_first",     0, 0x05, 0x00, 0, 0, 1, RAW, DATA, 0, false, 0, 0, 0, 0 },
    { "lost_second",    0, 0x05, 0x00, 0, 0, 2, RAW, DATA, 0, false, 0, 0, 0, 0 },
    { "lost_third",     0, 0x05, 0x20, 0, 0, 4, FRAMED, DATA, 0, false, 0, 0, 0, 0 },
    { "lost_two",       0, 0x05, 0x00, 0, 0, 6, RAW, DATA, 0, false, 0, 0, 0, 0 },
    { "echo",           0, 0x05, 0x00, 0, 0, 0, RAW, ECHO, 0, false, 0, 0, 0, 0 },
    { "wrap",           0, 0x05, 0x80, 0, 0, 2, RAW, DATA, 0, false, 0, 0, 0, 0 },
    { "idle",           0, 0x85, 0x00, 0, 0, 0, FRAMED, DATA, 0, false, 0, 0, 0, 0 },
    { "again",          0, 0x05, 0x00, 0, 0, 0, RAW, AGAIN, 0, false, 0, 0, 0, 0 },
    { "again_framed",   MODE_EVICT, 0x01, 0x00, 0, 0, 0, FRAMED, AGAIN, 0, true, 0, 0, 0, 0 },
    { "pending",        MODE_PENDING, 0x05, 0x00, 0, 0, 0, FRAMED, DATA, 1, true, 0, 0, 0, 0 },
    { "pending_hint",   MODE_PENDING, 0x05, 0x00, MODE_HINT, 0, 0, RAW, DATA, 1, false, 0, 0, 0, 0 },
    { "pending_no_key", MODE_PENDING, 0x05, 0x00, 0, 0, 0, RAW, NOTHING, 3, false, 0, 0, 0, 0 },
    { "resume_id",      0, 0x0D, 0x00, 0, 0, 0, RAW, COMES_BACK, 0, true, MORE_CACHE, 0, 0, 0 },
    { "resume_id_gcm", 0, 0x0D, 0x02, 0, 0, 0, FRAMED, COMES_BACK, 0, true, MORE_CACHE | MORE_ALWAYS, 0, 0, 0 },
    { "resume_ticket",  0, 0x0D, 0x00, 0, 0, 0, RAW, COMES_BACK, 0, true, MORE_TICKETS, 0, 0, 0 },
    { "resume_ticket_gcm", 0, 0x0D, 0x02, 0, 0, 0, FRAMED, COMES_BACK, 0, true,
      MORE_TICKETS | MORE_NEVER, 0, 0, 0 },
    { "resume_pieces",  MODE_HINT, 0x0D, 0x00, MODE_HINT, 0, 0, PIECES, COMES_BACK, 0, true,
      MORE_TICKETS, 0, 0, 0 },
    { "resume_reversed", 0, 0x0D, 0x00, 0, 0, 0, REVERSED, COMES_BACK, 0, true, MORE_TICKETS, 0, 0, 0 },
    { "resume_lost",    0, 0x0D, 0x00, 0, 0, 8, RAW, COMES_BACK, 0, false, MORE_CACHE, 0, 0, 0 },
    { "resume_lost_last", 0, 0x0D, 0x00, 0, 0, 16, RAW, COMES_BACK, 0, false, MORE_TICKETS | MORE_ALWAYS, 0, 0, 0 },
    { "resume_unknown", 0, 0x0D, 0x00, 0, 0, 0, FRAMED, COMES_BACK, 0, true, MORE_CACHE, 70, 0, 0 },
    { "resume_bad_ticket", 0, 0x0D, 0x00, 0, 0, 0, FRAMED, COMES_BACK, 0, true, MORE_TICKETS, 65, 0, 0 },
    { "resume_limit",   0, 0x0D, 0x00, 0, 0, 0, FRAMED, COMES_BACK, 0, true, MORE_CACHE | 1 * MORE_SIZES, 0, 0, 0 },
    { "resume_both",    0, 0x0D, 0x00, 0, 0, 0, FRAMED, COMES_BACK, 0, true, MORE_CACHE | 2 * MORE_SIZES, 0, 0, 0 },
    { "resume_fragment", 0, 0x0D, 0x00, 0, 0, 0, FRAMED, COMES_BACK, 0, true,
      MORE_TICKETS | 3 * MORE_SIZES, 0, 0, 0 },
    { "resume_short",   0, 0x0D, 0x00, 0, 0, 0, RAW, COMES_BACK, 0, false, MORE_CACHE | MORE_SHORT, 0, 0, 0 },
    /* Connection IDs of 8, 31, 2 and 0 bytes; who has moved, whose records are copied, who is told
     * to follow. */
    { "cid",            0, 0x05, 0x01, 0, 0, 0, RAW, DATA_AND_CLOSE, 0, true, MORE_ROAMS, 0, 0, 0 },
    { "cid_enhanced",   0, 0x05, 0x01, 0, 0, 0, RAW, ROAMS, 0, true, MORE_ROAMS, 0, 0x40, 3 },
    { "cid_basic",      0, 0x05, 0x02, 0, 0, 0, RAW, ROAMS, 0, true, MORE_ROAMS, 0, 0x2D, 0 },
    { "cid_told",       0, 0x05, 0x01, 0, 0, 0, RAW, ROAMS, 0, true, MORE_ROAMS, 0, 0x13, 1 },
    { "cid_no_room",    0, 0x05, 0x01, 0, 0, 0, RAW, ROAMS, 0, false, MORE_ROAMS, 0, 0x02, 2 },
    { "cid_copied",     0, 0x05, 0x01, 0, 0, 0, RAW, COPIED, 0, true, MORE_ROAMS, 0, 0x40, 6 },
    { "cid_left",       0, 0x05, 0x01, 0, 0, 0, RAW, LEFT, 0, true, MORE_ROAMS, 0, 0x20, 0 },
    { "cid_theirs_only", 0, 0x05, 0x01, 0, 0, 0, RAW, DATA, 0, false, MORE_ROAMS, 0, 1, 0 },
    { "cid_ours_only",  0, 0x05, 0x01, 0, 0, 0, RAW, ROAMS, 0, false, MORE_ROAMS, 0, 0x40, 1 },
    { "cid_one_byte",   0, 0x05, 0x01, 0, 0, 0, RAW, AGAIN, 0, false, MORE_ROAMS, 0, 2, 0 },
    { "cid_again",      MODE_EVICT, 0x05, 0x00, 0, 0, 0, RAW, AGAIN, 0, true, MORE_ROAMS, 0, 0, 0 },
    { "cid_resume",     0, 0x0D, 0x00, 0, 0, 0, RAW, COMES_BACK, 0, true, MORE_ROAMS | MORE_TICKETS, 0, 0, 0 },
    { "cid_lost",       0, 0x0D, 0x00, 0, 0, 8, RAW, COMES_BACK, 0, false, MORE_ROAMS | MORE_CACHE, 0, 0, 0 },
};

struct side {
    struct drive d;
    locket_session sessions[DRIVE_TABLE];
    locket_handshake handshakes[DRIVE_TABLE];
    uint8_t record[LOCKET_RECORD_MAX];
    size_t record_len;
};

struct world {
    const struct play *play;
    struct tape tape;
    struct side subject, peer;
    locket_session *subject_session, *peer_session;
    locket_role role;
    locket_time now;
    unsigned delivered, answered;
    unsigned from;                /* where the peer is */
    struct { uint8_t bytes[2048]; size_t len; } queue[QUEUE];  /* to the peer */
    size_t n_queue;
};

static void fail(const char *what, const char *name)
{
    fprintf(stderr, "%s: %s\n", name, what);
    exit(1);
}

static void start(struct side *s, const uint8_t setup[DRIVE_SETUP], locket_role role, uint64_t seed)
{
    memset(s, 0, sizeof *s);
    memcpy(s->d.setup, setup, DRIVE_SETUP);
    drive_config(&s->d, setup, role);
    entropy_seed(seed);
    if (locket_init(&s->d.ep, &s->d.config, s->sessions, 1u + setup[1] % 4, s->handshakes,
                    1u + setup[1] / 4 % 4))
        fail("locket_init", "seeds");
}

static void tape_fragments(struct tape *t, const struct record *r, unsigned flags, bool last, size_t piece,
                           bool backwards)
{
    struct span in = span_of(r->body, r->len);
    while (rd_more(&in)) {
        unsigned type = rd_u8(&in);
        size_t len = rd_u24(&in), seq = rd_u16(&in);
        rd_bytes(&in, 6);
        struct span body = rd_bytes(&in, len);
        bool end = last && !rd_more(&in);
        if (rd_bad(&in))
            fail("a message that is not whole", "seeds");
        /* A ClientHello's first piece has to reach through its compression methods, and
         * HelloVerifyRequest is never cut. */
        size_t first = type == 1 ? len - 4 : piece;
        size_t n = !piece || len <= first || type == 3 ? 1 : 1 + (len - first + piece - 1) / piece;
        if (n == 1) {
            step_by_message(t, 0, type, (unsigned)seq, flags | (end ? 0 : FRAME_HOLD), body.at, len);
            continue;
        }
        for (size_t k = 0; k < n; k++) {
            size_t i = backwards && type != 1 ? n - 1 - k : k;
            size_t from = i ? first + (i - 1) * piece : 0;
            size_t to = first + i * piece < len ? first + i * piece : len;
            step_of(t, STEP_MESSAGE, 0);
            tape_u8(t, type);
            tape_u8(t, (unsigned)seq);
            tape_u8(t, flags | FRAME_FRAGMENT | (end && k == n - 1 ? 0 : FRAME_HOLD));
            tape_u16(t, (unsigned)(to - from));
            tape_u16(t, (unsigned)from);
            tape_u16(t, (unsigned)len);
            tape_bytes(t, body.at + from, to - from);
        }
    }
}

/* One datagram to the subject, as the play wants it. */
static void tape_datagram(struct tape *t, const struct play *p, unsigned from, uint8_t *bytes, size_t len)
{
    struct record records[16];
    size_t n = 0, left = len, piece = p->how == PIECES || p->how == BACKWARDS ? 20 : 0;
    uint8_t *at = bytes;
    int reason;
    while (n < 16 && record_next(&at, &left, 0, &records[n], &reason))
        n++;
    if (p->how == RAW) {
        step_of_u16(t, STEP_DATAGRAM, from, (unsigned)len);
        tape_bytes(t, bytes, len);
        return;
    }
    for (size_t k = 0; k < n; k++) {
        struct record r = records[p->how == REVERSED ? n - 1 - k : k];
        bool sealed = record_epoch(&r) == 1, last = k == n - 1;
        unsigned tag = p->rest % 8 == 2 || p->rest % 8 == 3 ? 16 : 8;
        unsigned flags = sealed ? tag == 16 ? FRAME_SEALED | FRAME_TAG_16 : FRAME_SEALED : 0;
        if (sealed) {
            r.body += 8;
            r.len -= 8 + tag;
        }
        if (r.type == TYPE_HANDSHAKE)
            tape_fragments(t, &r, flags, last, piece, p->how == BACKWARDS);
        else
            step_by_record(t, 0, r.type, flags | (last ? 0 : FRAME_HOLD), r.body, r.len);
    }
}

static void connected(struct side *s, locket_session *session, locket_session **out)
{
    *out = session;
    if (locket_remember(&s->d.ep, session, s->record, sizeof s->record, &s->record_len))
        s->record_len = 0;
}

static void pull_subject(struct world *w)
{
    uint8_t out[2048];
    locket_event e;
    while (locket_next(&w->subject.d.ep, out, drive_cap(w->subject.d.setup), &e)) {
        if (e.kind == LOCKET_CONNECTED)
            connected(&w->subject, e.session, &w->subject_session);
        if (e.kind == LOCKET_SEND && w->n_queue < QUEUE) {
            memcpy(w->queue[w->n_queue].bytes, e.data, e.len);
            w->queue[w->n_queue++].len = e.len;
        }
    }
}

/* What the peer has said arrives, or is lost; a PENDING look-up is answered. */
static void to_subject(struct world *w, uint8_t *bytes, size_t len)
{
    locket_peer peer = drive_peer(w->from);
    const struct play *p = w->play;
    if (p->lost >> w->delivered++ & 1)
        return;
    if (n_samples < SAMPLES && p == plays) {
        memcpy(samples[n_samples].bytes, bytes, len);
        samples[n_samples++].len = len;
    }
    tape_datagram(&w->tape, p, w->from, bytes, len);
    if (p->then == ECHO)
        step_of(&w->tape, STEP_REPEAT, 0);
    locket_input(&w->subject.d.ep, &peer, bytes, len, w->now);
    pull_subject(w);
    while (p->key && w->answered < w->subject.d.n_lookups) {
        locket_psk psk = { 0 };
        bool found = drive_key(p->key - 1u, &psk);
        step_of(&w->tape, STEP_ANSWER, p->key - 1u);
        tape_u8(&w->tape, w->answered);
        if (locket_answer(&w->subject.d.ep, w->subject.d.lookups[w->answered++], found ? &psk : NULL, w->now))
            fail("no such query", p->name);
        pull_subject(w);
    }
}

static void pull_peer(struct world *w)
{
    uint8_t out[2048];
    locket_event e;
    while (locket_next(&w->peer.d.ep, out, sizeof out, &e)) {
        if (e.kind == LOCKET_CONNECTED)
            connected(&w->peer, e.session, &w->peer_session);
        if (e.kind == LOCKET_SEND)
            to_subject(w, out, e.len);
    }
}

static void to_peer(struct world *w)
{
    locket_peer subject = drive_peer(1);
    for (size_t i = 0; i < w->n_queue; i++) {
        locket_input(&w->peer.d.ep, &subject, w->queue[i].bytes, w->queue[i].len, w->now);
        pull_peer(w);
    }
    w->n_queue = 0;
}

static void later(struct world *w, unsigned ms)
{
    w->now += ms;
    step_of_u16(&w->tape, STEP_ADVANCE, 0, ms);
    locket_tick(&w->subject.d.ep, w->now);
    pull_subject(w);
    locket_tick(&w->peer.d.ep, w->now);
    pull_peer(w);
    to_peer(w);
}

static void handshake(struct world *w)
{
    locket_peer at = drive_peer(w->role == LOCKET_CLIENT ? 0 : 1);
    locket_session *s = NULL;
    struct side *client = w->role == LOCKET_CLIENT ? &w->subject : &w->peer;
    bool resumes = w->play->then == COMES_BACK && client->record_len;
    if (w->role == LOCKET_CLIENT) {
        step_of(&w->tape, resumes ? STEP_RESUME : STEP_CONNECT, 0);
        if (resumes)
            tape_u8(&w->tape, 0);
    }
    w->subject_session = w->peer_session = NULL;
    static uint8_t offered[LOCKET_RECORD_MAX];
    memcpy(offered, client->record, sizeof offered);
    if (w->play->forgets && resumes && w->role == LOCKET_SERVER)
        offered[w->play->forgets] ^= 1;
    if (resumes ? locket_resume(&client->d.ep, &at, w->now, offered, client->record_len, &s)
                : locket_connect(&client->d.ep, &at, w->now, &s))
        fail("locket_connect", w->play->name);
    if (w->role == LOCKET_CLIENT)
        pull_subject(w);
    else
        pull_peer(w);
    to_peer(w);
    for (unsigned i = 0; i < 6 && !(w->subject_session && w->peer_session); i++)
        later(w, LATER_MS);
    if (w->play->key <= 1 && !(w->subject_session && w->peer_session))
        fail("not connected", w->play->name);
}

static void peer_says(struct world *w, size_t len)
{
    static const uint8_t text[64] = "how warm is it?";
    uint8_t out[256];
    size_t n = 0;
    if (!w->peer_session || locket_send(&w->peer.d.ep, w->peer_session, text, len, out, sizeof out, &n))
        fail("locket_send", w->play->name);
    to_subject(w, out, n);
}

/* From elsewhere; then whoever is asked answers. */
static void roams(struct world *w)
{
    bool copied = w->play->then == COPIED, left = w->play->then == LEFT;
    peer_says(w, 15);
    w->from = 2;
    peer_says(w, 7);
    w->from = copied || left ? 0 : 2;
    locket_left(&w->peer.d.ep, left);
    to_peer(w);
    w->from = copied ? 0 : 2;
    locket_left(&w->peer.d.ep, false);
    for (unsigned i = 0; i < 5; i++)
        later(w, 550);
    step_of_u16(&w->tape, STEP_SEND, 0, 32);
    step_of(&w->tape, STEP_CALL, CALL_LOOK);
    tape_u8(&w->tape, w->from | w->subject.d.config.cid_len * DRIVE_PEERS);
    step_of(&w->tape, STEP_CALL, CALL_SAVE);
    tape_u8(&w->tape, 0);
    for (unsigned i = 0; i < 2; i++) {
        step_of(&w->tape, STEP_CALL, CALL_LOAD);
        tape_u8(&w->tape, 0);
    }
    peer_says(w, 15);
    step_of_u16(&w->tape, STEP_SEND, 0, 32);
    w->from = 3;
    peer_says(w, 15);
    step_of(&w->tape, STEP_CALL, CALL_MOVE);
    tape_u8(&w->tape, 4 * w->from);
}

static void afterwards(struct world *w)
{
    struct tape *t = &w->tape;
    switch (w->play->then) {
    case NOTHING:
        return;
    case PEER_CLOSES:
        (void)locket_close(&w->peer.d.ep, w->peer_session);
        pull_peer(w);
        return;
    case AGAIN: {                 /* the peer, or the subject, begins anew beside the session */
        uint8_t setup[DRIVE_SETUP] = { w->play->peer_modes, 5, w->play->peer_rest, w->play->more,
                                       w->play->peer_roams };
        if (w->role == LOCKET_SERVER)
            start(&w->peer, setup, LOCKET_CLIENT, 99);
        handshake(w);
        peer_says(w, 15);
        return;
    }
    case ROAMS:
    case COPIED:
    case LEFT:
        roams(w);
        return;
    case COMES_BACK:
        for (int i = 0; i < 2; i++) {
            peer_says(w, 15);
            handshake(w);
        }
        peer_says(w, 15);
        step_of(t, STEP_CALL, 0);
        tape_u8(t, 1);
        step_of(t, STEP_CALL, 1);
        tape_u8(t, 9);
        step_of(t, STEP_CALL, 2);
        tape_u8(t, 25);
        step_of(t, STEP_RECORD, 0);          /* a fatal alert */
        tape_u8(t, TYPE_ALERT);
        tape_u8(t, FRAME_SEALED | FRAME_NUMBER | (w->play->rest % 8 == 2 ? FRAME_TAG_16 : 0));
        tape_u16(t, 40);
        tape_u16(t, 2);
        tape_bytes(t, "\2\24", 2);
        return;
    default:
        peer_says(w, 15);
        step_of_u16(t, STEP_SEND, 0, 32);
        peer_says(w, 1);
        if (w->play->then == DATA_AND_CLOSE)
            step_of(t, STEP_CLOSE, 0);
        return;
    }
}

static void perform(const struct play *p, locket_role role)
{
    static struct world w;
    const char *target = role == LOCKET_CLIENT ? "client" : "server";
    const uint8_t setup[DRIVE_SETUP] = { p->modes, p->sizes, p->rest, p->more, p->roams };
    const uint8_t peer_setup[DRIVE_SETUP] = { p->peer_modes, 5, p->peer_rest, p->more, p->peer_roams };
    char name[64];
    memset(&w, 0, sizeof w);
    w.play = p;
    w.role = role;
    w.now = drive_clock(setup);
    step_setup(&w.tape, p->modes, p->sizes, p->rest);
    if (p->more) {
        step_of(&w.tape, STEP_SETUP, 0);
        tape_u8(&w.tape, p->more);
        if (p->more & MORE_ROAMS)
            tape_u8(&w.tape, p->roams);
    }
    weak_reset();
    start(&w.peer, peer_setup, role == LOCKET_CLIENT ? LOCKET_SERVER : LOCKET_CLIENT, 42);
    start(&w.subject, setup, role, DRIVE_ENTROPY);
    handshake(&w);
    afterwards(&w);
    tape_write(&w.tape, target, p->name);
    if (p->as_any) {
        snprintf(name, sizeof name, "any_%s", p->name);
        w.tape.bytes[0] |= MODE_ANY_COOKIE | MODE_ANY_FINISHED;
        tape_write(&w.tape, target, name);
    }
}

void seeds_driven(void)
{
    for (size_t i = 0; i < sizeof plays / sizeof plays[0]; i++) {
        perform(&plays[i], LOCKET_SERVER);
        perform(&plays[i], LOCKET_CLIENT);
    }
}
