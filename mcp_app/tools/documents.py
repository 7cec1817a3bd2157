"""Search in documents, and answers that stand on their passages."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastmcp.tools import tool
from pydantic import BeforeValidator, Field, StringConstraints

from mcp_app.deployment import current_deployment
from mcp_app.interface.annotations import READ_ONLY
from mcp_app.interface.tool_errors import searching
from mcp_app.interface.tool_parameters import (
    CLEAN,
    HowMuch,
    MaxTokens,
    PerDocument,
    SearchMode,
    Threshold,
)
from mcp_app.interface.tool_results import Answer, Found, answered, found
from mcp_app.knowledge.answers import answer
from mcp_app.knowledge.backend import PER_DOCUMENT

SOURCE = "documents"

Question = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=2000),
    CLEAN,
    Field(description="The question, or what to look for."),
]


def _rapid(value: Any) -> Any:
    """The original server called the quickest strategy `quick` in some of its clients."""
    return "rapid" if value == "quick" else value


Strategy = Annotated[
    Literal["comprehensive", "focused", "rapid"],
    BeforeValidator(_rapid),
    Field(description="How much evidence: rapid the least and surest, comprehensive the most."),
]


@tool(title="Search documents", annotations=READ_ONLY)
async def search_knowledge(
    query: Question,
    max_results: Annotated[int, Field(ge=1, le=20, description="Hits at most.")] = 10,
    per_document: PerDocument = PER_DOCUMENT,
    mode: SearchMode = None,
    threshold: Threshold = None,
    detail: HowMuch = "compact",
    max_tokens: MaxTokens = None,
) -> Found:
    """Find passages in the documents, best first.

    Each hit has its id, title, heading, link, date and a snippet around the words that fit; `fetch`
    gives the whole document.
    `detail="full"` gives all of each hit, with its true numbers: `score` (what it is ordered by;
    `score_kind` says which) and `coverage` or `similarity` (0 to 1). No hits means nothing fits:
    `reason` says why.
    """
    with searching():
        deployment = current_deployment()
        result = await deployment.backend.search_documents(
            query,
            deadline=deployment.deadline(),
            mode=mode,
            max_results=max_results,
            per_document=per_document,
            threshold=threshold,
        )
    return found(result, detail, max_tokens)


@tool(title="Answer from documents", annotations=READ_ONLY)
async def query_aoma_knowledge(
    query: Question,
    strategy: Strategy = "focused",
    context: Annotated[
        str | None,
        Field(
            max_length=1000,
            description="What the question is about; brings passages forward, and is no part "
            "of what they have to answer.",
        ),
        CLEAN,
    ] = None,
    max_results: Annotated[int, Field(ge=1, le=20, description="Passages at most.")] = 10,
    per_document: PerDocument = PER_DOCUMENT,
    detail: HowMuch = "compact",
    max_tokens: MaxTokens = None,
) -> Answer:
    """Answer a question from the documents, or say that they do not.

    `passages` is the evidence. If the deployment has a model, it writes `answer` from the
    passages; an answer whose citations `[1]` are not right is withheld. If `status` is
    `evidence_only` (there is no model), `refused` (the answer was withheld) or `failed` (the model
    could not be asked), read the passages. If it is `no_evidence` or `not_in_passages`, `grounded`
    is false: the documents have no answer. Do not make one up.
    """
    with searching():
        deployment = current_deployment()
        result = await answer(
            deployment.backend,
            query,
            deadline=deployment.deadline(),
            context=context or "",
            strategy=strategy,
            max_results=max_results,
            per_document=per_document,
        )
    return answered(result, detail, max_tokens)
