/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_server.c -- a server and eight peers on two hosts, of whom any may be hostile. The
 * input is a program: drive.h. */
#include "drive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    drive(LOCKET_SERVER, data, size);
    return 0;
}

bool fuzz_report(void) { return drive_report(); }
