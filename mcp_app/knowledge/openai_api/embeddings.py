"""The embedding of a query."""

from __future__ import annotations

import math
import sys
from array import array
from base64 import b64decode
from typing import Any

from openai import AsyncOpenAI

from mcp_app.deadline import Deadline
from mcp_app.knowledge.calls import CallFailedError
from mcp_app.knowledge.openai_api.client import OpenAIService

# The only one of OpenAI's that refuses to be told how long its embeddings are to be.
FIXED_LENGTH = "text-embedding-ada-002"


def _numbers(embedding: Any) -> list[float]:
    """The numbers, as such or in base64; not every server of the protocol does the latter."""
    if isinstance(embedding, str):
        numbers = array("f", b64decode(embedding, validate=True))
        if sys.byteorder == "big":
            numbers.byteswap()
        return numbers.tolist()
    return [float(value) for value in embedding]


async def embed(
    service: OpenAIService, text: str, *, model: str, dimensions: int, deadline: Deadline
) -> list[float]:
    """The embedding of one text.

    Raises:
        CallFailedError: there is none, or it is not `dimensions` finite numbers.
    """
    body: dict[str, object] = {"input": text, "model": model, "encoding_format": "base64"}
    if model != FIXED_LENGTH:
        body["dimensions"] = dimensions

    async def call(client: AsyncOpenAI) -> list[float]:
        # Not `client.embeddings`: it imports the types of chats, longer than the call takes.
        # https://github.com/openai/openai-python#undocumented-endpoints
        answer: Any = await client.post("/embeddings", body=body, cast_to=object)
        (entry,) = answer["data"]
        embedding = _numbers(entry["embedding"])
        if not all(map(math.isfinite, embedding)):
            raise ValueError("not finite")
        return embedding

    embedding = await service.ask(call, about=f"the model {model}", deadline=deadline)
    if len(embedding) != dimensions:
        raise CallFailedError(
            f"the model {model} gave an embedding of {len(embedding)} numbers, and this "
            f"deployment works with {dimensions}",
            "Set AOMA_EMBEDDING_MODEL to the one that the data was ingested with.",
        )
    return embedding
