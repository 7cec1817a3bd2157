"""Cuts text that is too long for one passage, where a reader would."""

from __future__ import annotations

import re

# The original server's documents had 2,000 characters; so a model's context stays small.
LIMIT_CHARACTERS = 2_000

FENCE = re.compile(r"^\s*(?:>\s*)*(?P<fence>`{3,}|~{3,})(?P<info>[^`]*)$")


def fence_after(line: str, fence: str) -> str:
    """The open code fence after `line`, "" for none, given the one open before it.

    See https://spec.commonmark.org/0.31.2/#fenced-code-blocks. Fences inside lists and
    quotes count too.
    """
    found = FENCE.match(line)
    if not found:
        return fence
    mark = found["fence"]
    if not fence:
        return mark
    closes = mark[0] == fence[0] and len(mark) >= len(fence) and not found["info"].strip()
    return "" if closes else fence


def blocks(text: str) -> list[str]:
    """Paragraphs of `text`; a fenced code block is one, blank lines inside or not."""
    found: list[list[str]] = [[]]
    fence = ""
    for line in text.split("\n"):
        if not line.strip() and not fence:
            if found[-1]:
                found.append([])
            continue
        fence = fence_after(line, fence)
        found[-1].append(line)
    return ["\n".join(lines) for lines in found if lines]


def _halves(block: str, limit: int) -> list[str]:
    """Pieces of one block that is longer than `limit`: at lines, else at spaces."""
    if len(block) <= limit:
        return [block]
    lines = block.split("\n")
    if len(lines) > 1:
        return _packed([piece for line in lines for piece in _halves(line, limit)], "\n", limit)
    at = block.rfind(" ", limit // 2, limit)
    at = at if at > 0 else limit
    return [block[:at].rstrip(), *_halves(block[at:].lstrip(), limit)]


def _packed(pieces: list[str], joint: str, limit: int) -> list[str]:
    """`pieces` joined as long as the result stays within `limit`."""
    packed: list[str] = []
    for piece in pieces:
        if packed and len(packed[-1]) + len(joint) + len(piece) <= limit:
            packed[-1] += joint + piece
        else:
            packed.append(piece)
    return packed


def split(text: str, limit: int = LIMIT_CHARACTERS) -> list[str]:
    """`text` in pieces of at most `limit` characters; none for blank text.

    Cut between paragraphs, else between lines, else between words.
    """
    if len(text) <= limit:
        return [text.strip("\n")] if text.strip() else []
    pieces = [piece for block in blocks(text) for piece in _halves(block, limit)]
    return _packed([piece for piece in pieces if piece.strip()], "\n\n", limit)
