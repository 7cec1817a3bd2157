"""What a reader finds in a document: its lines, and where its headings and blocks are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading.

    Attributes:
        start: its first line, counted from 0.
        end: the line after its last one. A heading whose line holds more than the heading
            ends where it starts, so that its line belongs to the section.
        level: 1 for the highest.
        text: without markup.
        slug: the anchor that the document itself names, or None.
    """

    start: int
    end: int
    level: int
    text: str
    slug: str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, a table, a list item, code: what a reader wants to see whole.

    Attributes:
        start: its first line. It ends where the next block starts.
        head: how many lines every part of it begins with when it is too long for one passage:
            a table's header, the opening fence of code.
    """

    start: int
    head: int = 0


@dataclass(frozen=True, slots=True)
class Outline:
    """A document as its format's reader sees it.

    Attributes:
        lines: its text.
        headings: in order.
        blocks: in order.
        title: what the document calls itself, if its first heading does not say it.
        link: its address on the web, if the document itself names one.
        ancestors: titles of the pages above it, from the top.
        gaps: parts that could not be read: a reason, and where.
    """

    lines: Sequence[str]
    headings: Sequence[Heading] = ()
    blocks: Sequence[Block] = ()
    title: str | None = None
    link: str | None = None
    ancestors: tuple[str, ...] = ()
    gaps: tuple[tuple[str, str], ...] = ()


def lines_of(text: str) -> list[str]:
    """The lines of a text, whatever ends them."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def plain(text: str) -> Outline:
    """Text without markup: its paragraphs are its blocks."""
    lines = lines_of(text)
    starts = (
        at
        for at, line in enumerate(lines)
        if line.strip() and (at == 0 or not lines[at - 1].strip())
    )
    return Outline(lines, blocks=tuple(Block(at) for at in starts))
