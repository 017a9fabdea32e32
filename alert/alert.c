/* SPDX-License-Identifier: Apache-2.0
 *
 * alert.c -- alerts, and the one place that decides between a silent drop and the
 * end of a session; then the English names of outcomes.
 *
 * An alert is believed only when it came in a record that opened. A forged one
 * costs an attacker 15 bytes, so in the clear it is at most a hint: the reason
 * that a client reports when its own deadline passes. */
#include "alert.h"
#include "locket.h"

LOCKET_INTERNAL void alert_make(uint8_t out[ALERT_SIZE], unsigned description)
{
    bool warning = description == ALERT_CLOSE_NOTIFY || description == ALERT_USER_CANCELED ||
                   description == ALERT_NO_RENEGOTIATION;
    struct writer w = wr_over(out, ALERT_SIZE);
    wr_u8(&w, warning ? ALERT_WARNING : ALERT_FATAL);
    wr_u8(&w, description);
}

LOCKET_INTERNAL enum alert_verdict alert_take(const uint8_t *body, size_t len, bool authentic,
                                              bool handshaking_client, uint8_t *description)
{
    if (len != ALERT_SIZE)
        return ALERT_DROP;

    struct span in = span_of(body, len);
    unsigned level = rd_u8(&in), what = rd_u8(&in);
    if (!authentic && !(handshaking_client && level == ALERT_FATAL))
        return ALERT_DROP;
    *description = (uint8_t)what;
    if (!authentic)
        return ALERT_HINT;
    if (what == ALERT_CLOSE_NOTIFY)
        return ALERT_CLOSED;
    /* RFC 5246 section 7.2 knows two levels and lets only a warning pass without
     * consequence. Any other level comes from our peer as well, and says that
     * something is wrong in a way we do not know: that is not to be ignored. */
    return level == ALERT_WARNING ? ALERT_IGNORE : ALERT_ENDED;
}

/* Names. Each list is one string of strings, so that a build which never asks for
 * a name links none of them, and no table of addresses has to be relocated. */

/* What we send; then what only others send (the registry "TLS Alerts"). */
#define ALERTS_OURS(X)          \
    X(unexpected_message, 10)   \
    X(bad_record_mac, 20)       \
    X(record_overflow, 22)      \
    X(handshake_failure, 40)    \
    X(illegal_parameter, 47)    \
    X(decode_error, 50)         \
    X(decrypt_error, 51)        \
    X(protocol_version, 70)     \
    X(internal_error, 80)       \
    X(user_canceled, 90)        \
    X(no_renegotiation, 100)    \
    X(unsupported_extension, 110) \
    X(unknown_psk_identity, 115)
#define ALERTS_OTHERS(X)        \
    X(close_notify, 0)          \
    X(decryption_failed, 21)    \
    X(decompression_failure, 30) \
    X(no_certificate, 41)       \
    X(bad_certificate, 42)      \
    X(unsupported_certificate, 43) \
    X(certificate_revoked, 44)  \
    X(certificate_expired, 45)  \
    X(certificate_unknown, 46)  \
    X(unknown_ca, 48)           \
    X(access_denied, 49)        \
    X(too_many_cids_requested, 52) \
    X(export_restriction, 60)   \
    X(insufficient_security, 71) \
    X(inappropriate_fallback, 86) \
    X(missing_extension, 109)   \
    X(certificate_unobtainable, 111) \
    X(unrecognized_name, 112)   \
    X(bad_certificate_status_response, 113) \
    X(bad_certificate_hash_value, 114) \
    X(certificate_required, 116) \
    X(no_application_protocol, 120)

#define LOCAL_ERRORS(X)                                                     \
    X(LOCKET_PENDING, "not known yet")                                      \
    X(LOCKET_ERR_ARGUMENT, "an argument that cannot be")                    \
    X(LOCKET_ERR_BUILD, "application and library have different knobs")     \
    X(LOCKET_ERR_CONFIG, "the configuration contradicts itself")            \
    X(LOCKET_ERR_ENTROPY, "no entropy")                                     \
    X(LOCKET_ERR_SESSIONS_FULL, "no free session")                          \
    X(LOCKET_ERR_HANDSHAKES_FULL, "no free handshake workspace")            \
    X(LOCKET_ERR_STATE, "the session is not connected")                     \
    X(LOCKET_ERR_TOO_LONG, "more data than one record may have now")        \
    X(LOCKET_ERR_SPACE, "the output buffer is too small")                   \
    X(LOCKET_ERR_KEY_WORN, "the key has protected all it may")              \
    X(LOCKET_ERR_FORGERIES, "more forged records than the suite endures")   \
    X(LOCKET_ERR_TIMEOUT, "no good answer in time")                         \
    X(LOCKET_ERR_IDLE, "the peer was silent for too long")                  \
    X(LOCKET_ERR_REPLACED, "the same peer made a new session")              \
    X(LOCKET_ERR_EVICTED, "a newcomer got the slot")                        \
    X(LOCKET_ERR_LATE, "only possible during the CONNECTED event")          \
    X(LOCKET_ERR_QUERY, "that key look-up is over or never was")            \
    X(LOCKET_ERR_NO_KEY, "no usable key")                                   \
    X(LOCKET_ERR_SELFTEST, "a known answer came out wrong")                 \
    X(LOCKET_ERR_IDENTITY, "our identity is longer than LOCKET_CFG_IDENTITY_SIZE") \
    X(LOCKET_ERR_CID, "the server's connection ID is longer than LOCKET_CFG_PEER_CID_SIZE") \
    X(LOCKET_ERR_ELSEWHERE, "the peer still answers at its old address")    \
    X(LOCKET_ERR_BLOB, "that is no saved session of ours")                  \
    X(LOCKET_ERR_USED, "that saved session has been loaded, or is not the last one saved") \
    X(LOCKET_ERR_COUNTER, "the counter for saved sessions is missing, or has failed") \
    X(LOCKET_ERR_RECORD, "that is no remembered session of this version")   \
    X(LOCKET_ERR_NO_WAY_BACK, "the server gave nothing to come back with")

#define DROPS(X)                                                            \
    X(LOCKET_DROP_MALFORMED, "malformed")                                   \
    X(LOCKET_DROP_TYPE, "unknown type or version")                          \
    X(LOCKET_DROP_EPOCH, "no keys for that epoch")                          \
    X(LOCKET_DROP_STRANGER, "unknown peer")                                 \
    X(LOCKET_DROP_REPLAY, "replay")                                         \
    X(LOCKET_DROP_BAD_TAG, "bad tag")                                       \
    X(LOCKET_DROP_EARLY, "data before Finished")                            \
    X(LOCKET_DROP_FRAGMENT, "contradictory fragment")                       \
    X(LOCKET_DROP_OUT_OF_ORDER, "message out of order")                     \
    X(LOCKET_DROP_TOO_LONG, "no room for it in LOCKET_CFG_ARENA")           \
    X(LOCKET_DROP_UNEXPECTED, "unexpected message")                         \
    X(LOCKET_DROP_ALERT, "unauthenticated alert")                           \
    X(LOCKET_DROP_NUMBER, "ClientHello number too high")                    \
    X(LOCKET_DROP_HANDSHAKES_FULL, "no free handshake workspace")           \
    X(LOCKET_DROP_SESSIONS_FULL, "no free session")                         \
    X(LOCKET_DROP_ENTROPY, "no entropy")                                    \
    X(LOCKET_DROP_IDENTITY, "an identity longer than LOCKET_CFG_IDENTITY_SIZE")

#define NAME_ALERT_CODE(name, code) code,
#define NAME_WE_ENDED(name, code)   "we ended with " #name " (" #code ")\0"
#define NAME_PEER_ENDED(name, code) "the peer ended with " #name " (" #code ")\0"
#define NAME_LOCAL_CODE(id, text)   (id) - LOCKET_PENDING,
#define NAME_DROP_CODE(id, text)    id,
#define NAME_TEXT(id, text)         text "\0"

static const uint8_t name_alert_codes[] = { ALERTS_OURS(NAME_ALERT_CODE) ALERTS_OTHERS(NAME_ALERT_CODE) };
static const char name_we_ended[] = ALERTS_OURS(NAME_WE_ENDED) "we ended with another alert";
static const char name_peer_ended[] =
    ALERTS_OURS(NAME_PEER_ENDED) ALERTS_OTHERS(NAME_PEER_ENDED) "the peer ended with an unlisted alert";
static const uint8_t name_local_codes[] = { LOCAL_ERRORS(NAME_LOCAL_CODE) };
static const char name_local[] = LOCAL_ERRORS(NAME_TEXT) "an unknown outcome";
static const uint8_t name_drop_codes[] = { DROPS(NAME_DROP_CODE) };
static const char name_drop[] = DROPS(NAME_TEXT) "an unknown reason";

#define NAME_COUNT_ONE(a, b) + 1
enum {
    NAME_N_OURS = 0 ALERTS_OURS(NAME_COUNT_ONE),
    NAME_N_ALERTS = sizeof name_alert_codes,
    NAME_N_LOCAL = sizeof name_local_codes,
    NAME_N_DROPS = sizeof name_drop_codes
};

/* The text of `code`; behind the last one stands the text for all others. */
static const char *name_find(const uint8_t *codes, size_t n, const char *texts, int code)
{
    for (size_t i = 0; i < n && codes[i] != code; i++)
        texts += strlen(texts) + 1;
    return texts;
}

const char *locket_error_name(locket_error error)
{
    if (error == LOCKET_OK)
        return "fine";
    if (error > 0 && error < LOCKET_PEER_ALERT)
        return name_find(name_alert_codes, NAME_N_OURS, name_we_ended, error);
    if (error >= LOCKET_PEER_ALERT && error < LOCKET_PENDING)
        return name_find(name_alert_codes, NAME_N_ALERTS, name_peer_ended, error - LOCKET_PEER_ALERT);
    return name_find(name_local_codes, NAME_N_LOCAL, name_local,
                     error < 0 ? -1 : error - LOCKET_PENDING);
}

const char *locket_drop_name(locket_drop reason)
{
    return name_find(name_drop_codes, NAME_N_DROPS, name_drop, (int)reason);
}
