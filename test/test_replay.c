/* SPDX-License-Identifier: Apache-2.0
 *
 * test_replay.c -- the window against a model that simply remembers everything
 * (RFC 6347 section 4.1.2.6). */
#include <check.h>
#include <string.h>

#include "header.h"
#include "replay.h"
#include "session.h"

Suite *test_replay(void);

/* For loops: EXPECT() tells the runner of every call. */
#define EXPECT(truth)                          \
    do {                                       \
        if (!(truth))                          \
            ck_abort_msg("not so: %s", #truth); \
    } while (0)

static uint64_t replay_seed = 3;
static uint64_t replay_random(uint64_t below)
{
    replay_seed = replay_seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (replay_seed >> 16) % below;
}

/* The window as the RFC describes it, without a trick: numbers taken so far. */
struct model { uint64_t taken[4096]; size_t n; uint64_t highest; };

static bool model_seen(const struct model *m, uint64_t number)
{
    if (m->highest >= REPLAY_WINDOW && number <= m->highest - REPLAY_WINDOW)
        return true;
    for (size_t i = 0; i < m->n; i++)
        if (m->taken[i] == number)
            return true;
    return false;
}

static void model_mark(struct model *m, uint64_t number)
{
    m->taken[m->n++] = number;
    if (number > m->highest)
        m->highest = number;
}

/* Offer a number of epoch 1; was it taken? */
static bool replay_offer(locket_session *s, uint64_t number)
{
    number |= UINT64_C(1) << 48;
    if (replay_seen(s, number))
        return false;
    replay_mark(s, number);
    return true;
}

static void replay_start(locket_session *s)
{
    memset(s, 0xEE, sizeof *s);
    session_start_epoch(s);
}

START_TEST(the_first_record_has_number_0_and_is_taken_once)
{
    locket_session s;
    replay_start(&s);
    EXPECT(replay_offer(&s, 0));
    EXPECT(!replay_offer(&s, 0));
    EXPECT(replay_offer(&s, 1));
    EXPECT(!replay_offer(&s, 0));
}
END_TEST

START_TEST(a_first_record_far_ahead_leaves_the_window_behind_it_open)
{
    locket_session s;
    replay_start(&s);
    EXPECT(replay_offer(&s, 1000));
    EXPECT(!replay_offer(&s, 1000 - 64));
    for (uint64_t n = 1000 - 63; n < 1000; n++)
        EXPECT(replay_offer(&s, n));
    for (uint64_t n = 1000 - 63; n <= 1000; n++)
        EXPECT(!replay_offer(&s, n));
}
END_TEST

START_TEST(thirty_two_records_backwards_are_each_taken_once)
{
    locket_session s;
    replay_start(&s);
    for (uint64_t n = 32; n-- > 0; )
        EXPECT(replay_offer(&s, n));
    for (uint64_t n = 0; n < 32; n++)
        EXPECT(!replay_offer(&s, n));
}
END_TEST

START_TEST(sixty_three_back_is_taken_and_sixty_four_is_not)
{
    for (uint64_t top = 63; top < 300; top++) {
        locket_session s;
        replay_start(&s);
        EXPECT(replay_offer(&s, top));
        EXPECT(top < 64 || !replay_offer(&s, top - 64));
        EXPECT(replay_offer(&s, top - 63));
        EXPECT(!replay_offer(&s, top - 63));
        EXPECT(replay_offer(&s, top + 1));
        EXPECT(!replay_offer(&s, top - 63));     /* now 64 back */
    }
}
END_TEST

START_TEST(a_step_of_any_length_keeps_what_is_still_in_the_window)
{
    for (uint64_t step = 1; step <= 130; step++) {
        locket_session s;
        replay_start(&s);
        EXPECT(replay_offer(&s, 200));
        EXPECT(replay_offer(&s, 200 + step));
        EXPECT(!replay_offer(&s, 200));
        EXPECT(!replay_offer(&s, 200 + step));
        for (uint64_t n = 200 + step - 63; n < 200 + step; n++)
            EXPECT(replay_offer(&s, n) == (n != 200));
    }
}
END_TEST

START_TEST(the_window_slides_across_2_to_the_32)
{
    locket_session s;
    const uint64_t border = UINT64_C(1) << 32;
    replay_start(&s);
    for (uint64_t n = border - 100; n < border + 100; n += 2)
        EXPECT(replay_offer(&s, n));
    for (uint64_t n = border + 100 - 2 - 63; n < border + 100; n++)
        EXPECT(replay_offer(&s, n) == (n % 2 != 0));
    EXPECT(!replay_offer(&s, border - 100));
}
END_TEST

START_TEST(the_last_number_of_an_epoch_is_taken_once)
{
    locket_session s;
    replay_start(&s);
    EXPECT(replay_offer(&s, NUMBER_MAX));
    EXPECT(!replay_offer(&s, NUMBER_MAX));
    EXPECT(replay_offer(&s, NUMBER_MAX - 63));
    EXPECT(!replay_offer(&s, NUMBER_MAX - 64));
    EXPECT(s.recv >> 48 == 1);
}
END_TEST

START_TEST(numbers_of_an_older_epoch_are_never_new)
{
    locket_session s;
    replay_start(&s);
    EXPECT(replay_seen(&s, NUMBER_MAX - 64));
    EXPECT(replay_seen(&s, 0));
}
END_TEST

START_TEST(looking_changes_nothing)
{
    locket_session s, before;
    replay_start(&s);
    replay_offer(&s, 70);
    memcpy(&before, &s, sizeof s);
    for (uint64_t n = 0; n < 200; n++)
        (void)replay_seen(&s, UINT64_C(1) << 48 | n);
    (void)replay_seen(&s, UINT64_MAX);
    ck_assert_mem_eq(&s, &before, sizeof s);
}
END_TEST

/* Heap's algorithm, without recursion: every order of eight numbers that lie at
 * borders of the window, offered twice over. */
START_TEST(every_order_of_eight_numbers_agrees_with_the_model)
{
    uint64_t order[8] = { 0, 1, 62, 63, 64, 65, 127, 128 };
    size_t c[8] = { 0 }, i = 0, orders = 0;

    for (;;) {
        locket_session s;
        static struct model m;
        replay_start(&s);
        m.n = 0;
        m.highest = 0;
        for (size_t k = 0; k < 16; k++) {
            bool seen = model_seen(&m, order[k % 8]);
            if (replay_offer(&s, order[k % 8]) == seen)
                ck_abort_msg("order %zu, number %zu", orders, k);
            if (!seen)
                model_mark(&m, order[k % 8]);
        }
        orders++;
        while (i < 8 && c[i] >= i)
            c[i++] = 0;
        if (i == 8)
            break;
        size_t j = i % 2 ? c[i] : 0;
        uint64_t t = order[j];
        order[j] = order[i];
        order[i] = t;
        c[i]++;
        i = 0;
    }
    EXPECT(orders == 40320);
}
END_TEST

START_TEST(random_walks_agree_with_the_model)
{
    static const uint64_t bases[] = { 0, 1000, (UINT64_C(1) << 32) - 2000, NUMBER_MAX - 100000 };
    static struct model m;

    for (size_t round = 0; round < 400; round++) {
        uint64_t base = bases[round % 4], near = base;
        locket_session s;
        replay_start(&s);
        m.n = 0;
        m.highest = 0;
        for (int step = 0; step < 1000; step++) {
            near += replay_random(3);
            if (replay_random(200) == 0)
                near += replay_random(90);
            uint64_t back = replay_random(100), number = near - base < back ? base : near - back;
            bool seen = model_seen(&m, number);
            EXPECT(replay_offer(&s, number) == !seen);
            if (!seen)
                model_mark(&m, number);
        }
    }
}
END_TEST

Suite *test_replay(void)
{
    Suite *s = suite_create("replay");
    TCase *t = tcase_create("replay");
    tcase_set_timeout(t, 60);
    suite_add_tcase(s, t);
    tcase_add_test(t, the_first_record_has_number_0_and_is_taken_once);
    tcase_add_test(t, a_first_record_far_ahead_leaves_the_window_behind_it_open);
    tcase_add_test(t, thirty_two_records_backwards_are_each_taken_once);
    tcase_add_test(t, sixty_three_back_is_taken_and_sixty_four_is_not);
    tcase_add_test(t, a_step_of_any_length_keeps_what_is_still_in_the_window);
    tcase_add_test(t, the_window_slides_across_2_to_the_32);
    tcase_add_test(t, the_last_number_of_an_epoch_is_taken_once);
    tcase_add_test(t, numbers_of_an_older_epoch_are_never_new);
    tcase_add_test(t, looking_changes_nothing);
    tcase_add_test(t, every_order_of_eight_numbers_agrees_with_the_model);
    tcase_add_test(t, random_walks_agree_with_the_model);
    return s;
}
