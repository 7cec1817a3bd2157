"""The mesh command: its help, its exit statuses, and no traceback ever."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from copy import replace
from pathlib import Path
from typing import NoReturn

import click
import pytest

import mesh.cli
from mesh.cli import command_line, run
from mesh.cli.server import status
from mesh.cli.server.status import lines
from mesh.failure import CommandFailedError
from mesh.stack.stack import Stack
from mesh.stack.status import Status

REQUEST = {
    "at": "2026-11-22T10:00:01.123Z",
    "method": "DELETE",
    "path": "/a/very/long/path/that/somebody/asked/for",
    "qualifier": "candidate",
    "version": "1234",
    "status": 500,
    "duration_ms": 30000.12,
    "cold": True,
}
REFUSED = REQUEST | {"version": None, "status": 403, "path": "/mcp", "cold": False}
INSTANCE = {"function": "f", "version": "12", "pid": 123456, "busy": True, "invocations": 99999}
UP = Status(
    running=True,
    pid=123456,
    endpoint="http://127.0.0.1:45661",
    function_name="aoma-mesh-local",
    function_url="http://127.0.0.1:8787/",
    candidate_url="http://127.0.0.1:8788/",
    live_version="1233",
    candidate_version="1234",
    versions=tuple(map(str, range(1, 1235))),
    reserved_concurrency=1000,
    instances=(INSTANCE,),
    requests=(*((REQUEST,) * 49), REFUSED),
)


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        yield (*path, name)
        if isinstance(found, click.Group):
            yield from commands(found, (*path, name))


@pytest.mark.parametrize("path", [(), *commands(command_line)], ids=" ".join)
def test_help_fits_80_columns_and_explains_every_option(
    path: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*path, "--help"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("Usage: mesh")
    assert max(map(len, text.splitlines())) <= 80
    command: click.Command = command_line
    for name in path:
        assert isinstance(command, click.Group)
        command = command.get_command(click.Context(command), name) or command
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{parameter.name} has no help"


def test_an_unknown_command_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["upp"]) == 2
    assert "No such command 'upp'" in capsys.readouterr().err


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[BaseException], int]:
    """Run a command whose work ends with an error, in a checkout of its own."""
    monkeypatch.setattr(mesh.cli, "Stack", lambda: Stack(tmp_path))

    def failing_with(error: BaseException) -> int:
        def work(_here: Stack) -> NoReturn:
            raise error

        monkeypatch.setattr("mesh.stack.status.status", work)
        return run(["status"])

    return failing_with


def test_an_expected_failure_is_its_own_text(
    failing: Callable[[BaseException], int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert failing(CommandFailedError("the zip is too large; leave something out.")) == 1
    assert capsys.readouterr().err == "mesh: the zip is too large; leave something out.\n"


def test_a_full_disk_is_one_line(
    failing: Callable[[BaseException], int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert failing(OSError(errno.ENOSPC, "No space left on device", "/x/mesh.zip")) == 1
    assert capsys.readouterr().err == "mesh: No space left on device: /x/mesh.zip.\n"


def test_ctrl_c_is_one_line_and_the_status_of_an_interrupt(
    failing: Callable[[BaseException], int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert failing(KeyboardInterrupt()) == 130
    assert capsys.readouterr().err.strip() == "mesh: interrupted."


def test_a_bug_is_one_line_and_a_traceback_in_a_file(
    failing: Callable[[BaseException], int],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    assert failing(RuntimeError("nobody thought of this\nsecond line")) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "RuntimeError: nobody thought of this" in said
    (log,) = (tmp_path / ".mesh" / "logs").iterdir()
    assert str(log) in said
    assert "Traceback" in log.read_text()


@pytest.mark.parametrize(
    "found",
    [
        Status(running=False),
        Status(running=True, endpoint="e", pid=1),
        UP,
        replace(UP, instances=(), reserved_concurrency=1000),
        replace(UP, instances=(), reserved_concurrency=0),
    ],
)
def test_status_fits_80_columns(found: Status) -> None:
    assert max(map(len, lines(found, []))) <= 80


def test_status_shows_what_is_asked_about() -> None:
    text = "\n".join(lines(UP, []))
    assert "live       http://127.0.0.1:8787/ serves version 1233" in text
    assert "candidate  http://127.0.0.1:8788/ serves version 1234" in text
    assert "versions   1234 published, newest 1234" in text
    assert "reserved   1000 requests at a time, more get 429" in text
    assert "version 12, process 123456, busy, 99999 invocations" in text
    assert "500  30000.1 ms  cold" in text
    assert " -     403" in text


def test_status_of_nothing_is_json_with_every_key(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(status, "current_stack", lambda _given: Stack(tmp_path))
    assert run(["status", "--json"]) == 0
    read = json.loads(capsys.readouterr().out)
    assert read["running"] is False
    wanted = {"function_url", "candidate_url", "live_version", "candidate_version"}
    assert {name: read[name] for name in wanted} == dict.fromkeys(wanted)


def test_the_environment_file_survives_a_shell_and_belongs_to_its_owner(tmp_path: Path) -> None:
    here = Stack(tmp_path)
    variables = {"MESH_URL": "http://127.0.0.1:8787/", "MESH_API_KEY": "a b'c$d"}
    here.write_environment(variables)
    assert here.read_environment() == variables
    assert here.environment_file.stat().st_mode & 0o777 == 0o600


def test_help_imports_nothing_that_only_the_work_needs():
    heavy = ["boto3", "botocore", "cryptography", "httpx", "joserfc", "psycopg", "pydantic", "rich"]
    listing = (
        "import sys; from mesh.cli import run; run(['--help'])\n"
        "from mesh.cli import COMMANDS\n"
        "for name in COMMANDS: run([name, '--help'])\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", listing], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.splitlines()[-1] == "[]"
