"""FastMCP's providers, asked without a task for each where there is but one.

FastMCP asks all providers of a server at one time and takes the best of what they have. Here
everything is registered with the server itself, which is one provider.
https://gofastmcp.com/servers/providers/overview

The schemas of the tools take a quarter of FastMCP's start. So a tool or prompt is registered when
a request names it, and all of them when they are listed; resources with the first request for one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fastmcp.prompts import Prompt
from fastmcp.resources import Resource, ResourceTemplate
from fastmcp.server.providers.aggregate import AggregateProvider
from fastmcp.tools import Tool
from fastmcp.utilities.versions import VersionSpec


class PutOff:
    """Registers components when they are needed, each once."""

    def __init__(self) -> None:
        self._waiting: dict[str, Callable[[], object]] = {}
        self._places: dict[str, int] = {}

    def add(self, name: str, register: Callable[[], object]) -> None:
        """Put off a component.

        Args:
            name: What requests call it, or another name of its own.
            register: Registers it with FastMCP.

        Raises:
            ValueError: another one has this name.
        """
        if name in self._places:
            raise ValueError(f"Two components have the name {name!r}; rename one.")
        self._places[name] = len(self._places)
        self._waiting[name] = register

    def need(self, name: str) -> None:
        """Register the component of this name, if there is one."""
        if name in self._waiting:
            self._waiting[name]()
            del self._waiting[name]

    def need_all(self) -> None:
        """Register every component."""
        for name in [*self._waiting]:
            self.need(name)

    def ordered[Component: (Tool, Prompt)](self, found: Sequence[Component]) -> list[Component]:
        """These components in the order of `add`, whichever was needed first; then any others."""
        return sorted(found, key=lambda one: self._places.get(one.name, len(self._places)))


class SingleProvider(AggregateProvider):
    """To stand behind FastMCP in the bases of a server's class, before its own base.

    Attributes:
        tools_put_off: Tools that are not registered yet.
        prompts_put_off: The same for prompts.
        resources_put_off: The same for resources and their templates; registered all at once, for a
            request names an address that a template may match.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.tools_put_off = PutOff()
        self.prompts_put_off = PutOff()
        self.resources_put_off = PutOff()

    async def _list_tools(self) -> Sequence[Tool]:
        """The only provider's tools; FastMCP's own answer where there are more."""
        self.tools_put_off.need_all()
        if len(self.providers) != 1:
            return self.tools_put_off.ordered(await super()._list_tools())
        return self.tools_put_off.ordered(await self.providers[0].list_tools())

    async def _get_tool(self, name: str, version: VersionSpec | None = None) -> Tool | None:
        """The only provider's tool of that name; FastMCP's own answer where there are more."""
        self.tools_put_off.need(name)
        if len(self.providers) != 1:
            return await super()._get_tool(name, version)
        return await self.providers[0].get_tool(name, version)

    def register_all(self) -> None:
        """Register every component now."""
        self.tools_put_off.need_all()
        self.prompts_put_off.need_all()
        self.resources_put_off.need_all()

    async def _list_resources(self) -> Sequence[Resource]:
        self.resources_put_off.need_all()
        return await super()._list_resources()

    async def _get_resource(self, uri: str, version: VersionSpec | None = None) -> Resource | None:
        self.resources_put_off.need_all()
        return await super()._get_resource(uri, version)

    async def _list_resource_templates(self) -> Sequence[ResourceTemplate]:
        self.resources_put_off.need_all()
        return await super()._list_resource_templates()

    async def _get_resource_template(
        self, uri: str, version: VersionSpec | None = None
    ) -> ResourceTemplate | None:
        self.resources_put_off.need_all()
        return await super()._get_resource_template(uri, version)

    async def _list_prompts(self) -> Sequence[Prompt]:
        self.prompts_put_off.need_all()
        return self.prompts_put_off.ordered(await super()._list_prompts())

    async def _get_prompt(self, name: str, version: VersionSpec | None = None) -> Prompt | None:
        self.prompts_put_off.need(name)
        return await super()._get_prompt(name, version)
