"""`make mutate`: changes the code in small ways, and counts how many of them a test notices.

The packages are those whose mistakes cost most: who may call, what the fast path answers, what a
plan may do to the address, and what counts as evidence. Only the tests of a package run for its
mutants, which are changed in a copy of this checkout. Which ones are tried depends on the seed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mesh.build.environment import ROOT
from tests.fixtures.separate_environment import Separate

COSMIC_RAY = Separate("mutation")
COPIED = ("mesh", "mcp_app", "aoma", "tests", "docs", "examples", "requirements", "terraform")
FILES = ("pyproject.toml", "README.md", "mesh.toml", ".gitignore")
# Of the time that the tests take without a mutant; after that it counts as noticed.
PATIENCE = 5
TARGET = 0.9
FAST_PATH = "tests/local/runtime/fast_path"


@dataclass(frozen=True)
class Package:
    """What is changed, and the tests that have to notice."""

    code: tuple[str, ...]
    tests: tuple[str, ...]


PACKAGES = {
    "access": Package(
        ("mesh/runtime/access", "mesh/runtime/oauth"),
        ("tests/unit/runtime/access", "tests/local/runtime/access"),
    ),
    "fast path": Package(
        ("mesh/runtime/fast_path",),
        (
            f"{FAST_PATH}/test_refusals.py",
            f"{FAST_PATH}/test_recorded_requests.py",
            f"{FAST_PATH}/test_calls_once.py",
            f"{FAST_PATH}/test_exits.py",
            f"{FAST_PATH}/test_argument_kinds.py",
            f"{FAST_PATH}/test_result_kinds.py",
            f"{FAST_PATH}/test_differential.py",
        ),
    ),
    "plan guard": Package(("mesh/deploy/plan_guard",), ("tests/unit/deploy/plan_guard",)),
    "grounding": Package(
        ("mcp_app/knowledge/grounding",), ("tests/unit/mcp_app/answers/test_grounding.py",)
    ),
}


@dataclass(frozen=True)
class Mutant:
    """One changed module.

    Attributes:
        file: Its path in the checkout.
        line: The line that was changed, from 1.
        operator: Cosmic Ray's name for the change.
        source: The changed module.
    """

    file: str
    line: int
    operator: str
    source: str

    def change(self) -> str:
        """The line before and after."""
        before = (ROOT / self.file).read_text().splitlines()
        after = self.source.splitlines()
        pairs = enumerate(zip(before, after, strict=False), start=1)
        number, (was, now) = next(
            (pair for pair in pairs if pair[1][0] != pair[1][1]), (self.line, ("", ""))
        )
        return f"{self.file}:{number}\n  - {was.strip()}\n  + {now.strip()}"


def mutants_of(package: Package, seed: str) -> list[Mutant]:
    """All mutants of a package, in an order that the seed decides."""
    COSMIC_RAY.install()
    paths = [ROOT / one for one in package.code]
    files = sorted(
        file for path in paths for file in (path.glob("*.py") if path.is_dir() else [path])
    )
    listed = subprocess.run(
        [COSMIC_RAY.python, str(Path(__file__).with_name("mutants.py")), seed, *map(str, files)],
        check=True,
        capture_output=True,
        text=True,
    )
    read: list[dict[str, Any]] = [json.loads(line) for line in listed.stdout.splitlines()]
    found = [Mutant(**one | {"file": str(Path(one["file"]).relative_to(ROOT))}) for one in read]
    random.Random(seed).shuffle(found)
    return found


class Trial:
    """The tests of a package, run in a copy of the checkout."""

    def __init__(self, root: Path, tests: tuple[str, ...]) -> None:
        self._root = root
        self._worker = subprocess.Popen(
            [sys.executable, "-B", "-m", "tests.mutation.worker", *tests],
            cwd=root,
            env=os.environ | {"PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        began = time.monotonic()
        if self._status(600) != 0:
            raise SystemExit(f"the tests fail without a change: {' '.join(tests)}")
        self._seconds = int(time.monotonic() - began) + 1

    def notices(self, mutant: Mutant) -> bool:
        """Whether a test fails, or does not end, with this change."""
        file = self._root / mutant.file
        kept = file.read_text()
        file.write_text(mutant.source)
        try:
            return self._status(self._seconds * PATIENCE) != 0
        finally:
            file.write_text(kept)

    def _status(self, seconds: int) -> int:
        assert self._worker.stdin is not None
        assert self._worker.stdout is not None
        self._worker.stdin.write(f"{seconds}\n")
        self._worker.stdin.flush()
        return int(self._worker.stdout.readline())

    def close(self) -> None:
        """End the process."""
        self._worker.communicate()


@contextmanager
def checkout() -> Iterator[Path]:
    """A copy of this checkout, without bytecode: a change within a second would not be seen."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        ignored = shutil.ignore_patterns("__pycache__", ".terraform", ".mesh")
        for name in COPIED:
            shutil.copytree(ROOT / name, root / name, ignore=ignored)
        for name in FILES:
            shutil.copy(ROOT / name, root)
        yield root


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


def main() -> int:
    """Try the mutants; the exit status is 1 if too few were noticed."""
    parser = argparse.ArgumentParser(prog="make mutate", description=__doc__)
    parser.add_argument("--package", choices=PACKAGES, action="append", help="only this one")
    parser.add_argument("--sample", type=int, default=50, help="mutants of each package (50)")
    parser.add_argument("--seed", default="1", help="which mutants are tried (1)")
    asked = parser.parse_args()
    low = []
    with checkout() as root:
        for name in asked.package or PACKAGES:
            found = mutants_of(PACKAGES[name], asked.seed)
            tried = found[: asked.sample]
            trial = Trial(root, PACKAGES[name].tests)
            survivors = [one for one in tried if not trial.notices(one)]
            trial.close()
            score = 1 - len(survivors) / len(tried)
            for one in survivors:
                say(f"not noticed: {one.change()}")
            say(
                f"{name}: {score:.0%}, {len(tried) - len(survivors)} of {len(tried)} noticed; "
                f"{len(found)} mutants in all"
            )
            if score < TARGET:
                low.append(name)
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
