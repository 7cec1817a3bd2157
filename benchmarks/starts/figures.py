"""Medians, their spread, and ratios between subjects of one run."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

type ByRound = Mapping[int, Sequence[float]]


@dataclass(frozen=True)
class Summary:
    """What many measurements say.

    Attributes:
        median: Half of them are below.
        low: A quarter of them is below.
        high: A quarter of them is above.
        p99: A hundredth of them is above.
        count: How many.
    """

    median: float
    low: float
    high: float
    p99: float
    count: int

    @property
    def spread(self) -> float:
        """Half of what lies between the quartiles."""
        return (self.high - self.low) / 2


def summary(values: Sequence[float]) -> Summary:
    """The summary of at least one value."""
    if len(values) == 1:
        return Summary(values[0], values[0], values[0], values[0], 1)
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return Summary(cuts[49], cuts[24], cuts[74], cuts[98], len(values))


def ratio(mine: ByRound, base: ByRound) -> Summary | None:
    """How many times the base it is: one ratio a round, of that round's medians.

    What slows the machine down for a while slows both, and leaves the ratio. None when no
    round has both.
    """
    rounds = [number for number in mine if base.get(number) and mine[number]]
    found = [statistics.median(mine[number]) / statistics.median(base[number]) for number in rounds]
    return summary(found) if found else None


class Samples:
    """Measurements of one subject, by figure and round.

    Figures have names such as `init.cpu`, `first.call.wall`, `warm.list.cpu`, `memory`.
    """

    def __init__(self) -> None:
        self._values: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))

    def add(self, figure: str, number: int, value: float) -> None:
        """Add one of this round."""
        self._values[figure][number].append(value)

    def figures(self) -> list[str]:
        """What there is."""
        return sorted(self._values)

    def of(self, figure: str) -> ByRound:
        """The measurements of a figure, by round."""
        return self._values.get(figure, {})

    def summary(self, figure: str) -> Summary:
        """Of all rounds."""
        return summary([one for values in self._values[figure].values() for one in values])
