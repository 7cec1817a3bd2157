"""Commits of a repository: message, author's name, date and changed files. No addresses."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from aoma.corpus.addresses import name_without_address, without_addresses
from aoma.corpus.report import Ledger
from aoma.corpus.repositories.moments import STRANGE_DATE, moment
from aoma.corpus.repositories.repository import Repository

# The newest; more history than this costs megabytes and is hardly asked for.
LIMIT_COMMITS = 20_000

# Whatever the user's configuration says.
_MAILMAP = ("-c", "mailmap.file=", "-c", "mailmap.blob=")
_LOG = ("log", "-z", "--no-color", "--no-show-signature", "--no-notes", "--encoding=UTF-8")


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file in a commit; lines are None for a binary file. A rename is two changes."""

    path: str
    additions: int | None
    deletions: int | None


@dataclass(frozen=True, slots=True)
class CommitText:
    """A commit as read. `files` is None where git cannot know them, and empty for merges."""

    hash: str
    subject: str
    body: str
    author: str
    date: str
    timestamp: int
    files: tuple[ChangedFile, ...] | None


def _changes(repository: Repository, limit: int) -> dict[str, tuple[ChangedFile, ...]]:
    """Changed files by commit, from `git log --numstat -z` (see git-log, -z)."""
    listing = repository.git(
        *(*_LOG, "--numstat", "--no-renames", "--no-ext-diff", "--no-textconv"),
        *("--root", f"-n{limit}", "--format=%x1e%H"),
    )
    found: dict[str, tuple[ChangedFile, ...]] = {}
    for record in listing.split(b"\x1e")[1:]:
        commit, _, rest = record.partition(b"\0")
        changes = []
        for entry in rest.split(b"\0"):
            fields = entry.strip(b"\n").split(b"\t", 2)
            if len(fields) != 3:  # noqa: PLR2004 - additions, deletions, path
                continue
            added, deleted, path = fields
            changes.append(
                ChangedFile(
                    # A name that is not UTF-8 stays readable.
                    path=os.fsdecode(path).encode(errors="replace").decode(),
                    additions=int(added) if added.isdigit() else None,
                    deletions=int(deleted) if deleted.isdigit() else None,
                )
            )
        found[commit.decode()] = tuple(sorted(changes, key=lambda change: change.path))
    return found


def read_commits(
    repository: Repository, ledger: Ledger, limit: int = LIMIT_COMMITS
) -> Iterator[CommitText]:
    """Commits reachable from HEAD, newest first by author date.

    What a reader should know (no commits yet, a shallow clone, a history longer than
    `limit`) is noted in the ledger.
    """
    if not repository.head:
        ledger.problem(f"{repository.name}: has no commits yet")
        return
    total = int(repository.git("rev-list", "--count", "HEAD"))
    if total > limit:
        ledger.problem(f"{repository.name}: {limit} newest of {total} commits")
    edge = repository.shallow_edge
    if edge:
        ledger.problem(
            f"{repository.name}: a shallow clone, so only {min(total, limit)} commits are known; "
            "`git fetch --unshallow` gets the others"
        )
    # Dates as they are stored, since git itself cannot write all of them; names by .mailmap.
    form = "--format=%H%n%ad%n%cd%n%aN%n%s%n%b"
    listing = repository.git(*_MAILMAP, *_LOG, "--date=raw", f"-n{limit}", form)
    changes = _changes(repository, limit)
    commits = []
    for record in listing.split(b"\0"):
        lines = record.decode(errors="replace").split("\n", 5)
        if len(lines) < 5:  # noqa: PLR2004 - hash, two dates, author, subject
            continue
        commit, authored, committed, author, subject, *body = lines
        when, sure = moment(authored, committed)
        if not sure:
            ledger.skip(STRANGE_DATE, [f"{repository.name}@{commit[:12]}"])
        commits.append(
            CommitText(
                hash=commit,
                subject=without_addresses(subject),
                body=without_addresses("".join(body)),
                author=name_without_address(author) or "unknown",
                date=when.isoformat(),
                timestamp=int(when.timestamp()),
                files=None if commit in edge else changes.get(commit, ()),
            )
        )
    yield from sorted(commits, key=lambda entry: (-entry.timestamp, entry.hash))
