"""Builds of servers that tests write."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mesh.build import BuildResult, build
from mesh.installation import CACHE
from tests.local.any_server.project import project_of


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., BuildResult]:
    def make(folder: Path, name: str = "mcp") -> BuildResult:
        output = tmp_path_factory.mktemp("zip") / "server.zip"
        project = project_of(folder, name)
        return build(project, "host", output=output, cache=CACHE / "bundle")

    return make
