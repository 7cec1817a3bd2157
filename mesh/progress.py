"""Numbered steps with their times: alive on a terminal, plain lines in a log."""

from __future__ import annotations

import os
import sys
import textwrap
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

WIDTH = 80
ERASE_LINE = "\r\x1b[K"
COLORS = {"green": "32", "red": "31", "yellow": "33", "bold": "1", "dim": "2"}


def is_terminal(stream: TextIO) -> bool:
    """Say whether `stream` shows control characters as a person expects."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def paint(text: str, color: str, stream: TextIO) -> str:
    """Color `text` for a terminal, unless NO_COLOR (https://no-color.org) is set."""
    if not is_terminal(stream) or os.environ.get("NO_COLOR"):
        return text
    return f"\x1b[{COLORS[color]}m{text}\x1b[0m"


def wrapped(text: str, indent: str) -> str:
    """Wrap `text` to 80 columns with every line after the first indented; URLs stay whole."""
    return textwrap.fill(
        text,
        WIDTH,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


class Step:
    """The step at work; `detail` is shown beside its time, each of `notes` below it."""

    def __init__(self) -> None:
        self.detail = ""
        self.notes: list[str] = []


class Steps:
    """Prints `[2/6] terraform apply ... 4.2 s`, counting the seconds on a terminal.

    Args:
        total: how many steps there will be.
        stream: where to print; standard output when None.
    """

    def __init__(self, total: int, stream: TextIO | None = None) -> None:
        self.total = total
        self.stream = stream or sys.stdout
        self.number = 0
        self.started = time.monotonic()

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Show one step while the body runs, and how it ended."""
        self.number += 1
        title = f"[{self.number}/{self.total}] {name} ..."
        state = Step()
        started = time.monotonic()
        with _Line(self.stream, title):
            try:
                yield state
            except BaseException as error:
                word = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
                self._end(title, started, paint(word, "red", self.stream), state)
                raise
        self._end(title, started, "", state)

    def seconds(self) -> float:
        """Give the seconds since this object was made."""
        return time.monotonic() - self.started

    def _end(self, title: str, started: float, outcome: str, state: Step) -> None:
        took = f"{time.monotonic() - started:.1f} s"
        line = " ".join(part for part in (took, outcome, state.detail) if part)
        # In a log the title was printed when the step began.
        head = f"{ERASE_LINE}{title}" if is_terminal(self.stream) else ""
        print(f"{head} {line}", file=self.stream)
        for note in state.notes:
            print(wrapped(f"      {note}", "      "), file=self.stream)
        self.stream.flush()


class _Line:
    """The line of a running step: counts seconds on a terminal, stands still in a log."""

    def __init__(self, stream: TextIO, title: str) -> None:
        self.stream = stream
        self.title = title
        self.ended = threading.Event()
        self.ticker = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> Self:
        if is_terminal(self.stream):
            self.ticker.start()
        else:
            print(self.title, end="", file=self.stream, flush=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.ended.set()
        if self.ticker.is_alive():
            self.ticker.join()

    def _tick(self) -> None:
        started = time.monotonic()
        seconds = 0
        while True:
            print(f"{ERASE_LINE}{self.title} {seconds} s", end="", file=self.stream, flush=True)
            seconds += 1
            if self.ended.wait(max(0.0, started + seconds - time.monotonic())):
                return
