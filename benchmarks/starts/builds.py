"""How long a build of the zip takes, with and without what earlier builds left."""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from aoma import build_hook as bundle
from benchmarks.starts.instance import Taken
from mesh.build.environment import ROOT
from mesh.installation import CACHE


def _cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _build(output: Path, cache: Path) -> Taken:
    began, cpu = time.monotonic(), _cpu_seconds()
    bundle.build(
        architecture="host", output=output, cache=cache, documents=[ROOT], repositories=[ROOT]
    )
    return Taken((time.monotonic() - began) * 1000, (_cpu_seconds() - cpu) * 1000)


def measure(*, warm: int, progress: Callable[[str], None]) -> tuple[Taken, list[Taken]]:
    """One build without any finished layer, then some with; packages are downloaded already."""
    with tempfile.TemporaryDirectory(prefix="mesh-starts-", dir=CACHE) as scratch:
        output, cache = Path(scratch) / "mesh.zip", Path(scratch) / "bundle"
        progress("build, cold")
        cold = _build(output, cache)
        found = []
        for number in range(warm):
            progress(f"build, warm, {number + 1} of {warm}")
            found.append(_build(output, cache))
    return cold, found
