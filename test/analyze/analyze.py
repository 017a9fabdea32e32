#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""analyze.py BUILD INCLUDES LIBRARY... -- EXAMPLES...

Three readers of code that do not run it: cppcheck, clang-tidy and gcc's -fanalyzer, over
locket.c as it ships (gcc), every file of the library and the examples. A finding that is
not in the file `exceptions`, or a tool that gives up, fails. The tools may be named by
CPPCHECK, CLANG_TIDY and ANALYZE_CC in the environment; their words are in BUILD/analyze."""
import concurrent.futures
import os
import re
import shlex
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.relpath(__file__))
CPPCHECK = os.environ.get("CPPCHECK", "cppcheck")
CLANG_TIDY = os.environ.get("CLANG_TIDY", "clang-tidy")
GCC = os.environ.get("ANALYZE_CC", "gcc")
FINDING = re.compile(r"^([^\s:][^:]*):(\d+):(?:\d+:)? (?:warning|error): (.*) \[([^\[\]]+)\]$")


def exceptions():
    rows = []
    with open(f"{HERE}/exceptions", encoding="utf-8") as lines:
        for line in lines:
            if line.strip() and not line.startswith("#"):
                row = [part.strip() for part in line.split("|", 3)]
                if len(row) != 4 or not all(row):
                    sys.exit(f"{HERE}/exceptions: four parts wanted: {line}")
                rows.append(row)
    return rows


def jobs(folder, includes, library, examples):
    """(name, command): the long ones first."""
    for source in ["locket.c"] + library + examples:
        yield (f"gcc {source}", [GCC, "-std=c99", "-O2", "-fanalyzer", "-Wno-analyzer-too-complex",
                                 "-fdiagnostics-plain-output", *includes, "-c", "-o", os.devnull, source])
    for source in library + examples:
        yield (f"clang-tidy {source}", [CLANG_TIDY, "--quiet", f"--config-file={HERE}/clang-tidy.yaml",
                                        source, "--", "-std=c99", *includes])
    # The knob's name would be taken for a header's.
    yield ("cppcheck", [CPPCHECK, "--quiet", "--enable=warning,performance,portability", "--std=c99",
                        "--inline-suppr", "--error-exitcode=1", "-ULOCKET_USER_CONFIG",
                        "--template={file}:{line}:{column}: warning: {message} [{id}]",
                        "--template-location=", f"--cppcheck-build-dir={folder}", *includes,
                        *library, *examples])


def run(job):
    name, command = job
    began = time.monotonic()
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return name, command, done.returncode, done.stdout, time.monotonic() - began


def findings(output):
    """(file, line, check, words), each once."""
    for line in output.splitlines():
        found = FINDING.match(line)
        if found:
            path = os.path.relpath(found[1])
            check = found[4].split(",-warnings-as-errors")[0]
            words = re.sub(r" \[CWE-\d+\]$", "", found[3])
            yield path, int(found[2]), check, words


def main():
    build, includes = sys.argv[1], shlex.split(sys.argv[2])
    cut = sys.argv.index("--")
    library, examples = sys.argv[3:cut], sys.argv[cut + 1:]
    for tool, package in (CPPCHECK, "cppcheck"), (CLANG_TIDY, "clang-tidy"), (GCC, "gcc"):
        if not shutil.which(tool):
            sys.exit(f"make analyze needs the Debian package {package}: {tool} is missing")
    folder = f"{build}/analyze"
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    rows, used, bad, seconds = exceptions(), set(), set(), {}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool, \
            open(f"{folder}/log", "w", encoding="utf-8") as log:
        for name, command, status, output, took in pool.map(run, jobs(folder, includes, library, examples)):
            log.write(f"+ {shlex.join(command)}\n{output}")
            tool = name.split()[0]
            seconds[tool] = seconds.get(tool, 0) + took
            found = list(findings(output))
            if status != 0 and not found:
                bad.add(f"{name}: ended with {status}\n{output}")
            for path, line, check, words in found:
                with open(path, encoding="utf-8") as source:
                    text = source.read().splitlines()[max(line - 1, 0)]
                covers = [i for i, row in enumerate(rows)
                          if row[0] in check.split(",") and row[1] == path and row[2] in text]
                used.update(covers)
                if not covers:
                    bad.add(f"{path}:{line}: {words} [{check}]")
    for i, row in enumerate(rows):
        if i not in used:
            print(f"no more use for the exception: {' | '.join(row[:3])}")
    for line in sorted(bad):
        print(line, file=sys.stderr)
    if bad:
        sys.exit(f"{len(bad)} findings; all words in {folder}/log")
    print(", ".join(f"{tool} {took:.0f} s" for tool, took in seconds.items()) +
          f": {len(library)} + {len(examples)} files clean, {len(used)} exceptions with their reasons in "
          f"{HERE}/exceptions")


main()
