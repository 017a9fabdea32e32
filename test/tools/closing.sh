#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# closing.sh LOG WHAT... -- the closing line of every run of the unit tests, and their sum.
set -eu
while [ $# -gt 0 ]; do
    printf '%s\t%s\n' "$(grep '^[0-9]*%: Checks: ' "$1" | tail -n 1)" "$2"
    shift 2
done | awk -F '\t' '
    $1 !~ /^[0-9]+%: Checks: [0-9]+, Failures: [0-9]+, Errors: [0-9]+$/ {
        print "no result: " $2
        bad = 1
        next
    }
    {
        split($1, word, /[ ,]+/)
        checks += word[3]; failures += word[5]; errors += word[7]
        printf "%-48s %s\n", $1, $2
    }
    END {
        if (bad || checks == 0)
            exit 1
        print "together:"
        printf "%d%%: Checks: %d, Failures: %d, Errors: %d\n",
            int((checks - failures - errors) * 100 / checks), checks, failures, errors
        exit failures + errors > 0
    }'
