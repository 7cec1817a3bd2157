"""Without credentials or a region a command says what to do, and asks nobody else."""

from __future__ import annotations

import os

import pytest

from mesh.cli import run


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell that is signed in nowhere, on a machine without a role of its own."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.mark.parametrize(
    "command",
    [
        ["bootstrap", "--repository", "my-company/aoma-mesh", "--yes"],
        ["release", "--environment", "staging"],
        ["rollback", "--environment", "staging"],
        ["keys", "--environment", "staging", "list"],
        ["secrets", "--environment", "staging", "list"],
        ["logs", "--environment", "staging"],
    ],
    ids=lambda command: command[0],
)
def test_what_is_missing_is_said(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(command) == 1
    assert "no AWS region: set AWS_REGION" in capsys.readouterr().err

    monkeypatch.setenv("AWS_REGION", "us-east-1")
    assert run(command) == 1
    said = capsys.readouterr().err
    assert "Unable to locate credentials" in said
    assert "Sign in first" in said
    assert "Traceback" not in said


def test_without_a_way_to_aws_nobody_is_told_to_sign_in(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert run(["rollback", "--environment", "staging", "--list"]) == 1
    said = capsys.readouterr().err
    assert "Could not connect to the endpoint URL" in said
    assert "Sign in" not in said


def test_two_ways_to_name_a_deployment_are_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["keys", "--parameter", "/a", "--environment", "staging", "list"]) == 2
    assert run(["secrets", "--path", "/a", "--environment", "staging", "list"]) == 2
    assert run(["logs", "--log-group", "a", "--environment", "staging"]) == 2
    assert "not both" in capsys.readouterr().err
