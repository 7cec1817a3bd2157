"""`mesh config` fits a terminal."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from mesh.cli import command_line


def test_files_below_this_folder_are_named_from_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "server.py").write_text("from fastmcp import FastMCP\nmcp = FastMCP('Shop')\n")
    (tmp_path / "mesh.toml").write_text("name = 'shop'\n")

    shown = CliRunner().invoke(command_line, ["config"], catch_exceptions=False).stdout

    assert re.search(r"^name +shop +mesh\.toml$", shown, re.MULTILINE)
