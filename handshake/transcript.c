/* SPDX-License-Identifier: Apache-2.0
 *
 * transcript.c -- one running hash over the handshake messages, each with its 12-byte
 * header as if it had travelled in one fragment (RFC 6347 section 4.2.6). It begins
 * with the last ClientHello: the first and HelloVerifyRequest are left out. */
#include "handshake.h"
#include "ct.h"
#include "sha256.h"

/* msg_type(1) length(3) message_seq(2) fragment_offset(3) fragment_length(3),
 * RFC 6347 section 4.2.2 */
LOCKET_INTERNAL void message_header(uint8_t out[HS_HEADER], unsigned type, size_t len, unsigned seq,
                                    size_t offset, size_t fragment_len)
{
    /* Three words: odd pieces would stall whoever reads them back at once. */
    struct writer w = wr_over(out, HS_HEADER);
    wr_uint(&w, (uint32_t)type << 24 | (uint32_t)len, 4);
    wr_uint(&w, (uint32_t)seq << 16 | (uint32_t)offset >> 8, 4);
    wr_uint(&w, (uint32_t)offset << 24 | (uint32_t)fragment_len, 4);
}

LOCKET_INTERNAL void transcript_header(locket_handshake *hs, unsigned type, unsigned seq, size_t len)
{
    uint8_t header[HS_HEADER];
    if (type == HS_CLIENT_HELLO)
        sha256_start(&hs->transcript);
    message_header(header, type, len, seq, 0, len);
    sha256_add(&hs->transcript, header, sizeof header);
}

LOCKET_INTERNAL void transcript_message(locket_handshake *hs, unsigned type, unsigned seq, struct span body)
{
    transcript_header(hs, type, seq, body.len);
    sha256_add(&hs->transcript, body.at, body.len);
}

LOCKET_INTERNAL void transcript_hash(const locket_handshake *hs, uint8_t out[32])
{
    struct locket_sha256 copy = hs->transcript;
    sha256_end(&copy, out);
    WIPE(copy);
}
