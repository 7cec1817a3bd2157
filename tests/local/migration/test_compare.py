"""`mesh compare`: what clients would notice, and nothing else."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastmcp import FastMCP
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from mesh.cli import run
from mesh.migration import checklist
from tests.fixtures.tested_servers import KEY, Answers, App, mcp_server, served

READS = {"readOnlyHint": True}


def server(*, session: bool = False, change: Callable[[FastMCP], None] | None = None) -> App:
    """A small server; with a session, as the old one may be."""
    mcp: FastMCP = FastMCP("tested")
    numbers = itertools.count()

    @mcp.tool(annotations=READS)
    def capital() -> dict[str, str]:
        return {"France": "Paris"}

    @mcp.tool(annotations=READS)
    def counted() -> int:
        return next(numbers)

    @mcp.tool(annotations=READS)
    def looked_up(word: str) -> str:
        return word.upper()

    @mcp.tool
    def add(a: int, b: int) -> int:
        return a + b

    if change:
        change(mcp)
    return mcp.http_app(path="/mcp", stateless_http=not session)


def compared(
    capsys: pytest.CaptureFixture[str], old: App, new: App, *arguments: str
) -> tuple[int, dict[str, Any]]:
    with served(old) as before, served(new) as after:
        status = run(["compare", before, after, "--json", *arguments])
    return status, json.loads(capsys.readouterr().out)


def test_servers_that_do_the_same_are_the_same(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    calls, steps = tmp_path / "calls.json", tmp_path / "checklist.md"
    calls.write_text('[{"tool": "add", "arguments": {"a": 1, "b": 2}}]')
    checklist.write(steps, "Move", "production")
    options = ["--calls", str(calls), "--checklist", str(steps)]

    status, found = compared(capsys, server(session=True), server(), *options)

    assert (status, found["differences"]) == (0, [])
    assert {one["call"].partition("(")[0] for one in found["timings"]} == {
        "capital",
        "counted",
        "add",
    }
    # It counts, so that its results were not compared.
    assert [one["call"] for one in found["timings"] if not one["deterministic"]] == ["counted()"]
    assert checklist.state(steps)["compare"] is True


def _changed(mcp: FastMCP) -> None:
    @mcp.tool(name="capital", annotations=READS)
    def other() -> dict[str, str]:
        return {"France": "Lyon"}

    @mcp.tool(name="looked_up", annotations=READS)
    def looked_up(word: int) -> str:
        return str(word)

    @mcp.tool
    def further() -> str:
        return ""


def test_each_difference_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    def change(mcp: FastMCP) -> None:
        for name in ("capital", "looked_up", "add"):
            mcp.local_provider.remove_tool(name)
        _changed(mcp)

    status, found = compared(capsys, server(), server(change=change))

    assert status == 1
    kinds = {(one["about"].partition(",")[0], one["what"]) for one in found["differences"]}
    assert kinds == {
        ("tool add", "missing"),
        ("tool further", "new"),
        ("tool looked_up", "schema"),
        ("capital()", "result"),
    }


def test_a_call_that_fails_only_on_the_new_server_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    old = mcp_server(Answers())
    new = mcp_server(Answers(failing_tool=True))

    status, found = compared(capsys, old, new, "--old-key", KEY, "--new-key", KEY)

    assert status == 1
    assert [one["what"] for one in found["differences"]] == ["error"]
    assert "the index is not there" in found["differences"][0]["new"]


def test_what_is_no_mcp_server_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with served(server()) as there:
        assert run(["compare", there + "nowhere", there]) == 1

    assert "does not answer as an MCP server: HTTP 404" in capsys.readouterr().err


def test_an_old_server_that_knows_no_initialize_is_compared_by_its_own_path(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The first AOMA server took plain JSON-RPC, and gave back no id."""
    mcp: FastMCP = FastMCP("tested")

    @mcp.tool(annotations=READS)
    def capital() -> str:
        return "Paris"

    tools = [
        {
            "name": "capital",
            "inputSchema": {"type": "object", "properties": {}},
            "outputSchema": {
                "type": "object",
                "properties": {"result": {"type": "string"}},
                "required": ["result"],
                "x-fastmcp-wrap-result": True,
            },
            "annotations": READS,
        }
    ]

    async def rpc(request: Request) -> JSONResponse:
        asked = await request.json()
        if asked["method"] == "tools/list":
            return JSONResponse({"result": {"tools": tools}})
        if asked["method"] == "tools/call" and asked["params"]["name"] == "capital":
            return JSONResponse({"result": {"content": [{"type": "text", "text": "Paris"}]}})
        return JSONResponse({"error": {"code": -32601, "message": "unknown"}})

    old = Starlette(routes=[Route("/rpc", rpc, methods=["POST"])])

    status, found = compared(
        capsys, old, mcp.http_app(path="/mcp", stateless_http=True), "--old-path", "rpc"
    )

    assert (status, found["differences"]) == (0, [])
    assert [one["call"] for one in found["timings"]] == ["capital()"]
