"""What a pull request changes of the zip: its size, its cold start, and what a month costs.

    python -m benchmarks.pull_request BASE HEAD --values terraform/production.tfvars

BASE and HEAD are folders with the zips of both architectures. Prints a table in Markdown. The zip
for this machine's processor is executed in new processes, in turns, and the smallest time of each
counts: what else a shared machine does only adds to it. Times on this machine are no times on
Lambda; their change is what counts.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.starts import cost
from mesh.cost.usage import MILLION

EXECUTION = Path(__file__).resolve().parents[1] / "mesh" / "build" / "execution.py"
ROUNDS = 5
# A month of a server that a team uses.
CALLS = 100_000
MEMORY = re.compile(r"^\s*memory_mb\s*=\s*(\d+)", re.MULTILINE)
# The default of Terraform's variable.
MEMORY_MB = 512
MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Figures:
    """What was seen of one commit's zips.

    Attributes:
        zip_bytes: Size of the arm64 zip, production's default.
        cold_ms: CPU time of INIT and the first call, on this machine.
        warm_ms: CPU time of a later call.
        without_fastmcp: Whether the call did without FastMCP.
    """

    zip_bytes: int
    cold_ms: float
    warm_ms: float
    without_fastmcp: bool

    def month(self, memory_mb: int) -> float:
        """US dollars for a month's calls, beyond the free tier."""
        million = cost.million_calls(self.cold_ms, self.warm_ms, memory_mb)
        return million * CALLS / MILLION


def executed(zipped: Path) -> dict[str, Any]:
    """What one execution of a zip saw.

    Raises:
        SystemExit: it failed.
    """
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(EXECUTION), str(zipped)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.exit(f"{zipped} cannot be executed:\n{done.stderr}")
    seen: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return seen


def figures(folders: tuple[Path, ...], rounds: int) -> list[Figures]:
    """Execute the zips of each folder in turns."""
    machine = "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"
    zips = [folder / f"mesh-{machine}.zip" for folder in folders]
    seen: list[list[dict[str, Any]]] = [[] for _ in zips]
    for _ in range(rounds):
        for found, zipped in zip(seen, zips, strict=True):
            found.append(executed(zipped))
    return [
        Figures(
            zip_bytes=(folder / "mesh-arm64.zip").stat().st_size,
            cold_ms=min(one["cold"]["cpu_ms"] for one in found),
            warm_ms=min(one["warm"]["cpu_ms"] for one in found),
            without_fastmcp=found[0]["without_fastmcp"],
        )
        for folder, found in zip(folders, seen, strict=True)
    ]


def change(before: float, after: float) -> str:
    """By how much, in percent."""
    return f"{(after - before) / before:+.1%}" if before else "new"


def table(base: Figures, head: Figures, memory_mb: int) -> str:
    """Both commits side by side."""
    rows = [
        ("Zip, arm64", base.zip_bytes / MEBIBYTE, head.zip_bytes / MEBIBYTE, "MB"),
        ("Cold start with a call, CPU here", base.cold_ms, head.cold_ms, "ms"),
        (
            f"Month of {CALLS:,} calls at {memory_mb} MB",
            base.month(memory_mb),
            head.month(memory_mb),
            "USD",
        ),
    ]
    lines = [
        "## Zip",
        "",
        "| | Base | This | Change |",
        "|---|---|---|---|",
        *(
            f"| {name} | {before:.2f} {unit} | {after:.2f} {unit} | {change(before, after)} |"
            for name, before, after, unit in rows
        ),
        "",
    ]
    if base.without_fastmcp and not head.without_fastmcp:
        lines += ["**The first call starts FastMCP now, and did not before.**", ""]
    return "\n".join(lines)


def main() -> None:
    """Compare two folders."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.pull_request")
    options.add_argument("base", type=Path)
    options.add_argument("head", type=Path)
    options.add_argument("--values", type=Path, help="an environment's file of values")
    options.add_argument("--rounds", type=int, default=ROUNDS)
    given = options.parse_args()
    said = MEMORY.search(given.values.read_text()) if given.values else None
    base, head = figures((given.base, given.head), given.rounds)
    sys.stdout.write(table(base, head, int(said[1]) if said else MEMORY_MB))


if __name__ == "__main__":
    main()
