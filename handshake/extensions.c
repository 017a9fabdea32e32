/* SPDX-License-Identifier: Apache-2.0
 *
 * extensions.c -- every hello extension we know, in one table (RFC 5246 section
 * 7.4.1.4). A server ignores what it does not know; a client refuses what it did
 * not ask for. */
#include "handshake.h"

struct extension {
    uint16_t type;
    uint8_t  allowed;                                  /* IN_CLIENT_HELLO, IN_SERVER_HELLO */
    bool (*make)(const struct turn *, unsigned where, struct writer *data);
    locket_error (*take)(struct turn *, unsigned where, struct span data);
};

/* extended_master_secret is empty (RFC 7627 section 5.1). */
static bool make_ems(const struct turn *t, unsigned where, struct writer *data)
{
    (void)data;
    return where == IN_CLIENT_HELLO || (t->hs->flags & F_EMS);
}

static locket_error take_ems(struct turn *t, unsigned where, struct span data)
{
    (void)where;
    if (data.len)
        return ALERT_DECODE_ERROR;
    t->hs->flags |= F_EMS;
    return LOCKET_OK;
}

/* renegotiation_info is an empty renegotiated_connection in a first handshake, and
 * ours are all first ones (RFC 5746 sections 3.4, 3.6). The client signals by SCSV. */
static bool make_renegotiation(const struct turn *t, unsigned where, struct writer *data)
{
    wr_u8(data, 0);
    return where == IN_SERVER_HELLO && (t->hs->flags & F_SECURE);
}

static locket_error take_renegotiation(struct turn *t, unsigned where, struct span data)
{
    struct span connection = rd_vec(&data, 1);
    (void)where;
    if (!rd_done(&data))
        return ALERT_DECODE_ERROR;
    if (connection.len)
        return ALERT_HANDSHAKE_FAILURE;
    t->hs->flags |= F_SECURE;
    return LOCKET_OK;
}

/* supported_versions, where present, is the whole truth about what the client
 * speaks (RFC 8446 section 4.2.1). */
static locket_error take_versions(struct turn *t, unsigned where, struct span data)
{
    struct span list = rd_vec(&data, 1);
    bool found = false;
    (void)t;
    (void)where;
    do {
        if (rd_u16(&list) == DTLS_1_2)
            found = true;
    } while (rd_more(&list));
    if (!rd_done(&data) || !rd_done(&list))
        return ALERT_DECODE_ERROR;
    return found ? LOCKET_OK : ALERT_PROTOCOL_VERSION;
}

static const struct extension extensions[] = {
    { 0x0017, IN_CLIENT_HELLO | IN_SERVER_HELLO, make_ems,           take_ems           },
    { 0xFF01, IN_CLIENT_HELLO | IN_SERVER_HELLO, make_renegotiation, take_renegotiation },
    { 0x002B, IN_CLIENT_HELLO,                   0,                  take_versions      },
};
enum { N_EXTENSIONS = sizeof extensions / sizeof extensions[0] };

static void extensions_block(const struct turn *t, unsigned where, struct writer *w)
{
    for (size_t i = 0; i < N_EXTENSIONS; i++) {
        struct writer count = wr_count();
        if (extensions[i].make && extensions[i].make(t, where, &count)) {
            wr_u16(w, extensions[i].type);
            wr_u16(w, (unsigned)wr_counted(&count));
            extensions[i].make(t, where, w);
        }
    }
}

LOCKET_INTERNAL void extensions_make(const struct turn *t, unsigned where, struct writer *w)
{
    struct writer count = wr_count();
    extensions_block(t, where, &count);
    if (wr_counted(&count)) {
        wr_u16(w, (unsigned)wr_counted(&count));
        extensions_block(t, where, w);
    }
}

/* An absent block is an empty one (RFC 5246 section 7.4.1.2). */
LOCKET_INTERNAL locket_error extensions_take(struct turn *t, unsigned where, struct span *r)
{
    unsigned seen = 0;
    if (!rd_more(r))
        return LOCKET_OK;
    struct span block = rd_vec(r, 2);
    while (rd_more(&block)) {
        unsigned type = rd_u16(&block);
        struct span data = rd_vec(&block, 2);
        size_t i = 0;
        if (rd_bad(&block))
            break;
        while (i < N_EXTENSIONS && (extensions[i].type != type || !(extensions[i].allowed & where)))
            i++;
        if (i == N_EXTENSIONS) {
            if (where == IN_SERVER_HELLO)
                return ALERT_UNSUPPORTED_EXTENSION;
            continue;
        }
        if (seen & 1u << i)
            return ALERT_ILLEGAL_PARAMETER;
        seen |= 1u << i;
        locket_error error = extensions[i].take(t, where, data);
        if (error)
            return error;
    }
    return rd_bad(&block) || rd_bad(r) ? ALERT_DECODE_ERROR : LOCKET_OK;
}
