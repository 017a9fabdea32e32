/* SPDX-License-Identifier: Apache-2.0
 *
 * claim.h -- the lines of the demo that say something is so, and the parts of the demo that
 * have a file of their own. */
#ifndef EXAMPLES_CLAIM_H
#define EXAMPLES_CLAIM_H

#include <stdbool.h>

extern bool claim_colour;         /* on a terminal */
extern bool claim_all_well;       /* nothing claimed so far was wrong */

/* A line that claims something, and whether it is so. */
void claim(bool so, const char *format, ...) __attribute__((format(printf, 2, 3)));
void heading(const char *text);

struct cost;                      /* N_COSTS of them: cost.h */

/* Full and resumed handshakes, a session that sleeps, and their costs side by side: comeback.c. */
void demo_comeback(struct cost *costs);
void demo_asleep(struct cost *costs);
void demo_costs(const struct cost *costs);

/* A new key for a meter in the field: newkey.c. */
void demo_new_key(void);

#endif
