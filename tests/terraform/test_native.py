"""Terraform's own tests, with the provider mocked: no AWS, no network."""

from __future__ import annotations

import subprocess
from pathlib import Path

from ops import terraform

ROOT = Path(__file__).resolve().parents[2] / "terraform"


def test_the_root_and_its_modules_pass_their_own_tests(tmp_path: Path) -> None:
    environment = terraform.environment(tmp_path)
    subprocess.run(
        ["terraform", "init", "-input=false", "-lockfile=readonly"],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
    )

    done = subprocess.run(
        ["terraform", "test", "-no-color"],
        cwd=ROOT,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.rstrip().endswith("0 failed.")
