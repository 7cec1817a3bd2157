"""The figures as SVG, in the colours of the reader's theme."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

type Results = Mapping[str, Any]

WIDTH = 800
LEFT, RIGHT = 210, 90
ROW = 30
TOP = 64
BOTTOM = 44
STYLE = """
.bg{fill:#fff}.grid{stroke:#d0d7de}
.mine{fill:#0969da;stroke:#0969da}.other{fill:#8c959f;stroke:#8c959f}
.band{stroke-width:6;opacity:.35}
text{fill:#1f2328;font-size:13px}.s{font-size:12px;fill:#57606a}.h{font-size:15px;font-weight:600}
@media (prefers-color-scheme:dark){.bg{fill:#0d1117}.grid{stroke:#30363d}
.mine{fill:#58a6ff;stroke:#58a6ff}.other{fill:#8b949e;stroke:#8b949e}
text{fill:#e6edf3}.s{fill:#9da7b3}}
.line{fill:none;stroke-width:2}.open{fill:none;stroke-width:1.5}
"""
SVG = "http://www.w3.org/2000/svg"
FONT = "system-ui, -apple-system, 'Segoe UI', sans-serif"
LABELS = f'aria-labelledby="t d" font-family="{FONT}"'


@dataclass(frozen=True)
class Mark:
    """One row of a plot: a value, what most measurements lie between, and a second value.

    Attributes:
        title: At the left.
        value: The dot.
        low: The band's beginning.
        high: Its end.
        second: A ring, such as a p99; None for none.
        mine: Whether it is this project's.
    """

    title: str
    value: float
    low: float
    high: float
    second: float | None
    mine: bool


@dataclass(frozen=True)
class Line:
    """A line of a plot: values by size."""

    title: str
    points: tuple[tuple[float, float], ...]
    mine: bool


def ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten between two values, or the powers alone when many."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    steps = (1, 2, 5) if high <= 100 * low else (1,)
    found = [step * 10.0**power for power in range(first, last + 1) for step in steps]
    return [tick for tick in found if low <= tick <= high]


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:g}"  # noqa: PLR2004


def _frame(title: str, description: str, height: int, body: Sequence[str]) -> str:
    return "\n".join(
        [
            f'<svg xmlns="{SVG}" viewBox="0 0 {WIDTH} {height}" role="img" {LABELS}>',
            f'<title id="t">{escape(title)}</title>',
            f'<desc id="d">{escape(description)}</desc>',
            f"<style>{STYLE}</style>",
            f'<rect class="bg" width="{WIDTH}" height="{height}"/>',
            f'<text class="h" x="20" y="26">{escape(title)}</text>',
            *body,
            "</svg>",
            "",
        ]
    )


def dots(title: str, note: str, marks: Sequence[Mark]) -> str:
    """Rows of dots on a logarithmic axis."""
    low = min(mark.low for mark in marks) / 1.3
    high = max(mark.second or mark.high for mark in marks) * 1.3
    span = math.log10(high / low)

    def x(value: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * math.log10(value / low) / span, 1)

    height = TOP + ROW * len(marks) + BOTTOM
    bottom = height - BOTTOM + 6
    body = [f'<text class="s" x="20" y="46">{escape(note)}</text>']
    for tick in ticks(low, high):
        body.append(f'<path class="grid" d="M{x(tick)} {TOP - 8}V{bottom}"/>')
        body.append(
            f'<text class="s" x="{x(tick)}" y="{bottom + 18}" text-anchor="middle">'
            f"{_shown(tick)}</text>"
        )
    for place, mark in enumerate(marks):
        y = TOP + ROW * place + ROW // 2
        kind = "mine" if mark.mine else "other"
        body.append(
            f'<text x="{LEFT - 12}" y="{y + 4}" text-anchor="end">{escape(mark.title)}</text>'
        )
        body.append(f'<path class="{kind} band" d="M{x(mark.low)} {y}H{x(mark.high)}"/>')
        body.append(f'<circle class="{kind}" cx="{x(mark.value)}" cy="{y}" r="5"/>')
        end = mark.high
        if mark.second is not None:
            body.append(f'<circle class="{kind} open" cx="{x(mark.second)}" cy="{y}" r="5"/>')
            end = max(end, mark.second)
        said = number(mark.value) + (f" / {number(mark.second)}" if mark.second else "")
        body.append(f'<text class="s" x="{x(end) + 11}" y="{y + 4}">{said}</text>')
    described = "; ".join(f"{mark.title}: {number(mark.value)}" for mark in marks)
    return _frame(title, f"{note} {described}.", height, body)


def number(value: float) -> str:
    """With as many digits as say something."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"  # noqa: PLR2004


def lines(title: str, note: str, found: Sequence[Line], unit: str) -> str:
    """Lines on two logarithmic axes."""
    points = [point for line in found for point in line.points]
    left, right, height = 70, 190, 330
    low, high = min(y for _, y in points) / 1.5, max(y for _, y in points) * 1.5
    first, last = min(x for x, _ in points), max(x for x, _ in points)

    def at(size: float, value: float) -> tuple[float, float]:
        across = math.log10(size / first) / math.log10(last / first) if last > first else 0.5
        up = math.log10(value / low) / math.log10(high / low)
        return (
            round(left + (WIDTH - left - right) * across, 1),
            round(height - BOTTOM - (height - BOTTOM - TOP) * up, 1),
        )

    body = [f'<text class="s" x="20" y="46">{escape(note)}</text>']
    for tick in ticks(low, high):
        _, y = at(first, tick)
        body.append(f'<path class="grid" d="M{left} {y}H{WIDTH - right}"/>')
        body.append(
            f'<text class="s" x="{left - 8}" y="{y + 4}" text-anchor="end">{_shown(tick)}</text>'
        )
    for size in sorted({size for size, _ in points}):
        x, _ = at(size, low)
        body.append(
            f'<text class="s" x="{x}" y="{height - BOTTOM + 20}" text-anchor="middle">'
            f"{size:,.0f} {unit}</text>"
        )
    taken: list[float] = []
    for line in sorted(found, key=lambda one: -one.points[-1][1]):
        kind = "mine" if line.mine else "other"
        placed = [at(size, value) for size, value in line.points]
        path = "M" + "L".join(f"{x} {y}" for x, y in placed)
        body.append(f'<path class="{kind} line" d="{path}"/>')
        body += [f'<circle class="{kind}" cx="{x}" cy="{y}" r="3.5"/>' for x, y in placed]
        # Titles do not lie on one another.
        y = max([placed[-1][1] + 4, *(other + 16 for other in taken[-1:])])
        taken.append(y)
        body.append(f'<text class="s" x="{placed[-1][0] + 10}" y="{y}">{escape(line.title)}</text>')
    described = "; ".join(
        f"{line.title}: "
        + ", ".join(f"{size:,.0f}: {number(value)}" for size, value in line.points)
        for line in found
    )
    return _frame(title, f"{note} {described}.", height, body)


def _marks(results: Results, figure: str, *, second: bool = False) -> Iterator[Mark]:
    for name, one in results["subjects"].items():
        found = one["figures"].get(figure)
        if found:
            p99 = max(found["p99"], found["high"]) if second else None
            yield Mark(
                one["title"],
                found["median"],
                found["low"],
                found["high"],
                p99,
                mine=name.startswith("ours"),
            )


def all_of(results: Results) -> dict[str, str]:
    """Every plot that the run has figures for, by file name."""
    found = {
        "cold.svg": dots(
            "Cold: INIT and the first tools/call",
            "CPU ms, logarithmic; the band holds the middle half of the measurements",
            list(_marks(results, "cold.call.cpu")),
        )
    }
    warm = list(_marks(results, "warm.call.wall", second=True))
    if warm:
        found["warm.svg"] = dots(
            "Warm: tools/call of a tool that does nothing",
            "ms by the clock, logarithmic; the dot is p50, the ring p99",
            warm,
        )
    growth = results.get("growth") or {}
    for name, unit, figure, title in (
        ("tools", "tools", "init.cpu", "INIT with more tools"),
        ("index", "passages", "first.search.cpu", "First search with a larger index"),
    ):
        measured = [one for one in growth.get(name) or () if figure in one["figures"]]
        if measured:
            by_title: dict[str, list[tuple[float, float]]] = {}
            mine = set()
            for one in measured:
                by_title.setdefault(one["title"], []).append(
                    (one["size"], one["figures"][figure]["median"])
                )
                if one["subject"].startswith("ours"):
                    mine.add(one["title"])
            found[f"growth-{name}.svg"] = lines(
                title,
                "CPU ms, both axes logarithmic",
                [Line(key, tuple(points), key in mine) for key, points in by_title.items()],
                unit,
            )
    return found
