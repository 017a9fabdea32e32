# SPDX-License-Identifier: Apache-2.0
#
# back_openssl.py -- coming back with OpenSSL in both roles: by session ID and by ticket, in
# good and in bad weather, to a server that has forgotten, with max_fragment_length.
from peer_openssl import s_client, s_server
from returning import (BY_ID, BY_TICKET, VISITS, Weather, come, expect_sizes, full_or_not, leave, line_of, ours_for,
                       server_resumed, session_file, times, until_it_arrives, wide)
from stage import CCM, CCM_8, FROM_THEM, GCM, IDENTITY, SUITES, Case, Failure, server_leaves

LONG, MOST = 700 * "x" + "\n", 511 * "x" + "\n"
A_LONG_NAME = "meter-17-in-the-hall-3"


def theirs_for(way):
    return () if way == BY_TICKET else ("-no_ticket",)


def s_server_resumed(server, wanted):
    """It says so behind the suite, and before the text that has arrived."""
    found = server.all.count(b"Reused session-id")
    if found != wanted:
        raise Failure(f"s_server says {found} times that it resumed, not {wanted} times")


def our_client(stage, suite, way, theirs=(), ours=(), resumes=True):
    server, port = s_server(stage, suite, *theirs)
    for n in range(VISITS):
        resumed = resumes and n > 0
        client = come(stage, port, suite, way, resumed, *ours)
        client.send(line_of(n))
        server.wait_for(line_of(n))
        s_server_resumed(server, n if resumes else 0)
        server.send(line_of(n, FROM_THEM))
        client.wait_for(line_of(n, FROM_THEM), where="out")
        leave(client)
        full_or_not(client, resumed)
        server.wait_for(times("DONE", n + 1))
    return client


def our_client_of_a_long_name(stage, suite):
    """Their ticket and that identity do not fit the arena together: then there is no ticket."""
    client = our_client(stage, suite, BY_TICKET, (), ("--psk-identity", A_LONG_NAME), resumes=False)
    if b"no room for it in LOCKET_CFG_ARENA" not in client.err:
        raise Failure("our client should say that it had no room")


def visit_of_s_client(stage, port, suite, way, n, *options, seconds=12.0):
    path = session_file(stage)
    client = s_client(stage, port, suite, *theirs_for(way), "-sess_out", path, *(("-sess_in", path) if n else ()),
                      *options)
    client.wait_for(f"{'Reused' if n else 'New'}, TLSv1.2, Cipher is {suite.openssl}\n", seconds)
    client.wait_for("Extended master secret: yes")
    return client


def our_server(stage, suite, way, theirs=(), ours=()):
    server, port = stage.our_server(suite, *ours_for(way), *ours)
    for n in range(VISITS):
        client = visit_of_s_client(stage, port, suite, way, n, *theirs)
        server.wait_for(times(f"connected: {IDENTITY} (handle 1)", n + 1), where="err")
        client.send(line_of(n, FROM_THEM))
        client.wait_for(times(line_of(n, FROM_THEM), 1))
        client.end_input()
        client.expect_exit(0)
        server.wait_for(times("close_notify", n + 1), where="err")
    server_leaves(server, VISITS)
    server_resumed(server, VISITS - 1, VISITS)


def our_server_with_a_wide_arena(stage, suite):
    """A ClientHello with our ticket, in fragments: 235 bytes, and the usual arena has room for 224. One in
    pieces resumes nothing, so this is a full handshake."""
    server, port = stage.our_server(suite, *ours_for(BY_TICKET), "--mtu", "256", program=wide(stage, "server"))
    for n in range(2):
        path = session_file(stage)
        client = s_client(stage, port, suite, "-mtu", "256", "-sess_out", path, *(("-sess_in", path) if n else ()))
        client.wait_for(f"New, TLSv1.2, Cipher is {suite.openssl}\n")
        client.send(line_of(n, FROM_THEM))
        client.wait_for(line_of(n, FROM_THEM))
        client.end_input()
        client.expect_exit(0)
        server.wait_for(times("close_notify", n + 1), where="err")
    server_leaves(server, 2)
    server_resumed(server, 0, 2)


def our_server_forgot(stage, suite, way):
    """Another server with other keys: what s_client brings is unknown, and nothing is lost."""
    for n in range(2):
        server, port = stage.our_server(suite, *ours_for(way))
        path = session_file(stage)
        client = s_client(stage, port, suite, *theirs_for(way), "-sess_out", path, *(("-sess_in", path) if n else ()))
        client.wait_for(f"New, TLSv1.2, Cipher is {suite.openssl}\n")
        client.send(FROM_THEM)
        client.wait_for(FROM_THEM)
        client.end_input()
        client.expect_exit(0)
        server.wait_for("close_notify", where="err")
        server_leaves(server)
        server_resumed(server, 0, 1)


def s_server_forgot(stage, suite, way):
    """The port is another one as well: the file says so, and our client begins anew."""
    for n in range(2):
        server, port = s_server(stage, suite, *theirs_for(way))
        client = come(stage, port, suite, way, False)
        client.send(line_of(n))
        server.wait_for(line_of(n))
        leave(client)
        server.stop()


def tickets_of_two_gateways(stage, suite):
    """Two servers with one ticket key take each other's tickets; one with another key does not."""
    keys = ("--ticket-key", "7:" + 16 * "a5"), ("--ticket-key", "7:" + 16 * "a5"), ("--ticket-key", "7:" + 16 * "5a")
    for n, key in enumerate(keys):
        server, port = stage.our_server(suite, *key)
        path = session_file(stage)
        client = s_client(stage, port, suite, "-sess_out", path, *(("-sess_in", path) if n else ()))
        client.wait_for(f"{'Reused' if n == 1 else 'New'}, TLSv1.2, Cipher is {suite.openssl}\n")
        client.send(FROM_THEM)
        client.wait_for(FROM_THEM)
        client.end_input()
        client.expect_exit(0)
        server.wait_for("close_notify", where="err")
        server_leaves(server)
        server_resumed(server, 1 if n == 1 else 0, 1)


# --- max_fragment_length ---

def our_client_asks(stage, suite, way):
    """512 both ways, at the first visit and when it comes back. s_server does not cut what is longer."""
    server, port = s_server(stage, suite, *theirs_for(way))
    for n in range(2):
        client = come(stage, port, suite, way, n > 0, "--max-fragment-length", "512")
        client.send(LONG)
        server.wait_for(times(LONG.strip(), n + 1))
        server.send(MOST)
        client.wait_for(MOST, where="out")
        leave(client)
        server.wait_for(times("DONE", n + 1))
        full_or_not(client, n > 0)
        expect_sizes(client, "->", [512, 189])
        expect_sizes(client, "<-", [512])
        s_server_resumed(server, n)
    client = come(stage, port, suite, way, True, "--max-fragment-length", "512")
    server.send(LONG)
    server.wait_for("exceeds max fragment size")
    client.wait_for("internal_error", where="err")
    client.expect_exit(1)
    # A fatal alert has ended it, so it is not to be resumed any more.
    leave(come(stage, port, suite, way, False, "--max-fragment-length", "512"))


def s_client_asks(stage, suite, way):
    server, port = stage.our_server(suite, "--verbose", *ours_for(way))
    for n in range(2):
        client = visit_of_s_client(stage, port, suite, way, n, "-maxfraglen", "512")
        client.send(MOST)
        client.wait_for(MOST)
        client.end_input()
        client.expect_exit(0)
        server.wait_for(times("close_notify", n + 1), where="err")
    client = visit_of_s_client(stage, port, suite, way, 2, "-maxfraglen", "512")
    client.send(LONG)
    client.wait_for("exceeds max fragment size")
    server.wait_for("internal_error", where="err")
    server_leaves(server, 3)
    server_resumed(server, 2, 3)
    expect_sizes(server, "->", [512, 512])
    expect_sizes(server, "<-", [512, 512])


# --- a bad network ---

def our_client_in_bad_weather(stage, suite, way, seed):
    server, target = s_server(stage, suite, "-timeout", *theirs_for(way))
    weather = Weather(stage, target, stage.seed + seed)
    for n in range(VISITS):
        client = come(stage, weather.port, suite, way, n > 0, "--timeout", "60", "--persist", seconds=60.0)
        until_it_arrives(client, line_of(n), server)
        until_it_arrives(server, line_of(n, FROM_THEM), client)
        s_server_resumed(server, n)
        weather.turn("fair")                # it serves one at a time: it must hear that we leave
        leave(client)
        server.wait_for(times("DONE", n + 1))
        weather.turn("foul")
    weather.tell()


def our_server_in_bad_weather(stage, suite, way, seed):
    server, target = stage.our_server(suite, "--verbose", *ours_for(way))
    weather = Weather(stage, target, stage.seed + seed)
    for n in range(VISITS):
        client = visit_of_s_client(stage, weather.port, suite, way, n, "-timeout", seconds=60.0)
        until_it_arrives(client, line_of(n, FROM_THEM), client)
        server.wait_for(times(f"connected: {IDENTITY} (handle 1)", n + 1), where="err")
        weather.turn("fair")
        client.end_input()
        client.expect_exit(0)
        weather.turn("foul")
    weather.tell()
    server_leaves(server, VISITS)
    server_resumed(server, VISITS - 1, VISITS)


def cases():
    us, we = "our client", "our server"
    found = []
    for way in (BY_ID, BY_TICKET):
        for i, suite in enumerate((CCM_8, GCM)):
            found.append(Case("s_server", us, suite, f"back by {way}, bad network", our_client_in_bad_weather,
                              suite, way, 10 + i))
            found.append(Case("s_client", we, suite, f"back by {way}, bad network", our_server_in_bad_weather,
                              suite, way, 20 + i))
    for way in (BY_ID, BY_TICKET):
        for suite in SUITES:
            found.append(Case("s_server", us, suite, f"back by {way}", our_client, suite, way, theirs_for(way)))
            found.append(Case("s_client", we, suite, f"back by {way}", our_server, suite, way))
        found += [
            Case("s_client", we, CCM_8, f"back by {way}, a cookie always", our_server, CCM_8, way, (),
                 ("--resume-cookie", "always")),
            Case("s_server", us, CCM, f"back by {way}, mtu 300, ours 256", our_client, CCM, way,
                 theirs_for(way) + ("-mtu", "300"), ("--mtu", "256")),
            Case("s_client", we, GCM, f"back by {way}, forgotten", our_server_forgot, GCM, way),
            Case("s_server", us, GCM, f"back by {way}, forgotten", s_server_forgot, GCM, way),
            Case("s_server", us, CCM_8, f"max_fragment_length 512, back by {way}", our_client_asks, CCM_8, way),
            Case("s_client", we, CCM_8, f"max_fragment_length 512, back by {way}", s_client_asks, CCM_8, way),
        ]
    return found + [
        Case("s_client", we, CCM, "back by session ID, mtu 256", our_server, CCM, BY_ID, ("-mtu", "256"),
             ("--mtu", "256")),
        Case("s_client", we, CCM, "back by ticket, mtu 256, an arena of 512", our_server_with_a_wide_arena, CCM),
        Case("s_client", we, CCM, "back by ticket, mtu 300, ours 256", our_server, CCM, BY_TICKET, ("-mtu", "300"),
             ("--mtu", "256")),
        Case("s_server", us, CCM_8, "we want an ID, it has tickets too", our_client, CCM_8, BY_ID),
        Case("s_server", us, CCM_8, "we want a ticket, it has IDs only", our_client, CCM_8, BY_TICKET, ("-no_ticket",)),
        Case("s_server", us, CCM_8, "no way back", our_client, CCM_8, BY_ID, ("-no_ticket", "-no_cache"), (), False),
        Case("s_server", us, CCM_8, "its ticket has no room", our_client_of_a_long_name, CCM_8),
        Case("s_client", we, CCM_8, "tickets of two gateways", tickets_of_two_gateways, CCM_8),
    ]
