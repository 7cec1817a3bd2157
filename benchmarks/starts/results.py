"""The figures of a run as JSON: what tables and plots are made of."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from benchmarks.starts.figures import ByRound, Samples, Summary, ratio, summary
from benchmarks.starts.growth import Grown
from benchmarks.starts.instance import Taken
from benchmarks.starts.subjects import Subject
from benchmarks.starts.trees import sizes

BARE, USUAL = "bare", "usual"
# What is told as ratios, too.
RATIOS = (
    *("init.cpu", "init.wall", "cold.call.cpu", "cold.call.wall", "cold.search.cpu"),
    *("warm.list.cpu", "warm.call.cpu", "warm.call.wall", "warm.modern_call.cpu"),
    *("warm.plain_call.cpu", "warm.search.cpu"),
)
# The bare handler has neither a search nor a second era: its call is what they are held to.
STANDS_FOR = {
    "cold.search.cpu": "cold.call.cpu",
    "warm.plain_call.cpu": "warm.call.cpu",
    "warm.search.cpu": "warm.call.cpu",
}
DIGITS = 4


def _rounded(one: Summary) -> dict[str, float]:
    return {name: round(value, DIGITS) for name, value in asdict(one).items()}


def _base(samples: Samples, figure: str) -> ByRound:
    return samples.of(figure) or samples.of(STANDS_FOR.get(figure, figure))


def _ratios(mine: Samples, base: Samples | None) -> dict[str, dict[str, float]]:
    if base is None:
        return {}
    found = {figure: ratio(mine.of(figure), _base(base, figure)) for figure in RATIOS}
    return {figure: _rounded(one) for figure, one in found.items() if one is not None}


def _figures(samples: Samples) -> dict[str, dict[str, float]]:
    return {figure: _rounded(samples.summary(figure)) for figure in samples.figures()}


def of_subjects(
    subjects: Sequence[Subject], samples: Mapping[str, Samples]
) -> dict[str, dict[str, Any]]:
    """Each subject's figures, and its ratios to the bare handler and to the usual zip."""
    return {
        subject.name: {
            "title": subject.title,
            "about": subject.about,
            "size": sizes(subject.tree),
            "figures": _figures(samples[subject.name]),
            "to_bare": _ratios(samples[subject.name], samples.get(BARE)),
            "to_usual": _ratios(samples[subject.name], samples.get(USUAL)),
        }
        for subject in subjects
    }


def of_growth(found: Sequence[tuple[Grown, Samples]]) -> list[dict[str, Any]]:
    """Each size's figures."""
    return [
        {
            "subject": grown.subject.name,
            "title": grown.subject.title,
            "size": grown.size,
            "index_bytes": grown.index_bytes,
            "failure": grown.failure,
            "figures": _figures(samples),
        }
        for grown, samples in found
    ]


def of_builds(cold: Taken, warm: Sequence[Taken]) -> dict[str, Any]:
    """Times of builds."""
    return {
        "cold": asdict(cold),
        "warm": {
            "wall": _rounded(summary([one.wall for one in warm])),
            "cpu": _rounded(summary([one.cpu for one in warm])),
        },
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as opened:  # noqa: PTH123 - as procfs is read
            names = [line for line in opened if line.startswith("model name")]
        return names[0].partition(":")[2].strip()
    except (OSError, IndexError):
        return platform.processor() or "unknown"


def machine(*, namespaces: bool) -> dict[str, Any]:
    """Where this runs."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "processors": os.cpu_count(),
        "python": sys.version.split("[")[0].strip(),
        "compiler": platform.python_compiler(),
        "read_only": namespaces,
    }


def head(samples: Mapping[str, Samples], *, calls: int, namespaces: bool) -> dict[str, Any]:
    """What the run was."""
    return {
        "measured": f"{datetime.now(UTC):%Y-%m-%d}",
        "rounds": max(len(one.of("init.cpu")) for one in samples.values()),
        "calls": calls,
        "load": round(os.getloadavg()[0], 1),
        "machine": machine(namespaces=namespaces),
    }
