/* SPDX-License-Identifier: Apache-2.0
 *
 * alert.h -- alerts (RFC 5246 section 7.2): names, two-byte codec, and the one policy
 * that decides between a silent drop and the end of a session. */
#ifndef LOCKET_ALERT_H
#define LOCKET_ALERT_H

#include "wire.h"
#include "locket_storage.h"

enum {                            /* AlertDescription, RFC 5246 section 7.2 and later */
    ALERT_CLOSE_NOTIFY = 0,
    ALERT_UNEXPECTED_MESSAGE = 10,
    ALERT_BAD_RECORD_MAC = 20,
    ALERT_RECORD_OVERFLOW = 22,
    ALERT_HANDSHAKE_FAILURE = 40,
    ALERT_ILLEGAL_PARAMETER = 47,
    ALERT_DECODE_ERROR = 50,
    ALERT_DECRYPT_ERROR = 51,
    ALERT_PROTOCOL_VERSION = 70,
    ALERT_INTERNAL_ERROR = 80,
    ALERT_USER_CANCELED = 90,
    ALERT_NO_RENEGOTIATION = 100,
    ALERT_UNSUPPORTED_EXTENSION = 110,
    ALERT_UNKNOWN_PSK_IDENTITY = 115
};
enum { ALERT_WARNING = 1, ALERT_FATAL = 2 };
enum { ALERT_SIZE = 2 };

/* close_notify, user_canceled and no_renegotiation are warnings, all else is
 * fatal (RFC 5246 section 7.2.2). */
LOCKET_INTERNAL void alert_make(uint8_t out[ALERT_SIZE], unsigned description);

/* What a received alert does. `authentic`: it came in a record that opened. */
enum alert_verdict {
    ALERT_DROP,                   /* malformed, or nobody vouches for it: count and forget */
    ALERT_HINT,                   /* not authentic, to a client in a handshake: remember as the
                                     reason to report should it time out */
    ALERT_IGNORE,                 /* an authentic warning: the session goes on */
    ALERT_CLOSED,                 /* close_notify: answer in kind and close */
    ALERT_ENDED                   /* fatal: the session is over, nothing is answered */
};
LOCKET_INTERNAL enum alert_verdict alert_take(const uint8_t *body, size_t len, bool authentic,
                                              bool handshaking_client, uint8_t *description);

#endif
