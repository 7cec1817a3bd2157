"""Makes documents and tickets up: as many as asked for, the same every time.

Words follow Zipf's law, as in English, and every document and ticket is about something: a
handful of its words are rare elsewhere. So indexes are as large, and searches as hard, as
with texts that somebody wrote.
"""

from __future__ import annotations

import csv
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_SEED = 20_26
_WORDS = 30_000
_SECTIONS = 20
_PROJECTS = ("AOMA", "DELIVERY", "RIGHTS", "SEARCH", "MOBILE")
_STATUS = ("Open", "In Progress", "In Review", "Done", "Closed")
_PRIORITY = ("Blocker", "High", "Medium", "Low")
_SYLLABLES = (
    "ba",
    "cor",
    "del",
    "fen",
    "gra",
    "hol",
    "in",
    "jum",
    "kel",
    "lo",
    "mar",
    "nor",
    "ost",
    "pri",
    "qua",
    "rem",
    "sta",
    "tor",
    "ul",
    "ver",
    "wen",
    "xi",
    "yor",
    "zan",
)


@dataclass(frozen=True)
class Made:
    """Where the texts lie, and words to ask for.

    Attributes:
        handbook: most of the documents, for the readers of one group.
        public: the others, for everybody.
        tickets: a Jira export.
        queries: a few words each, from one entry, common and rare ones.
    """

    handbook: Path
    public: Path
    tickets: Path
    queries: tuple[str, ...]


def _vocabulary(chance: random.Random) -> list[str]:
    words: dict[str, None] = {}
    while len(words) < _WORDS:
        words["".join(chance.choices(_SYLLABLES, k=chance.choice((1, 2, 2, 3, 3, 4))))] = None
    return list(words)


class _Writer:
    """Sentences of words by how often they are used."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.words = _vocabulary(chance)
        self.weights = list(itertools.accumulate(1 / (place + 3) for place in range(_WORDS)))

    def words_of(self, count: int) -> list[str]:
        return self.chance.choices(self.words, cum_weights=self.weights, k=count)

    def topic(self) -> list[str]:
        return self.chance.sample(self.words[300:], k=6)

    def paragraph(self, topic: list[str], words: int) -> str:
        said = self.words_of(words)
        for place in self.chance.sample(range(words), k=max(1, words // 12)):
            said[place] = self.chance.choice(topic)
        sentences = [" ".join(said[at : at + 14]).capitalize() for at in range(0, words, 14)]
        return ". ".join(sentences) + "."


def _document(writer: _Writer, topic: list[str], sections: int) -> Iterator[str]:
    yield f"# {' '.join(topic[:3]).capitalize()}\n"
    for number in range(sections):
        heading = " ".join(writer.chance.sample(topic, k=2)).capitalize()
        yield f"## {heading} {number}\n"
        yield writer.paragraph(topic, writer.chance.randint(70, 190)) + "\n"


def _write_tickets(writer: _Writer, file: Path, count: int) -> list[str]:
    asked = []
    with file.open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(
            (
                "Issue key",
                "Issue Type",
                "Status",
                "Priority",
                "Summary",
                "Description",
                "Labels",
                "Assignee",
                "Created",
                "Updated",
            )
        )
        for number in range(count):
            topic = writer.topic()
            project = _PROJECTS[number % len(_PROJECTS)]
            rows.writerow(
                (
                    f"{project}-{number + 1}",
                    writer.chance.choice(("Bug", "Story", "Task")),
                    writer.chance.choice(_STATUS),
                    writer.chance.choice(_PRIORITY),
                    " ".join([*topic[:2], *writer.words_of(5)]).capitalize(),
                    writer.paragraph(topic, writer.chance.randint(40, 200)),
                    topic[2],
                    f"Person {number % 40}",
                    f"2026-{number % 12 + 1:02}-{number % 28 + 1:02}T10:00:00+00:00",
                    "2026-11-01T10:00:00+00:00",
                )
            )
            asked.append(" ".join([*topic[:2], *writer.words_of(2)]))
    return asked


def _write_documents(writer: _Writer, folder: Path, passages: int) -> list[str]:
    asked = []
    for number, start in enumerate(range(0, passages, _SECTIONS)):
        file = folder / f"part-{number // 100:03}" / f"document-{number:05}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        topic = writer.topic()
        file.write_text("\n".join(_document(writer, topic, min(_SECTIONS, passages - start))))
        asked.append(" ".join([*topic[:2], *writer.words_of(2)]))
    return asked


def make(folder: Path, *, passages: int, tickets: int, queries: int) -> Made:
    """Write documents with so many passages, a tenth of them public, and so many tickets."""
    writer = _Writer(random.Random(_SEED))
    handbook, public, export = folder / "handbook", folder / "public", folder / "tickets.csv"
    asked = _write_documents(writer, handbook, passages - passages // 10)
    asked += _write_documents(writer, public, passages // 10)
    asked += _write_tickets(writer, export, tickets)
    chosen = writer.chance.sample(asked, k=min(queries, len(asked)))
    return Made(handbook, public, export, tuple(chosen))
