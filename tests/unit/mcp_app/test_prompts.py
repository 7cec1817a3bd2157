import pytest

from mcp_app.knowledge.embedded.backend import EmbeddedBackend
from tests.unit.mcp_app.test_resources import MODERN


def get(client, prompt, **arguments):
    return client.rpc("prompts/get", {"name": prompt, "arguments": arguments})


def text(client, prompt, **arguments):
    (message,) = get(client, prompt, **arguments)["result"]["messages"]
    assert message["role"] == "user"
    return message["content"]["text"]


def test_arguments_say_what_they_may_be(client):
    prompts = {p["name"]: p for p in client.rpc("prompts/list")["result"]["prompts"]}
    assert prompts.keys() == {"triage_incident", "development_context"}
    arguments = {a["name"]: a for a in prompts["triage_incident"]["arguments"]}
    assert [name for name, a in arguments.items() if a["required"]] == ["symptoms"]
    assert arguments["severity"]["description"] == (
        "How bad it is. One of: low, medium, high, critical."
    )


def test_a_prompt_names_only_tools_that_are_there(client):
    tools = {tool["name"] for tool in client.rpc("tools/list")["result"]["tools"]}
    known = {"search_knowledge", "search_jira_tickets", "search_git_commits", "search_code_files"}
    assert known <= tools
    for said in (
        text(client, "triage_incident", symptoms="uploads fail with 502", system_area="backend"),
        text(client, "development_context", current_task="Retry failed uploads"),
    ):
        assert all(name in said for name in known)
        assert "1. " in said


def test_arguments_reach_the_prompt(client):
    said = text(
        client,
        "triage_incident",
        symptoms="  uploads fail with 502 ",
        system_area="backend",
        severity="critical",
        project_key="",
    )
    assert "\n\nuploads fail with 502\n\n" in said
    assert "critical severity in the backend" in said


@pytest.mark.parametrize("meta", [{}, MODERN])
@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({}, "symptoms: Field required"),
        ({"symptoms": "  "}, "symptoms: "),
        ({"symptoms": "canary-1" * 200}, "symptoms: "),
        ({"symptoms": "x", "severity": "canary-2"}, "severity: Input should be 'low'"),
        ({"symptoms": "x", "project_key": "canary 3"}, "project_key: "),
        ({"symptoms": "x", "sevrity": "canary-4"}, "sevrity: "),
    ],
)
def test_an_argument_that_does_not_fit_is_the_callers_mistake(
    client, arguments, named, meta, caplog
):
    params = {"name": "triage_incident", "arguments": arguments, "_meta": meta}
    error = client.rpc("prompts/get", params)["error"]
    assert error["code"] == -32602
    assert named in error["message"]
    assert "canary" not in error["message"]
    assert "canary" not in caplog.text


def test_an_unknown_prompt_is_the_callers_mistake(client):
    assert get(client, "nothing")["error"]["code"] == -32602


def complete(client, prompt, name, typed):
    params = {
        "ref": {"type": "ref/prompt", "name": prompt},
        "argument": {"name": name, "value": typed},
    }
    return client.rpc("completion/complete", params)


def test_values_of_arguments_are_suggested(client):
    def suggested(name, typed):
        return complete(client, "triage_incident", name, typed)["result"]["completion"]["values"]

    assert suggested("severity", "") == ["low", "medium", "high", "critical"]
    assert suggested("system_area", "In") == ["infrastructure", "integration"]
    assert suggested("project_key", "ao") == ["AOMA"]
    # Nobody can guess symptoms.
    assert suggested("project_key", "x") == suggested("symptoms", "") == []


@pytest.fixture
def without_tickets(monkeypatch):
    monkeypatch.setattr(EmbeddedBackend, "available", lambda _self: frozenset({"documents"}))


def test_what_this_deployment_lacks_is_in_no_prompt(client, without_tickets):
    said = text(client, "triage_incident", symptoms="uploads fail")
    assert "1. search_knowledge" in said
    assert not [word for word in ("jira", "2. ", "commits", "code") if word in said]
    answer = complete(client, "triage_incident", "project_key", "")
    assert answer["result"]["completion"]["values"] == []


def test_an_unknown_prompt_has_no_suggestions(client):
    answer = complete(client, "nothing", "x", "")
    assert answer["result"]["completion"]["values"] == []
