"""Whatever ends a run, what it has done stays, nothing is wrong, and the next does the rest."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from aoma.ingestion import embedding_api, vector_index
from aoma.local_supabase.http.faults import Fault
from tests.local.aoma.ingestion.conftest import HANDBOOK, Mesh

type Write = Callable[[str, str], Path]

COMMAND = Path(sys.executable).with_name("mesh")
PASSAGES = 40


@pytest.fixture
def long(write: Write) -> Path:
    sections = "\n\n".join(f"## Part {at}\n\nSentence number {at}." for at in range(PASSAGES))
    return write("long/all.md", f"# Long\n\n{sections}\n").parent


@pytest.fixture
def small_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding_api, "LIMIT_INPUTS", 5)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding_api, "_FIRST_PAUSE_SECONDS", 0.001)


def embedded(mesh: Mesh) -> int:
    return mesh.count("mesh_passages", "embedding is not null")


@pytest.mark.usefixtures("small_requests", "impatient")
def test_a_failing_api_leaves_what_is_embedded_and_the_next_run_does_the_rest(
    mesh: Mesh, long: Path
) -> None:
    answered = 3
    # Requests are under way four at a time; the first ones pass.
    mesh.openai.faults.add(Fault.delay(0), path="/embeddings", times=answered)
    mesh.openai.faults.add(Fault.error(500), path="/embeddings", times=None)
    printed = mesh.ingest("--documents", long, "--yes")
    assert printed.status == 1
    assert "status 500" in printed.err
    assert "same command" in printed.err
    done = embedded(mesh)
    assert done == answered * 5
    assert mesh.count("mesh_passages") == PASSAGES
    mesh.openai.reset()
    again = mesh.loaded("--documents", long)
    assert f"{PASSAGES - done} texts, about" in again.out
    assert len(mesh.embedded()) == PASSAGES - done
    assert embedded(mesh) == PASSAGES


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_killed_run_is_gone_on_with(mesh: Mesh, long: Path, number: signal.Signals) -> None:
    slow = "import aoma.ingestion.embedding_api as api; api.LIMIT_INPUTS = 5"
    start = f"{slow}; from mesh.cli import main; main()"
    mesh.openai.faults.add(Fault.delay(0), path="/embeddings", times=2)
    mesh.openai.faults.add(Fault.delay(60), path="/embeddings", times=None)
    process = subprocess.Popen(
        (sys.executable, "-c", start, "ingest", "--documents", str(long), "--yes"),
        env=os.environ | mesh.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        deadline = time.monotonic() + 60
        while embedded(mesh) < 10:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(number)
        out, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    if number != signal.SIGKILL:
        assert process.returncode == 130
        assert "interrupted" in out
        assert "Run the same command again to go on" in out
    mesh.openai.reset()
    mesh.loaded("--documents", long)
    assert len(mesh.embedded()) == PASSAGES - 10
    assert embedded(mesh) == PASSAGES


@pytest.mark.usefixtures("impatient")
def test_an_old_embedding_never_lies_beside_a_new_text(mesh: Mesh, write: Write) -> None:
    mesh.loaded("--documents", mesh.handbook)
    write("handbook/delivery.md", HANDBOOK["delivery.md"].replace("audible", "visible"))
    mesh.openai.faults.add(Fault.error(503), path="/embeddings", times=None)
    assert mesh.ingest("--documents", mesh.handbook, "--yes").status == 1
    assert mesh.search("passages", "visible watermark")
    assert mesh.rows(
        "select strpos(text, 'visible') > 0 from mesh_passages where embedding is null"
    ) == [(True,)]


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    "fault",
    [
        Fault.error(429),
        Fault.error(500),
        Fault.html(),
        Fault.malformed(),
        Fault.cut_off(),
        Fault.html(200),
    ],
)
def test_a_passing_failure_is_asked_again(mesh: Mesh, fault: Fault) -> None:
    mesh.openai.faults.add(fault, path="/embeddings")
    mesh.loaded("--documents", mesh.handbook)
    assert embedded(mesh) == 4


def test_retry_after_is_honoured(mesh: Mesh) -> None:
    mesh.openai.faults.add(Fault.error(429, retry_after=1), path="/embeddings")
    began = time.monotonic()
    printed = mesh.loaded("--documents", mesh.handbook)
    assert time.monotonic() - began >= 1
    assert "status 429: again in 1 s" in printed.out


def test_a_retry_after_of_an_hour_is_left_to_a_person(mesh: Mesh) -> None:
    mesh.openai.faults.add(Fault.error(429, retry_after=3600), path="/embeddings")
    printed = mesh.ingest("--documents", mesh.handbook, "--yes")
    assert printed.status == 1
    assert "asks to wait 3600 s" in printed.err


def test_a_used_up_quota_is_not_asked_again(mesh: Mesh) -> None:
    error = {"message": "quota", "type": "insufficient_quota", "code": "insufficient_quota"}
    body = {"error": error}
    mesh.openai.faults.add(Fault.error(429, body=body), path="/embeddings")
    printed = mesh.ingest("--documents", mesh.handbook, "--yes")
    assert printed.status == 1
    assert "quota is used up" in printed.err


def test_vectors_of_another_size_are_refused_and_none_is_kept(mesh: Mesh) -> None:
    mesh.openai.faults.add(Fault.wrong_dimension(3), path="/embeddings", times=None)
    printed = mesh.ingest("--documents", mesh.handbook, "--yes")
    assert printed.status == 1
    assert "3 numbers, and 1,536 were asked for" in printed.err
    assert embedded(mesh) == 0


def test_fewer_vectors_than_texts_are_refused(mesh: Mesh) -> None:
    vector = [1.0] * 1536
    data = [{"object": "embedding", "index": 0, "embedding": vector}]
    usage = {"prompt_tokens": 1, "total_tokens": 1}
    body = {"object": "list", "data": data, "model": "m", "usage": usage}
    mesh.openai.faults.add(Fault.error(200, body=body), path="/embeddings", times=None)
    printed = mesh.ingest("--documents", mesh.handbook, "--yes")
    assert printed.status == 1
    assert "1 vectors for 4 texts" in printed.err
    assert embedded(mesh) == 0


def test_another_model_is_refused_until_everything_is_embedded_anew(mesh: Mesh) -> None:
    mesh.loaded("--documents", mesh.handbook, "--jira", mesh.export)
    refused = mesh.ingest("--jira", mesh.export, "--yes", "--model", "text-embedding-3-large")
    assert refused.status == 1
    assert "text-embedding-3-small" in refused.err
    assert "--re-embed" in refused.err
    mesh.embedded()
    mesh.loaded("--jira", mesh.export, "--model", "text-embedding-3-large", "--re-embed")
    # The documents too, though they were not named.
    assert len(mesh.embedded()) == 7
    assert mesh.rows("select model from mesh_embedding") == [("text-embedding-3-large",)]
    refused = mesh.ingest("--documents", mesh.handbook, "--yes")
    assert "--model text-embedding-3-large" in refused.err


@pytest.mark.usefixtures("impatient")
def test_two_models_are_never_searched_together(mesh: Mesh) -> None:
    mesh.loaded("--documents", mesh.handbook, "--jira", mesh.export)
    mesh.openai.faults.add(Fault.error(500), path="/embeddings", times=None)
    large = ("--model", "text-embedding-3-large")
    assert mesh.ingest("--jira", mesh.export, "--yes", "--re-embed", *large).status == 1
    assert mesh.rows("select model from mesh_embedding") == [("text-embedding-3-large",)]
    assert embedded(mesh) == 0
    assert mesh.count("mesh_tickets", "embedding is not null") == 0
    mesh.openai.reset()
    # Without --re-embed: that part was done.
    mesh.loaded("--documents", mesh.handbook, *large)
    assert len(mesh.embedded()) == 7


def test_vectors_of_a_size_that_the_tables_do_not_hold_are_refused(mesh: Mesh) -> None:
    printed = mesh.ingest("--documents", mesh.handbook, "--yes", "--dimensions", "256")
    assert printed.status == 1
    assert "--dimensions 1536" in printed.err


def test_a_first_load_builds_the_index_when_the_vectors_are_there(
    mesh: Mesh, long: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vector_index, "LEAST_TEXTS", PASSAGES)
    printed = mesh.loaded("--documents", long)
    assert "(passages)" in printed.out
    (definition,) = mesh.rows(
        "select indexdef from pg_indexes where indexname = 'mesh_passages_embedding'"
    )
    assert "m='16'" in definition[0]
    assert mesh.search("passages", "sentence number 7", "semantic")


def test_an_index_that_something_is_found_by_is_never_taken_away(
    mesh: Mesh, long: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mesh.loaded("--documents", mesh.handbook)
    before = mesh.rows("select 'mesh_passages_embedding'::regclass::oid")
    monkeypatch.setattr(vector_index, "LEAST_TEXTS", 1)
    mesh.loaded("--documents", long)
    assert mesh.rows("select 'mesh_passages_embedding'::regclass::oid") == before


@pytest.mark.usefixtures("impatient")
def test_an_index_that_a_killed_run_took_away_is_built_by_the_next(mesh: Mesh) -> None:
    with mesh.supabase.connect() as connection:
        connection.execute("drop index mesh_passages_embedding")
    mesh.loaded("--documents", mesh.handbook)
    assert mesh.rows("select to_regclass('mesh_passages_embedding') is not null") == [(True,)]


def test_two_at_once_do_not_meet(mesh: Mesh, long: Path) -> None:
    mesh.openai.faults.add(Fault.delay(60), path="/embeddings", times=None)
    first = subprocess.Popen(
        (COMMAND, "ingest", "--documents", str(long), "--yes"),
        env=os.environ | mesh.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        while not mesh.count("mesh_passages"):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        second = mesh.ingest("--documents", mesh.handbook, "--yes")
    finally:
        first.terminate()
        first.wait(timeout=15)
    assert second.status == 1
    assert "another `mesh ingest` is at work" in second.err
    assert "UTC" in second.err
    assert mesh.count("mesh_documents", "corpus = 'handbook'") == 0
