"""A lock that a killed run left: who holds it is shown, and exactly that lock is removed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import boto3
import pytest

from mesh.build.environment import ROOT
from mesh.cli import run
from mesh.deploy.release.root import Pins, Root
from mesh.failure import CommandFailedError
from mesh.stack import environments
from tests.acceptance.terraform.local_account import be_checkout
from tests.acceptance.terraform.test_root_on_local_aws import write_zip
from tests.fixtures.deployed import wait_until

UNLOCK = ["state", "unlock", "--environment", "production"]


@pytest.mark.usefixtures("aws")
def test_the_lock_of_a_killed_run_is_shown_and_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(
        ROOT / "terraform", tree / "terraform", ignore=shutil.ignore_patterns(".terraform")
    )
    write_zip(tree / "dist" / "mesh-arm64.zip", "first")
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="state")
    monkeypatch.setenv("TF_STATE_BUCKET", "state")
    monkeypatch.delenv("TF_DATA_DIR")
    be_checkout(tree, monkeypatch)
    found = environments.find("production")

    def is_locked() -> bool:
        return "production.tfstate.tflock" in {
            item["Key"] for item in s3.list_objects_v2(Bucket="state").get("Contents", ())
        }

    planning = subprocess.Popen(
        ["terraform", f"-chdir={found.root.folder}", "plan", "-input=false", *found.arguments],
        env=dict(found.root.variables),
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    wait_until(lambda: is_locked() or planning.poll() is not None)
    os.killpg(planning.pid, signal.SIGKILL)
    planning.wait()
    assert is_locked()

    # Another region has another state, or, as here, none.
    with pytest.raises(CommandFailedError, match="is in us-east-1, and this is for eu-west-1"):
        environments.find("production", region="eu-west-1")

    # It is named to whoever comes next.
    arguments = (*found.arguments, "-lock-timeout=0s")
    root = Root(found.root.folder, found.root.variables, arguments, found.root.log)
    with pytest.raises(CommandFailedError, match="mesh state unlock --environment NAME"):
        root.save(tmp_path / "next.tfplan", Pins(None))

    # Without a terminal it is only shown.
    assert run(UNLOCK) == 0
    said = capsys.readouterr().out
    assert "locked by" in said
    assert ", for plan; id " in said
    assert is_locked()
    lock = said.split("--id ")[1].split()[0]
    assert run([*UNLOCK, "--id", "11111111-2222-3333-4444-555555555555", "--yes"]) == 1
    assert is_locked()

    assert run([*UNLOCK, "--id", lock, "--yes"]) == 0
    assert not is_locked()
    assert run(UNLOCK) == 0
    assert "is not locked" in capsys.readouterr().out
