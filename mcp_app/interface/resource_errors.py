"""What a resource's reader is told when a source cannot be asked."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager

from fastmcp.exceptions import ResourceError, ValidationError

from mcp_app.knowledge.errors import SearchTimeoutError, SourceUnavailableError


class NoSuchResourceError(ValidationError):
    """A template's parameters name nothing; for its function to raise.

    FastMCP logs its own `NotFoundError` as the server's failure, with a traceback.
    """

    def __init__(self) -> None:
        super().__init__("no such resource", log_level=logging.DEBUG)


@contextmanager
def reading() -> Generator[None]:
    """Turns a source that is down into a resource error; its message is written for callers."""
    try:
        yield
    except (SourceUnavailableError, SearchTimeoutError) as error:
        raise ResourceError(str(error)) from error
