/* SPDX-License-Identifier: Apache-2.0
 *
 * datagram.c -- a datagram to send is filled record by record.
 *
 * A record lies where it will travel from: its plaintext is written behind the
 * room for its header, then the header is put in front and the text sealed. */
#include "datagram.h"

static size_t datagram_overhead(const locket_session *s)
{
    return s ? record_overhead(s) : RECORD_HEADER;
}

/* Does a record of `len` plaintext bytes fit behind the others? */
static bool datagram_fits(const struct datagram *d, const locket_session *s, size_t len)
{
    size_t left = d->cap - d->len, overhead = datagram_overhead(s);
    return left >= overhead && left - overhead >= len && len <= PLAINTEXT_MAX;
}

LOCKET_INTERNAL size_t datagram_room(const struct datagram *d, const locket_session *s)
{
    size_t left = d->cap - d->len, overhead = datagram_overhead(s);
    if (left <= overhead)
        return 0;
    return left - overhead < PLAINTEXT_MAX ? left - overhead : PLAINTEXT_MAX;
}

LOCKET_INTERNAL uint8_t *datagram_text(const struct datagram *d, const locket_session *s)
{
    return d->at + d->len + (s ? RECORD_HEADROOM : RECORD_HEADER);
}

LOCKET_INTERNAL bool datagram_plain(struct datagram *d, unsigned type, unsigned version,
                                    uint64_t number, size_t len)
{
    if (!datagram_fits(d, NULL, len) || number > NUMBER_MAX)
        return false;
    record_header(d->at + d->len, type, version, number, len);
    d->len += RECORD_HEADER + len;
    return true;
}

LOCKET_INTERNAL bool datagram_seal(struct datagram *d, locket_session *s, unsigned type, size_t len)
{
    if (!datagram_fits(d, s, len))
        return false;
    size_t n = record_seal(s, type, d->at + d->len, len);
    d->len += n;
    return n > 0;
}
