# SPDX-License-Identifier: Apache-2.0
#
# records.py -- what connection IDs (RFC 9146) look like on the wire, read without anybody's
# help from the datagrams that a relay has heard: which records have one and which one it is,
# and what the hellos say of it.
from stage import Failure

HANDSHAKE, CID_RECORD = 22, 25
CLIENT_HELLO, SERVER_HELLO = 1, 2
CONNECTION_ID = 54


class Record:
    def __init__(self, kind, epoch, cid, body):
        self.kind, self.epoch, self.cid, self.body = kind, epoch, cid, body


def records(datagram, cid_len):
    """All of a datagram, whose records of type 25 have IDs of that length."""
    found = []
    while datagram:
        with_cid = cid_len if datagram[0] == CID_RECORD else 0
        head = 13 + with_cid
        length = int.from_bytes(datagram[head - 2:head], "big")
        if len(datagram) < head + length:
            raise Failure(f"a record of type {datagram[0]} that does not end in its datagram")
        found.append(Record(datagram[0], int.from_bytes(datagram[3:5], "big"), datagram[11:11 + with_cid],
                            datagram[head:head + length]))
        datagram = datagram[head + length:]
    return found


def extension(hello, kind, wanted=CONNECTION_ID):
    """Its body in a ClientHello or a ServerHello, or None."""
    at = 12 + 2 + 32                        # message header, version, random
    at += 1 + hello[at]                     # session ID
    if kind == CLIENT_HELLO:
        at += 1 + hello[at]                 # cookie
        at += 2 + int.from_bytes(hello[at:at + 2], "big")
        at += 1 + hello[at]                 # compression
    else:
        at += 3
    at += 2
    while at < len(hello):
        number, length = int.from_bytes(hello[at:at + 2], "big"), int.from_bytes(hello[at + 2:at + 4], "big")
        if number == wanted:
            return hello[at + 4:at + 4 + length]
        at += 4 + length
    return None


def expect_on_wire(heard, of_client, of_server, offered, answered, earlier=()):
    """Of one handshake and what follows. What the client sends has the ID of the server, if that is not empty, in
    every record that is encrypted, and vice versa; no other record has one. The hellos offer and answer as told: a
    length, or None for no extension. (Whoever answers nothing has no ID.) The earlier ones are those of visits
    before, whose goodbyes may come late."""
    hellos = {CLIENT_HELLO: set(), SERVER_HELLO: set()}
    sealed = {True: 0, False: 0}
    for outward, datagram in heard:
        cid = of_server if outward else of_client
        for record in records(datagram, len(cid)):
            if record.kind == CID_RECORD and record.cid in earlier:
                continue
            if record.epoch > 0:
                sealed[outward] += 1
            elif record.kind == HANDSHAKE and record.body[0] in hellos:
                hellos[record.body[0]].add(extension(record.body, record.body[0]))
            if (record.kind == CID_RECORD) != (record.epoch > 0 and len(cid) > 0):
                raise Failure(f"a record of type {record.kind} in epoch {record.epoch} where the ID is '{cid.hex()}'")
            if record.kind == CID_RECORD and record.cid != cid:
                raise Failure(f"a record for '{record.cid.hex()}', not for '{cid.hex()}'")
    if min(sealed.values()) < 2:
        raise Failure(f"only {sealed} encrypted records were heard")
    for kind, length in ((CLIENT_HELLO, offered), (SERVER_HELLO, answered)):
        if len(hellos[kind]) != 1:
            raise Failure(f"the hellos of type {kind} differ in their connection ID, or there is none: {hellos[kind]}")
        body = hellos[kind].pop()
        wanted = None if length is None else length + 1
        if (None if body is None else len(body)) != wanted or (body and body[0] != length):
            raise Failure(f"the hello of type {kind} has for connection_id: {body.hex() if body else body}")
