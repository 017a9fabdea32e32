/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_client.c -- a client and what servers, or those who say so, may do to it. The
 * input is a program: drive.h. */
#include "drive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    drive(LOCKET_CLIENT, data, size);
    return 0;
}

bool fuzz_report(void) { return drive_report(); }
