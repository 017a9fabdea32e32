#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# sizes.sh PREFIX ELF... -- flash and RAM of each image, as its linker script counted them.
set -eu
prefix=$1
shift
printf '%-14s %8s %8s   of which %8s %14s   budget\n' image flash RAM stack 'data and bss'
for elf in "$@"; do
    "${prefix}nm" "$elf" | awk -v image="$(basename "$elf" .elf)" \
        -v flash="$("${prefix}size" "$elf" | awk 'NR == 2 { print $1 + $2 }')" '
        # Not every awk reads hexadecimal digits.
        function number(hex,    i, n) {
            for (i = 1; i <= length(hex); i++)
                n = 16 * n + index("0123456789abcdef", substr(hex, i, 1)) - 1
            return n
        }
        { at[$3] = number($1) }
        END {
            printf "%-14s %8d %8d            %8d %14d   %6d\n", image, flash, at["ram_used"],
                at["stack_top"] - at["stack_limit"], at["kept_end"] - at["data_start"], at["ram_budget"]
        }'
done
