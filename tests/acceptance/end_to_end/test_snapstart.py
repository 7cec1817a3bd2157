"""SnapStart with the zip itself: its hooks run, and Lambda serves it the credentials."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3

from mesh.build.environment import ROOT
from mesh.smoke import smoke
from mesh.smoke.credential import ApiKey
from tests.acceptance.end_to_end.conftest import Project
from tests.acceptance.terraform.test_root_on_local_aws import Cli

SECONDS = 60


def test_restored_instances_answer_whole_and_streamed(
    deployable: Project, make_key, tmp_path: Path
) -> None:
    del deployable  # asked for so that there is a zip: the environment is its work
    root = Cli(ROOT / "terraform", tmp_path / "terraform.tfstate")
    Cli(root.folder).run("init", "-input=false", "-lockfile=readonly")
    options: dict[str, Any] = {"snap_start": True, "alarms": False, "dashboard": False}
    key = None
    for mode in ("BUFFERED", "RESPONSE_STREAM"):
        root.run("apply", "-auto-approve", invoke_mode=mode, **options)
        outputs = root.outputs()
        version = outputs["live_version"]
        boto3.client("lambda").get_waiter("published_version_active").wait(
            FunctionName=outputs["function_name"], Qualifier=version
        )
        # Whether it is valid is read from Systems Manager, with the role's credentials.
        key = key or make_key(outputs["api_keys_parameter"])
        report = smoke.smoke(
            outputs["function_url"], credential=ApiKey(key), deadline_seconds=SECONDS
        )
        assert report.ok, report
        assert report.health["function_version"] == version
    root.destroy(**options)
