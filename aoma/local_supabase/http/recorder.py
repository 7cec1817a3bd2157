"""What was asked: kept, so that tests can say what must have been sent, and what must not."""

from __future__ import annotations

import json
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Any

KEPT = 1000


@dataclass(frozen=True)
class Recorded:
    """A request; names of headers are in lower case."""

    method: str
    path: str
    query: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)

    @property
    def bearer(self) -> str:
        """The token in the Authorization header; "" when there is none."""
        kind, _, token = self.headers.get("authorization", "").partition(" ")
        return token if kind.lower() == "bearer" else ""


class Requests:
    """The last requests, oldest first."""

    def __init__(self) -> None:
        self._kept: deque[Recorded] = deque(maxlen=KEPT)
        self._lock = threading.Lock()

    def add(self, request: Recorded) -> None:
        """Keep a request."""
        with self._lock:
            self._kept.append(request)

    def to(self, path: str = "") -> list[Recorded]:
        """Those whose path holds `path`."""
        with self._lock:
            return [request for request in self._kept if path in request.path]

    def clear(self) -> None:
        """Forget them."""
        with self._lock:
            self._kept.clear()
