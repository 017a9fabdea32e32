/* SPDX-License-Identifier: Apache-2.0
 *
 * args.h -- the words of a command line: what is wrong with one is said in one line. The value of
 * an option is in `optarg`, as getopt leaves it. */
#ifndef EXAMPLES_ARGS_H
#define EXAMPLES_ARGS_H

#include <stdbool.h>
#include <stdint.h>

enum { EXIT_FINE = 0, EXIT_FAILED = 1, EXIT_MISUSED = 2 };

/* A line on standard error that begins with the program's name. Always false: what was asked for
 * cannot be. */
bool args_say(const char *program, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The number in `optarg`; or seconds with a fraction, as milliseconds. False: it has been said
 * what --`name` needs. */
bool args_number(const char *program, const char *name, unsigned long min, unsigned long max, unsigned long *out);
bool args_seconds(const char *program, const char *name, uint32_t *out);

/* A standard stream that was closed must not become a socket. */
void args_keep_streams(void);

#endif
