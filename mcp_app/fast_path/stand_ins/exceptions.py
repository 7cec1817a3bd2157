"""FastMCP's exceptions that tools raise; `mcp_app.fast_path.failures` answers them."""

from __future__ import annotations

import logging


class ToolError(Exception):
    """An error whose text is for the caller.

    Args:
        arguments: As those of every exception.
        log_level: At which the log says that the call failed.
    """

    def __init__(self, *arguments: object, log_level: int = logging.ERROR) -> None:
        super().__init__(*arguments)
        self.log_level = log_level
