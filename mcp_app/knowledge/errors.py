"""What can go wrong between a query and its evidence, said for the person who reads it."""

from __future__ import annotations

from collections.abc import Mapping


class SourceUnavailableError(Exception):
    """A source of knowledge cannot be asked; never answered with something else instead.

    Args:
        source: the source's name, such as "embedded index".
        reason: what was found, in one clause.
        remedy: what to do about it, in one sentence.
    """

    def __init__(self, source: str, reason: str, remedy: str) -> None:
        super().__init__(f"{source} is unavailable: {reason}. {remedy}")
        self.source = source
        self.reason = reason
        self.remedy = remedy


class SearchTimeoutError(Exception):
    """A search did not end within its time limit.

    Args:
        source: the source that was searched.
        limit_seconds: the limit that was passed.
    """

    def __init__(self, source: str, limit_seconds: float) -> None:
        super().__init__(
            f"{source}: the search took longer than {limit_seconds:.3g} s and was ended. "
            "Ask with fewer or rarer words, or narrow it with a filter."
        )
        self.source = source
        self.limit_seconds = limit_seconds


class NoSourceAnsweredError(Exception):
    """Several sources were asked, and none of them could answer.

    Args:
        errors: what each said, by its name.
    """

    def __init__(self, errors: Mapping[str, str]) -> None:
        # One cause is often behind all: it is said once.
        reasons = " ".join(dict.fromkeys(errors.values()))
        super().__init__(f"None of the sources ({', '.join(errors)}) could be asked. {reasons}")
        self.errors = errors


class UnusableAnswerError(Exception):
    """The model was asked and gave no whole answer: it was cut off, declined, or is empty.

    Args:
        reason: what it gave instead, in one clause.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
