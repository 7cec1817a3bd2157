"""Terraform's part of the stack on this machine: init, apply, destroy of the real root."""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ops import local_aws_client, terraform, terraform_run
from ops.stack import ENVIRONMENT, NAME

if TYPE_CHECKING:
    from pathlib import Path

    from local_aws.process import Running
    from ops.stack import Stack

# A run that was killed may still be finishing; its lock goes with its process.
LOCK_TIMEOUT = "-lock-timeout=60s"
DESTROY_SECONDS = 120.0
# What AWS answers when it has something that Terraform's state does not know.
ALREADY_EXISTS = re.compile(r"AlreadyExists|ResourceConflictException|already exists")


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
            LOCK_TIMEOUT,
            f"-var-file={self.stack.variables}",
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

    def apply(self, *, architecture: str, backend: str) -> dict[str, Any]:
        """Apply the root and give its outputs by name; they are kept in the stack's folder.

        Raises:
            TerraformFailedError: it failed; the next run begins with init again.
        """
        values = {
            "name": NAME,
            "environment": ENVIRONMENT,
            "region": self.running.region,
            "architecture": architecture,
            "backend": backend,
            "function_url_auth": "NONE",
            "allow_unauthenticated": False,
            # Null is the default: what a shell exports for production must not leak in.
            "live_version": None,
            "zip_path": None,
        }
        self.stack.variables.write_text(json.dumps(values, indent=2))
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
        return outputs

    def destroy(self) -> None:
        """Destroy all that the root made.

        Raises:
            TerraformFailedError: it failed or took longer than two minutes.
        """
        self._run("destroy", *self._arguments, timeout_seconds=DESTROY_SECONDS)

    def _run(self, *arguments: str, timeout_seconds: float | None = None) -> None:
        terraform_run.run(
            arguments,
            root=self.stack.terraform_root,
            variables=self.variables,
            log=self.log,
            timeout_seconds=timeout_seconds,
        )

    @property
    def _init_stamp(self) -> Path:
        return self.stack.terraform_data / "initialized"

    def _init_digest(self) -> str:
        """Digest of all that `terraform init` reads."""
        root = self.stack.terraform_root
        files = [*sorted(root.rglob("*.tf")), *sorted(root.rglob("*.tf.json"))]
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
