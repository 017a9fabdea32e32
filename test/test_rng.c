/* SPDX-License-Identifier: Apache-2.0
 *
 * test_rng.c -- HMAC-DRBG. The CAVP file for it is not in the vectors package, so
 * its first SHA-256 cases without and with reseeding stand here; and the k of
 * RFC 6979 appendix A.2.5, which is the same generator fed with key and hash. */
#include <check.h>
#include <string.h>

#include "entropy.h"
#include "hex.h"
#include "rng.h"

Suite *test_rng(void);

static void instantiate(struct locket_rng *r, const char *entropy, const char *nonce)
{
    uint8_t a[32], b[32];
    struct piece p[2] = { { a, hex_bytes(entropy, a, sizeof a) }, { b, hex_bytes(nonce, b, sizeof b) } };

    rng_instantiate(r, p, 2);
    ck_assert_uint_eq(r->requests, 1);
}

START_TEST(cavp_without_reseeding)
{
    struct locket_rng r;
    uint8_t out[128];

    instantiate(&r, "ca851911349384bffe89de1cbdc46e6831e44d34a4fb935ee285dd14b71a7488",
                "659ba96c601dc69fc902940805ec0ca8");
    rng_generate(&r, out, sizeof out);
    rng_generate(&r, out, sizeof out);
    hex_equal(out, sizeof out,
              "e528e9abf2dece54d47c7e75e5fe302149f817ea9fb4bee6f4199697d04d5b89d54fbb978a15b5c443c9ec21036d2460"
              "b6f73ebad0dc2aba6e624abf07745bc107694bb7547bb0995f70de25d6b29e2d3011bb19d27676c07162c8b5ccde0668"
              "961df86803482cb37ed6d5c0bb8d50cf1f50d476aa0458bdaba806f48be9dcb8");
}
END_TEST

START_TEST(cavp_with_reseeding_and_every_state_between)
{
    struct locket_rng r;
    uint8_t seed[32], out[128];
    struct piece p = { seed, sizeof seed };

    instantiate(&r, "06032cd5eed33f39265f49ecb142c511da9aff2af71203bffaf34a9ca5bd9c0d",
                "0e66f71edc43e42a45ad3c6fc6cdc4df");
    hex_equal(r.v, 32, "81e0d8830ed2d16f9b288a1cb289c5fab3f3c5c28131be7cafedcc7734604d34");
    hex_equal(r.key, 32, "17dc11c2389f5eeb9d0f6a5148a1ea83ee8a828f4f140ac78272a0da435fa121");
    hex_bytes("01920a4e669ed3a85ae8a33b35a74ad7fb2a6bb4cf395ce00334a9c9a5a5d552", seed, sizeof seed);
    rng_update(&r, &p, 1);
    hex_equal(r.v, 32, "c246fa97570ba2b9d9e5b453fe4632366f146fbd8491146563eb463c9eafe50c");
    hex_equal(r.key, 32, "ca43e73325de43c41d7e0a7a3163fb04061b09fcee4c7b8884e969e3bdfdff9a");
    rng_generate(&r, out, sizeof out);
    hex_equal(r.v, 32, "df67d0816d6a8f3b73ba7638ea113bef0e33a1da451272ef1472211fb31c1cd6");
    hex_equal(r.key, 32, "8be4c7f9f249d5af2c6345a8f07af14be1d7adc2b9892286ffe37760d8aa5a1b");
    rng_generate(&r, out, sizeof out);
    hex_equal(r.v, 32, "80524881711e89a61e6fe7169581e50fb9ad642f3dff48fba5773352fa04cec3");
    hex_equal(out, sizeof out,
              "76fc79fe9b50beccc991a11b5635783a83536add03c157fb30645e611c2898bb2b1bc215000209208cd506cb28da2a51"
              "bdb03826aaf2bd2335d576d519160842e7158ad0949d1a9ec3e66ea1b1a064b005de914eac2e9d4f2d72a8616a802254"
              "22918250ff66a41bd2f864a6a38cc5b6499dc43f7f2bd09e1e0f8f5885935124");
}
END_TEST

START_TEST(the_nonces_of_rfc_6979)
{
    static const char key[] = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
    struct locket_rng r;
    uint8_t out[32];

    instantiate(&r, key, "af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf");  /* "sample" */
    rng_generate(&r, out, sizeof out);
    hex_equal(out, 32, "a6e3c57dd01abe90086538398355dd4c3b17aa873382b0f24d6129493d8aad60");
    instantiate(&r, key, "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");  /* "test" */
    rng_generate(&r, out, sizeof out);
    hex_equal(out, 32, "d16b6ae827f17175e040871a1c7ec3500192c4c92677336ec2537acaee0008e0");
}
END_TEST

START_TEST(seeding_takes_48_bytes_and_the_personalization)
{
    struct locket_rng a, b, c;

    entropy_seed(1);
    ck_assert(rng_seed(&a, "one", 3));
    ck_assert_uint_eq(entropy_used(), 48);
    entropy_seed(1);
    ck_assert(rng_seed(&b, "two", 3));
    entropy_seed(2);
    ck_assert(rng_seed(&c, "one", 3));
    ck_assert_mem_ne(a.key, b.key, 32);
    ck_assert_mem_ne(a.key, c.key, 32);
    entropy_seed(1);
    ck_assert(rng_seed(&c, "one", 3));
    ck_assert_mem_eq(&a, &c, sizeof a);
}
END_TEST

START_TEST(never_seeded_it_gives_nothing)
{
    static const uint8_t zero[40];
    struct locket_rng r;
    uint8_t out[40];

    memset(&r, 0, sizeof r);
    memset(out, 7, sizeof out);
    entropy_seed(3);
    ck_assert(!rng_bytes(&r, out, sizeof out));
    ck_assert_mem_eq(out, zero, sizeof out);
    ck_assert_uint_eq(entropy_used(), 0);

    memset(&r, 7, sizeof r);
    entropy_fail(true);
    ck_assert(!rng_seed(&r, "x", 1));
    memset(out, 7, sizeof out);
    ck_assert(!rng_bytes(&r, out, sizeof out));
    ck_assert_mem_eq(out, zero, sizeof out);
}
END_TEST

START_TEST(a_due_reseeding_that_finds_no_entropy_gives_nothing_until_it_does)
{
    static const uint8_t zero[5];
    struct locket_rng r;
    uint8_t out[5];

    entropy_seed(4);
    ck_assert(rng_seed(&r, NULL, 0));
    for (long i = 0; i < RNG_RESEED_INTERVAL; i++)
        ck_assert(rng_bytes(&r, out, sizeof out));
    ck_assert_uint_eq(entropy_used(), 48);

    entropy_fail(true);
    for (int i = 0; i < 2; i++) {
        memset(out, 7, sizeof out);
        ck_assert(!rng_bytes(&r, out, sizeof out));
        ck_assert_mem_eq(out, zero, sizeof out);
    }
    entropy_fail(false);
    ck_assert(rng_bytes(&r, out, sizeof out));
    ck_assert_uint_eq(entropy_used(), 48 + 32);
    ck_assert_uint_eq(r.requests, 2);
}
END_TEST

START_TEST(lengths_up_to_the_limit_of_a_request_are_filled)
{
    static uint8_t out[65537], again[65536];
    struct locket_rng r, saved;

    entropy_seed(5);
    ck_assert(rng_seed(&r, NULL, 0));
    saved = r;
    ck_assert(rng_bytes(&r, again, sizeof again));
    for (size_t n = 0; n <= 100; n++) {
        struct locket_rng s = saved;

        memset(out, 0, sizeof out);
        ck_assert(rng_bytes(&s, out, n));
        ck_assert(n == 0 || memcmp(out, again, n) == 0);
        ck_assert_uint_eq(out[n], 0);
    }
    ck_assert(!rng_bytes(&r, out, sizeof out));
}
END_TEST

START_TEST(the_randoms_of_hellos_are_as_good_and_end_with_a_reseeding)
{
    struct locket_rng r, same;
    uint8_t all[8 * 32], out[32];
    size_t n = LOCKET_CFG_FAST ? 8 : 1;

    entropy_seed(9);
    ck_assert(rng_seed(&r, "hello", 5));
    same = r;
    for (unsigned k = 0; k < 2; k++) {
        ck_assert(rng_bytes(&same, all, 32 * n));
        for (size_t i = n; i-- > 0; ) {
            ck_assert(rng_random(&r, out));
            ck_assert_mem_eq(out, all + 32 * i, 32);
        }
    }
    ck_assert_uint_eq(r.requests, same.requests);

    ck_assert(rng_random(&r, out));               /* there may be others now */
    r.requests = RNG_RESEED_INTERVAL + 1;
    entropy_fail(true);
    ck_assert(!rng_random(&r, out));
    memset(all, 0, sizeof all);
    ck_assert_mem_eq(out, all, 32);
    entropy_fail(false);
    size_t before = entropy_used();
    ck_assert(rng_random(&r, out));
    ck_assert_uint_eq(entropy_used() - before, 32);
    ck_assert_mem_ne(out, all, 32);
    memset(&r, 0, sizeof r);
    ck_assert(!rng_random(&r, out));
}
END_TEST

Suite *test_rng(void)
{
    Suite *suite = suite_create("rng");
    TCase *t = tcase_create("rng");

    tcase_set_timeout(t, 60);
    tcase_add_test(t, cavp_without_reseeding);
    tcase_add_test(t, cavp_with_reseeding_and_every_state_between);
    tcase_add_test(t, the_nonces_of_rfc_6979);
    tcase_add_test(t, seeding_takes_48_bytes_and_the_personalization);
    tcase_add_test(t, never_seeded_it_gives_nothing);
    tcase_add_test(t, a_due_reseeding_that_finds_no_entropy_gives_nothing_until_it_does);
    tcase_add_test(t, the_randoms_of_hellos_are_as_good_and_end_with_a_reseeding);
    tcase_add_test(t, lengths_up_to_the_limit_of_a_request_are_filled);
    suite_add_tcase(suite, t);
    return suite;
}
