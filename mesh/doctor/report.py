"""Answers to questions about a deployment, as text for a terminal and as data."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

COLUMNS = 80
NAME_WIDTH = 17
DENIED = re.compile(r"AccessDenied|Unauthorized|NotAuthorized|Forbidden")
RIGHT = re.compile(r"to perform: ([a-z0-9-]+:\w+)")


class State(StrEnum):
    """What an answer means to whoever is on call; a note is no reason to act now."""

    OK = "ok"
    NOTE = "note"
    WRONG = "wrong"
    UNKNOWN = "unknown"


MARKS = {State.OK: "ok", State.NOTE: "i", State.WRONG: "!!", State.UNKNOWN: "?"}


@dataclass(frozen=True)
class Answer:
    """One answer.

    Attributes:
        question: one word for what was asked.
        state: what it means.
        told: in words, a line each.
        details: the same as data, for `--json`.
    """

    question: str
    state: State
    told: tuple[str, ...]
    details: Mapping[str, Any] = field(default_factory=dict)


class NotAskedError(Exception):
    """A question could not be asked; the message says why."""


@dataclass(frozen=True)
class Report:
    """All answers, in the order of the questions."""

    url: str
    answers: tuple[Answer, ...]

    @property
    def exit_status(self) -> int:
        """0 where all is well, 2 where something is wrong, 1 where only something is unknown."""
        states = {answer.state for answer in self.answers}
        return 2 if State.WRONG in states else 1 if State.UNKNOWN in states else 0

    def lines(self) -> list[str]:
        """Give the report, at most 80 columns wide; what is unknown for one reason is one line."""
        shown: list[str] = []
        reasons: dict[str, list[str]] = {}
        for answer in self.answers:
            if answer.state is State.UNKNOWN:
                reasons.setdefault(" ".join(answer.told), []).append(answer.question)
                continue
            first, *more = [line for told in answer.told for line in _wrapped(told)]
            shown.append(f"{MARKS[answer.state]:<3}{answer.question:<{NAME_WIDTH - 3}}{first}")
            shown += [f"{'':<{NAME_WIDTH}}{line}" for line in more]
        for reason, questions in reasons.items():
            first, *more = _wrapped(f"{', '.join(questions)}: {reason}", COLUMNS - 3)
            shown += [f"{MARKS[State.UNKNOWN]:<3}{first}", *(f"   {line}" for line in more)]
        return shown

    def document(self) -> dict[str, Any]:
        """Give the report as data."""
        answers = {
            answer.question: {
                "state": str(answer.state),
                "told": list(answer.told),
                **answer.details,
            }
            for answer in self.answers
        }
        return {"url": self.url, "exit_status": self.exit_status, "answers": answers}


def asked(question: str, ask: Callable[[], Answer]) -> Answer:
    """Give an answer, or say why there is none.

    Args:
        question: see `Answer`.
        ask: raises what AWS's library does, or NotAskedError.
    """
    try:
        return ask()
    except (NotAskedError, BotoCoreError, ClientError) as error:
        return Answer(question, State.UNKNOWN, (reason(error),))


def reason(error: Exception) -> str:
    """Say why something could not be asked; of a missing right its name."""
    if not isinstance(error, ClientError):
        return str(error)
    told = error.response.get("Error", {})
    if not DENIED.search(told.get("Code", "")):
        return f"AWS's {error.operation_name}: {told.get('Message') or told.get('Code')}"
    named = RIGHT.search(told.get("Message", ""))
    return f"not asked, for want of the right {named[1] if named else error.operation_name}"


def _wrapped(text: str, width: int = COLUMNS - NAME_WIDTH) -> list[str]:
    return textwrap.wrap(text, width, break_on_hyphens=False) or [""]
