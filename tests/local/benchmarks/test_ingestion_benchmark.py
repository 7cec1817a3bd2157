"""The benchmark of ingestion and of searches at scale runs, small here."""

from __future__ import annotations

from pathlib import Path

from benchmarks.ingestion.__main__ import run


def test_every_load_and_every_search_has_its_figures(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    lines = list(run(tmp_path, passages=60, tickets=20, queries=8))
    for what in ("the first documents", "tickets", "more documents", "nothing new"):
        assert any(line.startswith(f"| {what} | ") for line in lines)
    for mode in ("keyword", "semantic", "hybrid"):
        assert any(f"reader of a tenth | {mode} | " in line for line in lines)
