/* SPDX-License-Identifier: Apache-2.0
 *
 * peer12_cid.c -- connection IDs and return routability checks of the hand-played peer: see
 * peer12_cid.h. Of the library it has the ciphers only. */
#include "peer12_cid.h"

#include <stdlib.h>
#include <string.h>

#include "session.h"

enum { FRONT = 11, NONCE = 8 };              /* before the ID; after the length */

static size_t put(uint8_t *out, uint64_t v, size_t n)
{
    for (size_t i = n; i-- > 0; v >>= 8)
        out[i] = (uint8_t)v;
    return n;
}

void p12_roams(struct peer12 *p, size_t len, bool checks)
{
    uint8_t body[256];
    for (size_t i = 0; i < len; i++)
        p->cid[i] = (uint8_t)(0xC1 + 17 * i);
    p->cid_len = len;
    p->roams = true;
    body[0] = (uint8_t)len;
    memcpy(body + 1, p->cid, len);
    p12_extend(p, X_CID, body, 1 + len);
    if (checks)
        p12_extend(p, X_CHECKS, "", 0);
}

void p12_hear_cid(struct peer12 *p)
{
    size_t len;
    const uint8_t *x = p->roams ? p12_extension(p, X_CID, &len) : NULL;
    p->to_len = 0;
    if (x && len && len == 1u + x[0])
        memcpy(p->to, x + 1, p->to_len = x[0]);
}

/* RFC 9146 section 5.3, word by word */
static size_t additional(uint8_t *aad, uint64_t number, const void *cid, size_t cid_len, size_t inner)
{
    size_t n = 8;
    memset(aad, 0xFF, 8);                    /* seq_num_placeholder */
    n += put(aad + n, T_WRAPPED, 1);
    n += put(aad + n, cid_len, 1);
    n += put(aad + n, T_WRAPPED, 1);
    n += put(aad + n, 0xFEFD, 2);
    n += put(aad + n, number, 8);            /* epoch and sequence_number */
    if (cid_len)
        memcpy(aad + n, cid, cid_len);
    n += cid_len;
    return n + put(aad + n, inner, 2);
}

size_t p12_wrapped_bytes(const struct peer12 *p, uint64_t number, const void *cid, size_t cid_len,
                         const void *inner, size_t len, uint8_t *out)
{
    const struct aead *aead = session_aead(&p->keys);
    uint8_t nonce[12], aad[23 + 255];
    size_t n = put(out, T_WRAPPED, 1);
    n += put(out + n, 0xFEFD, 2);
    n += put(out + n, number, 8);
    if (cid_len)
        memcpy(out + n, cid, cid_len);
    n += cid_len;
    n += put(out + n, NONCE + len + aead->tag_len, 2);
    memcpy(nonce, p->keys.salt[OURS], 4);
    put(nonce + 4, number, 8);
    n += put(out + n, number, 8);
    if (len)
        memcpy(out + n, inner, len);
    const struct aead_message m = { nonce, aad, additional(aad, number, cid, cid_len, len), out + n, len };
    aead->seal(p->keys.key[OURS], &m, out + n + len);
    return n + len + aead->tag_len;
}

void p12_wrapped(struct peer12 *p, const void *cid, size_t cid_len, const void *inner, size_t len)
{
    uint8_t out[P12_BODY + 300];
    p12_ship(p, out, p12_wrapped_bytes(p, p->keys.send++, cid, cid_len, inner, len, out));
}

void p12_wrap(struct peer12 *p, unsigned type, const void *body, size_t len)
{
    uint8_t inner[P12_BODY] = { 0 };
    if (len)
        memcpy(inner, body, len);
    inner[len] = (uint8_t)type;
    p12_wrapped(p, p->to, p->to_len, inner, len + 1 + p->padding);
}

bool p12_wrapped_record(const struct net_datagram *d, size_t cid_len, size_t *at, struct net_record *r)
{
    const uint8_t *x = d->bytes + *at;
    size_t front = FRONT + cid_len + 2;
    if (*at >= d->len || x[0] != T_WRAPPED)
        return net_record(d, at, r);
    if (d->len - *at < front)
        return false;
    r->type = x[0];
    r->version = (unsigned)x[1] << 8 | x[2];
    r->epoch = (unsigned)x[3] << 8 | x[4];
    r->number = 0;
    for (size_t i = 5; i < FRONT; i++)
        r->number = r->number << 8 | x[i];
    r->len = (size_t)x[front - 2] << 8 | x[front - 1];
    r->body = x + front;
    *at += front + r->len;
    return *at <= d->len;
}

bool p12_unwrap(struct peer12 *p)
{
    const struct aead *aead = session_aead(&p->keys);
    const uint8_t *cid = p->record.body - 2 - p->cid_len;
    uint64_t number = (uint64_t)p->record.epoch << 48 | p->record.number;
    uint8_t nonce[12], aad[23 + 255];
    if (p->body_len < NONCE + (size_t)aead->tag_len || memcmp(cid, p->cid, p->cid_len) != 0)
        return false;
    size_t len = p->body_len - NONCE - aead->tag_len;
    memcpy(nonce, p->keys.salt[THEIRS], 4);
    memcpy(nonce + 4, p->body, NONCE);
    uint8_t *text = p->body + NONCE;
    const struct aead_message m = { nonce, aad, additional(aad, number, cid, p->cid_len, len), text, len };
    if (!aead->open(p->keys.key[THEIRS], &m, text + len))
        return false;
    memmove(p->body, text, len);
    for (p->zeros = 0; len && p->body[len - 1] == 0; len--)
        p->zeros++;
    if (!len)
        return false;                        /* no real type: ours do not do that */
    p->record.type = p->body[--len];
    p->body_len = len;
    return true;
}

void p12_check(struct peer12 *p, unsigned type, const void *cookie)
{
    uint8_t message[9] = { (uint8_t)type };
    memcpy(message + 1, cookie, 8);
    p12_sealed(p, T_CHECK, message, sizeof message);
}

bool p12_check_taken(struct peer12 *p, unsigned type, uint8_t cookie[8])
{
    if (!p12_next(p) || p->record.type != T_CHECK || p->body_len != 9 || p->body[0] != type)
        return false;
    memcpy(cookie, p->body + 1, 8);
    p->message_at = p->body_len;
    return true;
}
