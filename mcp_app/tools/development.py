"""A development task, seen from every source."""

from __future__ import annotations

from typing import Annotated, Literal

from fastmcp.tools import tool
from pydantic import Field, StringConstraints

from mcp_app.deployment import current_deployment
from mcp_app.interface.annotations import READ_ONLY
from mcp_app.interface.tool_errors import searching
from mcp_app.interface.tool_parameters import CLEAN, HowMuch, MaxTokens
from mcp_app.interface.tool_results import Answer, answered
from mcp_app.knowledge.analysis import analyse

SOURCE = ("documents", "tickets", "commits", "code")


@tool(title="Analyse a development task", annotations=READ_ONLY)
async def analyze_development_context(
    current_task: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=1000),
        CLEAN,
        Field(description="What is to be done; this is what is searched for."),
    ],
    code_context: Annotated[
        str | None,
        Field(max_length=5000, description="Code that the task is about."),
        CLEAN,
    ] = None,
    system_area: Annotated[
        Literal["frontend", "backend", "database", "infrastructure", "integration", "testing"]
        | None,
        Field(description="The part of the system that the task is in."),
    ] = None,
    urgency: Annotated[
        Literal["low", "medium", "high", "critical"],
        Field(description="How urgent; the more, the shorter an analysis."),
    ] = "medium",
    detail: HowMuch = "compact",
    max_tokens: MaxTokens = None,
) -> Answer:
    """Find what documents, tickets, commits and code hold on a development task, in one call.

    `findings` has the hits of each source. If the deployment has a model, `answer` is an
    analysis of them with checked citations. `grounded: false` means that nothing fits: do not
    fill the gap from memory. `sources` names each source that failed; without it the result is
    not complete.
    """
    with searching():
        deployment = current_deployment()
        result = await analyse(
            deployment.backend,
            current_task,
            deadline=deployment.deadline(),
            code_context=code_context or "",
            system_area=system_area,
            urgency=urgency,
        )
    return answered(result, detail, max_tokens)
