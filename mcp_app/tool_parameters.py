"""Parameters that several tools have, with the limits and words that clients see."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mcp_app.knowledge.results import Mode

SearchMode = Annotated[
    Mode | None,
    Field(
        description="keyword finds shared words, semantic related meaning, hybrid both. "
        "Not every deployment has all; left out, it takes its own."
    ),
]
Threshold = Annotated[
    float | None,
    Field(
        ge=0,
        le=1,
        description="Least `coverage` (keyword), `similarity` (semantic) or either (hybrid) of "
        "a hit, 0 to 1. Left out, the deployment's own.",
    ),
]
