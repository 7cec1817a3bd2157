"""What the build freezes: FastMCP's answers, and the schemas of tools."""

from __future__ import annotations

from pathlib import Path

from aoma.build_hook import aoma
from mesh.build.fast_path.catalogues import ask


def test_a_server_of_fewer_sources_is_asked_for_its_own_documents(tmp_path: Path) -> None:
    made = ask(aoma(), tmp_path, lambda: frozenset({"documents", "commits"}))
    assert made is not None
    everything = "supabase;code,commits,documents,tickets"
    assert [*made["lists"]] == ["embedded;", "supabase;", everything]
    assert made["lists"]["embedded;"] != made["lists"][everything]
    for listed in made["lists"].values():
        assert listed["legacy"]["resources/list"]["document"]
