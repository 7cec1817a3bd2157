"""What `mesh up --backend supabase` asks and ingests, and what it says when it cannot."""

from __future__ import annotations

import os

import pytest

from aoma import local_supabase_stack
from aoma.bundled_knowledge import Knowledge
from aoma.database.state import Count, State
from aoma.local_supabase.keys import Keys
from aoma.local_supabase.process import Running
from aoma.local_supabase_stack import ROOT
from mesh.failure import CommandFailedError
from mesh.progress import Step
from mesh.stack.stack import Stack


@pytest.fixture
def running(monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "AOMA_EMBEDDING_MODEL"):
        monkeypatch.delenv(name, raising=False)
    return Running(
        pid=1,
        url="http://127.0.0.1:1",
        openai_url="http://127.0.0.1:2/v1",
        database_url="postgresql://postgres:pw@127.0.0.1:3/postgres",
        keys=Keys.fresh(),
    )


def test_without_a_key_the_stand_in_is_asked_under_its_own_names(running):
    found = local_supabase_stack.openai_of(running)
    assert (found.stand_in, found.url, found.key) == (True, running.openai_url, running.keys.openai)
    assert not found.embedding_model.startswith("text-embedding")
    assert found.answer_model is not None
    assert "stand-in" in found.answer_model


def test_with_a_key_openai_is_asked_and_the_key_stays_out_of_local_env(running, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-proj-mine")
    found = local_supabase_stack.openai_of(running)
    assert (found.stand_in, found.url) == (False, "https://api.openai.com/v1")
    assert found.embedding_model == "text-embedding-3-small"
    kept = local_supabase_stack.environment(running, found)
    assert "sk-proj-mine" not in kept.values()
    assert "OPENAI_API_KEY" not in kept


def test_a_shell_that_has_read_local_env_still_means_the_stand_in(running, monkeypatch):
    first = local_supabase_stack.openai_of(running)
    for name, value in local_supabase_stack.environment(running, first).items():
        monkeypatch.setenv(name, value)
    assert local_supabase_stack.openai_of(running) == first
    # Another run of the stack, on another port.
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:4/v1")
    assert local_supabase_stack.openai_of(running) == first


def test_only_sources_that_hold_something_are_offered(running):
    counts = {
        "documents": Count(3, None),
        "tickets": Count(0, 0),
        "commits": Count(5, 5),
        "code files": Count(0, None),
    }
    state = State([], [], [], [], "0.8.5", counts=counts)
    openai = local_supabase_stack.openai_of(running)
    values = local_supabase_stack.variables(running, openai, state)
    told = values["environment_variables"]
    assert told["AOMA_SOURCES"] == "documents,commits"
    assert told["SUPABASE_URL"] == running.url
    assert values["secrets"] == ["OPENAI_API_KEY", "SUPABASE_KEY", "SUPABASE_TOKEN"]


def test_what_is_named_is_ingested_else_this_project(tmp_path):
    assert local_supabase_stack.ingested(Knowledge()) == [
        *("--documents", str(ROOT)),
        *("--git", str(ROOT)),
    ]
    named = Knowledge(
        documents=(tmp_path,),
        exports=(tmp_path / "t.csv",),
        jira_url="https://j",
        comments=True,
        base_urls=("https://docs.example.com",),
    )
    assert local_supabase_stack.ingested(named) == [
        *("--documents", str(tmp_path)),
        *("--jira", str(tmp_path / "t.csv")),
        *("--base-url", f"{tmp_path}=https://docs.example.com"),
        "--jira-comments",
        *("--jira-url", "https://j"),
    ]


def test_this_project_is_filled_in_and_again_changes_nothing(
    supabase, openai_server, tmp_path, monkeypatch
):
    (tmp_path / "guide.md").write_text("# Guide\n\nTo deploy, run apply.\n")
    here = Stack(tmp_path / "stack")
    here.logs.mkdir(parents=True)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    keys = supabase.keys
    running = Running(
        os.getpid(), supabase.url, openai_server.base_url, supabase.database_url, keys
    )
    openai = local_supabase_stack.openai_of(running)
    monkeypatch.setattr(openai_server, "api_key", openai.key)
    knowledge, first, second = Knowledge(documents=(tmp_path / "guide.md",)), Step(), Step()
    state = local_supabase_stack.fill(here, running, openai, knowledge, first)
    assert (state.counts["passages"], state.model) == (Count(1, 1), openai.embedding_model)
    local_supabase_stack.fill(here, running, openai, knowledge, second)
    assert second.detail.startswith("(as before: 1 documents")
    monkeypatch.setattr(openai_server, "api_key", "sk-another")
    (tmp_path / "guide.md").write_text("# Guide\n\nSomething else.\n")
    with pytest.raises(CommandFailedError, match="mesh ingest: the embeddings API refuses the key"):
        local_supabase_stack.fill(here, running, openai, knowledge, Step())


def test_a_supabase_that_does_not_start_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("POSTGREST_BIN", "/nowhere/postgrest")
    here = Stack(tmp_path)
    with pytest.raises(CommandFailedError) as failed:
        local_supabase_stack.start(here, Step())
    assert "local Supabase: POSTGREST_BIN is /nowhere/postgrest" in str(failed.value)
    assert len(str(failed.value).splitlines()) == 1
    assert not local_supabase_stack.stop(here)
    local_supabase_stack.remove(here)
    assert not local_supabase_stack.folder_of(here).exists()
