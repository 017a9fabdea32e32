# SPDX-License-Identifier: Apache-2.0
#
# stage.py -- what every case stands on: children that are read while they run and
# ended by their own number, ports, waits that end, and our two tools. A case is a
# function of one Stage that returns when all is well and raises Failure when not.
import os
import re
import shutil
import socket
import subprocess
import threading
import time

KEY = "000102030405060708090a0b0c0d0e0f"
WRONG_KEY = "ff0102030405060708090a0b0c0d0e0f"
IDENTITY = "Client_identity"
FROM_US = "a reading from our side: 21.5 C\n"
FROM_THEM = "an answer from their side: 42\n"
HERE = os.path.dirname(os.path.abspath(__file__))


class Failure(Exception):
    """One sentence: why the case failed."""


class Suite:
    def __init__(self, short, iana, openssl, gnutls, mbedtls):
        self.short = short          # of our --suite
        self.iana = iana            # what our tools print
        self.openssl = openssl
        self.gnutls = gnutls        # the cipher in a priority string
        self.mbedtls = mbedtls


CCM_8 = Suite("ccm8", "TLS_PSK_WITH_AES_128_CCM_8", "PSK-AES128-CCM8", "AES-128-CCM-8",
              "TLS-PSK-WITH-AES-128-CCM-8")
CCM = Suite("ccm", "TLS_PSK_WITH_AES_128_CCM", "PSK-AES128-CCM", "AES-128-CCM",
            "TLS-PSK-WITH-AES-128-CCM")
GCM = Suite("gcm", "TLS_PSK_WITH_AES_128_GCM_SHA256", "PSK-AES128-GCM-SHA256", "AES-128-GCM",
            "TLS-PSK-WITH-AES-128-GCM-SHA256")
SUITES = (CCM_8, CCM, GCM)


class Case:
    def __init__(self, peer, role, suite, what, function, *arguments):
        self.peer, self.role, self.what = peer, role, what
        self.suite = suite.short if suite else "any"
        self.function, self.arguments = function, arguments


class Child:
    """A program under way. `out` and `err` grow while it runs; `all` is both, as they came."""

    def __init__(self, name, command, environment=None):
        self.name, self.command = name, command
        self.out = self.err = self.all = b""
        self.change = threading.Condition()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, env=environment)
        self.readers = [threading.Thread(target=self._read, args=(stream, which), daemon=True)
                        for stream, which in ((self.process.stdout, "out"), (self.process.stderr, "err"))]
        for reader in self.readers:
            reader.start()

    def _read(self, stream, which):
        while True:
            data = os.read(stream.fileno(), 65536)
            with self.change:
                setattr(self, which, getattr(self, which) + data)
                self.all += data
                self.change.notify_all()
            if not data:
                return

    def wait_for(self, text, seconds=12.0, where="all"):
        """Wait until the text, or the expression, has been printed."""
        pattern = text if isinstance(text, re.Pattern) else re.compile(re.escape(text).encode())
        end = time.monotonic() + seconds
        with self.change:
            while not pattern.search(getattr(self, where)):
                left = end - time.monotonic()
                ended = not any(reader.is_alive() for reader in self.readers)
                if left <= 0 or ended:
                    wanted = pattern.pattern.replace(b"\\", b"").decode().strip()
                    how = "ended without" if ended else f"did not print within {seconds:g} s:"
                    raise Failure(f"{self.name} {how} '{wanted}'{self.last_words()}")
                self.change.wait(min(left, 0.1))

    def last_words(self):
        lines = [line for line in self.err.decode(errors="replace").splitlines() if line.strip()]
        return f" (its last words: {lines[-1].strip()})" if lines else ""

    def send(self, text):
        try:
            self.process.stdin.write(text if isinstance(text, bytes) else text.encode())
            self.process.stdin.flush()
        except OSError:
            raise Failure(f"{self.name} takes no input any more{self.last_words()}") from None

    def end_input(self):
        try:
            self.process.stdin.close()
        except OSError:
            pass

    def exit_code(self, seconds=12.0):
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.name} does not end{self.last_words()}") from None
        for reader in self.readers:
            reader.join(2.0)
        return code

    def expect_exit(self, code, seconds=12.0):
        got = self.exit_code(seconds)
        if got != code:
            raise Failure(f"{self.name}: exit code {got} where {code} was expected{self.last_words()}")

    def terminate(self):
        if self.process.poll() is None:
            self.process.terminate()

    def stop(self):
        self.end_input()
        for end in (self.process.terminate, self.process.kill):
            if self.process.poll() is not None:
                break
            end()
            try:
                self.process.wait(2.0)
            except subprocess.TimeoutExpired:
                pass
        for reader in self.readers:
            reader.join(2.0)

    def story(self):
        """For the log: what it was, and what it said."""
        return (f"==== {self.name}: {' '.join(self.command)}\n".encode() + self.all +
                f"\n---- exit code {self.process.poll()}\n".encode())


# Ports below those that the kernel gives to clients, each used once in a run.
PORTS = iter(range(21000, 32000, 2))
PORTS_LOCK = threading.Lock()


def udp_is_free(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        try:
            s.bind(("0.0.0.0", port))
        except OSError:
            return False
    return True


def free_port():
    """A port that is free, and so is the next one (coap-server takes two)."""
    with PORTS_LOCK:
        for port in PORTS:
            if udp_is_free(port) and udp_is_free(port + 1):
                return port
    raise Failure("no free UDP port")


def someone_listens(port):
    ending = f":{port:04X}"
    for table in ("/proc/self/net/udp", "/proc/self/net/udp6"):
        try:
            with open(table, encoding="ascii") as lines:
                if any(line.split()[1].endswith(ending) for line in lines):
                    return True
        except OSError:
            pass
    return False


class Stage:
    """One case under way: its children, a folder for its files, and our two tools."""

    def __init__(self, build, folder, alone, seed):
        self.build, self.folder, self.seed = build, folder, seed
        self.alone = alone          # why we are not alone on our loopback; None when we are
        self.children = []
        self.lock = threading.Lock()
        self.over = False
        self.note = ""              # shown beside "ok"

    def program(self, name, package):
        """A program of a Debian package; without it the case fails."""
        path = shutil.which(name)
        if path is None:
            raise Failure(f"no {name} here; it is in Debian's package {package}")
        return path

    def start(self, name, command, environment=None):
        with self.lock:
            if self.over:
                raise Failure("interrupted")
            try:
                self.children.append(Child(name, command, environment))
            except OSError as e:
                raise Failure(f"{command[0]}: {e.strerror}") from None
            return self.children[-1]

    def serve(self, name, command, port, environment=None):
        """Start a server and wait until its port is bound."""
        child = self.start(name, command, environment)
        for _ in range(400):
            if someone_listens(port):
                return child
            if child.process.poll() is not None:
                break
            time.sleep(0.02)
        raise Failure(f"{name} does not listen at port {port}{child.last_words()}")

    def our_client(self, port, suite, *options, key=("--psk", KEY), program=None):
        command = [program or self.build + "/locket-client", *key, *options, f"127.0.0.1:{port}"]
        if suite:
            command[1:1] = ["--suite", suite.short]
        return self.start("locket-client", command)

    def our_server(self, suite, *options, key=("--psk", KEY), program=None):
        """Our server and the port that it has taken."""
        command = [program or self.build + "/locket-server", *key, *options, "127.0.0.1:0"]
        if suite:
            command[1:1] = ["--suite", suite.short]
        server = self.start("locket-server", command)
        listening = re.compile(rb"listening on 127\.0\.0\.1:(\d+)\n")
        server.wait_for(listening, where="out")
        return server, int(listening.search(server.out).group(1))

    def end(self):
        with self.lock:
            self.over = True
        for child in reversed(self.children):
            child.stop()

    def log(self):
        return b"\n".join(child.story() for child in self.children)


def client_leaves(client):
    """Our client closes in good order: input ends, it lingers, says close_notify, and is content."""
    client.end_input()
    client.expect_exit(0)


def server_leaves(server, sessions=1):
    """Our server, when told to end, ends well and has counted its sessions."""
    server.terminate()
    server.expect_exit(0)
    wanted = f"locket-server: {sessions} sessions, ".encode()
    if wanted not in server.err:
        raise Failure(f"locket-server did not count {sessions} sessions{server.last_words()}")


def one_line(child, wanted):
    """It has said one line, and that tells what is wrong."""
    lines = [line for line in child.err.decode(errors="replace").splitlines() if line.strip()]
    if len(lines) != 1 or wanted not in lines[0]:
        raise Failure(f"{child.name} should have said one line with '{wanted}', not: " + " / ".join(lines))
