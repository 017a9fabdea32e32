/* SPDX-License-Identifier: Apache-2.0
 *
 * test_rotation.c -- a new key for a device in the field, as examples/rotate.c has it: on the
 * virtual network, with the power cut at every step. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "../examples/rotate.c"
#include "net.h"

Suite *test_rotation(void);

enum { METER = 17, TABLE = 4, FLEET = 10000, SOON = 2000 };

static const uint8_t fleet[32] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20,
                                   21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31 };

START_TEST(a_name_with_a_generation_is_read_in_one_form_only)
{
    static const char *const bad[] = {
        "", "meter-", "meter-17", "meter-17#", "meter-#2", "meter-17#0", "meter-17#256", "meter-17#02",
        "meter-017#2", "meter-17#2 ", "meter-17##2", "meter-17#2#3", "Meter-17#2", "meter-16777216#2",
        "meter-99999999999999#2", "meter-17#99999999999", "meter--17#2", "meter-+17#2", "meter-17#-2"
    };
    uint32_t device;
    unsigned generation;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!rotate_parse("meter-", (const uint8_t *)bad[i], strlen(bad[i]), &device, &generation),
                      "%s", bad[i]);
    /* With the 0 that ends the text. */
    ck_assert(!rotate_parse("meter-", (const uint8_t *)"meter-17#2", 11, &device, &generation));
    ck_assert(rotate_parse("meter-", (const uint8_t *)"meter-17#2", 10, &device, &generation));
    ck_assert(device == 17 && generation == 2);
    ck_assert(rotate_parse("meter-", (const uint8_t *)"meter-0#1", 9, &device, &generation));
    ck_assert(device == 0 && generation == 1);
    ck_assert(rotate_parse("", (const uint8_t *)"16777215#255", 12, &device, &generation));
    ck_assert(device == 16777215 && generation == 255);
}
END_TEST

/* ---- a device and its gateway ---- */

struct field {
    struct pair p;
    struct rotate_gateway gateway;
    struct rotate_device device;
    struct rotate_kept flash;     /* what a power cut leaves of the device */
    unsigned writes;
    bool flash_fails, connected, deaf;    /* deaf: messages with keys are lost */
    uint32_t table[TABLE];
    unsigned refused;
    uint32_t came;                /* handle of the gateway's last CONNECTED */
};

static bool store(void *user, const struct rotate_kept *kept)
{
    struct field *f = user;
    if (f->flash_fails)
        return false;
    f->flash = *kept;
    f->writes++;
    return true;
}

static locket_error device_psk(void *user, locket_psk *psk)
{
    struct field *f = user;
    return rotate_device_psk(&f->device, psk);
}

static locket_error gateway_psk(void *user, locket_psk *psk)
{
    struct field *f = user;
    return rotate_gateway_psk(&f->gateway, psk);
}

static void device_event(struct net_node *n, const locket_event *e)
{
    struct field *f = n->user;
    if (e->kind == LOCKET_CONNECTED) {
        f->connected = true;
        rotate_proven(&f->device);
    } else if (e->kind == LOCKET_DATA && !f->deaf) {
        ck_assert(rotate_take(&f->device, e->data, e->len));
    } else if (e->kind == LOCKET_CLOSED && !f->connected) {
        rotate_failed(&f->device);
    }
}

static void gateway_event(struct net_node *n, const locket_event *e)
{
    struct field *f = n->user;
    uint8_t message[ROTATE_MESSAGE];
    bool changed;
    if (e->kind != LOCKET_CONNECTED)
        return;
    f->came = e->handle;
    switch (rotate_connected(&f->gateway, &n->ep, e->handle, &changed)) {
    case ROTATE_DELIVER:
        ck_assert(rotate_message(&f->gateway, e->handle, message));
        ck_assert_int_eq(net_say(n, e->session, message, sizeof message), LOCKET_OK);
        break;
    case ROTATE_REFUSE:
        f->refused++;
        ck_assert_int_eq(locket_close(&n->ep, e->session), LOCKET_OK);
        break;
    default:
        ck_assert(!rotate_message(&f->gateway, e->handle, message));
        break;
    }
}

static void device_starts(struct field *f)
{
    memset(&f->device, 0, sizeof f->device);
    f->device.name = "meter-17";
    f->device.kept = f->flash;
    f->device.store = store;
    f->device.user = f;
    net_up(f->p.client, 2, 1);
}

static void device_reboots(struct field *f)
{
    net_down(f->p.client);
    f->flash_fails = false;
    device_starts(f);
}

static void gateway_reboots(struct field *f, bool forgets)
{
    net_down(f->p.server);
    f->gateway.n = forgets ? 0 : f->gateway.n;
    net_up(f->p.server, 2, 2);
}

/* A device with a key of generation 1, as it comes from the factory. */
static void field_begin(struct field *f, uint64_t seed, bool tickets)
{
    memset(f, 0, sizeof *f);
    f->p = net_pair(seed);
    net_pair_returns(&f->p, tickets);
    f->gateway = (struct rotate_gateway){ .fleet = fleet, .fleet_len = sizeof fleet, .prefix = "meter-",
                                          .devices = FLEET, .wanted = 1, .lowest = 1,
                                          .ahead = f->table, .room = TABLE };
    f->flash.key.generation = 1;
    ck_assert_int_eq(locket_device_key(fleet, sizeof fleet, (const uint8_t *)"meter-17#1", 10,
                                       f->flash.key.key, ROTATE_KEY), LOCKET_OK);
    f->p.client->config.psk = device_psk;
    f->p.server->config.psk = gateway_psk;
    f->p.client->config.user = f->p.server->config.user = f;
    f->p.client->config.keylog = f->p.server->config.keylog = NULL;
    f->p.client->config.deadline = f->p.server->config.deadline = SOON;
    f->p.client->hook = device_event;
    f->p.server->hook = gateway_event;
    f->p.client->user = f->p.server->user = f;
    device_starts(f);
    net_up(f->p.server, 2, 2);
}

static void wakes(struct field *f)
{
    f->connected = false;
    if (rotate_begin(&f->device))
        f->p.client->record_len = 0;
    ck_assert_ptr_nonnull(net_connect(f->p.client, &f->p.server->address));
}

/* The device wakes, stays for a while, and sleeps. Were they connected? */
static bool visit(struct field *f)
{
    wakes(f);
    net_run(f->p.net, SOON + 500);
    if (f->p.client->live)
        net_close(f->p.client, f->p.client->live);
    net_run(f->p.net, 100);
    return f->connected;
}

static void generation_is(const struct field *f, unsigned generation)
{
    ck_assert_uint_eq(f->flash.key.generation, generation);
    ck_assert_uint_eq(f->flash.next.generation, 0);
    ck_assert_uint_eq(f->device.kept.key.generation, generation);
    ck_assert_uint_eq(f->came, rotate_handle(METER, generation));
}

/* Somebody has read the flash of the device before its key was replaced. */
static bool old_key_works(struct field *f, const struct rotate_kept *old)
{
    f->flash = *old;
    device_reboots(f);
    f->p.client->record_len = 0;
    return visit(f);
}

START_TEST(a_new_key_comes_through_the_old_session_and_replaces_it)
{
    struct field f;
    field_begin(&f, 1, _i);
    struct rotate_kept old = f.flash;
    ck_assert(visit(&f));
    ck_assert_uint_eq(f.writes, 0);
    for (unsigned g = 2; g < 5; g++) {
        f.gateway.wanted = g;
        ck_assert(visit(&f));
        ck_assert_uint_eq(f.flash.key.generation, g - 1);
        ck_assert_uint_eq(f.flash.next.generation, g);
        ck_assert(visit(&f));
        generation_is(&f, g);
        ck_assert_uint_eq(f.gateway.n, 1);
        ck_assert_uint_eq(f.table[0], rotate_handle(METER, g));
        ck_assert(visit(&f));
        ck_assert_uint_eq(f.writes, 2 * (g - 1));       /* no more than that wears the flash */
    }
    ck_assert(!old_key_works(&f, &old));
    net_free(f.p.net);
}
END_TEST

START_TEST(a_message_that_is_lost_is_sent_again_in_the_next_session)
{
    struct field f;
    field_begin(&f, 14, _i);
    f.gateway.wanted = 2;
    f.deaf = true;
    ck_assert(visit(&f) && visit(&f));
    ck_assert_uint_eq(f.writes, 0);
    f.deaf = false;
    ck_assert(visit(&f));          /* a resumed one: it is told there as well */
    ck_assert_uint_eq(f.flash.next.generation, 2);
    ck_assert(visit(&f));
    generation_is(&f, 2);
    net_free(f.p.net);
}
END_TEST

START_TEST(power_cut_before_the_device_has_stored_the_new_key)
{
    struct field f;
    field_begin(&f, 2, false);
    f.gateway.wanted = 2;
    f.flash_fails = true;
    ck_assert(visit(&f));
    device_reboots(&f);
    ck_assert_uint_eq(f.flash.next.generation, 0);
    ck_assert(visit(&f));
    ck_assert_uint_eq(f.came, rotate_handle(METER, 1));
    ck_assert_uint_eq(f.flash.next.generation, 2);
    ck_assert(visit(&f));
    generation_is(&f, 2);
    net_free(f.p.net);
}
END_TEST

START_TEST(power_cut_after_it_was_stored_but_before_it_was_tried)
{
    struct field f;
    field_begin(&f, 3, false);
    f.gateway.wanted = 2;
    ck_assert(visit(&f));
    device_reboots(&f);
    ck_assert_uint_eq(f.flash.key.generation, 1);
    ck_assert(visit(&f));
    generation_is(&f, 2);
    net_free(f.p.net);
}
END_TEST

START_TEST(power_cut_after_it_was_proven_but_before_the_device_has_noted_it)
{
    struct field f;
    field_begin(&f, 4, false);
    f.gateway.wanted = 2;
    ck_assert(visit(&f));
    f.flash_fails = true;
    ck_assert(visit(&f));
    device_reboots(&f);
    ck_assert_uint_eq(f.flash.key.generation, 1);
    ck_assert_uint_eq(f.flash.next.generation, 2);
    ck_assert(visit(&f));
    generation_is(&f, 2);
    net_free(f.p.net);
}
END_TEST

START_TEST(power_cut_at_the_gateway_before_it_has_noted_the_proof)
{
    struct field f;
    field_begin(&f, 5, false);
    struct rotate_kept old = f.flash;
    f.gateway.wanted = 2;
    ck_assert(visit(&f) && visit(&f));
    generation_is(&f, 2);
    gateway_reboots(&f, true);
    ck_assert(visit(&f));
    generation_is(&f, 2);
    ck_assert(!old_key_works(&f, &old));
    net_free(f.p.net);
}
END_TEST

START_TEST(both_keys_are_good_until_the_new_one_is_proven)
{
    struct field f;
    field_begin(&f, 6, false);
    struct rotate_kept old = f.flash;
    f.gateway.wanted = 2;
    ck_assert(visit(&f));
    struct rotate_kept both = f.flash;
    ck_assert(old_key_works(&f, &old));
    ck_assert_uint_eq(f.came, rotate_handle(METER, 1));
    f.flash = both;
    device_reboots(&f);
    ck_assert(visit(&f));
    generation_is(&f, 2);
    ck_assert(!old_key_works(&f, &old));
    net_free(f.p.net);
}
END_TEST

START_TEST(a_new_key_that_the_gateway_does_not_take_falls_back_to_the_old_one)
{
    struct field f;
    field_begin(&f, 7, false);
    f.gateway.wanted = 2;
    ck_assert(visit(&f));
    f.flash.next.key[3] ^= 1;
    device_reboots(&f);
    ck_assert(!visit(&f));
    ck_assert(visit(&f));          /* with the old one; and it is told the new one again */
    ck_assert_uint_eq(f.came, rotate_handle(METER, 1));
    ck_assert(visit(&f));
    generation_is(&f, 2);
    net_free(f.p.net);
}
END_TEST

START_TEST(a_gateway_that_is_away_costs_no_key)
{
    struct field f;
    field_begin(&f, 8, false);
    f.gateway.wanted = 2;
    ck_assert(visit(&f));
    net_down(f.p.server);
    for (unsigned i = 0; i < 3; i++)
        ck_assert(!visit(&f));
    net_up(f.p.server, 2, 2);
    ck_assert(visit(&f) || visit(&f));
    ck_assert(visit(&f) || visit(&f));
    generation_is(&f, 2);
    net_free(f.p.net);
}
END_TEST

/* The power of one of the two is cut after any number of steps of the whole exchange. */
static void cut_at(unsigned step, bool gateway, bool forgets)
{
    struct field f;
    char name[80];
    snprintf(name, sizeof name, "rotation, cut at step %u, %s", step, gateway ? "gateway" : "device");
    net_named(name);
    field_begin(&f, 100 + step, false);
    f.gateway.wanted = 2;
    bool cut = false;
    for (unsigned visits = 0; visits < 8 && !(cut && f.flash.key.generation == 2 && f.connected); visits++) {
        uint64_t end = f.p.net->elapsed + SOON + 500;
        wakes(&f);
        while (!cut && net_step(f.p.net, end))
            if (step-- == 0) {
                cut = true;
                if (gateway)
                    gateway_reboots(&f, forgets);
                else
                    device_reboots(&f);
            }
        net_run(f.p.net, end - f.p.net->elapsed);
        if (f.p.client->live)
            net_close(f.p.client, f.p.client->live);
        net_run(f.p.net, 100);
        cut = cut || visits == 4;
    }
    ck_assert(visit(&f));
    generation_is(&f, 2);
    net_free(f.p.net);
}

START_TEST(power_cut_at_any_step_and_both_still_meet)
{
    for (unsigned step = 0; step < 24; step++)
        cut_at(step, _i > 0, _i > 1);
    net_named(NULL);
}
END_TEST

/* ---- who comes back ---- */

START_TEST(a_session_of_the_old_key_cannot_be_resumed_after_the_new_one_was_proven)
{
    struct field f;
    field_begin(&f, 9, _i);
    struct rotate_kept old = f.flash;
    ck_assert(visit(&f));
    uint8_t record[LOCKET_RECORD_MAX];
    size_t record_len = f.p.client->record_len;
    memcpy(record, f.p.client->record, record_len);
    ck_assert(visit(&f));
    ck_assert_uint_ne(record_len, 0);
    f.gateway.wanted = 2;
    ck_assert(visit(&f));
    ck_assert(visit(&f));
    generation_is(&f, 2);
    ck_assert(visit(&f));
    unsigned before = f.p.server->n_kind[LOCKET_CONNECTED];

    /* By ID: the gateway has forgotten it, and the key it falls back to is no longer good. By
     * ticket: nothing can be forgotten, so the session is closed as soon as it is up. */
    f.flash = old;
    device_reboots(&f);
    memcpy(f.p.client->record, record, record_len);
    f.p.client->record_len = record_len;
    ck_assert_int_eq(visit(&f), _i == 1);
    ck_assert_uint_eq(f.refused, _i);
    ck_assert_uint_eq(f.p.server->n_kind[LOCKET_CONNECTED], before + (unsigned)_i);
    ck_assert_uint_eq(f.flash.next.generation, 0);      /* and nobody has told it the new key */
    net_free(f.p.net);
}
END_TEST

START_TEST(the_new_session_itself_can_be_resumed)
{
    struct field f;
    field_begin(&f, 10, _i);
    f.gateway.wanted = 2;
    ck_assert(visit(&f) && visit(&f));
    wakes(&f);
    ck_assert(net_meet(f.p.net, f.p.client, f.p.server, 900));
    ck_assert(locket_resumed(f.p.client->live));
    ck_assert_uint_eq(f.came, rotate_handle(METER, 2));
    net_free(f.p.net);
}
END_TEST

/* ---- many ---- */

static locket_error look_up(struct rotate_gateway *g, unsigned device, unsigned generation, locket_psk *psk)
{
    static char identity[32];
    memset(psk, 0, sizeof *psk);
    psk->identity = (const uint8_t *)identity;
    psk->identity_len = (size_t)snprintf(identity, sizeof identity, "meter-%u#%u", device, generation);
    return rotate_gateway_psk(g, psk);
}

START_TEST(ten_thousand_devices_need_no_table)
{
    struct rotate_gateway g = { .fleet = fleet, .fleet_len = sizeof fleet, .prefix = "meter-",
                                .devices = FLEET, .wanted = 1, .lowest = 1 };
    locket_psk psk;
    uint8_t before[ROTATE_KEY] = { 0 };
    for (unsigned i = 0; i < FLEET; i++) {
        ck_assert_int_eq(look_up(&g, i, 1, &psk), LOCKET_OK);
        ck_assert_uint_eq(rotate_device_of(psk.handle), i);
        ck_assert_uint_eq(rotate_generation_of(psk.handle), 1);
        ck_assert_uint_eq(psk.key_len, ROTATE_KEY);
        ck_assert_mem_ne(psk.key, before, ROTATE_KEY);
        memcpy(before, psk.key, ROTATE_KEY);
    }
    ck_assert_int_eq(look_up(&g, FLEET, 1, &psk), LOCKET_ERR_NO_KEY);
}
END_TEST

START_TEST(the_table_is_of_those_who_are_ahead_and_ends_with_the_rotation)
{
    static uint32_t table[FLEET];
    struct net *net = net_new(11, 0);
    struct net_node *n = net_node(net, LOCKET_SERVER, 2, 5684);
    struct rotate_gateway g = { .fleet = fleet, .fleet_len = sizeof fleet, .prefix = "meter-",
                                .devices = FLEET, .wanted = 2, .lowest = 1, .ahead = table, .room = FLEET };
    locket_psk psk;
    bool changed;
    net_up(n, 1, 1);
    for (unsigned k = 0; k < FLEET; k++) {
        unsigned i = k * 7919 % FLEET;                  /* in no order */
        ck_assert_int_eq(look_up(&g, i, 2, &psk), LOCKET_OK);
        ck_assert_int_eq(rotate_connected(&g, &n->ep, psk.handle, &changed), ROTATE_FINE);
        ck_assert(changed);
        ck_assert_int_eq(look_up(&g, i, 1, &psk), LOCKET_ERR_NO_KEY);
    }
    ck_assert_uint_eq(g.n, FLEET);
    for (unsigned i = 1; i < FLEET; i++)
        ck_assert_uint_lt(table[i - 1], table[i]);
    rotate_settle(&g);
    ck_assert_uint_eq(g.n, 0);
    ck_assert_int_eq(look_up(&g, 5, 1, &psk), LOCKET_ERR_NO_KEY);
    ck_assert_int_eq(look_up(&g, 5, 2, &psk), LOCKET_OK);
    ck_assert_int_eq(rotate_connected(&g, &n->ep, psk.handle, &changed), ROTATE_FINE);
    ck_assert(!changed);
    net_free(net);
}
END_TEST

START_TEST(a_full_table_keeps_the_old_key_good_and_nothing_worse)
{
    struct field f;
    field_begin(&f, 12, false);
    f.gateway.room = 0;
    f.gateway.wanted = 2;
    ck_assert(visit(&f) && visit(&f));
    generation_is(&f, 2);
    locket_psk psk;
    ck_assert_int_eq(look_up(&f.gateway, METER, 1, &psk), LOCKET_OK);
    ck_assert(!rotate_refuse(&f.gateway, &f.p.server->ep, METER));
    net_free(f.p.net);
}
END_TEST

START_TEST(a_device_that_was_stolen_is_refused_for_good)
{
    struct field f;
    field_begin(&f, 13, _i);
    ck_assert(visit(&f));
    ck_assert(rotate_refuse(&f.gateway, &f.p.server->ep, METER));
    ck_assert_int_eq(visit(&f), _i == 1);
    ck_assert_uint_eq(f.refused, _i);
    f.p.client->record_len = 0;
    ck_assert(!visit(&f));
    f.gateway.wanted = 2;
    rotate_settle(&f.gateway);
    ck_assert(!visit(&f));
    locket_psk psk;
    ck_assert_int_eq(look_up(&f.gateway, METER, 2, &psk), LOCKET_ERR_NO_KEY);
    ck_assert_int_eq(look_up(&f.gateway, METER + 1, 2, &psk), LOCKET_OK);
    net_free(f.p.net);
}
END_TEST

START_TEST(a_message_that_is_no_key_is_left_to_the_application)
{
    struct rotate_device d = { .name = "meter-17" };
    uint8_t message[ROTATE_MESSAGE + 1] = { 'k', 'e', 'y', '!', 1 };
    ck_assert(!rotate_take(&d, message, ROTATE_MESSAGE - 1));
    ck_assert(!rotate_take(&d, message, ROTATE_MESSAGE + 1));
    d.kept.key.generation = 1;
    ck_assert(rotate_take(&d, message, ROTATE_MESSAGE));        /* an old one: taken, not stored */
    message[0] = 'K';
    ck_assert(!rotate_take(&d, message, ROTATE_MESSAGE));
}
END_TEST

Suite *test_rotation(void)
{
    Suite *s = suite_create("rotation");
    TCase *t = tcase_create("rotation");
    tcase_add_test(t, a_name_with_a_generation_is_read_in_one_form_only);
    tcase_add_loop_test(t, a_new_key_comes_through_the_old_session_and_replaces_it, 0, 2);
    tcase_add_loop_test(t, a_message_that_is_lost_is_sent_again_in_the_next_session, 0, 2);
    tcase_add_test(t, power_cut_before_the_device_has_stored_the_new_key);
    tcase_add_test(t, power_cut_after_it_was_stored_but_before_it_was_tried);
    tcase_add_test(t, power_cut_after_it_was_proven_but_before_the_device_has_noted_it);
    tcase_add_test(t, power_cut_at_the_gateway_before_it_has_noted_the_proof);
    tcase_add_test(t, both_keys_are_good_until_the_new_one_is_proven);
    tcase_add_test(t, a_new_key_that_the_gateway_does_not_take_falls_back_to_the_old_one);
    tcase_add_test(t, a_gateway_that_is_away_costs_no_key);
    tcase_add_loop_test(t, power_cut_at_any_step_and_both_still_meet, 0, 3);
    tcase_add_loop_test(t, a_session_of_the_old_key_cannot_be_resumed_after_the_new_one_was_proven, 0, 2);
    tcase_add_loop_test(t, the_new_session_itself_can_be_resumed, 0, 2);
    tcase_add_test(t, ten_thousand_devices_need_no_table);
    tcase_add_test(t, the_table_is_of_those_who_are_ahead_and_ends_with_the_rotation);
    tcase_add_test(t, a_full_table_keeps_the_old_key_good_and_nothing_worse);
    tcase_add_loop_test(t, a_device_that_was_stolen_is_refused_for_good, 0, 2);
    tcase_add_test(t, a_message_that_is_no_key_is_left_to_the_application);
    suite_add_tcase(s, t);
    return s;
}
