"""From text to search terms: the one place where index and query agree on what a word is.

SQLite's own tokenizer (Unicode folding, and Porter's stemmer for English) reads both. What it
lacks is added here, for both: stems of other languages, characters of Chinese, Japanese and
Korean that stand alone, and compound identifiers that are also known by their parts.
"""

from __future__ import annotations

import re

from mcp_app.knowledge.embedded.language.languages import stemmed, stop_words
from mcp_app.knowledge.embedded.language.stop_words import CHINESE_STOP_WORDS, ENGLISH

# Patterns and not compiled ones: `re` compiles and keeps them at the first text that is not
# ASCII, and a cold start does not pay their 5 ms.
_CJK = "[\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]"
# Scripts that a run of such characters changes between: a change ends a word. Katakana spells
# whole words, hiragana the grammar around the others.
_RUN = (
    "[\u30a1-\u30ff]+|[\u3041-\u309f]+|[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+|[\uac00-\ud7af]+"
)
_KATAKANA = "[\u30a1-\u30ff]"
_HIRAGANA = "[\u3041-\u309f]"
_CAMEL = re.compile(r"\b(?=[A-Za-z0-9]*[a-z0-9][A-Z]|[A-Z]{2,}[a-z])[A-Za-z][A-Za-z0-9]{2,63}\b")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# A version (1.2.3) and a ticket's key (ABC-12) mean something only as a whole.
_WORD = re.compile(r"\d+(?:\.\d+)+|[A-Za-z][A-Za-z0-9]*-\d+\b|[^\s!-/:-@\[-`{-~]+")


def indexable(text: str, language: str = ENGLISH) -> str:
    """`text` as the tokenizer should read it: stems, and each CJK character a word of its own."""
    text = stemmed(text, language)
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


def query_words(query: str, language: str = ENGLISH) -> list[str]:
    """The words of a query that say what it is about, in order, repeats included.

    Nothing marks words in a run of Chinese characters, so its overlapping pairs count. Words in
    hiragana alone count only where the query has nothing else.
    """
    # Half a surrogate pair, which JSON may hold, is no text.
    text = query.encode(errors="replace").decode().replace("\x00", " ").replace("\u2019", "'")
    stops = stop_words(language)
    words: list[str] = []
    grammar: list[str] = []
    for raw in _WORD.findall(text):
        if raw.casefold() in stops:
            continue
        if raw.isascii() or not re.search(_CJK, raw):
            words.append(raw)
            continue
        words.extend(re.sub(_CJK, " ", raw).split())
        for run in re.findall(_RUN, raw):
            (grammar if re.match(_HIRAGANA, run) else words).extend(_run_words(run))
    return words or grammar


def _run_words(run: str) -> list[str]:
    """The words of a run in one of the scripts that write no spaces."""
    if re.match(_KATAKANA, run):
        return [run]
    for stop in CHINESE_STOP_WORDS:
        # A run that is nothing else may be what somebody asks about.
        run = run.replace(stop, " ").strip() or run
    return [part[at : at + 2] for part in run.split() for at in range(max(len(part) - 1, 1))]


def is_name(word: str, *, first: bool, language: str) -> bool:
    """Whether a word is spelled as a name: with a digit, or a capital where none is due.

    The first word of a query may have a capital because it is the first. German gives every
    noun one.
    """
    inside = any(letter.isdigit() or letter.isupper() for letter in word[1:])
    return inside or (word[0].isupper() and not first and language != "german")


def quoted(word: str, language: str = ENGLISH) -> str:
    """`word` as a string of FTS5: data, whatever operators it holds."""
    return '"' + indexable(word, language).replace('"', '""') + '"'


def expression(word: str, language: str = ENGLISH) -> str:
    """What FTS5 is asked for a word.

    An identifier also matches its parts side by side, so `readFile` finds `read_file`.
    """
    parts = _PART.findall(word) if _CAMEL.fullmatch(word) else []
    whole = quoted(word, language)
    return f"({whole} OR {quoted(' '.join(parts), language)})" if parts[1:] else whole
