"""Real git repositories with fixed dates and authors, and an index of the test corpus."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from aoma.corpus import IndexReport, write_index
from mcp_app.knowledge.embedded.index import EmbeddedIndex, open_index

CORPUS = Path(__file__).parent / "corpus"


@dataclass(frozen=True)
class WorkingTree:
    """A git repository under test."""

    root: Path

    def git(self, *arguments: str, **variables: str) -> str:
        """Run git with no configuration but its own."""
        return subprocess.run(
            ("git", *arguments),
            cwd=self.root,
            env=os.environ
            | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
            | variables,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()

    def write(self, path: str, content: str | bytes) -> None:
        """Put a file into the tree."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(
        self,
        message: str,
        *,
        author: str = "Ada Example",
        email: str = "ada@example.com",
        date: str = "2026-03-01T12:00:00+01:00",
    ) -> str:
        """Commit everything; gives the hash."""
        self.git("add", "--all")
        people = {
            f"GIT_{role}_{part}": value
            for role in ("AUTHOR", "COMMITTER")
            for part, value in (("NAME", author), ("EMAIL", email), ("DATE", date))
        }
        self.git("commit", "--quiet", "--allow-empty", "--message", message, **people)
        return self.git("rev-parse", "HEAD")


@pytest.fixture(scope="session")
def tree_at() -> Callable[[Path], WorkingTree]:
    """Makes an empty git repository."""

    def make(root: Path) -> WorkingTree:
        root.mkdir(parents=True)
        tree = WorkingTree(root)
        tree.git("init", "--quiet", "--initial-branch=main")
        return tree

    return make


@pytest.fixture
def new_tree(
    tmp_path: Path, tree_at: Callable[[Path], WorkingTree]
) -> Callable[[str], WorkingTree]:
    """Makes empty git repositories below the test's folder."""
    return lambda name: tree_at(tmp_path / name)


@dataclass(frozen=True)
class Built:
    """An open index and the report of its making."""

    index: EmbeddedIndex
    report: IndexReport

    def skipped(self) -> dict[str, int]:
        """Counts by reason."""
        return {skipped.reason: skipped.count for skipped in self.report.skipped}


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Callable[..., Built]]:
    """Indexes documents and repositories; closes the indexes at the end."""
    opened: list[EmbeddedIndex] = []

    def make(
        *,
        documents: Sequence[Path] = (),
        repositories: Sequence[Path] = (),
        exports: Sequence[Path] = (),
        jira_url: str | None = None,
    ) -> Built:
        target = tmp_path / f"index-{len(opened)}" / "knowledge.sqlite3"
        report = write_index(
            target,
            documents=documents,
            repositories=repositories,
            exports=exports,
            jira_url=jira_url,
        )
        opened.append(open_index(target))
        return Built(opened[-1], report)

    yield make
    for index in opened:
        index.close()


@pytest.fixture(scope="session")
def corpus_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the invented enterprise's documents, read from outside any repository."""
    folder = tmp_path_factory.mktemp("corpus")
    for path in sorted(CORPUS.rglob("*")):
        if path.suffix in {".md", ".rst", ".txt"}:
            place = folder / "documents" / path.relative_to(CORPUS)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(path.read_bytes())
    target = folder / "knowledge.sqlite3"
    write_index(target, documents=[folder / "documents"], repositories=[])
    return target


@pytest.fixture(scope="session")
def corpus_index(corpus_file: Path) -> Iterator[EmbeddedIndex]:
    """That index, open."""
    index = open_index(corpus_file)
    yield index
    index.close()
