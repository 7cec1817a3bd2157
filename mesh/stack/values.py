"""The values of Terraform's variables that the build of a server needs, too."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from mesh.failure import CommandFailedError
from mesh.settings.secret_forms import form_of, is_called_like_a_secret
from mesh.stack import terraform, terraform_run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mesh.stack.stack import Stack

NAME, EXCUSED = "environment_variables", "not_secrets"
ROOT = f"""
variable "{NAME}" {{
  type    = map(string)
  default = {{}}
}}
variable "{EXCUSED}" {{
  type    = set(string)
  default = []
}}
"""


def environment_variables(stack: Stack, environment: str) -> dict[str, str]:
    """The variables that the function of an environment will have of its author's.

    A server that reads one while it is imported needs it in the build, too.

    Args:
        stack: The server's.
        environment: Such as `local` or `production`; its values are in `NAME.tfvars`.

    Raises:
        CommandFailedError: Terraform is missing or cannot read the values, or one is a secret.
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
            input=f"jsonencode([var.{NAME}, var.{EXCUSED}])\n",
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
    values, excused = json.loads(json.loads(said[-1]))
    given: dict[str, str] = {name: value for name, value in values.items() if value is not None}
    _refuse_secrets({name: value for name, value in given.items() if name not in excused})
    return given


def _refuse_secrets(values: Mapping[str, str]) -> None:
    """Refuse secrets before Terraform does, whose error would show the line with the value."""
    for name, value in values.items():
        form = form_of(value)
        if form is None and not is_called_like_a_secret(name, value):
            continue
        looks = f"the value of {name} looks like {form}" if form else f"{name} is called like one"
        raise CommandFailedError(
            f"{NAME} has a secret: {looks}. The console, the state and every plan show environment "
            f"variables. Add {name} to the variable secrets, store it with `mesh secrets set "
            f'{name}`, and read it with mesh.secret("{name}"). If it is no secret, add {name} to '
            f"{EXCUSED}."
        )
