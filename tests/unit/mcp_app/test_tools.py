from copy import replace

import pytest

TOOLS = {
    "search_knowledge",
    "query_aoma_knowledge",
    "search_jira_tickets",
    "get_jira_ticket",
    "get_jira_ticket_count",
    "search_git_commits",
    "search_code_files",
    "analyze_development_context",
    "get_system_health",
    "get_server_capabilities",
    "search",
    "fetch",
}
SOURCES = {"documents", "tickets", "commits", "code"}


@pytest.fixture(scope="session")
def tools(client):
    return {tool["name"]: tool for tool in client.rpc("tools/list")["result"]["tools"]}


def test_all_tools_are_offered(tools):
    assert set(tools) == TOOLS


@pytest.mark.parametrize("name", sorted(TOOLS))
def test_a_tool_describes_itself_and_its_result_and_touches_nothing(tools, name):
    tool = tools[name]
    assert len(tool["description"]) > 40
    assert tool["title"]
    assert tool["outputSchema"]["type"] == "object"
    assert tool["annotations"]["readOnlyHint"] is True
    assert all(
        "description" in parameter for parameter in tool["inputSchema"]["properties"].values()
    )


def test_a_passage_is_found_with_its_source_and_true_scores(client):
    hit = client.call("search_knowledge", query="blake3 checksum", detail="full")["hits"][0]
    assert hit["source"] == "documents"
    assert "ingest.md" in hit["id"]
    assert "BLAKE3" in hit["text"]
    assert hit["coverage"] == 1.0
    assert hit["score"] > 0


def test_a_question_is_answered_by_passages_that_are_cited(client):
    found = client.call("query_aoma_knowledge", query="For how many days are proxies kept?")
    assert found["grounded"] is True
    passages = {passage["id"] for passage in found["passages"]}
    assert found["citations"]
    assert {citation["id"] for citation in found["citations"]} <= passages
    assert "ninety days" in found["passages"][0]["text"]


def test_a_question_without_evidence_gets_no_answer(client):
    found = client.call("query_aoma_knowledge", query="Who won the football world cup?")
    assert found["grounded"] is False
    assert found["passages"] == []
    assert found["citations"] == []
    assert found["reason"]


def test_commits_are_found_with_author_and_files(client):
    hit = client.call("search_git_commits", query="quarantine", detail="full")["hits"][0]
    assert hit["author"] == "Ada Byron"
    assert "ingest.py" in {change["path"] for change in hit["files"]}
    assert "ada@example.com" not in str(hit)


def test_code_is_found_by_the_words_of_an_identifier(client):
    hit = client.call("search_code_files", query="verify checksum", detail="full")["hits"][0]
    assert hit["path"] == "ingest.py"
    assert hit["language"] == "Python"


def test_tickets_are_found_by_what_they_say_and_by_their_state(client):
    (hit,) = client.call(
        "search_jira_tickets", query="checksum mismatch", projectKey="aoma", detail="full"
    )["hits"]
    assert (hit["id"], hit["status"], hit["coverage"]) == ("AOMA-1", "Open", 1.0)
    found = client.call("search_jira_tickets", query="checksum mismatch", status=["done"])
    assert found["hits"] == []
    assert found["reason"]


def test_a_ticket_is_read_whole_by_its_key(client):
    ticket = client.call("get_jira_ticket", key=" aoma-1 ")
    assert (ticket["id"], ticket["text"]) == ("AOMA-1", "It is quarantined.")
    assert [source["source"] for source in ticket["sources"]] == ["tickets"]


def test_a_ticket_that_does_not_exist_is_an_error_that_names_it(client):
    params = {"name": "get_jira_ticket", "arguments": {"key": "aoma-404"}}
    result = client.rpc("tools/call", params)["result"]
    assert result["isError"] is True
    assert "there is no ticket AOMA-404 here" in result["content"][0]["text"]
    assert "search_jira_tickets" in result["content"][0]["text"]
    assert not result.get("structuredContent")


def test_tickets_are_counted_exactly(client):
    count = client.call("get_jira_ticket_count")
    assert count["total"] == 2
    assert count["by_status"] == [{"value": "Done", "count": 1}, {"value": "Open", "count": 1}]
    assert [source["status"] for source in count["sources"]] == ["ok"]
    assert client.call("get_jira_ticket_count", projectKey="NONE")["total"] == 0


def test_the_names_of_the_original_are_accepted(client):
    arguments = {
        "query": "quarantine",
        "maxResults": 1,
        "dateFrom": "2026-01-01",
        "filePattern": "*.py",
    }
    assert len(client.call("search_git_commits", **arguments)["hits"]) == 1
    assert client.call("query_aoma_knowledge", query="proxies", strategy="quick")["grounded"]


def test_both_names_of_one_argument_are_refused(client):
    params = {
        "name": "search_knowledge",
        "arguments": {"query": "x", "max_results": 1, "maxResults": 2},
    }
    assert client.rpc("tools/call", params)["result"]["isError"] is True


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("search_knowledge", {}, "query"),
        ("search_knowledge", {"query": ""}, "query"),
        ("search_knowledge", {"query": "x" * 2001}, "query"),
        ("search_knowledge", {"query": "x", "max_results": 21}, "max_results"),
        ("search_knowledge", {"query": "x", "threshold": 1.5}, "threshold"),
        ("query_aoma_knowledge", {"query": "x", "strategy": "slow"}, "strategy"),
        ("search_git_commits", {"query": "x", "date_from": "yesterday"}, "yesterday"),
        ("search_code_files", {"query": "x", "max_results": 51}, "max_results"),
        ("search_jira_tickets", {"query": "x" * 501}, "query"),
        ("search_jira_tickets", {"query": "x", "max_results": 51}, "max_results"),
        ("search_jira_tickets", {"query": "x", "projectKey": "AO MA"}, "project_key"),
        ("search_jira_tickets", {"query": "x", "status": ["Open"] * 21}, "status"),
        ("get_jira_ticket", {"key": "AOMA"}, "key"),
        ("get_jira_ticket", {}, "key: it is missing"),
        ("get_jira_ticket_count", {"priority": [""]}, "priority"),
        ("search_code_files", {"query": "x", "colour": "red"}, "colour"),
        ("analyze_development_context", {"current_task": "x" * 1001}, "current_task"),
        ("analyze_development_context", {"current_task": "x", "codeContext": "x" * 5001}, "code_"),
        ("analyze_development_context", {"current_task": "x", "system_area": "ui"}, "system_area"),
        ("analyze_development_context", {"current_task": "x", "urgency": "now"}, "urgency"),
    ],
)
def test_an_argument_that_does_not_fit_is_named(client, tool, arguments, said):
    result = client.rpc("tools/call", {"name": tool, "arguments": arguments})["result"]
    assert result["isError"] is True
    assert said in result["content"][0]["text"]
    assert "Traceback" not in result["content"][0]["text"]


def test_an_unknown_tool_is_an_error(client):
    answer = client.rpc("tools/call", {"name": "search_outlook_emails", "arguments": {}})
    assert answer.get("error") or answer["result"]["isError"]


def test_health_asks_every_source(client):
    health = client.call("get_system_health", include_diagnostics=True)
    assert health["status"] == "healthy"
    assert {source["source"] for source in health["sources"]} == SOURCES
    assert health["diagnostics"]["index_bytes"] > 0
    assert "metrics" not in client.call("get_system_health", include_metrics=False)


def test_capabilities_name_the_tools_and_what_is_indexed(client):
    capabilities = client.call("get_server_capabilities", includeExamples=True)
    assert {tool["name"] for tool in capabilities["tools"]} == TOOLS
    assert capabilities["repositories"][0]["name"] == "vault"
    for tool in capabilities["tools"]:
        params = {"name": tool["name"], "arguments": tool["example"]}
        result = client.rpc("tools/call", params)["result"]
        absent = ("there is no ticket AOMA-1234", "there is nothing with this id")
        assert not result.get("isError") or any(text in str(result) for text in absent)
    assert {source["source"]: source["entries"] for source in capabilities["sources"]} == {
        "documents": 2,
        "tickets": 2,
        "commits": 1,
        "code": 1,
    }


def test_capabilities_say_how_it_searches_and_what_counts_as_evidence(client):
    capabilities = client.call("get_server_capabilities")
    assert capabilities["modes"] == ["keyword"]
    assert "misses paraphrases" in capabilities["search"]
    assert "answer_model" not in capabilities
    assert "embedding_model" not in capabilities
    thresholds = [strategy["threshold"] for strategy in capabilities["strategies"]]
    assert thresholds == sorted(thresholds)
    assert {strategy["name"] for strategy in capabilities["strategies"]} == {
        "comprehensive",
        "focused",
        "rapid",
    }


def test_a_development_task_is_seen_from_every_source(client):
    analysis = client.call(
        "analyze_development_context",
        currentTask="quarantine assets by checksum",
        codeContext="def verifyChecksum(asset):",
        systemArea="backend",
        urgency="high",
    )
    assert analysis["status"] == "evidence_only"
    assert analysis["grounded"] is True
    assert {source["source"] for source in analysis["sources"]} == SOURCES
    assert analysis["findings"]["commits"]["hits"][0]["author"] == "Ada Byron"
    assert analysis["findings"]["tickets"]["hits"][0]["id"] == "AOMA-1"
    assert [one["number"] for one in analysis["citations"]] == list(
        range(1, len(analysis["citations"]) + 1)
    )


@pytest.fixture(scope="session")
def broken(start_instance, settings, tmp_path_factory):
    damaged = tmp_path_factory.mktemp("damaged") / "knowledge.sqlite3"
    damaged.write_bytes(b"this is not a database" * 100)
    return start_instance(replace(settings, index=damaged))


@pytest.mark.parametrize(
    "tool",
    [
        "search_knowledge",
        "query_aoma_knowledge",
        "search_git_commits",
        "search_code_files",
        "search_jira_tickets",
        "analyze_development_context",
    ],
)
def test_a_source_that_is_down_is_an_error_and_no_empty_result(broken, tool):
    name = "current_task" if tool == "analyze_development_context" else "query"
    result = broken.rpc("tools/call", {"name": tool, "arguments": {name: "checksum"}})["result"]
    assert result["isError"] is True
    assert "index" in result["content"][0]["text"]
    assert "structuredContent" not in result or not result["structuredContent"]


def test_a_source_that_is_down_shows_in_health_and_ready(broken):
    assert broken.call("get_system_health")["status"] == "unhealthy"
    reply = broken.request("GET", "/ready")
    assert reply.status == 503
    assert broken.request("GET", "/health").status == 200
