"""Writes the figures between two marks in docs/explanation/performance.md."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.starts import plots, tables
from mesh.build.environment import ROOT

PAGE = ROOT / "docs" / "explanation" / "performance.md"
FOLDER = ROOT / "docs" / "benchmarks"
FIGURES = FOLDER / "starts.json"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
ALT = {
    "cold.svg": "CPU time of INIT and the first tools/call of each server",
    "warm.svg": "p50 and p99 of a warm tools/call of each server",
    "growth-tools.svg": "INIT by number of tools",
    "growth-index.svg": "First search by number of passages",
}


def figures(results: Mapping[str, Any], shown: Iterable[str]) -> str:
    """What lies between the marks, with the plots of these names."""
    pictures = [f"![{ALT[name]}](../benchmarks/{name})" for name in shown]
    parts = [tables.summary_line(results), *pictures]
    parts += [table.as_markdown() for table in tables.all_of(results)]
    return "\n\n".join(parts)


def with_figures(page: str, results: Mapping[str, Any], shown: Iterable[str]) -> str:
    """The page with these figures, and the plots of these names.

    Raises:
        ValueError: the page lacks a mark.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"docs/explanation/performance.md lacks {BEGIN} or {END}")
    return f"{before}{BEGIN}\n\n{figures(results, shown)}\n\n{END}{after}"


def save(results: Mapping[str, Any], folder: Path) -> Mapping[str, str]:
    """Write the figures and their plots into a folder; gives the plots by name."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "starts.json").write_text(json.dumps(results, indent=1) + "\n")
    shown = plots.all_of(results)
    for name, picture in shown.items():
        (folder / name).write_text(picture)
    return shown


def publish(results: Mapping[str, Any]) -> None:
    """Make these the figures of the page."""
    shown = save(results, FOLDER)
    PAGE.write_text(with_figures(PAGE.read_text(), results, shown))
