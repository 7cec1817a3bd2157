"""What instances run: zips, and the folders that they are unpacked to."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from aoma import build_hook
from aoma.build_hook import aoma
from benchmarks.starts import authority
from mesh import build as bundle
from mesh.build.bundle import dependencies
from mesh.build.bundle.bytecode import TASK_ROOT
from mesh.build.environment import ROOT
from mesh.build.project import Project
from mesh.build.target import target
from mesh.installation import CACHE
from mesh.local_aws.instances import managed_runtime
from mesh.local_aws.instances.leftovers import remove_tree
from mesh.local_aws.instances.task_root import unpack

FIRST_ROOT = "amazon_root_1.pem"
FOLDER = CACHE / "starts"
PEERS = Path(__file__).parent / "peers"
LOCKS = ROOT / "requirements" / "peers"
# What a build of a copy of this project needs.
COPIED = ("mcp_app", "requirements")
TOOLS_A_MODULE = 10
COUNTS = (10, 100, 1000)

# Read-only, as this server's own tools are.
ECHO = '''\
"""The benchmark's tool that does nothing."""

from fastmcp.tools import tool

from mcp_app.interface.annotations import READ_ONLY


@tool(annotations=READ_ONLY)
def echo(text: str) -> str:
    """Give the text back."""
    return text
'''


@dataclass(frozen=True)
class Tree:
    """An unpacked zip, and what the zip was.

    Attributes:
        folder: Read-only.
        zip_bytes: Size of the zip.
        unzipped_bytes: Size of all files.
        files: How many.
    """

    folder: Path
    zip_bytes: int
    unzipped_bytes: int
    files: int


def _unpacked(zipped: Path, name: str) -> Tree:
    """The tree of a zip; earlier ones of that name are removed."""
    place = FOLDER / "trees" / name
    folder = unpack(zipped.read_bytes(), place)
    for other in place.iterdir():
        if other != folder:
            remove_tree(other)
    with zipfile.ZipFile(zipped) as archive:
        sizes = [entry.file_size for entry in archive.infolist()]
    return Tree(folder, zipped.stat().st_size, sum(sizes), len(sizes))


def tool_source(numbers: Iterable[int]) -> str:
    """A module of tools like those that people write."""
    head = '"""Tools of the benchmark."""\n\nfrom fastmcp.tools import tool\n\n'
    parts = [f"{head}from mcp_app.interface.annotations import READ_ONLY\n"]
    parts += [
        f"\n\n@tool(annotations=READ_ONLY)\n"
        f"def tool_{number:04}(text: str, count: int = 1) -> str:\n"
        f'    """Say the text so many times, as tool {number} does."""\n'
        f"    return text * count\n"
        for number in numbers
    ]
    return "".join(parts)


def copy_of_project(into: Path, tools: int = 0) -> Path:
    """This project with the tool that does nothing, and as many more as asked for."""
    for name in COPIED:
        shutil.copytree(ROOT / name, into / name, ignore=shutil.ignore_patterns("__pycache__"))
    package = into / "mcp_app" / "tools"
    (package / "a_benchmark_echo.py").write_text(ECHO)
    for first in range(0, tools, TOOLS_A_MODULE):
        numbers = range(first, min(first + TOOLS_A_MODULE, tools))
        (package / f"benchmark_{first:04}.py").write_text(tool_source(numbers))
    return into


def ours(tools: int = 0) -> Tree:
    """The zip that build.py makes of this project, its knowledge this project's."""
    name = f"ours-{tools}" if tools else "ours"
    with tempfile.TemporaryDirectory(prefix="mesh-starts-") as scratch:
        root = copy_of_project(Path(scratch) / "project", tools)
        built = build_hook.build(
            architecture="host",
            project=replace(aoma(), root=root),
            output=Path(scratch) / "ours.zip",
            documents=[ROOT],
            repositories=[ROOT],
        )
        tree = _unpacked(built.path, name)
    # SSM's stand-in is trusted as SSM is.
    trusted = tree.folder / "mesh" / "runtime" / "aws" / FIRST_ROOT
    trusted.write_bytes(authority.kept(FOLDER)[0].read_bytes())
    return tree


def author(name: str) -> Tree:
    """The zip of a server in a folder of peers/, as `mesh up` builds it."""
    project = Project(
        root=PEERS / name,
        name=name.replace("_", "-"),
        version="1",
        server="server:mcp",
        requirements=dependencies.MESH_LOCK,
    )
    with tempfile.TemporaryDirectory(prefix="mesh-starts-") as scratch:
        output = Path(scratch) / "author.zip"
        return _unpacked(bundle.build(project, "host", output=output).path, name)


def with_index(tree: Tree, index: Path, name: str) -> Tree:
    """The same with another knowledge index in it."""
    folder = FOLDER / "trees" / name
    remove_tree(folder)
    shutil.copytree(tree.folder, folder, copy_function=os.link)
    folder.chmod(0o755)
    place = folder / "knowledge.sqlite3"
    before = place.stat().st_size
    place.unlink()
    os.link(index, place)
    folder.chmod(0o555)
    grown = index.stat().st_size - before
    return Tree(folder, 0, tree.unzipped_bytes + grown, tree.files)


def more_tools(count: int) -> str:
    """A module that adds tools to a FastMCP server."""
    lines = ['"""Tools of the benchmark."""\n\n\ndef add(mcp):\n    """Add them."""\n']
    lines += [
        f"\n    @mcp.tool\n    def tool_{number:04}(text: str, count: int = 1) -> str:\n"
        f'        """Say the text so many times, as tool {number} does."""\n'
        f"        return text * count\n"
        for number in range(count)
    ]
    return "".join(lines)


def _peer_key(name: str, lock: Path | None, files: Iterable[Path], *, bytecode: bool) -> str:
    digest = hashlib.sha256(f"{name}|{bytecode}|{target('host', '3.13')}".encode())
    for file in sorted([Path(__file__), *([lock] if lock else []), *files]):
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def peer(
    name: str, files: Iterable[str], requirements: str | None = None, *, bytecode: bool = False
) -> Tree:
    """A peer's zip: its packages as they are installed, and the few lines of its server.

    What Lambda's runtime carries (boto3 and what that needs) is left out, as AWS advises.
    Kept until one of its sources changes.

    Args:
        name: Of its folder.
        files: Its lines, in peers/.
        requirements: Its lock in requirements/peers; None for no packages.
        bytecode: Whether it carries bytecode that stays valid on Lambda.
    """
    lock = LOCKS / f"{requirements}.txt" if requirements else None
    sources = [PEERS / file for file in files]
    zipped = FOLDER / "zips" / f"{name}-{_peer_key(name, lock, sources, bytecode=bytecode)}.zip"
    if not zipped.is_file():
        zipped.parent.mkdir(parents=True, exist_ok=True)
        for old in zipped.parent.glob(f"{name}-????????????????.zip"):
            old.unlink()
        with tempfile.TemporaryDirectory(dir=zipped.parent) as scratch:
            site = Path(scratch) / "site"
            site.mkdir()
            if lock:
                dependencies.install(lock, target("host", "3.13"), site)
            for source in sources:
                shutil.copy(source, site / source.name)
            if requirements == "usual":
                for count in COUNTS:
                    (site / f"more_tools_{count}.py").write_text(more_tools(count))
            _leave_out(site)
            if bytecode:
                _compile(site, TASK_ROOT)
            draft = Path(scratch) / "draft.zip"
            _zip(site, draft)
            draft.replace(zipped)
    return _unpacked(zipped, name)


def _leave_out(site: Path) -> None:
    """Remove bytecode that an installer may have left, and what the runtime has."""
    for folder in [*site.rglob("__pycache__")]:
        shutil.rmtree(folder)
    for there in managed_runtime.folder().iterdir():
        name = there.name.partition("-")[0]
        for path in [site / there.name, *site.glob(f"{name}-*.dist-info")]:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def _compile(folder: Path, place: str) -> None:
    """Add bytecode as if the folder were at `place`."""
    command = (sys.executable, "-I", "-m", "compileall", "-q", "-q", "-j", "0")
    # The zip's dates would make any other kind stale.
    kind = ("--invalidation-mode", "unchecked-hash")
    # Some packages carry files for other Pythons, which is no failure.
    subprocess.run((*command, *kind, "-s", str(folder), "-p", place, str(folder)), check=False)


def _zip(site: Path, into: Path) -> None:
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(site.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(site))


def runtime() -> Path:
    """Lambda's managed runtime, with bytecode as there, so that no start compiles it."""
    digest = hashlib.sha256((ROOT / "requirements" / "runtime.txt").read_bytes()).hexdigest()[:16]
    place = FOLDER / "runtime"
    stamp = place / "made-from"
    if not stamp.is_file() or json.loads(stamp.read_text()) != digest:
        remove_tree(place)
        shutil.copytree(
            managed_runtime.folder(), place, ignore=shutil.ignore_patterns("__pycache__")
        )
        _compile(place, "/var/runtime")
        stamp.write_text(json.dumps(digest))
    return place


def sizes(tree: Tree) -> dict[str, int]:
    """Its figures, without the folder."""
    return {name: value for name, value in asdict(tree).items() if name != "folder"}
