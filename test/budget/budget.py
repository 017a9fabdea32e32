#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# budget.py PREFIX FOLDER CEILINGS -- what the library costs a Cortex-M3, read from
# what `make budget` has compiled into FOLDER:
#
#     m3/<layer>/<file>.o   file by file, for the map
#     m3/locket.o .su .ci   compiled whole, as it ships, with stack frames and call graph
#     m3/sizes.o sizes.o    the sizes of the public objects, here and on this host
#
# It fails when something passes its ceiling, when a frame has no fixed size, and
# when a function can come back to itself.
import glob
import os
import platform
import re
import subprocess
import sys

SECTIONS = ("text", "rodata", "data", "bss")
TOP = 15

prefix, folder, ceilings_path = sys.argv[1:]
m3 = folder + "/m3"
complaints = []
measured = {}


def output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, universal_newlines=True).stdout


def sections(path):
    """Bytes of text, rodata, data and bss of an object."""
    found = dict.fromkeys(SECTIONS, 0)
    for line in output(prefix + "size", "-A", path).splitlines():
        match = re.match(r"\.(text|rodata|data|bss)\S*\s+(\d+)", line)
        if match:
            found[match.group(1)] += int(match.group(2))
    return found


def row(name, found):
    flash = found["text"] + found["rodata"] + found["data"]
    print(f"  {name:<28}" + "".join(f"{found[s]:>8}" for s in SECTIONS) + f"{flash:>8}")
    return flash


def flash_table():
    print("Flash, Cortex-M3, -Os (bytes; file by file, then compiled whole as it ships)")
    print(f"  {'':<28}" + "".join(f"{s:>8}" for s in SECTIONS + ("flash",)))
    total = dict.fromkeys(SECTIONS, 0)
    for layer in ("crypto", "record", "alert", "handshake"):
        per_layer = dict.fromkeys(SECTIONS, 0)
        for path in sorted(glob.glob(f"{m3}/{layer}/*.o")):
            found = sections(path)
            if sum(found.values()):
                row(os.path.relpath(path, m3)[:-2] + ".c", found)
            for s in SECTIONS:
                per_layer[s] += found[s]
        row(layer + "/", per_layer)
        for s in SECTIONS:
            total[s] += per_layer[s]
    row("all files", total)
    measured["m3.flash"] = row("locket.c", sections(m3 + "/locket.o"))


def size_table():
    host = platform.machine()
    print("\nRAM (bytes)")
    names = ("session", "workspace", "endpoint", "generator")
    print(f"  {'':<28}" + "".join(f"{n:>11}" for n in names) + "   endpoint: without its generator")
    for target, nm, path in (("m3", prefix + "nm", m3 + "/sizes.o"), (host, "nm", folder + "/sizes.o")):
        found = {}
        for line in output(nm, "-S", path).splitlines():
            match = re.match(r"\S+ (\S+) \S size_(\w+)$", line)
            if match:
                found[match.group(2)] = int(match.group(1), 16)
        print(f"  {target:<28}" + "".join(f"{found[n]:>11}" for n in names))
        for n in names:
            measured[f"{target}.{n}"] = found[n]


def frames():
    """Stack bytes per function of locket.c, worst first."""
    found = []
    with open(m3 + "/locket.su", encoding="utf-8") as f:
        for line in f:
            where, size, kind = line.rstrip("\n").split("\t")
            path, _, _, name = where.rsplit(":", 3)
            found.append((int(size), name, path))
            if kind != "static":
                complaints.append(f"{path}: {name} has a {kind} frame")
    return sorted(found, reverse=True)


def call_graph():
    """Who calls whom: the edges of the compiler's call graph, and each node's frame."""
    with open(m3 + "/locket.ci", encoding="utf-8") as f:
        text = f.read()
    size = {}
    for title, label in re.findall(r'node: \{ title: "([^"]*)" label: "((?:[^"\\]|\\.)*)"', text):
        match = re.search(r"\\n(\d+) bytes", label)
        size[title] = int(match.group(1)) if match else 0
    calls = {}
    for source, target in re.findall(r'edge: \{ sourcename: "([^"]*)" targetname: "([^"]*)"', text):
        calls.setdefault(source, set()).add(target)
    return size, calls


def deepest(name, size, calls, trail, known):
    """(bytes, through a pointer?, names) of the deepest chain of calls below a function."""
    if name in trail:
        complaints.append("recursion: " + " -> ".join(trail[trail.index(name):] + [name]))
        return 0, False, []
    if name not in known:
        best = (0, False, [])
        pointer = False
        for callee in sorted(calls.get(name, ())):
            if callee == "__indirect_call":
                pointer = True
                continue
            found = deepest(callee, size, calls, trail + [name], known)
            pointer = pointer or found[1]
            best = max(best, found, key=lambda f: f[0])
        known[name] = (best[0] + size.get(name, 0), pointer, [name] + best[2])
    return known[name]


def stack_tables():
    print(f"\nStack: the {TOP} largest frames of locket.c, Cortex-M3, -Os (bytes)")
    found = frames()
    for size, name, path in found[:TOP]:
        print(f"  {size:>6}  {name:<32} {path}")
    measured["m3.frame"] = found[0][0] if found else 0

    size, calls = call_graph()
    known = {}
    for name in sorted(size):
        deepest(name, size, calls, [], known)
    print("\nStack: the deepest chains of direct calls (+: and on through a function pointer, not counted)")
    public = [known[n] for n in size if n.startswith("locket_") and not n.startswith("locket_port_")]
    for depth, pointer, names in sorted(public, key=lambda f: (-f[0], f[2]))[:5]:
        print(f"  {depth:>6}{'+' if pointer else ' '} " + " > ".join(short(n) for n in names))


def short(title):
    """A static function's title has its file in front."""
    return title.rsplit(":", 1)[-1]


def compare():
    print("\nCeilings")
    with open(ceilings_path, encoding="utf-8") as f:
        for line in f:
            word = line.split("#")[0].split()
            if not word:
                continue
            name, ceiling = word[0], int(word[1])
            if name not in measured:
                # The sizes of a host are checked on that host.
                if not name.startswith(("x86_64.", "aarch64.")):
                    complaints.append(f"nothing measures {name}")
                continue
            print(f"  {name:<28}{measured[name]:>8} of {ceiling}")
            if measured[name] > ceiling:
                complaints.append(f"{name}: {measured[name]} bytes pass the ceiling of {ceiling}")


flash_table()
size_table()
stack_tables()
compare()
if complaints:
    print("\n" + "\n".join(complaints))
    sys.exit(1)
