"""The values of Terraform's variables that the build of a server needs, too."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from mesh.failure import CommandFailedError
from mesh.stack import terraform, terraform_run

if TYPE_CHECKING:
    from mesh.stack.stack import Stack

NAME = "environment_variables"
ROOT = f'variable "{NAME}" {{\n  type    = map(string)\n  default = {{}}\n}}\n'


def environment_variables(stack: Stack, environment: str) -> dict[str, str]:
    """The variables that the function of an environment will have of its author's.

    A server that reads one while it is imported needs it in the build, too.

    Args:
        stack: The server's.
        environment: Such as `local` or `production`; its values are in `NAME.tfvars`.

    Raises:
        CommandFailedError: Terraform is missing, or cannot read the values.
    """
    file = stack.values_of(environment)
    is_there = file.is_file()
    if not (is_there and NAME in file.read_text("utf-8")) and f"TF_VAR_{NAME}" not in os.environ:
        # As in most servers: nothing waits for Terraform.
        return {}
    terraform.require_terraform()
    with tempfile.TemporaryDirectory(prefix="mesh-") as folder:
        Path(folder, "main.tf").write_text(ROOT, encoding="utf-8")
        done = subprocess.run(
            ["terraform", f"-chdir={folder}", "console", *([f"-var-file={file}"] * is_there)],
            input=f"jsonencode(var.{NAME})\n",
            env=terraform.environment() | {"NO_COLOR": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
    said = done.stdout.strip().splitlines()
    if done.returncode != 0 or not said:
        raise CommandFailedError(
            f"the values of environment {environment} cannot be read:\n"
            f"{terraform_run.essence(done.stderr + done.stdout)}"
        )
    # The rest is warnings of variables that only the whole root declares.
    values: dict[str, str] = json.loads(json.loads(said[-1]))
    return values
