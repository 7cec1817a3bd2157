"""A caller limited to sources gets what it would get if there were no others."""

from __future__ import annotations

import json
from copy import replace

import pytest

from aoma.corpus import write_index
from mcp_app.server import MeshServer
from mesh.runtime.access.api_keys import digest
from tests.fixtures.instances import KEY
from tests.fixtures.jira_samples import csv_text, row, saved

MODERN = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "x", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
LIMITED = ["documents:handbook", "tickets:OPEN", "commits:desk", "code:desk"]


@pytest.fixture(scope="module")
def indexes(tmp_path_factory, tree_at):
    """Two indexes: one with a hidden half, and one without it; both over the same visible half."""
    root = tmp_path_factory.mktemp("scopes")
    pages = {"handbook": "# Rules\n\nLamps are green.\n", "vault": "# Zebra\n\nLamps are violet.\n"}
    trees = {}
    for name, text in pages.items():
        folder = root / name
        folder.mkdir()
        (folder / "page.md").write_text(text)
    for name, word in (("desk", "green"), ("cellar", "violet")):
        trees[name] = tree_at(root / name)
        trees[name].write(f"{word}.py", f"def {word}Lamp():\n    return 'lamp'\n")
        trees[name].commit(f"Paint the lamp {word}")
    rows = [
        row("OPEN-1", summary="Lamp is green", project="OPEN"),
        row("HIDDEN-1", summary="Lamp is violet", project="HIDDEN"),
    ]

    def write(name, names, repositories, tickets):
        target = root / f"{name}.sqlite3"
        write_index(
            target,
            documents=[root / one for one in names],
            repositories=[trees[one].root for one in repositories],
            exports=[saved(root / f"{name}.csv", csv_text(tickets))],
        )
        return target

    whole = write("whole", ["handbook", "vault"], ["desk", "cellar"], rows)
    # An empty second folder: with one corpus, ids have no corpus before them.
    (root / "empty").mkdir()
    (root / "empty" / "page.md").write_text("# Other\n\nNothing.\n")
    return whole, write("half", ["handbook", "empty"], ["desk"], rows[:1])


def keys(**limits):
    entry = {"name": "it", "sha256": digest(KEY), "last4": KEY[-4:], "created": "2026"}
    return lambda: json.dumps({"keys": [entry | limits]})


@pytest.fixture(scope="module")
def limited(start_instance, settings, indexes):
    return start_instance(replace(settings, index=str(indexes[0])), keys(sources=LIMITED))


@pytest.fixture(scope="module")
def everything(start_instance, settings, indexes):
    return start_instance(replace(settings, index=str(indexes[0])), keys())


@pytest.fixture(scope="module")
def alone(start_instance, settings, indexes):
    return start_instance(replace(settings, index=str(indexes[1])), keys(sources=LIMITED))


@pytest.fixture(scope="module")
def of_one_source(start_instance, settings, indexes):
    return start_instance(replace(settings, index=str(indexes[0])), keys(sources=["tickets"]))


SEARCHES: list[tuple[str, dict[str, str]]] = [
    ("search_knowledge", {}),
    ("search_jira_tickets", {}),
    ("search_git_commits", {}),
    ("search_code_files", {}),
]


@pytest.mark.parametrize("detail", ["compact", "full"])
@pytest.mark.parametrize(("tool", "arguments"), SEARCHES)
@pytest.mark.parametrize("query", ["lamp", "violet", "violet lamp", "green lamp", "zebra"])
def test_a_search_finds_nothing_of_another_source(
    limited, alone, everything, tool, arguments, query, detail
):
    def told(client):
        found = client.call(tool, query=query, threshold=0, detail=detail, **arguments)
        for one in found["sources"]:
            del one["latency_ms"]
        for hit in found["hits"]:
            # BM25 counts the words of all rows.
            del hit["score"]
        return found

    assert told(limited) == told(alone)
    assert told(limited) != told(everything) or query == "zebra"


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("query_aoma_knowledge", {"query": "violet zebra lamps"}),
        ("analyze_development_context", {"current_task": "paint the violet zebra lamp"}),
        ("get_jira_ticket_count", {}),
        ("get_jira_ticket_count", {"project_key": "HIDDEN"}),
        ("get_server_capabilities", {}),
        ("get_system_health", {"include_diagnostics": True}),
        ("search", {"query": "violet lamp"}),
        ("search", {"query": "zebra"}),
    ],
)
def test_no_tool_tells_of_another_source(limited, everything, tool, arguments):
    def told(client):
        text = json.dumps(client.call(tool, **arguments)).lower()
        return text.replace("paint the violet zebra lamp", "").replace("violet zebra lamps", "")

    for word in ("violet", "zebra", "vault", "hidden", "cellar"):
        if word not in json.dumps(arguments).lower():
            assert word not in told(limited)
    assert told(limited) != told(everything)


def test_counts_are_of_what_is_visible(limited, of_one_source):
    assert limited.call("get_jira_ticket_count")["total"] == 1
    capabilities = limited.call("get_server_capabilities")
    counts = {one["source"]: one["entries"] for one in capabilities["sources"]}
    assert counts == {"documents": 1, "tickets": 1, "commits": 1, "code": 1}
    assert capabilities["corpora"] == ["handbook"]
    assert [one["name"] for one in capabilities["repositories"]] == ["desk"]
    states = of_one_source.call("get_server_capabilities")["sources"]
    assert {one["source"]: one["entries"] for one in states} == {"tickets": 2}


HIDDEN = [
    ("fetch", "id", "documents:vault/page.md"),
    ("fetch", "id", "vault/page.md"),
    ("fetch", "id", "vault/page.md#zebra"),
    ("fetch", "id", "tickets:HIDDEN-1"),
    ("fetch", "id", "code:cellar/violet.py"),
    ("get_jira_ticket", "key", "HIDDEN-1"),
]


@pytest.mark.parametrize(("tool", "name", "value"), HIDDEN)
def test_what_is_hidden_is_refused_as_what_is_not_there(limited, everything, tool, name, value):
    def error(asked):
        params = {"name": tool, "arguments": {name: asked}}
        result = limited.rpc("tools/call", params)["result"]
        assert result["isError"]
        return result["content"][0]["text"].replace(asked, "X")

    assert everything.call(tool, **{name: value})["title"]
    absent = "HIDDEN-404" if tool == "get_jira_ticket" else f"{value}404"
    assert error(value) == error(absent)


def test_a_commit_of_another_repository_is_not_there(limited, everything):
    (hit,) = everything.call("search_git_commits", query="violet", detail="full")["hits"]
    params = {"name": "fetch", "arguments": {"id": f"commits:{hit['id']}"}}
    assert everything.rpc("tools/call", params)["result"]["structuredContent"]["title"]
    assert limited.rpc("tools/call", params)["result"]["isError"]


@pytest.mark.parametrize("meta", [{}, MODERN])
def test_resources_and_completions_are_of_visible_documents(limited, everything, meta):
    def told(client, method, params):
        return json.dumps(client.rpc(method, params | {"_meta": meta}))

    completion = {
        "ref": {"type": "ref/resource", "uri": "aoma://docs/{+path}{?page}"},
        "argument": {"name": "path", "value": ""},
    }
    for method, params in (("resources/list", {}), ("completion/complete", completion)):
        assert "vault" in told(everything, method, params)
        assert "vault" not in told(limited, method, params)
        assert "handbook/page.md" in told(limited, method, params)
    of_prompt = {
        "ref": {"type": "ref/prompt", "name": "triage_incident"},
        "argument": {"name": "project_key", "value": ""},
    }
    assert "HIDDEN" in told(everything, "completion/complete", of_prompt)
    assert "HIDDEN" not in told(limited, "completion/complete", of_prompt)
    hidden = limited.rpc("resources/read", {"uri": "aoma://docs/vault/page.md"})["error"]
    absent = limited.rpc("resources/read", {"uri": "aoma://docs/vault/none.md"})["error"]
    assert hidden["code"] == absent["code"]
    assert hidden["message"].replace("page", "none") == absent["message"]


def test_prompts_speak_of_visible_sources_only(start_instance, settings, indexes):
    blind = start_instance(replace(settings, index=str(indexes[0])), keys(sources=["code"]))
    params = {"name": "triage_incident", "arguments": {"symptoms": "x"}}
    text = json.dumps(blind.rpc("prompts/get", params)["result"])
    assert "search_code_files" in text
    assert "search_jira_tickets" not in text
    completion = {
        "ref": {"type": "ref/prompt", "name": "triage_incident"},
        "argument": {"name": "project_key", "value": ""},
    }
    found = blind.rpc("completion/complete", completion)
    assert found["result"]["completion"]["values"] == []


@pytest.mark.parametrize(("tool", "arguments"), [one for one in SEARCHES if "jira" not in one[0]])
def test_a_source_that_is_not_the_callers_is_refused(of_one_source, tool, arguments):
    params = {"name": tool, "arguments": {"query": "lamp"} | arguments}
    result = of_one_source.rpc("tools/call", params)["result"]
    assert result["isError"]
    assert "this credential is limited to other sources" in result["content"][0]["text"]


def test_a_server_that_limits_nobody_refuses_a_limited_key(
    start_instance, settings, indexes, monkeypatch
):
    monkeypatch.setattr(MeshServer, "limits_sources", False)
    careless = start_instance(replace(settings, index=str(indexes[0])), keys(sources=LIMITED))
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    for path in ("/mcp", "/rpc"):
        refused = careless.request("POST", path, message)
        assert refused.status == 403
        assert "limits nobody to sources" in refused.json["error"]["message"]
    monkeypatch.undo()


def test_a_key_with_an_empty_list_sees_nothing(start_instance, settings, indexes):
    none = start_instance(replace(settings, index=str(indexes[0])), keys(sources=[]))
    assert none.call("search", query="lamp") == {"results": []}
    assert none.call("get_server_capabilities")["sources"] == []
