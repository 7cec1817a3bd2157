"""Documents of a folder: Markdown, reStructuredText and plain text, cut at their headings."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from aoma.corpus.markup import Section, parse
from aoma.corpus.report import CorpusError, Ledger
from aoma.corpus.repository import FOREIGN_MARKS, Repository, repository_around
from aoma.corpus.text_files import read_text

LIMIT_BYTES = 4 * 1024 * 1024
KINDS = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".mdx": "markdown",
    ".rst": "rst",
    ".txt": "plain",
}
# Text for programs, whatever the extension says.
_NOT_PROSE = ("requirements", "constraints", "cmakelists", "robots", "top_level")
# Not looked into where git does not say what belongs to the folder.
_FOREIGN_FOLDERS = frozenset({"node_modules", "__pycache__", "site-packages", "venv"})
FOREIGN = "marked as generated or vendored in .gitattributes"
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
        repository: None for a folder outside git.
    """

    root: Path
    name: str
    files: tuple[str, ...]
    repository: Repository | None


@dataclass(frozen=True, slots=True)
class DocumentText:
    """A document as read: `id` is its path, with the corpus's name when there are several."""

    id: str
    title: str
    corpus: str
    link: str | None
    sections: tuple[Section, ...]


def kind_of(path: str) -> str | None:
    """How a document is written, or None for what is no document."""
    name = PurePosixPath(path)
    if name.suffix.lower() == ".txt" and name.stem.lower().startswith(_NOT_PROSE):
        return None
    if name.suffix.lower() == ".txt" and name.parent.name in {"requirements", "constraints"}:
        return None
    return KINDS.get(name.suffix.lower())


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
    """Documents below a folder that git does not manage; hidden folders stay out."""
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
        for name in files:
            path = (place / name).relative_to(folder).as_posix()
            if kind_of(path):
                yield path


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
    if repository and not (folder != repository.root and repository.ignores(folder)):
        below = place.relative_to(repository.root).as_posix()
        chosen = [
            path
            for path in repository.files
            if (below in {".", path} or path.startswith(below + "/")) and kind_of(path)
        ]
        marked = [path for path in chosen if path in repository.foreign]
        ledger.skip(FOREIGN, marked)
        kept = tuple(path for path in chosen if path not in repository.foreign)
        return Corpus(repository.root, repository.name, kept, repository)
    if place.is_file():
        return Corpus(folder, folder.name, (place.name,), None)
    return Corpus(folder, folder.name, tuple(sorted(_walk(folder, ledger))), None)


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
            corpus = Corpus(known.root, known.name, files, known.repository)
        found[corpus.root] = corpus
    named: dict[str, Corpus] = {}
    for corpus in found.values():
        name, number = corpus.name, 1
        while name in named:
            number += 1
            name = f"{corpus.name}-{number}"
        named[name] = Corpus(corpus.root, name, corpus.files, corpus.repository)
    return [named[name] for name in sorted(named)]


def _link(corpus: Corpus, path: str) -> str | None:
    repository = corpus.repository
    if repository and repository.web and repository.head and path in repository.committed:
        return repository.web.file(repository.head, path)
    return None


def read_documents(corpora: Sequence[Corpus], ledger: Ledger) -> Iterator[DocumentText]:
    """Every document, in order of corpus and path; what cannot be read is in the ledger."""
    for corpus in corpora:
        for path in corpus.files:
            place = corpus.root / path
            if not os.path.lexists(place):
                continue  # deleted, and not yet committed so
            text = read_text(place, path, LIMIT_BYTES, ledger)
            if text is None:
                continue
            parsed = parse(text, kind_of(path) or "plain")
            yield DocumentText(
                id=f"{corpus.name}/{path}" if len(corpora) > 1 else path,
                title=parsed.title or PurePosixPath(path).stem,
                corpus=corpus.name,
                link=_link(corpus, path),
                sections=parsed.sections,
            )


def passage_id(document: str, section: Section) -> str:
    """`path#slug`, with `~2` and so on for the further parts of a long section."""
    return f"{document}#{section.slug}" + (f"~{section.part + 1}" if section.part else "")


def anchor(section: Section) -> str:
    """What a web page adds to a document's link to show the section."""
    return "#" + quote(section.slug)
