"""What an index file must be for this code to read it.

The tables themselves are made in `aoma.corpus.writer`, at build time.
"""

from __future__ import annotations

# Kept in SQLite's header, where `file` and a hex dump show them too: "MESH" and the version.
APPLICATION_ID = 0x4D455348
# Counted up with every change that an older reader or index would not survive.
SCHEMA_VERSION = 5

# BM25 weights of each full-text table's columns, in their order. A word in a heading is
# what the section is about; a part of an identifier is a weaker sign than the word itself.
DOCUMENT_WEIGHTS = {"title": 4.0, "heading": 6.0, "body": 1.0, "identifiers": 0.5}
# `facts` are type, status, priority and assignee: what many tickets share.
TICKET_WEIGHTS = {
    "key": 6.0,
    "summary": 5.0,
    "labels": 2.0,
    "facts": 0.5,
    "description": 1.0,
    "identifiers": 0.5,
}
COMMIT_WEIGHTS = {"subject": 4.0, "body": 1.0, "files": 1.0, "identifiers": 0.5}
CODE_WEIGHTS = {"path": 4.0, "symbols": 6.0, "body": 1.0, "identifiers": 0.5}
SEARCH_WEIGHTS = {
    "passages_text": DOCUMENT_WEIGHTS,
    "tickets_text": TICKET_WEIGHTS,
    "commits_text": COMMIT_WEIGHTS,
    "code_parts_text": CODE_WEIGHTS,
}

# A full-text table of at least LARGE entries has lists of its terms with scores. A term in more
# than LISTED entries has all of them; one in more than COMMON has only the BEST_ENTRIES.
LARGE = 20_000
LISTED = 100
COMMON = 2_000
BEST_ENTRIES = 1_000
