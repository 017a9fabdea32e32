/* SPDX-License-Identifier: Apache-2.0
 *
 * arguments.c -- see arguments.h. */
#include "arguments.h"

#include <stddef.h>

/* Behind `word` when the text begins with it, else NULL. */
static const char *after(const char *text, const char *word)
{
    while (*word != '\0')
        if (*text++ != *word++)
            return NULL;
    return text;
}

static bool at_end(const char *text)
{
    return *text == '\0' || *text == ' ';
}

static const char *digits(const char *text, uint32_t *out)
{
    const char *at = text;
    for (*out = 0; *at >= '0' && *at <= '9'; at++)
        *out = 10 * *out + (uint32_t)(*at - '0');
    return at == text ? NULL : at;
}

const char *argument(const char *line, const char *name)
{
    for (const char *at = line; *at != '\0'; at++) {
        const char *value = at == line || at[-1] == ' ' ? after(at, name) : NULL;
        if (value != NULL && *value == '=')
            return value + 1;
    }
    return NULL;
}

bool argument_is(const char *line, const char *name, const char *value)
{
    const char *given = argument(line, name);
    given = given != NULL ? after(given, value) : NULL;
    return given != NULL && at_end(given);
}

uint32_t argument_number(const char *line, const char *name, uint32_t otherwise)
{
    uint32_t value;
    const char *given = argument(line, name);
    given = given != NULL ? digits(given, &value) : NULL;
    return given != NULL && at_end(given) ? value : otherwise;
}

bool argument_address(const char *line, const char *name, uint8_t ip[4], uint8_t port[2])
{
    uint32_t value;
    const char *at = argument(line, name);
    for (int i = 0; i < 4 && at != NULL; i++) {
        at = i > 0 ? after(at, ".") : at;
        at = at != NULL ? digits(at, &value) : NULL;
        ip[i] = (uint8_t)value;
    }
    if (at != NULL && port != NULL) {
        at = after(at, ":");
        at = at != NULL ? digits(at, &value) : NULL;
        port[0] = (uint8_t)(value >> 8);
        port[1] = (uint8_t)value;
    }
    return at != NULL && at_end(at);
}
