/* SPDX-License-Identifier: Apache-2.0
 *
 * test_sleep.c -- a session is saved, and comes back once: power fails at every step, and no
 * nonce is used twice (RFC 9325 section 7.2.1); what is not the blob that is due is refused with
 * a named error, and changes nothing. What a session has survives its sleep: test_sleep_kept.c. */
#include <check.h>
#include <string.h>

#include "handshake.h"
#include "sleeper.h"

Suite *test_sleep(void);

/* Connected, with a word said; the client's counters are in `flash`. */
static struct pair pair_with(struct flash *flash, uint64_t seed)
{
    struct pair p = net_pair(seed);
    net_pair_roams(&p, 8, 8, LOCKET_PATH_BASIC);
    flash_of(p.client, flash);
    net_pair_up(&p);
    ck_assert_ptr_nonnull(net_connect(p.client, &p.server->address));
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    net_run(p.net, NET_LATENCY);
    talk(&p);
    return p;
}

static void load_is_refused(struct net_node *n, uint32_t id, const struct bed *bed, locket_error error)
{
    locket_session *s;
    locket_tick(&n->ep, net_now(n->net));          /* the clock is all that may change */
    struct snapshot *before = snapshot_take(n);
    struct flash flash = *(struct flash *)n->user;
    ck_assert_int_eq(sleeper_load(n, id, bed, &s), error);
    ck_assert_ptr_null(s);
    ck_assert(snapshot_same(before, n));
    if (error != LOCKET_ERR_COUNTER)
        ck_assert_mem_eq(flash.value, ((struct flash *)n->user)->value, sizeof flash.value);
    snapshot_free(before);
}

/* A handshake is due, and is all that it costs. */
static void connect_anew(struct pair *p)
{
    net_connect(p->client, &p->server->address);
    ck_assert(net_meet(p->net, p->client, p->server, 3000));
    net_run(p->net, NET_LATENCY);
}

/* --- power is cut --- */

enum step {
    SAVE_DEAD, SAVE_LATE, SAVE_STUCK, SAVE_MUTE, SAVED_NOT_WRITTEN, WRITTEN, LOAD_DEAD, LOAD_LATE, LOAD_STUCK,
    LOAD_MUTE, LOADED, SENT, SENT_AND_HEARD, N_STEPS
};

/* The counter fails at save: the session stays, and goes on; then power is gone. */
static void fails_at_save(struct pair *p, struct flash *flash, enum flash_fault fault)
{
    struct bed bed = { { 0 }, 0 };
    locket_session was = *p->client->live;
    flash->fault = fault;
    ck_assert_int_eq(sleeper_save(p->client, p->client->live, 1, &bed), LOCKET_ERR_COUNTER);
    ck_assert_mem_eq(&was, p->client->live, sizeof was);
    flash->fault = FLASH_WORKS;
    talk(p);
    sleeper_cut(p->client);
    connect_anew(p);
}

/* It fails at load: no session; and another one only if it has not advanced. */
static void fails_at_load(struct pair *p, struct flash *flash, enum flash_fault fault, struct bed *bed)
{
    locket_session *s;
    sleeper_cut(p->client);
    flash->fault = fault;
    load_is_refused(p->client, 1, bed, LOCKET_ERR_COUNTER);
    flash->fault = FLASH_WORKS;
    if (fault == FLASH_LATE) {
        load_is_refused(p->client, 1, bed, LOCKET_ERR_USED);
        connect_anew(p);
    } else {
        ck_assert_int_eq(sleeper_load(p->client, 1, bed, &s), LOCKET_OK);
    }
}

START_TEST(wherever_power_is_cut_no_nonce_is_used_twice)
{
    static const enum flash_fault faults[] = { FLASH_DEAD, FLASH_LATE, FLASH_STUCK, FLASH_MUTE };
    struct flash flash;
    struct bed old, bed;
    locket_session *s;
    struct pair p = pair_with(&flash, 100 + (uint64_t)_i);
    ck_assert_int_eq(sleeper_save(p.client, p.client->live, 1, &old), LOCKET_OK);
    ck_assert_int_eq(sleeper_load(p.client, 1, &old, &s), LOCKET_OK);
    talk(&p);
    if (_i <= SAVE_MUTE) {
        fails_at_save(&p, &flash, faults[_i - SAVE_DEAD]);
        load_is_refused(p.client, 1, &old, LOCKET_ERR_USED);
    } else {
        ck_assert_int_eq(sleeper_save(p.client, p.client->live, 1, &bed), LOCKET_OK);
        sleeper_cut(p.client);
        load_is_refused(p.client, 1, &old, LOCKET_ERR_USED);
    }
    if (_i == SAVED_NOT_WRITTEN)
        connect_anew(&p);
    if (_i >= LOAD_DEAD && _i <= LOAD_MUTE)
        fails_at_load(&p, &flash, faults[_i - LOAD_DEAD], &bed);
    if (_i == WRITTEN || _i >= LOADED)
        ck_assert_int_eq(sleeper_load(p.client, 1, &bed, &s), LOCKET_OK);
    if (_i == SENT)
        ck_assert_int_eq(net_say(p.client, s, "first", 5), LOCKET_OK);
    if (_i == SENT_AND_HEARD)
        talk(&p);
    if (_i >= LOADED) {
        sleeper_cut(p.client);
        net_run(p.net, 50);
        load_is_refused(p.client, 1, &bed, LOCKET_ERR_USED);
        connect_anew(&p);
    }
    talk(&p);
    /* And whatever happened, none of these blobs will ever do again. */
    load_is_refused(p.client, 1, &old, LOCKET_ERR_USED);
    if (_i > SAVED_NOT_WRITTEN)          /* which nobody has: it was in memory only */
        load_is_refused(p.client, 1, &bed, LOCKET_ERR_USED);
    ck_assert_uint_ge(sealed_only_once(p.net, 8), 8);
    net_free(p.net);
}
END_TEST

START_TEST(many_naps_use_each_number_once)
{
    struct flash flash;
    struct bed bed;
    locket_session *s;
    struct pair p = pair_with(&flash, 120);
    for (unsigned i = 0; i < 50; i++) {
        ck_assert_int_eq(sleeper_save(p.client, p.client->live, 3, &bed), LOCKET_OK);
        ck_assert_uint_eq(flash.value[3], 2 * i + 1);
        if (i % 3 == 0)
            sleeper_cut(p.client);
        ck_assert_int_eq(sleeper_load(p.client, 3, &bed, &s), LOCKET_OK);
        ck_assert_uint_eq(flash.value[3], 2 * i + 2);
        talk(&p);
    }
    ck_assert_uint_ge(sealed_only_once(p.net, 8), 100);
    net_free(p.net);
}
END_TEST

/* What is said of records that were never sent counts as well: no number comes back that a
 * lost, or not yet sent, record has had. */
START_TEST(a_record_that_was_sealed_and_never_sent_keeps_its_number)
{
    struct flash flash;
    struct bed bed;
    uint8_t out[100];
    size_t len;
    locket_session *s;
    struct pair p = pair_with(&flash, 121);
    uint64_t before = p.client->live->send;
    ck_assert_int_eq(locket_send(&p.client->ep, p.client->live, out, 0, out, sizeof out, &len), LOCKET_OK);
    ck_assert_int_eq(sleeper_save(p.client, p.client->live, 1, &bed), LOCKET_OK);
    ck_assert_int_eq(sleeper_load(p.client, 1, &bed, &s), LOCKET_OK);
    ck_assert_uint_eq(s->send, before + 1);
    net_free(p.net);
}
END_TEST

/* --- what is refused --- */

static struct pair asleep(struct flash *flash, struct bed *bed, uint64_t seed)
{
    struct pair p = pair_with(flash, seed);
    ck_assert_int_eq(sleeper_save(p.client, p.client->live, 1, bed), LOCKET_OK);
    return p;
}

static void wakes(struct pair *p, const struct bed *bed)
{
    locket_session *s;
    ck_assert_int_eq(sleeper_load(p->client, 1, bed, &s), LOCKET_OK);
    talk(p);
    ck_assert_uint_gt(sealed_only_once(p->net, 8), 0);
    net_free(p->net);
}

START_TEST(a_blob_with_any_bit_changed_is_refused)
{
    struct flash flash;
    struct bed bed;
    struct pair p = asleep(&flash, &bed, 130);
    for (size_t i = 0; i < 8 * bed.len; i++) {
        bed.bytes[i / 8] ^= (uint8_t)(1 << i % 8);
        load_is_refused(p.client, 1, &bed, LOCKET_ERR_BLOB);
        bed.bytes[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    wakes(&p, &bed);
}
END_TEST

START_TEST(a_blob_of_any_other_length_is_refused)
{
    struct flash flash;
    struct bed bed;
    struct pair p = asleep(&flash, &bed, 131);
    size_t len = bed.len;
    memset(bed.bytes + len, 0, sizeof bed.bytes - len);
    for (bed.len = 0; bed.len <= sizeof bed.bytes; bed.len++)
        if (bed.len != len)
            load_is_refused(p.client, 1, &bed, LOCKET_ERR_BLOB);
    bed.len = len;
    locket_session *s;
    ck_assert_int_eq(locket_session_load(&p.client->ep, 1, sleeper_key, NULL, len, net_now(p.net), &s),
                     LOCKET_ERR_BLOB);
    ck_assert_int_eq(locket_session_load(&p.client->ep, 1, sleeper_key, bed.bytes, SIZE_MAX, net_now(p.net), &s),
                     LOCKET_ERR_BLOB);
    wakes(&p, &bed);
}
END_TEST

/* Of a later version, say: authentic, and in another format. */
START_TEST(a_blob_of_another_format_is_refused_even_if_it_is_authentic)
{
    struct flash flash;
    struct bed bed, other;
    struct pair p = asleep(&flash, &bed, 132);
    for (unsigned format = 0; format < 256; format++) {
        other = bed;
        ck_assert(bed_open(&other, 1));
        other.bytes[0] = (uint8_t)format;
        bed_seal(&other, 1);
        if (format != bed.bytes[0])
            load_is_refused(p.client, 1, &other, LOCKET_ERR_BLOB);
        else
            ck_assert_mem_eq(&other, &bed, bed.len);
    }
    wakes(&p, &bed);
}
END_TEST

START_TEST(a_blob_of_another_id_or_key_is_refused)
{
    static const uint8_t other_key[16] = { 0x5e, 0xc2, 0xe7, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17 };
    struct flash flash;
    struct bed bed;
    locket_session *s;
    struct pair p = asleep(&flash, &bed, 133);
    flash.value[0] = flash.value[2] = flash.value[1];
    load_is_refused(p.client, 0, &bed, LOCKET_ERR_BLOB);
    load_is_refused(p.client, 2, &bed, LOCKET_ERR_BLOB);
    ck_assert_int_eq(locket_session_load(&p.client->ep, 1, other_key, bed.bytes, bed.len, net_now(p.net), &s),
                     LOCKET_ERR_BLOB);
    wakes(&p, &bed);
}
END_TEST

/* Connection IDs of another length are another configuration. */
START_TEST(a_blob_of_another_configuration_is_refused)
{
    static const uint8_t lengths[] = { 0, 2, 7 };
    struct flash flash;
    struct bed bed;
    struct pair p = asleep(&flash, &bed, 134);
    for (size_t i = 0; i < 3; i++) {
        net_down(p.client);
        p.client->config.cid_len = lengths[i];
        net_up(p.client, 2, 1);
        load_is_refused(p.client, 1, &bed, LOCKET_ERR_BLOB);
    }
    net_down(p.client);
    p.client->config.cid_len = 8;
    net_up(p.client, 2, 1);
    wakes(&p, &bed);
}
END_TEST

START_TEST(a_blob_is_refused_when_the_counter_is_further_or_not_so_far)
{
    struct flash flash;
    struct bed bed;
    struct pair p = asleep(&flash, &bed, 135);
    uint64_t right = flash.value[1];
    for (uint64_t i = 0; i < 5; i++) {
        flash.value[1] = i;
        if (i != right)
            load_is_refused(p.client, 1, &bed, LOCKET_ERR_USED);
    }
    flash.value[1] = right + (UINT64_C(1) << 32);
    load_is_refused(p.client, 1, &bed, LOCKET_ERR_USED);
    flash.value[1] = right;
    wakes(&p, &bed);
}
END_TEST

/* CVE-2026-25835: a machine is copied, or set back to how it was; its flash is not. */
START_TEST(a_copy_of_all_memory_loads_nothing_that_was_loaded)
{
    struct flash flash;
    struct bed bed;
    locket_session *s;
    struct pair p = asleep(&flash, &bed, 136);
    struct snapshot *copy = snapshot_take(p.client);
    ck_assert_int_eq(sleeper_load(p.client, 1, &bed, &s), LOCKET_OK);
    talk(&p);
    snapshot_restore(copy, p.client);
    load_is_refused(p.client, 1, &bed, LOCKET_ERR_USED);
    connect_anew(&p);
    talk(&p);
    ck_assert_uint_gt(sealed_only_once(p.net, 8), 0);
    snapshot_free(copy);
    net_free(p.net);
}
END_TEST

START_TEST(without_a_counter_nothing_is_saved_or_loaded)
{
    struct pair p = net_roaming(137, LOCKET_PATH_BASIC);
    struct bed bed = { { 1 }, 150 };
    locket_counter_callback counter = p.client->config.counter;
    locket_session *s, was = *p.client->live;
    size_t len;
    p.client->config.counter = NULL;
    ck_assert_int_eq(locket_session_save(&p.client->ep, p.client->live, 1, sleeper_key, bed.bytes, LOCKET_BLOB_MAX,
                                         &len), LOCKET_ERR_COUNTER);
    ck_assert_mem_eq(&was, p.client->live, sizeof was);
    p.client->config.counter = counter;
    ck_assert_int_eq(sleeper_save(p.client, p.client->live, 1, &bed), LOCKET_OK);
    p.client->config.counter = NULL;
    ck_assert_int_eq(sleeper_load(p.client, 1, &bed, &s), LOCKET_ERR_COUNTER);
    p.client->config.counter = counter;
    ck_assert_int_eq(sleeper_load(p.client, 1, &bed, &s), LOCKET_OK);
    net_free(p.net);
}
END_TEST

START_TEST(a_save_that_is_refused_changes_nothing)
{
    struct flash flash;
    struct bed bed = { { 0 }, 0 };
    size_t len;
    struct pair p = pair_with(&flash, 138);
    locket_session *s = p.client->live;
    struct snapshot *before = snapshot_take(p.client);
    locket_session elsewhere = *s;
    for (size_t cap = 0; cap < 124 + 6 + 16; cap++)
        ck_assert_int_eq(locket_session_save(&p.client->ep, s, 1, sleeper_key, bed.bytes, cap, &len),
                         LOCKET_ERR_SPACE);
    ck_assert_int_eq(sleeper_save(p.client, &elsewhere, 1, &bed), LOCKET_ERR_STATE);
    ck_assert_int_eq(sleeper_save(p.client, &p.client->sessions[s == p.client->sessions], 1, &bed), LOCKET_ERR_STATE);
    ck_assert(snapshot_same(before, p.client));
    ck_assert_uint_eq(flash.n_advanced, 0);
    ck_assert_int_eq(sleeper_save(p.client, s, 1, &bed), LOCKET_OK);
    ck_assert_uint_eq(bed.len, 124 + 6 + 16);
    ck_assert_int_eq(sleeper_save(p.client, s, 1, &bed), LOCKET_ERR_STATE);
    snapshot_free(before);
    net_free(p.net);
}
END_TEST

/* --- what is left --- */

START_TEST(of_a_saved_session_nothing_is_left_but_the_links)
{
    struct flash flash;
    struct bed bed;
    struct pair p = pair_with(&flash, 140);
    locket_session *slot = p.client->live, left;
    unsigned events = (unsigned)p.client->n_events;
    ck_assert_int_eq(sleeper_save(p.client, slot, 1, &bed), LOCKET_OK);
    left = *slot;
    left.bucket = left.next = left.older = left.newer = 0;
    for (size_t i = 0; i < sizeof left; i++)
        ck_assert_uint_eq(((uint8_t *)&left)[i], 0);
    net_pull(p.client);
    net_run(p.net, 100);
    ck_assert_uint_eq(p.client->n_events, events);
    net_free(p.net);
}
END_TEST

START_TEST(a_blob_is_never_longer_than_168_bytes)
{
    struct flash flash;
    struct bed bed;
    struct pair p = net_pair(141);
    ck_assert_uint_le(LOCKET_BLOB_MAX, 168);
    net_pair_roams(&p, 8, 8, LOCKET_PATH_BASIC);
    flash_of(p.client, &flash);
    p.server->address.len = 18;
    p.server->address.bytes[17] = 1;
    net_pair_up(&p);
    net_connect(p.client, &p.server->address);
    ck_assert(net_meet(p.net, p.client, p.server, 900));
    ck_assert_int_eq(sleeper_save(p.client, p.client->live, 1, &bed), LOCKET_OK);
    ck_assert_uint_eq(bed.len, LOCKET_BLOB_MAX);
    net_free(p.net);
}
END_TEST

/* Nothing secret can be read in it, nor two of the same session be told apart by what they share. */
START_TEST(a_blob_shows_no_key_and_two_of_the_same_session_have_nothing_in_common)
{
    struct flash flash;
    struct bed first, second;
    struct pair p = pair_with(&flash, 142);
    locket_session was = *p.client->live, *s;
    ck_assert_int_eq(sleeper_save(p.client, p.client->live, 1, &first), LOCKET_OK);
    ck_assert_int_eq(sleeper_load(p.client, 1, &first, &s), LOCKET_OK);
    ck_assert_int_eq(sleeper_save(p.client, s, 1, &second), LOCKET_OK);
    for (size_t i = 0; i + 4 <= first.len; i++)
        for (size_t k = 0; k + 4 <= sizeof was.key; k++)
            ck_assert(memcmp(first.bytes + i, (uint8_t *)was.key + k, 4) != 0);
    size_t same = 0;
    for (size_t i = 9; i < first.len; i++)
        same += first.bytes[i] == second.bytes[i];
    ck_assert_uint_lt(same, 12);
    net_free(p.net);
}
END_TEST

Suite *test_sleep(void)
{
    Suite *s = suite_create("sleep");
    TCase *t = tcase_create("power");
    tcase_add_loop_test(t, wherever_power_is_cut_no_nonce_is_used_twice, 0, N_STEPS);
    tcase_add_test(t, many_naps_use_each_number_once);
    tcase_add_test(t, a_record_that_was_sealed_and_never_sent_keeps_its_number);
    suite_add_tcase(s, t);
    t = tcase_create("refused");
    tcase_add_test(t, a_blob_with_any_bit_changed_is_refused);
    tcase_add_test(t, a_blob_of_any_other_length_is_refused);
    tcase_add_test(t, a_blob_of_another_format_is_refused_even_if_it_is_authentic);
    tcase_add_test(t, a_blob_of_another_id_or_key_is_refused);
    tcase_add_test(t, a_blob_of_another_configuration_is_refused);
    tcase_add_test(t, a_blob_is_refused_when_the_counter_is_further_or_not_so_far);
    tcase_add_test(t, a_copy_of_all_memory_loads_nothing_that_was_loaded);
    tcase_add_test(t, without_a_counter_nothing_is_saved_or_loaded);
    tcase_add_test(t, a_save_that_is_refused_changes_nothing);
    suite_add_tcase(s, t);
    t = tcase_create("left");
    tcase_add_test(t, of_a_saved_session_nothing_is_left_but_the_links);
    tcase_add_test(t, a_blob_is_never_longer_than_168_bytes);
    tcase_add_test(t, a_blob_shows_no_key_and_two_of_the_same_session_have_nothing_in_common);
    suite_add_tcase(s, t);
    return s;
}
