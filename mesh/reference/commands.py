"""docs/reference/commands.md: every command with its help."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH = 100
HEAD = """\
# Commands

<!-- Written by `make docs` from the commands' own help. -->

In a checkout the command is `.venv/bin/mesh`. `make help` lists the shorter `make` commands.

| Command | What it does |
|---|---|
"""


def page(command_line: click.Group) -> str:
    """The whole page.

    Args:
        command_line: The `mesh` command.
    """
    context = click.Context(command_line, info_name="mesh", **command_line.context_settings)
    found = [
        (name, command)
        for name in command_line.list_commands(context)
        if (command := command_line.get_command(context, name))
    ]
    rows = "".join(f"| `mesh {name}` | {command.short_help} |\n" for name, command in found)
    helps = "".join(
        f"\n## mesh {name}\n\n{text}"
        for name, command in found
        for text in [_help(context, name, command)]
    )
    return HEAD + rows + helps


def _help(parent: click.Context, name: str, command: click.Command) -> str:
    return "\n".join(f"```text\n{text.strip()}\n```\n" for text in _texts(parent, name, command))


def _texts(parent: click.Context, name: str, command: click.Command) -> Iterator[str]:
    """The help of a command, and of the commands below it."""
    # Else it would be the option of its first use, which need not have been below `mesh`.
    command._help_option = None  # noqa: SLF001 - click keeps it, and has no other way to say so
    context = click.Context(command, parent=parent, info_name=name, terminal_width=WIDTH)
    yield command.get_help(context)
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            if found is not None:
                yield from _texts(context, below, found)
