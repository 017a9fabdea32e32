/* SPDX-License-Identifier: Apache-2.0
 *
 * elsewhere.c -- a few answers that wait. There are as many places as checks that run at a time,
 * so a session with a check finds one. */
#define _GNU_SOURCE
#include "elsewhere.h"

#include <string.h>

/* The place of this session; of NULL: a free one. */
static struct elsewhere_one *find(struct elsewhere *w, const locket_session *session)
{
    for (size_t i = 0; i < ELSEWHERE_CHECKS; i++)
        if (w->ones[i].session == session)
            return &w->ones[i];
    return NULL;
}

static struct elsewhere_one *find_or_take(struct elsewhere *w, locket_session *session)
{
    struct elsewhere_one *one = find(w, session);
    if (one == NULL && (one = find(w, NULL)) != NULL)
        one->session = session;
    return one;
}

bool elsewhere_wait(struct elsewhere *w, locket_session *session, const uint8_t *text, size_t len)
{
    struct elsewhere_one *one = find_or_take(w, session);
    if (one == NULL || len > sizeof one->text - one->len)
        return false;
    memcpy(one->text + one->len, text, len);
    one->len += len;
    return true;
}

void elsewhere_checking(struct elsewhere *w, locket_session *session)
{
    struct elsewhere_one *one = find_or_take(w, session);
    if (one != NULL)
        one->checking = true;
}

void elsewhere_over(struct elsewhere *w, const locket_session *session)
{
    struct elsewhere_one *one = find(w, session);
    if (one != NULL)
        one->checking = false;
}

void elsewhere_forget(struct elsewhere *w, const locket_session *session)
{
    struct elsewhere_one *one = session != NULL ? find(w, session) : NULL;
    if (one != NULL)
        explicit_bzero(one, sizeof *one);
}

struct elsewhere_one *elsewhere_ready(struct elsewhere *w)
{
    for (size_t i = 0; i < ELSEWHERE_CHECKS; i++)
        if (w->ones[i].session != NULL && !w->ones[i].checking)
            return &w->ones[i];
    return NULL;
}
