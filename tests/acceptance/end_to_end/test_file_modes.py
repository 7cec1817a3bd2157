"""What `mesh up` and `build.py` leave on the disk can be read by its owner only."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aoma.local_supabase import process as supabase
from aoma.local_supabase.places import place_for
from mesh.build.environment import ROOT
from mesh.installation import CACHE
from mesh.local_aws import process

NOT_COPIED = shutil.ignore_patterns(
    ".git", ".mesh", ".venv", "dist", "node_modules", "__pycache__", ".*_cache"
)
MESH = "from mesh.cli import main; main()"
UP_SECONDS = 600
# What a shell gives by itself on most machines: others read everything.
WIDE = 0o022
# Programs of a package, for the user that PostgreSQL runs as; in the environment anyone reads them.
PUBLIC = "programs"


def open_to_others(top: Path, *, but: str | None = None) -> list[str]:
    """Files and folders at or below `top` that have a permission for others than their owner."""
    found = []
    for folder, folders, files in os.walk(top):
        folders[:] = [name for name in folders if name != but]
        for path in (Path(folder), *(Path(folder, name) for name in files)):
            mode = path.lstat().st_mode
            if not stat.S_ISLNK(mode) and mode & 0o077:
                found.append(f"{stat.filemode(mode)} {path.relative_to(top)}")
    return found


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Path]:
    """A copy of the project with this one's environment and layers; the test ends its stack."""
    root = tmp_path / "checkout"
    shutil.copytree(ROOT, root, ignore=NOT_COPIED)
    if (CACHE / "bundle").is_dir():
        shutil.copytree(
            CACHE / "bundle", root / ".mesh" / "cache" / "bundle", copy_function=os.link
        )
    (root / ".venv").symlink_to(sys.prefix)
    yield root
    process.stop(root / ".mesh" / "local" / "aws")


def run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a checkout with the umask of most shells."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=root,
        env={**variables, "PYTHONPATH": str(root)},
        umask=WIDE,
        capture_output=True,
        text=True,
        check=False,
        timeout=UP_SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.mark.promise("`make up` runs all of it on a laptop")
def test_nobody_else_reads_what_a_build_and_mesh_up_leave(checkout: Path) -> None:
    run(checkout, "build.py", "--architecture", "host", "--output", "dist/built.zip")
    run(checkout, "-c", "from mesh.build.environment import alone\nwith alone(): pass")
    run(checkout, "-c", MESH, "up")
    run(checkout, "-c", MESH, "logs", "--since", "10m")
    assert (checkout / ".mesh").stat().st_mode & 0o777 == 0o700
    assert open_to_others(checkout / ".mesh" / "local") == []
    for written in ("terraform.tfstate", "outputs.json", "logs/terraform.log", "aws/ports.json"):
        assert (checkout / ".mesh" / "local" / written).is_file(), written
    beside = [path for path in (checkout / ".mesh").iterdir() if path.is_file()]
    assert [path.name for path in beside if path.stat().st_mode & 0o077] == []
    assert open_to_others(checkout / "dist") == []
    assert len(list((checkout / "dist").glob("*.zip"))) == 2


def test_nobody_else_reads_what_local_supabase_leaves(tmp_path: Path) -> None:
    state, log = tmp_path / "supabase", tmp_path / "logs" / "supabase.log"
    before = os.umask(WIDE)
    try:
        supabase.start(state, log=log)
        place = place_for(state / "postgres")
        assert open_to_others(state, but=PUBLIC) == []
        assert log.stat().st_mode & 0o077 == 0
        assert open_to_others(place / "data") == []
        for file in place.iterdir():
            assert file.is_dir() or file.stat().st_mode & 0o077 == 0, file
    finally:
        os.umask(before)
        supabase.stop(state)
        supabase.remove(state)
