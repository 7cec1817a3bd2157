"""Search in the source files of the indexed repositories."""

from __future__ import annotations

from typing import Annotated

from fastmcp.tools import tool
from pydantic import Field

from mcp_app.annotations import READ_ONLY
from mcp_app.deployment import current
from mcp_app.knowledge import CodeFile, SearchResult
from mcp_app.tool_errors import searching

SOURCE = "code"


@tool(title="Search code files", annotations=READ_ONLY)
def search_code_files(
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
    threshold: Annotated[
        float, Field(ge=0, le=1, description="Least `coverage` of a hit, 0 to 1.")
    ] = 0.3,
) -> SearchResult[CodeFile]:
    """Find source files by the words and identifiers in them (`readFile` is found by `read file`).

    Each hit has its path, language, the best lines and two true numbers, `score` (BM25)
    and `coverage` (0 to 1). No hits means nothing fits: `reason` says why.
    """
    with searching():
        return (
            current()
            .sources.index()
            .search_code(
                query,
                repository=repository or [],
                language=language or [],
                file_extension=file_extension or [],
                max_results=max_results,
                threshold=threshold,
            )
        )
