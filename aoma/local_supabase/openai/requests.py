"""Checks requests as OpenAI does: with the types of its own SDK, and its limits."""

from __future__ import annotations

from functools import cache
from typing import Any

from openai.types import EmbeddingCreateParams, VectorStoreSearchParams
from openai.types.responses.response_create_params import (
    ResponseCreateParamsNonStreaming,
    ResponseCreateParamsStreaming,
)
from pydantic import TypeAdapter, ValidationError

from aoma.local_supabase.openai import small_model

TYPES: dict[str, Any] = {
    "embeddings": EmbeddingCreateParams,
    "responses": ResponseCreateParamsNonStreaming,
    "streamed responses": ResponseCreateParamsStreaming,
    "search": VectorStoreSearchParams,
}
# https://platform.openai.com/docs/api-reference/embeddings/create
LIMIT_INPUTS = 2048
LIMIT_TOKENS = 8192
LIMIT_TOKENS_PER_REQUEST = 300_000
DIMENSIONS = {
    # What it really does, under a name of its own.
    "hashed-words": 1536,
    small_model.NAME: 1536,
    "text-embedding-3-small": 1536,
    "text-embedding-3-large": 3072,
    "text-embedding-ada-002": 1536,
}


class BadRequestError(Exception):
    """What OpenAI answers with status 400 (or 404 for a model); `param` is the culprit."""

    def __init__(self, message: str, param: str | None = None, status: int = 400) -> None:
        super().__init__(message)
        self.param = param
        self.status = status


@cache
def _adapter(kind: str) -> TypeAdapter[Any]:
    return TypeAdapter(TYPES[kind])


def check(kind: str, body: Any) -> dict[str, Any]:
    """The body of a request, if the SDK's type for it takes it.

    Raises:
        BadRequestError: it does not, or it holds a parameter that the type has not.
    """
    if not isinstance(body, dict):
        raise BadRequestError("We could not parse the JSON body of your request.")
    for name in body:
        if name not in TYPES[kind].__annotations__:
            raise BadRequestError(f"Unknown parameter: '{name}'.", name)
    # A path parameter there, and in no body.
    try:
        _adapter(kind).validate_python(body)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"][:1])
        raise BadRequestError(f"Invalid '{where}': {first['msg']}.", where) from error
    return body


def tokens(text: str) -> int:
    """About as many as OpenAI would count: four characters each."""
    return max(1, -(-len(text) // 4))


def check_embedding(body: Any) -> tuple[list[str], int]:
    """The texts to embed, and into how many dimensions.

    Raises:
        BadRequestError: OpenAI would not take it.
    """
    asked = check("embeddings", body)
    model = asked["model"]
    if model not in DIMENSIONS:
        raise BadRequestError(
            f"The model `{model}` does not exist or you do not have access to it.", "model", 404
        )
    texts = [asked["input"]] if isinstance(asked["input"], str) else list(asked["input"])
    if not all(isinstance(text, str) for text in texts):
        raise BadRequestError("this stand-in embeds text only, no token numbers", "input")
    if not texts or not all(texts):
        raise BadRequestError("'$.input' is invalid. An input cannot be empty.", "input")
    if len(texts) > LIMIT_INPUTS:
        raise BadRequestError(
            f"'input' has {len(texts)} elements, at most {LIMIT_INPUTS}.", "input"
        )
    counts = [tokens(text) for text in texts]
    if max(counts) > LIMIT_TOKENS:
        raise BadRequestError(
            f"This model's maximum context length is {LIMIT_TOKENS} tokens, however you "
            f"requested {max(counts)} tokens. Please reduce your prompt.",
            "input",
        )
    if sum(counts) > LIMIT_TOKENS_PER_REQUEST:
        raise BadRequestError(
            f"Requested {sum(counts)} tokens, max {LIMIT_TOKENS_PER_REQUEST} tokens per request",
            "input",
        )
    most = DIMENSIONS[model]
    dimensions = asked.get("dimensions", most)
    if model == "text-embedding-ada-002" and "dimensions" in asked:
        raise BadRequestError("This model does not support specifying dimensions.", "dimensions")
    if not 1 <= dimensions <= most:
        raise BadRequestError(f"Invalid 'dimensions': 1 to {most}.", "dimensions")
    return texts, dimensions
