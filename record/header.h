/* SPDX-License-Identifier: Apache-2.0
 *
 * header.h -- the DTLS 1.2 record header (RFC 6347 section 4.1) and struct record:
 *
 *     type(1) version(2) epoch(2) sequence_number(6) length(2) | fragment[length]
 *
 * With a connection ID (RFC 9146 section 4) the type is tls12_cid, and the ID stands before the
 * length. It has no length of its own: all of an endpoint's have the same. */
#ifndef LOCKET_HEADER_H
#define LOCKET_HEADER_H

#include "wire.h"
#include "locket_storage.h"

enum {                            /* ContentType, RFC 5246 section 6.2.1 */
    TYPE_CHANGE_CIPHER_SPEC = 20,
    TYPE_ALERT = 21,
    TYPE_HANDSHAKE = 22,
    TYPE_APPLICATION_DATA = 23,
    TYPE_TLS12_CID = 25,          /* RFC 9146 section 4 */
    TYPE_RETURN_ROUTABILITY = 27  /* RFC 9853 section 4 */
};
enum { DTLS_1_0 = 0xFEFF, DTLS_1_2 = 0xFEFD };
enum { RECORD_HEADER = 13, HEADER_LEN = 2, PLAINTEXT_MAX = 1 << 14, RECORD_MAX = PLAINTEXT_MAX + 2048 };

#define NUMBER_MAX ((UINT64_C(1) << 48) - 1)   /* the last record number of an epoch */

/* One record of a datagram; `body` points into it, right behind the header. */
struct record {
    uint8_t  type;
    uint16_t version;
    uint8_t  cid_len;             /* 0: it is without a connection ID */
    uint64_t number;              /* epoch << 48 | sequence_number, as the AAD has it */
    uint8_t *body;
    size_t   len;
};

static inline unsigned record_epoch(const struct record *r) { return (unsigned)(r->number >> 48); }

/* The length of its header, and the connection ID in it; before the record is opened. */
static inline size_t record_front(const struct record *r)
{
    return (size_t)RECORD_HEADER + (LOCKET_CFG_CID ? r->cid_len : 0);
}
static inline const uint8_t *record_cid(const struct record *r) { return r->body - HEADER_LEN - r->cid_len; }

/* Take the next record of datagram[*len] and move both past it; a connection ID of ours has
 * `cid_len` bytes. False when what is left is no record: *reason says why, and the datagram
 * ends there. A record whose length fits but that makes no sense here (its type, its
 * version, longer than RECORD_MAX) comes with `*reason` set and true: skip it. */
enum { RECORD_FINE = -1 };
LOCKET_INTERNAL bool record_next(uint8_t **datagram, size_t *len, size_t cid_len, struct record *out, int *reason);

/* Write the 13 bytes of a header in front of `len` body bytes; then put a connection ID into it. */
LOCKET_INTERNAL void record_header(uint8_t out[RECORD_HEADER], unsigned type, unsigned version,
                                   uint64_t number, size_t len);
LOCKET_INTERNAL void record_header_cid(uint8_t *out, struct span cid);

#endif
