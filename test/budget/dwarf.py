# SPDX-License-Identifier: Apache-2.0
#
# dwarf.py -- the types behind a call through a pointer. The compiler says where such a call
# stands in the source (file, line, column); here its expression is read from there, and its
# type followed through the debugging information to the place that holds the pointer:
#
#     r->make(t)              member `make` of struct row: the cells of every const table of
#                             such rows, read from the linked image
#     part[i](ramp)           the cells of the const array `part`
#     which(&s, seq)          a parameter: every function of that type whose address is taken
#     t->config->psk(...)     a member of a structure in include/: the application's own
#
# Nothing is listed by hand, so a new row of a table is followed without a change here.
import re

from elf import output


class Die:
    """One entry of the debugging information."""

    def __init__(self, tag, parent):
        self.tag, self.parent, self.children, self.at = tag, parent, [], {}

    def name(self):
        return self.at.get("name")


def plain_value(text):
    """'(indirect string, offset: 0x876): script12' and the like."""
    match = re.match(r"\((?:indirect|alt|indexed)[^)]*\): (.*)$", text)
    return (match.group(1) if match else text).strip()


class Program:
    """The types, variables and functions of one compilation unit of a linked image."""

    def __init__(self, prefix, image, path, unit_name):
        self.image = image
        self.dies, self.sources = {}, {}
        self.unit = self.read(output(prefix + "readelf", "--debug-dump=info", path), unit_name)
        self.files = self.read_files(output(prefix + "readelf", "--debug-dump=rawline", path))

    def read(self, text, unit_name):
        stack, unit, die, wanted = [], None, None, False
        for line in text.splitlines():
            head = re.match(r"\s*<([0-9a-f]+)><([0-9a-f]+)>: Abbrev Number: \d+(?: \((\w+)\))?", line)
            if head:
                depth, offset, tag = int(head.group(1), 16), int(head.group(2), 16), head.group(3)
                if not tag:
                    continue
                del stack[depth:]
                die = Die(tag[7:], stack[-1] if stack else None)
                if stack:
                    stack[-1].children.append(die)
                stack.append(die)
                self.dies[offset] = die
                continue
            match = re.match(r"\s*<[0-9a-f]+>\s+DW_AT_(\w+)\s*: (.*)$", line)
            if match and die is not None:
                die.at[match.group(1)] = plain_value(match.group(2))
                if die.tag == "compile_unit" and match.group(1) == "name" and die.name().endswith(unit_name):
                    unit = die
        if unit is None:
            raise SystemExit(f"no debugging information of {unit_name}")
        return unit

    def read_files(self, text):
        """Number of a source file: its path from here."""
        offset = int(self.unit.at["stmt_list"], 16)
        for part in re.split(r"\n\s*Offset:\s+", text)[1:]:
            if int(part.split()[0], 0) != offset:
                continue
            # Number, folder, (in older versions) two more numbers, name.
            row = r"^\s+(\d+)\s+(?:(\d+)\s+(?:\d+\s+\d+\s+)?)?(?:\(indirect[^)]*\): )?([^\s(].*)$"
            folders, names = part.split("The File Name Table")
            names = names.split("Line Number Statements")[0]
            folder = {m[0]: m[2] for m in re.findall(row, folders.split("The Directory Table")[1], re.M)}
            return {int(n): name if d == "0" else folder[d] + "/" + name
                    for n, d, name in re.findall(row, names, re.M)}
        raise SystemExit("no line table of the library")

    # --- types ---

    def type_of(self, die):
        """The type of an entry, without typedef, const and volatile; None is void."""
        while die is not None and "type" in die.at:
            die = self.dies[int(die.at["type"].strip("<>"), 16)]
            if die.tag not in ("typedef", "const_type", "volatile_type", "restrict_type"):
                return die
        return None

    def file_of(self, die):
        return self.files.get(int(die.at.get("decl_file", "0")), "?")

    def size_of(self, die):
        if die.tag == "array_type":
            count = 1
            for bound in die.children:
                count *= int(bound.at.get("upper_bound", "-1"), 0) + 1
            return count * self.size_of(self.type_of(die))
        return int(die.at.get("byte_size", "4"))

    def words(self, die):
        """A type in words, to compare the types of functions."""
        if die is None:
            return "void"
        if die.tag in ("pointer_type", "array_type"):
            return self.words(self.type_of(die)) + " *"
        if die.tag in ("subroutine_type", "subprogram"):
            parameters = [self.words(self.type_of(self.origin(c)))
                          for c in die.children if c.tag == "formal_parameter"]
            return f"{self.words(self.type_of(die))} ({', '.join(parameters)})"
        return f"{die.tag} {die.name() or id(die)}"

    def origin(self, die):
        """Where an inlined or cloned entry is described."""
        while "abstract_origin" in die.at or "specification" in die.at:
            die = self.dies[int((die.at.get("abstract_origin") or die.at["specification"]).strip("<>"), 16)]
        return die

    def is_pointer_to_function(self, die):
        return die is not None and die.tag == "pointer_type" and \
            (self.type_of(die) is not None and self.type_of(die).tag == "subroutine_type")

    def named(self, tag, name):
        for die in self.dies.values():
            if die.tag == tag and die.name() == name:
                return die
        return None

    # --- objects of the image ---

    def variables(self, die=None):
        """Every variable that has an address, with that address."""
        for child in (die or self.unit).children:
            if child.tag == "variable":
                place = re.search(r"DW_OP_addr: ([0-9a-f]+)\)$", child.at.get("location", ""))
                if place:
                    yield self.origin(child), int(place.group(1), 16)
            if child.tag in ("subprogram", "lexical_block", "inlined_subroutine"):
                yield from self.variables(child)

    def cells(self, owner, member):
        """The functions in that member of every object of that type in the image."""
        offset, found = int(member.at.get("data_member_location", "0").split()[0], 0), set()
        known = False
        for variable, address in self.variables():
            kind = self.type_of(variable)
            element = self.type_of(kind) if kind is not None and kind.tag == "array_type" else kind
            if element is not owner:
                continue
            known = True
            step = self.size_of(element)
            for at in range(address, address + self.size_of(kind), step):
                found.add(self.image.pointed(at + offset))
        return found - {None} if known else None

    def array_cells(self, variable):
        for found, address in self.variables():
            if found is variable:
                size = self.size_of(self.type_of(variable))
                return {self.image.pointed(at) for at in range(address, address + size, 4)} - {None}
        return None

    # --- the expression of a call ---

    def scope_at(self, path, line):
        """The function whose text holds that line: the last that begins before it."""
        best = None
        for die in self.dies.values():
            if die.tag == "subprogram" and "decl_line" in die.at and self.file_of(die) == path and \
                    int(die.at["decl_line"]) <= line and (best is None or int(die.at["decl_line"]) >
                                                          int(best.at["decl_line"])):
                best = die
        return best

    def look_up(self, scope, name, line):
        """The variable or function of that name as seen from there."""
        best = None

        def search(die):
            nonlocal best
            for child in die.children:
                if child.tag in ("variable", "formal_parameter") and child.name() == name and \
                        int(child.at.get("decl_line", "0")) <= line:
                    if best is None or int(child.at["decl_line"]) >= int(best.at["decl_line"]):
                        best = child
                if child.tag == "lexical_block":
                    search(child)
        if scope is not None:
            search(scope)
        if best is None:
            for die in self.unit.children:
                if die.tag in ("variable", "subprogram") and die.name() == name:
                    return die
        return best

    def pointer_called(self, place):
        """What the call at 'file:line:column' goes through: (kind, owner, entry, text)."""
        path, line, column = place.rsplit(":", 2)
        line, column = int(line), int(column)
        with open(path, encoding="utf-8") as f:
            text = "".join(f.readlines()[line - 1:line + 5])[column - 1:]
        words = re.compile(r"\s*(->|\.|\[|\(|\w+)")
        match = words.match(text)
        owner, at = None, match.end()
        entry = self.look_up(self.scope_at(path, line), match.group(1), line)
        kind = self.type_of(entry) if entry is not None and entry.tag != "subprogram" else entry
        while entry is not None:
            match = words.match(text, at)
            if not match:
                break
            token, at = match.group(1), match.end()
            if token == "[":
                at, kind = closing(text, at, "[]"), self.type_of(kind)
            elif token == "(":
                if self.is_pointer_to_function(kind):
                    return owner, entry, kind
                if kind is None or kind.tag != "subprogram":
                    break
                at, kind = closing(text, at, "()"), self.type_of(kind)
            elif token in ("->", "."):
                owner = self.type_of(kind) if token == "->" else kind
                match = words.match(text, at)
                at = match.end()
                members = [c for c in (owner.children if owner is not None else ())
                           if c.name() == match.group(1)]
                entry = members[0] if members else None
                kind = self.type_of(entry) if entry is not None else None
            else:
                break
        return None


def closing(text, at, pair):
    """Behind the bracket that closes the one just opened."""
    depth = 1
    while at < len(text) and depth:
        depth += (text[at] == pair[0]) - (text[at] == pair[1])
        at += 1
    return at
