"""One table of figures: 80 columns for a terminal, Markdown for a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

NONE = "-"
TEN = 10
HUNDRED = 100
FIRST_WIDTH = 23


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        title: Above it.
        note: What its figures are, in a sentence or two.
        head: Names of the columns.
        rows: As many cells each.
    """

    title: str
    note: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def as_text(self) -> str:
        """For a terminal."""
        widths = [
            max(len(row[at]) for row in (self.head, *self.rows)) for at in range(len(self.head))
        ]
        widths[0] = max(widths[0], FIRST_WIDTH)
        lines = [
            "  ".join(
                cell.ljust(width) if at == 0 else cell.rjust(width)
                for at, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in (self.head, *self.rows)
        ]
        return "\n".join([self.title, *lines])

    def as_markdown(self) -> str:
        """For a page."""
        right = ["---", *(["---:"] * (len(self.head) - 1))]
        lines = [f"| {' | '.join(row)} |" for row in (self.head, tuple(right), *self.rows)]
        return "\n".join([f"### {self.title}", "", self.note, "", *lines])


def number(value: float) -> str:
    """With as many digits as say something."""
    if value < TEN:
        return f"{value:.2f}"
    return f"{value:.1f}" if value < HUNDRED else f"{value:,.0f}"


def spread(one: Mapping[str, float] | None) -> str:
    """Median and half of what lies between the quartiles."""
    if one is None:
        return NONE
    half = (one["high"] - one["low"]) / 2
    shown = number(one["median"])
    places = len(shown.partition(".")[2])
    return f"{shown} ±{half:,.{places}f}"
