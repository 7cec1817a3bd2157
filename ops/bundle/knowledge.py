"""What the embedded backend answers from: the index in the zip."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ops.bundle.archive import Entry
from ops.bundle.failure import BuildError
from ops.corpus import CorpusError, IndexReport, write_index
from ops.corpus.documents import kind_of

NAME = "knowledge.sqlite3"


@dataclass(frozen=True)
class Knowledge:
    """Where the index comes from.

    Attributes:
        documents: Folders of documents, or single ones. In a git repository only what git
            tracks or does not ignore counts, so nothing that a build made gets in.
        repositories: Roots of git repositories, for their commits and code.
    """

    documents: tuple[Path, ...]
    repositories: tuple[Path, ...]


def of_project(root: Path) -> Knowledge:
    """The default: the project itself, its documents, commits and code."""
    return Knowledge((root,), (root,))


def check(documents: Sequence[Path], repositories: Sequence[Path]) -> None:
    """Refuse folders that somebody named and that hold nothing.

    Raises:
        BuildError: a folder is missing, or no document is below it.
    """
    for place in documents:
        if not place.exists():
            raise BuildError(f"--knowledge {place}: there is no such folder.")
        found = place.rglob("*") if place.is_dir() else iter((place,))
        if not any(kind_of(path.name) and path.is_file() for path in found):
            raise BuildError(
                f"--knowledge {place}: there is no document in it. Documents are Markdown (.md), "
                "reStructuredText (.rst) and plain text (.txt)."
            )
    for place in repositories:
        if not place.is_dir():
            raise BuildError(f"--git {place}: there is no such folder.")


def index(knowledge: Knowledge, scratch: Path) -> tuple[Entry, IndexReport]:
    """The index as it lies in the zip, and what went into it.

    It is made anew by every build: an edit to the application changes the code that it
    holds, so a kept one would be stale just when the build has to be fast.

    Raises:
        BuildError: the documents or repositories cannot be read.
    """
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        place = Path(folder) / NAME
        try:
            report = write_index(
                place, documents=knowledge.documents, repositories=knowledge.repositories
            )
        except CorpusError as error:
            raise BuildError(f"The knowledge index cannot be made: {error}") from error
        return Entry(NAME, place.read_bytes()), report


def check_report(
    report: IndexReport, documents: Sequence[Path], repositories: Sequence[Path]
) -> None:
    """Refuse an index that lacks what somebody named.

    Raises:
        BuildError: no document could be read, or a folder is no git repository.
    """
    if documents and not report.documents:
        reasons = "; ".join(f"{one.count} {one.reason}" for one in report.skipped)
        raise BuildError(
            f"--knowledge: none of the documents can be indexed. Left out: {reasons or 'all'}."
        )
    if len(report.repositories) < len({place.resolve() for place in repositories}):
        raise BuildError(f"--git: {'; '.join(report.problems)}.")
