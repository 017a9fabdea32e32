/* SPDX-License-Identifier: Apache-2.0
 *
 * test_sha256.c -- SHA-256 against the examples of RFC 6234 section 8.5 and NIST's
 * CAVP, byte oriented, by the portable compression and by what the processor has. */
#include <check.h>
#include <string.h>

#include "cavp.h"
#include "sha256.h"

Suite *test_sha256(void);

static void digest(const void *data, size_t n, uint8_t out[32])
{
    struct locket_sha256 s;

    sha256_start(&s);
    sha256_add(&s, data, n);
    sha256_end(&s, out);
}

static void blocks_portable(uint32_t state[8], const uint8_t *data, size_t n)
{
    uint32_t block[16];

    for (; n > 0; n--, data += 64) {
        memcpy(block, data, 64);
        sha256_block_portable(state, block);
    }
}

/* The same over the portable compression alone. */
static void digest_portable(const uint8_t *data, size_t n, uint8_t out[32])
{
    struct locket_sha256 s;
    uint8_t tail[128] = { 0 };
    size_t rest = n % 64, blocks = rest < 56 ? 1 : 2;

    sha256_start(&s);
    blocks_portable(s.state, data, n / 64);
    memcpy(tail, data + n - rest, rest);
    tail[rest] = 0x80;
    for (size_t i = 0; i < 8; i++)
        tail[64 * blocks - 1 - i] = (uint8_t)((uint64_t)n * 8 >> 8 * i);
    blocks_portable(s.state, tail, blocks);
    for (size_t i = 0; i < 32; i++)
        out[i] = (uint8_t)(s.state[i / 4] >> (24 - 8 * (i % 4)));
}

static void check_both(const void *data, size_t n, const char *want)
{
    uint8_t out[32];

    digest(data, n, out);
    hex_equal(out, 32, want);
    digest_portable(data, n, out);
    hex_equal(out, 32, want);
}

START_TEST(the_examples_of_rfc_6234)
{
    static uint8_t big[1000000];

    check_both("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    check_both("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    check_both("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
               "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    memset(big, 'a', sizeof big);
    check_both(big, sizeof big, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    for (size_t i = 0; i < 640; i++)
        big[i] = (uint8_t)('0' + i % 8);
    check_both(big, 640, "594847328451bdfa85056225462cc1d867d877fb388df0ce35f25ab5562bfbb5");
    check_both("\x19", 1, "68aa2e2ee5dff96e3355e6c7ee373e3d6a4e17f75f9518d843709c0c9bc3e3d4");
    check_both("\xe3\xd7\x25\x70\xdc\xdd\x78\x7c\xe3\x88\x7a\xb2\xcd\x68\x46\x52", 16,
               "175ee69b02ba9b58e2b0a5fd13819cea573f3940a94f825128cf4209beabb4e8");
}
END_TEST

static size_t run_messages(const char *path)
{
    static struct cavp c;
    static uint8_t msg[8192];
    size_t len = 0, ran = 0;

    for (cavp_open(&c, path); cavp_next(&c); ) {
        if (cavp_is(&c, "Len")) {
            len = cavp_number(&c) / 8;
        } else if (cavp_is(&c, "Msg")) {
            ck_assert_uint_ge(hex_bytes(c.value, msg, sizeof msg), len);
        } else if (cavp_is(&c, "MD")) {
            check_both(msg, len, c.value);
            ran++;
        }
    }
    return ran;
}

START_TEST(cavp_short_and_long_messages)
{
    ck_assert_uint_eq(run_messages("hashes/SHA2/SHA256ShortMsg.rsp"), 65);
    ck_assert_uint_eq(run_messages("hashes/SHA2/SHA256LongMsg.rsp"), 64);
}
END_TEST

/* SHAVS section 6.4: each of 100 results is 1,000 hashes of the last three. */
START_TEST(cavp_monte_carlo)
{
    static struct cavp c;
    uint8_t md[96];
    size_t ran = 0;

    for (cavp_open(&c, "hashes/SHA2/SHA256Monte.rsp"); cavp_next(&c); ) {
        if (cavp_is(&c, "Seed")) {
            hex_bytes(c.value, md, 32);
        } else if (cavp_is(&c, "MD")) {
            memcpy(md + 32, md, 32);
            memcpy(md + 64, md, 32);
            for (size_t i = 0; i < 1000; i++) {
                uint8_t out[32];

                digest(md, 96, out);
                memmove(md, md + 32, 64);
                memcpy(md + 64, out, 32);
            }
            memcpy(md, md + 64, 32);
            hex_equal(md, 32, c.value);
            ran++;
        }
    }
    ck_assert_uint_eq(ran, 100);
}
END_TEST

START_TEST(a_message_may_arrive_in_any_pieces)
{
    uint8_t data[200], whole[32], parts[32];

    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7);
    for (size_t n = 0; n <= sizeof data; n++) {
        digest(data, n, whole);
        digest_portable(data, n, parts);
        ck_assert_mem_eq(whole, parts, 32);
        for (size_t cut = 0; cut <= n; cut++) {
            struct locket_sha256 s;

            sha256_start(&s);
            sha256_add(&s, data, cut);
            sha256_add(&s, NULL, 0);
            sha256_add(&s, data + cut, n - cut);
            sha256_end(&s, parts);
            ck_assert_mem_eq(whole, parts, 32);
        }
    }
}
END_TEST

START_TEST(a_copy_of_the_state_can_be_ended_while_the_original_goes_on)
{
    struct locket_sha256 s, copy;
    uint8_t out[32];

    sha256_start(&s);
    sha256_add(&s, "ab", 2);
    copy = s;
    sha256_end(&copy, out);
    sha256_add(&s, "c", 1);
    sha256_end(&s, out);
    hex_equal(out, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
END_TEST

Suite *test_sha256(void)
{
    Suite *suite = suite_create("sha256");
    TCase *t = tcase_create("sha256");

    tcase_set_timeout(t, 60);
    tcase_add_test(t, the_examples_of_rfc_6234);
    tcase_add_test(t, cavp_short_and_long_messages);
    tcase_add_test(t, cavp_monte_carlo);
    tcase_add_test(t, a_message_may_arrive_in_any_pieces);
    tcase_add_test(t, a_copy_of_the_state_can_be_ended_while_the_original_goes_on);
    suite_add_tcase(suite, t);
    return suite;
}
