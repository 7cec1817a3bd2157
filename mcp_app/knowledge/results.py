"""What a search gives back: plain, frozen, and ready for `dataclasses.asdict`.

Two numbers come with every hit, both computed and neither comparable with those of other
systems. `score` is SQLite's BM25 (higher is better, unbounded, comparable only within one
query and one source). `coverage` is the share, 0 to 1, of the query's distinct stems that
the hit holds, each weighted by its rarity (IDF) in the source; a stem that the source does
not hold at all counts in full against every hit.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A section of a document, or a part of a long section, at most 2,000 characters."""

    source: str = "documents"
    id: str
    title: str
    heading: tuple[str, ...]
    text: str
    link: str | None
    score: float
    coverage: float
    document: str
    corpus: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """A file in a commit; lines are None for a binary file."""

    path: str
    additions: int | None
    deletions: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A git commit; `text` is its message, `files` the first 50 of `files_changed`.

    The counts are None where git cannot know them: at the edge of a shallow clone.
    """

    source: str = "commits"
    id: str
    title: str
    text: str
    link: str | None
    score: float
    coverage: float
    repository: str
    hash: str
    author: str
    date: str
    files: tuple[FileChange, ...]
    files_changed: int | None
    additions: int | None
    deletions: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeFile:
    """A code file by its best part: `text` is lines `start_line` to `end_line` of it."""

    source: str = "code"
    id: str
    title: str
    text: str
    link: str | None
    score: float
    coverage: float
    repository: str
    path: str
    language: str | None
    extension: str
    size_bytes: int
    lines: int
    start_line: int
    end_line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult[Hit]:
    """Hits, best first, and how they were found.

    Attributes:
        hits: those with `coverage` at or above `threshold`, at most as many as asked for.
        candidates: how many entries hold at least one of the terms and pass the filters.
        terms: the query's distinct words after stop words, as asked.
        unknown_terms: those of `terms` that nothing in the source holds.
        ignored_terms: words beyond the limit per query, which were not searched for.
        reason: why there are no hits, in a sentence; None when there are some.
    """

    hits: tuple[Hit, ...]
    candidates: int
    terms: tuple[str, ...]
    unknown_terms: tuple[str, ...]
    ignored_terms: tuple[str, ...]
    threshold: float
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A whole document: its passages in reading order, joined."""

    id: str
    title: str
    text: str
    link: str | None
    corpus: str
    passages: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """An indexed git repository; `problem` says what its history or files lack."""

    name: str
    commit: str | None
    commits: int
    code_files: int
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """What an index holds, as counted when it was built."""

    schema_version: int
    size_bytes: int
    documents: int
    passages: int
    commits: int
    code_files: int
    code_parts: int
    corpora: tuple[str, ...]
    repositories: tuple[Repository, ...]
