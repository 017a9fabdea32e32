/* SPDX-License-Identifier: Apache-2.0
 *
 * options.c -- one table of options, from which the parser and the help come,
 * and what each of them does to the locket_config. */
#define _GNU_SOURCE
#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { CLIENT = 1, SERVER = 2, BOTH = 3 };
enum { FIRST_OPTION = 256, PSK_IDENTITY = FIRST_OPTION, PSK, PSK_TEXT, PSK_FILE, GENERATE_PSK, HINT,
       PSK_DELAY, SUITE, MTU, TIMEOUT, FIRST_TIMEOUT, LINGER, PERSIST, ECHO_BACK, DISCARD, SESSIONS,
       HANDSHAKES, SESSION_FILE, TICKETS, TICKET_KEY, CACHE, LIFETIME, RESUME_COOKIE, FRAGMENT_LENGTH,
       RECORD_LIMIT, CID, RRC, FOLLOW, SAVE, LOAD, SAVE_KEY, COUNT, ONCE, IDLE, LEGACY, NO_PACK, SILENT_CLOSE,
       KEYLOG, LOSS, SEED, VERBOSE,
       VERSION, HELP };

static const struct row {
    int id;
    int who;
    const char *name, *value, *help;
} rows[] = {
    { PSK_IDENTITY, BOTH, "psk-identity", "ID", "name that goes with the key (default Client_identity)" },
    { PSK, BOTH, "psk", "HEX", "key of 32 to 128 hexadecimal digits; `ps` shows it to others" },
    { PSK_TEXT, BOTH, "psk-text", "TEXT", "key of 16 to 64 characters as they are" },
    { PSK_FILE, BOTH, "psk-file", "FILE", "keys in lines ID:HEX; blank lines and # are skipped" },
    { GENERATE_PSK, BOTH, "generate-psk", NULL, "print a new random key and leave" },
    { HINT, SERVER, "hint", "TEXT", "identity hint to send (RFC 4279 section 5.2)" },
    { PSK_DELAY, SERVER, "psk-delay", "MS", "let every look-up of a key take that long" },
    { SUITE, BOTH, "suite", "NAME,..", "ccm8, ccm, gcm or an IANA name, best first (default all)" },
    { MTU, BOTH, "mtu", "BYTES", "largest datagram to send, 256 to 16384 (default 1232)" },
    { TIMEOUT, BOTH, "timeout", "SECONDS", "for a whole handshake (default 10, server 60)" },
    { FIRST_TIMEOUT, BOTH, "first-timeout", "MS", "until the first retransmission (default 1000)" },
    { LINGER, CLIENT, "linger", "MS", "after the end of input, silence before we close (500; with --load 2500)" },
    { PERSIST, CLIENT, "persist", NULL, "do not believe \"connection refused\"" },
    { ECHO_BACK, SERVER, "echo", NULL, "send back what arrives (the default)" },
    { DISCARD, SERVER, "discard", NULL, "do not" },
    { SESSIONS, SERVER, "sessions", "N", "most peers at a time (default 1000)" },
    { HANDSHAKES, SERVER, "handshakes", "N", "most handshakes at a time, up to 255 (default 32)" },
    { SESSION_FILE, CLIENT, "session-file", "FILE", "come back to the session there, keep the next" },
    { TICKETS, BOTH, "tickets", NULL, "coming back by ticket: the server keeps nothing" },
    { TICKET_KEY, SERVER, "ticket-key", "NUMBER:HEX",
      "16 bytes that seal tickets, shown by `ps`; twice: previous, then current" },
    { CACHE, SERVER, "cache", "N", "sessions to remember by their ID (default 1000)" },
    { LIFETIME, SERVER, "lifetime", "SECONDS", "how long sessions and own ticket keys last (14400)" },
    { RESUME_COOKIE, SERVER, "resume-cookie", "WHEN", "a cookie of who comes back: busy (default), always, never" },
    { FRAGMENT_LENGTH, CLIENT, "max-fragment-length", "N", "most bytes in a record: 512, 1024, 2048 or 4096" },
    { RECORD_LIMIT, BOTH, "record-size-limit", "N", "most bytes in a record to us, 64 to 16384" },
    { CID, BOTH, "cid", "N", "connection IDs (RFC 9146), ours of N bytes: a session outlives addresses" },
    { RRC, BOTH, "rrc", "HOW", "is who moved really there? enhanced (default with --cid), basic, off" },
    { FOLLOW, SERVER, "follow", NULL, "answer where a peer without --rrc is heard, unproven (unsafe)" },
    { SAVE, CLIENT, "save", "FILE", "do not close: keep the live session there, and FILE.counter" },
    { LOAD, CLIENT, "load", "FILE", "go on with that session, once, with no handshake; close it, unless --save" },
    { SAVE_KEY, CLIENT, "save-key", "HEX", "16 bytes of this device that encrypt FILE; `ps` shows it to others" },
    { COUNT, SERVER, "count", "N", "leave when N sessions have been closed" },
    { ONCE, SERVER, "once", NULL, "the same as --count 1" },
    { IDLE, BOTH, "idle", "SECONDS", "close a session that is silent so long (default never)" },
    { LEGACY, BOTH, "legacy", NULL, "admit peers without extended master secret (unsafe)" },
    { NO_PACK, BOTH, "no-pack", NULL, "one handshake message a record, for peers that need it" },
    { SILENT_CLOSE, BOTH, "silent-close", NULL, "close without telling the peer" },
    { KEYLOG, BOTH, "keylog", "FILE", "append the session keys there, for Wireshark" },
    { LOSS, BOTH, "loss", "PERCENT", "lose so many of the datagrams, both ways" },
    { SEED, BOTH, "seed", "N", "which ones --loss loses (default 1)" },
    { VERBOSE, BOTH, "verbose", NULL, "show every datagram on standard error" },
    { VERSION, BOTH, "version", NULL, "print the version and leave" },
    { HELP, BOTH, "help", NULL, "print this and leave" }
};
enum { N_ROWS = sizeof rows / sizeof rows[0] };

static void teach(const struct options *o)
{
    printf(o->server
        ? "Usage: %s [options] ADDRESS:PORT\n"
          "A DTLS 1.2 server with pre-shared keys: many peers on one UDP socket, each gets back\n"
          "what it sends. PORT 0 takes a free one; standard output says which.\n\n"
        : "Usage: %s [options] ADDRESS:PORT\n"
          "A DTLS 1.2 client with a pre-shared key: each line of standard input goes out as a\n"
          "record, what comes in goes to standard output.\n\n", o->program);
    for (size_t i = 0; i < N_ROWS; i++) {
        char left[40];
        (void)snprintf(left, sizeof left, "--%s%s%s", rows[i].name, rows[i].value ? " " : "",
                       rows[i].value ? rows[i].value : "");
        if (rows[i].who & (o->server ? SERVER : CLIENT))
            printf("  %-25s %s\n", left, rows[i].help);
    }
    printf("\nExamples:\n"
        "  K=$(%s --generate-psk)\n"
        "  locket-server --psk-identity meter-1 --psk $K 127.0.0.1:5684\n"
        "  locket-client --psk-identity meter-1 --psk $K 127.0.0.1:5684\n"
        "With OpenSSL at the other end:\n", o->program);
    printf(o->server
        ? "  openssl s_client -dtls1_2 -connect 127.0.0.1:5684 -psk $K -psk_identity meter-1 \\\n"
          "      -cipher PSK-AES128-CCM8 -nocommands\n\n"
          "SIGUSR1 prints a line of counters, among them why datagrams were dropped. SIGINT and\n"
          "SIGTERM close all sessions and leave. The handle of a peer is the number of its line in\n"
          "the key file. Servers with the same --ticket-key and the same key file take each other's\n"
          "tickets. "
        : "  openssl s_server -dtls1_2 -accept 127.0.0.1:5684 -nocert -psk $K \\\n"
          "      -psk_identity meter-1 -cipher PSK-AES128-CCM8\n\n"
          "\"Connection refused\" ends the client at once. That is an ICMP message, which anyone on\n"
          "the way can forge; with --persist it is not believed. A server cannot say that a key is\n"
          "wrong in a way that others could not forge, so the client reports it when --timeout is\n"
          "over. A session file is a secret: who reads it can come back as this client. A FILE of\n"
          "--save is encrypted; FILE.counter keeps it from being loaded twice, so neither of them may\n"
          "be put back from a backup.\n");
    printf("Exit code: 0 fine, 1 failed, 2 wrong options.\n");
}

static uint16_t suite_of(const char *name)
{
    static const struct { const char *name; uint16_t id; } all[] = {
        { "ccm8", LOCKET_PSK_AES_128_CCM_8 }, { "ccm", LOCKET_PSK_AES_128_CCM },
        { "gcm", LOCKET_PSK_AES_128_GCM_SHA256 }
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (strcasecmp(name, all[i].name) == 0 || strcasecmp(name, locket_suite_name(all[i].id)) == 0)
            return all[i].id;
    return 0;
}

static bool suites(struct options *o)
{
    char list[256], *rest = NULL;
    if (strlen(optarg) >= sizeof list)
        return args_say(o->program, "--suite: that list is too long");
    (void)snprintf(list, sizeof list, "%s", optarg);
    for (const char *name = strtok_r(list, ",", &rest); name != NULL; name = strtok_r(NULL, ",", &rest)) {
        uint16_t id = suite_of(name);
        if (id == 0)
            return args_say(o->program, "--suite %s: known are ccm8, ccm, gcm and their IANA names", name);
        if (o->config.n_suites == OPTIONS_SUITES)
            return args_say(o->program, "--suite: that list is too long");
        o->suites[o->config.n_suites++] = id;
    }
    if (o->config.n_suites == 0)
        return args_say(o->program, "--suite: a name is needed: ccm8, ccm or gcm");
    o->config.suites = o->suites;
    return true;
}

/* Whoever reads the file reads the traffic: it is for its owner only. */
static bool keylog(struct options *o)
{
    int fd = open(optarg, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (o->keylog != NULL)
        (void)fclose(o->keylog);
    o->keylog = fd < 0 ? NULL : fdopen(fd, "a");
    if (o->keylog == NULL)
        return args_say(o->program, "--keylog %s: %s", optarg, strerror(errno));
    return true;
}

static bool hint(struct options *o)
{
    size_t len = strlen(optarg);
    if (len == 0 || len > LOCKET_CFG_IDENTITY_SIZE)
        return args_say(o->program, "--hint: a text of 1 to %d bytes is needed", LOCKET_CFG_IDENTITY_SIZE);
    o->config.hint = (const uint8_t *)optarg;
    o->config.hint_len = len;
    return true;
}

static bool fragment_length(struct options *o)
{
    static const char *const all[] = { "512", "1024", "2048", "4096" };
    for (unsigned i = 0; i < sizeof all / sizeof all[0]; i++)
        if (strcmp(optarg, all[i]) == 0) {
            o->config.max_fragment_length = (uint16_t)(512u << i);
            return true;
        }
    return args_say(o->program, "--max-fragment-length %s: 512, 1024, 2048 or 4096 is needed", optarg);
}

static bool resume_cookie(struct options *o)
{
    static const struct { const char *name; locket_cookie_policy policy; } all[] = {
        { "busy", LOCKET_COOKIE_WHEN_BUSY }, { "always", LOCKET_COOKIE_ALWAYS },
        { "never", LOCKET_COOKIE_NEVER }
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (strcmp(optarg, all[i].name) == 0) {
            o->config.resume_cookie = all[i].policy;
            return true;
        }
    return args_say(o->program, "--resume-cookie %s: busy, always or never is needed", optarg);
}

static bool rrc(struct options *o)
{
    static const struct { const char *name; locket_path_check check; } all[] = {
        { "enhanced", LOCKET_PATH_ENHANCED }, { "basic", LOCKET_PATH_BASIC }, { "off", LOCKET_PATH_APPLICATION }
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (strcmp(optarg, all[i].name) == 0) {
            o->config.path_check = all[i].check;
            o->has_rrc = true;
            return true;
        }
    return args_say(o->program, "--rrc %s: enhanced, basic or off is needed", optarg);
}

/* What was wrong is not repeated: it may be a key. */
static bool save_key(struct options *o)
{
    uint8_t key[KEY_MAX];
    size_t len = 0;
    o->has_save_key = keys_hex(optarg, strlen(optarg), key, &len) && len == SLEEPER_KEY;
    if (o->has_save_key)
        memcpy(o->save_key, key, SLEEPER_KEY);
    explicit_bzero(key, sizeof key);
    return o->has_save_key || args_say(o->program, "--save-key: %d hexadecimal digits are needed (--generate-psk"
                                         " prints some)", 2 * SLEEPER_KEY);
}

static bool ticket_key(struct options *o)
{
    uint8_t key[KEY_MAX];
    size_t len = 0;
    char *colon;
    errno = 0;
    unsigned long n = strtoul(optarg, &colon, 10);
    bool well = optarg[0] >= '0' && optarg[0] <= '9' && *colon == ':' && errno == 0 && n <= 65535 &&
                keys_hex(colon + 1, strlen(colon + 1), key, &len) && len == TICKET_KEY_SIZE;
    if (well && o->n_ticket_keys < TICKET_KEYS) {
        o->ticket_keys[o->n_ticket_keys].number = (uint16_t)n;
        memcpy(o->ticket_keys[o->n_ticket_keys].key, key, TICKET_KEY_SIZE);
    }
    explicit_bzero(key, sizeof key);
    if (!well)
        return args_say(o->program, "--ticket-key: a number to 65535, a colon and %d hexadecimal digits are"
                          " needed", 2 * TICKET_KEY_SIZE);
    if (o->n_ticket_keys == TICKET_KEYS)
        return args_say(o->program, "--ticket-key: two are enough: the previous one, then the current one");
    if (o->n_ticket_keys == 1 && o->ticket_keys[0].number == n)
        return args_say(o->program, "--ticket-key: two keys need two numbers, not %lu twice", n);
    o->n_ticket_keys++;
    o->config.tickets = true;
    return true;
}

/* One option; its value, if it has one, is in `optarg`. */
static bool take(struct options *o, const struct row *r)
{
    locket_config *c = &o->config;
    unsigned long n = 0;
    bool ok = true;
    switch (r->id) {
    case PSK_IDENTITY:  o->identity = optarg; break;
    case PSK:           o->psk_hex = optarg; break;
    case PSK_TEXT:      o->psk_text = optarg; break;
    case PSK_FILE:      o->psk_file = optarg; break;
    case HINT:          return hint(o);
    case PSK_DELAY:     ok = args_number(o->program, r->name, 1, 600000, &n); o->psk_delay = (uint32_t)n; break;
    case SUITE:         return suites(o);
    case MTU:           ok = args_number(o->program, r->name, 256, 16384, &n); c->mtu = (uint16_t)n; break;
    case TIMEOUT:       return args_seconds(o->program, r->name, &c->deadline);
    case FIRST_TIMEOUT: ok = args_number(o->program, r->name, 10, 60000, &n); c->timeout = (uint32_t)n; break;
    case LINGER:
        ok = args_number(o->program, r->name, 0, 3600000, &n);
        o->linger = (uint32_t)n;
        o->has_linger = true;
        break;
    case PERSIST:       o->persist = true; break;
    case ECHO_BACK:     o->discard = false; break;
    case DISCARD:       o->discard = true; break;
    case SESSIONS:      ok = args_number(o->program, r->name, 1, 65534, &n); o->sessions = (unsigned)n; break;
    case HANDSHAKES:    ok = args_number(o->program, r->name, 1, 255, &n); o->handshakes = (unsigned)n; break;
    case SESSION_FILE:  o->session_file = optarg; break;
    case TICKETS:       c->tickets = true; break;
    case TICKET_KEY:    return ticket_key(o);
    case CACHE:         ok = args_number(o->program, r->name, 0, 65534, &n); o->cache = (unsigned)n; break;
    case LIFETIME:      return args_seconds(o->program, r->name, &c->lifetime);
    case RESUME_COOKIE: return resume_cookie(o);
    case FRAGMENT_LENGTH: return fragment_length(o);
    case RECORD_LIMIT:
        ok = args_number(o->program, r->name, 64, 16384, &n);
        c->record_size_limit = (uint16_t)n;
        break;
    case CID:
        if (!LOCKET_CFG_CID)
            return args_say(o->program, "--cid: this build has no connection IDs (LOCKET_CFG_CID_SIZE)");
        ok = args_number(o->program, r->name, 0, LOCKET_CFG_CID_SIZE, &n);
        c->cid = true;
        c->cid_len = (uint8_t)n;
        break;
    case RRC:           return rrc(o);
    case FOLLOW:        o->follow = true; break;
    case SAVE:          o->save = optarg; break;
    case LOAD:          o->load = optarg; break;
    case SAVE_KEY:      return save_key(o);
    case COUNT:         ok = args_number(o->program, r->name, 1, 1000000000, &n); o->count = (unsigned)n; break;
    case ONCE:          o->count = 1; break;
    case IDLE:          return args_seconds(o->program, r->name, &c->idle_timeout);
    case LEGACY:        c->legacy = true; break;
    case NO_PACK:       c->one_message_per_record = true; break;
    case SILENT_CLOSE:  c->leave_silently = true; break;
    case KEYLOG:        return keylog(o);
    case LOSS:          ok = args_number(o->program, r->name, 0, 100, &n); o->loss.percent = (unsigned)n; break;
    case SEED:          ok = args_number(o->program, r->name, 0, 4294967295UL, &n); o->loss.state = n; break;
    case VERBOSE:       o->verbose = true; break;
    default:            break;
    }
    return ok;
}

/* Options that make sense with others only. */
static bool together(struct options *o)
{
    const locket_config *c = &o->config;
    if (!c->cid && (o->has_rrc || o->follow))
        return args_say(o->program, "--%s goes with --cid: without connection IDs nobody moves",
                          o->has_rrc ? "rrc" : "follow");
    if (c->cid_len == 1 && o->sessions > 256)
        return args_say(o->program, "--cid 1 tells 256 sessions apart, and --sessions is %u: --sessions 256, or"
                          " --cid 2", o->sessions);
    if ((o->save != NULL || o->load != NULL) != o->has_save_key)
        return args_say(o->program, o->has_save_key ? "--save-key goes with --save or --load"
                          : "--%s needs --save-key HEX: 32 digits that this device keeps to itself (--generate-psk"
                          " prints some)", o->save != NULL ? "save" : "load");
    if (o->load != NULL && o->session_file != NULL)
        return args_say(o->program, "--load goes on with a session and --session-file begins one: give one");
    if (o->load != NULL && !o->has_linger)
        o->linger = 2500;         /* the server may first check where we are */
    return true;
}

/* All keys into o->keys, and on a client the one to use. */
static bool gather_keys(struct options *o)
{
    char why[KEYS_WHY];
    uint8_t key[KEY_MAX];
    size_t len = 0;
    if ((o->psk_hex != NULL) + (o->psk_text != NULL) + (o->psk_file != NULL) != 1)
        return args_say(o->program, "give one of --psk, --psk-text and --psk-file (see --help)");
    if (o->psk_file != NULL) {
        if (!keys_load(&o->keys, o->psk_file, why))
            return args_say(o->program, "--psk-file %s: %s", o->psk_file, why);
    } else {
        const char *identity = o->identity != NULL ? o->identity : "Client_identity";
        if (o->psk_hex != NULL && !keys_hex(o->psk_hex, strlen(o->psk_hex), key, &len))
            return args_say(o->program, "--psk: %d to %d hexadecimal digits are needed", 2 * KEY_MIN,
                              2 * KEY_MAX);
        if (o->psk_text != NULL) {
            len = strlen(o->psk_text);
            if (len < KEY_MIN || len > KEY_MAX)
                return args_say(o->program, "--psk-text: %d to %d characters are needed", KEY_MIN, KEY_MAX);
            memcpy(key, o->psk_text, len);
        }
        bool well = keys_add(&o->keys, identity, strlen(identity), key, len, 1, why);
        explicit_bzero(key, sizeof key);
        if (!well)
            return args_say(o->program, "--psk-identity: %s", why);
    }
    if (o->server) {
        if (o->psk_file != NULL && o->identity != NULL)
            return args_say(o->program, "--psk-identity does not go with --psk-file, which has the identities");
        return true;
    }
    if (o->psk_file != NULL && o->identity != NULL)
        o->me = keys_find(&o->keys, (const uint8_t *)o->identity, strlen(o->identity));
    else if (o->keys.n == 1)
        o->me = &o->keys.list[0];
    else
        return args_say(o->program, "--psk-file %s has %zu identities: choose one with --psk-identity",
                        o->psk_file, o->keys.n);
    if (o->me == NULL)
        return args_say(o->program, "--psk-file %s: no identity %s in it", o->psk_file, o->identity);
    return true;
}

static bool address(struct options *o, int argc, char **argv, int *status)
{
    bool mistaken;
    if (optind != argc - 1)
        return args_say(o->program, optind == argc ? "ADDRESS:PORT is missing (see --help)"
                                          : "one ADDRESS:PORT is enough (see --help)");
    o->address_text = argv[optind];
    const char *why = udp_parse(o->address_text, &o->address, &mistaken);
    if (why == NULL && !o->server &&
        (o->address.any.sa_family == AF_INET ? o->address.v4.sin_port : o->address.v6.sin6_port) == 0) {
        mistaken = true;
        why = "a server does not listen at port 0";
    }
    if (why == NULL)
        return true;
    if (!mistaken)
        *status = EXIT_FAILED;
    return args_say(o->program, "%s: %s", o->address_text, why);
}

bool options_read(struct options *o, bool server, int argc, char **argv, int *status)
{
    struct option known[N_ROWS + 1];
    args_keep_streams();
    memset(known, 0, sizeof known);
    memset(o, 0, sizeof *o);
    o->program = server ? "locket-server" : "locket-client";
    o->server = server;
    o->linger = 500;
    o->sessions = server ? 1000 : 1;
    o->handshakes = server ? 32 : 1;
    o->cache = server && LOCKET_CFG_RESUME ? 1000 : 0;
    o->loss.state = 1;
    o->config.role = server ? LOCKET_SERVER : LOCKET_CLIENT;
    o->config.deadline = server ? 0 : 10000;
    for (size_t i = 0; i < N_ROWS; i++) {
        known[i].name = rows[i].name;
        known[i].has_arg = rows[i].value != NULL ? required_argument : no_argument;
        known[i].val = rows[i].id;
    }
    *status = EXIT_MISUSED;
    opterr = 0;
    for (int id; (id = getopt_long(argc, argv, ":", known, NULL)) != -1; ) {
        if (id == ':')
            return args_say(o->program, "%s needs a value (see --help)", argv[optind - 1]);
        if (id < FIRST_OPTION)
            return args_say(o->program, "%s is not an option (see --help)", argv[optind - 1]);
        const struct row *r = &rows[id - FIRST_OPTION];
        if (!(r->who & (server ? SERVER : CLIENT)))
            return args_say(o->program, "--%s is an option of %s", r->name,
                              server ? "locket-client" : "locket-server");
        if (id == HELP || id == VERSION || id == GENERATE_PSK) {
            *status = EXIT_FINE;
            if (id == HELP)
                teach(o);
            else if (id == VERSION)
                printf("%s %s\n", o->program, LOCKET_VERSION);
            else if (!keys_generate(stdout))
                *status = EXIT_FAILED;
            return false;
        }
        if (!take(o, r))
            return false;
    }
    return together(o) && address(o, argc, argv, status) && gather_keys(o);
}

void options_forget(struct options *o)
{
    keys_forget(&o->keys);
    explicit_bzero(o->ticket_keys, sizeof o->ticket_keys);
    explicit_bzero(o->save_key, sizeof o->save_key);
    if (o->keylog != NULL)
        (void)fclose(o->keylog);
    o->keylog = NULL;
}

void options_keylog(const struct options *o, const char *label, const uint8_t client_random[32],
                    const uint8_t *secret, size_t secret_len)
{
    (void)fprintf(o->keylog, "%s ", label);
    for (size_t i = 0; i < 32; i++)
        (void)fprintf(o->keylog, "%02x", client_random[i]);
    (void)fputc(' ', o->keylog);
    for (size_t i = 0; i < secret_len; i++)
        (void)fprintf(o->keylog, "%02x", secret[i]);
    (void)fputc('\n', o->keylog);
    (void)fflush(o->keylog);
}
