"""`mesh init` on the command line."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("init", short_help="Make a small server: tools, settings, tests, workflow.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), metavar="NAME")
def command(*, folder: Path) -> None:
    """Make a new server in the folder NAME.

    It has two tools, its settings, tests, and GitHub Actions workflows that
    deploy it. The folder must be empty or not be there. Its name is the server's.
    """
    from mesh.init.new_project import make

    files = make(folder)
    click.echo("\n".join(f"  {folder / file}" for file in files))
    click.echo(f"\nNext: cd {folder} && mesh up")
