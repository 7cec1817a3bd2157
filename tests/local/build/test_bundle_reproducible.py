"""The same commit gives the same bytes, wherever and by whomever it is built."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mesh.build import BuildResult
from mesh.build.environment import ROOT
from mesh.installation import CACHE
from tests.fixtures.projects import LOCK, Project, Wheel

# Started by Lambda, and by the Web Adapter.
PROGRAMS = {"mesh/runtime/bootstrap", "mesh/runtime/web_adapter"}
BUILD = """
import json, os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
root, lock, cache, workers, umask = sys.argv[2:]
os.umask(int(umask, 8))
from aoma.build_hook import build
from dataclasses import replace
from aoma.build_hook import aoma
project = replace(aoma(), root=Path(root), requirements=Path(lock))
result = build("host", project=project, cache=Path(cache), workers=int(workers))
print(json.dumps({"sha256": result.sha256, "content": result.content_sha256,
                  "reused": result.reused, "path": str(result.path)}))
"""


def build_elsewhere(
    root: Path, *, cache: Path, workers: int, umask: str, **variables: str
) -> dict[str, Any]:
    command = [sys.executable, "-c", BUILD, str(ROOT), str(root), str(LOCK), str(cache)]
    done = subprocess.run(
        [*command, str(workers), umask],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.fixture
def checkouts(checkout: Callable[[str], Path]) -> tuple[Path, Path]:
    """Two of one commit: in different folders, with files of different dates and modes."""
    one = checkout("one")
    other = checkout("another folder with a longer name")
    for path in other.rglob("*"):
        if ".git" not in path.parts and path.is_file():
            os.utime(path, (978_307_200, 978_307_200))
            path.chmod(0o600)
    return one, other


def build_here(root: Path) -> dict[str, Any]:
    """A build with the layer of this checkout."""
    variables = {"TZ": "UTC", "PYTHONHASHSEED": "1"}
    return build_elsewhere(root, cache=CACHE / "bundle", workers=2, umask="022", **variables)


def build_by_another(root: Path, cache: Path, scratch: Path) -> dict[str, Any]:
    """A build by a user whose settings all differ."""
    return build_elsewhere(
        root,
        cache=cache,
        workers=1,
        umask="077",
        TZ="Pacific/Kiritimati",
        PYTHONHASHSEED="2",
        PYTHONOPTIMIZE="2",
        PYTHONPYCACHEPREFIX=str(scratch / "pycache"),
        LC_ALL="C",
    )


@pytest.mark.promise("one reproducible zip")
def test_zip_is_identical_in_another_folder_on_another_day_for_another_user(
    checkouts: tuple[Path, Path], tmp_path: Path
) -> None:
    one, other = checkouts
    mine = build_here(one)
    theirs = build_by_another(other, CACHE / "bundle", tmp_path)

    assert theirs["content"] == mine["content"]
    assert theirs["sha256"] == mine["sha256"]
    assert Path(theirs["path"]).read_bytes() == Path(mine["path"]).read_bytes()


def test_zip_is_identical_with_dependencies_that_another_user_installed(
    checkouts: tuple[Path, Path], tmp_path: Path
) -> None:
    one, other = checkouts
    mine = build_here(one)
    theirs = build_by_another(other, tmp_path / "empty", tmp_path)

    assert theirs["reused"] is False
    assert theirs["sha256"] == mine["sha256"]


def test_entries_have_fixed_dates_and_modes_and_nothing_else(
    real: Callable[[str], BuildResult],
) -> None:
    with zipfile.ZipFile(real("host").path) as opened:
        entries = opened.infolist()

    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.create_system for entry in entries} == {3}
    assert {entry.extra for entry in entries} == {b""}
    assert {entry.external_attr >> 16 for entry in entries} == {0o100644, 0o100755}
    executable = {entry.filename for entry in entries if entry.external_attr >> 16 == 0o100755}
    assert executable >= PROGRAMS
    assert all(".so" in Path(name).suffixes for name in executable - PROGRAMS)
    assert len({entry.filename for entry in entries}) == len(entries)


def test_files_are_compressed_better_than_by_zlib(real: Callable[[str], BuildResult]) -> None:
    with zipfile.ZipFile(real("host").path) as opened:
        largest = max(opened.infolist(), key=lambda entry: entry.file_size)
        zlibs = zlib.compress(opened.read(largest), 9, -zlib.MAX_WBITS)

        assert opened.testzip() is None
        assert largest.compress_size < len(zlibs)


def test_content_digest_is_that_of_the_unpacked_files(project: Project, tmp_path: Path) -> None:
    result = project.build()
    with zipfile.ZipFile(project.output) as opened:
        opened.extractall(tmp_path / "unpacked")
    (tmp_path / "unpacked" / "build.json").unlink()
    files = [path for path in (tmp_path / "unpacked").rglob("*") if path.is_file()]
    # As `sha256sum` of all files would list them.
    listing = "".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {name}\n"
        for name, path in sorted(
            (path.relative_to(tmp_path / "unpacked").as_posix(), path) for path in files
        )
    )

    assert hashlib.sha256(listing.encode()).hexdigest() == result.content_sha256
    assert project.record()["content_sha256"] == result.content_sha256


def test_leftovers_of_installers_stay_out(project: Project) -> None:
    project.require(
        Wheel(
            "answers",
            files={
                "answers/__init__.py": b"",
                "answers/data.json": b"{}",
                "answers/__init__.cpython-313.pyc": b"stale",
                "answers-1.0.dist-info/licenses/LICENSE": b"MIT",
                "answers-1.0.dist-info/entry_points.txt": b"[x]\ny = answers\n",
            },
        )
    )
    project.write("mcp_app/.secret", "no")
    project.write("mcp_app/__pycache__/old.cpython-313.pyc", "no")

    project.build(indexed=False)

    own = [name for name in project.zipped() if not name.startswith("mesh/")]
    assert sorted(own) == [
        "answers-1.0.dist-info/METADATA",
        "answers-1.0.dist-info/WHEEL",
        "answers-1.0.dist-info/entry_points.txt",
        "answers-1.0.dist-info/licenses/LICENSE",
        "answers/__init__.pyc",
        "answers/data.json",
        "build.json",
        "mcp_app/__init__.py",
        "mcp_app/__pycache__/__init__.cpython-313.pyc",
        "mcp_app/__pycache__/handler.cpython-313.pyc",
        "mcp_app/handler.py",
        "packed_modules.pyc",
    ]
