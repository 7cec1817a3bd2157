"""What each step of the build saves: the size of the zip without it.

    python -m benchmarks.build_steps

The zip is that of Mesh's own packages. Each step is left out alone; the others stay. A step that
saves less than 3 % needs another reason, which stands where the step is defined.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from mesh.build import host_architecture, target
from mesh.build.bundle import (
    bytecode,
    dependencies,
    exclusions,
    layer,
    module_packs,
    native_libraries,
    optional_parts,
)

NEVER = 1_000_000


class Compiled:
    """Compiles each file once for all zips."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._compile = bytecode.compile_all

    def __call__(
        self,
        jobs: Sequence[tuple[Path, str, Path]],
        workers: int,
        undocumented: Collection[str] = (),
        as_written: Collection[str] = (),
    ) -> list[bytecode.Refused]:
        """As `bytecode.compile_all`."""
        kept = {}
        for source, name, into in jobs:
            documented = name in as_written or name.partition("/")[0] not in undocumented
            decides = (source.read_bytes(), name, bytecode.COMPILER, documented)
            digest = hashlib.sha256(repr(decides).encode()).hexdigest()
            kept[into] = (source, name, self._folder / f"{digest}.pyc")
        missing = [one for one in kept.values() if not one[2].exists()]
        refused = self._compile(missing, workers, undocumented, as_written)
        for into, (_, _, one) in kept.items():
            if one.exists():
                shutil.copy(one, into)
        return refused


def _is_dropped_but(**changed: Any) -> Any:
    return mock.patch.multiple(exclusions, **changed)


@contextmanager
def _kept(part: optional_parts.OptionalPart) -> Iterator[None]:
    parts = tuple(one for one in optional_parts.PARTS if one is not part)
    with mock.patch.object(optional_parts, "PARTS", parts):
        yield


class Everything(frozenset[str]):
    """A set that has everything."""

    def __contains__(self, _one: object) -> bool:
        return True


def steps() -> dict[str, Any]:
    """By the step, what leaves it out."""
    pygments = mock.patch.object(exclusions, "PYGMENTS_LEXERS", Everything())
    return {
        "nothing": mock.patch.object(layer, "RECIPE", layer.RECIPE),
        "distributions that nothing on Lambda imports": _is_dropped_but(DISTRIBUTIONS={}),
        "command lines and the like": _is_dropped_but(PARTS=()),
        "lexers of pygments": pygments,
        **{part.title: _kept(part) for part in optional_parts.PARTS},
        "docstrings of packages": mock.patch.object(exclusions, "UNDOCUMENTED", ()),
        "columns in bytecode": mock.patch.object(bytecode, "COMPILER", ("-I", "-S")),
        "sections of native libraries": mock.patch.object(
            native_libraries, "stripped", lambda one: one
        ),
        "one file for a package's modules": mock.patch.object(module_packs, "LEAST_MODULES", NEVER),
    }


def size(scratch: Path) -> tuple[int, int, Path]:
    """Bytes of the zip of Mesh's own packages, unzipped, and the zip."""
    into = Path(tempfile.mkdtemp(dir=scratch))
    made = layer.make(
        dependencies.MESH_LOCK,
        target(host_architecture(), "3.13"),
        into,
        into,
        (),
        os.cpu_count() or 1,
        lambda _step: None,
    )
    return (into / "layer.zip").stat().st_size, sum(one.size for one in made.entries.values()), into


def main() -> None:
    """Print a line for each step."""
    with tempfile.TemporaryDirectory(prefix="mesh-steps-") as folder:
        scratch = Path(folder)
        (scratch / "compiled").mkdir()
        compiled = Compiled(scratch / "compiled")
        with mock.patch.object(bytecode, "compile_all", compiled):
            whole = 0
            for title, without in steps().items():
                with without:
                    zipped, unzipped, place = size(scratch)
                shutil.rmtree(place)
                whole = whole or zipped
                saved = 1 - whole / zipped
                sys.stdout.write(
                    f"{title:<50} {zipped / 1e6:8.2f} MB {unzipped / 1e6:8.2f} MB {saved:7.1%}\n"
                )
                sys.stdout.flush()


if __name__ == "__main__":
    main()
