"""An author's packages lie in the zip as they were installed; only Mesh's own are made smaller."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from mesh.build.bundle import layer
from mesh.build.bundle.layer import Layer
from mesh.build.target import host_architecture, target
from tests.fixtures.projects import Wheel

FUNCTION = 'def answer():\n    """Of it all."""\n    return 42\n'
SOURCE = f'"""Words."""\n\n\n{FUNCTION}'
THEIRS = Wheel(
    "theirs",
    files={
        "theirs/__init__.py": SOURCE.encode(),
        **{f"theirs/part_{n}.py": b"" for n in range(8)},
        "theirs/py.typed": b"",
        "theirs/tests/__init__.py": b"",
        "theirs/tests/data.json": b"[1]",
        "theirs/template.py": b"{{ not python }}",
        "theirs/README.md": b"# Read by the package\n",
        "theirs/header.h": b"",
    },
    requires=("websockets",),
)
OURS = Wheel(
    "ours",
    files={
        "ours/__init__.py": b'"""Words."""\n',
        **{f"ours/part_{n}.py": b"" for n in range(8)},
        "ours/tests/__init__.py": b"",
    },
)
# As `pruning.DISTRIBUTIONS` has them: FastMCP brings both, and needs neither here.
WEBSOCKETS, WATCHFILES = Wheel("websockets"), Wheel("watchfiles")
ASK = """
import importlib.metadata, importlib.resources, inspect, json, pkgutil, sys
sys.path.insert(0, sys.argv[1])
import ours, theirs
print(json.dumps({
    "source": inspect.getsource(theirs.answer),
    "doc": theirs.answer.__doc__,
    "cached": theirs.__cached__.endswith(".pyc"),
    "modules": len([*pkgutil.iter_modules(theirs.__path__)]),
    "data": (importlib.resources.files(theirs) / "tests" / "data.json").read_text(),
    "version": importlib.metadata.version("theirs"),
    "files": len(importlib.metadata.files("theirs")),
    "ours": ours.__file__,
}))
"""


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layer:
    """The layer of a server that asks for `theirs`, with `ours` in the place of Mesh's packages."""
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    links = tmp_path / "links"
    own = "".join(one.publish(links) for one in (OURS, WEBSOCKETS, WATCHFILES))
    own_lock, lock = tmp_path / "mesh.txt", tmp_path / "lock.txt"
    own_lock.write_text(own)
    lock.write_text(f"--no-index\n--find-links {links}\n{own}{THEIRS.publish(links)}")
    monkeypatch.setattr(layer, "MESH_LOCK", own_lock)
    return layer.obtain(
        lock,
        target(host_architecture(), "3.13"),
        tmp_path / "cache",
        asked=(),
        workers=1,
        progress=lambda _: None,
        declared=frozenset({"theirs"}),
    )


def test_every_file_of_an_authors_package_is_there(made: Layer) -> None:
    names = {name for name in made.entries if name.startswith("theirs")}
    assert set(THEIRS.files) <= names
    assert "theirs-1.0.dist-info/RECORD" in names
    assert "theirs/__pycache__/__init__.cpython-313.pyc" in names
    assert "theirs/__modules__" not in names
    with zipfile.ZipFile(made.path) as opened:
        for name, data in THEIRS.files.items():
            assert opened.read(name) == data


def test_nothing_of_the_machine_that_built_is_there(made: Layer) -> None:
    for name in ("INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"):
        assert f"theirs-1.0.dist-info/{name}" not in made.entries


def test_meshs_own_packages_are_packed_without_their_tests(made: Layer) -> None:
    names = {name for name in made.entries if name.startswith("ours/")}
    assert names == {"ours/__init__.pyc", "ours/__modules__"}


def test_a_package_that_an_authors_package_requires_is_kept(made: Layer) -> None:
    assert made.pruned == ("watchfiles==1.0",)
    assert any(name.startswith("websockets/") for name in made.entries)


def test_the_package_finds_all_of_itself(made: Layer, tmp_path: Path) -> None:
    with zipfile.ZipFile(made.path) as opened:
        opened.extractall(tmp_path / "task")
    done = subprocess.run(
        [sys.executable, "-I", "-c", ASK, str(tmp_path / "task")],
        check=True,
        capture_output=True,
        text=True,
    )
    found = json.loads(done.stdout)
    assert found.pop("ours").startswith(str(tmp_path / "task"))
    assert found == {
        "source": FUNCTION,
        "doc": "Of it all.",
        "cached": True,
        "modules": 10,
        "data": "[1]",
        "version": "1.0",
        "files": len(THEIRS.files) + 3,
    }


def test_what_the_author_asks_for_is_never_left_out(made: Layer, tmp_path: Path) -> None:
    kept = layer.obtain(
        tmp_path / "lock.txt",
        target(host_architecture(), "3.13"),
        tmp_path / "cache",
        asked=(),
        workers=1,
        progress=lambda _: None,
        declared=frozenset({"theirs", "watchfiles"}),
    )
    assert kept.pruned == ()
