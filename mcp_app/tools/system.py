"""What this server is, what it can do, and how its sources are."""

from __future__ import annotations

import platform
import time
from dataclasses import dataclass
from typing import Annotated, Literal

from fastmcp.server.context import Context
from fastmcp.tools import tool
from pydantic import Field

from mcp_app import build_info
from mcp_app.annotations import READ_ONLY
from mcp_app.deployment import current
from mcp_app.knowledge.results import Repository, SourceState

STARTED = time.monotonic()


@dataclass(frozen=True)
class InstanceMetrics:
    """Of this one instance; other instances have their own."""

    uptime_seconds: float
    function_version: str


@dataclass(frozen=True)
class Diagnostics:
    """What helps to find out why an instance behaves as it does."""

    python: str
    architecture: str
    index_bytes: int | None
    index_schema_version: int | None


@dataclass(frozen=True)
class SystemHealth:
    """State of the server; `unhealthy` when no source can be searched."""

    status: Literal["healthy", "degraded", "unhealthy"]
    version: str
    sources: list[SourceState]
    metrics: InstanceMetrics | None
    diagnostics: Diagnostics | None


@dataclass(frozen=True)
class ToolSummary:
    """A tool by name and first line; `example` is a set of arguments that it takes."""

    name: str
    description: str
    example: dict[str, str] | None


@dataclass(frozen=True)
class Capabilities:
    """What this deployment offers, as it is configured."""

    name: str
    version: str
    commit: str | None
    backend: str
    search: str
    tools: list[ToolSummary]
    corpora: list[str]
    repositories: list[Repository]


@tool(title="System health", annotations=READ_ONLY)
async def get_system_health(
    include_metrics: Annotated[bool, Field(description="Uptime and version.")] = True,  # noqa: FBT002 - named arguments
    include_diagnostics: Annotated[bool, Field(description="Runtime and index.")] = False,  # noqa: FBT002
) -> SystemHealth:
    """Ask every knowledge source whether it can be searched, and how long that took."""
    deployment = current()
    states = await deployment.backend.check(deployment.deadline())
    up = sum(state.status == "ok" for state in states)
    diagnostics = None
    if include_diagnostics:
        statistics = await deployment.backend.statistics(deployment.deadline())
        diagnostics = Diagnostics(
            python=platform.python_version(),
            architecture=platform.machine(),
            index_bytes=statistics.size_bytes if statistics else None,
            index_schema_version=statistics.schema_version if statistics else None,
        )
    return SystemHealth(
        status="healthy" if up == len(states) else "degraded" if up else "unhealthy",
        version=build_info.read().version,
        sources=states,
        metrics=InstanceMetrics(
            uptime_seconds=round(time.monotonic() - STARTED, 3),
            function_version=deployment.settings.function_version,
        )
        if include_metrics
        else None,
        diagnostics=diagnostics,
    )


def _example(parameters: dict[str, object]) -> dict[str, str]:
    """The arguments that the schema requires, each with a place for a value."""
    required = parameters.get("required", [])
    assert isinstance(required, list)  # noqa: S101 - JSON Schema says so
    return {name: f"<{name}>" for name in required}


@tool(title="Server capabilities", annotations=READ_ONLY)
async def get_server_capabilities(
    ctx: Context,
    include_examples: Annotated[bool, Field(description="An example call of each.")] = False,  # noqa: FBT002
) -> Capabilities:
    """List the tools, document collections and repositories of this deployment."""
    deployment = current()
    build = build_info.read()
    statistics = await deployment.backend.statistics(deployment.deadline())
    return Capabilities(
        name=deployment.settings.name,
        version=build.version,
        commit=build.commit,
        backend=deployment.settings.backend,
        search="keyword: strong on shared words, misses paraphrases",
        tools=[
            ToolSummary(
                name=registered.name,
                description=(registered.description or "").partition("\n")[0],
                example=_example(registered.parameters) if include_examples else None,
            )
            for registered in await ctx.fastmcp.list_tools()
        ],
        corpora=list(statistics.corpora) if statistics else [],
        repositories=list(statistics.repositories) if statistics else [],
    )
