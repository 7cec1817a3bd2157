"""What the build freezes: FastMCP's answers, and the schemas of tools."""

from __future__ import annotations

from pathlib import Path

from mesh.build.environment import ROOT
from mesh.build.fast_path import ask


def test_a_server_of_fewer_sources_is_asked_for_its_own_documents(tmp_path: Path) -> None:
    made = ask(ROOT, tmp_path, lambda: frozenset({"documents", "commits"}))
    assert made is not None
    assert [*made["lists"]] == ["commits,documents", "code,commits,documents,tickets"]
    for listed in made["lists"].values():
        assert listed["legacy"]["resources/list"]["document"]
