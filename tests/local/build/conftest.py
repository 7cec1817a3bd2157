"""The zips of the real dependencies, made once for all tests, and projects to build."""

from __future__ import annotations

import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from aoma.build_hook import build
from mesh.build import BuildResult
from mesh.build.bundle import optional_parts
from mesh.build.environment import ROOT
from mesh.installation import CACHE
from tests.fixtures import zips
from tests.fixtures.once import OncePerRun
from tests.fixtures.projects import Project, Wheel, git

real = zips.real


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with one dependency, committed."""
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    # Nothing listens there: these builds need no index.
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    made = Project(tmp_path / "project", tmp_path / "cache")
    made.write("mcp_app/__init__.py", '__version__ = "1.2.3"\n')
    made.write("mcp_app/handler.py", "def handler(event, context):\n    return event\n")
    made.write("README.md", "# Deploying\n\nThe blue whale is deployed on Tuesdays.\n")
    made.write(".gitignore", "/dist/\n*.log\n")
    made.require(Wheel("answers"))
    git(made.root, "init", "--quiet", "--initial-branch", "main")
    made.commit()
    return made


@pytest.fixture
def checkout(tmp_path: Path) -> Callable[[str], Path]:
    """Checkouts of one commit of this project's own sources, in folders of given names."""
    origin = tmp_path / "origin"
    for name in ("mcp_app", "docs"):
        shutil.copytree(
            ROOT / name, origin / name, ignore=shutil.ignore_patterns("__pycache__", ".*")
        )
    shutil.copy(ROOT / "pyproject.toml", origin)
    (origin / "docs" / "guide.md").write_text("# Guide\n\nHow to build the zip.\n")
    git(origin, "init", "--quiet", "--initial-branch", "main")
    git(origin, "add", "--all")
    git(origin, "commit", "--quiet", "--message", "All of it")

    def clone(name: str) -> Path:
        git(tmp_path, "clone", "--quiet", str(origin), name)
        return tmp_path / name

    return clone


def unpacked(zipped: Path, folder: Path) -> Path:
    """A zip as Lambda has it: unpacked, and read-only."""
    with zipfile.ZipFile(zipped) as opened:
        opened.extractall(folder)
    for path in [folder, *folder.rglob("*")]:
        path.chmod(path.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
    return folder


def runner(task_root: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a script with an unpacked zip and the standard library, and nothing else."""

    def run(script: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = (sys.executable, "-I", "-S", "-B", str(script), str(task_root), *arguments)
        return subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=120, env={"HOME": "/"}
        )

    return run


@pytest.fixture(scope="session")
def task_root(real: Callable[[str], BuildResult], once_per_run: OncePerRun) -> Path:
    """The zip for this machine."""
    made: Path = once_per_run("task", lambda folder: unpacked(real("host").path, folder))
    return made


@pytest.fixture(scope="session")
def run_clean(task_root: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a script with the zip for this machine."""
    return runner(task_root)


@pytest.fixture(scope="session")
def run_whole(once_per_run: OncePerRun) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a script with the zip of an application that asks for every optional part."""

    def make(folder: Path) -> Path:
        output = folder / "host.zip"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(optional_parts, "asked_for", lambda _root: optional_parts.PARTS)
            build("host", output=output, cache=CACHE / "bundle", indexed=False)
        return unpacked(output, folder / "task")

    return runner(once_per_run("whole", make))
