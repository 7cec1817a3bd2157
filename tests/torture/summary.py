"""A run's summary, for a person, within 80 columns."""

from __future__ import annotations

import textwrap
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from mesh.build.environment import ROOT
from tests.torture.generators import KINDS
from tests.torture.memory_growth import (
    LEAST_INPUTS,
    LIMIT_BYTES,
    SETTLED_INPUTS,
    growth_bytes,
)
from tests.torture.tally import ENTITLED, REFUSAL, SIZES, Tally

WIDTH = 80
MB = 1024 * 1024


def shown(file: Path) -> str:
    """A file's path as it is typed from the top of the project."""
    return str(file.relative_to(ROOT) if file.is_relative_to(ROOT) else file)


@dataclass(frozen=True)
class Fuzzed:
    """What came of one parser under atheris.

    Attributes:
        target: Which parser.
        inputs: How many inputs it got.
        problem: What went wrong; None for nothing.
        repeat: The command that repeats it.
    """

    target: str
    inputs: int
    problem: str | None = None
    repeat: str = ""


@dataclass(frozen=True)
class Run:
    """A run that has ended.

    Attributes:
        seed: Of its inputs.
        seconds: How long it took.
        tally: What the workers saw.
        fuzzed: What came of the parsers under atheris.
        unfuzzed: Why there was no such thing; None where there was.
    """

    seed: str
    seconds: float
    tally: Tally
    fuzzed: tuple[Fuzzed, ...]
    unfuzzed: str | None

    def growth_bytes(self) -> int | None:
        """By how much the process that grew most has grown; None if no worker can tell."""
        grown = map(growth_bytes, self.tally.memory.values())
        return max((one for one in grown if one is not None), default=None)

    def _grew(self) -> bool:
        """Whether a process keeps growing, as far as the run can tell."""
        return (self.growth_bytes() or 0) > LIMIT_BYTES

    def is_wrong(self) -> bool:
        """Whether anything is."""
        problems = any(one.problem for one in self.fuzzed)
        return bool(self.tally.findings) or problems or self._grew()

    def lines(self) -> list[str]:
        """The summary."""
        tally = self.tally
        fuzzed = sum(one.inputs for one in self.fuzzed)
        total = tally.total + fuzzed
        made = [
            f"{total:,} inputs in {self.seconds:.0f} s, seed {self.seed}",
            "",
            *self._kinds(),
            *self._fuzzed(),
            "",
            f"{tally.compared:,} answered by the fast path were compared with the full path,",
            f"{tally.streamed:,} with the streaming entry point.",
            "",
            *self._slowest(),
            "",
            *self._memory(),
            "",
            *self._findings(),
        ]
        return [line[:WIDTH] for line in made]

    def _kinds(self) -> list[str]:
        lines = [f"{'inputs':<12}{'number':>10}  answers: status x times (f: fast path)"]
        for kind in KINDS:
            counts: Counter[str] = Counter()
            for (of, way, status), count in self.tally.answers.items():
                if of == kind:
                    counts[f"{status or 'none'}{'f' if way == 'fast' else ''}"] += count
            said = "  ".join(f"{name} x {count:,}" for name, count in sorted(counts.items()))
            wrapped = textwrap.wrap(said, WIDTH - 24) or [""]
            lines.append(f"{kind:<12}{self.tally.inputs[kind]:>10,}  {wrapped[0]}")
            lines += [f"{'':24}{more}" for more in wrapped[1:]]
        return lines

    def _fuzzed(self) -> list[str]:
        if self.unfuzzed is not None:
            return textwrap.wrap(f"NOT RUN: the parsers under atheris. {self.unfuzzed}", WIDTH)
        return [f"{'atheris':<12}{one.inputs:>10,}  {one.target}" for one in self.fuzzed]

    def _slowest(self) -> list[str]:
        head = f"{'slowest, ms of CPU (mean)':<26}" + "".join(f"{size:>10}" for size in SIZES)
        lines = [head]
        for kind in (REFUSAL, ENTITLED):
            worst, mean = f"{kind:<26}", f"{'':<26}"
            for size in SIZES:
                one = self.tally.slowest.get((kind, size))
                worst += f"{one.seconds * 1000:>10.1f}" if one else f"{'-':>10}"
                told = f"({one.total_seconds / one.count * 1000:.1f})" if one else ""
                mean += f"{told:>10}"
            lines += [worst, mean]
        if self.tally.slowest:
            slowest = max(self.tally.slowest.values(), key=lambda one: one.seconds)
            lines.append(f"the slowest: {self._again(slowest.number)}")
        return lines

    def _again(self, number: int) -> str:
        return f".venv/bin/python -m tests.torture --seed {self.seed} --input {number}"

    def _memory(self) -> list[str]:
        grown = self.growth_bytes()
        if grown is None:
            few = f"under {LEAST_INPUTS:,} inputs for each worker."
            return [f"Too short to tell whether memory grows: {few}"]
        lines = ["memory in use by each worker in MB, five times from the start to the end:"]
        for samples in self.tally.memory.values():
            if samples:
                used = [sum(one.live_bytes for one in each.values()) for each in samples]
                told = [used[(len(used) - 1) * part // 4] / MB for part in range(5)]
                lines.append("".join(f"{size:>8.0f}" for size in told))
        wrong = "WRONG: " if self._grew() else ""
        since = f"after {SETTLED_INPUTS:,} inputs, without imports"
        return [*lines, f"{wrong}one process grew by {grown / MB:.1f} MB {since}"]

    def _findings(self) -> list[str]:
        problems = [one for one in self.fuzzed if one.problem]
        if not self.tally.findings and not problems:
            return ["Nothing else is wrong." if self._grew() else "Nothing is wrong."]
        lines = [f"WRONG: {len(self.tally.findings) + len(problems)} kinds of fault"]
        ordered = sorted(self.tally.findings.values(), key=lambda one: -one.count)
        for one in ordered:
            lines += ["", f"{one.fault.kind}, {one.count:,} times"]
            lines += textwrap.wrap(one.fault.where, WIDTH - 2, initial_indent="  ")
            if one.file is not None:
                lines.append(f"  .venv/bin/python -m tests.torture --repeat {shown(one.file)}")
            if one.number >= 0:
                lines.append(f"  {self._again(one.number)}")
        for each in problems:
            lines += ["", f"atheris, {each.target}"]
            lines += textwrap.wrap(str(each.problem), WIDTH - 2, initial_indent="  ")
            lines.append(f"  {each.repeat}")
        return lines
