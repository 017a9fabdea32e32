# SPDX-License-Identifier: Apache-2.0
#
# asleep.py -- the meter sleeps with its session saved and wakes by a reset: from the same port,
# from another one because the network between has forgotten it, after a restart that came too
# early, and after power failed at each step. Not one record number is used twice, and not one
# handshake more is made than that takes.
import re

import capture
from rig import (GATEWAY, LOSS, PERIOD, READINGS, check_readings, leave, locket_server, passages,
                 wakes)
from stage import Failure, free_port

NIGHT = 245000                              # ms; the emulated network forgets a port after 240 s
COUNTER_STEPS = 4                           # to erase a slot and to write its three words
# Time goes by with instructions, a microsecond for each: while the core counts, faster than ours.
HASTE = ("-icount", "shift=10,sleep=on,align=off")


def asleep(run, *arguments, check="enhanced", count=READINGS, period=PERIOD, more=()):
    """Through the emulated network, so that a port can be forgotten: (report of the meter, of the
    gateway, what went over the meter's cable)."""
    port, cable = free_port(), f"{run.folder}/cable.pcap"
    gateway = run.emulate("gateway", "ip=10.0.2.15", "count=1", "check=" + check,
                          nic=f"user,model=stellaris,hostfwd=udp:127.0.0.1:{port}-:5684")
    gateway.wait_for("gateway: ready")
    meter = run.meter(port, *arguments, f"period={period}", f"count={count}",
                      nic="user,model=stellaris,id=cable",
                      more=("-object", f"filter-dump,id=dump,netdev=cable,file={cable}", *more))
    lines = leave(meter)
    heard = leave(gateway)
    sealed, numbers, sessions = capture.nonces(cable)
    if sealed != numbers or sealed == 0:
        raise Failure(f"{sealed} sealed records bear {numbers} numbers")
    if sessions != int(heard["sessions"]):
        raise Failure(f"{sessions} connection IDs for {heard['sessions']} sessions")
    run.note = f"{sealed} records, {numbers} nonces"
    return meter, lines, gateway, heard, cable


def woke(run, lines, heard, trips, moved):
    """One handshake, and no other reading needed one."""
    for kind, wanted in (("full", 1), ("resumed", 0), ("woken", READINGS - 1)):
        if int(lines["times, " + kind]) != wanted:
            raise Failure(f"{lines['times, ' + kind]} times {kind} where {wanted} were expected")
    if int(lines["round trips, woken"]) != trips:
        raise Failure(f"a reading after sleep took {lines['round trips, woken']} round trips")
    if int(lines["readings"]) != READINGS or int(lines["starts"]) != READINGS:
        raise Failure("not all readings were confirmed, or not each by a meter that started anew")
    if [int(heard[name]) for name in ("sessions", "sessions resumed", "addresses changed",
                                      "addresses not changed")] != [1, 0, moved, 0]:
        raise Failure("the gateway has seen more than one handshake, or another number of addresses")
    for kind, kept in (("full", lines["record"]), ("woken", lines["saved session"])):
        took = [int(lines[f"{what}, {kind}"]) for what in ("bytes", "round trips", "milliseconds")]
        passages.append((run.case, kind, *took, int(kept)))


def sleep_at_home(run):
    """The network still knows the port: a record up, and one down."""
    _, lines, gateway, heard, cable = asleep(run, "sleep=1")
    woke(run, lines, heard, 1, 0)
    check_readings(gateway.err.decode(), "meter-1: ")
    show_wake(run, capture.after_handshake(cable)[2:4], heard)


def sleep_for_long(run, check):
    """It has forgotten it, and the meter comes from another one: the gateway asks."""
    _, lines, gateway, heard, cable = asleep(run, "sleep=1", "spin=yes", check=check, period=NIGHT,
                                             more=HASTE)
    woke(run, lines, heard, 2, READINGS - 1)
    check_readings(gateway.err.decode(), "meter-1: ")
    show_wake(run, capture.after_handshake(cable)[2:6], heard)


def show_wake(run, wake, heard):
    wakes.append((run.case, f"{', '.join(wake)}: handshakes 0, CONNECTED in all {heard['sessions']}"))


def sleep_to_locket(run):
    """The same with our server on the host, in the place of the gateway."""
    server, port = locket_server(run, "--cid", "8", "--rrc", "basic")
    lines = leave(run.meter(port, "sleep=1", "spin=yes", f"period={NIGHT}", more=HASTE))
    if [int(lines["times, " + kind]) for kind in ("full", "resumed", "woken")] != [1, 0, READINGS - 1]:
        raise Failure("there was more than one handshake")
    server.expect_exit(0)
    if server.err.count(b"connected: meter-1") != 1:
        raise Failure("the server has seen more than one handshake")


def sleep_and_lose(run):
    """Datagrams are lost; what is asleep meanwhile misses nothing."""
    port, other = free_port(), free_port()
    relay = run.relay(loss=LOSS)
    nics = [f"socket,model=stellaris,udp=127.0.0.1:{relay.join_in(p)},localaddr=127.0.0.1:{p}"
            for p in (port, other)]
    relay.start()
    gateway = run.emulate("gateway", f"ip={GATEWAY}", "count=1", "idle=10000", nic=nics[0])
    gateway.wait_for("gateway: ready")
    lines = leave(run.meter(5684, "ip=10.0.2.21", "sleep=1", nic=nics[1], address=GATEWAY))
    if int(lines["times, woken"]) != READINGS - 1:
        raise Failure("not each reading but the first came from a meter that slept")
    if int(leave(gateway)["sessions"]) != 1:
        raise Failure("more than one session was needed")
    check_readings(gateway.err.decode(), "meter-1: ", twice=True)


def load_twice(run):
    """The meter restarts before it has saved its session again: what lies there is used up."""
    meter, lines, gateway, heard, _ = asleep(run, "sleep=1", "cut=1")
    story = meter.err.decode()
    wanted = ("connected", "awake", "power fails before the counter",
              "not loaded: that saved session has been loaded, or is not the last one saved",
              "connected again", "awake", "awake", "closed")
    said = tuple(re.findall(r"^meter: (.*)$", story, re.M))
    if said != wanted:
        raise Failure(f"the meter said: {'; '.join(said)}")
    if [int(heard[name]) for name in ("sessions", "sessions resumed")] != [2, 1]:
        raise Failure("it did not come back by ticket")
    check_readings(gateway.err.decode(), "meter-1: ")
    wakes.append((run.case, "refused as used; back by ticket: "
                  f"{lines['bytes, resumed']} bytes, {lines['round trips, resumed']} round trip"))


def record_is_lost(run):
    """Power fails while the first record of all is written, at one step or another: none of its
    words, half of them, or all but its length. The handshake is made again."""
    for step in (1, 2, 3, 20, 40):
        meter, lines, gateway, heard, _ = asleep(run, "sleep=1", f"first={step}")
        meter.wait_for("meter: power fails in the record")
        if [int(lines["times, " + kind]) for kind in ("full", "resumed", "woken")] != [2, 0, READINGS - 1]:
            raise Failure(f"after step {step}: {lines['times, full']} full handshakes, {lines['times, resumed']} "
                          f"resumed ones and {lines['times, woken']} wake-ups")
        if int(heard["sessions"]) != 2:
            raise Failure(f"after step {step}: {heard['sessions']} sessions at the gateway")
        check_readings(gateway.err.decode(), "meter-1: ")


def power_fails(run):
    """At each step from one sleep to the next in turn; then every reading is there, and each
    failure has cost one handshake by ticket at most: none while the counter is written for a
    load, for until its last word is there the saved session is still good."""
    meter, lines, gateway, heard, _ = asleep(run, "sleep=1", "cut=all", count=1000, period=10)
    story = meter.err.decode()
    steps = re.findall(r"^meter: power fails (.*)$", story, re.M)
    for step in ("before the counter", "in the counter", "after the counter", "in the session",
                 "after the load", "after the send"):
        if step not in steps:
            raise Failure(f"power has not failed {step}")
    if steps.count("in the counter") != 2 * COUNTER_STEPS or int(lines["power failures"]) != len(steps):
        raise Failure(f"{len(steps)} power failures, {steps.count('in the counter')} of them in the counter")
    if int(lines["times, full"]) != 1 or int(lines["times, resumed"]) != len(steps) - COUNTER_STEPS:
        raise Failure(f"{lines['times, full']} full handshakes and {lines['times, resumed']} resumed ones "
                      f"for {len(steps)} failures of power")
    found = [int(n) for n in re.findall(r"meter-1: reading (\d{8}) at", gateway.err.decode())]
    if sorted(set(found)) != list(range(1, int(lines["readings"]) + 1)) or found != sorted(found):
        raise Failure("not every reading is at the gateway")
    if len(found) > int(lines["readings"]) + 1:
        raise Failure("more readings came twice than the one whose answer was missed")
    wakes.append((run.case, f"{len(steps)} steps: back by ticket after {heard['sessions resumed']}, "
                  f"awake as if nothing had been after {COUNTER_STEPS}; {run.note}"))
