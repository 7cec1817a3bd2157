"""A call of a tool, as the settings and the smoke test have it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Call:
    """A tool call: the tool's name, and its arguments."""

    tool: str
    arguments: dict[str, Any] = field(default_factory=dict)
