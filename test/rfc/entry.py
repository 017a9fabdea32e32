#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# entry.py BUILD_DIR -- what people can enter as identity and key (RFC 4279 sections 5.4 and
# 7.2), tried with our two tools over loopback: names of 128 bytes, also when they are not
# ASCII; keys of 16 to 64 bytes as text and in hex; nothing shorter or longer; and a
# new random key for the asking.
import os
import re
import subprocess
import sys

SECONDS = 20


def session(build, identity, key):
    """The client's exit status and what came back, or None when nobody listens."""
    command = [os.path.join(build, "locket-server"), "--once", "--psk-identity", identity, *key, "127.0.0.1:0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        port = re.search(r":(\d+)$", server.stdout.readline().strip())
        if port is None:
            return None
        client = subprocess.run([os.path.join(build, "locket-client"), "--psk-identity", identity, *key,
                                 f"127.0.0.1:{port.group(1)}"], input="who goes there\n", text=True,
                                capture_output=True, timeout=SECONDS)
        return client.returncode, client.stdout
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


def refused(build, identity, key):
    return all(subprocess.run([os.path.join(build, tool), "--psk-identity", identity, *key, "127.0.0.1:1"],
                              capture_output=True, timeout=SECONDS).returncode == 2
               for tool in ("locket-client", "locket-server"))


def random_keys(build):
    keys = [subprocess.run([os.path.join(build, tool), "--generate-psk"], capture_output=True, text=True,
                           timeout=SECONDS).stdout.strip() for tool in ("locket-client", "locket-server") * 2]
    return all(re.fullmatch(r"(?:[0-9a-f]{2}){16,64}", k) for k in keys) and len(set(keys)) == len(keys)


def main():
    build = sys.argv[1] if len(sys.argv) > 1 else "build"
    text = "correct horse battery staple, and sixteen more of the same kind!"
    good = [
        ("a key of 64 characters", "meter", ("--psk-text", text)),
        ("a key of 16 characters", "meter", ("--psk-text", text[:16])),
        ("a key of 64 bytes in hex", "meter", ("--psk", "a5" * 64)),
        ("a key of 16 bytes in HEX", "meter", ("--psk", "A5" * 16)),
        ("an identity of 128 characters", "i" * 128, ("--psk", "a5" * 16)),
        ("an identity of 64 Greek letters", "\u03bb" * 64, ("--psk", "a5" * 16)),
    ]
    bad = [
        ("a key of 15 characters", "meter", ("--psk-text", text[:15])),
        ("a key of 65 characters", "meter", ("--psk-text", text + "!")),
        ("a key of 15 bytes in hex", "meter", ("--psk", "a5" * 15)),
        ("half a byte of hex", "meter", ("--psk", "a5" * 16 + "a")),
        ("an identity of 129 characters", "i" * 129, ("--psk", "a5" * 16)),
    ]
    assert len(text) == 64
    failures = 0

    def say(what, fine):
        nonlocal failures
        failures += not fine
        print(f"{what:44}{'as it should be' if fine else 'WRONG'}")

    for what, identity, key in good:
        say(what, session(build, identity, key) == (0, "who goes there\n"))
    for what, identity, key in bad:
        say(what + " is refused", refused(build, identity, key))
    say("a new random key", random_keys(build))
    sys.exit(f"{failures} failed" if failures else 0)


main()
