# SPDX-License-Identifier: Apache-2.0
#
# spoil.py -- faults as data, and trees to plant them in: what disable.py (a rule's code is
# gone) and test/mutants (a fault is there) have in common.
#
# A recipe begins with '@', some words, and the file that it changes. Then the lines that
# stand there now (-), which must stand there once, comments behind the code not
# counted, and what they become (+). A line that begins with '?' is for whoever reads
# the recipe; lines that begin with # are for people.
#
# A Tree is a copy of the working tree with the library and the tests built in o/, with the
# stand-in for Check (test/check); for a recipe only what depends on the changed
# file is compiled again.
import concurrent.futures
import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess

LAYERS = ("crypto", "record", "alert", "handshake")
HELPERS = ("main", "net", "peer12", "peer12_cid", "kinds", "entropy", "sleeper")
COMPILER = shlex.split(os.environ.get("CC", "cc"))


class Broken(Exception):
    """The instrument itself does not work: no verdict about any test."""


class Recipe:
    def __init__(self, source, line, words):
        self.where, self.ids, self.path = f"{source}:{line}", words[:-1], words[-1]
        self.old, self.new, self.notes = [], [], []

    def apply(self, text):
        """The file after the recipe; None when its old lines are not there once."""
        lines = text.split("\n")
        plain = [bare(line) for line in lines]
        old = [bare(line) for line in self.old]
        at = [i for i in range(len(lines)) if plain[i:i + len(old)] == old]
        if not old or len(at) != 1:
            return None
        return "\n".join(lines[:at[0]] + self.new + lines[at[0] + len(old):])

    def fits(self):
        try:
            with open(self.path, encoding="utf-8") as f:
                return self.apply(f.read()) is not None
        except OSError:
            return False


def bare(line):
    """Without a comment behind the code: those come and go."""
    return re.sub(r"(?<=\S)\s*/\*((?!\*/).)*\*/$", "", line)


def parse(source):
    recipes = []
    with open(source, encoding="utf-8") as f:
        for n, line in enumerate(f.read().splitlines(), 1):
            if line.startswith("@ "):
                recipes.append(Recipe(source, n, line[2:].split()))
            elif line[:1] in ("-", "+") and recipes:
                (recipes[-1].old if line[0] == "-" else recipes[-1].new).append(line[1:])
            elif line[:2] == "? " and recipes:
                recipes[-1].notes.append(line[2:])
            elif line and not line.startswith("#"):
                raise SystemExit(f"{source}:{n}: neither @, -, +, ? nor #")
    return recipes


RUNNING = set()


def run_bounded(command, folder, patience, environment):
    """(status, or None when it had to be stopped; all that it said); a test that hangs may be
    a child's child, so the whole group is stopped."""
    with subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace",
                          start_new_session=True) as process:
        RUNNING.add(process.pid)
        try:
            said = process.communicate(timeout=patience)[0]
            return process.returncode, said
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return None, process.communicate()[0]
        finally:
            RUNNING.discard(process.pid)


def stop_all():
    for pid in list(RUNNING):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


def copy_tree(folder):
    """The working tree without what git ignores; where there is no git, without build/."""
    listed = subprocess.run(["git", "ls-files", "-z", "-co", "--exclude-standard"], capture_output=True)
    if listed.returncode:
        shutil.copytree(".", folder, ignore=shutil.ignore_patterns("build", "*.o", "__pycache__"))
        return
    for path in sorted(set(listed.stdout.decode().split("\0")) - {""}):
        to = os.path.join(folder, path)
        os.makedirs(os.path.dirname(to), exist_ok=True)
        if os.path.exists(path):
            shutil.copy2(path, to)


def object_of(source):
    return source.replace("/", "_")[:-2] + ".o"


class Tree:
    """A copy in `folder`; `suites` are the test files that take part; `before` is a header
    that is put in front of each of them."""

    def __init__(self, folder, suites, before=None):
        copy_tree(folder)
        self.folder, self.suites, self.before = folder, suites, before
        library = [f"{d}/{f}" for d in LAYERS for f in sorted(os.listdir(self.path(d))) if f.endswith(".c")]
        tests = [f"test/{name}.c" for name in HELPERS + tuple(suites)]
        self.sources = library + tests + ["test/check/check.c"]

    def twin(self, folder):
        other = object.__new__(Tree)
        other.folder, other.suites, other.before = folder, self.suites, self.before
        other.sources = self.sources
        shutil.copytree(self.folder, folder)
        return other

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def compile(self, source, into, level):
        include = [f"-I{d}" for d in ("include",) + LAYERS + ("test", "o", "test/check")]
        before = ["-include", self.before] if self.before and source.startswith("test/test_") else []
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

    def build(self, jobs):
        os.mkdir(self.path("o"))
        os.mkdir(self.path("changed"))
        with open(self.path("o", "suites.h"), "w", encoding="utf-8") as f:
            f.write("#define SUITES(X)" + "".join(f" X({s[5:]})" for s in self.suites) + "\n")
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            list(pool.map(lambda source: self.compile(source, "o", "-O1"), self.sources))
        self.link()

    def dependents(self, path):
        """The sources that a change of this file touches."""
        found = []
        for source in self.sources:
            with open(self.path("o", object_of(source)[:-2] + ".d"), encoding="utf-8") as f:
                words = f.read().replace("\\\n", " ").split()[1:]
            if path in (os.path.normpath(w) for w in words):
                found.append(source)
        return found

    def run(self, suites, patience, **variables):
        """(did all pass, the first complaint, did it end) of these suites; of all if none."""
        status, words = run_bounded([self.path("run")] + suites, self.folder, patience,
                                    dict(os.environ, **variables))
        if status is None:
            return False, f"no end after {patience} s", False
        if not re.search(r"Checks: ([1-9]\d*)", words) and status >= 0:
            raise Broken(f"no test ran: {' '.join(suites)} {' '.join(variables.values())}")
        said = re.search(r"\btest/([\w/.]+:\d+): ", words)
        return status == 0, said.group(1) if said else "crashes", True

    @contextlib.contextmanager
    def changed(self, recipe):
        """Within this, the file is as the recipe makes it; nothing is compiled."""
        where = self.path(recipe.path)
        with open(where, encoding="utf-8") as f:
            whole = f.read()
        spoilt = recipe.apply(whole)
        if spoilt is None:
            raise Broken(f"{recipe.where}: its lines do not stand once in {recipe.path}")
        try:
            with open(where, "w", encoding="utf-8") as f:
                f.write(spoilt)
            yield
        finally:
            with open(where, "w", encoding="utf-8") as f:
                f.write(whole)

    @contextlib.contextmanager
    def spoilt(self, recipe):
        """Within this, `run` is built with the recipe."""
        sources = self.dependents(recipe.path)
        with self.changed(recipe):
            try:
                for source in sources:
                    self.compile(source, "changed", "-O0")
                self.link(sources)
            except Broken as e:
                raise Broken(f"{recipe.where}: {e}") from e
            yield
