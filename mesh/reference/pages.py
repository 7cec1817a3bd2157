"""All generated pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesh.build.bundle import notices
from mesh.build.environment import ROOT
from mesh.installation import REQUIREMENTS, TERRAFORM
from mesh.reference import commands, setup_guide, terraform

if TYPE_CHECKING:
    from pathlib import Path

    import click

REFERENCE = ROOT / "docs" / "reference"


def pages(command_line: click.Group) -> dict[Path, str]:
    """The text of each generated page, by its file.

    Args:
        command_line: The `mesh` command.
    """
    locked = list(notices.of_lock(REQUIREMENTS / "lambda.txt"))
    modules = sorted((TERRAFORM / "modules").iterdir())
    return {
        setup_guide.FILE: setup_guide.text(),
        REFERENCE / "commands.md": commands.page(command_line),
        REFERENCE / "terraform.md": terraform.page(TERRAFORM, terraform.ROOT_HEAD),
        REFERENCE / "bootstrap.md": terraform.page(
            TERRAFORM / "bootstrap", terraform.BOOTSTRAP_HEAD
        ),
        REFERENCE / "fargate.md": terraform.page(TERRAFORM / "fargate", terraform.FARGATE_HEAD),
        **{folder / "README.md": terraform.module_page(folder) for folder in modules},
        ROOT / "THIRD-PARTY-NOTICES.md": notices.page("A zip of AOMA Mesh", locked),
    }
