"""The account that is deployed to: local AWS with IAM enforced, prepared by `mesh bootstrap`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mesh.build.environment import ROOT
from mesh.local_aws import process
from mesh.local_aws.process import Running
from mesh.stack import local_aws_client, terraform
from rehearsal.repository import NAME, Repository

# Of the person who runs `mesh bootstrap`, and not of a job.
FOREIGN = ("AWS_", "GITHUB_", "MESH_", "PYTHON", "TF_VAR_", "VIRTUAL_ENV")


@dataclass(frozen=True)
class Account:
    """That account.

    Attributes:
        running: Local AWS; its own credentials are the account's root's.
        variables: A shell there: Terraform's variables, and AWS's endpoint without credentials.
    """

    running: Running
    variables: dict[str, str]

    @property
    def bucket(self) -> str:
        """The state bucket."""
        return f"aoma-mesh-state-{self.running.account_id}"

    def client(self, service: str) -> Any:
        """A client of the account's root."""
        return local_aws_client.client(service, self.running.environment)

    def mesh(self, repository: Repository, *arguments: str) -> str:
        """Run `mesh` in a checkout as the account's root, as a person with all rights does.

        Raises:
            AssertionError: it failed.
        """
        done = subprocess.run(
            [sys.executable, "-m", "mesh", *arguments],
            cwd=repository.folder,
            env=self.variables | self.running.environment | {"TF_STATE_BUCKET": self.bucket},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr  # noqa: S101 - for tests
        return done.stdout


@contextmanager
def opened(folder: Path) -> Iterator[Account]:
    """Start the account; it ends with all that is in it."""
    base = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    running = process.start(folder / "aws", log=folder / "aws.log", enforce_iam=True)
    try:
        variables = terraform.environment(base=base) | {
            "AWS_ENDPOINT_URL": running.endpoint,
            # Only what a job was given counts, not what this machine has.
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        yield Account(running, variables)
    finally:
        process.stop(folder / "aws")


def bootstrap(account: Account, repository: Repository, *environments: str) -> None:
    """Prepare the account for the repository's workflows."""
    names = [option for name in environments for option in ("--environment", name)]
    account.mesh(repository, "bootstrap", "--repository", NAME, *names, "--yes")


def interpreter(folder: Path) -> Path:
    """Make an environment with the packages of requirements/deploy.txt, and nothing else."""
    from mesh import uv  # noqa: PLC0415 - asks pip's configuration

    python = folder / "bin" / "python"
    for arguments in (
        ("venv", "--seed", "--python", sys.executable, str(folder)),
        (
            *("pip", "install", "--python", str(python), "--require-hashes"),
            *("--requirement", str(ROOT / "requirements" / "deploy.txt")),
        ),
    ):
        subprocess.run(
            [uv.executable(), "--quiet", *arguments], env=uv.variables(), cwd=ROOT, check=True
        )
    return python
