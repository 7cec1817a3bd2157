"""The retrieval benchmark counts what it says, on questions that can be answered."""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.retrieval import corpus, tables
from benchmarks.retrieval.embedded import embedded
from benchmarks.retrieval.figures import (
    Asked,
    System,
    ask,
    evidence,
    hit_rate,
    quantiles,
    values_when_right,
    values_when_wrong,
)
from benchmarks.retrieval.questions import Question, questions
from benchmarks.retrieval.supabase import supabase
from mcp_app.knowledge.results import Passage
from mesh.build.environment import ROOT


def hit(document: str, coverage: float) -> Passage:
    return Passage(
        id=f"{document}#a",
        title="",
        heading=(),
        text="",
        link=None,
        score=1.0,
        score_kind="bm25",
        coverage=coverage,
        document=document,
        corpus="c",
    )


FOUND = {
    "first": [hit("a.md", 1.0), hit("b.md", 0.5)],
    "second": [hit("b.md", 0.9), hit("a.rst", 0.4)],
    "sixth": [*(hit("b.md", 0.6),) * 5, hit("a.md", 0.6)],
    "never": [],
}
QUESTIONS = [Question("k", text, frozenset({"a"})) for text in FOUND]


def search(query: str) -> Sequence[Passage]:
    return FOUND[query]


@pytest.fixture
def asked() -> list[Asked]:
    return ask(System("fixed", ("coverage",), search), QUESTIONS)


def test_hit_rates_count_questions_with_a_right_document(asked: list[Asked]) -> None:
    assert [hit_rate(asked, first) for first in (1, 2, 5, 6)] == [0.25, 0.5, 0.5, 0.75]


def test_values_are_of_the_best_right_and_the_best_wrong_passage(asked: list[Asked]) -> None:
    assert values_when_right(asked, "coverage") == [1.0, 0.4, 0.6]
    assert values_when_wrong(asked, "coverage") == [0.5, 0.9, 0.6, 0.0]
    assert values_when_right(asked, "similarity") == [0.0, 0.0, 0.0]
    assert quantiles([0.0, 1.0]) == pytest.approx((0.1, 0.5, 0.9))
    assert quantiles([0.5]) is None


def test_evidence_is_what_reaches_the_threshold(asked: list[Asked]) -> None:
    assert evidence(asked, "coverage", 0.6) == (3, 2)
    assert evidence(asked, "coverage", 0.95) == (1, 1)


def test_questions_are_many_and_of_both_kinds() -> None:
    found = questions()
    kinds = [question.kind for question in found]
    assert kinds.count("k") == kinds.count("p") >= 30
    assert kinds.count("u") >= 10
    assert len({question.text for question in found}) == len(found)
    assert all(bool(question.right) == (question.kind != "u") for question in found)


def test_archives_are_pinned_with_hashes() -> None:
    lock = corpus.LOCK.read_text()
    assert set(corpus._pinned()) == set(corpus.DOCUMENTATION)
    assert lock.count("--hash=sha256:") == len(corpus.DOCUMENTATION)


def test_documentation_is_taken_out_of_an_archive_and_nothing_else(tmp_path: Path) -> None:
    archive = tmp_path / "flask-1.tar.gz"
    names = ("docs/a.rst", "docs/deep/b.md", "docs/changes.rst", "docs/c.py", "src/d.md", "e.rst")
    with tarfile.open(archive, "w:gz") as opened:
        for name in (*names, "../../outside.md", "docs/../../outside.md"):
            member = tarfile.TarInfo(f"flask-1/{name}")
            member.size = 4
            opened.addfile(member, io.BytesIO(b"text"))
        linked = tarfile.TarInfo("flask-1/docs/link.md")
        linked.type, linked.linkname = tarfile.SYMTYPE, "/etc/passwd"
        opened.addfile(linked)
    corpus._unpack(archive, "flask", tmp_path / "out")
    found = [path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()]
    assert sorted(map(str, found)) == ["flask-1.tar.gz", "out/flask/a.rst", "out/flask/deep/b.md"]
    assert not [*tmp_path.parent.glob("outside.md")]


def test_tables_show_what_the_index_in_the_zip_finds(tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "whale.md").write_text("# Whale\n\nThe blue whale sings.")
    (documents / "fox.md").write_text("# Fox\n\nThe red fox runs.")
    wanted = [
        *(Question("k", text, frozenset({"whale"})) for text in ("blue whale", "whale sings")),
        *(Question("p", text, frozenset({"whale"})) for text in ("red fox", "large animal")),
        *(Question("u", text, frozenset()) for text in ("violin", "the red violin")),
    ]
    with embedded(documents, tmp_path) as (system, report):
        results = {system: ask(system, wanted)}
    assert report.documents == 2
    rates = [*tables.hit_rates(results)]
    assert rates[2].startswith("| embedded keyword | 1.00 | 1.00 | 0.00 | 0.00 | ")
    assert "1.00 / 1.00 / 1.00 | - |" in [*tables.distributions(results)][2]
    assert "| 2 (2) / 1 (0) / 0 |" in [*tables.thresholds(results)][2]


def test_help_says_what_it_is() -> None:
    done = subprocess.run(
        (sys.executable, "-m", "benchmarks.retrieval", "--help"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "--embedded-only" in done.stdout


def test_supabase_is_asked_in_every_mode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "whale.md").write_text("# Whale\n\nThe blue whale sings.")
    (documents / "fox.md").write_text("# Fox\n\nThe red fox runs.")
    wanted = Question("k", "where does the blue whale sing", frozenset({"whale"}))
    with supabase(documents, tmp_path) as (systems, source):
        asked = {system.name: ask(system, [wanted, wanted]) for system in systems}
    assert not source.has_meaning
    assert set(asked) == {"supabase keyword", "supabase semantic", "supabase hybrid"}
    assert {hit_rate(found, 1) for found in asked.values()} == {1.0}
