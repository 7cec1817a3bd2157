"""Sections of a document, by heading: the passages that a search finds."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace

from aoma.corpus.markup.outline import Heading, Outline
from aoma.corpus.markup.parts import cut


@dataclass(frozen=True, slots=True)
class Section:
    """A passage to be: `text` holds the heading's line, `body` does not."""

    heading: tuple[str, ...]
    slug: str
    part: int
    text: str
    body: str


def slug_of(heading: str) -> str:
    """The anchor that GitHub gives a heading (before numbering of repeats)."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") or "section"


class _Slugs:
    """Numbers repeated anchors as GitHub does, so that each is there once."""

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}

    def take(self, slug: str) -> str:
        found = slug
        while found in self._taken:
            self._taken[slug] += 1
            found = f"{slug}-{self._taken[slug]}"
        self._taken[found] = 0
        return found


def title_of(outline: Outline) -> str | None:
    """What the document calls itself, or its first heading of the highest level; or None."""
    if outline.title:
        return outline.title
    return next((one.text for one in outline.headings if one.level == 1), None) or None


def _pieces(outline: Outline) -> Iterator[tuple[Heading, int]]:
    """Each heading with the line where its section ends; first what comes before them all."""
    headings = [Heading(0, 0, 0, "", "top"), *outline.headings]
    ends = [*(heading.start for heading in outline.headings), len(outline.lines)]
    return zip(headings, ends, strict=True)


def sections_of(outline: Outline) -> tuple[Section, ...]:
    """The document's sections, in order; a heading with no text of its own goes to the next."""
    found: list[Section] = []
    path: list[Heading] = []
    waiting: list[str] = []
    title = title_of(outline)
    slugs = _Slugs()
    starts = [block.start for block in outline.blocks]
    for heading, end in _pieces(outline):
        while path and path[-1].level >= heading.level:
            path.pop()
        if heading.level:
            path.append(heading)
        lines = outline.lines[heading.end : end]
        inside = slice(bisect_left(starts, heading.end), bisect_left(starts, end))
        blocks = [replace(one, start=one.start - heading.end) for one in outline.blocks[inside]]
        parts = cut(lines, blocks)
        waiting += outline.lines[heading.start : heading.end]
        slug = slugs.take(heading.slug or slug_of(heading.text)) if heading.level or parts else ""
        if not parts and not (waiting and end == len(outline.lines)):
            continue
        head = "\n".join(waiting)
        waiting = []
        names = tuple(one.text for one in path if one.text)
        if names and names[0] == title:
            names = names[1:]
        for number, body in enumerate(parts or [""]):
            text = f"{head}\n\n{body}".strip("\n") if number == 0 else body
            found.append(Section(names, slug or "top", number, text, body))
    return tuple(found)
