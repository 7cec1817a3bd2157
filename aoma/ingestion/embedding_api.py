"""Asks OpenAI, or a server that speaks its protocol, for embeddings; takes nothing on trust."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import math
import os
import random
import sys
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aoma.ingestion.snapshot import Embedding
from mesh.failure import CommandFailedError

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from openai.types import CreateEmbeddingResponse

# Limits of one request (https://platform.openai.com/docs/api-reference/embeddings): 2,048
# inputs and 300,000 tokens, which so many bytes cannot pass. Fewer inputs than allowed:
# what a crash loses is paid again.
LIMIT_INPUTS = 256
LIMIT_REQUEST_BYTES = 300_000
ATTEMPTS = 6
# Longer than this, and a person decides whether to wait.
LIMIT_RETRY_AFTER_SECONDS = 120.0
_FIRST_PAUSE_SECONDS = 1.0
_REQUEST_SECONDS = 60.0
_AGAIN = {408, 409, 429}
_SERVER_ERROR = 500


@dataclass(frozen=True, slots=True)
class Vectors:
    """The embeddings of one request, in the order of its inputs.

    Attributes:
        packed: each as big-endian 32-bit floats, as PostgreSQL wants them.
        tokens: what the API says the inputs took; None when it does not say.
    """

    packed: tuple[bytes, ...]
    tokens: int | None


def open_client() -> AsyncOpenAI:
    """A client by OPENAI_API_KEY and, where set, OPENAI_BASE_URL.

    Raises:
        CommandFailedError: there is no key.
    """
    if not os.environ.get("OPENAI_API_KEY", "").strip():
        raise CommandFailedError(
            "OPENAI_API_KEY is not set, and embeddings are made with it. Set it, or add "
            "--no-embeddings to be found by words alone."
        )
    from openai import AsyncOpenAI  # noqa: PLC0415 - 0.7 s, which a plan need not wait for

    # Its own retries obey Retry-After for up to two minutes without a word; ours say so.
    return AsyncOpenAI(max_retries=0, timeout=_REQUEST_SECONDS)


def batched(texts: Sequence[str]) -> list[range]:
    """Consecutive places of `texts` that fit into one request each."""
    found, start, size = [], 0, 0
    for at, text in enumerate(texts):
        took = len(text.encode())
        if at > start and (at - start >= LIMIT_INPUTS or size + took > LIMIT_REQUEST_BYTES):
            found.append(range(start, at))
            start, size = at, 0
        size += took
    return [*found, range(start, len(texts))] if texts else []


def _wrong(said: str) -> CommandFailedError:
    return CommandFailedError(
        f"the embeddings API gave {said}. Nothing of that answer was kept. Is OPENAI_BASE_URL the "
        "right server, and can the model make vectors of that size (--model, --dimensions)?"
    )


def _packed(value: object, dimensions: int) -> bytes:
    """One vector as PostgreSQL wants it.

    Raises:
        CommandFailedError: it is none, or has another size.
    """
    numbers = array("f")
    try:
        if isinstance(value, str):
            numbers.frombytes(base64.b64decode(value, validate=True))
            if sys.byteorder == "big":
                numbers.byteswap()  # the API's are little-endian
        elif isinstance(value, list):
            numbers.extend(value)
        else:
            raise _wrong("no vector")
    except (binascii.Error, ValueError, TypeError, OverflowError) as error:
        raise _wrong("a vector that cannot be read") from error
    if len(numbers) != dimensions:
        raise _wrong(f"a vector of {len(numbers):,} numbers, and {dimensions:,} were asked for")
    if not all(map(math.isfinite, numbers)):
        raise _wrong("a vector with something in it that is no number")
    if not any(numbers):
        raise _wrong("a vector of nothing but zeros, which has no direction")
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers.tobytes()


def _vectors(answer: CreateEmbeddingResponse, count: int, dimensions: int) -> Vectors:
    """What the answer holds, when it answers every input once."""
    data = answer.data or []
    places = [one.index for one in data]
    if sorted(places) != list(range(count)):
        raise _wrong(f"{len(data)} vectors for {count} texts, or not one for each")
    packed = [b""] * count
    for one in data:
        packed[one.index] = _packed(one.embedding, dimensions)
    usage = getattr(answer, "usage", None)
    return Vectors(tuple(packed), getattr(usage, "total_tokens", None))


def _retry_after(headers: object) -> float | None:
    value = headers.get("retry-after") if hasattr(headers, "get") else None
    try:
        return max(0.0, float(value)) if value else None
    except ValueError:
        return None


def _refusal(status: int, code: str | None, said: str) -> CommandFailedError | None:
    """Why asking again would not help, or None when it may."""
    if code == "insufficient_quota":
        return CommandFailedError(
            "the embeddings API says that this account's quota is used up. Add credit, then run "
            "the same command again: it goes on where it stopped."
        )
    if status in {401, 403}:
        # The API's own words repeat a part of the key.
        return CommandFailedError(
            f"the embeddings API refuses the key ({status}). Look at OPENAI_API_KEY, at what the "
            "key may do, and at OPENAI_BASE_URL."
        )
    if status in _AGAIN or status >= _SERVER_ERROR:
        return None
    return CommandFailedError(f"the embeddings API refuses the request ({status}): {said}")


async def embed(
    client: AsyncOpenAI,
    texts: Sequence[str],
    embedding: Embedding,
    notice: Callable[[str], None],
) -> Vectors:
    """Embeddings of one request's texts, asked for again while that may help.

    Args:
        client: where to ask.
        texts: at most what `batched` puts together.
        embedding: the model, and how many numbers each vector must have.
        notice: told in a few words when there is a pause.

    Raises:
        CommandFailedError: the API refuses, stays silent, or answers what was not asked.
    """
    for attempt in range(1, ATTEMPTS + 1):
        wait, why = await _asked(client, texts, embedding)
        if isinstance(wait, Vectors):
            return wait
        if attempt == ATTEMPTS or wait > LIMIT_RETRY_AFTER_SECONDS:
            asks = f", and asks to wait {wait:.0f} s" if wait > LIMIT_RETRY_AFTER_SECONDS else ""
            raise CommandFailedError(
                f"the embeddings API failed {attempt} times, last with {why}{asks}. What is "
                "embedded stays: run the same command again later to go on from there."
            )
        # Requests that were refused together do not come back together.
        pause = wait or _FIRST_PAUSE_SECONDS * 2 ** (attempt - 1) * random.uniform(0.8, 1.2)  # noqa: S311 - see above
        notice(f"{why}: again in {pause:.0f} s")
        await asyncio.sleep(pause)
    raise AssertionError


async def _asked(
    client: AsyncOpenAI, texts: Sequence[str], embedding: Embedding
) -> tuple[Vectors | float, str]:
    """The vectors; or the seconds to wait (0 for our own choice) and what went wrong."""
    from openai import (  # noqa: PLC0415 - most ingestions embed nothing new
        APIConnectionError,
        APIResponseValidationError,
        APIStatusError,
        APITimeoutError,
    )

    try:
        answer = await client.embeddings.create(
            input=list(texts),
            model=embedding.model,
            dimensions=embedding.dimensions,
            encoding_format="base64",
        )
    except APITimeoutError:
        return 0.0, f"no answer within {_REQUEST_SECONDS:.0f} s"
    except APIConnectionError as error:
        return 0.0, f"no connection ({type(error.__cause__ or error).__name__})"
    except APIStatusError as error:
        said = str(getattr(error, "message", "")).splitlines()[:1]
        refusal = _refusal(error.status_code, error.code, "".join(said)[:300])
        if refusal:
            raise refusal from error
        return _retry_after(error.response.headers) or 0.0, f"status {error.status_code}"
    except (json.JSONDecodeError, APIResponseValidationError):
        return 0.0, "an answer that is not JSON"
    if not hasattr(answer, "data"):  # what the client makes of a page of HTML
        return 0.0, "an answer that is not JSON"
    return _vectors(answer, len(texts), embedding.dimensions), ""
