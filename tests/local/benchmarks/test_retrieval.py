"""The retrieval benchmark counts what it says, on questions that can be answered."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from aoma.local_supabase.openai import small_model
from benchmarks.retrieval import corpus, npm_archives, tables
from benchmarks.retrieval.embedded import embedded
from benchmarks.retrieval.figures import (
    Asked,
    System,
    ask,
    evidence,
    hit_rate,
    of_kind,
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
QUESTIONS = [Question("c", "k", text, frozenset({"a"})) for text in FOUND]


def search(query: str) -> Sequence[Passage]:
    return FOUND[query]


@pytest.fixture
def asked() -> list[Asked]:
    return ask(System("fixed", ("coverage",), search), QUESTIONS)


def test_hit_rates_count_questions_with_a_right_document(asked: list[Asked]) -> None:
    assert [hit_rate(asked, first) for first in (1, 2, 5, 6)] == [0.25, 0.5, 0.5, 0.75]


def test_evidence_is_what_reaches_the_threshold(asked: list[Asked]) -> None:
    assert evidence(asked, "coverage", 0.6) == (3, 2)
    assert evidence(asked, "coverage", 0.95) == (1, 1)


def test_questions_are_many_and_of_both_kinds() -> None:
    found = questions()
    kinds = [question.kind for question in found]
    assert kinds.count("k") == kinds.count("p") >= 90
    assert kinds.count("n") >= 25
    assert kinds.count("u") >= 10
    assert len({(question.corpus, question.text) for question in found}) == len(found)
    assert all(bool(question.right) == (question.kind in "kp") for question in found)


def test_more_than_half_of_the_corpora_that_others_wrote_are_not_tuned_on() -> None:
    asked = {question.corpus for question in questions()}
    assert asked == {*corpus.NPM, *(corpus.TOGETHER.get(name, name) for name in corpus._pinned())}
    assert len(asked - {"python"}) >= 5
    assert len(asked - corpus.TUNED) >= len(asked - {"python"}) / 2


def test_archives_of_npm_are_pinned_and_each_language_is_a_corpus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = {"ja-JP": {"/docs/api/tray": {"html": "<h1>Tray</h1>"}}}
    content = json.dumps(pages).encode()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as opened:
        member = tarfile.TarInfo("package/dist/docs.json")
        member.size = len(content)
        opened.addfile(member, io.BytesIO(content))
    monkeypatch.setattr(npm_archives, "_fetched", lambda _: packed.getvalue())
    npm_archives.unpack(npm_archives.ELECTRON, {tmp_path / "electron-ja": "ja-JP"})
    assert (tmp_path / "electron-ja/api/tray.html").read_text() == "<h1>Tray</h1>"
    assert {package for package, _ in corpus.NPM.values()} == npm_archives.ARCHIVES.keys()


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
    assert sorted(map(str, found)) == [
        "flask-1.tar.gz",
        "out/python/flask/a.rst",
        "out/python/flask/deep/b.md",
    ]
    assert not [*tmp_path.parent.glob("outside.md")]


def test_tables_show_what_the_index_in_the_zip_finds(tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "whale.md").write_text("# Whale\n\nThe blue whale sings.")
    (documents / "fox.md").write_text("# Fox\n\nThe red fox runs.")
    wanted = [
        *(Question("c", "k", text, frozenset({"whale"})) for text in ("blue whale", "whale sings")),
        *(Question("c", "p", text, frozenset({"whale"})) for text in ("red fox", "large animal")),
        *(Question("c", "n", text, frozenset()) for text in ("violin", "the red violin")),
    ]
    with embedded(documents, tmp_path / "index.sqlite3") as (system, report):
        results = {system.name: ask(system, wanted)}
    assert report.documents == 2
    rates = [*tables.hit_rates(results, {"c"})]
    assert rates[2].startswith("| embedded keyword | 1.00 | 1.00 | 1.00 | 0.00 | 0.00 | ")
    thresholds = [*tables.thresholds(results, {system.name: system.measures}, {"c"})]
    assert "| 2 (2) / 1 (0) / 0 |" in thresholds[2]
    assert [*tables.by_corpus(results, ["c"])][2].endswith("| 1.00 / 1.00 / 0.00 / 0.00 |")
    assert tables.counted(results, {"c"}).startswith("2 in the documents' own words, 2 in other")


def test_help_says_what_it_is() -> None:
    done = subprocess.run(
        (sys.executable, "-m", "benchmarks.retrieval", "--help"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "--embedded-only" in done.stdout


def test_supabase_is_asked_in_every_mode_and_a_model_finds_what_shares_no_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "whale.md").write_text("# Whale\n\nThe blue whale sings.")
    (documents / "fox.md").write_text("# Fox\n\nThe red fox runs.")
    shared = Question("c", "k", "where does the blue whale sing", frozenset({"whale"}))
    other = Question("c", "p", "music of giant sea mammals", frozenset({"whale"}))
    with supabase(documents, tmp_path) as (systems, source):
        asked = {system.name: ask(system, [shared, other]) for system in systems}
    assert source.model == small_model.NAME
    assert set(asked) == {"supabase keyword", "supabase semantic", "supabase hybrid"}
    assert {hit_rate(of_kind(found, "k"), 1) for found in asked.values()} == {1.0}
    assert hit_rate(of_kind(asked["supabase semantic"], "p"), 1) == 1.0
    assert hit_rate(of_kind(asked["supabase keyword"], "p"), 1) == 0.0
