"""What went into an index and what did not, and why: nothing is left out in silence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

EXAMPLES = 3


class CorpusError(Exception):
    """A corpus cannot be read as asked; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Files left out for one reason, with a few of their names."""

    reason: str
    count: int
    examples: tuple[str, ...]

    def __str__(self) -> str:
        """The number, the reason and the examples, for people."""
        more = ", ..." if self.count > len(self.examples) else ""
        return f"{self.count} x {self.reason}: {', '.join(self.examples)}{more}"


@dataclass(frozen=True, slots=True)
class IndexReport:
    """One run of `write_index`.

    Attributes:
        path: the index file.
        size_bytes: its size.
        seconds: wall-clock time of the run; not part of the index.
        repositories: their names as the index has them.
        skipped: what was left out, or changed on reading, by reason.
        problems: what a reader of the index should know, one sentence each: a folder that
            is no git repository, a shallow clone, git not installed.
        newest: the latest date of anything in it, ISO 8601; None if nothing has one.
    """

    path: Path
    size_bytes: int
    seconds: float
    documents: int
    passages: int
    tickets: int
    commits: int
    code_files: int
    code_parts: int
    repositories: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    problems: tuple[str, ...]
    newest: str | None = None


class Ledger:
    """Collects what the readers leave out while they read."""

    def __init__(self) -> None:
        self._skipped: dict[str, list[str]] = {}
        self._problems: dict[str, None] = {}

    def skip(self, reason: str, names: Iterable[str]) -> None:
        """Note files left out for a reason."""
        self._skipped.setdefault(reason, []).extend(names)

    def problem(self, sentence: str) -> None:
        """Note once what the reader of the report should know."""
        self._problems[sentence] = None

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """Reasons in alphabetical order; a file that two readers met counts once."""
        return tuple(
            Skipped(reason, len(set(names)), tuple(sorted(set(names))[:EXAMPLES]))
            for reason, names in sorted(self._skipped.items())
            if names
        )

    @property
    def problems(self) -> tuple[str, ...]:
        """In the order of their discovery."""
        return tuple(self._problems)
