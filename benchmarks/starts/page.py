"""Writes the figures between two marks in docs/explanation/performance.md."""

from __future__ import annotations

import json
from collections.abc import Mapping
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


def figures(results: Mapping[str, Any]) -> str:
    """What lies between the marks."""
    shown = plots.all_of(results)
    pictures = [f"![{ALT[name]}](../benchmarks/{name})" for name in shown]
    parts = [tables.summary_line(results), *pictures]
    parts += [table.as_markdown() for table in tables.all_of(results)]
    return "\n\n".join(parts)


def with_figures(page: str, results: Mapping[str, Any]) -> str:
    """The page with these figures.

    Raises:
        ValueError: the page lacks a mark.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"docs/explanation/performance.md lacks {BEGIN} or {END}")
    return f"{before}{BEGIN}\n\n{figures(results)}\n\n{END}{after}"


def save(results: Mapping[str, Any], folder: Path) -> None:
    """Write the figures and their plots into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "starts.json").write_text(json.dumps(results, indent=1) + "\n")
    for name, picture in plots.all_of(results).items():
        (folder / name).write_text(picture)


def publish(results: Mapping[str, Any]) -> None:
    """Make these the figures of the page."""
    save(results, FOLDER)
    PAGE.write_text(with_figures(PAGE.read_text(), results))
