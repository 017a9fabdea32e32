/* SPDX-License-Identifier: Apache-2.0
 *
 * header.c -- the DTLS 1.2 record header: a datagram falls apart into records.
 *
 * Nothing here is authenticated, so nothing here is an error: a record is taken,
 * skipped, or the datagram is over (RFC 6347 section 4.1.2.7). The length is
 * believed as soon as it fits the datagram, so that a record we cannot use never
 * costs the ones behind it. */
#include "header.h"
#include "locket.h"

/* Why a record whose length fits makes no sense, or RECORD_FINE. */
static int header_verdict(const struct record *r)
{
    /* Before the version is agreed on, any FE xx may stand in a ClientHello's
     * record (RFC 5246 appendix E.1); a client goes on so until it has seen the
     * ServerHello. Under a key there is only the version of the key. */
    bool version_fits = record_epoch(r) ? r->version == DTLS_1_2 : r->version >> 8 == 0xFE;

    bool known = r->type >= TYPE_CHANGE_CIPHER_SPEC && r->type <= TYPE_APPLICATION_DATA;
    if (LOCKET_CFG_CID && r->type == TYPE_TLS12_CID)            /* RFC 9146 section 4: only what is sealed */
        known = r->cid_len && record_epoch(r);
    if (LOCKET_CFG_RRC && r->type == TYPE_RETURN_ROUTABILITY)   /* RFC 9853 section 4: likewise */
        known = record_epoch(r) > 0;
    if (!known || !version_fits)
        return LOCKET_DROP_TYPE;
    if (r->len > RECORD_MAX)                                    /* RFC 5246 section 6.2.3 */
        return LOCKET_DROP_MALFORMED;
    if (r->len == 0 && r->type != TYPE_APPLICATION_DATA)        /* RFC 5246 section 6.2.1 */
        return LOCKET_DROP_MALFORMED;
    return RECORD_FINE;
}

LOCKET_INTERNAL bool record_next(uint8_t **datagram, size_t *len, size_t cid_len, struct record *out, int *reason)
{
    *reason = RECORD_FINE;
    if (*len == 0)
        return false;

    struct span in = span_of(*datagram, *len);
    out->type = rd_u8(&in);
    out->version = rd_u16(&in);
    out->number = rd_u64(&in);
    out->cid_len = (uint8_t)(LOCKET_CFG_CID && out->type == TYPE_TLS12_CID ? cid_len : 0);
    rd_bytes(&in, out->cid_len);
    out->len = rd_u16(&in);
    out->body = *datagram + record_front(out);
    rd_bytes(&in, out->len);
    bool whole = !rd_bad(&in);
    *reason = whole ? header_verdict(out) : LOCKET_DROP_MALFORMED;
    *datagram += *len - in.len;
    *len = in.len;
    return whole;
}

LOCKET_INTERNAL void record_header(uint8_t out[RECORD_HEADER], unsigned type, unsigned version,
                                   uint64_t number, size_t len)
{
    struct writer w = wr_over(out, RECORD_HEADER);
    wr_u8(&w, type);
    wr_u16(&w, version);
    wr_u64(&w, number);
    wr_u16(&w, (unsigned)len);
}

LOCKET_INTERNAL void record_header_cid(uint8_t *out, struct span cid)
{
    uint8_t *at = out + RECORD_HEADER - HEADER_LEN;
    memmove(at + cid.len, at, HEADER_LEN);
    memcpy(at, cid.at, cid.len);
}

bool locket_datagram_cid(const uint8_t *datagram, size_t len, size_t cid_len, const uint8_t **cid)
{
    struct span in = span_of(datagram, len);
    bool has = rd_u8(&in) == TYPE_TLS12_CID;
    rd_bytes(&in, 2 + 8);                                       /* version, number */
    struct span found = rd_bytes(&in, cid_len);
    has = has && cid_len && !rd_bad(&found);
    *cid = has ? found.at : NULL;
    return has;
}
