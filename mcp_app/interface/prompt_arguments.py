"""Arguments that several prompts have, and who completes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from mcp_app.deployment import current_deployment
from mcp_app.interface.tool_parameters import CLEAN
from mcp_app.knowledge.scope import visible

SystemArea = Annotated[
    Literal["frontend", "backend", "database", "infrastructure", "integration", "testing"] | None,
    Field(description="The part of the system that it is about."),
]
ProjectKey = Annotated[
    Annotated[
        str, StringConstraints(strip_whitespace=True, pattern="^[A-Za-z][A-Za-z0-9_]{0,49}$"), CLEAN
    ]
    | None,
    Field(description="The Jira project to look in, by its key, e.g. AOMA."),
]


async def project_keys(typed: str) -> Sequence[str]:
    """Keys of the Jira projects that begin with what was typed, the largest project first."""
    deployment = current_deployment()
    if "tickets" not in visible(deployment.backend.available()):
        return []
    count = await deployment.backend.count_tickets(deadline=deployment.deadline())
    return [
        tally.value
        for tally in count.by_project
        if tally.value and tally.value.casefold().startswith(typed.strip().casefold())
    ]


def steps(*lines: str | None) -> str:
    """A numbered list of those that are not None."""
    return "\n".join(f"{n}. {line}" for n, line in enumerate(filter(None, lines), 1))


# The end of every prompt here: what the tools find is all there is.
RULES = """\
Rely on what the tools return and on nothing else. Quote the id and link of what a statement \
stands on. Where nothing fits, say that it is not known here; where a source could not be \
asked, say which. Invent no ticket, commit, cause or number."""
