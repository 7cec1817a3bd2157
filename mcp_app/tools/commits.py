"""Search in the history of the indexed repositories."""

from __future__ import annotations

from typing import Annotated

from fastmcp.tools import tool
from pydantic import Field

from mcp_app.deployment import current_deployment
from mcp_app.interface.annotations import READ_ONLY
from mcp_app.interface.tool_errors import searching
from mcp_app.interface.tool_parameters import (
    CLEAN,
    HowMuch,
    MaxHits,
    MaxTokens,
    Moment,
    Names,
    Query,
    SearchMode,
    Threshold,
)
from mcp_app.interface.tool_results import Found, found

SOURCE = "commits"


@tool(title="Search commits", annotations=READ_ONLY)
async def search_git_commits(
    query: Query,
    repository: Annotated[Names, Field(description="Only these repositories, by name.")] = None,
    author: Annotated[
        Names, Field(description="Only these authors, by their name or a part of it.")
    ] = None,
    date_from: Annotated[
        Moment, Field(description="First day or moment, ISO 8601, e.g. 2026-01-31.")
    ] = None,
    date_to: Annotated[Moment, Field(description="Last day or moment, ISO 8601.")] = None,
    file_pattern: Annotated[
        str | None,
        Field(max_length=200, description="Only commits that changed such a file, e.g. *.tf"),
        CLEAN,
    ] = None,
    max_results: MaxHits = 15,
    mode: SearchMode = None,
    threshold: Threshold = None,
    detail: HowMuch = "compact",
    max_tokens: MaxTokens = None,
) -> Found:
    """Find git commits by the words of their message and of the files they changed.

    Each hit has its hash, author, date, link and a snippet of its message.
    `detail="full"` gives all of each hit, with its true numbers: `score` (what it is ordered by;
    `score_kind` says which) and `coverage` or `similarity` (0 to 1). No hits means nothing fits:
    `reason` says why.
    """
    with searching():
        deployment = current_deployment()
        result = await deployment.backend.search_commits(
            query,
            deadline=deployment.deadline(),
            repository=repository or [],
            author=author or [],
            date_from=date_from,
            date_to=date_to,
            file_pattern=file_pattern,
            max_results=max_results,
            mode=mode,
            threshold=threshold,
        )
    return found(result, detail, max_tokens)
