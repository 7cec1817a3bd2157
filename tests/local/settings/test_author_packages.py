"""The packages that an author declares are locked, beside the server."""

from __future__ import annotations

from pathlib import Path

from mesh import settings
from mesh.build import target
from tests.fixtures.projects import Wheel


def test_a_project_has_its_lock_and_its_packages(tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text('from fastmcp import FastMCP\n\nmcp = FastMCP("weather")\n')
    Wheel("answers").publish(tmp_path / "links")
    (tmp_path / "requirements.txt").write_text("--find-links links\nanswers\n")
    own = settings.settings(settings.locate(tmp_path), {})
    found = settings.project(own, target("arm64", "3.13"))
    assert found.declared == frozenset({"answers"})
    assert found.requirements == tmp_path / ".mesh" / "requirements-arm64.txt"
    assert "answers==1.0" in found.requirements.read_text()
    assert not [name for name, _ in found.files() if ".mesh" in name]
