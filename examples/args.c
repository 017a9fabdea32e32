/* SPDX-License-Identifier: Apache-2.0
 *
 * args.c -- numbers and complaints of a command line. */
#define _GNU_SOURCE
#include "args.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

bool args_say(const char *program, const char *format, ...)
{
    va_list values;
    (void)fprintf(stderr, "%s: ", program);
    va_start(values, format);
    (void)vfprintf(stderr, format, values);
    va_end(values);
    (void)fputc('\n', stderr);
    return false;
}

bool args_number(const char *program, const char *name, unsigned long min, unsigned long max, unsigned long *out)
{
    char *end;
    errno = 0;
    *out = strtoul(optarg, &end, 10);
    if (optarg[0] >= '0' && optarg[0] <= '9' && *end == '\0' && errno == 0 && *out >= min && *out <= max)
        return true;
    return args_say(program, "--%s %s: a number from %lu to %lu is needed", name, optarg, min, max);
}

bool args_seconds(const char *program, const char *name, uint32_t *out)
{
    char *end;
    double value = strtod(optarg, &end);
    if (optarg[0] >= '0' && optarg[0] <= '9' && *end == '\0' && value >= 0.1 && value <= 1e6) {
        *out = (uint32_t)(value * 1000.0);
        return true;
    }
    return args_say(program, "--%s %s: seconds are needed, from 0.1 to 1000000", name, optarg);
}

void args_keep_streams(void)
{
    int fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO)
        fd = open("/dev/null", O_RDWR);
    if (fd >= 0)
        (void)close(fd);
}
