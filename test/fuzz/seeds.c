/* SPDX-License-Identifier: Apache-2.0
 *
 * seeds.c -- writes the seed corpus into the folder it is given: see seeds.h. */
#include "seeds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *corpus;
static unsigned n_files;

struct sample samples[SAMPLES];
size_t n_samples;

bool fuzz_report(void) { return true; }

void tape_bytes(struct tape *t, const void *bytes, size_t n)
{
    if (n > sizeof t->bytes - t->len) {
        fprintf(stderr, "a seed is too long\n");
        exit(1);
    }
    if (n)
        memcpy(t->bytes + t->len, bytes, n);
    t->len += n;
}

void tape_u8(struct tape *t, unsigned v)
{
    uint8_t b = (uint8_t)v;
    tape_bytes(t, &b, 1);
}

void tape_u16(struct tape *t, unsigned v)
{
    tape_u8(t, v >> 8);
    tape_u8(t, v);
}

void tape_write(const struct tape *t, const char *target, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s/%s", corpus, target, name);
    FILE *out = fopen(path, "wb");
    if (!out || fwrite(t->bytes, 1, t->len, out) != t->len || fclose(out) != 0) {
        perror(path);
        exit(1);
    }
    n_files++;
}

void step_setup(struct tape *t, unsigned modes, unsigned sizes, unsigned rest)
{
    t->len = 0;
    tape_u8(t, modes);
    tape_u8(t, sizes);
    tape_u8(t, rest);
}

void step_of(struct tape *t, unsigned kind, unsigned index) { tape_u8(t, kind | index << 4); }

void step_of_u16(struct tape *t, unsigned kind, unsigned index, unsigned argument)
{
    step_of(t, kind, index);
    tape_u16(t, argument);
}

void step_by_record(struct tape *t, unsigned peer, unsigned type, unsigned flags, const void *body,
                    size_t len)
{
    step_of(t, STEP_RECORD, peer);
    tape_u8(t, type);
    tape_u8(t, flags);
    tape_u16(t, (unsigned)len);
    tape_bytes(t, body, len);
}

void step_by_message(struct tape *t, unsigned peer, unsigned type, unsigned seq, unsigned flags,
                     const void *body, size_t len)
{
    step_of(t, STEP_MESSAGE, peer);
    tape_u8(t, type);
    tape_u8(t, seq);
    tape_u8(t, flags);
    tape_u16(t, (unsigned)len);
    tape_bytes(t, body, len);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: seeds FOLDER\n");
        return 2;
    }
    corpus = argv[1];
    seeds_driven();
    seeds_by_hand();
    seeds_wire();
    seeds_back();
    seeds_cid();
    printf("%u seeds in %s\n", n_files, corpus);
    return 0;
}
