"""Whatever a caller sends, a tool gives a true result or says what does not fit."""

from __future__ import annotations

import json
from typing import Any

import pytest

STRINGS = {
    "empty": "",
    "blanks": " \t\n\u3000 ",
    "nul": "\x00",
    "nul within": "check\x00sum",
    "half a pair": "\ud800",
    "control": "\x01\x1b[31m",
    "very long": "x" * 90_000,
    "sql": "'; drop table mesh_tickets; --",
    "postgrest": "a,b).or(key.eq.1",
    "glob": "**" * 50,
    "number": 7,
    "object": {"$gt": ""},
    "nothing": None,
    "nested": [[["x"]]],
    "nan": float("nan"),
}
# Enough for each tool to be called at all.
NEEDED = {
    "query": "checksum",
    "current_task": "checksum",
    "key": "AOMA-1",
}


def posted(client, path: str, name: str, arguments: Any) -> Any:
    """The result of a call, however it ended; half pairs and NaN travel as Python writes them."""
    message = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": name, "arguments": arguments},
    }
    reply = client.request("POST", path, json.dumps(message))
    assert reply.status in {200, 400}, reply
    return reply.json


def tools(client) -> Any:
    return client.rpc("tools/list")["result"]["tools"]


def needed_by(client, tool: dict[str, Any]) -> dict[str, str]:
    """The arguments without which a tool cannot be called."""
    found = client.call("search", query="checksum")["results"][0]["id"]
    known = NEEDED | {"id": found}
    return {name: known[name] for name in tool["inputSchema"].get("required", [])}


def cases(client):
    for tool in tools(client):
        needed = needed_by(client, tool)
        for parameter in tool["inputSchema"]["properties"]:
            yield tool["name"], parameter, needed


@pytest.mark.parametrize("path", ["/rpc", "/mcp"])
@pytest.mark.parametrize("kind", STRINGS)
def test_any_value_of_any_parameter_gets_a_result_or_a_reason(client, path, kind) -> None:
    for name, parameter, needed in cases(client):
        reply = posted(client, path, name, needed | {parameter: STRINGS[kind]})
        if "error" in reply:
            # What is no JSON at all to /mcp, such as half a surrogate pair.
            assert reply["error"]["code"] in {-32700, -32600, -32602}, (name, parameter, reply)
            continue
        text = reply["result"]["content"][0]["text"]
        assert len(text) < 200_000
        if reply["result"].get("isError"):
            assert parameter in text, (name, parameter, text)
            assert text.startswith(f"{name}: ") or f"{parameter}: " in text
            for inside in ("Traceback", "pydantic", "sqlite", "call["):
                assert inside not in text
            assert len(text) < 1000
        else:
            assert json.loads(text) == reply["result"]["structuredContent"]


@pytest.mark.parametrize("kind", ["empty", "blanks", "nul"])
def test_a_query_of_nothing_is_refused(client, kind) -> None:
    asked = 0
    for name, parameter, _ in cases(client):
        if parameter in NEEDED:
            asked += 1
            result = posted(client, "/rpc", name, {parameter: STRINGS[kind]})["result"]
            assert result["isError"] is True, name
    assert asked >= 5


def test_a_nul_in_a_query_is_a_blank(client) -> None:
    hits = client.call("search_knowledge", query="blake3\x00checksum")["hits"]
    assert hits == client.call("search_knowledge", query="blake3 checksum")["hits"]


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        (["x"] * 21, "at most 20"),
        ([""], "repository.0: String should have at least 1 character"),
        ([" "], "repository.0"),
        (["\x00"], "repository.0"),
        (["x" * 201], "repository.0"),
        (["x" * 201, 7, None], "repository.2"),
        ({"a": 1}, "repository: Input should be a valid list"),
    ],
)
def test_a_list_that_does_not_fit_is_named(client, entries, said) -> None:
    arguments = {"query": "checksum", "repository": entries}
    result = posted(client, "/rpc", "search_code_files", arguments)["result"]
    assert result["isError"] is True
    assert said in result["content"][0]["text"]


def test_one_name_is_a_list_of_one(client) -> None:
    found = client.call("search_code_files", query="checksum", language="python")
    assert found["hits"]
    assert (
        found["hits"]
        == client.call("search_code_files", query="checksum", language=["python"])["hits"]
    )


def test_an_error_names_every_argument_that_does_not_fit_and_what_would(client) -> None:
    arguments = {"query": "x" * 600, "colour": "red", "maxResults": 0}
    text = posted(client, "/rpc", "search_code_files", arguments)["result"]["content"][0]["text"]
    assert text.startswith("search_code_files: ")
    assert "query: String should have at most 500 characters; given was 'xxx" in text
    assert "max_results: Input should be greater than or equal to 1; given was 0." in text
    assert "colour: there is no such argument. It takes detail, file_extension, " in text
    assert "x" * 50 not in text


def test_a_thousand_unknown_arguments_are_not_all_repeated(client) -> None:
    given = {f"a{number}": number for number in range(1000)}
    result = posted(client, "/rpc", "get_server_capabilities", given)["result"]
    assert result["isError"] is True
    assert len(result["content"][0]["text"]) < 1000
    assert "And 995 more" in result["content"][0]["text"]


@pytest.mark.parametrize("arguments", [[], "query", 7, [["query", "x"]]])
def test_arguments_that_are_no_object_are_a_client_error(client, arguments) -> None:
    reply = posted(client, "/rpc", "search_knowledge", arguments)
    assert reply["error"]["code"] == -32602


def test_every_result_is_the_same_in_text_and_in_structure(client) -> None:
    """Clients of the original server parse the first text as JSON."""
    called = set()
    for tool in tools(client):
        result = posted(client, "/rpc", tool["name"], needed_by(client, tool))["result"]
        assert not result.get("isError"), result
        assert [part["type"] for part in result["content"]] == ["text"]
        assert json.loads(result["content"][0]["text"]) == result["structuredContent"]
        called.add(tool["name"])
    assert len(called) == 12
