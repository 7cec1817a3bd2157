"""Which tools a caller may call, by its key and by what its token was granted."""

from __future__ import annotations

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from mesh.runtime.access.caller import Caller


def missing_scopes(
    caller: Caller, tool: str, tool_scopes: Mapping[str, frozenset[str]]
) -> frozenset[str]:
    """What the caller's token would have to be granted besides, to call this tool."""
    if caller.scopes is None:
        return frozenset()
    return tool_scopes.get(tool, frozenset()) - caller.scopes


def may_call(caller: Caller, tool: str, tool_scopes: Mapping[str, frozenset[str]]) -> bool:
    """Whether this caller may call this tool."""
    listed = caller.tools is None or tool in caller.tools
    return listed and not missing_scopes(caller, tool, tool_scopes)


def is_limited(caller: Caller, tool_scopes: Mapping[str, frozenset[str]]) -> bool:
    """Whether there is a tool that this caller may not call."""
    return caller.tools is not None or any(
        missing_scopes(caller, tool, tool_scopes) for tool in tool_scopes
    )
