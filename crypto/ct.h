/* SPDX-License-Identifier: Apache-2.0
 *
 * ct.h -- code whose time does not depend on its data: masks, select, equal, the
 * value barrier, wipe, and the marks by which the constant-time test knows what
 * is secret. The only inline assembly outside whole hardware files. */
#ifndef LOCKET_CT_H
#define LOCKET_CT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "locket_config.h"

/* Hide a value from the optimiser, so that a mask stays a mask. */
static inline uint32_t ct_barrier(uint32_t x)
{
#if defined(__GNUC__)
    __asm__("" : "+r"(x));
#endif
    return x;
}

/* All ones when x is not zero, else zero. */
static inline uint32_t ct_mask(uint32_t x)
{
    x = ct_barrier(x | (0u - x));
    return ct_barrier(0u - (x >> 31));
}

/* a where the mask is ones, else b. */
static inline uint32_t ct_select(uint32_t mask, uint32_t a, uint32_t b)
{
    return b ^ (mask & (a ^ b));
}

/* The bits of x from right to left: an instruction of the Cortex-M3 and what came after it. */
static inline uint32_t ct_mirror(uint32_t x)
{
#if defined(__GNUC__) && defined(__ARM_ARCH_ISA_THUMB) && __ARM_ARCH_ISA_THUMB == 2
    __asm__("rbit %0, %1" : "=r"(x) : "r"(x));
    return x;
#else
    x = (x & 0x55555555) << 1 | (x >> 1 & 0x55555555);
    x = (x & 0x33333333) << 2 | (x >> 2 & 0x33333333);
    x = (x & 0x0F0F0F0F) << 4 | (x >> 4 & 0x0F0F0F0F);
    return x << 24 | (x & 0xFF00) << 8 | (x >> 8 & 0xFF00) | x >> 24;
#endif
}

/* Are n bytes equal? Looks at all of them. The verdict is public. */
LOCKET_INTERNAL bool ct_equal(const void *a, const void *b, size_t n);

/* Somebody looks at the memory at p: what was written there may not be left out. Where
 * there is no such statement, CT_LOOKS is 0. */
#if defined(__GNUC__)
/* A function with a stack frame of its own, not merged into its caller's: so that ct_burn()
 * finds it, or so that its locals are gone when its caller goes deeper elsewhere. */
#define APART __attribute__((__noinline__))
#define CT_INLINE inline __attribute__((__always_inline__))
enum { CT_LOOKS = 1 };
static inline void ct_looks(const void *p) { __asm__ __volatile__("" : : "r"(p) : "memory"); }
#else
#define APART
#define CT_INLINE inline
enum { CT_LOOKS = 0 };
static inline void ct_looks(const void *p) { (void)p; }
#endif

/* Zero n bytes in a way the compiler may not drop. On hosts it would make of a hundred of them an
 * instruction that takes longer than the call. */
LOCKET_INTERNAL APART void ct_wipe(void *p, size_t n);
#define WIPE(object) ct_wipe(&(object), sizeof(object))

/* Wipe what a function that has just returned left on the stack: words of its secrets that
 * the compiler put there and no name reaches. It has to be APART, so that its frame lay
 * where this one's will. */
LOCKET_INTERNAL APART void ct_burn(void);

/* Marks for the constant-time test (valgrind): a secret must not reach a branch
 * or an address; ct_public says where a derived value may be known. Nothing in
 * a normal build. */
#ifdef LOCKET_CT_TEST
#include <valgrind/memcheck.h>
static inline void ct_secret(const void *p, size_t n) { VALGRIND_MAKE_MEM_UNDEFINED(p, n); }
static inline void ct_public(const void *p, size_t n) { VALGRIND_MAKE_MEM_DEFINED(p, n); }
#else
static inline void ct_secret(const void *p, size_t n) { (void)p; (void)n; }
static inline void ct_public(const void *p, size_t n) { (void)p; (void)n; }
#endif

#endif
