"""What a run of Terraform does about a lock that somebody else has just removed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mesh.deploy.release.root import LOCK_ATTEMPTS, NotBegunError, Root

# As Terraform 1.11 with -lock-timeout=60s printed it when another run ended at that moment.
GONE = """\
╷
│ Error: Error acquiring the state lock
│
│ Error message: operation error S3: PutObject, https response error
│ StatusCode: 412, api error PreconditionFailed: At least one of the
│ pre-conditions you specified did not hold
│ unable to retrieve file from S3 bucket 'state' with key
│ 'staging.tfstate.tflock': operation error S3: GetObject, https response
│ error StatusCode: 404,
│ NoSuchKey:
╵
"""
STALE = "╷\n│ Error: Saved plan is stale\n╵\n"


def root(folder: Path, failures: int, said: str) -> Root:
    """A root whose Terraform fails so often before it does what it is told."""
    program = folder / "terraform"
    program.write_text(
        f"#!/bin/sh\necho run >> {folder}/runs\n"
        f'[ "$(wc -l < {folder}/runs)" -gt {failures} ] || {{ cat {folder}/said; exit 1; }}\n'
    )
    program.chmod(0o755)
    (folder / "said").write_text(said)
    path = f"{folder}:{os.environ['PATH']}"
    return Root(folder, {"PATH": path}, (), folder / "log")


def runs(folder: Path) -> int:
    return len((folder / "runs").read_text().splitlines())


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")


def test_a_lock_that_is_gone_already_does_not_end_a_release(tmp_path: Path) -> None:
    root(tmp_path, 2, GONE).run("plan")
    assert runs(tmp_path) == 3


def test_a_lock_that_is_held_ends_it_after_terraform_s_own_wait(tmp_path: Path) -> None:
    with pytest.raises(NotBegunError, match="mesh state unlock"):
        root(tmp_path, 100, GONE.replace("NoSuchKey", "Lock Info")).run("plan")
    assert runs(tmp_path) == 1


def test_it_does_not_go_on_for_ever(tmp_path: Path) -> None:
    with pytest.raises(NotBegunError, match="mesh state unlock"):
        root(tmp_path, 100, GONE).run("plan")
    assert runs(tmp_path) == LOCK_ATTEMPTS


def test_a_stale_plan_says_that_another_was_applied_meanwhile(tmp_path: Path) -> None:
    with pytest.raises(NotBegunError, match="Another release or a rollback was applied"):
        root(tmp_path, 1, STALE).run("apply")
