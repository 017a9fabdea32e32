# SPDX-License-Identifier: Apache-2.0
#
# m3_code.py -- Thumb-2 for m3.py: turns a block of instructions, as objdump prints them,
# into a Python function that carries them out on values and on masks of secret bits.
#
# In the code that is made, R and S are the registers and their masks, F and FS the
# flags and theirs, m the machine, z whatever secret bits the block has met.
import re

M = 0xFFFFFFFF
END = 0xFFFFFFFE
RAM, RAM_SIZE, ROM_SIZE = 0x20000000, 0x40000, 0x40000
REGS = {f"r{i}": i for i in range(16)}
REGS.update(sb=9, sl=10, fp=11, ip=12, sp=13, lr=14, pc=15)
CONDITIONS = {"eq": "Z", "ne": "not Z", "cs": "C", "cc": "not C", "mi": "N", "pl": "not N", "vs": "V",
              "vc": "not V", "hi": "C and not Z", "ls": "not C or Z", "ge": "N == V", "lt": "N != V",
              "gt": "not Z and N == V", "le": "Z or N != V"}
BARE = ("nop", "add", "sub", "rsb", "adc", "sbc", "and", "orr", "orn", "eor", "bic", "mov", "mvn", "cmp", "cmn",
        "tst", "teq", "lsl", "lsr", "asr", "ror", "rrx", "mul", "mla", "mls", "umull", "smull", "umlal", "smlal",
        "udiv", "sdiv", "uxtb", "uxth", "sxtb", "sxth", "ubfx", "sbfx", "bfi", "bfc", "rev", "rev16", "rbit", "clz",
        "ldr", "ldrb", "ldrh", "ldrsb", "ldrsh", "ldrd", "str", "strb", "strh", "strd", "ldmia", "stmia", "ldmdb",
        "stmdb", "push", "pop", "b", "bl", "blx", "bx", "cbz", "cbnz", "it", "tbb", "tbh", "svc", "movw", "movt",
        "addw", "subw", "adr", "pld", "neg")
NEVER_SET = ("b", "bl", "bx", "blx")


class Unknown(Exception):
    """The program does what this processor cannot."""


def split_mnemonic(name):
    """("add", sets the flags?, condition or None) of "addsne" and the like."""
    name = name.split(".")[0]
    for base in sorted(BARE, key=len, reverse=True):
        if name.startswith(base):
            rest = name[len(base):]
            sets = rest.startswith("s") and base not in NEVER_SET
            rest = rest[1:] if sets else rest
            if rest == "" or rest in CONDITIONS:
                return base, sets, rest or None
    raise Unknown(name)


# --- What the generated code calls ---

def rotate(x, n):
    n &= 31
    return ((x >> n) | (x << (32 - n))) & M if n else x


def spread(t):
    """Every bit from the lowest secret one upwards."""
    return -(t & -t) & M if t else 0


def shift(kind, x, t, n, tn, carry, tcarry):
    """(value, mask, carry, carry's mask) of x shifted by n, which may be secret too."""
    if tn:
        t = M
    n &= 255
    if n == 0:
        return x, t, carry, tcarry | (1 if tn else 0)
    if kind == "lsl":
        v, m = (x << n & M, t << n & M) if n < 32 else (0, 0)
        c, tc = (x >> (32 - n) & 1, t >> (32 - n) & 1) if n <= 32 else (0, 0)
    elif kind == "lsr":
        v, m = (x >> n, t >> n) if n < 32 else (0, 0)
        c, tc = (x >> (n - 1) & 1, t >> (n - 1) & 1) if n <= 32 else (0, 0)
    elif kind == "asr":
        n = min(n, 32)
        sx = x - (1 << 32) if x >> 31 else x
        st = t - (1 << 32) if t >> 31 else t
        v, m, c, tc = sx >> n & M, st >> n & M, sx >> (n - 1) & 1, st >> (n - 1) & 1
    else:
        v, m = rotate(x, n), rotate(t, n)
        c, tc = v >> 31, m >> 31
    if tn:
        m, tc = M, 1
    return v, m, c, tc


def product(kind, a, b, high, low):
    """(low word, high word) of the long multiplications."""
    if kind[0] == "s":
        a -= (a >> 31) << 32
        b -= (b >> 31) << 32
    x = a * b + (high << 32 | low if kind.endswith("lal") else 0)
    return x & M, x >> 32 & M


def divide(kind, a, b):
    if b == 0:
        return 0
    if kind == "udiv":
        return a // b
    a -= (a >> 31) << 32
    b -= (b >> 31) << 32
    q = abs(a) // abs(b)
    return (q if (a < 0) == (b < 0) else -q) & M


def extend(x, t, bits, signed):
    mask = (1 << bits) - 1
    x, t = x & mask, t & mask
    if signed and x >> (bits - 1):
        x |= M ^ mask
    if signed and t >> (bits - 1):
        t |= M ^ mask
    return x, t


def reverse(kind, x):
    if kind == "rev":
        return int.from_bytes(x.to_bytes(4, "little"), "big")
    if kind == "rev16":
        return (x >> 8 & 0x00FF00FF) | (x & 0x00FF00FF) << 8
    return int(f"{x:032b}"[::-1], 2)


def number(text):
    return int(text.lstrip("#"), 0)


def split_operands(text):
    """Commas outside of brackets and braces."""
    return [part.strip() for part in re.split(r",(?![^\[{]*[\]}])", text) if part.strip()]


def registers(text):
    found = []
    for part in text.strip("{}").split(","):
        first, _, last = part.strip().partition("-")
        found += range(REGS[first], REGS[last or first] + 1)
    return found


SIZES = {"": 4, "b": 1, "h": 2, "sb": 1, "sh": 2}
LOGICAL = {
    "and": ("a & b", "ta & tb | ta & b | tb & a"),
    "bic": ("a & ~b & M", "ta & tb | ta & (b ^ M) | tb & a"),
    "orr": ("a | b", "ta & tb | ta & (b ^ M) | tb & (a ^ M)"),
    "orn": ("a | b ^ M", "ta & tb | ta & b | tb & (a ^ M)"),
    "eor": ("a ^ b", "ta | tb"),
}
SUMS = {"add": ("a", "b", "0"), "sub": ("a", "b ^ M", "1"), "rsb": ("a ^ M", "b", "1"),
        "adc": ("a", "b", "F[2]"), "sbc": ("a", "b ^ M", "F[2]")}
TESTS = {"tst": "and", "teq": "eor", "cmp": "sub", "cmn": "add"}


class Translator:
    def __init__(self, machine):
        self.m = machine

    def block(self, start):
        self.lines, self.done = [], False
        pc = start
        while not self.done:
            if pc not in self.m.code:
                raise Unknown(f"{pc:x}: no instruction there")
            self.pc, self.after = pc, self.m.next[pc]
            name, operands = self.m.code[pc]
            try:
                self.instruction(name, split_operands(operands))
            except (KeyError, IndexError, ValueError) as e:
                raise Unknown(f"{pc:x}: {name} {operands}") from e
            pc = self.after
            if not self.done and (pc in self.m.blocks or len(self.lines) > 400):
                self.indent = ""
                self.leave(str(pc))
        text = "def made():\n    z = 0\n" + "\n".join("    " + line for line in self.lines) + "\n"
        m = self.m
        space = dict(R=m.regs, S=m.secret, F=m.flags, FS=m.flags_secret, m=m, M=M, shift=shift, spread=spread,
                     product=product, divide=divide, extend=extend, reverse=reverse, X=m.executed,
                     B=m.ram, BS=m.ram_secret, W=memoryview(m.ram).cast("I"), WS=memoryview(m.ram_secret).cast("I"))
        exec(compile(text, f"{start:x}", "exec"), space)
        self.start = start
        return space["made"]

    # --- pieces of code ---

    def emit(self, *lines):
        self.lines += [self.indent + line for line in lines]

    def leave(self, target, call=None):
        """Go to another block, unless an IT block says to go on."""
        self.emit(f"if z: m.touch({self.pc})", *([call] if call else []), f"return {target}")
        self.done = not self.indent

    def value(self, name):
        """A register as an operand; pc is where the next but one instruction lies."""
        r = REGS[name]
        return (str((self.pc + 4) & ~3), "0") if r == 15 else (f"R[{r}]", f"S[{r}]")

    def second(self, operands, carry=False):
        """Put the last operand into b, tb; and, if asked for, the carry of its shift into c, tc."""
        if operands[0].startswith("#"):
            self.emit(f"b, tb = {number(operands[0]) & M}, 0")
        else:
            v, t = self.value(operands[0])
            kind, amount = (operands[1].split() + [""])[:2] if len(operands) > 1 else ("", "")
            if carry and amount:
                n, tn = (number(amount), 0) if amount[0] == "#" else self.value(amount)
                self.emit(f"b, tb, c, tc = shift({kind!r}, {v}, {t}, {n}, {tn}, F[2], FS[1])")
                return
            if kind == "rrx":
                self.emit(f"b, tb = {v} >> 1 | F[2] << 31, {t} >> 1 | FS[1] << 31",
                          f"c, tc = {v} & 1, {t} & 1")
                return
            if kind == "":
                self.emit(f"b, tb = {v}, {t}")
            elif amount[0] != "#":
                n, tn = self.value(amount)
                self.emit(f"b, tb = shift({kind!r}, {v}, {t}, {n}, {tn}, 0, 0)[:2]")
            else:
                self.known_shift(kind, v, t, number(amount))
        if carry:
            self.emit("c, tc = F[2], FS[1]")

    def known_shift(self, kind, v, t, n):
        form = {"lsl": "{0} << {1} & M", "lsr": "{0} >> {1}", "ror": "({0} >> {1} | {0} << {2}) & M",
                "asr": "({0} - ({0} >> 31 << 32)) >> {1} & M"}[kind]
        self.emit(f"b, tb = {form.format(v, n, 32 - n)}, {form.format(t, n, 32 - n)}")

    def put(self, register, value, mask):
        r = REGS[register]
        if r == 15:
            self.emit(f"if {mask}: m.complain({self.pc}, 'branch')")
            self.jump(f"({value}) & ~1")
        else:
            self.emit(f"R[{r}], S[{r}] = {value}, {mask}", f"z |= S[{r}]")

    def jump(self, target):
        """By register: perhaps a return."""
        self.emit(f"to = {target}", f"if z: m.touch({self.pc})", "m.leave(to)", "return to")
        self.done = not self.indent

    def check_condition(self, condition):
        masks = {"cs": "FS[1]", "cc": "FS[1]", "hi": "FS[0] or FS[1]", "ls": "FS[0] or FS[1]"}
        self.emit(f"if {masks.get(condition, 'FS[0]')}: m.complain({self.pc}, 'branch')")
        text = CONDITIONS[condition]
        for i, flag in enumerate("NZCV"):
            text = re.sub(rf"\b{flag}\b", f"F[{i}]", text)
        return text

    def set_nz(self, value, mask):
        self.emit(f"F[0], F[1], FS[0] = {value} >> 31, int({value} == 0), int({mask} != 0)", f"z |= {mask}")

    def read(self, n):
        """v, t from at: words and bytes of RAM at once, the rest by the machine."""
        slow = f"v, t = m.read(at, {n}, {self.pc}, ta)"
        if n not in (1, 4):
            self.emit(slow)
            return
        odd, i, where = (" or o & 3", "o >> 2", "W") if n == 4 else ("", "o", "B")
        self.emit(f"o = at - {RAM}", f"if ta or o < 0 or o > {RAM_SIZE - 4}{odd}: {slow}",
                  f"else: v, t = {where}[{i}], {where}S[{i}]")

    def write(self, n, value, mask):
        slow = f"m.write(at, {n}, {value}, {mask}, {self.pc}, ta)"
        if n != 4:
            self.emit(slow)
            return
        self.emit(f"o = at - {RAM}", f"if ta or o < 0 or o > {RAM_SIZE - 4} or o & 3: {slow}",
                  f"else: W[o >> 2], WS[o >> 2] = {value}, {mask}")

    def address(self, text, rest):
        """Put the address into at, its mask into ta; returns what to do about the base afterwards."""
        inner = split_operands(text.rstrip("!").strip("[]"))
        v, t = self.value(inner[0])
        back = None
        if len(inner) == 1 and rest:                                  # [r1], #4
            self.emit(f"at, ta = {v}, {t}")
            if rest[0].startswith("#"):
                back = (inner[0], f"(at + {number(rest[0])}) & M", "ta")
            else:
                w, u = self.value(rest[0])
                back = (inner[0], f"(at + {w}) & M", f"spread(ta | {u})")
            return back
        if len(inner) == 1:
            self.emit(f"at, ta = {v}, {t}")
        elif inner[1].startswith("#"):
            self.emit(f"at, ta = ({v} + {number(inner[1])}) & M, {t}")
        else:
            sign = "+"
            if inner[1].startswith("-"):
                sign, inner[1] = "-", inner[1][1:]
            self.second(inner[1:])
            self.emit(f"at, ta = ({v} {sign} b) & M, {t} | tb")
        if text.endswith("!"):
            back = (inner[0], "at", "ta")
        return back

    # --- instructions ---

    def instruction(self, name, o):
        self.indent = self.condition = ""
        if re.match(r"it[te]*$", name):
            self.m.executed.add(self.pc)
            return
        if name.split(".")[0] in ("svc",):
            self.m.executed.add(self.pc)
            self.emit(f"m.mark({number(o[0])}, {self.pc})")
            return
        base, sets, self.condition = split_mnemonic(name)
        if base == "b" and self.condition:
            text = self.check_condition(self.condition)
            self.m.executed.add(self.pc)
            self.leave(f"{int(o[0], 16)} if {text} else {self.after}")
            return
        if self.condition:
            self.emit(f"if {self.check_condition(self.condition)}:")
            self.indent = "    "
            self.emit(f"X.add({self.pc})")
        else:
            self.m.executed.add(self.pc)
        if base in LOGICAL or base in SUMS or base in TESTS or base in ("addw", "subw"):
            self.two_operands(base, sets, o)
        elif base in ("ldr", "ldrb", "ldrh", "ldrsb", "ldrsh", "str", "strb", "strh", "ldrd", "strd"):
            self.load_or_store(base, o)
        else:
            getattr(self, "do_" + base, self.do_other)(base, sets, o)

    def two_operands(self, base, sets, o):
        test = base in TESTS
        base = {"addw": "add", "subw": "sub"}.get(TESTS.get(base, base), TESTS.get(base, base))
        if test:
            o = [None] + o
        elif len(o) == 2 or (len(o) == 3 and o[2].split()[0] in ("lsl", "lsr", "asr", "ror", "rrx")):
            o = [o[0]] + o
        self.second(o[2:], base in LOGICAL and (sets or test))
        a, ta = self.value(o[1])
        self.emit(f"a, ta = {a}, {ta}")
        if len(o) == 3 and o[1] == o[2] and base in ("eor", "sub", "sbc"):
            self.emit("ta = tb = 0")                  # the same value: gone, but for a carry
        if base in LOGICAL:
            self.emit(f"v = ({LOGICAL[base][0]}) & M", f"t = {LOGICAL[base][1]}")
            if sets or test:
                self.set_nz("v", "t")
                self.emit("F[2], FS[1] = c, tc")
        else:
            x, y, carry = SUMS[base]
            self.emit(f"x, y = {x}, {y}", f"t = ta | tb{' | FS[1]' if carry == 'F[2]' else ''}",
                      "if t: t = -(t & -t) & M", f"s = x + y + {carry}", "v = s & M")
            if sets or test:
                self.set_nz("v", "t")
                self.emit("F[2], F[3], FS[1] = s >> 32, (~(x ^ y) & (x ^ v)) >> 31 & 1, int(t != 0)")
        if not test:
            self.put(o[0], "v", "t")

    def load_or_store(self, base, o):
        double = base.endswith("d")
        n, names = (8, o[:2]) if double else (SIZES[base[3:]], o[:1])
        back = self.address(o[len(names)], o[len(names) + 1:])
        if base.startswith("str"):
            v, t = [self.value(name) for name in names], None
            value, mask = (f"{v[0][0]} | {v[1][0]} << 32", f"{v[0][1]} | {v[1][1]} << 32") if double else v[0]
            self.write(n, value, mask)
            self.emit(f"z |= {mask}")
        else:
            self.read(n)
            if base in ("ldrsb", "ldrsh"):
                self.emit(f"v, t = extend(v, t, {8 * n}, True)")
        if back:
            self.emit(f"R[{REGS[back[0]]}], S[{REGS[back[0]]}] = {back[1]}, {back[2]}")
        if base.startswith("ldr"):
            self.put(names[0], "v & M", "t & M")
            if double:
                self.put(names[1], "v >> 32", "t >> 32")

    def do_b(self, base, sets, o):
        target = int(o[0], 16)
        if self.m.function(target) != self.m.function(self.pc):
            self.leave(str(target), f"m.enter({target}, m.calls[-1][0])")
        else:
            self.leave(str(target))

    def do_bl(self, base, sets, o):
        target = int(o[0], 16)
        self.emit(f"R[14], S[14] = {self.after | 1}, 0")
        self.leave(str(target), f"m.enter({target}, {self.after})")

    def do_blx(self, base, sets, o):
        v, t = self.value(o[0])
        self.emit(f"if {t}: m.complain({self.pc}, 'branch')", f"to = {v} & ~1",
                  f"R[14], S[14] = {self.after | 1}, 0")
        self.leave("to", f"m.enter(to, {self.after})")

    def do_bx(self, base, sets, o):
        v, t = self.value(o[0])
        self.emit(f"if {t}: m.complain({self.pc}, 'branch')")
        if o[0] == "lr":
            self.jump(f"{v} & ~1")
        else:
            self.emit(f"to = {v} & ~1", "m.enter(to, m.calls[-1][0])", "return to")
            self.done = not self.indent

    def do_cbz(self, base, sets, o):
        v, t = self.value(o[0])
        self.emit(f"if {t}: m.complain({self.pc}, 'branch')")
        sign = "==" if base == "cbz" else "!="
        self.leave(f"{int(o[1], 16)} if {v} {sign} 0 else {self.after}")

    do_cbnz = do_cbz

    def do_tbb(self, base, sets, o):
        n = 1 if base == "tbb" else 2
        first, second = split_operands(o[0].strip("[]"))[:2]
        v, t = self.value(second)
        table = self.pc + 4 if first == "pc" else self.value(first)[0]
        self.emit(f"if {t}: m.complain({self.pc}, 'branch')",
                  f"v, t = m.read({table} + {n} * {v}, {n}, {self.pc}, {t})")
        self.leave(f"{self.pc + 4} + 2 * v")

    do_tbh = do_tbb

    def do_mov(self, base, sets, o):
        self.second(o[1:], sets)
        if base == "mvn":
            self.emit("b ^= M")
        if sets:
            self.set_nz("b", "tb")
            self.emit("F[2], FS[1] = c, tc")
        self.put(o[0], "b", "tb")

    do_mvn = do_movw = do_mov

    def do_movt(self, base, sets, o):
        r = REGS[o[0]]
        self.put(o[0], f"R[{r}] & 0xFFFF | {number(o[1]) << 16}", f"S[{r}] & 0xFFFF")

    def do_lsl(self, base, sets, o):
        if base == "rrx":
            self.second([o[1], "rrx"])
        else:
            self.second([o[-2] if len(o) == 3 else o[0], f"{base} {o[-1]}"], sets)
        if sets:
            self.set_nz("b", "tb")
            self.emit("F[2], FS[1] = c, tc")
        self.put(o[0], "b", "tb")

    do_lsr = do_asr = do_ror = do_rrx = do_lsl

    def do_mul(self, base, sets, o):
        o = [o[0]] + o if len(o) == 2 else o
        (a, ta), (b, tb) = self.value(o[1]), self.value(o[2])
        value, mask = f"{a} * {b}", f"{ta} | {tb}"
        if base != "mul":
            c, tc = self.value(o[3])
            value, mask = f"{c} {'+' if base == 'mla' else '-'} {value}", f"{mask} | {tc}"
        self.emit(f"v, t = ({value}) & M, {mask}", "if t: t = -(t & -t) & M")
        if sets:
            self.set_nz("v", "t")
        self.put(o[0], "v", "t")

    do_mla = do_mls = do_mul

    def do_umull(self, base, sets, o):
        (l, tl), (h, th), (a, ta), (b, tb) = [self.value(x) for x in o]
        self.emit(f"if {ta} | {tb}: m.complain({self.pc}, 'time')",
                  f"t = M if {ta} | {tb}{f' | {tl} | {th}' if base.endswith('lal') else ''} else 0",
                  f"v, w = product({base!r}, {a}, {b}, {h}, {l})")
        self.put(o[0], "v", "t")
        self.put(o[1], "w", "t")

    do_smull = do_umlal = do_smlal = do_umull

    def do_udiv(self, base, sets, o):
        o = [o[0]] + o if len(o) == 2 else o
        (a, ta), (b, tb) = self.value(o[1]), self.value(o[2])
        self.emit(f"if {ta} | {tb}: m.complain({self.pc}, 'time')")
        self.put(o[0], f"divide({base!r}, {a}, {b})", f"M if {ta} | {tb} else 0")

    do_sdiv = do_udiv

    def do_uxtb(self, base, sets, o):
        self.second(o[1:])
        self.emit(f"v, t = extend(b, tb, {8 if base.endswith('b') else 16}, {base[0] == 's'})")
        self.put(o[0], "v", "t")

    do_uxth = do_sxtb = do_sxth = do_uxtb

    def do_ubfx(self, base, sets, o):
        v, t = self.value(o[1])
        self.emit(f"v, t = extend({v} >> {number(o[2])}, {t} >> {number(o[2])}, {number(o[3])}, {base[0] == 's'})")
        self.put(o[0], "v", "t")

    do_sbfx = do_ubfx

    def do_bfi(self, base, sets, o):
        v, t = self.value(o[1]) if base == "bfi" else ("0", "0")
        low, width = number(o[-2]), number(o[-1])
        bits, r = (1 << width) - 1, REGS[o[0]]
        hole = M ^ bits << low
        self.put(o[0], f"R[{r}] & {hole} | ({v} & {bits}) << {low}", f"S[{r}] & {hole} | ({t} & {bits}) << {low}")

    do_bfc = do_bfi

    def do_rev(self, base, sets, o):
        v, t = self.value(o[1])
        self.put(o[0], f"reverse({base!r}, {v})", f"reverse({base!r}, {t})")

    do_rev16 = do_rbit = do_rev

    def do_clz(self, base, sets, o):
        v, t = self.value(o[1])
        self.put(o[0], f"32 - {v}.bit_length()", f"M if {t} else 0")

    def do_push(self, base, sets, o):
        self.do_stmdb("stmdb", sets, ["sp!"] + o)

    def do_pop(self, base, sets, o):
        self.do_ldmia("ldmia", sets, ["sp!"] + o)

    def do_stmdb(self, base, sets, o):
        r, which = REGS[o[0].rstrip("!")], registers(o[1])
        self.emit(f"at, ta = R[{r}]{f' - {4 * len(which)}' if base == 'stmdb' else ''}, S[{r}]")
        for i, x in enumerate(which):
            self.emit(f"m.write(at + {4 * i}, 4, R[{x}], S[{x}], {self.pc}, ta)")
            if r != 13:
                self.emit(f"z |= S[{x}]")
        if o[0].endswith("!"):
            self.emit(f"R[{r}] = at{f' + {4 * len(which)}' if base == 'stmia' else ''}")

    do_stmia = do_stmdb

    def do_ldmia(self, base, sets, o):
        r, which = REGS[o[0].rstrip("!")], registers(o[1])
        self.emit(f"at, ta = R[{r}]{f' - {4 * len(which)}' if base == 'ldmdb' else ''}, S[{r}]")
        if o[0].endswith("!"):
            self.emit(f"R[{r}] = at{f' + {4 * len(which)}' if base == 'ldmia' else ''}")
        for i, x in enumerate(which):
            self.emit(f"v, t = m.read(at + {4 * i}, 4, {self.pc}, ta)")
            if x == 15:
                self.emit(f"if t: m.complain({self.pc}, 'branch')")
                self.jump("v & ~1")
            else:
                self.emit(f"R[{x}], S[{x}] = v, t")
                if r != 13:
                    self.emit("z |= t")

    do_ldmdb = do_ldmia

    def do_neg(self, base, sets, o):
        self.two_operands("rsb", sets, o + ["#0"])

    def do_nop(self, base, sets, o):
        self.emit("pass")

    do_pld = do_nop

    def do_other(self, base, sets, o):
        raise Unknown(f"{self.pc:x}: {base}")
