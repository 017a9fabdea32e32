#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# layers.py -- does the tree hold its layers?
#
#     include  <-  crypto  <-  record  <-  alert  <-  handshake
#
# A file includes headers of its own folder and of folders to its left; the
# examples see include/ only, as everyone outside does; crypto knows nothing of
# DTLS; no header includes itself in the end; locket.c includes every .c of the
# library, once, in layer order.
import glob
import os
import re
import sys

LAYERS = ["include", "crypto", "record", "alert", "handshake"]
# What crypto/ may not know, though include/ would tell.
DTLS = re.compile(r"\b(locket_(session|handshake|endpoint|peer|event|drop|config|link|time)|LOCKET_DROP_\w+"
                  r"|TYPE_HANDSHAKE|DTLS_1_\w+)\b")
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.M)

complaints = []


def complain(path, text):
    complaints.append(f"{path}: {text}")


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def files(folder, pattern):
    return sorted(glob.glob(f"{folder}/{pattern}"))


def code(text):
    """The text without comments."""
    return re.sub(r"/\*.*?\*/|//[^\n]*", " ", text, flags=re.S)


home = {}
for folder in LAYERS + ["examples"]:
    for path in files(folder, "*.h"):
        name = os.path.basename(path)
        if name in home:
            complain(path, f"has the name of {home[name]}")
        home[name] = path

wants = {}
n_files = 0
for folder in LAYERS + ["examples"]:
    allowed = {"include", folder} if folder == "examples" else set(LAYERS[:LAYERS.index(folder) + 1])
    for path in files(folder, "*.[ch]"):
        n_files += 1
        text = read(path)
        wants[path] = []
        for name in INCLUDE.findall(text):
            if name not in home:
                complain(path, f'includes "{name}", which is no header of the layers')
            elif os.path.dirname(home[name]) not in allowed:
                complain(path, f"includes {home[name]}, which is to its right")
            else:
                wants[path].append(home[name])
        if folder == "crypto":
            for word in sorted({m.group(0) for m in DTLS.finditer(code(INCLUDE.sub("", text)))}):
                complain(path, f"crypto does not know {word}")


def walk(path, trail):
    """Complain when following the headers comes back to one of the trail."""
    if path in trail:
        complain(path, "includes itself: " + " -> ".join(trail[trail.index(path):] + [path]))
        return
    if path in walked:
        return
    for header in wants.get(path, []):
        walk(header, trail + [path])
    walked.add(path)


walked = set()
for path in sorted(wants):
    walk(path, [])

parts = [name for name in INCLUDE.findall(code(read("locket.c"))) if name.endswith(".c")]
library = [path for folder in LAYERS[1:] for path in files(folder, "*.c")]
for path in library:
    if parts.count(path) != 1:
        complain("locket.c", f"includes {path} {parts.count(path)} times")
for path in parts:
    if path not in library:
        complain("locket.c", f"includes {path}, which is no file of the layers")
order = [LAYERS.index(p.split("/")[0]) for p in parts if p.split("/")[0] in LAYERS]
if order != sorted(order):
    complain("locket.c", "is not in layer order")

if complaints:
    print("\n".join(complaints))
    sys.exit(1)
print(f"{n_files} files in their layers, {len(parts)} of them in locket.c")
