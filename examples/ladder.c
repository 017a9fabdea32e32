/* SPDX-License-Identifier: Apache-2.0
 *
 * ladder.c -- a small reader of DTLS 1.2 record and handshake headers, only to
 * show them. It holds no key: a record of epoch 1 is shown by its content type
 * and length. The bytes given for a message include its header and, for the
 * first of a record, the record's 13; so they add up to the datagram. */
#define _GNU_SOURCE
#include "ladder.h"

#include <stdlib.h>
#include <unistd.h>

enum { WITH_ID = 25, ID_MAX = 32, RECORD_HEADER = 13, HANDSHAKE_HEADER = 12 };
enum { CHANGE_CIPHER_SPEC = 20, ALERT = 21, HANDSHAKE = 22, APPLICATION_DATA = 23, ROUTABILITY = 27 };

static unsigned number(const uint8_t *at, size_t n)
{
    unsigned v = 0;
    while (n-- > 0)
        v = v << 8 | *at++;
    return v;
}

static const char *handshake_name(unsigned type)
{
    switch (type) {
    case 0:  return "HelloRequest";
    case 1:  return "ClientHello";
    case 2:  return "ServerHello";
    case 3:  return "HelloVerifyRequest";
    case 4:  return "NewSessionTicket";
    case 11: return "Certificate";
    case 12: return "ServerKeyExchange";
    case 13: return "CertificateRequest";
    case 14: return "ServerHelloDone";
    case 15: return "CertificateVerify";
    case 16: return "ClientKeyExchange";
    case 20: return "Finished";
    default: return "unknown handshake message";
    }
}

static const char *sealed_name(unsigned type)
{
    switch (type) {
    case ALERT:            return "alert, encrypted";
    case HANDSHAKE:        return "Finished, encrypted";
    case APPLICATION_DATA: return "application data, encrypted";
    case ROUTABILITY:      return "check of the address, encrypted";
    default:               return "unknown record";
    }
}

bool ladder_colour(FILE *out)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    if ((no != NULL && no[0] != '\0') || (term != NULL && term[0] == 'd' && term[1] == 'u'))
        return false;
    return isatty(fileno(out)) == 1;
}

void ladder_print(FILE *out, const uint8_t *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] >= ' ' && text[i] < 0x7f && text[i] != '\\')
            (void)fputc(text[i], out);
        else
            (void)fprintf(out, "\\x%02x", text[i]);
}

/* What makes a datagram recognisable: its first message, if it is part of a
 * handshake and in the clear. 0: nothing. */
static uint32_t key_of(bool to_right, const uint8_t *d, size_t len)
{
    uint32_t side = to_right ? UINT32_C(0xC0000000) : UINT32_C(0x80000000);
    if (len < RECORD_HEADER || number(d + 3, 2) != 0)
        return 0;
    if (d[0] == CHANGE_CIPHER_SPEC)
        return side | UINT32_C(0x3f000000);
    if (d[0] != HANDSHAKE || len < RECORD_HEADER + HANDSHAKE_HEADER)
        return 0;
    d += RECORD_HEADER;
    return side | (number(d + 4, 2) & 0x1f) << 24 | number(d + 6, 3);
}

bool ladder_again(const struct ladder *l, bool to_right, const uint8_t *data, size_t len)
{
    uint32_t key = key_of(to_right, data, len);
    for (size_t i = 0; key != 0 && i < l->n_seen; i++)
        if (l->seen[i] == key)
            return true;
    return false;
}

/* One message. The first stands beside the arrow, the others below it. */
static void line(const struct ladder *l, unsigned *n_lines, const char *name, size_t bytes,
                 const char *more)
{
    if ((*n_lines)++ > 0)
        (void)fprintf(l->out, "%12s|                |%7s   ", "", "");
    (void)fprintf(l->out, "%s %zu%s\n", name, bytes, more);
}

/* The messages of a handshake record in the clear. */
static void handshake(const struct ladder *l, unsigned *n_lines, const uint8_t *d, size_t len)
{
    size_t header = RECORD_HEADER;
    while (len != 0) {
        if (len < HANDSHAKE_HEADER || number(d + 9, 3) > len - HANDSHAKE_HEADER) {
            line(l, n_lines, "damaged handshake message", header + len, "");
            return;
        }
        size_t whole = number(d + 1, 3), part = number(d + 9, 3);
        char more[80] = "";
        if (part != whole)
            (void)snprintf(more, sizeof more, ": bytes %u to %u of %zu", number(d + 6, 3),
                           number(d + 6, 3) + (unsigned)part, whole);
        else if (header == 0)
            (void)snprintf(more, sizeof more, ", in the same record");
        line(l, n_lines, handshake_name(d[0]), header + HANDSHAKE_HEADER + part, more);
        d += HANDSHAKE_HEADER + part;
        len -= HANDSHAKE_HEADER + part;
        header = 0;
    }
}

/* Bytes of the connection ID in a record that has one (RFC 9146 section 4), which does not say how
 * many: with so many it ends where the datagram does, or where another record begins. 0: none. */
static size_t id_of(const uint8_t *d, size_t len)
{
    for (size_t n = 1; n <= ID_MAX && len >= RECORD_HEADER + n; n++) {
        size_t end = RECORD_HEADER + n + number(d + 11 + n, 2);
        if (end == len || (end + 3 <= len && d[end] >= CHANGE_CIPHER_SPEC && d[end] <= WITH_ID &&
                           number(d + end + 1, 2) == 0xFEFD))
            return n;
    }
    return 0;
}

static void records(const struct ladder *l, const uint8_t *d, size_t len)
{
    unsigned n_lines = 0;
    while (len != 0) {
        size_t id = d[0] == WITH_ID ? id_of(d, len) : 0;
        if (len < RECORD_HEADER + id || number(d + 11 + id, 2) > len - RECORD_HEADER - id) {
            line(l, &n_lines, "no DTLS record", len, "");
            return;
        }
        size_t body = id + number(d + 11 + id, 2);
        unsigned epoch = number(d + 3, 2);
        char alert[40];
        if (id != 0) {
            (void)snprintf(alert, sizeof alert, ", with an ID of %zu", id);
            line(l, &n_lines, "encrypted", RECORD_HEADER + body, alert);
        } else if (epoch != 0) {
            line(l, &n_lines, sealed_name(d[0]), RECORD_HEADER + body, "");
        } else if (d[0] == HANDSHAKE && body != 0) {
            handshake(l, &n_lines, d + RECORD_HEADER, body);
        } else if (d[0] == CHANGE_CIPHER_SPEC) {
            line(l, &n_lines, "ChangeCipherSpec", RECORD_HEADER + body, "");
        } else if (d[0] == ALERT && body == 2) {
            (void)snprintf(alert, sizeof alert, ": %s %d", d[13] == 1 ? "warning" : "fatal", d[14]);
            line(l, &n_lines, "alert", RECORD_HEADER + body, alert);
        } else {
            line(l, &n_lines, "unknown record", RECORD_HEADER + body, "");
        }
        d += RECORD_HEADER + body;
        len -= RECORD_HEADER + body;
    }
    if (n_lines == 0)
        line(l, &n_lines, "nothing", 0, "");
}

void ladder_rung(struct ladder *l, bool to_right, const uint8_t *data, size_t len,
                 locket_time now, const char *note)
{
    bool again = l->one_pair && ladder_again(l, to_right, data, len);
    uint32_t key = key_of(to_right, data, len);
    if (!again && key != 0 && l->n_seen < LADDER_SEEN)
        l->seen[l->n_seen++] = key;

    if (!l->begun)
        (void)fprintf(l->out, "%9s%-10s%10s%9s   %s\n", "", l->left, l->right, "bytes", "messages");
    l->begun = true;
    const char *tint = !l->colour ? "" : note ? "\033[31m" : to_right ? "\033[36m" : "\033[32m";
    const char *arrow = to_right ? (note ? "------x    " : "-------------->")
                                 : (note ? "       x---" : "<--------------");
    (void)fprintf(l->out, "%6u ms   |%s%-16s%s|%7zu   ", (unsigned)(now - l->start), tint, arrow,
                  l->colour ? "\033[0m" : "", len);
    if (note || again)
        (void)fprintf(l->out, "(%s%s%s) ", note ? note : "", note && again ? ", " : "",
                      again ? "sent again" : "");
    records(l, data, len);
}
