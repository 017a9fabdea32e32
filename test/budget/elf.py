# SPDX-License-Identifier: Apache-2.0
#
# elf.py -- what the linked image of a 32-bit little-endian target says about itself: its
# symbols, its bytes by address, what of it came from the library (the link map), and its
# instructions as far as stack and calls are concerned (the disassembler's listing).
import re
import struct
import subprocess

STT_OBJECT, STT_FUNC = 1, 2


def output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          universal_newlines=True).stdout


class Image:
    """Symbols and memory of an ELF file."""

    def __init__(self, path):
        with open(path, "rb") as f:
            self.bytes = f.read()
        if self.bytes[:6] != b"\x7fELF\x01\x01":
            raise SystemExit(f"{path}: not a 32-bit little-endian ELF file")
        offset, = struct.unpack_from("<I", self.bytes, 32)
        size, count = struct.unpack_from("<HH", self.bytes, 46)
        # (name, type, flags, address, offset, size, link, info, align, entry size)
        self.sections = [struct.unpack_from("<10I", self.bytes, offset + i * size) for i in range(count)]
        self.thumb = struct.unpack_from("<H", self.bytes, 18)[0] == 40      # EM_ARM
        self.functions, self.objects = {}, {}                               # name: (address, size)
        for section in self.sections:
            if section[1] == 2:                                             # SHT_SYMTAB
                self.read_symbols(section)
        self.function_at = {address: name for name, (address, _) in self.functions.items()}

    def read_symbols(self, section):
        strings = self.sections[section[6]][4]
        for at in range(section[4], section[4] + section[5], 16):
            name, value, size, info, _, index = struct.unpack_from("<IIIBBH", self.bytes, at)
            if not index or info & 15 not in (STT_OBJECT, STT_FUNC):
                continue
            text = self.bytes[strings + name:self.bytes.index(b"\0", strings + name)].decode()
            if info & 15 == STT_FUNC:
                self.functions[text] = (value & ~1 if self.thumb else value, size)
            else:
                self.objects[text] = (value, size)

    def word(self, address):
        """The 32-bit word that lies at an address of the running image."""
        for _, kind, flags, start, offset, size, *_ in self.sections:
            if flags & 2 and kind != 8 and start <= address <= start + size - 4:
                return struct.unpack_from("<I", self.bytes, offset + address - start)[0]
        return 0

    def pointed(self, address):
        """The function that the pointer at this address points to, or None."""
        value = self.word(address)
        return self.function_at.get(value & ~1 if self.thumb else value)


def map_sections(path, object_name):
    """(section, address, bytes) of what one object file contributes to the image."""
    with open(path, encoding="utf-8") as f:
        text = f.read()
    text = text[text.index("Linker script and memory map"):]
    found = []
    for match in re.finditer(r"^ (\.[^\s]+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) (\S+)$", text, re.M):
        name, owner = match.group(1), match.group(4)
        address, size = int(match.group(2), 16), int(match.group(3), 16)
        if owner.endswith("/" + object_name) and address and size:
            kind = re.match(r"\.s?(text|rodata|data|bss)(\.|$)", name)
            if kind:
                found.append((kind.group(1), name, address, size))
    return found


# What moves the stack pointer down, as the two disassemblers write it.
PUSH = re.compile(r"(?:push(?:\.w)?|stmdb(?:\.w)?\s+sp!,|stmfd\s+sp!,)\s*\{([^}]*)\}")
DOWN = (re.compile(r"sub(?:w|\.w|s)?\s+sp, (?:sp, )?#(\d+)"),              # sub sp, #16
        re.compile(r"(?:str|strd)\S*\s.*\[sp, #-(\d+)\]!"),                # str lr, [sp, #-4]!
        re.compile(r"c?\.?addi?(?:16sp)?\s+sp,(?:sp,)?-(\d+)"))            # addi sp,sp,-16
# ... by an amount that nobody can know from here.
UNKNOWN = re.compile(r"(?:sub|mov|add|mv|and|neg|bic)\S*\s+sp, ?(?:sp, ?)?(?!sp)[a-z]+\d*$")
CALL = re.compile(r"^(bl|blx|jal|jalr)\b.*<([^+>]+)>")
JUMP = re.compile(r"^(b|b[a-z]{2}|c?bn?z|j|tail|beqz|bnez|bltu|bgeu|blez|bgez|bltz|bgtz|jr)(?:\.[nw])?\s.*"
                  r"<([^+>]+)(\+[^>]*)?>")


def listing(prefix, path):
    """Per function: bytes of stack it takes, whom it calls, to whom it jumps for good."""
    functions, body, name = {}, None, None
    for line in output(prefix + "objdump", "-d", "--no-show-raw-insn", path).splitlines():
        head = re.match(r"[0-9a-f]+ <([^>]+)>:$", line)
        if head:
            name = head.group(1)
            body = functions[name] = {"frame": 0, "calls": set(), "jumps": set(), "unknown": []}
            continue
        match = re.match(r"\s*[0-9a-f]+:\t(.*)$", line)
        if not match or body is None:
            continue
        text = re.sub(r"\s*[@;].*$|\s+#\s.*$", "", match.group(1).replace("\t", " ")).strip()
        whole = match.group(1).replace("\t", " ").strip()
        push = PUSH.search(text)
        if push:
            body["frame"] += 4 * count_registers(push.group(1))
        for pattern in DOWN:
            down = pattern.match(text)
            if down:
                body["frame"] += int(down.group(1))
        if UNKNOWN.match(text):
            body["unknown"].append(text)
        call, jump = CALL.match(whole), JUMP.match(whole)
        if call:
            body["calls"].add(call.group(2))
        elif jump and jump.group(2) != name:
            body["jumps"].add(jump.group(2))
    return functions


def count_registers(text):
    total = 0
    for part in text.split(","):
        ends = re.findall(r"r(\d+)", part)
        total += int(ends[1]) - int(ends[0]) + 1 if len(ends) == 2 else 1
    return total
