# SPDX-License-Identifier: Apache-2.0
#
# m3.py -- a Cortex-M3 that knows which bits are secret. It runs an ELF program from
# main() to its end, one Thumb-2 instruction after another as objdump shows them, and
# keeps beside every register, every flag and every byte of memory a mask of the bits
# that depend on a secret. It complains when such a bit decides
#
#     branch     a branch, or whether an instruction of an IT block is carried out
#     address    where memory is read or written
#     time       how long a multiplication or division takes: UMULL, SMULL, UMLAL,
#                SMLAL, UDIV and SDIV stop early on this processor (MUL and MLA do not)
#     call       whether or how a supervisor call is made
#
# "SVC 1" and "SVC 2" mark memory as secret and as public (m3/valgrind/memcheck.h).
# A mask may be too large, never too small: it follows AND, OR and shifts by known
# amounts bit by bit, and takes every bit from the lowest secret one upwards for sums
# and products.
#
# It also keeps which instructions were carried out, which of them had a secret in
# hand, and in which functions, and within calls of which, that was.
import bisect
import re
import struct
import subprocess

from m3_code import END, M, RAM, RAM_SIZE, ROM_SIZE, Translator, Unknown


class Machine:
    def __init__(self, prefix, path):
        self.path, self.prefix = path, prefix
        self.ram = bytearray(RAM_SIZE)
        self.ram_secret = bytearray(RAM_SIZE)
        self.rom = bytearray(ROM_SIZE)
        self.regs, self.secret = [0] * 16, [0] * 16
        self.flags = [0, 0, 0, 0]                 # N Z C V
        self.flags_secret = [0, 0]                # of N, Z and V; of C
        self.blocks, self.executed, self.touched = {}, set(), set()
        self.within = set()                       # functions on the stack when a secret was touched
        self.calls = []
        self.complaints = {}
        self.steps = 0
        self.load()

    # --- the program ---

    def output(self, tool, *arguments):
        if tool != "addr2line":
            arguments += (self.path,)
        return subprocess.run([self.prefix + tool, *arguments], check=True, stdout=subprocess.PIPE,
                              universal_newlines=True).stdout

    def load(self):
        with open(self.path, "rb") as f:
            elf = f.read()
        start, = struct.unpack_from("<I", elf, 28)
        size, count = struct.unpack_from("<HH", elf, 42)
        for i in range(count):
            kind, offset, at, _, length, _ = struct.unpack_from("<6I", elf, start + i * size)
            if kind == 1 and length:
                target, at = (self.ram, at - RAM) if at >= RAM else (self.rom, at)
                target[at:at + length] = elf[offset:offset + length]
        self.functions, self.sizes = {}, {}
        for line in self.output("nm", "-S").splitlines():
            match = re.match(r"(\w+) (\w+) [tTwW] (\S+)", line)
            if match:
                at = int(match.group(1), 16) & ~1
                self.functions[at] = match.group(3)
                self.sizes[at] = int(match.group(2), 16)
        self.starts = sorted(self.functions)
        self.main = next(at for at in self.starts if self.functions[at] == "main")
        self.code, order = {}, []
        for line in self.output("objdump", "-d", "--no-show-raw-insn").splitlines():
            match = re.match(r"\s+([0-9a-f]+):\s+(\S+)\s*([^;@<]*)", line)
            if match and not match.group(2).startswith("."):
                self.code[int(match.group(1), 16)] = (match.group(2), match.group(3).strip())
                order.append(int(match.group(1), 16))
        self.next = dict(zip(order, order[1:] + [0]))

    def function(self, pc):
        i = bisect.bisect_right(self.starts, pc) - 1
        return self.functions[self.starts[i]] if i >= 0 else "?"

    def symbols_of(self, folder):
        """The functions that were compiled from files in a folder."""
        found = set()
        for line in self.output("nm", "-l").splitlines():
            match = re.match(r"\w+ [tT] ([^\s.]+)\S*\t(.*):\d+$", line)
            if match and match.group(2).startswith(folder + "/"):
                found.add(match.group(1))
        return found

    # --- memory ---

    def read(self, at, n, pc, secret):
        if secret:
            self.complain(pc, "address")
        at &= M
        if RAM <= at <= RAM + RAM_SIZE - n:
            at -= RAM
            return (int.from_bytes(self.ram[at:at + n], "little"),
                    int.from_bytes(self.ram_secret[at:at + n], "little"))
        if at > ROM_SIZE - n:
            raise Unknown(f"{pc:x}: reads at {at:x}")
        return int.from_bytes(self.rom[at:at + n], "little"), 0

    def write(self, at, n, value, mask, pc, secret):
        if secret:
            self.complain(pc, "address")
        at = (at & M) - RAM
        if not 0 <= at <= RAM_SIZE - n:
            raise Unknown(f"{pc:x}: writes at {at + RAM:x}")
        bits = (1 << 8 * n) - 1
        self.ram[at:at + n] = (value & bits).to_bytes(n, "little")
        self.ram_secret[at:at + n] = (mask & bits).to_bytes(n, "little")

    def mark(self, number, pc):
        if self.secret[0] or self.secret[1]:
            self.complain(pc, "call")
        at, n = self.regs[0] - RAM, self.regs[1]
        if 0 <= at <= RAM_SIZE - n:
            self.ram_secret[at:at + n] = (b"\xff" if number == 1 else b"\0") * n

    # --- what is found ---

    def complain(self, pc, kind):
        self.complaints.setdefault((pc, kind), [call[1] for call in self.calls[-4:]])

    def touch(self, pc):
        """The block at pc has a secret in hand."""
        self.touched.add(pc)
        for call in reversed(self.calls):
            if call[2]:
                break
            call[2] = True
            self.within.add(call[1])

    def enter(self, at, back):
        self.calls.append([back, self.function(at), False])

    def leave(self, to):
        while self.calls and self.calls[-1][0] == to:
            self.calls.pop()

    def lines(self):
        """The complaints as text, each place once."""
        for (pc, kind), trail in sorted(self.complaints.items()):
            where = self.output("addr2line", "-e", self.path, f"{pc:#x}").split("\n")[0]
            yield f"{kind}: {self.code[pc][0]} {self.code[pc][1]} at {where} in {' > '.join(trail)}"

    # --- running ---

    def run(self, limit, stop=False):
        """What main() returns; with `stop`, None as soon as there is a complaint."""
        self.regs[13] = RAM + RAM_SIZE
        self.regs[14] = END | 1
        self.enter(self.main, END)
        pc = self.main
        blocks = self.blocks
        while pc != END:
            block = blocks.get(pc)
            if block is None:
                block = blocks[pc] = Translator(self).block(pc)
            pc = block()
            self.steps += 1
            if self.steps > limit:
                raise Unknown("it does not end")
            if stop and self.complaints:
                return None
        return self.regs[0]
