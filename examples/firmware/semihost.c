/* SPDX-License-Identifier: Apache-2.0
 *
 * semihost.c -- ARM semihosting: BKPT 0xAB with the operation in r0 and a block of its
 * arguments behind r1. Without a debugger the instruction is a fault. */
#include "semihost.h"

enum { SYS_OPEN = 0x01, SYS_CLOSE = 0x02, SYS_WRITE0 = 0x04, SYS_READ = 0x06, SYS_GET_CMDLINE = 0x15,
       SYS_EXIT_EXTENDED = 0x20 };
enum { OPEN_READ_BINARY = 1, APPLICATION_EXIT = 0x20026 };

static uint32_t call(uint32_t operation, const void *block)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = block;
    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

static uint32_t word(const void *pointer)
{
    return (uint32_t)(uintptr_t)pointer;
}

void semihost_text(const char *text)
{
    (void)call(SYS_WRITE0, text);
}

static void in_base(uint32_t value, uint32_t base, unsigned digits)
{
    char text[12], *at = text + sizeof text - 1;
    *at = '\0';
    do {
        *--at = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0 || at > text + sizeof text - 1 - digits);
    semihost_text(at);
}

void semihost_number(uint32_t value)
{
    in_base(value, 10, 1);
}

void semihost_hex(uint32_t value)
{
    in_base(value, 16, 8);
}

void semihost_bytes(const uint8_t *bytes, size_t len)
{
    char text[2] = { 0, 0 };
    for (size_t i = 0; i < len; i++) {
        text[0] = bytes[i] >= ' ' && bytes[i] <= '~' ? (char)bytes[i] : '.';
        semihost_text(text);
    }
}

void semihost_line(const char *name, uint32_t value)
{
    semihost_text(name);
    semihost_text(": ");
    semihost_number(value);
    semihost_text("\n");
}

bool semihost_read_file(const char *path, uint8_t *out, size_t len)
{
    uint32_t name_len = 0, missing;
    while (path[name_len] != '\0')
        name_len++;
    const uint32_t open[] = { word(path), OPEN_READ_BINARY, name_len };
    const uint32_t file = call(SYS_OPEN, open);
    if (file == UINT32_MAX)
        return false;
    const uint32_t read[] = { file, word(out), (uint32_t)len };
    missing = call(SYS_READ, read);           /* how many bytes have not been read */
    (void)call(SYS_CLOSE, &file);
    return missing == 0;
}

void semihost_arguments(char *out, size_t cap)
{
    uint32_t block[] = { word(out), (uint32_t)cap };
    if (call(SYS_GET_CMDLINE, block) != 0)
        out[0] = '\0';
}

void semihost_exit(int code)
{
    const uint32_t block[] = { APPLICATION_EXIT, (uint32_t)code };
    for (;;)
        (void)call(SYS_EXIT_EXTENDED, block);
}
