/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz.h -- what every fuzz target shares: the one function that a fuzzer calls, the
 * check that ends the process, and the reader of an input that is a program.
 *
 * Seven targets:
 *     fuzz_wire    readers, writers, fragments, and every take_ function on any body
 *     fuzz_record  headers, sealing, opening, the replay window, packing, connection IDs, blobs
 *     fuzz_client  a client endpoint, driven step by step         (drive.h)
 *     fuzz_server  a server endpoint with several peers, likewise (drive.h)
 *     fuzz_ticket  a server is brought a ticket of any bytes
 *     fuzz_session a client comes back with a record of any bytes
 *     fuzz_sleep   a saved session of any bytes is loaded
 *
 * All but the first two link a library whose AEADs take any tag and whose comparisons of
 * cookies and Finished say yes when the input asks for it (weak.h): so a fuzzer that
 * knows no key comes as far as an established session. The library is compiled as it
 * is; only crypto/aead.c and crypto/ct.c are replaced when linking.
 *
 *     make fuzz-replay              every file of corpus/ under ASan and UBSan, by gcc;
 *                                   what was reached, and what should have been
 *     make fuzz                     libFuzzer, 60 seconds for each target
 *     make fuzz FUZZ_SECONDS=3600 FUZZ_TARGETS=fuzz_server
 *     make fuzz-seeds               write corpus/ anew, from real handshakes; found_*, which
 *                                   fuzzers have found, stay as they are
 *
 * `make fuzz` keeps what it finds in build/fuzz/found/<target>/ and what fails in
 * build/fuzz/fail-<target>-*; into the tree goes only what somebody copies there. One
 * file alone, found by whatever fuzzer: build/fuzz/replay/fuzz_server FILE.
 *
 * AFL++ drives the same functions (Debian: afl++). Its compiler knows -fsanitize=fuzzer
 * and then links its own driver, which keeps the process for many inputs:
 *
 *     make fuzz-build CLANG=afl-clang-fast FUZZ_OUT=build/afl
 *     afl-fuzz -i test/fuzz/corpus/server -o build/afl/found -m none -t 1000 \
 *         -- build/afl/fuzz_server
 *
 * With several processors, the first process begins with -M name and the others with -S
 * another, some of them built without sanitizers (FUZZ_SANITIZE=), which is faster. What
 * AFL++ has found, found/<name>/queue/, is a corpus for libFuzzer as it stands, and the
 * other way round.
 *
 * A file that failed once belongs into corpus/ under a name that says what it was. */
#ifndef TEST_FUZZ_H
#define TEST_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* For the replay: what the inputs so far have come to, in a line or two; false when
 * that is less than a corpus has to show. */
bool fuzz_report(void);

/* The claim is false: say so, and abort. */
void fuzz_failed(const char *claim, const char *file, int line);
#define FUZZ_CHECK(claim) ((claim) ? (void)0 : fuzz_failed(#claim, __FILE__, __LINE__))

/* malloc() and a copy; of exactly that size, so that a sanitizer sees every step too far. */
void *fuzz_room(size_t n);
void *fuzz_copy(const void *bytes, size_t n);

/* An input, eaten from the front; behind its end all is zero. */
struct food { const uint8_t *at; size_t left; };
uint8_t food_u8(struct food *f);
uint16_t food_u16(struct food *f);
/* At most n bytes; how many is in *len. */
const uint8_t *food_bytes(struct food *f, size_t n, size_t *len);

#endif
