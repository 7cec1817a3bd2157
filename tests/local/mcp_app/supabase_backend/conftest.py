"""The supabase backend in this process: against services that fail as told, and real ones."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Iterator
from contextvars import copy_context
from copy import replace
from typing import Any

import pytest
from openai import AsyncOpenAI

from aoma.local_supabase.openai.server import LocalOpenAI, StoredFile
from aoma.local_supabase.stack import LocalSupabase
from mcp_app.deadline import Deadline
from mcp_app.knowledge.supabase.backend import SupabaseBackend
from mcp_app.supabase_settings import SupabaseSettings, load
from tests.local.mcp_app.supabase_backend.rows import fill
from tests.local.mcp_app.supabase_backend.scripted import ScriptedServer
from tests.local.mcp_app.supabase_backend.usual import CANARIES, Parameters, openai, postgrest


@pytest.fixture(scope="session", autouse=True)
def imported() -> None:
    """openai imports its parts at their first use: seconds on a busy machine, not a deadline's."""
    client = AsyncOpenAI(api_key="x", base_url="http://127.0.0.1:9")
    for part in (client.embeddings, client.models, client.responses, client.vector_stores):
        assert part


@pytest.fixture
def parameters() -> Parameters:
    return Parameters()


@pytest.fixture
def supabase_server() -> Iterator[ScriptedServer]:
    with ScriptedServer(postgrest) as server:
        yield server


@pytest.fixture
def openai_server_() -> Iterator[ScriptedServer]:
    with ScriptedServer(openai) as server:
        yield server


@pytest.fixture
def settings(supabase_server, openai_server_) -> SupabaseSettings:
    variables = {
        "SUPABASE_URL": supabase_server.url,
        "MESH_SECRETS": json.dumps(
            {
                "SUPABASE_KEY": "/mesh/test/supabase-key",
                "SUPABASE_TOKEN": "/mesh/test/supabase-token",
                "OPENAI_API_KEY": "/mesh/test/openai-api-key",
            }
        ),
        "OPENAI_BASE_URL": f"{openai_server_.url}/v1",
        "AOMA_EMBEDDING_DIMENSIONS": "3",
        "AOMA_ANSWER_MODEL": "gpt-test",
    }
    return load(variables, secrets_ttl_seconds=60)


class Asked:
    """A backend on a loop of its own; every call has a deadline of some seconds."""

    def __init__(self, settings: SupabaseSettings, parameters: Parameters) -> None:
        self.settings = settings
        self.parameters = parameters
        self.backend = SupabaseBackend(settings, parameters.read)
        self._runner = asyncio.Runner()
        self.seconds = 10.0

    def run[Answer](self, call: Coroutine[Any, Any, Answer]) -> Answer:
        return self._runner.run(call, context=copy_context())

    def deadline(self) -> Deadline:
        return Deadline.after(self.seconds)

    def documents(self, query: str = "How long are proxies kept?", **options: Any) -> Any:
        return self.run(self.backend.search_documents(query, deadline=self.deadline(), **options))

    def tickets(self, query: str = "upload hangs", **options: Any) -> Any:
        return self.run(self.backend.search_tickets(query, deadline=self.deadline(), **options))

    def close(self) -> None:
        self.run(self.backend.close())
        self._runner.close()


@pytest.fixture
def start(settings, parameters):
    """Starts backends with changed settings, and closes them at the end."""
    started = []

    def begin(**changes: Any) -> Asked:
        asked = Asked(replace(settings, **changes), parameters)
        started.append(asked)
        return asked

    yield begin
    for asked in started:
        asked.close()


@pytest.fixture
def asked(start):
    return start()


@pytest.fixture
def with_store(start):
    """The same, with a vector store to search too."""
    return start(vector_store_id="vs_1")


@pytest.fixture
def live(supabase: LocalSupabase, openai_server: LocalOpenAI) -> Iterator[Asked]:
    """The backend over real PostgreSQL and PostgREST, and the stand-in for OpenAI."""
    fill(supabase)
    parameters = Parameters(
        {
            "/mesh/test/openai-api-key": openai_server.api_key,
            "/mesh/test/supabase-key": supabase.publishable_key,
            "/mesh/test/supabase-token": supabase.server_token(),
        }
    )
    openai_server.vector_stores["vs_1"] = [
        StoredFile("handbook.pdf", "Proxies are kept for ninety days, says the handbook.")
    ]
    variables = {
        "SUPABASE_URL": supabase.url,
        "MESH_SECRETS": json.dumps(
            {
                "SUPABASE_KEY": "/mesh/test/supabase-key",
                "SUPABASE_TOKEN": "/mesh/test/supabase-token",
                "OPENAI_API_KEY": "/mesh/test/openai-api-key",
            }
        ),
        "OPENAI_BASE_URL": openai_server.base_url,
        "AOMA_VECTOR_STORE_ID": "vs_1",
        "AOMA_ANSWER_MODEL": "gpt-test",
    }
    asked = Asked(load(variables, secrets_ttl_seconds=60), parameters)
    asked.seconds = 20.0
    yield asked
    asked.close()


@pytest.fixture(autouse=True)
def nothing_secret_in_the_log(caplog) -> Iterator[None]:
    caplog.set_level("DEBUG")
    for name in ("httpx", "httpcore", "httpx2", "httpcore2", "openai"):
        caplog.set_level("WARNING", name)
    yield
    assert not [canary for canary in CANARIES if canary in caplog.text]
