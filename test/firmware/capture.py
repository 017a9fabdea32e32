# SPDX-License-Identifier: Apache-2.0
#
# capture.py -- what went over the emulated cable: the datagrams that QEMU has written to a
# file (its object filter-dump), and which record numbers they bear.
import struct

HEADER, RECORD, ETHERNET, IPV4, UDP = 24, 16, 14, 20, 8
WITH_CID, HANDSHAKE = 25, 22
PORT, CID = 49152, 8                         # of the meter: meter.c


def datagrams(path):
    """(does it come from the meter?, payload), in order."""
    with open(path, "rb") as f:
        data = f.read()
    at, found = HEADER, []
    while at + RECORD <= len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        frame = data[at + RECORD:at + RECORD + size]
        at += RECORD + size
        if len(frame) < ETHERNET + IPV4 + UDP or frame[12:14] != b"\x08\0" or frame[ETHERNET + 9] != 17:
            continue
        source, target, length = struct.unpack_from("!HHH", frame, ETHERNET + IPV4)
        if PORT in (source, target):
            found.append((source == PORT, frame[ETHERNET + IPV4 + UDP:ETHERNET + IPV4 + length]))
    return found


def records(datagram):
    """(content type, connection ID, epoch and number) of each."""
    at, found = 0, []
    while at + 13 <= len(datagram):
        cid = CID if datagram[at] == WITH_CID else 0
        found.append((datagram[at], datagram[at + 11:at + 11 + cid], datagram[at + 3:at + 11]))
        at += 13 + cid + int.from_bytes(datagram[at + 11 + cid:at + 13 + cid], "big")
    return found


def nonces(path):
    """How many sealed records there were, how many pairs of session and number, and how many
    sessions. The gateway's connection ID tells its sessions apart: six bytes of it are random."""
    seen = [(up, cid, number) for up, payload in datagrams(path) for kind, cid, number in records(payload)
            if kind == WITH_CID]
    return len(seen), len(set(seen)), len({cid for up, cid, _ in seen if up})


def after_handshake(path):
    """'70 up' for each datagram behind the last that has a message of a handshake in it."""
    all_of_it = datagrams(path)
    last = max(i for i, (_, payload) in enumerate(all_of_it)
               if any(kind == HANDSHAKE for kind, _, _ in records(payload)))
    return [f"{len(payload)} {'up' if up else 'down'}" for up, payload in all_of_it[last + 1:]]
