"""Which language an index is in, by the stop words that its texts hold."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice

from mcp_app.knowledge.embedded.language.stop_words import ENGLISH, RUSSIAN, STOP_WORDS

# Characters looked at: enough to be sure, and the same time for a large corpus.
LIMIT_CHARACTERS = 5_000_000
# Of the words of Latin letters; text of a language has five times as many stop words.
LEAST_SHARE = 0.04
# Entries of a source that are looked at where one alone is too short.
ENTRIES = 500
_WORD = re.compile(r"[a-zà-öø-ÿ]+")
_CYRILLIC = re.compile("[\u0430-\u044f\u0451]+")
# Words that several languages have tell nothing, and neither do names of variables.
_MARKS = {
    name: {word for word in words if len(word) > 1}
    - frozenset().union(*(STOP_WORDS[other] for other in STOP_WORDS if other != name))
    for name, words in STOP_WORDS.items()
    if name != RUSSIAN
}


def language_of(texts: Iterable[str]) -> str:
    """The language of most words of Latin letters; English where nothing tells.

    Args:
        texts: of the index, in its order; as JSON, or plain.
    """
    counts: Counter[str] = Counter()
    seen = latin = 0
    for text in texts:
        words = Counter(_WORD.findall(text.lower()))
        for name, marks in _MARKS.items():
            counts[name] += sum(words[mark] for mark in marks & words.keys())
        latin += words.total()
        seen += len(text)
        if seen > LIMIT_CHARACTERS:
            break
    best = max(_MARKS, key=lambda name: (counts[name], name == ENGLISH))
    return best if counts[best] >= LEAST_SHARE * latin else ENGLISH


def own_language_of(text: str) -> str:
    """The language that one text is in; Russian if it has more of its words than others' marks.

    PostgreSQL's stems of Russian are English ones for words of Latin letters.
    """
    lower = text.lower()
    words = Counter(_WORD.findall(lower))
    marks = max(sum(words[mark] for mark in marks & words.keys()) for marks in _MARKS.values())
    return RUSSIAN if len(_CYRILLIC.findall(lower)) > marks else language_of([text])


def with_language[Text](
    entries: Iterator[Text], text_of: Callable[[Text], str]
) -> Iterator[tuple[Text, str]]:
    """Entries too short to tell their language, each with the one that the first of them are in."""
    first = list(islice(entries, ENTRIES))
    language = own_language_of("\n".join(map(text_of, first)))
    return ((entry, language) for entry in chain(first, entries))
