"""What is embedded of an entry, and the digest that says when it has to be again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

# An input may have 8,192 tokens (https://platform.openai.com/docs/api-reference/embeddings).
# A token is at least one byte of UTF-8, so this many bytes fit in whatever language. What
# lies beyond them, in a long ticket, is found by its words and not by its meaning.
LIMIT_BYTES = 8_000
# Of a commit that changed hundreds of files, the rest would drown its message.
LIMIT_PATHS = 20
# The usual estimate for English; the API counts what it takes.
CHARACTERS_PER_TOKEN = 4


def _passage(row: Mapping[str, Any]) -> str:
    place = " > ".join([row["title"], *(row["heading"] or ())])
    return f"{place}\n\n{row['text']}"


def _ticket(row: Mapping[str, Any]) -> str:
    labels = f"labels: {', '.join(row['labels'])}" if row["labels"] else ""
    parts = (f"{row['key']} {row['summary']}", labels, row["description"] or "")
    return "\n\n".join(filter(None, parts))


def _commit(row: Mapping[str, Any]) -> str:
    paths = "\n".join((row["paths"] or ())[:LIMIT_PATHS])
    return "\n\n".join(filter(None, (row["subject"], row["body"], paths)))


def _code_part(row: Mapping[str, Any]) -> str:
    return f"{row['path']}\n\n{row['text']}"


_TEXTS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "mesh_passages": _passage,
    "mesh_tickets": _ticket,
    "mesh_commits": _commit,
    "mesh_code_parts": _code_part,
}


def text_of(table: str, row: Mapping[str, Any]) -> str:
    """What is embedded of a row: the same from a source that was read and from the database.

    Args:
        table: one of the four tables that are searched.
        row: its columns, and its parent's `title` or `path` where it has a parent.
    """
    whole = _TEXTS[table](row)
    cut = whole.encode()[:LIMIT_BYTES].decode(errors="ignore").strip()
    # The API refuses an empty input.
    return cut or str(row["id"] if "id" in row else row["key"])


def text_digest(text: str, model: str, dimensions: int) -> str:
    """SHA-256 of a text and of how it is embedded, in hexadecimal."""
    return hashlib.sha256(f"{model}\0{dimensions}\0{text}".encode()).hexdigest()


def estimated_tokens(characters: int) -> int:
    """About how many tokens so many characters are."""
    return -(-characters // CHARACTERS_PER_TOKEN)
