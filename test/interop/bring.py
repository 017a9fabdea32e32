# SPDX-License-Identifier: Apache-2.0
#
# bring.py [BUILD_DIR] -- Mbed TLS 3.6 of Debian trixie into BUILD_DIR/foreign/, once: the one of
# Debian 12 knows no connection IDs. The system is not touched, and nobody need be root: apt
# gets a folder of its own for all that it keeps, checks the archive's signature by the keys of
# debian-archive-keyring as always, and the package is unpacked beside its lists. What it holds
# is linked statically, so that it runs with the C library of this machine. DEBIAN_MIRROR may
# name another archive.
import glob
import os
import shutil
import subprocess
import sys

RELEASE = "trixie"
PACKAGES = ("libmbedtls-dev",)
MIRROR = "http://deb.debian.org/debian"
KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"
WHY_NOT = "LOCKET_INTEROP_NOT_BROUGHT"      # in the environment of the cases, when it failed
SECONDS = 180                               # each of the three steps, at most

SETTINGS = """\
Dir "{own}/";
Dir::State "{own}/state/";
Dir::State::status "{own}/state/status";
Dir::Cache "{own}/cache/";
Dir::Etc "{own}/etc/";
Dir::Etc::Trusted "/dev/null";
Dir::Etc::TrustedParts "/dev/null";
Acquire::http::Timeout "20";
Acquire::Retries "1";
Acquire::Languages "none";
APT::Update::Error-Mode "any";
APT::Sandbox::User "";
"""


class NotBrought(Exception):
    """One line: why not, and what to do."""


def tree(build):
    """Where it is, or None."""
    path = os.path.join(build, "foreign", RELEASE)
    return path if os.path.exists(path + "/usr/include/mbedtls/ssl.h") else None


def library(path):
    """The folder of the archives, whatever the machine is."""
    return os.path.dirname(glob.glob(path + "/usr/lib/*/libmbedtls.a")[0])


def proxies():
    """The system's own apt may need one."""
    found = ""
    for name in ("Acquire::http::Proxy", "Acquire::https::Proxy"):
        said = subprocess.run(["apt-config", "shell", "IT", name], stdout=subprocess.PIPE, check=False).stdout.decode()
        if said.startswith("IT='") and said.rstrip().endswith("'"):
            found += f'{name} "{said.strip()[4:-1]}";\n'
    return found


def step(command, folder, settings):
    what = " ".join(command[:2])
    try:
        done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=SECONDS,
                              stderr=subprocess.STDOUT, check=False, env=dict(os.environ, APT_CONFIG=settings))
    except subprocess.TimeoutExpired:
        raise NotBrought(f"{what} does not end within {SECONDS} s") from None
    said = done.stdout.decode(errors="replace").splitlines()
    if done.returncode != 0:
        errors = [line for line in said if line.startswith(("E:", "dpkg"))] or said or ["no word why"]
        raise NotBrought(f"{what}: {errors[0].strip()}")


def fill(own, mirror):
    for folder in ("state/lists/partial", "cache/archives/partial", "etc/apt.conf.d", "etc/preferences.d", "tree"):
        os.makedirs(f"{own}/{folder}")
    settings = own + "/apt.conf"
    with open(settings, "w", encoding="ascii") as f:
        f.write(SETTINGS.format(own=own) + proxies())
    with open(own + "/state/status", "w", encoding="ascii"):
        pass
    with open(own + "/etc/sources.list", "w", encoding="ascii") as f:
        f.write(f"deb [signed-by={KEYS}] {mirror} {RELEASE} main\n")
    step(["apt-get", "update"], own, settings)
    step(["apt-get", "download", *PACKAGES], own, settings)
    for package in sorted(glob.glob(own + "/*.deb")):
        step(["dpkg-deb", "-x", package, own + "/tree"], own, settings)


def bring(build):
    """The path of the tree; fetched only when it is not there."""
    there = tree(build)
    if there:
        return there
    mirror = os.environ.get("DEBIAN_MIRROR", MIRROR)
    own = os.path.abspath(os.path.join(build, "foreign", f"{RELEASE}.{os.getpid()}"))
    try:
        for program, package in (("apt-get", "apt"), ("dpkg-deb", "dpkg"), (KEYS, "debian-archive-keyring")):
            if not (os.path.exists(program) or shutil.which(program)):
                raise NotBrought(f"no {program} here; it is in Debian's package {package}")
        fill(own, mirror)
        path = os.path.join(build, "foreign", RELEASE)
        shutil.rmtree(path, ignore_errors=True)
        os.rename(own + "/tree", path)
    except (NotBrought, OSError) as e:
        raise NotBrought(f"Mbed TLS 3.6 is not here and did not come from {mirror} ({e}): 'make foreign' once "
                         f"where the archive, or another that DEBIAN_MIRROR names, can be reached") from None
    finally:
        shutil.rmtree(own, ignore_errors=True)
    return tree(build)


if __name__ == "__main__":
    try:
        print(bring(sys.argv[1] if len(sys.argv) > 1 else "build"))
    except NotBrought as why:
        sys.exit(f"bring.py: {why}")
