/* SPDX-License-Identifier: Apache-2.0
 *
 * sizes.c -- objects as large as what the application declares; budget.py reads their
 * sizes from the symbol table, so no target code has to run. The gateway is the object
 * that README speaks of. */
#include "locket.h"

static LOCKET_STORAGE(56, 8) gateway;

extern char size_session[sizeof(locket_session)];
extern char size_workspace[sizeof(locket_handshake)];
extern char size_endpoint[sizeof(locket_endpoint) - sizeof(struct locket_rng)];
extern char size_generator[sizeof(struct locket_rng)];
extern char size_storage[sizeof gateway];

char size_session[sizeof(locket_session)];
char size_workspace[sizeof(locket_handshake)];
char size_endpoint[sizeof(locket_endpoint) - sizeof(struct locket_rng)];
char size_generator[sizeof(struct locket_rng)];
char size_storage[sizeof gateway];
