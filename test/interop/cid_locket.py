# SPDX-License-Identifier: Apache-2.0
#
# cid_locket.py -- connection IDs between our two tools, through our own relay that forgets its
# clients: the server checks where a client is that has moved, and answers there; a client that
# sleeps in a file goes on from another port, with no second handshake; and a saved session is
# good for one --load, whatever becomes of its files.
import os
import re
import shutil
import signal
import stat

from cid_mbedtls import Tap, from_elsewhere
from peer_locket import Meet
from returning import times, until_it_arrives
from stage import CCM, CCM_8, FROM_US, GCM, IDENTITY, KEY, Case, Failure, client_leaves, one_line, server_leaves

SAVE_KEY = "f0e1d2c3b4a5968778695a4b3c2d1e0f"
IS_THERE, STAYS, FOLLOWED = "it is there", "no check with this peer", "followed without a check"
COPIED = "still answers at its old address"
LISTENING = re.compile(rb"listening on 127\.0\.0\.1:(\d+)\n")


class Road:
    """A server of ours, and our relay before it."""

    def __init__(self, stage, suite, *server, relay=()):
        self.stage, self.suite = stage, suite
        self.server, self.port = stage.our_server(suite, *server)
        self.begin(*relay)
        self.file = os.path.join(stage.folder, "asleep")

    def begin(self, *options):
        self.relay = self.stage.start("locket-relay", [self.stage.build + "/locket-relay", "--time", "60", *options,
                                                       f"127.0.0.1:{self.port}"])
        self.relay.wait_for(LISTENING, where="out")
        self.near = int(LISTENING.search(self.relay.out).group(1))

    def client(self, *options):
        return self.stage.our_client(self.near, self.suite, "--linger", "100", *options)

    def connect(self, *options):
        client = self.client(*options)
        client.wait_for(f"connected: {self.suite.iana}\n", where="err")
        say(client, FROM_US)
        return client

    def sleeper(self, *options, load=True, save=True):
        """Our client with the file of a session that sleeps."""
        files = (("--load", self.file) if load else ()) + (("--save", self.file) if save else ())
        return self.client("--save-key", SAVE_KEY, *files, *options)

    def asleep(self, *options):
        """A session that is in its file."""
        client = self.sleeper(*options, load=False)
        say(client, FROM_US)
        saved(client)

    def forget(self):
        self.relay.process.send_signal(signal.SIGUSR1)

    def moved(self, n):
        self.relay.wait_for(times("moved: ", n), where="out")

    def heard(self, what, n):
        """What the server has said of other addresses, and that it was so often."""
        self.server.wait_for(times(what, n), where="err")
        said = [line for line in self.server.err.decode().splitlines() if ": another address: " in line]
        if len([line for line in said if what in line]) != n:
            raise Failure(f"locket-server has said otherwise of addresses: {said}")
        if any(f": {IDENTITY} (handle 1) at 127.0.0.1:" not in line for line in said):
            raise Failure(f"locket-server does not know who has moved: {said}")

    def one_session(self):
        """It has seen one handshake from first to last."""
        server_leaves(self.server)
        if self.server.err.count(b": connected: ") != 1 or b"0 handshakes failed" not in self.server.err:
            raise Failure("locket-server has seen another handshake")


def say(client, text):
    client.send(text)
    client.wait_for(text, where="out")


def saved(client):
    """Input ends; it keeps its session, and is content."""
    client_leaves(client)
    if not re.search(rb"saved: \d+ bytes, good for one --load\n", client.err):
        raise Failure(f"{client.name} has not saved its session{client.last_words()}")


def refused(client, wanted):
    """It has no session, and says why in one line."""
    client.expect_exit(1)
    one_line(client, wanted)


def roams(stage, suite, client_rrc, server_rrc, how):
    """What is said from another port is answered there, once the server knows; and it is one session."""
    road = Road(stage, suite, "--cid", "4", *server_rrc)
    client = road.connect("--cid", "3", *client_rrc)
    for n in range(2):
        road.forget()
        say(client, f"from another port, {n}: {FROM_US}")
        road.moved(n + 1)
        road.heard(how, n + 1)
    client_leaves(client)
    road.server.wait_for("close_notify", where="err")
    road.one_session()
    road.relay.terminate()
    road.relay.expect_exit(0)


def often(stage, suite):
    """Another port after every four datagrams: with the handshake, the first line is the fourth; then there are a
    line, an answer to the server's challenge, and two lines."""
    road = Road(stage, suite, "--cid", "4", "--rrc", "basic", relay=("--after", "4"))
    client = road.connect("--cid", "3", "--rrc", "basic")
    for n in range(9):
        say(client, f"line {n}: {FROM_US}")
    road.moved(3)
    road.heard(IS_THERE, 3)
    client_leaves(client)
    road.server.wait_for("close_notify", where="err")
    road.one_session()


def stays(stage, suite, client_options, server_options, how):
    """Nothing proves where the client is, so what the server sends goes where it was."""
    road = Road(stage, suite, *server_options)
    client = road.connect(*client_options)
    road.forget()
    client.send(f"from another port: {FROM_US}")
    if how:
        road.heard(how, 1)
    try:
        client.wait_for("from another port", 0.7, where="out")
    except Failure:
        pass
    else:
        raise Failure("locket-server answers where nothing is proven")
    if b"another address" in road.server.err and not how:
        raise Failure("locket-server has found its client at another address")
    server_leaves(road.server)


def silence(stage, suite):
    """The relay forgets by itself who says nothing for a second."""
    road = Road(stage, suite, "--cid", "8", "--rrc", "basic", relay=("--idle", "1"))
    client = road.connect("--cid", "8")
    try:
        client.wait_for("never printed", 1.3)
    except Failure:
        pass
    say(client, f"after a silence: {FROM_US}")
    road.moved(1)
    road.heard(IS_THERE, 1)
    client_leaves(client)
    road.server.wait_for("close_notify", where="err")
    road.one_session()


def copied(stage, suite):
    """A record that the server has not seen yet comes from an attacker's address, before the client's own."""
    server, port = stage.our_server(suite, "--cid", "8")
    tap = Tap(stage, port)
    client = stage.our_client(tap.port, suite, "--cid", "8")
    say(client, FROM_US)
    tap.hold()
    client.send(f"held: {FROM_US}")
    if from_elsewhere(port, [tap.held()]):
        raise Failure("our server answers who has copied a record")
    server.wait_for(COPIED, where="err")
    client.wait_for(f"held: {FROM_US}", where="out")
    say(client, f"still here: {FROM_US}")
    client_leaves(client)
    server.wait_for("close_notify", where="err")
    server_leaves(server)
    if IS_THERE.encode() in server.err:
        raise Failure("our server believes who has copied a record")


def sleeps(stage, suite, client_cid, server_cid, rrc):
    """Four processes, four ports, one session and one handshake."""
    road = Road(stage, suite, "--cid", str(server_cid), "--rrc", rrc)
    road.asleep("--cid", str(client_cid), "--rrc", rrc)
    for n in range(3):
        client = road.sleeper("--cid", str(client_cid), "--verbose", save=n < 2)
        client.wait_for(f"loaded: {suite.iana}, no handshake\n", where="err")
        road.forget()
        say(client, f"awake again, {n}: {FROM_US}")
        road.heard(IS_THERE, n + 1)
        if b"ClientHello" in client.err or b"connected: " in client.err:
            raise Failure("who has a session needs no handshake")
        if n < 2:
            saved(client)
            for name in ("asleep", "asleep.counter"):
                mode = stat.S_IMODE(os.stat(os.path.join(stage.folder, name)).st_mode)
                if mode != 0o600:
                    raise Failure(f"{name} has mode {mode:o}")
            if sorted(os.listdir(stage.folder)) != ["asleep", "asleep.counter"]:
                raise Failure(f"left beside the file: {os.listdir(stage.folder)}")
        else:
            client_leaves(client)
    road.server.wait_for("close_notify", where="err")
    road.one_session()


def unreachable(stage, suite):
    """While nobody passes its datagrams on, the session goes back to its file."""
    road = Road(stage, suite, "--cid", "4", "--rrc", "basic")
    road.asleep("--cid", "4")
    road.relay.terminate()
    road.relay.expect_exit(0)
    client = road.sleeper("--cid", "4")
    client.send(FROM_US)
    client.expect_exit(1)
    client.wait_for("nobody listens there", where="err")
    client.wait_for("good for one --load", where="err")
    road.begin("--listen", f"127.0.0.1:{road.near}")
    client = road.sleeper("--cid", "4", save=False)
    say(client, FROM_US)
    client_leaves(client)
    road.server.wait_for("close_notify", where="err")
    road.one_session()


def foul(stage, suite, rrc):
    """A relay that loses datagrams and forgets who sent them."""
    road = Road(stage, suite, "--cid", "4", "--rrc", rrc, "--first-timeout", "100",
                relay=("--loss", "15", "--after", "20", "--seed", str(stage.seed)))
    client = road.client("--cid", "8", "--persist", "--first-timeout", "100")
    client.wait_for("connected: ", where="err")
    for n in range(100):
        until_it_arrives(client, f"line {n}: {FROM_US}", client, where="out")
        if road.server.err.count(IS_THERE.encode()) == 2:
            break
    road.server.wait_for(times(IS_THERE, 2), 0.1, where="err")
    stage.note = f"{n + 1} lines, seed {stage.seed}"
    client_leaves(client)
    server_leaves(road.server)


def good_once(stage, suite):
    """A blob is good for one --load, an older one for none, and a lost process is a lost session."""
    road = Road(stage, suite, "--cid", "4", "--rrc", "basic")
    road.asleep("--cid", "4")
    shutil.copy(road.file, road.file + ".old")
    client = road.sleeper("--cid", "4")
    say(client, FROM_US)
    refused(road.sleeper("--cid", "4"), "has been loaded")
    saved(client)                           # the newer one, over it
    shutil.copy(road.file, road.file + ".new")
    shutil.copy(road.file + ".old", road.file)
    refused(road.sleeper("--cid", "4"), "has been loaded")
    shutil.copy(road.file + ".new", road.file)
    client = road.sleeper("--cid", "4")
    say(client, FROM_US)
    client.process.kill()                   # the power is gone
    client.process.wait()
    refused(road.sleeper("--cid", "4"), "has been loaded")
    server_leaves(road.server)


def two_at_once(stage, suite):
    """Of those that load it at the same time one has it."""
    road = Road(stage, suite, "--cid", "4", "--rrc", "basic")
    for _ in range(3):
        road.asleep("--cid", "4")
        both = [road.sleeper("--cid", "4", "--linger", "0", save=False) for _ in range(4)]
        for client in both:
            client.end_input()
        codes = sorted(client.exit_code() for client in both)
        if codes != [0, 1, 1, 1]:
            raise Failure(f"of four that load one session at once, these are content: {codes}")
    server_leaves(road.server, 3)


def not_this_one(stage, suite):
    """Files that are not of this device, server, identity or length of an ID, or are damaged."""
    road = Road(stage, suite, "--cid", "4")
    refused(road.sleeper("--cid", "4"), "connect with --save first")
    road.asleep("--cid", "4")
    with open(road.file, "rb") as f:
        good = f.read()
    with open(road.file + ".counter", "rb") as f:
        counter = f.read()

    def put(file, count):
        for name, content in ((road.file, file), (road.file + ".counter", count)):
            if content is not None:
                with open(name, "wb") as f:
                    f.write(content)
            elif os.path.exists(name):
                os.unlink(name)

    own = ("--save-key", SAVE_KEY, "--load", road.file)
    refused(road.client("--cid", "4", "--load", road.file, "--save-key", KEY), "with this --save-key and --cid")
    refused(road.sleeper("--cid", "5"), "with this --save-key and --cid")
    refused(road.sleeper("--cid", "4", "--psk-identity", "a stranger"), "another server or identity")
    refused(stage.our_client(road.port, suite, "--cid", "4", *own), "another server or identity")
    refused(road.client("--session-file", road.file), "that is a file for --load")
    for at in range(0, len(good), 7):
        put(good[:at] + bytes([good[at] ^ 1]) + good[at + 1:], counter)
        refused(road.sleeper("--cid", "4"), "remove it, or name another")
    put(good, None)
    refused(road.sleeper("--cid", "4"), "asleep.counter is missing")
    for at in range(0, len(counter), 5):
        put(good, counter[:at] + bytes([counter[at] ^ 1]) + counter[at + 1:])
        refused(road.sleeper("--cid", "4"), "asleep.counter is damaged")
    # A counter that begins anew has another salt, and so another key.
    put(good, None)
    road.asleep("--cid", "4")
    put(good, None)
    shutil.copy(road.file, road.file + ".first")
    put(good, counter)
    client = road.sleeper("--cid", "4", "--linger", "300", save=False)
    client_leaves(client)
    # And a file to come back with is for --session-file.
    meet = Meet(stage, suite)
    meet.visit("")
    refused(stage.our_client(meet.port, suite, "--load", meet.file, "--save-key", SAVE_KEY),
            "that is a file for --session-file")
    server_leaves(meet.server)
    server_leaves(road.server, 2)


def wrong_options(stage, _):
    file = stage.folder + "/none"
    save, key = ["--save", file], ["--save-key", SAVE_KEY]
    both = [(["--cid", "9"], "0 to 8"), (["--cid", "x"], "0 to 8"), (["--cid"], "needs a value"),
            (["--cid", "4", "--rrc", "yes"], "enhanced, basic or off"), (["--rrc", "basic"], "goes with --cid")]
    server = both + [(["--cid", "1"], "--cid 2"), (["--cid", "1", "--sessions", "257"], "--sessions 256"),
                     (["--follow"], "goes with --cid"), (save, "locket-client"), (key, "locket-client")]
    client = both + [(save, "needs --save-key"), (["--load", file], "needs --save-key"),
                     (key, "goes with --save or --load"), (["--follow"], "locket-server"),
                     ([*save, "--save-key", SAVE_KEY[1:]], "32 hexadecimal digits"),
                     ([*save, "--save-key", 2 * SAVE_KEY], "32 hexadecimal digits"),
                     (["--load", file, *key, "--session-file", file], "give one")]
    for tool, rows in (("locket-server", server), ("locket-client", client)):
        for options, wanted in rows:
            where = [] if options == ["--cid"] else ["127.0.0.1:1"]
            child = stage.start(tool, [f"{stage.build}/{tool}", "--psk", KEY, *where, *options])
            child.expect_exit(2)
            one_line(child, wanted)
            if SAVE_KEY[1:].encode() in child.err:
                raise Failure("a key on standard error")
    relay = [(["--after", "0"], "--after 0: a number from 1"), (["--idle", "x"], "seconds"),
             (["--time", "0"], "seconds"), (["--loss", "101"], "0 to 100"), (["--foul"], "not an option"),
             (["127.0.0.1:2"], "one ADDRESS:PORT"),
             (["--listen", "here"], "ADDRESS:PORT is needed")]
    for options, wanted in relay:
        child = stage.start("locket-relay", [stage.build + "/locket-relay", *options, "127.0.0.1:1"])
        child.expect_exit(2)
        one_line(child, wanted)
    child = stage.start("locket-relay", [stage.build + "/locket-relay", "--time", "0.2", "127.0.0.1:1"])
    child.expect_exit(0, 2.0)
    one_line(child, "0 datagrams (0 bytes) up, 0 (0) down")


def cases():
    found = []

    def add(suite, what, function, *arguments):
        found.append(Case("locket", "with ourselves", suite, what, function, suite, *arguments))

    basic, enhanced, off = (("--rrc", how) for how in ("basic", "enhanced", "off"))
    add(CCM_8, "IDs, --rrc enhanced, another port", roams, (), (), IS_THERE)
    add(CCM, "IDs, --rrc basic, another port", roams, basic, basic, IS_THERE)
    add(GCM, "IDs, --rrc enhanced and basic, another port", roams, enhanced, basic, IS_THERE)
    add(CCM_8, "IDs, --follow, client --rrc off, another port", roams, off, ("--follow",), FOLLOWED)
    add(CCM_8, "IDs, --rrc basic, another port after some datagrams", often)
    add(CCM_8, "IDs, client --rrc off: the server stays", stays, ("--cid", "4", *off), ("--cid", "4"), STAYS)
    add(CCM_8, "IDs, server --rrc off: the server stays", stays, ("--cid", "4"), ("--cid", "4", *off), STAYS)
    add(CCM_8, "IDs of 4 and 0 bytes: who has moved is not known", stays, ("--cid", "4"), ("--cid", "0"), None)
    add(CCM_8, "IDs, a router forgets after a silence", silence)
    add(CCM_8, "IDs, --rrc enhanced, a copy is faster", copied)
    for suite, c, s, rrc in ((CCM_8, 8, 8, "enhanced"), (CCM_8, 0, 4, "basic"), (CCM, 3, 8, "basic"),
                             (GCM, 8, 2, "enhanced")):
        add(suite, f"IDs of {c} and {s} bytes, --rrc {rrc}: sleeps, wakes at another port", sleeps, c, s, rrc)
    for rrc in ("basic", "enhanced"):
        add(CCM_8, f"IDs, --rrc {rrc}, a relay that loses and forgets", foul, rrc)
    add(CCM_8, "IDs, a session whose server is out of reach", unreachable)
    add(CCM_8, "IDs, a saved session is good once", good_once)
    add(CCM_8, "IDs, four load one session at once", two_at_once)
    add(CCM_8, "IDs, saved sessions of others, and damaged ones", not_this_one)
    add(None, "IDs, wrong options", wrong_options)
    return found
