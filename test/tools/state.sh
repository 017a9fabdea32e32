#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# state.sh OBJECT -- the library has no state of its own: nothing writable in its object.
# (.data.rel.ro holds const tables of pointers; the loader makes it read-only.)
set -eu
size -A "$1" | awk -v object="$1" '
    $1 ~ /^\.(data|bss|tdata|tbss)/ && $1 !~ /^\.data\.rel\.ro/ && $2 > 0 {
        printf "%s: %d bytes of %s\n", object, $2, $1
        bad = 1
    }
    END { if (bad) exit 1; print object " has no data and no bss" }'
