"""The deployed zip with the Supabase backend: what callers of the Function URL get from it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from aoma import build_hook as bundle
from aoma import local_supabase_stack
from aoma.database.token import mint
from aoma.local_supabase.http.faults import Fault
from aoma.local_supabase.openai.hashed_words import embed
from mesh.build.environment import ROOT
from mesh.credentials import api_keys, stored_secrets
from mesh.local_aws import process
from mesh.runtime.access.api_keys import generate
from mesh.stack import local_aws_client
from mesh.stack.deployment import Deployment, Inputs
from mesh.stack.stack import Stack

MODEL = "hashed-words"
# Longer than the tests take: what is noticed sooner is noticed because a service refused.
TTL_SECONDS = 3600


@dataclass
class Deployed:
    """The deployment, as somebody calls it."""

    url: str
    key: str
    secrets: dict[str, str]
    aws: process.Running
    logs: Path

    def store(self, name: str, value: str) -> None:
        """Put a secret where the function reads it."""
        client = local_aws_client.ssm(self.aws.environment)
        stored_secrets.put(client, self.secrets[name], value)

    def post(self, tool: str, token: str | None = None, **arguments: Any) -> dict[str, Any]:
        """Call a tool; gives the result of JSON-RPC."""
        answer = httpx.post(
            f"{self.url}rpc",
            headers={"Authorization": f"Bearer {token or self.key}"},
            json={"method": "tools/call", "params": {"name": tool, "arguments": arguments}},
            timeout=60,
        )
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()["result"]
        return result

    def call(self, tool: str, token: str | None = None, **arguments: Any) -> dict[str, Any]:
        """What a tool gives; it must not be an error."""
        result = self.post(tool, token, **arguments)
        assert not result.get("isError"), result
        content: dict[str, Any] = result["structuredContent"]
        return content

    def error(self, tool: str, **arguments: Any) -> str:
        """What a tool says that has failed."""
        result = self.post(tool, **arguments)
        assert result["isError"] is True, result
        text: str = result["content"][0]["text"]
        return text


@pytest.fixture(scope="module")
def deployed(migrated_project, openai_process, tmp_path_factory):
    """The root, applied to a local AWS of this module's own, with all secrets stored."""
    root = tmp_path_factory.mktemp("deployed")
    (root / "terraform").symlink_to(ROOT / "terraform")
    here = Stack(root)
    here.logs.mkdir(parents=True)
    built = bundle.build(architecture="host", output=root / "mesh.zip", indexed=False)
    running = process.start(here.aws, log=root / "aws.log")
    try:
        deployment = Deployment(here, running)
        deployment.init()
        outputs = deployment.apply(
            Inputs(
                built.architecture,
                "aoma-mesh",
                built.code_sha256,
                built.path,
                {
                    "environment_variables": {
                        "AOMA_ANSWER_MODEL": "quoting-stand-in",
                        "AOMA_BACKEND": "supabase",
                        "AOMA_EMBEDDING_MODEL": MODEL,
                        "OPENAI_BASE_URL": openai_process.base_url,
                        "SUPABASE_URL": migrated_project.url,
                    },
                    "secrets": local_supabase_stack.SECRETS,
                    "secrets_ttl_seconds": TTL_SECONDS,
                    "oauth_issuer": migrated_project.issuer,
                    "oauth_audiences": ["authenticated"],
                },
            )
        )
        key = generate()
        client = local_aws_client.ssm(running.environment)
        parameter = api_keys.Parameter(client, outputs["api_keys_parameter"])
        api_keys.store(parameter, "tests", key, keep=0)
        yield Deployed(outputs["function_url"], key, outputs["secrets"], running, here.aws / "logs")
    finally:
        process.stop(here.aws)


@pytest.fixture
def mesh(deployed, supabase, openai_server):
    """The deployment over a database with three documents and a commit."""
    deployed.store("OPENAI_API_KEY", openai_server.api_key)
    deployed.store("SUPABASE_KEY", supabase.publishable_key)
    deployed.store("SUPABASE_TOKEN", supabase.server_token(expires_in=7200))
    texts = {
        "guide": ("To deploy the server, run terraform apply.", None),
        "cats": ("Cats sleep all day.", None),
        "board": ("To deploy the merger, call the board.", ["group:board"]),
    }
    with supabase.connect() as connection:
        connection.execute(
            "insert into mesh_embedding (model, dimensions) values (%s, 1536)", (MODEL,)
        )
        for name, (text, readers) in texts.items():
            connection.execute(
                "insert into mesh_documents (id, title, corpus, readers) "
                "values (%s, %s, 'docs', %s)",
                (name, name.title(), readers),
            )
            connection.execute(
                "insert into mesh_passages (id, document, ordinal, text, embedding) "
                "values (%s, %s, 0, %s, %s)",
                (f"{name}#0", name, text, str(embed(text, 1536))),
            )
        connection.execute(
            "insert into mesh_commits (id, repository, hash, subject, author, date, committed_at, "
            "embedding) values ('r@c1', 'r', 'c1', 'Deploy faster', 'Ann', '2026-01-01T00:00:00Z', "
            "'2026-01-01T00:00:00Z', %s)",
            (str(embed("Deploy faster", 1536)),),
        )
    return deployed


def found(content):
    return sorted(hit["id"] for hit in content["hits"])


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("keyword", "text_rank"),
        ("semantic", "cosine_similarity"),
        ("hybrid", "reciprocal_rank_fusion"),
    ],
)
def test_each_mode_finds_what_is_there_with_its_own_scores(mesh, mode, kind):
    content = mesh.call(
        "search_knowledge", query="deploying the server", mode=mode, threshold=0.3, detail="full"
    )
    assert (content["mode"], found(content)) == (mode, ["guide#0"])
    assert content["hits"][0]["score_kind"] == kind
    commits = mesh.call("search_git_commits", query="deploy faster", mode=mode, threshold=0.3)
    assert found(commits) == ["r@c1"]


@pytest.mark.promise("every answer cites passages")
def test_an_answer_cites_the_passages_that_were_found(mesh):
    answer = mesh.call("query_aoma_knowledge", query="deploy the server", strategy="comprehensive")
    assert (answer["status"], answer["grounded"]) == ("answered", True)
    assert "run terraform apply [1]" in answer["answer"]
    assert [citation["id"] for citation in answer["citations"]] == ["guide#0"]


@pytest.mark.promise("nothing is answered without evidence")
def test_without_evidence_no_model_is_asked(mesh, openai_server):
    answer = mesh.call("query_aoma_knowledge", query="quarterly zebra taxation")
    assert (answer["grounded"], answer["passages"]) == (False, [])
    assert "answer" not in answer
    assert not openai_server.requests.to("responses")


def test_an_answer_that_cites_what_was_not_found_is_withheld(mesh, openai_server):
    openai_server.answers.append("It is easy [7].")
    answer = mesh.call("query_aoma_knowledge", query="deploy the server", strategy="comprehensive")
    assert answer["status"] == "refused"
    assert "answer" not in answer


@pytest.mark.promise("users see what row-level security lets them see")
def test_two_users_see_different_rows_through_the_same_tool(mesh, supabase):
    ann = supabase.user_token("ann@example.com")
    bob = supabase.user_token("bob@example.com", groups=["board"])
    arguments = {"query": "deploy", "mode": "keyword"}
    assert found(mesh.call("search_knowledge", ann, **arguments)) == ["guide#0"]
    assert found(mesh.call("search_knowledge", bob, **arguments)) == ["board#0", "guide#0"]
    assert found(mesh.call("search_knowledge", **arguments)) == ["guide#0"]


def test_a_rotated_key_is_taken_up_without_a_deploy(mesh, openai_server):
    mesh.call("search_knowledge", query="deploy", mode="semantic")
    before, openai_server.api_key = openai_server.api_key, "sk-local-rotated"
    try:
        mesh.store("OPENAI_API_KEY", openai_server.api_key)
        content = mesh.call("search_knowledge", query="deploy", mode="semantic", threshold=0.2)
    finally:
        openai_server.api_key = before
    assert "guide#0" in found(content)


def test_a_token_that_no_longer_counts_is_named_and_its_successor_taken_up(mesh, supabase):
    mesh.store("SUPABASE_TOKEN", supabase.server_token(expires_in=-60))
    supabase.faults.add(Fault.error(401), path="/rest/v1/rpc", times=None)
    said = mesh.error("search_knowledge", query="deploy", mode="keyword")
    assert mesh.secrets["SUPABASE_TOKEN"] in said
    supabase.faults.clear()
    mesh.store("SUPABASE_TOKEN", mint(json.dumps(supabase.keys.signing), days=1))
    content = mesh.call("search_knowledge", query="deploy", mode="keyword")
    assert found(content) == ["guide#0"]


def test_a_database_that_is_down_is_named_and_nothing_is_made_up(mesh, supabase, openai_server):
    supabase.stop_database()
    try:
        said = mesh.error("search_knowledge", query="deploy", mode="keyword")
        answered = mesh.post("query_aoma_knowledge", query="deploy the server")
        ready = httpx.get(
            f"{mesh.url}ready", headers={"Authorization": f"Bearer {mesh.key}"}, timeout=60
        )
        alive = httpx.get(f"{mesh.url}health", timeout=60)
    finally:
        supabase.start_database()
    assert "documents" in said
    assert answered["isError"] is True
    assert not openai_server.requests.to("responses")
    assert (ready.status_code, alive.status_code) == (503, 200)
    sources = ready.json()["sources"]
    assert sources["documents"]["status"] == "down"
    assert sources["openai"]["status"] == "ok"
    assert found(mesh.call("search_knowledge", query="deploy", mode="keyword")) == ["guide#0"]


def test_openai_down_leaves_searches_by_words(mesh, openai_server):
    openai_server.faults.add(Fault.error(500), path="embeddings", times=None)
    assert "openai" in mesh.error("search_knowledge", query="deploy", mode="semantic").lower()
    content = mesh.call("search_knowledge", query="deploy", mode="keyword")
    assert found(content) == ["guide#0"]


def test_no_secret_is_in_a_log(mesh, supabase, openai_server):
    mesh.call("search_knowledge", supabase.user_token("ann@example.com"), query="deploy")
    deadline = time.monotonic() + 10
    text = ""
    while "search_knowledge" not in text:
        assert time.monotonic() < deadline
        text = "".join(log.read_text() for log in mesh.logs.glob("*.log"))
    for secret in (openai_server.api_key, supabase.publishable_key, "eyJ"):
        assert secret not in text
