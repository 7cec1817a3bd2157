"""`mesh logs` shows what the function wrote, one readable line for each event."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mesh.cli import run
from mesh.installation import BIN
from mesh.local_aws import process
from mesh.local_aws.process import Running
from mesh.logs import log_line, logs
from mesh.stack import local_aws_client
from mesh.stack.stack import Stack

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

ID = "0e5b4a0e-9a6b-4c2e-8f7d-0123456789ab"
REQUEST = {
    "time": "2026-11-22T10:00:01.123Z",
    "level": "INFO",
    "logger": "mesh.request",
    "message": "request",
    "request_id": ID,
    "method": "POST",
    "path": "/mcp",
    "status": 200,
    "duration_ms": 12.34,
    "caller": "default",
    "cold": True,
}
LONG = {
    "path": "/a" * 90,
    "caller": "arn:aws:iam::000000000000:user/" + "x" * 60,
    "method": "OPTIONS",
}
REPORT = f"REPORT RequestId: {ID}\tDuration: 3.00 ms\tBilled Duration: 3 ms"
TIMEOUT = f"2026-11-22T10:00:01.123Z {ID} Task timed out after 3.00 seconds"
RAISED = "[ERROR] ValueError: as asked\nTraceback (most recent call last):\n  File x"
LOGGED = f"[ERROR]\t2026-11-22T10:00:01.123Z\t{ID}\tit broke\nTraceback\nKeyError: 'x'"


def shown(message: str) -> str | None:
    return log_line.line(1_795_000_000_000, message, width=80)


def test_a_request_is_one_line() -> None:
    found = shown(json.dumps(REQUEST))
    assert found is not None
    time_of_day, *rest = found.split()
    assert len(time_of_day) == len("10:00:01")
    assert rest == ["POST", "/mcp", "200", "12.3", "ms", "default", "cold"]
    tool = shown(json.dumps(REQUEST | {"tool": "search_knowledge"}))
    assert tool is not None
    assert tool.split()[1:4] == ["POST", "search_knowledge", "200"]


@pytest.mark.parametrize(
    "message",
    [
        json.dumps(REQUEST | LONG | {"duration_ms": 899999.99, "status": 504}),
        "x" * 500,
        json.dumps({"level": "ERROR", "message": "m" * 200}),
        RAISED,
        "two\nlines\tand \x1b[31mcolour",
        TIMEOUT,
    ],
)
def test_no_line_is_wider_than_80_columns(message: str) -> None:
    found = shown(message)
    assert found is not None
    assert len(found) <= 80
    assert found.isprintable()


def test_cold_is_never_cut_off() -> None:
    assert str(shown(json.dumps(REQUEST | LONG))).endswith("  cold")


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (TIMEOUT, "ERROR    Task timed out after 3.00 seconds"),
        (RAISED, "ERROR    ValueError: as asked"),
        (LOGGED, "ERROR    it broke: KeyError: 'x'"),
        (
            json.dumps({"level": "ERROR", "message": "failed", "exception": "Tr\nOSError: full"}),
            "ERROR    OSError: full | failed",
        ),
        (f"{REPORT}\tStatus: timeout", "ERROR    REPORT Status: timeout, Duration: 3.00 ms"),
        (
            json.dumps({"type": "platform.report", "record": {"status": "timeout"}}),
            "platform.report: timeout",
        ),
    ],
)
def test_a_failure_says_what_failed_and_counts_as_one(message: str, told: str) -> None:
    assert told in str(shown(message))
    assert log_line.failed(message)


@pytest.mark.parametrize(
    "message",
    [
        "INIT_START Runtime Version: python3.13",
        f"START RequestId: {ID} Version: 3",
        f"END RequestId: {ID}",
        REPORT,
        json.dumps({"type": "platform.report", "record": {"status": "success"}}),
    ],
)
def test_lambdas_own_lines_are_left_out_where_all_went_well(message: str) -> None:
    assert shown(message) is None
    assert not log_line.failed(message)


def test_a_5xx_is_a_failure_and_a_4xx_is_not() -> None:
    assert log_line.failed(json.dumps(REQUEST | {"status": 502}))
    assert not log_line.failed(json.dumps(REQUEST | {"status": 404}))


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Local AWS of this module's own, on free ports."""
    folder = tmp_path_factory.mktemp("logs")
    running = process.start(folder / "aws", log=folder / "local-aws.log")
    yield running
    process.stop(folder / "aws")


type Write = Callable[..., None]


@pytest.fixture
def write(aws: Running, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Write:
    """Writes events into the log group `/tested`; `mesh` in this process reaches local AWS."""
    for name, value in aws.environment.items():
        monkeypatch.setenv(name, value)
    client: CloudWatchLogsClient = local_aws_client.logs(aws.environment)
    group, stream = f"/tested/{tmp_path.name}", "s"
    monkeypatch.setenv("TESTED_GROUP", group)
    client.create_log_group(logGroupName=group)
    client.create_log_stream(logGroupName=group, logStreamName=stream)

    def put(*messages: str, ago: float = 0) -> None:
        moment = int((time.time() - ago) * 1000)
        client.put_log_events(
            logGroupName=group,
            logStreamName=stream,
            logEvents=[{"timestamp": moment, "message": message} for message in messages],
        )

    return put


def mesh_logs(*options: str) -> int:
    return run(["logs", "--log-group", os.environ["TESTED_GROUP"], *options])


def test_events_of_a_log_group(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    write("long ago", ago=3600)
    write(json.dumps(REQUEST), REPORT, RAISED, "Said Something")
    assert mesh_logs() == 0
    first, second, third = capsys.readouterr().out.splitlines()
    assert "/mcp" in first
    assert "ValueError: as asked" in second
    assert third.endswith("Said Something")
    assert mesh_logs("--since", "2h") == 0
    assert "long ago" in capsys.readouterr().out
    assert mesh_logs("--errors") == 0
    assert len(capsys.readouterr().out.splitlines()) == 3
    assert mesh_logs("--grep", "said some") == 0
    assert len(capsys.readouterr().out.splitlines()) == 1
    assert mesh_logs("--raw") == 0
    assert capsys.readouterr().out == f"{json.dumps(REQUEST)}\n{REPORT}\n{RAISED}\nSaid Something\n"


def test_nothing_is_cut_off_in_a_pipe(write: Write) -> None:
    path = "/a" * 90
    write(json.dumps(REQUEST | {"path": path}), f"[ERROR] ValueError: {'x' * 300}")
    command = [str(BIN / "mesh"), "logs", "--log-group", os.environ["TESTED_GROUP"]]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    request, error = done.stdout.splitlines()
    assert path in request
    assert error.endswith("x" * 300)


FRAME = f'  File "/var/task/{"deep/" * 40}server.py", line 12, in search'
JSON_ERROR = {
    "timestamp": "2026-11-22T10:00:01.123Z",
    "log_level": "ERROR",
    "errorMessage": "as asked",
    "errorType": "ValueError",
    "requestId": ID,
    "stackTrace": [f"{FRAME}\n    raise ValueError('as asked')\n"],
}


@pytest.mark.parametrize(
    "messages",
    [
        (
            json.dumps(
                {"level": "ERROR", "message": "m", "exception": f"Tr\n{FRAME}\nValueError: x"}
            ),
        ),
        (json.dumps(JSON_ERROR),),
        (f"[ERROR] ValueError: x\nTraceback (most recent call last):\n{FRAME}",),
        ("Traceback (most recent call last):", FRAME, "    f()", "ValueError: x"),
    ],
    ids=["the server's", "Lambda's JSON", "Lambda's text", "printed"],
)
def test_errors_come_with_their_frames_in_full(
    write: Write, capsys: pytest.CaptureFixture[str], messages: tuple[str, ...]
) -> None:
    write("well", *messages, "well again")
    assert mesh_logs("--errors") == 0
    said = capsys.readouterr().out
    assert "ValueError" in said
    assert f"          {FRAME}\n" in said
    assert "well" not in said


def test_a_log_without_errors_is_said_to_have_none(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    write("well")
    assert mesh_logs("--errors") == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert "nothing to show" in said.err


def test_an_unknown_log_group_is_one_line(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["logs", "--log-group", "/nowhere"]) == 1
    said = capsys.readouterr().err
    assert "there is no log group /nowhere in us-east-1" in said
    assert said.count("\n") == 1


def test_a_span_that_is_none_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["logs", "--since", "yesterday"]) == 2
    assert "10m" in capsys.readouterr().err


def test_without_a_stack_it_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(logs, "current_stack", lambda: Stack(tmp_path))
    assert run(["logs"]) == 1
    assert "make up" in capsys.readouterr().err


def test_following_shows_each_event_once_and_ctrl_c_ends_it(write: Write) -> None:
    write("before")
    command = [str(BIN / "mesh"), "logs", "--log-group", os.environ["TESTED_GROUP"], "-f"]
    following = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    assert following.stdout is not None
    try:
        assert following.stdout.readline().endswith("before\n")
        write("one")
        assert following.stdout.readline().endswith("one\n")
        write("two")
        assert following.stdout.readline().endswith("two\n")
        following.send_signal(signal.SIGINT)
        out, err = following.communicate(timeout=20)
    finally:
        following.kill()
    assert (following.returncode, out, err.strip()) == (0, "", "")
