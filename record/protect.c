/* SPDX-License-Identifier: Apache-2.0
 *
 * protect.c -- one record is sealed, one record is opened.
 *
 * The nonce is the salt and eight bytes that travel in the record. Ours are the
 * record's number, which is taken and advanced before anything else happens, so
 * no failure can use it twice (RFC 9325 section 7.2.1). The peer's are whatever
 * it chose (RFC 6655 section 3). The additional data has the number, type and
 * version as they stand in the header, and the length of the plaintext (RFC 5246
 * section 6.2.3.3). */
#include "ct.h"
#include "locket.h"
#include "protect.h"
#include "replay.h"

enum { NONCE_SALT = 4, NONCE_SIZE = NONCE_SALT + NONCE_EXPLICIT, HEADER_NUMBER = 3 };
enum { CID_MAX = LOCKET_CFG_CID_SIZE > LOCKET_CFG_PEER_CID_SIZE ? LOCKET_CFG_CID_SIZE : LOCKET_CFG_PEER_CID_SIZE,
       RECORD_AAD = LOCKET_CFG_CID ? 23 + CID_MAX : 13 };

/* An AEAD is worn out long before its record numbers are used up, so a number
 * never runs over into the epoch (RFC 6347 section 4.1). */
STATIC_ASSERT(records_end_before_numbers, UINT32_MAX < NUMBER_MAX);

/* One record for the AEAD, and what is made for it from the record's own header. */
struct protect {
    struct aead_message message;
    uint8_t nonce[NONCE_SIZE], aad[RECORD_AAD];
};

static APART void protect_begin(struct protect *p, const uint8_t salt[NONCE_SALT], uint8_t *record, size_t front,
                                size_t len)
{
    uint8_t *number = record + HEADER_NUMBER, *aad = p->aad, *explicit_part = record + front;
    size_t cid_len = front - RECORD_HEADER;
    if (LOCKET_CFG_CID && cid_len) {
        memset(aad, 0xFF, 8);
        aad[8] = TYPE_TLS12_CID;
        aad[9] = (uint8_t)cid_len;
        aad += 10;
        memcpy(aad, record, HEADER_NUMBER + 8 + cid_len);      /* type version number cid */
        aad += HEADER_NUMBER + 8 + cid_len;
    } else {
        memcpy(aad, number, 8);
        memcpy(aad + 8, record, HEADER_NUMBER);
        aad += 8 + HEADER_NUMBER;
    }
    aad[0] = (uint8_t)(len >> 8);
    aad[1] = (uint8_t)len;
    const struct aead_message m = { p->nonce, p->aad, (size_t)(aad + 2 - p->aad), explicit_part + NONCE_EXPLICIT, len };
    p->message = m;
    memcpy(p->nonce, salt, NONCE_SALT);
    memcpy(p->nonce + NONCE_SALT, explicit_part, NONCE_EXPLICIT);
}

LOCKET_INTERNAL size_t record_headroom(const locket_session *s) { return RECORD_HEADROOM + session_peer_cid(s).len; }

LOCKET_INTERNAL size_t record_overhead(const locket_session *s)
{
    return record_headroom(s) + (session_peer_cid(s).len > 0) + session_aead(s)->tag_len;
}

size_t locket_headroom(const locket_session *s) { return record_headroom(s); }
size_t locket_overhead(const locket_session *s) { return record_overhead(s) + session_padding(s); }

LOCKET_INTERNAL uint64_t record_budget(const locket_session *s)
{
    uint64_t used = s->send & NUMBER_MAX, limit = session_aead(s)->max_records;
    return used < limit ? limit - used : 0;
}

LOCKET_INTERNAL size_t record_seal(locket_session *s, unsigned type, uint8_t *out, size_t len)
{
    if (len > session_send_limit(s) || record_budget(s) == 0)
        return 0;
    uint64_t number = s->send++;

    const struct aead *aead = session_aead(s);
    struct span cid = session_peer_cid(s);
    uint8_t *text = out + record_headroom(s);
    struct protect p;
    if (LOCKET_CFG_CID && cid.len) {
        bool pads = type == TYPE_APPLICATION_DATA;       /* the lengths of all others are known */
        text[len++] = (uint8_t)type;
        type = TYPE_TLS12_CID;
        while (pads && len % LOCKET_CFG_CID_PADDING && len <= session_send_limit(s))
            text[len++] = 0;
    }
    record_header(out, type, DTLS_1_2, number, NONCE_EXPLICIT + len + aead->tag_len);
    if (LOCKET_CFG_CID && cid.len)
        record_header_cid(out, cid);
    memcpy(text - NONCE_EXPLICIT, out + HEADER_NUMBER, NONCE_EXPLICIT);
    protect_begin(&p, s->salt[OURS], out, (size_t)(text - out) - NONCE_EXPLICIT, len);
    aead->seal(s->key[OURS], &p.message, text + len);
    WIPE(p.nonce);
    return (size_t)(text - out) + len + aead->tag_len;
}

/* The real type stands behind the content and before zeros (RFC 8446 section 5.4). Where there is
 * none the record is nobody's: type 0. */
static void record_unwrap(struct record *r)
{
    r->type = 0;
    while (r->len && !r->type) {
        ct_public(&r->body[r->len - 1], 1);
        r->type = r->body[--r->len];
    }
}

LOCKET_INTERNAL bool record_open(const locket_session *s, struct record *r)
{
    const struct aead *aead = session_aead(s);
    size_t expansion = (size_t)NONCE_EXPLICIT + aead->tag_len;
    if (r->len < expansion || r->len - expansion > PLAINTEXT_MAX)
        return false;

    struct protect p;
    protect_begin(&p, s->salt[THEIRS], r->body - record_front(r), record_front(r), r->len - expansion);
    uint8_t *text = p.message.text;
    bool authentic = aead->open(s->key[THEIRS], &p.message, text + p.message.len);
    WIPE(p.nonce);
    if (!authentic)
        return false;
    r->body = text;
    r->len -= expansion;
    if (LOCKET_CFG_CID && r->cid_len)
        record_unwrap(r);
    if (r->type != TYPE_APPLICATION_DATA)
        ct_public(r->body, r->len);            /* we are the ones who read it */
    return true;
}

LOCKET_INTERNAL enum received record_receive(locket_session *s, struct record *r)
{
    if (replay_seen(s, r->number))
        return RECEIVED_AGAIN;
    /* Of a record with a connection ID only the content counts, which shows when it is open: behind
     * 512 bytes of it others put the type and 15 zeros. */
    if (LOCKET_CFG_LIMITS && !r->cid_len &&
        r->len > session_take_limit(s) + NONCE_EXPLICIT + session_aead(s)->tag_len)
        return RECEIVED_TOO_LONG;
    if (!record_open(s, r))
        return RECEIVED_FORGED;
    if (LOCKET_CFG_LIMITS && r->len > session_take_limit(s))
        return RECEIVED_TOO_LONG;
    replay_mark(s, r->number);
    return RECEIVED;
}
