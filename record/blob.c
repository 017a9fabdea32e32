/* SPDX-License-Identifier: Apache-2.0
 *
 * blob.c -- a session is sealed into bytes, and opened again. */
#include "blob.h"
#include "aead.h"
#include "ct.h"

enum { BLOB_CLIENT = 1, BLOB_SERVER = 2 };                     /* format */
enum { BLOB_HEAD = 1 + 8, BLOB_TAG = 16, BLOB_NONCE = 12, BLOB_FIXED = BLOB_HEAD + 99 + BLOB_TAG };
enum { PATH_LEAST = 256 / 16 };                                /* locket_too_big() takes no less */
enum { BLOB_KEYS = 56, BLOB_BEHIND = BLOB_KEYS + 40 };         /* where they lie in the text */
enum { BLOB_CID = 1, BLOB_CHECKS = 2, BLOB_RESUMED = 4 };      /* flags */
STATIC_ASSERT(a_blob_is_short, LOCKET_BLOB_MAX == BLOB_FIXED + LOCKET_CFG_PEER_SIZE + LOCKET_CFG_CID_SIZE +
                                                      LOCKET_CFG_PEER_CID_SIZE);

static const struct aead *blob_aead(void) { return aead_of(LOCKET_CFG_CCM ? AEAD_CCM : AEAD_GCM); }

static struct aead_message blob_message(uint32_t id, uint8_t *blob, size_t len, uint8_t nonce[BLOB_NONCE])
{
    struct writer w = wr_over(nonce, BLOB_NONCE);
    wr_uint(&w, id, 4);
    wr_bytes(&w, span_of(blob + 1, 8));
    const struct aead_message m = { nonce, blob, BLOB_HEAD, blob + BLOB_HEAD, len - BLOB_HEAD - BLOB_TAG };
    return m;
}

/* Without the knobs a session has no terms, and these are the same in all. */
static struct locket_terms blob_terms(const locket_session *s)
{
    const struct locket_terms none = { 0 };
    bool has = LOCKET_CFG_RESUME || LOCKET_CFG_LIMITS || LOCKET_CFG_CID;
    return has ? *LOCKET_TERMS(s) : none;
}

static uint8_t blob_format(const locket_config *c) { return c->role == LOCKET_CLIENT ? BLOB_CLIENT : BLOB_SERVER; }

static struct span blob_cid(const locket_session *s, const locket_config *c)
{
    return session_has_cid(s) ? span_of(LOCKET_CIDS(s)->ours, c->cid_len) : span_of(NULL, 0);
}

LOCKET_INTERNAL size_t blob_len(const locket_session *s, const locket_config *c)
{
    return BLOB_FIXED + s->peer.len + blob_cid(s, c).len + session_peer_cid(s).len;
}

LOCKET_INTERNAL void blob_seal(const locket_session *s, const locket_config *c, uint32_t id, uint64_t counter,
                               const uint8_t key[16], uint8_t *out)
{
    const struct locket_terms terms = blob_terms(s);
    size_t len = blob_len(s, c);
    uint8_t nonce[BLOB_NONCE];
    struct writer w = wr_over(out, len);
    wr_u8(&w, blob_format(c));
    wr_u64(&w, counter);
    wr_u16(&w, suite_at(s->suite)->id);
    wr_u8(&w, (terms.cid ? BLOB_CID : 0u) | (terms.checks ? BLOB_CHECKS : 0u) | (terms.resumed ? BLOB_RESUMED : 0u));
    wr_u8(&w, s->finished_seq);
    wr_u8(&w, s->path);
    wr_u16(&w, s->epoch0_next);
    wr_uint(&w, s->handle, 4);
    wr_uint(&w, s->bad_tags, 4);
    wr_bytes(&w, span_of(s->verify_data, sizeof s->verify_data));
    wr_u16(&w, terms.send_limit);
    wr_u16(&w, terms.take_limit);
    wr_u8(&w, terms.fragment);
    wr_u64(&w, s->send);
    wr_u64(&w, s->recv);
    wr_u64(&w, s->window);
    wr_bytes(&w, span_of(s->key, sizeof s->key));
    wr_bytes(&w, span_of(s->salt, sizeof s->salt));
    wr_vec(&w, 1, span_of(s->peer.bytes, s->peer.len));
    wr_vec(&w, 1, blob_cid(s, c));
    wr_vec(&w, 1, session_peer_cid(s));
    const struct aead_message m = blob_message(id, out, len, nonce);
    blob_aead()->seal(key, &m, m.text + m.len);
}

static void rd_into(struct span *r, void *out, size_t n)
{
    struct span s = rd_bytes(r, n);
    if (s.len)
        memcpy(out, s.at, n);
}

/* Whoever has the key can write anything in here: it must do no harm. */
static bool blob_read(locket_session *s, size_t cid_len, struct span r)
{
    struct locket_terms terms = { 0 };
    size_t theirs_max = LOCKET_CFG_CID ? LOCKET_CFG_PEER_CID_SIZE : 0;
    int suite = suite_row(rd_u16(&r));
    unsigned flags = rd_u8(&r), seq = rd_u8(&r);
    s->suite = (unsigned)suite & 15u;
    s->finished_seq = seq & 127u;
    s->path = rd_u8(&r);
    s->epoch0_next = rd_u16(&r);
    s->handle = rd_uint(&r, 4);
    s->bad_tags = rd_uint(&r, 4);
    rd_into(&r, s->verify_data, sizeof s->verify_data);
    terms.send_limit = rd_u16(&r);
    terms.take_limit = rd_u16(&r);
    terms.fragment = rd_u8(&r) & 7u;
    s->send = rd_u64(&r);
    s->recv = rd_u64(&r);
    s->window = rd_u64(&r);
    rd_into(&r, s->key, sizeof s->key);
    rd_into(&r, s->salt, sizeof s->salt);
    struct span peer = rd_vec(&r, 1), ours = rd_vec(&r, 1), theirs = rd_vec(&r, 1);
    if (!rd_done(&r) || suite < 0 || seq > 127 || !peer.len || peer.len > sizeof s->peer.bytes ||
        (s->path && s->path < PATH_LEAST) || s->send >> 48 != 1 || s->recv >> 48 != 1)
        return false;
    if ((terms.send_limit || terms.take_limit || terms.fragment) && !LOCKET_CFG_LIMITS)
        return false;
    s->peer.len = (uint8_t)peer.len;
    rd_into(&peer, s->peer.bytes, peer.len);
    terms.cid = (flags & BLOB_CID) != 0;
    terms.checks = (flags & BLOB_CHECKS) != 0;
    terms.resumed = (flags & BLOB_RESUMED) != 0;
    if (ours.len != (terms.cid ? cid_len : 0) || (terms.cid && !cid_len) || theirs.len > theirs_max ||
        (terms.checks && !LOCKET_CFG_RRC))
        return false;
    if (LOCKET_CFG_CID) {
        terms.peer_cid_len = (uint8_t)theirs.len;
        struct locket_cids *cids = LOCKET_CIDS(s);
        rd_into(&ours, cids->ours, ours.len);
        rd_into(&theirs, cids->theirs, theirs.len);
    }
    if (LOCKET_CFG_RESUME || LOCKET_CFG_LIMITS || LOCKET_CFG_CID) {
        terms.cached = (locket_link)-1;            /* the cache is not what it was */
        *LOCKET_TERMS(s) = terms;
    }
    return true;
}

LOCKET_INTERNAL bool blob_open(locket_session *s, const locket_config *c, uint32_t id, uint64_t *counter,
                               const uint8_t key[16], uint8_t *blob, size_t len)
{
    struct span head = span_of(blob, len);
    uint8_t nonce[BLOB_NONCE];
    if (len < BLOB_FIXED || len > LOCKET_BLOB_MAX || rd_u8(&head) != blob_format(c))
        return false;
    const struct aead_message m = blob_message(id, blob, len, nonce);
    if (!blob_aead()->open(key, &m, m.text + m.len))
        return false;
    ct_public(m.text, BLOB_KEYS);                  /* secret are its keys and salts */
    ct_public(m.text + BLOB_BEHIND, m.len - BLOB_BEHIND);
    *counter = rd_u64(&head);
    return blob_read(s, c->cid_len, span_of(m.text, m.len));
}
