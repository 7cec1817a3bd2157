"""AOMA Mesh's part of `mesh up`, `down` and `status`: its knowledge, and Supabase."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import click

from mcp_app.settings import BACKENDS
from mesh.local.extension import Extension, Running, Services

if TYPE_CHECKING:
    from mesh.stack.stack import Stack

SERVER = "mcp_app.server:create_server"


class AomaMesh(Extension):
    """What AOMA Mesh adds."""

    title = "AOMA Mesh"
    server = SERVER
    options: ClassVar = (
        click.Option(
            ["--backend"],
            type=click.Choice(BACKENDS),
            default="embedded",
            show_default=True,
            help="AOMA Mesh: where knowledge comes from.",
        ),
        click.Option(
            ["--knowledge", "documents"],
            type=click.Path(exists=True, path_type=Path),
            multiple=True,
            metavar="DIR",
            help="AOMA Mesh: answer from these documents instead of this project's; may be "
            "repeated.",
        ),
        click.Option(
            ["--git", "repositories"],
            type=click.Path(exists=True, file_okay=False, path_type=Path),
            multiple=True,
            metavar="DIR",
            help="AOMA Mesh: answer from this repository's commits and code; may be repeated.",
        ),
        click.Option(
            ["--jira", "exports"],
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            multiple=True,
            metavar="FILE",
            help="AOMA Mesh: answer from the tickets of this Jira export, CSV or JSON; may be "
            "repeated.",
        ),
        click.Option(
            ["--jira-url"],
            metavar="URL",
            help="AOMA Mesh: Jira's address for links to tickets, e.g. https://jira.example.com",
        ),
        click.Option(
            ["--jira-comments", "comments"],
            is_flag=True,
            help="AOMA Mesh: answer from the tickets' comments and resolutions too.",
        ),
        click.Option(
            ["--base-url", "base_urls"],
            multiple=True,
            metavar="[DIR=]URL",
            help="AOMA Mesh: address of the documents on the web, for links to them; may be "
            "repeated.",
        ),
    )

    # Imports inside: `mesh status` needs neither Postgres's client nor the index's parsers.
    def services(self, chosen: Mapping[str, Any]) -> Services:
        """The index, or Supabase, as the options say."""
        from aoma.bundled_knowledge import Knowledge
        from aoma.services import EmbeddedIndex, LocalSupabase

        knowledge = Knowledge(
            chosen["documents"],
            chosen["repositories"],
            chosen["exports"],
            chosen["jira_url"],
            chosen["comments"],
            chosen["base_urls"],
        )
        if chosen["backend"] == "supabase":
            return LocalSupabase(knowledge)
        return EmbeddedIndex(knowledge)

    def stop(self, here: Stack) -> bool:
        """See there."""
        from aoma import local_supabase_stack

        return local_supabase_stack.stop(here)

    def remove(self, here: Stack) -> None:
        """See there."""
        from aoma import local_supabase_stack

        local_supabase_stack.remove(here)

    def status(self, here: Stack) -> Running:
        """Local Supabase: addresses of the project, the stand-in for OpenAI, and the database."""
        from aoma.local_supabase import process
        from aoma.local_supabase_stack import folder_of

        found = process.find(folder_of(here))
        if found is None:
            return Running({"supabase": None})
        # Without the password.
        database = found.database_url.rpartition("@")[2]
        details = {
            "pid": found.pid,
            "url": found.url,
            "openai_url": found.openai_url,
            "database": database,
        }
        lines = (
            f"Supabase   {found.url}, PostgreSQL {database}, process {found.pid}",
            f"           stand-in for OpenAI {found.openai_url}",
        )
        return Running({"supabase": details}, lines)
