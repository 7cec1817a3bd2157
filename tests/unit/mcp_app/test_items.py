"""`search` and `fetch` in the form of ChatGPT's connectors, and results that models can afford."""

from __future__ import annotations

import json
from copy import replace

import pytest

from aoma.corpus import write_index
from mcp_app.interface.tool_results import BYTES_PER_TOKEN, snippet, tokens
from mcp_app.knowledge import items

TEN_TOOLS_BYTES = 20_000


def no_nulls(value):
    if isinstance(value, dict):
        return all(map(no_nulls, value.values()))
    return all(map(no_nulls, value)) if isinstance(value, list) else value is not None


def test_search_gives_one_text_of_results_with_id_title_and_url(client):
    result = client.rpc("tools/call", {"name": "search", "arguments": {"query": "checksum"}})
    (content,) = result["result"]["content"]
    found = json.loads(content["text"])
    assert content["type"] == "text"
    assert found == result["result"]["structuredContent"]
    assert all(one.keys() == {"id", "title", "url"} for one in found["results"])
    kinds = {one["id"].partition(":")[0] for one in found["results"]}
    assert kinds == {"documents", "tickets", "commits", "code"}


def test_whatever_search_gives_is_fetched_whole_with_its_date(client):
    for one in client.call("search", query="checksum")["results"]:
        page = client.call("fetch", id=one["id"])
        assert page.keys() == {"id", "title", "text", "url", "metadata"}
        assert (page["id"], page["metadata"]["page"]) == (one["id"], 1)
        assert page["text"]
        assert "2026" in page["metadata"].get("date", "2026")
        assert no_nulls(page)


def test_the_date_of_a_document_is_that_of_its_last_commit(client):
    page = client.call("fetch", id="documents:docs/ingest.md")
    assert page["metadata"]["date"] == "2026-01-31T10:00:00Z"
    (hit,) = client.call("search_knowledge", query="ninety days proxies", max_results=1)["hits"]
    assert hit["date"] == "2026-01-31T10:00:00Z"
    assert client.call("get_server_capabilities")["corpus_date"] >= "2026-01-31T10:00:00Z"


def test_an_id_that_leads_nowhere_says_what_to_do(client):
    for wrong in ("documents:none.md", "tickets:AOMA-404", "commits:x@1", "code:x/y", "?page=2"):
        result = client.rpc("tools/call", {"name": "fetch", "arguments": {"id": wrong}})["result"]
        assert result["isError"]
        assert "Take an id from search" in result["content"][0]["text"]


def test_pages_of_a_long_document_are_the_whole_of_it(start_instance, settings, tmp_path):
    folder = tmp_path / "docs"
    folder.mkdir()
    body = "\n\n".join(f"## Part {number}\n\n{'word ' * 400}" for number in range(20))
    (folder / "long.md").write_text(f"# Long\n\n{body}\n")
    target = tmp_path / "knowledge.sqlite3"
    write_index(target, documents=[folder], repositories=[])
    client = start_instance(replace(settings, index=str(target)))
    for tool, name in (("search_knowledge", "hits"), ("query_aoma_knowledge", "passages")):
        few = client.call(tool, query="a word of a part")
        more = client.call(tool, query="a word of a part", per_document=3)
        assert (len(few[name]), len(more[name])) == (2, 3), tool
    asked, texts = "documents:long.md", []
    while asked:
        page = client.call("fetch", id=asked)
        assert len(page["text"]) <= items.PAGE
        texts.append(page["text"])
        asked = page["metadata"].get("next_id")
    assert len(texts) == page["metadata"]["pages"] > 3
    # The resource has the same pages, and says where the next one is.
    uri = "aoma://docs/long.md"
    read: list[str] = []
    while uri:
        (content,) = client.rpc("resources/read", {"uri": uri})["result"]["contents"]
        text, _, end = content["text"].rpartition("\n\n---\n\n")
        uri = end.partition("Next page: ")[2]
        about = content["_meta"]
        assert end.startswith(f"Page {len(read) + 1} of {len(texts)}.")
        assert (about["page"], about.get("next", "")) == (len(read) + 1, uri)
        read.append(text)
    assert read == [text.rstrip() for text in texts]
    for page in ("999", "0", "x"):
        params = {"uri": f"aoma://docs/long.md?page={page}"}
        assert "error" in client.rpc("resources/read", params)
    # A tenth page of two: as if there were none.
    call = {"name": "fetch", "arguments": {"id": "documents:long.md?page=999"}}
    assert client.rpc("tools/call", call)["result"]["isError"]


@pytest.fixture(scope="module")
def many(start_instance, settings, tmp_path_factory):
    """Ten documents with long titles, headings and texts."""
    folder = tmp_path_factory.mktemp("many") / "documentation"
    (folder / "operations").mkdir(parents=True)
    for number in range(12):
        text = "The retention of proxies is thirty days, and a hold stops their deletion. " * 12
        (folder / "operations" / f"retention-of-proxies-{number}.md").write_text(
            f"# Retention of proxies at site {number}\n\n## Holds and deletion\n\n{text}\n"
        )
    target = folder.parent / "knowledge.sqlite3"
    base = "https://wiki.example/display/archive"
    write_index(target, documents=[folder], repositories=[], bases=[f"{folder}={base}"])
    return start_instance(replace(settings, index=str(target)))


def test_ten_compact_hits_fit_a_thousand_tokens(many):
    found = many.call("search_knowledge", query="retention of proxies", max_results=10)
    # With addresses as long as these, the last ones may have no room.
    assert len(found["hits"]) >= 8
    assert len(found["hits"]) + found.get("omitted", 0) == 10
    size = len(json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode())
    assert size <= 1000 * BYTES_PER_TOKEN
    for hit in found["hits"]:
        assert {"id", "title", "heading", "link", "text"} <= hit.keys()
        assert "retention" in hit["text"].lower()
        assert len(hit["text"]) >= 30


@pytest.mark.parametrize("detail", ["compact", "full"])
@pytest.mark.parametrize("most", [100, 300, 1500])
@pytest.mark.parametrize(
    ("tool", "query"),
    [
        ("search_knowledge", "query"),
        ("query_aoma_knowledge", "query"),
        ("analyze_development_context", "current_task"),
    ],
)
def test_max_tokens_holds_for_every_search(many, tool, query, most, detail):
    asked = {query: "retention of proxies", "detail": detail, "max_tokens": most}
    found = many.call(tool, **asked)
    whole = many.call(tool, **{**asked, "max_tokens": 100_000})
    # One hit with the least of its text stays in any case.
    assert tokens(found) <= max(most, 420)
    # Latencies have more or fewer digits.
    assert len(json.dumps(found)) <= len(json.dumps(whole)) + 20
    assert no_nulls(found)


def test_full_hits_have_the_whole_passage_and_true_scores(many):
    (hit,) = many.call("search_knowledge", query="holds", max_results=1, detail="full")["hits"]
    assert hit.keys() >= {"score", "score_kind", "coverage", "document", "corpus", "source"}
    assert len(hit["text"]) > 500


def test_no_result_has_a_null(client):
    for tool, arguments in (
        ("search_jira_tickets", {"query": "checksum", "detail": "full"}),
        ("search_code_files", {"query": "checksum", "detail": "full"}),
        ("search_git_commits", {"query": "quarantine", "detail": "full"}),
        ("query_aoma_knowledge", {"query": "proxies", "detail": "full"}),
        ("analyze_development_context", {"current_task": "checksum", "detail": "full"}),
        ("get_jira_ticket", {"key": "AOMA-1"}),
        ("get_jira_ticket_count", {}),
        ("get_system_health", {}),
        ("get_server_capabilities", {"include_examples": True}),
    ):
        assert no_nulls(client.call(tool, **arguments)), tool


def test_the_list_of_the_ten_tools_is_short(client):
    tools = client.rpc("tools/list")["result"]["tools"]
    ten = [tool for tool in tools if tool["name"] not in {"search", "fetch"}]
    assert len(ten) == 10
    assert len(json.dumps(ten, separators=(",", ":"))) <= TEN_TOOLS_BYTES


@pytest.mark.parametrize(
    ("text", "terms", "within"),
    [
        ("a " * 300 + "the needle lies here " + "b " * 300, ["needles"], "needle lies"),
        ("x" * 900 + " needle", ["needle"], "needle"),
        (
            "\u8cc7\u6599" * 200 + "\u6a29\u9650\u306e\u7533\u8acb" + "\u8cc7\u6599" * 200,
            ["\u6a29\u9650"],
            "\u6a29\u9650",
        ),
        ("short", ["none"], "short"),
    ],
)
def test_a_snippet_is_around_what_was_asked_for(text, terms, within):
    found = snippet(text, terms, 120)
    assert within in found
    assert len(found) <= 122
