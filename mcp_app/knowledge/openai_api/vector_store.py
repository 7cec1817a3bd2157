"""Search in an OpenAI vector store.

https://platform.openai.com/docs/api-reference/vector-stores/search
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from openai import AsyncOpenAI

from mcp_app.deadline import Deadline
from mcp_app.knowledge.openai_api.client import OpenAIService
from mcp_app.knowledge.results import Passage

if TYPE_CHECKING:
    from openai.types import VectorStoreSearchResponse

LIMIT_TEXT = 2000
# What the API gives at most.
LIMIT_RESULTS = 50


def _link(attributes: Mapping[str, object] | None) -> str | None:
    for name in ("link", "url"):
        value = (attributes or {}).get(name)
        if isinstance(value, str) and value.startswith(("https://", "http://")):
            return value
    return None


def _passage(found: VectorStoreSearchResponse, store: str) -> Passage:
    text = "\n".join(part.text for part in found.content if part.type == "text")[:LIMIT_TEXT]
    if not found.file_id or not found.filename or not -1 <= found.score <= 1:
        raise ValueError("not a result")
    # A result has no id of its own, and one file gives several.
    digest = hashlib.sha256(text.encode(errors="replace")).hexdigest()[:12]
    return Passage(
        source="vector_store",
        id=f"{found.file_id}#{digest}",
        title=found.filename,
        heading=(),
        text=text,
        link=_link(found.attributes),
        score=float(found.score),
        score_kind="vector_store",
        document=found.file_id,
        corpus=store,
    )


async def search(
    service: OpenAIService,
    store: str,
    query: str,
    *,
    max_results: int,
    threshold: float,
    deadline: Deadline,
) -> list[Passage]:
    """Passages of the store whose score reaches the threshold, best first.

    Raises:
        CallFailedError: the store cannot be searched.
    """

    async def call(client: AsyncOpenAI) -> list[Passage]:
        answer = await client.vector_stores.search(
            store,
            query=query,
            max_num_results=min(max_results, LIMIT_RESULTS),
            ranking_options={"score_threshold": threshold},
            rewrite_query=False,
        )
        passages = [_passage(found, store) for found in answer.data]
        return sorted(
            (one for one in passages if one.score >= threshold and one.text),
            key=lambda one: -one.score,
        )[:max_results]

    return await service.ask(call, about=f"the vector store {store}", deadline=deadline)
