"""The questions and which documents answer them, written before any result was seen."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

JUDGED = Path(__file__).with_name("judged.tsv")

# `k`: in the documents' own words; `p`: in other words; `n`: near their subject, but not in
# them; `u`: about something else entirely.
type Kind = Literal["k", "p", "n", "u"]


@dataclass(frozen=True, slots=True)
class Question:
    """A question; `right` are the documents that answer it, without their suffix."""

    corpus: str
    kind: Kind
    text: str
    right: frozenset[str]

    def answered_by(self, document: str) -> bool:
        """Whether a document with this id is one of the right ones."""
        return document.rpartition(".")[0] in self.right


def questions() -> list[Question]:
    """All of them, in the file's order."""
    found = []
    for line in JUDGED.read_text().splitlines():
        if line.startswith("#"):
            continue
        corpus, kind, text, right = line.split("\t")
        documents = frozenset() if right == "-" else frozenset(right.split("|"))
        found.append(Question(corpus, cast("Kind", kind), text, documents))
    return found
