/* SPDX-License-Identifier: Apache-2.0
 *
 * exchange.c -- ServerKeyExchange and ClientKeyExchange of plain PSK (RFC 4279 section
 * 2): an identity hint one way, an identity the other, and the look-up of its key.
 *
 *     ServerKeyExchange: psk_identity_hint<0..2^16-1>   (only when there is a hint)
 *     ClientKeyExchange: psk_identity<0..2^16-1> */
#include "handshake.h"
#include "ct.h"

LOCKET_INTERNAL bool plain_psk(const locket_handshake *hs)
{
    return suite_at(hs->session.suite)->key_exchange == KX_PSK;
}

/* --- ServerKeyExchange --- */

LOCKET_INTERNAL bool want_hint(const struct turn *t) { return t->config->hint_len > 0; }

LOCKET_INTERNAL locket_error make_server_key(struct turn *t)
{
    struct writer w = flight_begin(t->hs);
    wr_vec(&w, 2, span_of(t->config->hint, t->config->hint_len));
    return flight_end(t, HS_SERVER_KEY, &w);
}

LOCKET_INTERNAL locket_error take_server_key(struct turn *t, struct span body)
{
    struct reader r = rd_over(body);
    struct span hint = rd_vec(&r, 2, 0, 65535);
    if (!rd_done(&r))
        return ALERT_DECODE_ERROR;
    incoming_keep_hint(t->hs, hint);
    return LOCKET_OK;
}

/* --- ClientKeyExchange --- */

static locket_error exchange_look_up(struct turn *t, locket_psk *psk)
{
    psk->query = t->query;
    locket_error error = t->config->psk(t->config->user, psk);
    if (error == LOCKET_PENDING)
        t->hs->query = (uint16_t)t->query;
    return error;
}

static bool psk_is_usable(const locket_psk *psk)
{
    return psk && psk->key && psk->key_len >= PSK_MIN && psk->key_len <= PSK_MAX;
}

static locket_error exchange_client(struct turn *t, const locket_psk *psk)
{
    if (!psk_is_usable(psk) || psk->identity_len > LOCKET_CFG_IDENTITY_SIZE ||
        (psk->identity_len && !psk->identity))
        return LOCKET_ERR_NO_KEY;
    struct writer w = flight_begin(t->hs);
    wr_vec(&w, 2, span_of(psk->identity, psk->identity_len));
    locket_error error = flight_end(t, HS_CLIENT_KEY, &w);
    if (error)
        return error;
    t->hs->session.handle = psk->handle;
    schedule_master(t, psk->key, psk->key_len);
    schedule_keys(t->hs);
    return LOCKET_OK;
}

LOCKET_INTERNAL locket_error make_client_key(struct turn *t)
{
    locket_psk psk = { 0 };
    struct span hint = incoming_hint(t->hs);
    psk.hint = hint.at;
    psk.hint_len = hint.len;
    locket_error error = exchange_look_up(t, &psk);
    return error ? error : exchange_client(t, &psk);
}

/* An unknown identity goes on with a key that nobody has, as long as the last real
 * one, so that neither the answer nor the work tells it from a wrong key. */
static void exchange_server(struct turn *t, const locket_psk *psk)
{
    uint8_t decoy[PSK_MAX];
    bool known = psk_is_usable(psk);
    memcpy(decoy, t->decoy, PSK_MAX / 2);
    memcpy(decoy + PSK_MAX / 2, t->decoy, PSK_MAX / 2);
    if (known)
        *t->decoy_len = (uint8_t)psk->key_len;
    else
        t->hs->flags |= F_DECOY;
    t->hs->session.handle = known ? psk->handle : 0;
    schedule_master(t, known ? psk->key : decoy, *t->decoy_len);
    schedule_keys(t->hs);
    WIPE(decoy);
}

LOCKET_INTERNAL locket_error take_client_key(struct turn *t, struct span body)
{
    struct reader r = rd_over(body);
    struct span identity = rd_vec(&r, 2, 0, 65535);
    locket_psk psk = { 0 };
    if (!rd_done(&r))
        return ALERT_DECODE_ERROR;
    psk.identity = identity.at;
    psk.identity_len = identity.len;
    locket_error error = LOCKET_ERR_NO_KEY;
    if (identity.len <= LOCKET_CFG_IDENTITY_SIZE)
        error = exchange_look_up(t, &psk);
    if (error == LOCKET_PENDING)
        return error;
    exchange_server(t, error ? NULL : &psk);
    return LOCKET_OK;
}

LOCKET_INTERNAL locket_error exchange_answer(struct turn *t, const locket_psk *psk)
{
    if (t->hs->role == LOCKET_CLIENT)
        return exchange_client(t, psk);
    exchange_server(t, psk);
    return LOCKET_OK;
}
