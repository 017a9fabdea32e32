# SPDX-License-Identifier: Apache-2.0
#
# back_others.py -- coming back with Mbed TLS in both roles, by session ID and by ticket, with
# max_fragment_length and in bad weather (its client offers no ID of less than 16 bytes, and
# ours have 8: it comes back by ticket alone); to libcoap's server, over OpenSSL and over GnuTLS
# (which has no cache there, and no tickets); and tshark, which has to open a resumed session
# of ours by the key log of either side.
import re

from peer_libcoap import CONTENT, GET_TIME, PACKAGE, SECRET, WHO
from peer_mbedtls import peer
from peer_tshark import judge, listen, read_again
from returning import (BY_ID, BY_TICKET, VISITS, Weather, come, expect_sizes, full_or_not, leave, line_of, ours_for,
                       server_resumed, times, until_it_arrives)
from stage import (CCM, CCM_8, FROM_THEM, FROM_US, GCM, IDENTITY, KEY, SUITES, Case, free_port, server_leaves)

LONG, MOST = 700 * "x" + "\n", 511 * "x" + "\n"
WORD = {BY_ID: "id", BY_TICKET: "ticket"}


# --- Mbed TLS ---

def their_server(stage, suite, way, visits=VISITS):
    program, port = peer(stage), free_port()
    command = [program, "server", str(port), suite.mbedtls, IDENTITY, KEY, "0", WORD[way], str(visits), "0"]
    return stage.serve("mbedtls_peer", command, port), port


def their_client(stage, port, suite, way, mtu=0, fragment=0):
    command = [peer(stage), "client", str(port), suite.mbedtls, IDENTITY, KEY, str(mtu), WORD[way], str(VISITS),
               str(fragment)]
    return stage.start("mbedtls_peer", command)


def they_are_up(them, suite, n, seconds=12.0):
    them.wait_for(times("connected: ", n + 1), seconds)
    if n > 0:
        them.wait_for(times(f"connected: {suite.mbedtls}, resumed\n", n))


def our_client(stage, suite, way, ours=(), bad=None):
    server, port = their_server(stage, suite, way)
    weather = Weather(stage, port, stage.seed + bad) if bad else None
    for n in range(VISITS):
        client = come(stage, weather.port if bad else port, suite, way, n > 0, "--timeout", "60", "--persist", *ours,
                      seconds=60.0)
        until_it_arrives(client, line_of(n), client, where="out")
        they_are_up(server, suite, n)
        if bad:
            weather.turn("fair")
        leave(client)
        full_or_not(client, n > 0)
        server.wait_for(times("closed by the other side", n + 1))
        if bad:
            weather.turn("foul")
    server.expect_exit(0)
    if bad:
        weather.tell()


def our_server(stage, suite, way, ours=(), mtu=0, bad=None):
    server, port = stage.our_server(suite, "--verbose", *ours_for(way), *ours)
    weather = Weather(stage, port, stage.seed + bad) if bad else None
    client = their_client(stage, weather.port if bad else port, suite, way, mtu)
    for n in range(VISITS):
        they_are_up(client, suite, n, 60.0)
        until_it_arrives(client, line_of(n, FROM_THEM), client)
        server.wait_for(times(f"connected: {IDENTITY} (handle 1)", n + 1), where="err")
        if bad:
            weather.turn("fair")
        client.send("again\n")
        server.wait_for(times("close_notify", n + 1), where="err")
        if bad:
            weather.turn("foul")
    client.expect_exit(0)
    server_leaves(server, VISITS)
    server_resumed(server, VISITS - 1, VISITS)
    if bad:
        weather.tell()


def our_id_is_too_short(stage, suite):
    """A full handshake each time, and nothing lost."""
    server, port = stage.our_server(suite)
    client = their_client(stage, port, suite, BY_ID)
    for n in range(VISITS):
        client.wait_for(times(f"connected: {suite.mbedtls}\n", n + 1))
        client.send(line_of(n, FROM_THEM))
        client.wait_for(line_of(n, FROM_THEM))
        client.send("again\n")
    client.expect_exit(0)
    server_leaves(server, VISITS)
    server_resumed(server, 0, VISITS)


def our_client_asks(stage, suite, way):
    """512 both ways: what we send is cut, and so is what comes back, also of a resumed session."""
    server, port = their_server(stage, suite, way, 2)
    for n in range(2):
        client = come(stage, port, suite, way, n > 0, "--max-fragment-length", "512")
        client.send(LONG)
        client.wait_for(LONG, where="out")
        leave(client)
        expect_sizes(client, "->", [512, 189])
        expect_sizes(client, "<-", [512, 189])
    they_are_up(server, suite, 1)


def their_client_asks(stage, suite, way):
    server, port = stage.our_server(suite, "--verbose", *ours_for(way))
    client = their_client(stage, port, suite, way, fragment=512)
    for n in range(VISITS):
        they_are_up(client, suite, n)
        client.send(MOST)
        client.wait_for(times(MOST, n + 1))
        client.send("again\n")
    client.expect_exit(0)
    server_leaves(server, VISITS)
    server_resumed(server, VISITS - 1, VISITS)
    expect_sizes(server, "->", VISITS * [512])
    expect_sizes(server, "<-", VISITS * [512])


# --- libcoap ---

def libcoap(stage, backend, way, resumes):
    name, port = "coap-server-" + backend, free_port()
    command = [stage.program(name, PACKAGE), "-A", "127.0.0.1", "-p", str(port), "-k", SECRET, "-h", "gateway-7",
               "-v", "7"]
    stage.serve(name, command, port + 1)
    for n in range(VISITS):
        client = come(stage, port + 1, None, way, resumes and n > 0, "--psk-identity", WHO,
                      key=("--psk-text", SECRET))
        client.send(GET_TIME)
        client.end_input()                  # it ends no line
        client.wait_for(CONTENT, where="out")
        client.expect_exit(0)
        full_or_not(client, resumes and n > 0)


# --- tshark ---

RESUMED = ["1", "2", "20", "20"]            # ClientHello, ServerHello, Finished of both
DATAGRAMS = 7                               # three of the handshake, two of data, two of closing


def referee(stage, suite, way, logs):
    """Only the second visit is heard, and only its key is in the file."""
    keys = stage.folder + "/keys"
    server, port = stage.our_server(suite, *ours_for(way), *(("--keylog", keys) if logs == "server" else ()))
    client = come(stage, port, suite, way, False)
    client.send(FROM_US)
    client.wait_for(FROM_US, where="out")
    leave(client)
    tshark = listen(stage, port)
    client = come(stage, port, suite, way, True, *(("--keylog", keys) if logs == "client" else ()))
    client.send(FROM_US)
    client.wait_for(FROM_US, where="out")
    leave(client)
    server.wait_for(times("close_notify", 2), where="err")
    server_leaves(server, 2)
    tshark.wait_for(re.compile(rb"(.*\n){%d}" % DATAGRAMS), where="out")
    judge(read_again(stage, tshark, port, keys), RESUMED, "reuses previously negotiated keys")


def cases():
    us, we = "our client", "our server"
    found = [Case("Mbed TLS client", we, GCM, "back by ticket, bad network", our_server, GCM, BY_TICKET, (), 0, 60)]
    for i, way in enumerate((BY_ID, BY_TICKET)):
        found.append(Case("Mbed TLS server", us, CCM_8, f"back by {way}, bad network", our_client, CCM_8, way, (),
                          50 + i))
    for way in (BY_ID, BY_TICKET):
        for suite in SUITES:
            found.append(Case("Mbed TLS server", us, suite, f"back by {way}", our_client, suite, way))
        found += [
            Case("Mbed TLS server", us, CCM_8, f"max_fragment_length 512, back by {way}", our_client_asks, CCM_8, way),
            Case("coap-server-openssl", us, None, f"back by {way}", libcoap, "openssl", way, True),
            Case("coap-server-gnutls", us, None, f"no way back by {way}", libcoap, "gnutls", way, False),
        ]
    for suite in SUITES:
        found.append(Case("Mbed TLS client", we, suite, "back by ticket", our_server, suite, BY_TICKET))
    found += [
        Case("Mbed TLS client", we, CCM_8, "back by ticket, a cookie always", our_server, CCM_8, BY_TICKET,
             ("--resume-cookie", "always")),
        Case("Mbed TLS client", we, CCM, "back by ticket, mtu 256, ours too", our_server, CCM, BY_TICKET,
             ("--mtu", "256"), 256),
        Case("Mbed TLS client", we, CCM_8, "max_fragment_length 512, back by ticket", their_client_asks, CCM_8,
             BY_TICKET),
        Case("Mbed TLS client", we, CCM_8, "our session ID is too short for it", our_id_is_too_short, CCM_8),
    ]
    return found + [Case("tshark", "both", suite, f"back by {way}: opens all by our {logs}'s key log", referee, suite,
                         way, logs)
                    for suite, way, logs in ((CCM_8, BY_ID, "client"), (GCM, BY_TICKET, "server"),
                                             (CCM, BY_TICKET, "client"), (CCM_8, BY_ID, "server"))]
