#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# symbols.sh OBJECT... -- what the shipped object shows is locket_*, and what it wants
# is five functions of <string.h>, the platform's hooks, and the compiler's own helpers.
set -eu
for object in "$@"; do
    nm "$object" | awk -v object="$object" '
        { kind = $(NF - 1); name = $NF }
        kind ~ /^[TDBRCVWG]$/ {
            n++
            if (name !~ /^locket_/) { printf "%s shows %s\n", object, name; bad = 1 }
        }
        kind != "U" || name ~ /^(memcpy|memmove|memset|memcmp|strlen)$/ || name ~ /^locket_port_[a-z0-9_]+$/ { next }
        name ~ /^__(mem(cpy|move|set)_chk|stack_chk_fail|cpu_(model|features2|indicator_init))$/ { next }
        name ~ /^__(aeabi_|u?div|u?mod|mul|ashl|lshr|ashr|clz|ctz|popcount|bswap)/ { next }
        name == "_GLOBAL_OFFSET_TABLE_" { next }
        {
            printf "%s wants %s\n", object, name
            bad = 1
        }
        END { if (bad) exit 1; printf "%s: %d symbols, all of them locket_*\n", object, n }'
done
