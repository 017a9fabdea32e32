#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# reach.py FOLDER TARGET... -- what the replay of the corpus has reached. Every function
# of record/, alert/ and handshake/ is named by the source text; a target's `.reach` file
# says which were entered (reach.c). Fails when a row of the script has a take_ function
# that the target of its role did not reach, or when a function of the three folders was
# reached by no target and is not excused below.
import glob
import re
import subprocess
import sys

EXCUSED = {
    "want_cookie": "HelloVerifyRequest is made without a workspace, so nobody asks its row",
}
DEFINITION = re.compile(r"^(?:LOCKET_INTERNAL |static |inline )*[A-Za-z_][\w \*]*?[ \*](\w+)\([^;{]*\)\s*\{",
                        re.M)
ROW = re.compile(r"\{\s*LOCKET_(CLIENT|SERVER),\s*(HS_\w+),.*?,\s*(?:[CSRT]\()?(take_\w+)\)?\s*\}")
LISTENER = {"CLIENT": "fuzz_server", "SERVER": "fuzz_client"}


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def bare(text):
    return re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m.group(0)), text, flags=re.S)


def functions():
    found = {}
    for folder in ("record", "alert", "handshake"):
        for path in sorted(glob.glob(f"{folder}/*.c")):
            for name in DEFINITION.findall(bare(read(path))):
                found[name] = path
    return found


def reached(folder, target):
    """The names behind the addresses of the .reach file."""
    listing = subprocess.run(["nm", f"{folder}/{target}"], check=True, capture_output=True, text=True).stdout
    symbols = {}
    for line in listing.splitlines():
        part = line.split()
        if len(part) == 3 and part[1] in "tT":
            symbols.setdefault(int(part[0], 16), []).append(part[2].split(".")[0])
    base = next(at for at, names in symbols.items() if "LLVMFuzzerTestOneInput" in names)
    names = set()
    for line in read(f"{folder}/{target}.reach").split():
        names.update(symbols.get(base + int(line), []))
    return names


folder, targets = sys.argv[1], sys.argv[2:]
known = functions()
by_target = {t: reached(folder, t) for t in targets}
takes = [name for name in known if name.startswith("take_")]
rows = ROW.findall(bare(read("handshake/script.c")))
complaints = []

print("\ntake_ functions reached by the corpus:")
for name in takes:
    who = [t[5:] for t in targets if name in by_target[t]]
    print(f"    {name:20} {' '.join(who) or '-- by none'}")
    if not who:
        complaints.append(f"{name}: reached by no target")

print("rows of the script:")
if len(rows) < 17:
    complaints.append(f"script.c: only {len(rows)} rows understood")
for who, message, take in rows:
    listener = LISTENER[who]
    good = take in by_target.get(listener, ())
    print(f"    {who:8}{message:18}{take:20} {listener if good else '-- not by ' + listener}")
    if not good:
        complaints.append(f"{message} of the {who.lower()}: {listener} does not reach {take}")

everywhere = set().union(*by_target.values())
missing = [name for name in known if name not in everywhere and name not in takes]
for name in missing:
    if name not in EXCUSED:
        complaints.append(f"{known[name]}: {name}: reached by no target")
for name in EXCUSED:
    if name not in known:
        complaints.append(f"{name}: excused, but there is no such function")

print(f"{len(known) - len(missing)} of {len(known)} functions of record/, alert/ and handshake/;",
      f"excused: {', '.join(sorted(m for m in missing if m in EXCUSED)) or 'none'}")
if complaints:
    print("\n".join(complaints))
    sys.exit(1)
