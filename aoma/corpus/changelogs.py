"""Which documents are changelogs: by their names, or by headings that are versions and dates."""

from __future__ import annotations

import re
import sqlite3

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


def changelogs(connection: sqlite3.Connection) -> list[int]:
    """Numbers of the documents that list changes, in ascending order."""
    found: list[int] = []
    for number, name in connection.execute("SELECT id, name FROM documents ORDER BY id"):
        if _NAME.search("/".join(name.split("/")[-2:])) or _lists_versions(connection, number):
            found.append(number)
    return found


def _lists_versions(connection: sqlite3.Connection, document: int) -> bool:
    headings = connection.execute(
        "SELECT heading FROM passages WHERE document = ?", (document,)
    ).fetchall()
    versions = sum(bool(_VERSION.search(heading)) for (heading,) in headings)
    return len(headings) >= LEAST_SECTIONS and versions >= LEAST_SHARE * len(headings)
