/* SPDX-License-Identifier: Apache-2.0
 *
 * memcheck.h -- the marks of crypto/ct.h on a Cortex-M3: a supervisor call that m3.py
 * understands. r0 is the address, r1 the length. */
#ifndef LOCKET_TEST_M3_MEMCHECK_H
#define LOCKET_TEST_M3_MEMCHECK_H

#define M3_MARK(number, p, n) do {                                  \
        register const void *at __asm__("r0") = (p);                \
        register unsigned long len __asm__("r1") = (n);             \
        __asm__ volatile("svc " number : : "r"(at), "r"(len) : "memory"); \
    } while (0)

#define VALGRIND_MAKE_MEM_UNDEFINED(p, n) M3_MARK("1", p, n)
#define VALGRIND_MAKE_MEM_DEFINED(p, n)   M3_MARK("2", p, n)

#endif
