"""What the server knows, and how it is asked; standard library only.

`open_index` gives the embedded index, and `answer` evidence with citations, or none.
Results are plain frozen dataclasses: what a tool returns is made from them elsewhere.
"""

from mcp_app.knowledge.answer import STRATEGIES, Citation, KnowledgeAnswer, answer
from mcp_app.knowledge.errors import SearchTimeoutError, SourceUnavailableError
from mcp_app.knowledge.index import EmbeddedIndex, open_index
from mcp_app.knowledge.results import (
    CodeFile,
    Commit,
    Document,
    FileChange,
    Passage,
    Repository,
    SearchResult,
    Statistics,
)

__all__ = [
    "STRATEGIES",
    "Citation",
    "CodeFile",
    "Commit",
    "Document",
    "EmbeddedIndex",
    "FileChange",
    "KnowledgeAnswer",
    "Passage",
    "Repository",
    "SearchResult",
    "SearchTimeoutError",
    "SourceUnavailableError",
    "Statistics",
    "answer",
    "open_index",
]
