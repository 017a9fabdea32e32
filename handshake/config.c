/* SPDX-License-Identifier: Apache-2.0
 *
 * config.c -- what the application has configured: whether it can be, and what follows from
 * it. The defaults of its numbers stand in handshake.h. */
#include "handshake.h"

/* --- suites --- */

LOCKET_INTERNAL unsigned config_suite(const locket_config *c, size_t i)
{
    if (c->n_suites)
        return i < c->n_suites ? c->suites[i] : 0;
    return i < suite_count() ? suite_at(i)->id : 0;
}

/* Our order counts (RFC 9325 section 4.2.1). */
LOCKET_INTERNAL int config_choose(const locket_config *c, struct span suites)
{
    for (size_t i = 0; config_suite(c, i); i++)
        if (listed(suites, 2, config_suite(c, i)))
            return suite_row(config_suite(c, i));
    return -1;
}

LOCKET_INTERNAL bool config_fits(const locket_config *c, unsigned row, struct span suites)
{
    size_t i = 0;
    while (config_suite(c, i) && suite_row(config_suite(c, i)) != (int)row)
        i++;
    return config_suite(c, i) && listed(suites, 2, config_suite(c, i));
}

/* --- limits --- */

LOCKET_INTERNAL unsigned config_fragment(const locket_config *c)
{
    unsigned code = FRAGMENT_CODES;
    while (code && fragment_length(code) != c->max_fragment_length)
        code--;
    return code;
}

/* --- may it be? --- */

enum { LOCAL_MAX = 32 };

static bool config_comes_back(const locket_config *c)
{
    if ((c->n_cache && (!LOCKET_CFG_RESUME || !c->cache)) || c->n_cache >= LINK_NONE ||
        (c->tickets && !LOCKET_CFG_TICKETS))
        return false;
    return c->resume_cookie <= LOCKET_COOKIE_NEVER && !(c->n_cache && c->role == LOCKET_CLIENT);
}

/* A number of fewer than 4 bytes has to reach all sessions: locket_init() sees to that. */
static bool config_cid(const locket_config *c)
{
    if ((c->n_paths && (!LOCKET_CFG_RRC || !c->paths)) || c->n_paths > UINT8_MAX ||
        c->path_check > LOCKET_PATH_APPLICATION)
        return false;
    return !(c->cid || c->cid_len) || (LOCKET_CFG_CID && c->cid && c->cid_len <= LOCKET_CFG_CID_SIZE);
}

/* 64 to 2^14 (RFC 8449 section 4); one of four, and a client's (RFC 6066 section 4). */
static bool config_limits(const locket_config *c)
{
    unsigned limit = c->record_size_limit, fragment = c->max_fragment_length;
    if ((limit || fragment) && !LOCKET_CFG_LIMITS)
        return false;
    return (!limit || (limit >= LIMIT_MIN && limit <= PLAINTEXT_MAX)) &&
           (!fragment || (c->role == LOCKET_CLIENT && config_fragment(c)));
}

LOCKET_INTERNAL bool config_is_good(const locket_config *c)
{
    if (!c->psk || c->role > LOCKET_SERVER || !(c->role == LOCKET_CLIENT ? LOCKET_CFG_CLIENT : LOCKET_CFG_SERVER))
        return false;
    if ((c->n_suites && !c->suites) || c->n_suites > UINT8_MAX)
        return false;
    for (size_t i = 0; i < c->n_suites; i++)
        if (suite_row(c->suites[i]) < 0)
            return false;
    if ((c->hint_len && !c->hint) || c->hint_len > LOCKET_CFG_IDENTITY_SIZE)
        return false;
    if ((c->local_len && !c->local) || c->local_len > LOCAL_MAX)
        return false;
    if ((c->timeout | c->timeout_cap | c->deadline | c->patience | c->idle_timeout | c->lifetime | c->full_after |
         c->path_timeout) > INT32_MAX)
        return false;
    if (!config_comes_back(c) || !config_limits(c) || !config_cid(c))
        return false;
    return !c->mtu || c->mtu >= MTU_FLOOR;
}
