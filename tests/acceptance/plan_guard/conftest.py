"""The real root, applied once to a local AWS; tests plan changes of it and none applies one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from mesh.build.environment import ROOT
from mesh.deploy.plan_guard import Plan, Verdict, judge, read_plan
from mesh.deploy.release.root_copy import PROTECTED
from mesh.local_aws import process
from mesh.stack import local_aws_client, terraform


@dataclass(frozen=True)
class Deployed:
    """A copy of the root that may be edited, applied with the defaults."""

    root: Path
    environment: dict[str, str]

    def run(self, *arguments: str) -> None:
        """Run Terraform, and fail with what it says when it fails."""
        done = subprocess.run(
            ["terraform", f"-chdir={self.root}", arguments[0], "-no-color", *arguments[1:]],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def plan(self, *arguments: str, **variables: object) -> Path:
        """Save a plan with these values of variables."""
        target = self.root / "test.tfplan"
        values = [
            f"-var={name}={value if isinstance(value, str) else json.dumps(value)}"
            for name, value in variables.items()
        ]
        # Asking AWS for every resource again takes longest, and nothing changes there.
        self.run("plan", "-refresh=false", "-lock=false", f"-out={target}", *values, *arguments)
        return target

    def read(self, *arguments: str, **variables: object) -> Plan:
        """Plan, and read that as the guard does."""
        plan = self.plan(*arguments, **variables)
        return read_plan(plan, root=self.root, variables=self.environment)

    def judged(self, *arguments: str, **variables: object) -> Verdict:
        """Plan, and let the guard look at it."""
        return judge(self.read(*arguments, **variables))

    def edited(self, file: str, old: str, new: str) -> None:
        """Replace text in a file of the copy."""
        path = self.root / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """The root with a small zip, applied."""
    folder = tmp_path_factory.mktemp("guarded")
    root = folder / "terraform"
    shutil.copytree(
        ROOT / "terraform", root, ignore=shutil.ignore_patterns(".terraform", "*.tfstate*")
    )
    # Terraform would not even plan what the guard is to find here.
    for file in root.rglob("*.tf"):
        file.write_text(PROTECTED.sub(r"\1 = false", file.read_text()))
    (folder / "dist").mkdir()
    with zipfile.ZipFile(folder / "function.zip", "w") as archive:
        archive.writestr(
            zipfile.ZipInfo("mesh/runtime/handler.py"), "def handler(event, context): pass\n"
        )
    running = process.start(folder / "aws", log=folder / "aws.log")
    try:
        base = local_aws_client.only_local(os.environ, running.environment)
        environment = terraform.environment(base=base) | {
            "TF_VAR_zip_path": str(folder / "function.zip")
        }
        deployed = Deployed(root, environment)
        deployed.run("init", "-lockfile=readonly")
        deployed.run("apply", "-auto-approve")
        yield deployed
    finally:
        process.stop(folder / "aws")


@contextmanager
def put_back(applied: Deployed) -> Iterator[Deployed]:
    """Let somebody edit the configuration and the state, and put both back."""
    kept = applied.root.with_name("kept")
    shutil.copytree(applied.root, kept, symlinks=True)
    yield applied
    for file in applied.root.rglob("*"):
        if file.is_file() and ".terraform" not in file.relative_to(applied.root).parts:
            file.unlink()
    shutil.copytree(
        kept,
        applied.root,
        symlinks=True,
        dirs_exist_ok=True,
        ignore=shutil.ignore_patterns(".terraform"),
    )
    shutil.rmtree(kept)


@pytest.fixture
def deployed(applied: Deployed) -> Iterator[Deployed]:
    """The root, put back after the test."""
    with put_back(applied) as editable:
        yield editable
