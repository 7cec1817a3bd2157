"""Two commands never change the stack at once, and a dead one blocks nobody."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mesh.failure import CommandFailedError
from mesh.stack.stack import exclusive

HOLDER = """\
import pathlib, sys, time
from mesh.stack.stack import exclusive
with exclusive(pathlib.Path(sys.argv[1]), "mesh up"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mesh" / "local.lock"


@pytest.fixture
def holder(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_the_second_is_told_who_is_at_work(path: Path, holder: subprocess.Popen[str]) -> None:
    with (
        pytest.raises(
            CommandFailedError, match=rf"mesh up \(process {holder.pid}\) is running in this folder"
        ),
        exclusive(path, "mesh down"),
    ):
        pass


def test_a_killed_one_blocks_nobody(path: Path, holder: subprocess.Popen[str]) -> None:
    holder.kill()
    holder.wait()
    with exclusive(path, "mesh down"):
        assert "mesh down" in path.read_text()


def test_an_ended_one_blocks_nobody(path: Path) -> None:
    for command in ("mesh up", "mesh up"):
        with exclusive(path, command):
            assert command in path.read_text()
    assert path.read_text() == ""


def test_a_failed_one_blocks_nobody(path: Path) -> None:
    with pytest.raises(ZeroDivisionError), exclusive(path, "mesh up"):
        raise ZeroDivisionError
    with exclusive(path, "mesh up"):
        pass
