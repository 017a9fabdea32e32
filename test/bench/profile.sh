#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# profile.sh FOLDER -- where Locket's own time goes in the handshakes, in the first
# answer, and in sealing and opening 32 bytes, by function. With perf where it may be used: times of
# the code as it runs. Else with valgrind: instructions, and those of the portable
# SHA-256, for valgrind's processor has no SHA-NI.
set -eu
cd "$1"
share=0.8                         # per cent, and less is left out

with_perf() {
    perf record -q -F 7000 -e cycles:u -o perf.data ./bench run Locket "$@" > perf.log 2>&1 &&
        perf report -i perf.data --stdio --percent-limit $share --sort symbol 2> /dev/null |
        sed -n '/^#/d; /./{s/[ -]*$//; s/\[\.\] //; p;}'
}

with_valgrind() {
    valgrind -q --tool=callgrind --callgrind-out-file=callgrind.data ./bench run Locket "$@" \
        > valgrind.log 2>&1 || { tail -n 5 valgrind.log >&2; exit 1; }
    callgrind_annotate --threshold=97 callgrind.data |
        sed -n 's/^ *\([0-9,]* ([ 0-9.]*%)\)  *[^ ]*:\([^ ]*\).*/\1 \2/p'
}

if perf stat -e cycles:u true > /dev/null 2>&1; then
    how=with_perf
    scale=1
elif command -v valgrind > /dev/null; then
    how=with_valgrind
    scale=100
else
    echo "a profile needs the Debian package linux-perf or valgrind" >&2
    exit 1
fi

profile() {
    what=$1 batches=$2
    shift 2
    printf '\n%s (%s)\n' "$what" "$how"
    $how "$@" $((batches / scale))
}
profile "PSK handshake with CCM_8, both ends" 40000 handshake CCM_8 0
profile "resumed by session ID with CCM_8, both ends" 40000 id CCM_8 0
profile "resumed by ticket with CCM_8, both ends" 40000 ticket CCM_8 0
profile "HelloVerifyRequest" 40000 hello CCM_8 0
profile "seal and open 32 B with CCM_8" 60000 record CCM_8 32
profile "seal and open 32 B with GCM" 60000 record GCM 32
