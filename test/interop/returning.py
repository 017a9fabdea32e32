# SPDX-License-Identifier: Apache-2.0
#
# returning.py -- what the cases of coming back share: our client visits the same server again
# and again with one session file, our server is visited, and both must say that the session is
# a resumed one. And the sizes of records, which both our tools show.
import glob
import re
import shutil
import subprocess
import threading

from stage import FROM_US, HERE, Failure, client_leaves, free_port

VISITS = 3                                  # a full handshake, then two that resume
BY_ID, BY_TICKET = "session ID", "ticket"
OVERHEAD = 29                               # of a record with CCM_8
RECORD = re.compile(rb"\|(-+>|<-+) \| +\d+   application data, encrypted (\d+)")

HEARD = re.compile(r"^(->|<-) +\d+ bytes \w+ ([0-9a-f]*)$", re.M)


def ours_for(way):
    """What our tools need for that way."""
    return ("--tickets",) if way == BY_TICKET else ()


def times(text, n):
    """An expression that finds the nth of a text."""
    return re.compile(rb"(?s)" + rb".*?".join([re.escape(text.encode())] * n))


def line_of(n, side=FROM_US):
    """Another text at each visit, so that none is taken for that of the visit before."""
    return f"visit {n}: {side}"


def how(resumed):
    """Behind the suite in what our tools say."""
    return re.compile(rb"connected: [^\n]*, resumed\n" if resumed else rb"connected: (?![^\n]*, resumed\n)")


def session_file(stage):
    return stage.folder + "/session"


def come(stage, port, suite, way, resumed, *options, seconds=12.0, **more):
    """Our client, once more; it has resumed, or not, as it should."""
    client = stage.our_client(port, suite, "--session-file", session_file(stage), "--verbose",
                              *ours_for(way), *options, **more)
    client.wait_for(re.compile(rb"connected: [^\n]*\n"), seconds, where="err")
    if not how(resumed).search(client.err):
        raise Failure("our client should " + ("" if resumed else "not ") + "have resumed its session")
    return client


def full_or_not(client, resumed):
    """What was on the wire: who resumes exchanges no keys."""
    if (b"ClientKeyExchange" in client.err) == resumed:
        raise Failure(f"{client.name}: a resumed handshake has no ClientKeyExchange, a full one has")


def server_resumed(server, wanted, sessions):
    """Our server, when it has ended, has counted those that came back."""
    if f"locket-server: {sessions} sessions, {wanted} of them resumed".encode() not in server.err:
        raise Failure(f"locket-server did not count {wanted} resumed sessions{server.last_words()}")


def expect_sizes(child, arrow, wanted):
    """Bytes of text in each record of data with CCM_8, as one of our tools has shown it."""
    found = [int(size) - OVERHEAD for way, size in RECORD.findall(child.err) if (b">" in way) == (arrow == "->")]
    if found != wanted:
        raise Failure(f"{child.name}: records of {found} bytes went {arrow}, not of {wanted}")


BUILDING = threading.Lock()
BUILT = {}


def wide(stage, tool, *knobs):
    """Our tool once more, with other knobs: an arena of 512 bytes when none are named, for what some peers send
    does not fit the usual one."""
    knobs = knobs or ("ARENA=512",)
    with BUILDING:
        if (tool, knobs) not in BUILT:
            top = HERE + "/../.."
            programs = ("client", "server", "relay", "demo", "loop")
            others = [f"{top}/examples/{name}.c" for name in programs if name != tool]
            sources = [source for source in glob.glob(top + "/examples/*.c") if source not in others]
            path = "-".join([f"{stage.build}/interop/wide-{tool}", *knobs]).replace("=", "-")
            command = [shutil.which("cc") or stage.program("gcc", "gcc"), "-std=c99", "-O1",
                       *["-DLOCKET_CFG_" + knob for knob in knobs],
                       *[f"-I{top}/{folder}" for folder in ("include", "crypto", "record", "alert", "handshake")],
                       "-o", path, top + "/locket.c", *sources]
            made = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
            BUILT[tool, knobs] = path if made.returncode == 0 else None
        if BUILT[tool, knobs] is None:
            raise Failure(f"our {tool} does not compile with {', '.join(knobs)}")
        return BUILT[tool, knobs]


class Weather:
    """A relay of ours in front of a port: it loses, doubles and reorders, until told to stop."""

    def __init__(self, stage, target, seed):
        self.port, self.stage, self.changes, self.moves = free_port(), stage, 0, 0
        stage.note = f"seed {seed}"
        self.network = stage.serve("relay", [HERE + "/relay", str(self.port), str(target), str(seed)], self.port)

    def turn(self, to):
        self.changes += 1
        self.network.send(to + "\n")
        self.network.wait_for(times("the weather is", self.changes))

    def move(self):
        """What its clients send comes from another port now."""
        self.moves += 1
        self.network.send("move\n")
        self.network.wait_for(times("the clients are forgotten", self.moves))

    def heard(self):
        """All datagrams so far: is it from the client, and its bytes."""
        return [(arrow == "->", bytes.fromhex(data)) for arrow, data in HEARD.findall(self.network.out.decode())]

    def tell(self):
        said = self.network.out.decode()
        fates = [f"{said.count(' ' + fate)} {fate}" for fate in ("lost", "twice", "late")]
        self.stage.note += f" ({', '.join(fates)})"


def until_it_arrives(sender, text, receiver, where="all"):
    """Datagrams of data are not repeated by DTLS; say it until one has come through."""
    for _ in range(40):
        sender.send(text)
        try:
            receiver.wait_for(text, 0.25, where=where)
            return
        except Failure:
            pass
    raise Failure(f"nothing of 40 lines from {sender.name} reached {receiver.name}")


def leave(client):
    client_leaves(client)
