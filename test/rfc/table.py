# SPDX-License-Identifier: Apache-2.0
#
# table.py -- requirements.tsv as objects: one row per rule, nine columns with a tab between
# them, '-' for nothing; code and test are lists of file:name with a blank between
# them, and make:name is a target of make. Lines that begin with # are for people.
import os
import re

PATH = os.path.join("test", "rfc", "requirements.tsv")
COLUMNS = ("id", "level", "role", "source", "rule", "state", "code", "test", "note")
STATES = ("applies", "not yet", "cannot apply", "decided otherwise")
GROUPS = {
    "D12-RL": "Record layer", "D12-MT": "Datagrams and their sizes", "D12-RP": "Replays",
    "D12-EP": "Epochs", "D12-HM": "Messages and fragments", "D12-TM": "Timers and repetition",
    "D12-CK": "Cookies", "D12-VN": "Versions", "D12-EX": "Hello extensions",
    "D12-CS": "Cipher suites", "D12-PSK": "Pre-shared keys",
    "D12-FN": "ChangeCipherSpec, Finished, hashes, keys", "D12-EMS": "Extended master secret",
    "D12-RN": "Renegotiation, and the signal against it", "D12-RS": "Resumption",
    "D12-AL": "Alerts", "D12-CL": "Closing", "CID": "Connection IDs",
    "RRC": "Return routability checks", "RSL": "Sizes of records",
    "CRY": "Primitives", "SEC": "Security in general", "IOT": "The profile for constrained devices",
    "LIM": "Limits of a key",
}


class Row:
    def __init__(self, cells):
        self.id, self.level, self.role, self.source, self.rule, self.state = cells[:6]
        self.code, self.test = (pairs(c) for c in cells[6:8])
        self.note = "" if cells[8] == "-" else cells[8]
        self.group = self.id.rsplit("-", 1)[0]

    @property
    def applies(self):
        return self.state == "applies"

    @property
    def is_must(self):
        """MUST, MUST NOT, SHALL, REQUIRED (RFC 2119), with or without the star."""
        return re.search(r"\b(MUST|SHALL|REQUIRED)\b", self.level) is not None

    @property
    def units(self):
        """The unit tests among the tests."""
        return [(path, name) for path, name in self.test if path != "make"]


def pairs(cell):
    return [] if cell == "-" else [tuple(word.split(":", 1)) for word in cell.split()]


def cell(of):
    return " ".join(f"{path}:{name}" for path, name in of) or "-"


def lines():
    with open(PATH, encoding="utf-8") as f:
        return f.read().splitlines()


def read():
    rows = []
    for n, line in enumerate(lines(), 1):
        if line.startswith("#") or not line:
            continue
        cells = line.split("\t")
        if len(cells) != len(COLUMNS) or not all(cells):
            raise SystemExit(f"{PATH}:{n}: {len(cells)} cells instead of {len(COLUMNS)}, or an empty one")
        if cells[0] != "id":
            rows.append(Row(cells))
    return rows


def write(rows):
    """The same file, with what `rows` say now."""
    new = {r.id: r for r in rows}
    out = []
    for line in lines():
        row = new.get(line.split("\t")[0])
        out.append("\t".join((row.id, row.level, row.role, row.source, row.rule, row.state,
                              cell(row.code), cell(row.test), row.note or "-")) if row else line)
    with open(PATH, "w", encoding="utf-8") as f:
        f.write("\n".join(out) + "\n")
