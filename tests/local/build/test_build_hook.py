"""A server's build hook adds files to its zip."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mesh.build import BuildError, build, hook
from tests.fixtures.projects import Project

WRITES = """
def add(folder):
    (folder / "data").mkdir()
    (folder / "data" / "stations.json").write_text("[]")
"""


def hooks(folder: Path, text: str) -> str:
    # A name of its own: Python keeps modules by their names.
    name = f"hooks_{abs(hash(str(folder)))}"
    (folder / f"{name}.py").write_text(text)
    return name


def test_its_files_go_to_the_same_places_in_the_zip(tmp_path: Path) -> None:
    name = hooks(tmp_path, WRITES)
    added = hook.run(hook.load(f"{name}:add", tmp_path), tmp_path)
    assert [(entry.name, entry.data) for entry in added.entries] == [("data/stations.json", b"[]")]
    assert added.report == hook.Report()


@pytest.mark.parametrize(
    ("text", "function", "said"),
    [
        ("", "add", r"has no function add"),
        ("import no_such_module", "add", r"cannot be imported: ModuleNotFoundError"),
        ("add = 3", "add", r"has no function add"),
    ],
)
def test_a_hook_that_cannot_be_had_is_named(
    tmp_path: Path, text: str, function: str, said: str
) -> None:
    with pytest.raises(BuildError, match=said):
        hook.load(f"{hooks(tmp_path, text)}:{function}", tmp_path)


def test_a_hook_that_fails_names_the_line(tmp_path: Path) -> None:
    name = hooks(tmp_path, "def add(folder):\n    raise KeyError('stations')\n")
    with pytest.raises(BuildError, match=r"hooks_\d+\.py, line 2: KeyError: 'stations'"):
        hook.run(hook.load(f"{name}:add", tmp_path), tmp_path)


def test_a_file_that_the_zip_has_already_is_refused(project: Project) -> None:
    def add(folder: Path) -> None:
        (folder / "mesh").mkdir()
        (folder / "mesh" / "__init__.py").write_text("")

    own = replace(project.project, hook=add)
    with pytest.raises(BuildError, match=r"adds mesh/__init__\.py, and the zip has a file of that"):
        build(own, "x86_64", output=project.output, cache=project.cache)
