#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# traps.py FOLDER -- does stack.py see what it should? Small programs with known frames, with
# recursion, with a dynamic frame and with a pointer that leads nowhere, on every target.
import os
import sys

from budget import HERE, TARGETS, run
from stack import Stack

EXPECTED = {
    "recursion": "recursion: ",
    "dynamic": "the frame of locket_room is ",
    "pointer": "and no table or code fills it",
}
# Bytes of the arrays on the way; the frames have a few words more.
DEPTHS = {"locket_by_row": 400, "locket_by_array": 600, "locket_by_parameter": 480, "locket_by_tail": 400}
SAVED = 80

folder = sys.argv[1]
wrong = []
for target, (prefix, flags, libc, _, _) in TARGETS.items():
    for trap in ("table", *EXPECTED):
        here = f"{folder}/{target}/{trap}"
        os.makedirs(here, exist_ok=True)
        cc = [prefix + "gcc", *flags.split(), libc, "-Os", "-ffunction-sections"]
        run(*cc, "-g", "-fstack-usage", "-fcallgraph-info=su,da", "-c", "-o", f"{here}/{trap}.o",
            f"{HERE}/traps/{trap}.c")
        run(*cc, "-nostartfiles", "-Wl,-e,main", "-o", f"{here}/image.elf", f"{here}/{trap}.o")
        stack = Stack(prefix, here, trap)
        if trap == "table":
            wrong += [f"{target}: {c}" for c in stack.complaints]
            for name, least in DEPTHS.items():
                if name == "locket_by_tail" and target == "m0plus":
                    least += 200            # no jump of that processor reaches another function
                depth = stack.known[name][0]
                if not least <= depth <= least + SAVED:
                    wrong.append(f"{target}: {name} is {depth} bytes deep, not {least} and a little")
        elif not any(EXPECTED[trap] in c for c in stack.complaints):
            wrong.append(f"{target}: {trap}.c is not caught: {stack.complaints}")
if wrong:
    print("\n".join(wrong))
    sys.exit(1)
print("The script that adds up the stack finds what was laid out for it")
