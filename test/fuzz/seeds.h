/* SPDX-License-Identifier: Apache-2.0
 *
 * seeds.h -- the program that writes the seed corpus. Handshakes between two endpoints
 * of ours, linked with the weak library of weak.h, are written down as programs of
 * drive.h; what no honest peer would say is added by hand. As the subject's entropy is
 * that of drive.c, cookies and Finished of these seeds are real ones. */
#ifndef TEST_FUZZ_SEEDS_H
#define TEST_FUZZ_SEEDS_H

#include "drive.h"
#include "wire.h"

/* A file being written. */
struct tape { uint8_t bytes[8192]; size_t len; };

void tape_u8(struct tape *t, unsigned v);
void tape_u16(struct tape *t, unsigned v);
void tape_bytes(struct tape *t, const void *bytes, size_t n);
/* Into folder `target` of the corpus. */
void tape_write(const struct tape *t, const char *target, const char *name);

/* Steps by hand. */
void step_setup(struct tape *t, unsigned modes, unsigned sizes, unsigned rest);
void step_of(struct tape *t, unsigned kind, unsigned index);
void step_of_u16(struct tape *t, unsigned kind, unsigned index, unsigned argument);
void step_by_record(struct tape *t, unsigned peer, unsigned type, unsigned flags, const void *body,
                    size_t len);
void step_by_message(struct tape *t, unsigned peer, unsigned type, unsigned seq, unsigned flags,
                     const void *body, size_t len);

/* A few datagrams of a real handshake, for the targets that know no handshake. */
struct sample { uint8_t bytes[512]; size_t len; };
enum { SAMPLES = 12 };
extern struct sample samples[SAMPLES];
extern size_t n_samples;

void seeds_driven(void);          /* fills the samples, too */
void seeds_by_hand(void);
void seeds_wire(void);
void seeds_back(void);
void seeds_cid(void);

#endif
