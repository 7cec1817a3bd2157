"""FastMCP's providers, asked without a task for each where there is but one.

FastMCP asks all providers of a server at one time and takes the best of what they have. Here
everything is registered with the server itself, which is one provider.
https://gofastmcp.com/servers/providers/overview
"""

from __future__ import annotations

from collections.abc import Sequence

from fastmcp.server.providers.aggregate import AggregateProvider
from fastmcp.tools import Tool
from fastmcp.utilities.versions import VersionSpec


class OneProvider(AggregateProvider):
    """To stand behind FastMCP in the bases of a server's class, before its own base."""

    async def _list_tools(self) -> Sequence[Tool]:
        """The only provider's tools; FastMCP's own answer where there are more."""
        if len(self.providers) != 1:
            return await super()._list_tools()
        return await self.providers[0].list_tools()

    async def _get_tool(self, name: str, version: VersionSpec | None = None) -> Tool | None:
        """The only provider's tool of that name; FastMCP's own answer where there are more."""
        if len(self.providers) != 1:
            return await super()._get_tool(name, version)
        return await self.providers[0].get_tool(name, version)
