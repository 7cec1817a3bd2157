"""Makes the zip: dependencies, application, knowledge, and the record of all three."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import mesh
from mesh.build import hook, limits
from mesh.build.bundle import application, archive, layer, notices, optional_parts
from mesh.build.bundle.archive import Entry
from mesh.build.bundle.layer import Layer, Package, discard
from mesh.build.failure import BuildError
from mesh.build.fast_path import catalogues
from mesh.build.fast_path.catalogues import FastPath
from mesh.build.hook import Added
from mesh.build.project import Project
from mesh.build.provenance import Provenance, provenance
from mesh.build.server.unregistered_tools import forgotten_tools
from mesh.build.target import Target, target
from mesh.installation import CACHE

RECORD = "build.json"
# A build that was killed leaves its scratch folder; none takes this long.
ABANDONED_SECONDS = 3600


@dataclass(frozen=True)
class BuildResult:
    """A finished zip.

    Attributes:
        path: The zip.
        architecture: `arm64` or `x86_64`.
        python: Version of the Lambda runtime, such as `3.13`.
        version: The application's.
        commit: 40 hexadecimal digits, or None.
        dirty: The tree differed from the commit.
        sha256: Hexadecimal digest of the zip.
        code_sha256: The same digest as Lambda's `CodeSha256` shows it, in base64.
        content_sha256: Digest of names and contents, whatever wrote the zip.
        zip_bytes: Size of the zip.
        unzipped_bytes: Size of all files on Lambda's disk.
        entries: How many files.
        seconds: Wall-clock time of the build.
        reused: The dependencies came from the cache.
        packages: The dependencies, Mesh, the server and what its hook added, the largest first.
        pruned: Distributions left out, `name==version`.
        added: What the server's build hook says; None without one.
        fast_path: What is answered without FastMCP; None where the project has no such thing.
        notes: What the person who builds should know, a sentence each.
    """

    path: Path
    architecture: str
    python: str
    version: str
    commit: str | None
    dirty: bool
    sha256: str
    code_sha256: str
    content_sha256: str
    zip_bytes: int
    unzipped_bytes: int
    entries: int
    seconds: float
    reused: bool
    packages: tuple[Package, ...]
    pruned: tuple[str, ...]
    added: hook.Report | None
    fast_path: FastPath | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """What is appended to the dependencies: a title for the size table, and files.

    `content_date` is the latest date of anything in the files, where that is known.
    """

    title: str
    version: str
    entries: tuple[Entry, ...]
    content_date: str | None = None


@dataclass(frozen=True)
class Assembled:
    """The complete zip, not yet in its place."""

    sha256: str
    content_sha256: str
    zip_bytes: int
    unzipped_bytes: int
    entries: int
    packages: tuple[Package, ...]
    provenance: Provenance


def silent(_step: str) -> None:
    """Show no progress."""


def default_output(architecture: str, root: Path) -> Path:
    """Where Terraform looks for the zip of a checkout unless `zip_path` is set."""
    return root / "dist" / f"mesh-{architecture}.zip"


@contextmanager
def scratch_beside(output: Path) -> Iterator[Path]:
    """A folder on the output's own file system, so that moving the zip there is atomic."""
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        discard(output.parent.glob(f".{output.name}-*"), unused_seconds=ABANDONED_SECONDS)
        folder = tempfile.TemporaryDirectory(dir=output.parent, prefix=f".{output.name}-")
    except OSError as error:
        raise BuildError(f"{output} cannot be written: {error.strerror}.") from error
    with folder as name:
        yield Path(name)


def offered(adding: Future[Added] | None) -> frozenset[str] | None:
    """What the server offers because of its hook's files, once they are made."""
    return adding.result().report.offers if adding else None


def assemble(
    zipped: Path,
    base: Layer,
    parts: Iterable[Part],
    project: Project,
    aim: Target,
    origin: Future[Provenance],
) -> Assembled:
    """Append the parts, each as soon as it is there, and the record to the dependencies' zip."""
    written = dict(base.entries)
    packages = list(base.packages)
    content_date = None
    for part in parts:
        content_date = part.content_date or content_date
        if twice := sorted(written.keys() & {entry.name for entry in part.entries}):
            raise BuildError(
                f"The {part.title} adds {twice[0]}, and the zip has a file of that name already. "
                "Give it another name."
            )
        new = archive.append(zipped, part.entries)
        packages.append(layer.package(part.title, part.version, new.values()))
        written |= new
    content = archive.content_sha256({name: one.sha256 for name, one in written.items()})
    found = origin.result()
    record = {
        "name": project.name,
        "version": project.version,
        "server": project.server,
        "commit": found.commit,
        "dirty": found.dirty,
        "architecture": aim.architecture,
        "python": aim.python,
        "content_sha256": content,
        **({"content_date": content_date} if content_date else {}),
        **({"example": project.example} if project.example else {}),
    }
    data = (json.dumps(record, indent=2) + "\n").encode()
    written |= archive.append(zipped, [Entry(RECORD, data)])
    with zipped.open("rb") as opened:
        sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
    return Assembled(
        sha256=sha256,
        content_sha256=content,
        zip_bytes=zipped.stat().st_size,
        unzipped_bytes=sum(one.size for one in written.values()),
        entries=len(written),
        packages=tuple(sorted(packages, key=lambda one: (-one.zipped, one.name))),
        provenance=found,
    )


def _check_example(project: Project, fast: FastPath) -> None:
    """Refuse a setting `smoke` for a tool that the server does not have.

    Raises:
        BuildError: it has no such tool.
    """
    tools = {*fast.tools, *fast.off}
    # Without a name: the build could not list them.
    if tools and project.example and project.example["tool"] not in tools and not fast.varies:
        raise BuildError(
            f"The setting smoke calls the tool {project.example['tool']!r}, and the server has no "
            f"such tool; it has {', '.join(sorted(tools)) or 'none'}."
        )


def build(
    project: Project,
    architecture: str = "arm64",
    *,
    python: str = "3.13",
    output: Path | None = None,
    cache: Path = CACHE / "bundle",
    workers: int | None = None,
    has_fast_path: bool = True,
    added: hook.Added | None = None,
    progress: Callable[[str], None] = silent,
) -> BuildResult:
    """Build the zip of one architecture.

    The same commit gives the same bytes in any folder, on any day, for any user. The zip is
    replaced when the new one is complete; builds may run side by side.

    Args:
        project: The server.
        architecture: `arm64`, `x86_64`, or `host` for this machine's.
        python: Version of the Lambda runtime.
        output: The zip; `dist/mesh-<architecture>.zip` when None.
        cache: Where finished dependency layers are kept.
        workers: Processes that compile; as many as processors when None.
        has_fast_path: Whether tools are called without FastMCP where that gives the same answer.
            Verifying that takes the longest part of a build after an edit.
        added: What the project's hook made before; None to call it.
        progress: Called with each step that takes a while.

    Raises:
        BuildError: the message says why, and what to do.
    """
    began = time.monotonic()
    aim = target(architecture, python)
    root = project.root
    output = output or default_output(aim.architecture, root)
    with scratch_beside(output) as scratch, ThreadPoolExecutor() as pool:
        files = [*project.files()]
        if not files:
            raise BuildError(f"{root} holds nothing that could go into the zip.")
        origin = pool.submit(provenance, root, files[0][0])
        # Beside the dependencies, from the cache or not: neither needs the other.
        adding = (
            pool.submit(lambda run: added or hook.run(run, scratch), project.hook)
            if project.hook
            else None
        )
        asking = (
            pool.submit(catalogues.ask, project, cache, partial(offered, adding))
            if has_fast_path
            else None
        )
        base = layer.obtain(
            project.requirements,
            aim,
            cache,
            asked=optional_parts.asked_for(files),
            workers=workers or os.cpu_count() or 1,
            progress=progress,
            declared=project.declared,
        )
        zipped = scratch / "bundle.zip"
        shutil.copyfile(base.path, zipped)
        version = project.version
        report: hook.Report | None = None
        fast: FastPath | None = None

        def parts() -> Iterator[Part]:
            # Packed one after the other while what takes longest is still being made.
            nonlocal report, fast
            runtime = application.entries(application.runtime_files())
            yield Part("mesh", mesh.__version__, (*runtime, *notices.entries(base.path)))
            yield Part(project.name, version, tuple(application.entries(files)))
            if adding:
                progress("running the build hook")
                added = adding.result()
                report = added.report
                yield Part(report.title, "", added.entries, report.content_date)
            fast = catalogues.make(asking.result()) if asking else None
            if fast:
                _check_example(project, fast)
                yield Part("fast path", version, fast.entries)

        made = assemble(zipped, base, parts(), project, aim, origin)
        limits.check(made.unzipped_bytes, made.packages)
        try:
            zipped.replace(output)
        except OSError as error:
            raise BuildError(f"{output} cannot be written: {error.strerror}.") from error
    notes = [*project.notes, *(report.notes if report else ())]
    notes += [*(fast.notes if fast else ()), *forgotten_tools(files)]
    if limits.needs_bucket(made.zip_bytes):
        notes.append(f"the zip has {limits.megabytes(made.zip_bytes)}. {limits.NEEDS_BUCKET}")
    if not made.provenance.commit:
        notes.append(f"no commit is recorded: {made.provenance.unknown_because}")
    return BuildResult(
        path=output,
        architecture=aim.architecture,
        python=aim.python,
        version=version,
        commit=made.provenance.commit,
        dirty=made.provenance.dirty,
        sha256=made.sha256,
        code_sha256=base64.b64encode(bytes.fromhex(made.sha256)).decode(),
        content_sha256=made.content_sha256,
        zip_bytes=made.zip_bytes,
        unzipped_bytes=made.unzipped_bytes,
        entries=made.entries,
        seconds=round(time.monotonic() - began, 3),
        reused=base.reused,
        packages=made.packages,
        pruned=base.pruned,
        added=report,
        fast_path=fast,
        notes=tuple(notes),
    )
