/* SPDX-License-Identifier: Apache-2.0
 *
 * wipe.c -- is a secret left anywhere once it has done its work?
 *
 * The stories of test/ct/stories.c are told twice. The first time, needles are
 * collected: the PSK, the premaster and master secret, keys and salts, round keys,
 * midstates and chaining values, the state of the generators, the cookie secrets. The
 * second time is the same to the bit, and now every call of the library runs on a
 * stack of its own that was painted before. After each call we search
 *
 *     that stack, all of it;
 *     all data of the program: endpoints, sessions, workspaces, buffers, .data, .bss
 *
 * for any eight bytes in a row of a needle, wherever they begin. A secret may lie in its home while that lives: the
 * keys in a live session and in the workspace that made them, the master secret in that workspace, in an entry of
 * the cache and in the record that a client's application keeps, the generator, the cookie secrets and the ticket
 * keys in the endpoint, the application's key with the application. So the end of a story, after close
 * or failure, finds nothing at all.
 *
 * Registers are searched as well, as the call left them; C cannot empty them, and what
 * follows soon uses them, so what they hold is counted and is no failure.
 *
 * What it cannot show: values that nobody works out beside the library (a round in
 * the middle of AES or SHA-256, spilled), and fewer than eight bytes in a row. Meant
 * for optimised builds: at -O0 compilers spill what C gives no name to. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "handshake.h"
#include "needles.h"
#include "rng.h"
#include "stories.h"

enum { STACK = 1 << 16, PAINT = 0xA5, BUCKETS = 1 << 18, WINDOWS = N_NEEDLES * 64, REGISTERS = 16 * 8 + 512 };

struct window { uint64_t value; uint16_t needle, at; uint32_t next; };

/* All that knows the secrets lies in pages of its own, outside .data and .bss. */
struct lair {
    struct needles needles;
    uint8_t full[BUCKETS / 8];    /* a bit for each bucket: most are empty */
    uint32_t bucket[BUCKETS];
    struct window window[WINDOWS];
    uint32_t n_windows;
    ucontext_t here, there;
    struct call *call;
    uint8_t masters[64][48];
    unsigned n_masters;
    uint8_t registers[REGISTERS] __attribute__((aligned(16)));
    uint8_t stack[STACK] __attribute__((aligned(64)));
};
static struct lair *lair;
struct needles *needles;

static bool searching;
static unsigned long n_calls, n_found, n_registers;
static size_t deepest;
static const struct story *now_told;

/* --- searching --- */

static uint64_t eight(const uint8_t *p)
{
    uint64_t x;
    memcpy(&x, p, sizeof x);
    return x;
}

static uint32_t hash_of(uint64_t x) { return (uint32_t)((x * UINT64_C(0x9E3779B97F4A7C15)) >> 46); }

/* Too plain to mean anything: half of its bytes are alike. */
static bool is_plain(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t alike = 0;
        for (size_t j = 0; j < n; j++)
            alike += p[j] == p[i];
        if (2 * alike >= n)
            return true;
    }
    return false;
}

static void index_window(unsigned needle, size_t at)
{
    uint64_t value = eight(needles->list[needle].at + at);
    uint32_t bucket = hash_of(value);
    if (lair->n_windows == WINDOWS)
        return;
    struct window *w = &lair->window[lair->n_windows];
    w->value = value;
    w->needle = (uint16_t)needle;
    w->at = (uint16_t)at;
    w->next = lair->bucket[bucket];
    lair->bucket[bucket] = lair->n_windows++;
    lair->full[bucket / 8] |= (uint8_t)(1u << bucket % 8);
}

static void index_needles(void)
{
    memset(lair->bucket, 0, sizeof lair->bucket);
    memset(lair->full, 0, sizeof lair->full);
    lair->n_windows = 1;
    for (unsigned i = 0; i < needles->n; i++) {
        const struct needle *x = &needles->list[i];
        if (x->whole)
            index_window(i, 0);
        for (size_t at = 0; !x->whole && at + 8 <= x->len; at++)
            if (!is_plain(x->at + at, 8))
                index_window(i, at);
    }
}

static bool within(const void *p, const void *object, size_t n)
{
    return (uintptr_t)p - (uintptr_t)object < n;
}

/* One key follows the other there in the order of the key block only for a client; the byte
 * before the first may look like the end of the other by chance. */
static bool in_session(const uint8_t *p, const locket_session *s)
{
    return within(p, s->key, sizeof s->key) || within(p + 1, s->key, 1) || within(p, s->salt, sizeof s->salt);
}

/* An endpoint that was shut down is nobody's home. Nor is a workspace before it has keys, but
 * for the salts of an attempt before, which are worth nothing without them. */
static const struct end *is_shut[2];

/* For whoever comes back: in an entry of the server's cache. */
static bool is_kept(const uint8_t *p, const struct end *e)
{
    bool kept = false;
    for (size_t i = 0; i < sizeof e->cache / sizeof e->cache[0]; i++)
        kept = kept || (e->cache[i].taken && within(p, e->cache[i].master, sizeof e->cache[i].master));
    return kept;
}

/* May this needle lie there? */
static bool at_home(const struct needle *x, const uint8_t *p, const struct end *e)
{
    const locket_handshake *hs = &e->handshakes[0];
    bool salts = hs->state != WORKSPACE_FREE && hs->state != WORKSPACE_HOLDING;
    bool workspace = salts && (hs->flags & F_KEYS);
    bool live = e->sessions[0].state == SESSION_LIVE || e->sessions[0].state == SESSION_CLOSING;
    if (e == is_shut[0] || e == is_shut[1])
        return false;
    switch (x->home) {
    case HOME_KEYS:
        return (workspace && in_session(p, &hs->session)) || (live && in_session(p, &e->sessions[0])) ||
               (salts && within(p, hs->session.salt, sizeof hs->session.salt));
    case HOME_MASTER:
        return (workspace && within(p, hs->master, sizeof hs->master)) || is_kept(p, e) ||
               (LOCKET_CFG_FAST && workspace && within(p, LOCKET_KEPT(hs), sizeof(struct locket_hmac)));
    case HOME_RNG:
        return e->ep.config && within(p, &e->ep.rng, sizeof e->ep.rng);
    case HOME_COOKIE:
        return e->ep.config && within(p, e->ep.cookies.secret, sizeof e->ep.cookies.secret);
    case HOME_TICKET:
        return e->ep.config && within(p, e->ep.back.key, e->ep.back.n_keys * sizeof e->ep.back.key[0]);
    case HOME_CHECK:                           /* of who asks, and of who answers */
        return (e->paths[0].state && within(p, e->paths, sizeof e->paths)) ||
               within(p, LOCKET_ROAMING(&e->ep)->cookie, sizeof LOCKET_ROAMING(&e->ep)->cookie);
    default:
        return false;
    }
}

/* The datagrams of both, which the application reads and writes. */
static bool in_datagram(const uint8_t *p, const struct end *e) { return within(p, e->in, 2 * STAGE_MTU + STAGE_TEXT); }

static bool is_allowed(const struct needle *x, const uint8_t *p)
{
    if (x->home == HOME_STAGE)
        return within(p, &stage, sizeof stage);
    if (x->home == HOME_CHECK && (in_datagram(p, &stage.client) || in_datagram(p, &stage.server)))
        return true;
    const struct end *c = &stage.client;       /* what its application keeps outlives it */
    if (x->home == HOME_MASTER && within(p, c->record, c->record_len))
        return true;
    return within(p, stage_keys, sizeof stage_keys) || within(p, stage_ticket_key, sizeof stage_ticket_key) ||
           within(p, stage_blob_key, sizeof stage_blob_key) || at_home(x, p, &stage.client) ||
           at_home(x, p, &stage.server);
}

static const char *place_of(const uint8_t *p)
{
    static char text[80];
    const struct end *e = within(p, &stage.client, sizeof stage.client) ? &stage.client : &stage.server;
    size_t at = (size_t)(p - (const uint8_t *)e);
    if (within(p, lair->stack, STACK))
        snprintf(text, sizeof text, "the stack, %zu deep", (size_t)(lair->stack + STACK - p));
    else if (within(p, lair->registers, REGISTERS))
        snprintf(text, sizeof text, "a register (%s)", within(p, lair->registers, 128) ? "general" : "vector");
    else if (!within(p, &stage, sizeof stage))
        snprintf(text, sizeof text, "other data of the program");
    else
        snprintf(text, sizeof text, "the %s's %s", e->name,
                 at < offsetof(struct end, ep) ? "configuration" : at < offsetof(struct end, sessions) ? "endpoint"
                 : at < offsetof(struct end, handshakes) ? "session" : at < offsetof(struct end, cache) ? "workspace"
                 : at < offsetof(struct end, paths) ? "cache" : at < offsetof(struct end, counter) ? "check of a path"
                 : at < offsetof(struct end, record) ? "saved session" : at < offsetof(struct end, in) ? "record"
                 : "datagrams");
    return text;
}

/* One line for each kind of find: the first story that shows it, and how often. */
struct find { const char *needle; char place[80]; const char *story, *after; size_t from, len; unsigned n; bool reg; };
static struct find finds[200];
static unsigned n_finds;

static void note(const struct needle *x, size_t from, const uint8_t *p, size_t len, const char *after)
{
    bool reg = within(p, lair->registers, REGISTERS);
    const char *place = place_of(p);
    unsigned i = 0;
    *(reg ? &n_registers : &n_found) += 1;
    while (i < n_finds && (finds[i].needle != x->name || strcmp(finds[i].place, place) || finds[i].after != after))
        i++;
    if (i == sizeof finds / sizeof *finds)
        return;
    if (i == n_finds) {
        struct find *f = &finds[n_finds++];
        memset(f, 0, sizeof *f);
        f->needle = x->name, f->story = now_told->name, f->after = after, f->from = from, f->len = len, f->reg = reg;
        strcpy(f->place, place);
    }
    finds[i].n++;
}

static void search(const uint8_t *from, size_t len, const char *after)
{
    for (size_t i = 0; i + 8 <= len; i++) {
        uint64_t x = eight(from + i);
        uint32_t bucket = hash_of(x);
        if (!(lair->full[bucket / 8] >> bucket % 8 & 1))
            continue;
        for (uint32_t at = lair->bucket[bucket]; at; at = lair->window[at].next) {
            const struct window *w = &lair->window[at];
            const struct needle *found = &needles->list[w->needle];
            if (w->value != x || is_allowed(found, from + i))
                continue;
            size_t n = 8;
            while (i + n < len && w->at + n < found->len && from[i + n] == found->at[w->at + n])
                n++;
            if (found->whole && n < found->len)
                continue;
            note(found, w->at, from + i, n, after);
            i += n - 8;
            break;
        }
    }
}

/* What a call leaves in registers is counted; the words for it are printed on demand. */
static void report(bool all)
{
    for (unsigned i = 0; i < n_finds; i++)
        if (all || !finds[i].reg)
            printf("%s%s: bytes %zu to %zu in %s after %s (%s; %u times)\n", finds[i].reg ? "note: " : "",
                   finds[i].needle, finds[i].from, finds[i].from + finds[i].len - 1, finds[i].place,
                   finds[i].after, finds[i].story, finds[i].n);
}

/* --- calls --- */

/* The registers as they are. Everything else in this function is arranged around it. */
static void on_its_stack(void)
{
    play_call(lair->call);
#if defined(__x86_64__)
    uint8_t *out = lair->registers;
    __asm__ volatile("movq %%rax, 0(%0)\n movq %%rbx, 8(%0)\n movq %%rcx, 16(%0)\n movq %%rdx, 24(%0)\n"
                     "movq %%rsi, 32(%0)\n movq %%rdi, 40(%0)\n movq %%rbp, 48(%0)\n movq %%r8, 56(%0)\n"
                     "movq %%r9, 64(%0)\n movq %%r10, 72(%0)\n movq %%r11, 80(%0)\n movq %%r12, 88(%0)\n"
                     "movq %%r13, 96(%0)\n movq %%r14, 104(%0)\n movq %%r15, 112(%0)\n fxsave64 128(%0)"
                     : : "r"(out) : "memory");
#endif
}

static void collect(const struct end *e)
{
    if (!e->ep.config)
        return;
    for (unsigned i = 0; i < 2; i++) {
        const char *name = "a cookie secret or a midstate of it";
        if (sizeof e->ep.cookies.secret[0] == 16)
            needle_hmac(name, e->ep.cookies.secret[i], 16, HOME_COOKIE);
        else
            needle_add(name, e->ep.cookies.secret[i], sizeof e->ep.cookies.secret[0], HOME_COOKIE);
    }
    for (unsigned i = 0; i < e->ep.back.n_keys; i++)
        needle_aes("a ticket key or its round keys", e->ep.back.key[i], HOME_TICKET);
    if (now_told->unknown)                     /* the decoy's key */
        needles_psk(e->ep.rng.key, 16, false);
    for (unsigned i = 0; i < e->config.n_paths; i++)
        needle_add("what a path check asks", e->paths[i].cookie[0], 8, HOME_CHECK);
    needle_hmac("the generator's key or a midstate of it", e->ep.rng.key, 32, HOME_RNG);
    needle_hash("the generator's V", e->ep.rng.v, 32, HOME_RNG);
}

/* And what a first seed makes of the generator (locket_init() has the string), before it
 * is asked for anything. */
static void collect_seed(const uint8_t *seed, size_t len)
{
    const struct piece p[] = { { seed, len }, PIECE_LABEL("locket") };
    struct locket_rng first;
    if (searching)
        return;
    needle_add("a seed of the generator", seed, len, HOME_NONE);
    rng_instantiate(&first, p, 2);
    needle_hmac("the generator's first key or a midstate of it", first.key, 32, HOME_RNG);
    needle_hash("the generator's first V", first.v, 32, HOME_RNG);
}

/* The master secrets that were seen, to know that the needles are the right ones. */
static void remember(const struct end *e)
{
    static const uint8_t none[48];
    const uint8_t *master = e->handshakes[0].master;
    bool known = memcmp(master, none, sizeof none) == 0;
    for (unsigned i = 0; i < lair->n_masters; i++)
        known = known || memcmp(lair->masters[i], master, sizeof none) == 0;
    if (!known && lair->n_masters < sizeof lair->masters / sizeof *lair->masters)
        memcpy(lair->masters[lair->n_masters++], master, sizeof none);
}

/* A blob that does not open. */
static bool lost;

static const char *check_needles(void)
{
    if (lost)
        return "a saved session does not open";
    for (unsigned i = 0; i < lair->n_masters; i++)
        if (!needle_is(lair->masters[i], sizeof lair->masters[i]))
            return "a master secret is not among the needles";
    return lair->n_masters || now_told->silent_after == 4 || now_told->dry_after ? NULL : "no master secret was seen";
}

extern char __data_start[], end[];

/* Below this the stack still has its paint. */
static size_t touched;

void stage_perform(struct call *c)
{
    if (!searching) {
        play_call(c);
        collect(&stage.client);
        collect(&stage.server);
        const uint8_t *psk[] = { stage_keys[0], stage_keys[1], stage.server.ep.rng.key };
        unsigned n = now_told->unknown ? 3 : 2;
        if (c->kind == CALL_NEXT && c->more && c->event.kind == LOCKET_SEND)
            needles_wire(c->event.data, c->event.len, psk, n, sizeof stage_keys[0]);
        if (c->kind == CALL_SEND && !c->error)
            needles_wire(c->end->out, c->out_len, psk, n, sizeof stage_keys[0]);
        if (c->kind == CALL_SAVE && !c->error && !needle_blob(stage_blob_key, STAGE_BLOB_ID, c->end->blob,
                                                              c->end->blob_len))
            lost = true;
        if (c->kind == CALL_EXPORT)
            needles_export("EXPERIMENTAL", c->end->text, 5);
        remember(&stage.client);
        remember(&stage.server);
        return;
    }
    memset(lair->stack + touched, PAINT, STACK - touched);
    memset(lair->registers, 0, sizeof lair->registers);
    getcontext(&lair->there);
    lair->there.uc_stack.ss_sp = lair->stack;
    lair->there.uc_stack.ss_size = STACK;
    lair->there.uc_link = &lair->here;
    lair->call = c;
    makecontext(&lair->there, on_its_stack, 0);
    swapcontext(&lair->here, &lair->there);

    for (touched = 0; touched < STACK && eight(lair->stack + touched) == UINT64_C(0xA5A5A5A5A5A5A5A5); )
        touched += 8;
    if (STACK - touched > deepest)
        deepest = STACK - touched;
    n_calls++;
    if (c->kind == CALL_INIT || c->kind == CALL_SHUTDOWN)
        is_shut[c->end == &stage.server] = c->kind == CALL_SHUTDOWN ? c->end : NULL;
    const char *after = call_names[c->kind];
    search(lair->stack + touched, STACK - touched, after);
    search(lair->registers, sizeof lair->registers, after);
    search((uint8_t *)__data_start, (size_t)(end - __data_start), after);
}

/* The search itself must find what is there. */
static bool finds_what_is_there(void)
{
    unsigned long before = n_found;
    uint8_t *spot = lair->stack + 1001;
    memset(lair->stack, PAINT, STACK);
    memcpy(spot, needles->list[0].at + 3, 8);
    now_told = &stories[0];
    search(lair->stack, STACK, "nothing");
    bool found = n_found == before + 1;
    n_found = before;
    n_finds = 0;
    return found;
}

int main(int n_arguments, char **arguments)
{
    int bad = 0;
    unsigned most = 0;
    (void)arguments;
    lair = mmap(NULL, sizeof *lair, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (lair == MAP_FAILED)
        return 2;
    needles = &lair->needles;
    stage_gave = collect_seed;
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (unsigned i = 0; i < n_stories; i++) {
        now_told = &stories[i];
        needles_reset();
        needles->plain = now_told->plain_master;
        needles->gcm = now_told->suite == LOCKET_PSK_AES_128_GCM_SHA256;
        needles->tag_len = now_told->suite == LOCKET_PSK_AES_128_CCM_8 ? 8 : 16;
        searching = false;
        lair->n_masters = 0;
        const char *wrong = play(now_told);
        if (!wrong)
            wrong = check_needles();
        for (unsigned k = 0; k < 2; k++)
            needles_psk(stage_keys[k], sizeof stage_keys[k], true);
        index_needles();
        most = needles->n > most ? needles->n : most;
        if (i == 0 && !finds_what_is_there()) {
            printf("a planted secret was not found\n");
            return 2;
        }
        searching = true;
        if (!wrong)
            wrong = play(now_told);
        if (wrong || needles->n == N_NEEDLES || lair->n_windows == WINDOWS) {
            printf("%s: %s\n", now_told->name, wrong ? wrong : "too many needles");
            bad = 2;
        }
    }
    report(n_arguments > 1);
    printf("%u stories, %lu calls, up to %u needles, %zu bytes of stack: %lu found (in registers %lu)\n", n_stories,
           n_calls, most, deepest, n_found, n_registers);
    return bad ? bad : n_found ? 1 : 0;
}
