"""Who may read what was ingested, and what is said without giving anything away."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.local.aoma.ingestion.conftest import Mesh

type Write = Callable[[str, str], Path]

COMMAND = Path(sys.executable).with_name("mesh")
# Colours, and moves of the cursor, take no column.
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def test_only_the_readers_named_find_what_was_ingested(mesh: Mesh) -> None:
    mesh.loaded("--documents", mesh.handbook, "--readers", "group:finance")
    member = mesh.supabase.user_token("ada@example.com", groups=["finance"])
    other = mesh.supabase.user_token("bob@example.com", groups=["sales"])
    assert mesh.search("passages", "watermark", token=member)
    assert not mesh.search("passages", "watermark", token=other)
    assert not mesh.search("passages", "watermark", "semantic", token=other)
    assert not mesh.search("passages", "watermark")


def test_a_restricted_source_is_not_opened_by_a_run_that_forgot_to_say_so(mesh: Mesh) -> None:
    mesh.loaded("--jira", mesh.export, "--readers", "group:finance")
    refused = mesh.ingest("--jira", mesh.export, "--yes")
    assert refused.status == 1
    assert "group:finance only" in refused.err
    assert not mesh.search("tickets", "upload")
    mesh.embedded()
    mesh.loaded("--jira", mesh.export, "--readers", "everyone")
    assert mesh.search("tickets", "upload")
    assert mesh.embedded() == []


def test_readers_of_documents_change_without_embedding_again(mesh: Mesh) -> None:
    mesh.loaded("--documents", mesh.handbook, "--git", mesh.service)
    mesh.embedded()
    mesh.loaded("--documents", mesh.handbook, "--git", mesh.service, "--readers", "role:boss")
    assert mesh.embedded() == []
    for table in ("mesh_passages", "mesh_commits", "mesh_code_parts", "mesh_code_files"):
        assert mesh.count(table, "readers is null") == 0


@pytest.mark.parametrize("name", ["finance", "group:", "a b", "*"])
def test_a_reader_that_nobody_is_is_refused(mesh: Mesh, name: str) -> None:
    printed = mesh.ingest("--documents", mesh.handbook, "--readers", name, "--yes")
    assert printed.status == 2
    assert "names nobody" in printed.err


def test_no_password_is_ever_shown(mesh: Mesh, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "pass-word-of-mine"
    host = mesh.supabase.database_url.rpartition("@")[2]
    for url in (
        f"postgresql://postgres:{secret}@{host}",
        f"postgresql//postgres:{secret}@{host}",
        f"postgresql://postgres:{secret}@127.0.0.1:1/postgres",
        f"postgresql://postgres:{secret}@127.0.0.1:6543/postgres",
        f"postgresql://postgres:{secret}@127.0.0.1:sixty/postgres",
        f"host=127.0.0.1 port=1 passwort={secret}",
    ):
        monkeypatch.setenv("MESH_DATABASE_URL", url)
        printed = mesh.ingest("--documents", mesh.handbook, "--yes")
        assert printed.status == 1, url
        assert secret not in printed.both
        assert "Traceback" not in printed.both
        assert "traceback" not in printed.both


def test_a_wrong_key_is_refused_without_showing_it(
    mesh: Mesh, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-wrong-and-secret")
    printed = mesh.ingest("--documents", mesh.handbook, "--yes")
    assert printed.status == 1
    assert "OPENAI_API_KEY" in printed.err
    assert "sk-" not in printed.both


def test_a_missing_key_is_named_before_anything_is_written(
    mesh: Mesh, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    printed = mesh.ingest("--documents", mesh.handbook, "--yes")
    assert printed.status == 1
    assert "OPENAI_API_KEY" in printed.err
    assert mesh.count("mesh_documents") == 0


def test_a_database_without_the_tables_is_told_from_a_broken_one(mesh: Mesh) -> None:
    with mesh.supabase.connect() as connection:
        connection.execute("drop table mesh_code_parts")
    printed = mesh.ingest("--documents", mesh.handbook, "--yes")
    assert printed.status == 1
    assert "mesh database migrate" in printed.err


@pytest.mark.parametrize(
    ("option", "content", "said"),
    [
        ("--documents", None, "no such folder"),
        ("--git", None, "not the root of a git repository"),
        ("--jira", None, "no such file"),
        ("--jira", "name,age\nAda,36\n", "no Jira export"),
    ],
)
def test_a_source_that_cannot_be_read_is_named(
    mesh: Mesh, write: Write, option: str, content: str | None, said: str
) -> None:
    place = write("strange.csv", content) if content else mesh.handbook.parent / "absent"
    printed = mesh.ingest(option, place, "--yes")
    assert printed.status == 1
    assert said in printed.err
    assert place.name in printed.err


def test_a_folder_without_documents_does_not_empty_the_database(mesh: Mesh) -> None:
    mesh.loaded("--documents", mesh.handbook)
    for document in mesh.handbook.iterdir():
        document.unlink()
    printed = mesh.ingest("--documents", mesh.handbook, "--yes", "--allow-deletions")
    assert printed.status == 1
    assert "no document in it" in printed.err
    assert mesh.count("mesh_documents") == 3


def test_two_folders_of_one_name_are_refused(mesh: Mesh, write: Write) -> None:
    other = write("other/handbook/a.md", "# A\n\nText.\n").parent
    printed = mesh.ingest("--documents", mesh.handbook, "--documents", other, "--yes")
    assert printed.status == 1
    assert "have the name handbook" in printed.err


def test_nothing_named_is_a_wrong_usage(mesh: Mesh) -> None:
    printed = mesh.ingest("--yes")
    assert printed.status == 2
    assert "--documents, --git or --jira" in printed.err


@pytest.mark.parametrize(("said", "status", "documents"), [("y\n", 0, 3), ("n\n", 1, 0)])
def test_at_a_terminal_it_asks(mesh: Mesh, said: str, status: int, documents: int) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        (COMMAND, "ingest", "--documents", str(mesh.handbook)),
        env=os.environ | mesh.environment | {"TERM": "xterm", "COLUMNS": "80"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    answered = False
    try:
        while True:
            piece = os.read(ours, 4096)
            shown += piece
            if not answered and b"Do it?" in shown:
                os.write(ours, said.encode())
                answered = True
            if not piece:
                break
    except OSError:  # Linux: the other end is closed
        pass
    finally:
        os.close(ours)
    assert process.wait(timeout=30) == status
    assert b"texts, about" in shown
    assert mesh.count("mesh_documents") == documents
    for line in shown.decode().replace("\r\n", "\n").split("\n"):
        for state in CONTROL.sub("", line).split("\r"):
            assert len(state) <= 80
