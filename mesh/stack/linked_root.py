"""A root of Terraform with a backend of its own, below `.mesh`: links to the files, no copies.

The roots in `terraform/` have no backend block, so that they can be applied anywhere. A
backend written among their files would be everybody's, the stack's on this machine too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mesh.failure import CommandFailedError
from mesh.stack import terraform_run

# Not part of a root, or of this one only by accident.
LEFT_OUT = {
    *(".terraform", "bootstrap", "fargate", "tests"),
    *("terraform.tfstate", "terraform.tfstate.backup"),
}
BACKEND = 'terraform {\n  backend "s3" {}\n}\n'


@dataclass(frozen=True)
class Backend:
    """Where a state lies in S3.

    Attributes:
        bucket: the state bucket.
        key: the object.
        region: the bucket's.
    """

    bucket: str
    key: str
    region: str

    @property
    def arguments(self) -> list[str]:
        """For `terraform init`; the lock is an object beside the state."""
        values = {
            "bucket": self.bucket,
            "key": self.key,
            "region": self.region,
            "encrypt": "true",
            "use_lockfile": "true",
        }
        return [f"-backend-config={name}={value}" for name, value in values.items()]


@dataclass(frozen=True)
class LinkedRoot:
    """One root, linked.

    Attributes:
        source: the root's files.
        folder: where the links are; Terraform keeps its data and a local state here too.
        variables: the environment of Terraform's runs.
        log: where Terraform's own output goes.
    """

    source: Path
    folder: Path
    variables: Mapping[str, str]
    log: Path

    @property
    def state(self) -> Path:
        """The state, as long as it is local."""
        return self.folder / "terraform.tfstate"

    def link(self) -> None:
        """Link what the root consists of now; links to what is gone go."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for old in self.folder.iterdir():
                if old.is_symlink():
                    old.unlink()
            for file in self.source.iterdir():
                if file.name not in LEFT_OUT and not file.name.endswith("_override.tf"):
                    (self.folder / file.name).symlink_to(file.resolve())
        except OSError as error:
            raise CommandFailedError(f"cannot write {self.folder}: {error.strerror}.") from error

    def init(self, backend: Backend | None, *, migrate: bool = False) -> None:
        """Install providers and set up where the state is; None for a local one.

        Args:
            backend: where.
            migrate: whether to take the local state along.

        Raises:
            TerraformFailedError: it failed.
        """
        target = self.folder / "backend.tf"
        target.unlink(missing_ok=True)
        arguments = ["-reconfigure"]
        if backend is not None:
            target.write_text(BACKEND)
            arguments = ["-migrate-state", "-force-copy"] if migrate else ["-reconfigure"]
            arguments += backend.arguments
        self.run("init", "-input=false", "-no-color", "-lockfile=readonly", *arguments)

    def run(self, *arguments: str) -> None:
        """Run Terraform, its output into the log.

        Raises:
            TerraformFailedError: it failed.
        """
        terraform_run.run(arguments, root=self.folder, variables=self.variables, log=self.log)

    def outputs(self) -> dict[str, object]:
        """Give the outputs by name; {} before the first apply."""
        return terraform_run.read_outputs(root=self.folder, variables=self.variables)

    def write_values(self, values: Mapping[str, object]) -> str:
        """Write values of variables, and give the argument that names them to Terraform."""
        target = self.folder / "values.tfvars.json"
        target.write_text(json.dumps(values, indent=2))
        return f"-var-file={target.name}"
