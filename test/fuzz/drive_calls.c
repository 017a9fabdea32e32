/* SPDX-License-Identifier: Apache-2.0
 *
 * drive_calls.c -- STEP_CALL of drive.h: what an application calls beside handshakes and data. */
#include <string.h>

#include "drive.h"
#include "header.h"
#include "session.h"

unsigned drive_saved, drive_loaded;

/* --- a session sleeps and wakes, here and now --- */

static const uint8_t blob_key[16] = { 's', 'l', 'e', 'e', 'p' };

static void save(struct drive *d, size_t i)
{
    size_t len;
    locket_error error = locket_session_save(&d->ep, &d->sessions[i], 7, blob_key, d->blob, sizeof d->blob, &len);
    FUZZ_CHECK(error == (d->up[i] ? LOCKET_OK : LOCKET_ERR_STATE) || error == LOCKET_ERR_STATE);
    if (error == LOCKET_OK) {
        FUZZ_CHECK(len <= sizeof d->blob && d->sessions[i].state < SESSION_LIVE);
        d->blob_len = len;
        d->asleep = true;
        d->open[i] = d->up[i] = false;
        drive_saved++;
    }
}

/* Once, and never again. */
static void load(struct drive *d)
{
    locket_session *s = NULL;
    locket_error error = locket_session_load(&d->ep, 7, blob_key, d->blob, d->blob_len, d->now, &s);
    if (error == LOCKET_OK) {
        size_t i = (size_t)(s - d->sessions);
        FUZZ_CHECK(d->asleep && i < d->n && !d->open[i] && s->state == SESSION_LIVE);
        d->open[i] = d->up[i] = true;
        d->asleep = false;
        drive_loaded++;
    } else if (!d->asleep) {
        FUZZ_CHECK(error == (d->blob_len ? LOCKET_ERR_USED : LOCKET_ERR_BLOB));
    } else {
        FUZZ_CHECK(error == LOCKET_ERR_STATE || error == LOCKET_ERR_SESSIONS_FULL ||
                   error == LOCKET_ERR_HANDSHAKES_FULL);
    }
}

static void move(struct drive *d, size_t i, unsigned k)
{
    locket_peer peer = drive_peer(k);
    locket_error error = locket_move(&d->ep, &d->sessions[i], &peer);
    FUZZ_CHECK(error == LOCKET_OK || error == LOCKET_ERR_STATE);
    if (error == LOCKET_OK) {
        FUZZ_CHECK(d->up[i] && d->sessions[i].terms.cid);
        d->proven[k] = true;
    }
}

void drive_call(struct drive *d, unsigned which)
{
    static const uint8_t fleet[64] = { 7 };
    uint8_t argument = food_u8(&d->in), key[64] = { argument };
    locket_error error;
    switch (which) {
    case CALL_FORGET:
        locket_forget(&d->ep, 7001u + argument % 2);
        for (size_t i = 0; i < d->config.n_cache; i++)
            FUZZ_CHECK(!d->cache[i].taken || d->cache[i].handle != 7001u + argument % 2);
        return;
    case CALL_TICKET_KEY:
        error = locket_ticket_key(&d->ep, argument, key);
        FUZZ_CHECK(error == LOCKET_OK || error == LOCKET_ERR_ARGUMENT ||
                   (error == LOCKET_ERR_STATE && (!d->config.tickets || d->config.role == LOCKET_CLIENT)));
        return;
    case CALL_SAVE:
        save(d, argument % d->n);
        return;
    case CALL_LOAD:
        load(d);
        return;
    case CALL_MOVE:
        move(d, argument % d->n, argument / 4 % DRIVE_PEERS);
        return;
    case CALL_LEFT:
        locket_left(&d->ep, argument & 1);
        return;
    case CALL_LOOK: {
        const uint8_t *cid, *last = d->last[argument % DRIVE_PEERS];
        size_t len = d->last_len[argument % DRIVE_PEERS], n = argument / DRIVE_PEERS;
        bool has = locket_datagram_cid(last, len, n, &cid);
        FUZZ_CHECK(has == (n && len >= 11 + n && last[0] == TYPE_TLS12_CID) && cid == (has ? last + 11 : NULL));
        return;
    }
    default:
        error = locket_device_key(fleet, argument % 64, fleet, argument % 16, key, argument % 65);
        FUZZ_CHECK((error == LOCKET_OK) == (argument % 64 >= 16 && argument % 16 && argument % 65 >= 16));
        return;
    }
}
