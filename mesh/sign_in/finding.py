"""What one step of a sign-in showed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """What a step's outcome means. A note never stops a sign-in."""

    OK = "ok"
    NOTE = "note"
    WRONG = "wrong"
    UNKNOWN = "unknown"


class Party(StrEnum):
    """Who has to change something."""

    SERVER = "this server"
    ISSUER = "the issuer"
    CLIENT = "the client's settings"


@dataclass(frozen=True)
class Finding:
    """One step's outcome.

    Attributes:
        step: one word.
        state: what it means.
        told: in words, a line each.
        party: who has to act; None where nobody has to.
        remedy: what to set or to do.
        details: the same as data.
    """

    step: str
    state: State
    told: tuple[str, ...]
    party: Party | None = None
    remedy: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    def lines(self) -> tuple[str, ...]:
        """Give what to show people: what was found, then who has to do what."""
        return (*self.told, f"{self.party}: {self.remedy}") if self.party else self.told


def well(step: str, *told: str, **details: Any) -> Finding:
    """Give the finding that a step succeeded."""
    return Finding(step, State.OK, told, details=details)


def note(step: str, told: str, party: Party, remedy: str) -> Finding:
    """Give what does not stop a sign-in and may stop some clients."""
    return Finding(step, State.NOTE, (told,), party, remedy)


def wrong(step: str, told: str, party: Party, remedy: str, **details: Any) -> Finding:
    """Give a failure, with who has to do what."""
    return Finding(step, State.WRONG, (told,), party, remedy, details)


def unknown(step: str, why: str) -> Finding:
    """Give the finding that a step was not tried."""
    return Finding(step, State.UNKNOWN, (why,))
