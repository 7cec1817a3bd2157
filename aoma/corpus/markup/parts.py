"""Cuts a section that is too long for one passage, where a reader would."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from aoma.corpus.markup.outline import Block

# The original server's documents had 2,000 characters; so a model's context stays small.
LIMIT_CHARACTERS = 2_000

_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n)+")
# Where a block is cut that is too long: between paragraphs, else between lines.
_JOINTS = (_BLANK_LINES, re.compile(r"\n"))


def _words(line: str, limit: int) -> Iterator[str]:
    """One long line in pieces, cut at spaces where there are any."""
    at = 0
    while len(line) - at > limit:
        space = line.rfind(" ", at + limit // 2, at + limit)
        end = space if space > 0 else at + limit
        yield line[at:end].rstrip()
        at = end
        while line[at : at + 1] == " ":
            at += 1
    yield line[at:]


def _broken(text: str, limit: int, joints: Sequence[re.Pattern[str]] = _JOINTS) -> Iterator[str]:
    """A block in pieces of at most `limit` characters."""
    if len(text) <= limit:
        yield text
    elif joints:
        for piece in joints[0].split(text):
            yield from _broken(piece, limit, joints[1:])
    else:
        yield from _words(text, limit)


def _pieces(lines: Sequence[str], blocks: Sequence[Block], limit: int) -> Iterator[tuple[str, str]]:
    """Blocks, and pieces of those that are too long, each with what a part repeats before it."""
    ends = [*(block.start for block in blocks), len(lines)]
    if ends[0]:
        yield from ((piece, "") for piece in _broken("\n".join(lines[: ends[0]]), limit))
    for block, (start, end) in zip(blocks, pairwise(ends), strict=True):
        text = "\n".join(lines[start:end])
        if len(text.rstrip()) <= limit:
            yield text, ""
            continue
        head = "\n".join(lines[start : start + block.head])
        if not block.head or len(head) > limit // 2:
            head = ""
        room = limit - len(head) - 1 if head else limit
        for number, piece in enumerate(_broken(text, room)):
            yield piece, f"{head}\n" if head and number else ""


def cut(
    lines: Sequence[str], blocks: Sequence[Block] = (), limit: int = LIMIT_CHARACTERS
) -> list[str]:
    """Lines in parts of at most `limit` characters; none for blank ones.

    Cut between blocks; a block that is itself too long is cut between its paragraphs, else
    between lines, else between words.

    Args:
        lines: the text.
        blocks: in order, counted from the first of these lines.
        limit: characters of a part.
    """
    whole = "\n".join(lines)
    if len(whole) <= limit:
        return [whole.strip("\n")] if whole.strip() else []
    found: list[str] = []
    current = ""
    for piece, repeated in _pieces(lines, blocks, limit):
        if current and len(current) + 1 + len(piece.rstrip()) <= limit:
            current += "\n" + piece
            continue
        found.append(current)
        # A blank line between two parts belongs to neither.
        current = repeated + piece if piece.strip() else ""
    return [part for one in (*found, current) if (part := one.strip("\n")).strip()]
