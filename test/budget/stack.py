# SPDX-License-Identifier: Apache-2.0
#
# stack.py -- the most stack that a call of the library can take, from what the compiler has
# written down (-fstack-usage, -fcallgraph-info=su,da) and from the linked image:
#
#   frames    what the compiler gives or what the instructions take, whichever is more; of
#             libc and libgcc there are only the instructions
#   calls     the compiler's edges and those of the instructions, both; a jump to another
#             function in place of a call has given the caller's frame back before
#   pointers  resolved by dwarf.py from the tables in the image
#
# Functions that the application supplies (locket_port_..., callbacks of the configuration)
# are no part of the sum: for each it is said how deep the stack is when it is called.
# Recursion, a frame without a fixed size and a pointer that leads nobody knows where are
# errors. So the result bounds every run from above.
import re

from dwarf import Program
from elf import Image, listing, output

HOOK = re.compile(r"locket_port_\w+$")
POINTER = "__indirect_call"


def bare(title):
    """A static function's title has its file in front."""
    return title.rsplit(":", 1)[-1]


class Stack:
    def __init__(self, prefix, folder, unit, public=re.compile(r"locket_(?!port_)\w+$")):
        """folder: <unit>.o, <unit>.su, <unit>.ci of the library, image.elf linked with it."""
        self.prefix, self.folder, self.unit = prefix, folder, unit
        self.complaints = []
        self.image = Image(f"{folder}/image.elf")
        self.program = Program(prefix, self.image, f"{folder}/image.elf", f"{unit}.c")
        self.code = listing(prefix, f"{folder}/image.elf")
        # A place may have several names (__aeabi_uidiv, __udivsi3): that of the listing counts.
        for name in self.code:
            if name in self.image.functions:
                self.image.function_at[self.image.functions[name][0]] = name
        self.frame, self.edges, self.tails, self.hooks, self.file = {}, {}, {}, {}, {}
        self.read_graph()
        self.read_code()
        self.known, self.best_known = {}, {}
        self.public = sorted(n for n in self.frame if public.match(n) and n in self.image.functions)
        for name in self.public:
            self.deepest(name, ())

    # --- what there is ---

    def read_graph(self):
        with open(f"{self.folder}/{self.unit}.ci", encoding="utf-8") as f:
            text = f.read()
        for title, label in re.findall(r'node: \{ title: "([^"]*)" label: "((?:[^"\\]|\\.)*)"', text):
            name, parts = bare(title), label.split("\\n")
            match = len(parts) > 2 and re.match(r"(\d+) bytes \(([^)]*)\)", parts[2])
            if not match or name not in self.image.functions:
                continue
            self.frame[name] = int(match.group(1))
            self.file[name] = parts[1].rsplit(":", 2)[0]
            if match.group(2) != "static":
                self.complaints.append(f"{self.file[name]}: the frame of {name} is {match.group(2)}")
        self.taken = None
        pattern = r'edge: \{ sourcename: "([^"]*)" targetname: "([^"]*)"(?: label: "([^"]*)")?'
        for source, target, place in re.findall(pattern, text):
            source, target = bare(source), bare(target)
            if source not in self.frame:
                continue
            if target == POINTER:
                self.follow_pointer(source, place)
            else:
                self.add_edge(source, target)

    def add_edge(self, source, target):
        if target in self.image.functions and target not in self.code:
            target = self.image.function_at[self.image.functions[target][0]]
        if HOOK.match(target):
            self.hooks.setdefault(target, set()).add(source)
        else:
            self.edges.setdefault(source, set()).add(target)

    def follow_pointer(self, source, place):
        called = self.program.pointer_called(place)
        if called is None:
            self.complaints.append(f"{place}: {source} calls through a pointer that cannot be read here")
            return
        owner, entry, kind = called
        if owner is not None and self.program.file_of(owner).startswith("include/"):
            self.hooks.setdefault("config." + entry.name(), set()).add(source)
            return
        if owner is not None:
            found = self.program.cells(owner, entry)
        elif entry.tag == "variable" and self.program.type_of(entry).tag == "array_type":
            found = self.program.array_cells(entry)
        else:
            found = None
        # A pointer may also have been filled in by code: everybody of that type who is named there.
        found = (found or set()) | self.taken_functions(kind)
        if not found:
            self.complaints.append(f"{place}: {source} calls through `{entry.name()}`, "
                                   "and no table or code fills it")
        for target in found:
            self.add_edge(source, target)

    def taken_functions(self, pointer):
        """Functions of the pointer's type whose address stands in code rather than in a table."""
        if self.taken is None:
            self.taken = set()
            in_code = False
            for line in output(self.prefix + "readelf", "-rW", f"{self.folder}/{self.unit}.o").splitlines():
                if line.startswith("Relocation section"):
                    in_code = bool(re.search(r"'\.rela?\.text", line))
                match = re.match(r"[0-9a-f]+\s+[0-9a-f]+\s+(R_\w+)\s+[0-9a-f]+\s+([\w.]+)", line)
                if in_code and match and match.group(2) in self.frame and \
                        not re.search(r"CALL|JUMP|JAL|BRANCH", match.group(1)):
                    self.taken.add(match.group(2))
        wanted = self.program.words(self.program.type_of(pointer))
        return {n for n in self.taken if self.type_words(n) == wanted}

    def type_words(self, name):
        die = self.program.named("subprogram", name.split(".")[0])
        return self.program.words(die) if die is not None else None

    def read_code(self):
        """The second opinion: what the instructions themselves say."""
        for name, body in self.code.items():
            if name not in self.image.functions and not body["calls"] and not body["frame"]:
                continue
            # The compiler leaves out the room in which a structure that came in registers is
            # laid down, and says nothing of what is not its own.
            self.frame[name] = max(body["frame"], self.frame.get(name, 0))
            if name not in self.file and body["unknown"]:
                self.frame[name] = None
            for target in body["calls"] | body["jumps"]:
                self.add_edge(name, target)
            for target in body["jumps"] - body["calls"]:
                if not target.startswith(name + "."):
                    self.tails.setdefault(name, set()).add(target)

    # --- the walk ---

    def deepest(self, name, trail):
        """(bytes, names) of the deepest chain of calls that begins with a function."""
        if name in trail:
            self.complaints.append("recursion: " + " > ".join(trail[trail.index(name):] + (name,)))
            return 0, ()
        if name not in self.known:
            own = self.frame.get(name)
            if own is None:
                self.complaints.append(f"{name}: its frame is not known")
                own = 0
            best = own, ()
            for callee in sorted(self.edges.get(name, ())):
                depth, names = self.deepest(callee, trail + (name,))
                tail = callee in self.tails.get(name, ())
                best = max(best, (depth + (0 if tail else own), names), key=lambda b: b[0])
            self.known[name] = best[0], (name,) + best[1]
        return self.known[name]

    def worst(self):
        """The deepest chain of all that the image calls, with the frame of each link."""
        if not self.public:
            return 0, []
        depth, names = max((self.known[n] for n in self.public), key=lambda k: k[0])
        return depth, self.frames_of(names)

    def frames_of(self, names):
        """A link that jumps to the next leaves nothing of its own."""
        shown = []
        for i, name in enumerate(names):
            tail = i + 1 < len(names) and names[i + 1] in self.tails.get(name, ())
            shown.append((name, 0 if tail else self.frame[name] or 0))
        return shown

    def above(self, name, callers):
        """Most stack in use from a public function down to and with this one."""
        if name not in self.best_known:
            depth = 0
            for caller in callers.get(name, ()):
                if caller in self.known:
                    tail = name in self.tails.get(caller, ())
                    depth = max(depth, self.above(caller, callers) - (self.frame[caller] or 0 if tail else 0))
            self.best_known[name] = depth + (self.frame[name] or 0)
        return self.best_known[name]

    def hook_depths(self):
        """How much is in use when a function of the application is called."""
        callers = {}
        for source, targets in self.edges.items():
            for target in targets:
                callers.setdefault(target, set()).add(source)
        return {hook: max(self.above(s, callers) for s in sources if s in self.known)
                for hook, sources in sorted(self.hooks.items()) if any(s in self.known for s in sources)}

    def chains(self, n):
        """The deepest chain through each public function, deepest first."""
        return sorted(((self.known[p][0], self.frames_of(self.known[p][1])) for p in self.public),
                      key=lambda c: -c[0])[:n]
