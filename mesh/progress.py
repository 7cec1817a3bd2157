"""Numbered steps with their times: alive on a terminal, plain lines in a log."""

from __future__ import annotations

import os
import sys
import textwrap
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import Progress, ProgressColumn

WIDTH = 80
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
        outcome = ""
        try:
            with live(title, "{task.elapsed:.0f} s", stream=self.stream):
                if not is_terminal(self.stream):
                    print(title, end="", file=self.stream, flush=True)
                yield state
        except BaseException as error:
            word = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
            outcome = paint(word, "red", self.stream)
            raise
        finally:
            took = f"{time.monotonic() - started:.1f} s"
            # In a log the title was printed when the step began.
            shown = title if is_terminal(self.stream) else ""
            line = " ".join(part for part in (shown, took, outcome, state.detail) if part)
            print(line if shown else f" {line}", file=self.stream)
            for note in state.notes:
                print(wrapped(f"      {note}", "      "), file=self.stream)
            self.stream.flush()

    def seconds(self) -> float:
        """Give the seconds since this object was made."""
        return time.monotonic() - self.started


def live(title: str, *columns: ProgressColumn | str, stream: TextIO, total: float = 1) -> Progress:
    """Rich's line of one task, which shows and then erases itself on a terminal only.

    Args:
        title: what is done.
        columns: what is shown behind it, https://rich.readthedocs.io/en/stable/progress.html.
        stream: where to show it.
        total: how many there are to do.
    """
    # Imported here: `mesh --help` shows no progress.
    from rich.console import Console
    from rich.progress import Progress, TextColumn

    shows = is_terminal(stream)
    line = Progress(
        TextColumn("{task.description}", markup=False),
        *columns,
        console=Console(file=stream, force_terminal=shows, force_interactive=shows),
        disable=not shows,
        get_time=time.monotonic,
        transient=True,
    )
    line.add_task(title, total=total)
    return line
