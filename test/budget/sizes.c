/* SPDX-License-Identifier: Apache-2.0
 *
 * sizes.c -- objects as large as what the application declares; budget.py reads their
 * sizes from the symbol table, so no target code has to run. The gateway is the object
 * that README speaks of. Of a client's record the sizes are those that go with a server of
 * ours: what is fixed in it, and a session ID or a ticket (handshake/resume.c). */
#include "locket.h"

static LOCKET_STORAGE(56, 8) gateway;
enum { FIXED = LOCKET_RECORD_MAX - LOCKET_CFG_ARENA, SESSION_ID = sizeof(locket_link) + 6, TICKET = 83 };

extern char size_session[sizeof(locket_session)];
extern char size_workspace[sizeof(locket_handshake)];
extern char size_endpoint[sizeof(locket_endpoint) - sizeof(struct locket_rng)];
extern char size_generator[sizeof(struct locket_rng)];
extern char size_storage[sizeof gateway];
extern char size_entry[sizeof(locket_resumption)];
extern char size_record_id[FIXED + SESSION_ID];
extern char size_record_ticket[FIXED + TICKET];
extern char size_record_max[LOCKET_RECORD_MAX];
extern char size_path[sizeof(locket_path)];
extern char size_blob_max[LOCKET_BLOB_MAX];

char size_session[sizeof(locket_session)];
char size_workspace[sizeof(locket_handshake)];
char size_endpoint[sizeof(locket_endpoint) - sizeof(struct locket_rng)];
char size_generator[sizeof(struct locket_rng)];
char size_storage[sizeof gateway];
char size_entry[sizeof(locket_resumption)];
char size_record_id[FIXED + SESSION_ID];
char size_record_ticket[FIXED + TICKET];
char size_record_max[LOCKET_RECORD_MAX];
char size_path[sizeof(locket_path)];
char size_blob_max[LOCKET_BLOB_MAX];
