"""The languages that an index can be in: what reads their words.

An index has one language for words of Latin letters, which the build recognises by its stop
words. Words of Cyrillic letters have Russian's stemmer in every index. English has the stemmer
of SQLite, which costs a cold start nothing. The others have Snowball's, imported at the first
search of an index that needs one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from mcp_app.knowledge.embedded.language.stop_words import ENGLISH, RUSSIAN, STOP_WORDS

_LETTERS = "[^\\W\\d_]+"
_CYRILLIC = "[\u0400-\u04ff]"


def tokenizer(language: str) -> str:
    """The tokenizer of FTS5 for an index in this language; the other stemmers ran before it.

    https://sqlite.org/fts5.html#porter_tokenizer
    """
    stemmer = "porter " if language == ENGLISH else ""
    return f"{stemmer}unicode61 remove_diacritics 2"


@cache
def stop_words(language: str) -> frozenset[str]:
    """Words that a query in an index of this language is not about; English is always known."""
    return STOP_WORDS[ENGLISH] | STOP_WORDS[RUSSIAN] | STOP_WORDS[language]


@cache
def _stem(language: str) -> Callable[[str], str]:
    """Snowball's stemmer of a language.

    The package's own `__init__` imports the stemmers of all languages, 40 ms of a cold search.
    So the one stemmer is imported from a package with the same files and no code of its own.
    """
    import importlib
    import importlib.util
    import sys

    name = "_snowball"
    if name not in sys.modules:
        found = importlib.util.find_spec("snowballstemmer")
        if found is None or found.submodule_search_locations is None:
            raise ModuleNotFoundError("snowballstemmer", name="snowballstemmer")
        package = type(sys)(name)
        package.__path__ = [*found.submodule_search_locations]
        sys.modules[name] = package
    module = importlib.import_module(f"{name}.{language}_stemmer")
    stemmer = getattr(module, f"{language.capitalize()}Stemmer")()
    stems: Callable[[str], str] = cache(stemmer.stemWord)
    return stems


def stemmed(text: str, language: str) -> str:
    """`text` with the stems of those words that SQLite's tokenizer for the language leaves."""
    if language != ENGLISH:
        stem = _stem(language)
        text = re.sub(_LETTERS, lambda word: _one(word[0], stem), text)
    elif not text.isascii() and re.search(_CYRILLIC, text):
        text = re.sub(f"{_CYRILLIC}+", lambda word: _russian(word[0]), text)
    return text


def _one(word: str, stem: Callable[[str], str]) -> str:
    return _russian(word) if re.match(_CYRILLIC, word) else stem(word.lower())


def _russian(word: str) -> str:
    return _stem(RUSSIAN)(word.lower().replace("\u0451", "\u0435"))
