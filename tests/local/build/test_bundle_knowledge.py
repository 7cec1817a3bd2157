"""The zip carries an index of what was asked for, as it is now."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from mesh.build import BuildError
from tests.fixtures.jira_samples import csv_text, row, saved
from tests.fixtures.projects import Project, git


def texts(project: Project, tmp_path: Path) -> str:
    place = tmp_path / "found.sqlite3"
    place.write_bytes(project.zipped()["knowledge.sqlite3"])
    with closing(sqlite3.connect(place)) as connection:
        return "\n".join(text for (text,) in connection.execute("SELECT text FROM passages"))


def test_default_is_the_project_itself(project: Project, tmp_path: Path) -> None:
    result = project.build()

    assert result.added is not None
    index = result.added.details["index"]
    assert (index["documents"], index["commits"]) == (1, 1)
    assert index["code_files"] >= 2
    assert "blue whale" in texts(project, tmp_path)


def test_edited_document_is_in_the_next_zip(project: Project, tmp_path: Path) -> None:
    project.build()
    project.write("README.md", "# Deploying\n\nThe red fox is deployed on Fridays.\n")

    project.build()

    assert "red fox" in texts(project, tmp_path)
    assert "blue whale" not in texts(project, tmp_path)


def test_what_git_ignores_is_not_indexed(project: Project, tmp_path: Path) -> None:
    project.write("dist/NOTES.md", "# Notes\n\nA build made this green bear.\n")

    project.build()

    assert "green bear" not in texts(project, tmp_path)


def test_named_folder_replaces_the_default(project: Project, tmp_path: Path) -> None:
    handbook = tmp_path / "handbook"
    handbook.mkdir()
    (handbook / "one.md").write_text("# One\n\nThe yellow cat.\n")

    result = project.build(documents=[handbook])

    assert result.added is not None
    index = result.added.details["index"]
    assert (index["documents"], index["commits"], index["code_files"]) == (1, 0, 0)
    assert "yellow cat" in texts(project, tmp_path)


def test_named_repository_gives_commits_and_code(project: Project, tmp_path: Path) -> None:
    service = tmp_path / "service"
    service.mkdir()
    git(service, "init", "--quiet")
    (service / "main.py").write_text("def start(): pass\n")
    git(service, "add", "--all")
    git(service, "commit", "--quiet", "--message", "Start")

    result = project.build(repositories=[service])

    assert result.added is not None
    index = result.added.details["index"]
    assert (index["documents"], index["commits"], index["code_files"]) == (0, 1, 1)


def test_no_index_when_none_is_wanted(project: Project) -> None:
    assert project.build(indexed=False).added is None
    assert "knowledge.sqlite3" not in project.zipped()


def test_missing_folder_is_named(project: Project, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"--knowledge .*nowhere: there is no such folder"):
        project.build(documents=[tmp_path / "nowhere"])
    with pytest.raises(BuildError, match=r"--git .*nowhere: there is no such folder"):
        project.build(repositories=[tmp_path / "nowhere"])


def test_wrong_exports_are_named(project: Project, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"--jira .*nowhere.csv: there is no such file"):
        project.build(exports=[tmp_path / "nowhere.csv"])
    with pytest.raises(BuildError, match=r"--jira-url: there are no tickets to link"):
        project.build(jira_url="https://jira.example.com")
    with pytest.raises(BuildError, match=r"--jira-comments: there are no tickets"):
        project.build(comments=True)
    with pytest.raises(BuildError, match=r"people.csv: is no Jira export: .* found: name, city"):
        project.build(exports=[saved(tmp_path / "people.csv", "Name,City\nAda,London\n")])
    with pytest.raises(BuildError, match=r"--jira: there is no ticket in it"):
        project.build(exports=[saved(tmp_path / "empty.csv", csv_text([]))])
    export = saved(tmp_path / "one.csv", csv_text([row("VAULT-1")]))
    with pytest.raises(BuildError, match=r"must be like https://jira.example.com"):
        project.build(exports=[export], jira_url="jira.example.com")


def test_what_an_export_lacks_is_noted(project: Project, tmp_path: Path) -> None:
    rows = [row("VAULT-1", created="soon"), *(row(f"no key {at}") for at in range(4))]

    result = project.build(exports=[saved(tmp_path / "one.csv", csv_text(rows))])

    assert result.added is not None
    index = result.added.details["index"]
    assert (index["tickets"], index["documents"], index["commits"]) == (1, 0, 0)
    assert any(
        note.startswith("knowledge: 1 x ticket read without a date") for note in result.notes
    )
    assert (
        "knowledge: 4 x ticket without a key such as ABC-12: "
        "one.csv, row 3, one.csv, row 4, one.csv, row 5, ..." in result.notes
    )


def test_every_kind_that_is_not_read_is_noted(project: Project, tmp_path: Path) -> None:
    handbook = tmp_path / "handbook"
    handbook.mkdir()
    (handbook / "one.md").write_text("# One\n\nThe yellow cat.\n")
    for name in ("a.xlsx", "b.xlsx", "c.vsdx"):
        (handbook / name).write_bytes(b"PK")

    notes = project.build(documents=[handbook]).notes

    assert [note for note in notes if note.startswith("knowledge: ")] == [
        "knowledge: 1 x not a kind of document that is read (.vsdx): c.vsdx",
        "knowledge: 2 x not a kind of document that is read (.xlsx): a.xlsx, b.xlsx",
    ]


def test_address_of_documents_without_any_is_named(project: Project, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"--base-url: no folder is named"):
        project.build(base_urls=["https://docs.example.com"])
    (tmp_path / "one.md").write_text("# One\n")
    with pytest.raises(BuildError, match=r"--base-url docs.example.com: not an address"):
        project.build(documents=[tmp_path], base_urls=["docs.example.com"])


def test_folder_without_documents_is_named(project: Project, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "picture.png").write_bytes(b"\x89PNG")

    with pytest.raises(BuildError, match=r"--knowledge .*empty: there is no document in it"):
        project.build(documents=[tmp_path / "empty"])


def test_documents_that_cannot_be_read_are_an_error(project: Project, tmp_path: Path) -> None:
    (tmp_path / "blank").mkdir()
    (tmp_path / "blank" / "a.md").write_text("\n")

    with pytest.raises(BuildError, match="none of the documents can be indexed"):
        project.build(documents=[tmp_path / "blank"])


def test_folder_that_is_no_repository_is_an_error(project: Project, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()

    with pytest.raises(BuildError, match=r"--git: .*not a git repository"):
        project.build(repositories=[tmp_path / "plain"])
