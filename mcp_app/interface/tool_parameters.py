"""Parameters that several tools have, with the limits and words that clients see.

Text is stripped before its length is checked, so that blanks alone are no query; so are
the entries of a list. Half a surrogate pair, which JSON may hold, is refused by Pydantic.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints

from mcp_app.interface.tool_results import Detail
from mcp_app.knowledge.results import Mode


def _without_nul(value: Any) -> Any:
    """Text with blanks for NUL, which no word has and PostgreSQL's text cannot hold.

    https://www.postgresql.org/docs/current/datatype-character.html
    """
    return value.replace("\x00", " ") if isinstance(value, str) else value


def _as_list(value: Any) -> Any:
    """One name for a list of one: models send it so."""
    return [value] if isinstance(value, str) else value


CLEAN = BeforeValidator(_without_nul)

Query = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=500),
    CLEAN,
    Field(description="What to look for, in a few words or a sentence."),
]
# A list of names to filter by; add a `Field` that says of what.
Names = Annotated[
    list[
        Annotated[
            str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), CLEAN
        ]
    ]
    | None,
    Field(max_length=20),
    BeforeValidator(_as_list),
]
Moment = Annotated[
    str | None,
    Field(max_length=64, description="A day or moment, ISO 8601, e.g. 2026-01-31."),
    CLEAN,
]
MaxHits = Annotated[int, Field(ge=1, le=50, description="Hits at most.")]
PerDocument = Annotated[int, Field(ge=1, le=20, description="Passages of one document at most.")]
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
        allow_inf_nan=False,
        description="Least `coverage` (keyword), `similarity` (semantic) or either (hybrid) of "
        "a hit, 0 to 1. Left out, the deployment's own.",
    ),
]
HowMuch = Annotated[
    Detail,
    Field(description="compact: id, title, link, date and a snippet of each hit; full: all of it."),
]
MaxTokens = Annotated[
    int | None,
    Field(ge=100, le=100_000, description="How long the result may be, in tokens (estimated)."),
]
