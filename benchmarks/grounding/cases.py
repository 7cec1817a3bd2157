"""The passages and the answers: plain text, each under a line that begins with `=== `."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mcp_app.knowledge.grounding import check

HERE = Path(__file__).parent
HONEST, ADVERSARIAL = "honest", "adversarial"
# Every second case was looked at while the check was written; the others were not.
SEEN, HELD_OUT = "seen", "held out"


@dataclass(frozen=True)
class Case:
    """An answer to a question.

    Attributes:
        group: `honest`, or `adversarial`: one that must be withheld.
        half: `seen` or `held out`.
        kind: what is tried.
        question: what was asked.
        answer: what a model wrote.
    """

    group: str
    half: str
    kind: str
    question: str
    answer: str


def _entries(name: str) -> Iterator[tuple[list[str], str]]:
    text = f"\n{(HERE / f'{name}.txt').read_text(encoding='utf-8')}"
    for entry in text.split("\n=== ")[1:]:
        head, _, body = entry.partition("\n")
        yield [part.strip() for part in head.split("|")], body.strip("\n")


def passages() -> list[tuple[str, ...]]:
    """The passages that the answers cite: what each says, its id, title and link."""
    return [(body, *head) for head, body in _entries("passages")]


def cases(group: str) -> list[Case]:
    """The cases of a group, in the order of its file."""
    return [
        Case(group, (SEEN, HELD_OUT)[place % 2], head[0], head[1], body)
        for place, (head, body) in enumerate(_entries(group))
    ]


def is_wrong(case: Case) -> bool:
    """Whether an honest answer is withheld, or another is given."""
    withheld = check(case.answer, passages(), asked=case.question).fault is not None
    return withheld == (case.group == HONEST)
