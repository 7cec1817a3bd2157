"""A step that counts: a line that moves on a terminal, a line now and then in a log."""

from __future__ import annotations

import time
from datetime import timedelta
from types import TracebackType
from typing import Self, TextIO

from rich.progress import BarColumn, TimeRemainingColumn

from mesh.progress import is_terminal, live, paint, wrapped

_LOG_SECONDS = 10.0


class Counting:
    """Shows how far a step is, how fast it goes and how long it will take.

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
