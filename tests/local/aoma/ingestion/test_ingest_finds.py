"""What is ingested is found, and the next run does only what has changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.local.aoma.ingestion.conftest import HANDBOOK, TICKETS, Mesh, git

type Write = Callable[[str, str], Path]


@pytest.mark.promise("`mesh ingest` fills the database")
@pytest.mark.parametrize("mode", ["keyword", "semantic", "hybrid"])
def test_documents_commits_code_and_tickets_are_found_in_every_mode(mesh: Mesh, mode: str) -> None:
    mesh.loaded("--documents", mesh.handbook, "--git", mesh.service, "--jira", mesh.export)
    passage = mesh.search("passages", "audible watermark", mode)[0]
    assert passage["id"] == "handbook/delivery.md#watermarks"
    assert (passage["title"], passage["corpus"]) == ("Delivery", "handbook")
    commit = mesh.search("commits", "player seek forward", mode)[0]
    assert commit["repository"] == "service"
    assert commit["id"] == f"service@{git(mesh.service, 'rev-parse', 'HEAD')}"
    code = mesh.search("code", "seekForward player", mode)[0]
    assert (code["path"], code["language"]) == ("src/player.py", "Python")
    assert mesh.search("tickets", "upload stalls master", mode)[0]["id"] == "AOMA-1"


def test_an_identifier_is_found_by_its_parts(mesh: Mesh) -> None:
    mesh.loaded("--git", mesh.service)
    assert mesh.search("code", "seek forward")[0]["path"] == "src/player.py"


def test_a_second_run_finds_nothing_to_do_and_asks_the_api_nothing(mesh: Mesh) -> None:
    sources = ("--documents", mesh.handbook, "--git", mesh.service, "--jira", mesh.export)
    mesh.loaded(*sources)
    assert len(mesh.embedded()) == 9
    assert "Nothing to do" in mesh.loaded(*sources).out
    assert mesh.embedded() == []


def test_only_the_passage_that_changed_is_embedded_again(mesh: Mesh, write: Write) -> None:
    mesh.loaded("--documents", mesh.handbook)
    mesh.embedded()
    write("handbook/rights.md", HANDBOOK["rights.md"].replace("quarter", "month"))
    mesh.loaded("--documents", mesh.handbook)
    (text,) = mesh.embedded()
    assert "paid each month" in text
    assert not mesh.search("passages", "quarter")
    assert mesh.search("passages", "royalties month", "semantic")[0]["id"].endswith("#royalties")


def test_a_ticket_of_which_only_the_status_changed_keeps_its_embedding(
    mesh: Mesh, write: Write
) -> None:
    mesh.loaded("--jira", mesh.export)
    mesh.embedded()
    write("tickets.csv", TICKETS.replace("Bug,Open,High", "Bug,Closed,High"))
    mesh.loaded("--jira", mesh.export)
    assert mesh.embedded() == []
    assert mesh.rows("select status from mesh_tickets where key = 'AOMA-1'") == [("Closed",)]
    assert mesh.count("mesh_tickets", "embedding is null") == 0


def test_text_that_only_moved_is_not_embedded_again(mesh: Mesh, write: Write) -> None:
    mesh.loaded("--documents", mesh.handbook, "--git", mesh.service)
    mesh.embedded()
    before = mesh.rows("select id from mesh_code_parts")
    # Other lines now, and the same text: the docstring is a part of its own.
    text = (mesh.service / "src/player.py").read_text()
    filler = "".join(f"# line {number}\n" for number in range(30))
    write("service/src/player.py", f"{filler}\n\n{text}")
    write("handbook/rights.md", HANDBOOK["rights.md"].replace("## Royalties", "## Territories"))
    mesh.loaded("--documents", mesh.handbook, "--git", mesh.service)
    sent = mesh.embedded()
    assert not any("seekForward" in text for text in sent)
    assert mesh.rows("select id from mesh_code_parts") != before
    assert mesh.count("mesh_code_parts", "embedding is null") == 0


def test_a_new_title_reaches_the_embeddings_of_all_passages(mesh: Mesh, write: Write) -> None:
    mesh.loaded("--documents", mesh.handbook)
    mesh.embedded()
    write("handbook/rights.md", HANDBOOK["rights.md"].replace("# Rights", "# Licences", 1))
    mesh.loaded("--documents", mesh.handbook)
    texts = mesh.embedded()
    assert len(texts) == 2
    assert all(text.startswith("Licences > ") for text in texts)


def test_what_vanished_is_deleted_and_other_sources_stay(mesh: Mesh, write: Write) -> None:
    other = write("guide/start.md", "# Start\n\nPlug it in.\n").parent
    mesh.loaded("--documents", mesh.handbook, "--documents", other, "--jira", mesh.export)
    (mesh.handbook / "ingest.md").unlink()
    write("handbook/rights.md", HANDBOOK["rights.md"].partition("## Royalties")[0])
    printed = mesh.loaded("--documents", mesh.handbook)
    assert "1 deleted" in printed.out
    assert not mesh.search("passages", "quarantine")
    assert not mesh.search("passages", "royalties")
    assert mesh.search("passages", "plug")[0]["id"] == "guide/start.md#start"
    assert mesh.count("mesh_tickets") == 3


def test_a_folder_of_a_repository_is_a_source_of_its_own(mesh: Mesh, write: Write) -> None:
    write("service/docs/use.md", "# Use\n\nPress play.\n")
    notes = write("service/notes/later.md", "# Later\n\nRewind, some day.\n").parent
    git(mesh.service, "add", "--all")
    mesh.loaded("--documents", mesh.service / "docs")
    mesh.loaded("--documents", notes)
    assert mesh.count("mesh_documents") == 2


def test_more_than_half_of_a_source_is_deleted_only_when_that_is_said(mesh: Mesh) -> None:
    mesh.loaded("--documents", mesh.handbook)
    (mesh.handbook / "ingest.md").unlink()
    (mesh.handbook / "rights.md").unlink()
    refused = mesh.ingest("--documents", mesh.handbook, "--yes")
    assert refused.status == 1
    assert "more than half of documents handbook would be deleted" in refused.err
    assert "--allow-deletions" in refused.err
    assert mesh.count("mesh_documents") == 3
    mesh.loaded("--documents", mesh.handbook, "--keep-vanished")
    assert mesh.count("mesh_documents") == 3
    mesh.loaded("--documents", mesh.handbook, "--allow-deletions")
    assert mesh.count("mesh_documents") == 1


def test_the_plan_estimates_tokens_and_a_dry_run_writes_nothing(mesh: Mesh) -> None:
    printed = mesh.ingest("--documents", mesh.handbook, "--dry-run")
    assert printed.status == 0
    assert "4 texts, about" in printed.out
    assert "estimate" in printed.out
    assert mesh.count("mesh_documents") == 0
    assert mesh.embedded() == []
    done = mesh.loaded("--documents", mesh.handbook)
    assert "4 texts embedded" in done.out
    assert "tokens by the API" in done.out


def test_nobody_to_ask_means_nothing_is_written(mesh: Mesh) -> None:
    printed = mesh.ingest("--documents", mesh.handbook)
    assert printed.status == 1
    assert "--yes" in printed.err
    assert mesh.count("mesh_documents") == 0


def test_no_line_is_wider_than_a_terminal(mesh: Mesh) -> None:
    printed = mesh.loaded("--documents", mesh.handbook, "--git", mesh.service)
    assert max(map(len, printed.out.splitlines())) <= 80


def test_documents_without_embeddings_are_found_by_words_and_embedded_later(mesh: Mesh) -> None:
    printed = mesh.loaded("--documents", mesh.handbook, "--no-embeddings")
    assert "found by words only" in printed.out
    assert mesh.search("passages", "watermark")
    # What the server compares before it searches by meaning: no model, so nothing is embedded.
    assert mesh.rows("select model from mesh_embedding") == []
    mesh.loaded("--documents", mesh.handbook)
    assert len(mesh.embedded()) == 4
    assert mesh.search("passages", "watermark", "semantic")


def test_a_source_without_embeddings_has_no_model_whatever_other_sources_have(mesh: Mesh) -> None:
    mesh.loaded("--documents", mesh.handbook)
    mesh.loaded("--jira", mesh.export, "--no-embeddings")
    with mesh.supabase.connect() as connection:
        connection.execute("set role mesh_ingest")
        states = connection.execute("select source, entries, model from mesh_source_states()")
        found = {source: (entries, model) for source, entries, model in states}
    model = "text-embedding-3-small"
    assert found["documents"] == (3, model)
    assert found["tickets"] == (3, None)
    assert found["code"] == (0, model)
