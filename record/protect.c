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

enum { NONCE_SALT = 4, NONCE_SIZE = NONCE_SALT + NONCE_EXPLICIT, RECORD_AAD = 13 };

/* An AEAD is worn out long before its record numbers are used up, so a number
 * never runs over into the epoch (RFC 6347 section 4.1). */
STATIC_ASSERT(records_end_before_numbers, UINT32_MAX < NUMBER_MAX);

static void record_nonce(uint8_t out[NONCE_SIZE], const uint8_t salt[NONCE_SALT],
                         const uint8_t explicit_part[NONCE_EXPLICIT])
{
    struct writer w = wr_over(out, NONCE_SIZE);
    wr_bytes(&w, span_of(salt, NONCE_SALT));
    wr_bytes(&w, span_of(explicit_part, NONCE_EXPLICIT));
}

static void record_aad(uint8_t out[RECORD_AAD], uint64_t number, unsigned type, unsigned version,
                       size_t len)
{
    struct writer w = wr_over(out, RECORD_AAD);
    wr_uint(&w, number, 8);
    wr_u8(&w, type);
    wr_u16(&w, version);
    wr_uint(&w, len, 2);
}

LOCKET_INTERNAL size_t record_overhead(const locket_session *s)
{
    return (size_t)RECORD_HEADROOM + session_aead(s)->tag_len;
}

size_t locket_overhead(const locket_session *s) { return record_overhead(s); }

LOCKET_INTERNAL uint64_t record_budget(const locket_session *s)
{
    uint64_t used = s->send & NUMBER_MAX, limit = session_aead(s)->max_records;
    return used < limit ? limit - used : 0;
}

LOCKET_INTERNAL size_t record_seal(locket_session *s, unsigned type, uint8_t *out, size_t len)
{
    if (len > PLAINTEXT_MAX || record_budget(s) == 0)
        return 0;
    uint64_t number = s->send++;

    const struct aead *aead = session_aead(s);
    uint8_t nonce[NONCE_SIZE], aad[RECORD_AAD];
    struct writer w = wr_over(out + RECORD_HEADER, NONCE_EXPLICIT);
    record_header(out, type, DTLS_1_2, number, NONCE_EXPLICIT + len + aead->tag_len);
    wr_uint(&w, number, NONCE_EXPLICIT);
    record_nonce(nonce, s->salt[OURS], out + RECORD_HEADER);
    record_aad(aad, number, type, DTLS_1_2, len);

    struct aead_message m = { nonce, aad, sizeof aad, out + RECORD_HEADROOM, len };
    aead->seal(s->key[OURS], &m, m.text + len);
    WIPE(nonce);
    return RECORD_HEADROOM + len + aead->tag_len;
}

LOCKET_INTERNAL bool record_open(const locket_session *s, struct record *r)
{
    const struct aead *aead = session_aead(s);
    size_t expansion = (size_t)NONCE_EXPLICIT + aead->tag_len;
    if (r->len < expansion || r->len - expansion > PLAINTEXT_MAX)
        return false;

    size_t len = r->len - expansion;
    uint8_t nonce[NONCE_SIZE], aad[RECORD_AAD];
    record_nonce(nonce, s->salt[THEIRS], r->body);
    record_aad(aad, r->number, r->type, r->version, len);

    struct aead_message m = { nonce, aad, sizeof aad, r->body + NONCE_EXPLICIT, len };
    bool authentic = aead->open(s->key[THEIRS], &m, m.text + len);
    WIPE(nonce);
    if (!authentic)
        return false;
    r->body = m.text;
    r->len = len;
    return true;
}
