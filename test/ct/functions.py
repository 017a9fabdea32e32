#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# functions.py -- which functions of the library take a secret, by reading its source.
# Alone it prints the list with the reason for each.
#
# A name of a parameter or member is a secret's when it is in NAMES. A structure is a
# holder when it has such a member, or when one of its members is a holder or points
# to one; a hash and a generator are holders by their state. A function is
#
#     on the list    when a parameter has a secret's name or is a holder of crypto/ or a
#                    vector of bytes in a processor's register; when its body names
#                    a secret member; or when it is called with one; or when a function
#                    of crypto/ that is on the list calls it, since what it is given comes
#                    from there
#     a carrier      when a parameter is a holder and its body names nothing secret: it
#                    hands the structure on. m3.py sees whether that is true.
import glob
import os
import re
import sys

LAYERS = ("crypto", "record", "alert", "handshake")
HEADERS = ("include/locket_storage.h", "include/locket.h")
NAMES = {"key", "secret", "psk", "master", "premaster", "salt", "decoy", "seed", "cookie_secret", "text",
         "round", "inner", "outer", "verify_data", "mac", "stream", "mask", "expected", "fresh", "block",
         "session_hash", "raw", "fleet"}
STATES = {"locket_sha256", "locket_rng"}
VECTOR = re.compile(r"\b__m(128|256)i\b")
DEFINITION = re.compile(r"^(?!typedef|struct \w+ \{|enum|union|extern)"
                        r"([A-Za-z_][\w \*\n]*?(?:__attribute__\(\([^\n]*\)\)\s*)?[\w \*\n]*?)\b(\w+)\(", re.M)


def bare(text):
    """Without comments, strings and directives."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    text = re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S)
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", blank, text, flags=re.M)


def closing(text, at, pair="()"):
    """Where the bracket that opens at `at` closes."""
    depth = 0
    for i in range(at, len(text)):
        depth += (text[i] == pair[0]) - (text[i] == pair[1])
        if depth == 0:
            return i
    raise ValueError(f"unbalanced: {text[at:at + 40]!r}")


def split_parameters(text):
    parts, depth, last = [], 0, 0
    for i, c in enumerate(text + ","):
        depth += (c == "(") - (c == ")")
        if c == "," and depth == 0:
            parts.append(text[last:i].strip())
            last = i + 1
    return [p for p in parts if p and p != "void"]


class Function:
    def __init__(self, name, path, line, parameters, body):
        self.name, self.path, self.line = name, path, line
        self.parameters, self.body = parameters, body
        self.calls = set(re.findall(r"\b(\w+)\s*\(", body))
        self.reason = None


def read_source():
    paths = list(HEADERS) + sorted(p for d in LAYERS for p in glob.glob(f"{d}/*.[ch]"))
    for path in paths:
        with open(path, encoding="utf-8") as f:
            yield path, bare(f.read())


def find_functions(path, text):
    for match in DEFINITION.finditer(text):
        start = match.end() - 1
        end = closing(text, start)
        rest = re.match(r"\s*\{", text[end + 1:])
        if not rest:
            continue
        opening = end + rest.end()
        body = text[opening:closing(text, opening, "{}") + 1]
        yield Function(match.group(2), path, text.count("\n", 0, match.start(2)) + 1,
                       split_parameters(text[start + 1:end]), body)


def find_holders(sources):
    """Structures in which a secret lies, or which point to one: {name: why}."""
    members = {}
    for path, text in sources:
        for match in re.finditer(r"\bstruct\s+(\w+)\s*\{", text):
            inside = text[match.end():closing(text, match.end() - 1, "{}")]
            inside = re.sub(r"\{[^{}]*\}", "", inside)
            found = members.setdefault(match.group(1), [])
            for declaration in inside.split(";"):
                if "(" not in declaration:
                    found.append(declaration.strip())
    holders = {name: "its state" for name in STATES}
    for name, found in members.items():
        for declaration in found:
            secret = [w for w in re.findall(r"\w+", declaration.split(":")[0]) if w in NAMES]
            if secret and name not in holders:
                holders[name] = secret[0]
            if VECTOR.search(declaration):
                holders.setdefault(name, "vectors")
    changed = True
    while changed:
        changed = False
        for name, found in members.items():
            for declaration in found:
                for word in re.findall(r"\w+", declaration):
                    if name not in holders and word in holders and word != name:
                        holders[name] = f"{word} in it"
                        changed = True
    return holders


def analyse():
    sources = list(read_source())
    functions = [f for path, text in sources for f in find_functions(path, text)]
    holders = find_holders(sources)
    crypto_holders = {name for path, text in sources if path.startswith("crypto/")
                      for name in re.findall(r"\bstruct\s+(\w+)\s*\{", text)} & set(holders) | STATES
    member = re.compile(r"(?:->|\.)\s*(" + "|".join(sorted(NAMES)) + r")\b")
    carriers = {}
    for f in functions:
        for p in f.parameters:
            words = re.findall(r"\w+", p)
            held = [w for w in words if w in crypto_holders]
            name = re.findall(r"\w+", re.sub(r"\[[^\]]*\]", "", p) or "x")[-1]
            if name in NAMES:
                f.reason = f"parameter {name}"
            elif held:
                f.reason = f"parameter of {held[0]}"
            elif VECTOR.search(p):
                f.reason = f"vector {name}"
            elif any(w in holders for w in words):
                carriers.setdefault(f.name, f)
        named = member.search(f.body)
        if not f.reason and named and f.parameters:
            f.reason = f"names {named.group(1)}"
    given = {}
    for f in functions:
        for match in re.finditer(r"\b(\w+)\s*\(", f.body):
            named = member.search(f.body[match.end():closing(f.body, match.end() - 1)])
            if named:
                given.setdefault(match.group(1), f"given {named.group(1)} by {f.name}")
    for f in functions:
        if not f.reason and f.parameters and f.name in given:
            f.reason = given[f.name]
    changed = True
    while changed:
        changed = False
        callees = {name: f for f in functions if f.reason and f.path.startswith("crypto/") for name in f.calls}
        for f in functions:
            if not f.reason and f.parameters and f.name in callees and f.path.startswith("crypto/"):
                f.reason = f"called by {callees[f.name].name}"
                changed = True
    listed = {}
    for f in functions:
        if f.reason:
            listed.setdefault(f.name, f)
    carriers = {name: f for name, f in carriers.items() if name not in listed}
    return listed, carriers, {f.name: f for f in functions}


if __name__ == "__main__":
    os.chdir(sys.argv[1] if len(sys.argv) > 1 else ".")
    listed, carriers, everything = analyse()
    for name, f in sorted(listed.items(), key=lambda x: (x[1].path, x[1].line)):
        print(f"{f.path}:{f.line}: {name}: {f.reason}")
    print(f"{len(listed)} functions take a secret, {len(carriers)} carry one, of {len(everything)}")
