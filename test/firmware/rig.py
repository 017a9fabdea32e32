# SPDX-License-Identifier: Apache-2.0
#
# rig.py -- what the cases of `run` and asleep.py stand on: emulators that run an image, the
# relays between them, our server on the host, and what a run has reported.
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "interop")]

from relay import Relay                     # noqa: E402
from stage import Failure, Stage            # noqa: E402

BOARD, MICROBIT = "lm3s6965evb", "microbit"
HOST, GATEWAY = "10.0.2.2", "10.0.2.1"      # as the guest sees them
READINGS, PERIOD, PATIENCE = 5, 100, 60.0
LOSS = 0.10
used = {}                                   # image: {line of its report: the largest value}
# (case, full, resumed or woken, bytes, round trips, milliseconds, what is kept)
passages = []
wakes = []                                  # (case, a line about its wake-ups)


class Run(Stage):
    """A case: emulators, host programs and relays, all of which end with it."""

    def __init__(self, build, folder, seed):
        super().__init__(build, folder, None, seed)
        self.relays = []
        self.case = ""

    def emulate(self, image, *arguments, machine=BOARD, nic=None, name=None, more=()):
        qemu = self.program("qemu-system-arm", "qemu-system-arm")
        words = ",".join("arg=" + a for a in (image,) + arguments)
        command = [qemu, "-M", machine, "-display", "none", "-serial", "none", "-monitor", "none",
                   "-semihosting-config", "enable=on,target=native," + words,
                   "-kernel", f"{self.build}/firmware/{image}.elf"]
        child = self.start(name or image, command + (["-nic", nic] if nic else []) + list(more))
        child.image = image
        return child

    def meter(self, port, *arguments, nic="user,model=stellaris", address=HOST, name=None, more=()):
        return self.emulate("meter", f"server={address}:{port}", *arguments,
                            f"period={PERIOD}", f"count={READINGS}", nic=nic, name=name, more=more)

    def relay(self, **how):
        self.relays.append(Relay(self.seed, **how))
        return self.relays[-1]

    def between(self, port, **how):
        """A port in front of another one, with a relay in between."""
        relay = self.relay(**how)
        relay.join_in(port)
        front = relay.join_in()
        relay.start()
        return front

    def end(self):
        super().end()
        for relay in self.relays:
            relay.end()
            if relay.loss:
                self.note = f"{relay.lost} of {relay.lost + relay.passed} lost"


def leave(child, code=0):
    """It ends as it should; what it reports of its memory is kept."""
    child.expect_exit(code, PATIENCE)
    lines = dict(re.findall(r"^([\w ,-]+): (\d+)$", child.err.decode(errors="replace"), re.M))
    known = used.setdefault(child.image, {})
    for name, value in lines.items():
        known[name] = max(int(value), known.get(name, 0))
    return lines


def keys():
    """The table of examples/firmware/keys.c."""
    with open(os.path.join(HERE, "../../examples/firmware/keys.c"), encoding="utf-8") as f:
        rows = re.findall(r'"(meter-\d)", \{ ([^}]*) \}', f.read())
    return {name: "".join(re.findall(r"0x(\w\w)", key)) for name, key in rows}


def key_file(run):
    path = f"{run.folder}/keys"
    with open(path, "w", encoding="utf-8", opener=lambda p, f: os.open(p, f, 0o600)) as f:
        f.writelines(f"{name}:{key}\n" for name, key in keys().items())
    return "--psk-file", path


def locket_server(run, *options):
    return run.our_server(None, "--count", "1", *options, key=key_file(run))


def check_readings(text, what, twice=False):
    """All readings are there, in order and once, or at least once where some are repeated."""
    found = [int(n) for n in re.findall(what + r"reading (\d{8}) at \d{8} ms", text)]
    if twice:
        found = sorted(set(found))
    if found != list(range(1, READINGS + 1)):
        raise Failure(f"readings {found} arrived")
