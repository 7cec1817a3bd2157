"""The dependencies as a finished zip, kept between builds.

They change when their lock does; the application on every edit. So the next build copies this
zip and appends to it.

Mesh's own packages are made small: parts that no server needs stay out, and modules are packed as
bytecode. Tests serve FastMCP from the result. An author's packages go in whole, as they were
installed, because nobody here knows what they read of themselves.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePosixPath

from mesh.build.bundle import (
    archive,
    bytecode,
    dependencies,
    exclusions,
    module_packs,
    native_libraries,
    optional_parts,
)
from mesh.build.bundle.archive import Entry, Written
from mesh.build.bundle.dependencies import MESH_LOCK, Distribution
from mesh.build.bundle.optional_parts import OptionalPart
from mesh.build.failure import BuildError
from mesh.build.target import Target

# A layer that other code has made is made again.
RECIPE = Path(__file__).parent
# Two weeks without a build that uses it.
UNUSED_SECONDS = 14 * 24 * 3600


@dataclass(frozen=True)
class Package:
    """How much of the zip one distribution takes.

    Attributes:
        name: Of the distribution.
        version: As locked.
        unzipped: Bytes on Lambda's disk.
        zipped: Bytes in the zip.
        files: How many.
    """

    name: str
    version: str
    unzipped: int
    zipped: int
    files: int


def package(name: str, version: str, entries: Iterable[Written]) -> Package:
    """The sum of what was written of a package."""
    written = list(entries)
    return Package(
        name,
        version,
        unzipped=sum(one.size for one in written),
        zipped=sum(one.zipped for one in written),
        files=len(written),
    )


@dataclass(frozen=True)
class Layer:
    """A finished zip of dependencies.

    Attributes:
        path: The zip, which must not be changed.
        sha256: Its digest.
        entries: What is in it, by name.
        packages: The distributions in it.
        pruned: The distributions left out, `name==version`.
        reused: It lay in the cache.
    """

    path: Path
    sha256: str
    entries: dict[str, Written]
    packages: tuple[Package, ...]
    pruned: tuple[str, ...]
    reused: bool


def key(
    requirements: Path,
    target: Target,
    asked: Iterable[OptionalPart] = (),
    declared: frozenset[str] | None = None,
) -> str:
    """Digest of everything that decides the layer's bytes."""
    titles = sorted(part.title for part in asked)
    names = None if declared is None else sorted(declared)
    decides = f"{target}|{sys.version}|{archive.compressor()}|{titles}|{names}"
    digest = hashlib.sha256(decides.encode())
    # The recipe is the code itself: a number would be forgotten.
    for lock in (requirements, MESH_LOCK):
        digest.update(hashlib.sha256(dependencies.locked(lock)).digest())
    for file in sorted(RECIPE.glob("*.py")):
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:32]


def obtain(
    requirements: Path,
    target: Target,
    cache: Path,
    *,
    asked: tuple[OptionalPart, ...],
    workers: int,
    progress: Callable[[str], None],
    declared: frozenset[str] | None = None,
) -> Layer:
    """The layer from the cache, or made and put there.

    Of two builds at once one makes it, and the other waits: making it takes all cores.

    Args:
        requirements: The locked dependencies.
        target: What they are for.
        cache: Where finished layers are kept.
        asked: What the application asks for of the optional parts.
        workers: Processes that compile.
        progress: Called with each step that takes a while.
        declared: Names of the packages that the author asks for. Only Mesh's own packages are
            made smaller then; with None all of the lock are.

    Raises:
        BuildError: the packages are not available for the target.
        OSError: the cache cannot be written.
    """
    if not requirements.is_file():
        raise BuildError(f"{requirements} is missing: it locks what the zip carries.")
    home = cache / f"{target.architecture}-{key(requirements, target, asked, declared)}"
    kept = load(home)
    if kept:
        return kept
    with dependencies.exclusive(cache, "layer"):
        # Another build may have made it while this one waited.
        kept = load(home)
        if kept:
            return kept
        discard(cache.iterdir(), unused_seconds=UNUSED_SECONDS)
        with tempfile.TemporaryDirectory(dir=cache, prefix="making-") as scratch:
            into = Path(scratch) / "layer"
            into.mkdir()
            layer = make(
                requirements, target, into, Path(scratch), asked, workers, progress, declared
            )
            record = {
                "sha256": layer.sha256,
                "entries": {name: asdict(one) for name, one in layer.entries.items()},
                "packages": [asdict(one) for one in layer.packages],
                "pruned": layer.pruned,
            }
            (into / "layer.json").write_text(json.dumps(record), encoding="utf-8")
            put(into, home)
    return replace(layer, path=home / "layer.zip")


def put(made: Path, home: Path) -> None:
    """Move a finished layer to its place.

    Raises:
        OSError: the cache cannot be written.
    """
    for attempt in range(3):
        try:
            made.rename(home)
        except OSError:
            # A folder that is not empty is never replaced: either a layer of the same bytes,
            # or one that a full disk or a killed machine left damaged.
            if load(home):
                return
            if attempt == 2 or not home.exists():  # noqa: PLR2004 - the last one
                raise
            shutil.rmtree(home, ignore_errors=True)
        else:
            return


def load(home: Path) -> Layer | None:
    """The layer in the folder `home`; None when there is none, or a damaged one."""
    zipped = home / "layer.zip"
    try:
        record = json.loads((home / "layer.json").read_text(encoding="utf-8"))
        with zipped.open("rb") as opened:
            sound = hashlib.file_digest(opened, "sha256").hexdigest() == record["sha256"]
        # Says that it was used today.
        home.touch()
    except (OSError, ValueError, KeyError):
        return None
    if not sound:
        return None
    return Layer(
        path=zipped,
        sha256=record["sha256"],
        entries={name: Written(**one) for name, one in record["entries"].items()},
        packages=tuple(Package(**one) for one in record["packages"]),
        pruned=tuple(record["pruned"]),
        reused=True,
    )


def make(
    requirements: Path,
    target: Target,
    into: Path,
    scratch: Path,
    asked: tuple[OptionalPart, ...],
    workers: int,
    progress: Callable[[str], None],
    declared: frozenset[str] | None = None,
) -> Layer:
    """Install, prune, compile and zip the dependencies."""
    progress(f"installing {requirements.name} for {target.title}")
    site = scratch / "site"
    found = dependencies.install(requirements, target, site)
    parts = optional_parts.left_out(asked, found)
    trimmed = known(found, declared)
    without = exclusions.DISTRIBUTIONS.keys() | frozenset().union(
        *(one.distributions for one in parts)
    )
    without = (without & trimmed) - needed(found, trimmed, declared or frozenset())
    patterns = tuple(pattern for part in parts for pattern in part.files)
    kept = [one for one in found if one.name not in without]
    owners: dict[str, str] = {}
    sources: dict[str, Path] = {}
    # Those that stay whole last: two distributions may carry the same file, as fastmcp and
    # fastmcp-slim do.
    for one in sorted(kept, key=lambda one: one.name not in trimmed):
        for file in one.files:
            left_out = (
                exclusions.is_dropped(file, patterns)
                if one.name in trimmed
                else exclusions.is_installers(file) or is_launcher(site / file)
            )
            # Nothing outside: a RECORD may name commands in folders above.
            if not left_out and ".." not in file.parts and (site / file).is_file():
                sources[str(file)] = site / file
                owners[str(file)] = one.name
    whole = {name for name, owner in owners.items() if owner not in trimmed}
    modules = sorted(name for name in sources if name.endswith(".py"))
    progress(f"compiling {len(modules)} modules with {workers} processes")
    compiled = scratch / "bytecode"
    compiled.mkdir()
    jobs = [(sources[name], name, compiled / f"{n}.pyc") for n, name in enumerate(modules)]
    # Files that no Python 3 could import, such as templates, stay what they are.
    refused = {
        one.source for one in bytecode.compile_all(jobs, workers, exclusions.UNDOCUMENTED, whole)
    }
    bytecodes = {name: pyc for source, name, pyc in jobs if str(source) not in refused}
    files = []
    for name in sorted(whole):
        path = sources.pop(name)
        native = path.stat().st_mode & 0o111 or ".so" in PurePosixPath(name).suffixes
        files.append(Entry(name, path.read_bytes(), executable=bool(native)))
        if name in bytecodes:
            # Beside its source, as an installer would write it: Lambda's disk is read-only.
            beside = bytecode.cached(name)
            files.append(Entry(beside, bytecodes.pop(name).read_bytes()))
            owners[beside] = owners[name]
    for name in bytecodes:
        del sources[name]
    files += [
        Entry(
            name,
            native_libraries.stripped(path.read_bytes()),
            executable=".so" in PurePosixPath(name).suffixes,
        )
        for name, path in sources.items()
    ]
    files += modules_of(bytecodes, sources, owners)
    progress(f"zipping {len(files)} files")
    entries = archive.append(into / "layer.zip", files)
    with (into / "layer.zip").open("rb") as opened:
        sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
    packages = tuple(
        package(
            one.name,
            one.version,
            (entry for name, entry in entries.items() if owners.get(name) == one.name),
        )
        for one in kept
    )
    pruned = tuple(f"{one.name}=={one.version}" for one in found if one not in kept)
    return Layer(into / "layer.zip", sha256, entries, packages, pruned, reused=False)


def known(found: Iterable[Distribution], declared: frozenset[str] | None) -> frozenset[str]:
    """The names of the distributions that are made smaller.

    Args:
        found: All that were installed.
        declared: As for `obtain`.
    """
    own = dependencies.pins(MESH_LOCK)
    return frozenset(
        one.name for one in found if declared is None or own.get(one.name) == one.version
    )


def needed(
    found: Iterable[Distribution], trimmed: frozenset[str], declared: frozenset[str]
) -> frozenset[str]:
    """The names of the distributions that an author's packages may need.

    Args:
        found: All that were installed.
        trimmed: Those that are made smaller.
        declared: Those that the author asks for.
    """
    requires = {one.name: one.requires for one in found}
    names = {*declared, *(name for name in requires if name not in trimmed)}
    names |= {below for name in names for below in requires.get(name, ())}
    unread = [name for name in names if name in exclusions.DISTRIBUTIONS]
    while unread:
        new = requires.get(unread.pop(), frozenset()) - names
        names |= new
        unread += new
    return frozenset(names)


def is_launcher(path: Path) -> bool:
    """Whether a file starts a command with the Python of this machine."""
    if path.parent.name != "bin" or not path.is_file():
        return False
    with path.open("rb") as opened:
        return opened.read(2) == b"#!"


def modules_of(
    bytecodes: Mapping[str, Path], others: Iterable[str], owners: dict[str, str]
) -> Iterator[Entry]:
    """The modules as they lie in the zip: large packages' in one file, the rest on their own.

    Args:
        bytecodes: By the source's path in the zip, the `.pyc` file.
        others: Paths of all else in it.
        owners: By path, the distribution; what is given is added.
    """
    compiled = {name: pyc.read_bytes() for name, pyc in bytecodes.items()}
    found = list(module_packs.packs(compiled, others))
    for pack in found:
        for entry in module_packs.packed(pack, compiled):
            owners[entry.name] = owners[f"{pack.package}/__init__.py"]
            yield entry
        for name in pack.modules:
            del compiled[name]
    # The application's are packed, too.
    yield module_packs.reader()
    for name, data in compiled.items():
        # In the source's place: without one, Python takes the bytecode as it is.
        owners[f"{name}c"] = owners[name]
        yield Entry(f"{name}c", data)


def discard(folders: Iterable[Path], *, unused_seconds: float) -> None:
    """Remove those folders that nothing has touched for so long."""
    for folder in folders:
        try:
            unused = time.time() - folder.stat().st_mtime > unused_seconds
        except FileNotFoundError:
            # Another build removed it just now.
            continue
        if unused:
            shutil.rmtree(folder, ignore_errors=True)
