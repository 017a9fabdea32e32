/* SPDX-License-Identifier: Apache-2.0
 *
 * test_protect_cid.c -- one record with a connection ID sealed, one opened (RFC 9146 sections 4
 * to 5.3): known records, what is authenticated, and how long it may be. test_protect.c has those
 * without. */
#include <check.h>
#include <string.h>

#include "hex.h"
#include "locket.h"
#include "protect.h"

Suite *test_protect_cid(void);

static uint8_t buffer[RECORD_HEADER + RECORD_MAX + 64 + 32];

/* Two directions with one key and one connection ID: it opens what it seals. False: no such suite
 * in this build. */
static bool mirror(locket_session *s, unsigned suite, const char *cid, size_t cid_len)
{
    memset(s, 0, sizeof *s);
    for (uint8_t i = 0; i < 16; i++)
        s->key[OURS][i] = s->key[THEIRS][i] = i;
    for (uint8_t i = 0; i < 4; i++)
        s->salt[OURS][i] = s->salt[THEIRS][i] = (uint8_t)(0xA0 + i);
    int row = suite_row(suite);
    if (row < 0)
        return false;
    s->suite = (uint8_t)row;
    session_start_epoch(s);
    LOCKET_TERMS(s)->peer_cid_len = (uint8_t)cid_len;
    memcpy(LOCKET_CIDS(s)->theirs, cid, cid_len);
    return true;
}

static bool opens(const locket_session *s, size_t n, size_t cid_len, struct record *r)
{
    uint8_t *at = buffer;
    int reason;
    return record_next(&at, &n, cid_len, r, &reason) && reason == RECORD_FINE && record_open(s, r);
}

/* The plaintext in `buffer` behind header, ID and nonce, sealed with any additional data; returns
 * the record's length. */
static size_t seal_by_hand(const locket_session *s, size_t cid_len, const uint8_t *aad, size_t aad_len,
                           size_t len)
{
    const struct aead *aead = session_aead(s);
    uint8_t nonce[12], *text = buffer + RECORD_HEADER + cid_len + NONCE_EXPLICIT;
    size_t body = NONCE_EXPLICIT + len + aead->tag_len;
    buffer[RECORD_HEADER + cid_len - 2] = (uint8_t)(body >> 8);
    buffer[RECORD_HEADER + cid_len - 1] = (uint8_t)body;
    memcpy(text - NONCE_EXPLICIT, buffer + 3, NONCE_EXPLICIT);
    memcpy(nonce, s->salt[OURS], 4);
    memcpy(nonce + 4, buffer + 3, NONCE_EXPLICIT);
    const struct aead_message m = { nonce, aad, aad_len, text, len };
    aead->seal(s->key[OURS], &m, text + len);
    return RECORD_HEADER + cid_len + body;
}

static const uint16_t suites[] = {
    LOCKET_PSK_AES_128_CCM_8, LOCKET_PSK_AES_128_GCM_SHA256, LOCKET_PSK_AES_128_CCM
};

/* Key 00..0f, salt a0..a3, connection ID c1 d2, epoch 1, number 5, "hello dtls": made apart from
 * the library; as content, real type 23, and so many zeros. */
static const struct { uint16_t suite; size_t zeros; const char *record; } known[] = {
    { 0xC0A8, 0, "19fefd0001000000000005c1d2001b00010000000000054498625bc086a047704440ba7e7578aed3cb09" },
    { 0xC0A8, 3, "19fefd0001000000000005c1d2001e00010000000000054498625bc086a047704440e5932a588ab2"
                 "d2cdefa2cb" },
    { 0x00A8, 0, "19fefd0001000000000005c1d200230001000000000005a46f3dea4bb78ee09836a40f563e6faf0291"
                 "2d928b809bbdeeae60" },
    { 0x00A8, 3, "19fefd0001000000000005c1d200260001000000000005a46f3dea4bb78ee09836a4ff741d9bb976d1"
                 "3595b7db8a6ae4f315cda146" },
};

START_TEST(known_records_with_an_id_are_opened_with_and_without_padding)
{
    locket_session s;
    struct record r;
    size_t n = hex_bytes(known[_i].record, buffer, sizeof buffer);
    if (!mirror(&s, known[_i].suite, "\xC1\xD2", 2))
        return;
    ck_assert(opens(&s, n, 2, &r));
    ck_assert_uint_eq(r.type, TYPE_APPLICATION_DATA);
    ck_assert_uint_eq(r.len, 10);
    ck_assert_mem_eq(r.body, "hello dtls", 10);
}
END_TEST

START_TEST(known_records_with_an_id_are_sealed_to_the_byte)
{
    static const uint8_t front[] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 25, 2, 25, 0xFE, 0xFD,
                                     0, 1, 0, 0, 0, 0, 0, 5, 0xC1, 0xD2 };
    uint8_t expected[80], aad[sizeof front + 2] = { 0 };
    locket_session s;
    size_t n = hex_bytes(known[_i].record, expected, sizeof expected), len = 11 + known[_i].zeros;
    if (!mirror(&s, known[_i].suite, "\xC1\xD2", 2))
        return;
    if (len % LOCKET_CFG_CID_PADDING == 0 && len - 11 < LOCKET_CFG_CID_PADDING) {
        s.send += 5;                                 /* as the library pads */
        memcpy(buffer + record_headroom(&s), "hello dtls", 10);
        ck_assert_uint_eq(record_seal(&s, TYPE_APPLICATION_DATA, buffer, 10), n);
        ck_assert_mem_eq(buffer, expected, n);
        ck_assert(s.send == (UINT64_C(1) << 48 | 6));
    }
    memcpy(aad, front, sizeof front);    /* and by hand: the table is right */
    aad[sizeof aad - 1] = (uint8_t)len;
    memcpy(buffer, expected, 13);
    memset(buffer + RECORD_HEADER + 2 + NONCE_EXPLICIT, 0, len);
    memcpy(buffer + RECORD_HEADER + 2 + NONCE_EXPLICIT, "hello dtls\27", 11);
    ck_assert_uint_eq(seal_by_hand(&s, 2, aad, sizeof aad, len), n);
    ck_assert_mem_eq(buffer, expected, n);
}
END_TEST

/* RFC 9146 section 5: each kind of record has its own, and not the other's. */
START_TEST(the_additional_data_of_one_kind_of_record_does_not_open_the_other)
{
    static const uint8_t with[] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 25, 2, 25, 0xFE, 0xFD,
                                    0, 1, 0, 0, 0, 0, 0, 5, 0xC1, 0xD2, 0, 3 },
                         none[] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 25, 0, 25, 0xFE, 0xFD,
                                    0, 1, 0, 0, 0, 0, 0, 5, 0, 3 },
                        plain[] = { 0, 1, 0, 0, 0, 0, 0, 5, 23, 0xFE, 0xFD, 0, 3 },
                      wrapped[] = { 0, 1, 0, 0, 0, 0, 0, 5, 25, 0xFE, 0xFD, 0, 3 };
    static const struct { size_t cid_len; const uint8_t *aad; size_t len; bool good; } rows[] = {
        { 2, with, sizeof with, true }, { 2, plain, sizeof plain, false },
        { 2, wrapped, sizeof wrapped, false },
        { 0, plain, sizeof plain, true }, { 0, with, sizeof with, false }, { 0, none, sizeof none, false }
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        locket_session s;
        struct record r;
        if (!mirror(&s, suites[_i], "\xC1\xD2", 2))
            return;
        record_header(buffer, rows[i].cid_len ? TYPE_TLS12_CID : TYPE_APPLICATION_DATA, DTLS_1_2,
                      UINT64_C(1) << 48 | 5, 0);
        if (rows[i].cid_len)
            record_header_cid(buffer, session_peer_cid(&s));
        memcpy(buffer + RECORD_HEADER + rows[i].cid_len + NONCE_EXPLICIT, "up\27", 3);
        size_t n = seal_by_hand(&s, rows[i].cid_len, rows[i].aad, rows[i].len, 3);
        ck_assert_int_eq(opens(&s, n, rows[i].cid_len, &r), rows[i].good);
    }
}
END_TEST

/* Also when other bytes of the header have moved across the border of ID and length. */
START_TEST(type_number_id_and_its_length_are_authenticated)
{
    locket_session s;
    struct record r;
    uint8_t kept[80];
    if (!mirror(&s, suites[_i], "\xC1\xD2\x00", 3))
        return;
    memcpy(buffer + record_headroom(&s), "hello", 5);
    size_t n = record_seal(&s, TYPE_ALERT, buffer, 5);
    memcpy(kept, buffer, n);
    ck_assert(opens(&s, n, 3, &r));
    ck_assert_uint_eq(r.type, TYPE_ALERT);
    for (size_t bit = 0; bit < 8 * n; bit++) {
        memcpy(buffer, kept, n);
        buffer[bit / 8] ^= (uint8_t)(1u << bit % 8);
        ck_assert(!opens(&s, n, 3, &r));
    }
    for (size_t cid_len = 0; cid_len < 8; cid_len++) {
        memcpy(buffer, kept, n);
        ck_assert(cid_len == 3 || !opens(&s, n, cid_len, &r));
    }
}
END_TEST

/* Content, real type and zeros together: 2^14, not a byte more, in either direction. */
START_TEST(content_type_and_padding_have_2_14_bytes_at_most)
{
    uint8_t aad[] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 25, 2, 25, 0xFE, 0xFD,
                      0, 1, 0, 0, 0, 0, 0, 5, 0xC1, 0xD2, 0, 0 };
    for (size_t len = PLAINTEXT_MAX - 1; len <= PLAINTEXT_MAX + 1; len++) {
        locket_session s;
        struct record r;
        if (!mirror(&s, suites[_i], "\xC1\xD2", 2))
            return;
        size_t n = record_seal(&s, TYPE_APPLICATION_DATA, buffer, len - LOCKET_CFG_CID_PADDING);
        ck_assert_int_eq(n > 0, len <= PLAINTEXT_MAX);
        record_header(buffer, TYPE_TLS12_CID, DTLS_1_2, UINT64_C(1) << 48 | 5, 0);
        record_header_cid(buffer, session_peer_cid(&s));
        memset(buffer + RECORD_HEADER + 2 + NONCE_EXPLICIT, 23, len);
        aad[sizeof aad - 2] = (uint8_t)(len >> 8);
        aad[sizeof aad - 1] = (uint8_t)len;
        n = seal_by_hand(&s, 2, aad, sizeof aad, len);
        ck_assert_int_eq(opens(&s, n, 2, &r), len <= PLAINTEXT_MAX);
    }
}
END_TEST

Suite *test_protect_cid(void)
{
    Suite *s = suite_create("protect_cid");
    TCase *t = tcase_create("records with a connection ID");
    tcase_add_loop_test(t, known_records_with_an_id_are_opened_with_and_without_padding, 0, 4);
    tcase_add_loop_test(t, known_records_with_an_id_are_sealed_to_the_byte, 0, 4);
    tcase_add_loop_test(t, the_additional_data_of_one_kind_of_record_does_not_open_the_other, 0, 3);
    tcase_add_loop_test(t, type_number_id_and_its_length_are_authenticated, 0, 3);
    tcase_add_loop_test(t, content_type_and_padding_have_2_14_bytes_at_most, 0, 3);
    suite_add_tcase(s, t);
    return s;
}
