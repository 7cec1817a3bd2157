"""From text to search terms: the one place where index and query agree on what a word is.

SQLite's own tokenizer (Unicode folding, then Porter's stemmer) does the stemming for both.
What it lacks is added here, for both: characters of Chinese, Japanese and Korean stand
alone, and compound identifiers are also known by their parts.
"""

from __future__ import annotations

import re

# https://sqlite.org/fts5.html#porter_tokenizer
TOKENIZER = "porter unicode61 remove_diacritics 2"

# Patterns and not compiled ones: `re` compiles and keeps them at the first text that is not
# ASCII, and a cold start does not pay their 5 ms.
_CJK = "[\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]"
_CJK_RUN = f"{_CJK}+"
_CAMEL = re.compile(r"\b(?=[A-Za-z0-9]*[a-z0-9][A-Z]|[A-Z]{2,}[a-z])[A-Za-z][A-Za-z0-9]{2,63}\b")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# A version (1.2.3) and a ticket's key (ABC-12) mean something only as a whole.
_WORD = re.compile(r"\d+(?:\.\d+)+|[A-Za-z][A-Za-z0-9]*-\d+\b|[^\s!-/:-@\[-`{-~]+")

# Words of English grammar and of asking. They are in the index, and are left out of queries:
# they say how something is asked and not what about.
_STOP_WORDS = """
    a about above after again against all also am an and any anybody anyone anything are aren as at
    be because been before being below between both but by can cannot could couldn d did didn do
    does doesn doing don down during each either else etc ever every everybody everyone everything
    few for from further get gets getting give given gives go goes going gone got had hadn has hasn
    have haven having he hello help her here hers herself hi him himself his how however i if in
    instead into is isn it its itself just kindly know let lets like ll look made make makes many
    may me might more most much must mustn my myself need needed needs no nor not now of off ok on
    once one only onto or other ought our ours ourselves out over own per perhaps please put quite
    rather re really s same shall shan she should shouldn so some somebody someone something
    somewhere still such t tell than thank thanks that the their theirs them themselves then there
    these they thing things this those though through thus to too under until up upon us use used
    uses using ve very via want wants was wasn we were weren what whatever when where whether which
    while who whole whom whose why will with within without won would wouldn yes yet you your yours
    yourself yourselves describe explain find show
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())


def indexable(text: str) -> str:
    """`text` as the tokenizer should read it: each CJK character a word of its own."""
    if text.isascii():
        return text
    return re.sub(_CJK, r" \g<0> ", text)


def identifier_parts(text: str) -> str:
    """The words inside the camel-case identifiers of `text`, each identifier once.

    `readFile` and `HTTPServer` give "read File HTTP Server". snake_case and kebab-case
    need nothing: the tokenizer itself separates at `_` and `-`.
    """
    names = dict.fromkeys(_CAMEL.findall(text))
    return " ".join(part for name in names for part in _PART.findall(name))


def query_words(query: str) -> list[str]:
    """The words of a query that say what it is about, in order, repeats included.

    A run of CJK characters gives its overlapping pairs, since nothing marks words in it.
    """
    # Half a surrogate pair, which JSON may hold, is no text.
    text = query.encode(errors="replace").decode().replace("\x00", " ").replace("\u2019", "'")
    words: list[str] = []
    for raw in _WORD.findall(text):
        if raw.casefold() in STOP_WORDS:
            continue
        if raw.isascii():
            words.append(raw)
            continue
        words.extend(re.sub(_CJK_RUN, " ", raw).split())
        for run in re.findall(_CJK_RUN, raw):
            words.extend([run[at : at + 2] for at in range(len(run) - 1)] or [run])
    return words


def quoted(word: str) -> str:
    """`word` as a string of FTS5: data, whatever operators it holds."""
    return '"' + indexable(word).replace('"', '""') + '"'


def expression(word: str) -> str:
    """What FTS5 is asked for a word.

    An identifier also matches its parts side by side, so `readFile` finds `read_file`.
    """
    parts = _PART.findall(word) if _CAMEL.fullmatch(word) else []
    return f'({quoted(word)} OR "{" ".join(parts)}")' if parts[1:] else quoted(word)
