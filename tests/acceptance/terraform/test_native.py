"""Terraform's own tests, with the provider mocked: no AWS, no network."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mesh.build import environment
from mesh.stack import terraform

ROOT = environment.ROOT / "terraform"


@pytest.mark.parametrize(
    "root", [ROOT, ROOT / "bootstrap", ROOT / "fargate"], ids=lambda root: root.name
)
def test_the_root_and_its_modules_pass_their_own_tests(tmp_path: Path, root: Path) -> None:
    environment = terraform.environment(tmp_path)
    subprocess.run(
        ["terraform", "init", "-input=false", "-lockfile=readonly"],
        cwd=root,
        env=environment,
        check=True,
        capture_output=True,
    )

    done = subprocess.run(
        ["terraform", "test", "-no-color"],
        cwd=root,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.rstrip().endswith("0 failed.")
