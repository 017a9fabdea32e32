/* SPDX-License-Identifier: Apache-2.0
 *
 * play.c -- the program whose execution is watched: under valgrind on this machine, in
 * m3.py for a Cortex-M3. It prints nothing of a secret and branches on none, so every
 * complaint is about the library. The exit code says whether the results were right:
 * a program that stops half-way would be quiet as well.
 *
 * With CT_WHOLE the library is locket.c compiled whole, as it ships, where only the
 * public API can be called; else it is linked file by file and the primitives are
 * called as well. CT_SHORT leaves out the stories that are no story's core: the device
 * is slow, and they show no other function. */
#include "play.h"
#include "stories.h"

#ifdef CT_DEVICE
static void tell(const char *what, const char *wrong) { (void)what; (void)wrong; }
bool play_is_slow(void) { return true; }
#else
#include <stdio.h>
static void tell(const char *what, const char *wrong) { fprintf(stderr, "%s: %s\n", what, wrong); }
bool play_is_slow(void) { return false; }
#endif

#ifndef CT_SHORT
#define CT_SHORT 0
#endif

#ifdef CT_WHOLE
static const char *first(void) { return NULL; }
#else
static const char *first(void) { return play_primitives(); }
#endif

void stage_perform(struct call *c) { play_call(c); }

int main(void)
{
    int bad = 0;
    const char *wrong = first();
    if (locket_selftest())
        wrong = "locket_selftest";
    if (wrong) {
        tell("wrong result", wrong);
        bad = 1;
    }
    for (unsigned i = 0; i < n_stories; i++) {
        if (stories[i].about_memory || (CT_SHORT && !stories[i].core))
            continue;
        wrong = play(&stories[i]);
        if (wrong) {
            tell(stories[i].name, wrong);
            bad = (int)i + 2;
        }
    }
    return bad;
}
