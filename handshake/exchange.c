/* SPDX-License-Identifier: Apache-2.0
 *
 * exchange.c -- ServerKeyExchange and ClientKeyExchange of plain PSK (RFC 4279 section
 * 2): an identity hint one way, an identity the other, and the look-up of its key.
 *
 *     ServerKeyExchange: psk_identity_hint<0..2^16-1>   (only when there is a hint)
 *     ClientKeyExchange: psk_identity<0..2^16-1> */
#include "handshake.h"
#include "kdf.h"

/* --- ServerKeyExchange --- */

LOCKET_INTERNAL bool want_hint(const struct turn *t) { return t->config->hint_len > 0; }

LOCKET_INTERNAL void make_server_key(const struct turn *t, struct writer *w)
{
    wr_vec(w, 2, span_of(t->config->hint, t->config->hint_len));
}

LOCKET_INTERNAL locket_error take_server_key(struct turn *t, struct span body)
{
    struct span rest = body;
    rd_vec(&rest, 2);
    if (!rd_done(&rest))
        return ALERT_DECODE_ERROR;
    if (!incoming_keep(t->hs, SLOT_HINT, body))
        t->over = LOCKET_DROP_TOO_LONG;
    return LOCKET_OK;
}

/* --- ClientKeyExchange --- */

/* The row stays until there are keys, also when the PSK is known at once. */
static locket_error exchange_look_up(struct turn *t)
{
    t->psk->query = t->query;
    t->hs->query = (uint16_t)t->query;
    locket_error error = t->config->psk(t->config->user, t->psk);
    t->due = error == LOCKET_PENDING ? DUE_NOTHING : DUE_KEYS;
    if (error)
        t->psk->key = NULL;
    return LOCKET_PENDING;
}

LOCKET_INTERNAL locket_error exchange_ask(struct turn *t)
{
    struct span server_key = incoming_kept(t->hs, SLOT_HINT);
    struct span hint = server_key.len ? rd_vec(&server_key, 2) : server_key;
    t->psk->hint = hint.at;
    t->psk->hint_len = hint.len;
    return exchange_look_up(t);
}

/* In the arena, behind verify_data. */
LOCKET_INTERNAL void make_client_key(const struct turn *t, struct writer *w)
{
    wr_vec(w, 2, span_of(t->hs->arena + VERIFY_DATA_SIZE, t->hs->out_len - (size_t)VERIFY_DATA_SIZE));
}

LOCKET_INTERNAL locket_error take_client_key(struct turn *t, struct span body)
{
    struct span identity = rd_vec(&body, 2);
    if (!rd_done(&body))
        return ALERT_DECODE_ERROR;
    t->psk->identity = identity.at;
    t->psk->identity_len = identity.len;
    if (identity.len <= LOCKET_CFG_IDENTITY_SIZE)
        return exchange_look_up(t);
    t->over = LOCKET_DROP_IDENTITY;
    t->due = DUE_KEYS;                         /* as if nobody had that name */
    return LOCKET_PENDING;
}

static bool psk_is_usable(const locket_psk *psk)
{
    return psk->key && psk->key_len >= PSK_MIN && psk->key_len <= PSK_MAX;
}

static locket_error exchange_client(struct turn *t)
{
    const locket_psk *psk = t->psk;
    if (!psk_is_usable(psk) || (psk->identity_len && !psk->identity))
        return LOCKET_ERR_NO_KEY;
    if (psk->identity_len > LOCKET_CFG_IDENTITY_SIZE)
        return LOCKET_ERR_IDENTITY;
    arena_keep(t->hs, VERIFY_DATA_SIZE, span_of(psk->identity, psk->identity_len));
    return LOCKET_OK;
}

/* An unknown identity goes on with a key that nobody has, as long as the last real one, so
 * that neither the answer nor the work tells it from a wrong key. That key is the state of
 * our generator: nothing made with it is ever sent, and Finished does not verify (F_DECOY). */
static void exchange_server(struct turn *t)
{
    bool known = psk_is_usable(t->psk);
    if (known)
        *t->decoy_len = (uint8_t)t->psk->key_len;
    else
        t->hs->flags |= F_DECOY;
    t->psk->key = known ? t->psk->key : (const uint8_t *)t->rng;
    t->psk->key_len = *t->decoy_len;
    t->psk->handle = known ? t->psk->handle : 0;
}
STATIC_ASSERT(the_decoy_is_as_long_as_any_key,
              offsetof(struct locket_rng, key) == 0 && offsetof(struct locket_rng, requests) >= PSK_MAX);

LOCKET_INTERNAL locket_error exchange_answer(struct turn *t)
{
    if (is_client(t->hs->role))
        return exchange_client(t);
    exchange_server(t);
    return LOCKET_OK;
}

/* --- where keys come from --- */

locket_error locket_device_key(const uint8_t *fleet, size_t fleet_len, const uint8_t *identity, size_t identity_len,
                               uint8_t *out, size_t len)
{
    const struct piece secret = { fleet, fleet_len };
    const struct piece seed[] = { PIECE_LABEL("locket device key"), { identity, identity_len } };
    if (!fleet || fleet_len < PSK_MIN || !identity || !identity_len || !out || len < PSK_MIN || len > PSK_MAX)
        return LOCKET_ERR_ARGUMENT;
    tls12_prf(&secret, 1, seed, 2, out, len);
    return LOCKET_OK;
}
