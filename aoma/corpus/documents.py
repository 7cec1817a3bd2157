"""Documents of folders, read and cut at their headings, and which of them are changelogs."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from aoma.corpus.base_urls import BaseUrl
from aoma.corpus.folders import Corpus
from aoma.corpus.formats.confluence import page_path
from aoma.corpus.formats.kinds import TEXT, Kind, kind_of
from aoma.corpus.markup.outline import Outline, plain
from aoma.corpus.markup.sections import Section, sections_of, title_of
from aoma.corpus.report import Ledger
from aoma.corpus.text_files import (
    CONFIDENTIAL,
    holds_private_key,
    read_bytes,
    shown,
    text_of,
    without_pictures,
)

NO_TEXT = "document without text"
# Names of changelogs: of an identifier's last two parts, so that history/5.2.md is one too.
_CHANGELOG = re.compile(
    r"(?:^|[/_.-])(?:change[-_]?logs?|changes|history|news|release[-_]?notes?|releases"
    r"|what[-_]?s[-_]?new\w*|breaking[-_]changes|upgrading|\u66f4\u65b0\u65e5\u5fd7|\u5909\u66f4\u5c65\u6b74)(?=[/_.-]|$)",
    re.IGNORECASE,
)
_DATED = re.compile(r"(?:^|[\s(\[v])\d+\.\d+|\b\d{4}-\d{2}-\d{2}\b")
# Sections whose headings name a version or a date, and their share of a document's.
LEAST_SECTIONS = 4
LEAST_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class DocumentText:
    """A document as read: `id` is its path, with the corpus's name when there are several.

    Attributes:
        ancestors: titles of the pages above it; they lead the headings of its sections.
        date: when the last commit changed it, ISO 8601 in UTC; None where git does not know.
    """

    id: str
    title: str
    corpus: str
    link: str | None
    ancestors: tuple[str, ...]
    sections: tuple[Section, ...]
    date: str | None = None

    def heading(self, section: Section) -> tuple[str, ...]:
        """The way to a section, from the top of the page tree."""
        return (*self.ancestors, *section.heading)


def _link(corpus: Corpus, path: str, outline: Outline, bases: Sequence[BaseUrl]) -> str | None:
    """Where people open a document: below its base URL, else where it says, else at its host."""
    # Pages of Confluence have addresses by their ids.
    below = page_path(path) if outline.ancestors else None
    for base in bases:
        link = base.link_of(corpus.root / path, below)
        if link:
            return link
    repository = corpus.repository
    if outline.link:
        return outline.link
    if repository and repository.web and repository.head and path in repository.committed:
        return repository.web.file(repository.head, path)
    return None


def _storable(outline: Outline) -> Outline:
    """An outline without what no database takes: NUL, and halves of surrogate pairs."""

    def clean(text: str) -> str:
        return text.replace("\x00", "").encode(errors="replace").decode()

    return replace(
        outline,
        lines=[clean(line) for line in outline.lines],
        headings=[replace(one, text=clean(one.text)) for one in outline.headings],
        title=clean(outline.title) if outline.title else None,
    )


def _text_outline(text: str, name: str, kind: Kind, ledger: Ledger) -> Outline:
    """The outline of a text; of one that its parser does not take, that of plain text."""
    try:
        return kind.outline(text)
    except ImportError:
        raise  # a fault of this environment
    except Exception:  # noqa: BLE001 - one document must not end the reading of the others
        ledger.skip(f"{kind.name} that its parser does not take (read as plain text)", [name])
        return plain(text)


def _file_outline(content: bytes, name: str, kind: Kind, ledger: Ledger) -> Outline | None:
    """The outline of a file that is no text; None with the reason in the ledger."""
    try:
        outline = _storable(kind.outline(content))
    except ImportError:
        raise  # a fault of this environment
    except Exception:  # noqa: BLE001 - whatever a library makes of a damaged file
        ledger.skip(f"{kind.name} that cannot be read: damaged or encrypted", [name])
        return None
    if holds_private_key("\n".join(outline.lines)):
        ledger.skip(CONFIDENTIAL, [name])
        return None
    return outline


def _outline(place: Path, path: str, kind: Kind, ledger: Ledger) -> Outline | None:
    """A document's outline, or None with the reason in the ledger."""
    content = read_bytes(place, path, kind.limit_bytes, ledger)
    if content is None:
        return None
    name = shown(path)
    if not kind.is_text:
        return _file_outline(content, name, kind, ledger)
    text = text_of(content, name, ledger)
    if text is None:
        return None
    return _text_outline(without_pictures(text, name, ledger), name, kind, ledger)


def read_documents(
    corpora: Sequence[Corpus], ledger: Ledger, bases: Sequence[BaseUrl] = ()
) -> Iterator[DocumentText]:
    """Every document, in order of corpus and path; what cannot be read is in the ledger.

    Args:
        corpora: the folders.
        ledger: takes what is left out.
        bases: addresses of folders; see `base_urls`.
    """
    for corpus in corpora:
        for path in corpus.files:
            place = corpus.root / path
            if not os.path.lexists(place):
                continue  # deleted, and not yet committed so
            outline = _outline(place, path, kind_of(path) or TEXT, ledger)
            if outline is None:
                continue
            for reason, where in outline.gaps:
                ledger.skip(reason, [f"{path}, {where}" if where else path])
            sections = sections_of(outline)
            if not sections:
                ledger.skip(NO_TEXT, [path])
                continue
            yield DocumentText(
                id=f"{corpus.name}/{path}" if len(corpora) > 1 else path,
                title=title_of(outline) or PurePosixPath(path).stem,
                corpus=corpus.name,
                link=_link(corpus, path, outline, bases),
                ancestors=outline.ancestors,
                sections=sections,
                date=corpus.repository.changed.get(path) if corpus.repository else None,
            )


def passage_id(document: str, section: Section) -> str:
    """`path#slug`, with `~2` and so on for the further parts of a long section."""
    return f"{document}#{section.slug}" + (f"~{section.part + 1}" if section.part else "")


def anchor(section: Section) -> str:
    """What a web page adds to a document's link to show the section."""
    return "#" + quote(section.slug, safe="=")


def is_changelog(document: str, headings: Sequence[str]) -> bool:
    """Whether a document lists changes, by its id and the headings of its passages."""
    if _CHANGELOG.search("/".join(document.split("/")[-2:])):
        return True
    versions = sum(bool(_DATED.search(heading)) for heading in headings)
    return len(headings) >= LEAST_SECTIONS and versions >= LEAST_SHARE * len(headings)


def changelogs(connection: sqlite3.Connection) -> list[int]:
    """Numbers of the documents that list changes, in ascending order."""
    found: list[int] = []
    for number, name in connection.execute("SELECT id, name FROM documents ORDER BY id"):
        headings = connection.execute(
            "SELECT heading FROM passages WHERE document = ?", (number,)
        ).fetchall()
        if is_changelog(name, [heading for (heading,) in headings]):
            found.append(number)
    return found
