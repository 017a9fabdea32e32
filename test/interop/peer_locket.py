# SPDX-License-Identifier: Apache-2.0
#
# peer_locket.py -- our two tools with each other: what a session file is good for, by ID and
# by ticket, over restarts of either, and what is said when it is good for nothing.
import os
import re
import stat

from stage import (CCM, CCM_8, FROM_US, IDENTITY, KEY, SUITES, WRONG_KEY, Case, Failure, client_leaves, free_port,
                   one_line, server_leaves)

TICKET_KEYS = [f"{n}:{n:032x}" for n in (1, 2, 3, 65535)]


class Meet:
    """A server of ours that can be started again at the same port, and visits to it."""

    def __init__(self, stage, suite, *options, client=()):
        self.stage, self.suite, self.options = stage, suite, options
        self.client = client
        self.port = free_port()
        self.file = os.path.join(stage.folder, "session")
        self.start(*options)

    def start(self, *options):
        command = [self.stage.build + "/locket-server", "--suite", self.suite.short, "--psk", KEY, *options,
                   f"127.0.0.1:{self.port}"]
        self.server = self.stage.serve("locket-server", command, self.port)
        self.visits = 0

    def again(self, *options):
        server_leaves(self.server, self.visits)
        self.start(*(options or self.options))

    def visit(self, how, *options):
        """Our client connects, says a line, hears it, and leaves. `how` ends its line."""
        client = self.stage.our_client(self.port, self.suite, "--session-file", self.file, "--linger", "50",
                                       *self.client, *options)
        client.wait_for(f"connected: {self.suite.iana}{how}\n", where="err")
        self.visits += 1
        client.send(FROM_US)
        client.wait_for(FROM_US, where="out")
        client_leaves(client)
        lines = self.server.err.decode().splitlines()
        up = [line for line in lines if f"connected: {IDENTITY} (handle 1)" in line]
        if len(up) != self.visits or up[-1].endswith(", resumed") != (how == ", resumed"):
            raise Failure(f"locket-server saw it otherwise: {up[-1:]}")
        return client

    def kept(self):
        """The file is there, for its owner only, and nothing is left beside it."""
        mode = stat.S_IMODE(os.stat(self.file).st_mode)
        if mode != 0o600:
            raise Failure(f"the session file has mode {mode:o}")
        beside = [name for name in os.listdir(self.stage.folder) if name != "session"]
        if beside:
            raise Failure(f"left beside the session file: {beside}")


FIRST, BACK, FORGOTTEN = "", ", resumed", ", not resumed"


def by_id(stage, suite):
    meet = Meet(stage, suite)
    meet.visit(FIRST)
    meet.kept()
    for _ in range(3):
        meet.visit(BACK)
        meet.kept()
    meet.again()
    meet.visit(FORGOTTEN)
    meet.visit(BACK)
    server_leaves(meet.server, 2)


def by_ticket(stage, suite):
    meet = Meet(stage, suite, "--tickets", "--cache", "0", client=("--tickets",))
    meet.visit(FIRST)
    meet.kept()
    for _ in range(3):
        meet.visit(BACK)
        meet.kept()
    meet.again()                  # its own key is gone with it
    meet.visit(FORGOTTEN)
    meet.visit(BACK)
    server_leaves(meet.server, 2)


def with_ticket_keys(stage, suite):
    one, two, three, _ = TICKET_KEYS
    meet = Meet(stage, suite, "--ticket-key", one, client=("--tickets",))
    meet.visit(FIRST)
    meet.again("--ticket-key", one, "--ticket-key", two)
    meet.visit(BACK)              # by the previous key
    os.rename(meet.file, meet.file + ".old")
    meet.visit(FIRST)             # and now one of the current
    meet.again("--ticket-key", two, "--ticket-key", three)
    meet.visit(BACK)
    os.rename(meet.file + ".old", meet.file)
    meet.visit(FORGOTTEN)         # the oldest is no longer taken
    meet.visit(BACK)
    server_leaves(meet.server, 3)


def two_gateways(stage, suite):
    """Two servers with the same ticket keys; the file names a server, so the port is the same."""
    keys = [word for key in TICKET_KEYS[2:] for word in ("--ticket-key", key)]
    meet = Meet(stage, suite, *keys, "--psk-delay", "5", client=("--tickets",))
    meet.visit(FIRST)
    meet.again()
    client = meet.visit(BACK, "--verbose")
    if b"ClientKeyExchange" in client.err:
        raise Failure("a resumed handshake with a key exchange")
    server_leaves(meet.server)


def limits(stage, suite):
    meet = Meet(stage, suite, client=("--max-fragment-length", "512"))
    meet.visit(FIRST)
    meet.visit(BACK)
    meet.client = ("--record-size-limit", "64")
    meet.visit(FORGOTTEN)         # other terms than the session's
    client = stage.our_client(meet.port, suite, "--record-size-limit", "64", "--linger", "300")
    meet.visits += 1
    text = 5 * "a line that is longer than what the client takes in one record, " + "\n"
    client.send(text)
    client.wait_for(text, where="out")
    client_leaves(client)
    server_leaves(meet.server, meet.visits)


def cookies(stage, suite, when, verify):
    meet = Meet(stage, suite, "--resume-cookie", when)
    meet.visit(FIRST)
    client = meet.visit(BACK, "--verbose")
    if (b"HelloVerifyRequest" in client.err) != verify:
        raise Failure(f"--resume-cookie {when}: a cookie {'was not' if verify else 'was'} asked for")
    server_leaves(meet.server, 2)


def not_ours(stage, suite):
    """A file that is damaged, or of somebody else, is neither used nor lost."""
    meet = Meet(stage, suite)
    meet.visit(FIRST)
    with open(meet.file, "rb") as f:
        good = f.read()
    bad = [good[:-1], good + b"x", b"x" + good, b"no session file\n", 70000 * b"x"]
    bad += [good[:at] + bytes([good[at] ^ 1]) + good[at + 1:] for at in range(0, len(good), 9)]
    for content in bad:
        with open(meet.file, "wb") as f:
            f.write(content)
        client = stage.our_client(meet.port, suite, "--session-file", meet.file)
        client.expect_exit(1)
        one_line(client, "remove it, or name another")
        with open(meet.file, "rb") as f:
            if f.read() != content:
                raise Failure("a file that is no session file was written over")
    client = stage.our_client(meet.port, suite, "--session-file", stage.folder)
    client.expect_exit(1)
    one_line(client, "Is a directory")
    with open(meet.file, "wb"):
        pass
    meet.visit(FIRST)             # an empty one is as good as none
    meet.visit(BACK)
    server_leaves(meet.server, 3)


def of_another(stage, suite):
    """A session is of one server and one identity. (The folder is the same, and so is the file.)"""
    meet = Meet(stage, suite)
    meet.visit(FIRST)
    other = Meet(stage, suite)
    client = other.visit(FIRST)
    client.wait_for("of another server or identity", where="err")
    server_leaves(other.server)
    client = meet.visit(FIRST)
    client.wait_for("of another server or identity", where="err")
    meet.visit(BACK)
    client = stage.our_client(meet.port, suite, "--session-file", meet.file, "--psk-identity", "a stranger",
                              "--timeout", "1")
    client.expect_exit(1)
    client.wait_for("of another server or identity", where="err")
    client.wait_for("wrong key", where="err")


def after_a_fatal_alert(stage, suite):
    """What a fatal alert ended is not to be resumed: the file is gone."""
    with_cache = Meet(stage, suite)
    with_cache.visit(FIRST)
    server_leaves(with_cache.server)
    # The same address, another key, and nothing remembered: it refuses with decrypt_error.
    command = [stage.build + "/locket-server", "--suite", suite.short, "--psk", WRONG_KEY, "--timeout", "1",
               f"127.0.0.1:{with_cache.port}"]
    stage.serve("locket-server with another key", command, with_cache.port)
    client = stage.our_client(with_cache.port, suite, "--session-file", with_cache.file, "--timeout", "1")
    client.expect_exit(1)
    one_line(client, "wrong key")
    if os.path.exists(with_cache.file):
        raise Failure("the session file has outlived a fatal alert")
    # And who gives nothing to come back with leaves no file.
    meet = Meet(stage, suite, "--cache", "0")
    meet.file = with_cache.file
    meet.visit(FIRST)
    if os.path.exists(meet.file):
        raise Failure("a session file without a way back")
    server_leaves(meet.server)


def wrong_options(stage, suite):
    key = TICKET_KEYS[0]
    server = [(["--ticket-key", "1:22"], "32 hexadecimal digits"), (["--ticket-key", "65536:" + key[2:]], "65535"),
              (["--ticket-key", key + key[2:]], "32 hexadecimal digits"), (["--ticket-key", key[2:]], "a colon"),
              (["--ticket-key", key, "--ticket-key", key], "two numbers"),
              ([word for k in TICKET_KEYS[:3] for word in ("--ticket-key", k)], "two are enough"),
              (["--cache", "65535"], "0 to 65534"), (["--lifetime", "0"], "seconds"),
              (["--resume-cookie", "sometimes"], "busy, always or never"), (["--session-file", "x"], "locket-client"),
              (["--max-fragment-length", "512"], "locket-client"), (["--record-size-limit", "63"], "64 to 16384")]
    client = [(["--max-fragment-length", "513"], "512, 1024, 2048 or 4096"), (["--ticket-key", key], "locket-server"),
              (["--record-size-limit", "16385"], "64 to 16384"), (["--cache", "1"], "locket-server"),
              (["--session-file"], "needs a value")]
    for tool, rows in (("locket-server", server), ("locket-client", client)):
        for options, wanted in rows:
            where = [] if options == ["--session-file"] else ["127.0.0.1:1"]
            child = stage.start(tool, [f"{stage.build}/{tool}", "--psk", KEY, *where, *options])
            child.expect_exit(2)
            one_line(child, wanted)
            if re.search(rb"0{30}", child.err):
                raise Failure("a key on standard error")


def cases():
    both = "with ourselves"
    found = []
    for suite in SUITES:
        found += [Case("locket", both, suite, "coming back by ID", by_id, suite),
                  Case("locket", both, suite, "coming back by ticket", by_ticket, suite)]
    return found + [
        Case("locket", both, CCM_8, "ticket keys over restarts", with_ticket_keys, CCM_8),
        Case("locket", both, CCM, "ticket keys of two gateways", two_gateways, CCM),
        Case("locket", both, CCM_8, "coming back with size limits", limits, CCM_8),
        Case("locket", both, CCM_8, "--resume-cookie busy", cookies, CCM_8, "busy", False),
        Case("locket", both, CCM_8, "--resume-cookie never", cookies, CCM_8, "never", False),
        Case("locket", both, CCM_8, "--resume-cookie always", cookies, CCM_8, "always", True),
        Case("locket", both, CCM_8, "a damaged session file", not_ours, CCM_8),
        Case("locket", both, CCM_8, "a session of another server", of_another, CCM_8),
        Case("locket", both, CCM_8, "a session file after a fatal alert", after_a_fatal_alert, CCM_8),
        Case("locket", both, None, "wrong options", wrong_options, CCM_8),
    ]
