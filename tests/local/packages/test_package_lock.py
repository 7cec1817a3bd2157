"""An author's packages are locked together with Mesh's own, and conflicts are explained."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mesh.build import BuildError
from mesh.build.bundle.dependencies import MESH_LOCK, pins
from mesh.build.server.host_packages import host_site
from mesh.build.target import target
from mesh.failure import CommandFailedError
from mesh.packages import declared, lock
from tests.fixtures.projects import Wheel

ARM64 = target("arm64", "3.13")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "weather"
    folder.mkdir()
    (folder / "server.py").write_text("")
    return folder


def publish(root: Path) -> None:
    Wheel("answers").publish(root.parent / "links")


def locked(root: Path, *lines: str) -> Path:
    (root / "requirements.txt").write_text("".join(f"{line}\n" for line in lines))
    return lock(declared(root, root / "server.py"), root, ARM64)


def test_a_plain_server_has_exactly_what_mesh_needs(root: Path) -> None:
    found = locked(root)
    own = pins(MESH_LOCK)
    assert pins(found).items() <= own.items()
    assert {"fastmcp", "mangum", "uvicorn", "cryptography"} <= pins(found).keys()
    assert not {"openai", "postgrest"} & pins(found).keys()
    assert found.parent == root / ".mesh"
    assert (root / ".mesh" / ".gitignore").read_text() == "*\n"


def test_the_lock_has_a_hash_for_each_package_and_names_no_index(root: Path) -> None:
    publish(root)
    text = locked(root, "answers", "--find-links ../links").read_text()
    entries = re.findall(r"^\S+==.*(?:\n\s.*)*", text, re.MULTILINE)
    assert any(entry.startswith("answers==1.0") for entry in entries)
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "index" not in text
    assert "://" not in text


def test_it_is_made_anew_only_when_its_inputs_change(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(root)
    first = locked(root).read_text()
    monkeypatch.setattr("mesh.uv.PLACES", (root / "no-uv-here",))
    assert locked(root).read_text() == first
    with pytest.raises(CommandFailedError, match="uv is missing"):
        locked(root, "answers", "--find-links ../links")


@pytest.mark.parametrize("line", ["../links/answers-1.0-py3-none-any.whl", "answers"])
def test_local_wheels_are_found_from_any_folder(root: Path, tmp_path: Path, line: str) -> None:
    publish(root)
    found = locked(root, line, "--find-links ../links")
    site = host_site(found, tmp_path / "cache")
    assert (site / "answers" / "__init__.py").is_file()
    assert (site / "fastmcp" / "__init__.py").is_file()
    assert host_site(found, tmp_path / "cache") == site


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("fastmcp==3.4.10",), ("fastmcp==3.4.10", "runs servers with fastmcp >=4.0,<4.3")),
        (("-r more.txt",), ("fastmcp<4", "runs servers with fastmcp >=4.0,<4.3")),
        (("pydantic<2",), ("pydantic<2", "Mesh has ", "fastmcp-slim 4.2.3, pydantic ")),
        (("no-such-package-of-mesh-tests",), ("no package of that name", "UV_INDEX")),
        (("requests==99",), ("requests==99", "no such version")),
        (
            ("mesh-tests-windows", "--find-links ../links"),
            ("mesh-tests-windows", "no wheel for arm64 (Python 3.13"),
        ),
        (("mesh-tests-sources", "--find-links ../links"), ("mesh-tests-sources", "source only")),
        (
            ("mesh-tests-sources[more]==3.0", "--find-links ../links"),
            ("needs mesh-tests-sources, which is published as source only",),
        ),
        (("./absent-1.0-py3-none-any.whl",), ("absent-1.0", "not there")),
        (("two words",), ("two words", "not a requirement")),
        (("./package",), ("./package", "Build a wheel")),
        (("-e ./package",), ("-e ./package", "Build a wheel")),
        (("-r absent.txt",), ("absent.txt", "cannot be read")),
        (
            ("answers @ git+https://127.0.0.1:9/answers.git@main",),
            ("answers @ git+https://127.0.0.1:9/answers.git@main", "Build a wheel"),
        ),
    ],
)
def test_what_cannot_be_locked_is_said_in_two_lines(
    root: Path, lines: tuple[str, ...], said: tuple[str, ...]
) -> None:
    Wheel("mesh_tests_windows", tag="cp313-cp313-win_amd64").publish(root.parent / "links")
    (root.parent / "links" / "mesh_tests_sources-3.0.tar.gz").write_bytes(b"never unpacked")
    (root / "more.txt").write_text("fastmcp<4\n")
    (root / "package").mkdir()
    (root / "package" / "package.py").write_text("")
    (root / "package" / "pyproject.toml").write_text(
        '[project]\nname = "package"\nversion = "1"\n'
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
    )
    with pytest.raises(BuildError) as failed:
        locked(root, *lines)
    message = str(failed.value)
    assert len(message.splitlines()) == 2, message
    assert "requirements.txt" in message
    for words in said:
        assert words.removeprefix("./") in message
    assert not (root / ".mesh" / "requirements-arm64.txt").exists()
