"""`mesh terraform-check`: the root is in its form and valid."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import click

from mesh.failure import CommandFailedError
from mesh.stack import terraform
from mesh.stack.stack import Stack

STEPS = (
    ("fmt", "-check", "-diff", "-recursive"),
    ("init", "-input=false", "-no-color", "-lockfile=readonly"),
    ("validate", "-no-color"),
)


@click.command("terraform-check", short_help="Check the Terraform root: form and validity.")
@click.argument("folders", nargs=-1, type=click.Path(exists=True, file_okay=False, path_type=Path))
def command(folders: tuple[Path, ...]) -> None:
    """Check form and validity of terraform/ and the roots in it, and of FOLDERS, without AWS.

    The same as terraform fmt -check -recursive, terraform init -lockfile=readonly and
    terraform validate, with the provider mirror that mesh up would use.
    """
    terraform.require_terraform()
    root = Stack().terraform_root
    for folder in (root, root / "bootstrap", root / "fargate", *folders):
        check(folder)
    click.echo("Terraform: formatted and valid")


def check(folder: Path) -> None:
    """Check one root.

    Raises:
        CommandFailedError: it is not in its form, or not valid.
    """
    with tempfile.TemporaryDirectory() as data:
        variables = terraform.environment(Path(data))
        for step in STEPS:
            done = subprocess.run(
                ["terraform", f"-chdir={folder}", *step],
                env=variables,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode != 0:
                said = (done.stdout + done.stderr).strip()
                raise CommandFailedError(f"terraform {step[0]} finds fault in {folder}:\n{said}")
