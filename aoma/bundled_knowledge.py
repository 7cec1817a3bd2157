"""What the embedded backend answers from: the index that the build hook puts into the zip."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from aoma.corpus import CorpusError, IndexReport, write_index
from aoma.corpus.folders import corpora_of
from aoma.corpus.formats.kinds import SHOWN, kind_of
from aoma.corpus.report import Ledger
from mesh.build import limits
from mesh.build.failure import BuildError
from mesh.build.hook import Report

NAME = "knowledge.sqlite3"
SMALLER = "Name fewer documents, or deploy with backend = supabase."
COUNTED = ("documents", "passages", "tickets", "commits", "code_files")


@dataclass(frozen=True)
class Knowledge:
    """Where the index comes from.

    Attributes:
        documents: Folders of documents, or single ones. In a git repository only what git
            tracks or does not ignore counts, so nothing that a build made gets in.
        repositories: Roots of git repositories, for their commits and code.
        exports: Jira exports, CSV or JSON.
        jira_url: Jira's address, for links to tickets; what an export tells when None.
        comments: Whether the tickets' comments and resolutions are indexed too.
        base_urls: Addresses of the folders' documents; see `aoma.corpus.base_urls`.
    """

    documents: tuple[Path, ...] = ()
    repositories: tuple[Path, ...] = ()
    exports: tuple[Path, ...] = ()
    jira_url: str | None = None
    comments: bool = False
    base_urls: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything is named."""
        return bool(self.documents or self.repositories or self.exports)


def of_project(root: Path) -> Knowledge:
    """The default: the project itself, its documents, commits and code."""
    return Knowledge(documents=(root,), repositories=(root,))


def check(named: Knowledge) -> None:
    """Refuse what somebody named and that is not there or holds nothing.

    Raises:
        BuildError: a folder or an export is missing, or no document is below a folder.
    """
    for place in named.documents:
        if not place.exists():
            raise BuildError(f"--knowledge {place}: there is no such folder.")
        found = place.rglob("*") if place.is_dir() else iter((place,))
        if not any(kind_of(path.name) and path.is_file() for path in found):
            raise BuildError(
                f"--knowledge {place}: there is no document in it. Documents are {SHOWN}."
            )
    _check_size(named)
    for place in named.repositories:
        if not place.is_dir():
            raise BuildError(f"--git {place}: there is no such folder.")
    for place in named.exports:
        if not place.is_file():
            raise BuildError(
                f"--jira {place}: there is no such file. Name an export of Jira, CSV or JSON."
            )
    _check_options(named)


def _check_size(named: Knowledge) -> None:
    """Refuse documents whose index cannot fit, before they are read.

    An index holds their text once, as it is, besides its words: together twice as much.

    Raises:
        BuildError: the text alone is more than Lambda unpacks.
    """
    text = sum(
        (corpus.root / path).stat().st_size
        for corpus in corpora_of(named.documents, Ledger())
        for path in corpus.files
        if (kind := kind_of(path)) and kind.is_text and (corpus.root / path).is_file()
    )
    if text > limits.UNZIPPED_BYTES:
        raise BuildError(
            f"--knowledge: the documents have {limits.megabytes(text)} of text, and Lambda unpacks "
            f"at most {limits.megabytes(limits.UNZIPPED_BYTES)}. {SMALLER}"
        )


def _check_options(named: Knowledge) -> None:
    """Refuse options about something that nobody named.

    Raises:
        BuildError: an address of documents or tickets, without any.
    """
    if named.jira_url and not named.exports:
        raise BuildError("--jira-url: there are no tickets to link. Name an export with --jira.")
    if named.comments and not named.exports:
        raise BuildError("--jira-comments: there are no tickets. Name an export with --jira.")
    if named.base_urls and not named.documents:
        raise BuildError("--base-url: no folder is named. Name one with --knowledge.")


def add(folder: Path, knowledge: Knowledge, named: Knowledge) -> Report:
    """Write the index into a folder, whose files go into the zip.

    It is made anew by every build: an edit to the application changes the code that it holds, so
    a kept one would be stale just when the build has to be fast.

    Args:
        folder: Where to write it.
        knowledge: What it is made from.
        named: What of that somebody named.

    Raises:
        BuildError: the documents, repositories or exports cannot be read, or it lacks what
            somebody named.
    """
    try:
        report = write_index(
            folder / NAME,
            documents=knowledge.documents,
            repositories=knowledge.repositories,
            exports=knowledge.exports,
            jira_url=knowledge.jira_url,
            comments=knowledge.comments,
            bases=knowledge.base_urls,
        )
    except CorpusError as error:
        raise BuildError(f"The knowledge index cannot be made: {error}") from error
    if report.size_bytes > limits.UNZIPPED_BYTES:
        raise BuildError(
            f"The knowledge index has {limits.megabytes(report.size_bytes)}, and Lambda unpacks at "
            f"most {limits.megabytes(limits.UNZIPPED_BYTES)}. {SMALLER}"
        )
    check_report(report, named)
    tickets = f"{report.tickets} tickets, " if report.tickets else ""
    line = (
        f"knowledge   {report.documents} documents in {report.passages} passages, "
        f"{tickets}{report.commits} commits, {report.code_files} code files"
    )
    return Report(
        title="knowledge",
        lines=(line,),
        details={"index": {name: getattr(report, name) for name in COUNTED}},
        notes=(*report.problems, *left_out(report)),
        offers=sources(report),
        content_date=report.newest,
    )


def check_report(report: IndexReport, named: Knowledge) -> None:
    """Refuse an index that lacks what somebody named.

    Raises:
        BuildError: no document or ticket could be read, or a folder is no git repository.
    """
    if named.documents and not report.documents:
        reasons = "; ".join(f"{one.count} {one.reason}" for one in report.skipped)
        raise BuildError(
            f"--knowledge: none of the documents can be indexed. Left out: {reasons or 'all'}."
        )
    if named.exports and not report.tickets:
        raise BuildError(
            "--jira: there is no ticket in it. Export the tickets that the index should hold."
        )
    if len(report.repositories) < len({place.resolve() for place in named.repositories}):
        raise BuildError(f"--git: {'; '.join(report.problems)}.")


def sources(report: IndexReport) -> frozenset[str]:
    """The sources that the server will offer."""
    held = {
        "documents": report.documents,
        "tickets": report.tickets,
        "commits": report.commits,
        "code": report.code_files,
    }
    return frozenset(name for name, count in held.items() if count)


def left_out(report: IndexReport) -> list[str]:
    """What is not in the index, or not as it was written; a sentence for each reason."""
    return [f"knowledge: {skipped}" for skipped in report.skipped]
