"""What a smoke test found: one outcome per check, and all of them together."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from mesh.settings.call import Call


class CheckFailedError(Exception):
    """A check's answer is not what it must be; the text says what came and what to do."""


@dataclass(frozen=True)
class Check:
    """One check's outcome: `ok` is None when it did not run; `ms` includes its retries."""

    name: str
    ok: bool | None
    detail: str
    ms: float
    attempts: int


@dataclass(frozen=True)
class Report:
    """The outcome of one smoke test.

    Attributes:
        url: The server's base address.
        ok: Every check passed.
        checks: The outcome of each.
        health: The body of /health, {} if there was none.
        call: The tool call that was made; None when no tool could be called safely.
        example: A tool call to show people: the one that was made, or one with placeholders.
    """

    url: str
    ok: bool
    checks: tuple[Check, ...]
    health: dict[str, Any]
    call: Call | None = None
    example: Call | None = None

    def as_json(self) -> str:
        """Give the report as one JSON object, indented."""
        return json.dumps(asdict(self), indent=2)
