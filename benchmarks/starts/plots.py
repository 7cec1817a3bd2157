"""The figures as SVG, drawn by matplotlib for light and for dark pages."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from benchmarks.starts.table import number

type Results = Mapping[str, Any]

# Each can be read on white and on GitHub's dark background, which show through.
TEXT, GRID, MINE, OTHER = "#777f88", "#8888883f", "#2f81f7", "#8b949e"
STYLE: Any = {
    "axes.edgecolor": GRID,
    "axes.labelcolor": TEXT,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "grid.color": GRID,
    "legend.frameon": False,
    "legend.labelcolor": TEXT,
    "savefig.transparent": True,
    # Text stays text, and the ids are the same in every run.
    "svg.fonttype": "none",
    "svg.hashsalt": "mesh",
    "text.color": TEXT,
    "xtick.color": GRID,
    "xtick.labelcolor": TEXT,
    "ytick.color": GRID,
    "ytick.labelcolor": TEXT,
}
MARKERS = "os^dv"


def _axes(title: str, note: str, height: float) -> Axes:
    axes = Figure(figsize=(8, height), layout="constrained").subplots()
    axes.set_title(title, weight="bold")
    axes.set_xlabel(note)
    axes.set_axisbelow(True)
    axes.grid(visible=True)
    return axes


def _few_ticks(axis: Axis) -> None:
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(lambda value, _: f"{value:,g}")
    axis.set_minor_locator(NullLocator())


def _svg(axes: Axes) -> str:
    """The plot as text, without a date or a version."""
    written = io.StringIO()
    metadata = {"Title": axes.get_title("left"), "Date": None, "Creator": None}
    figure: Any = axes.get_figure(root=True)
    figure.savefig(written, format="svg", metadata=metadata)
    return re.sub(r" +$", "", written.getvalue(), flags=re.MULTILINE)


def dots(title: str, note: str, results: Results, figure: str, *, p99: bool = False) -> str | None:
    """One row for each subject: its median, the middle half of its measurements, and its p99.

    None where the run has no such figure.
    """
    shown = [
        (one["title"], MINE if name.startswith("ours") else OTHER, one["figures"][figure])
        for name, one in results["subjects"].items()
        if figure in one["figures"]
    ]
    if not shown:
        return None
    titles, colours, found = zip(*shown, strict=True)
    rows = range(len(shown))
    median, low, high = ([one[key] for one in found] for key in ("median", "low", "high"))
    axes = _axes(title, note, 1.2 + 0.3 * len(shown))
    axes.set_xscale("log")
    axes.hlines(rows, low, high, colors=colours, linewidth=6, alpha=0.35)
    axes.scatter(median, rows, c=colours)
    ends, words = high, [number(value) for value in median]
    if p99:
        ends = [max(one["p99"], one["high"]) for one in found]
        words = [f"{word} / {number(end)}" for word, end in zip(words, ends, strict=True)]
        axes.scatter(ends, rows, facecolors="none", edgecolors=colours)
    for row, end, word in zip(rows, ends, words, strict=True):
        axes.annotate(
            word, (end, row), xytext=(9, 0), textcoords="offset points", va="center", size="small"
        )
    axes.set_yticks(rows, titles)
    axes.invert_yaxis()
    _few_ticks(axes.xaxis)
    return _svg(axes)


def lines(title: str, note: str, grown: Sequence[Mapping[str, Any]], figure: str) -> str | None:
    """One line for each subject: its median by size. None where the run has no such figure."""
    found: dict[str, list[tuple[float, float]]] = {}
    colours = {}
    for one in grown:
        if figure in one["figures"]:
            found.setdefault(one["title"], []).append(
                (one["size"], one["figures"][figure]["median"])
            )
            colours[one["title"]] = MINE if one["subject"].startswith("ours") else OTHER
    if not found:
        return None
    axes = _axes(title, note, 3.4)
    for (name, points), marker in zip(found.items(), cycle(MARKERS), strict=False):
        axes.loglog(*zip(*points, strict=True), marker=marker, color=colours[name], label=name)
    sizes = sorted({size for points in found.values() for size, _ in points})
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.xaxis.set_minor_locator(NullLocator())
    _few_ticks(axes.yaxis)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return _svg(axes)


def all_of(results: Results) -> dict[str, str]:
    """Every plot that the run has figures for, by file name."""
    growth = results.get("growth") or {}
    with rc_context(STYLE):
        drawn = {
            "cold.svg": dots(
                "Cold: INIT and the first tools/call",
                "CPU ms, logarithmic; the band holds the middle half of the measurements",
                results,
                "cold.call.cpu",
            ),
            "warm.svg": dots(
                "Warm: tools/call of a tool that does nothing",
                "ms by the clock, logarithmic; the dot is p50, the ring p99",
                results,
                "warm.call.wall",
                p99=True,
            ),
            "growth-tools.svg": lines(
                "INIT with more tools: CPU ms",
                "tools; both axes are logarithmic",
                growth.get("tools") or (),
                "init.cpu",
            ),
            "growth-index.svg": lines(
                "First search with a larger index: CPU ms",
                "passages; both axes are logarithmic",
                growth.get("index") or (),
                "first.search.cpu",
            ),
        }
    return {name: plot for name, plot in drawn.items() if plot is not None}
