"""What a person sees of a run, in 80 columns: its plan, its steps as they count, its outcome."""

from __future__ import annotations

import time
from datetime import timedelta
from types import TracebackType
from typing import Self, TextIO

from rich.progress import BarColumn, TimeRemainingColumn

from aoma.corpus.report import Ledger
from aoma.ingestion.plan import Plan, SourcePlan
from aoma.ingestion.run import Outcome
from mesh.progress import is_terminal, live, paint, wrapped

_LOG_SECONDS = 10.0
_NAME_COLUMNS = 26


class Counting:
    """Shows how far a step is, how fast it goes and how long it will take.

    On a terminal it is a line that moves, in a log a line now and then.

    Args:
        title: what is done, such as `[3/4] embedding`.
        total: how many there are; more may come.
        stream: where to print.
    """

    def __init__(self, title: str, total: int, stream: TextIO) -> None:
        self.title = title
        self.stream = stream
        done = "{task.completed:,.0f} of {task.total:,.0f}"
        self._live = live(
            f"{title} ...", done, BarColumn(), TimeRemainingColumn(), stream=stream, total=total
        )
        self._task = self._live.tasks[0]
        self._shown = time.monotonic()

    def __enter__(self) -> Self:
        if not is_terminal(self.stream):
            print(f"{self.title} ... {self._task.total:,}", file=self.stream, flush=True)
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._live.stop()
        # A cancelled task is what asyncio makes of Ctrl-C.
        word = "interrupted" if kind and not issubclass(kind, Exception) else "failed"
        outcome = f" {paint(word, 'red', self.stream)}" if kind else ""
        count = f"{self._task.completed:,}" + (f" of {self._task.total:,}" if kind else "")
        took = f"{self._task.elapsed or 0:.1f} s"
        print(f"{self.title} ... {took}{outcome} ({count})", file=self.stream, flush=True)

    def add(self, count: int) -> None:
        """Say that so many more are done."""
        done = self._task.completed + count
        self._live.update(self._task.id, completed=done, total=max(done, self._task.total or 0))
        now = time.monotonic()
        if not is_terminal(self.stream) and now - self._shown >= _LOG_SECONDS:
            self._shown = now
            left = timedelta(seconds=self._task.time_remaining or 0)
            rate = f"{self._task.speed or 0:,.0f}/s"
            self.notice(f"{done:,} of {self._task.total:,}, {rate}, about {left} left")

    def notice(self, text: str) -> None:
        """Say something that is no count."""
        shown = wrapped(f"      {text}", "      ")
        self._live.console.print(shown, markup=False, highlight=False, soft_wrap=True)


def _line(one: SourcePlan) -> str:
    name = f"{one.source.kind} {one.source.name}"
    if len(name) > _NAME_COLUMNS:
        name = f"{name[: _NAME_COLUMNS - 3]}..."
    return (
        f"  {name:<{_NAME_COLUMNS}}{one.new:>9,} {one.changed:>9,} {one.unchanged:>10,} "
        f"{one.vanished:>9,}  {one.noun}"
    )


def plan_lines(plan: Plan, place: str, *, keeps_vanished: bool) -> list[str]:
    """The plan: what would be written, deleted and embedded, and what that takes."""
    title = f"  {'':<{_NAME_COLUMNS}}{'new':>9} {'changed':>9} {'unchanged':>10} {'vanished':>9}"
    lines = [f"Into {place}:", title, *map(_line, plan.sources)]
    if keeps_vanished and plan.vanished:
        lines.append("What vanished stays (--keep-vanished).")
    losing = [one for one in plan.sources if one.loses_most and not keeps_vanished]
    lines += [
        wrapped(
            f"{one.source.kind} {one.source.name}: {one.vanished_units:,} of {one.units:,} "
            f"{_units(one)} would be deleted.",
            "  ",
        )
        for one in losing
    ]
    if plan.replaced:
        lines.append(
            wrapped(
                f"All embeddings of {plan.replaced.model} are thrown away first; until this has "
                "run to its end, searches by meaning find only part of what is there.",
                "  ",
            )
        )
    if plan.rows:
        lines.append(f"To write: {plan.rows:,} rows, in which documents and files count too.")
    if plan.embedding is None:
        lines.append("Nothing is embedded (--no-embeddings): it is found by words only.")
    elif plan.texts:
        lines.append(
            wrapped(
                f"To embed with {plan.embedding.model}: {plan.texts:,} texts, about "
                f"{plan.tokens:,} tokens. That is an estimate, at 4 characters a token; what "
                "the API counts is said in the end.",
                "  ",
            )
        )
        if plan.left:
            lines.append(
                wrapped(
                    f"{plan.left:,} of them are of other sources, "
                    + ("embedded anew." if plan.replaced else "left by earlier runs."),
                    "  ",
                )
            )
    return lines


def _units(one: SourcePlan) -> str:
    return {"code": "files"}.get(one.source.kind, one.source.kind)


def left_out(ledger: Ledger) -> list[str]:
    """What the readers left out, and why."""
    lines = [wrapped(f"left out, or changed: {one}", "  ") for one in ledger.skipped]
    return [*lines, *(wrapped(f"note: {problem}", "  ") for problem in ledger.problems)]


def outcome_line(outcome: Outcome, *, embeds: bool) -> str:
    """What was done."""
    done = f"Done: {outcome.written:,} rows written, {outcome.deleted:,} deleted"
    if not embeds:
        return f"{done}, none embedded."
    tokens = outcome.embedded.tokens
    took = "which the API did not count" if tokens is None else f"{tokens:,} tokens by the API"
    return f"{done}, {outcome.embedded.texts:,} texts embedded ({took})."
