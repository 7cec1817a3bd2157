"""Search in the history of the indexed repositories."""

from __future__ import annotations

from typing import Annotated

from fastmcp.tools import tool
from pydantic import Field

from mcp_app.annotations import READ_ONLY
from mcp_app.deployment import current
from mcp_app.knowledge.results import Commit, SearchResult
from mcp_app.tool_errors import searching
from mcp_app.tool_parameters import SearchMode, Threshold

SOURCE = "commits"


@tool(title="Search commits", annotations=READ_ONLY)
async def search_git_commits(
    query: Annotated[str, Field(min_length=1, max_length=500, description="What to look for.")],
    repository: Annotated[
        list[str] | None, Field(max_length=20, description="Only these repositories, by name.")
    ] = None,
    author: Annotated[
        list[str] | None, Field(max_length=20, description="Only these authors, by name.")
    ] = None,
    date_from: Annotated[
        str | None, Field(description="First day or moment, ISO 8601, e.g. 2026-01-31.")
    ] = None,
    date_to: Annotated[str | None, Field(description="Last day or moment, ISO 8601.")] = None,
    file_pattern: Annotated[
        str | None,
        Field(max_length=200, description="Only commits that changed such a file, e.g. *.tf"),
    ] = None,
    max_results: Annotated[int, Field(ge=1, le=50, description="Hits at most.")] = 15,
    mode: SearchMode = None,
    threshold: Threshold = None,
) -> SearchResult[Commit]:
    """Find git commits by the words of their message and of the files they changed.

    Each hit has its hash, author, date, files and two true numbers, `score` (BM25) and
    `coverage` (0 to 1). No hits means nothing fits: `reason` says why.
    """
    with searching():
        deployment = current()
        return await deployment.backend.search_commits(
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
