/* SPDX-License-Identifier: Apache-2.0
 *
 * test_alert.c -- what an alert does for every level, description and sender, and
 * that every outcome has a name. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alert.h"
#include "locket.h"

Suite *test_alert(void);

/* For loops: EXPECT() tells the runner of every call. */
#define EXPECT(truth)                          \
    do {                                       \
        if (!(truth))                          \
            ck_abort_msg("not so: %s", #truth); \
    } while (0)

static const uint8_t alerts_we_send[] = { 0, 10, 20, 22, 40, 47, 50, 51, 70, 80, 90, 100, 110, 115 };

static enum alert_verdict alert_of(unsigned level, unsigned what, bool authentic, bool client,
                                   unsigned *description)
{
    uint8_t body[ALERT_SIZE], d = 222;
    body[0] = (uint8_t)level;
    body[1] = (uint8_t)what;
    enum alert_verdict v = alert_take(body, ALERT_SIZE, authentic, client, &d);
    *description = d;
    return v;
}

START_TEST(what_closes_at_once_is_fatal)
{
    for (unsigned what = 0; what < 256; what++) {
        uint8_t b[3] = { 9, 9, 9 };
        alert_make(b, what);
        bool warning = what == 0 || what == 90 || what == 100;
        EXPECT(b[0] == (warning ? 1 : 2));
        EXPECT(b[1] == what);
        EXPECT(b[2] == 9);
    }
}
END_TEST

START_TEST(an_alert_has_two_bytes_or_is_dropped)
{
    static const uint8_t b[64] = { 2, 51 };
    for (size_t len = 0; len <= sizeof b; len++)
        for (int who = 0; who < 4; who++) {
            uint8_t d = 222;
            enum alert_verdict v = alert_take(b, len, who & 1, who & 2, &d);
            EXPECT(len == 2 || v == ALERT_DROP);
            EXPECT(v != ALERT_DROP || d == 222);
        }
    uint8_t d = 222;
    EXPECT(alert_take(NULL, 0, true, true, &d) == ALERT_DROP);
}
END_TEST

/* Named for openssl#32622: 15 plaintext bytes must not end a session. */
START_TEST(an_alert_in_the_clear_is_at_most_a_hint_to_a_handshaking_client)
{
    unsigned d;
    for (unsigned level = 0; level < 256; level++)
        for (unsigned what = 0; what < 256; what++) {
            EXPECT(alert_of(level, what, false, false, &d) == ALERT_DROP);
            EXPECT(d == 222);
            EXPECT(alert_of(level, what, false, true, &d) == (level == 2 ? ALERT_HINT : ALERT_DROP));
            EXPECT(d == (level == 2 ? what : 222));
        }
}
END_TEST

START_TEST(an_authentic_close_notify_closes_at_any_level)
{
    unsigned d;
    for (unsigned level = 0; level < 256; level++)
        for (int client = 0; client < 2; client++) {
            EXPECT(alert_of(level, 0, true, client, &d) == ALERT_CLOSED);
            EXPECT(d == 0);
        }
}
END_TEST

START_TEST(an_authentic_warning_is_ignored_and_all_else_ends_the_session)
{
    unsigned d;
    for (unsigned level = 0; level < 256; level++)
        for (unsigned what = 1; what < 256; what++)
            for (int client = 0; client < 2; client++) {
                EXPECT(alert_of(level, what, true, client, &d) == (level == 1 ? ALERT_IGNORE : ALERT_ENDED));
                EXPECT(d == what);
            }
}
END_TEST

START_TEST(what_we_make_has_the_effect_we_mean)
{
    for (size_t i = 0; i < sizeof alerts_we_send; i++) {
        uint8_t b[ALERT_SIZE], d = 222, what = alerts_we_send[i];
        alert_make(b, what);
        EXPECT(alert_take(b, sizeof b, true, false, &d) ==
               (what == 0 ? ALERT_CLOSED : b[0] == ALERT_WARNING ? ALERT_IGNORE : ALERT_ENDED));
        EXPECT(d == what);
    }
}
END_TEST

START_TEST(alerts_have_their_iana_names)
{
    ck_assert_str_eq(locket_error_name(LOCKET_OK), "fine");
    ck_assert_str_eq(locket_error_name(ALERT_DECRYPT_ERROR), "we ended with decrypt_error (51)");
    ck_assert_str_eq(locket_error_name(LOCKET_PEER_ALERT + ALERT_DECRYPT_ERROR),
                     "the peer ended with decrypt_error (51)");
    ck_assert_str_eq(locket_error_name(LOCKET_PEER_ALERT), "the peer ended with close_notify (0)");
    ck_assert_str_eq(locket_error_name(ALERT_HANDSHAKE_FAILURE), "we ended with handshake_failure (40)");
    ck_assert_str_eq(locket_error_name(ALERT_UNKNOWN_PSK_IDENTITY),
                     "we ended with unknown_psk_identity (115)");
    ck_assert_str_eq(locket_error_name(ALERT_UNEXPECTED_MESSAGE),
                     "we ended with unexpected_message (10)");
    ck_assert_str_eq(locket_error_name(256 + 42), "the peer ended with bad_certificate (42)");
    ck_assert_str_eq(locket_error_name(256 + 71), "the peer ended with insufficient_security (71)");
    ck_assert_str_eq(locket_error_name(256 + 120), "the peer ended with no_application_protocol (120)");
    ck_assert_str_eq(locket_error_name(256 + 200), "the peer ended with an unlisted alert");
    ck_assert_str_eq(locket_error_name(511), "the peer ended with an unlisted alert");
    ck_assert_str_eq(locket_error_name(200), "we ended with another alert");
}
END_TEST

START_TEST(a_named_alert_carries_its_own_number_on_both_sides)
{
    size_t ours = 0, theirs = 0;
    for (int a = 0; a < 256; a++) {
        char number[8];
        snprintf(number, sizeof number, "(%d)", a);
        const char *we = locket_error_name(a), *peer = locket_error_name(256 + a);
        const char *open = strchr(peer, '(');
        if (open) {
            ck_assert_str_eq(open, number);
            theirs++;
        }
        if (a > 0 && strchr(we, '(')) {
            ck_assert_str_eq(we + strlen("we ended with "), peer + strlen("the peer ended with "));
            ours++;
        }
    }
    EXPECT(ours == sizeof alerts_we_send - 1);
    EXPECT(theirs == 35);
    for (size_t i = 1; i < sizeof alerts_we_send; i++)
        ck_assert_ptr_nonnull(strchr(locket_error_name(alerts_we_send[i]), '('));
}
END_TEST

START_TEST(every_local_error_has_a_name_of_its_own)
{
    for (int e = LOCKET_PENDING; e < LOCKET_ERR_END; e++) {
        ck_assert_uint_gt(strlen(locket_error_name(e)), 5);
        ck_assert_str_ne(locket_error_name(e), "an unknown outcome");
        for (int f = LOCKET_PENDING; f < e; f++)
            ck_assert_str_ne(locket_error_name(e), locket_error_name(f));
    }
    ck_assert_str_eq(locket_error_name(LOCKET_ERR_TIMEOUT), "no good answer in time");
    ck_assert_str_eq(locket_error_name(LOCKET_ERR_SELFTEST), "a known answer came out wrong");
}
END_TEST

START_TEST(every_drop_reason_has_a_name_of_its_own)
{
    for (int r = 0; r < LOCKET_N_DROPS; r++) {
        ck_assert_uint_gt(strlen(locket_drop_name((locket_drop)r)), 3);
        ck_assert_str_ne(locket_drop_name((locket_drop)r), "an unknown reason");
        for (int q = 0; q < r; q++)
            ck_assert_str_ne(locket_drop_name((locket_drop)r), locket_drop_name((locket_drop)q));
    }
    ck_assert_str_eq(locket_drop_name(LOCKET_DROP_BAD_TAG), "bad tag");
    ck_assert_str_eq(locket_drop_name(LOCKET_DROP_ENTROPY), "no entropy");
    ck_assert_str_eq(locket_drop_name(LOCKET_N_DROPS), "an unknown reason");
}
END_TEST

START_TEST(a_number_that_is_no_outcome_has_a_name_too)
{
    static const int odd[] = { -1, -256, -512, LOCKET_ERR_END, 768, 32767, 2147483647, -2147483647 - 1 };
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
        ck_assert_str_eq(locket_error_name(odd[i]), "an unknown outcome");
}
END_TEST

Suite *test_alert(void)
{
    Suite *s = suite_create("alert");
    TCase *t = tcase_create("alert");
    suite_add_tcase(s, t);
    tcase_add_test(t, what_closes_at_once_is_fatal);
    tcase_add_test(t, an_alert_has_two_bytes_or_is_dropped);
    tcase_add_test(t, an_alert_in_the_clear_is_at_most_a_hint_to_a_handshaking_client);
    tcase_add_test(t, an_authentic_close_notify_closes_at_any_level);
    tcase_add_test(t, an_authentic_warning_is_ignored_and_all_else_ends_the_session);
    tcase_add_test(t, what_we_make_has_the_effect_we_mean);
    tcase_add_test(t, alerts_have_their_iana_names);
    tcase_add_test(t, a_named_alert_carries_its_own_number_on_both_sides);
    tcase_add_test(t, every_local_error_has_a_name_of_its_own);
    tcase_add_test(t, every_drop_reason_has_a_name_of_its_own);
    tcase_add_test(t, a_number_that_is_no_outcome_has_a_name_too);
    return s;
}
