/* SPDX-License-Identifier: Apache-2.0
 *
 * test_kdf.c -- HMAC-SHA-256 against RFC 4231, the TLS 1.2 PRF against the vector of
 * the IETF TLS list, and every value that DTLS 1.2 derives with it. The latter
 * have no official vectors; they were computed by an independent script. */
#include <check.h>
#include <string.h>

#include "cavp.h"
#include "prf.h"

Suite *test_kdf(void);

static void hmac(const void *key, size_t key_len, const void *data, size_t n, uint8_t out[32])
{
    struct locket_hmac k;
    struct locket_sha256 s;

    key_of(&k, key, key_len);
    hmac_start(&s, &k);
    sha256_add(&s, data, n);
    hmac_end(&s, &k, out);
}

START_TEST(the_test_cases_of_rfc_4231)
{
    static const struct { const char *key, *data, *mac; } vectors[] = {
        { "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
          "4869205468657265",
          "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
        { "4a656665",
          "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
        { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
          "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
          "dddd",
          "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
        { "0102030405060708090a0b0c0d0e0f10111213141516171819",
          "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
          "cdcd",
          "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b" },
        { "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c",
          "546573742057697468205472756e636174696f6e",
          "a3b6167473100ee06e0c796c2955552b" },
        { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
          "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579"
          "204669727374",
          "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
        { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
          "5468697320697320612074657374207573696e672061206c6172676572207468616e20626c6f636b2d73697a65206b65"
          "7920616e642061206c6172676572207468616e20626c6f636b2d73697a6520646174612e20546865206b6579206e6565"
          "647320746f20626520686173686564206265666f7265206265696e6720757365642062792074686520484d414320616c"
          "676f726974686d2e",
          "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2" },
    };
    uint8_t key[160], data[160], out[32];

    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        size_t key_len = hex_bytes(vectors[i].key, key, sizeof key);
        size_t n = hex_bytes(vectors[i].data, data, sizeof data);

        hmac(key, key_len, data, n, out);
        hex_equal(out, strlen(vectors[i].mac) / 2, vectors[i].mac);   /* one is truncated */
    }
}
END_TEST

START_TEST(the_vectors_package_agrees)
{
    static struct cavp c;
    uint8_t key[160], msg[160], out[32];
    size_t key_len = 0, n = 0, ran = 0;

    for (cavp_open(&c, "HMAC/rfc-4231-sha256.txt"); cavp_next(&c); ) {
        if (cavp_is(&c, "Key")) {
            key_len = hex_bytes(c.value, key, sizeof key);
        } else if (cavp_is(&c, "Msg")) {
            n = hex_bytes(c.value, msg, sizeof msg);
        } else if (cavp_is(&c, "MD")) {
            hmac(key, key_len, msg, n, out);
            hex_equal(out, 32, c.value);
            ran++;
        }
    }
    ck_assert_uint_eq(ran, 6);
}
END_TEST

START_TEST(a_key_of_65_bytes_is_hashed_and_one_of_64_is_not)
{
    uint8_t key[65], hashed[32], out[32], want[32];
    struct locket_sha256 s;

    memset(key, 0x42, sizeof key);
    sha256_start(&s);
    sha256_add(&s, key, 65);
    sha256_end(&s, hashed);
    hmac(key, 65, "abc", 3, out);
    hmac(hashed, 32, "abc", 3, want);
    ck_assert_mem_eq(out, want, 32);

    sha256_start(&s);
    sha256_add(&s, key, 64);
    sha256_end(&s, hashed);
    hmac(key, 64, "abc", 3, out);
    hmac(hashed, 32, "abc", 3, want);
    ck_assert_mem_ne(out, want, 32);

    uint8_t padded[64] = { 'k' };                    /* zeros at the end change nothing */
    hmac("k", 1, "abc", 3, out);
    hmac(padded, 64, "abc", 3, want);
    ck_assert_mem_eq(out, want, 32);
}
END_TEST

START_TEST(midstates_serve_many_messages)
{
    struct locket_hmac k;
    struct locket_sha256 s;
    uint8_t out[32];

    key_of(&k, "Jefe", 4);
    for (int i = 0; i < 3; i++) {
        hmac_start(&s, &k);
        sha256_add(&s, "what do ya want ", 16);
        sha256_add(&s, "for nothing?", 12);
        hmac_end(&s, &k, out);
        hex_equal(out, 32, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }
}
END_TEST

/* PRF with secret and seed in hex; the seed is cut in two at every place. */
static void check_prf(const char *secret, const char *label, const char *seed, const char *want)
{
    uint8_t key[128], a[160], out[160];
    size_t key_len = hex_bytes(secret, key, sizeof key), n = hex_bytes(seed, a, sizeof a);
    size_t len = strlen(want) / 2;

    for (size_t cut = 0; cut <= n; cut++) {
        memset(out, 0, sizeof out);
        prf(key, key_len, label, a, cut, a + cut, n - cut, out, len);
        hex_equal(out, len, want);
        ck_assert_uint_eq(out[len], 0);
    }
}

START_TEST(the_prf_vector_of_the_tls_list)
{
    check_prf("9bbe436ba940f017b17652849a71db35", "test label", "a0ba9f936cda311827a6f796ffd5198c",
              "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af"
              "0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701"
              "87347b66");
}
END_TEST

START_TEST(a_shorter_prf_is_the_beginning_of_a_longer)
{
    uint8_t whole[100], part[101];

    prf("secret", 6, "label", "seed", 4, NULL, 0, whole, sizeof whole);
    for (size_t n = 0; n <= sizeof whole; n++) {
        memset(part, 0, sizeof part);
        prf("secret", 6, "label", "se", 2, "ed", 2, part, n);
        ck_assert(n == 0 || memcmp(part, whole, n) == 0);
        ck_assert_uint_eq(part[n], 0);
    }
}
END_TEST

#define CLIENT_RANDOM "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
#define SERVER_RANDOM "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
#define PREMASTER "0020d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de" \
                  "0010000102030405060708090a0b0c0d0e0f"
#define MASTER "226a1041dc72604a67fccb7b11cfc5f0327d98f895b1683c9238c7d92ef91bd0b3988b1114f8db42dfc4e21af1f577fe"

START_TEST(master_secrets_with_and_without_rfc_7627)
{
    check_prf(PREMASTER, "master secret", CLIENT_RANDOM SERVER_RANDOM,
              "3995ac58ff6bdb9ffdd45343cc14509d813b5686fc72248e74da3cee22ecb7712defbdc530969c50aae96016f31cec9b");
    check_prf(PREMASTER, "extended master secret",
              "3f3af1ecebbd1410ab417ec0d27bbfcb5d340e177ae159b59fc8626c2dfd9175", MASTER);
}
END_TEST

START_TEST(key_block_and_finished)
{
    static const char hash[] = "54e6289e14c7b0e7ad9acc2dfc4c1e3d027d0eef7f5c4c3fe7c292761d0e06a6";

    check_prf(MASTER, "key expansion", SERVER_RANDOM CLIENT_RANDOM,
              "ecd80c2aa17d86fa1cac288cace86a46b10476c498cd8e24d88f521e828b2423a441396af3603fba");
    check_prf(MASTER, "client finished", hash, "5a1825ef3d91c2973605d773");
    check_prf(MASTER, "server finished", hash, "08a9cdf57d480055a543aff8");
}
END_TEST

/* RFC 5705 section 4: the context comes with its length, and none is not empty. */
START_TEST(exporters_of_rfc_5705)
{
    check_prf(MASTER, "EXPORTER-test", CLIENT_RANDOM SERVER_RANDOM,
              "7a154af963309f199834f7331a929deea7fe5be330bb58c27d7433e6bd87b1b9");
    check_prf(MASTER, "EXPORTER-test", CLIENT_RANDOM SERVER_RANDOM "00020102",
              "938f1db52b893fd9e2af1987df9df5a64378ba9fec06c6df30741381a68ec0a0");
    check_prf(MASTER, "EXPORTER-test", CLIENT_RANDOM SERVER_RANDOM "0000",
              "64fe1c8ba3440c360e6f111aa555997b2999e898e308bd61645cba218dba7c5f");
}
END_TEST

Suite *test_kdf(void)
{
    Suite *suite = suite_create("kdf");
    TCase *t = tcase_create("kdf");

    tcase_add_test(t, the_test_cases_of_rfc_4231);
    tcase_add_test(t, the_vectors_package_agrees);
    tcase_add_test(t, a_key_of_65_bytes_is_hashed_and_one_of_64_is_not);
    tcase_add_test(t, midstates_serve_many_messages);
    tcase_add_test(t, the_prf_vector_of_the_tls_list);
    tcase_add_test(t, a_shorter_prf_is_the_beginning_of_a_longer);
    tcase_add_test(t, master_secrets_with_and_without_rfc_7627);
    tcase_add_test(t, key_block_and_finished);
    tcase_add_test(t, exporters_of_rfc_5705);
    suite_add_tcase(suite, t);
    return suite;
}
