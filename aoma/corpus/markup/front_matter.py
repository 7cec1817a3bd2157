"""The front matter of a Markdown document: YAML between ---, or TOML between +++."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

NOT_READ = "front matter that is neither YAML nor TOML (read as text)"


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What stands before a document.

    Attributes:
        lines: how many lines it takes, its fences too; 0 without one.
        title: the title that it gives, or None.
        is_read: whether it could be parsed.
    """

    lines: int = 0
    title: str | None = None
    is_read: bool = True


def _fields(fence: str, text: str) -> Any:
    """What the front matter holds.

    Raises:
        ValueError: it cannot be parsed.
    """
    try:
        if fence == "+++":
            return tomllib.loads(text)
        # All values as text: a title such as 2024-13-45 or 1e3 stays what it is.
        return yaml.load(text, yaml.BaseLoader)  # noqa: S506 - makes only text, lists, mappings
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError("not YAML") from error


def front_matter(lines: Sequence[str]) -> FrontMatter:
    """The front matter at the beginning of a document's lines."""
    fence = lines[0].rstrip() if lines else ""
    ends = {"---": {"---", "..."}, "+++": {"+++"}}.get(fence, set())
    end = next((at for at, line in enumerate(lines[1:], 1) if line.rstrip() in ends), 0)
    if not end:
        return FrontMatter()
    try:
        fields = _fields(fence, "\n".join(lines[1:end]))
    except ValueError:
        return FrontMatter(end + 1, is_read=False)
    if fields is not None and not isinstance(fields, dict):
        return FrontMatter()  # a line between two rules
    title = (fields or {}).get("title")
    found = " ".join(str(title).split()) if isinstance(title, str | int | float) else ""
    return FrontMatter(end + 1, found or None)
