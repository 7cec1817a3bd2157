"""The index in the zip, asked by keyword."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aoma.corpus import IndexReport, write_index
from benchmarks.retrieval.figures import DEPTH, System
from mcp_app.knowledge.embedded.index import open_index


@contextmanager
def embedded(documents: Path, file: Path) -> Iterator[tuple[System, IndexReport]]:
    """The embedded backend's search over the documents, and what was indexed into a file."""
    report = write_index(file, documents=[documents], repositories=[])
    index = open_index(file)
    try:
        yield (
            System(
                "embedded keyword",
                ("coverage",),
                lambda query: index.search_documents(query, max_results=DEPTH).hits,
            ),
            report,
        )
    finally:
        index.close()
