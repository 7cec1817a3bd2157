"""The guard against comparing embeddings of different models.

Cosines between two models' embeddings are noise that looks like scores: the search would
go on, and find nothing or anything. So the model and length stored with the data are
compared with the deployment's before the first search by meaning, and again every while.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from mcp_app.deadline import Deadline
from mcp_app.knowledge.calls import CallFailedError
from mcp_app.knowledge.supabase.failures import wrong_shape
from mcp_app.knowledge.supabase.services import Services
from mesh.runtime.aws import snapshot

FUNCTION = "mesh_source_states"
TRUSTED_SECONDS = 300.0


class Stored(NamedTuple):
    """What the database holds of one source; no model before the first embedding."""

    entries: int
    model: str | None
    dimensions: int | None


def stored(rows: Iterable[Mapping[str, Any]]) -> dict[str, Stored]:
    """The rows of `mesh_source_states`, by source.

    Raises:
        CallFailedError: they are something else.
    """
    found = {}
    for row in rows:
        source, entries = row.get("source"), row.get("entries")
        model, dimensions = row.get("model"), row.get("dimensions")
        if not isinstance(source, str) or not isinstance(entries, int):
            raise wrong_shape(FUNCTION, "entries")
        if not isinstance(model, str | None) or not isinstance(dimensions, int | None):
            raise wrong_shape(FUNCTION, "model")
        found[source] = Stored(entries, model, dimensions)
    return found


class EmbeddingGuard:
    """Compares, and trusts a match for five minutes.

    Args:
        model: what this deployment embeds queries with.
        dimensions: how long its embeddings are.
        clock: monotonic seconds.
    """

    def __init__(
        self, model: str, dimensions: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._model = model
        self._dimensions = dimensions
        self._clock = clock
        self._trusted_until: dict[str, float] = {}
        snapshot.forgets(self._trusted_until.clear)

    def trusts(self, source: str) -> bool:
        """Whether the source's last match is recent enough."""
        return self._clock() < self._trusted_until.get(source, float("-inf"))

    def compare(self, source: str, found: Mapping[str, Stored]) -> None:
        """Trust what the database holds of this source, or say why not; and of the others.

        Raises:
            CallFailedError: the source's embeddings are of another model or length, or are
                yet to be made.
        """
        until = self._clock() + TRUSTED_SECONDS
        for name, other in found.items():
            if (other.model, other.dimensions) == (self._model, self._dimensions):
                self._trusted_until[name] = until
            else:
                self._trusted_until.pop(name, None)
        state = found.get(source)
        if state is None:
            raise wrong_shape(FUNCTION, source)
        if state.model is None:
            if state.entries:
                raise CallFailedError(
                    f"none of its {state.entries} entries has been embedded yet",
                    "Run `mesh ingest`; until then mode keyword works.",
                )
            # Empty: there is nothing to compare wrongly, and the first ingestion is to be seen.
            return
        if (state.model, state.dimensions) != (self._model, self._dimensions):
            raise CallFailedError(
                f"its embeddings were made with {state.model} ({state.dimensions} dimensions), and "
                f"this deployment embeds with {self._model} ({self._dimensions})",
                "Re-embed with `mesh ingest --re-embed`, or set AOMA_EMBEDDING_MODEL to the "
                "model of the data.",
            )


async def query_embedding(
    services: Services, guard: EmbeddingGuard, source: str, query: str, deadline: Deadline
) -> str:
    """The query's embedding, when it can be compared with the source's.

    Raises:
        CallFailedError: it cannot, or one of both services cannot be asked.
    """

    async def compare() -> None:
        supabase = await services.supabase()
        guard.compare(source, stored(await supabase.call(FUNCTION, {}, deadline)))

    failures: list[BaseException] = []
    try:
        async with asyncio.TaskGroup() as group:
            embedding = group.create_task(services.embed(query, deadline))
            if not guard.trusts(source):
                group.create_task(compare())
    except* CallFailedError as failed:
        failures.extend(failed.exceptions)
    if failures:
        raise failures[0]
    return embedding.result()
