/* SPDX-License-Identifier: Apache-2.0
 *
 * mbedtls_cid.h -- connection IDs (RFC 9146) for mbedtls_peer.c. Mbed TLS 3 has them; the 2.28
 * of Debian 12 is built without, and there the same functions do nothing or refuse. */
#ifndef MBEDTLS_CID_H
#define MBEDTLS_CID_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/ssl.h>

enum { CID_OFF = -1, CID_RECORD = 25, CID_AT = 11 };

#ifdef MBEDTLS_SSL_DTLS_CONNECTION_ID

static unsigned char own_cid[MBEDTLS_SSL_CID_IN_LEN_MAX];

/* All IDs that we hand out have this length; a record with another ID is dropped. */
static int cid_configure(mbedtls_ssl_config *config, int len)
{
    return len < 0 ? 0 : mbedtls_ssl_conf_cid(config, (size_t)len, MBEDTLS_SSL_UNEXPECTED_CID_IGNORE);
}

/* A new one for each handshake. */
static int cid_offer(mbedtls_ssl_context *ssl, mbedtls_ctr_drbg_context *random, int len)
{
    int failed;
    if (len < 0)
        return mbedtls_ssl_set_cid(ssl, MBEDTLS_SSL_CID_DISABLED, NULL, 0);
    failed = mbedtls_ctr_drbg_random(random, own_cid, (size_t)len);
    return failed ? failed : mbedtls_ssl_set_cid(ssl, MBEDTLS_SSL_CID_ENABLED, own_cid, (size_t)len);
}

static void cid_print(mbedtls_ssl_context *ssl, int len)
{
    unsigned char theirs[MBEDTLS_SSL_CID_OUT_LEN_MAX];
    size_t theirs_len = 0;
    int enabled = MBEDTLS_SSL_CID_DISABLED;
    if (mbedtls_ssl_get_peer_cid(ssl, &enabled, theirs, &theirs_len) != 0 ||
        enabled != MBEDTLS_SSL_CID_ENABLED) {
        puts("cid: not in use");
        return;
    }
    printf("cid: ours '");
    for (int i = 0; i < len; i++)
        printf("%02x", own_cid[i]);
    printf("', theirs '");
    for (size_t i = 0; i < theirs_len; i++)
        printf("%02x", theirs[i]);
    puts("'");
}

/* RFC 9146 section 6: the address of the other side is what the newest authentic record came
 * from. This opens the record in place. */
static int cid_newest(mbedtls_ssl_context *ssl, unsigned char *record, size_t len, int cid_len)
{
    uint64_t number = 0;
    if (cid_len <= 0 || len < (size_t)(CID_AT + cid_len) || record[0] != CID_RECORD ||
        memcmp(record + CID_AT, own_cid, (size_t)cid_len) != 0)
        return 0;
    for (int i = 5; i < CID_AT; i++)
        number = number << 8 | record[i];
    return number > ssl->in_window_top && mbedtls_ssl_check_record(ssl, record, len) == 0;
}

#else

static int cid_configure(mbedtls_ssl_config *config, int len)
{
    (void)config;
    if (len >= 0) {
        fprintf(stderr, "mbedtls_peer: this Mbed TLS has no connection IDs\n");
        exit(EXIT_FAILURE);
    }
    return 0;
}

static int cid_offer(mbedtls_ssl_context *ssl, mbedtls_ctr_drbg_context *random, int len)
{
    (void)ssl, (void)random, (void)len;
    return 0;
}

static void cid_print(mbedtls_ssl_context *ssl, int len)
{
    (void)ssl, (void)len;
}

static int cid_newest(mbedtls_ssl_context *ssl, unsigned char *record, size_t len, int cid_len)
{
    (void)ssl, (void)record, (void)len, (void)cid_len;
    return 0;
}

#endif
#endif
