"""A user's token, from the HTTP request to PostgreSQL: each sees their own rows, and only those.

The server is whole but for Lambda; the database, PostgREST and the keys are a local Supabase
project's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import replace
from typing import Any

import pytest

from aoma.local_supabase.stack import LocalSupabase
from mcp_app import settings as server_settings
from mcp_app import supabase_settings
from mcp_app.knowledge.supabase.backend import SupabaseBackend
from mcp_app.server import build_server
from mesh.runtime.access.api_keys import KeyRing, digest, generate
from mesh.runtime.http.app import build_app
from mesh.runtime.http.instance import Instance
from tests.fixtures.instances import Client
from tests.local.mcp_app.supabase_backend.rows import fill
from tests.local.mcp_app.supabase_backend.usual import Parameters

KEY = generate()
QUESTION = {
    "query": "contract board ends meets",
    "mode": "keyword",
    "threshold": 0.1,
    "detail": "full",
}


@pytest.fixture
def instance(supabase: LocalSupabase) -> Iterator[Instance]:
    """A server that takes the project's access tokens and an API key, over the project's rows."""
    fill(supabase)
    variables = {
        "MESH_AUTH": "both",
        "MESH_API_KEYS_PARAMETER": "/mesh/test/api-keys",
        "MESH_OAUTH_ISSUER": supabase.issuer,
        "MESH_OAUTH_JWKS_URL": f"{supabase.issuer}/.well-known/jwks.json",
        "MESH_OAUTH_AUDIENCES": "authenticated",
        "SUPABASE_URL": supabase.url,
        "MESH_SECRETS": json.dumps(
            {
                "SUPABASE_KEY": "/mesh/test/supabase-key",
                "SUPABASE_TOKEN": "/mesh/test/supabase-token",
                "OPENAI_API_KEY": "/mesh/test/openai-api-key",
            }
        ),
        "AOMA_SOURCES": "documents",
    }
    parameters = Parameters(
        {
            "/mesh/test/openai-api-key": "sk-unused",
            "/mesh/test/supabase-key": supabase.publishable_key,
            "/mesh/test/supabase-token": supabase.server_token(),
        }
    )
    chosen = supabase_settings.load(variables, secrets_ttl_seconds=60)
    settings = replace(
        server_settings.load(variables),
        backend="supabase",
        supabase=chosen,
        deadline_seconds=20.0,
    )
    entry = {"name": "ci", "sha256": digest(KEY), "last4": KEY[-4:], "created": "2026"}
    stored = json.dumps({"keys": [entry]})
    ring = KeyRing(lambda: stored, source="SSM parameter /p", ttl_seconds=60)
    backend = SupabaseBackend(chosen, parameters.read)
    started = Instance(build_app(build_server(settings, backend), settings, ring))
    yield started
    started.close()


@pytest.fixture
def seen(instance: Instance) -> Any:
    """The documents that a search finds for the holder of a credential."""

    def search(credential: str, path: str = "/rpc") -> set[str]:
        client = Client(lambda event: instance.answer(event, None), credential)
        params = {"name": "search_knowledge", "arguments": QUESTION}
        result = client.rpc("tools/call", params, path)["result"]
        assert not result.get("isError"), result
        return {hit["document"] for hit in result["structuredContent"]["hits"]}

    return search


@pytest.mark.parametrize("path", ["/mcp", "/rpc"])
def test_each_user_sees_their_own_rows(seen, supabase: LocalSupabase, path: str) -> None:
    assert seen(supabase.user_token("ada@example.com"), path) == {"contract.md"}
    assert seen(supabase.user_token("grace@example.com", groups=["board"]), path) == {"board.md"}
    assert seen(supabase.user_token("alan@example.com"), path) == set()
    assert supabase.requests.to("/rest/")


def test_callers_without_a_user_see_what_the_server_may(seen, supabase: LocalSupabase) -> None:
    assert seen(KEY) == set()
    # One after the other on one instance: nobody inherits the caller before.
    assert seen(supabase.user_token("ada@example.com")) == {"contract.md"}
    assert seen(KEY) == set()


def test_documents_are_read_as_the_user_too(instance: Instance, supabase: LocalSupabase) -> None:
    def read(credential: str) -> Any:
        client = Client(lambda event: instance.answer(event, None), credential)
        return client.rpc("resources/read", {"uri": "aoma://docs/contract.md"})

    assert "secret contract" in json.dumps(read(supabase.user_token("ada@example.com"))["result"])
    assert "error" in read(supabase.user_token("alan@example.com"))
    assert "error" in read(KEY)


@pytest.mark.parametrize(
    "claims",
    [
        {"is_anonymous": True},
        {"role": "anon"},
        {"role": "service_role"},
        {"aud": "elsewhere"},
        {"iss": "https://another.example/auth/v1"},
    ],
    ids=str,
)
def test_who_may_not_come_in_never_reaches_the_database(
    instance: Instance, supabase: LocalSupabase, claims: dict[str, Any]
) -> None:
    token = supabase.user_token("ada@example.com", claims=claims)
    client = Client(lambda event: instance.answer(event, None), token)
    supabase.requests.clear()
    params = {"name": "search_knowledge", "arguments": QUESTION}
    reply = client.request("POST", "/rpc", {"method": "tools/call", "params": params})
    assert reply.status == 401
    assert not supabase.requests.to("/rest/")


def test_the_projects_own_keys_are_no_way_in(instance: Instance, supabase: LocalSupabase) -> None:
    for credential in (
        *(supabase.server_token(), supabase.anon_key, supabase.service_role_key),
        *(supabase.publishable_key, supabase.secret_key),
    ):
        client = Client(lambda event: instance.answer(event, None), credential)
        assert client.request("POST", "/rpc", {"method": "ping"}).status == 401
