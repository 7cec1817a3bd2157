"""What `mesh dev` builds after a save."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

from mesh import settings
from mesh.local.dev import Dev
from mesh.stack.stack import Stack
from tests.local.any_server.project import MAKES, project_of


def test_the_build_hook_is_called_again_when_another_file_than_a_module_is_saved(
    tmp_path: Path,
) -> None:
    server, data = tmp_path / "server.py", tmp_path / "stations.txt"
    server.write_text(MAKES)
    data.write_text("Rome")

    def hook(folder: Path) -> None:
        (folder / "index.txt").write_text(f"{data.read_text()} {server.read_text().count('#')}")

    project = replace(project_of(tmp_path), hook=hook)
    dev = Dev(Stack(tmp_path), settings.settings(settings.locate(tmp_path), {}), project, "host")

    def index(*files: Path) -> str:
        with zipfile.ZipFile(dev.built(files).path) as made:
            return made.read("index.txt").decode()

    assert index(server) == "Rome 0"
    server.write_text(f"{MAKES}# edited")
    assert index(server) == "Rome 0"
    data.write_text("Oslo")
    assert index(server, data) == "Oslo 1"
