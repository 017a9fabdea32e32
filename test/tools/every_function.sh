#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# every_function.sh LIBRARY PROGRAM -- the program calls every function that the library shows.
set -eu
missing=0
for name in $(nm "$1" | awk '$2 == "T" { print $3 }'); do
    # locket_init() is a macro over locket_init_stamped().
    if ! grep -q "\<${name%_stamped}(" "$2"; then
        echo "$2 does not call $name"
        missing=1
    fi
done
exit $missing
