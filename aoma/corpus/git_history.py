"""Commits of a repository: message, author's name, date and changed files. No addresses."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from aoma.corpus.addresses import name_without_address, without_addresses
from aoma.corpus.report import Ledger
from aoma.corpus.repository import Repository, git

# The newest; more history than this costs megabytes and is hardly asked for.
LIMIT_COMMITS = 20_000

# Whatever the user's configuration says.
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
    listing = git(
        repository.root,
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
    total = int(git(repository.root, "rev-list", "--count", "HEAD"))
    if total > limit:
        ledger.problem(f"{repository.name}: {limit} newest of {total} commits")
    edge = repository.shallow_edge
    if edge:
        ledger.problem(
            f"{repository.name}: a shallow clone, so only {min(total, limit)} commits are known; "
            "`git fetch --unshallow` gets the others"
        )
    listing = git(repository.root, *_LOG, f"-n{limit}", "--format=%H%n%aI%n%an%n%s%n%b")
    changes = _changes(repository, limit)
    commits = []
    for record in listing.split(b"\0"):
        lines = record.decode(errors="replace").split("\n", 4)
        if len(lines) < 4:  # noqa: PLR2004 - hash, date, author, subject
            continue
        commit, date, author, subject, *body = lines
        when = datetime.fromisoformat(date)
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
