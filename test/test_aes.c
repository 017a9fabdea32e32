/* SPDX-License-Identifier: Apache-2.0
 *
 * test_aes.c -- AES-128 against FIPS 197, SP 800-38A and NIST's CAVP. Every block is
 * encrypted in either lane, beside a different one in the other. */
#include <check.h>
#include <string.h>

#include "aes.h"
#include "cavp.h"

Suite *test_aes(void);

static void check_block(const uint8_t key[16], const uint8_t plain[16], const uint8_t want[16])
{
    struct aes_key k;
    uint32_t ab[8], cd[8], room[8];
    uint8_t *a = (uint8_t *)ab, *b = a + 16, *c = (uint8_t *)cd, *d = c + 16;

    memcpy(a, plain, 16);
    memcpy(d, plain, 16);
    for (size_t i = 0; i < 16; i++)
        b[i] = c[i] = (uint8_t)~plain[i];
    aes_expand(&k, key, room);
    aes_encrypt2(&k, ab);
    aes_encrypt2(&k, cd);
    ck_assert_mem_eq(a, want, 16);
    ck_assert_mem_eq(d, want, 16);
    ck_assert_mem_eq(b, c, 16);
    ck_assert_mem_ne(a, b, 16);
}

START_TEST(the_examples_of_fips_197_and_sp_800_38a)
{
    static const char *const vectors[][3] = {
        { "2b7e151628aed2a6abf7158809cf4f3c", "3243f6a8885a308d313198a2e0370734", "3925841d02dc09fbdc118597196a0b32" },
        { "000102030405060708090a0b0c0d0e0f", "00112233445566778899aabbccddeeff", "69c4e0d86a7b0430d8cdb78070b4c55a" },
        { "2b7e151628aed2a6abf7158809cf4f3c", "6bc1bee22e409f96e93d7e117393172a", "3ad77bb40d7a3660a89ecaf32466ef97" },
        { "2b7e151628aed2a6abf7158809cf4f3c", "ae2d8a571e03ac9c9eb76fac45af8e51", "f5d3d58503b9699de785895a96fdbaaf" },
        { "2b7e151628aed2a6abf7158809cf4f3c", "30c81c46a35ce411e5fbc1191a0a52ef", "43b1cd7f598ece23881b00e3ed030688" },
        { "2b7e151628aed2a6abf7158809cf4f3c", "f69f2445df4f9b17ad2b417be66c3710", "7b0c785e27e8ad3f8223207104725dd4" },
    };
    uint8_t v[3][16];

    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        for (size_t j = 0; j < 3; j++)
            ck_assert_uint_eq(hex_bytes(vectors[i][j], v[j], 16), 16);
        check_block(v[0], v[1], v[2]);
    }
}
END_TEST

/* Both halves of a file are used: encryption and decryption read backwards. */
static size_t run_ecb(const char *path)
{
    static struct cavp c;
    static uint8_t plain[256], cipher[256];
    uint8_t key[16];
    size_t n = 0, m = 0, blocks = 0;

    for (cavp_open(&c, path); cavp_next(&c); ) {
        if (cavp_is(&c, "KEY")) {
            ck_assert_uint_eq(hex_bytes(c.value, key, 16), 16);
            n = m = 0;
        } else if (cavp_is(&c, "PLAINTEXT")) {
            n = hex_bytes(c.value, plain, sizeof plain);
        } else if (cavp_is(&c, "CIPHERTEXT")) {
            m = hex_bytes(c.value, cipher, sizeof cipher);
        } else {
            continue;
        }
        if (n == 0 || n != m)
            continue;
        for (size_t at = 0; at < n; at += 16, blocks++)
            check_block(key, plain + at, cipher + at);
    }
    return blocks;
}

START_TEST(cavp_known_answers)
{
    ck_assert_uint_eq(run_ecb("ciphers/AES/ECB/ECBGFSbox128.rsp"), 2 * 7);
    ck_assert_uint_eq(run_ecb("ciphers/AES/ECB/ECBKeySbox128.rsp"), 2 * 21);
    ck_assert_uint_eq(run_ecb("ciphers/AES/ECB/ECBVarKey128.rsp"), 2 * 128);
    ck_assert_uint_eq(run_ecb("ciphers/AES/ECB/ECBVarTxt128.rsp"), 2 * 128);
}
END_TEST

START_TEST(cavp_messages_of_many_blocks)
{
    ck_assert_uint_eq(run_ecb("ciphers/AES/ECB/ECBMMT128.rsp"), 2 * 55);
}
END_TEST

Suite *test_aes(void)
{
    Suite *suite = suite_create("aes");
    TCase *t = tcase_create("aes");

    tcase_add_test(t, the_examples_of_fips_197_and_sp_800_38a);
    tcase_add_test(t, cavp_known_answers);
    tcase_add_test(t, cavp_messages_of_many_blocks);
    suite_add_tcase(suite, t);
    return suite;
}
