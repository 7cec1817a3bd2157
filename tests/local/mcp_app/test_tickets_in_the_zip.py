"""From a Jira export through `build.py` to an instance that answers about its tickets."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from copy import replace
from pathlib import Path

import pytest

from mcp_app.deployment import current_deployment, set_current
from mesh.build.environment import ROOT
from tests.fixtures.jira_samples import csv_text, issue, row, saved

LONG = "The licence server answers too late. " * 100


@pytest.fixture(scope="module")
def client(client, start_instance, settings, tmp_path_factory: pytest.TempPathFactory):
    before = current_deployment()
    folder = tmp_path_factory.mktemp("tickets")
    rows = [
        row("VAULT-1", summary="Transcoding waits for a licence", description=LONG),
        row("VAULT-2", summary="Proxy without sound", status="Done", priority="Low"),
        row("not a key"),
    ]
    exports = [
        saved(folder / "vault.csv", csv_text(rows)),
        saved(folder / "zoo.json", [issue("ZOO-1", summary="Rights window")]),
    ]
    output = folder / "mesh.zip"
    given = [argument for export in exports for argument in ("--jira", str(export))]
    given += ["--jira-url", "https://jira.example.com/", "--output", str(output)]
    done = subprocess.run(
        [sys.executable, str(ROOT / "build.py"), "--architecture", "host", "--json", *given],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["index"] == {
        **dict.fromkeys(("documents", "passages", "commits", "code_files"), 0),
        "tickets": 3,
    }
    lost = "1 x ticket without a key such as ABC-12: vault.csv, row 4"
    assert result["notes"][0] == f"knowledge: {lost}"
    with zipfile.ZipFile(output) as opened:
        place = Path(opened.extract("knowledge.sqlite3", folder))
    yield start_instance(replace(settings, index=place))
    # One deployment is current in a process: the other tests' again.
    set_current(before)


def test_only_the_tools_of_what_was_exported_are_offered(client) -> None:
    offered = {tool["name"] for tool in client.rpc("tools/list")["result"]["tools"]}
    assert {"search_jira_tickets", "get_jira_ticket", "get_jira_ticket_count"} <= offered
    assert not offered & {"search_knowledge", "search_git_commits", "search_code_files"}


@pytest.mark.promise("tickets come from an export of Jira")
def test_ticket_is_found_read_and_counted(client) -> None:
    found = client.call(
        "search_jira_tickets",
        query="licence for transcoding",
        projectKey="VAULT",
        detail="full",
    )
    hit = found["hits"][0]
    assert (hit["id"], hit["link"]) == ("VAULT-1", "https://jira.example.com/browse/VAULT-1")
    assert len(hit["text"]) == 2_000
    ticket = client.call("get_jira_ticket", key="vault-1")
    assert ticket["text"] == LONG.strip()
    assert ticket["created"] == "2026-01-31T10:00:00+00:00"
    count = client.call("get_jira_ticket_count", status=["done", "OPEN"])
    assert (count["total"], count["by_project"][0]) == (3, {"value": "VAULT", "count": 2})
    assert client.call("get_jira_ticket_count", priority=["low"])["total"] == 1


def test_health_and_capabilities_know_of_tickets(client) -> None:
    (source,) = client.call("get_system_health")["sources"]
    assert (source["source"], source["status"], source["entries"]) == ("tickets", "ok", 3)
    assert client.request("GET", "/ready").status == 200
