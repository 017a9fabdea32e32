#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# installed.sh CC -- make install works, what it has installed can be built against
# with pkg-config, and make uninstall leaves nothing.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
MAKEFLAGS= make --no-print-directory -s install PREFIX=/opt/locket DESTDIR="$place"
cat > "$place/program.c" <<'C'
#include <locket.h>
bool locket_port_entropy(uint8_t *out, size_t len) { (void)out; (void)len; return false; }
int main(void) { return locket_selftest() == LOCKET_OK ? 0 : 1; }
C
flags=$(PKG_CONFIG_PATH="$place/opt/locket/lib/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$place" \
    pkg-config --cflags --libs locket)
$1 -o "$place/program" "$place/program.c" $flags
"$place/program"
"$place/opt/locket/bin/locket-client" --help > /dev/null
"$place/opt/locket/bin/locket-server" --help > /dev/null
MAKEFLAGS= make --no-print-directory -s uninstall PREFIX=/opt/locket DESTDIR="$place"
left=$(find "$place/opt" -type f)
[ -z "$left" ] || { echo "uninstall has left $left"; exit 1; }
echo "installed, built against, run, and uninstalled"
