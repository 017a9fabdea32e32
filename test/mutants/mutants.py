#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# mutants.py [--draw N --seed N | NAME...] [--without TARGET,...] [--jobs N] -- does every instrument notice what
# it is there for? Each mutant of mutants.txt is a fault of its own, planted in a copy
# of the tree; the one catcher that it names has to fail:
#
#     unit:a,b    the unit tests test/test_a.c and test/test_b.c, the library at -O0
#     make:x      make x
#
# To be caught is to fail for the right reason: after 'make' the output has to show the
# text that the recipe gives behind '?' ; what does not compile, does not fit its old
# lines or hangs without 'hangs' in its recipe is an error of the mutant. And what
# already fails in the healthy tree shows nothing: catchers are run there first.
#
# Every job has a tree of its own; what the mutant does not touch stays compiled in it.
#
# Without a draw all of them run. A draw takes only mutants of unit tests and of the
# make targets that take seconds (CHEAP): of each of these one, of the others the rest.
import argparse
import concurrent.futures
import os
import queue
import random
import re
import shutil
import signal
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "rfc"))

import spoil                                # noqa: E402
from spoil import Broken                    # noqa: E402

RECIPES = os.path.join("test", "mutants", "mutants.txt")
CHEAP = ("layers", "plain", "rfc")
LONG = ("wipe", "ctquick", "interop", "fuzz-replay", "asan", "test-big")    # to begin with
UNIT_PATIENCE, MAKE_PATIENCE = 90, 900      # seconds
BUILD = "build"


class Mutant:
    def __init__(self, recipe):
        self.recipe, self.where = recipe, recipe.where
        if len(recipe.ids) not in (2, 3) or not re.fullmatch(r"(unit|make):[\w,-]+", recipe.ids[1]):
            raise SystemExit(f"{self.where}: not '@ name unit:suites|make:target [hangs] file'")
        self.name, self.target = recipe.ids[:2]
        self.kind, what = self.target.split(":")
        self.suites = what.split(",") if self.kind == "unit" else []
        self.make = what if self.kind == "make" else None
        self.hangs = recipe.ids[2:] == ["hangs"]
        if self.make and len(recipe.notes) != 1:
            raise SystemExit(f"{self.where}: what does make {self.make} say of it? One line with '?'")


class Verdict:
    def __init__(self, mutant, caught, said, seconds):
        self.mutant, self.caught, self.said, self.seconds = mutant, caught, said, seconds

    def show(self):
        word = "caught" if self.caught else "SURVIVED" if self.caught is False else "NO VERDICT"
        print(f"{word:11}{self.mutant.name:46}{self.mutant.target:24}{self.seconds:6.1f} s  "
              f"{self.said[:70]}", flush=True)


def read(names):
    mutants = [Mutant(r) for r in spoil.parse(RECIPES)]
    known = [m.name for m in mutants]
    twice = sorted({n for n in known if known.count(n) > 1})
    unknown = sorted(set(names) - set(known))
    stale = [m.where for m in mutants if not m.recipe.fits()]
    complaints = [f"{n} is there twice" for n in twice] + [f"there is no mutant {n}" for n in unknown]
    complaints += [f"{w}: its old lines do not stand once in its file: write it anew" for w in stale]
    if complaints:
        sys.exit("\n".join(complaints))
    return [m for m in mutants if m.name in names] if names else mutants


def draw(mutants, n, seed):
    print(f"seed {seed}: {n} of {len(mutants)} mutants")
    lot = random.Random(seed)
    chosen = []
    for target in CHEAP:
        chosen += lot.sample([m for m in mutants if m.make == target], 1)
    units = [m for m in mutants if m.suites]
    chosen = chosen[:n] + lot.sample(units, max(0, min(n - len(chosen), len(units))))
    return [m for m in mutants if m in chosen]


# ---- the catchers ----------------------------------------------------------------------------

def run_make(tree, target):
    """(did it pass, all that it said, did it end)"""
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    status, said = spoil.run_bounded(["make", "--no-print-directory", f"B={BUILD}", target], tree.folder,
                                     MAKE_PATIENCE, environment)
    return status == 0, said, status is not None


def line_with(said, text):
    for line in said.splitlines():
        if text in line:
            return line.strip()
    return None


def judge_make(tree, mutant):
    with tree.changed(mutant.recipe):
        passed, said, ended = run_make(tree, mutant.make)
    if not ended:
        return (True, "no end") if mutant.hangs else (None, f"no end after {MAKE_PATIENCE} s")
    if passed:
        return False, ""
    line = line_with(said, mutant.recipe.notes[0])
    if line is None:
        last = [x.strip() for x in said.splitlines() if x.strip() and not x.startswith("make")]
        return None, f"fails without saying '{mutant.recipe.notes[0]}': {' | '.join(last[-3:])}"
    return True, line


def judge_unit(tree, mutant):
    with tree.spoilt(mutant.recipe):
        passed, said, ended = tree.run(mutant.suites, UNIT_PATIENCE)
    if not ended and not mutant.hangs:
        return None, said
    return not passed, "" if passed else said


def judge(tree, mutant):
    start = time.monotonic()
    try:
        caught, said = (judge_make if mutant.make else judge_unit)(tree, mutant)
    except Broken as e:
        caught, said = None, " ".join(str(e).split())
    return Verdict(mutant, caught, said, time.monotonic() - start)


# ---- all of it -------------------------------------------------------------------------------

def share(work, trees, one):
    """one(tree, item) of all work, as many at a time as there are trees."""
    free = queue.SimpleQueue()
    for tree in trees:
        free.put(tree)

    def with_a_tree(item):
        tree = free.get()
        try:
            return one(tree, item)
        finally:
            free.put(tree)

    with concurrent.futures.ThreadPoolExecutor(len(trees)) as pool:
        return list(pool.map(with_a_tree, work))


def judge_one(tree, mutant):
    verdict = judge(tree, mutant)
    verdict.show()
    return verdict


def healthy_units(tree, mutants):
    suites = sorted({s for m in mutants for s in m.suites})
    passed, said, _ = tree.run(suites, 600)
    if not passed:
        raise SystemExit(f"a unit test fails in the healthy tree: {said}")
    print(f"the healthy tree passes the {len(suites)} test files that catch", flush=True)


def judge_target(tree, mutants):
    """The mutants of one make target; first the target itself in the healthy tree."""
    start = time.monotonic()
    target = mutants[0].make
    passed, said, _ = run_make(tree, target)
    if passed:
        print(f"{'healthy':11}{'':46}{'make:' + target:24}{time.monotonic() - start:6.1f} s", flush=True)
        return [judge_one(tree, m) for m in mutants]
    last = [x.strip() for x in said.splitlines() if x.strip()][-3:] or ["?"]
    verdicts = [Verdict(m, None, f"fails in the healthy tree: {' | '.join(last)}", 0.0) for m in mutants]
    for verdict in verdicts:
        verdict.show()
    return verdicts


def run_all(mutants, scratch, jobs):
    units, makes = [m for m in mutants if m.suites], [m for m in mutants if m.make]
    suites = sorted({f"test_{s}" for m in units for s in m.suites})
    targets = sorted({m.make for m in makes}, key=lambda t: (LONG + (t,)).index(t))
    verdicts = []
    # Copied before anything runs: who edits meanwhile changes no verdict.
    make_trees = [spoil.Tree(os.path.join(scratch, f"make{i}"), []) for i in range(min(jobs, len(targets)))]
    if units:
        trees = [spoil.Tree(os.path.join(scratch, "0"), suites)]
        trees[0].build(jobs)
        healthy_units(trees[0], units)
        trees += [trees[0].twin(os.path.join(scratch, str(i))) for i in range(1, min(jobs, len(units)))]
        verdicts += share(units, trees, judge_one)
    if targets:
        work = [[m for m in makes if m.make == t] for t in targets]
        verdicts += sum(share(work, make_trees, judge_target), [])
    return verdicts


def arguments():
    p = argparse.ArgumentParser(description="Plant faults; the catcher named for each has to notice.")
    p.add_argument("names", nargs="*", metavar="NAME", help="these mutants; else all, or a draw")
    p.add_argument("--draw", type=int, default=0, help="as many, drawn by lot")
    p.add_argument("--without", default="", metavar="TARGET,...", help="not those of these make targets")
    p.add_argument("--seed", type=int, default=int(time.time()), help="of the draw; default: the clock")
    p.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    return p.parse_args()


def main():
    o = arguments()
    mutants = read(o.names)
    without = set(o.without.split(",")) - {""}
    if without - {m.make for m in mutants}:
        sys.exit(f"no mutant is for {' '.join(sorted(without - {m.make for m in mutants}))}")
    mutants = [m for m in mutants if m.make not in without]
    if o.draw:
        mutants = draw(mutants, o.draw, o.seed)
    scratch = tempfile.mkdtemp(prefix="locket-mutants-")

    def stop(number, _):
        spoil.stop_all()
        shutil.rmtree(scratch, ignore_errors=True)
        os._exit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    start = time.monotonic()
    try:
        verdicts = run_all(mutants, scratch, max(1, o.jobs))
    except Broken as e:
        sys.exit(str(e))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    survived = [v.mutant.name for v in verdicts if v.caught is False]
    unclear = [v.mutant.name for v in verdicts if v.caught is None]
    print(f"\n{len(verdicts)} mutants in {time.monotonic() - start:.0f} s: "
          f"{len(verdicts) - len(survived) - len(unclear)} caught, {len(survived)} survived, "
          f"{len(unclear)} without a verdict")
    if survived:
        print(f"survived, so a test is missing: {' '.join(survived)}")
    if unclear:
        print(f"no verdict, so the mutant or its catcher is wrong: {' '.join(unclear)}")
    return 1 if survived or unclear else 0


if __name__ == "__main__":
    sys.exit(main())
