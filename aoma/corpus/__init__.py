"""Reads documents, Jira exports and git repositories, and writes the index that the zip carries.

Build time only: what reads the index on Lambda is `mcp_app.knowledge`.
"""

from aoma.corpus.report import CorpusError, IndexReport, Skipped
from aoma.corpus.writer import write_index

__all__ = ["CorpusError", "IndexReport", "Skipped", "write_index"]
