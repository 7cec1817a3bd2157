import base64
import json
from copy import replace

import pytest

from mcp_app import deployment, resource_handlers
from mcp_app.resource_handlers import PAGE, shown
from mesh.runtime.access.api_keys import digest
from tests.fixtures.instances import KEY

MODERN = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}


def read(client, uri, **meta):
    return client.rpc("resources/read", {"uri": uri} | ({"_meta": meta} if meta else {}))


def listed(client, cursor=None):
    return client.rpc("resources/list", {"cursor": cursor} if cursor else {})["result"]


def test_every_document_is_listed_and_can_be_read(client):
    documents = [r for r in listed(client)["resources"] if r["uri"].startswith("aoma://docs/")]
    assert {entry["title"] for entry in documents} == {"Ingest", "Rights windows"}
    for entry in documents:
        (content,) = read(client, entry["uri"])["result"]["contents"]
        assert content["uri"] == entry["uri"]
        assert content["mimeType"] == entry["mimeType"] == "text/markdown"
        assert content["_meta"]["title"] == entry["title"]
    assert "BLAKE3" in read(client, "aoma://docs/docs/ingest.md")["result"]["contents"][0]["text"]


def test_the_document_of_a_hit_is_a_resource(client):
    hit = client.call("search_knowledge", query="territory midnight", detail="full")["hits"][0]
    (content,) = read(client, f"aoma://docs/{hit['document']}")["result"]["contents"]
    assert hit["text"] in content["text"]


def test_a_passage_leads_to_its_document(client):
    hit = client.call("search_knowledge", query="BLAKE3 checksum")["hits"][0]
    passage = hit["id"].replace("#", "%23")
    assert "ninety days" in read(client, f"aoma://docs/{passage}")["result"]["contents"][0]["text"]


def test_health_is_a_resource(client):
    assert "aoma://health" in {entry["uri"] for entry in listed(client)["resources"]}
    (content,) = read(client, "aoma://health")["result"]["contents"]
    assert content["mimeType"] == "application/json"
    assert json.loads(content["text"])["status"] == "healthy"


UNKNOWN = [
    "aoma://docs/nothing.md",
    "aoma://docs/../secret",
    "aoma://nothing",
    "file:///etc/passwd",
]


@pytest.mark.parametrize("uri", [*UNKNOWN, "aoma://docs/%00", "aoma://docs//etc/passwd", "x"])
def test_an_unknown_resource_has_the_code_of_its_protocol(client, uri, caplog):
    error = read(client, uri)["error"]
    # https://modelcontextprotocol.io/specification/2025-11-25/server/resources#error-handling
    assert error["code"] == -32002
    # https://modelcontextprotocol.io/specification/2026-07-28/server/resources#error-handling
    modern = read(client, uri, **MODERN)["error"]
    assert modern["code"] == -32602
    assert error["data"] == modern["data"] == {"uri": uri}
    # The caller's mistake, not the server's.
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_many_documents_are_listed_page_by_page(client, monkeypatch):
    whole = listed(client)["resources"]
    monkeypatch.setattr(resource_handlers, "PAGE", 1)
    found, cursor = [], None
    for _ in range(len(whole) + 1):
        page = listed(client, cursor)
        found += page["resources"]
        cursor = page.get("nextCursor")
        if cursor is None:
            break
    assert found == whole


@pytest.mark.parametrize("cursor", ["x", "documents.!", "documents.w7", "e30="])
@pytest.mark.parametrize(
    "method", ["tools/list", "resources/list", "resources/templates/list", "prompts/list"]
)
def test_a_cursor_that_was_never_given_is_refused(client, method, cursor):
    assert client.rpc(method, {"cursor": cursor})["error"]["code"] == -32602


def test_a_page_is_large_enough_for_all_tools(client):
    assert "nextCursor" not in client.rpc("tools/list")["result"]
    assert PAGE == 100


def test_templates_are_written_as_rfc_6570_says(client):
    (template,) = client.rpc("resources/templates/list")["result"]["resourceTemplates"]
    assert template["uriTemplate"] == "aoma://docs/{+path}{?page}"
    assert shown("a://{x}/{y*}{?q}") == "a://{x}/{+y}{?q}"


def test_paths_of_documents_are_suggested(client):
    reference = {"type": "ref/resource", "uri": "aoma://docs/{+path}{?page}"}

    def suggested(typed, name="path"):
        params = {"ref": reference, "argument": {"name": name, "value": typed}}
        return client.rpc("completion/complete", params)["result"]["completion"]["values"]

    assert suggested("") == ["docs/ingest.md", "docs/rights.md"]
    assert suggested("docs/r") == ["docs/rights.md"]
    assert suggested("%") == suggested("x") == suggested("docs", name="nothing") == []


def test_lists_may_be_kept_a_minute_by_who_asked_for_them_alone(client):
    for method in ("tools/list", "resources/list", "resources/templates/list", "prompts/list"):
        result = client.rpc(method, {"_meta": MODERN})["result"]
        assert (result["ttlMs"], result["cacheScope"]) == (60_000, "private")
    document = read(client, "aoma://docs/docs/ingest.md", **MODERN)["result"]
    assert (document["ttlMs"], document["cacheScope"]) == (60_000, "private")
    # What is computed on reading is old at once.
    assert read(client, "aoma://health", **MODERN)["result"]["ttlMs"] == 0


def test_a_source_that_is_down_is_an_error_and_no_empty_list(
    start_instance, settings, tmp_path, monkeypatch
):
    # The other tests' deployment comes back afterwards.
    monkeypatch.setattr(deployment, "_current", None)
    broken = start_instance(replace(settings, index=tmp_path / "missing.sqlite3"))
    for reply in (
        broken.rpc("resources/list"),
        read(broken, "aoma://docs/docs/ingest.md"),
        broken.rpc(
            "completion/complete",
            {
                "ref": {"type": "ref/resource", "uri": "aoma://docs/{+path}{?page}"},
                "argument": {"name": "path", "value": ""},
            },
        ),
    ):
        assert reply["error"]["code"] == -32603
        assert "missing.sqlite3 cannot be opened" in reply["error"]["message"]


def test_everything_that_is_shown_has_a_title_and_all_but_tools_an_icon(client):
    meta = client.rpc("server/discover")["result"]["_meta"]
    things = [meta["io.modelcontextprotocol/serverInfo"]]
    for method, name in (
        ("tools/list", "tools"),
        ("resources/list", "resources"),
        ("resources/templates/list", "resourceTemplates"),
        ("prompts/list", "prompts"),
    ):
        found = client.rpc(method)["result"][name]
        assert found
        things += found
    for thing in things:
        assert thing["title"]
        if "inputSchema" in thing:
            # Icons would be a sixth of `tools/list`.
            continue
        (icon,) = thing["icons"]
        head, _, data = icon["src"].partition(",")
        assert head == "data:image/svg+xml;base64"
        assert base64.b64decode(data).startswith(b"<svg ")


def test_a_key_for_some_tools_reads_no_documents(start_instance, settings):
    entry = {
        "name": "tools",
        "sha256": digest(KEY),
        "last4": KEY[-4:],
        "created": "2026",
        "tools": ["get_system_health"],
    }
    limited = start_instance(settings, lambda: json.dumps({"keys": [entry]}))
    after_nothing = "documents." + base64.urlsafe_b64encode(b" ").decode()
    completion = {
        "ref": {"type": "ref/resource", "uri": "aoma://docs/{+path}{?page}"},
        "argument": {"name": "path", "value": ""},
    }
    for method, params in (
        ("resources/list", {}),
        ("resources/list", {"cursor": after_nothing}),
        ("resources/templates/list", {}),
        ("resources/read", {"uri": "aoma://docs/docs/ingest.md"}),
        ("prompts/list", {}),
        ("prompts/get", {"name": "triage_incident", "arguments": {"symptoms": "x"}}),
        ("completion/complete", completion),
    ):
        for meta in ({}, MODERN):
            answer = limited.rpc(method, params | {"_meta": meta})
            assert "result" not in answer, (method, answer)
            assert "ingest" not in json.dumps(answer["error"].get("data", ""))
