/* SPDX-License-Identifier: Apache-2.0
 *
 * check.h -- the real Check, without the note it writes to a pipe after every assertion
 * that holds: millions of them made the runs ten times as long. A failure names
 * its line as ever; a crash only its test. */
#ifndef TEST_QUICK_CHECK_H
#define TEST_QUICK_CHECK_H

#include_next <check.h>

#define _mark_point(file, line) ((void)0)

#endif
