#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# plain.py -- the house rules that a script can see. What the compiler or the object
# file shows better is checked there: -Wvla, state.sh, symbols.sh, budget.py.
import os
import re
import sys

LIBRARY = ("crypto/", "record/", "alert/", "handshake/")
CODE = (".c", ".h", ".cc")
SCRIPTS = (".py", ".sh", ".awk")
MAX_COLUMNS = 120
MAX_LINES = 500
MAX_FUNCTION = 60

# Files of the library that are longer than the habit of the house, and why. What is
# never shipped is only noted.
LONG_FILES = {
}

BANNED = re.compile(r"\b(malloc|calloc|realloc|free|alloca|strdup|printf|fprintf|sprintf|snprintf|puts"
                    r"|assert|abort|exit|setjmp|longjmp|time|rand|strcpy|strcat|strtok)[ \t]*\(")
STDIO = re.compile(r"#[ \t]*include[ \t]*<(stdio|stdlib|assert|setjmp|time|math|errno|signal|locale)\.h>")
FLOAT = re.compile(r"\b(float|double)\b")
MEMCMP = re.compile(r"\b(memcmp|strcmp|strncmp)[ \t]*\(")
ASM = re.compile(r"\b(__asm__|__asm|asm)\b")
CONDITIONAL = re.compile(r"[ \t]*#[ \t]*(if|ifdef|ifndef|elif|else|endif)\b")
LEFT_OPEN = re.compile(r"\b(?:TO[D]O|FIX[M]E|X[X]X|HAC[K])\b")
# Whole files for one kind of processor: they may look at the compiler and hold assembly.
HARDWARE = re.compile(r"crypto/(\w+_)?(x86|armv8)\.[ch]$")
# A folder of one developer's machine.
MACHINE = re.compile(r"(?<![a-z])/(?:tmp|work|farm|root|home)/")
NAMES = ("Makefile", "run", "ceilings")

complaints = []
notes = []


def complain(path, line, text):
    complaints.append(f"{path}:{line}: {text}")


def sources():
    for folder, folders, names in os.walk("."):
        folders[:] = sorted(d for d in folders
                            if d not in ("build", ".git", "vectors", "corpus", "__pycache__"))
        for name in sorted(names):
            path = os.path.join(folder, name)[2:]
            if name.endswith(CODE + SCRIPTS) or name in NAMES:
                yield path


def bare(text):
    """The code without comments, strings and characters; every line stays where it is."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S)


def check_any(path, text):
    lines = text.split("\n")
    if not any("SPDX-License-Identifier: Apache-2.0" in line for line in lines[:3]):
        complain(path, 1, "no SPDX line")
    if text and not text.endswith("\n"):
        complain(path, len(lines), "no newline at the end")
    if len(lines) - 1 > MAX_LINES:
        if not path.startswith(LIBRARY):
            notes.append(f"{path}: {len(lines) - 1} lines")
        elif path in LONG_FILES:
            notes.append(f"{path}: {len(lines) - 1} lines: {LONG_FILES[path]}")
        else:
            complain(path, len(lines), f"{len(lines) - 1} lines; the house stops at {MAX_LINES}")
    for n, line in enumerate(lines, 1):
        if "\t" in line and os.path.basename(path) != "Makefile":
            complain(path, n, "a tab")
        if line != line.rstrip():
            complain(path, n, "blanks at the end")
        if len(line) > MAX_COLUMNS and os.path.basename(path) != "Makefile":
            complain(path, n, f"{len(line)} columns")
        if LEFT_OPEN.search(line):
            complain(path, n, "left open")
        if MACHINE.search(line):
            complain(path, n, "a path of one machine")


def check_functions(path, code):
    """Note the long ones: a habit, not a fence."""
    start = None
    for n, line in enumerate(code.split("\n"), 1):
        if line.startswith("{"):
            start = n
        elif line.startswith("}"):
            if start and line.rstrip() == "}" and n - start - 1 > MAX_FUNCTION:
                notes.append(f"{path}:{start}: a function of {n - start - 1} lines")
            start = None


def check_conditionals(path, code):
    """Only include guards, but for ct.h and hardware files."""
    found = [(n, line.strip()) for n, line in enumerate(code.split("\n"), 1) if CONDITIONAL.match(line)]
    if path.endswith(".h") and len(found) > 1 and re.match(r"#ifndef LOCKET_\w+_H$", found[0][1]):
        found = found[1:-1]
    for n, line in found:
        complain(path, n, f"{line}: knobs are read with if ()")


def check_library(path, text):
    code = bare(text)
    free = path == "crypto/ct.h" or HARDWARE.match(path)
    lines = text.split("\n")
    for n, line in enumerate(code.split("\n"), 1):
        for rule, what in ((BANNED, "not in the library"), (FLOAT, "no floating point")):
            match = rule.search(line)
            if match:
                complain(path, n, f"{match.group(1)}: {what}")
        if STDIO.search(line):
            complain(path, n, "a header of the hosted world")
        if MEMCMP.search(line) and "public" not in lines[n - 1] + (lines[n - 2] if n > 1 else ""):
            complain(path, n, "memcmp: ct_equal(), or say in a comment why the bytes are public")
        if ASM.search(line) and not free:
            complain(path, n, "assembly outside ct.h and hardware files")
    if not free:
        check_conditionals(path, code)


n_files = 0
for path in sources():
    n_files += 1
    with open(path, encoding="utf-8") as f:
        text = f.read()
    check_any(path, text)
    if path.startswith(LIBRARY) and path.endswith(CODE):
        check_library(path, text)
        check_functions(path, bare(text))

for note in notes:
    print("note:", note)
if complaints:
    print("\n".join(complaints))
    sys.exit(1)
print(f"{n_files} files keep the rules of the house")
