"""Folders of documents: which of their files are read, and which are not."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from aoma.corpus.formats.kinds import is_document, kind_of
from aoma.corpus.report import CorpusError, Ledger
from aoma.corpus.repositories.repository import (
    FOREIGN,
    FOREIGN_MARKS,
    Repository,
    repository_around,
)

# Not looked into where git does not say what belongs to the folder.
_FOREIGN_FOLDERS = frozenset({"node_modules", "__pycache__", "site-packages", "venv"})
FOREIGN_FOLDER = "folder marked as generated or vendored in .gitattributes"
LINKED_FOLDER = "folder by symbolic link (not followed)"
PACKAGES = "hidden folder, or packages of others"


@dataclass(frozen=True, slots=True)
class Corpus:
    """A folder of documents, or the repository that the folder lies in.

    Attributes:
        root: what the documents' paths are relative to.
        name: the repository's name or the folder's.
        files: paths of documents, sorted.
        others: paths of files that are no documents.
        repository: None for a folder outside git.
    """

    root: Path
    name: str
    files: tuple[str, ...]
    others: tuple[str, ...]
    repository: Repository | None


def _is_foreign(folder: Path) -> bool:
    """Whether a folder's own .gitattributes marks all in it as generated or vendored.

    Git reads the whole of such files; this line is enough to keep examples out of an index
    that is built from a downloaded archive.
    """
    try:
        lines = (folder / ".gitattributes").read_text(errors="replace").splitlines()
    except OSError:
        return False
    return any(
        line.split()[:1] == ["*"] and set(line.split()) & set(FOREIGN_MARKS) for line in lines
    )


def _walk(folder: Path, ledger: Ledger) -> Iterator[str]:
    """Files below a folder that git does not manage; hidden folders stay out."""
    for here, folders, files in os.walk(folder):
        place = Path(here)
        paths = {name: (place / name).relative_to(folder).as_posix() for name in folders}
        linked = {name for name in folders if (place / name).is_symlink()}
        marked = {name for name in set(folders) - linked if _is_foreign(place / name)}
        foreign = {
            name
            for name in set(folders) - linked - marked
            if name.startswith(".") or name in _FOREIGN_FOLDERS
        }
        ledger.skip(LINKED_FOLDER, [paths[name] for name in linked])
        ledger.skip(FOREIGN_FOLDER, [paths[name] for name in marked])
        ledger.skip(PACKAGES, [paths[name] for name in foreign])
        folders[:] = sorted(set(folders) - linked - marked - foreign)
        yield from ((place / name).relative_to(folder).as_posix() for name in files)


def _tracked(place: Path, repository: Repository, ledger: Ledger) -> Corpus:
    """The documents of a repository at or below a place."""
    below = "." if place == repository.place else place.relative_to(repository.root).as_posix()
    chosen = [
        path for path in repository.files if below in {".", path} or path.startswith(below + "/")
    ]
    documents = {path for path in chosen if is_document(repository.root, path)}
    ledger.skip(FOREIGN, [path for path in documents if path in repository.foreign])
    kept = [path for path in chosen if path not in repository.foreign]
    return Corpus(
        repository.root,
        repository.name,
        tuple(path for path in kept if path in documents),
        tuple(path for path in kept if path not in documents),
        repository,
    )


def _corpus_of(source: Path, ledger: Ledger) -> Corpus:
    if not source.exists():
        raise CorpusError(f"{source}: no such folder. Name a folder of documents, or one document.")
    place = source.resolve()
    folder = place if place.is_dir() else place.parent
    try:
        repository = repository_around(folder)
    except CorpusError as error:
        ledger.problem(f"{source.name}: read as a plain folder, without links ({error})")
        repository = None
    if repository and (folder == repository.place or not repository.ignores(folder)):
        return _tracked(place, repository, ledger)
    files = [place.name] if place.is_file() else sorted(_walk(folder, ledger))
    documents = tuple(path for path in files if kind_of(path))
    others = tuple(path for path in files if not kind_of(path))
    return Corpus(folder, folder.name, documents, others, None)


def corpora_of(sources: Sequence[Path], ledger: Ledger) -> list[Corpus]:
    """The corpora behind folders and single documents; those of one repository are one.

    Raises:
        CorpusError: a source does not exist.
    """
    found: dict[Path, Corpus] = {}
    for source in sources:
        corpus = _corpus_of(source, ledger)
        known = found.get(corpus.root)
        if known:
            files = tuple(sorted({*known.files, *corpus.files}))
            others = tuple(sorted({*known.others, *corpus.others}))
            corpus = replace(known, files=files, others=others)
        found[corpus.root] = corpus
    named: dict[str, Corpus] = {}
    for corpus in found.values():
        name, number = corpus.name, 1
        while name in named:
            number += 1
            name = f"{corpus.name}-{number}"
        named[name] = replace(corpus, name=name)
    return [named[name] for name in sorted(named)]


def note_unread(corpora: Sequence[Corpus], indexed: Collection[Path], ledger: Ledger) -> None:
    """Note the files whose kind nobody reads.

    Args:
        corpora: whose files.
        indexed: roots of repositories whose other files are read as code.
        ledger: takes them, by kind.
    """
    for corpus in corpora:
        if corpus.root in indexed:
            continue
        for path in corpus.others:
            suffix = PurePosixPath(path).suffix.lower()
            kind = suffix or "no extension"
            ledger.skip(f"not a kind of document that is read ({kind})", [path])
