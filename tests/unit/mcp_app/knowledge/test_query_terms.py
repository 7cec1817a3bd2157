"""Words of one stem are one term, whether SQLite's stemmer was asked or not."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mcp_app.knowledge.embedded.language import query_terms
from mcp_app.knowledge.embedded.language.languages import tokenizer
from mcp_app.knowledge.embedded.language.query_terms import (
    stem_keeps_two_letters,
    surely_distinct,
    terms_of,
)
from mcp_app.knowledge.embedded.language.stop_words import ENGLISH

# Of each kind that Porter's rules tell apart: vowels, y, doubled or not, l, s, z, t, x.
LETTERS = "aeiybslztx"
# What the rules take off or change, and what one rule leaves to the next.
# https://tartarus.org/martin/PorterStemmer/def.txt
SUFFIXES = [
    *("s", "sses", "ies", "ss", "eed", "ed", "ing", "at", "bl", "iz", "ational", "tional", "enci"),
    *("anci", "izer", "abli", "bli", "alli", "entli", "eli", "ousli", "ization", "ation", "ator"),
    *("alism", "iveness", "fulness", "ousness", "aliti", "iviti", "biliti", "logi", "icate"),
    *("ative", "alize", "iciti", "ical", "ful", "ness", "al", "ance", "ence", "er", "ic", "able"),
    *("ible", "ant", "ement", "ment", "ent", "sion", "tion", "ou", "ism", "ate", "iti", "ous"),
    *("ive", "ize", "e", "ll", "y", "ying", "yed", "ings", "eds", "ingly", "edly", "izations"),
    *("nesses", "ements"),
]


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with sqlite3.connect(":memory:") as connection:
        yield connection
    connection.close()


def test_a_stem_begins_as_its_word_does(connection):
    starts = ["".join(some) for length in (1, 2, 3) for some in product(LETTERS, repeat=length)]
    words = ["".join(pair) for pair in product(starts, SUFFIXES)]
    assert len(words) > 50_000
    connection.executescript(
        f"""
        CREATE VIRTUAL TABLE words USING fts5(word, content='', tokenize='{tokenizer(ENGLISH)}');
        CREATE VIRTUAL TABLE stems USING fts5vocab(words, instance);
        """
    )
    connection.executemany("INSERT INTO words (rowid, word) VALUES (?, ?)", enumerate(words))
    stems = dict(connection.execute("SELECT doc, term FROM stems"))
    assert len(stems) == len(words)
    wrong = [
        (word, stems[row])
        for row, word in enumerate(words)
        for length in (2 if stem_keeps_two_letters(word) else 1,)
        if word[:length] != stems[row][:length]
    ]
    assert not wrong


words = st.one_of(
    st.sampled_from(["Release", "releases", "RELEASED", "roll", "rolled", "rolling", "rings"]),
    st.builds(str.__add__, st.text(LETTERS, min_size=1, max_size=4), st.sampled_from(SUFFIXES)),
    st.sampled_from(["ABC-12", "1.2.3", "42", "x", "Überblick", "naïve", "readFile", "安全配置"]),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(words, max_size=8))
@example(["ayings", "aiings"])
@example(["rolled", "releases", "back"])
def test_a_query_has_the_terms_that_the_stemmer_tells_apart(connection, monkeypatch, query):
    text = " ".join(query)
    found = terms_of(connection, text)
    with monkeypatch.context() as patched:
        patched.setattr(query_terms, "surely_distinct", lambda _: False)
        assert terms_of(connection, text) == found


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], True),
        (["deploy"], True),
        (["releases", "rolled", "back"], True),
        (["roll", "releases"], False),
        (["deployments", "deploying"], False),
        (["deployments", "databases", "dictionary", "deltas"], False),
        (["deployments", "databases", "dictionary"], True),
        (["deploy", "ABC-12"], False),
        (["deploy", "naïve"], False),
    ],
)
def test_the_stemmer_is_left_alone_where_first_letters_tell(words, told):
    assert surely_distinct(words) is told
