"""Jira tickets: searched, read whole, counted."""

from __future__ import annotations

import time
from copy import replace
from typing import Annotated

from fastmcp.exceptions import ToolError
from fastmcp.tools import tool
from pydantic import Field, StringConstraints

from mcp_app.deployment import current_deployment
from mcp_app.interface.annotations import READ_ONLY
from mcp_app.interface.tool_errors import searching
from mcp_app.interface.tool_parameters import (
    CLEAN,
    HowMuch,
    MaxHits,
    MaxTokens,
    Names,
    Query,
    SearchMode,
    Threshold,
)
from mcp_app.interface.tool_results import Counted, Found, Ticket, found, plain
from mcp_app.knowledge.results import (
    SourceReport,
    TicketDetails,
)

SOURCE = "tickets"

# https://support.atlassian.com/jira-software-cloud/docs/what-is-the-key-of-a-project/
ProjectKey = Annotated[
    Annotated[
        str, StringConstraints(strip_whitespace=True, pattern="^[A-Za-z][A-Za-z0-9_]{0,49}$"), CLEAN
    ]
    | None,
    Field(description="Only this project, by its key, e.g. AOMA."),
]
Status = Annotated[Names, Field(description="Only tickets in one of these states, e.g. Open.")]
Priority = Annotated[Names, Field(description="Only these priorities, e.g. High.")]


def _report(began: float, hits: int) -> tuple[SourceReport, ...]:
    elapsed = round((time.monotonic() - began) * 1000, 2)
    return (SourceReport(source=SOURCE, status="ok", hits=hits, latency_ms=elapsed),)


@tool(title="Search Jira tickets", annotations=READ_ONLY)
async def search_jira_tickets(
    query: Query,
    project_key: ProjectKey = None,
    status: Status = None,
    priority: Priority = None,
    max_results: MaxHits = 15,
    mode: SearchMode = None,
    threshold: Threshold = None,
    detail: HowMuch = "compact",
    max_tokens: MaxTokens = None,
) -> Found:
    """Find Jira tickets by what they say, narrowed by project, status and priority.

    Each hit has its key as `id`, its summary as `title`, status, priority, date, link and a snippet
    of its description.
    `detail="full"` gives all of each hit, with its true numbers: `score` (what it is ordered by;
    `score_kind` says which) and `coverage` or `similarity` (0 to 1). No hits means nothing fits:
    `reason` says why.
    """
    with searching():
        deployment = current_deployment()
        result = await deployment.backend.search_tickets(
            query,
            deadline=deployment.deadline(),
            project=project_key,
            status=status or [],
            priority=priority or [],
            max_results=max_results,
            mode=mode,
            threshold=threshold,
        )
    return found(result, detail, max_tokens)


@tool(title="Read a Jira ticket", annotations=READ_ONLY)
async def get_jira_ticket(
    key: Annotated[
        str,
        StringConstraints(
            strip_whitespace=True, to_upper=True, pattern="^[A-Za-z][A-Za-z0-9_]{0,49}-[0-9]{1,19}$"
        ),
        CLEAN,
        Field(description="The ticket's key, e.g. AOMA-1234."),
    ],
) -> Ticket:
    """Read one Jira ticket whole, by its key.

    A ticket that does not exist, or that the caller may not see, is an error.
    """
    began = time.monotonic()
    with searching():
        deployment = current_deployment()
        ticket = await deployment.backend.get_ticket(key, deadline=deployment.deadline())
    if ticket is None:
        raise ToolError(
            f"tickets: there is no ticket {key} here, or it may not be seen with this credential. "
            "Check the key, or look for it with search_jira_tickets."
        )
    details = TicketDetails(**ticket.as_dict(), sources=_report(began, 1))
    given: Ticket = plain(details)
    return given


@tool(title="Count Jira tickets", annotations=READ_ONLY)
async def get_jira_ticket_count(
    project_key: ProjectKey = None,
    status: Status = None,
    priority: Priority = None,
) -> Counted:
    """Count Jira tickets: in all, and by project, status and priority.

    The filters hold for every number. Counted exactly, never estimated.
    """
    began = time.monotonic()
    with searching():
        deployment = current_deployment()
        count = await deployment.backend.count_tickets(
            deadline=deployment.deadline(),
            project=project_key,
            status=status or [],
            priority=priority or [],
        )
    given: Counted = plain(replace(count, sources=_report(began, count.total)))
    return given
