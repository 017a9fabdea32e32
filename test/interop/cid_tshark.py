# SPDX-License-Identifier: Apache-2.0
#
# cid_tshark.py -- Wireshark as a referee of connection IDs (RFC 9146). It learns their lengths
# from the two hellos by itself, and opens what has one with the key log of either side: it
# must see every record, what kind it is within, and the same IDs as the hellos have.
import re

from peer_tshark import DATAGRAMS, HELLO_REQUESTS, THE_REST, judge, listen, read_again
from returning import BY_ID, BY_TICKET, come, leave, ours_for, times
from stage import CCM, CCM_8, FROM_US, GCM, Case, Failure, server_leaves

OF_IDS = ("udp.dstport", "dtls.connection_id", "dtls.connection_id_length", "dtls.record.content_type",
              "dtls.record.special_type", "dtls.record.connection_id")
RESUMED, RESUMED_DATAGRAMS = ["1", "2", "20", "20"], 7
CID_RECORD = "25"


def judge_ids(rows, port, client_len, server_len):
    """One ID each way, that of the hello, in every datagram with an encrypted record."""
    named, used, sealed = {True: set(), False: set()}, {True: set(), False: set()}, {True: 0, False: 0}
    for to, cid, length, kinds, special, ids in rows:
        outward = to == str(port)
        if length:
            named[outward].add(cid)
        wanted = server_len if outward else client_len
        if "20" in kinds.split(",") or "22" not in kinds.split(","):
            sealed[outward] += 1
            if bool(ids) != (wanted > 0) or (special == CID_RECORD) != bool(ids):
                raise Failure(f"tshark sees the ID '{ids}' in a record of type {special or kinds}")
            used[outward].update(ids.split(",") if ids else [])
        elif ids:
            raise Failure("tshark sees an ID before encryption")
    if min(sealed.values()) < 3:
        raise Failure(f"tshark sees only {sealed} encrypted records")
    for outward, length in ((True, server_len), (False, client_len)):
        if len(named[not outward]) != 1 or used[outward] != {cid for cid in named[not outward] if cid}:
            raise Failure(f"tshark sees the IDs {used[outward]}, and {named[not outward]} in the hello")
        if any(len(cid) != 2 * length for cid in named[not outward]):
            raise Failure(f"tshark sees {named[not outward]}, no ID of {length} bytes")


def referee(stage, suite, logs, client_len, server_len, way=None):
    """With a way back, only the second visit is heard, and only its key is in the file."""
    keys = stage.folder + "/keys"
    log = {logs: ("--keylog", keys)}
    cid = ("--cid", str(client_len))
    server, port = stage.our_server(suite, "--cid", str(server_len), *ours_for(way), *log.get("server", ()))
    if way:
        client = come(stage, port, suite, way, False, *cid)
        leave(client)
    tshark = listen(stage, port)
    client = come(stage, port, suite, way, way is not None, *cid, *log.get("client", ()))
    client.send(FROM_US)
    client.wait_for(FROM_US, where="out")
    leave(client)
    server.wait_for(times("close_notify", 2 if way else 1), where="err")
    server_leaves(server, 2 if way else 1)
    tshark.wait_for(re.compile(rb"(.*\n){%d}" % (RESUMED_DATAGRAMS if way else DATAGRAMS)), where="out")
    rows = read_again(stage, tshark, port, keys)
    if way:
        judge(rows, RESUMED, "reuses previously negotiated keys")
    else:
        judge(rows, HELLO_REQUESTS + THE_REST)
    judge_ids(read_again(stage, tshark, port, keys, OF_IDS), port, client_len, server_len)


def cases():
    found = []
    for suite, logs, c, s in ((CCM_8, "client", 8, 8), (CCM, "server", 0, 8), (GCM, "client", 3, 0),
                              (CCM_8, "server", 1, 5)):
        found.append(Case("tshark", "both", suite, f"IDs of {c} and {s} bytes, opens all by our {logs}'s key log",
                          referee, suite, logs, c, s))
    for suite, logs, way in ((CCM_8, "server", BY_ID), (GCM, "client", BY_TICKET)):
        found.append(Case("tshark", "both", suite, f"IDs, back by {way}: opens all by our {logs}'s key log", referee,
                          suite, logs, 8, 4, way))
    return found
