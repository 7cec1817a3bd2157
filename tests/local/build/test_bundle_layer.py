"""A rebuild after an edit takes the dependencies as they are, and never stale ones."""

from __future__ import annotations

import importlib.metadata
import os
import re
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mesh.build import BuildError
from mesh.build.bundle import dependencies
from mesh.build.limits import MEBIBYTE
from mesh.build.target import target
from tests.fixtures.projects import Project, Wheel


def refuse_to_install(*_arguments: object) -> None:
    raise AssertionError("the dependencies were installed again")


def test_edit_of_the_application_reuses_the_dependencies(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not project.build().reused
    monkeypatch.setattr(dependencies, "install", refuse_to_install)
    project.write("mcp_app/handler.py", "edited = True\n")

    result = project.build()

    assert result.reused
    assert project.zipped()["mcp_app/handler.py"] == b"edited = True\n"
    assert project.zipped()["answers/__init__.pyc"]


def test_edit_undone_gives_the_zip_from_before(project: Project) -> None:
    before = project.build(indexed=False).sha256
    source = (project.root / "mcp_app" / "handler.py").read_text()
    project.write("mcp_app/handler.py", "edited = True\n")
    edited = project.build(indexed=False).sha256
    project.write("mcp_app/handler.py", source)

    assert project.build(indexed=False).sha256 == before
    assert edited != before


def test_removed_module_leaves_the_zip(project: Project) -> None:
    project.write("mcp_app/extra.py", "")
    project.build()
    assert "mcp_app/extra.py" in project.zipped()
    (project.root / "mcp_app" / "extra.py").unlink()

    project.build()

    assert not [name for name in project.zipped() if "extra" in name]


def test_changed_lock_installs_anew(project: Project) -> None:
    project.build()
    project.require(Wheel("answers", "2.0"), Wheel("questions"))

    result = project.build()

    assert not result.reused
    assert "questions/__init__.pyc" in project.zipped()
    assert "answers-2.0.dist-info/METADATA" in project.zipped()


def test_architectures_do_not_share_dependencies(project: Project) -> None:
    assert not project.build(architecture="x86_64").reused
    assert not project.build(architecture="arm64").reused
    assert project.record()["architecture"] == "arm64"
    assert project.build(architecture="x86_64").reused


def test_damaged_cache_is_made_again(project: Project) -> None:
    first = project.build()
    (layer,) = project.cache.glob("*/layer.zip")
    layer.write_bytes(layer.read_bytes()[:-100])

    second = project.build()

    assert not second.reused
    assert second.sha256 == first.sha256
    assert project.build().reused


def test_of_builds_at_once_one_makes_the_layer_and_all_make_a_sound_zip(project: Project) -> None:
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _n: project.build(), range(4)))

    assert [result.reused for result in results].count(False) == 1
    assert len({result.sha256 for result in results}) == 1
    with zipfile.ZipFile(project.output) as opened:
        assert opened.testzip() is None
    assert [path.name for path in project.output.parent.iterdir()] == ["bundle.zip"]
    assert len(list(project.cache.iterdir())) == 1


def test_failed_build_keeps_the_zip_from_before(project: Project) -> None:
    project.build()
    before = project.output.read_bytes()
    project.require(Wheel("answers", "2.0", "cp313-cp313-win_amd64"))

    with pytest.raises(BuildError):
        project.build()

    assert project.output.read_bytes() == before
    assert [path.name for path in project.output.parent.iterdir()] == ["bundle.zip"]


def test_remains_of_killed_builds_and_unused_layers_are_removed(project: Project) -> None:
    long_ago = time.time() - 30 * 24 * 3600
    abandoned = [project.output.parent / ".bundle.zip-killed", project.cache / "making-killed"]
    for folder in abandoned:
        folder.mkdir(parents=True)
        (folder / "file").write_text("x")
        os.utime(folder, (long_ago, long_ago))
    running = project.output.parent / ".bundle.zip-running"
    running.mkdir()

    project.build()

    assert not [folder for folder in abandoned if folder.exists()]
    assert running.exists()


def test_missing_lock_is_named(project: Project) -> None:
    (project.root / "requirements" / "lambda.txt").unlink()

    with pytest.raises(BuildError, match=r"lambda\.txt is missing"):
        project.build()


def test_missing_compressor_is_named(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", absent)

    with pytest.raises(BuildError, match=r"deflate is missing in \.venv; run `make setup`"):
        project.build()


def test_output_that_cannot_be_written_is_named(project: Project, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")

    with pytest.raises(BuildError, match=r"file/bundle\.zip cannot be written"):
        project.build(output=blocked / "bundle.zip")


def test_a_zip_over_the_upload_limit_is_made_with_a_note(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.require(Wheel("answers", files={"answers/data.bin": os.urandom(3 * MEBIBYTE)}))
    monkeypatch.setattr("mesh.build.limits.ZIP_BYTES", 2 * MEBIBYTE)

    built = project.build()

    (note,) = (note for note in built.notes if "Lambda takes a zip over 50 MB only from S3" in note)
    assert "Set the variable zip_bucket to the bucket of `mesh bootstrap`" in note


def test_a_zip_over_the_unzipped_limit_is_refused(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.build()
    before = project.output.read_bytes()
    project.require(Wheel("answers", files={"answers/data.bin": bytes(3 * MEBIBYTE)}))
    monkeypatch.setattr("mesh.build.limits.UNZIPPED_BYTES", 2 * MEBIBYTE)

    with pytest.raises(BuildError) as caught:
        project.build()

    message = str(caught.value)
    assert re.match(r"Unzipped it has 4\.\d+ MB, and Lambda unpacks at most 2\.00 MB", message)
    assert "The largest: answers 3.00 MB, " in message
    assert project.output.read_bytes() == before


def test_packages_are_not_compiled_where_python_keeps_no_bytecode(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    here = target("host", "3.13")
    dependencies.install(project.project.requirements, here, tmp_path / "site")
    assert {path.suffix for path in tmp_path.glob("site/answers/*")} == {".py"}
