# SPDX-License-Identifier: Apache-2.0
#
# peer_openssl.py -- OpenSSL's s_server and s_client, with its cookies, small
# datagrams, wrong keys, hints, either side leaving first, and a bad network.
from stage import (CCM, CCM_8, FROM_THEM, FROM_US, GCM, HERE, IDENTITY, KEY, SUITES, WRONG_KEY, Case, Failure,
                   client_leaves, free_port, one_line, server_leaves)

LONG = "gateway-" + 15 * "of-hall-"
SEEDS = 3


def s_server(stage, suite, *options):
    port = free_port()
    command = [stage.program("openssl", "openssl"), "s_server", "-dtls1_2", "-accept", f"127.0.0.1:{port}",
               "-nocert", "-psk", KEY, "-psk_identity", IDENTITY, "-cipher", suite.openssl, *options]
    return stage.serve("s_server", command, port), port


def s_client(stage, port, suite, *options, key=KEY, identity=IDENTITY, ciphers=None):
    command = [stage.program("openssl", "openssl"), "s_client", "-dtls1_2", "-connect", f"127.0.0.1:{port}",
               "-psk", key, "-psk_identity", identity, "-cipher", ciphers or suite.openssl, "-nocommands",
               *options]
    return stage.start("s_client", command)


def talk_to_s_server(server, client, suite):
    client.wait_for("connected: " + suite.iana, where="err")
    client.send(FROM_US)
    server.wait_for(FROM_US)
    server.wait_for("CIPHER is " + suite.openssl)
    server.send(FROM_THEM)
    client.wait_for(FROM_THEM, where="out")


def our_client(stage, suite, theirs=(), ours=()):
    server, port = s_server(stage, suite, *theirs)
    client = stage.our_client(port, suite, *ours)
    talk_to_s_server(server, client, suite)
    client_leaves(client)
    # Without our close_notify it would wait on.
    server.wait_for("DONE")


def s_client_is_up(client, suite):
    client.wait_for(f"New, TLSv1.2, Cipher is {suite.openssl}\n")
    client.wait_for("Extended master secret: yes")
    client.wait_for("Secure Renegotiation IS supported")


def our_server(stage, suite, theirs=(), ours=(), ciphers=None):
    server, port = stage.our_server(suite, *ours)
    client = s_client(stage, port, suite, *theirs, ciphers=ciphers)
    s_client_is_up(client, suite)
    server.wait_for(f"{IDENTITY} (handle 1)", where="err")
    client.send(FROM_THEM)
    client.wait_for(FROM_THEM)
    client.end_input()
    client.expect_exit(0)
    server.wait_for("close_notify", where="err")
    server_leaves(server)


def our_server_leaves_first(stage, suite):
    server, port = stage.our_server(suite)
    client = s_client(stage, port, suite)
    s_client_is_up(client, suite)
    server.wait_for("connected", where="err")
    server_leaves(server)
    client.wait_for("closed")
    client.expect_exit(0)


def hint_of_s_server(stage, suite, hint, identity=IDENTITY):
    server, port = s_server(stage, suite, "-psk_hint", hint)
    client = stage.our_client(port, suite, "--verbose", "--psk-identity", identity)
    client.wait_for(f"identity hint of the server: {hint}\n", where="err")
    talk_to_s_server(server, client, suite)
    client_leaves(client)


def hint_of_our_server(stage, suite, hint, mtu="1232"):
    server, port = stage.our_server(suite, "--hint", hint, "--mtu", mtu)
    client = s_client(stage, port, suite)
    s_client_is_up(client, suite)
    client.wait_for(f"PSK identity hint: {hint}\n")
    server.wait_for("connected", where="err")
    server_leaves(server)


def wrong_key_of_our_client(stage, suite):
    _, port = s_server(stage, suite)
    client = stage.our_client(port, suite, "--timeout", "2", key=("--psk", WRONG_KEY))
    client.expect_exit(1)
    one_line(client, "wrong key")


def wrong_key_of_s_client(stage, suite, key, identity):
    server, port = stage.our_server(suite, "--timeout", "2")
    client = s_client(stage, port, suite, key=key, identity=identity)
    server.wait_for("no session", where="err")
    client.wait_for("alert decrypt error")
    client.expect_exit(1)
    refused = [line for line in server.err.decode().splitlines() if "no session" in line]
    if len(refused) != 1 or b"connected" in server.err:
        raise Failure(f"locket-server should have said once that there is no session: {refused}")
    # The server is as good as new.
    client = s_client(stage, port, suite)
    s_client_is_up(client, suite)
    server.wait_for("connected", where="err")
    server_leaves(server)


def relay(stage, target, seed):
    """A relay of ours in front of a port: it loses, doubles and reorders."""
    port = free_port()
    stage.note = f"seed {seed}"
    return stage.serve("relay", [HERE + "/relay", str(port), str(target), str(seed)], port), port


def weather(stage, network):
    said = network.out.decode()
    fates = [f"{said.count(' ' + fate)} {fate}" for fate in ("lost", "twice", "late")]
    stage.note += f" ({', '.join(fates)})"


def until_it_arrives(sender, text, receiver):
    """Datagrams of data are not repeated by DTLS; say it until one has come through."""
    for _ in range(40):
        sender.send(text)
        try:
            receiver.wait_for(text, 0.25)
            return
        except Failure:
            pass
    raise Failure(f"nothing of 40 lines from {sender.name} reached {receiver.name}")


def our_client_in_bad_weather(stage, suite, n):
    server, target = s_server(stage, suite, "-timeout")
    network, port = relay(stage, target, stage.seed + n)
    client = stage.our_client(port, suite, "--timeout", "60", "--persist")
    client.wait_for("connected: " + suite.iana, 60.0, where="err")
    until_it_arrives(client, FROM_US, server)
    until_it_arrives(server, FROM_THEM, client)
    weather(stage, network)
    client_leaves(client)


def our_server_in_bad_weather(stage, suite, n):
    server, target = stage.our_server(suite)
    network, port = relay(stage, target, stage.seed + n)
    client = s_client(stage, port, suite, "-timeout")
    client.wait_for(f"New, TLSv1.2, Cipher is {suite.openssl}\n", 60.0)
    server.wait_for("connected", 30.0, where="err")
    until_it_arrives(client, FROM_THEM, client)
    weather(stage, network)
    server_leaves(server)


def cases():
    us, we = "our client", "our server"
    found = []
    # The long ones first.
    for n in range(SEEDS):
        found.append(Case("s_server", us, SUITES[n], "bad network", our_client_in_bad_weather,
                          SUITES[n], n))
        found.append(Case("s_client", we, SUITES[n], "bad network", our_server_in_bad_weather,
                          SUITES[n], n))
    for suite in SUITES:
        found.append(Case("s_server", us, suite, "both ways, close", our_client, suite))
        found.append(Case("s_client", we, suite, "both ways, close", our_server, suite))
    small, tiny = ("-mtu", "300"), ("--mtu", "256")
    found += [
        Case("s_server", us, CCM_8, "-listen: its cookies", our_client, CCM_8, ("-listen",)),
        Case("s_server", us, GCM, "-listen: its cookies", our_client, GCM, ("-listen",)),
        Case("s_server", us, CCM_8, "-mtu 300", our_client, CCM_8, small),
        Case("s_server", us, CCM, "-listen -mtu 300, ours 256", our_client, CCM, ("-listen",) + small, tiny),
        Case("s_server", us, GCM, "one message a record", our_client, GCM, (), ("--no-pack",)),
        Case("s_client", we, CCM_8, "-mtu 300", our_server, CCM_8, small),
        Case("s_client", we, CCM, "-mtu 300, ours 256", our_server, CCM, small, tiny),
        Case("s_client", we, CCM_8, "a ClientHello in fragments", our_server, CCM_8,
             ("-mtu", "256", "-servername", 12 * "hall." + "example"), (), CCM_8.openssl + ":kPSK"),
        Case("s_client", we, GCM, "one message a record", our_server, GCM, (), ("--no-pack",)),
        Case("s_client", we, GCM, "we leave first", our_server_leaves_first, GCM),
        Case("s_server", us, CCM_8, "their hint", hint_of_s_server, CCM_8, "gateway-7"),
        Case("s_server", us, CCM, "their hint, our name: 128 bytes", hint_of_s_server, CCM, LONG, LONG),
        Case("s_client", we, CCM_8, "our hint", hint_of_our_server, CCM_8, "gateway-7"),
        Case("s_client", we, CCM, "our hint, 128 bytes, mtu 256", hint_of_our_server, CCM, LONG, "256"),
        Case("s_server", us, CCM_8, "wrong key", wrong_key_of_our_client, CCM_8),
        Case("s_client", we, CCM_8, "wrong key", wrong_key_of_s_client, CCM_8, WRONG_KEY, IDENTITY),
        Case("s_client", we, GCM, "unknown identity", wrong_key_of_s_client, GCM, KEY, "a stranger"),
    ]
    return found
