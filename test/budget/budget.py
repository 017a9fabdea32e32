#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# budget.py measure|print|lower FOLDER CC -- what the library costs a device.
#
#     measure   builds every row of `configurations` for every target below as a device
#               would, locket.c whole with image.c, and writes what was found to
#               FOLDER/budget.json
#     print     prints it, with the largest pieces, and compares with `ceilings`
#     lower     writes the ceilings anew where less was measured; never raises one
#
# Flash is text, rodata and data of the library in the link map, as the linker kept it, with
# libc and libgcc apart. Sizes are what the compiler gives the public structures. Stack is
# what stack.py computes.
import concurrent.futures
import json
import os
import platform
import re
import subprocess
import sys

from elf import map_sections, output
from stack import Stack

HERE = os.path.relpath(os.path.dirname(os.path.abspath(__file__)))
INC = "-Iinclude -Icrypto -Irecord -Ialert -Ihandshake".split()
SMALL = "-Os -std=c99 -ffunction-sections -fdata-sections".split()
WARN = "-Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wvla -pedantic -Werror".split()
NANO, PICO = "--specs=nano.specs", "--specs=picolibc.specs"
TARGETS = {                       # name: prefix, flags, C library, Debian packages, in words
    "m3": ("arm-none-eabi-", "-mcpu=cortex-m3 -mthumb", NANO,
           "gcc-arm-none-eabi libnewlib-arm-none-eabi", "Cortex-M3"),
    "m0plus": ("arm-none-eabi-", "-mcpu=cortex-m0plus -mthumb", NANO,
               "gcc-arm-none-eabi libnewlib-arm-none-eabi", "Cortex-M0+"),
    "m4": ("arm-none-eabi-", "-mcpu=cortex-m4 -mthumb", NANO,
           "gcc-arm-none-eabi libnewlib-arm-none-eabi", "Cortex-M4"),
    "rv32": ("riscv64-unknown-elf-", "-march=rv32imac -mabi=ilp32", PICO,
             "gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf", "RV32IMAC"),
}
LAYERS = ("include", "crypto", "record", "alert", "handshake")
DEVICE_BUFFER, GATEWAY_BUFFER = 288, 1232
GATEWAY_SESSIONS, GATEWAY_HANDSHAKES = 56, 8
TOP = 24
MAPPED = ("psk-both", "psk-resume", "psk-roam")


def configurations():
    rows = []
    with open(f"{HERE}/configurations", encoding="utf-8") as f:
        for line in f:
            words = line.split("#")[0].split()
            if words:
                rows.append((words[0], words[1], [f"-DLOCKET_CFG_{k}" for k in words[2:]]))
    return rows


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
    if done.returncode:
        raise SystemExit(" ".join(command) + "\n" + done.stdout)


def build(folder, target, calls, knobs):
    """locket.o with its call graph, sizes.o, and an image, as a device would have them."""
    prefix, flags, libc, packages, _ = TARGETS[target]
    gcc = prefix + "gcc"
    try:
        output(gcc, "--version")
    except FileNotFoundError:
        raise SystemExit(f"{gcc} is missing: apt-get install {packages}") from None
    os.makedirs(folder, exist_ok=True)
    cc = [gcc, *flags.split(), libc, *SMALL, *WARN, *INC, *knobs]
    # -g changes no instruction; the types are needed to follow pointers.
    run(*cc, "-g", "-fstack-usage", "-fcallgraph-info=su,da", "-c", "-o", f"{folder}/locket.o", "locket.c")
    image = [f"-DIMAGE_ALL={int(calls == 'all')}", f"-DIMAGE_RETURN={int(calls != 'meter')}",
             f"-DIMAGE_ROAM={int(calls in ('roam', 'all'))}"]
    run(*cc, *image, "-c", "-o", f"{folder}/image.o", f"{HERE}/image.c")
    run(*cc, "-c", "-o", f"{folder}/sizes.o", f"{HERE}/sizes.c")
    run(gcc, *flags.split(), libc, "-nostartfiles", "-Wl,-e,main", "-Wl,--gc-sections",
        f"-Wl,-Map={folder}/image.map", f"{folder}/image.o", f"{folder}/locket.o",
        "-o", f"{folder}/image.elf")


def sizes(nm, path):
    found = {}
    for line in output(nm, "-S", path).splitlines():
        match = re.match(r"\S+ (\S+) \S size_(\w+)$", line)
        if match:
            found[match.group(2)] = int(match.group(1), 16)
    return found


def pieces(folder, stack):
    """(bytes, name, folder of the source) of all that the linker kept, and static data."""
    homes = {}
    for name, path in stack.file.items():
        homes[name] = path.split("/")[0]
    for variable, address in stack.program.variables():
        homes[address] = stack.program.file_of(variable).split("/")[0]
    found, static = [], 0
    for kind, section, address, size in map_sections(f"{folder}/image.map", "locket.o"):
        if kind in ("data", "bss"):
            static += size
        if kind == "bss":
            continue
        name = re.sub(r"^\.s?(text|rodata|data)\.", "", section)
        home = homes.get(address) or homes.get(name) or homes.get(re.sub(r"\.(str1\.\d+|cst\d+)$", "", name))
        if home not in LAYERS:
            raise SystemExit(f"{folder}: nobody knows the source of {section}")
        found.append((size, name if kind == "text" else f"{name} ({kind})", home))
    return sorted(found, key=lambda p: (-p[0], p[1])), static


def sums(row):
    """RAM of a device with one connection and of a gateway; callbacks, interrupts and the
    generator's state apart."""
    fixed = row["stack"] + row["endpoint"]
    row["device"] = fixed + row["workspace"] + row["session"] + DEVICE_BUFFER
    row["gateway"] = (fixed + GATEWAY_HANDSHAKES * row["workspace"] + GATEWAY_SESSIONS * row["session"] +
                      GATEWAY_BUFFER)


def measure_one(folder, target, name, calls, knobs):
    build(folder, target, calls, knobs)
    stack = Stack(TARGETS[target][0], folder, "locket")
    found, static = pieces(folder, stack)
    row = {"target": target, "configuration": name, "flash": sum(p[0] for p in found), "static": static}
    row["folders"] = {layer: sum(p[0] for p in found if p[2] == layer) for layer in LAYERS}
    row.update(sizes(TARGETS[target][0] + "nm", f"{folder}/sizes.o"))
    row["stack"], row["path"] = stack.worst()
    row["chains"] = stack.chains(len(stack.public))
    row["hooks"] = stack.hook_depths()
    row["pieces"] = found[:TOP]
    row["complaints"] = sorted(set(f"{target} {name}: {c}" for c in stack.complaints))
    sums(row)
    return row


def measure(folder, cc):
    jobs = [(f"{folder}/{target}/{name}", target, name, calls, knobs)
            for target in TARGETS for name, calls, knobs in configurations()]
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as pool:
        rows = list(pool.map(measure_one, *zip(*jobs)))
    run(*cc.split(), "-std=c99", *INC, "-c", "-o", f"{folder}/sizes.o", f"{HERE}/sizes.c")
    host = sizes("nm", f"{folder}/sizes.o")
    version = {t: output(TARGETS[t][0] + "gcc", "-dumpfullversion").strip() for t in TARGETS}
    with open(f"{folder}/budget.json.new", "w", encoding="utf-8") as f:
        json.dump({"compiler": version, "rows": rows, "host": {"machine": platform.machine(), **host},
                   "buffers": {"device": DEVICE_BUFFER, "gateway": GATEWAY_BUFFER},
                   "gateway": {"sessions": GATEWAY_SESSIONS, "handshakes": GATEWAY_HANDSHAKES}}, f, indent=1)
        f.write("\n")
    os.replace(f"{folder}/budget.json.new", f"{folder}/budget.json")


# --- what is printed ---

COLUMNS = LAYERS[1:] + ("flash", "static", "session", "workspace", "endpoint", "stack", "device", "gateway")


def print_table(result):
    print("Bytes. Flash: of the library, by folder and in all. device = stack + endpoint + workspace +")
    print(f"session + a datagram of {DEVICE_BUFFER}; gateway = stack + endpoint +")
    print(f"{GATEWAY_HANDSHAKES} workspaces + {GATEWAY_SESSIONS} sessions + a datagram of {GATEWAY_BUFFER}.")
    print(f"{'':<24}" + "".join(f"{c:>10}" for c in COLUMNS))
    for row in result["rows"]:
        cells = {**row, **row["folders"]}
        print(f"{row['target']:<7}{row['configuration']:<17}" + "".join(f"{cells[c]:>10}" for c in COLUMNS))
    host, first = result["host"], result["rows"][0]
    print(f"{host['machine']:<24}" + "".join(f"{host.get(c, ''):>10}" for c in COLUMNS))
    print(f"Apart from these: the state of the random generator, {first['generator']} in each endpoint; what")
    print("the application's own functions take, on top of what is in use when they are called:")
    for row in result["rows"]:
        if row["target"] == "m3":
            depths = ", ".join(f"{hook} {depth}" for hook, depth in row["hooks"].items())
            print(f"{'m3':<7}{row['configuration']:<17}  {depths}")
    print("and interrupts, which may come at the deepest point: on a Cortex-M 32 bytes each and up to 4 to")
    print("align, and what the handler takes; on RISC-V what the handler takes. Coming back: an entry of a")
    print(f"server's cache {first['entry']}; a client's record of a session ID of ours {first['record_id']}, of a "
          f"ticket of ours {first['record_ticket']},")
    print(f"LOCKET_RECORD_MAX, which holds any that fits the arena, {first['record_max']}. A path check that runs "
          f"{first['path']}, a saved")
    print(f"session at most {first['blob_max']}.")


def print_map(result, configuration, target="m3"):
    for row in result["rows"]:
        if (row["target"], row["configuration"]) == (target, configuration):
            break
    print(f"\nThe largest pieces of {target} {configuration}")
    lines = [f"{size:>6}  {home + '/':<11}{name}" for size, name, home in row["pieces"]]
    half = (len(lines) + 1) // 2
    for left, right in zip(lines[:half], lines[half:] + [""] * (len(lines) % 2)):
        print(f"  {left:<58}{right}".rstrip())
    print("\nIts deepest chains of calls, with each frame")
    for depth, chain in row["chains"][:6]:
        print(wrapped(f"  {depth:>6}  ", [f"{name} {frame}" for name, frame in chain]))


def wrapped(head, words):
    lines, line = [], head
    for i, word in enumerate(words):
        part = word + (" > " if i + 1 < len(words) else "")
        if len(line) + len(part) > 110:
            lines.append(line.rstrip())
            line = " " * len(head)
        line += part
    return "\n".join(lines + [line])


# --- ceilings ---

def read_ceilings():
    """Lines of the file, its columns, and {row: {column: bytes}} for ceilings and for goals."""
    with open(f"{HERE}/ceilings", encoding="utf-8") as f:
        lines = f.read().splitlines()
    rows, goals, columns = {}, {}, None
    for line in lines:
        words = line.split("#")[0].split()
        if words and columns is None:
            columns = words
        elif words and words[0] == "goal":
            goals[words[1]] = cells_of(columns, words[2:])
        elif words:
            rows[words[0]] = cells_of(columns, words[1:])
    return lines, columns, rows, goals


def cells_of(columns, words):
    return {c: int(w) for c, w in zip(columns, words) if w != "-"}


def found_rows(result):
    found = {f"{row['target']}.{row['configuration']}": row for row in result["rows"]}
    found[result["host"]["machine"]] = result["host"]
    return found


def compare(result):
    _, columns, rows, goals = read_ceilings()
    found, complaints, count = found_rows(result), [], 0
    print("\nGoals")
    for name, ceilings in rows.items():
        if name not in found:
            # The sizes of a host are checked on that host.
            if "." in name:
                complaints.append(f"nothing measures {name}")
            continue
        for column, ceiling in ceilings.items():
            count += 1
            if found[name][column] > ceiling:
                complaints.append(f"{name}: {column}: {found[name][column]} bytes pass {ceiling}")
        for column, goal in goals.get(name, {}).items():
            more = found[name][column] - goal
            print(f"  {name:<16}{column:<11}{found[name][column]:>6}  of{goal:>6}  " +
                  (f"{more} to go" if more > 0 else "reached"))
    for name in found:
        if "." in name and set(rows.get(name, {})) != set(columns):
            complaints.append(f"{name}: test/budget/ceilings lacks a number")
    print(f"{count} numbers have a ceiling in test/budget/ceilings")
    return complaints


def lower(result):
    """Ceilings where less was measured; and rows for what is new."""
    lines, columns, rows, _ = read_ceilings()
    found = found_rows(result)
    for name in found:
        if "." in name and name not in rows:
            lines.append(name)
            rows[name] = {c: found[name][c] for c in columns}
    for i, line in enumerate(lines):
        name = line.split(" ")[0]
        if name in rows and name in found:
            cells = [str(min(rows[name][c], found[name][c])) if c in rows[name] else "-" for c in columns]
            lines[i] = f"{name:<26}" + "".join(f"{c:>10}" for c in cells)
    with open(f"{HERE}/ceilings", "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")


def main():
    what, folder = sys.argv[1:3]
    if what == "measure":
        measure(folder, sys.argv[3])
        return
    with open(f"{folder}/budget.json", encoding="utf-8") as f:
        result = json.load(f)
    if what == "lower":
        lower(result)
        return
    print_table(result)
    for configuration in MAPPED:
        print_map(result, configuration)
    complaints = [c for row in result["rows"] for c in row["complaints"]] + compare(result)
    if complaints:
        print("\n" + "\n".join(complaints))
        sys.exit(1)


if __name__ == "__main__":
    main()
