/* SPDX-License-Identifier: Apache-2.0
 *
 * nvm.c -- see nvm.h. The counter lies in two slots, and the one that is behind is written:
 *
 *     slot 0   41 | check      erase slot 1, write 42, write its check: now the counter is 42,
 *     slot 1   40 | check      and whenever power fails before, it is 41
 *
 * A slot whose check is wrong does not count. If both are wrong the memory is broken, and the
 * answer is no, not 0: with a counter that has gone back an old session could be loaded again.
 * On silicon put the slots on pages of their own, and read a slot back before it is relied on:
 * a bit that was being written when power failed may read as either for years.
 *
 * A page says its length in its first word, which is cleared first and written last. */
#include "nvm.h"

#include <string.h>

#include "kept.h"
#include "locket.h"
#include "semihost.h"

enum { SLOTS = 2, PAGES = 2, WRITTEN = 0x10CCE7, LOW_HALF = 0xFFFF };
#define ERASED 0xFFFFFFFFu
#define WORDS(bytes) (((bytes) + 3) / 4)
enum { SESSION_WORDS = WORDS(LOCKET_BLOB_MAX), RECORD_WORDS = WORDS(LOCKET_RECORD_MAX) };

struct slot {
    uint32_t low, high, check;
};

static struct nvm {
    uint32_t written;                 /* a word that says that all this has begun */
    uint32_t key[4];
    struct slot counter[SLOTS];
    uint32_t session[1 + SESSION_WORDS];
    uint32_t record[1 + RECORD_WORDS];
} nvm __attribute__((section(".nvm")));

static const char counter_name[] = "in the counter";
static const struct page {
    uint32_t *words;
    size_t n;
    const char *name;
} pages[PAGES] = {
    { nvm.session, 1 + SESSION_WORDS, "in the session" },
    { nvm.record, 1 + RECORD_WORDS, "in the record" },
};

/* --- flash, and the power that may fail --- */

static bool blown(void)
{
    return kept.fuse != 0 && --kept.fuse == 0;
}

/* RAM is lost; what this run reports at its end is not of the device. */
__attribute__((noreturn)) static void power_fails(const char *where)
{
    semihost_text("meter: power fails ");
    semihost_text(where);
    semihost_text("\n");
    kept.cuts++;
    kept_forget();
    kept_restart();
}

void nvm_risk(const char *where)
{
    if (blown())
        power_fails(where);
}

/* Interrupted, it leaves half a page. */
static void erase(uint32_t *words, size_t n, const char *where)
{
    const bool cut = blown();
    for (size_t i = cut ? n / 2 : 0; i < n; i++)
        ((volatile uint32_t *)words)[i] = ERASED;
    if (cut)
        power_fails(where);
}

/* Interrupted, it leaves half a word. */
static void program(uint32_t *word, uint32_t value, const char *where)
{
    const bool cut = blown();
    volatile uint32_t *at = word;
    *at &= cut ? value | ~(uint32_t)LOW_HALF : value;
    if (cut)
        power_fails(where);
}

/* --- the counter --- */

/* Neither an erased slot nor one of zeros has it right. */
static uint32_t check_of(uint32_t low, uint32_t high)
{
    return ~(low * 2654435761u) ^ (high * 2246822519u + 0x5A17u);
}

/* The slot that counts, or SLOTS. */
static unsigned current(uint64_t *value)
{
    unsigned found = SLOTS;
    for (unsigned i = 0; i < SLOTS; i++) {
        const struct slot *s = &nvm.counter[i];
        const uint64_t its = (uint64_t)s->high << 32 | s->low;
        if (s->check != check_of(s->low, s->high) || (found < SLOTS && its <= *value))
            continue;
        *value = its;
        found = i;
    }
    return found;
}

static void write_slot(struct slot *s, uint64_t value)
{
    const uint32_t low = (uint32_t)value, high = (uint32_t)(value >> 32);
    erase(&s->low, sizeof *s / sizeof s->low, counter_name);
    program(&s->low, low, counter_name);
    program(&s->high, high, counter_name);
    program(&s->check, check_of(low, high), counter_name);
}

bool nvm_counter(void *user, uint32_t id, bool advance, uint64_t *value)
{
    (void)user;
    const unsigned slot = id == 0 ? current(value) : SLOTS;
    if (slot == SLOTS)
        return false;
    if (!advance)
        return true;
    const uint64_t next = *value + 1;
    write_slot(&nvm.counter[1 - slot], next);
    return current(value) == 1 - slot && *value == next;
}

/* --- what is kept --- */

bool nvm_open(void)
{
    if (nvm.written == WRITTEN)
        return true;
    memset(&nvm, 0xFF, sizeof nvm);
    if (!locket_port_entropy((uint8_t *)nvm.key, sizeof nvm.key))
        return false;
    write_slot(&nvm.counter[0], 0);
    nvm.written = WRITTEN;
    return true;
}

const uint8_t *nvm_key(void)
{
    return (const uint8_t *)nvm.key;
}

void nvm_write(enum nvm_page page, const uint8_t *data, size_t len)
{
    const struct page *p = &pages[page];
    if (len > 4 * (p->n - 1))
        return;
    program(&p->words[0], 0, p->name);
    erase(p->words, p->n, p->name);
    for (size_t i = 0; i < len; i += 4) {
        uint32_t word = ERASED;
        memcpy(&word, data + i, len - i < 4 ? len - i : 4);
        program(&p->words[1 + i / 4], word, p->name);
    }
    program(&p->words[0], (uint32_t)len, p->name);
}

const uint8_t *nvm_read(enum nvm_page page, size_t *len)
{
    const struct page *p = &pages[page];
    *len = p->words[0];
    return *len > 0 && *len <= 4 * (p->n - 1) ? (const uint8_t *)(p->words + 1) : NULL;
}

size_t nvm_size(void)
{
    return sizeof nvm;
}
