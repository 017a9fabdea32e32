/* SPDX-License-Identifier: Apache-2.0
 *
 * x86.c -- what the processor that runs us has.
 *
 * The compiler's runtime asks CPUID once before main() and keeps the answer in data
 * of its own; a question here is a load and a test. Asking CPUID each time would cost
 * more than a record where a hypervisor traps it, and keeping the answer ourselves
 * would be global state. */
#include "aes_x86.h"

#if LOCKET_CFG_X86

LOCKET_INTERNAL bool x86_has_aes(void)
{
    return __builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul")
        && __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("sse4.1");
}

/* "sha" and "vaes" are names that only gcc 11 and clang 19 know. An older compiler uses
 * these instructions when the whole build is for processors that have them (-msha,
 * -mvaes). */
#if (defined(__clang__) && __clang_major__ >= 19) || (!defined(__clang__) && __GNUC__ >= 11)

LOCKET_INTERNAL bool x86_has_sha(void)
{
    return __builtin_cpu_supports("sha") && __builtin_cpu_supports("ssse3")
        && __builtin_cpu_supports("sse4.1");
}

LOCKET_INTERNAL bool x86_has_vaes(void)
{
    return __builtin_cpu_supports("vaes") && __builtin_cpu_supports("vpclmulqdq")
        && __builtin_cpu_supports("avx2");
}

#else

#ifdef __SHA__
LOCKET_INTERNAL bool x86_has_sha(void) { return true; }
#else
LOCKET_INTERNAL bool x86_has_sha(void) { return false; }
#endif

#if defined(__VAES__) && defined(__VPCLMULQDQ__) && defined(__AVX2__)
LOCKET_INTERNAL bool x86_has_vaes(void) { return true; }
#else
LOCKET_INTERNAL bool x86_has_vaes(void) { return false; }
#endif

#endif

#else

LOCKET_INTERNAL bool x86_has_aes(void) { return false; }
LOCKET_INTERNAL bool x86_has_sha(void) { return false; }

#endif
