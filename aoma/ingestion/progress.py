"""A step that counts: a line that moves on a terminal, a line now and then in a log."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self, TextIO

from mesh.progress import ERASE_LINE, WIDTH, is_terminal, paint

_TERMINAL_SECONDS = 0.1
_LOG_SECONDS = 10.0
# Before that a rate says nothing.
_RATE_SECONDS = 1.0
_MINUTE = 60


def duration(seconds: float) -> str:
    """`seconds` as a person says it."""
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    return f"{seconds / _MINUTE:.0f} min"


class Counting:
    """Shows how far a step is, how fast it goes and how long it will take.

    Args:
        title: what is done, such as `[3/4] embedding`.
        total: how many there are; more may come.
        stream: where to print.
    """

    def __init__(self, title: str, total: int, stream: TextIO) -> None:
        self.title = title
        self.total = total
        self.stream = stream
        self.count = 0
        self.started = time.monotonic()
        self._shown = self.started

    def __enter__(self) -> Self:
        if not is_terminal(self.stream):
            print(f"{self.title} ... {self.total:,}", file=self.stream, flush=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        took = f"{time.monotonic() - self.started:.1f} s"
        # A cancelled task is what asyncio makes of Ctrl-C.
        word = "interrupted" if kind and not issubclass(kind, Exception) else "failed"
        outcome = f" {paint(word, 'red', self.stream)}" if kind else ""
        head = ERASE_LINE if is_terminal(self.stream) else ""
        count = f"{self.count:,}" + (f" of {self.total:,}" if kind else "")
        print(f"{head}{self.title} ... {took}{outcome} ({count})", file=self.stream, flush=True)

    def add(self, count: int) -> None:
        """Say that so many more are done."""
        self.count += count
        now = time.monotonic()
        if now - self._shown >= (_TERMINAL_SECONDS if is_terminal(self.stream) else _LOG_SECONDS):
            self._show(now)

    def notice(self, text: str) -> None:
        """Say something that is no count."""
        head = ERASE_LINE if is_terminal(self.stream) else ""
        print(f"{head}      {text}"[: WIDTH + len(head)], file=self.stream, flush=True)

    def _show(self, now: float) -> None:
        self._shown = now
        took = now - self.started
        text = f"{self.count:,} of {max(self.total, self.count):,}"
        if took >= _RATE_SECONDS and self.count:
            rate = self.count / took
            left = duration(max(0, self.total - self.count) / rate)
            text += f", {rate:,.0f}/s, about {left} left"
        if is_terminal(self.stream):
            line = f"{self.title} ... {text}"[: WIDTH - 1]
            print(f"{ERASE_LINE}{line}", end="", file=self.stream, flush=True)
        else:
            print(f"      {text}", file=self.stream, flush=True)
