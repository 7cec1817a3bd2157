"""Locks a server's packages together with Mesh's own, for one architecture of Lambda.

The lock lies in the server's `.mesh/`. Mesh's own lock is where uv begins: a version that Mesh is
tested with stays, unless a package of the author's needs another one.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from packaging.specifiers import SpecifierSet

from mesh import uv
from mesh.build.bundle.dependencies import MESH_INPUT, MESH_LOCK, pins
from mesh.build.failure import BuildError
from mesh.build.target import Target
from mesh.packages.declarations import Declared
from mesh.packages.explanation import FASTMCP, explanation, refused_fastmcp

NO_HASH = (
    "{source} asks for {line}, which has no hash: it is a folder or an address.\n"
    "Build a wheel of it (`uv build --wheel`), and name the wheel's file."
)
SUPPORTED = re.compile(r"^fastmcp([<>=!~].*)$", re.MULTILINE)
HEAD = "# Written by mesh from {source}. Inputs: {digest}\n"
# What decides a lock beside what the author asks for.
RECIPE = (Path(__file__), MESH_INPUT, MESH_LOCK)


def lock(declared: Declared, root: Path, target: Target) -> Path:
    """The lock of a server's packages, made again only when what it is made from has changed.

    Args:
        declared: What the author asks for.
        root: The server's folder; the lock is in its `.mesh`.
        target: What the packages are for.

    Raises:
        BuildError: the packages are not available together, or one has no wheel for the target; two
            lines that name the requirement and what to do.
    """
    folder = root / ".mesh"
    place = folder / f"requirements-{target.architecture}.txt"
    head = HEAD.format(source=declared.source, digest=_digest(declared, root, target))
    try:
        before = place.read_text(encoding="utf-8")
    except OSError:
        before = ""
    if before.startswith(head):
        return place
    if problem := refused_fastmcp(declared, supported_fastmcp()):
        raise BuildError(problem)
    for one in declared.parsed():
        if one.url and "+" in one.url.partition(":")[0]:
            raise BuildError(NO_HASH.format(source=declared.source, line=one))
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    with tempfile.TemporaryDirectory(dir=folder, prefix="locking-") as scratch:
        made = Path(scratch) / "lock.txt"
        made.write_text(_preferred(before), encoding="utf-8")
        _compile(declared, root, target, made)
        text = _absolute(made.read_text(encoding="utf-8"), root)
        for line in re.findall(r"^(?:-e .+|[^\s#-].*[^\\\n])$", text, re.MULTILINE):
            raise BuildError(NO_HASH.format(source=declared.source, line=line))
        made.write_text(head + text, encoding="utf-8")
        made.replace(place)
    return place


def supported_fastmcp() -> SpecifierSet:
    """The versions of FastMCP that Mesh runs servers with."""
    (versions,) = SUPPORTED.findall(MESH_INPUT.read_text("utf-8"))
    return SpecifierSet(versions)


def _compile(declared: Declared, root: Path, target: Target, made: Path) -> None:
    listed = declared.file
    if listed is None:
        listed = made.with_name("declared.in")
        listed.write_text("".join(f"{line}\n" for line in declared.requirements), encoding="utf-8")
    done = _compiled([MESH_INPUT, listed], root, target, made)
    if done.returncode != 0:
        if declared.names().isdisjoint(FASTMCP):
            # About one version uv says in a sentence what it says of several in paragraphs.
            own = made.with_name("own.in")
            own.write_text(f"fastmcp=={pins(MESH_LOCK)['fastmcp']}\n", encoding="utf-8")
            done = _compiled([MESH_INPUT, own, listed], root, target, made)
        said = done.stderr.replace(str(listed), declared.source)
        raise BuildError(explanation(said, declared, pins(MESH_LOCK), target))


def _compiled(
    inputs: Sequence[Path], root: Path, target: Target, made: Path
) -> subprocess.CompletedProcess[str]:
    command = (
        *(uv.executable(), "pip", "compile", *map(str, inputs)),
        *("--output-file", str(made), "--generate-hashes", "--only-binary", ":all:"),
        *("--python", sys.executable, "--python-version", target.python),
        *("--python-platform", target.wheel_platform),
        *("--no-header", "--no-annotate", "--emit-find-links", "--quiet"),
    )
    return subprocess.run(
        command,
        cwd=root,
        env=uv.variables() | {"NO_COLOR": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def _digest(declared: Declared, root: Path, target: Target) -> str:
    """Digest of all that decides the lock."""
    digest = hashlib.sha256(f"{declared.requirements}|{root}|{target}".encode())
    for file in (*RECIPE, *declared.inputs):
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:32]


def _preferred(before: str) -> str:
    """The versions to keep where possible: Mesh's, and of other packages those of the last lock."""
    own = MESH_LOCK.read_text(encoding="utf-8")
    known = pins(MESH_LOCK)
    entries = re.finditer(r"^([\w.-]+)==.*(?:\n[ \t].*)*\n", before, re.MULTILINE)
    return own + "".join(found[0] for found in entries if found[1] not in known)


def _absolute(text: str, root: Path) -> str:
    """The lock with paths that are valid in any folder: uv takes them from where it runs."""

    def placed(found: re.Match[str]) -> str:
        return f"{found[1]}{os.path.normpath(root / found[2])}"

    text = re.sub(r"^(--find-links )(?!\w+://)(\S+)", placed, text, flags=re.MULTILINE)
    return re.sub(r"^()(\.{1,2}/\S+)", placed, text, flags=re.MULTILINE)
