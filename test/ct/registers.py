# SPDX-License-Identifier: Apache-2.0
#
# registers.py -- for functions that valgrind cannot run, because they use SHA-NI or
# VAES: an argument from their instructions alone. What they work on comes from
# memory into vector registers. A general register and the flags learn nothing of it
# when no instruction moves or compares from a vector register to them, and when a
# general register reads nothing from memory but from the stack (or constants beside
# the code), in a place that no vector was spilled to.
import re
import subprocess

GENERAL = re.compile(r"%(r[a-d]x|r[sd]i|r[bs]p|r\d+[dwb]?|e[a-d]x|e[sd]i|e[bs]p|[a-d][xlh]|[sd]il?|[bs]pl?)\b")
VECTOR = re.compile(r"%[xyz]mm\d+")
TELLS = re.compile(r"v?(ptest|testp[sd]|u?comis[sd]|pcmp[ei]str[im]|movmskp[sd]|pmovmskb)")
COMPARES = re.compile(r"(cmp|test|bt)")


def operands(text):
    return [o.strip() for o in re.split(r",(?![^(]*\))", text) if o.strip()]


def place(operand):
    """(register, offset) of a place on the stack, or None."""
    match = re.fullmatch(r"(-?0x[0-9a-f]+|)\((%r[sb]p)\)", operand)
    return (match.group(2), int(match.group(1) or "0", 16)) if match else None


def complaints(program, names):
    """What speaks against the argument: [text]; and which of the names were found."""
    listing = subprocess.run(["objdump", "-d", "--no-show-raw-insn", program], check=True,
                             stdout=subprocess.PIPE, universal_newlines=True).stdout
    found, name, wrong, spilled, read = set(), None, [], set(), []
    for line in listing.splitlines():
        head = re.match(r"[0-9a-f]+ <([^>]+)>:", line)
        if head:
            name = head.group(1).split(".")[0]
            found |= {name} & set(names)
        body = re.match(r"\s+[0-9a-f]+:\s+(\S+)\s*([^#<]*)", line)
        if not body or name not in names:
            continue
        what, parts, shown = body.group(1), operands(body.group(2)), f"{name}: {body.group(1)} {body.group(2)}"
        target = parts[-1] if parts else ""
        general = GENERAL.fullmatch(target)
        memory = [p for p in parts if "(" in p]
        if what.startswith("call"):
            wrong.append(f"{shown}: calls another function")
        if TELLS.match(what) or (general and VECTOR.search(body.group(2))):
            wrong.append(f"{shown}: flags or a general register from a vector")
        elif VECTOR.search(body.group(2)) and place(target):
            spilled |= {(name, *place(target))}
        elif memory and not what.startswith("lea") and (general or COMPARES.match(what)) \
                and not VECTOR.search(body.group(2)):
            if place(memory[0]):
                read.append((name, *place(memory[0]), shown))
            elif "%rip" not in memory[0]:
                wrong.append(f"{shown}: a general register from memory")
    for who, base, offset, shown in read:
        if any(w == who and b == base and o - 8 < offset < o + 32 for w, b, o in spilled):
            wrong.append(f"{shown}: from where a vector was spilled to")
    return wrong, found
