#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# coverage.sh OBJECTS HTML FOLDER... -- what the run of the instrumented objects has
# reached in those folders: one page per file, and the rates. Fails below
# LOCKET_LINES and LOCKET_BRANCHES percent.
set -eu
objects=$1 html=$2
shift 2
# lcov 2 has renamed the option and counts more things as errors.
case $(lcov --version) in
*'version 1.'*) branches='--rc lcov_branch_coverage=1' ;;
*)              branches='--rc branch_coverage=1 --ignore-errors unused,mismatch,inconsistent' ;;
esac
rm -rf "$html"
mkdir -p "$html"
lcov $branches --quiet --capture --directory "$objects" --base-directory . --no-external \
    --output-file "$objects/all.info" 2> "$objects/lcov.log" || { cat "$objects/lcov.log" >&2; exit 1; }
for folder in "$@"; do
    printf '%s\n' "$PWD/$folder/*"
done | xargs lcov $branches --quiet --output-file "$objects/library.info" --extract "$objects/all.info"
genhtml --quiet --branch-coverage --legend --title Locket --prefix "$PWD" \
    --output-directory "$html" "$objects/library.info"
lcov $branches --list "$objects/library.info"
lcov $branches --summary "$objects/library.info"
echo "$html/index.html"
awk -v want_lines="${LOCKET_LINES:-95.0}" -v want_branches="${LOCKET_BRANCHES:-88.0}" -F '[:,]' '
function verdict(what, hit, all, want,   rate) {
    rate = all ? 100 * hit / all : 0
    printf "%s: %.1f %%, at least %.1f wanted%s\n", what, rate, want, rate < want ? ": TOO FEW" : ""
    return rate < want
}
/^DA:/   { lines++; lines_hit += $3 + 0 > 0 }
/^BRDA:/ { branches++; branches_hit += $5 + 0 > 0 }
END {
    bad = verdict("lines", lines_hit, lines, want_lines)
    bad += verdict("branches", branches_hit, branches, want_branches)
    exit bad > 0
}' "$objects/library.info"
