"""The embedding of a query."""

from __future__ import annotations

import math

from openai import AsyncOpenAI

from mcp_app.deadline import Deadline
from mcp_app.knowledge.calls import CallFailedError
from mcp_app.knowledge.openai_api.client import OpenAIService

# The only one of OpenAI's that refuses to be told how long its embeddings are to be.
FIXED_LENGTH = "text-embedding-ada-002"


async def embed(
    service: OpenAIService, text: str, *, model: str, dimensions: int, deadline: Deadline
) -> list[float]:
    """The embedding of one text.

    Raises:
        CallFailedError: there is none, or it is not `dimensions` finite numbers.
    """

    async def call(client: AsyncOpenAI) -> list[float]:
        if model == FIXED_LENGTH:
            answer = await client.embeddings.create(input=text, model=model)
        else:
            answer = await client.embeddings.create(input=text, model=model, dimensions=dimensions)
        (entry,) = answer.data
        embedding = [float(value) for value in entry.embedding]
        if not all(map(math.isfinite, embedding)):
            raise ValueError("not finite")
        return embedding

    embedding = await service.ask(call, about=f"the model {model}", deadline=deadline)
    if len(embedding) != dimensions:
        raise CallFailedError(
            f"the model {model} gave an embedding of {len(embedding)} numbers, and this "
            f"deployment works with {dimensions}",
            "Set embedding_model to the one that the data was ingested with.",
        )
    return embedding
