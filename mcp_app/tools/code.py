"""Search in the source files of the indexed repositories."""

from __future__ import annotations

from typing import Annotated

from fastmcp.tools import tool
from pydantic import Field

from mcp_app.annotations import READ_ONLY
from mcp_app.deployment import current
from mcp_app.knowledge.results import CodeFile, SearchResult
from mcp_app.tool_errors import searching
from mcp_app.tool_parameters import SearchMode, Threshold

SOURCE = "code"


@tool(title="Search code files", annotations=READ_ONLY)
async def search_code_files(
    query: Annotated[str, Field(min_length=1, max_length=500, description="What to look for.")],
    repository: Annotated[
        list[str] | None, Field(max_length=20, description="Only these repositories, by name.")
    ] = None,
    language: Annotated[
        list[str] | None, Field(max_length=20, description="Only these languages, e.g. python.")
    ] = None,
    file_extension: Annotated[
        list[str] | None, Field(max_length=20, description="Only these extensions, e.g. .py")
    ] = None,
    max_results: Annotated[int, Field(ge=1, le=50, description="Hits at most.")] = 15,
    mode: SearchMode = None,
    threshold: Threshold = None,
) -> SearchResult[CodeFile]:
    """Find source files by the words and identifiers in them (`readFile` is found by `read file`).

    Each hit has its path, language, the best lines and two true numbers, `score` (BM25)
    and `coverage` (0 to 1). No hits means nothing fits: `reason` says why.
    """
    with searching():
        deployment = current()
        return await deployment.backend.search_code(
            query,
            deadline=deployment.deadline(),
            repository=repository or [],
            language=language or [],
            file_extension=file_extension or [],
            max_results=max_results,
            mode=mode,
            threshold=threshold,
        )
