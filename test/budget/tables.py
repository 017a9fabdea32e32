#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# tables.py write|check RESULT -- the figures of README.md, from what `make budget` has
# measured (budget.json) and from `peers`. Each stands between <!-- budget NAME --> and
# <!-- end -->: write puts it there, check only says whether it is there as it should be.
import json
import os
import re
import sys

from budget import DEVICE_BUFFER, GATEWAY_BUFFER, GATEWAY_HANDSHAKES, GATEWAY_SESSIONS, HERE, TARGETS

WORDS = {
    "psk-client": "client, CCM and CCM_8",
    "psk-server": "server, CCM and CCM_8",
    "psk-both": "client and server, CCM and CCM_8",
    "psk-plain": "client and server, all suites, every call",
    "psk-resume-client": "client, CCM and CCM_8, coming back",
    "psk-resume-server": "server, CCM and CCM_8, coming back",
    "psk-resume": "client and server, CCM and CCM_8, coming back",
    "psk-roam-client": "client, CCM and CCM_8, coming back, connection IDs, sleep",
    "psk-roam-server": "server, CCM and CCM_8, coming back, connection IDs, sleep",
    "psk-roam": "client and server, CCM and CCM_8, coming back, connection IDs, sleep",
    "psk-all": "client and server, all suites, coming back, connection IDs, sleep, every call",
}


def knob(name):
    with open("include/locket_config.h", encoding="utf-8") as f:
        return int(re.search(rf"^#define LOCKET_CFG_{name} (\d+)", f.read(), re.M).group(1))


def number(n):
    return f"{n:,}"


def row_of(result, target, configuration):
    for row in result["rows"]:
        if (row["target"], row["configuration"]) == (target, configuration):
            return row
    raise SystemExit(f"nothing measured for {target} {configuration}")


def sentence(result):
    row = row_of(result, "m3", "psk-both")
    endpoint = row["endpoint"] + row["generator"]
    return (f"{row['session']} bytes for a live session, {row['workspace']}\nfor a handshake while it runs, "
            f"{endpoint} for the endpoint with its random generator, {number(row['stack'])} of\n"
            "stack at the deepest")


def stack_words(result):
    row = row_of(result, "m3", "psk-both")
    return f"{number(row['stack'])} bytes of stack and what the\ncallbacks take"


def devices(result):
    columns = ("flash", "endpoint", "session", "workspace", "stack", "device", "gateway")
    lines = ["| | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for row in result["rows"]:
        if row["target"] == "m3" or row["configuration"] in ("psk-both", "psk-resume", "psk-roam"):
            what = f"{TARGETS[row['target']][4]}, {WORDS.get(row['configuration'], row['configuration'])}"
            lines.append("| " + " | ".join([what] + [number(row[c]) for c in columns]) + " |")
    generator, storage = result["rows"][0]["generator"], row_of(result, "m3", "psk-both")["storage"]
    lines += ["", f"Device: stack, endpoint, one workspace, one session and a buffer of {DEVICE_BUFFER} "
              f"bytes. Gateway: {GATEWAY_SESSIONS}",
              f"sessions, {GATEWAY_HANDSHAKES} workspaces and a buffer of {number(GATEWAY_BUFFER)}. "
              f"Static data: none. Apart: the generator's state, {generator} in each",
              "endpoint, what callbacks take, and interrupts. A workspace holds a cookie of 255 bytes, an "
              "identity of",
              f"{knob('IDENTITY_SIZE')} and a ClientHello that comes in fragments, in {knob('ARENA')} bytes.",
              f"`static LOCKET_STORAGE({GATEWAY_SESSIONS}, {GATEWAY_HANDSHAKES}) gateway;` declares one endpoint "
              f"with its sessions and workspaces: {number(storage)} bytes."]
    row = row_of(result, "m3", "psk-resume")
    lines += ["", "Coming back costs the application memory of its own: on a server "
              f"{row['entry']} bytes for each entry of the",
              f"cache (`config.cache`), and none for tickets; on a client a record, {row['record_ticket']} bytes with "
              f"a ticket of ours,",
              f"{row['record_id']} with a session ID, and `LOCKET_RECORD_MAX` = {row['record_max']} for the largest "
              "ticket that fits the arena. A",
              f"path check that runs takes {row['path']} bytes (`config.paths`), a saved session at most "
              f"`LOCKET_BLOB_MAX` = {row['blob_max']}."]
    return "\n".join(lines)


def peers(result):
    row = row_of(result, "m3", "psk-both")
    lines = ["| Cortex-M3, client and server | flash | handshake | kept | stack | RAM | buffers |",
             "|---|---|---|---|---|---|---|",
             f"| Locket, PSK CCM_8 | {number(row['flash'])} | {row['workspace']} | {row['session']} | "
             f"{number(row['stack'])} | {row['device'] / 1024:.1f} KB | "
             f"messages of {knob('ARENA')} bytes in all, a datagram of {DEVICE_BUFFER} |"]
    with open(f"{HERE}/peers", encoding="utf-8") as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                lines.append("| " + " | ".join(cell.strip() for cell in line.split("|")) + " |")
    return "\n".join(lines)


PARTS = {"sentence": sentence, "stack": stack_words, "devices": devices, "peers": peers}


def main():
    what, path = sys.argv[1:3]
    with open(path, encoding="utf-8") as f:
        result = json.load(f)
    with open("README.md", encoding="utf-8") as f:
        readme = f.read()
    stale = []

    def put(match):
        name, old = match.group(1), match.group(2)
        apart = "\n" if old.startswith("\n") else ""
        new = apart + PARTS[name](result) + apart
        if old != new:
            stale.append(name)
        return f"<!-- budget {name} -->{new}<!-- end -->"

    text, count = re.subn(r"<!-- budget (\w+) -->(.*?)<!-- end -->", put, readme, flags=re.S)
    if not count:
        raise SystemExit("README.md has no place for the figures of the budget")
    if what == "write" and stale:
        with open("README.md.new", "w", encoding="utf-8") as f:
            f.write(text)
        os.replace("README.md.new", "README.md")
        print("README.md: new figures: " + ", ".join(stale))
    elif stale:
        raise SystemExit("README.md has other figures of the budget than were measured: " + ", ".join(stale) +
                         ". Run `make readme-tables`.")


if __name__ == "__main__":
    main()
