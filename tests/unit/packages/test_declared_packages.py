"""Packages are found wherever authors declare them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mesh.build import BuildError
from mesh.packages import declared

SCRIPT = """\
# /// script
# requires-python = ">=3.13"
# dependencies = [
#   "rich>=13",
#   "PyYAML",
# ]
# ///
from fastmcp import FastMCP
"""
PROJECT = '[project]\nname = "weather"\ndependencies = ["httpx>=0.27", "Foo_Bar[extra]"]\n'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "server.py").write_text("from fastmcp import FastMCP\n")
    return tmp_path


def names(root: Path, named: str | None = None) -> set[str]:
    return set(declared(root, root / "server.py", named).names())


def write_all(root: Path) -> None:
    (root / "requirements.txt").write_text("one\n")
    (root / "pyproject.toml").write_text(PROJECT)
    (root / "server.py").write_text(SCRIPT)
    (root / "fastmcp.json").write_text(json.dumps({"environment": {"dependencies": ["four"]}}))


def test_a_server_without_any_file_has_no_packages(root: Path) -> None:
    assert names(root) == set()


def test_the_first_source_that_names_packages_is_taken(root: Path) -> None:
    write_all(root)
    assert names(root) == {"one"}
    (root / "requirements.txt").unlink()
    assert names(root) == {"httpx", "foo-bar"}
    (root / "pyproject.toml").write_text("[tool.ruff]\n")
    assert names(root) == {"rich", "pyyaml"}
    (root / "server.py").write_text("")
    assert names(root) == {"four"}


@pytest.mark.parametrize(
    ("named", "wanted"),
    [
        ("requirements.txt", {"one"}),
        ("pyproject.toml", {"httpx", "foo-bar"}),
        ("server.py", {"rich", "pyyaml"}),
        ("fastmcp.json", {"four"}),
    ],
)
def test_the_setting_names_the_source(root: Path, named: str, wanted: set[str]) -> None:
    write_all(root)
    assert names(root, named) == wanted


def test_a_requirements_file_may_include_others_and_have_options(root: Path) -> None:
    (root / "requirements.txt").write_text(
        "# all of it\n-r more.txt\n--find-links wheels\none==1 \\\n  --hash=sha256:00\n"
    )
    (root / "more.txt").write_text("-r requirements.txt\ntwo ; python_version > '3'  # why\n")
    assert names(root) == {"one", "two"}


def test_files_of_constraints_count_as_inputs(root: Path) -> None:
    (root / "requirements.txt").write_text("-c limits.txt\none\n")
    (root / "limits.txt").write_text("two<3\n")
    found = declared(root, root / "server.py")
    assert found.names() == {"one"}
    assert [path.name for path in found.inputs] == ["requirements.txt", "limits.txt"]


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("requirements.txt", "--extra-index-url https://example.com\n", "UV_INDEX"),
        ("pyproject.toml", '[project]\ndynamic = ["dependencies"]\n', "dynamic"),
        ("pyproject.toml", '[project]\ndependencies = "httpx"\n', "not a list"),
        ("pyproject.toml", "[project\n", "cannot be read"),
        ("server.py", SCRIPT + "\n" + SCRIPT, "2 blocks"),
        ("server.py", SCRIPT.replace("3.13", "3.14"), r"requires-python is '>=3\.14'"),
        ("pyproject.toml", '[project]\nrequires-python = "<3.13"\n', r"runs Python 3\.13"),
        ("pyproject.toml", '[project]\nrequires-python = "many"\n', "cannot be read"),
        ("fastmcp.json", '{"environment": {"project": "."}}', r"environment\.project"),
        ("fastmcp.json", "{", "cannot be read"),
    ],
)
def test_what_cannot_be_used_is_named(root: Path, file: str, content: str, said: str) -> None:
    (root / file).write_text(content)
    with pytest.raises(BuildError, match=said) as failed:
        names(root)
    assert file in str(failed.value)


@pytest.mark.parametrize("named", ["absent.txt", "notes.md", "server.py"])
def test_a_setting_that_names_no_packages_is_an_error(root: Path, named: str) -> None:
    (root / "notes.md").write_text("httpx\n")
    with pytest.raises(BuildError, match=named.replace(".", r"\.")):
        names(root, named)
