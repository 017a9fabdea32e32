/* SPDX-License-Identifier: Apache-2.0
 *
 * test_x86.c -- the primitives on AES-NI, PCLMULQDQ and SHA-NI: known answers, and that
 * they are the portable ones for every shape of input. Buffers are allocated to their
 * exact size, at odd addresses, so that the address sanitizer sees a byte too many.
 *
 * What this processor has is asked of CPUID itself, which also checks x86.c. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ccm.h"
#include "gcm.h"
#include "hex.h"
#include "sha256.h"
#include "x86.h"

Suite *test_x86(void);

#if LOCKET_CFG_X86
#include <cpuid.h>

static bool cpu_has(unsigned leaf, bool want_b, unsigned bits)
{
    unsigned a, b, c, d;

    return __get_cpuid_count(leaf, 0, &a, &b, &c, &d) && ((want_b ? b : c) & bits) == bits;
}

static bool cpu_has_aes(void)
{
    return cpu_has(1, false, bit_AES | bit_PCLMUL | bit_SSSE3 | bit_SSE4_1);
}

static bool cpu_has_sha(void)
{
    return cpu_has(7, true, bit_SHA) && cpu_has(1, false, bit_SSSE3 | bit_SSE4_1);
}
#else
static bool cpu_has_aes(void) { return false; }
static bool cpu_has_sha(void) { return false; }
#endif

START_TEST(the_processor_is_asked_correctly)
{
    ck_assert(x86_has_aes() == cpu_has_aes());
    ck_assert_msg(!x86_has_sha() || cpu_has_sha(), "SHA-NI would be used where there is none");
}
END_TEST

/* splitmix64 */
static uint64_t random_state;

static uint8_t random_byte(void)
{
    uint64_t z = random_state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (uint8_t)(z >> 32);
}

/* n random bytes that end where their allocation ends, at an odd address if `skew` is. */
struct block { uint8_t *all, *at; };

static struct block block_make(size_t n, size_t skew)
{
    struct block b = { malloc(n + skew + (n + skew == 0)), NULL };

    ck_assert_ptr_nonnull(b.all);
    b.at = b.all + skew;
    for (size_t i = 0; i < n; i++)
        b.at[i] = random_byte();
    return b;
}

/* The three shapes: CCM with short and long tags, GCM. */
static const size_t tag_lens[] = { 8, 16, 0 };
enum { N_AEADS = 3 };

static void seal(size_t id, bool x86, const uint8_t *key, const struct aead_message *m, uint8_t *tag)
{
    if (tag_lens[id] == 0)
        (x86 ? gcm_seal_x86 : gcm_seal)(key, m, tag);
    else
        (x86 ? ccm_seal_x86 : ccm_seal)(key, m, tag, tag_lens[id]);
}

static bool open(size_t id, bool x86, const uint8_t *key, const struct aead_message *m, const uint8_t *tag)
{
    if (tag_lens[id] == 0)
        return (x86 ? gcm_open_x86 : gcm_open)(key, m, tag);
    return (x86 ? ccm_open_x86 : ccm_open)(key, m, tag, tag_lens[id]);
}

/* Seal one random message both ways, open it, and fail to open it when one bit of it,
 * chosen by `flip`, is wrong. */
static void check_message(size_t id, size_t len, size_t aad_len, size_t skew, size_t flip)
{
    size_t tag_len = tag_lens[id] == 0 ? 16 : tag_lens[id];
    struct block key = block_make(16, skew), nonce = block_make(12, skew);
    struct block aad = block_make(aad_len, skew + 1);
    struct block plain = block_make(len, 0), text = block_make(len, skew), want = block_make(len, 0);
    struct block tag = block_make(tag_len, skew + 2);
    uint8_t want_tag[16];
    struct aead_message m = { nonce.at, aad.at, aad_len, text.at, len };
    struct aead_message w = { nonce.at, aad.at, aad_len, want.at, len };

    memcpy(text.at, plain.at, len);
    memcpy(want.at, plain.at, len);
    seal(id, false, key.at, &w, want_tag);
    seal(id, true, key.at, &m, tag.at);
    ck_assert_msg(memcmp(text.at, want.at, len) == 0, "ciphertext: AEAD %zu, length %zu, AAD %zu",
                  id, len, aad_len);
    ck_assert_msg(memcmp(tag.at, want_tag, tag_len) == 0, "tag: AEAD %zu, length %zu, AAD %zu",
                  id, len, aad_len);

    uint8_t *const parts[] = { tag.at, nonce.at, key.at, aad.at, text.at };
    const size_t lens[] = { tag_len, 12, 16, aad_len, len };
    size_t part = flip % 5;
    if (lens[part] == 0)
        part = 0;
    uint8_t *bad = parts[part] + flip / 5 % lens[part], bit = (uint8_t)(1u << flip % 8);
    *bad ^= bit;
    if (part == 4)
        memcpy(want.at, text.at, len);
    ck_assert_msg(!open(id, true, key.at, &m, tag.at), "a forgery opened: AEAD %zu, length %zu", id, len);
    ck_assert_msg(memcmp(text.at, want.at, len) == 0, "a failed open changed the text: AEAD %zu, length %zu",
                  id, len);
    *bad ^= bit;
    ck_assert_msg(open(id, true, key.at, &m, tag.at),
                  "open: AEAD %zu, length %zu, AAD %zu", id, len, aad_len);
    ck_assert_msg(memcmp(text.at, plain.at, len) == 0, "plaintext: AEAD %zu, length %zu, AAD %zu",
                  id, len, aad_len);

    free(key.all), free(nonce.all), free(aad.all), free(plain.all);
    free(text.all), free(want.all), free(tag.all);
}

START_TEST(every_short_length_is_sealed_and_opened_as_in_portable_c)
{
    random_state = (uint64_t)_i;
    for (size_t len = 0; len <= 300; len++) {
        check_message((size_t)_i, len, 13, len % 16, len);
        check_message((size_t)_i, len, random_byte() % 41u, random_byte() % 16u, random_byte() * 7u);
    }
}
END_TEST

START_TEST(every_length_of_additional_data_is_authenticated_as_in_portable_c)
{
    static const size_t lens[] = { 0, 1, 15, 16, 17, 33, 129 };
    static const size_t long_aad[] = { 127, 128, 129, 255, 256, 300, 0xfeff };

    random_state = 100 + (uint64_t)_i;
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        for (size_t aad_len = 0; aad_len <= 40; aad_len++)
            check_message((size_t)_i, lens[i], aad_len, aad_len % 5, random_byte() * 5u + 3);
        check_message((size_t)_i, lens[i], long_aad[i], i, random_byte() * 5u + 3);
    }
}
END_TEST

START_TEST(long_records_are_sealed_and_opened_as_in_portable_c)
{
    static const size_t lens[] = { 399, 512, 1007, 1024, 1200, 1535, 1999, 2000, 4095, 4112, 16384 };

    random_state = 200 + (uint64_t)_i;
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++)
        check_message((size_t)_i, lens[i], 13, i, random_byte() * 9u);
    for (size_t i = 0; i < 40; i++)
        check_message((size_t)_i, 300 + random_byte() * 7u, random_byte() % 41u, i % 16, i * 11);
}
END_TEST

/* More than 2^16 blocks, so that all three bytes of the counter of CCM count. */
START_TEST(the_block_counter_carries_as_in_portable_c)
{
    random_state = 300 + (uint64_t)_i;
    check_message((size_t)_i, (1u << 20) + 37, 13, 3, 4);
}
END_TEST

START_TEST(every_flipped_bit_is_found_and_nothing_changes)
{
    uint8_t key[16] = { 1 }, nonce[12] = { 2 }, aad[13] = { 3 }, text[40] = { 4 }, tag[16], was[40];
    struct aead_message m = { nonce, aad, sizeof aad, text, sizeof text };
    size_t tag_len = tag_lens[_i] == 0 ? 16 : tag_lens[_i];
    uint8_t *const parts[] = { nonce, aad, text, tag };
    const size_t lens[] = { sizeof nonce, sizeof aad, sizeof text, tag_len };

    seal((size_t)_i, true, key, &m, tag);
    for (size_t p = 0; p < 4; p++)
        for (size_t bit = 0; bit < 8 * lens[p]; bit++) {
            parts[p][bit / 8] ^= (uint8_t)(1u << bit % 8);
            memcpy(was, text, sizeof was);
            ck_assert_msg(!open((size_t)_i, true, key, &m, tag), "part %zu, bit %zu", p, bit);
            ck_assert_mem_eq(text, was, sizeof was);
            parts[p][bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    ck_assert(open((size_t)_i, true, key, &m, tag));
}
END_TEST

/* In hex; `sealed` is ciphertext and tag. */
static void check_answer(size_t id, const char *key_hex, const char *nonce_hex, const char *aad_hex,
                         const char *plain, const char *sealed)
{
    uint8_t key[16], nonce[12], aad[32], text[80];
    struct aead_message m = { nonce, aad, hex_bytes(aad_hex, aad, sizeof aad), text,
                              hex_bytes(plain, text, sizeof text) };
    size_t tag_len = tag_lens[id] == 0 ? 16 : tag_lens[id];

    hex_bytes(key_hex, key, sizeof key);
    hex_bytes(nonce_hex, nonce, sizeof nonce);
    seal(id, true, key, &m, text + m.len);
    hex_equal(text, m.len + tag_len, sealed);
    ck_assert(open(id, true, key, &m, text + m.len));
    hex_equal(text, m.len, plain);
}

START_TEST(ccm_8_gives_the_answer_of_sp_800_38c_example_3)
{
    check_answer(0, "404142434445464748494a4b4c4d4e4f", "101112131415161718191a1b",
                 "000102030405060708090a0b0c0d0e0f10111213",
                 "202122232425262728292a2b2c2d2e2f3031323334353637",
                 "e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5 484392fbc1b09951");
}
END_TEST

START_TEST(gcm_gives_the_answers_of_its_specification)
{
    static const char zeros[] = "00000000000000000000000000000000", nonce[] = "000000000000000000000000";

    check_answer(2, zeros, nonce, "", "", "58e2fccefa7e3061367f1d57a4e7455a");
    check_answer(2, zeros, nonce, "", zeros,
                 "0388dace60b6a392f328c2b971b2fe78 ab6e47d42cec13bdf53a67b21257bddf");
    check_answer(2, "feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
                 "feedfacedeadbeeffeedfacedeadbeefabaddad2",
                 "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                 "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
                 "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
                 "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"
                 "5bc94fbc3221a5db94fae95ae7121a47");
}
END_TEST

START_TEST(sha256_gives_the_answer_of_fips_180_4)
{
    uint8_t block[64] = { 'a', 'b', 'c', 0x80 };
    uint32_t state[8] = {
        0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19
    };
    static const uint32_t digest[8] = {
        0xba7816bf, 0x8f01cfea, 0x414140de, 0x5dae2223,
        0xb00361a3, 0x96177a9c, 0xb410ff61, 0xf20015ad
    };

    block[63] = 24;
    sha256_blocks_x86(state, block, 1);
    ck_assert_mem_eq(state, digest, sizeof digest);
}
END_TEST

START_TEST(sha256_compresses_as_in_portable_c)
{
    random_state = 400;
    for (size_t n = 0; n <= 40; n++) {
        struct block data = block_make(64 * n, n % 16), start = block_make(32, 0);
        uint32_t a[8], b[8];

        memcpy(a, start.at, sizeof a);
        memcpy(b, start.at, sizeof b);
        sha256_blocks_x86(a, data.at, n);
        for (size_t i = 0; i < n; i++) {
            uint32_t block[16];

            memcpy(block, data.at + 64 * i, 64);
            sha256_block_portable(b, block);
        }
        ck_assert_msg(memcmp(a, b, sizeof a) == 0, "%zu blocks", n);
        free(data.all), free(start.all);
    }
}
END_TEST

/* The block that `have` bytes of have come to, and the length behind it: FIPS 180-4 section 5.1.1. */
static void end_portable(const struct locket_sha256 *s, uint32_t state[8])
{
    size_t have = s->total % 64, size = have < 56 ? 64 : 128;
    uint32_t padded[32] = { 0 };
    uint8_t *at = (uint8_t *)padded;

    memcpy(at, s->block, have);
    at[have] = 0x80;
    for (unsigned i = 0; i < 8; i++)
        at[size - 1 - i] = (uint8_t)((uint64_t)s->total << 3 >> 8 * i);
    sha256_block_portable(state, padded);
    if (size == 128)
        sha256_block_portable(state, padded + 16);
}

static void bytes_of(const uint32_t state[8], uint8_t out[32])
{
    for (unsigned i = 0; i < 32; i++)
        out[i] = (uint8_t)(state[i / 4] >> (24 - 8 * (i % 4)));
}

/* At every length of what has come, in the first block and beyond 2^29 bytes; into the
 * structure itself as well. */
START_TEST(sha256_ends_as_in_portable_c)
{
    random_state = 401;
    for (uint32_t i = 0; i < 128; i++) {
        struct block start = block_make(32, 0), outer = block_make(32, 0), data = block_make(64, 0);
        struct locket_sha256 s, twice = { .total = 96 };
        uint32_t state[8];
        uint8_t want[32], got[32];

        memcpy(s.state, start.at, 32);
        memcpy(s.block, data.at, 64);
        s.total = i < 64 ? i : 0xfffffec0 + i;

        memcpy(state, s.state, 32);
        end_portable(&s, state);
        bytes_of(state, want);
        sha256_end_x86(s.state, s.block, s.total, NULL, got);
        ck_assert_msg(memcmp(want, got, 32) == 0, "a digest behind %u bytes", s.total);

        memcpy(twice.block, want, 32);
        memcpy(state, outer.at, 32);
        end_portable(&twice, state);
        bytes_of(state, want);
        memcpy(state, outer.at, 32);
        sha256_end_x86(s.state, s.block, s.total, state, s.block);
        ck_assert_msg(memcmp(want, s.block, 32) == 0, "an HMAC behind %u bytes", s.total);
        free(start.all), free(outer.all), free(data.all);
    }
}
END_TEST

/* Whichever code the table chose. */
START_TEST(the_table_gives_what_portable_c_gives)
{
    static const enum aead_id ids[] = { AEAD_CCM_8, AEAD_CCM, AEAD_GCM };
    const struct aead *aead = aead_of(ids[_i]);
    uint8_t key[16], nonce[12], aad[13], a[300], b[300], tag_a[16], tag_b[16];

    if (aead == NULL)                          /* switched off by its knob */
        return;
    random_state = 500;
    for (size_t len = 0; len <= sizeof a; len++) {
        struct aead_message m = { nonce, aad, sizeof aad, a, len }, w = { nonce, aad, sizeof aad, b, len };

        for (size_t i = 0; i < sizeof key; i++)
            key[i] = random_byte();
        for (size_t i = 0; i < sizeof nonce; i++)
            nonce[i] = random_byte();
        for (size_t i = 0; i < sizeof aad; i++)
            aad[i] = random_byte();
        for (size_t i = 0; i < len; i++)
            a[i] = b[i] = random_byte();
        aead->seal(key, &m, tag_a);
        seal((size_t)_i, false, key, &w, tag_b);
        ck_assert(memcmp(a, b, len) == 0 && memcmp(tag_a, tag_b, aead->tag_len) == 0);
        ck_assert(aead->open(key, &m, tag_a) && open((size_t)_i, false, key, &w, tag_b));
        ck_assert(memcmp(a, b, len) == 0);
    }
}
END_TEST

Suite *test_x86(void)
{
    Suite *s = suite_create("x86");
    TCase *t = tcase_create("x86");

    suite_add_tcase(s, t);
    tcase_add_loop_test(t, the_table_gives_what_portable_c_gives, 0, N_AEADS);
    tcase_add_test(t, the_processor_is_asked_correctly);
    if (cpu_has_aes()) {
        tcase_add_test(t, ccm_8_gives_the_answer_of_sp_800_38c_example_3);
        tcase_add_test(t, gcm_gives_the_answers_of_its_specification);
        tcase_add_loop_test(t, every_short_length_is_sealed_and_opened_as_in_portable_c, 0, N_AEADS);
        tcase_add_loop_test(t, every_length_of_additional_data_is_authenticated_as_in_portable_c, 0, N_AEADS);
        tcase_add_loop_test(t, long_records_are_sealed_and_opened_as_in_portable_c, 0, N_AEADS);
        tcase_add_loop_test(t, the_block_counter_carries_as_in_portable_c, 0, N_AEADS);
        tcase_add_loop_test(t, every_flipped_bit_is_found_and_nothing_changes, 0, N_AEADS);
    } else {
        puts("x86: no AES-NI and PCLMULQDQ here; of them only the detection is checked");
    }
    if (cpu_has_sha()) {
        tcase_add_test(t, sha256_gives_the_answer_of_fips_180_4);
        tcase_add_test(t, sha256_compresses_as_in_portable_c);
        tcase_add_test(t, sha256_ends_as_in_portable_c);
    } else {
        puts("x86: no SHA-NI here; of it only the detection is checked");
    }
    return s;
}
