# SPDX-License-Identifier: Apache-2.0
#
# back_gnutls.py -- coming back with GnuTLS in both roles: by session ID and by ticket, in good
# and in bad weather, and record_size_limit. gnutls-serv does not say that it resumed: there we
# see that no keys were exchanged. Its tickets have 326 bytes, more than our arena has room
# for: then a full handshake is all there is, and with a larger arena they are taken.
import re

from peer_gnutls import gnutls_cli, gnutls_serv
from returning import (BY_ID, BY_TICKET, VISITS, Weather, come, expect_sizes, full_or_not, leave, line_of, ours_for,
                       server_resumed, times, until_it_arrives, wide)
from stage import CCM_8, FROM_THEM, GCM, IDENTITY, SUITES, Case, Failure, server_leaves

SMALL = ":%ALLOW_SMALL_RECORDS"
LONG, MOST = 700 * "x" + "\n", 511 * "x" + "\n"


def theirs_for(way):
    return ("--noticket",) if way == BY_ID else ()


def our_client(stage, suite, way, theirs=(), resumes=True, program=None):
    server, port = gnutls_serv(stage, suite, *theirs)
    for n in range(VISITS):
        resumed = resumes and n > 0
        client = come(stage, port, suite, way, resumed, program=program)
        client.send(line_of(n))
        client.wait_for(line_of(n), where="out")        # it came there, and back
        leave(client)
        full_or_not(client, resumed)
    if server.process.poll() is not None:
        raise Failure("gnutls-serv is gone")
    return client


def our_client_with_a_wide_arena(stage, suite):
    our_client(stage, suite, BY_TICKET, program=wide(stage, "client"))


def our_client_without_room(stage, suite):
    client = our_client(stage, suite, BY_TICKET, resumes=False)
    if b"no room for it in LOCKET_CFG_ARENA" not in client.err:
        raise Failure("our client should say that it had no room")


def cli_has_come_back(client, seconds=12.0):
    client.wait_for("Resume Handshake was completed", seconds)
    client.wait_for("*** This is a resumed session")


def our_server(stage, suite, way, theirs=(), ours=()):
    """gnutls-cli -r connects, leaves, and comes back, all by itself."""
    server, port = stage.our_server(suite, *ours_for(way), *ours)
    client = gnutls_cli(stage, port, suite, "-r", *theirs_for(way), *theirs)
    cli_has_come_back(client)
    server.wait_for(times(f"connected: {IDENTITY} (handle 1)", 2), where="err")
    client.send(FROM_THEM)
    client.wait_for(FROM_THEM)
    client.end_input()
    server.wait_for(times("close_notify", 2), where="err")
    client.expect_exit(0)
    server_leaves(server, 2)
    server_resumed(server, 1, 2)


# --- record_size_limit ---

def gnutls_serv_asks(stage, suite):
    """It takes 512 bytes in a record, and says so at every visit anew."""
    _, port = gnutls_serv(stage, suite, "--recordsize", "512")
    for n in range(2):
        client = come(stage, port, suite, BY_ID, n > 0, "--record-size-limit", "1000")
        client.send(LONG)
        client.wait_for(re.compile(rb"x\n"), where="out")
        leave(client)
        full_or_not(client, n > 0)
        expect_sizes(client, "->", [512, 189])


def our_client_asks(stage, suite):
    """gnutls-serv echoes 254 bytes at a time: less is too little for it, and it says so."""
    server, port = gnutls_serv(stage, suite, more=SMALL)
    for n in range(2):
        client = come(stage, port, suite, BY_ID, n > 0, "--record-size-limit", "200")
        client.send(line_of(n))
        client.wait_for(line_of(n), where="out")
        leave(client)
    client = come(stage, port, suite, BY_ID, True, "--record-size-limit", "200")
    client.send(LONG)
    server.wait_for("The transmitted packet is too large")


def our_server_asks(stage, suite, way):
    """gnutls-cli sends no more than we have said we take, after it has come back."""
    server, port = stage.our_server(suite, "--record-size-limit", "512", "--verbose", *ours_for(way))
    client = gnutls_cli(stage, port, suite, "-r", "--mtu", "1300", *theirs_for(way))
    cli_has_come_back(client)
    client.send(LONG)
    client.wait_for("The transmitted packet is too large")
    client.send(MOST)
    client.wait_for(MOST)
    client.end_input()
    server.wait_for(times("close_notify", 2), where="err")
    server_leaves(server, 2)
    server_resumed(server, 1, 2)
    expect_sizes(server, "->", [512])


def gnutls_cli_asks(stage, suite):
    """Our server says what it takes only to those who ask; what comes then fits both."""
    server, port = stage.our_server(suite, "--verbose")
    client = gnutls_cli(stage, port, suite, "-r", "--mtu", "1300", "--recordsize", "512", *theirs_for(BY_ID))
    cli_has_come_back(client)
    client.send(MOST)
    client.wait_for(MOST)
    client.end_input()
    server.wait_for(times("close_notify", 2), where="err")
    server_leaves(server, 2)
    server_resumed(server, 1, 2)
    expect_sizes(server, "<-", [512])


# --- a bad network ---

def our_client_in_bad_weather(stage, suite, way, seed):
    program = wide(stage, "client") if way == BY_TICKET else None
    server, target = gnutls_serv(stage, suite)
    weather = Weather(stage, target, stage.seed + seed)
    for n in range(VISITS):
        client = come(stage, weather.port, suite, way, n > 0, "--timeout", "60", "--persist", seconds=60.0,
                      program=program)
        until_it_arrives(client, line_of(n), client, where="out")
        weather.turn("fair")                # it must hear that we leave
        leave(client)
        full_or_not(client, n > 0)
        weather.turn("foul")
    weather.tell()
    if server.process.poll() is not None:
        raise Failure("gnutls-serv is gone")


def our_server_in_bad_weather(stage, suite, way, seed):
    server, target = stage.our_server(suite, *ours_for(way))
    weather = Weather(stage, target, stage.seed + seed)
    client = gnutls_cli(stage, weather.port, suite, "-r", *theirs_for(way))
    cli_has_come_back(client, 60.0)
    until_it_arrives(client, FROM_THEM, client)
    server.wait_for(times(f"connected: {IDENTITY} (handle 1)", 2), where="err")
    weather.turn("fair")
    client.end_input()
    weather.tell()
    server.wait_for("close_notify", where="err")
    server_leaves(server, 2)
    server_resumed(server, 1, 2)


def cases():
    us, we = "our client", "our server"
    found = []
    for i, way in enumerate((BY_ID, BY_TICKET)):
        found.append(Case("gnutls-serv", us, CCM_8, f"back by {way}, bad network", our_client_in_bad_weather,
                          CCM_8, way, 30 + i))
        found.append(Case("gnutls-cli", we, GCM, f"back by {way}, bad network", our_server_in_bad_weather,
                          GCM, way, 40 + i))
    for suite in SUITES:
        found.append(Case("gnutls-serv", us, suite, "back by session ID", our_client, suite, BY_ID, ("--noticket",)))
        for way in (BY_ID, BY_TICKET):
            found.append(Case("gnutls-cli", we, suite, f"back by {way}", our_server, suite, way))
    for way in (BY_ID, BY_TICKET):
        found += [
            Case("gnutls-cli", we, CCM_8, f"back by {way}, a cookie always", our_server, CCM_8, way, (),
                 ("--resume-cookie", "always")),
            Case("gnutls-cli", we, CCM_8, f"record_size_limit 512, back by {way}", our_server_asks, CCM_8, way),
        ]
    return found + [
        Case("gnutls-serv", us, CCM_8, "we want an ID, it has tickets too", our_client, CCM_8, BY_ID),
        Case("gnutls-serv", us, CCM_8, "we want a ticket, it has IDs only", our_client, CCM_8, BY_TICKET,
             ("--noticket",)),
        Case("gnutls-serv", us, CCM_8, "no way back", our_client, CCM_8, BY_ID, ("--noticket", "--nodb"), False),
        Case("gnutls-serv", us, CCM_8, "its ticket has no room", our_client_without_room, CCM_8),
        Case("gnutls-serv", us, CCM_8, "its ticket in an arena of 512", our_client_with_a_wide_arena, CCM_8),
        Case("gnutls-serv", us, GCM, "its ticket in an arena of 512", our_client_with_a_wide_arena, GCM),
        Case("gnutls-serv", us, CCM_8, "record_size_limit 512 of theirs", gnutls_serv_asks, CCM_8),
        Case("gnutls-serv", us, CCM_8, "record_size_limit 200 of ours", our_client_asks, CCM_8),
        Case("gnutls-cli", we, CCM_8, "record_size_limit 512 of theirs", gnutls_cli_asks, CCM_8),
    ]
