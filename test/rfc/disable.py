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
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import table                                # noqa: E402

RECIPES = os.path.join("test", "rfc", "disable.txt")
LAYERS = ("crypto", "record", "alert", "handshake")
NEEDED = LAYERS + ("include", "test")
HELPERS = ("main", "net", "peer12", "entropy")
NOT_NEEDED = shutil.ignore_patterns("*.o", "__pycache__", "corpus", "vectors")
COMPILER = shlex.split(os.environ.get("CC", "cc"))
PATIENCE = 120                              # seconds for the tests of one rule; to hang is to fail


class Recipe:
    def __init__(self, ids, path, line):
        self.ids, self.path, self.line = ids, path, line
        self.old, self.new = [], []

    def apply(self, text):
        """The file without the rule; None when its old lines are not there once."""
        lines = text.split("\n")
        plain = [bare(line) for line in lines]
        old = [bare(line) for line in self.old]
        at = [i for i in range(len(lines)) if plain[i:i + len(old)] == old]
        if not old or len(at) != 1:
            return None
        return "\n".join(lines[:at[0]] + self.new + lines[at[0] + len(old):])


def bare(line):
    """Without a comment behind the code: those come and go."""
    return re.sub(r"(?<=\S)\s*/\*((?!\*/).)*\*/$", "", line)


def parse():
    recipes = []
    with open(RECIPES, encoding="utf-8") as f:
        for n, line in enumerate(f.read().splitlines(), 1):
            if line.startswith("@ "):
                words = line[2:].split()
                recipes.append(Recipe(words[:-1], words[-1], n))
            elif line[:1] in ("-", "+") and recipes:
                (recipes[-1].old if line[0] == "-" else recipes[-1].new).append(line[1:])
            elif line and not line.startswith("#"):
                raise SystemExit(f"{RECIPES}:{n}: neither @, -, + nor #")
    return recipes


def read_recipes(rows, complaints):
    """All recipes, checked against the table and the source."""
    by_id = {r.id: r for r in rows}
    recipes, seen = parse(), set()
    for recipe in recipes:
        where = f"{RECIPES}:{recipe.line}"
        try:
            with open(recipe.path, encoding="utf-8") as f:
                fits = recipe.apply(f.read()) is not None
        except OSError:
            fits = False
        if not fits:
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


# ---- building and running --------------------------------------------------------------------

class Broken(Exception):
    """The instrument itself does not work: no verdict about any test."""


def object_of(source):
    return source.replace("/", "_")[:-2] + ".o"


class Tree:
    """A copy of the tree with its objects in o/; `suites` are the test files that take part."""

    def __init__(self, folder, suites):
        self.folder = folder
        library = [f"{d}/{f}" for d in LAYERS for f in sorted(os.listdir(d)) if f.endswith(".c")]
        tests = [f"test/{name}.c" for name in HELPERS + tuple(suites)]
        self.sources = library + tests + ["test/check/check.c"]
        for name in NEEDED:
            shutil.copytree(name, os.path.join(folder, name), ignore=NOT_NEEDED)
        os.mkdir(os.path.join(folder, "o"))
        with open(os.path.join(folder, "o", "suites.h"), "w", encoding="utf-8") as f:
            f.write("#define SUITES(X)" + "".join(f" X({s[5:]})" for s in suites) + "\n")

    def twin(self, folder):
        other = object.__new__(Tree)
        other.folder, other.sources = folder, self.sources
        shutil.copytree(self.folder, folder)
        return other

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def compile(self, source, into, level):
        include = [f"-I{d}" for d in ("include",) + LAYERS + ("test", "o", "test/check")]
        before = ["-include", "test/rfc/only.h"] if source.startswith("test/test_") else []
        command = COMPILER + ["-std=c99", "-w", level, "-MMD", "-c"] + include + before
        command += ["-o", f"{into}/{object_of(source)}", source]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True)
        if done.returncode:
            raise Broken(f"{source} does not compile: {done.stderr}")

    def link(self, changed=()):
        objects = [f"{'changed' if s in changed else 'o'}/{object_of(s)}" for s in self.sources]
        done = subprocess.run(COMPILER + ["-o", "run"] + objects, cwd=self.folder,
                              capture_output=True, text=True)
        if done.returncode:
            raise Broken(f"does not link: {done.stderr}")

    def dependents(self, path):
        """The sources that a change of this file touches."""
        found = []
        for source in self.sources:
            with open(self.path("o", object_of(source)[:-2] + ".d"), encoding="utf-8") as f:
                words = f.read().replace("\\\n", " ").split()[1:]
            if path in (os.path.normpath(w) for w in words):
                found.append(source)
        return found

    def run(self, names):
        """(did all of them pass, the first complaint)"""
        try:
            done = subprocess.run([self.path("run")], env=dict(os.environ, RFC_ONLY=" ".join(names)),
                                  cwd=self.folder, capture_output=True, text=True, errors="replace",
                                  timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            return False, f"no end after {PATIENCE} s"
        ran = re.search(r"Checks: ([1-9]\d*)", done.stdout)
        if not ran and done.returncode >= 0:
            raise Broken(f"none of these tests ran: {' '.join(names)}")
        said = re.search(r"\btest/([\w/.]+:\d+): ", done.stdout)
        return done.returncode == 0, said.group(1) if said else "crashes"

    def disable(self, recipe, names):
        """Break the rule, run its tests, put everything back."""
        where = self.path(recipe.path)
        with open(where, encoding="utf-8") as f:
            whole = f.read()
        broken = recipe.apply(whole)
        if broken is None:
            raise Broken(f"{RECIPES}:{recipe.line}: its lines do not stand once in {recipe.path}")
        os.makedirs(self.path("changed"), exist_ok=True)
        changed = self.dependents(recipe.path)
        try:
            with open(where, "w", encoding="utf-8") as f:
                f.write(broken)
            for source in changed:
                self.compile(source, "changed", "-O0")
        except Broken as e:
            raise Broken(f"{RECIPES}:{recipe.line}: {e}") from e
        finally:
            with open(where, "w", encoding="utf-8") as f:
                f.write(whole)
        self.link(changed)
        return self.run(names)


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


def build(pairs, scratch, jobs):
    """As many trees as there are jobs, built, and all tests of the draw pass in them."""
    suites = sorted({os.path.basename(path)[:-2] for row, _ in pairs for path, _ in row.units})
    os.mkdir(os.path.join(scratch, "0"))
    first = Tree(os.path.join(scratch, "0"), suites)
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        list(pool.map(lambda source: first.compile(source, "o", "-O1"), first.sources))
    first.link()
    names = sorted({name for row, _ in pairs for _, name in row.units})
    passed, said = first.run(names)
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
            passed, said = tree.disable(pair[1], [name for _, name in pair[0].units])
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
