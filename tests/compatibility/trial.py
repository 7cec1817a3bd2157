"""Builds one server, and compares what the zip answers with what FastMCP answers without Mesh."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from mesh.build import build, host_architecture, target
from mesh.build.server.host_packages import host_site
from mesh.failure import CommandFailedError
from mesh.installation import CACHE
from mesh.settings import locate, project, settings
from tests.compatibility.cases import Case
from tests.local.any_server.instance import answers, said

REFERENCE = Path(__file__).with_name("reference.py")
LISTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("tools/list", {}),
    ("resources/list", {}),
    ("prompts/list", {}),
)
# No tool has such a parameter: FastMCP refuses the call, and says why.
UNKNOWN = {"no_such_parameter": 1}
MOST_REFUSALS = 8
SHOWN = 60


@dataclass(frozen=True)
class Result:
    """What came of one server.

    Attributes:
        case: The server.
        refused: Why there is no zip; empty where there is one.
        fast: Tools that are called without FastMCP.
        slow: Those that are not, each with the reason.
        tools: How many tools the server lists.
        init_ms: CPU time of INIT in milliseconds.
        calls: How many requests were compared.
        differences: Requests that are not answered as FastMCP answers them.
    """

    case: Case
    refused: str = ""
    fast: tuple[str, ...] = ()
    slow: Mapping[str, str] | None = None
    tools: int = 0
    init_ms: float = 0
    calls: int = 0
    differences: tuple[str, ...] = ()

    @property
    def is_expected(self) -> bool:
        """Whether it runs and answers as FastMCP does, or is refused for the reason known."""
        if self.refused or self.case.refused:
            return bool(self.case.refused) and self.case.refused in self.refused
        return not self.differences


def trial(case: Case, folder: Path, examples: Path | None = None) -> Result:
    """Build a server as `mesh up` does, and ask it.

    Args:
        case: The server.
        folder: An empty folder, or a path for one.
        examples: FastMCP's `examples`.
    """
    given = case.put(folder / "server", examples)
    with _environment(case.environment):
        try:
            found = settings(locate(given), {})
            made = project(found, target(host_architecture(), "3.13"))
            output = folder / "server.zip"
            built = build(made, "host", output=output, cache=CACHE / "bundle")
        except CommandFailedError as error:
            return Result(case, refused=str(error).replace(f"{folder}/server/", ""))
    assert built.fast_path is not None
    task = folder / "task"
    with zipfile.ZipFile(built.path) as opened:
        opened.extractall(task)
    refusals = [(name, UNKNOWN) for name in built.fast_path.tools[:MOST_REFUSALS]]
    calls = [*LISTS, *refusals, *case.calls]
    fast, full = (answers(task, calls, way, case.environment) for way in ("on", "off"))
    site = host_site(made.requirements, CACHE / "bundle")
    plain = reference(found.root, site, found.server, calls, case.environment)
    bodies = [[one["body"] for one in way["answers"]] for way in (fast, full)]
    listed = json.loads(plain[0].partition("data: ")[2])["result"]["tools"]
    return Result(
        case,
        fast=built.fast_path.tools,
        slow=built.fast_path.off,
        tools=len(listed),
        init_ms=fast["init_ms"],
        calls=len(calls),
        differences=tuple(_differences(calls, bodies[0], bodies[1], plain, case.own_words)),
    )


def _differences(
    calls: list[Any], fast: list[str], full: list[str], plain: list[str], own_words: str
) -> Iterator[str]:
    for call, *answered in zip(calls, fast, full, plain, strict=True):
        said = answered
        if own_words and own_words in answered[0] and all(map(_is_error, answered)):
            # FastMCP refuses the call as well, in other words.
            said = answered[:2]
        if len(set(said)) > 1:
            # From where they differ on.
            same = next(n for n, one in enumerate(zip_longest(*answered)) if len(set(one)) > 1)
            start = max(same - SHOWN, 0)
            shown = "\n".join(f"    {one[start : start + 4 * SHOWN]}" for one in answered)
            yield f"{call}\n{shown}"


def _is_error(body: str) -> bool:
    found = json.loads(body.partition("data: ")[2] or body)
    return "error" in found or bool(found["result"].get("isError"))


def reference(
    root: Path, site: Path, server: str, calls: list[Any], environment: Mapping[str, str]
) -> list[str]:
    """What FastMCP answers without Mesh, in another process.

    Args:
        root: The server's folder.
        site: Its packages, as they were installed.
        server: Such as `server:mcp`.
        calls: As for `tests.local.any_server.instance.answers`.
        environment: Further variables.
    """
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": str(root),
        "PYTHONPATH": os.pathsep.join([str(root), str(site)]),
        "FASTMCP_LOG_ENABLED": "false",
        "FASTMCP_CHECK_FOR_UPDATES": "off",
        **environment,
    }
    found: list[str] = said(REFERENCE, calls, variables, root, server)
    return found


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
