"""The knowledge sources of this deployment: opened once, asked how they are."""

from __future__ import annotations

import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from mcp_app.knowledge import EmbeddedIndex, SourceUnavailableError, open_index


@dataclass(frozen=True)
class SourceState:
    """One source's answer to a health check.

    Attributes:
        source: Its name, e.g. `documents`.
        status: Whether it can be searched.
        latency_ms: How long the check took.
        entries: How many documents, commits or files it holds; None when it is down.
        error: Why it is down, for people; None when it is not.
    """

    source: str
    status: Literal["ok", "down"]
    latency_ms: float
    entries: int | None = None
    error: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """All but the name, which stands as the key where this is shown."""
        return {name: value for name, value in asdict(self).items() if name != "source"}


class Sources:
    """The embedded index behind a lock, opened at first use.

    A failed opening is not remembered: the next call tries again and reports afresh.

    Args:
        path: The index file in the task root.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._index: EmbeddedIndex | None = None

    def index(self) -> EmbeddedIndex:
        """The open index.

        Raises:
            SourceUnavailableError: the file is missing, damaged, or of another schema.
        """
        with self._lock:
            if self._index is None:
                self._index = open_index(self._path)
            return self._index

    def close(self) -> None:
        """Close what is open; the next use opens it again."""
        with self._lock:
            if self._index is not None:
                self._index.close()
                self._index = None

    def _counts(self) -> dict[str, int]:
        statistics = self.index().statistics()
        return {
            "documents": statistics.documents,
            "commits": statistics.commits,
            "code": statistics.code_files,
        }

    def available(self) -> frozenset[str]:
        """Names of the sources that hold anything; all of them when the index cannot be read.

        A source that was never configured is not offered. One that is broken is, so that
        callers are told so instead of missing a tool.
        """
        try:
            counts = self._counts()
        except SourceUnavailableError:
            return frozenset({"documents", "commits", "code"})
        return frozenset(name for name, count in counts.items() if count)

    def check(self) -> list[SourceState]:
        """State of every source that is configured."""
        started = time.perf_counter()
        try:
            counts = self._counts()
        except SourceUnavailableError as error:
            elapsed = round((time.perf_counter() - started) * 1000, 2)
            return [SourceState("embedded index", "down", elapsed, error=str(error))]
        elapsed = round((time.perf_counter() - started) * 1000, 2)
        return [
            SourceState(name, "ok", elapsed, entries=count)
            for name, count in counts.items()
            if count
        ]
