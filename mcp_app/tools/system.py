"""What this server is, what it can do, and how its sources are."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated, Literal

from fastmcp.server.context import Context
from fastmcp.tools import tool
from pydantic import Field

from mcp_app.deployment import current_deployment
from mcp_app.interface.annotations import READ_ONLY
from mcp_app.interface.tool_results import Health, Offered, plain
from mcp_app.knowledge.results import Mode, Repository, SourceState
from mesh.runtime.config import build_info
from mesh.runtime.observability.uptime import LIFETIME
from mesh.runtime.record import Record

EXAMPLES = {
    "query": "how long are proxies kept",
    "key": "AOMA-1234",
    "id": "tickets:AOMA-1234",
    "current_task": "quarantine assets whose checksum does not match",
}
HOW_IT_SEARCHES: dict[Mode, str] = {
    "keyword": "by keyword: strong on shared words, misses paraphrases",
    "semantic": "by meaning: finds paraphrases, weaker on names, numbers and identifiers",
    "hybrid": "by words and by meaning together",
}


class InstanceMetrics(Record):
    """Of this one instance; other instances have their own."""

    uptime_seconds: float
    function_version: str


class Diagnostics(Record):
    """What helps to find out why an instance behaves as it does."""

    python: str
    architecture: str
    index_bytes: int | None
    index_schema_version: int | None


class SystemHealth(Record):
    """State of the server; `unhealthy` when no source can be searched."""

    status: Literal["healthy", "degraded", "unhealthy"]
    version: str
    sources: list[SourceState]
    metrics: InstanceMetrics | None
    diagnostics: Diagnostics | None


class ToolSummary(Record):
    """A tool by name and first line; `example` is a set of arguments that it takes."""

    name: str
    description: str
    example: dict[str, str] | None


class StrategySummary(Record):
    """How sure an answer has to be, and on how much it stands.

    `threshold` is the least `coverage` or `similarity` of a passage, `passages` the most.
    """

    name: str
    threshold: float
    passages: int


class Capabilities(Record):
    """What this deployment offers, as it is configured.

    Attributes:
        search: how it searches, in a sentence.
        modes: the search modes it has, its default first.
        answer_model: what writes answers; None where passages are the answer.
        embedding_model: what makes embeddings; None where there are none.
        corpus_date: the latest date of anything indexed, ISO 8601; None where it is not known.
        sources: each source with how many documents, tickets, commits or files it holds.
    """

    name: str
    version: str
    commit: str | None
    backend: str
    search: str
    modes: list[Mode]
    strategies: list[StrategySummary]
    answer_model: str | None
    embedding_model: str | None
    corpus_date: str | None
    sources: list[SourceState]
    tools: list[ToolSummary]
    corpora: list[str]
    repositories: list[Repository]


@tool(title="System health", annotations=READ_ONLY)
async def get_system_health(
    include_metrics: Annotated[bool, Field(description="Uptime and version.")] = True,  # noqa: FBT002 - named arguments
    include_diagnostics: Annotated[bool, Field(description="Runtime and index.")] = False,  # noqa: FBT002 - arguments of tools have names
) -> Health:
    """Ask every knowledge source whether it can be searched, and how long that took."""
    deployment = current_deployment()
    states = await deployment.backend.check(deployment.deadline())
    # OpenAI alone holds nothing to search.
    searchable = any(state.status == "ok" for state in states if state.source != "openai")
    down = any(state.status != "ok" for state in states)
    diagnostics = None
    if include_diagnostics:
        import platform  # it costs a cold start 2 ms, and few ask for this

        statistics = await deployment.backend.statistics(deployment.deadline())
        diagnostics = Diagnostics(
            python=platform.python_version(),
            architecture=platform.machine(),
            index_bytes=statistics.size_bytes if statistics else None,
            index_schema_version=statistics.schema_version if statistics else None,
        )
    health: Health = plain(
        SystemHealth(
            status="unhealthy" if not searchable else "degraded" if down else "healthy",
            version=build_info.read().version,
            sources=states,
            metrics=InstanceMetrics(
                uptime_seconds=round(time.monotonic() - LIFETIME.began, 3),
                function_version=deployment.settings.function_version,
            )
            if include_metrics
            else None,
            diagnostics=diagnostics,
        )
    )
    return health


def _example(parameters: dict[str, object]) -> dict[str, str]:
    """The arguments that the schema requires, with values that fit where they are known."""
    required = parameters.get("required", [])
    assert isinstance(required, list)  # noqa: S101 - JSON Schema says so
    return {name: EXAMPLES.get(name, f"<{name}>") for name in required}


def _search(modes: Sequence[Mode]) -> str:
    """How a backend with these modes searches."""
    sentence = HOW_IT_SEARCHES[modes[0]]
    return f"{sentence}; also {', '.join(modes[1:])}" if modes[1:] else sentence


@tool(title="Server capabilities", annotations=READ_ONLY)
async def get_server_capabilities(
    ctx: Context,
    include_examples: Annotated[bool, Field(description="An example call of each.")] = False,  # noqa: FBT002 - arguments of tools have names
) -> Offered:
    """List what this deployment offers: tools, sources and their size, search modes, models."""
    deployment = current_deployment()
    backend, settings = deployment.backend, deployment.settings
    build = build_info.read()
    deadline = deployment.deadline()
    sources = await backend.check(deadline)
    statistics = await backend.statistics(deadline)
    offered: Offered = plain(
        Capabilities(
            name=settings.name,
            version=build.version,
            commit=build.commit,
            backend=settings.backend,
            search=_search(backend.modes),
            modes=list(backend.modes),
            strategies=[
                StrategySummary(name=name, threshold=one.threshold, passages=one.passages)
                for name, one in backend.strategies.items()
            ],
            answer_model=backend.model,
            embedding_model=settings.supabase.embedding_model if settings.supabase else None,
            corpus_date=await backend.newest(deadline),
            sources=sources,
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
    )
    return offered
