"""Embeddings without a model: each word, stemmed, has a place in the vector.

Texts that share words are near each other and others are not, so that tests can say which
text must come first. Nothing is understood: a paraphrase without a common word is as far away
as anything else.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter

_WORD = re.compile(r"[^\W_]+")
# Words of grammar would make all texts alike.
_COMMON = """
    a about after all an and any are as at be been but by can could did do does for from had has
    have he her how i if in into is it its me my no not of on one or our out she should so some
    that the their them there these they this those to up us was we were what when where which who
    why will with would you your
"""
COMMON = frozenset(_COMMON.split())
_ENDINGS = ("ations", "ation", "ings", "ing", "ers", "ed", "er", "es", "ly", "s", "e")
LEAST_STEM = 3


def stem(word: str) -> str:
    """The word without the first ending that leaves at least three letters."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= LEAST_STEM:
            return word.removesuffix(ending)
    return word


def stems(text: str) -> list[str]:
    """The stems of a text's words, in order, common words left out."""
    return [stem(word) for word in _WORD.findall(text.casefold()) if word not in COMMON]


def _places(word: str, dimensions: int) -> list[tuple[int, float]]:
    """Three places and signs: two words that share one are still far apart."""
    digest = hashlib.sha256(word.encode()).digest()
    return [
        (
            int.from_bytes(digest[at : at + 4], "big") % dimensions,
            1.0 if digest[at + 4] % 2 else -1.0,
        )
        for at in (0, 5, 10)
    ]


def embed(text: str, dimensions: int) -> list[float]:
    """A vector of length 1; texts with the same words have the same."""
    # A text has a hundred words, and a vector 1,536 numbers: most are never touched.
    sums: dict[int, float] = {}
    for word, count in Counter(stems(text) or [""]).items():
        for place, sign in _places(word, dimensions):
            sums[place] = sums.get(place, 0.0) + sign * math.sqrt(count)
    length = math.sqrt(sum(value * value for value in sums.values())) or 1.0
    vector = [0.0] * dimensions
    for place, value in sums.items():
        vector[place] = value / length
    return vector


def similarity(one: list[float], other: list[float]) -> float:
    """Cosine of two vectors of length 1."""
    return sum(a * b for a, b in zip(one, other, strict=True))
