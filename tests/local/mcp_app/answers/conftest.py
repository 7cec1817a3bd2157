"""A vault's knowledge, loaded into PostgreSQL and served with the stand-in for OpenAI."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from click.testing import CliRunner

from aoma.local_supabase.openai.server import LocalOpenAI
from aoma.local_supabase.stack import LocalSupabase
from mcp_app import deployment
from mcp_app.knowledge.supabase.backend import SupabaseBackend
from mcp_app.server import build_server
from mcp_app.settings import load
from mesh.cli import command_line
from mesh.runtime.http.app import build_app
from mesh.runtime.http.instance import Instance
from tests.fixtures.instances import Client
from tests.fixtures.vault import vault


@pytest.fixture(scope="module")
def project(
    migrated_project: LocalSupabase,
    openai_process: LocalOpenAI,
    vault,  # noqa: F811 - the fixture
) -> LocalSupabase:
    """The vault, loaded by `mesh ingest`."""
    migrated_project.fresh()
    done = CliRunner().invoke(
        command_line,
        [
            "ingest",
            *("--documents", str(vault / "docs"), "--git", str(vault), "--yes"),
            *("--jira", str(vault.with_name("tickets.csv"))),
            *("--database-url", migrated_project.database_url),
        ],
        env={"OPENAI_API_KEY": openai_process.api_key, "OPENAI_BASE_URL": openai_process.base_url},
    )
    assert done.exit_code == 0, done.output
    return migrated_project


@pytest.fixture(scope="module")
def instance_of(
    project: LocalSupabase, openai_process: LocalOpenAI
) -> Iterator[Callable[[frozenset[tuple[str, str]]], Client]]:
    """Starts instances of the supabase backend, one for each set of changed variables."""
    before = deployment._current
    instances: list[Instance] = []
    secrets = {
        "/k": project.publishable_key,
        "/t": project.server_token(),
        "/o": openai_process.api_key,
    }

    @cache
    def begin(variables: frozenset[tuple[str, str]]) -> Client:
        settings = load(
            {
                "MESH_AUTH": "none",
                "AOMA_BACKEND": "supabase",
                "SUPABASE_URL": project.url,
                "MESH_SECRETS": json.dumps(
                    {
                        "SUPABASE_KEY": "/k",
                        "SUPABASE_TOKEN": "/t",
                        "OPENAI_API_KEY": "/o",
                    }
                ),
                "OPENAI_BASE_URL": openai_process.base_url,
                "AOMA_ANSWER_MODEL": "gpt-test",
                **dict(variables),
            }
        )
        assert settings.supabase is not None
        backend = SupabaseBackend(settings.supabase, secrets.__getitem__)
        instance = Instance(build_app(build_server(settings, backend), settings, None))
        instances.append(instance)
        own = deployment.current_deployment()

        def answer(event: dict[str, Any]) -> Any:
            deployment.set_current(own)
            return instance.answer(event, None)

        return Client(answer, None)

    yield begin
    for instance in instances:
        instance.close()
    deployment._current = before


@pytest.fixture
def start(instance_of, project: LocalSupabase, openai_server: LocalOpenAI) -> Callable[..., Any]:
    """An instance with these variables changed, and services that forgot the test before."""
    project.faults.clear()
    project.requests.clear()
    return lambda **variables: instance_of(frozenset(variables.items()))


@pytest.fixture
def client(start):
    return start()
