"""Runs `mesh ingest` as people do, and measures it from outside."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mesh.installation import BIN

_STEP = re.compile(r"^\[\d/\d\] (?P<name>.+?) \.\.\. (?P<seconds>[\d.]+) s", re.MULTILINE)
# Linux counts in kilobytes, macOS in bytes.
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Load:
    """One run.

    Attributes:
        what: what was ingested.
        seconds: wall-clock time.
        steps: of it, by step.
        peak_mb: the most memory that the command had.
    """

    what: str
    seconds: float
    steps: dict[str, float]
    peak_mb: float


class LoadFailedError(Exception):
    """The command failed; the message is what it said."""


def load(what: str, variables: Mapping[str, str], log: Path, *arguments: str | Path) -> Load:
    """Run `mesh ingest --yes` with these arguments."""
    began = time.monotonic()
    with log.open("w") as output:
        process = subprocess.Popen(
            (BIN / "mesh", "ingest", *map(str, arguments), "--yes"),
            env=os.environ | dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    said = log.read_text()
    if process.returncode:
        raise LoadFailedError(said[-1000:])
    steps = {found["name"]: float(found["seconds"]) for found in _STEP.finditer(said)}
    peak = usage.ru_maxrss * _RSS_UNIT / 1024**2
    return Load(what, time.monotonic() - began, steps, peak)
