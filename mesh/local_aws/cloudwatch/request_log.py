"""The last requests at Function URLs, for people who look."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

REQUESTS_KEPT = 50


@dataclass(frozen=True, slots=True)
class RequestLine:
    """One request. `version` is None when no instance was asked."""

    at: str
    method: str
    path: str
    qualifier: str | None
    version: str | None
    status: int
    duration_ms: float
    cold: bool


def new_request_log() -> deque[RequestLine]:
    """Keeps the last ones only."""
    return deque(maxlen=REQUESTS_KEPT)
