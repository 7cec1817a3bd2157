"""How far a step of an ingestion is: a bar on a terminal, plain lines in a log."""

from __future__ import annotations

import contextlib
import io
import itertools
import re
from types import SimpleNamespace

import pytest

from aoma.ingestion import display
from aoma.ingestion.display import Counting
from mesh import progress as steps


class Terminal(io.StringIO):
    """What a terminal receives."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that goes on by six seconds each time that it is read."""
    seconds = itertools.count(0.0, 6.0)
    fixed = SimpleNamespace(monotonic=lambda: next(seconds))
    monkeypatch.setattr(display, "time", fixed)
    monkeypatch.setattr(steps, "time", fixed)


def test_a_log_says_now_and_then_how_far_it_is() -> None:
    log = io.StringIO()
    with Counting("[3/5] writing", 5000, log) as counting:
        for _ in range(10):
            counting.add(400)
        counting.notice("the API is asked again [429] " + "later " * 12)
        counting.add(2000)
    lines = log.getvalue().splitlines()
    assert lines[0] == "[3/5] writing ... 5,000"
    assert re.fullmatch(r" {6}[\d,]+ of 5,000, \d+/s, about 0:\d\d:\d\d left", lines[1])
    assert "      the API is asked again [429] later" in log.getvalue()
    # There were more than there were said to be.
    assert re.fullmatch(r"\[3/5\] writing \.\.\. \d+\.0 s \(6,000\)", lines[-1])
    assert max(map(len, lines)) <= 80
    assert "\x1b" not in log.getvalue()


def test_a_terminal_has_one_line_that_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("NO_COLOR", raising=False)
    terminal = Terminal()
    with contextlib.suppress(ZeroDivisionError), Counting("[4/5] embedding", 50, terminal) as one:
        one.add(20)
        one.notice("asked again")
        raise ZeroDivisionError
    shown = terminal.getvalue()
    assert "[4/5] embedding ... 20 of 50" in shown
    assert "      asked again\n" in shown
    last = re.split(r"\x1b\[2K", shown)[-1]
    assert re.fullmatch(
        r"\[4/5\] embedding \.\.\. \d+\.0 s \x1b\[31mfailed\x1b\[0m \(20 of 50\)\n", last
    )
