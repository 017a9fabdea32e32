#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# knobs.py measure FOLDER | check FOLDER CC CLANG | write FOLDER -- every knob of
# locket_config.h: what it costs, and what cannot be.
#
#     measure   builds for a Cortex-M3 with one knob turned after the other, beside the
#               defaults, and writes the differences to FOLDER/knobs.json
#     check     prints them and compares them with the lines of locket_config.h that say so;
#               gcc and clang take every setting without a warning; what cannot be fails at
#               compile time with a sentence, and each sentence of the header is seen
#     write     writes those lines of locket_config.h anew
import concurrent.futures
import json
import os
import re
import subprocess
import sys

from budget import HERE, INC, WARN, measure_one

HEADER = "include/locket_config.h"
# Beside its name, as a line of the header gives it: what is written, and how far the
# measurement may be from it before the line is wrong.
SIZES = ("session", "workspace", "endpoint")
FLASH_STEP, FLASH_SLACK, STACK_SLACK = 100, 150, 48
LINE = re.compile(r"^ \*     ([A-Z][A-Z0-9_]*=\d+)  (.*?)( \*/)?$", re.M)


def tries():
    """The settings to measure, and those that cannot be."""
    with open(f"{HERE}/knobs", encoding="utf-8") as f:
        lines = [line.split() for line in f if line[0] in "=!"]
    return [w[1] for w in lines if w[0] == "="], [w[1:] for w in lines if w[0] == "!"]


def flags(settings):
    return [f"-DLOCKET_CFG_{s}" for s in settings]


def measure(folder):
    settings = [[]] + [[s] for s in tries()[0]]
    jobs = [(f"{folder}/{''.join(s) or 'defaults'}", "m3", "".join(s), "all", flags(s)) for s in settings]
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as pool:
        base, *rows = pool.map(measure_one, *zip(*jobs))
    found = {row["configuration"]: {c: row[c] - base[c] for c in ("flash", "stack", *SIZES)} for row in rows}
    with open(f"{folder}/knobs.json", "w", encoding="utf-8") as f:
        json.dump({"defaults": {c: base[c] for c in ("flash", "stack", *SIZES)}, "differences": found}, f, indent=1)
        f.write("\n")


def words(difference):
    """A difference as the header says it."""
    parts = []
    if abs(difference["flash"]) >= FLASH_STEP:
        parts.append(f"flash {difference['flash'] / 1000:+.1f} KB")
    parts += [f"{c} {difference[c]:+d}" for c in SIZES if difference[c]]
    if abs(difference["stack"]) >= STACK_SLACK // 2:
        parts.append(f"stack {difference['stack']:+d}")
    return ", ".join(parts) or "nothing"


def numbers(text):
    """The same read back."""
    found = dict.fromkeys(("flash", "stack", *SIZES), 0)
    for what, value, kilo in re.findall(r"(\w+) ([+-][\d.]+)( KB)?", text):
        found[what] = round(float(value) * (1000 if kilo else 1))
    return found


def agrees(text, difference):
    said = numbers(text)
    return all(abs(said[c] - difference[c]) <= slack for c, slack in
               (("flash", FLASH_SLACK), ("stack", STACK_SLACK), *((c, 0) for c in SIZES)))


def read_header():
    with open(HEADER, encoding="utf-8") as f:
        return f.read()


def check_costs(result):
    """The lines of the header are true, and no knob is without one."""
    text, complaints, said = read_header(), [], {}
    for setting, cost, _ in LINE.findall(text):
        said[setting] = cost
    for setting, difference in result["differences"].items():
        exact = ", ".join(f"{c} {difference[c]:+d}" for c in difference if difference[c]) or "nothing"
        print(f"  {setting:<22}{exact}")
        if setting not in said:
            complaints.append(f"{HEADER} does not say what {setting} costs: {words(difference)}")
        elif not agrees(said[setting], difference):
            complaints.append(f"{HEADER} says {setting}: {said[setting]}; measured: {words(difference)}")
    complaints += [f"{HEADER} speaks of {s}, which test/budget/knobs does not try"
                   for s in said if s not in result["differences"]]
    for knob in re.findall(r"^#define LOCKET_CFG_(\w+)", text, re.M):
        if not any(s.startswith(knob + "=") for s in result["differences"]):
            complaints.append(f"test/budget/knobs does not try {knob}")
    return complaints


def compiles(compiler, settings):
    """What the compiler has to say about locket.c: nothing when all is well."""
    command = [*compiler.split(), "-std=c99", *WARN, *INC, *flags(settings), "-fsyntax-only", "locket.c"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
    return done.returncode, done.stdout


def check_compilers(compilers):
    complaints = []
    for setting in tries()[0]:
        for compiler in compilers:
            code, text = compiles(compiler, [setting])
            if code or text:
                complaints.append(f"{compiler}, {setting}:\n{text}")
    return complaints


def check_impossible(compiler):
    sentences = dict.fromkeys(re.findall(r'^#error "([^"]*)"', read_header(), re.M), False)
    complaints = []
    for settings in tries()[1]:
        code, text = compiles(compiler, settings)
        seen = [s for s in sentences if s in text]
        if not code or not seen:
            complaints.append(" ".join(settings) + " does not fail with a sentence of " + HEADER)
        for sentence in seen:
            sentences[sentence] = True
    complaints += [f'nothing in test/budget/knobs meets "{s}"' for s, seen in sentences.items() if not seen]
    print(f"{len(tries()[1])} impossible settings fail with one of {len(sentences)} sentences")
    return complaints


def write(result):
    def put(match):
        setting, old, end = match.groups()
        difference = result["differences"].get(setting)
        cost = old if difference is None or agrees(old, difference) else words(difference)
        return f" *     {setting}  {cost}{end or ''}"

    text = read_header()
    new = LINE.sub(put, text)
    if new != text:
        # Only a comment is new: what was built of it is not out of date.
        before = os.stat(HEADER)
        with open(HEADER, "w", encoding="utf-8") as f:
            f.write(new)
        os.utime(HEADER, ns=(before.st_atime_ns, before.st_mtime_ns))
        print(f"{HEADER}: new costs")


def main():
    what, folder = sys.argv[1:3]
    if what == "measure":
        measure(folder)
        return
    with open(f"{folder}/knobs.json", encoding="utf-8") as f:
        result = json.load(f)
    if what == "write":
        write(result)
        return
    cc, clang = sys.argv[3:5]
    base = ", ".join(f"{c} {n}" for c, n in result["defaults"].items())
    print(f"Cortex-M3, every call, defaults: {base}. The difference that each knob makes:")
    complaints = check_costs(result)
    complaints += check_compilers((cc, clang))
    complaints += check_impossible("arm-none-eabi-gcc -mcpu=cortex-m3 -mthumb")
    if complaints:
        print("\n" + "\n".join(complaints))
        sys.exit(1)


if __name__ == "__main__":
    main()
