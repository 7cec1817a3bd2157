"""Suggestions for arguments that somebody is filling in: `completion/complete`.

https://modelcontextprotocol.io/specification/2026-07-28/server/utilities/completion
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

import mcp_types
from fastmcp.server.completions import MAX_COMPLETION_VALUES, CompletionReference
from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR, Completion

from mcp_app.knowledge.errors import SearchTimeoutError, SourceUnavailableError

# Takes what was typed so far, gives values that begin with it.
type Completer = Callable[[str], Awaitable[Sequence[str]]]


def beginning_with(values: Sequence[str]) -> Completer:
    """Suggests those of a few fixed values that begin with what was typed, in any case."""

    async def complete(typed: str) -> Sequence[str]:
        return [value for value in values if value.casefold().startswith(typed.casefold())]

    return complete


class Completions:
    """Answers `completion/complete` for every prompt and resource template it was told of."""

    def __init__(self) -> None:
        self._known: dict[str, Mapping[str, Completer]] = {}

    def add(self, reference: str, arguments: Mapping[str, Completer]) -> None:
        """Remember what completes the arguments of a prompt or of a template's address."""
        self._known[reference] = arguments

    async def __call__(
        self,
        reference: CompletionReference,
        argument: mcp_types.CompletionArgument,
        _context: mcp_types.CompletionContext | None,
    ) -> Completion:
        """Suggestions for one argument; none where nobody knows any.

        Raises:
            MCPError: the source of the suggestions cannot be asked.
        """
        name = reference.name if isinstance(reference, mcp_types.PromptReference) else reference.uri
        complete = self._known.get(name, {}).get(argument.name)
        if complete is None:
            return Completion(values=[])
        try:
            values = await complete(argument.value)
        except (SourceUnavailableError, SearchTimeoutError) as error:
            raise MCPError(code=INTERNAL_ERROR, message=str(error)) from error
        shown = list(values[:MAX_COMPLETION_VALUES])
        # More there may be; how many, who completes need not know.
        return Completion(values=shown, has_more=len(values) > len(shown))
