# SPDX-License-Identifier: Apache-2.0
#
# peer_libcoap.py -- libcoap's client and server over OpenSSL and over GnuTLS. We speak
# no CoAP: the server gets one request made by hand, and answers it; of the client we
# see that its request arrives.
import re

from stage import Case, Failure, free_port, server_leaves

PACKAGE = "libcoap3-bin"
SECRET, WHO = "a secret of libcoap", "meter-17"
# RFC 7252 section 3: version 1, confirmable, no token, GET, message ID; Uri-Path "time".
GET_TIME = bytes((0x40, 0x01, 0x12, 0x34, 0xB4)) + b"time"
# Acknowledgement of that message with 2.05 Content, and where the text begins.
CONTENT = re.compile(rb"^\x60\x45\x12\x34.*\xff\w", re.S)
REQUEST_ARRIVES = re.compile(rb"\|-+> \| +\d+   application data")


def our_client(stage, backend):
    name = "coap-server-" + backend
    port = free_port()
    command = [stage.program(name, PACKAGE), "-A", "127.0.0.1", "-p", str(port), "-k", SECRET,
               "-h", "gateway-7", "-v", "7"]
    stage.serve(name, command, port + 1)
    client = stage.our_client(port + 1, None, "--psk-identity", WHO, "--verbose", key=("--psk-text", SECRET))
    client.wait_for("connected: TLS_PSK_WITH_AES_128_CCM_8", where="err")
    client.wait_for("identity hint of the server: gateway-7\n", where="err")
    client.send(GET_TIME)
    client.end_input()
    client.wait_for(CONTENT, where="out")
    client.expect_exit(0)


def our_server(stage, backend):
    name = "coap-client-" + backend
    program = stage.program(name, PACKAGE)
    server, port = stage.our_server(None, "--psk-identity", WHO, "--discard", "--verbose",
                                    key=("--psk-text", SECRET))
    client = stage.start(name, [program, "-m", "get", "-N", "-B", "1", "-k", SECRET, "-u", WHO, "-v", "7",
                                f"coaps://127.0.0.1:{port}/time"])
    server.wait_for(f"connected: {WHO} (handle 1)", where="err")
    server.wait_for(REQUEST_ARRIVES, where="err")
    client.wait_for("session connected")
    server.wait_for("close_notify", where="err")
    client.expect_exit(0)
    server_leaves(server)
    if b"bad tag" in server.err:
        raise Failure("records of the client did not open")


def cases():
    return [case for backend in ("openssl", "gnutls") for case in (
        Case("coap-server-" + backend, "our client", None, "a request and its answer", our_client, backend),
        Case("coap-client-" + backend, "our server", None, "a request arrives, close", our_server, backend))]
