"""PDF, through PDFium: a section for each page, below the bookmarks that lead to it."""

from __future__ import annotations

from collections.abc import Iterator

import pypdfium2

from aoma.corpus.markup.outline import Block, Heading, Outline, lines_of

NO_TEXT = "page of a PDF without text (a scan?)"
DAMAGED = "page of a PDF that is damaged"
# Below every bookmark.
_PAGE_LEVEL = 99


def _bookmarks(document: pypdfium2.PdfDocument) -> Iterator[tuple[int, int, str]]:
    """The number of a page, from 0, the level of a bookmark to it and its title."""
    for bookmark in document.get_toc():
        target = bookmark.get_dest()
        page = target.get_index() if target else None
        title = " ".join(bookmark.get_title().split())
        if page is not None and title:
            # Below a title, which a bookmark such as "Cover" is not.
            yield page, min(bookmark.level + 2, _PAGE_LEVEL - 1), title


def _text(document: pypdfium2.PdfDocument, number: int) -> list[str]:
    page = document[number]
    try:
        text_page = page.get_textpage()
        try:
            # U+FFFE stands for a hyphen at the end of a line: the word goes on.
            text = text_page.get_text_range().replace("\ufffe\r\n", "").replace("\ufffe", "")
        finally:
            text_page.close()
    finally:
        page.close()
    return [line.rstrip() for line in lines_of(text.replace("\x00", ""))]


def pdf(content: bytes) -> Outline:
    """The outline of a PDF: passages name their page, and links open it (`#page=3`).

    https://www.rfc-editor.org/rfc/rfc8118#section-3
    """
    document = pypdfium2.PdfDocument(content)
    try:
        bookmarks: dict[int, list[tuple[int, str]]] = {}
        for page, level, title in _bookmarks(document):
            bookmarks.setdefault(page, []).append((level, title))
        lines: list[str] = []
        headings: list[Heading] = []
        blocks: list[Block] = []
        gaps = []
        for number in range(len(document)):
            at = len(lines)
            headings += [
                Heading(at, at, level, title) for level, title in bookmarks.get(number, ())
            ]
            shown = f"page {number + 1}"
            headings.append(Heading(at, at, _PAGE_LEVEL, shown, f"page={number + 1}"))
            try:
                text = _text(document, number)
            except pypdfium2.PdfiumError:
                gaps.append((DAMAGED, shown))
                continue
            if not "".join(text).strip():
                gaps.append((NO_TEXT, shown))
            blocks += [Block(at + offset) for offset, line in enumerate(text) if line]
            lines += [*text, ""]
        title = " ".join((document.get_metadata_value("Title") or "").split())
    finally:
        document.close()
    return Outline(lines, headings, blocks, title or None, gaps=tuple(gaps))
