"""The right document comes first, on questions judged by people.

`judged.tsv` holds questions over `corpus/`, and the author of the corpus also wrote them. So these
are floors against getting worse, not a measure of what to expect elsewhere. The same ranking was
tried with 50 questions over a framework's documentation of 505 files. In the documents' own
words, the right document came first for .80 and among the first five for .96 of them. In other
words, it came first for .44 and among the first five for .84. The ranking was chosen on these
questions, so expect less of it elsewhere.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mcp_app.knowledge.embedded.index import EmbeddedIndex

JUDGED = [
    tuple(line.split("\t"))
    for line in Path(__file__).with_name("judged.tsv").read_text().splitlines()
    if not line.startswith("#")
]


def hit_rates(index: EmbeddedIndex, kind: str) -> tuple[float, float]:
    """Shares of questions with a right document first, and among the first five."""
    asked = [(question, right) for known, question, right in JUDGED if known == kind]
    found = [
        [bool(re.search(right, hit.document)) for hit in index.search_documents(question).hits]
        for question, right in asked
    ]
    first = sum(any(row[:1]) for row in found)
    five = sum(any(row[:5]) for row in found)
    return first / len(asked), five / len(asked)


@pytest.mark.parametrize(("kind", "first", "five"), [("k", 0.95, 1.0), ("p", 0.90, 0.95)])
def test_right_document_is_found(
    corpus_index: EmbeddedIndex, kind: str, first: float, five: float
) -> None:
    at_one, at_five = hit_rates(corpus_index, kind)
    assert at_one >= first
    assert at_five >= five


def test_coverage_is_the_share_of_the_query_by_rarity(corpus_index: EmbeddedIndex) -> None:
    whole = corpus_index.search_documents("quarantine").hits[0]
    half = corpus_index.search_documents("quarantine unheardof").hits[0]
    assert whole.coverage == 1.0
    # The word that nothing holds is rarer than any other, so it weighs more than half.
    assert 0.2 < (half.coverage or 0) < 0.5
    assert half.score == whole.score


def test_common_word_covers_less_than_a_rare_one(corpus_index: EmbeddedIndex) -> None:
    result = corpus_index.search_documents("asset clipping", max_results=100)
    rare = max(hit.coverage or 0 for hit in result.hits if "clip" in hit.text)
    common = max(hit.coverage or 0 for hit in result.hits if "clip" not in hit.text)
    assert rare > common > 0


def test_forms_of_a_word_and_accents_are_one(corpus_index: EmbeddedIndex) -> None:
    ids = [
        {hit.id for hit in corpus_index.search_documents(query).hits}
        for query in ("approver", "APPROVERS", "áppròver", "approver approvers")
    ]
    assert ids[0]
    assert all(found == ids[0] for found in ids)
    assert corpus_index.search_documents("approver approvers").terms == ("approver",)


def test_identifier_in_a_document_is_found_by_its_words(corpus_index: EmbeddedIndex) -> None:
    hit = corpus_index.search_documents("link assets call").hits[0]
    assert hit.document == "catalogue/versions.md"


def test_score_and_coverage_are_the_same_whatever_else_is_asked(
    corpus_index: EmbeddedIndex,
) -> None:
    many = corpus_index.search_documents(
        "release delivery quarantine", max_results=50, per_document=50
    )
    few = corpus_index.search_documents("release delivery quarantine", max_results=2, threshold=0.5)
    assert few.hits == tuple(hit for hit in many.hits if (hit.coverage or 0) >= 0.5)[:2]
    assert few.candidates == many.candidates == len(many.hits)


def test_context_brings_forward_and_covers_nothing(corpus_index: EmbeddedIndex) -> None:
    alone = corpus_index.search_documents("retry", max_results=50)
    with_context = corpus_index.search_documents("retry", context="webhook HMAC", max_results=50)
    assert {hit.id: hit.coverage for hit in alone.hits} == {
        hit.id: hit.coverage for hit in with_context.hits
    }
    toward = corpus_index.search_documents("lost", context="second factor phone").hits[0]
    assert toward.document == "access/sign-in.md"


def test_chinese_japanese_and_korean_are_found_inside_a_sentence(build, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("# 資產管理系統\n\n我們的資產管理系統很好。\n")
    (tmp_path / "docs" / "b.md").write_text("# 音楽\n\nアセットの管理はここです。\n")
    index = build(documents=[tmp_path / "docs"]).index
    assert index.search_documents("資產管理").hits[0].document == "a.md"
    assert index.search_documents("アセット").hits[0].document == "b.md"
    assert index.search_documents("楽音").hits == ()
