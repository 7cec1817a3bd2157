"""`mesh keys create --source` refuses what is no source before it makes a key."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from mesh.cli import command_line


@pytest.mark.parametrize("source", ["", ":handbook", "documents:", " documents", "a\nb"])
def test_what_is_no_source_is_refused(source: str) -> None:
    done = CliRunner().invoke(command_line, ["keys", "create", "it", "--source", source])

    assert done.exit_code == 2
    assert "write a source like documents:handbook" in done.output
