#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# deps.sh PACKAGE... -- install those of the Debian packages that are missing.
set -eu
if ! command -v dpkg-query > /dev/null; then
    echo "This is no Debian. The tests need what these packages hold: $*" >&2
    exit 1
fi
missing=
for package in "$@"; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null || true)
    [ "$status" = installed ] || missing="$missing $package"
done
if [ -z "$missing" ]; then
    echo "nothing is missing"
    exit 0
fi
echo "missing:$missing"
sudo=
if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo > /dev/null; then
        echo "I am not root and there is no sudo. As root: apt-get install$missing" >&2
        exit 1
    fi
    # Where nobody can answer, sudo shall not ask.
    [ -t 0 ] && sudo=sudo || sudo='sudo -n'
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
run() {
    echo "+ $*"
    "$@" > "$log" 2>&1 < /dev/null || { tail -n 30 "$log"; echo "failed: $*" >&2; exit 1; }
}
run $sudo apt-get update
run $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing
