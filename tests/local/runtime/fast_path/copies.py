"""Both ways of a copy of this project with more in it, each event sent to both."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aoma.build_hook import aoma
from mesh.build.environment import ROOT
from mesh.build.fast_path import catalogues
from mesh.build.project import Project
from mesh.runtime.request.accept import BOTH
from tests.local.runtime.fast_path.pair import comparable
from tests.local.runtime.fast_path.ways import Way

ALL = frozenset({"documents", "tickets", "commits", "code"})


def project_with(scratch: Path, tools: str | Mapping[str, str] = "") -> Path:
    """A copy of this project with more modules.

    Args:
        scratch: A folder.
        tools: The source of `mcp_app.tools.more`; or the sources of files, by their paths.
    """
    root = scratch / "project"
    ignored = shutil.ignore_patterns("__pycache__")
    for package in ("mcp_app", "mesh"):
        shutil.copytree(ROOT / package, root / package, ignore=ignored)
    files = {"mcp_app/tools/more.py": tools} if isinstance(tools, str) else tools
    for name, source in files.items():
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if source:
            place.write_text(source, encoding="utf-8")
    return root


def project_of(root: Path) -> Project:
    """A copy, as the build takes it."""
    return replace(aoma(), root=root)


def built(root: Path, cache: Path, sources: frozenset[str] = ALL) -> catalogues.FastPath:
    """The fast path of a copy, put into it as the build does; its index has these sources."""
    made = catalogues.make(catalogues.ask(project_of(root), cache, lambda: sources))
    assert made is not None
    for entry in made.entries:
        (root / entry.name).write_bytes(entry.data)
    return made


@dataclass(frozen=True)
class Compared:
    """What came of it.

    Attributes:
        served: The events that the fast path answered, by their place.
        different: Event, the fast path's answer, and FastMCP's, where these are not the same;
            their lines in the log, too.
        logged: What the log said of each, by its place.
        reasons: Why FastMCP's way answered, by the event's place.
    """

    served: frozenset[int]
    different: Sequence[Any]
    logged: Mapping[int, Any]
    reasons: Mapping[int, str]


def _ordered(lines: list[list[Any]]) -> list[list[Any]]:
    """The request's own line last; sources that are asked at one time log in any order."""
    # FastMCP wraps a `ValidationError` of a tool's body before it logs it.
    told = [
        [
            *line[:3],
            "ValidationError" if line[3] == "_ToolBodyError" else line[3],
            _without_way(line[4]),
        ]
        for line in lines
    ]
    return [*sorted(told[:-1], key=json.dumps), *told[-1:]]


def _without_way(fields: list[list[Any]]) -> list[list[Any]]:
    return [one for one in fields if one[0] not in {"way", "reason"}]


def taking_events(event: Any) -> Any:
    """The same event, of a client that takes event streams, as all clients do."""
    return {**event, "headers": {**event["headers"], "accept": BOTH}}


def compare(
    root: Path,
    index: Path,
    scratch: Path,
    events: Sequence[Any],
    keys: str | None = None,
    *,
    streams: bool = False,
    **variables: str,
) -> Compared:
    """Send these events to both ways, each in a process of its own.

    Args:
        root: The copy, with its fast path in it.
        index: The knowledge index that it answers from.
        scratch: An empty folder.
        events: In the order they are sent.
        keys: The API keys that there are, as they are stored; None for a server that asks for none.
        streams: Whether both stream their answers, which clients take as events.
        variables: More of the deployment's environment.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    shutil.copy(index, scratch / "knowledge.sqlite3")
    different, logged, reasons = [], {}, {}
    with (
        closing(Way("fast", root, scratch, None, keys, streams=streams, **variables)) as fast,
        closing(Way("full", root, scratch, None, keys, streams=streams, **variables)) as full,
    ):
        for number, event in enumerate(map(taking_events, events) if streams else events):
            quick, whole = fast.answer(event), full.answer(event)
            if comparable(quick["reply"]) != comparable(whole["reply"]):
                different.append([event, quick["reply"], whole["reply"]])
            said, expected = _ordered(quick["lines"]), _ordered(whole["lines"])
            if said != expected:
                different.append([event, said, expected])
            logged[number] = said
            told = next(dict(line[-1]) for line in quick["lines"] if line[0] == "mesh.request")
            if told["way"] == "full":
                reasons[number] = told["reason"]
    return Compared(frozenset(logged) - frozenset(reasons), different, logged, reasons)
