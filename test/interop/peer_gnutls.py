# SPDX-License-Identifier: Apache-2.0
#
# peer_gnutls.py -- gnutls-serv and gnutls-cli: every suite both ways, one record a
# datagram (their habit), small datagrams, hints, wrong keys, and a peer without
# extended master secret. gnutls-serv takes every address, so it runs only where the
# loopback is ours alone.
from stage import (CCM, CCM_8, FROM_THEM, FROM_US, GCM, IDENTITY, KEY, SUITES, WRONG_KEY, Case, Failure,
                   client_leaves, free_port, one_line, server_leaves)

NO_EMS = ":%NO_SESSION_HASH"


def priority(suite, more=""):
    return f"NORMAL:-VERS-ALL:+VERS-DTLS1.2:-KX-ALL:+PSK:-CIPHER-ALL:+{suite.gnutls}{more}"


def gnutls_serv(stage, suite, *options, more=""):
    program = stage.program("gnutls-serv", "gnutls-bin")
    if stage.alone:
        raise Failure(f"gnutls-serv binds to every address and we cannot keep it apart: {stage.alone}")
    passwords = stage.folder + "/psk.txt"
    with open(passwords, "w", encoding="ascii") as f:
        f.write(f"{IDENTITY}:{KEY}\n")
    port = free_port()
    command = [program, "--udp", "-p", str(port), "--priority", priority(suite, more),
               "--pskpasswd", passwords, "--echo", "-q", *options]
    return stage.serve("gnutls-serv", command, port), port


def gnutls_cli(stage, port, suite, *options, more="", key=KEY, identity=IDENTITY):
    command = [stage.program("gnutls-cli", "gnutls-bin"), "--udp", "-p", str(port), "127.0.0.1",
               "--priority", priority(suite, more), "--pskusername", identity, "--pskkey", key, *options]
    return stage.start("gnutls-cli", command)


def our_client(stage, suite, theirs=(), ours=(), more="", hint=None):
    server, port = gnutls_serv(stage, suite, *theirs, more=more)
    client = stage.our_client(port, suite, *ours)
    client.wait_for("connected: " + suite.iana, where="err")
    if hint:
        client.wait_for(f"identity hint of the server: {hint}\n", where="err")
    client.send(FROM_US)
    client.wait_for(FROM_US, where="out")       # it came there, and back
    client_leaves(client)
    if server.process.poll() is not None:
        raise Failure("gnutls-serv is gone")


def our_server(stage, suite, theirs=(), ours=(), more=""):
    server, port = stage.our_server(suite, *ours)
    client = gnutls_cli(stage, port, suite, *theirs, more=more)
    client.wait_for("Handshake was completed")
    client.wait_for(f"(PSK)-({suite.gnutls})")
    server.wait_for(f"connected: {IDENTITY} (handle 1)", where="err")
    client.send(FROM_THEM)
    client.wait_for(FROM_THEM)
    client.end_input()
    server.wait_for("close_notify", where="err")
    client.expect_exit(0)
    server_leaves(server)


def our_server_leaves_first(stage, suite):
    server, port = stage.our_server(suite)
    client = gnutls_cli(stage, port, suite)
    client.wait_for("Handshake was completed")
    server.wait_for("connected", where="err")
    server_leaves(server)
    client.wait_for("Peer has closed the GnuTLS connection")
    client.expect_exit(0)


def wrong_key_of_our_client(stage, suite):
    _, port = gnutls_serv(stage, suite)
    client = stage.our_client(port, suite, "--timeout", "2", key=("--psk", WRONG_KEY))
    client.expect_exit(1)
    one_line(client, "wrong key")


def wrong_key_of_gnutls_cli(stage, suite):
    server, port = stage.our_server(suite, "--timeout", "2")
    client = gnutls_cli(stage, port, suite, key=WRONG_KEY)
    server.wait_for("no session", where="err")
    client.wait_for("Decrypt error")
    client.expect_exit(1)
    server_leaves(server, 0)


def our_client_refuses(stage, suite):
    _, port = gnutls_serv(stage, suite, more=NO_EMS)
    client = stage.our_client(port, suite, "--timeout", "2")
    client.expect_exit(1)
    one_line(client, "no session")


def our_server_refuses(stage, suite):
    server, port = stage.our_server(suite, "--timeout", "2")
    client = gnutls_cli(stage, port, suite, more=NO_EMS)
    client.wait_for("Handshake failed")
    client.expect_exit(1)
    server_leaves(server, 0)


def cases():
    us, we = "our client", "our server"
    found = []
    for suite in SUITES:
        found.append(Case("gnutls-serv", us, suite, "both ways, close", our_client, suite))
        found.append(Case("gnutls-cli", we, suite, "both ways, close", our_server, suite))
    return found + [
        Case("gnutls-serv", us, CCM_8, "--mtu 300, their hint", our_client, CCM_8,
             ("--mtu", "300", "--pskhint", "gateway-7"), ("--mtu", "256", "--verbose"), "", "gateway-7"),
        Case("gnutls-cli", we, CCM, "--mtu 256, our hint", our_server, CCM,
             ("--mtu", "256"), ("--mtu", "256", "--hint", "gateway-7")),
        Case("gnutls-cli", we, GCM, "we leave first", our_server_leaves_first, GCM),
        Case("gnutls-serv", us, CCM_8, "wrong key", wrong_key_of_our_client, CCM_8),
        Case("gnutls-cli", we, CCM_8, "wrong key", wrong_key_of_gnutls_cli, CCM_8),
        Case("gnutls-serv", us, GCM, "no master secret extension: refused", our_client_refuses, GCM),
        Case("gnutls-cli", we, GCM, "no master secret extension: refused", our_server_refuses, GCM),
        Case("gnutls-serv", us, GCM, "the same with --legacy", our_client, GCM, (), ("--legacy",), NO_EMS),
        Case("gnutls-cli", we, GCM, "the same with --legacy", our_server, GCM, (), ("--legacy",), NO_EMS),
    ]
