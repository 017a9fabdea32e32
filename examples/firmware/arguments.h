/* SPDX-License-Identifier: Apache-2.0
 *
 * arguments.h -- words of a command line, "name=value", in place of the settings that a
 * product keeps in its flash. */
#ifndef FIRMWARE_ARGUMENTS_H
#define FIRMWARE_ARGUMENTS_H

#include <stdbool.h>
#include <stdint.h>

/* The value of a name, up to the next blank; NULL when it is not given. */
const char *argument(const char *line, const char *name);

/* Is that value this word? */
bool argument_is(const char *line, const char *name, const char *value);

/* A number, or the default when the name is not given or its value is none. */
uint32_t argument_number(const char *line, const char *name, uint32_t otherwise);

/* "10.0.2.2", and "10.0.2.2:5684" where `port` is not NULL; bytes in network order. */
bool argument_address(const char *line, const char *name, uint8_t ip[4], uint8_t port[2]);

#endif
