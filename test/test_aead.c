/* SPDX-License-Identifier: Apache-2.0
 *
 * test_aead.c -- CCM and GCM: the vectors of their standards, NIST's CAVP, and what
 * must hold for any input. Each case runs the portable code and the AEAD that the
 * table gives, which on a host may be the processor's.
 *
 * CCM is ours only with a nonce of 12 bytes (L = 3) and tags of 8 or 16. The 24
 * packets of RFC 3610 section 8 and examples 1 and 2 of SP 800-38C have nonces of
 * 13, 7 and 8 bytes and cannot run; nor can most of the CAVP files. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "aead.h"
#include "cavp.h"
#include "ccm.h"
#include "gcm.h"
#include "sha256.h"

Suite *test_aead(void);

enum { LONGEST = 512 };

/* All AEADs twice: the portable functions, and through the table. */
enum way { PORTABLE, TABLE, N_WAYS };
static const size_t tag_lens[] = { 8, 16, 16 };

static void seal(enum way way, enum aead_id id, const uint8_t key[16], const struct aead_message *m, uint8_t *tag)
{
    if (way == TABLE) {
        ck_assert_ptr_nonnull(aead_of(id));
        aead_of(id)->seal(key, m, tag);
    } else if (id == AEAD_GCM) {
        gcm_seal(key, m, tag);
    } else {
        ccm_seal(key, m, tag, tag_lens[id]);
    }
}

static bool open(enum way way, enum aead_id id, const uint8_t key[16], const struct aead_message *m,
                 const uint8_t *tag)
{
    if (way == TABLE) {
        ck_assert_ptr_nonnull(aead_of(id));
        return aead_of(id)->open(key, m, tag);
    }
    return id == AEAD_GCM ? gcm_open(key, m, tag) : ccm_open(key, m, tag, tag_lens[id]);
}

/* One known answer, in hex; `sealed` is ciphertext and tag. */
struct vector {
    const char *key, *nonce, *aad, *plain, *sealed;
};

static void check_vector(enum aead_id id, const struct vector *v)
{
    uint8_t key[16], nonce[12], aad[LONGEST], plain[LONGEST], sealed[LONGEST + 16];
    uint8_t work[LONGEST], tag[16];
    struct aead_message m = { nonce, aad, hex_bytes(v->aad, aad, sizeof aad), work,
                              hex_bytes(v->plain, plain, sizeof plain) };

    ck_assert_uint_eq(hex_bytes(v->key, key, 16), 16);
    ck_assert_uint_eq(hex_bytes(v->nonce, nonce, 12), 12);
    ck_assert_uint_eq(hex_bytes(v->sealed, sealed, sizeof sealed), m.len + tag_lens[id]);
    for (enum way way = PORTABLE; way < N_WAYS; way++) {
        memcpy(work, plain, m.len);
        seal(way, id, key, &m, tag);
        ck_assert(m.len == 0 || memcmp(work, sealed, m.len) == 0);
        ck_assert_mem_eq(tag, sealed + m.len, tag_lens[id]);
        ck_assert(open(way, id, key, &m, sealed + m.len));
        ck_assert(m.len == 0 || memcmp(work, plain, m.len) == 0);
    }
}

START_TEST(ccm_8_example_3_of_sp_800_38c)
{
    static const struct vector v = {
        "404142434445464748494a4b4c4d4e4f", "101112131415161718191a1b",
        "000102030405060708090a0b0c0d0e0f10111213", "202122232425262728292a2b2c2d2e2f3031323334353637",
        "e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5484392fbc1b09951",
    };

    check_vector(AEAD_CCM_8, &v);
}
END_TEST

#define GCM_3_KEY   "feffe9928665731c6d6a8f9467308308"
#define GCM_3_PLAIN "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72" \
                    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
#define GCM_3_TEXT  "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e" \
                    "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"

START_TEST(gcm_test_cases_1_to_4_of_its_specification)
{
    static const struct vector v[] = {
        { "00000000000000000000000000000000", "000000000000000000000000", "", "",
          "58e2fccefa7e3061367f1d57a4e7455a" },
        { "00000000000000000000000000000000", "000000000000000000000000", "", "00000000000000000000000000000000",
          "0388dace60b6a392f328c2b971b2fe78" "ab6e47d42cec13bdf53a67b21257bddf" },
        { GCM_3_KEY, "cafebabefacedbaddecaf888", "", GCM_3_PLAIN "1aafd255",
          GCM_3_TEXT "473f5985" "4d5c2af327cd64a62cf35abd2ba6fab4" },
        { GCM_3_KEY, "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2", GCM_3_PLAIN,
          GCM_3_TEXT "5bc94fbc3221a5db94fae95ae7121a47" },
    };

    for (size_t i = 0; i < sizeof v / sizeof *v; i++)
        check_vector(AEAD_GCM, &v[i]);
}
END_TEST

/* The fields of a CAVP case as they come along. */
struct fields {
    size_t nonce_len, aad_len, len, tag_len;
    char key[64], nonce[64], aad[2 * LONGEST + 1], plain[2 * LONGEST + 1], sealed[2 * LONGEST + 64];
};

static void keep(char *out, size_t cap, const char *value, size_t len)
{
    ck_assert_uint_lt(2 * len, cap);
    ck_assert_uint_ge(strlen(value), 2 * len);
    memcpy(out, value, 2 * len);
    out[2 * len] = '\0';
}

static void check_fields(enum aead_id id, const struct fields *f)
{
    struct vector v = { f->key, f->nonce, f->aad, f->plain, f->sealed };

    check_vector(id, &v);
}

struct tally { size_t ran, other_shape; };

/* The four CCM files whose cases end with CT. */
static void run_ccm(const char *path, struct tally *t)
{
    static struct cavp c;
    static struct fields f;

    memset(&f, 0, sizeof f);
    for (cavp_open(&c, path); cavp_next(&c); ) {
        if (cavp_is(&c, "Alen"))
            f.aad_len = cavp_number(&c);
        else if (cavp_is(&c, "Plen"))
            f.len = cavp_number(&c);
        else if (cavp_is(&c, "Nlen"))
            f.nonce_len = cavp_number(&c);
        else if (cavp_is(&c, "Tlen"))
            f.tag_len = cavp_number(&c);
        else if (cavp_is(&c, "Key"))
            keep(f.key, sizeof f.key, c.value, 16);
        else if (cavp_is(&c, "Nonce"))
            keep(f.nonce, sizeof f.nonce, c.value, f.nonce_len);
        else if (cavp_is(&c, "Adata") && f.nonce_len == 12)
            keep(f.aad, sizeof f.aad, c.value, f.aad_len);
        else if (cavp_is(&c, "Payload"))
            keep(f.plain, sizeof f.plain, c.value, f.len);
        else if (cavp_is(&c, "CT")) {
            keep(f.sealed, sizeof f.sealed, c.value, f.len + f.tag_len);
            if (f.nonce_len == 12 && (f.tag_len == 8 || f.tag_len == 16)) {
                check_fields(f.tag_len == 8 ? AEAD_CCM_8 : AEAD_CCM, &f);
                t->ran++;
            } else {
                t->other_shape++;
            }
        }
    }
}

START_TEST(cavp_ccm_of_our_shape)
{
    struct tally t = { 0, 0 };

    run_ccm("ciphers/AES/CCM/VADT128.rsp", &t);
    run_ccm("ciphers/AES/CCM/VNT128.rsp", &t);
    run_ccm("ciphers/AES/CCM/VPT128.rsp", &t);
    run_ccm("ciphers/AES/CCM/VTT128.rsp", &t);
    ck_assert_uint_eq(t.ran, 10);
    ck_assert_uint_eq(t.other_shape, 710);
}
END_TEST

/* DVPT has nonces of 7 and 13 bytes only; should that change, it has to be run. */
START_TEST(cavp_ccm_decryption_has_no_case_of_our_shape)
{
    static struct cavp c;
    size_t seen = 0;

    for (cavp_open(&c, "ciphers/AES/CCM/DVPT128.rsp"); cavp_next(&c); )
        if (cavp_is(&c, "Nonce")) {
            ck_assert_uint_ne(strlen(c.value), 24);
            seen++;
        }
    ck_assert_uint_eq(seen, 240);
}
END_TEST

/* A case that must fail: it does, and the ciphertext stays. */
static void check_refused(const struct fields *f)
{
    uint8_t key[16], nonce[12], aad[LONGEST], text[LONGEST + 16], work[LONGEST];
    struct aead_message m = { nonce, aad, hex_bytes(f->aad, aad, sizeof aad), work, f->len };

    hex_bytes(f->key, key, 16);
    hex_bytes(f->nonce, nonce, 12);
    hex_bytes(f->sealed, text, sizeof text);
    for (enum way way = PORTABLE; way < N_WAYS; way++) {
        memcpy(work, text, m.len);
        ck_assert(!open(way, AEAD_GCM, key, &m, text + m.len));
        ck_assert(m.len == 0 || memcmp(work, text, m.len) == 0);
    }
}

static void run_gcm(const char *path, bool decrypt, struct tally *t, size_t *refused)
{
    static struct cavp c;
    static struct fields f;
    bool ready;

    memset(&f, 0, sizeof f);
    for (cavp_open(&c, path); cavp_next(&c); ) {
        bool ours = f.nonce_len == 12 && f.tag_len == 16;

        ready = false;
        if (cavp_is(&c, "IVlen"))
            f.nonce_len = cavp_number(&c) / 8;
        else if (cavp_is(&c, "PTlen"))
            f.len = cavp_number(&c) / 8;
        else if (cavp_is(&c, "AADlen"))
            f.aad_len = cavp_number(&c) / 8;
        else if (cavp_is(&c, "Taglen"))
            f.tag_len = cavp_number(&c) / 8;
        else if (cavp_is(&c, "Key"))
            keep(f.key, sizeof f.key, c.value, 16);
        else if (cavp_is(&c, "IV") && ours)
            keep(f.nonce, sizeof f.nonce, c.value, 12);
        else if (cavp_is(&c, "AAD"))
            keep(f.aad, sizeof f.aad, c.value, f.aad_len);
        else if (cavp_is(&c, "CT"))
            keep(f.sealed, sizeof f.sealed, c.value, f.len);
        else if (cavp_is(&c, "PT")) {
            keep(f.plain, sizeof f.plain, c.value, f.len);
            ready = decrypt;
        } else if (cavp_is(&c, "Tag")) {
            keep(f.sealed + 2 * f.len, sizeof f.sealed - 2 * f.len, c.value, f.tag_len);
            ready = !decrypt;
        } else if (cavp_is(&c, "FAIL")) {
            if (ours) {
                check_refused(&f);
                ++*refused;
            } else {
                t->other_shape++;
            }
        }
        if (ready && ours) {
            check_fields(AEAD_GCM, &f);
            t->ran++;
        } else if (ready) {
            t->other_shape++;
        }
    }
}

START_TEST(cavp_gcm_of_our_shape)
{
    struct tally sealed = { 0, 0 }, opened = { 0, 0 };
    size_t refused = 0;

    run_gcm("ciphers/AES/GCM/gcmEncryptExtIV128.rsp", false, &sealed, &refused);
    ck_assert_uint_eq(refused, 0);
    run_gcm("ciphers/AES/GCM/gcmDecrypt128.rsp", true, &opened, &refused);
    ck_assert_uint_eq(sealed.ran, 375);
    ck_assert_uint_eq(opened.ran, 179);
    ck_assert_uint_eq(refused, 196);
    ck_assert_uint_eq(sealed.other_shape, 7500);
    ck_assert_uint_eq(opened.other_shape, 7500);
}
END_TEST

static const uint8_t some_key[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
static const uint8_t some_nonce[12] = { 0xa0, 0xa1, 0xa2, 0xa3, 0, 1, 0, 0, 0, 0, 0, 7 };

static void fill(uint8_t *p, size_t n, unsigned seed)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)((i + seed) * 167 >> 1);
}

/* The way that seals and the way that opens are all combined. */
START_TEST(what_was_sealed_opens_for_all_lengths)
{
    enum aead_id id = (enum aead_id)_i;
    uint8_t aad[40], plain[81], work[82], first[81], tag[2][17];

    fill(aad, sizeof aad, 3);
    fill(plain, sizeof plain, 9);
    for (size_t len = 0; len <= 80; len++)
        for (size_t aad_len = 0; aad_len <= sizeof aad; aad_len += len % 7 == 0 ? 1 : 13) {
            struct aead_message m = { some_nonce, aad, aad_len, work, len };

            for (enum way way = PORTABLE; way < N_WAYS; way++) {
                memset(work, 0x5a, sizeof work);
                memset(tag[way], 0x5a, sizeof tag[way]);
                memcpy(work, plain, len);
                seal(way, id, some_key, &m, tag[way]);
                ck_assert_uint_eq(work[len], 0x5a);
                ck_assert_uint_eq(tag[way][tag_lens[id]], 0x5a);
                if (way == PORTABLE)
                    memcpy(first, work, sizeof first);
                ck_assert_mem_eq(work, first, len + 1 < sizeof first ? len + 1 : sizeof first);
                ck_assert(open((enum way)(N_WAYS - 1 - way), id, some_key, &m, tag[way]));
                ck_assert(len == 0 || memcmp(work, plain, len) == 0);
                ck_assert_uint_eq(work[len], 0x5a);
            }
            ck_assert_mem_eq(tag[PORTABLE], tag[TABLE], tag_lens[id]);
        }
}
END_TEST

/* One record of 32 bytes, with one bit of one part flipped. */
START_TEST(every_flipped_bit_is_refused_and_leaves_the_ciphertext_as_it_was)
{
    enum aead_id id = (enum aead_id)_i;
    uint8_t nonce[12], aad[13], text[32], tag[16], seen[32], key[16];
    struct { uint8_t *at; size_t len; } parts[] = {
        { text, sizeof text }, { tag, tag_lens[id] }, { aad, sizeof aad }, { nonce, sizeof nonce },
        { key, sizeof key },
    };
    struct aead_message m = { nonce, aad, sizeof aad, text, sizeof text };

    for (enum way way = PORTABLE; way < N_WAYS; way++) {
        memcpy(nonce, some_nonce, 12);
        memcpy(key, some_key, 16);
        fill(aad, sizeof aad, 1);
        fill(text, sizeof text, 2);
        seal(way, id, key, &m, tag);
        for (size_t p = 0; p < sizeof parts / sizeof *parts; p++)
            for (size_t bit = 0; bit < 8 * parts[p].len; bit++) {
                parts[p].at[bit / 8] ^= (uint8_t)(1u << bit % 8);
                memcpy(seen, text, sizeof seen);
                ck_assert(!open(way, id, key, &m, tag));
                ck_assert_mem_eq(text, seen, sizeof seen);
                parts[p].at[bit / 8] ^= (uint8_t)(1u << bit % 8);
            }
        ck_assert(open(way, id, key, &m, tag));
    }
}
END_TEST

START_TEST(a_shorter_or_longer_part_is_refused)
{
    enum aead_id id = (enum aead_id)_i;
    uint8_t aad[20] = { 0 }, text[48] = { 0 }, seen[48], tag[16];

    for (enum way way = PORTABLE; way < N_WAYS; way++) {
        struct aead_message m = { some_nonce, aad, 10, text, 32 };

        seal(way, id, some_key, &m, tag);
        memcpy(seen, text, sizeof seen);
        m.aad_len = 9;
        ck_assert(!open(way, id, some_key, &m, tag));
        m.aad_len = 11;
        ck_assert(!open(way, id, some_key, &m, tag));
        m.aad_len = 10, m.len = 31;
        ck_assert(!open(way, id, some_key, &m, tag));
        m.len = 33;
        ck_assert(!open(way, id, some_key, &m, tag));
        ck_assert_mem_eq(text, seen, sizeof seen);
        m.len = 32;
        ck_assert(open(way, id, some_key, &m, tag));
    }
}
END_TEST

/* Sizes at which a counter or a length of two bytes would overflow; the hashes of
 * ciphertext and tag are OpenSSL's. */
START_TEST(counters_and_lengths_carry_over_bytes)
{
    static const char *const want[] = {
        "1897ac1f01ea151104361b0a23a4f1da1e8f3f20603f0581f401a9e54da6922c",
        "ccd6e9c55a3a5449542278354c83ccd8adef07497b03a192d79eb2a57ad4d888",
        "5d4d163d785818cb88aa44e86319288b1dd0d6642ffedb84fb8d76ca1af41c61",
    };
    static uint8_t aad[65279], text[70000];
    enum aead_id id = (enum aead_id)_i;
    struct locket_sha256 s;
    uint8_t tag[16], digest[32];

    fill(aad, sizeof aad, 5);
    for (enum way way = PORTABLE; way < N_WAYS; way++) {
        struct aead_message m = { some_nonce, aad, sizeof aad, text, sizeof text };

        fill(text, sizeof text, 6);
        seal(way, id, some_key, &m, tag);
        sha256_start(&s);
        sha256_add(&s, text, sizeof text);
        sha256_add(&s, tag, tag_lens[id]);
        sha256_end(&s, digest);
        hex_equal(digest, 32, want[id]);
    }
}
END_TEST

START_TEST(the_table_has_the_limits_of_the_configuration)
{
    ck_assert_uint_eq(aead_of(AEAD_CCM_8)->tag_len, 8);
    ck_assert_uint_eq(aead_of(AEAD_CCM)->tag_len, 16);
    ck_assert_uint_eq(aead_of(AEAD_GCM)->tag_len, 16);
    for (int id = AEAD_CCM_8; id <= AEAD_GCM; id++) {
        const struct aead *a = aead_of((enum aead_id)id);

        ck_assert_uint_eq(a->max_records, id == AEAD_GCM ? LOCKET_CFG_RECORDS_GCM : LOCKET_CFG_RECORDS_CCM);
        ck_assert_uint_eq(a->max_forgeries, id == AEAD_GCM ? LOCKET_CFG_BAD_TAGS_GCM : LOCKET_CFG_BAD_TAGS_CCM);
    }
}
END_TEST

Suite *test_aead(void)
{
    Suite *suite = suite_create("aead");
    TCase *t = tcase_create("aead");

    tcase_set_timeout(t, 60);
    tcase_add_test(t, ccm_8_example_3_of_sp_800_38c);
    tcase_add_test(t, gcm_test_cases_1_to_4_of_its_specification);
    tcase_add_test(t, cavp_ccm_of_our_shape);
    tcase_add_test(t, cavp_ccm_decryption_has_no_case_of_our_shape);
    tcase_add_test(t, cavp_gcm_of_our_shape);
    tcase_add_loop_test(t, what_was_sealed_opens_for_all_lengths, AEAD_CCM_8, AEAD_GCM + 1);
    tcase_add_loop_test(t, every_flipped_bit_is_refused_and_leaves_the_ciphertext_as_it_was, AEAD_CCM_8, AEAD_GCM + 1);
    tcase_add_loop_test(t, a_shorter_or_longer_part_is_refused, AEAD_CCM_8, AEAD_GCM + 1);
    tcase_add_loop_test(t, counters_and_lengths_carry_over_bytes, AEAD_CCM_8, AEAD_GCM + 1);
    tcase_add_test(t, the_table_has_the_limits_of_the_configuration);
    suite_add_tcase(suite, t);
    return suite;
}
