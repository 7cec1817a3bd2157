"""Locked packages, installed for Lambda and for nothing else."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mesh import uv
from mesh.build.failure import BuildError
from mesh.build.target import GLIBC, Target
from mesh.installation import REQUIREMENTS

# The packages that Mesh itself needs in every zip: what it asks for, and what it is tested with.
MESH_INPUT = REQUIREMENTS / "mesh.in"
MESH_LOCK = REQUIREMENTS / "mesh.txt"
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
UNREACHABLE = re.compile(r"Failed to fetch|client error|tcp connect|dns error")

# What uv says when a locked version exists, but not for the target: no wheel at all, or
# none for the platform or Python. The second name is the version.
UNSOLVABLE = re.compile(
    r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>\S+) has no (?:usable )?wheels"
    r"(?P<which> with a matching [^()]*tag)?"
)
AVAILABLE = re.compile(r"hint: .*?(?:on the following|with the following) (?P<what>.+)", re.DOTALL)

# https://packaging.python.org/en/latest/specifications/dependency-specifiers/#names
NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")

# glibc versions behind the tags that came before PEP 600's manylinux_x_y.
LEGACY_TAGS = {"manylinux1": (2, 5), "manylinux2010": (2, 12), "manylinux2014": (2, 17)}
PLATFORM = re.compile(r"manylinux_(\d+)_(\d+)_(\w+)|(manylinux1|manylinux2010|manylinux2014)_(\w+)")

# name, e_machine: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html
ELF_MAGIC = b"\x7fELF"
ELF_MACHINE = slice(18, 20)
SHARED_OBJECT = re.compile(r"\.so(\.\d+)*$")


@contextmanager
def exclusive(cache: Path, what: str) -> Iterator[None]:
    """Wait until no other build makes the same for this cache, and make the cache's folder.

    Args:
        cache: Its folder; the lock lies beside it, and its presence means nothing.
        what: What is made, such as `layer`.
    """
    # The environment is made with this package, when nothing is installed yet.
    import portalocker  # noqa: PLC0415 - `make setup` builds on a bare Python

    cache.mkdir(parents=True, exist_ok=True)
    # Through a link to it, too.
    place = cache.resolve()
    with place.with_name(f"{place.name}-{what}.lock").open("w") as lock:
        portalocker.lock(lock, portalocker.LOCK_EX)
        yield


@dataclass(frozen=True)
class Distribution:
    """One installed package.

    Attributes:
        name: Normalised as the package index writes it.
        version: As locked.
        tags: The tags of the wheel it came from.
        files: Its files, relative to the folder it was installed into.
        requires: The distributions that it names as required, whatever the conditions.
    """

    name: str
    version: str
    tags: tuple[str, ...]
    files: tuple[PurePosixPath, ...]
    requires: frozenset[str]


def install(requirements: Path, target: Target, into: Path) -> list[Distribution]:
    """Install the locked packages' wheels for `target` into the folder `into`.

    Wheels only, for the target's platform: nothing is built, and nothing of this machine
    gets in. Every hash is checked.

    Raises:
        BuildError: a wheel is missing for the target, or does not fit it; the index cannot be
            reached; a hash differs. Names the package, its version and the platform.
    """
    command = (
        *(uv.executable(), "pip", "install", "--require-hashes", "-r", str(requirements)),
        *("--target", str(into), "--python", sys.executable, "--only-binary", ":all:"),
        *("--python-platform", target.wheel_platform, "--python-version", target.python),
    )
    # Nothing runs from here; the zip has bytecode of its own.
    variables = uv.variables() | {"NO_COLOR": "1", "UV_COMPILE_BYTECODE": "0"}
    done = subprocess.run(
        command, env=variables, capture_output=True, text=True, encoding="utf-8", check=False
    )
    if done.returncode != 0:
        raise BuildError(explanation(done.stderr, requirements, target))
    found = sorted(installed(into), key=lambda one: one.name)
    problems = list(misfits(found, target, into))
    if problems:
        raise BuildError(f"Not for {target.title}:\n  " + "\n  ".join(problems))
    return found


def locked(lock: Path) -> bytes:
    """What a lock says, without its comments: two servers with the same packages share a layer.

    Args:
        lock: The file.
    """
    return re.sub(rb"^#.*\n", b"", lock.read_bytes(), flags=re.MULTILINE)


def pins(lock: Path) -> dict[str, str]:
    """The packages of a lock, version by normalised name."""
    return {_normalised(name): version for name, version in PIN.findall(lock.read_text("utf-8"))}


def installed(folder: Path) -> Iterator[Distribution]:
    """The distributions that lie in `folder`."""
    for one in importlib.metadata.distributions(path=[str(folder)]):
        wheel = one.read_text("WHEEL") or ""
        yield Distribution(
            name=_normalised(one.name),
            version=one.version,
            tags=tuple(re.findall(r"^Tag: *(\S+)", wheel, re.MULTILINE)),
            files=tuple(PurePosixPath(file) for file in one.files or ()),
            requires=frozenset(
                _normalised(found[0]) for line in one.requires or () if (found := NAME.match(line))
            ),
        )


def _normalised(name: str) -> str:
    # https://packaging.python.org/en/latest/specifications/name-normalization/
    return re.sub(r"[-_.]+", "-", name).lower()


def explanation(said: str, requirements: Path, target: Target) -> str:
    """What uv's message `said` means for the person who runs the build."""
    missing = UNSOLVABLE.search(said)
    if missing:
        there = AVAILABLE.search(said)
        only = f" There is one for another {' '.join(there['what'].split())}." if there else ""
        if not missing["which"]:
            only = " It is published as source only, and nothing is compiled here."
        return (
            f"{missing['name']} {missing['version']} has no wheel for {target.title}.{only} "
            f"Lock another version in {requirements.name}, or leave the package out."
        )
    if UNREACHABLE.search(said):
        return unreachable(said, target)
    return f"{requirements.name} cannot be installed for {target.title}:\n  {_tail(said)}"


def unreachable(said: str, target: Target) -> str:
    """What to do when uv's message `said` means that the package index was not reached."""
    return (
        f"The packages for {target.title} cannot be fetched:\n  {_tail(said)}\n"
        "Is the Python package index reachable? A mirror is taken from pip's configuration "
        "(`pip config set global.index-url ...`) or UV_DEFAULT_INDEX."
    )


def _tail(said: str) -> str:
    lines = [line for line in said.strip().splitlines() if not line.startswith("Using CPython")]
    return "\n  ".join(lines[-12:])


def runs_on(tag: str, target: Target) -> bool:
    """Whether a wheel with this `python-abi-platform` tag runs on the target's system."""
    platform = tag.rsplit("-", 1)[-1]
    if platform == "any":
        return True
    found = PLATFORM.fullmatch(platform)
    if not found:
        return False
    major, minor, processor, legacy, legacy_processor = found.groups()
    glibc = LEGACY_TAGS[legacy] if legacy else (int(major), int(minor))
    return glibc <= GLIBC and (processor or legacy_processor) == target.processor


def misfits(found: Sequence[Distribution], target: Target, folder: Path) -> Iterator[str]:
    """What of the installed does not run on the target, a line each.

    Trusts no resolver: the tags are the wheel's own, the machine is the ELF header's.
    """
    for one in found:
        if not any(runs_on(tag, target) for tag in one.tags):
            yield f"{one.name} {one.version}: a wheel for {', '.join(one.tags) or 'no platform'}"
        for file in one.files:
            path = folder / file
            if not path.is_file():
                continue
            with path.open("rb") as opened:
                head = opened.read(20)
            if not head.startswith(ELF_MAGIC):
                if SHARED_OBJECT.search(file.name):
                    yield f"{one.name} {one.version}: {file} is no Linux library"
                continue
            machine = int.from_bytes(head[ELF_MACHINE], "little")
            if machine != target.elf_machine:
                yield (
                    f"{one.name} {one.version}: {file} is for ELF machine {machine}, "
                    f"not {target.elf_machine} ({target.processor})"
                )
