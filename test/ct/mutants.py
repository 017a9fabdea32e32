# SPDX-License-Identifier: Apache-2.0
#
# mutants.py -- the library spoilt in ways that `make ct` has to catch, one at a time.
# Every one still computes the right results: only its time tells. Each is a name, a
# file, the text to be replaced, its replacement, and who has to see it: valgrind with
# the portable or the x86 code, m3 (the Cortex-M3), vector (registers.py).
MUTANTS = [
    ("a table look-up by a secret byte in aes_sub", "crypto/aes.c",
     "    q[7] = v6 ^ v8;\n",
     "    static const volatile uint8_t table[256];\n    q[7] = v6 ^ v8 ^ table[x0 & 255];\n",
     ("portable", "m3")),
    ("an early exit in ct_equal", "crypto/ct.c",
     "        differ |= p ^ q;\n",
     "        differ |= p ^ q;\n        if (differ)\n            break;\n",
     ("portable", "m3")),
    ("a long product in gcm_mul32", "crypto/gcm.c",
     "    return (((x0 * y0)",
     "    uint32_t high = (uint32_t)((uint64_t)x * y >> 32) & ct_barrier(0);\n    return high | (((x0 * y0)",
     ("m3",)),
    ("a branch in the reduction of GHASH", "crypto/gcm.c",
     "        z[i - 4] ^= x ^ x >> 1",
     "        static volatile uint32_t seen;\n        if (x == 1)\n            seen = 1;\n"
     "        z[i - 4] ^= x ^ x >> 1",
     ("portable", "m3")),
    ("a key that begins with zeros is refused", "handshake/exchange.c",
     "    return psk->key && psk->key_len",
     "    return psk->key && (psk->key[0] || psk->key[1]) && psk->key_len",
     ("portable", "m3")),
    ("an early exit in x86_equal", "crypto/aes_x86.h",
     "    return _mm_testz_si128(d, d) != 0;",
     "    if (_mm_cvtsi128_si64(d))\n        return false;\n    return _mm_testz_si128(d, d) != 0;",
     ("x86",)),
    ("the hash in a general register of sha256_blocks_x86", "crypto/sha256_x86.c",
     "        sha256_x86_block(&s, w);\n",
     "        sha256_x86_block(&s, w);\n        volatile size_t zero = 0;\n"
     "        n += (size_t)_mm_cvtsi128_si32(s.abef) & zero;\n",
     ("vector",)),
]
