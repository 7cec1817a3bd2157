"""Which documents are changelogs: by their names, or by headings that are versions and dates."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence

# Of an identifier's last two parts, so that history/5.2.md is one too.
_NAME = re.compile(
    r"(?:^|[/_.-])(?:change[-_]?logs?|changes|history|news|release[-_]?notes?|releases"
    r"|what[-_]?s[-_]?new\w*|breaking[-_]changes|upgrading|\u66f4\u65b0\u65e5\u5fd7|\u5909\u66f4\u5c65\u6b74)(?=[/_.-]|$)",
    re.IGNORECASE,
)
_VERSION = re.compile(r"(?:^|[\s(\[v])\d+\.\d+|\b\d{4}-\d{2}-\d{2}\b")
# Sections whose headings name a version or a date, and their share of a document's.
LEAST_SECTIONS = 4
LEAST_SHARE = 0.6


def is_changelog(document: str, headings: Sequence[str]) -> bool:
    """Whether a document lists changes, by its id and the headings of its passages."""
    if _NAME.search("/".join(document.split("/")[-2:])):
        return True
    versions = sum(bool(_VERSION.search(heading)) for heading in headings)
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
