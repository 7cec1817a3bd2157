"""The zip says which commit it was built from, and whether that is all."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from mesh.build import BuildError
from tests.fixtures.projects import Project, git


def test_zip_records_the_commit(project: Project) -> None:
    commit = git(project.root, "rev-parse", "HEAD")

    result = project.build()

    record = project.record()
    assert record == {
        "name": "application",
        "version": "1.2.3",
        "server": "",
        "commit": commit,
        "dirty": False,
        "architecture": "x86_64",
        "python": "3.13",
        "content_sha256": result.content_sha256,
        "content_date": "2026-01-02T03:04:05Z",
    }
    assert (result.commit, result.dirty, result.version) == (commit, False, "1.2.3")


def test_changed_file_makes_it_dirty(project: Project) -> None:
    project.write("README.md", "changed")

    assert project.build().dirty


def test_new_file_makes_it_dirty(project: Project) -> None:
    project.write("mcp_app/new.py", "")

    assert project.build().dirty
    project.commit()
    assert not project.build().dirty


def test_ignored_file_does_not_make_it_dirty(project: Project) -> None:
    project.write("debug.log", "")

    assert not project.build().dirty


def test_without_a_repository_there_is_no_commit_and_it_says_so(project: Project) -> None:
    shutil.rmtree(project.root / ".git")

    result = project.build()

    assert (result.commit, result.dirty) == (None, False)
    assert project.record()["commit"] is None
    assert any("no commit is recorded" in note for note in result.notes)


def test_without_git_there_is_no_commit_and_it_says_so(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    result = project.build()

    assert result.commit is None
    assert any("git is not installed" in note for note in result.notes)


def test_copy_inside_another_repository_does_not_take_its_commit(project: Project) -> None:
    copy = project.root / "vendored"
    shutil.copytree(project.root / "mcp_app", copy / "mcp_app")

    own = replace(project.project, root=copy)
    result = Project(copy, project.cache).build(project=own, indexed=False)

    assert result.commit is None


def test_commit_is_that_of_the_project_inside_a_git_hook(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "--quiet")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))

    assert project.build().commit == git(project.root, "rev-parse", "HEAD")


def test_missing_application_is_named(project: Project) -> None:
    shutil.rmtree(project.root / "mcp_app")

    with pytest.raises(BuildError, match=r"mcp_app is to be included and is not in"):
        project.build()
