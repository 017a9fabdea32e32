/* SPDX-License-Identifier: Apache-2.0
 *
 * peer12_cid.h -- the hand-played peer with connection IDs (RFC 9146) and return routability
 * checks (RFC 9853). Once p12_roams() was called its hellos say so, and what both have agreed
 * shows in its records: those of p12_sealed() bring the other side's ID, and p12_next() reads those
 * that bring its own. Its records are made and read here, from the RFC's words, so that they can be
 * wrong in every way. To be elsewhere, change its `me`. */
#ifndef TEST_PEER12_CID_H
#define TEST_PEER12_CID_H

#include "peer12.h"

enum { X_OLD_CID = 53, X_CID = 54, X_CHECKS = 61 };
enum { T_WRAPPED = 25, T_CHECK = 27 };
enum { P12_CHALLENGE, P12_RESPONSE, P12_DROP };

/* Our hellos ask for a connection ID of `len` bytes (0: for none), and say rrc. */
void p12_roams(struct peer12 *p, size_t len, bool checks);
/* The hello that came last: what does it want our records to bring? */
void p12_hear_cid(struct peer12 *p);

/* A sealed record with any connection ID and any plaintext, in the next number. */
void p12_wrapped(struct peer12 *p, const void *cid, size_t cid_len, const void *inner, size_t len);
/* The same with the agreed ID: content, real type, p->padding zeros. */
void p12_wrap(struct peer12 *p, unsigned type, const void *body, size_t len);
/* Its bytes alone; `number` has the epoch in front. */
size_t p12_wrapped_bytes(const struct peer12 *p, uint64_t number, const void *cid, size_t cid_len,
                         const void *inner, size_t len, uint8_t *out);
/* The next record of a datagram, whose connection ID has cid_len bytes. */
bool p12_wrapped_record(const struct net_datagram *d, size_t cid_len, size_t *at, struct net_record *r);
/* Open the one that p12_next() has read into p->body. */
bool p12_unwrap(struct peer12 *p);

/* A message of a return routability check; false: what comes next is none of that type. */
void p12_check(struct peer12 *p, unsigned type, const void *cookie);
bool p12_check_taken(struct peer12 *p, unsigned type, uint8_t cookie[8]);

#endif
