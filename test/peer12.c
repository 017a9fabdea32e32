/* SPDX-License-Identifier: Apache-2.0
 *
 * peer12.c -- the hand-played DTLS 1.2 PSK peer: see peer12.h. Written from
 * RFC 6347, RFC 5246, RFC 4279 and RFC 7627, apart from the library's handshake. */
#include "peer12_cid.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prf.h"
#include "protect.h"
#include "replay.h"

static const uint8_t usual_extensions_client[] = { 0, 23, 0, 0 };
static const uint8_t usual_extensions_server[] = { 0, 23, 0, 0, 0xFF, 1, 0, 1, 0 };

static uint32_t number_at(const uint8_t *p, size_t n)
{
    uint32_t v = 0;
    while (n--)
        v = v << 8 | *p++;
    return v;
}

static size_t put(uint8_t *out, uint64_t v, size_t n)
{
    for (size_t i = n; i-- > 0; v >>= 8)
        out[i] = (uint8_t)v;
    return n;
}

static size_t add(uint8_t *out, const void *bytes, size_t n)
{
    if (n)
        memcpy(out, bytes, n);
    return n;
}

static size_t log_end(const struct peer12 *p) { return p->net->n_log; }

static void begin(struct peer12 *p)
{
    uint8_t *random = p->server ? p->server_random : p->client_random;
    for (size_t i = 0; i < 32; i++)
        random[i] = (uint8_t)net_random(p->net);
    p->seq = 0;
    p->number = 0;
    p->keyed = p->sealed = p->hold = false;
    p->held_len = 0;
    p->cookie_len = p->server ? p->cookie_len : 0;
    memset(&p->keys, 0, sizeof p->keys);
    sha256_start(&p->transcript);
    p12_skip(p);
}

static void common(struct peer12 *p, struct net *net, unsigned host)
{
    memset(p, 0, sizeof *p);
    p->net = net;
    p->me = net_address(host, 5000);
    p->version = 0xFEFD;
    p->record_version = 0xFEFD;
    p->verify_version = 0xFEFF;
    p->compression_len = 1;
    p->suite = 0xC0A8;
    p->ems = true;
    p->identity_len = add(p->identity, "meter-test-0001", 15);
    for (size_t i = 0; i < 16; i++)
        p->key[i] = (uint8_t)(i + 1);
    p->key_len = 16;
}

void p12_client(struct peer12 *p, struct net *net, unsigned host, const locket_peer *server)
{
    common(p, net, host);
    p->other = *server;
    p->suites_len = put(p->suites, 0xC0A800FF, 4);
    p->extensions_len = add(p->extensions, usual_extensions_client, sizeof usual_extensions_client);
    begin(p);
}

void p12_server(struct peer12 *p, struct net *net, unsigned host)
{
    common(p, net, host);
    p->server = true;
    p->cookie_len = 16;
    memset(p->cookie, 0xC0, 16);
    p->extensions_len = add(p->extensions, usual_extensions_server, sizeof usual_extensions_server);
    begin(p);
}

void p12_reboot(struct peer12 *p) { begin(p); }

/* --- out ------------------------------------------------------------------------ */

void p12_ship(struct peer12 *p, const uint8_t *bytes, size_t len)
{
    if (p->hold) {
        if (p->held_len + len > sizeof p->held)
            abort();
        p->held_len += add(p->held + p->held_len, bytes, len);
        return;
    }
    net_inject(p->net, &p->me, &p->other, bytes, len, 0);
    net_run(p->net, 0);
}

void p12_hold(struct peer12 *p)
{
    p->hold = true;
    p->held_len = 0;
}

void p12_go(struct peer12 *p)
{
    p->hold = false;
    p12_ship(p, p->held, p->held_len);
}

void p12_record(struct peer12 *p, unsigned type, unsigned version, unsigned epoch, uint64_t number,
                const void *body, size_t len)
{
    uint8_t out[P12_BODY + 13];
    size_t n = put(out, type, 1);
    n += put(out + n, version, 2);
    n += put(out + n, epoch, 2);
    n += put(out + n, number, 6);
    n += put(out + n, len, 2);
    n += add(out + n, body, len);
    p12_ship(p, out, n);
}

void p12_plain(struct peer12 *p, unsigned type, const void *body, size_t len)
{
    p12_record(p, type, p->record_version, 0, p->number++, body, len);
}

void p12_sealed(struct peer12 *p, unsigned type, const void *body, size_t len)
{
    uint8_t out[P12_BODY + 64];
    if (p->to_len) {
        p12_wrap(p, type, body, len);
        return;
    }
    add(out + RECORD_HEADROOM, body, len);
    size_t n = record_seal(&p->keys, type, out, len);
    if (!n)
        abort();
    p12_ship(p, out, n);
}

static void in_epoch(struct peer12 *p, unsigned type, const void *body, size_t len)
{
    if (p->sealed)
        p12_sealed(p, type, body, len);
    else
        p12_plain(p, type, body, len);
}

void p12_alert(struct peer12 *p, unsigned level, unsigned description)
{
    uint8_t a[2] = { (uint8_t)level, (uint8_t)description };
    in_epoch(p, 21, a, 2);
}

static size_t message_header(uint8_t *out, unsigned type, size_t len, unsigned seq, size_t offset, size_t n)
{
    size_t at = put(out, type, 1);
    at += put(out + at, len, 3);
    at += put(out + at, seq, 2);
    at += put(out + at, offset, 3);
    return at + put(out + at, n, 3);
}

void p12_fragment(struct peer12 *p, unsigned type, size_t length, unsigned seq, size_t offset,
                  size_t n, const void *body)
{
    uint8_t out[P12_BODY];
    size_t at = message_header(out, type, length, seq, offset, n);
    at += add(out + at, body, n);
    in_epoch(p, 22, out, at);
}

void p12_message(struct peer12 *p, unsigned type, const void *body, size_t len)
{
    uint8_t header[12];
    message_header(header, type, len, p->seq, 0, len);
    sha256_add(&p->transcript, header, 12);
    sha256_add(&p->transcript, body, len);
    p12_fragment(p, type, len, p->seq++, 0, len, body);
}

/* --- what the messages say -------------------------------------------------------- */

static size_t hello_tail(const struct peer12 *p, uint8_t *out)
{
    size_t n = 0;
    if (!p->no_extensions) {
        n += put(out, p->extensions_len, 2);
        n += add(out + n, p->extensions, p->extensions_len);
    }
    return n + add(out + n, p->trail, p->trail_len);
}

/* RFC 6347 section 4.2.1 (client), RFC 5246 section 7.4.1.3 (server) */
size_t p12_hello_body(const struct peer12 *p, uint8_t *out)
{
    size_t n = put(out, p->version, 2);
    n += add(out + n, p->server ? p->server_random : p->client_random, 32);
    n += put(out + n, p->session_id_len, 1);
    n += add(out + n, p->session_id, p->session_id_len);
    if (p->server) {
        n += put(out + n, p->suite, 2);
        n += put(out + n, p->compression[0], 1);
    } else {
        n += put(out + n, p->cookie_len, 1);
        n += add(out + n, p->cookie, p->cookie_len);
        n += put(out + n, p->suites_len, 2);
        n += add(out + n, p->suites, p->suites_len);
        n += put(out + n, p->compression_len, 1);
        n += add(out + n, p->compression, p->compression_len);
    }
    return n + hello_tail(p, out + n);
}

size_t p12_client_key_body(const struct peer12 *p, uint8_t *out)
{
    size_t n = put(out, p->identity_len, 2);
    return n + add(out + n, p->identity, p->identity_len);
}

static void digest(const struct peer12 *p, uint8_t out[32])
{
    struct locket_sha256 s = p->transcript;
    sha256_end(&s, out);
}

void p12_verify_data(const struct peer12 *p, bool of_server, uint8_t out[12])
{
    uint8_t hash[32];
    digest(p, hash);
    prf(p->master, 48, of_server ? "server finished" : "client finished", hash, 32, NULL, 0, out, 12);
}

/* RFC 4279 section 2; RFC 7627 section 4 or RFC 5246 section 8.1; section 6.3 */
void p12_derive(struct peer12 *p)
{
    uint8_t premaster[2 * (2 + 64)], hash[32], block[40];
    size_t n = put(premaster, p->key_len, 2);
    memset(premaster + n, 0, p->key_len);
    n += p->key_len;
    n += put(premaster + n, p->key_len, 2);
    n += add(premaster + n, p->key, p->key_len);
    digest(p, hash);
    if (p->resumed)
        ;                         /* it is that of another handshake */
    else if (p->ems)
        prf(premaster, n, "extended master secret", hash, 32, NULL, 0, p->master, 48);
    else
        prf(premaster, n, "master secret", p->client_random, 32, p->server_random, 32, p->master, 48);
    prf(p->master, 48, "key expansion", p->server_random, 32, p->client_random, 32, block, 40);
    int row = suite_row(p->suite);
    if (row < 0)
        abort();
    p->keys.suite = (uint8_t)row;
    int client = p->server ? THEIRS : OURS, server = p->server ? OURS : THEIRS;
    memcpy(p->keys.key[client], block, 16);
    memcpy(p->keys.key[server], block + 16, 16);
    memcpy(p->keys.salt[client], block + 32, 4);
    memcpy(p->keys.salt[server], block + 36, 4);
    session_start_epoch(&p->keys);
    p->keyed = true;
}

void p12_send(struct peer12 *p, unsigned message)
{
    uint8_t body[P12_BODY] = { 0 };
    size_t n = 0;
    switch (message) {
    case M_CLIENT_HELLO:
        sha256_start(&p->transcript);        /* only the last one counts: RFC 6347 section 4.2.6 */
        p12_message(p, message, body, p12_hello_body(p, body));
        break;
    case M_HELLO_VERIFY: {        /* every time another cookie */
        p->cookie[0]++;
        struct locket_sha256 kept = p->transcript;
        n = put(body, p->verify_version, 2);
        n += put(body + n, p->cookie_len, 1);
        n += add(body + n, p->cookie, p->cookie_len);
        p12_message(p, message, body, n);
        p->transcript = kept;
        break;
    }
    case M_SERVER_HELLO:
        p12_message(p, message, body, p12_hello_body(p, body));
        break;
    case M_SERVER_KEY:
        n = put(body, p->hint_len, 2);
        n += add(body + n, p->hint, p->hint_len);
        p12_message(p, message, body, n);
        break;
    case M_NEW_TICKET:            /* RFC 5077 section 3.3 */
        n = put(body, p->lifetime, 4);
        n += put(body + n, p->ticket_len, 2);
        n += add(body + n, p->ticket, p->ticket_len);
        p12_message(p, message, body, n);
        break;
    case M_CLIENT_KEY:
        n = p12_client_key_body(p, body);
        p12_message(p, message, body, n);
        p12_derive(p);
        break;
    case M_CCS:
        if (!p->keyed)
            p12_derive(p);
        p12_plain(p, 20, "\1", 1);
        p->sealed = true;
        break;
    case M_FINISHED:
        p12_verify_data(p, p->server, body);
        p12_message(p, message, body, 12);
        break;
    default:                      /* HelloRequest, ServerHelloDone */
        p12_message(p, message, body, 0);
        break;
    }
}

/* --- in ----------------------------------------------------------------------------- */

void p12_skip(struct peer12 *p)
{
    p->at = log_end(p);
    p->record_at = 0;
    p->body_len = p->message_at = 0;
}

bool p12_next(struct peer12 *p)
{
    while (p->at < p->net->n_log) {
        const struct net_datagram *d = p->net->log[p->at];
        p->wrapped = p->cid_len && p->record_at < d->len && d->bytes[p->record_at] == T_WRAPPED;
        if (!net_same(&d->to, &p->me) || !p12_wrapped_record(d, p->cid_len, &p->record_at, &p->record)) {
            p->at++;
            p->record_at = 0;
            continue;
        }
        if (p->record.len > sizeof p->body)
            abort();
        p->body_len = add(p->body, p->record.body, p->record.len);
        p->message_at = 0;
        p->other = d->from;
        if (p->record.epoch == 1 && p->keyed && p->wrapped) {
            if (!p12_unwrap(p))
                return true;
        } else if (p->record.epoch == 1 && p->keyed) {
            uint8_t whole[RECORD_HEADER + sizeof p->body];
            struct record r = { p->record.type, (uint16_t)p->record.version, 0,
                                UINT64_C(1) << 48 | p->record.number, whole + RECORD_HEADER, p->body_len };
            memcpy(whole, p->record.body - RECORD_HEADER, RECORD_HEADER);
            memcpy(r.body, p->body, p->body_len);
            if (!record_open(&p->keys, &r))
                return true;      /* the caller sees the ciphertext, and epoch 1 */
            memcpy(p->body, r.body, r.len);
            p->body_len = r.len;
        }
        p->record.body = p->body;
        p->record.len = p->body_len;
        return true;
    }
    return false;
}

int p12_alert_taken(struct peer12 *p)
{
    while (p12_next(p))
        if (p->record.type == 21 && p->body_len == 2) {
            p->message_at = p->body_len;
            return p->body[0] << 8 | p->body[1];
        }
    return -1;
}

static bool take_message(struct peer12 *p, unsigned type)
{
    if (p->message_at >= p->body_len || p->record.type != 22)
        if (!p12_next(p))
            return false;
    const uint8_t *m = p->body + p->message_at;
    size_t left = p->body_len - p->message_at;
    if (p->record.type != 22 || left < 12 || number_at(m + 6, 3) != 0 ||
        number_at(m + 1, 3) != number_at(m + 9, 3) || left - 12 < number_at(m + 1, 3) || m[0] != type)
        return false;
    size_t len = number_at(m + 1, 3);
    p->message_seq = number_at(m + 4, 2);
    p->message_len = add(p->message, m + 12, len);
    p->message_at += 12 + len;
    if (type == M_FINISHED) {
        uint8_t want[12];
        p12_verify_data(p, !p->server, want);
        if (p->record.epoch != 1 || len != 12 || memcmp(want, p->message, 12) != 0)
            return false;
    }
    if (type == M_CLIENT_HELLO)
        sha256_start(&p->transcript);
    if (type != M_HELLO_VERIFY)
        sha256_add(&p->transcript, m, 12 + len);
    return true;
}

void p12_extend(struct peer12 *p, unsigned type, const void *data, size_t len)
{
    uint8_t *x = p->extensions + p->extensions_len;
    size_t n = put(x, type, 2);
    n += put(x + n, len, 2);
    p->extensions_len += n + add(x + n, data, len);
}

const uint8_t *p12_extension(const struct peer12 *p, unsigned type, size_t *len)
{
    const uint8_t *m = p->message;
    size_t at = 35u + m[34];
    if (p->server) {
        at += 1u + m[at];                    /* cookie */
        at += 2u + number_at(m + at, 2);     /* suites */
        at += 1u + m[at];
    } else {
        at += 3;
    }
    for (at += 2; at + 4 <= p->message_len; at += 4 + *len) {
        *len = number_at(m + at + 2, 2);
        if (number_at(m + at, 2) == type)
            return m + at + 4;
    }
    return NULL;
}

bool p12_take(struct peer12 *p, unsigned message)
{
    if (message == M_CCS) {
        if (!p12_next(p) || p->record.type != 20 || p->body_len != 1 || p->body[0] != 1)
            return false;
        if (p->resumed && !p->keyed)
            p12_derive(p);
        p->message_at = 1;
        return true;
    }
    if (!take_message(p, message))
        return false;
    const uint8_t *m = p->message;
    switch (message) {
    case M_CLIENT_HELLO:
        memcpy(p->client_random, m + 2, 32);
        p->keyed = p->sealed = false;
        if (p->message_len < 35u || m[34] > 32 || p->message_len < 35u + m[34])
            return false;
        p12_hear_cid(p);
        p->given_id_len = add(p->given_id, m + 35, m[34]);
        return true;
    case M_HELLO_VERIFY:
        if (p->message_len < 3 || p->message_len != 3u + m[2])
            return false;
        p->cookie_len = add(p->cookie, m + 3, m[2]);
        return true;
    case M_SERVER_HELLO:
        if (m[34] > 32 || p->message_len < 38u + m[34])
            return false;
        memcpy(p->server_random, m + 2, 32);
        p->given_id_len = add(p->given_id, m + 35, m[34]);
        p->suite = number_at(m + 35 + m[34], 2);
        p->promised = p12_extension(p, 35, &(size_t){ 0 }) != NULL;
        p12_hear_cid(p);
        return true;
    case M_NEW_TICKET:
        if (p->message_len < 6 || p->message_len - 6 != number_at(m + 4, 2) || p->message_len - 6 > sizeof p->ticket)
            return false;
        p->lifetime = number_at(m, 4);
        p->ticket_len = add(p->ticket, m + 6, p->message_len - 6);
        return true;
    case M_SERVER_KEY:
        p->hint_len = add(p->hint, m + 2, p->message_len - 2);
        return true;
    case M_CLIENT_KEY:
        if (p->message_len < 2 || p->message_len - 2 != number_at(m, 2))
            return false;
        p->identity_len = add(p->identity, m + 2, p->message_len - 2);
        p12_derive(p);
        return true;
    default:
        return true;
    }
}

static const unsigned script[] = {           /* with the sender's turn: see turn() */
    M_CLIENT_HELLO, M_HELLO_VERIFY, M_CLIENT_HELLO, M_SERVER_HELLO, M_HELLO_DONE,
    M_CLIENT_KEY, M_CCS, M_FINISHED, M_CCS, M_FINISHED
};
static const bool by_server[] = { false, true, false, true, true, false, false, false, true, true };

/* `message` 0: to the end. The second ClientHello is never meant. */
static bool run_script(struct peer12 *p, unsigned message)
{
    for (size_t i = 0; i < sizeof by_server; i++) {
        if (by_server[i] == p->server) {
            if (message && script[i] == message)
                return true;
            p12_send(p, script[i]);
        } else if (!p12_take(p, script[i])) {
            return false;
        }
    }
    return message == 0;
}

bool p12_until(struct peer12 *p, unsigned message) { return run_script(p, message); }
bool p12_finish(struct peer12 *p) { return run_script(p, 0); }

bool p12_greet(struct peer12 *p)
{
    p12_send(p, M_CLIENT_HELLO);
    if (p12_take(p, M_HELLO_VERIFY))
        p12_send(p, M_CLIENT_HELLO);
    return p12_take(p, M_SERVER_HELLO);
}

static void say_finished(struct peer12 *p)
{
    p12_send(p, M_CCS);
    p12_send(p, M_FINISHED);
}

static bool hear_finished(struct peer12 *p)
{
    return (p->server || !p->promised || p12_take(p, M_NEW_TICKET)) && p12_take(p, M_CCS) && p12_take(p, M_FINISHED);
}

bool p12_full(struct peer12 *p)
{
    p->resumed = false;
    if (p->server) {
        p12_send(p, M_HELLO_DONE);
        if (!p12_take(p, M_CLIENT_KEY) || !hear_finished(p))
            return false;
        if (p->promised)
            p12_send(p, M_NEW_TICKET);
        say_finished(p);
        return true;
    }
    if (!p12_take(p, M_HELLO_DONE))
        return false;
    p12_send(p, M_CLIENT_KEY);
    say_finished(p);
    return hear_finished(p);
}

bool p12_abbreviated(struct peer12 *p)
{
    p->resumed = true;
    if (!p->server) {
        if (!hear_finished(p))
            return false;
        say_finished(p);
        return true;
    }
    if (p->promised)
        p12_send(p, M_NEW_TICKET);
    say_finished(p);
    return hear_finished(p);
}

void hand_new(struct hand *h, locket_role role, uint64_t seed)
{
    h->m = 1;
    h->net = net_new(seed, (locket_time)(seed * 2246822519u));
    h->node = net_node(h->net, role, role == LOCKET_CLIENT ? 1 : 2, 5684);
    if (role == LOCKET_CLIENT)
        p12_server(&h->p, h->net, 8);
    else
        p12_client(&h->p, h->net, 9, &h->node->address);
}

void hand_up(struct hand *h)
{
    net_up(h->node, 2, h->m);
    if (h->node->config.role == LOCKET_CLIENT && !net_connect(h->node, &h->p.me))
        abort();
}
