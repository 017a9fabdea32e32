# SPDX-License-Identifier: Apache-2.0
#
# peer_mbedtls.py -- Mbed TLS in both roles, through a small program of ours, for
# Debian ships none of theirs. It is built once for each version, at the first case that needs it.
import os
import shutil
import subprocess
import threading

import bring
from stage import (CCM, CCM_8, FROM_THEM, FROM_US, GCM, HERE, IDENTITY, KEY, SUITES, WRONG_KEY, Case, Failure,
                   client_leaves, free_port, one_line, server_leaves)

BUILDING = threading.Lock()
BUILT = {}
FLAGS = "-std=c99 -O1 -g -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror"
LIBRARIES = "-lmbedtls -lmbedx509 -lmbedcrypto"


def where(build, version):
    """Flags for the headers, and what to link: of Debian 12, or what bring.py has brought."""
    if version is None:
        return [], LIBRARIES.split()
    path = bring.tree(build)
    if path is None:
        raise Failure(os.environ.get(bring.WHY_NOT, "Mbed TLS 3.6 is not here: 'make foreign' brings it"))
    return (["-isystem", path + "/usr/include"],
            [f"{bring.library(path)}/lib{name[2:]}.a" for name in LIBRARIES.split()])


def compile_peer(stage, version):
    headers, libraries = where(stage.build, version)
    compiler = shutil.which("cc") or stage.program("gcc", "gcc")
    path = f"{stage.build}/interop/mbedtls_peer{'-' + version if version else ''}"
    command = [compiler, *FLAGS.split(), *headers, "-o", path, HERE + "/mbedtls_peer.c", *libraries]
    made = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    said = made.stdout.decode(errors="replace")
    if made.returncode != 0:
        if version is None and ("No such file" in said or "cannot find -lmbed" in said):
            raise Failure("no Mbed TLS library here; it is in Debian's package libmbedtls-dev")
        raise Failure("mbedtls_peer.c does not compile: " + " / ".join(said.splitlines()[:3]))
    return path


def peer(stage, version=None):
    """The one of Debian 12; "3.6" is that of Debian 13, linked statically."""
    with BUILDING:
        if version not in BUILT:
            try:
                BUILT[version] = compile_peer(stage, version), None
            except Failure as failure:
                BUILT[version] = None, str(failure)
        path, why = BUILT[version]
        if why:
            raise Failure(why)
        return path


def their_server(stage, suite, mtu=0):
    program, port = peer(stage), free_port()
    command = [program, "server", str(port), suite.mbedtls, IDENTITY, KEY, str(mtu)]
    return stage.serve("mbedtls_peer", command, port), port


def their_client(stage, port, suite, key=KEY, mtu=0, identity=IDENTITY):
    command = [peer(stage), "client", str(port), suite.mbedtls, identity, key, str(mtu)]
    return stage.start("mbedtls_peer", command)


def our_client(stage, suite, mtu=0, ours=()):
    server, port = their_server(stage, suite, mtu=mtu)
    client = stage.our_client(port, suite, *ours)
    client.wait_for("connected: " + suite.iana, where="err")
    server.wait_for("connected: " + suite.mbedtls)
    client.send(FROM_US)
    client.wait_for(FROM_US, where="out")       # it came there, and back
    server.wait_for("received: " + FROM_US)
    client_leaves(client)
    server.wait_for("closed by the other side")
    server.expect_exit(0)


def our_server(stage, suite, mtu=0, ours=()):
    server, port = stage.our_server(suite, *ours)
    client = their_client(stage, port, suite, mtu=mtu)
    client.wait_for("connected: " + suite.mbedtls)
    server.wait_for(f"connected: {IDENTITY} (handle 1)", where="err")
    client.send(FROM_THEM)
    client.wait_for("received: " + FROM_THEM)
    client.end_input()
    client.expect_exit(0)
    server.wait_for("close_notify", where="err")
    server_leaves(server)


def they_leave_first(stage, suite):
    server, port = their_server(stage, suite)
    client = stage.our_client(port, suite)
    client.wait_for("connected: " + suite.iana, where="err")
    client.send(FROM_US)
    client.wait_for(FROM_US, where="out")
    server.end_input()
    client.wait_for("the server has closed the session", where="err")
    client.expect_exit(0)
    server.expect_exit(0)


def our_server_leaves_first(stage, suite):
    server, port = stage.our_server(suite)
    client = their_client(stage, port, suite)
    client.wait_for("connected: " + suite.mbedtls)
    server.wait_for("connected", where="err")
    server_leaves(server)
    client.wait_for("closed by the other side")
    client.expect_exit(0)


def wrong_key_of_our_client(stage, suite):
    _, port = their_server(stage, suite)
    # Their server answers with an alert in the clear and is gone; we wait for the deadline.
    client = stage.our_client(port, suite, "--timeout", "2", "--persist", key=("--psk", WRONG_KEY))
    client.expect_exit(1)
    one_line(client, "wrong key")


def wrong_key_of_theirs(stage, suite):
    server, port = stage.our_server(suite, "--timeout", "2")
    client = their_client(stage, port, suite, key=WRONG_KEY)
    server.wait_for("no session", where="err")
    client.expect_exit(1)
    server_leaves(server, 0)


def cases():
    us, we = "our client", "our server"
    found = []
    for suite in SUITES:
        found.append(Case("Mbed TLS server", us, suite, "both ways, close", our_client, suite))
        found.append(Case("Mbed TLS client", we, suite, "both ways, close", our_server, suite))
    return found + [
        Case("Mbed TLS server", us, CCM_8, "mtu 256, ours too", our_client, CCM_8, 256, ("--mtu", "256")),
        Case("Mbed TLS client", we, CCM, "mtu 256, ours too, our hint", our_server, CCM, 256,
             ("--mtu", "256", "--hint", "gateway-7")),
        Case("Mbed TLS server", us, CCM_8, "they leave first", they_leave_first, CCM_8),
        Case("Mbed TLS client", we, GCM, "we leave first", our_server_leaves_first, GCM),
        Case("Mbed TLS server", us, CCM_8, "wrong key", wrong_key_of_our_client, CCM_8),
        Case("Mbed TLS client", we, CCM_8, "wrong key", wrong_key_of_theirs, CCM_8),
    ]
