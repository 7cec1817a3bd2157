"""What a build shows: a page of 80 columns for people, JSON for machines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from mesh.build.fast_path.catalogues import LEFT_TO_FASTMCP
from mesh.build.limits import UNZIPPED_BYTES, ZIP_BYTES, megabytes
from mesh.build.pipeline import BuildResult

SHOWN = 12


def as_json(result: BuildResult) -> dict[str, Any]:
    """All figures, sizes in bytes, times in seconds."""
    shown = asdict(replace(result, fast_path=None, added=None)) | {"path": str(result.path)}
    del shown["added"]
    shown |= result.added.details if result.added else {}
    if result.fast_path:
        shown["fast_path"] = {
            "tools": result.fast_path.tools,
            "off": result.fast_path.off,
            "varies": result.fast_path.varies,
            "left_to_fastmcp": LEFT_TO_FASTMCP,
        }
    return shown


def row(name: str, version: str, files: int, unzipped: int, zipped: int, whole: int) -> str:
    """One line of the table: what it takes, and its share of the zip."""
    return (
        f"{name[:27]:<28}{version[:13]:<14}{files:>6}"
        f"{megabytes(unzipped):>12}{megabytes(zipped):>11}{zipped / whole:>8.0%}"
    )


def as_text(result: BuildResult) -> str:
    """Sizes of the largest packages, then what identifies the zip."""
    whole = result.zip_bytes
    shown, rest = result.packages[:SHOWN], result.packages[SHOWN:]
    lines = [
        f"{'package':<28}{'version':<14}{'files':>6}{'unzipped':>12}{'zipped':>11}{'share':>8}"
    ]
    lines += [
        row(one.name, one.version, one.files, one.unzipped, one.zipped, whole) for one in shown
    ]
    if rest:
        files, unzipped, zipped = (
            sum(column)
            for column in zip(*((one.files, one.unzipped, one.zipped) for one in rest), strict=True)
        )
        lines.append(row(f"{len(rest)} more", "", files, unzipped, zipped, whole))
    limits = f"{result.unzipped_bytes / UNZIPPED_BYTES:>12.0%}{whole / ZIP_BYTES:>11.0%}"
    lines += [
        row("the zip", result.version, result.entries, result.unzipped_bytes, whole, whole),
        f"{"of Lambda's limits":<48}{limits}",
        "",
        *identity(result),
        *(f"note        {note}" for note in result.notes),
    ]
    return "\n".join(lines)


def identity(result: BuildResult) -> Iterator[str]:
    """What the zip holds and how to recognise it."""
    if result.added:
        yield from result.added.lines
    if result.fast_path:
        on, off = result.fast_path.tools, result.fast_path.off
        yield f"fast path   {len(on)} of {len(on) + len(off)} tools"
        for name, reason in off.items():
            yield f"            not {name}: {reason}"
    changes = ", and changes not in it" if result.dirty else ""
    yield f"commit      {result.commit or 'none'}{changes}"
    yield f"sha256      {result.sha256}"
    # /health shows this one: a zip cannot hold its own digest, but that of all else in it.
    yield f"content     {result.content_sha256}"
    yield f"CodeSha256  {result.code_sha256} (as Lambda shows it)"
    source = "from the cache" if result.reused else "installed and compiled"
    yield f"time        {result.seconds:.1f} s, dependencies {source}"
    place = result.path.absolute()
    here = Path.cwd()
    yield f"zip         {place.relative_to(here) if place.is_relative_to(here) else place}"
