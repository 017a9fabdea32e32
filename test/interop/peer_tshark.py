# SPDX-License-Identifier: Apache-2.0
#
# peer_tshark.py -- Wireshark as a referee: our two tools talk while tshark listens on
# lo, and then it must open every record with the key log of one of them: Finished of
# both sides, the same line twice (our server sends it back), both close_notify.
import os
import re

from stage import CCM, CCM_8, FROM_US, GCM, Case, Failure, client_leaves, server_leaves

FIELDS = ("dtls.handshake.type", "data.data", "dtls.alert_message.desc", "_ws.expert.message",
          "_ws.malformed")
HELLO_REQUESTS = ["1", "3", "1"]            # ClientHello, HelloVerifyRequest, ClientHello
THE_REST = ["2", "14", "16", "20", "20"]    # ServerHello, ServerHelloDone, ClientKeyExchange, Finished twice
DATAGRAMS = 10                              # six of the handshake, two of data, two of closing


def judge(rows, messages, remark=None):
    """Each row is one datagram, one list of values for each field. The remark has to be made, and no other."""
    types, data, alerts, complaints, malformed = ([v for row in rows for v in row[i].split(",") if v]
                                                  for i in range(len(FIELDS)))
    if remark:
        if not any(remark in complaint for complaint in complaints):
            raise Failure(f"tshark does not remark that this session {remark}")
        complaints = [complaint for complaint in complaints if remark not in complaint]
    if complaints or malformed:
        raise Failure(f"tshark complains: {(complaints + malformed)[0]}")
    if types != messages:
        raise Failure(f"tshark sees the handshake messages {','.join(types)}: no Finished means wrong keys")
    line = FROM_US.encode().hex()
    if data != [line, line]:
        raise Failure(f"tshark sees this application data: {data}")
    if alerts != ["0", "0"]:
        raise Failure(f"tshark sees these alerts where two close_notify were sent: {alerts}")


def home(stage):
    """Nobody's own settings."""
    return dict(os.environ, HOME=stage.folder)


def listen(stage, port):
    tshark = stage.start("tshark", [stage.program("tshark", "tshark"), "-i", "lo", "-f", f"udp port {port}",
                                    "-w", stage.folder + "/capture.pcapng", "-P", "-l"], home(stage))
    tshark.wait_for("Capture started", 15.0)
    return tshark


def read_again(stage, tshark, port, keys, fields=FIELDS):
    """What tshark has heard, as rows for judge(), opened with the keys of that file."""
    capture = stage.folder + "/capture.pcapng"
    tshark.terminate()
    tshark.exit_code()
    if not os.path.exists(capture):
        raise Failure(f"tshark wrote no capture{tshark.last_words()}")
    wanted = [word for field in fields for word in ("-e", field)]
    reader = stage.start("tshark -r", [stage.program("tshark", "tshark"), "-r", capture, "-d", f"udp.port=={port},dtls",
                                       "-o", f"tls.keylog_file:{keys}", "-T", "fields", "-E", "separator=;",
                                       *wanted], home(stage))
    reader.expect_exit(0, 15.0)
    return [line.split(";") for line in reader.out.decode().splitlines()]


def referee(stage, suite, logs, ours=()):
    keys = stage.folder + "/keys"
    keylog = ("--keylog", keys)
    server, port = stage.our_server(suite, *(keylog if logs == "server" else ()), *ours)
    tshark = listen(stage, port)
    client = stage.our_client(port, suite, *(keylog if logs == "client" else ()), *ours)
    client.wait_for("connected: " + suite.iana, where="err")
    client.send(FROM_US)
    client.wait_for(FROM_US, where="out")
    client_leaves(client)
    server.wait_for("close_notify", where="err")
    server_leaves(server)
    tshark.wait_for(re.compile(rb"(.*\n){%d}" % DATAGRAMS), where="out")
    judge(read_again(stage, tshark, port, keys), HELLO_REQUESTS + THE_REST)


def cases():
    return [Case("tshark", "both", suite, f"opens all by our {logs}'s key log", referee, suite, logs)
            for suite, logs in ((CCM_8, "client"), (CCM, "server"), (GCM, "client"))]
