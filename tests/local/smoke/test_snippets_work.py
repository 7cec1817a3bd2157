"""What `mesh up` prints works when it is pasted."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import pytest

from aoma.bundled_knowledge import Knowledge
from aoma.services import QUESTION, SEARCHES, EmbeddedIndex
from mcp_app import tools
from mcp_app.registration.components import components
from mcp_app.supabase_settings import SOURCES
from mesh.build.hook import Report
from mesh.settings.call import Call
from mesh.smoke import snippets
from tests.fixtures.tested_servers import KEY, Answers, mcp_server, served

SEARCH = Call("search_knowledge", QUESTION)
NO_PROXY = {"NO_PROXY": "127.0.0.1", "PATH": "/usr/bin:/bin"}


@pytest.mark.parametrize("sse", [True, False], ids=["event-stream", "json"])
def test_the_curl_line_calls_a_tool(*, sse: bool) -> None:
    with served(mcp_server(Answers(sse=sse))) as url:
        done = subprocess.run(
            ["sh", "-c", snippets.snippet("curl", f"{url}mcp", KEY, SEARCH, "docs").text],
            env=NO_PROXY,
            capture_output=True,
            text=True,
            check=True,
        )
    assert done.stderr == ""
    assert '"passages"' in done.stdout
    assert '"isError":true' not in done.stdout


def test_the_python_program_calls_a_tool() -> None:
    with served(mcp_server(Answers())) as url:
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                snippets.snippet("fastmcp", f"{url}mcp", KEY, SEARCH, "docs").text,
            ],
            env=NO_PROXY,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert "passages" in done.stdout


def test_every_printed_snippet_has_the_address_and_the_key() -> None:
    url = "http://127.0.0.1:8787/mcp"
    for slug in snippets.PRINTED:
        pasted = snippets.snippet(slug, url, KEY, SEARCH, "docs").text
        assert url in pasted
        assert KEY in pasted
        assert pasted in snippets.all_of_them(url, KEY, SEARCH, "docs")


def _shown(held: dict[str, int]) -> Call | None:
    built = SimpleNamespace(added=Report(details={"index": held}))
    return EmbeddedIndex(Knowledge()).call(built, None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("held", "tool"),
    [
        ({"documents": 3, "tickets": 2}, "search_knowledge"),
        ({"documents": 0, "tickets": 2, "commits": 9}, "search_jira_tickets"),
        ({"documents": 0, "tickets": 0, "commits": 9}, "search_git_commits"),
        ({"documents": 0, "tickets": 0, "commits": 0, "code_files": 1}, "search_code_files"),
        ({}, "search_knowledge"),
    ],
)
def test_the_tool_to_try_searches_what_is_there(held: dict[str, int], tool: str) -> None:
    assert _shown(held) == Call(tool, QUESTION)
    call = Call(tool, {"query": "words"})
    shown = snippets.all_of_them("http://127.0.0.1:8787/mcp", KEY, call, "docs")
    assert shown.count(tool) == 2


def test_the_tools_to_try_exist() -> None:
    offered = {found.function.__name__ for found in components(tools, frozenset(SOURCES))}
    assert set(SEARCHES.values()) <= offered
