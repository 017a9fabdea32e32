/* SPDX-License-Identifier: Apache-2.0
 *
 * datagram.c -- a datagram to send is filled record by record.
 *
 * A record lies where it will travel from: its plaintext is written behind the
 * room for its header, then the header is put in front and the text sealed. */
#include "datagram.h"

static size_t datagram_overhead(const struct datagram *d)
{
    return d->sealed ? record_overhead(d->s) : RECORD_HEADER;
}

/* What is not sealed is bound by max_fragment_length alone (RFC 8449 section 4). */
static size_t datagram_limit(const struct datagram *d)
{
    if (d->sealed || !LOCKET_CFG_LIMITS)
        return session_send_limit(d->s);
    unsigned code = LOCKET_TERMS(d->s)->fragment;
    return session_limit(code ? 256u << code : 0);
}

LOCKET_INTERNAL void datagram_begin(struct datagram *d, locket_session *s, bool sealed)
{
    d->len = 0;
    d->s = s;
    d->sealed = sealed;
}

LOCKET_INTERNAL size_t datagram_room(const struct datagram *d)
{
    size_t left = d->cap - d->len, overhead = datagram_overhead(d);
    if (left <= overhead)
        return 0;
    return left - overhead < datagram_limit(d) ? left - overhead : datagram_limit(d);
}

LOCKET_INTERNAL uint8_t *datagram_text(const struct datagram *d)
{
    return d->at + d->len + (d->sealed ? record_headroom(d->s) : RECORD_HEADER);
}

LOCKET_INTERNAL bool datagram_close(struct datagram *d, unsigned type, size_t len)
{
    uint8_t *at = d->at + d->len;
    size_t size = datagram_overhead(d) + len;
    if (len > PLAINTEXT_MAX || size > d->cap - d->len)
        return false;
    if (d->sealed)
        size = record_seal(d->s, type, at, len);
    else if (d->s->epoch0_next == UINT16_MAX)
        size = 0;
    else
        record_header(at, type, DTLS_1_2, d->s->epoch0_next++, len);
    d->len += size;
    return size > 0;
}
