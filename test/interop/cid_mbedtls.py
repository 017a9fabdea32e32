# SPDX-License-Identifier: Apache-2.0
#
# cid_mbedtls.py -- connection IDs with Mbed TLS 3.6 in both roles: lengths alike and not, asked
# for by one side only or too long for us, a client whose port changes mid-session, and
# handshakes that resume a session and agree on new IDs. All of it goes through a relay, and
# what it has heard is read as well. Two of Mbed TLS go first: what fails with them is no
# fault of ours. (wolfSSL has connection IDs too, but the one of Debian is built without
# WOLFSSL_STATIC_PSK, from 5.7 in trixie to 5.9 in sid: it has no cipher suite of ours.)
import functools
import re
import socket
import time

from peer_mbedtls import peer
from records import expect_on_wire
from returning import (BY_ID, BY_TICKET, VISITS, Weather, ours_for, session_file, times, until_it_arrives,
                       wide)
from stage import CCM, CCM_8, FROM_US, GCM, IDENTITY, KEY, SUITES, Case, Failure, free_port, one_line, server_leaves

WORD = {BY_ID: "id", BY_TICKET: "ticket", None: "id"}
CIDS = re.compile(rb"cid: (?:not in use|ours '([0-9a-f]*)', theirs '([0-9a-f]*)')\n")
ADDRESS = re.compile(rb"(?i)address")
OFF = "off"
LONGEST = 8                                 # of theirs that our tools take


def up(n):
    """The whole of the nth line that says so."""
    return re.compile(rb"(?s)" + rb".*?".join(n * [rb"connected: [^\n]*\n"]))


class Tap(Weather):
    """A relay that remembers what it has heard; without a seed it passes all on."""

    def __init__(self, stage, target, seed=None):
        super().__init__(stage, target, seed or 0)
        if seed is None:
            self.turn("fair")
            stage.note = ""

    def hold(self):
        """What a client sends next goes no further."""
        self.network.send("hold\n")
        self.network.wait_for("the next one is held")

    def held(self):
        found = re.compile(rb"bytes held ([0-9a-f]+)\n")
        self.network.wait_for(found)
        return bytes.fromhex(found.search(self.network.out).group(1).decode())

    def settled(self):
        """All datagrams, when no more come: who has got one may have read it before we read of it."""
        before, heard = None, self.heard()
        while heard != before:
            time.sleep(0.05)
            before, heard = heard, self.heard()
        return heard


class Talk:
    """A client and a server, each ours or theirs, with the lengths of their IDs. `more` is for our tool, `mtu` and
    `fragment` (max_fragment_length) for theirs. Mbed TLS has no return routability checks, so our server is told to
    --follow a client that it hears from elsewhere."""

    def __init__(self, stage, suite, ours, client_cid, server_cid, way=None, knobs=(), more=(), mtu=0, fragment=0,
                 seed=None):
        self.stage, self.suite, self.ours, self.way, self.knobs = stage, suite, ours, way, knobs
        self.more, self.mtu, self.fragment = more, mtu, fragment
        self.cid = {"client": client_cid, "server": server_cid}
        self.visits = VISITS if way else 1
        self.visit = self.since = 0
        self.used = set()
        self.server, self.port = self.start_server()
        self.tap = Tap(stage, self.port, seed)
        self.client = None

    def our_options(self, role):
        cid = self.cid[role]
        file = ("--session-file", session_file(self.stage)) if role == "client" and self.way else ()
        few = ("--sessions", "200") if role == "server" and cid == 1 else ()
        ids = () if cid == OFF else ("--cid", str(cid), *(("--follow",) if role == "server" else ()))
        return (*ids, *ours_for(self.way), *file, *few, *self.more)

    def our_program(self, role):
        return wide(self.stage, role, *self.knobs) if self.knobs else None

    def their_command(self, role, port):
        return [peer(self.stage, "3.6"), role, str(port), self.suite.mbedtls, IDENTITY, KEY, str(self.mtu),
                WORD[self.way], str(self.visits), str(self.fragment), str(self.cid[role])]

    def start_server(self):
        if self.ours == "server":
            return self.stage.our_server(self.suite, *self.our_options("server"), program=self.our_program("server"))
        port = free_port()
        return self.stage.serve("mbedtls_peer", self.their_command("server", port), port), port

    def start_client(self):
        if self.ours == "client":
            return self.stage.our_client(self.tap.port, self.suite, "--linger", "100", *self.our_options("client"),
                                         program=self.our_program("client"))
        if self.client:
            self.client.send("again\n")
            return self.client
        return self.stage.start("mbedtls_peer", self.their_command("client", self.tap.port))

    def connect(self):
        """Their session is a new one, or the one before."""
        self.since = len(self.tap.settled())
        self.client = self.start_client()
        first = self.ours == "client"
        self.client.wait_for(up(1 if first else self.visit + 1))
        self.server.wait_for(up(self.visit + 1))
        self.visit += 1
        for child in (self.client, self.server):
            resumed = child.all.count(b", resumed\n")
            if resumed != (self.visit > 1 if child is self.client and first else self.visit - 1):
                raise Failure(f"{child.name} has come back {resumed} times")

    def say(self, text):
        self.client.send(text)
        self.client.wait_for(text, where="out")

    def ids(self):
        """Of the client and of the server, as Mbed TLS has them."""
        child = self.server if self.ours == "client" else self.client
        found = list(CIDS.finditer(child.out))
        if len(found) != self.visit:
            raise Failure(f"{child.name} has told its connection IDs {len(found)} times")
        own, other = (bytes.fromhex((found[-1].group(i) or b"").decode()) for i in (1, 2))
        return (other, own) if child is self.server else (own, other)

    def agreed(self):
        theirs = self.cid["client" if self.ours == "server" else "server"]
        fits = not self.ours or self.knobs or theirs == OFF or theirs <= LONGEST
        return OFF not in self.cid.values() and fits

    def expect_ids(self):
        """What was agreed on, as told and as heard, and that it has not been used before."""
        heard = self.tap.settled()[self.since:]
        found = dict(zip(("client", "server"), self.ids()))
        for role, cid in found.items():
            if len(cid) != (self.cid[role] if self.agreed() else 0):
                raise Failure(f"the ID of the {role} is '{cid.hex()}'")
            if len(cid) >= 4 and cid in self.used:
                raise Failure(f"the ID of the {role} is '{cid.hex()}', and so was an earlier one")
        offered = None if self.cid["client"] == OFF else self.cid["client"]
        expect_on_wire(heard, found["client"], found["server"], offered,
                       self.cid["server"] if self.agreed() else None, self.used)
        self.used.update(filter(None, found.values()))

    def close(self):
        """The client leaves; all of theirs are content."""
        over = self.visit == self.visits
        if self.ours == "client" or over:
            self.client.end_input()
            self.client.expect_exit(0)
        if not over:
            return
        if self.ours == "server":
            self.server.wait_for(times("close_notify", 1), where="err")
            server_leaves(self.server, self.visits)
        else:
            self.server.expect_exit(0)


def one_visit(stage, suite, ours, client_cid, server_cid, most=301, **terms):
    """The longer text may come back in two records."""
    talk = Talk(stage, suite, ours, client_cid, server_cid, **terms)
    talk.connect()
    talk.say(FROM_US)
    talk.client.send((most - 1) * "x" + "\n")
    try:
        talk.client.wait_for(re.compile((most - 1) * rb"(?:received: )?x" + rb"(?:received: )?\n"), where="out")
    except Failure:
        raise Failure(f"{most} bytes did not come back") from None
    talk.expect_ids()
    talk.close()


def resumed(stage, suite, ours, way, client_cid, server_cid):
    talk = Talk(stage, suite, ours, client_cid, server_cid, way)
    for n in range(VISITS):
        talk.connect()
        talk.say(f"visit {n}: {FROM_US}")
        talk.expect_ids()
        if ours == "client" or n == VISITS - 1:
            talk.close()


def move(talk, how, n):
    if how == "their own":
        talk.client.send("rebind\n")
        talk.client.wait_for(times("moved: ", n))
    else:
        talk.tap.move()


def followed(talk, n):
    """How often the server has found its client at another address."""
    if talk.ours == "server":
        if n > 0:
            talk.server.wait_for(ADDRESS, where="err")
        elif ADDRESS.search(talk.server.err):
            raise Failure("locket-server has found its client at another address")
    else:
        talk.server.wait_for(times("moved: ", n))


def rebind(stage, suite, ours, client_cid, server_cid, how):
    """Three ports, one session. The first answer may go where the client was: what is right is for the application
    of the server to decide when it has been told."""
    talk = Talk(stage, suite, ours, client_cid, server_cid)
    talk.connect()
    talk.say(FROM_US)
    for n in range(2):
        move(talk, how, n + 1)
        until_it_arrives(talk.client, f"from port {n + 2}: {FROM_US}", talk.client, where="out")
        followed(talk, n + 1)
        talk.say(f"once more from there: {FROM_US}")
    talk.expect_ids()
    talk.close()


def bad_network(stage, suite, ours, client_cid, server_cid, seed):
    """Losses, doubles and delays, and another port in the midst of it. (Not during the handshake: their server gives
    up when a ClientHello with its cookie comes once more and late.)"""
    more = ("--persist",) if ours == "client" else ()
    talk = Talk(stage, suite, ours, client_cid, server_cid, more=more, seed=stage.seed + seed)
    talk.tap.turn("fair")
    talk.connect()
    talk.tap.turn("foul")
    for n in range(3):
        until_it_arrives(talk.client, f"from port {n + 1}: {FROM_US}", talk.client, where="out")
        followed(talk, n)
        talk.tap.move()
    talk.tap.turn("fair")
    until_it_arrives(talk.client, f"at last: {FROM_US}", talk.client, where="out")
    talk.expect_ids()
    talk.close()
    talk.tap.tell()


def sleeps(stage, suite, client_cid, server_cid):
    """Our client sleeps in a file and wakes at another port; their server has one session, from one handshake."""
    file, key = stage.folder + "/asleep", ("--save-key", KEY)
    talk = Talk(stage, suite, "client", client_cid, server_cid, more=(*key, "--save", file))
    talk.connect()
    talk.say(FROM_US)
    talk.expect_ids()
    for n in range(2):
        talk.client.end_input()
        talk.client.expect_exit(0)
        talk.more = (*key, "--load", file, *(("--save", file) if n == 0 else ()))
        talk.client = talk.start_client()
        talk.client.wait_for("loaded: ", where="err")
        talk.say(f"awake, {n}: {FROM_US}")
        talk.server.wait_for(times("moved: ", n + 1))
    talk.close()


def stays(stage, suite, client_cid, server_cid):
    """Without an ID our server knows its client by the address alone."""
    talk = Talk(stage, suite, "server", client_cid, server_cid)
    talk.connect()
    talk.say(FROM_US)
    talk.expect_ids()
    talk.tap.move()
    talk.client.send(f"who am I? {FROM_US}")
    try:
        talk.client.wait_for("who am I?", 1.0)
    except Failure:
        pass
    else:
        raise Failure("our server answers a client that it cannot know")
    followed(talk, 0)
    server_leaves(talk.server)


def from_elsewhere(port, datagrams):
    """Send them to the server from an address of nobody's; the first answer, or None."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as elsewhere:
        elsewhere.settimeout(0.3)
        for datagram in datagrams:
            elsewhere.sendto(datagram, ("127.0.0.1", port))
        try:
            return elsewhere.recv(2048)
        except socket.timeout:
            return None


def copied(stage, suite, client_cid, server_cid):
    """Who copies records and sends them from elsewhere changes nothing."""
    talk = Talk(stage, suite, "server", client_cid, server_cid)
    talk.connect()
    for n in range(3):
        talk.say(f"line {n}: {FROM_US}")
    copies = [datagram for outward, datagram in talk.tap.settled() if outward and datagram[0] == 25]
    if from_elsewhere(talk.port, copies):
        raise Failure("our server answers a copy")
    followed(talk, 0)
    talk.say(f"still here: {FROM_US}")
    talk.expect_ids()
    talk.close()


def delayed(stage, suite, client_cid, server_cid, newest):
    """A record that the server has not seen comes from elsewhere. It is one of the session, and is answered; but its
    sender has the address of its client only while nothing newer has come from where the client is."""
    talk = Talk(stage, suite, "server", client_cid, server_cid)
    talk.connect()
    talk.say(FROM_US)
    talk.tap.hold()
    talk.client.send(f"held: {FROM_US}")
    held = talk.tap.held()
    if newest:
        from_elsewhere(talk.port, [held])
        followed(talk, 1)
        until_it_arrives(talk.client, f"back again: {FROM_US}", talk.client, where="out")
    else:
        talk.say(f"newer: {FROM_US}")
        if from_elsewhere(talk.port, [held]):
            raise Failure("our server answers who is not its client")
        talk.client.wait_for(f"held: {FROM_US}", where="out")
        followed(talk, 0)
    talk.say(f"still here: {FROM_US}")
    talk.close()


def too_long_for_our_client(stage, suite, server_cid):
    talk = Talk(stage, suite, "client", 8, server_cid, more=("--timeout", "2"))
    client = talk.start_client()
    client.expect_exit(1)
    one_line(client, "connection ID")


def cases():
    us, we = "our client", "our server"
    server, client = "Mbed TLS 3.6 server", "Mbed TLS 3.6 client"
    found = []

    def add(ours, suite, what, function, *arguments, **terms):
        function = functools.partial(function, **terms)
        if ours is None:
            found.append(Case("Mbed TLS 3.6", "with itself", suite, what, function, *arguments))
        else:
            found.append(Case(server if ours == "client" else client, us if ours == "client" else we, suite, what,
                              function, *arguments))

    def lengths(ours, suite, c, s, what="", **terms):
        add(ours, suite, f"IDs of {c} and {s} bytes{what}".replace("off", "no"), one_visit, suite, ours, c, s, **terms)

    for c, s in ((8, 8), (0, 0), (32, 1), (OFF, 8), (8, OFF)):
        lengths(None, CCM_8, c, s)
    add(None, CCM_8, "IDs of 0 and 8 bytes, other ports", rebind, CCM_8, None, 0, 8, "their own")
    add(None, CCM_8, "IDs of 4 and 8 bytes, a router forgets", rebind, CCM_8, None, 4, 8, "relay")
    for way in (BY_ID, BY_TICKET):
        add(None, CCM_8, f"IDs anew, back by {way}", resumed, CCM_8, None, way, 8, 4)
    for ours in ("client", "server"):
        for suite in SUITES:
            lengths(ours, suite, OFF, OFF)
            lengths(ours, suite, 8, 8)
        for c, s in ((0, 0), (1, 1), (0, 8), (8, 0), (1, 8), (8, 1), (3, 5), (8, OFF), (0, OFF), (OFF, 8), (OFF, 0)):
            lengths(ours, CCM_8, c, s)
        lengths(ours, CCM, 0, 1)
        lengths(ours, GCM, 5, 0)
        lengths(ours, CCM_8, 32, 32, knobs=("CID_SIZE=32", "PEER_CID_SIZE=32"))
        lengths(ours, CCM_8, 8, 8, ", mtu 256", more=("--mtu", "256"), mtu=256, most=150)
        asks = ("--max-fragment-length", "512") if ours == "client" else ()
        for c, s in ((8, 8), (0, 8), (8, 0)):
            lengths(ours, CCM_8, c, s, ", max_fragment_length 512", more=asks, fragment=512, most=512)
        add(ours, CCM_8, "IDs of 3 and 8 bytes, a bad network that forgets", bad_network, CCM_8, ours, 3, 8, 70)
        add(ours, CCM_8, "IDs of 0 and 8 bytes, a router forgets", rebind, CCM_8, ours, 0, 8, "relay")
        add(ours, GCM, "IDs of 8 and 8 bytes, a router forgets", rebind, GCM, ours, 8, 8, "relay")
        add(ours, CCM_8, "IDs of 1 and 4 bytes, a router forgets", rebind, CCM_8, ours, 1, 4, "relay")
        for c, s in ((8, 8), (0, 4)):
            add(ours, CCM_8, f"IDs of {c} and {s} bytes anew, back by ticket", resumed, CCM_8, ours, BY_TICKET, c, s)
    for suite, c, s in ((CCM_8, 8, 8), (CCM, 0, 4), (GCM, 3, 8)):
        add("client", suite, f"IDs of {c} and {s} bytes, our client sleeps in a file", sleeps, suite, c, s)
    add("client", CCM_8, "IDs of 8 and 4 bytes anew, back by session ID", resumed, CCM_8, "client", BY_ID, 8, 4)
    add("server", CCM, "IDs of 8 and 8 bytes, other ports", rebind, CCM, "server", 8, 8, "their own")
    add("server", CCM_8, "no ID for us, a router forgets", stays, CCM_8, 8, 0)
    add("server", CCM_8, "no IDs, a router forgets", stays, CCM_8, OFF, OFF)
    add("server", CCM_8, "records copied to elsewhere", copied, CCM_8, 8, 8)
    add("server", CCM_8, "an old record from elsewhere", delayed, CCM_8, 8, 8, False)
    add("server", CCM_8, "the newest record from elsewhere", delayed, CCM_8, 0, 4, True)
    for n in (LONGEST + 1, 32):
        lengths("server", CCM_8, n, 8)
        add("client", CCM_8, f"their ID of {n} bytes is too long for us", too_long_for_our_client, CCM_8, n)
    return found
