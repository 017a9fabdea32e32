/* SPDX-License-Identifier: Apache-2.0
 *
 * extensions.c -- every hello extension we know, in one table (RFC 5246 section
 * 7.4.1.4). A server ignores what it does not know; a client refuses what it did
 * not ask for. */
#include "handshake.h"

/* A client says what is `said` in its hello; a server what is said in its own, of what the
 * client has signalled. `flag`: what taking one means for the handshake. */
struct extension {
    uint16_t type, flag;
    uint8_t  said, taken;                              /* IN_CLIENT_HELLO, IN_SERVER_HELLO */
    void (*make)(struct writer *data);                 /* 0: it is empty */
    locket_error (*take)(struct span data);
};

/* extended_master_secret is empty (RFC 7627 section 5.1). */
static locket_error take_ems(struct span data)
{
    return data.len ? ALERT_DECODE_ERROR : LOCKET_OK;
}

/* renegotiation_info is an empty renegotiated_connection in a first handshake, and
 * ours are all first ones (RFC 5746 sections 3.4, 3.6). The client signals by SCSV. */
static void make_renegotiation(struct writer *data) { wr_u8(data, 0); }

static locket_error take_renegotiation(struct span data)
{
    struct span connection = rd_vec(&data, 1);
    if (!rd_done(&data))
        return ALERT_DECODE_ERROR;
    return connection.len ? ALERT_HANDSHAKE_FAILURE : LOCKET_OK;
}

/* supported_versions, where present, is the whole truth about what the client
 * speaks (RFC 8446 section 4.2.1). */
static locket_error take_versions(struct span data)
{
    struct span list = rd_vec(&data, 1);
    bool found = false;
    do {
        if (rd_u16(&list) == DTLS_1_2)
            found = true;
    } while (rd_more(&list));
    if (!rd_done(&data) || !rd_done(&list))
        return ALERT_DECODE_ERROR;
    return found ? LOCKET_OK : ALERT_PROTOCOL_VERSION;
}

enum { IN_BOTH = IN_CLIENT_HELLO | IN_SERVER_HELLO };
static const struct extension extensions[] = {
    { 0x0017, F_EMS,    IN_BOTH,         IN_BOTH,         0,                  take_ems           },
    { 0xFF01, F_SECURE, IN_SERVER_HELLO, IN_BOTH,         make_renegotiation, take_renegotiation },
    { 0x002B, 0,        0,               IN_CLIENT_HELLO, 0,                  take_versions      },
};
enum { N_EXTENSIONS = sizeof extensions / sizeof extensions[0] };

static void extensions_block(unsigned where, unsigned flags, struct writer *w)
{
    for (const struct extension *x = extensions; x < extensions + N_EXTENSIONS; x++) {
        struct writer count = wr_count();
        if (!(x->said & where) || (where == IN_SERVER_HELLO && !(x->flag & flags)))
            continue;
        if (x->make)
            x->make(&count);
        wr_u16(w, x->type);
        wr_u16(w, (unsigned)wr_counted(&count));
        if (x->make)
            x->make(w);
    }
}

LOCKET_INTERNAL void extensions_make(unsigned where, unsigned flags, struct writer *w)
{
    struct writer count = wr_count();
    extensions_block(where, flags, &count);
    if (wr_counted(&count)) {
        wr_u16(w, (unsigned)wr_counted(&count));
        extensions_block(where, flags, w);
    }
}

/* An absent block is an empty one (RFC 5246 section 7.4.1.2). */
LOCKET_INTERNAL locket_error extensions_take(unsigned where, struct span *r, uint16_t *flags)
{
    unsigned seen = 0;
    if (rd_done(r))
        return LOCKET_OK;
    struct span block = rd_vec(r, 2);
    while (rd_more(&block)) {
        unsigned type = rd_u16(&block), i = 0;
        struct span data = rd_vec(&block, 2);
        if (rd_bad(&block))
            break;
        while (i < N_EXTENSIONS && (extensions[i].type != type || !(extensions[i].taken & where)))
            i++;
        if (i == N_EXTENSIONS) {
            if (where == IN_SERVER_HELLO)
                return ALERT_UNSUPPORTED_EXTENSION;
            continue;
        }
        if (seen & 1u << i)
            return ALERT_ILLEGAL_PARAMETER;
        seen |= 1u << i;
        locket_error error = extensions[i].take(data);
        if (error)
            return error;
        *flags |= extensions[i].flag;
    }
    return rd_bad(&block) || !rd_done(r) ? ALERT_DECODE_ERROR : LOCKET_OK;
}
