/* SPDX-License-Identifier: Apache-2.0
 *
 * semihost.h -- what stands in for a console and a command line: calls to the debugger or
 * emulator that runs the image. A product has none of this. */
#ifndef FIRMWARE_SEMIHOST_H
#define FIRMWARE_SEMIHOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EXIT_FINE = 0, EXIT_FAILED = 1, EXIT_ARGUMENTS = 2, EXIT_FAULT = 3 };

void semihost_text(const char *text);
void semihost_number(uint32_t value);
void semihost_hex(uint32_t value);
/* Bytes of a peer, as far as they print. */
void semihost_bytes(const uint8_t *bytes, size_t len);
/* name, value and a newline: "painted stack: 1024\n". */
void semihost_line(const char *name, uint32_t value);

/* Bytes of a file of the host. */
bool semihost_read_file(const char *path, uint8_t *out, size_t len);

/* The command line, terminated; empty when there is none. */
void semihost_arguments(char *out, size_t cap);

__attribute__((noreturn)) void semihost_exit(int code);

#endif
