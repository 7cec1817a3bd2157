"""Terraform's part of the stack on this machine: init and apply of the real root."""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mesh.build.limits import needs_bucket
from mesh.stack import local_aws_client, status, terraform, terraform_run
from mesh.stack.stack import ENVIRONMENT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mesh.local_aws.process import Running
    from mesh.stack.stack import Stack

# A zip over 50 MB goes to Lambda through it; see docs/how-to/packages.md.
ZIP_BUCKET = "mesh-zips"
# What AWS answers when it has something that Terraform's state does not know.
ALREADY_EXISTS = re.compile(r"AlreadyExists|ResourceConflictException|already exists")


@dataclass(frozen=True)
class Inputs:
    """What is applied.

    Attributes:
        architecture: `arm64` or `x86_64`.
        name: part of the name of all that is deployed.
        code_sha256: the zip's, as Lambda's CodeSha256 gives it.
        zip: the zip.
        settings: further values of the root's variables.
    """

    architecture: str
    name: str
    code_sha256: str
    zip: Path
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def through_bucket(self) -> bool:
        """Whether the zip is too large for a direct upload."""
        return needs_bucket(self.zip.stat().st_size)


@dataclass(frozen=True)
class Deployment:
    """The root `terraform/`, applied to the local AWS that is `running`."""

    stack: Stack
    running: Running

    @property
    def variables(self) -> dict[str, str]:
        """The environment of its runs."""
        base = local_aws_client.only_local(os.environ, self.running.environment)
        return terraform.environment(self.stack.terraform_data, base=base)

    @property
    def log(self) -> Path:
        """All that Terraform said since the stack was made."""
        return self.stack.logs / "terraform.log"

    @property
    def _arguments(self) -> list[str]:
        return [
            "-auto-approve",
            "-input=false",
            "-no-color",
            f"-state={self.stack.terraform_state}",
            "-backup=-",
            terraform_run.LOCK_TIMEOUT,
            *(f"-var-file={file}" for file in self.stack.variable_files),
        ]

    def init(self) -> bool:
        """Install providers and modules; False when nothing changed since the last time."""
        stamp = self._init_stamp
        wanted = self._init_digest()
        if stamp.is_file() and stamp.read_text() == wanted:
            return False
        self._run("init", "-input=false", "-no-color", "-lockfile=readonly")
        stamp.write_text(wanted)
        return True

    def apply(self, inputs: Inputs) -> dict[str, Any]:
        """Apply the root and give its outputs by name; they are kept in the stack's folder.

        Raises:
            TerraformFailedError: it failed; the next run begins with init again.
        """
        self.stack.applied.unlink(missing_ok=True)
        self.stack.variables.write_text(json.dumps(self._values(inputs), indent=2))
        if inputs.through_bucket:
            self._make_bucket()
        try:
            self._run("apply", *self._arguments)
            outputs = terraform_run.read_outputs(
                root=self.stack.terraform_root,
                variables=self.variables,
                state=self.stack.terraform_state,
            )
        except terraform_run.TerraformFailedError:
            self._init_stamp.unlink(missing_ok=True)
            raise
        self.stack.outputs.write_text(json.dumps(outputs, indent=2))
        self.stack.applied.write_text(self._digest(inputs))
        return outputs

    def is_current(self, inputs: Inputs) -> bool:
        """Say whether applying these inputs would change nothing, without Terraform.

        Terraform needs seconds to find that out. Here the configuration, the values, the
        zip, and the process of local AWS are those of the last apply that succeeded, and
        local AWS serves at the addresses and versions which that apply gave.
        """
        applied = self.stack.applied
        if not is_recorded(self.stack) or not applied.is_file():
            return False
        if applied.read_text() != self._digest(inputs):
            return False
        found, outputs = status.status(self.stack), self.stack.read_outputs()
        return (
            found.function_url == outputs.get("function_url") is not None
            and found.candidate_url == outputs.get("candidate_url") is not None
            and found.live_version == found.candidate_version == outputs.get("live_version")
        )

    def _make_bucket(self) -> None:
        """Have a bucket for the zip, with versions as bootstrap's has."""
        s3 = local_aws_client.client("s3", self.running.environment)
        s3.create_bucket(Bucket=ZIP_BUCKET)
        s3.put_bucket_versioning(Bucket=ZIP_BUCKET, VersioningConfiguration={"Status": "Enabled"})

    def _run(self, *arguments: str) -> None:
        terraform_run.run(
            arguments,
            root=self.stack.terraform_root,
            variables=self.variables,
            log=self.log,
        )

    @property
    def _init_stamp(self) -> Path:
        return self.stack.terraform_data / "initialized"

    def _values(self, inputs: Inputs) -> dict[str, Any]:
        """Values of the root's variables on this machine."""
        return {
            "name": inputs.name,
            "environment": ENVIRONMENT,
            "region": self.running.region,
            "architecture": inputs.architecture,
            "function_url_auth": "NONE",
            "allow_unauthenticated": False,
            # Null is the default: what a shell exports for production must not leak in.
            "live_version": None,
            "zip_path": str(inputs.zip),
            "zip_bucket": ZIP_BUCKET if inputs.through_bucket else None,
            **inputs.settings,
        }

    def _digest(self, inputs: Inputs) -> str:
        """Digest of all that an apply reads, and of the AWS that it changes."""
        shell = {n: v for n, v in sorted(os.environ.items()) if n.startswith("TF_VAR_")}
        own = self.stack.values_of(ENVIRONMENT)
        values = own.read_text() if own.is_file() else ""
        parts = [self._init_digest(), self._values(inputs), values, shell, inputs.code_sha256]
        return hashlib.sha256(json.dumps([*parts, self.running.pid]).encode()).hexdigest()

    def _init_digest(self) -> str:
        """Digest of the configuration and of where providers come from."""
        root = self.stack.terraform_root
        patterns = ("*.tf", "*.tf.json", "*.tfvars", "*.tfvars.json")
        files = [file for pattern in patterns for file in sorted(root.rglob(pattern))]
        files.append(root / ".terraform.lock.hcl")
        configuration = self.variables.get("TF_CLI_CONFIG_FILE")
        digest = hashlib.sha256(f"{root}\n{configuration}".encode())
        for file in files:
            if file.is_file():
                digest.update(f"{file.relative_to(root)}\n".encode() + file.read_bytes())
        return digest.hexdigest()


def is_recorded(stack: Stack) -> bool:
    """Say whether Terraform's state of the stack is there and whole."""
    try:
        return isinstance(json.loads(stack.terraform_state.read_text()), dict)
    except (OSError, ValueError):
        return False
