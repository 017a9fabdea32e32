#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# soak.sh RUNNER FOLDER FIRST RUNS [SECONDS] -- handshakes in random weather: the random
# part of test/test_lossy.c, and that of test/test_lossy_roam.c whose clients move and sleep,
# RUNS of each from seed FIRST on, in batches, two or more at a time, until they are done or
# SECONDS have passed. Says how far it is; at the first failure it names the seed.
set -eu
batch=1000

if [ "$1" = --batch ]; then
    runner=$2 dir=$3 end=$4 until=$5 first=$6
    # 255 tells xargs to begin nothing more.
    if [ -e "$dir/failed" ] || { [ "$until" != 0 ] && [ "$(date +%s)" -ge "$until" ]; }; then
        exit 255
    fi
    n=$batch
    [ $((first + n)) -le "$end" ] || n=$((end - first))
    log=$dir/$first.log
    export CK_RUN_CASE=random CK_DEFAULT_TIMEOUT=300
    if LOCKET_TEST_SEED=$first LOCKET_TEST_RUNS=$n "$runner" lossy lossy_roam > "$log" 2>&1 &&
       grep -q '^100%: Checks: 20,' "$log"; then
        rm "$log"
        echo "$n" >> "$dir/done"
        echo "seeds $first to $((first + n - 1))"
        exit 0
    fi
    # What fails, crashes or hangs says so itself.
    seed=$(grep -o 'LOCKET_TEST_SEED=[0-9]*' "$log" | head -n 1) || true
    [ -n "$seed" ] || seed="LOCKET_TEST_SEED=$first LOCKET_TEST_RUNS=$n"
    { grep -v '^Running' "$log"; echo "again: CK_RUN_CASE=random $seed $runner lossy lossy_roam"; } >> "$dir/failed"
    exit 255
fi

runner=$1 dir=$2 first=$3 runs=$4 seconds=${5:-0}
case $runner in /*) ;; *) runner=$PWD/$runner ;; esac
rm -rf "$dir"
mkdir -p "$dir"
end=$((first + runs)) until=0
[ "$seconds" = 0 ] || until=$(($(date +%s) + seconds))
at=$first
while [ "$at" -lt "$end" ]; do
    echo "$at"
    at=$((at + batch))
done | xargs -n 1 -P "$(nproc 2> /dev/null || echo 2)" "$0" --batch "$runner" "$dir" "$end" "$until" \
    2> "$dir/xargs.log" || true
if [ -e "$dir/failed" ]; then
    cat "$dir/failed" >&2
    exit 1
fi
total=$(awk '{ n += $1 } END { print n + 0 }' "$dir/done" 2> /dev/null || echo 0)
if [ "$total" = 0 ] || { [ "$until" = 0 ] && [ "$total" != "$runs" ]; }; then
    cat "$dir/xargs.log" >&2
    echo "only $total of $runs runs were made" >&2
    exit 1
fi
echo "$total random runs of each kind from seed $first on: each a session or a clean failure"
