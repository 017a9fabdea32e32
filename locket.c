/* SPDX-License-Identifier: Apache-2.0
 *
 * locket.c -- the whole library in one translation unit: compile this one file.
 *
 *     cc -c -Iinclude -Icrypto -Irecord -Ialert -Ihandshake locket.c
 *
 * Everything internal becomes static, so the object shows locket_* and nothing
 * else, and the compiler sees all calls at once. The order is that of the layers,
 * left to right. */
#ifndef LOCKET_INTERNAL
#define LOCKET_INTERNAL static
#endif

#include "locket.h"

#include "crypto/aead.c"
#include "crypto/aes.c"
#include "crypto/ccm.c"
#include "crypto/ccm_x86.c"
#include "crypto/ct.c"
#include "crypto/gcm.c"
#include "crypto/gcm_x86.c"
#include "crypto/kdf.c"
#include "crypto/rng.c"
#include "crypto/selftest.c"
#include "crypto/sha256.c"
#include "crypto/sha256_x86.c"
#include "crypto/x86.c"

#include "record/blob.c"
#include "record/datagram.c"
#include "record/header.c"
#include "record/protect.c"
#include "record/session.c"
#include "record/suite.c"

#include "alert/alert.c"

#include "handshake/calls.c"
#include "handshake/cid.c"
#include "handshake/config.c"
#include "handshake/cookie.c"
#include "handshake/endpoint.c"
#include "handshake/exchange.c"
#include "handshake/extensions.c"
#include "handshake/finished.c"
#include "handshake/flight.c"
#include "handshake/hello.c"
#include "handshake/incoming.c"
#include "handshake/newcomer.c"
#include "handshake/path.c"
#include "handshake/remember.c"
#include "handshake/resume.c"
#include "handshake/route.c"
#include "handshake/schedule12.c"
#include "handshake/script.c"
#include "handshake/sleep.c"
#include "handshake/table.c"
#include "handshake/transcript.c"
