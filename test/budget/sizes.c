/* SPDX-License-Identifier: Apache-2.0
 *
 * sizes.c -- objects as large as what the application declares; budget.py reads their
 * sizes from the symbol table, so no target code has to run. */
#include "locket.h"

extern char size_session[sizeof(locket_session)];
extern char size_workspace[sizeof(locket_handshake)];
extern char size_endpoint[sizeof(locket_endpoint) - sizeof(struct locket_rng)];
extern char size_generator[sizeof(struct locket_rng)];

char size_session[sizeof(locket_session)];
char size_workspace[sizeof(locket_handshake)];
char size_endpoint[sizeof(locket_endpoint) - sizeof(struct locket_rng)];
char size_generator[sizeof(struct locket_rng)];
