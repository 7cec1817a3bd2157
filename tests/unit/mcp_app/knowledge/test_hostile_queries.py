"""A query is data: whatever it holds, the result is a result and never an error of SQL."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mcp_app.knowledge.embedded.index import EmbeddedIndex
from mcp_app.knowledge.embedded.language.query_terms import LIMIT_TERMS

SYNTAX = [
    *"\"'*^:+-(){}[]\\/;,.%_ \x00\n\t",
    *(" AND ", " OR ", " NOT ", "NEAR(", "NEAR/2", "title:", "body : ", "{title heading}:"),
    *("asset", 'a"b', "readFile", "1.2.3", "ABC-12", "資產", "🚀", "é", "e\u0301", "\ud7a3"),
    *("ß", "İ", "--", "/*", "' OR 1=1 --", "\u202e", "\ufeff", "\uffff", "\U0001d518"),
]
queries = st.one_of(
    st.lists(st.sampled_from(SYNTAX), max_size=40).map("".join), st.text(max_size=200)
)


@settings(
    max_examples=250,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(queries)
@example('"')
@example("NEAR(asset offering, 3)")
@example("* * *")
@example("\x00" * 50)
@example("資")
@example("a" * 2_000)
@example("asset " * 333)
def test_any_query_gives_a_true_result(corpus_index: EmbeddedIndex, query: str) -> None:
    result = corpus_index.search_documents(query, context=query)
    assert len(result.hits) <= 10
    assert all(0 < (hit.coverage or 0) <= 1 for hit in result.hits)
    assert (result.reason is None) == bool(result.hits)
    assert (result.candidates or 0) >= len(result.hits)
    for search in (corpus_index.search_commits, corpus_index.search_code):
        assert search(query).hits == ()


@pytest.mark.parametrize("query", ["", " ", "\x00", "?!", "the", "what is it", "🚀 🎉", "\ud800"])
def test_query_without_a_word_is_answered_with_the_reason(
    corpus_index: EmbeddedIndex, query: str
) -> None:
    result = corpus_index.search_documents(query)
    assert result.hits == ()
    assert result.terms == ()
    assert result.reason is not None
    assert "no word to search for" in result.reason


def test_any_id_and_any_filter_is_data_too(corpus_index: EmbeddedIndex) -> None:
    for text in ("\ud800", "\x00", "' OR 1=1 --", ""):
        assert corpus_index.get_document(text) is None
        assert corpus_index.search_commits("asset", author=[text], repository=[text]).hits == ()
        assert corpus_index.search_code("asset", language=[text], file_extension=[text]).hits == ()


def test_operators_are_words_like_others(corpus_index: EmbeddedIndex) -> None:
    assert corpus_index.search_documents("asset NOT offering").terms == ("asset", "offering")
    assert corpus_index.search_documents("title:asset*").terms == ("title", "asset")


def test_words_beyond_the_limit_are_named(corpus_index: EmbeddedIndex) -> None:
    words = [f"word{number}" for number in range(100)]
    result = corpus_index.search_documents(" ".join(words))
    assert len(result.terms) == LIMIT_TERMS
    assert result.ignored_terms == tuple(words[LIMIT_TERMS:])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"max_results": 0}, "max_results: 0 is less than 1"),
        ({"threshold": 1.5}, "threshold: 1.5 is not between 0 and 1"),
        ({"threshold": float("nan")}, "threshold: nan is not between 0 and 1"),
    ],
)
def test_limits_out_of_range_are_refused(
    corpus_index: EmbeddedIndex, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        corpus_index.search_documents("asset", **arguments)
