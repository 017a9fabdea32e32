#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# disable.py [--seed N] [--draw N | --all | ID...] [--jobs N] -- do the tests of a rule notice
# when its code is gone? MUSTs are drawn by a seed; for each, in a copy of the tree, the
# code is disabled as disable.txt says, and the tests that the table names for it are
# run: one of them has to fail. Fails when none does, and loudly when a recipe does
# not fit or does not compile, or a test fails before anything was disabled.
#
# The copy is built once, with the stand-in for Check (test/check); for a rule only what
# depends on the changed file is compiled again.
import argparse
import concurrent.futures
import os
import queue
import random
import shutil
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import spoil                                # noqa: E402
import table                                # noqa: E402
from spoil import Broken                    # noqa: E402

RECIPES = os.path.join("test", "rfc", "disable.txt")
PATIENCE = 120                              # seconds for the tests of one rule; to hang is to fail


def read_recipes(rows, complaints):
    """All recipes, checked against the table and the source."""
    by_id = {r.id: r for r in rows}
    recipes, seen = spoil.parse(RECIPES), set()
    for recipe in recipes:
        where = recipe.where
        if not recipe.fits():
            complaints.append(f"{where}: its lines do not stand once in {recipe.path}: write it anew")
        for i in recipe.ids:
            row = by_id.get(i)
            if row is None or not row.applies or not row.is_must:
                complaints.append(f"{where}: {i} is no MUST that applies")
            elif not row.units:
                complaints.append(f"{where}: {i} has no unit test")
            if i in seen:
                complaints.append(f"{where}: {i} has a recipe already")
            seen.add(i)
    return recipes


# ---- drawing ---------------------------------------------------------------------------------

def draw(rows, recipes, o):
    told = {i: recipe for recipe in recipes for i in recipe.ids}
    having = [r for r in rows if r.id in told]
    if o.ids:
        unknown = [i for i in o.ids if i not in told]
        if unknown:
            raise SystemExit(f"no recipe for {' '.join(unknown)}")
        chosen = [r for r in having if r.id in o.ids]
    elif o.all:
        chosen = having
    else:
        chosen = random.Random(o.seed).sample(having, min(o.draw, len(having)))
        print(f"seed {o.seed}: {len(chosen)} of {len(having)} MUSTs with a recipe")
    return [(r, told[r.id]) for r in chosen]


def run(tree, names):
    """(did all of these tests pass, the first complaint)"""
    verdict = tree.run([], PATIENCE, RFC_ONLY=" ".join(names))
    return verdict[:2]


def build(pairs, scratch, jobs):
    """As many trees as there are jobs, built, and all tests of the draw pass in them."""
    suites = sorted({os.path.basename(path)[:-2] for row, _ in pairs for path, _ in row.units})
    first = spoil.Tree(os.path.join(scratch, "0"), suites, "test/rfc/only.h")
    first.build(jobs)
    names = sorted({name for row, _ in pairs for _, name in row.units})
    passed, said = run(first, names)
    if not passed:
        raise Broken(f"a test fails before anything is disabled: {said}")
    return [first] + [first.twin(os.path.join(scratch, str(i))) for i in range(1, jobs)]


def try_all(pairs, trees):
    """(row, recipe, noticed, by what), in the order of the draw."""
    free = queue.SimpleQueue()
    for tree in trees:
        free.put(tree)

    def one(pair):
        tree = free.get()
        try:
            with tree.spoilt(pair[1]):
                passed, said = run(tree, [name for _, name in pair[0].units])
        finally:
            free.put(tree)
        return pair[0], pair[1], not passed, said

    with concurrent.futures.ThreadPoolExecutor(len(trees)) as pool:
        yield from pool.map(one, pairs)


def arguments():
    p = argparse.ArgumentParser(description="Disable the code of rules; their tests have to notice.")
    p.add_argument("ids", nargs="*", metavar="ID", help="these rules; else they are drawn")
    p.add_argument("--seed", type=int, default=int(time.time()), help="of the draw; default: the clock")
    p.add_argument("--draw", type=int, default=30, help="how many; default 30")
    p.add_argument("--all", action="store_true", help="every rule that has a recipe")
    p.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    return p.parse_args()


def main():
    o = arguments()
    complaints = []
    rows = table.read()
    recipes = read_recipes(rows, complaints)
    if complaints:
        sys.exit("\n".join(complaints))
    pairs = draw(rows, recipes, o)
    missed = 0
    scratch = tempfile.mkdtemp(prefix="locket-rfc-")
    try:
        trees = build(pairs, scratch, max(1, min(o.jobs, len(pairs))))
        for row, recipe, noticed, said in try_all(pairs, trees):
            missed += not noticed
            print(f"{row.id:11}{recipe.path:27}{'noticed by ' + said if noticed else 'NOT NOTICED':40}"
                  f"{row.rule[:60]}", flush=True)
    except Broken as e:
        sys.exit(str(e))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    if missed:
        sys.exit(f"{missed} of {len(pairs)} disabled rules went unnoticed: a test is missing")
    print(f"all {len(pairs)} disabled rules were noticed by their tests")


if __name__ == "__main__":
    main()
