"""Search in the source files of the indexed repositories."""

from __future__ import annotations

from typing import Annotated

from fastmcp.tools import tool
from pydantic import Field

from mcp_app.deployment import current_deployment
from mcp_app.interface.annotations import READ_ONLY
from mcp_app.interface.tool_errors import searching
from mcp_app.interface.tool_parameters import (
    HowMuch,
    MaxHits,
    MaxTokens,
    Names,
    Query,
    SearchMode,
    Threshold,
)
from mcp_app.interface.tool_results import Found, found

SOURCE = "code"


@tool(title="Search code files", annotations=READ_ONLY)
async def search_code_files(
    query: Query,
    repository: Annotated[Names, Field(description="Only these repositories, by name.")] = None,
    language: Annotated[Names, Field(description="Only these languages, e.g. python.")] = None,
    file_extension: Annotated[Names, Field(description="Only these extensions, e.g. .py")] = None,
    max_results: MaxHits = 15,
    mode: SearchMode = None,
    threshold: Threshold = None,
    detail: HowMuch = "compact",
    max_tokens: MaxTokens = None,
) -> Found:
    """Find source files by the words and identifiers in them (`readFile` is found by `read file`).

    Each hit has its path, link, language, date and a snippet of the lines that fit best.
    `detail="full"` gives all of each hit, with its true numbers: `score` (what it is ordered by;
    `score_kind` says which) and `coverage` or `similarity` (0 to 1). No hits means nothing fits:
    `reason` says why.
    """
    with searching():
        deployment = current_deployment()
        result = await deployment.backend.search_code(
            query,
            deadline=deployment.deadline(),
            repository=repository or [],
            language=language or [],
            file_extension=file_extension or [],
            max_results=max_results,
            mode=mode,
            threshold=threshold,
        )
    return found(result, detail, max_tokens)
