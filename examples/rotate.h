/* SPDX-License-Identifier: Apache-2.0
 *
 * rotate.h -- a new pre-shared key for a device in the field, without a visit and without a
 * moment in which the two cannot meet. To be taken into a product as it is.
 *
 * The identity on the wire carries the generation of its key, "meter-17#2", and the key is
 * locket_device_key(fleet's key, identity). So a gateway needs no table of keys, however many
 * devices there are; what it keeps is one number for each device that is ahead of the others.
 *
 *     gateway                                            device
 *        |<-- session with the key of generation 1 -->|
 *        |    rotate_message(): generation 2, key ---->|  rotate_take(): stores it beside the old
 *        |<-- handshake with generation 2 -------------|  rotate_begin(): the new one first
 *        |    rotate_connected(): proven;              |  rotate_proven(): the old one is gone
 *        |    generation 1 is refused from now on      |
 *
 * Until the new key is proven by a finished handshake both are good, so power may fail at any
 * line of this: before the device has stored the key it still has the old one, and is given the
 * new one in its next session; once it has stored it, it tries the new one first and falls back
 * to the old one; a gateway that forgets the proof accepts both until it is shown it again. The
 * gateway has the proof before the device has it, and the new key is good for it in any case.
 *
 * What this is not: a remedy for a stolen device. Who has the old key of a device and is the
 * first to use it is given the new one. Such a device is refused with rotate_refuse(). */
#ifndef EXAMPLES_ROTATE_H
#define EXAMPLES_ROTATE_H

#include "locket.h"

enum {
    ROTATE_KEY = 16,
    ROTATE_GENERATIONS = 255,     /* 1 to 255; then the fleet needs a new key */
    ROTATE_DEVICES = (1 << 24) - 1,   /* numbers 0 to 2^24 - 1 */
    ROTATE_NAME = 48,             /* of an identity: "meter-17#2" */
    ROTATE_MESSAGE = 4 + 1 + ROTATE_KEY
};

/* ---- device ---- */

/* What it keeps over a power cut. `next` is of generation 0 when there is none. */
struct rotate_kept {
    struct { uint8_t generation, key[ROTATE_KEY]; } key, next;
};

struct rotate_device {
    const char        *name;      /* "meter-17" */
    struct rotate_kept kept;      /* loaded by the application before the first call */
    /* Put *kept in place of what is stored, all of it or nothing, for good when it returns.
     * False: it could not. */
    bool (*store)(void *user, const struct rotate_kept *kept);
    void              *user;
    bool               tries_next;        /* in this handshake */
    bool               next_failed;       /* in the last one */
    char               identity[ROTATE_NAME];
};

/* Before each locket_connect(): which key it is to be. False: a remembered session may be
 * offered too. True: it may not, for only a full handshake proves a new key. */
bool rotate_begin(struct rotate_device *d);

/* What the psk callback answers. */
locket_error rotate_device_psk(struct rotate_device *d, locket_psk *psk);

/* CONNECTED, and CLOSED without it. */
void rotate_proven(struct rotate_device *d);
void rotate_failed(struct rotate_device *d);

/* Data from the gateway: is it a new key? Then it is stored; close the session and connect
 * anew, soon or with the next reading. */
bool rotate_take(struct rotate_device *d, const uint8_t *data, size_t len);

/* ---- gateway ---- */

/* Handles are device << 8 | generation, so every event says which key it was, and
 * locket_forget() of the old one leaves the new session alone. */
static inline uint32_t rotate_handle(uint32_t device, unsigned of) { return device << 8 | of; }
static inline uint32_t rotate_device_of(uint32_t handle) { return handle >> 8; }
static inline unsigned rotate_generation_of(uint32_t handle) { return handle & 0xFF; }

struct rotate_gateway {
    const uint8_t *fleet;         /* its key, 16 bytes or more, all random */
    size_t         fleet_len;
    const char    *prefix;        /* of every name: "meter-" */
    uint32_t       devices;       /* numbers from 0 to this - 1 are in use */
    unsigned       wanted;        /* the generation that all are to have; 1 at first */
    unsigned       lowest;        /* that anybody may still come with; 1 at first */
    uint32_t      *ahead;         /* handles: the lowest that these devices may come with; sorted. */
    size_t         n, room;       /*   To be kept over a restart, as `wanted` and `lowest` are */
    uint8_t        key[ROTATE_KEY];       /* of the look-up that runs: wipe it with the rest */
};

/* What the psk callback answers. */
locket_error rotate_gateway_psk(struct rotate_gateway *g, locket_psk *psk);

typedef enum {
    ROTATE_FINE,
    ROTATE_DELIVER,               /* its key is to be replaced: send it rotate_message() */
    ROTATE_REFUSE                 /* it came back to a session of a key that is over: close it */
} rotate_verdict;

/* CONNECTED: a handshake with a newer key than the lowest ends all older ones, and the cached
 * sessions made with them. *changed: `ahead` is to be stored; if it cannot be, nothing is lost
 * but that the old key is good for longer. (A live session of the old key, at another
 * address, ends as its application says.) */
rotate_verdict rotate_connected(struct rotate_gateway *g, locket_endpoint *ep, uint32_t handle,
                                bool *changed);

/* The message with the key of `g->wanted` for the device of that handle. It may be sent again
 * and again. False: there is nothing to deliver. */
bool rotate_message(const struct rotate_gateway *g, uint32_t handle, uint8_t out[ROTATE_MESSAGE]);

/* From now on nobody comes with less than `wanted`, not even who was never heard of: the
 * table is empty again. When `n` has reached the number of devices, or time is up. */
void rotate_settle(struct rotate_gateway *g);

/* No key of that device is good any more. False: no room in the table. */
bool rotate_refuse(struct rotate_gateway *g, locket_endpoint *ep, uint32_t device);

/* "meter-17#2" for a prefix "meter-": false when it is not of that form, and of that form only:
 * no leading zeros, nothing behind. */
bool rotate_parse(const char *prefix, const uint8_t *identity, size_t len,
                  uint32_t *device, unsigned *generation);

#endif
