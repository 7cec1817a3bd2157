"""Progress is alive on a terminal and plain in a log."""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import pty
import re
from types import SimpleNamespace

import pytest

from mesh import progress
from mesh.progress import Steps, paint


def in_terminal(monkeypatch: pytest.MonkeyPatch, until: str = "") -> str:
    """What a terminal receives while one step runs, until it shows this.

    Its clock goes on by a fifth of a second each time that it is read.
    """
    clock = itertools.count(0.0, 0.2)
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    monkeypatch.setenv("TERM", "xterm")
    master, slave = pty.openpty()
    said = ""
    with os.fdopen(slave, "w") as stream:
        with Steps(3, stream).step("terraform apply") as step:
            while until not in said:
                said += os.read(master, 65536).decode()
            step.detail = "(version 4 is live)"
        stream.write(paint("end", "bold", stream))
        stream.flush()
        while "end" not in said:  # a terminal gives what it has, not all at once
            said += os.read(master, 65536).decode()
    os.close(master)
    return said


def test_a_log_has_one_plain_line_per_step() -> None:
    log = io.StringIO()
    steps = Steps(2, log)
    with steps.step("zip") as step:
        assert log.getvalue() == "[1/2] zip ..."  # said when it begins
        step.detail = "(5.1 MB)"
    with contextlib.suppress(ZeroDivisionError), steps.step("local AWS") as step:
        step.notes.append("port 4566 was busy, so another one was taken; " + "it stays " * 8)
        raise ZeroDivisionError
    text = log.getvalue()
    lines = text.splitlines()
    assert re.fullmatch(r"\[1/2\] zip \.\.\. \d+\.\d s \(5\.1 MB\)", lines[0])
    assert re.fullmatch(r"\[2/2\] local AWS \.\.\. \d+\.\d s failed", lines[1])
    assert all(line.startswith("      ") for line in lines[2:])
    assert max(map(len, lines)) <= 80
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text)


def test_a_terminal_counts_the_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    said = in_terminal(monkeypatch, "1 s")
    assert "[1/3] terraform apply ... 0 s" in said
    assert "[1/3] terraform apply ... 1 s" in said
    # The moving line is erased before the last one is printed.
    last = said.rindex("\x1b[2K") + len("\x1b[2K")
    shown = r"\[1/3\] terraform apply \.\.\. \d+\.\d s \(version 4 is live\)\r\n"
    assert re.match(shown, said[last:].replace("\x1b[?25h", ""))


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[1mend" in in_terminal(monkeypatch)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[1mend" not in in_terminal(monkeypatch)
