#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# check.py [BUILD_DIR] -- is every rule of requirements.tsv kept somewhere in the code, and
# shown by a test? Prints the totals of each group, writes BUILD_DIR/rfc/report.html
# for auditors, and fails when
#   - a code location or a test is not where the table says it is,
#   - a MUST that applies has no test, or a row that does not apply has no reason,
#   - an ID is there twice, or of a group that nobody knows,
#   - a recipe of disable.txt does not fit its source any more (see disable.py).
# With --follow it writes the table anew first: functions and tests that have moved to
# another file are looked for there.
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import disable                              # noqa: E402
import report                               # noqa: E402
import table                                # noqa: E402

FOLDERS = ("crypto", "record", "alert", "handshake", "include", "examples")

complaints = []


def complain(row, text):
    complaints.append(f"{row.id}: {text}")


def read(path):
    try:
        with open(path, encoding="utf-8") as f:
            return f.read()
    except OSError:
        return ""


def code_is_there(path, name):
    """A function, a table, a type or a constant of that name; in a public header a
    declaration is all there is."""
    n, text = re.escape(name), read(path)
    patterns = [rf"^[A-Za-z_][\w \t*]*[ \t*]{n}\([^;{{]*\)\s*\{{",
                rf"^(?:static )?const [\w \t*]*\b{n}\[\] *=",
                rf"^[ \t]*#[ \t]*define[ \t]+{n}\b",
                rf"^\}} {n};",
                rf"\b{n} = [\w(]"]
    if path.startswith("include/"):
        patterns.append(rf"^[A-Za-z_][\w \t*]*[ \t*]{n}\(")
    return any(re.search(p, text, re.M) for p in patterns)


def test_is_there(path, name):
    return f"START_TEST({name})" in read(path)


def targets():
    """Targets of make: those of the Makefile and of the fragments that it includes."""
    names = set()
    for path in ["Makefile"] + [f"test/{d}/targets.mk" for d in sorted(os.listdir("test"))]:
        for match in re.finditer(r"^([a-z0-9 -]+):(?!=)", read(path), re.M):
            names.update(match.group(1).split())
    return names


def follow(rows):
    sources = [f"{d}/{f}" for d in FOLDERS for f in sorted(os.listdir(d)) if f.endswith((".c", ".h"))]
    tests = [f"test/{f}" for f in sorted(os.listdir("test")) if re.fullmatch(r"test_\w+\.c", f)]

    def found(path, name, is_there, where):
        if path == "make" or is_there(path, name):
            return path
        there = [p for p in where if is_there(p, name)]
        defined = [p for p in there if not p.startswith("include/")] or there
        return defined[0] if len(defined) == 1 else path

    for row in rows:
        row.code = [(found(p, n, code_is_there, sources), n) for p, n in row.code]
        row.test = [(found(p, n, test_is_there, tests), n) for p, n in row.test]
    table.write(rows)


def check_form(row):
    if row.group not in table.GROUPS:
        complain(row, f"nobody knows the group {row.group}")
    if row.state not in table.STATES:
        complain(row, f"'{row.state}' is no state; the states are {', '.join(table.STATES)}")
    if row.role not in ("client", "server", "both"):
        complain(row, f"'{row.role}' is no role")
    if row.applies and row.is_must and not row.test:
        complain(row, "a MUST without a test")
    if row.applies and not row.code and not row.note:
        complain(row, "neither code nor a note that says why there is none")
    if not row.applies and not row.note:
        complain(row, f"is '{row.state}' without a reason")


def check(rows):
    seen = set()
    makes = targets()
    for row in rows:
        if row.id in seen:
            complain(row, "is there twice")
        seen.add(row.id)
        check_form(row)
        for path, name in row.code:
            if not code_is_there(path, name):
                complain(row, f"no {name} in {path}")
        for path, name in row.test:
            if path == "make":
                if name not in makes:
                    complain(row, f"make has no target {name}")
            elif not test_is_there(path, name):
                complain(row, f"no test {name} in {path}")


def totals(rows):
    print(f"{'':8}{'rules':>6}{'apply':>7}{'MUST':>6}{'tested':>8}{'decided':>9}{'not yet':>9}{'cannot':>8}")
    groups = {g: [r for r in rows if r.group == g] for g in table.GROUPS}
    groups["all"] = rows
    for group, of in groups.items():
        applying = [r for r in of if r.applies]
        count = {s: sum(r.state == s for r in of) for s in table.STATES}
        print(f"{group:8}{len(of):6}{len(applying):7}{sum(r.is_must for r in applying):6}"
              f"{sum(bool(r.test) for r in applying):8}{count['decided otherwise']:9}"
              f"{count['not yet']:9}{count['cannot apply']:8}")


def main():
    words = [w for w in sys.argv[1:] if w != "--follow"]
    build = words[0] if words else "build"
    rows = table.read()
    if "--follow" in sys.argv:
        follow(rows)
    check(rows)
    recipes = disable.read_recipes(rows, complaints)
    totals(rows)
    musts = [r for r in rows if r.applies and r.is_must]
    told = {i for r in recipes for i in r.ids}
    print(f"\n{len(told)} of the {len(musts)} MUSTs that apply have a recipe that disables their code")
    path = os.path.join(build, "rfc", "report.html")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    report.write(path, rows, told)
    print(f"the report for auditors is {path}")
    for text in complaints:
        print(text, file=sys.stderr)
    if complaints:
        sys.exit(f"{len(complaints)} complaint(s) about test/rfc")


main()
