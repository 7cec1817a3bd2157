"""What to look at when something is broken."""

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


@prompt(title="Triage an incident")
def triage_incident(
    symptoms: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=1000),
        CLEAN,
        Field(description="What is seen: the error's words, where, since when."),
    ],
    system_area: SystemArea = None,
    severity: Annotated[
        Literal["low", "medium", "high", "critical"], Field(description="How bad it is.")
    ] = "medium",
    project_key: ProjectKey = None,
) -> str:
    """Find out what is known about an incident: earlier tickets, recent changes, runbooks."""
    sources = visible(current_deployment().backend.available())
    area = f" in the {system_area}" if system_area else ""
    project = f" with project_key {project_key}" if project_key else ""
    looking = steps(
        f"search_jira_tickets{project}: has it been reported, and how was it solved? Read the "
        "closest with get_jira_ticket."
        if "tickets" in sources
        else None,
        "search_knowledge: what do runbooks and documents say about these symptoms?"
        if "documents" in sources
        else None,
        "search_git_commits, with date_from two weeks back: which changes came before it?"
        if "commits" in sources
        else None,
        "search_code_files: where do the error's own words come from?"
        if "code" in sources
        else None,
    )
    return (
        f"Triage an incident of {severity} severity{area}. Symptoms:\n\n{symptoms}\n\n"
        f"Look, in this order:\n{looking}\n\n"
        "Then answer in four short parts: what is known; likely causes, each with its "
        "evidence, the best supported first; what to check or do next; what is not known.\n\n"
        f"{RULES}"
    )
