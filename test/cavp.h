/* SPDX-License-Identifier: Apache-2.0
 *
 * cavp.h -- reads the response files of NIST's CAVP, one "name = value" a line,
 * as the Debian package python3-cryptography-vectors installs them. A test that
 * cannot find its file fails; another folder may be named by the environment
 * variable LOCKET_VECTORS. */
#ifndef LOCKET_TEST_CAVP_H
#define LOCKET_TEST_CAVP_H

#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hex.h"

struct cavp {
    FILE *file;
    const char *name, *value;     /* of the line last read; "FAIL" has the value "" */
    char line[20000];
};

static inline void cavp_open(struct cavp *c, const char *path)
{
    const char *folder = getenv("LOCKET_VECTORS");
    char full[512];

    snprintf(full, sizeof full, "%s/%s",
             folder != NULL ? folder : "/usr/lib/python3/dist-packages/cryptography_vectors", path);
    c->file = fopen(full, "r");
    ck_assert_msg(c->file != NULL, "no %s: install the package python3-cryptography-vectors", full);
}

/* The next line that says something; false, and closed, at the end. Of a line in
 * brackets with several numbers only the first is seen. */
static inline bool cavp_next(struct cavp *c)
{
    while (fgets(c->line, sizeof c->line, c->file) != NULL) {
        char *s = c->line, *equals, *end;
        size_t len = strcspn(s, "\r\n");

        ck_assert_msg(s[len] != '\0' || feof(c->file), "a line is too long");
        s[len] = '\0';
        if (*s == '[')
            s[strcspn(s, "]")] = '\0', s++;
        if (*s == '\0' || *s == '#')
            continue;
        c->name = s;
        equals = strchr(s, '=');
        c->value = "";
        if (equals != NULL) {
            for (end = equals; end > s && end[-1] == ' '; end--)
                ;
            *end = '\0';
            for (equals++; *equals == ' '; equals++)
                ;
            c->value = equals;
        }
        return true;
    }
    fclose(c->file);
    return false;
}

static inline bool cavp_is(const struct cavp *c, const char *name)
{
    return strcmp(c->name, name) == 0;
}

static inline size_t cavp_number(const struct cavp *c)
{
    return (size_t)strtoul(c->value, NULL, 10);
}

#endif
