"""What to know before changing something."""

from __future__ import annotations

from typing import Annotated, Literal

from fastmcp.prompts import prompt
from pydantic import Field, StringConstraints

from mcp_app.deployment import current_deployment
from mcp_app.interface.prompt_arguments import RULES, ProjectKey, SystemArea, project_keys, steps
from mcp_app.interface.tool_parameters import CLEAN
from mcp_app.knowledge.scope import visible

SOURCE = ("documents", "tickets", "commits", "code")
COMPLETIONS = {"project_key": project_keys}


@prompt(title="Gather development context")
def development_context(
    current_task: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=1000),
        CLEAN,
        Field(description="What is to be done."),
    ],
    system_area: SystemArea = None,
    urgency: Annotated[
        Literal["low", "medium", "high", "critical"], Field(description="How urgent it is.")
    ] = "medium",
    project_key: ProjectKey = None,
) -> str:
    """Gather what documents, tickets, commits and code say about a task before it is started."""
    sources = visible(current_deployment().backend.available())
    area = f" in the {system_area}" if system_area else ""
    project = f" with project_key {project_key}" if project_key else ""
    looking = steps(
        "search_knowledge: which rules and designs does it touch?"
        if "documents" in sources
        else None,
        f"search_jira_tickets{project}: which tickets ask for it, or were about the same?"
        if "tickets" in sources
        else None,
        "search_code_files: which files would change?" if "code" in sources else None,
        "search_git_commits: who changed them last, and why?" if "commits" in sources else None,
    )
    return (
        f"Before a task of {urgency} urgency{area} is started, gather what is known about it:\n\n"
        f"{current_task}\n\nLook, in this order:\n{looking}\n\n"
        "Then answer in four short parts: what exists already; what the task has to keep to; "
        "the files to change, in order; open questions.\n\n"
        f"{RULES}"
    )
