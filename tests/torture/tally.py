"""What a run has seen so far: counts, the slowest inputs, memory, and what was wrong."""

from __future__ import annotations

from collections import Counter
from copy import replace
from dataclasses import dataclass, field
from pathlib import Path

from tests.torture.faults import REFUSED, Fault
from tests.torture.inputs import Input
from tests.torture.memory_growth import Sample
from tests.torture.trial import Outcome

# Upper ends, in characters of the body.
SIZES = {"1 KB": 1_000, "32 KB": 32_000, "256 KB": 256_000, "1 MB": 1_000_000, "6 MB": 10**9}
ENTITLED, REFUSAL = "accepted", "refused"


@dataclass
class Slowest:
    """The input of a class that took the most CPU time."""

    seconds: float
    number: int
    total_seconds: float
    count: int


@dataclass
class Finding:
    """A fault, and how to see it again.

    Attributes:
        count: How often it came.
        number: The number of the first input that had it.
        file: The smallest input that has it.
        characters: The size of that, in JSON.
    """

    fault: Fault
    count: int
    number: int
    file: Path | None = None
    characters: int = 0


@dataclass
class Tally:
    """What one worker has seen, or all of them."""

    inputs: Counter[str] = field(default_factory=Counter)
    answers: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    compared: int = 0
    streamed: int = 0
    slowest: dict[tuple[str, str], Slowest] = field(default_factory=dict)
    findings: dict[Fault, Finding] = field(default_factory=dict)
    memory: dict[int, list[Sample]] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many inputs there were."""
        return self.inputs.total()

    def add(self, number: int, given: Input, outcome: Outcome) -> list[Fault]:
        """Count one input; those of its faults that are new."""
        self.inputs[given.kind] += 1
        self.answers[given.kind, outcome.way, outcome.status] += 1
        self.compared += given.compared and outcome.way == "fast"
        self.streamed += given.streamed
        size = next(name for name, end in SIZES.items() if outcome.size <= end)
        key = (REFUSAL if outcome.status in REFUSED else ENTITLED, size)
        self._time(key, Slowest(outcome.seconds, number, outcome.seconds, 1))
        new = [fault for fault in outcome.faults if fault not in self.findings]
        for fault in outcome.faults:
            self._find(Finding(fault, 1, number))
        return new

    def merge(self, other: Tally) -> None:
        """Add what another worker has seen."""
        self.inputs += other.inputs
        self.answers += other.answers
        self.compared += other.compared
        self.streamed += other.streamed
        for key, one in other.slowest.items():
            self._time(key, one)
        for finding in other.findings.values():
            self._find(finding)
        self.memory |= other.memory

    def _time(self, key: tuple[str, str], one: Slowest) -> None:
        before = self.slowest.get(key)
        if before is None:
            self.slowest[key] = replace(one)
            return
        worst = max(before, one, key=lambda each: each.seconds)
        total, count = before.total_seconds + one.total_seconds, before.count + one.count
        self.slowest[key] = Slowest(worst.seconds, worst.number, total, count)

    def _find(self, one: Finding) -> None:
        before = self.findings.get(one.fault)
        if before is None:
            self.findings[one.fault] = replace(one)
            return
        before.count += one.count
        if one.file is not None and (before.file is None or one.characters < before.characters):
            before.file, before.characters = one.file, one.characters
