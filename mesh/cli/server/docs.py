"""`mesh docs` on the command line."""

from __future__ import annotations

import click


@click.command("docs", short_help="Write the pages of docs/ that are made from the code.")
@click.pass_context
def command(context: click.Context) -> None:
    """Write the pages that are made from the code.

    They are docs/THIRD-PARTY-MCP-SETUP.md, THIRD-PARTY-NOTICES.md, and in docs/reference/
    commands.md, terraform.md and bootstrap.md.
    """
    from mesh.build.environment import ROOT
    from mesh.reference import pages

    command_line = context.find_root().command
    assert isinstance(command_line, click.Group)  # noqa: S101 - the `mesh` command
    for file, text in pages(command_line).items():
        changed = not file.is_file() or file.read_text("utf-8") != text
        if changed:
            file.write_text(text, "utf-8")
        click.echo(f"{file.relative_to(ROOT)}: {'written' if changed else 'unchanged'}")
