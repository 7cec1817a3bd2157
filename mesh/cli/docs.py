"""`mesh docs` on the command line."""

from __future__ import annotations

import click

from mesh.build.environment import ROOT
from mesh.smoke import setup_guide


@click.command("docs", short_help="Write the pages of docs/ that are made from the code.")
def command() -> None:
    """Write docs/THIRD-PARTY-MCP-SETUP.md from what the server's own page shows."""
    name = setup_guide.FILE.relative_to(ROOT)
    click.echo(f"{name}: {'written' if setup_guide.write() else 'unchanged'}")
