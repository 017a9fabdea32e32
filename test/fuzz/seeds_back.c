/* SPDX-License-Identifier: Apache-2.0
 *
 * seeds_back.c -- seeds for fuzz_ticket and fuzz_session: a ticket and a record as they should
 * be, and what could become of them. */
#include <string.h>

#include "seeds.h"
#include "weak.h"

static struct tape t;

static void put_ticket(unsigned how, unsigned number, unsigned terms, unsigned tag, size_t n, const char *name)
{
    static uint8_t zeros[200];
    t.len = 0;
    tape_u8(&t, how);
    tape_u16(&t, number);
    tape_bytes(&t, "twelve bytes", 12);
    tape_bytes(&t, "the master secret, which has forty-eight bytes!!", 48);
    tape_u16(&t, 0);
    tape_u16(&t, 7001);
    tape_u8(&t, terms);
    tape_u8(&t, tag);
    tape_bytes(&t, zeros, 100);
    t.len = 1 + n;
    tape_write(&t, "ticket", name);
}

static void tickets(void)
{
    static const struct { unsigned how, number, terms, tag; size_t n; const char *name; } rows[] = {
        { 0, 0x0102, 0, 0, 83, "ccm8" },           { 4, 0x0102, 1, 0, 83, "ccm_with_id" },
        { 0x20, 0x0102, 2, 0, 83, "gcm_cookie" },  { 0x10, 0x0102, 0x10, 0, 83, "fragment_small" },
        { 0, 0x0102, 0x70, 0, 83, "fragment_7" },  { 0, 0x0102, 3, 0, 83, "no_suite" },
        { 1, 0x0102, 2, 0, 83, "suite_not_listed" }, { 8, 0x0102, 1, 0, 83, "suite_not_configured" },
        { 0, 0x0103, 0, 0, 83, "another_key" },    { 0, 0x0102, 0, WEAK_REFUSED, 83, "bad_tag" },
        { 0, 0x0102, 0, 0, 82, "too_short" },      { 0, 0x0102, 0, 0, 84, "too_long" },
        { 0, 0x0102, 0, 0, 0, "empty" },           { 0x24, 0x0102, 0, 0, 1, "one_byte" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        put_ticket(rows[i].how, rows[i].number, rows[i].terms, rows[i].tag, rows[i].n, rows[i].name);
}

static void put_session(unsigned how, unsigned version, unsigned kind, unsigned terms, unsigned suite,
                        unsigned received, unsigned lifetime, size_t rest, const char *name)
{
    static uint8_t filler[300];
    memset(filler, 'r', sizeof filler);
    t.len = 0;
    tape_u8(&t, how);
    tape_u8(&t, version);
    tape_u8(&t, kind);
    tape_u8(&t, terms);
    tape_u16(&t, suite);
    tape_u16(&t, 0);
    tape_u16(&t, 7001);
    tape_u16(&t, 0);
    tape_u16(&t, received);
    tape_u16(&t, 0);
    tape_u16(&t, lifetime);
    tape_bytes(&t, "the master secret, which has forty-eight bytes!!", 48);
    tape_bytes(&t, filler, rest);
    tape_write(&t, "session", name);
}

static void sessions(void)
{
    static const struct {
        unsigned how, version, kind, terms, suite, received, lifetime;
        size_t rest;
        const char *name;
    } rows[] = {
        { 0, 1, 1, 0, 0xC0A8, 4000, 0, 8, "id" },            { 1, 1, 2, 0, 0xC0A8, 4000, 0, 83, "ticket" },
        { 0x21, 1, 2, 0, 0x00A8, 4000, 9, 83, "new_ticket" },
        { 0x20, 1, 2, 0, 0xC0A4, 4000, 9, 200, "not_asked" },
        { 0, 1, 1, 0, 0xC0A8, 4000, 0, 32, "longest_id" },   { 0, 1, 1, 0, 0xC0A8, 4000, 0, 33, "id_too_long" },
        { 0, 1, 1, 0, 0xC0A8, 4000, 0, 0, "no_id" },         { 0, 1, 2, 0, 0xC0A8, 1000, 4, 83, "too_old" },
        { 0, 1, 2, 0, 0xC0A8, 6000, 1, 83, "from_tomorrow" }, { 0, 2, 1, 0, 0xC0A8, 0, 0, 8, "version" },
        { 0, 1, 3, 0, 0xC0A8, 0, 0, 8, "kind" },             { 0, 1, 1, 5, 0xC0A8, 0, 0, 8, "terms" },
        { 0x08, 1, 1, 1, 0xC0A8, 0, 0, 8, "fragment" },
        { 0x10, 1, 1, 1, 0xC0A8, 0, 0, 8, "other_fragment" },
        { 0, 1, 1, 0, 0x1301, 0, 0, 8, "suite_unknown" },
        { 6, 1, 1, 0, 0xC0A8, 0, 0, 8, "suite_not_configured" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        put_session(rows[i].how, rows[i].version, rows[i].kind, rows[i].terms, rows[i].suite, rows[i].received,
                    rows[i].lifetime, rows[i].rest, rows[i].name);
    t.len = 40;
    tape_write(&t, "session", "cut");
    t.len = 0;
    tape_write(&t, "session", "nothing");
}

void seeds_back(void)
{
    tickets();
    sessions();
}
